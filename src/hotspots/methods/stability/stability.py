"""Does a hotspot stay when the map is made again a little differently."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hotspots.cells import FINEST_RESOLUTION, cell_polygons, points_to_cells, resolution_of
from hotspots.crs import centre_of
from hotspots.errors import ParameterError
from hotspots.grid import count_incidents, make_hexgrid, make_square_grid
from hotspots.grid.area import check_study_area
from hotspots.inference.seeds import generator_of, seed_of
from hotspots.methods.stability.moving import lattice_of, plane_of, spread_shifts
from hotspots.methods.stability.params import (
    HotspotStabilityParams,
    StabilityRun,
    check_options,
)
from hotspots.methods.stability.report import caveats, patch_votes, patches_of, result_table
from hotspots.methods.stability.runs import FirstMap, make_again, places_of, what_counts
from hotspots.methods.stability.votes import FOUND, answers_of, ground_of
from hotspots.progress import progress_bar
from hotspots.results import HotspotResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray


def hotspot_stability(  # noqa: PLR0913 - one argument for each choice a reader may question
    incidents: gpd.GeoDataFrame,
    area: gpd.GeoDataFrame,
    method: Callable[[gpd.GeoDataFrame], HotspotResult],
    *,
    resolution: int | None = None,
    cell_m: float | None = None,
    n_shifts: int = 4,
    resolution_steps: Sequence[int] = (-1, 1),
    n_resamples: int = 3,
    resample: str = "thin",
    keep_share: float = 0.5,
    word: str = "hot",
    rng: np.random.Generator | int | None = None,
    progress: bool | None = None,
) -> HotspotResult:
    """Say in how many of several slightly different maps each hotspot stays.

    A hotspot should not depend on where the grid happens to lie, on the size of its cells, or on a
    few of the incidents. So the map is made again: with the cells moved, with cells one size larger
    and smaller, and with only some of the places where incidents were recorded. H3 cells cannot be
    moved; the incidents and the area are moved over them instead, and the answer is moved back.

    A cell stays in a run when the word holds on at least half of its ground inside the study area;
    a hotspot, which is a patch of neighbouring cells with the word, when it holds on at least half
    of the patch. A run that could not answer there is not counted.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    area : geopandas.GeoDataFrame
        From ``study_area``.
    method : callable
        Takes a counted grid and gives a ``HotspotResult`` with a column ``hotspot``, such as
        ``local_gi_star``, or a ``lambda`` with options. On a moved map the ids of the cells are
        those of the place that the incidents were moved to; their outlines are over the real map.
    resolution : int or None, default None
        H3 resolution of the first map; None as in ``make_hexgrid``.
    cell_m : float or None, default None
        Make all maps with squares instead, of this side in metres on the first map. Squares are
        moved themselves.
    n_shifts : int, default 4
        Maps with the cells moved, 0 to 100. The shifts are spread evenly over the unit of the grid;
        each is as far as can be from those before it, and from none.
    resolution_steps : sequence of int, default (-1, 1)
        Other resolutions, as steps from the first map's. Those outside 0 to 15 are left out. With
        squares a step up halves the side, a step down doubles it.
    n_resamples : int, default 3
        Maps with places drawn anew, 0 to 100. Incidents that lie exactly on each other share a
        place, and stay or go together.
    resample : {"thin", "bootstrap"}, default "thin"
        Keep each place with the chance ``keep_share``; or take each place as often as a draw with
        replacement would (Poisson with mean 1). The bootstrap makes every map more clustered than
        it is.
    keep_share : float, default 0.5
        Part of the places that thinning keeps, between 0 and 1.
    word : {"hot", "cold"}, default "hot"
        Which cells are looked at.
    rng : numpy.random.Generator, int or None, default None
        Decides which places are drawn.
    progress : bool or None, default None
        Whether to show a bar; None shows it on a terminal.

    Returns
    -------
    HotspotResult
        ``data`` is what the method gave for the first map, with, per cell: ``stability`` (float64,
        0 to 1: share of the runs that answered in which the word holds; of any cell, with the word
        on the first map or not), ``runs`` (int64, runs that answered), ``runs_found`` (int64, those
        with the word), ``stability_shift``, ``stability_resolution``, ``stability_resample``
        (float64, the same by kind), ``patch`` (Int64, number of the hotspot that the cell is part
        of, 1 holds the most incidents), ``patch_stability`` (float64, of the hotspot as a whole)
        and ``stays`` (text, such as ``"stays in 8 of 9"``). ``params`` is a
        ``HotspotStabilityParams`` and names every run.

    Raises
    ------
    CoordinateReferenceError
        If the incidents are not in EPSG:4326.
    FitnessError
        If the method refuses the first map.
    ParameterError
        If an argument is outside what is described above.
    SchemaMismatchError
        If the incidents lack columns, or the method gives something else than described.

    See Also
    --------
    false_alarm_rate : How often chance alone shows a hotspot: staying is no correction.

    References
    ----------
    Openshaw, S. (1984). The modifiable areal unit problem. Concepts and Techniques in Modern
    Geography 38. Geo Books, Norwich.

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="robbery")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> result = hs.hotspot_stability(incidents, area, hs.local_gi_star, resolution=8, rng=1)
    >>> hot = result.data[result.data["hotspot"] == "hot"]
    >>> hot["stays"].value_counts().index[0]
    'stays in 8 of 9'
    """
    steps = tuple(resolution_steps)
    check_options(
        n_shifts=n_shifts,
        resolution_steps=steps,
        n_resamples=n_resamples,
        resample=resample,
        keep_share=keep_share,
        word=word,
    )
    if resolution is not None and cell_m is not None:
        msg = "Give a resolution (hexagons) or a cell_m (squares), not both."
        raise ParameterError(msg)
    few = what_counts(incidents)
    if cell_m is None:
        grid = make_hexgrid(area, resolution=resolution, incidents=few)
        here = StabilityRun(kind="first", resolution=resolution_of(grid.index))
    else:
        grid = make_square_grid(area, cell_m=cell_m)
        here = StabilityRun(kind="first", cell_m=float(cell_m))
    first, base = _first_map(
        few, area, method, grid, word=word, resample=resample, keep_share=keep_share
    )
    plan = _planned(first, here, n_shifts, steps, n_resamples, rng)
    runs, told, found = _all_runs(first, plan, progress=progress)
    params = HotspotStabilityParams(
        method=base.method,
        method_params=base.params_dict(),
        resolution=here.resolution,
        cell_m=here.cell_m,
        n_shifts=n_shifts,
        resolution_steps=steps,
        n_resamples=n_resamples,
        resample=resample,
        keep_share=keep_share if resample == "thin" and n_resamples else None,
        word=word,
        seed=seed_of(rng),
        runs=runs,
    )
    patch = patches_of(first.grid, answers_of(base, first.grid, word) == FOUND)
    points = np.bincount(first.ground.cell, minlength=first.ground.n_cells)
    return HotspotResult(
        data=result_table(base.data, patch, points, told, found, runs),
        method="hotspot_stability",
        params=params,
        provenance=base.provenance,
        caveats=(*caveats(params, patch_votes(patch, points, told, found)), *base.caveats),
    )


def _first_map(
    incidents: gpd.GeoDataFrame,
    area: gpd.GeoDataFrame,
    method: Callable[[gpd.GeoDataFrame], HotspotResult],
    grid: gpd.GeoDataFrame,
    *,
    word: str,
    resample: str,
    keep_share: float,
) -> tuple[FirstMap, HotspotResult]:
    plane = plane_of(check_study_area(area))
    counted = count_incidents(incidents, grid)
    base = method(counted)
    answers_of(base, counted, word)  # refuses what is no result, before anything long begins
    longitude, latitude = incidents.geometry.x.to_numpy(), incidents.geometry.y.to_numpy()
    first = FirstMap(
        incidents=incidents,
        longitude=longitude,
        latitude=latitude,
        place=places_of(longitude, latitude),
        area=area,
        plane=plane,
        grid=counted,
        ground=ground_of(counted, plane),
        method=method,
        word=word,
        resample=resample,
        keep_share=keep_share,
    )
    return first, base


def _planned(
    first: FirstMap,
    here: StabilityRun,
    n_shifts: int,
    steps: tuple[int, ...],
    n_resamples: int,
    rng: np.random.Generator | int | None,
) -> list[StabilityRun]:
    if here.cell_m is not None:
        lattice = np.diag([here.cell_m, here.cell_m])
        others = [replace(here, kind="resolution", cell_m=here.cell_m / 2**step) for step in steps]
    else:
        fine = resolution_of(first.grid.index)
        latitude, longitude = centre_of(first.area.geometry.iloc[0])
        middle = cell_polygons(points_to_cells([latitude], [longitude], fine))[0]
        lattice = lattice_of(middle, first.plane)
        finer = [fine + step for step in steps if 0 <= fine + step <= FINEST_RESOLUTION]
        others = [replace(here, kind="resolution", resolution=other) for other in finer]
    shifts = spread_shifts(lattice, n_shifts)
    seeds = generator_of(rng).integers(2**32, size=n_resamples).tolist()
    planned = [
        *(replace(here, kind="shift", shift_m=shift) for shift in shifts),
        *others,
        *(replace(here, kind="resample", seed=seed) for seed in seeds),
    ]
    if not planned:
        msg = (
            f"None of resolution_steps {steps!r} leads from resolution {here.resolution} to one "
            f"of 0 to {FINEST_RESOLUTION}, and nothing else is to be done. Ask for shifts or "
            "resamples."
        )
        raise ParameterError(msg)
    return planned


def _all_runs(
    first: FirstMap, planned: list[StabilityRun], *, progress: bool | None
) -> tuple[tuple[StabilityRun, ...], NDArray[np.int64], NDArray[np.int64]]:
    runs, told, found = [], [], []
    with progress_bar("Mapping again", total=len(planned), unit="map", shown=progress) as done:
        for plan in planned:
            run, heard, held = make_again(first, plan)
            runs.append(run)
            told.append(heard)
            found.append(held)
            done(1)
    shape = (len(planned), first.ground.n_cells)
    return tuple(runs), np.array(told).reshape(shape), np.array(found).reshape(shape)
