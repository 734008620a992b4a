"""The command group: one clear message and an exit code, whatever the command."""

from __future__ import annotations

from typing import Any

import click

from hotspots.cli.feeds import feeds
from hotspots.cli.fetch import fetch
from hotspots.cli.inspect import inspect
from hotspots.cli.map import map_command
from hotspots.cli.read import read
from hotspots.errors import HotspotsError


class _OneMessage(click.Group):
    """A group whose commands end with one message and code 1 when the data must change."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run the command; turn an error of our family into its message."""
        try:
            return super().invoke(ctx)
        except HotspotsError as error:
            click.echo(f"hotspots: {error}", err=True)
            ctx.exit(1)


@click.group(cls=_OneMessage)
@click.version_option(package_name="crime-hotspots", prog_name="hotspots")
def main() -> None:
    """Crime maps a community can trust: from an open incident file to a page.

    Exit codes: 0 done, 1 the data or a value must change (one message says how), 2 wrong usage.
    """


main.add_command(feeds)
main.add_command(fetch)
main.add_command(inspect)
main.add_command(read)
main.add_command(map_command)
