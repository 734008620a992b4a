"""``hotspots feeds``: which feeds can be read."""

from __future__ import annotations

import click

from hotspots.cli.output import to_json
from hotspots.loaders import describe_feed, list_feeds


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def feeds(*, as_json: bool) -> None:
    """List the feeds that can be read."""
    specs = [describe_feed(name) for name in list_feeds()]
    if as_json:
        wanted = (
            "id", "title", "publisher", "licence", "time_zone", "anonymised_by_publisher",
            "checked_on",
        )  # fmt: skip
        click.echo(
            to_json({"feeds": [{key: getattr(spec, key) for key in wanted} for spec in specs]})
        )
        return
    width = max(len(spec.id) for spec in specs)
    for spec in specs:
        checked = f"written from: {spec.checked_on}"
        click.echo(f"{spec.id:<{width}}  {spec.title} ({spec.licence}; {checked})")
