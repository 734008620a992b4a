"""Excel workbooks: the first sheet that holds a table, each cell as the text it stands for."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING, Final

import polars as pl

from hotspots.errors import EmptyInputError, HotspotsError, InputDataError
from hotspots.loaders.archives import check_archive
from hotspots.loaders.formats import WALL
from hotspots.loaders.frames import check_header
from hotspots.loaders.labels import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import python_calamine

#: A table begins within so many rows of a sheet, or where the sheet does.
_LOOKED_AT: Final = 50
_NAMED: Final = 3


def read_workbook(raw: bytes, name: str) -> tuple[pl.DataFrame, int, tuple[str, ...]]:
    """Read the first sheet of a workbook that holds a table.

    Parameters
    ----------
    raw : bytes
        The workbook (.xlsx).
    name : str
        What messages call it.

    Returns
    -------
    tuple of polars.DataFrame, int and tuple of str
        The table as text, the number of the row that holds the header, and what is to be noted.

    Raises
    ------
    InputDataError
        If the workbook is broken, encrypted or a bomb, or its header names a column twice.
    EmptyInputError
        If no sheet holds a table.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            check_archive(archive, len(raw), name)
        sheets = _sheets(raw)
    except HotspotsError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
        msg = f"{name} is a broken Excel workbook ({error}). Save it again, or as CSV."
        raise InputDataError(msg) from error
    for number, (sheet, rows) in enumerate(sheets):
        start, above = _header_row(rows)
        if start is None:
            continue
        others = [other for i, (other, _) in enumerate(sheets) if i != number]
        notes = []
        if others:
            notes.append(f"read from the sheet {sheet!r}, not from {', '.join(map(repr, others))}")
        if above:
            notes.append(f"the header is row {start + 1}; {above} above it is no part of the table")
        return _table(rows[start:], name), start + 1, tuple(notes)
    msg = f"{name} holds no table in any of its sheets."
    raise EmptyInputError(msg)


def _header_row(rows: Sequence[Sequence[object]]) -> tuple[int | None, str]:
    """Find the row of the header, and what stands above it; None when all is blank.

    A title fills a cell or two. A row is passed over when it fills no more than half as many cells
    as a row that follows soon.
    """
    filled = [sum(cell != "" for cell in row) for row in rows[:_LOOKED_AT]]
    first = next((i for i, row in enumerate(rows) if any(cell != "" for cell in row)), None)
    if first is None or first >= _LOOKED_AT:
        return first, ""
    start = next(i for i, cells in enumerate(filled) if 2 * cells > max(filled))
    above = [repr(shown(cell_text(c), 60)) for row in rows[:start] for c in row if c != ""]
    return start, ", ".join(above[:_NAMED])


def _sheets(raw: bytes) -> list[tuple[str, list[list[object]]]]:
    """Read every sheet; what is wrong with the workbook is a ValueError."""
    import python_calamine  # noqa: PLC0415 - workbooks are rare, and importing them takes time

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
        return [(sheet, _rows(book.get_sheet_by_name(sheet))) for sheet in book.sheet_names]
    except python_calamine.CalamineError as error:
        raise ValueError(error) from error
    except BaseException as error:
        # A fault inside the parser comes as a panic, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(error) from error


def _rows(sheet: python_calamine.CalamineSheet) -> list[list[object]]:
    return [list(row) for row in sheet.to_python(skip_empty_area=False)]


def _table(rows: Sequence[Sequence[object]], name: str) -> pl.DataFrame:
    header = [cell_text(cell).strip() for cell in rows[0]]
    while header and not header[-1]:
        header.pop()
    check_header(header, name)
    cells = [[cell_text(cell) for cell in row[: len(header)]] for row in rows[1:]]
    return pl.DataFrame(cells, schema=dict.fromkeys(header, pl.String), orient="row")


def cell_text(cell: object) -> str:
    """Write a cell as text.

    Parameters
    ----------
    cell : object
        What the workbook holds.

    Returns
    -------
    str
        Whole numbers without a point, moments so that they are known as such, the rest as it is.

    Examples
    --------
    >>> import datetime
    >>> from hotspots.loaders.sheets import cell_text
    >>> cell_text(30.0), cell_text(41.5), cell_text(datetime.datetime(2021, 6, 14, 19, 49))
    ('30', '41.5', '2021-06-14T19:49:00.000000[wall]')
    """
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        return f"{cell.isoformat(timespec='microseconds')}{WALL}"
    if isinstance(cell, dt.date):
        return f"{cell.isoformat()}T00:00:00.000000{WALL}"
    if isinstance(cell, dt.time):
        return cell.strftime("%H:%M:%S")
    return "" if cell is None else str(cell)
