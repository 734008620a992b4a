"""Incidents as points in metres, for methods that measure distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from hotspots.crs import WGS84, centre_of, local_equal_area_crs, project, unwrap_longitudes
from hotspots.errors import FitnessError, HotspotsError
from hotspots.grid.area import check_study_area
from hotspots.grid.counting import check_columns, facts_of, refuse_mixed_kinds
from hotspots.grid.degrees import check_degrees
from hotspots.results import Provenance, provenance_from

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Points:
    """Incidents with a place, in metres on a plane around the study area.

    Attributes
    ----------
    x_m, y_m : ndarray of float64, shape (n,)
        East and north of the middle of the area, in ``crs``.
    weights : ndarray of int64, shape (n,)
        Incidents that each row stands for; at least 1.
    rows : ndarray of intp, shape (n,)
        Position of each among the rows that were given.
    crs : pyproj.CRS
        Equal-area, in metres; distances are true to 0.1 % within some 500 km.
    outline : shapely.Geometry or None
        The study area in ``crs``; None when none was given.
    precisions : tuple of str
        The values of ``location_precision`` of these rows, sorted; empty when there are none.
    left_out : dict of str to int
        Rows that are not here, by reason: ``unlocated``, ``outside_area``, ``count_of_zero``.
    provenance : Provenance
        Where the incidents come from.
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    weights: NDArray[np.int64]
    rows: NDArray[np.intp]
    crs: pyproj.CRS
    outline: shapely.Geometry | None
    precisions: tuple[str, ...]
    left_out: dict[str, int]
    provenance: Provenance


def points_of(incidents: gpd.GeoDataFrame, area: gpd.GeoDataFrame | None = None) -> Points:
    """Take the incidents that have a place, and put them on a plane in metres.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    area : geopandas.GeoDataFrame or None, default None
        From ``study_area``. Incidents outside it are left out, and it gives the plane its middle.

    Returns
    -------
    Points
        The incidents; every row is here or in ``left_out``.

    Raises
    ------
    CoordinateReferenceError
        If the frame is not in EPSG:4326, or says so and holds metres.
    FitnessError
        If no row has a place, or a row takes back incidents (a negative ``count``).
    SchemaMismatchError
        If the frame does not hold Incidents.
    """
    check_columns(incidents)
    refuse_mixed_kinds(incidents)
    check_degrees(incidents)
    shape = None if area is None else check_study_area(area)
    counts = incidents["count"].to_numpy(dtype=np.int64)
    rows, left_out = _rows_with_a_place(incidents, shape, counts)
    if not len(rows):
        listed = ", ".join(f"{reason}: {n:,}" for reason, n in left_out.items())
        msg = f"No incident can be placed ({listed} rows). Choose others, or another area."
        raise FitnessError(msg)
    lng_lat = shapely.get_coordinates(incidents.geometry.array[rows])
    # A line through all of them is made much faster than a geometry of points; it needs two.
    through = shapely.linestrings(np.vstack([lng_lat, lng_lat[:1]])) if shape is None else shape
    middle = centre_of(through)
    crs = local_equal_area_crs(*middle)
    x_m, y_m = pyproj.Transformer.from_crs(WGS84, crs, always_xy=True).transform(*lng_lat.T)
    return Points(
        x_m=np.asarray(x_m),
        y_m=np.asarray(y_m),
        weights=counts[rows],
        rows=rows,
        crs=crs,
        outline=None if shape is None else outline_in(shape, crs),
        precisions=_precisions(incidents, rows),
        left_out=left_out,
        provenance=_provenance(incidents, area, int(counts[rows].sum())),
    )


def outline_in(shape: shapely.Geometry, crs: pyproj.CRS) -> shapely.Geometry:
    """Put a study area on a plane; one that crosses the 180th meridian becomes whole again.

    Parameters
    ----------
    shape : shapely.Geometry
        In EPSG:4326.
    crs : pyproj.CRS
        The plane.

    Returns
    -------
    shapely.Geometry
        The shape in that CRS.
    """
    together = unwrap_longitudes(shape, centre_of(shape)[1])
    return shapely.union_all(shapely.get_parts(project(together, WGS84, crs)))


def _rows_with_a_place(
    incidents: gpd.GeoDataFrame, shape: shapely.Geometry | None, counts: NDArray[np.int64]
) -> tuple[NDArray[np.intp], dict[str, int]]:
    if (counts < 0).any():
        row = incidents.index[int(np.flatnonzero(counts < 0)[0])]
        msg = (
            f"Row {row} takes back {-counts.min():,} incidents (a negative count), and nobody can "
            "say which points it takes back. Count in cells over a longer period instead."
        )
        raise FitnessError(msg)
    points = incidents.geometry
    located = points.notna().to_numpy() & ~points.is_empty.to_numpy()
    inside = located.copy()
    if shape is not None:
        shapely.prepare(shape)
        inside &= shapely.intersects_xy(shape, points.x.to_numpy(), points.y.to_numpy())
    rows = np.flatnonzero(inside & (counts > 0))
    left_out = {
        "unlocated": int((~located).sum()),
        "outside_area": int((located & ~inside).sum()),
        "count_of_zero": int((inside & (counts == 0)).sum()),
    }
    if len(rows) + sum(left_out.values()) != len(incidents):
        msg = (
            f"{len(incidents)} rows went in, {len(rows)} are points and {left_out} were left out: "
            "they do not add up. This is a fault of the library; please report it."
        )
        raise HotspotsError(msg)
    return rows, left_out


def _precisions(incidents: gpd.GeoDataFrame, rows: NDArray[np.intp]) -> tuple[str, ...]:
    if "location_precision" not in incidents.columns:
        return ()
    return tuple(sorted(incidents["location_precision"].iloc[rows].dropna().astype(str).unique()))


def _provenance(
    incidents: gpd.GeoDataFrame, area: gpd.GeoDataFrame | None, incidents_used: int
) -> Provenance:
    facts = {**facts_of(incidents), "area_basis": "incidents", "area_attribution": "", "place": ""}
    if area is not None:
        facts["area_basis"] = str(area["area_basis"].iloc[0])
        facts["area_attribution"] = str(area["area_attribution"].iloc[0])
        facts["place"] = str(area["name"].iloc[0])
    return provenance_from(facts, incidents_used=incidents_used)
