"""The population of areas, or of places, put on the cells of a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.crs import WGS84
from hotspots.errors import (
    CoordinateReferenceError,
    FitnessError,
    ParameterError,
    SchemaMismatchError,
)
from hotspots.grid.area import check_study_area
from hotspots.grid.holders import first_holder
from hotspots.grid.kinds import kind_of
from hotspots.grid.named_areas import SLIVER, polygons_of
from hotspots.grid.overlay import shares_by_area
from hotspots.grid.placing import cells_of_points
from hotspots.grid.population import PopulationAccount, Spread, account_of, say_what_is_lost

if TYPE_CHECKING:
    from numpy.typing import NDArray


class CellPopulation(NamedTuple):
    """A population on the cells of a grid, and what of it could not be placed.

    Attributes
    ----------
    population : pandas.Series of float64
        Index ``cell``, in the order of the grid; its name is the denominator.
    account : PopulationAccount
        What became of all that was given.
    """

    population: pd.Series
    account: PopulationAccount


def population_in_cells(
    grid: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    *,
    population: str,
    denominator: str,
    points: gpd.GeoDataFrame | None = None,
    weight: str | None = None,
    area: gpd.GeoDataFrame | None = None,
) -> CellPopulation:
    """Put a population that is known for areas on the cells of a grid.

    Three ways. Areas alone: each is taken to be populated evenly, and a cell gets the share of the
    area that lies in it. Areas and points, such as addresses: the population of an area lies where
    the points in it lie, the same at each or by ``weight``; this is better wherever areas hold
    parks, water or works. Places with a population of their own, such as the middles of census
    blocks, given as ``areas``: each goes to the cell that holds it.

    Nothing is made up and nothing is lost: what lies in the cells and what lies outside add up to
    what was given.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``make_hexgrid``, ``make_square_grid`` or ``area_grid``, counted or not.
    areas : geopandas.GeoDataFrame
        Polygons, or Points; in any CRS.
    population : str
        The column of ``areas`` that says how many; need not be whole.
    denominator : str
        What the population counts, in the plural: ``"residents"``, ``"homes"``.
    points : geopandas.GeoDataFrame or None, default None
        Points, in any CRS. An area without any is spread evenly, and the account says so. A point
        on the border of areas belongs to the first of them.
    weight : str or None, default None
        The column of ``points`` that says how much each counts, such as the homes at an address.
    area : geopandas.GeoDataFrame or None, default None
        From ``study_area``. Give it where incidents are known inside it only: the population of
        cells on its edge is then that of their part inside.

    Returns
    -------
    CellPopulation
        ``population``, for ``incident_rate`` and ``empirical_bayes_rate``, and ``account``.

    Raises
    ------
    CoordinateReferenceError
        If areas or points do not say their CRS.
    FitnessError
        If the cells of the grid overlap each other, so that a population would count twice.
    ParameterError
        If the denominator has no name, a shape is neither polygon nor point, a population or weight
        is negative, or an argument does not go with another.
    SchemaMismatchError
        If there is no such column, if it does not hold a number in every row, or if the grid's
        index does not hold cells.

    Warns
    -----
    UserWarning
        If some of the population lies outside the cells or has no place, or areas have no point.

    See Also
    --------
    incident_rate : Incidents against this population.

    Notes
    -----
    Areas are measured on an equal-area plane around the grid. How wrong an even spread is depends
    on the areas: compare it with points where there are any.

    References
    ----------
    Goodchild, M. F. and Lam, N. S.-N. (1980). Areal interpolation: a variant of the traditional
    spatial problem. Geo-Processing 1, 297-312.

    Eicher, C. L. and Brewer, C. A. (2001). Dasymetric mapping and areal interpolation:
    implementation and evaluation. Cartography and Geographic Information Science 28, 125-138.
    DOI 10.1559/152304001782173727

    Examples
    --------
    >>> import hotspots as hs
    >>> areas = hs.read_areas(hs.sample_path("west-yorkshire-lsoa"))
    >>> grid = hs.make_hexgrid(hs.study_area(areas), resolution=7)
    >>> residents, account = hs.population_in_cells(
    ...     grid, areas, population="population", denominator="residents"
    ... )
    >>> bool(abs(residents.sum() - areas["population"].sum()) < 0.001)
    True
    >>> account.way, account.areas_cut
    ('area', 0)
    """
    kind_of(grid)
    way = _way_of(areas, points, weight)
    named = _named(denominator)
    amounts = _numbers(areas, population, f"the population ({named})")
    located = (areas.geometry.notna() & ~areas.geometry.is_empty).to_numpy()
    there = areas[located]
    inside = None if area is None else check_study_area(area)
    unused = 0
    if way == "places":
        spread = _of_places(grid, there, inside)
    else:
        _refuse_overlaps(grid)
        labels = there.index.to_numpy(dtype=object)
        shapes = polygons_of(there, labels, stacklevel=3)
        before = None
        if points is not None:
            before, unused = _by_points(grid, shapes, points, weight=weight, inside=inside)
        spread = _by_area(grid, shapes, before, inside)
    account = account_of(spread, amounts, located, way=way, named=named, unused=unused)
    say_what_is_lost(account, stacklevel=3)
    sums = np.bincount(
        spread.cell, weights=spread.share * amounts[located][spread.row], minlength=len(grid)
    )
    found = pd.Series(sums, index=grid.index, name=named, dtype=np.float64)
    return CellPopulation(found, account)


def _way_of(areas: gpd.GeoDataFrame, points: gpd.GeoDataFrame | None, weight: str | None) -> str:
    if not isinstance(areas, gpd.GeoDataFrame) or areas.empty:
        msg = "areas must be a GeoDataFrame with a polygon or a point a row, and at least one row."
        raise ParameterError(msg)
    if areas.crs is None or (points is not None and points.crs is None):
        msg = "The shapes do not say their CRS. Set it, for example areas.set_crs('EPSG:4326')."
        raise CoordinateReferenceError(msg)
    places = set(areas.geom_type.dropna()) == {"Point"}
    if places and points is not None:
        msg = "areas are points with a population of their own; leave the argument points out."
        raise ParameterError(msg)
    if weight is not None and points is None:
        msg = "weight is a column of points, and there are no points. Leave it out, or give both."
        raise ParameterError(msg)
    if points is not None and not (points.geom_type.dropna() == "Point").all():
        msg = (
            "points must hold points alone. Take one of each shape: shapes.representative_point()."
        )
        raise ParameterError(msg)
    return "places" if places else "area" if points is None else "points"


def _named(denominator: object) -> str:
    if not isinstance(denominator, str) or not denominator.strip():
        msg = (
            "denominator must name what the population counts, such as 'residents' or 'homes', "
            f"got {denominator!r}."
        )
        raise ParameterError(msg)
    return denominator.strip()


def _numbers(frame: gpd.GeoDataFrame, column: str, what: str) -> NDArray[np.float64]:
    if column not in frame.columns:
        columns = ", ".join(str(c) for c in frame.columns if c != frame.geometry.name)
        msg = f"There is no column {column!r} for {what}; there are: {columns}."
        raise SchemaMismatchError(msg)
    values = frame[column]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        msg = f"The column {column!r} for {what} holds {values.dtype}, not numbers."
        raise SchemaMismatchError(msg)
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    unknown = np.flatnonzero(~np.isfinite(numbers))
    if len(unknown):
        row = frame.index[unknown[0]]
        msg = (
            f"The column {column!r} for {what} holds no number in {len(unknown):,} rows, the first "
            f"being {row!r}. Write 0 where there are none."
        )
        raise SchemaMismatchError(msg)
    if (numbers < 0).any():
        row = frame.index[int(np.argmin(numbers))]
        msg = (
            f"The column {column!r} for {what} is {numbers.min():,} in row {row!r}; 0 is the least."
        )
        raise ParameterError(msg)
    return np.asarray(numbers)


def _refuse_overlaps(grid: gpd.GeoDataFrame) -> None:
    if "overlap_share" in grid.columns and (grid["overlap_share"] > SLIVER).any():
        cell = grid["overlap_share"].idxmax()
        msg = (
            f"The cells of this grid overlap each other, {cell} most, and a population there would "
            "count twice. Give areas that lie beside each other."
        )
        raise FitnessError(msg)


def _cells_of(
    grid: gpd.GeoDataFrame, points: gpd.GeoSeries, inside: shapely.Geometry | None
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Find the cell of each point, -1 for none; and give latitude and longitude."""
    lng, lat = shapely.get_coordinates(points.to_crs(WGS84).to_numpy()).T
    cell = cells_of_points(grid, lat, lng)
    if inside is not None:
        shapely.prepare(inside)
        cell = np.where(shapely.intersects_xy(inside, lng, lat), cell, -1)
    return cell, lat, lng


