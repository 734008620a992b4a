"""The harm in each cell, and on how few incidents it rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hotspots.errors import FitnessError
from hotspots.grid.area import is_study_area
from hotspots.grid.counting import count_incidents
from hotspots.grid.hexgrid import make_hexgrid, with_constants
from hotspots.grid.placing import place_incidents
from hotspots.offences.harm import effective_number, weighed
from hotspots.offences.harm_table import harm_table

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.offences.harm_table import HarmTable


def count_harm(
    incidents: gpd.GeoDataFrame,
    grid: gpd.GeoDataFrame,
    table: HarmTable | str,
    *,
    missing: str = "refuse",
    match: str | None = None,
) -> gpd.GeoDataFrame:
    """Add up the harm of the incidents in each cell.

    Beside each sum stands the effective number of incidents behind it. Where that is 1 or 2, the
    cell is the place of one grave incident, not a place where harm is usual.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    grid : geopandas.GeoDataFrame
        As for ``count_incidents``.
    table : HarmTable or str
        From ``harm_table``, or a name from ``list_harm_tables``.
    missing : {"refuse", "leave_out"}, default "refuse"
        As for ``harm_weights``.
    match : str or None, default None
        As for ``count_incidents``.

    Returns
    -------
    geopandas.GeoDataFrame
        What ``count_incidents`` gives, with ``harm`` (float64, in units of the table),
        ``harm_effective`` (float64, effective number of incidents; NaN where the harm is 0),
        ``n_without_harm`` (int64, incidents without a weight), and the same on every row:
        ``harm_total_effective`` (float64, of all incidents in the cells together), ``harm_unit``
        and ``harm_source``.

    Raises
    ------
    FitnessError
        As ``harm_weights``; or if more incidents with a weight are taken back in a cell than there
        are.
    ParameterError
        As ``harm_weights``.
    SchemaMismatchError
        As ``count_incidents`` and ``harm_weights``.

    Warns
    -----
    UserWarning
        If the effective number of all incidents is below 30.

    See Also
    --------
    harm_weights : The same for all incidents together, by offence.

    References
    ----------
    Sherman, L., Neyroud, P. W. and Neyroud, E. (2016). The Cambridge Crime Harm Index: measuring
    total harm from crime based on sentencing guidelines. Policing 10, 171-183.
    DOI 10.1093/police/paw003

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("synthetic-chicago")
    >>> incidents, _ = hs.select_incidents(incidents, offence=["robbery", "burglary"])
    >>> area = hs.study_area(incidents)
    >>> grid = hs.count_harm(incidents, hs.make_hexgrid(area, resolution=7), "ca-csi-2009")
    >>> bool((grid["harm_effective"].dropna() <= grid.loc[grid["n"] > 0, "n"] + 1e-9).all())
    True
    """
    found = harm_table(table) if isinstance(table, str) else table
    weights, _ = weighed(incidents, found, missing=missing, stacklevel=3)
    cells = make_hexgrid(grid, incidents=incidents) if is_study_area(grid) else grid
    out = count_incidents(incidents, cells, match=match)
    place, _ = place_incidents(incidents, cells, match)
    counts = incidents["count"].to_numpy(dtype=np.int64)
    known = weights.notna().to_numpy()
    sums, squares = _sums_of(place, counts, weights.to_numpy(), known & (place >= 0), len(cells))
    lost = np.zeros(len(cells), dtype=np.int64)
    np.add.at(lost, place[~known & (place >= 0)], counts[~known & (place >= 0)])
    out["harm"] = sums
    out["harm_effective"] = effective_number(sums, squares)
    out["n_without_harm"] = lost
    out["harm_total_effective"] = float(
        effective_number(np.array([sums.sum()]), np.array([squares.sum()]))[0]
    )
    return with_constants(out, {"harm_unit": found.unit, "harm_source": found.source})


def _sums_of(
    place: NDArray[np.intp],
    counts: NDArray[np.int64],
    weights: NDArray[np.float64],
    used: NDArray[np.bool_],
    n_cells: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Add up weights and their squares; incidents taken back are set off within a cell first."""
    values, which = np.unique(weights[used], return_inverse=True)
    key, at = np.unique(place[used] * max(len(values), 1) + which, return_inverse=True)
    net = np.zeros(len(key), dtype=np.int64)
    np.add.at(net, at.ravel(), counts[used])
    cell, value = np.divmod(key, max(len(values), 1))
    if (net < 0).any():
        msg = (
            f"In a cell {-net.min():,} more incidents of one weight are taken back than there are. "
            "A feed with signed counts takes back some in another month: take a longer period."
        )
        raise FitnessError(msg)
    sums, squares = np.zeros(n_cells), np.zeros(n_cells)
    np.add.at(sums, cell, net * values[value])
    np.add.at(squares, cell, net * values[value] ** 2)
    return sums, squares
