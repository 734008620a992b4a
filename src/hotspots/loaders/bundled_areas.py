"""Areas that travel with the library, found by what the incidents say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hotspots.loaders.areas import read_areas
from hotspots.loaders.samples import sample_path

if TYPE_CHECKING:
    import geopandas as gpd


class BundledArea(NamedTuple):
    """Polygons, and what the whole is called."""

    areas: gpd.GeoDataFrame
    place: str


#: (feed, district) → (sample with the polygons, name of the whole).
_BUNDLED: Final = {
    ("gb-police", "West Yorkshire Police"): ("west-yorkshire-lsoa", "West Yorkshire")
}


def areas_of(incidents: gpd.GeoDataFrame) -> BundledArea | None:
    """Find the polygons that ship with the library for the place these incidents are from.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents of one feed.

    Returns
    -------
    BundledArea or None
        The named polygons in EPSG:4326 and the name of the whole; None when the incidents are from
        elsewhere, or from several districts.

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> areas, place = hs.areas_of(incidents)
    >>> place, len(areas)
    ('West Yorkshire', 1388)
    """
    found = incidents[["source_id", "district"]].drop_duplicates()
    if len(found) != 1:
        return None
    source_id, district = found.iloc[0]
    for (feed, known), (sample, place) in _BUNDLED.items():
        if str(source_id).startswith(feed) and district == known:
            return BundledArea(read_areas(sample_path(sample)), place)
    return None
