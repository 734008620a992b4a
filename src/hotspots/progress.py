"""The one progress bar: on a terminal, and silent everywhere else."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress_bar(
    what: str, *, total: int | None, unit: str, shown: bool | None = None
) -> Iterator[Callable[[int], object]]:
    """Show how far long work has come.

    Parameters
    ----------
    what : str
        What is done, in a word or two.
    total : int or None
        How much there is to do; None when nobody knows.
    unit : str
        What is counted.
    shown : bool, optional
        Whether to show it; by default when standard error is a terminal.

    Yields
    ------
    callable
        To be called with how much more was done.

    Examples
    --------
    >>> from hotspots.progress import progress_bar
    >>> with progress_bar("Counting", total=2, unit="cell", shown=False) as done:
    ...     _ = done(1)
    """
    hidden = not _is_shown(shown=shown)
    with tqdm(desc=what, total=total, unit=f" {unit}", unit_scale=True, disable=hidden) as bar:
        yield bar.update


def say_aside(text: str, *, shown: bool | None = None) -> None:
    """Say something while a progress bar is shown, without breaking it.

    Parameters
    ----------
    text : str
        What to say.
    shown : bool, optional
        Whether to say it; by default when standard error is a terminal.

    Examples
    --------
    >>> from hotspots.progress import say_aside
    >>> say_aside("Waiting.", shown=False)
    """
    if _is_shown(shown=shown):
        tqdm.write(text, file=sys.stderr)


def _is_shown(*, shown: bool | None) -> bool:
    return sys.stderr.isatty() if shown is None else shown
