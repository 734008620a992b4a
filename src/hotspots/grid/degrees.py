"""Are places in degrees: metres taken for degrees lie nowhere, and would count as nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotspots.crs import WGS84
from hotspots.errors import CoordinateReferenceError

if TYPE_CHECKING:
    import geopandas as gpd


def check_degrees(incidents: gpd.GeoDataFrame) -> None:
    """Refuse incidents that are not in degrees, whatever the frame says.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.

    Raises
    ------
    CoordinateReferenceError
        If the frame is not in EPSG:4326, or says so and holds metres.
    """
    if incidents.crs is None or not incidents.crs.equals(WGS84):
        msg = (
            f"Incidents are in EPSG:4326, these are in {incidents.crs}. Read them with "
            "read_incidents(), or move them: incidents.to_crs('EPSG:4326')."
        )
        raise CoordinateReferenceError(msg)
    west, south, east, north = incidents.geometry.total_bounds
    # Without any place all of these are NaN, and no comparison holds.
    if min(west, -east) < -180 or min(south, -north) < -90:  # noqa: PLR2004 - the globe
        msg = (
            f"The frame says that it is in EPSG:4326 and holds places up to ({east:g}, {north:g}), "
            "which are no degrees. Say which CRS they are in, and move them: "
            "incidents.set_crs('EPSG:...', allow_override=True).to_crs('EPSG:4326')."
        )
        raise CoordinateReferenceError(msg)
