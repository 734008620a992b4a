"""From parts to one file, and what is written beside it so that anybody can check it."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from hotspots.digests import digest_of_file
from hotspots.errors import OutputError, ParameterError
from hotspots.files import check_target, part_of, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

SUFFIXES: Final = (".csv", ".csv.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A file that was written.

    Attributes
    ----------
    sha256 : str
        Its digest.
    size_bytes : int
        Its size.
    """

    sha256: str
    size_bytes: int


def check_fetch_target(path: str | Path) -> Path:
    """Refuse a place where fetched rows cannot be written, before anything is fetched.

    Parameters
    ----------
    path : str or pathlib.Path
        Where the file is to be.

    Returns
    -------
    pathlib.Path
        The same place.

    Raises
    ------
    ParameterError
        If its name ends in anything but ``.csv`` or ``.csv.gz``.
    OutputError
        If its folder is not there.
    """
    target = check_target(path, example="incidents.csv.gz")
    if not target.name.endswith(SUFFIXES):
        msg = f"{target.name} does not say what to write. Let it end in {' or '.join(SUFFIXES)}."
        raise ParameterError(msg)
    return target


def is_gzipped(target: Path) -> bool:
    """Say whether a file is to be gzipped.

    Parameters
    ----------
    target : pathlib.Path
        The file.

    Returns
    -------
    bool
        The answer.
    """
    return target.name.endswith(".gz")


def join(columns: Sequence[str], contents: Iterable[bytes], target: Path) -> Joined:
    """Write a header and rows to a file, whole or not at all; the same rows give the same bytes.

    Parameters
    ----------
    columns : sequence of str
        The header.
    contents : iterable of bytes
        Rows as CSV; for ``.csv.gz`` as gzip members, which need only be put one after another.
    target : pathlib.Path
        ``.csv``, or ``.csv.gz``.

    Returns
    -------
    Joined
        Digest and size.
    """
    header = io.StringIO()
    csv.writer(header, lineterminator="\n").writerow(columns)
    first = header.getvalue().encode()
    # Neither a time nor a name in it: the digest is of the rows alone.
    packed = gzip.compress(first, mtime=0) if is_gzipped(target) else first
    digest, size = hashlib.sha256(), 0
    with part_of(target) as part, part.open("wb") as out:
        for content in chain([packed], contents):
            out.write(content)
            digest.update(content)
            size += len(content)
    return Joined(sha256=digest.hexdigest(), size_bytes=size)


def manifest_path(target: Path) -> Path:
    """Say where the facts about a fetched file are.

    Parameters
    ----------
    target : pathlib.Path
        The file.

    Returns
    -------
    pathlib.Path
        Beside it.
    """
    return target.with_name(f"{target.name}.manifest.json")


def write_manifest(target: Path, facts: Mapping[str, Any]) -> None:
    """Write the facts about a fetched file beside it.

    Parameters
    ----------
    target : pathlib.Path
        The file.
    facts : mapping of str to object
        What is to be said.
    """
    text = json.dumps(facts, indent=2, ensure_ascii=False, default=str)
    replace_file(manifest_path(target), f"{text}\n".encode())


def read_manifest(target: Path) -> dict[str, Any]:
    """Read the facts about a fetched file.

    Parameters
    ----------
    target : pathlib.Path
        The file.

    Returns
    -------
    dict
        What stands there; empty where there is no manifest, or a broken one: it is written anew.

    Raises
    ------
    OutputError
        If there is something that is no file.
    """
    path = manifest_path(target)
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    except OSError as error:
        msg = f"{path} cannot be read: {error}."
        raise OutputError(msg) from error
    if not isinstance(found, dict):
        return {}
    kinds = {"rows": int, "columns": list, "columns_not_fetched": list}
    return found if all(isinstance(found.get(n), kind) for n, kind in kinds.items()) else {}


def is_as_written(target: Path, facts: Mapping[str, Any]) -> bool:
    """Say whether a file still is what its manifest says.

    Parameters
    ----------
    target : pathlib.Path
        The file.
    facts : mapping of str to object
        Its manifest.

    Returns
    -------
    bool
        The answer; False where there is no file.
    """
    try:
        return bool(facts) and digest_of_file(target) == facts.get("sha256")
    except FileNotFoundError:
        return False
    except OSError as error:
        msg = f"{target} cannot be read: {error}."
        raise OutputError(msg) from error
