"""A file that no feed fits: what is proposed reads it rightly, and what is open is asked."""

from __future__ import annotations

import gzip
import io
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import pytest
from pyarrow import parquet

import hotspots as hs
from hotspots.errors import EmptyInputError, ParameterError, SchemaMismatchError
from hotspots.loaders import read_incidents, sample_path
from hotspots.loaders.propose import Proposal, propose_reading
from hotspots.loaders.source import open_source
from hotspots.loaders.starter import write_starter

if TYPE_CHECKING:
    from pathlib import Path

ZONE = "America/Chicago"


@pytest.fixture(scope="module")
def original() -> gpd.GeoDataFrame:
    return hs.load_sample("synthetic-chicago").incidents.iloc[:4000]


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    text = gzip.decompress(sample_path("synthetic-chicago").read_bytes())
    table = pd.read_csv(io.BytesIO(text), dtype=str, keep_default_na=False).iloc[:4000]
    table["moment"] = pd.to_datetime(table["Date"], format="%m/%d/%Y %I:%M:%S %p")
    return table


def _assert_same(found: gpd.GeoDataFrame, original: gpd.GeoDataFrame) -> None:
    assert (found["occurred_start"].to_numpy() == original["occurred_start"].to_numpy()).all()
    assert found["category_raw"].str.upper().tolist() == original["category_raw"].tolist()
    there = original.geometry.notna().to_numpy()
    assert (found.geometry.notna().to_numpy() == there).all()
    for axis in ("x", "y"):
        mine, theirs = (getattr(g.geometry[there], axis).to_numpy() for g in (found, original))
        np.testing.assert_allclose(mine, theirs, atol=1e-9)


def _says(proposal: Proposal) -> str:
    return "\n".join(map(str, (*proposal.evidence, *proposal.questions)))


def _asks(proposal: Proposal) -> list[str]:
    return [question.key.removeprefix("loaders.ask_") for question in proposal.questions]


def _table(**columns: Any) -> pd.DataFrame:  # noqa: ANN401 - columns of any kind
    whole = {
        "date": "2024-05-17",
        "lat": [f"41.8{i}" for i in range(40)],
        "lon": [f"-87.6{i}" for i in range(40)],
        "type": ["THEFT", "ROBBERY"] * 20,
        **columns,
    }
    return pd.DataFrame({name: values for name, values in whole.items() if values is not None})


def test_a_hidden_copy_of_a_known_file_is_read_alike(
    tmp_path: Path, raw: pd.DataFrame, original: gpd.GeoDataFrame
) -> None:
    hidden = pd.DataFrame(
        {
            "Incident No": raw["ID"],
            "Occurred On": raw["moment"].dt.strftime("%d.%m.%Y %H:%M"),
            "Kind of crime": raw["Primary Type"],
            "Details": raw["Description"],
            "Street block": raw["Block"],
            "Y pos (lat)": raw["Latitude"],
            "X pos (lon)": raw["Longitude"],
        }
    )
    path = tmp_path / "hidden.csv"
    hidden.to_csv(path, index=False)
    proposal = propose_reading(path, time_zone=ZONE)
    assert proposal.questions == ()
    options = proposal.options()
    assert options["date_format"] == "%d.%m.%Y %H:%M"
    assert options["columns"]["record_id"] == "Incident No"
    incidents, quality = read_incidents(path, **options)
    assert quality.kept == 4000
    _assert_same(incidents, original)
    assert incidents["source_record_id"].tolist() == original["source_record_id"].tolist()
    assert incidents["description_raw"].tolist() == original["description_raw"].tolist()
    assert "none is the other way round" in _says(proposal)


