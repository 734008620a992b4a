"""What a result must not be, to become public."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from hotspots.digests import digest_of, digest_of_names
from hotspots.errors import PublishError
from hotspots.grid.kinds import HEXAGONS, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.results import HotspotResult

#: The method of which it is known what its words tell of hidden counts.
_PUBLIC_METHOD: Final = "local_gi_star"
#: A level above it marks so much by chance that the page's sentences would mislead.
_HIGHEST_ALPHA: Final = 0.1


def refuse_incident_rows(result: HotspotResult) -> None:
    """Refuse a result with a row for each incident, such as clusters.

    Parameters
    ----------
    result : HotspotResult
        A layer.

    Raises
    ------
    PublishError
        If its rows are incidents.
    """
    # Of methods on cells, some number their clusters too.
    if "cluster" in result.data.columns and result.data.index.name != "cell":
        msg = (
            f"The result of {result.method} has a row for each incident, not for each cell, and a "
            "release tells nobody where an incident is. Cluster shapes cannot be released yet "
            "either: which cells they are made of tells which cells are not empty. Count in cells "
            "and publish local_gi_star(grid)."
        )
        raise PublishError(msg)


def refuse_unsafe_cells(result: HotspotResult) -> None:
    """Refuse cells that tell where incidents are by being there, and names put on by hand.

    Parameters
    ----------
    result : HotspotResult
        A layer.

    Raises
    ------
    PublishError
        If the cells are not hexagons, if the area was drawn around the incidents, if cells were
        dropped from the grid, if every cell of a list of cells holds an incident, or if names were
        changed.
    """
    data, basis = result.data, result.provenance.area_basis
    if (kind := kind_of(data)) != HEXAGONS:
        msg = (
            f"A release holds H3 hexagons only, and these cells are {kind}. Count on hexagons for "
            "the public, count_incidents(incidents, make_hexgrid(area)), and name them after your "
            "areas with name_cells(grid, areas)."
        )
        raise PublishError(msg)
    if basis == "incidents":
        msg = (
            "The study area was drawn around the incidents, and such an outline gives away where "
            "lone incidents are. Give study_area() the polygons of the place."
        )
        raise PublishError(msg)
    if "cells_digest" not in data or data["cells_digest"].iloc[0] != digest_of(data.index):
        msg = (
            "Cells were dropped from the grid, or added to it. Cells without incidents must stay: "
            "without them the test is wrong, and every cell shown is known to hold an incident. "
            "Use the grid as make_hexgrid() made it."
        )
        raise PublishError(msg)
    if basis == "cells" and (data["n"] > 0).all():
        msg = (
            "Every cell of this area holds an incident, so the list of cells tells where incidents "
            "are. Take all cells of the place, or its polygons."
        )
        raise PublishError(msg)
    if "name" in data and (
        "names_digest" not in data
        or data["names_digest"].iloc[0] != digest_of_names(data.index, data["name"])
    ):
        msg = (
            "The names of the cells are not those that name_cells(grid, areas) gave them. Names go "
            "to the public as they are, so they must come from areas."
        )
        raise PublishError(msg)


def refuse_unsafe_test(result: HotspotResult) -> None:
    """Refuse a test whose words would tell too much, or too little.

    Parameters
    ----------
    result : HotspotResult
        A layer.

    Raises
    ------
    PublishError
        If the word for a cell tells of the cell's own count, or nobody knows yet what it tells; if
        the test marks cold cells, or if its level is above 0.1.
    """
    if result.method == "local_moran":
        msg = (
            "A hot cell of local_moran itself holds more than the average cell, so the word tells "
            "that a hidden count is not zero. Publish local_gi_star(grid), whose word is about a "
            "cell with its neighbours."
        )
        raise PublishError(msg)
    if result.method != _PUBLIC_METHOD:
        msg = (
            f"A result of {result.method} is for the analyst: it is not worked out yet which "
            f"hidden counts its words give away. Publish {_PUBLIC_METHOD}(grid)."
        )
        raise PublishError(msg)
    options = result.params_dict()
    if options.get("alternative", "greater") != "greater":
        msg = (
            "A cold cell and its neighbours hold next to nothing, so the word tells which hidden "
            "counts are zero, and it reads as safe. Test with alternative='greater'."
        )
        raise PublishError(msg)
    if options.get("alpha", 0.0) > _HIGHEST_ALPHA:
        msg = (
            f"The test has the level {options['alpha']:g}; more than {_HIGHEST_ALPHA:g} is not for "
            "the public. Test with alpha=0.05."
        )
        raise PublishError(msg)


def refuse_undescribed_test(result: HotspotResult) -> None:
    """Refuse a test for which the page has no sentences: it would be given those of another.

    Parameters
    ----------
    result : HotspotResult
        A layer.

    Raises
    ------
    PublishError
        If the test is another one than local Gi* of shuffled cells, with one number of rings.
    """
    if result.method != "local_gi_star":
        msg = (
            f"The page has no words for a result of {result.method}. Publish one of local_gi_star."
        )
        raise PublishError(msg)
    options = result.params_dict()
    unusual = {
        f"null={options['null']!r}": options["null"] != "shuffled_cells",
        f"n_permutations={options['n_permutations']}": options["n_permutations"] is not None,
        f"n_rings={options['n_rings']}": isinstance(options["n_rings"], tuple),
        "a graph": options["graph"],
        f"a grid of {options['grid_kind']}": options["grid_kind"] != "hexagons",
    }
    found = [name for name, is_so in unusual.items() if is_so]
    if found:
        msg = (
            f"The page cannot describe this test yet ({', '.join(found)}), and the words of "
            "another would be wrong. Publish local_gi_star(grid) of hexagons, with "
            "null='shuffled_cells', one number of rings, and neither permutations nor a graph."
        )
        raise PublishError(msg)


def refuse_overlaps(layers: Sequence[HotspotResult]) -> None:
    """Refuse layers that count the same incidents: one minus the other gives small counts.

    Parameters
    ----------
    layers : sequence of HotspotResult
        The layers of a release.

    Raises
    ------
    PublishError
        If two layers share an offence group and a day.
    """
    for one, two in combinations([layer.provenance for layer in layers], 2):
        shared = sorted(set(one.groups) & set(two.groups))
        apart = one.period_end < two.period_start or two.period_end < one.period_start
        if shared and not apart:
            msg = (
                f"Two layers count the same incidents ({', '.join(shared)}, from "
                f"{max(one.period_start, two.period_start)}); their difference would give small "
                "counts away. Publish layers that do not overlap."
            )
            raise PublishError(msg)
