"""``hotspots inspect``: what is in a file, or how a file that no feed fits could be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotspots.cli.output import to_json
from hotspots.cli.reading import check_targets
from hotspots.errors import UnknownFeedError
from hotspots.files import replace_file
from hotspots.loaders import read_incidents
from hotspots.loaders.labels import shown
from hotspots.loaders.propose import propose_reading
from hotspots.loaders.starter import write_starter
from hotspots.words import message, say

if TYPE_CHECKING:
    from hotspots.loaders.propose import Proposal


def _bounds(
    _: click.Context, option: click.Parameter, value: str | None
) -> tuple[float, float, float, float] | None:
    """Read west, south, east and north in degrees."""
    if value is None:
        return None
    try:
        west, south, east, north = (float(part) for part in value.split(","))
    except ValueError:
        west = south = east = north = 0.0
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004 - degrees
        msg = f"{value!r} is not west,south,east,north in degrees."
        raise click.BadParameter(msg, param=option)
    return west, south, east, north


def _roles(_: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Read ROLE=COLUMN, any number of times."""
    for value in values:
        if not all(value.partition("=")):
            msg = f"{value!r} is not ROLE=COLUMN, such as category=Kind."
            raise click.BadParameter(msg, param=option)
    return {role: column for role, _, column in (value.partition("=") for value in values)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hints:
    """What the caller knows of a file that no feed fits."""

    time_zone: str | None
    date_format: str | None
    clock: Any
    crs: str | None
    bbox: tuple[float, float, float, float] | None
    columns: dict[str, str]

    def given(self) -> bool:
        """Say whether there is any."""
        hints = (self.time_zone, self.date_format, self.clock, self.crs, self.bbox)
        return bool(self.columns) or any(hint is not None for hint in hints)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--feed", help="Name of the feed; found from the header when not given.")
@click.option("--full", is_flag=True, help="Print the whole report, with its tables.")
@click.option("--time-zone", help="For a file that no feed fits: its zone, as Europe/London.")
@click.option("--date-format", help="For such a file: how dates are written, as %d/%m/%Y.")
@click.option(
    "--clock",
    type=click.Choice(["local", "utc"]),
    help="For such a file: which clock it shows, where a mark such as +00 leaves that open.",
)
@click.option("--crs", help="For such a file: the system of its coordinates, as EPSG:27700.")
@click.option(
    "--bbox",
    metavar="W,S,E,N",
    callback=_bounds,
    help="For such a file: where its places lie, in degrees.",
)
@click.option(
    "--column",
    "columns",
    metavar="ROLE=COLUMN",
    multiple=True,
    callback=_roles,
    help="For such a file: what a column is, as category=Kind; may be given several times.",
)
@click.option(
    "--starter",
    type=click.Path(path_type=Path),
    help="For such a file: write a description to start from, a .toml file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def inspect(  # noqa: PLR0913 - one argument for each option of the command line
    *,
    file: Path,
    feed: str | None,
    full: bool,
    time_zone: str | None,
    date_format: str | None,
    clock: str | None,
    crs: str | None,
    bbox: tuple[float, float, float, float] | None,
    columns: dict[str, str],
    starter: Path | None,
    as_json: bool,
) -> None:
    """Read FILE and report what is in it; propose how to read it when no feed fits."""
    check_targets(starter, sources=(file,), example="feed.toml")
    hints = _Hints(
        time_zone=time_zone,
        date_format=date_format,
        clock=clock,
        crs=crs,
        bbox=bbox,
        columns=columns,
    )
    if feed is None and (starter is not None or hints.given()):
        _propose(file, hints, starter, as_json=as_json)
        return
    try:
        _, quality = read_incidents(file, feed)
    except UnknownFeedError:
        if feed is not None:
            raise
        _propose(file, hints, starter, as_json=as_json)
        return
    if as_json:
        click.echo(to_json(quality.to_dict()))
    else:
        click.echo(quality.to_markdown() if full else quality.summary())


def _propose(file: Path, hints: _Hints, starter: Path | None, *, as_json: bool) -> None:
    proposal = propose_reading(
        file,
        time_zone=hints.time_zone,
        date_format=hints.date_format,
        clock=hints.clock,
        crs=hints.crs,
        bbox=hints.bbox,
        columns=hints.columns,
    )
    if starter is not None:
        replace_file(starter, write_starter(proposal).encode())
    if as_json:
        click.echo(to_json(_answer(proposal, file, starter)))
        return
    name = shown(proposal.file_name, 120)
    click.echo(say(message("loaders.proposed", file=name, rows=proposal.rows)))
    for evidence in proposal.evidence:
        click.echo(f"- {say(evidence)}")
    if proposal.questions:
        click.echo(say(message("loaders.open_questions")))
        for question in proposal.questions:
            click.echo(f"- {say(question)}")
    elif starter is not None:
        click.echo(say(message("loaders.starter_written", file=str(starter))))
    elif proposal.simple:
        click.echo(f"{say(message('loaders.read_it_with'))}\n{_call(proposal, file)}")
    else:
        click.echo(say(message("loaders.needs_starter")))


def _call(proposal: Proposal, file: Path) -> str:
    """Write the Python call that reads the file as proposed."""
    lines = [f"    {str(file)!r},"]
    lines += [f"    {name}={value!r}," for name, value in proposal.options().items()]
    return "\n".join(["hotspots.read_incidents(", *lines, ")"])


def _answer(proposal: Proposal, file: Path, starter: Path | None) -> dict[str, Any]:
    place, options = proposal.place, proposal.options()
    return {
        "file": proposal.file_name,
        "rows": proposal.rows,
        "columns": dict(proposal.columns),
        "date_format": proposal.date_format,
        "clock": proposal.clock,
        "time_zone": proposal.time_zone,
        "crs": place.crs or None if place else None,
        "bbox": place.bounds if place else None,
        "evidence": [say(evidence) for evidence in proposal.evidence],
        "questions": [say(question) for question in proposal.questions],
        "options": options or None,
        "call": _call(proposal, file) if options else None,
        "starter": str(starter) if starter else None,
    }
