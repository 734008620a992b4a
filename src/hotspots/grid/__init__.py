"""Study areas, cells of three kinds, counting in them, and rates."""

from __future__ import annotations

from hotspots.grid.area import study_area
from hotspots.grid.counting import count_incidents
from hotspots.grid.harm import count_harm
from hotspots.grid.hexgrid import make_hexgrid, with_constants
from hotspots.grid.named_areas import area_grid
from hotspots.grid.names import name_cells, unnumbered, with_names
from hotspots.grid.population import PopulationAccount
from hotspots.grid.rates import empirical_bayes_rate, incident_rate
from hotspots.grid.selection import Selection, select_incidents
from hotspots.grid.squares import make_square_grid
from hotspots.grid.transfer import CellPopulation, population_in_cells

__all__ = [
    "CellPopulation",
    "PopulationAccount",
    "Selection",
    "area_grid",
    "count_harm",
    "count_incidents",
    "empirical_bayes_rate",
    "incident_rate",
    "make_hexgrid",
    "make_square_grid",
    "name_cells",
    "population_in_cells",
    "select_incidents",
    "study_area",
    "unnumbered",
    "with_constants",
    "with_names",
]
