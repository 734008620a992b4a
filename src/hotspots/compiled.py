"""Loops that numba compiles when it is installed; methods have a NumPy way for when it is not."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


@cache
def compiled(loop: Callable[P, R]) -> Callable[P, R] | None:
    """Compile a loop over arrays, once; the machine code is kept on the disk for the next time.

    numba is imported at the first call, not before: it takes longer to import than most maps take
    to make.

    Parameters
    ----------
    loop : callable
        A function of a module, on arrays and numbers, in the part of Python that numba knows.

    Returns
    -------
    callable or None
        The same function, compiled (it releases the interpreter lock); None when numba is not
        installed (``pip install 'crime-hotspots[speed]'``).

    Examples
    --------
    >>> from hotspots.compiled import compiled
    >>> def twice(number):
    ...     return 2 * number
    >>> fast = compiled(twice)
    >>> fast is None or fast(21) == 42
    True
    """
    if find_spec("numba") is None:
        return None
    import numba  # noqa: PLC0415 - an extra, and slow to import

    try:
        return numba.njit(cache=True, nogil=True)(loop)
    except RuntimeError:
        # Nowhere to keep the machine code: no source file, or no folder that can be written.
        return numba.njit(nogil=True)(loop)