def test_semicolons_and_decimal_commas_are_read_alike(
    tmp_path: Path, raw: pd.DataFrame, original: gpd.GeoDataFrame
) -> None:
    path, feed = tmp_path / "hurtos.csv", tmp_path / "hurtos.toml"
    pd.DataFrame(
        {
            "expediente": "E" + raw["ID"],
            "fecha_hecho": raw["moment"].dt.strftime("%d/%m/%Y"),
            "hora_hecho": raw["moment"].dt.strftime("%H:%M"),
            "conducta": raw["Primary Type"].str.title(),
            "dirección": raw["Block"],
            "latitud": raw["Latitude"].str.replace(".", ","),
            "longitud": raw["Longitude"].str.replace(".", ","),
        }
    ).to_csv(path, index=False, sep=";", encoding="cp1252")
    proposal = propose_reading(path, time_zone=ZONE)
    assert proposal.options() == {}  # the clock has a column of its own
    feed.write_text(write_starter(proposal), encoding="utf-8")
    incidents, quality = read_incidents(path, feed=str(feed))
    assert quality.delimiter == ";"
    assert quality.feed.id == "hurtos"
    _assert_same(incidents, original)
    assert incidents["location_text"].tolist() == original["location_text"].tolist()
    known = incidents[incidents["category_raw"] == "Burglary"]
    assert set(known["display_group"]) == {"burglary"}
    assert (incidents["mapping_quality"] == "unmapped").any()  # the rest is for its owner to name


def test_projected_coordinates_need_a_hint_and_are_read_alike(
    tmp_path: Path, raw: pd.DataFrame, original: gpd.GeoDataFrame
) -> None:
    there = raw["Latitude"] != ""
    move = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:26916", always_xy=True)
    x, y = move.transform(
        raw.loc[there, "Longitude"].astype(float).to_numpy(),
        raw.loc[there, "Latitude"].astype(float).to_numpy(),
    )
    table = pd.DataFrame(
        {"when": raw["moment"].dt.strftime("%Y-%m-%dT%H:%M:%S"), "type": raw["Primary Type"]}
    )
    table["x_coord"], table["y_coord"] = "0", "0"
    table.loc[there, "x_coord"] = [repr(float(v)) for v in x]
    table.loc[there, "y_coord"] = [repr(float(v)) for v in y]
    path = tmp_path / "utm.csv"
    table.to_csv(path, index=False)
    open_ = propose_reading(path, time_zone=ZONE)
    assert _asks(open_) == ["system"]
    assert "EPSG:26916 (41.8" in _says(open_)
    assert f"{(~there).sum()} rows are at (0, 0)" in _says(open_)
    for hint in ({"crs": "EPSG:26916"}, {"bbox": (-88.0, 41.5, -87.4, 42.2)}):
        proposal = propose_reading(path, time_zone=ZONE, **hint)
        assert proposal.questions == ()
        _assert_same(read_incidents(path, **proposal.options()).incidents, original)


@pytest.mark.parametrize(
    ("dates", "asks", "form"),
    [
        (["03/04/2024"] * 39 + ["25/12/2024"], [], "%d/%m/%Y"),
        (["03/04/2024"] * 39 + ["12/25/2024"], [], "%m/%d/%Y"),
        (["03/04/2024", "05/06/2024"] * 20, ["order"], None),
        (["25/12/2024", "12/25/2024"] + ["03/04/2024"] * 38, ["mixed"], None),
        (["25/12/2024"] * 20 + ["never"] * 20, ["date"], None),
        ([f"{i + 1:02d}/12/2024" for i in range(20)] + ["soon"] * 20, ["date"], None),
        (["25/12/2024", *(f"01/{i % 12 + 1:02d}/20{i % 20:02d}" for i in range(38)), "12/25/2024"],
         ["mixed"], None),
        (["2024-04-03"] * 40, [], "%Y-%m-%d"),
        (["2024-04"] * 40, [], "%Y-%m"),
        (["3 Apr 2024"] * 40, [], "%d %b %Y"),
        (["20240403"] * 40, [], "%Y%m%d"),
        (["2024-04-03T10:30:00Z"] * 40, ["clock"], "%Y-%m-%dT%H:%M:%SZ"),
    ],
)  # fmt: skip
def test_day_and_month_are_decided_by_the_values_or_asked_for(
    dates: list[str], asks: list[str], form: str | None
) -> None:
    proposal = propose_reading(_table(date=dates), time_zone=ZONE)
    assert _asks(proposal) == asks
    assert proposal.date_format == form
    if asks:
        assert proposal.options() == {}


