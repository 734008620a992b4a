"""Write a file whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.errors import HotspotsError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_target(path: str | os.PathLike[str], *, example: str) -> Path:
    """Refuse a place where no file can be written, before any work is done for it.

    Parameters
    ----------
    path : str or os.PathLike
        Where the file is to be.
    example : str
        A file name that would do; the message suggests it.

    Returns
    -------
    pathlib.Path
        The same place.

    Raises
    ------
    OutputError
        If the folder does not exist, or the path is a folder.
    """
    target = Path(path)
    if "\0" in str(path):
        msg = f"{str(path)!r} cannot be the name of a file. Choose another one."
        raise OutputError(msg)
    if not target.parent.is_dir():
        msg = f"The folder {target.parent} does not exist. Make it, or choose another place."
        raise OutputError(msg)
    if target.is_dir():
        msg = f"{target} is a folder. Give the name of a file, for example {target / example}."
        raise OutputError(msg)
    return target


def make_folder(folder: Path) -> Path:
    """Make a folder, and those above it, where they are not there.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.

    Returns
    -------
    pathlib.Path
        The same.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        msg = f"The folder {folder} cannot be made: {fault.strerror or fault}."
        raise OutputError(msg) from fault
    return folder


@contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """Offer a place next to the target, and move it over the target when all went well.

    Parameters
    ----------
    target : pathlib.Path
        The file; one that is there is replaced in one step.

    Yields
    ------
    pathlib.Path
        Where to write; it has the suffix of the target.

    Raises
    ------
    OutputError
        If it cannot be written; what was there before is still there.
    """
    part = target.with_name(f".{target.stem}.{os.getpid()}.part{target.suffix}")
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(target)
    except HotspotsError:
        raise  # it says itself what is wrong, and some of the family are OSErrors
    except OSError as fault:
        msg = f"{target} cannot be written: {fault.strerror or fault}."
        raise OutputError(msg) from fault
    finally:
        part.unlink(missing_ok=True)


def replace_file(target: Path, content: bytes) -> None:
    """Write next to the target and move over it, so that nobody ever sees half a file.

    Parameters
    ----------
    target : pathlib.Path
        The file; one that is there is replaced in one step.
    content : bytes
        What it is to hold.

    Raises
    ------
    OutputError
        If it cannot be written; what was there before is still there.
    """
    with part_of(target) as part:
        part.write_bytes(content)
