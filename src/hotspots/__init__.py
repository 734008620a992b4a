"""Crime maps a community can trust: calibrated hotspots, safe publication, pages that work offline.

The way through: ``read_incidents`` → ``select_incidents`` → ``count_incidents`` → ``local_gi_star``
→ ``publish`` → ``write_page``.
"""

from __future__ import annotations

from hotspots.errors import HotspotsError
from hotspots.grid import (
    CellPopulation,
    PopulationAccount,
    Selection,
    area_grid,
    count_harm,
    count_incidents,
    empirical_bayes_rate,
    incident_rate,
    make_hexgrid,
    make_square_grid,
    name_cells,
    population_in_cells,
    select_incidents,
    study_area,
)
from hotspots.loaders import (
    Fetched,
    FetchLimits,
    Merged,
    Portal,
    QualityReport,
    Reading,
    areas_of,
    describe_feed,
    detect_feed,
    fetch_incidents,
    list_feeds,
    list_samples,
    load_sample,
    merge_incidents,
    read_areas,
    read_incidents,
    sample_path,
)
from hotspots.methods.autocorrelation import global_moran, local_moran
from hotspots.methods.clusters import (
    cluster_table,
    dbscan_hotspots,
    hdbscan_hotspots,
    k_distance,
)
from hotspots.methods.concentration import concentration_share, gini_index, lorenz_curve
from hotspots.methods.density import bandwidth_table, kernel_density, relative_risk
from hotspots.methods.local import correct_together, false_alarm_rate, local_gi_star
from hotspots.methods.scan import scan_clusters, scan_hotspots, scan_space_time
from hotspots.methods.spacing import nearest_neighbor_index, ripley_k
from hotspots.methods.stability import hotspot_stability
from hotspots.offences import (
    HarmTable,
    HarmWeights,
    harm_table,
    harm_weights,
    list_harm_tables,
)
from hotspots.publish import Policy, Release, publish
from hotspots.render import make_map, write_page
from hotspots.results import Estimate, HotspotResult, Provenance
from hotspots.schema import validate_incidents

__all__ = [
    "CellPopulation",
    "Estimate",
    "FetchLimits",
    "Fetched",
    "HarmTable",
    "HarmWeights",
    "HotspotResult",
    "HotspotsError",
    "Merged",
    "Policy",
    "PopulationAccount",
    "Portal",
    "Provenance",
    "QualityReport",
    "Reading",
    "Release",
    "Selection",
    "area_grid",
    "areas_of",
    "bandwidth_table",
    "cluster_table",
    "concentration_share",
    "correct_together",
    "count_harm",
    "count_incidents",
    "dbscan_hotspots",
    "describe_feed",
    "detect_feed",
    "empirical_bayes_rate",
    "false_alarm_rate",
    "fetch_incidents",
    "gini_index",
    "global_moran",
    "harm_table",
    "harm_weights",
    "hdbscan_hotspots",
    "hotspot_stability",
    "incident_rate",
    "k_distance",
    "kernel_density",
    "list_feeds",
    "list_harm_tables",
    "list_samples",
    "load_sample",
    "local_gi_star",
    "local_moran",
    "lorenz_curve",
    "make_hexgrid",
    "make_map",
    "make_square_grid",
    "merge_incidents",
    "name_cells",
    "nearest_neighbor_index",
    "population_in_cells",
    "publish",
    "read_areas",
    "read_incidents",
    "relative_risk",
    "ripley_k",
    "sample_path",
    "scan_clusters",
    "scan_hotspots",
    "scan_space_time",
    "select_incidents",
    "study_area",
    "validate_incidents",
    "write_page",
]
