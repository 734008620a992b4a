"""What local Gi* was asked, as resolved; and which questions it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hotspots.errors import ParameterError
from hotspots.inference.correction import check_correction
from hotspots.inference.window_sums import ALTERNATIVES

NULLS: Final = ("shuffled_cells",)
MOST_RINGS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalGiStarParams:
    """Parameters of ``local_gi_star`` as resolved.

    Attributes
    ----------
    column, null, alternative, adjust : str
        As given.
    alpha, cap_quantile, min_area_share : float or None
        As given.
    n_rings, n_busiest : int
        As given.
    window_cells : int
        Cells in a full window.
    cap : int or None
        Counts above it were tested as if they were it.
    cells_tested : int
        Cells with enough of their area in the study area.
    smallest_hot_sum : int or None
        Smallest sum of a full window, of counts as capped, that was or could be hot; None when no
        sum could.
    inference : str
        ``"exact"``, or ``"upper bound"`` when the counts had to be put on a lattice.
    lattice_step : int
        1 when exact.
    """

    column: str
    null: str
    alternative: str
    adjust: str
    alpha: float
    cap_quantile: float | None
    n_rings: int
    min_area_share: float
    n_busiest: int
    window_cells: int = 7
    cap: int | None = None
    cells_tested: int = 0
    smallest_hot_sum: int | None = None
    inference: str = "exact"
    lattice_step: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarmParams:
    """Parameters of ``false_alarm_rate`` as resolved.

    Attributes
    ----------
    n_simulations : int
        Shuffled maps.
    alarms : int
        Those that showed anything.
    alpha : float
        Level of the test.
    confidence : float
        Level of the interval (Clopper and Pearson).
    seed : int or None
        The seed when one was given.
    """

    n_simulations: int
    alarms: int
    alpha: float
    confidence: float
    seed: int | None


def check_options(params: LocalGiStarParams) -> None:
    """Refuse options that are not offered, all of them in one message.

    Parameters
    ----------
    params : LocalGiStarParams
        The options.

    Raises
    ------
    ParameterError
        If any is outside its range.
    """
    check_correction(params.adjust)
    faults = []
    if params.null not in NULLS:
        faults.append(f"null must be one of {', '.join(map(repr, NULLS))}, got {params.null!r}")
    if params.alternative not in ALTERNATIVES:
        listed = " or ".join(map(repr, ALTERNATIVES))
        faults.append(f"alternative must be {listed}, got {params.alternative!r}")
    if not 0 < params.alpha < 1:
        faults.append(f"alpha must lie between 0 and 1, got {params.alpha!r}")
    if params.cap_quantile is not None and not 0 < params.cap_quantile <= 1:
        faults.append(f"cap_quantile must be None or in (0, 1], got {params.cap_quantile!r}")
    if not isinstance(params.n_rings, int) or not 1 <= params.n_rings <= MOST_RINGS:
        faults.append(
            f"n_rings must be a whole number from 1 to {MOST_RINGS}, got {params.n_rings!r}"
        )
    if not 0 <= params.min_area_share <= 1:
        faults.append(f"min_area_share must lie in 0 to 1, got {params.min_area_share!r}")
    if params.n_busiest < 0:
        faults.append(f"n_busiest must be 0 or more, got {params.n_busiest!r}")
    if faults:
        msg = f"local_gi_star cannot do this: {'; '.join(faults)}."
        raise ParameterError(msg)
