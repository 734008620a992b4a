"""What lies in a zip archive: checked before anything of it is unpacked."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from hotspots.errors import HotspotsError, InputDataError, NotTabularError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A compressed file may hold this many times its size once it is above the smallest limit.
MAX_RATIO: Final = 200
ALWAYS_ALLOWED_BYTES: Final = 100_000_000
_MAX_MEMBERS: Final = 20_000
_ENCRYPTED: Final = 0x1
_CHUNK: Final = 1 << 20
#: Tables come first: a document beside them is not what was meant.
_TABLES: Final = (".csv", ".tsv", ".geojson", ".json", ".parquet", ".txt")
_ARCHIVES: Final = (".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz")


def is_workbook(raw: bytes) -> bool:
    """Say whether a zip archive is an Excel workbook.

    Parameters
    ----------
    raw : bytes
        A file that begins like a zip archive.

    Returns
    -------
    bool
        The answer; False where it is no zip archive that can be read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError):
        return False


def check_archive(archive: zipfile.ZipFile, size: int, name: str) -> None:
    """Refuse an archive that is encrypted, inflates too far, or reaches outside itself.

    Parameters
    ----------
    archive : zipfile.ZipFile
        The archive.
    size : int
        Bytes it takes on the disk.
    name : str
        What messages call it.

    Raises
    ------
    InputDataError
        If anything in it is not as in an honest archive.
    """
    members = archive.infolist()
    if len(members) > _MAX_MEMBERS:
        msg = f"{name} holds {len(members):,} files, more than {_MAX_MEMBERS:,}. Unpack it first."
        raise InputDataError(msg)
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in member.filename:
            msg = f"{name} holds {member.filename!r}, which points outside it. Do not trust it."
            raise InputDataError(msg)
        if stat.S_ISLNK(member.external_attr >> 16):
            msg = f"{name} holds a link, {member.filename!r}. Unpack it yourself if you trust it."
            raise InputDataError(msg)
        if member.flag_bits & _ENCRYPTED:
            msg = f"{name} is encrypted ({member.filename!r}). Unpack it first."
            raise InputDataError(msg)
    limit = max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * size)
    if sum(member.file_size for member in members) > limit:
        msg = f"{name} inflates to more than {limit:,} bytes. Unpack it yourself if you trust it."
        raise InputDataError(msg)


def unpack(raw: bytes, name: str, wanted: str | None) -> list[tuple[str, bytes]]:
    """Unpack the tables of a zip archive.

    Parameters
    ----------
    raw : bytes
        The archive.
    name : str
        What messages call it.
    wanted : str or None
        Name of a member, or a pattern with ``*``; None takes the tables in it.

    Returns
    -------
    list of tuple of str and bytes
        Name and content of each, by name.

    Raises
    ------
    InputDataError
        If the archive is broken, encrypted, a bomb, or holds another archive.
    NotTabularError
        If it holds no table.
    ParameterError
        If no member is called ``wanted``.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            check_archive(archive, len(raw), name)
            chosen = _chosen(
                [i.filename for i in archive.infolist() if not i.is_dir()], name, wanted
            )
            limit = max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * len(raw))
            return [(member, _inflated(archive, member, limit, name)) for member in chosen]
    except HotspotsError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        msg = f"{name} is a broken or cut-off zip archive ({error}). Download it again."
        raise InputDataError(msg) from error


def _chosen(members: Sequence[str], name: str, wanted: str | None) -> list[str]:
    there = sorted(
        m for m in members
        if "__MACOSX" not in m and not PurePosixPath(m).name.startswith(".")
    )  # fmt: skip
    if wanted is not None:
        found = [m for m in there if fnmatchcase(m, wanted) or PurePosixPath(m).name == wanted]
        if not found:
            msg = f"{name} has no member {wanted!r}. It holds {_listed(there)}."
            raise ParameterError(msg)
        return found
    for suffix in _TABLES:
        found = [m for m in there if m.lower().endswith(suffix)]
        if found:
            return found
    nested = [m for m in there if m.lower().endswith(_ARCHIVES)]
    if nested:
        msg = f"{name} holds another archive, {nested[0]!r}. Unpack it first."
        raise InputDataError(msg)
    msg = f"{name} is a zip archive without a table in it. It holds {_listed(there)}."
    raise NotTabularError(msg)


def _listed(members: Sequence[str]) -> str:
    most = 10
    shown = ", ".join(repr(m) for m in members[:most]) or "nothing"
    return f"{shown} and {len(members) - most:,} more" if len(members) > most else shown


def _inflated(archive: zipfile.ZipFile, member: str, limit: int, name: str) -> bytes:
    """Inflate one member; what it says of its size is not believed."""
    parts, size = [], 0
    with archive.open(member) as stream:
        while part := stream.read(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > limit:
                msg = f"{name}: {member!r} inflates to more than {limit:,} bytes."
                raise InputDataError(msg)
    content = b"".join(parts)
    if content[:4] == b"PK\x03\x04" or content[:2] == b"\x1f\x8b":
        msg = f"{name} holds another archive, {member!r}. Unpack it first."
        raise InputDataError(msg)
    return content
