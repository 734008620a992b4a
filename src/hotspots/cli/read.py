"""``hotspots read``: from a file to Incidents in a file, and a report on every row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspots.cli.output import to_json
from hotspots.cli.reading import check_targets, read_rows
from hotspots.errors import ParameterError
from hotspots.files import replace_file
from hotspots.loaders.gates import check_gates
from hotspots.loaders.write import check_incident_file, write_incidents
from hotspots.words import message, say

if TYPE_CHECKING:
    from hotspots.loaders import QualityReport

_REPORTS = (".md", ".html", ".json")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(path_type=Path),
    required=True,
    help="The file of incidents to write: .parquet, .gpkg or .csv.",
)
@click.option("--feed", help="Name of the feed; found from the header when not given.")
@click.option(
    "--time-zone",
    help="Zone of the days, such as Europe/London, where a feed has many.",
)
@click.option("--strict", is_flag=True, help="Fail when the file is not as its feed's files are.")
@click.option(
    "--quality",
    "report",
    type=click.Path(path_type=Path),
    help="Also write the quality report: .md, .html or .json.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def read(
    *,
    file: Path,
    target: Path,
    feed: str | None,
    time_zone: str | None,
    strict: bool,
    report: Path | None,
    as_json: bool,
) -> None:
    """Read FILE and write its incidents, for analysis and not for publication."""
    check_targets(target, report, sources=(file,), example="incidents.parquet")
    check_incident_file(target)
    if report is not None and report.suffix not in _REPORTS:
        msg = f"{report.name} does not say what to write. Let it end in {', '.join(_REPORTS)}."
        raise ParameterError(msg)
    incidents, quality = read_rows(file, feed, time_zone)
    if report is not None:
        replace_file(report, _written(quality, report.suffix).encode())
    if strict:
        check_gates(quality)
    write_incidents(incidents, target)
    note = say(message("loaders.written", file=str(target), rows=len(incidents)))
    if as_json:
        click.echo(to_json({**quality.to_dict(), "output": str(target), "note": note}))
    else:
        click.echo(f"{quality.summary()}\n{note}")


def _written(quality: QualityReport, suffix: str) -> str:
    if suffix == ".json":
        return to_json(quality.to_dict()) + "\n"
    return quality.to_html() if suffix == ".html" else quality.to_markdown()
