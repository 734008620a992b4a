"""``hotspots feeds`` and ``hotspots inspect``."""

from __future__ import annotations

from pathlib import Path

import click

from hotspots.cli.output import to_json
from hotspots.loaders import describe_feed, list_feeds, read_incidents


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def feeds(*, as_json: bool) -> None:
    """List the feeds that can be read."""
    specs = [describe_feed(name) for name in list_feeds()]
    if as_json:
        wanted = ("id", "title", "publisher", "licence", "time_zone", "anonymised_by_publisher")
        click.echo(
            to_json({"feeds": [{key: getattr(spec, key) for key in wanted} for spec in specs]})
        )
        return
    width = max(len(spec.id) for spec in specs)
    for spec in specs:
        click.echo(f"{spec.id:<{width}}  {spec.title} ({spec.licence})")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--feed", help="Name of the feed; found from the header when not given.")
@click.option("--full", is_flag=True, help="Print the whole report, with its tables.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def inspect(file: Path, feed: str | None, *, full: bool, as_json: bool) -> None:
    """Read FILE and report what is in it: rows, dates, places, offences, faults."""
    _, quality = read_incidents(file, feed)
    if as_json:
        click.echo(to_json(quality.to_dict()))
    else:
        click.echo(quality.to_markdown() if full else quality.summary())