def test_the_caller_can_say_the_order() -> None:
    table = _table(date=["03/04/2024", "05/06/2024"] * 20)
    proposal = propose_reading(table, time_zone=ZONE, date_format="%d/%m/%Y")
    incidents = read_incidents(table, **proposal.options()).incidents
    assert incidents["occurred_start"].dt.month.tolist() == [4, 6] * 20


def test_a_format_that_the_values_do_not_bear_out_is_refused() -> None:
    with pytest.raises(
        ParameterError,
        match=r"dates written as '%d/%m/%Y'\. 'date' is written as %Y-",
    ):
        propose_reading(_table(), time_zone=ZONE, date_format="%d/%m/%Y")


def test_an_odd_format_can_be_told() -> None:
    table = _table(date=["17h2024;05;17"] * 40)
    assert _asks(propose_reading(table, time_zone=ZONE)) == ["date"]
    options = propose_reading(table, time_zone=ZONE, date_format="%Hh%Y;%m;%d").options()
    start = read_incidents(table, **options).incidents["occurred_start"]
    assert start[0] == pd.Timestamp("2024-05-17 17:00", tz=ZONE)


def test_commas_among_points_need_a_description(tmp_path: Path) -> None:
    table = _table(lat=["41.81", *(f"41,8{i}" for i in range(39))])
    proposal = propose_reading(table, time_zone=ZONE)
    assert proposal.options() == {}
    feed = tmp_path / "comma.toml"
    feed.write_text(write_starter(proposal), encoding="utf-8")
    assert read_incidents(table, feed=str(feed)).quality.located == 40


def test_a_second_column_of_a_name_does_no_harm(tmp_path: Path) -> None:
    table = _table(Date="never")
    feed = tmp_path / "twice.toml"
    feed.write_text(write_starter(propose_reading(table, time_zone=ZONE)), encoding="utf-8")
    assert read_incidents(table, feed=str(feed)).quality.kept == 40


@pytest.mark.parametrize(("mark", "zone", "clock"), [("+00", "UTC", "utc"), ("Z", ZONE, "local")])
def test_a_zone_mark_is_believed_only_when_the_nights_are_quiet(
    tmp_path: Path, raw: pd.DataFrame, original: gpd.GeoDataFrame, mark: str, zone: str, clock: str
) -> None:
    local = raw["moment"].dt.tz_localize(ZONE, ambiguous=True, nonexistent=pd.Timedelta("1h"))
    path, feed = tmp_path / "marked.csv", tmp_path / "marked.toml"
    pd.DataFrame(
        {
            "date": local.dt.tz_convert(zone).dt.strftime("%Y-%m-%d %H:%M:%S") + mark,
            "lat": raw["Latitude"],
            "lon": raw["Longitude"],
            "category": raw["Primary Type"],
        }
    ).to_csv(path, index=False)
    proposal = propose_reading(path, time_zone=ZONE)
    assert proposal.clock == clock
    assert proposal.questions == ()
    feed.write_text(write_starter(proposal), encoding="utf-8")
    _assert_same(read_incidents(path, feed=str(feed)).incidents, original)
    told = propose_reading(path, time_zone=ZONE, clock="utc" if clock == "local" else "local")
    assert told.clock != clock


def test_year_month_day_and_hour_in_columns(tmp_path: Path) -> None:
    table = _table(date=None, YEAR="2024", MONTH="7", DAY="4", HOUR="23", MINUTE="5")
    proposal = propose_reading(table, time_zone=ZONE)
    assert proposal.dates.parts == ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE")
    feed = tmp_path / "parts.toml"
    feed.write_text(write_starter(proposal), encoding="utf-8")
    start = read_incidents(table, feed=str(feed)).incidents["occurred_start"]
    assert set(start) == {pd.Timestamp("2024-07-04 23:05", tz=ZONE)}


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [("TIME OCC", "30", "00:30"), ("Time", "23:05:00", "23:05"), ("occ_hour", "7", "07:00")],
)
def test_a_clock_in_a_column_of_its_own(
    tmp_path: Path, column: str, value: str, expected: str
) -> None:
    values = {column: [value, *(["2210"] if value == "30" else [value]) * 39]}
    table = _table(date="05/17/2024 12:00:00 AM", **values)
    proposal = propose_reading(table, time_zone=ZONE)
    assert proposal.dates.clock == column
    feed = tmp_path / "clock.toml"
    feed.write_text(write_starter(proposal), encoding="utf-8")
    start = read_incidents(table, feed=str(feed)).incidents["occurred_start"]
    assert start[0] == pd.Timestamp(f"2024-05-17 {expected}", tz=ZONE)


