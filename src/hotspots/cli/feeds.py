"""``hotspots feeds``: which feeds can be read, and all that is known about one."""

from __future__ import annotations

import math
import shutil
from dataclasses import asdict
from typing import Any, Final

import click

from hotspots.cli.output import to_json
from hotspots.loaders import describe_feed, list_feeds
from hotspots.loaders.feed_looks import feed_text

_WIDEST: Final = 100


@click.command()
@click.argument("feed", required=False)
@click.option("--full", is_flag=True, help="With a FEED: what each category becomes as well.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def feeds(*, feed: str | None, full: bool, as_json: bool) -> None:
    """List the feeds that can be read, or say all that is known about FEED.

    FEED is one of the list, or a description of your own, a .toml file.
    """
    if feed is None:
        _list(as_json=as_json)
        return
    spec = describe_feed(feed)
    if as_json:
        click.echo(to_json(_plain(asdict(spec))))
        return
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    click.echo(feed_text(spec, width=width, full=full), nl=False)


def _list(*, as_json: bool) -> None:
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


def _plain(value: Any) -> Any:  # noqa: ANN401 - what a description holds, whatever it is
    """Say "not known" as JSON does: NaN is no number there."""
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and math.isnan(value) else value
