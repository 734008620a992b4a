"""The 43 bad files and values, and the ten bad networks, that must be answered, each by a test.

``ANSWERS`` says where each case is proved; what stands in no other file is proved here, in tests
called ``test_case_NN_...``. Cases are numbered as in the project's list of attacks and bad input.
"""

from __future__ import annotations

import gzip
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely

import hotspots as hs
from hotspots.errors import (
    CoordinateReferenceError,
    InputDataError,
    NotTabularError,
    ParameterError,
)
from hotspots.loaders import QualityReport, describe_feed, read_areas, read_incidents
from hotspots.loaders.columns import Columns
from hotspots.loaders.kept import row_counts

Row = Callable[..., dict[str, str]]
Text = Callable[..., str]
Write = Callable[..., Path]
Check = Callable[[QualityReport, int], None]
Absent = Callable[[Iterable[str]], list[str]]

_BAD, _RAGGED = "loaders/test_bad_files.py", "loaders/test_ragged_files.py"
_READ, _GENERIC = "loaders/test_read_incidents.py", "loaders/test_generic.py"
_FORMATS = "loaders/test_file_formats.py"
_HERE = "loaders/test_bad_input_cases.py"
#: Case → what is wrong, what reading answers, and the tests that prove it.
ANSWERS: Final[dict[int, tuple[str, str, tuple[str, ...]]]] = {
    1: ("empty", "EmptyInputError", (f"{_BAD}::test_empty_file",)),
    2: (
        "header only",
        "the whole schema without rows, and a warning",
        (f"{_BAD}::test_header_only_gives_the_full_schema_and_a_warning",),
    ),
    3: ("byte order mark", "clean names", (f"{_RAGGED}::test_encodings_are_found_and_said",)),
    4: ("UTF-16", "decoded, reported", (f"{_RAGGED}::test_encodings_are_found_and_said",)),
    5: ("cp1252", "decoded, reported", (f"{_RAGGED}::test_encodings_are_found_and_said",)),
    6: (
        "NUL in a field",
        "removed, counted",
        (f"{_RAGGED}::test_zero_bytes_are_removed_and_counted",),
    ),
    7: ("nothing but NUL", "NotTabularError", (f"{_BAD}::test_what_is_no_table",)),
    8: (
        "semicolons and decimal comma",
        "detected, or refused; never one column",
        (
            f"{_GENERIC}::test_semicolons_and_decimal_commas",
            f"{_HERE}::test_case_08_a_decimal_comma_that_was_not_declared_is_found_and_said",
        ),
    ),
    9: (
        "comma after the last field of rows",
        "nothing is shifted",
        (f"{_RAGGED}::test_trailing_commas_do_not_shift_columns",),
    ),
    10: (
        "ragged rows",
        "set aside by line",
        (f"{_RAGGED}::test_ragged_rows_are_set_aside_by_line",),
    ),
    11: (
        "a column twice",
        "SchemaMismatchError names it",
        (f"{_BAD}::test_duplicate_columns_are_named",),
    ),
    12: (
        "a quote never closed",
        "that row is set aside by line",
        (f"{_RAGGED}::test_a_quote_never_closed_costs_one_row",),
    ),
    13: ("lines end in CR alone", "read", (f"{_RAGGED}::test_line_ends",)),
    14: (
        "a field of 10 million characters",
        "InputDataError names the line",
        (f"{_BAD}::test_a_field_of_ten_million_characters_is_refused",),
    ),
    15: (
        "100,000 columns",
        "InputDataError",
        (f"{_BAD}::test_absurdly_wide_and_long_files_end_in_one_message",),
    ),
    16: (
        "web page",
        "NotTabularError quotes it",
        (
            f"{_BAD}::test_what_is_no_table",
            f"{_BAD}::test_error_page_is_quoted_to_two_hundred_characters",
        ),
    ),
    17: ("JSON message", "NotTabularError quotes it", (f"{_BAD}::test_what_is_no_table",)),
    18: ("gzip cut off", "InputDataError", (f"{_BAD}::test_broken_gzip",)),
    19: (
        "bombs",
        "InputDataError before much is inflated",
        (
            f"{_BAD}::test_gzip_bomb",
            f"{_FORMATS}::test_zip_bomb_nested_zip_link_and_secret",
            f"{_HERE}::test_case_19_a_zip_that_lies_about_its_size_is_refused",
        ),
    ),
    20: (
        "archive in an archive",
        "InputDataError",
        (
            f"{_FORMATS}::test_zip_bomb_nested_zip_link_and_secret",
            f"{_FORMATS}::test_broken_zip_and_double_gzip",
        ),
    ),
    21: (
        "a member that points outside",
        "InputDataError names it",
        (f"{_FORMATS}::test_zip_that_points_outside_itself",),
    ),
    22: (
        "zip of two tables",
        "read if of one kind; else asked for by name",
        (
            f"{_FORMATS}::test_zip_with_many_members_of_one_header",
            f"{_FORMATS}::test_zip_that_does_not_say_what_is_meant",
        ),
    ),
    23: (
        "zip with a link",
        "InputDataError names it",
        (f"{_FORMATS}::test_zip_bomb_nested_zip_link_and_secret",),
    ),
    24: (
        "entity bomb in KML",
        "NotTabularError: KML is not read, and no entity expanded",
        (
            f"{_HERE}::test_case_24_kml_is_refused_and_its_entities_are_not_expanded",
            f"{_HERE}::test_case_24_entities_in_a_workbook_are_not_expanded",
        ),
    ),
    25: (
        "deeply nested JSON",
        "InputDataError",
        (f"{_HERE}::test_case_25_deeply_nested_json_is_refused",),
    ),
    26: (
        "__proto__, keys twice in GeoJSON",
        "harmless",
        (f"{_FORMATS}::test_prototype_and_repeated_keys_are_harmless",),
    ),
    27: (
        "latitude and longitude swapped",
        "CoordinateReferenceError says so",
        (f"{_BAD}::test_swapped_axes_are_named",),
    ),
    28: (
        "(0, 0)",
        "kept without a point, counted",
        (f"{_READ}::test_places_that_are_none_stay_as_rows",),
    ),
    29: (
        "NaN, inf, 1e999",
        "kept without a point, counted",
        (
            f"{_READ}::test_places_that_are_none_stay_as_rows",
            f"{_HERE}::test_case_29_numbers_that_are_none_become_no_point_in_frames_too",
        ),
    ),
    30: (
        "feet under the name of degrees",
        "CoordinateReferenceError",
        (f"{_BAD}::test_projected_and_foreign_coordinates_are_named",),
    ),
    31: (
        "no CRS",
        "asked for",
        (f"{_HERE}::test_case_31_a_missing_reference_system_is_asked_for",),
    ),
    32: (
        "cell across the antimeridian",
        "cut there",
        ("test_cells.py::test_cells_on_the_antimeridian_are_cut_there",),
    ),
    33: (
        "03/04/2024",
        "the format is asked for; two orders are refused",
        (
            f"{_GENERIC}::test_generic_options_are_checked",
            f"{_GENERIC}::test_wrong_date_format_is_said_and_not_guessed",
            f"{_HERE}::test_case_33_two_ways_of_writing_dates_in_one_file_are_refused",
        ),
    ),
    34: (
        "clock changes",
        "kept, shifted or first, counted",
        (f"{_READ}::test_clock_gaps_and_overlaps_are_never_lost",),
    ),
    35: (
        "1900, the future",
        "set aside by line with the reason",
        (f"{_READ}::test_rows_that_cannot_be_used_are_listed_with_line_and_reason",),
    ),
    36: (
        "NA, None as places",
        "kept",
        (
            f"{_READ}::test_text_is_kept_as_text",
            f"{_HERE}::test_case_36_places_called_na_and_none_are_kept",
        ),
    ),
    37: ("beat 0112", "text", (f"{_HERE}::test_case_37_leading_zeros_of_a_beat_are_kept",)),
    38: (
        "id of 23 digits",
        "text",
        (
            f"{_READ}::test_text_is_kept_as_text",
            f"{_FORMATS}::test_json_values_stay_as_they_are_written",
        ),
    ),
    39: (
        "an id twice, rows differ",
        "set aside by line, or kept and flagged, as the feed says",
        (
            f"{_READ}::test_rows_that_cannot_be_used_are_listed_with_line_and_reason",
            f"{_READ}::test_repeated_rows_and_ids_of_keyless_events_stay",
        ),
    ),
    40: (
        "negative or fractional count",
        "InputDataError names row and column",
        (
            f"{_HERE}::test_case_40_counts_that_are_none_are_refused",
            f"{_HERE}::test_case_40_a_feed_that_takes_rows_back_may_count_minus_one",
        ),
    ),
    41: (
        "too few incidents",
        "said to be too few",
        (
            "test_local_gi_star.py::test_too_few_incidents_are_called_too_few",
            "test_local_gi_star.py::test_counts_that_carry_no_test_are_refused",
            "test_grid.py::test_incidents_on_a_line_need_a_buffer",
        ),
    ),
    42: (
        "boundary crosses itself",
        "repaired, with a warning that says what became of its area",
        ("test_grid.py::test_a_polygon_that_crosses_itself_is_repaired",),
    ),
    43: (
        "an area without residents",
        "no rate, and no place in any order",
        ("test_rates.py::test_a_cell_without_residents_has_no_rate_and_is_in_no_order",),
    ),
    56: (
        "a file or a bare path where an address is meant",
        "refused",
        (
            "fetch/test_client.py::test_only_https_addresses_are_taken",
            "fetch/test_fetch_incidents.py::test_a_dataset_of_another_address_is_guarded_like_any",
        ),
    ),
    57: (
        "a redirect, or a name, that leads into a private network",
        "refused at every hop",
        (
            "fetch/test_client.py::test_no_redirect_leads_into_a_private_network",
            "fetch/test_client.py::test_private_addresses_are_known_in_every_dress",
            "fetch/test_client.py::test_a_private_portal_is_asked_only_when_it_is_named",
            "fetch/test_client.py::test_what_a_name_leads_to_is_looked_at_when_the_connection_stands",
        ),
    ),
    58: (
        "a redirect to http",
        "refused",
        ("fetch/test_client.py::test_no_redirect_leads_into_a_private_network",),
    ),
    59: (
        "an endless body, and a slow one",
        "a limit of bytes and of time",
        (
            "fetch/test_client.py::test_an_endless_body_meets_the_limit",
            "fetch/test_client.py::test_a_body_that_drips_meets_the_limit",
            "fetch/test_client.py::test_all_answers_together_meet_the_limit",
        ),
    ),
    60: (
        "a wrong Content-Length, and an ETag that changes amid a download",
        "begun again",
        (
            "fetch/test_client.py::test_what_passes_is_asked_again",
            "fetch/test_download.py::test_a_file_that_changes_on_its_way_is_begun_again",
        ),
    ),
    61: (
        "429 without end",
        "an error after some tries",
        (
            "fetch/test_client.py::test_overload_without_end_ends_in_an_error",
            "fetch/test_client.py::test_a_wait_beyond_all_patience_is_said",
        ),
    ),
    62: (
        "data that change between pages",
        "noticed, and fetched again",
        (
            "fetch/test_fault_schedules.py::test_no_row_is_lost_and_none_comes_twice",
            (
                "fetch/test_fetch_incidents.py"
                "::test_data_that_change_faster_than_they_can_be_read_end_in_an_error"
            ),
        ),
    ),
    63: (
        "a token in an address, or in a log",
        "in no log, manifest or part",
        (
            "fetch/test_client.py::test_an_address_with_a_secret_is_refused_without_repeating_it",
            "fetch/test_client.py::test_a_token_goes_to_its_own_host_and_into_no_log",
            "fetch/test_fetch_incidents.py::test_a_token_is_shown_to_the_portal_and_written_nowhere",
        ),
    ),
    64: (
        "two processes and one file",
        "one download, both whole",
        ("fetch/test_fetch_incidents.py::test_two_processes_and_one_file_fetch_it_once",),
    ),
    65: (
        "a full disk",
        "the old file as it was",
        ("fetch/test_fetch_incidents.py::test_a_full_disk_leaves_the_old_file",),
    ),
}


