"""The same rows come out the same, whatever the file that holds them."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import polars as pl
import pytest
import shapely

from hotspots.errors import (
    EmptyInputError,
    InputDataError,
    NotTabularError,
    ParameterError,
    SchemaMismatchError,
)
from hotspots.loaders import QualityReport, Reading, detect_feed, read_incidents
from hotspots.loaders.documents import read_document
from hotspots.loaders.frames import text_frame
from hotspots.loaders.rules import CoordinateSource
from hotspots.loaders.sheets import cell_text
from hotspots.loaders.source import open_source
from hotspots.schema import validate_incidents

Row = Callable[..., dict[str, str]]
Text = Callable[..., str]
Write = Callable[..., Path]
Check = Callable[[QualityReport, int], None]
#: Columns whose text does not depend on the file.
SAME = ("occurred_start", "category_raw", "display_group", "location_status", "location_text")


@pytest.fixture
def rows(chicago_row: Row) -> list[dict[str, str]]:
    return [
        chicago_row(1),
        chicago_row(2, Latitude="", Longitude="", Location=""),
        chicago_row(3, Date="03/10/2024 02:30:00 AM", **{"Primary Type": "ROBBERY"}),
        chicago_row(4, Date="06/15/2024 12:00:00 AM"),
    ]


@pytest.fixture
def expected(write: Write, rows: list[dict[str, str]], as_csv: Text) -> Reading:
    return read_incidents(write(as_csv(rows)))


def _same(found: Reading, expected: Reading) -> None:
    validate_incidents(found.incidents)
    pd.testing.assert_frame_equal(found.incidents[[*SAME]], expected.incidents[[*SAME]])
    points = found.incidents.geometry.to_numpy()
    assert shapely.equals_exact(points, expected.incidents.geometry.to_numpy(), 1e-9).sum() == 3
    assert found.quality.kept == expected.quality.kept


def _zip(path: Path, members: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_json_records(write: Write, rows: list[dict[str, str]], expected: Reading) -> None:
    _same(read_incidents(write(json.dumps(rows), "x.json")), expected)
    lines = "\n".join(json.dumps(row) for row in rows)
    _same(read_incidents(write(lines, "x.ndjson")), expected)
    _same(read_incidents(write(gzip.compress(json.dumps(rows).encode()), "x.json.gz")), expected)
    _same(read_incidents(write(json.dumps({"rows": rows, "fields": {}}), "x.json")), expected)
    ckan = {"success": True, "result": {"fields": [{"id": "x"}], "records": rows}}
    _same(read_incidents(write(json.dumps(ckan), "x.json")), expected)


def test_arcgis_json_and_its_cut_answers(
    write: Write, rows: list[dict[str, str]], expected: Reading
) -> None:
    features = [{"attributes": row, "geometry": {"x": 1, "y": 2}} for row in rows]
    answer: dict[str, Any] = {"features": features}
    found = read_incidents(write(json.dumps(answer), "x.json"))
    _same(found, expected)
    assert "geometry.x" in found.quality.extra_columns
    assert not any("cut its answer off" in note for note in found.quality.notes)
    answer["exceededTransferLimit"] = True
    found = read_incidents(write(json.dumps(answer), "x.json"))
    assert any("cut its answer off" in note for note in found.quality.notes)


def test_an_arcgis_error_that_came_with_status_200_is_no_empty_table(write: Write) -> None:
    error = {"error": {"code": 499, "message": "Token Required", "details": []}}
    with pytest.raises(NotTabularError, match=r"without a list of records.*Token Required"):
        read_incidents(write(json.dumps(error), "x.json"))


def test_geojson_has_its_points_in_columns() -> None:
    features: list[dict[str, Any]] = [
        {"geometry": {"type": "Point", "coordinates": [-87.6, 41.9, 180.5]}},
        {"geometry": {"type": "MultiPoint", "coordinates": [[-87.5, 41.8]]}},
        {"geometry": None},
        {"geometry": {"type": "Polygon", "coordinates": []}},
    ]
    whole = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"a": i}, **f} for i, f in enumerate(features)
        ],
    }
    table, _ = read_document(json.dumps(whole).encode(), "x.geojson")
    assert table["geometry.x"].to_list() == ["-87.6", "-87.5", "", ""]
    assert table["geometry.y"].to_list() == ["41.9", "41.8", "", ""]
    assert table["a"].to_list() == ["0", "1", "2", "3"]


def test_json_values_stay_as_they_are_written() -> None:
    text = '[{"id": 12345678901234567890123, "x": 1.50, "on": true, "no": null, "nan": NaN}]'
    table, _ = read_document(text.encode(), "x.json")
    assert table.row(0) == ("12345678901234567890123", "1.50", "true", "", "NaN")


def test_prototype_and_repeated_keys_are_harmless() -> None:
    text = '[{"__proto__": {"a": 1}, "b": 1, "b": 2, "constructor": "x"}]'
    table, _ = read_document(text.encode(), "x.json")
    assert table.to_dicts() == [{"__proto__.a": "1", "b": "2", "constructor": "x"}]


def test_named_lists_keep_their_names() -> None:
    table, _ = read_document(b'{"robbery": [{"a": 1}], "theft": [{"b": 2}], "n": 2}', "x.json")
    assert table["list name"].to_list() == ["robbery", "theft"]
    assert table["b"].to_list() == ["", "2"]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('[{"a": ' + "[" * 100_000, "nested too deeply|cut off or broken"),
        ('[{"a": ' + '{"b":' * 20 + "1" + "}" * 20 + "}]", "nested too deeply"),
        ("[" + json.dumps({f"c{i}": i for i in range(501)}) + "]", "501 columns"),
        ('[{"a": 1}, {"a": ', "cut off or broken"),
        ("[{}, 7]", "without a list of records"),
        ("{}", "without a list of records"),
        ('{"a": []}', "without a list of records"),
    ],
)
def test_json_that_is_no_table(write: Write, text: str, match: str) -> None:
    with pytest.raises(InputDataError, match=rf"x\.json.*({match})"):
        read_incidents(write(text, "x.json"))


def test_parquet_with_types(tmp_path: Path, rows: list[dict[str, str]], expected: Reading) -> None:
    table = pd.DataFrame(rows)
    table["Date"] = pd.to_datetime(table["Date"], format="%m/%d/%Y %I:%M:%S %p")
    table["Latitude"] = pd.to_numeric(table["Latitude"])
    table["Longitude"] = pd.to_numeric(table["Longitude"])
    table["ID"] = table["ID"].astype("int64")
    table.to_parquet(tmp_path / "x.parquet")
    _same(read_incidents(tmp_path / "x.parquet"), expected)


def test_broken_parquet(write: Write) -> None:
    with pytest.raises(InputDataError, match=r"x\.parquet is a broken Parquet file"):
        read_incidents(write(b"PAR1" + b"\0" * 40 + b"PAR1", "x.parquet"))


@pytest.mark.parametrize("suffix", ["gpkg", "parquet"])
def test_points_of_vector_files_are_columns(tmp_path: Path, suffix: str) -> None:
    points = gpd.GeoDataFrame(
        {"name": ["a", "b"]}, geometry=[shapely.Point(-1.5, 53.8), None], crs="EPSG:4326"
    )
    path = tmp_path / f"x.{suffix}"
    points.to_parquet(path) if suffix == "parquet" else points.to_file(path)
    source = open_source(path)
    assert source.frame is not None
    assert source.frame["geometry.x"].to_list() == ["-1.5", ""]
    assert source.frame["geometry.y"].to_list() == ["53.8", ""]
    assert set(source.header) == {"name", "geometry.x", "geometry.y"}


def test_geopackage_of_rows(tmp_path: Path, rows: list[dict[str, str]], expected: Reading) -> None:
    table = gpd.GeoDataFrame(rows, geometry=[shapely.Point(0, 0)] * 4, crs="EPSG:4326")
    table.to_file(tmp_path / "x.gpkg", layer="crimes")
    _same(read_incidents(tmp_path / "x.gpkg"), expected)
    table.to_file(tmp_path / "x.gpkg", layer="more")
    with pytest.raises(NotTabularError, match=r"2 layers \('crimes', 'more'\)"):
        read_incidents(tmp_path / "x.gpkg")


def test_broken_geopackage(write: Write) -> None:
    with pytest.raises(InputDataError, match=r"x\.gpkg is a broken GeoPackage"):
        read_incidents(write(b"SQLite format 3\0" + b"\0" * 200, "x.gpkg"))


def _workbook(path: Path, sheets: dict[str, list[list[tuple[str, str]]]]) -> Path:
    """Write the least that is a workbook: cells are (kind, text), kinds as Excel has them."""
    kinds = (
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs>'
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    form = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    names = list(sheets)
    types = "".join(
        f'<Override PartName="/xl/worksheets/s{i}.xml" ContentType="{form}.worksheet+xml"/>'
        for i in range(len(names))
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{form}.sheet.main+xml"/>'
        f"{types}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        + "".join(
            f'<sheet name="{name}" sheetId="{i + 1}" r:id="r{i}"/>' for i, name in enumerate(names)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="s" Type="{office}/styles" Target="styles.xml"/>'
        + "".join(
            f'<Relationship Id="r{i}" Type="{office}/worksheet" Target="worksheets/s{i}.xml"/>'
            for i in range(len(names))
        )
        + "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{main}">{kinds}</styleSheet>',
    }
    for i, lines in enumerate(sheets.values()):
        data = "".join(
            "<row>" + "".join(_cell(*cell) for cell in line) + "</row>" for line in lines
        )
        parts[f"xl/worksheets/s{i}.xml"] = (
            f'<worksheet xmlns="{main}"><sheetData>{data}</sheetData></worksheet>'
        )
    return _zip(path, dict(parts))


def _cell(kind: str, text: str) -> str:
    if kind == "text":
        return f'<c t="inlineStr"><is><t>{text}</t></is></c>'
    return f'<c s="{1 if kind == "date" else 0}"><v>{text}</v></c>'


def test_excel_with_typed_cells(tmp_path: Path, chicago_row: Row, assert_accounts: Check) -> None:
    row = chicago_row(9955810)
    header = [("text", column) for column in row]
    # 45458.645833... is 2024-06-15 15:30 in days since 1899-12-30.
    typed = row | {"Date": "45458.6458333333"}
    kinds = {"Date": "date", "ID": "number", "Latitude": "number", "Longitude": "number"}
    cells = [(kinds.get(column, "text"), text) for column, text in typed.items()]
    path = _workbook(tmp_path / "x.xlsx", {"notes": [], "rows": [[], header, cells]})
    incidents, quality = read_incidents(path)
    assert_accounts(quality, 1)
    assert incidents["occurred_start"].iloc[0] == pd.Timestamp("2024-06-15 15:30", tz="US/Central")
    assert incidents["source_record_id"].iloc[0] == "9955810"
    assert incidents["source_row"].iloc[0] == 3
    assert incidents.geometry.iloc[0] == shapely.Point(-87.63, 41.88)
    assert quality.notes == ("read from the sheet 'rows', not from 'notes'",)


def test_excel_with_a_title_above_the_table(
    tmp_path: Path, chicago_row: Row, assert_accounts: Check
) -> None:
    row = chicago_row(9955810)
    title = [[("text", "Weekly incidents")], [("text", "Extracted"), ("text", "2 Jan")], []]
    lines = [[("text", text) for text in texts] for texts in (row, row.values())]
    found = read_incidents(_workbook(tmp_path / "x.xlsx", {"rows": [*title, *lines]}))
    assert_accounts(found.quality, 1)
    assert found.incidents["source_row"].iloc[0] == 5
    (note,) = found.quality.notes
    above = "'Weekly incidents', 'Extracted', '2 Jan'"
    assert note == f"the header is row 4; {above} above it is no part of the table"


def test_excel_that_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(EmptyInputError, match=r"x\.xlsx holds no table"):
        read_incidents(_workbook(tmp_path / "x.xlsx", {"a": [], "b": []}))
    twice = [[("text", "a"), ("text", "a")]]
    with pytest.raises(SchemaMismatchError, match=r"more than one column called 'a'"):
        read_incidents(_workbook(tmp_path / "x.xlsx", {"a": twice}))
    with pytest.raises(InputDataError, match="broken Excel workbook"):
        read_incidents(_zip(tmp_path / "y.xlsx", {"[Content_Types].xml": "<a/>"}))


def test_cells_are_written_as_text() -> None:
    assert [cell_text(cell) for cell in (None, "", True, 7, 7.0, 0.1, 1e300)][:6] == [
        "", "", "true", "7", "7", "0.1",
    ]  # fmt: skip


def test_zip_with_one_member(
    tmp_path: Path, rows: list[dict[str, str]], as_csv: Text, expected: Reading
) -> None:
    members = {"2024/crimes.csv": as_csv(rows), "readme.txt": "x", "__MACOSX/._crimes.csv": "x"}
    path = _zip(tmp_path / "x.zip", members)
    found = read_incidents(path)
    _same(found, expected)
    assert found.quality.notes == ("members read: '2024/crimes.csv' from line 2",)
    assert detect_feed(path).feed == "us-chicago"


def test_zip_with_many_members_of_one_header(
    tmp_path: Path, police_row: Row, as_csv: Text, assert_accounts: Check
) -> None:
    a = as_csv([police_row(**{"Crime ID": str(i)}) for i in range(2)])
    b = as_csv([police_row(Month="2018-08")]).rstrip("\n")
    c = as_csv([police_row(Month="2018-09", **{"Crime type": "Drugs"})]).replace("\n", "\r\n")
    members = {"2018-09/z-street.csv": c, "2018-07/x-street.csv": a, "2018-08/y-street.csv": b}
    members["2018-07/x-outcomes.csv"] = "Crime ID,Month,Outcome type\n1,2018-07,none\n"
    path = _zip(tmp_path / "archive.zip", members)
    incidents, quality = read_incidents(path)
    assert_accounts(quality, 4)
    assert incidents["source_row"].tolist() == [2, 3, 4, 5]
    assert incidents["incident_id"].is_unique
    assert incidents["occurred_start"].dt.month.tolist() == [7, 7, 8, 9]
    assert quality.notes[0] == (
        "members read: '2018-07/x-street.csv' from line 2, '2018-08/y-street.csv' from line 4, "
        "'2018-09/z-street.csv' from line 5"
    )
    assert quality.notes[1] == "members not read: '2018-07/x-outcomes.csv'"
    one = read_incidents(path, member="2018-09/*").incidents
    assert one["display_group"].tolist() == ["drugs_alcohol"]
    assert read_incidents(path, feed="gb-police", member="z-street.csv").quality.kept == 1


def test_zip_that_does_not_say_what_is_meant(tmp_path: Path, police_row: Row, as_csv: Text) -> None:
    members = {"a.csv": "x,y\n1,2\n", "b.csv": "z\n1\n"}
    path = _zip(tmp_path / "x.zip", members)
    with pytest.raises(ParameterError, match=r"different headers \(for example 'a.csv', 'b.csv'"):
        read_incidents(path)
    with pytest.raises(ParameterError, match=r"no member 'c.csv'. It holds 'a.csv', 'b.csv'"):
        read_incidents(path, member="c.csv")
    csv = tmp_path / "x.csv"
    csv.write_text(as_csv([police_row()]))
    with pytest.raises(ParameterError, match=r"not a zip archive, so it has no member 'a\.csv'"):
        read_incidents(csv, member="a.csv")
    with pytest.raises(NotTabularError, match=r"without a table in it. It holds 'a.png'"):
        read_incidents(_zip(tmp_path / "y.zip", {"a.png": "x"}))


@pytest.mark.parametrize(
    "name", ["../x.csv", "/etc/x.csv", "a/../../x.csv", "C:\\x.csv", "..\\x.csv"]
)
def test_zip_that_points_outside_itself(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputDataError, match="points outside it"):
        read_incidents(_zip(tmp_path / "x.zip", {"ok.csv": "a\n", name: "a\n"}))


def test_zip_bomb_nested_zip_link_and_secret(tmp_path: Path) -> None:
    bomb = _zip(tmp_path / "bomb.zip", {"x.csv": b"0" * 150_000_000})
    with pytest.raises(InputDataError, match="inflates to more than 100,000,000 bytes"):
        read_incidents(bomb)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.csv", "a\n")
    for name in ("inner.zip", "a.csv"):
        path = _zip(tmp_path / "nested.zip", {name: inner.getvalue()})
        with pytest.raises(InputDataError, match=rf"holds another archive, '{name}'"):
            read_incidents(path)
    link = zipfile.ZipInfo("x.csv")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InputDataError, match=r"holds a link, 'x\.csv'"):
        read_incidents(tmp_path / "link.zip")
    secret = bytearray(_zip(tmp_path / "secret.zip", {"x.csv": "a\n"}).read_bytes())
    secret[secret.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "secret.zip").write_bytes(bytes(secret))
    with pytest.raises(InputDataError, match=r"is encrypted \('x\.csv'\)"):
        read_incidents(tmp_path / "secret.zip")


def test_broken_zip_and_double_gzip(tmp_path: Path, write: Write) -> None:
    whole = _zip(tmp_path / "x.zip", {"x.csv": "a,b\n" * 1000}).read_bytes()
    for broken in (whole[:-30], whole[:60] + b"\0" * 20 + whole[80:]):
        with pytest.raises(InputDataError, match="broken or cut-off zip archive"):
            read_incidents(write(broken, "x.zip"))
    with pytest.raises(InputDataError, match="holds another gzip file"):
        read_incidents(write(gzip.compress(gzip.compress(b"a\n")), "x.gz"))


def test_rows_may_end_early_only_where_the_feed_says_so(
    write: Write, rows: list[dict[str, str]], as_csv: Text
) -> None:
    lines = as_csv(rows).splitlines()
    lines[2] = lines[2].rsplit(",", 2)[0]
    _, quality = read_incidents(write("\n".join(lines)))
    assert quality.rejected == {"unparseable_row": 1}


def test_moments_of_frames_keep_their_zone() -> None:
    moments = pd.to_datetime(["2024-06-15 15:30", None])
    frame = pd.DataFrame({"wall": moments, "zone": moments.tz_localize("America/Chicago")})
    frame["day"] = [pd.Timestamp("2024-06-15").date(), None]
    frame["nothing"] = pd.Series([None, None], dtype="str")
    text = text_frame(frame)
    assert text["wall"].to_list() == ["2024-06-15T15:30:00.000000[wall]", ""]
    assert text["zone"].to_list() == ["2024-06-15T20:30:00.000000[UTC]", ""]
    assert text["day"].to_list() == ["2024-06-15T00:00:00.000000[wall]", ""]
    assert text["nothing"].to_list() == ["", ""]


def test_coordinate_source_names_its_columns() -> None:
    assert CoordinateSource(pair="Location").columns == ("Location",)
    assert CoordinateSource(x="X", y="Y").columns == ("X", "Y")


def test_values_that_are_no_text_are_written_or_refused() -> None:
    odd = pl.DataFrame(
        {
            "list": [[1, 2], None], "struct": [{"a": 1}, None], "bytes": [b"\xff", None],
            "time": [dt.timedelta(hours=1), None],
        }
    )  # fmt: skip
    assert text_frame(odd).rows() == [("[1, 2]", "{'a': 1}", "b'\\xff'", "1:00:00"), ("",) * 4]
    for broken in (b"\xff", "\ud800"):
        with pytest.raises(InputDataError, match="'a' holds what is no text"):
            text_frame(pd.DataFrame({"a": [broken]}, dtype=object))


@pytest.mark.parametrize("text", ['[{"a": "\\ud800"}]', '[{"\\ud800": "a"}]'])
def test_half_a_surrogate_pair_is_no_text(write: Write, text: str) -> None:
    with pytest.raises(InputDataError, match=r"x\.json holds what is no text"):
        read_incidents(write(text, "x.json"))


def test_parquet_whose_text_is_no_text_is_refused(write: Write) -> None:
    out = io.BytesIO()
    pl.DataFrame({"a": ["Main Street"]}).write_parquet(out, compression="uncompressed")
    broken = out.getvalue().replace(b"Main Street", b"Main\xffStreet")
    with pytest.raises(InputDataError, match=r"x\.parquet is a broken Parquet file"):
        read_incidents(write(broken, "x.parquet"))
