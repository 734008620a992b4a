"""How long to wait before a portal is asked again."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import tenacity

from hotspots.errors import AnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hotspots.loaders.fetch.limits import FetchLimits

_DIGITS: Final = 10
_NOTICED_SECONDS: Final = 3


class AskAgainError(AnswerError):
    """A question is to be asked again, perhaps after the time that the portal named.

    Parameters
    ----------
    text : str
        What happened.
    wait_seconds : float, optional
        How long the portal asks to wait.
    """

    def __init__(self, text: str, *, wait_seconds: float | None = None) -> None:
        super().__init__(text)
        self.wait_seconds = wait_seconds


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Read how long a portal asks to wait, in either of the forms it may say it in.

    Parameters
    ----------
    headers : mapping of str to str
        Headers of the answer, found whatever their case. The date is compared with the portal's own
        clock where it gives it, since ours may be wrong.

    Returns
    -------
    float or None
        Seconds, at least 0; None where it does not say.

    Examples
    --------
    >>> from hotspots.loaders.fetch.waiting import seconds_to_wait
    >>> seconds_to_wait({"Retry-After": "7"})
    7.0
    >>> seconds_to_wait({"Retry-After": "Sun, 01 Mar 2026 10:00:30 GMT",
    ...                  "Date": "Sun, 01 Mar 2026 10:00:00 GMT"})
    30.0
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:_DIGITS])
    moment = _moment(text)
    if moment is None:
        return None
    now = _moment(headers.get("Date", "")) or datetime.now(UTC)
    return max((moment - now).total_seconds(), 0.0)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def retrying(
    limits: FetchLimits, sleep: Callable[[float], None], tell: Callable[[str], object]
) -> tenacity.Retrying:
    """Make what asks again, with waits that grow and are never the same for two callers.

    Parameters
    ----------
    limits : FetchLimits
        How often, and how long.
    sleep : callable
        What waits.
    tell : callable
        Called with a sentence before a wait that somebody would notice.

    Returns
    -------
    tenacity.Retrying
        Calls a function until it does not raise an AnswerError; the last one is let through.
    """
    growing = tenacity.wait_exponential(
        multiplier=limits.first_wait_seconds, max=limits.longest_wait_seconds
    ) + tenacity.wait_random(0, limits.first_wait_seconds)

    def wait(state: tenacity.RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        named = fault.wait_seconds if isinstance(fault, AskAgainError) else None
        own = min(growing(state), limits.longest_wait_seconds)
        # Not before the portal says, and not all callers at the same moment.
        return own if named is None else named + min(own, limits.first_wait_seconds)

    def said(state: tenacity.RetryCallState) -> None:
        seconds = state.next_action.sleep if state.next_action else 0
        if seconds >= _NOTICED_SECONDS and state.outcome:
            tell(f"{state.outcome.exception()} Asking again in {seconds:.0f} seconds.")

    return tenacity.Retrying(
        stop=tenacity.stop_after_attempt(limits.attempts),
        wait=wait,
        retry=tenacity.retry_if_exception_type(AnswerError),
        sleep=sleep,
        before_sleep=said,
        reraise=True,
    )
