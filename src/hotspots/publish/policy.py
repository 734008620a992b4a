"""The rules a release follows, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hotspots.errors import ParameterError

#: Display groups whose cells may be shown to anybody. What is not listed is never shown:
#: sexual offences, deaths, kidnapping, assault (it holds domestic violence) and what no map knows.
PUBLIC_GROUPS: Final = (
    "burglary",
    "damage_arson",
    "drugs_alcohol",
    "fraud",
    "other_theft",
    "public_order",
    "robbery",
    "vehicle_break_in",
    "vehicle_crime",
    "vehicle_theft",
    "weapons",
)

_SMALLEST_MIN_COUNT: Final = 5
_SMALLEST_ROUNDING: Final = 5
_BUILT_IN: Final = {"strict": (8, 5, 9), "open": (5, 5, 10)}
_FINEST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may leave the house, and how coarse it must be.

    Attributes
    ----------
    name : str
        ``"strict"``, ``"open"``, or the user's own.
    min_count : int
        Counts below it are shown as the range from 0 to ``min_count - 1``.
    rounding : int
        Other counts are rounded to a multiple of it.
    min_share_shown : float
        Share of the incidents that must lie in cells with a number; cells are made larger until
        it is reached.
    finest_resolution, coarsest_resolution : int
        Cells smaller than the one H3 resolution are made larger, and enlarging stops at the other.
    public_groups : tuple of str
        Display groups that may be shown; everything else is refused.
    """

    name: str
    min_count: int
    rounding: int
    min_share_shown: float = 1 / 3
    finest_resolution: int = 9
    coarsest_resolution: int = 6
    public_groups: tuple[str, ...] = PUBLIC_GROUPS

    def __post_init__(self) -> None:
        """Refuse rules that protect nobody."""
        faults = []
        if self.min_count < _SMALLEST_MIN_COUNT:
            faults.append(
                f"min_count is {self.min_count}, it must be {_SMALLEST_MIN_COUNT} or more"
            )
        if not _SMALLEST_ROUNDING <= self.rounding < 2 * self.min_count:
            # A wider step would round the smallest number that may be shown down to 0.
            widest = 2 * self.min_count - 1
            faults.append(
                f"rounding is {self.rounding}, it must be {_SMALLEST_ROUNDING} to {widest}"
            )
        if not 0 <= self.min_share_shown <= 1:
            faults.append(f"min_share_shown is {self.min_share_shown}, it must be 0 to 1")
        if not 0 <= self.coarsest_resolution <= self.finest_resolution <= _FINEST:
            faults.append(
                f"the resolutions are {self.coarsest_resolution} to {self.finest_resolution}, they "
                f"must lie in 0 to {_FINEST}"
            )
        never = [group for group in self.public_groups if group not in PUBLIC_GROUPS]
        if never:
            faults.append(f"these groups are never public: {', '.join(never)}")
        rules = (self.min_count, self.rounding, self.finest_resolution)
        if _BUILT_IN.get(self.name, rules) != rules:
            faults.append(f"the name {self.name!r} is taken by a built-in policy")
        if faults:
            msg = f"Policy {self.name!r} cannot be used: {'; '.join(faults)}."
            raise ParameterError(msg)


#: For a source that nobody is known to have anonymised.
STRICT: Final = Policy(name="strict", min_count=8, rounding=5, finest_resolution=9)

#: For a feed whose spec says that its publisher has already anonymised it.
OPEN: Final = Policy(name="open", min_count=5, rounding=5, finest_resolution=10)
