"""Digests of what must not change: the cells of a grid, their names, and files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def digest_of(texts: Iterable[str]) -> str:
    """Digest texts, whatever their order.

    Parameters
    ----------
    texts : iterable of str
        The texts.

    Returns
    -------
    str
        SHA-256, as hexadecimal digits.

    Examples
    --------
    >>> from hotspots.digests import digest_of
    >>> digest_of(["b", "a"]) == digest_of(["a", "b"])
    True
    """
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()


def digest_of_names(cells: Iterable[str], names: Iterable[str]) -> str:
    """Digest which cell has which name.

    Parameters
    ----------
    cells, names : iterable of str
        Cells and their names, in the same order.

    Returns
    -------
    str
        SHA-256, as hexadecimal digits.
    """
    return digest_of(f"{cell} {name}" for cell, name in zip(cells, names, strict=True))


def digest_of_file(path: Path) -> str:
    """Digest a file, a piece at a time.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    str
        SHA-256, as hexadecimal digits.
    """
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