def test_swapped_columns_are_put_right_and_said() -> None:
    table = _table().rename(columns={"lat": "lon", "lon": "lat"})
    proposal = propose_reading(table, time_zone=ZONE)
    assert proposal.columns["latitude"] == "lon"
    assert "'lat' holds longitudes and 'lon' latitudes" in _says(proposal)
    points = read_incidents(table, **proposal.options()).incidents.geometry
    assert points.y.between(41, 42).all()


def test_a_swap_that_only_the_zone_gives_away() -> None:
    west_yorkshire = {
        "lat": [f"-1.5{i}" for i in range(40)],
        "lon": [f"53.8{i}" for i in range(40)],
    }
    table = _table(**west_yorkshire)
    assert propose_reading(table, time_zone="Europe/London").columns["latitude"] == "lon"
    assert propose_reading(table, bbox=(-2.2, 53.5, -1.1, 54.0)).columns["latitude"] == "lon"


@pytest.mark.parametrize(
    ("crs", "longitude", "latitude"),
    [
        ("EPSG:27700", -1.55, 53.8), ("EPSG:3435", -87.63, 41.88), ("EPSG:28992", 4.9, 52.37),
        ("EPSG:3857", -93.27, 44.98), ("EPSG:2154", 2.35, 48.86),
    ],
)  # fmt: skip
def test_common_systems_are_recognised_from_bounds(
    crs: str, longitude: float, latitude: float
) -> None:
    move = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    steps = np.linspace(-0.02, 0.02, 40)
    x, y = move.transform(longitude + steps, latitude + steps[::-1])
    table = _table(lat=None, lon=None, x=x.round(2).astype(str), y=y.round(2).astype(str))
    bbox = (longitude - 0.3, latitude - 0.2, longitude + 0.3, latitude + 0.2)
    proposal = propose_reading(table, time_zone="UTC", bbox=bbox)
    assert proposal.place is not None
    assert proposal.place.crs == crs
    free = propose_reading(table).place
    assert free is not None
    assert crs in {fit.crs for fit in free.systems}


def test_a_system_of_the_region_is_found_when_no_common_one_fits() -> None:
    move = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3346", always_xy=True)  # Lithuania
    steps = np.linspace(-0.02, 0.02, 40)
    x, y = move.transform(25.28 + steps, 54.69 + steps[::-1])
    table = _table(lat=None, lon=None, x=x.round(2).astype(str), y=y.round(2).astype(str))
    assert _asks(propose_reading(table, time_zone="Europe/Vilnius")) != []
    place = propose_reading(table, time_zone="Europe/Vilnius", bbox=(25.0, 54.5, 25.6, 54.9)).place
    assert place is not None
    assert "EPSG:3346" in {fit.crs for fit in place.systems}


def test_the_zone_is_asked_for_where_no_library_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tzfpy", None)
    proposal = propose_reading(_table())
    assert _asks(proposal) == ["zone"]
    assert proposal.time_zone is None
    assert proposal.options() == {}


def test_the_zone_comes_from_the_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tzfpy", SimpleNamespace(get_tz=lambda *_: ZONE))
    proposal = propose_reading(_table())
    assert proposal.time_zone == ZONE
    assert "100.0 % of the places lie in it" in _says(proposal)


@pytest.mark.parametrize("zones", [["America/Chicago", "America/New_York"], ["Etc/GMT+6"] * 2])
def test_places_in_two_zones_or_at_sea_are_asked_about(
    monkeypatch: pytest.MonkeyPatch, zones: list[str]
) -> None:
    answers = iter(zones * 100)
    monkeypatch.setitem(sys.modules, "tzfpy", SimpleNamespace(get_tz=lambda *_: next(answers)))
    proposal = propose_reading(_table())
    assert _asks(proposal) == ["zone_of"]
    assert zones[0] in _says(proposal)


