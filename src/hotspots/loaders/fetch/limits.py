"""How much a portal may send, and how long and how often it is asked."""

from __future__ import annotations

from dataclasses import dataclass, fields

from hotspots.errors import ParameterError


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """Limits of one fetch.

    Attributes
    ----------
    attempts : int
        How often a question is asked before giving up.
    first_wait_seconds, longest_wait_seconds : float
        The wait after the first failure, which doubles, and the longest one. A portal that asks to
        wait longer ends the fetch with an error that says how long.
    connect_seconds, silence_seconds, answer_seconds : float
        How long a connection may take, how long a portal may be silent, and how long one answer may
        take in all.
    max_answer_bytes, max_bytes : int
        How large one answer, and all that is fetched in one call, may be when unpacked.

    Raises
    ------
    ParameterError
        If one of them is not above zero.

    Examples
    --------
    >>> from hotspots.loaders.fetch import FetchLimits
    >>> FetchLimits(attempts=3).longest_wait_seconds
    120.0
    """

    attempts: int = 8
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 120.0
    connect_seconds: float = 15.0
    silence_seconds: float = 60.0
    answer_seconds: float = 900.0
    max_answer_bytes: int = 256 * 1024**2
    max_bytes: int = 2 * 1024**3

    def __post_init__(self) -> None:
        """Refuse limits that nothing could pass."""
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                msg = f"{field.name} must be above zero, not {getattr(self, field.name)!r}."
                raise ParameterError(msg)
