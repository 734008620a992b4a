"""From circles to a table with one row per cell, to clusters in words, and to caveats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.inference.capping import capped_at
from hotspots.methods.scan.params import ScanCluster
from hotspots.results import HOTSPOT_WORDS
from hotspots.words import Message, message, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.methods.scan.finding import Found
    from hotspots.methods.scan.params import ScanParams
    from hotspots.methods.scan.places import Places
    from hotspots.methods.scan.testing import Answer

HOT, COLD, NOT_SIGNIFICANT, TOO_FEW = range(len(HOTSPOT_WORDS))
_NOT_TESTED: Final = -1
_MANY: Final = 10


def describe_clusters(
    answer: Answer,
    grid: gpd.GeoDataFrame,
    places: Places,
    params: ScanParams,
) -> tuple[ScanCluster, ...]:
    """Give each circle its numbers and its sentence.

    Parameters
    ----------
    answer : Answer
        What the scan says.
    grid : geopandas.GeoDataFrame
        The grid as given.
    places : Places
        The cells that were scanned.
    params : ScanParams
        The parameters.

    Returns
    -------
    tuple of ScanCluster
        In the same order.
    """
    clusters = []
    for number, one in enumerate(answer.found, start=1):
        numbers = _numbers(one, places)
        row = int(places.rows[one.centre])
        word = TOO_FEW if answer.too_few else NOT_SIGNIFICANT
        if not answer.too_few and one.p_value <= params.alpha:
            word = HOT if _more_than_expected(one, places, params) else COLD
        clusters.append(
            ScanCluster(
                cluster=number,
                hotspot=HOTSPOT_WORDS[word],
                centre=str(grid.index[row]),
                latitude=float(places.latitude[one.centre]),
                longitude=float(places.longitude[one.centre]),
                cells=len(one.members),
                n=int(places.counts[one.members].sum()),
                llr=one.llr,
                p_value=one.p_value,
                p_gumbel=one.p_gumbel,
                sentence=_sentence(one, numbers, _name(grid, row), places, params),
                **numbers,
            )
        )
    return tuple(clusters)


def _more_than_expected(one: Found, places: Places, params: ScanParams) -> bool:
    """Compare as the test did: the counts as capped, of the cells that were scanned."""
    tested, among = capped_at(places.counts, params.cap), _scanned(one)
    share = places.base[one.members].sum() / places.base[among].sum()
    return bool(tested[one.members].sum() > tested[among].sum() * share)


def _scanned(one: Found) -> slice | NDArray[np.intp]:
    return slice(None) if one.among is None else one.among


def _numbers(one: Found, places: Places) -> dict[str, float]:
    among = _scanned(one)
    total, n = int(places.counts[among].sum()), int(places.counts[one.members].sum())
    expected = total * float(places.base[one.members].sum() / places.base[among].sum())
    # With all incidents inside there is nothing outside to compare with.
    outside = (total - n) / (total - expected) if n < total else 0.0
    away = np.hypot(
        places.x_m[one.members] - places.x_m[one.centre],
        places.y_m[one.members] - places.y_m[one.centre],
    )
    return {
        "radius_m": float(away.max()),
        "expected": expected,
        "ratio": n / expected,
        "inside_to_outside": n / expected / outside if outside else np.inf,
    }


def _name(grid: gpd.GeoDataFrame, row: int) -> str:
    return str(grid["name"].iloc[row]) if "name" in grid.columns else str(grid.index[row])


def _sentence(
    one: Found, numbers: dict[str, float], place: str, places: Places, params: ScanParams
) -> str:
    times = numbers["inside_to_outside"]
    said = message(
        f"scan.cluster_{params.base}",
        where=say(where(place, numbers["radius_m"])),
        n=int(places.counts[one.members].sum()),
        expected=_number(numbers["expected"]),
        times=_number(times) if np.isfinite(times) else "∞",
        denominator=params.denominator,
    )
    chance = message(
        f"scan.chance_{params.null}",
        simulations=params.n_simulations,
        p_value=f"{one.p_value:.2g}",
    )
    return f"{say(said)} {say(chance)}"


def where(place: str, radius_m: float) -> Message:
    """Say where a circle is.

    Parameters
    ----------
    place : str
        Name of the cell in its middle.
    radius_m : float
        Its radius; 0 for one cell.

    Returns
    -------
    Message
        The beginning of a sentence.
    """
    if radius_m == 0:
        return message("scan.where_cell", place=place)
    return message("scan.where_circle", place=place, radius_km=f"{radius_m / 1000:.1f}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= _MANY else f"{value:.1f}"


def result_table(
    grid: gpd.GeoDataFrame,
    counts: NDArray[np.int64],
    places: Places,
    found: Sequence[Found],
    params: ScanParams,
) -> gpd.GeoDataFrame:
    """Put the clusters beside the grid, row by row.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        The grid as given; it is not changed.
    counts : ndarray of int64, shape (cells,)
        The counts of all cells.
    places : Places
        The cells that were scanned.
    found : sequence of Found
        The circles.
    params : ScanParams
        The parameters as resolved.

    Returns
    -------
    geopandas.GeoDataFrame
        The grid with the columns of a cell result, the geometry last.
    """
    size = len(grid)
    number = np.full(size, pd.NA, dtype=object)
    word = np.full(size, _NOT_TESTED, dtype=np.int8)
    word[places.rows] = TOO_FEW if params.too_few else NOT_SIGNIFICANT
    names = ("expected", "llr", ratio_name(params), "p_value")
    values = {name: np.full(size, np.nan) for name in names}
    values["p_value"][places.rows] = 1.0
    values["expected"][places.rows] = places.base * (places.counts.sum() / places.base.sum())
    for one, cluster in zip(found, params.clusters, strict=True):
        rows = places.rows[one.members]
        number[rows] = cluster.cluster
        word[rows] = HOTSPOT_WORDS.index(cluster.hotspot)
        values["llr"][rows] = cluster.llr
        values[ratio_name(params)][rows] = cluster.inside_to_outside
        values["p_value"][rows] = cluster.p_value
    out = grid.copy()
    out["n"] = counts
    out["expected"] = values["expected"]
    out["cluster"] = pd.array(number, dtype="Int64")
    for name in names[1:]:
        out[name] = values[name]
    out["p_adjusted"] = values["p_value"]
    out["hotspot"] = pd.Categorical.from_codes(word, categories=list(HOTSPOT_WORDS))
    untested = say(message("scan.note_no_base", what=params.denominator or "area"))
    out["note"] = np.where(word == _NOT_TESTED, untested, "").astype(object)
    return out[[*(c for c in out.columns if c != out.geometry.name), out.geometry.name]]


def ratio_name(params: ScanParams) -> str:
    """Name the ratio of inside to outside: only a population makes it a risk.

    Parameters
    ----------
    params : ScanParams
        The parameters.

    Returns
    -------
    {"relative_risk", "relative_density"}
        The name of the column.
    """
    return "relative_risk" if params.base == "population" else "relative_density"


def caveats(params: ScanParams, *, n_left_out: int, area_basis: str) -> tuple[Message, ...]:
    """Say what a reader must know.

    Parameters
    ----------
    params : ScanParams
        The parameters as resolved.
    n_left_out : int
        Cells without a base.
    area_basis : str
        What the study area was made from.

    Returns
    -------
    tuple of Message
        Most important first.
    """
    said = [message("scan.circles"), message(f"scan.null_{params.null}")]
    if params.too_few:
        said.insert(0, message("methods.too_few"))
    if params.base == "population":
        said.append(message("scan.only_as_good_as", denominator=params.denominator))
        if n_left_out:
            said.append(
                message(
                    "scan.without_base",
                    cells=n_left_out,
                    denominator=params.denominator,
                    incidents=params.incidents_left_out,
                )
            )
    else:
        if params.cap is not None and params.cap_quantile is not None:
            share = f"{(1 - params.cap_quantile) * 100:.2g}"
            said.append(message("methods.capped", percent=share))
        said.append(message("methods.not_a_risk"))
        outline = "area_from_incidents" if area_basis == "incidents" else "area_decides"
        said.append(message(f"methods.{outline}"))
    said.append(message(f"scan.secondary_{params.secondary}"))
    return tuple(said)
