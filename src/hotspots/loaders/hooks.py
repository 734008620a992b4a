"""The oddities of feeds, each a small pure function; a feed's file names those that it needs."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Closer to (0, 0) than this, in degrees or metres, is no place: some portals write 5e-7.
_NEAR_ZERO: Final = 1e-3
_LONGEST_CLOCK: Final = 4


def hhmm_text(text: str) -> str:
    """Turn a clock without a colon, whose leading zeros may be lost, into hours and minutes.

    Parameters
    ----------
    text : str
        Up to four digits.

    Returns
    -------
    str
        ``HH:MM``; the text itself when it is something else.

    Examples
    --------
    >>> from hotspots.loaders.hooks import hhmm_text
    >>> hhmm_text("30"), hhmm_text("0030"), hhmm_text("2230"), hhmm_text("9:23")
    ('00:30', '00:30', '22:30', '9:23')
    """
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_CLOCK:
        return text
    digits = text.zfill(_LONGEST_CLOCK)
    return f"{digits[:2]}:{digits[2:]}"


def strip_code_prefix(text: str) -> str:
    """Take a code before a dash off a text.

    Parameters
    ----------
    text : str
        Such as ``"331  - THEFT FROM VEHICLE"``.

    Returns
    -------
    str
        What follows the dash; the text itself when it begins with no code.

    Examples
    --------
    >>> from hotspots.loaders.hooks import strip_code_prefix
    >>> [strip_code_prefix(text) for text in ("331  - THEFT", "23F Theft", "A - B")]
    ['THEFT', '23F Theft', 'A - B']
    """
    return re.sub(r"^\s*\d\w*\s*-\s*", "", text)


def keep_code_prefix(text: str) -> str:
    """Keep only the code at the start of a text.

    Parameters
    ----------
    text : str
        Such as ``"23F Theft From Motor Vehicle"`` or ``"331  - THEFT"``.

    Returns
    -------
    str
        The code; the text itself when it begins with none.

    Examples
    --------
    >>> from hotspots.loaders.hooks import keep_code_prefix
    >>> keep_code_prefix("23F Theft From Motor Vehicle"), keep_code_prefix("THEFT")
    ('23F', 'THEFT')
    """
    found = re.match(r"\s*(\d\w*)\b", text)
    return found[1] if found else text


def strip_trailing_question(text: str) -> str:
    """Take question marks off the end of a text.

    Parameters
    ----------
    text : str
        Such as ``"Motor Vehicle Theft?"``.

    Returns
    -------
    str
        The text without them.

    Examples
    --------
    >>> from hotspots.loaders.hooks import strip_trailing_question
    >>> strip_trailing_question("Motor Vehicle Theft?")
    'Motor Vehicle Theft'
    """
    return text.rstrip("? ")


def ucr_class(text: str) -> str:
    """Keep only the class of a code of five or six digits, as St Louis writes them.

    Parameters
    ----------
    text : str
        Such as ``"67701"``: class 6, larceny, and four digits of its own.

    Returns
    -------
    str
        The class of the Uniform Crime Reports; the text itself when it is no such code.

    Examples
    --------
    >>> from hotspots.loaders.hooks import ucr_class
    >>> ucr_class(" 67701"), ucr_class("142320"), ucr_class("067701"), ucr_class("23F")
    ('6', '14', '6', '23F')
    """
    found = re.fullmatch(r"\s*0?(\d{1,2})\d{4}(?:\.0*)?\s*", text, re.ASCII)
    return found[1] if found else text


def mend_accents(text: str) -> str:
    """Read UTF-8 again that was read as Latin-1, and so shows two letters for an accented one.

    Parameters
    ----------
    text : str
        Such as ``"MÃ©fait"``.

    Returns
    -------
    str
        Such as ``"Méfait"``; the text itself when it is not of that kind.

    Examples
    --------
    >>> from hotspots.loaders.hooks import mend_accents
    >>> mend_accents("MÃ©fait"), mend_accents("Méfait")
    ('Méfait', 'Méfait')
    """
    try:
        # The second letter of "à" is a space that does not break; copies often break it.
        return text.replace("Ã ", "Ã\xa0").encode("cp1252").decode()
    except UnicodeError:
        return text


def near_zero_as_missing(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Say which points are so close to (0, 0) that they are none.

    Parameters
    ----------
    x, y : numpy.ndarray of float
        Coordinates as written, in any system.

    Returns
    -------
    numpy.ndarray of bool
        True where there is no place.

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.loaders.hooks import near_zero_as_missing
    >>> near_zero_as_missing(np.array([5e-7, -104.9]), np.array([0.0, 39.7])).tolist()
    [True, False]
    """
    near: np.ndarray = (np.abs(x) < _NEAR_ZERO) & (np.abs(y) < _NEAR_ZERO)
    return near


def swap_lat_lon_if(
    swap: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Swap the coordinates of some rows.

    Parameters
    ----------
    swap : numpy.ndarray of bool
        Which rows.
    x, y : numpy.ndarray of float
        Coordinates as written.

    Returns
    -------
    tuple of numpy.ndarray
        The coordinates, the right way round.

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.loaders.hooks import swap_lat_lon_if
    >>> x, y = np.array([39.1, -84.5]), np.array([-84.5, 39.1])
    >>> [a.tolist() for a in swap_lat_lon_if(np.array([True, False]), x, y)]
    [[-84.5, -84.5], [39.1, 39.1]]
    """
    return np.where(swap, y, x), np.where(swap, x, y)


def signed_count(text: str) -> int | None:
    """Read how many incidents a row stands for, where it may take one back.

    Parameters
    ----------
    text : str
        A whole number; blank is 1.

    Returns
    -------
    int or None
        The number; None when it is none, or beyond what a row can stand for.

    Examples
    --------
    >>> from hotspots.loaders.hooks import signed_count
    >>> signed_count("-1"), signed_count("1.0"), signed_count(""), signed_count("0.5")
    (-1, 1, 1, None)
    """
    if not text.strip():
        return 1
    found = re.fullmatch(r"\s*([+-]?\d{1,3})(?:\.0*)?\s*", text)
    number = int(found[1]) if found else None
    return number if number is not None and abs(number) <= np.iinfo(np.int8).max else None


#: What a feed's file may name; each takes a text and gives a text, and is called once per value.
TEXT_HOOKS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        hook.__name__: hook
        for hook in (
            hhmm_text,
            strip_code_prefix,
            keep_code_prefix,
            strip_trailing_question,
            ucr_class,
            mend_accents,
        )
    }
)
