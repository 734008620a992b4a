"""``hotspots fetch``: from a portal to a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hotspots.cli.output import to_json
from hotspots.errors import ParameterError
from hotspots.loaders import FetchLimits, describe_feed, fetch_incidents

if TYPE_CHECKING:
    from hotspots.loaders import Portal

_GIB: Final = 1024**3


@click.command()
@click.argument("feed")
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write: .csv or .csv.gz.",
)
@click.option("--since", help="First day (2024-03-01) or month (2024-03).")
@click.option("--until", help="Last day or month, included.")
@click.option(
    "--area",
    help="For data.police.uk: a force (west-yorkshire), several with commas, or west,south,east,"
    "north.",
)
@click.option(
    "--time-zone",
    help="Zone of the days, such as Europe/London, where a feed has many.",
)
@click.option("--portal", "name", help="One of the feed's portals, by its name.")
@click.option("--url", help="Another address of the portal, https.")
@click.option("--dataset", help="Another id of the dataset.")
@click.option(
    "--token",
    envvar="HOTSPOTS_TOKEN",
    help="Token for the portal; better in the variable HOTSPOTS_TOKEN, which no list shows.",
)
@click.option(
    "--private-host",
    "private_hosts",
    multiple=True,
    help="A host that may lie inside a private network; may be given again.",
)
@click.option(
    "--max-gib",
    type=click.FloatRange(min=0, max=1e6, min_open=True),
    default=FetchLimits().max_bytes / _GIB,
    show_default=True,
    help="How much may be fetched.",
)
@click.option("--no-report", is_flag=True, help="Do not read the file afterwards.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def fetch(  # noqa: PLR0913 - one argument for each option of the command line
    *,
    feed: str,
    target: Path,
    since: str | None,
    until: str | None,
    area: str | None,
    time_zone: str | None,
    name: str | None,
    url: str | None,
    dataset: str | None,
    token: str | None,
    private_hosts: tuple[str, ...],
    max_gib: float,
    no_report: bool,
    as_json: bool,
) -> None:
    """Fetch FEED from its portal into a file, whole; run it again to take up what changed."""
    try:
        path, quality, notes = fetch_incidents(
            feed,
            out=target,
            since=since,
            until=until,
            area=_area(area),
            portal=_portal(feed, name, url, dataset),
            token=token,
            time_zone=time_zone,
            private_hosts=private_hosts,
            limits=FetchLimits(max_bytes=int(max_gib * _GIB)),
            report=not no_report,
        )
    except KeyboardInterrupt:
        msg = "stopped. What was fetched is kept: run the same again to go on."
        click.echo(f"hotspots: {msg}", err=True)
        raise click.exceptions.Exit(1) from None
    if as_json:
        found = quality.to_dict() if quality else None
        click.echo(to_json({"output": str(path), "notes": list(notes), "quality": found}))
        return
    click.echo("\n".join([str(path), *notes, *([quality.summary()] if quality else [])]))


def _area(text: str | None) -> str | list[str] | tuple[float, ...] | None:
    """Read an area: one force, several, or the four bounds of a box."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        msg = "--area is empty. Leave it out, or name a force, or west,south,east,north."
        raise ParameterError(msg)
    try:
        return tuple(float(part) for part in parts)
    except ValueError:
        return parts[0] if len(parts) == 1 else parts


def _portal(
    feed: str, name: str | None, url: str | None, dataset: str | None
) -> str | Portal | None:
    """Change a portal of the feed where another address or dataset is given."""
    if url is None and dataset is None:
        return name
    portals = describe_feed(feed).portals
    found = [p for p in portals if name in (None, p.name)]
    if len(found) != 1:
        names = ", ".join(repr(p.name) for p in portals) or "none"
        msg = f"Say which portal of {feed} has another address, with --portal. It has: {names}."
        raise ParameterError(msg)
    (portal,) = found
    return replace(
        portal,
        url=portal.url if url is None else url,
        dataset=portal.dataset if dataset is None else dataset,
    )