def test_the_library_agrees_with_known_feeds() -> None:
    assert propose_reading(_table()).time_zone == ZONE


def test_what_is_not_there_is_asked_for() -> None:
    asks = _asks(propose_reading(_table(date="soon", lat=None), time_zone=ZONE))
    assert asks == ["date", "place"]
    zero = propose_reading(
        _table(lat=["0"] * 39 + ["0.0"], lon=["0"] * 39 + ["0.0"]), time_zone=ZONE
    )
    assert _asks(zero) == ["no_points"]


def test_no_category_names_the_columns_that_could_be_it() -> None:
    table = _table(type=None, What=["A", "B"] * 20, Sort=["c", "d", "e", "f"] * 10)
    proposal = propose_reading(table, time_zone=ZONE)
    assert "category" not in proposal.columns
    assert "'What', 'Sort'" in _says(proposal)
    told = propose_reading(table, time_zone=ZONE, columns={"category": "What"})
    assert told.columns["category"] == "What"
    assert told.labels == (("A", 20), ("B", 20))


def test_columns_can_be_told() -> None:
    table = _table(sent="2023-01-02", north=[f"53.{i + 10}" for i in range(40)], sth="-1.5")
    table["sth"] = [f"-1.{i + 10}" for i in range(40)]
    told = {"occurred": "sent", "latitude": "north", "longitude": "sth"}
    options = propose_reading(table, time_zone="Europe/London", columns=told).options()
    assert {role: options["columns"][role] for role in told} == told
    assert read_incidents(table, **options).quality.located == 40


