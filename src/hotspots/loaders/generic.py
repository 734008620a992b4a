"""The caller's own description of a table: the ``generic-csv`` feed, filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyproj
from pyproj.exceptions import CRSError

from hotspots.errors import ParameterError
from hotspots.loaders.formats import has_day
from hotspots.loaders.registry import describe_feed
from hotspots.loaders.rules import CoordinateSource, MomentRules, OffenceRule
from hotspots.offences import display_groups, offence_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotspots.loaders.spec import FeedSpec

#: What the columns of a table can be.
ROLES: Final = (
    "occurred", "occurred_end", "reported", "latitude", "longitude", "x", "y", "category",
    "description", "code", "record_id", "case_id", "location_text", "area_name", "district",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericOptions:
    """What the caller says about a table; see ``read_incidents``."""

    columns: Mapping[str, str] | None = None
    time_zone: str | None = None
    date_format: str | None = None
    crs: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    categories: Mapping[str, str] | None = None

    def given(self) -> tuple[str, ...]:
        """Name the options that were given.

        Returns
        -------
        tuple of str
            Their names.
        """
        names = ("columns", "time_zone", "date_format", "crs", "bbox", "categories")
        return tuple(n for n in names if getattr(self, n) is not None)


def generic_spec(options: GenericOptions) -> FeedSpec:
    """Fill in the generic feed with what the caller says.

    Parameters
    ----------
    options : GenericOptions
        The caller's options.

    Returns
    -------
    FeedSpec
        The generic feed with columns, zone, formats, bounds and categories.

    Raises
    ------
    ParameterError
        If something needed is missing, or something given is not understood.
    """
    columns = dict(options.columns or {})
    x, y, crs = _check_columns(columns, options)
    if options.time_zone is None or options.date_format is None:
        msg = (
            "feed='generic-csv' needs time_zone (such as 'Europe/London') and date_format (such as "
            "'%d/%m/%Y %H:%M'): neither can be guessed safely."
        )
        raise ParameterError(msg)
    check_zone_and_crs(options.time_zone, crs)
    base = describe_feed("generic-csv")
    formats = (options.date_format,)
    time = replace(
        base.time,
        start=MomentRules(column=columns["occurred"], formats=formats),
        end=_moment(columns.get("occurred_end", ""), formats),
        reported=_moment(columns.get("reported", ""), formats),
        zone=options.time_zone,
        precision=_precision(options.date_format),
    )
    place = replace(
        base.place,
        sources=(CoordinateSource(x=x, y=y, crs=crs),),
        bbox=tuple(options.bbox) if options.bbox else base.place.bbox,
        text=columns.get("location_text", ""),
        area=columns.get("area_name", ""),
        district=columns.get("district", ""),
    )
    rows = replace(base.rows, key=columns.get("record_id", ""), case=columns.get("case_id", ""))
    category = replace(
        base.category,
        category=columns.get("category", ""),
        description=columns.get("description", ""),
        code=columns.get("code", ""),
    )
    offences = tuple(_rule(label, meaning) for label, meaning in (options.categories or {}).items())
    return replace(base, rows=rows, time=time, place=place, category=category, offences=offences)


def _moment(column: str, formats: tuple[str, ...]) -> MomentRules:
    return MomentRules(column=column, formats=formats) if column else MomentRules()


def _check_columns(columns: Mapping[str, str], options: GenericOptions) -> tuple[str, str, str]:
    unknown = [role for role in columns if role not in ROLES]
    if unknown:
        msg = f"columns: {unknown[0]!r} is not known. Choose from: {', '.join(ROLES)}."
        raise ParameterError(msg)
    if "occurred" not in columns:
        msg = "columns must name the column of 'occurred', the date of the incident."
        raise ParameterError(msg)
    if {"latitude", "longitude"} <= columns.keys():
        return columns["longitude"], columns["latitude"], options.crs or "EPSG:4326"
    if {"x", "y"} <= columns.keys() and options.crs:
        return columns["x"], columns["y"], options.crs
    msg = (
        "columns must name 'latitude' and 'longitude'; or 'x' and 'y', and then crs must name "
        "their reference system (such as 'EPSG:27700')."
    )
    raise ParameterError(msg)


def check_zone_and_crs(time_zone: str, crs: str) -> None:
    """Refuse a zone or a reference system that nobody knows.

    Parameters
    ----------
    time_zone : str
        Should be an IANA zone.
    crs : str
        Should be a reference system.

    Raises
    ------
    ParameterError
        If it is not.
    """
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        msg = f"time_zone {time_zone!r} is not an IANA zone, such as 'Europe/London'."
        raise ParameterError(msg) from error
    try:
        pyproj.CRS.from_user_input(crs)
    except CRSError as error:
        msg = f"crs {crs!r} is not a reference system, such as 'EPSG:4326'."
        raise ParameterError(msg) from error


def _precision(date_format: str) -> str:
    if not has_day(date_format):
        return "month"
    if re.search(r"%[-_0]?[MTRXcrsp]", date_format):
        return "minute"
    return "hour" if re.search(r"%[-_0]?[HI]", date_format) else "day"


def _rule(label: str, meaning: str) -> OffenceRule:
    if meaning in offence_codes():
        return OffenceRule(category=label, offence_code=meaning)
    if meaning in display_groups():
        return OffenceRule(category=label, group=meaning, quality="approximate")
    known = ", ".join(display_groups())
    msg = f"categories: {meaning!r}, for {label!r}, is neither an offence code nor one of: {known}."
    raise ParameterError(msg)
