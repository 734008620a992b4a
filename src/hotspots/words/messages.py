"""Message, and the catalogues that turn one into a sentence."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from hotspots.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to say, not yet in any language.

    Attributes
    ----------
    key : str
        Where the template stands: ``<room>.<name>``.
    values : tuple of (str, str or int or float)
        What the template's fields hold.

    Examples
    --------
    >>> from hotspots.words import message, say
    >>> say(message("methods.cells_with_neighbours", cells=7))
    'What is tested is a cell together with its neighbours (up to 7 cells), not the cell alone.'
    """

    key: str
    values: tuple[tuple[str, str | int | float], ...] = ()

    def __str__(self) -> str:
        """Say it in English."""
        return say(self)


def message(key: str, /, **values: str | float) -> Message:
    """Make a message from a key and the values of its fields.

    Parameters
    ----------
    key : str
        ``<room>.<name>``, a key of the catalogues.
    **values : str or float
        The values of the template's fields.

    Returns
    -------
    Message
        The message, with its values in the order given.
    """
    return Message(key, tuple(values.items()))


def languages() -> tuple[str, ...]:
    """Name the languages that have a catalogue.

    Returns
    -------
    tuple of str
        Language codes, sorted.

    Examples
    --------
    >>> "en" in languages()
    True
    """
    here = files("hotspots.words")
    return tuple(sorted(p.name for p in here.iterdir() if p.is_dir() and len(p.name) == 2))  # noqa: PLR2004


@cache
def _catalogue(lang: str) -> Mapping[str, str]:
    if lang not in languages():
        known = ", ".join(languages())
        msg = f"There is no catalogue for the language {lang!r}. Choose one of: {known}."
        raise ParameterError(msg)
    found: dict[str, str] = {}
    for path in files("hotspots.words").joinpath(lang).iterdir():
        if path.name.endswith(".toml"):
            room = path.name.removesuffix(".toml")
            entries = tomllib.loads(path.read_text(encoding="utf-8"))
            found |= {f"{room}.{name}": text for name, text in entries.items()}
    return found


def say(what: Message, lang: str = "en") -> str:
    """Turn a message into a sentence.

    Parameters
    ----------
    what : Message
        The message.
    lang : str, default "en"
        A language with a catalogue.

    Returns
    -------
    str
        The sentence. Numbers get thousands separators.

    Raises
    ------
    ParameterError
        If the language, or the message's key, is not in the catalogues.
    """
    catalogue = _catalogue(lang)
    if what.key not in catalogue:
        msg = f"The catalogue {lang!r} has no message {what.key!r}."
        raise ParameterError(msg)
    values = {k: f"{v:,}" if isinstance(v, int) else v for k, v in what.values}
    return catalogue[what.key].format(**values)
