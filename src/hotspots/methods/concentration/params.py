"""What the measures of concentration were asked, as resolved."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LorenzCurveParams:
    """Parameters of ``lorenz_curve`` as resolved.

    Attributes
    ----------
    column : str
        As given.
    places : int
        Places, those without an incident included.
    incidents : int
        Incidents in them.
    """

    column: str
    places: int
    incidents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GiniIndexParams:
    """Parameters of ``gini_index`` as resolved.

    Attributes
    ----------
    column : str
        As given.
    generalized, unbiased : bool
        As given.
    places : int
        Places, those without an incident included.
    incidents : int
        Incidents in them.
    at_random : float
        Mean of the same index over all maps on which each incident falls on any place alike.
    """

    column: str
    generalized: bool
    unbiased: bool
    places: int
    incidents: int
    at_random: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcentrationShareParams:
    """Parameters of ``concentration_share`` as resolved.

    Attributes
    ----------
    column : str
        As given.
    share : float
        As given.
    places : int
        Places, those without an incident included.
    incidents : int
        Incidents in them.
    incidents_needed : int
        The smallest whole number of incidents that is the share or more.
    places_needed : int
        How few places hold so many.
    at_random : float
        Share of the places that would hold so many if each incident fell on any place alike.
    at_widest : float
        Share of the places that would hold so many if the incidents were spread as evenly as
        whole incidents can be.
    """

    column: str
    share: float
    places: int
    incidents: int
    incidents_needed: int
    places_needed: int
    at_random: float
    at_widest: float