def test_every_case_has_an_answer_that_is_proved(absent_tests: Absent) -> None:
    assert list(ANSWERS) == [*range(1, 44), *range(56, 66)]
    assert all(tests for _, _, tests in ANSWERS.values())
    assert absent_tests([test for _, _, tests in ANSWERS.values() for test in tests]) == []


def test_every_case_proved_here_is_in_the_table(request: pytest.FixtureRequest) -> None:
    here = {name for name in vars(request.module) if name.startswith("test_case_")}
    named = {t.split("::")[1] for _, _, tests in ANSWERS.values() for t in tests if _HERE in t}
    assert named == here


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbook(sheet: str) -> bytes:
    """Pack one sheet into a workbook, with what a workbook needs and no more."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default '
            'Extension="rels" ContentType="application/vnd.openxmlformats-package.'
            f'relationships+xml"/><Override PartName="/b.xml" ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/s.xml" ContentType="{kind}.worksheet+xml"/></Types>'.encode(),
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>'.encode(),
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet '
            'name="a" sheetId="1" r:id="r"/></sheets></workbook>'.encode(),
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="r" Type="{office}/worksheet" Target="s.xml"/>'
            "</Relationships>".encode(),
            "xl/s.xml": sheet.encode(),
        }
    )


def lol_bomb(body: str) -> str:
    """Write ten entities, each ten times the one before: a text of gigabytes when expanded."""
    entities = '<!ENTITY a0 "bomb">' + "".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 11)
    )
    return f'<?xml version="1.0"?><!DOCTYPE kml [{entities}]>{body}'


def test_case_08_a_decimal_comma_that_was_not_declared_is_found_and_said(
    write: Write, police_row: Row, as_csv: Text
) -> None:
    rows = [police_row(Latitude="53,8", Longitude="-1,5") for _ in range(3)]
    incidents, quality = read_incidents(write(as_csv(rows, delimiter=";")))
    assert set(zip(incidents.geometry.x, incidents.geometry.y, strict=True)) == {(-1.5, 53.8)}
    assert quality.delimiter == ";"
    assert "coordinates have a decimal comma" in quality.notes


def test_case_19_a_zip_that_lies_about_its_size_is_refused(write: Write) -> None:
    content = zipped({"crimes.csv": b"0" * 110_000_000})
    lie = content.replace((110_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lie != content
    with pytest.raises(InputDataError, match=r"file\.zip"):
        read_incidents(write(lie, "file.zip"))


def test_case_24_kml_is_refused_and_its_entities_are_not_expanded(write: Write) -> None:
    kml = lol_bomb('<kml xmlns="http://www.opengis.net/kml/2.2"><name>&a10;</name></kml>')
    begun = time.perf_counter()
    with pytest.raises(NotTabularError, match=r"file\.kml is a web page \(HTML or XML\)"):
        read_incidents(write(kml, "file.kml"))
    with pytest.raises(NotTabularError, match=r"file\.kmz is a zip archive without a table"):
        read_incidents(write(zipped({"doc.kml": kml.encode()}), "file.kmz"))
    # Areas may be KML for GDAL; it must not expand them either.
    with pytest.raises(InputDataError, match=r"file\.kml"):
        read_areas(write(kml, "file.kml"))
    assert time.perf_counter() - begun < 5


def test_case_24_entities_in_a_workbook_are_not_expanded(write: Write) -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = (
        f'<worksheet xmlns="{main}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&a10;'
        "</t></is></c></row></sheetData></worksheet>"
    )
    begun = time.perf_counter()
    with pytest.raises(hs.HotspotsError, match=r"file\.xlsx"):
        read_incidents(write(workbook(lol_bomb(sheet)), "file.xlsx"))
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, '[{"a":' + '{"a":' * 50 + "1"])
def test_case_25_deeply_nested_json_is_refused(write: Write, text: str) -> None:
    closed = text + "".join({"[": "]", "{": "}"}.get(c, "") for c in reversed(text))
    for content in (text, closed):
        with pytest.raises(InputDataError, match=r"file\.json is JSON"):
            read_incidents(write(content, "file.json"))


def test_case_29_numbers_that_are_none_become_no_point_in_frames_too(chicago_row: Row) -> None:
    frame = pl.DataFrame([chicago_row(i) for i in range(30)]).with_columns(
        Latitude=pl.Series([float("nan"), float("inf"), -float("inf"), *[41.88] * 27])
    )
    incidents, quality = read_incidents(frame)
    assert incidents["location_status"].tolist()[:4] == ["missing", "unparsed", "unparsed", "ok"]
    assert np.isfinite(shapely.get_coordinates(incidents.geometry.dropna())).all()
    assert quality.located == 27


def test_case_31_a_missing_reference_system_is_asked_for(
    write: Write, as_csv: Text, tmp_path: Path
) -> None:
    path = write(as_csv([{"d": "2024-04", "e": "430000", "n": "433000"}]))
    with pytest.raises(ParameterError, match="crs"):
        read_incidents(
            path, feed="generic-csv", columns={"occurred": "d", "x": "e", "y": "n"},
            time_zone="Europe/London", date_format="%Y-%m",
        )  # fmt: skip
    areas = tmp_path / "areas.shp"
    square = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    square.to_file(areas)
    areas.with_suffix(".prj").unlink()
    with pytest.raises(CoordinateReferenceError, match=r"areas\.shp does not say its CRS"):
        read_areas(areas)


def test_case_33_two_ways_of_writing_dates_in_one_file_are_refused(
    write: Write, chicago_row: Row, as_csv: Text
) -> None:
    dates = ["03/04/2024 01:00:00 PM", "04/03/2024 01:00:00 PM", "25/04/2024 01:00:00 PM"]
    rows = [chicago_row(i, Date=date) for i, date in enumerate(dates)]
    with pytest.raises(InputDataError, match=r"1 of 3 .*day and month change places.*'25/04/2024"):
        read_incidents(write(as_csv(rows)))


@pytest.mark.parametrize("name", ["NA", "None", "NaN", "null", "nan"])
def test_case_36_places_called_na_and_none_are_kept(
    write: Write, name: str, police_row: Row, as_csv: Text
) -> None:
    row = police_row(**{"Location": name, "LSOA name": name, "Crime type": name})
    path = write(as_csv([row, police_row()]))
    for data in (path, pl.read_csv(path, infer_schema=False)):
        incidents, _ = read_incidents(data)
        assert incidents["area_name"].iloc[0] == name
        assert incidents["location_text"].iloc[0] == name
        assert incidents["category_raw"].iloc[0] == name


def test_case_37_leading_zeros_of_a_beat_are_kept(write: Write, as_csv: Text) -> None:
    row = {"when": "2024-04-03", "Lat": "40.7", "Lon": "-74", "beat": "0112", "ward": "007"}
    columns = {
        "occurred": "when", "latitude": "Lat", "longitude": "Lon", "district": "beat",
        "area_name": "ward",
    }  # fmt: skip
    options: dict[str, Any] = {"columns": columns, "time_zone": "UTC", "date_format": "%Y-%m-%d"}
    for name, content in (
        ("file.csv", as_csv([row])),
        ("file.csv.gz", gzip.compress(as_csv([row]).encode(), mtime=0)),
        ("file.json", json.dumps([row])),
    ):
        incidents, _ = read_incidents(write(content, name), "generic-csv", **options)
        assert incidents.loc[0, ["district", "area_name"]].tolist() == ["0112", "007"]


def _counts(texts: list[str], *, signed: bool) -> list[int]:
    chicago = describe_feed("us-chicago").for_variant("export")
    spec = replace(chicago, rows=replace(chicago.rows, count="Count", signed=signed))
    columns = Columns.of(pl.DataFrame({"Count": texts}), {"Count": "Count"})
    lines = np.arange(2, 2 + len(texts), dtype=np.int64)
    return [int(n) for n in row_counts(columns, lines, spec, "file.csv")]


@pytest.mark.parametrize("bad", ["-1", "0", "1.5", "many", "1e3", "nan", "300"])
def test_case_40_counts_that_are_none_are_refused(bad: str) -> None:
    with pytest.raises(InputDataError, match=rf"file\.csv, row 4: '{bad}' in the column 'Count'"):
        _counts(["1", "2", bad], signed=False)


def test_case_40_a_feed_that_takes_rows_back_may_count_minus_one() -> None:
    assert _counts(["1", "-1", "0"], signed=True) == [1, -1, 0]
    with pytest.raises(InputDataError, match=r"row 3: '-0\.5'"):
        _counts(["1", "-0.5"], signed=True)
