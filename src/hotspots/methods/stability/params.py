"""What ``hotspot_stability`` was asked, as resolved; and every map that it made again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hotspots.cells import FINEST_RESOLUTION
from hotspots.errors import ParameterError

#: In the order of the runs.
KINDS: Final = ("shift", "resolution", "resample")
RESAMPLES: Final = ("thin", "bootstrap")
WORDS: Final = ("hot", "cold")
_MOST_SHIFTS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StabilityRun:
    """One map made again.

    Attributes
    ----------
    kind : {"shift", "resolution", "resample"}
        What was changed.
    resolution : int or None
        H3 resolution of its grid; None for squares.
    cell_m : float or None
        Side of its squares, in metres; None for hexagons.
    shift_m : tuple of float
        Metres east and north by which the squares were moved, or the incidents and the area over
        the hexagons.
    seed : int or None
        Seed of the resampling; None when nothing was resampled.
    answer : str
        ``"answered"``, ``"too few"`` when the method could not have found anything, or the words
        with which it refused. Only a run that answered counts.
    cells_found : int
        Cells of its grid with the word.
    """

    kind: str
    resolution: int | None = None
    cell_m: float | None = None
    shift_m: tuple[float, float] = (0.0, 0.0)
    seed: int | None = None
    answer: str = ""
    cells_found: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HotspotStabilityParams:
    """Parameters of ``hotspot_stability`` as resolved.

    Attributes
    ----------
    method : str
        Name of the method whose hotspots these are.
    method_params : dict
        Its parameters on the first map, as resolved.
    resolution : int or None
        H3 resolution of the first map; None for squares.
    cell_m : float or None
        Side of the squares of the first map, in metres; None for hexagons.
    n_shifts, n_resamples : int
        As given.
    resolution_steps : tuple of int
        As given.
    resample : str
        As given.
    keep_share : float or None
        As given; None when nothing was thinned.
    word : str
        As given.
    seed : int or None
        The seed when one was given.
    runs : tuple of StabilityRun
        Every map that was made again, in order.
    """

    method: str
    method_params: dict[str, object]
    resolution: int | None
    cell_m: float | None
    n_shifts: int
    resolution_steps: tuple[int, ...]
    n_resamples: int
    resample: str
    keep_share: float | None
    word: str
    seed: int | None
    runs: tuple[StabilityRun, ...]


def check_options(
    *,
    n_shifts: int,
    resolution_steps: tuple[int, ...],
    n_resamples: int,
    resample: str,
    keep_share: float,
    word: str,
) -> None:
    """Refuse options that are not offered, all of them in one message.

    Parameters
    ----------
    n_shifts : int
        Maps with the cells moved.
    resolution_steps : tuple of int
        Steps from the resolution of the first map.
    n_resamples : int
        Maps with places drawn anew.
    resample : str
        How places are drawn anew.
    keep_share : float
        Part of the places that thinning keeps.
    word : str
        Which cells are looked at.

    Raises
    ------
    ParameterError
        If any is outside its range, or if nothing is to be done.
    """
    faults = []
    for name, number in (("n_shifts", n_shifts), ("n_resamples", n_resamples)):
        if not _whole(number) or not 0 <= number <= _MOST_SHIFTS:
            faults.append(f"{name} must be a whole number from 0 to {_MOST_SHIFTS}, got {number!r}")
    if any(not _whole(s) or s == 0 or abs(s) > FINEST_RESOLUTION for s in resolution_steps):
        faults.append(
            f"resolution_steps must be whole numbers other than 0, got {resolution_steps!r}"
        )
    if resample not in RESAMPLES:
        listed = " or ".join(map(repr, RESAMPLES))
        faults.append(f"resample must be {listed}, got {resample!r}")
    if not 0 < keep_share < 1:
        faults.append(f"keep_share must lie between 0 and 1, got {keep_share!r}")
    if word not in WORDS:
        faults.append(f"word must be {' or '.join(map(repr, WORDS))}, got {word!r}")
    if not faults and not n_shifts and not n_resamples and not resolution_steps:
        faults.append("there is nothing to do: no shift, no other resolution, and no resample")
    if faults:
        msg = f"hotspot_stability cannot do this: {'; '.join(faults)}."
        raise ParameterError(msg)


def _whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)
