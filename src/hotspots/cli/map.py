"""``hotspots map``: from a file to a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotspots.cli.output import to_json
from hotspots.cli.reading import check_targets, read_rows
from hotspots.errors import ParameterError
from hotspots.files import replace_file
from hotspots.grid import (
    count_incidents,
    make_hexgrid,
    name_cells,
    select_incidents,
    study_area,
)
from hotspots.loaders import areas_of, read_areas
from hotspots.methods.local import false_alarm_rate, local_gi_star
from hotspots.publish import PUBLIC_GROUPS, publish
from hotspots.render import write_page

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.loaders import QualityReport
    from hotspots.publish import Release
    from hotspots.results import Estimate, HotspotResult


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """All that one run made, for its report."""

    quality: QualityReport
    left_out: dict[str, int]
    result: HotspotResult
    chance: Estimate
    release: Release
    page: Path


@click.command(name="map")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "page",
    type=click.Path(path_type=Path),
    required=True,
    help="The HTML page to write.",
)
@click.option("--offence", help="Offence group, for example burglary; several with commas.")
@click.option(
    "--period", help="A month (2018-07), a year (2018), or first/last day (2018-07-01/2018-07-31)."
)
@click.option(
    "--area",
    "area_file",
    type=click.Path(path_type=Path),
    help="Polygons that the map covers, with a column of names.",
)
@click.option("--name-column", help="The column of --area that holds the names.")
@click.option("--place", help="What to call the area in the title.")
@click.option(
    "--resolution",
    type=click.IntRange(5, 10),
    help="H3 resolution; chosen from the incidents when not given.",
)
@click.option(
    "--policy",
    type=click.Choice(["strict", "open"]),
    help="Small-count rule; from the feed when not given.",
)
@click.option("--feed", help="Name of the feed; found from the header when not given.")
@click.option(
    "--time-zone",
    help="Zone of the days, such as Europe/London, where a feed has many.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the false-alarm simulation.",
)
@click.option(
    "--summary", type=click.Path(path_type=Path), help="Also write the JSON to this file."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def map_command(  # noqa: PLR0913 - one argument for each option of the command line
    *,
    file: Path,
    page: Path,
    offence: str | None,
    period: str | None,
    area_file: Path | None,
    name_column: str | None,
    place: str | None,
    resolution: int | None,
    policy: str | None,
    feed: str | None,
    time_zone: str | None,
    seed: int,
    summary: Path | None,
    as_json: bool,
) -> None:
    """Find hotspots in FILE and write a page that anybody may see."""
    check_targets(page, summary, sources=(file, area_file), example="map.html")
    incidents, quality = read_rows(file, feed, time_zone)
    areas, called = _areas(area_file, name_column, place, incidents)
    offences = _offences(offence, incidents)
    days = tuple(period.split("/")) if period and "/" in period else period
    chosen, left_out = select_incidents(incidents, offence=offences, period=days)
    area = study_area(areas, name=called)
    grid = name_cells(make_hexgrid(area, resolution=resolution, incidents=chosen), areas)
    result = local_gi_star(count_incidents(chosen, grid))
    release = publish(result, quality=quality, policy=policy)
    made = _Made(
        quality=quality,
        left_out=left_out,
        result=result,
        chance=false_alarm_rate(result, rng=seed),
        release=release,
        page=write_page(release, page),
    )
    answer = _answer(made)
    if summary is not None:
        replace_file(summary, f"{to_json(answer)}\n".encode())
    click.echo(to_json(answer) if as_json else _report(made, answer))


def _offences(offence: str | None, incidents: gpd.GeoDataFrame) -> list[str]:
    """Read the offences asked for; a public map of everything at once is never allowed."""
    names = [name.strip() for name in (offence or "").split(",") if name.strip()]
    if not names:
        groups = sorted(str(group) for group in incidents["display_group"].dropna().unique())
        public = ", ".join(group for group in groups if group in PUBLIC_GROUPS)
        msg = f"Say what the map shows, for example --offence burglary. In this file: {public}."
        raise ParameterError(msg)
    return names


def _areas(
    area_file: Path | None, name_column: str | None, place: str | None, incidents: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, str]:
    """Find the polygons that the map covers, and what to call the whole."""
    if area_file is not None:
        areas = read_areas(area_file, name_column=name_column)
        called = place or (str(areas["name"].iloc[0]) if len(areas) == 1 else "")
        if not called:
            msg = f"{area_file.name} holds {len(areas)} areas. Name the whole with --place."
            raise ParameterError(msg)
        return areas, called
    known = areas_of(incidents)
    if known is None:
        msg = (
            "Say which area the map covers: --area FILE with polygons (GeoJSON, GeoPackage, "
            "Shapefile). An area drawn around the incidents themselves would give away where lone "
            "incidents are, and would decide which cells look hot."
        )
        raise ParameterError(msg)
    return known.areas, place or known.place


def _answer(made: _Made) -> dict[str, Any]:
    quality, result, layer = made.quality, made.result, made.release.layers[0]
    facts = result.provenance
    low, high = made.chance.confidence_interval
    return {
        "file": quality.file_name,
        "feed": quality.feed.id,
        "offences": list(facts.groups),
        "period": [facts.period_start, facts.period_end],
        "rows_read": quality.rows_read,
        "rows_kept": quality.kept,
        "located": quality.located,
        "unlocated": sum(quality.unlocated.values()),
        "unlocated_by_reason": dict(quality.unlocated),
        "rejected": sum(quality.rejected.values()),
        "rejected_by_reason": dict(quality.rejected),
        "not_selected": made.left_out,
        "incidents_in_cells": facts.incidents_used,
        "cells": len(result.data),
        "hot_cells": int((result.data["hotspot"] == "hot").sum()),
        "false_alarm_rate_under_null": made.chance.estimate,
        "false_alarm_interval_95": [low, high],
        "false_alarm_simulations": made.chance.params.n_simulations,
        "method": result.method,
        "params": result.params_dict(),
        "published": {
            "page": str(made.page),
            "policy": made.release.policy.name,
            "resolution": made.release.resolution,
            "cells": made.release.receipt["cells"],
            "hot_cells": layer.hot_cells,
            "share_shown_percent": layer.share_shown_percent,
            "content_sha256": made.release.receipt["content_sha256"],
        },
    }


def _report(made: _Made, answer: dict[str, Any]) -> str:
    quality = made.quality
    dropped = ", ".join(f"{rows:,} {why}" for why, rows in quality.rejected.items()) or "none"
    placeless = ", ".join(f"{rows:,} {why}" for why, rows in quality.unlocated.items()) or "none"
    others = sum(made.left_out.values())
    chance, (low, high) = made.chance, made.chance.confidence_interval
    shown = made.release
    layer, interval = shown.layers[0], f"95 % interval {low:.1%} to {high:.1%}"
    lines = {
        "Read": f"{quality.rows_read:,} rows of {quality.file_name} ({quality.feed.title})",
        "Dropped": f"{dropped}; kept without a place: {placeless}",
        "Selected": f"{quality.kept - others:,} {', '.join(answer['offences'])}; {others:,} others",
        "Counted": f"{answer['incidents_in_cells']:,} in {answer['cells']:,} cells",
        "Found": f"{answer['hot_cells']:,} hot cells (each a cell with its neighbours)",
        "Chance": f"{chance.estimate:.1%} of {chance.params.n_simulations} maps with the same "
        f"counts in random places show any ({interval})",
        "Published": f"{layer.hot_cells:,} hot of {shown.receipt['cells']:,} cells, resolution "
        f"{shown.resolution}, policy {shown.policy.name}; about {layer.share_shown_percent} % of "
        "the incidents in cells with a number",
        "Page": f"{made.page} ({made.page.stat().st_size / 1000:.0f} kB)",
    }
    return "\n".join(f"{head:<10} {text}" for head, text in lines.items())
