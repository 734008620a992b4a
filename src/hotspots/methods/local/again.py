"""A result's map, made ready once more from the table that the result holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotspots.methods.local.inputs import inputs_of, windows_of
from hotspots.methods.local.testing import prepare

if TYPE_CHECKING:
    from hotspots.methods.local.testing import Prepared
    from hotspots.results import HotspotResult


def prepared_again(
    result: HotspotResult,
    graph: Any,  # noqa: ANN401 - libpysal is no dependency
) -> Prepared:
    """Make a map ready as the test did; a fitted null is fitted to all of it.

    Parameters
    ----------
    result : HotspotResult
        From ``local_gi_star``.
    graph : libpysal.graph.Graph or None
        The graph that it was made with.

    Returns
    -------
    Prepared
        The map.
    """
    params = result.params
    inputs = inputs_of(result.data, params)
    windows, _ = windows_of(inputs, params, graph)
    base = None if inputs.base is None else inputs.base[inputs.tested]
    cells = result.data.index[inputs.tested]
    return prepare(cells, inputs.numbers[inputs.tested], params, windows, base=base)
