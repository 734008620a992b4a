"""The errors this library raises: one family, each also the builtin that fits.

A message says what was got, what was wanted and what to do about it; where a file is at fault it
names the file, and the row and column when they are known.
"""

from __future__ import annotations

__all__ = [
    "AnswerError",
    "CoordinateReferenceError",
    "EmptyInputError",
    "FetchError",
    "FitnessError",
    "GateError",
    "HotspotsError",
    "InputDataError",
    "MissingExtraError",
    "NotTabularError",
    "OutputError",
    "ParameterError",
    "PublishError",
    "SchemaMismatchError",
    "UnknownFeedError",
    "UnmappedCategoryError",
]


class HotspotsError(Exception):
    """Base of every error that the library raises on purpose."""


class ParameterError(HotspotsError, ValueError):
    """An argument of a function is outside what the function accepts."""


class InputDataError(HotspotsError, ValueError):
    """A file or frame cannot be read as what it should be."""


class EmptyInputError(InputDataError):
    """A file holds nothing at all, or nothing but a header."""


class NotTabularError(InputDataError):
    """A file is not a table: an HTML error page or a JSON message saved under the wrong name."""


class SchemaMismatchError(InputDataError):
    """A table does not have the columns that its feed, or the next step, needs."""


class CoordinateReferenceError(InputDataError):
    """Coordinates do not lie where the feed says they lie: swapped, projected, or another place."""


class GateError(InputDataError):
    """A file can be read but is not as files of its feed are; only strict reading minds."""


class UnmappedCategoryError(GateError):
    """More rows than is normal for the feed have a category that the feed does not know."""


class UnknownFeedError(HotspotsError, LookupError):
    """No feed has this name, or no feed fits this header."""


class FetchError(HotspotsError, ConnectionError):
    """A portal cannot be asked, or does not give what it should; nothing was taken for complete."""


class AnswerError(FetchError):
    """One answer of a portal is not usable; asking again may help."""


class FitnessError(HotspotsError, ValueError):
    """The data cannot carry the method that was asked of them."""


class PublishError(HotspotsError, ValueError):
    """The gate between analysis and the public refuses this release."""


class MissingExtraError(HotspotsError, ImportError):
    """What was asked for needs packages that are not installed."""


class OutputError(HotspotsError, OSError):
    """An output file cannot be written where it was asked for."""
