"""The clusters of a scan as a table."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.errors import ParameterError
from hotspots.methods.scan.params import ScanCluster, ScanParams
from hotspots.methods.scan.report import ratio_name
from hotspots.methods.scan.space_time_params import SpaceTimeCluster, SpaceTimeScanParams

if TYPE_CHECKING:
    from hotspots.results import HotspotResult


def scan_clusters(result: HotspotResult) -> pd.DataFrame:
    """Give the clusters of a scan as a table, the most surprising first.

    Parameters
    ----------
    result : HotspotResult
        From ``scan_hotspots`` or ``scan_space_time``.

    Returns
    -------
    pandas.DataFrame
        Index ``cluster`` (1 is the strongest); no two share a cell. Columns ``hotspot`` (str),
        ``centre`` (the cell in the middle), ``latitude``, ``longitude`` (degrees), ``radius_m``,
        ``cells``, ``n``, ``expected``, ``ratio`` (n / expected), ``relative_risk`` or, without a
        population, ``relative_density``, ``llr``, ``p_value``, ``p_gumbel`` (an approximation after
        Abrams, Kleinman and Kulldorff 2010, for p-values below the smallest that simulation can
        give; never used to mark a cell) and ``sentence``. Of a scan of space and time there is no
        relative density, but ``first_day`` and ``last_day``. For the analyst: counts are exact.

    Raises
    ------
    ParameterError
        If the result is of another method.

    References
    ----------
    Abrams, A. M., Kleinman, K. and Kulldorff, M. (2010). Gumbel based p-value approximations for
    spatial scan statistics. International Journal of Health Geographics 9, 61.
    DOI 10.1186/1476-072X-9-61

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=7))
    >>> clusters = hs.scan_clusters(hs.scan_hotspots(grid, n_simulations=199, rng=1))
    >>> clusters.loc[1, "hotspot"], float(clusters.loc[1, "p_value"])
    ('hot', 0.005)
    """
    params = result.params
    if isinstance(params, ScanParams):
        names, renamed = fields(ScanCluster), {"inside_to_outside": ratio_name(params)}
    elif isinstance(params, SpaceTimeScanParams):
        names, renamed = fields(SpaceTimeCluster), {}
    else:
        msg = (
            "scan_clusters needs a result of scan_hotspots or scan_space_time, got one of "
            f"{result.method}."
        )
        raise ParameterError(msg)
    rows = [asdict(cluster) for cluster in params.clusters]
    table = pd.DataFrame(rows, columns=[field.name for field in names])
    return table.rename(columns=renamed).set_index("cluster")