@pytest.mark.parametrize(
    ("hints", "error", "match"),
    [
        ({"time_zone": "Chicago"}, ParameterError, "'Chicago' is not an IANA zone"),
        ({"crs": "EPSG:nothing"}, ParameterError, "not a reference system"),
        ({"columns": {"bla": "type"}}, ParameterError, "'bla' is not known"),
        ({"columns": {"category": "bla"}}, SchemaMismatchError, "has no column 'bla'"),
    ],
)
def test_wrong_hints_are_refused(hints: dict[str, Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        propose_reading(_table(), **hints)


def test_an_empty_file_has_nothing_to_look_at() -> None:
    with pytest.raises(EmptyInputError, match="no rows to look at"):
        propose_reading(_table().iloc[:0])


def test_ids_dates_and_addresses_are_no_categories() -> None:
    table = _table(
        type=None,
        report_number=[f"R{i}" for i in range(40)],
        weekday=["Mon", "Tue"] * 20,
        victim_sex=["M", "F"] * 20,
        offence=["THEFT", "ROBBERY", "ARSON", "FRAUD"] * 10,
    )
    proposal = propose_reading(table, time_zone=ZONE)
    assert proposal.columns["category"] == "offence"
    assert proposal.columns["record_id"] == "report_number"
    assert "victim_sex" not in proposal.columns.values()


def test_a_starter_is_refused_while_something_is_open() -> None:
    with pytest.raises(
        ParameterError, match=r"No description can be written yet\. .*--date-format"
    ):
        write_starter(propose_reading(_table(date=["03/04/2024"] * 40), time_zone=ZONE))


def test_a_starter_survives_odd_names(tmp_path: Path) -> None:
    odd = 'type "of"\\crime'
    table = _table(type=None, **{odd: ['THEFT "x"', "ROBBERY", "robbery ", "a\\b"] * 10})
    path, feed = tmp_path / "gb-police.csv", tmp_path / "own.toml"
    table.to_csv(path, index=False)
    proposal = propose_reading(path, time_zone=ZONE, columns={"category": odd})
    feed.write_text(write_starter(proposal), encoding="utf-8")
    reading = read_incidents(path, feed=str(feed))
    assert reading.quality.feed.id == "gb-police-own"
    assert not reading.quality.feed.anonymised_by_publisher
    assert (reading.incidents["display_group"] == "robbery").sum() == 20


def _starter(tmp_path: Path, proposal: Proposal) -> str:
    feed = tmp_path / "starter.toml"
    feed.write_text(write_starter(proposal), encoding="utf-8")
    return str(feed)


def _milliseconds(raw: pd.DataFrame) -> pd.Series:
    utc = raw["moment"].dt.tz_localize(ZONE, ambiguous=True, nonexistent=pd.Timedelta("1h"))
    since = utc.dt.tz_convert("UTC").dt.tz_localize(None) - pd.Timestamp(0)
    return since // pd.Timedelta("1ms")


def test_french_headers_a_clock_with_an_h_and_cp1252(
    tmp_path: Path, raw: pd.DataFrame, original: gpd.GeoDataFrame
) -> None:
    path = tmp_path / "faits.csv"
    pd.DataFrame(
        {
            "N° de dossier": "D" + raw["ID"],
            "Date des faits": raw["moment"].dt.strftime("%d/%m/%Y"),
            "Heure": raw["moment"].dt.strftime("%Hh%M"),
            "Nature de l'infraction": raw["Primary Type"],
            "Latitude": raw["Latitude"].str.replace(".", ","),
            "Longitude": raw["Longitude"].str.replace(".", ","),
        }
    ).to_csv(path, index=False, sep=";", encoding="cp1252")
    proposal = propose_reading(path)
    assert proposal.questions == ()
    assert (proposal.dates.clock, proposal.dates.clock_form) == ("Heure", "%Hh%M")
    assert proposal.columns["record_id"] == "N° de dossier"
    assert "decoded from cp1252" in _says(proposal)
    _assert_same(read_incidents(path, feed=_starter(tmp_path, proposal)).incidents, original)


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("Año;Dirección;Número único", "cp1252"), ("Ocorrência;Município;Ação", "cp1252"),
        ("Kradzież;Włamanie;Źródło", "cp1250"), ("Krádež;Město;Příměstí", "cp1250"),
    ],
)  # fmt: skip
def test_a_header_with_accents_is_decoded_by_the_letters_of_one_language(
    tmp_path: Path, header: str, encoding: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(f"{header};date;lat;lon\n1;2;3;2024-05-17;41.8;-87.6\n".encode(encoding))
    assert propose_reading(path).header[:3] == tuple(header.split(";"))


def test_a_geopackage_says_its_own_system(
    tmp_path: Path, raw: pd.DataFrame, original: gpd.GeoDataFrame
) -> None:
    there = original.geometry.notna().to_numpy()
    path = tmp_path / "incidents.gpkg"
    table = pd.DataFrame({"when": raw["moment"][there], "kind": raw["Primary Type"][there]})
    points = original.geometry[there].to_numpy()
    gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4326").to_crs("EPSG:26916").to_file(path)
    proposal = propose_reading(path)
    assert proposal.questions == ()
    assert proposal.time_zone == ZONE
    assert "the file states EPSG:26916" in _says(proposal)
    assert "dates of the file's own kind" in _says(proposal)
    for options in (proposal.options(), {"feed": _starter(tmp_path, proposal)}):
        _assert_same(read_incidents(path, **options).incidents, original[there])


def test_a_geoparquet_says_its_own_system(tmp_path: Path, original: gpd.GeoDataFrame) -> None:
    there = original[original.geometry.notna()]
    table = pd.DataFrame({"when": there["occurred_start"], "kind": there["category_raw"]})
    path = tmp_path / "incidents.parquet"
    frame = gpd.GeoDataFrame(table, geometry=there.geometry, crs="EPSG:4326")
    frame.to_crs("EPSG:3435").to_parquet(path)
    proposal = propose_reading(path)
    assert proposal.questions == ()
    assert proposal.place is not None
    assert proposal.place.crs == "EPSG:3435"
    assert "so it is certain" in _says(proposal)  # a moment with a zone needs no clock
    found = read_incidents(path, **proposal.options()).incidents
    assert (found["occurred_start"].to_numpy() == there["occurred_start"].to_numpy()).all()


@pytest.mark.parametrize(
    ("geo", "crs"),
    [
        (b'{"columns": {"geometry": {}}}', "EPSG:4326"),
        (b'{"columns": {"geometry": {"crs": null}}}', ""),
        (b'{"columns": {"geometry": {"crs": {"type": "nonsense"}}}}', ""),
        (b'{"columns": []}', ""), (b"\xff", ""), (b"[" * 100_000, ""),
    ],
)  # fmt: skip
def test_what_a_parquet_file_says_of_its_system_can_be_anything(
    tmp_path: Path, geo: bytes, crs: str
) -> None:
    points = gpd.GeoSeries.from_xy([-87.6, -87.7], [41.8, 41.9]).to_wkb()
    table = pa.table({"date": ["2024-05-17"] * 2, "geometry": pa.array(points, pa.binary())})
    path = tmp_path / "x.parquet"
    parquet.write_table(table.replace_schema_metadata({b"geo": geo}), path)
    assert open_source(path).crs == crs
    assert propose_reading(path).questions == ()


def test_a_file_that_states_a_wrong_system_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "wrong.gpkg"
    table = _table(lat=None, lon=None)
    points = gpd.points_from_xy(np.linspace(-1.6, -1.5, 40), np.linspace(53.7, 53.8, 40))
    gpd.GeoDataFrame(table, geometry=points, crs="EPSG:3435").to_file(path)
    assert _asks(propose_reading(path, time_zone="Europe/London")) == ["stated"]
    told = propose_reading(path, crs="EPSG:4326")
    assert told.questions == ()
    assert read_incidents(path, **told.options()).quality.located == 40


@pytest.mark.parametrize(("unit", "form"), [(1, "epoch_ms"), (1000, "%s")])
def test_two_dates_in_milliseconds_or_seconds(
    tmp_path: Path, raw: pd.DataFrame, original: gpd.GeoDataFrame, unit: int, form: str
) -> None:
    instants = _milliseconds(raw)
    table = pd.DataFrame(
        {
            "OBJECTID": range(len(raw)),
            "REPORT_DATE": (instants + 7_200_000) // unit,
            "OCCURRED_DATE": instants // unit,
            "OFFENSE": raw["Primary Type"],
            "LAT": raw["Latitude"],
            "LON": raw["Longitude"],
        }
    )
    proposal = propose_reading(table)
    assert proposal.questions == ()
    assert (proposal.columns["occurred"], proposal.date_format) == ("OCCURRED_DATE", form)
    assert proposal.clock == "utc"
    assert "Not read: 'OBJECTID'." in _says(proposal)
    found = read_incidents(table, feed=_starter(tmp_path, proposal)).incidents
    _assert_same(found, original)
    assert ((found["reported_at"] - found["occurred_start"]) == pd.Timedelta(hours=2)).all()


def test_milliseconds_of_local_midnights_are_days(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=300, tz=ZONE)
    table = _table(date=None, lat=[f"41.8{i}" for i in range(300)], lon="-87.6", type="THEFT")
    table["lon"] = [f"-87.6{i}" for i in range(300)]
    table["OCC_DATE"] = (
        days.tz_convert("UTC").tz_localize(None) - pd.Timestamp(0)
    ) // pd.Timedelta("1ms")
    proposal = propose_reading(table)
    assert proposal.clock == "local_midnight_in_utc"
    found = read_incidents(table, feed=_starter(tmp_path, proposal)).incidents
    assert (found["occurred_start"].dt.date == days.date).all()
    assert set(found["occurred_precision"]) == {"day"}


def test_a_long_number_in_another_column_is_no_moment() -> None:
    table = _table(date=None, case=[str(1_563_000_000_000 + i) for i in range(40)])
    assert _asks(propose_reading(table)) == ["date"]


def test_an_american_and_a_european_date_in_one_file(
    tmp_path: Path, raw: pd.DataFrame, original: gpd.GeoDataFrame
) -> None:
    entered = raw["moment"].dt.normalize() + pd.Timedelta(days=2)
    table = pd.DataFrame(
        {
            "Incident date": raw["moment"].dt.strftime("%m/%d/%Y"),
            "Incident time": raw["moment"].dt.strftime("%H%M"),
            "Date entered": entered.dt.strftime("%d/%m/%Y"),
            "Type": raw["Primary Type"],
            "lat": raw["Latitude"],
            "lng": raw["Longitude"],
        }
    )
    proposal = propose_reading(table)
    assert proposal.questions == ()
    assert "reported: 'Date entered', written as %d/%m/%Y" in _says(proposal)
    found = read_incidents(table, feed=_starter(tmp_path, proposal)).incidents
    _assert_same(found, original)
    assert (found["reported_at"].dt.tz_localize(None) == entered.to_numpy()).all()


def test_a_report_in_an_open_order_is_left_out_and_said(tmp_path: Path) -> None:
    table = _table(date="25/12/2024", reported="03/04/2025")
    proposal = propose_reading(table, time_zone=ZONE)
    assert proposal.questions == ()
    assert "'reported' is not read, as day and month could stand in either order" in _says(proposal)
    found = read_incidents(table, feed=_starter(tmp_path, proposal)).incidents
    assert found["reported_at"].isna().all()


def test_a_report_alone_is_not_taken_for_the_event(tmp_path: Path) -> None:
    table = _table(date=None, **{"Date reported": "2024-05-17"})
    proposal = propose_reading(table)
    assert "No column says when it happened" in _says(proposal)
    assert proposal.options() == {}  # it needs a description that says so
    found = read_incidents(table, feed=_starter(tmp_path, proposal)).incidents
    assert set(found["occurred_basis"]) == {"report"}
    told = propose_reading(table, columns={"occurred": "Date reported"})
    assert told.options()["columns"]["occurred"] == "Date reported"


def test_offsets_in_the_text_are_believed(raw: pd.DataFrame, original: gpd.GeoDataFrame) -> None:
    local = raw["moment"].dt.tz_localize(ZONE, ambiguous=True, nonexistent=pd.Timedelta("1h"))
    table = pd.DataFrame(
        {
            "when": local.dt.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "kind": raw["Primary Type"],
            "lat": raw["Latitude"],
            "lon": raw["Longitude"],
        }
    )
    proposal = propose_reading(table)
    assert proposal.date_format == "%Y-%m-%dT%H:%M:%S%z"
    assert "so it is certain" in _says(proposal)
    _assert_same(read_incidents(table, **proposal.options()).incidents, original)


def test_the_zone_follows_once_the_system_is_known() -> None:
    move = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    x, y = move.transform(np.linspace(-0.2, 0.0, 40), np.linspace(51.4, 51.6, 40))
    table = _table(
        lat=None, lon=None, Easting=x.round().astype(str), Northing=y.round().astype(str)
    )
    assert _asks(propose_reading(table)) == ["system", "zone_later"]
    told = propose_reading(table, crs="EPSG:27700")
    assert (told.questions, told.time_zone) == ((), "Europe/London")
    assert read_incidents(table, **told.options()).quality.located == 40


@pytest.mark.parametrize("form", ["({lat}, {lon})", "POINT ({lon} {lat})", "{lat},{lon}"])
def test_both_coordinates_in_one_text(
    tmp_path: Path, raw: pd.DataFrame, original: gpd.GeoDataFrame, form: str
) -> None:
    points = zip(raw["Latitude"], raw["Longitude"], strict=True)
    table = pd.DataFrame(
        {
            "when": raw["moment"].dt.strftime("%Y-%m-%d %H:%M:%S"),
            "kind": raw["Primary Type"],
            "position": [form.format(lat=lat, lon=lon) if lat else "" for lat, lon in points],
        }
    )
    proposal = propose_reading(table)
    assert proposal.questions == ()
    assert proposal.options() == {}  # one text for two numbers needs a description
    assert "'position' (longitude) and 'position' (latitude)" in _says(proposal)
    _assert_same(read_incidents(table, feed=_starter(tmp_path, proposal)).incidents, original)


def test_an_order_of_latitude_and_longitude_that_is_open_is_asked_for(tmp_path: Path) -> None:
    points = [f"45.7{i}, 4.8{i}" for i in range(10, 50)]
    table = _table(lat=None, lon=None, position=points)
    assert _asks(propose_reading(table)) == ["pair_order", "zone_later"]
    told = propose_reading(table, bbox=(4.5, 45.5, 5.1, 46.0))
    assert (told.questions, told.time_zone) == ((), "Europe/Paris")
    found = read_incidents(table, feed=_starter(tmp_path, told)).incidents
    assert found.geometry.y.between(45, 46).all()
    named = propose_reading(table.rename(columns={"position": "lat_lon"}))
    assert (named.questions, named.time_zone) == ((), "Europe/Paris")
