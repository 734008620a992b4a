"""What a reader of a density must know, and which densities are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import spatial

from hotspots.errors import FitnessError
from hotspots.fitness import share_on_shared_places
from hotspots.fitness.points import SNAPPED
from hotspots.methods.density.kernels import reach_per_bandwidth, spread_m
from hotspots.methods.density.params import MAX_STATISTIC
from hotspots.words import Message, message

if TYPE_CHECKING:
    from hotspots.methods.density.ground import Ground, Places
    from hotspots.methods.density.params import KernelDensityParams, RelativeRiskParams

#: With more than this share of incidents on a place that others have too, the places rule.
_MOST_SHARED: Final = 0.5
#: When cases share places more often than controls by this much, it is said.
_MORE_SHARED: Final = 0.1
#: A density that adds up to the incidents but for this part is not remarked on.
_NEAR_ENOUGH: Final = 0.01


def places_are_listed(ground: Ground) -> bool:
    """Say whether the places are a list's, not the incidents' own.

    Parameters
    ----------
    ground : Ground
        The incidents.

    Returns
    -------
    bool
        True when the publisher moved them to points of a list, or most share their place.
    """
    snapped = any(name in SNAPPED for name in ground.points.precisions)
    return snapped or share_on_shared_places(ground.points) > _MOST_SHARED


def check_bandwidth_fits(
    ground: Ground, places: Places, *, kernel: str, bandwidth_m: float
) -> None:
    """Refuse a kernel too narrow for the cells, or for the list of places.

    Parameters
    ----------
    ground : Ground
        The incidents.
    places : Places
        The cells.
    kernel : str
        The kernel.
    bandwidth_m : float
        Its bandwidth.

    Raises
    ------
    FitnessError
        If its standard deviation is below half a cell, so that incidents would fall between the
        centres of cells; or if most places of a list have no other within its reach.
    """
    width = spread_m(kernel, bandwidth_m)
    if width < places.cell_m / 2:
        fits = bandwidth_m * places.cell_m / width / 2
        msg = (
            f"The {kernel} kernel with bandwidth_m={bandwidth_m:,.0f} has a standard deviation of "
            f"{width:,.0f} m, and the cells are {places.cell_m:,.0f} m wide: incidents between "
            f"their centres would be lost. Take smaller cells, or a bandwidth_m of {fits:,.0f} or "
            "more."
        )
        raise FitnessError(msg)
    if not places_are_listed(ground) or len(ground.x_m) == 1:
        return
    at = np.column_stack([ground.x_m, ground.y_m])
    apart = float(np.median(spatial.KDTree(at).query(at, k=2)[0][:, 1]))
    reach = bandwidth_m * min(reach_per_bandwidth(kernel), 3.0)
    if reach < apart:
        msg = (
            f"These incidents lie on places of a list, half of which have no other place within "
            f"{apart:,.0f} m, and the kernel reaches {reach:,.0f} m: the map would show the list, "
            f"one bump for each place. Take a bandwidth_m well above {apart:,.0f}."
        )
        raise FitnessError(msg)


def density_caveats(ground: Ground, params: KernelDensityParams) -> tuple[Message, ...]:
    """Say what a reader must know.

    Parameters
    ----------
    ground : Ground
        The incidents.
    params : KernelDensityParams
        The parameters as resolved.

    Returns
    -------
    tuple of Message
        Most important first.
    """
    basis = ground.points.provenance.area_basis
    said = [
        message("density.tests_nothing"),
        message(
            f"density.bandwidth_{'user' if params.rule == 'user' else 'rule'}",
            bandwidth=round(params.bandwidth_m),
            kernel=params.kernel,
            means=params.bandwidth_means,
            rule=params.rule,
        ),
        message("methods.not_a_risk"),
    ]
    if basis == "incidents":
        said.append(message("methods.area_from_incidents"))
    if params.adaptive:
        said.append(
            message(
                "density.adaptive",
                smallest=round(params.smallest_bandwidth_m),
                largest=round(params.largest_bandwidth_m),
            )
        )
    if places_are_listed(ground):
        said.append(message("density.listed_places"))
    if params.edge == "none":
        said.append(message("density.edge_too_low"))
    off = params.integral / params.incidents - 1
    if params.edge == "diggle" and abs(off) > _NEAR_ENOUGH:
        said.append(message("density.cells_too_wide", percent=f"{100 * off:+.1f}"))
    said.append(
        message(
            f"density.cells_from_{params.cells_from}",
            cells=params.cells,
            cell_m=round(params.cell_m),
        )
    )
    return tuple(said)


def risk_caveats(
    cases: Ground, controls: Ground, params: RelativeRiskParams
) -> tuple[Message, ...]:
    """Say what a reader of a relative risk must know.

    Parameters
    ----------
    cases, controls : Ground
        The incidents.
    params : RelativeRiskParams
        The parameters as resolved.

    Returns
    -------
    tuple of Message
        Most important first.
    """
    said = [
        message(
            "density.risk_of_what",
            cases=_listed(params.case_groups),
            controls=_listed(params.control_groups),
            period=params.control_period,
        ),
        message("density.risk_tested", bandwidth=round(params.bandwidth_m)),
        message("density.risk_not_many"),
    ]
    if cases.points.provenance.area_basis == "incidents":
        said.append(message("methods.area_from_incidents"))
    if places_are_listed(cases) or places_are_listed(controls):
        said.append(message("density.listed_places"))
    repeats = [share_on_shared_places(ground.points) for ground in (cases, controls)]
    if repeats[0] > repeats[1] + _MORE_SHARED:
        said.append(
            message(
                "density.risk_repeats",
                cases=round(100 * repeats[0]),
                controls=round(100 * repeats[1]),
            )
        )
    untested = params.cells - params.cells_tested
    if untested:
        said.append(
            message("density.risk_too_few", cells=untested, fewest=f"{params.min_incidents:g}")
        )
    smallest = 1 / (params.n_permutations + 1)
    if params.adjust != MAX_STATISTIC and smallest * params.cells_tested > params.alpha:
        said.append(message("density.risk_floor", permutations=params.n_permutations))
    return tuple(said)


def _listed(groups: tuple[str, ...]) -> str:
    return ", ".join(group.replace("_", " ") for group in groups)
