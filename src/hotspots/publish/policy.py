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
    coarsest_resolution : int
        The H3 resolution at which enlarging stops.
    public_groups : tuple of str
        Display groups that may be shown; everything else is refused.
    """

    name: str
    min_count: int
    rounding: int
    min_share_shown: float = 0.5
    coarsest_resolution: int = 6
    public_groups: tuple[str, ...] = PUBLIC_GROUPS

    def __post_init__(self) -> None:
        """Refuse rules that protect nobody."""
        if self.min_count < 2 or self.rounding < 1 or not 0 <= self.min_share_shown <= 1:  # noqa: PLR2004
            msg = (
                f"Policy {self.name!r}: min_count must be at least 2 (got {self.min_count}), rounding "
                f"at least 1 (got {self.rounding}), min_share_shown between 0 and 1 "
                f"(got {self.min_share_shown})."
            )
            raise ParameterError(msg)


STRICT: Final = Policy(name="strict", min_count=8, rounding=5)
OPEN: Final = Policy(name="open", min_count=5, rounding=5)
