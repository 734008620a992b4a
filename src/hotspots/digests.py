"""Digests of what must not change between two rooms: the cells of a grid, and their names."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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
