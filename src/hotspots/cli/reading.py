"""Reading on the command line: warnings are said, a file without incidents is an error."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import click

from hotspots.errors import EmptyInputError, ParameterError
from hotspots.files import check_target
from hotspots.loaders import read_incidents

if TYPE_CHECKING:
    from pathlib import Path

    from hotspots.loaders import Reading


def read_rows(file: Path, feed: str | None, time_zone: str | None) -> Reading:
    """Read a file; what is to be made of it needs rows, so a header alone is an error here."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        reading = read_incidents(file, feed, time_zone=time_zone)
    if reading.incidents.empty:
        msg = f"{reading.quality.file_name} holds a header and no incidents. Give a file with rows."
        raise EmptyInputError(msg)
    for warning in said:
        click.echo(f"hotspots: {warning.message}", err=True)
    return reading


def check_targets(*targets: Path | None, sources: tuple[Path | None, ...], example: str) -> None:
    """Refuse to write where nothing can be written, or over what is being read."""
    taken = {source.resolve() for source in sources if source is not None}
    for target in targets:
        if target is None:
            continue
        check_target(target, example=example)
        if target.resolve() in taken:
            msg = f"{target} is used already by this command. Choose another file to write."
            raise ParameterError(msg)
        taken.add(target.resolve())