def _of_places(
    grid: gpd.GeoDataFrame, places: gpd.GeoDataFrame, inside: shapely.Geometry | None
) -> Spread:
    cell, _, _ = _cells_of(grid, places.geometry, inside)
    row = np.flatnonzero(cell >= 0)
    none = np.zeros(len(places), dtype=np.bool_)
    return Spread(row=row, cell=cell[row], share=np.ones(len(row)), by_area=none)


def _by_points(
    grid: gpd.GeoDataFrame,
    shapes: NDArray[np.object_],
    points: gpd.GeoDataFrame,
    *,
    weight: str | None,
    inside: shapely.Geometry | None,
) -> tuple[Spread, int]:
    """Spread each area over its points; areas in which nothing has a weight are left to others."""
    points = points[points.geometry.notna() & ~points.geometry.is_empty]
    much = np.ones(len(points)) if weight is None else _numbers(points, weight, "points")
    cell, lat, lng = _cells_of(grid, points.geometry, inside)
    holder = first_holder(shapes, lat, lng)
    held = holder >= 0
    sums = np.bincount(holder[held], weights=much[held], minlength=len(shapes))
    kept = held & (cell >= 0) & (much > 0)
    share = much[kept] / sums[holder[kept]]
    spread = Spread(row=holder[kept], cell=cell[kept], share=share, by_area=sums == 0)
    return spread, int((~held).sum())


def _by_area(
    grid: gpd.GeoDataFrame,
    shapes: NDArray[np.object_],
    before: Spread | None,
    inside: shapely.Geometry | None,
) -> Spread:
    """Spread areas evenly: all of them, or those that points did not spread."""
    wanted = np.ones(len(shapes), dtype=np.bool_) if before is None else before.by_area
    rows = np.flatnonzero(wanted)
    area, cell, share = shares_by_area(grid.geometry.to_numpy(), shapes[rows], inside)
    row = rows[area]
    if before is not None:
        row, cell = np.append(before.row, row), np.append(before.cell, cell)
        share = np.append(before.share, share)
    return Spread(row=row, cell=cell, share=share, by_area=wanted)
