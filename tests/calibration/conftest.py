"""The bar that every method has to keep under, and the seeds.

With 2,000 maps a case, the upper 99 % bound (Clopper and Pearson) of the share of maps that show
anything is at most 6.5 %: that leaves room for the simulation's own chance above the stated 5 %.
What a case has measured is kept for docs/calibration.md, like the rows of the conformance tests.
"""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import pytest
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Callable

BAR: Final = 0.065
FIXED_SEED: Final = 20261122


class AlarmRate(Protocol):
    """Check a count of false alarms, and record it.

    ``holds=False`` is for a null that is known not to hold for these maps: then the *lower* 99 %
    bound must lie above the bar, which shows both that the limit is real and that the check can
    fail.
    """

    def __call__(
        self,
        alarms: int,
        n_maps: int,
        *,
        method: str,
        maps: str,
        holds: bool = True,
        bar: float = BAR,
    ) -> None: ...


@pytest.fixture
def alarm_rate(record_property: Callable[[str, object], None]) -> AlarmRate:
    def check(
        alarms: int,
        n_maps: int,
        *,
        method: str,
        maps: str,
        holds: bool = True,
        bar: float = BAR,
    ) -> None:
        low, high = bounds(alarms, n_maps)
        record_property(
            "calibration",
            {
                "method": method,
                "maps": maps,
                "n_maps": n_maps,
                "share": alarms / n_maps,
                "low": low,
                "high": high,
                "holds": holds,
            },
        )
        if holds:
            assert high <= bar, f"{method}, {maps}: {alarms} of {n_maps} maps show something"
        else:
            assert low > bar, f"{method}, {maps}: only {alarms} of {n_maps} maps show something"

    return check


def bounds(alarms: int, n_maps: int) -> tuple[float, float]:
    """Give the one-sided 99 % bounds of Clopper and Pearson, from below and from above."""
    low, high = (
        stats.binomtest(alarms, n_maps, alternative=side).proportion_ci(0.99, method="exact")
        for side in ("greater", "less")
    )
    return float(low.low), float(high.high)


@pytest.fixture
def seed_of_the_day(record_property: Callable[[str, object], None]) -> int:
    """Give the date of the commit as a number; today's where there is no commit.

    The long run takes it, so that every day's run sees other maps and each can be run again.
    """
    try:
        told = subprocess.run(
            ["git", "show", "-s", "--format=%cs"],  # noqa: S607 - git as the user has it
            cwd=Path(__file__).parent,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        told = datetime.now(tz=UTC).date().isoformat()
    seed = int(told.replace("-", ""))
    record_property("seed", seed)
    return seed
