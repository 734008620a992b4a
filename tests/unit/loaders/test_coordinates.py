"""Places: the source is chosen by evidence, never guessed; what is no place says why."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import CoordinateReferenceError, InputDataError
from hotspots.loaders.columns import Columns
from hotspots.loaders.coordinates import STATUSES, Places, locate
from hotspots.loaders.locations import location_texts
from hotspots.loaders.reference import best_guesses
from hotspots.loaders.rules import CoordinateSource, PlaceRules

BBOX = (-77.2, 38.7, -76.8, 39.1)
DEGREES = CoordinateSource(x="X", y="Y")
METRES = CoordinateSource(x="X", y="Y", crs="EPSG:26985")
BLOCK = CoordinateSource(x="LON", y="LAT")
TO_METRES = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:26985", always_xy=True)


def _locate(table: dict[str, list[str]], *sources: CoordinateSource, **given: object) -> Places:
    rules = PlaceRules(bbox=BBOX, precision="block", sources=sources, **given)  # type: ignore[arg-type]
    columns = Columns.of(pl.DataFrame(table), {c: c for c in table})
    return locate(columns, rules, name="x.csv")


def _words(places: Places) -> list[str]:
    return [STATUSES[i] for i in places.status]


def _points(n: int) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(-77.1, -76.9, n), rng.uniform(38.8, 39.0, n)
    return [f"{v:.6f}" for v in lon], [f"{v:.6f}" for v in lat]


def _metres(n: int) -> tuple[list[str], list[str]]:
    lon, lat = (np.array(values, dtype=float) for values in _points(n))
    x, y = TO_METRES.transform(lon, lat)
    return [f"{v:.3f}" for v in x], [f"{v:.3f}" for v in y]


def test_same_header_in_degrees_and_in_metres() -> None:
    for (x, y), chosen in ((_points(200), 0), (_metres(200), 1)):
        found = _locate({"X": x, "Y": y}, DEGREES, METRES)
        assert found.evidence.chosen == chosen
        np.testing.assert_allclose(
            found.longitude, np.array(_points(200)[0], dtype=float), atol=1e-6
        )
        assert [t.share for t in found.evidence.trials] == [1.0 - chosen, float(chosen)]
        assert [t.points for t in found.evidence.trials] == [200, 200]


def test_a_source_that_is_not_declared_is_never_used() -> None:
    x, y = _metres(200)
    with pytest.raises(
        CoordinateReferenceError, match=r"200 of 200.*They fit as EPSG:26985"
    ) as error:
        _locate({"X": x, "Y": y}, DEGREES)
    assert "Best guesses, none of them used: EPSG:26985 (100% inside)" in str(error.value)
    lon, lat = _points(200)
    with pytest.raises(CoordinateReferenceError, match=r"swapped\. Swap the two columns"):
        _locate({"X": lat, "Y": lon}, DEGREES, METRES)


def test_nineteen_of_twenty_points_must_lie_inside() -> None:
    lon, lat = _points(200)
    for outside, fits in ((10, True), (11, False)):
        far = ["-70.0"] * outside + lon[outside:]
        if fits:
            assert _words(_locate({"X": far, "Y": lat}, DEGREES)).count("outside_bounds") == 10
        else:
            with pytest.raises(CoordinateReferenceError, match=r"11 of 200 points.*another place"):
                _locate({"X": far, "Y": lat}, DEGREES)
            # Another source that the feed declares is taken instead, for all rows.
            table = {"X": far, "Y": lat, "LON": lon, "LAT": lat}
            found = _locate(table, DEGREES, BLOCK)
            assert found.evidence.chosen == 1
            assert set(_words(found)) == {"ok"}


def test_of_few_points_most_must_lie_inside() -> None:
    lon, lat = _points(4)
    assert _words(_locate({"X": ["-70", "-70", *lon[2:]], "Y": lat}, DEGREES)).count("ok") == 2
    with pytest.raises(CoordinateReferenceError, match="3 of 4 points"):
        _locate({"X": ["-70", "-70", "-70", lon[3]], "Y": lat}, DEGREES)


def test_a_source_without_a_point_is_passed_over() -> None:
    lon, lat = _points(3)
    found = _locate({"X": ["0"] * 3, "Y": ["0"] * 3, "LON": lon, "LAT": lat}, METRES, BLOCK)
    assert found.evidence.chosen == 1
    assert found.there.all()
    nowhere = _locate({"X": ["0", "", "-"], "Y": ["0", "", "-"]}, METRES, BLOCK)
    assert _words(nowhere) == ["sentinel", "missing", "missing"]
    assert nowhere.evidence.chosen == 0
    assert [t.points for t in nowhere.evidence.trials] == [0, 0]


def test_a_feed_or_a_file_without_coordinates() -> None:
    assert _words(_locate({"a": ["1", "2"]})) == ["missing", "missing"]
    found = _locate({"a": ["1"]}, DEGREES)
    assert (_words(found), found.evidence.chosen) == (["missing"], None)


@pytest.mark.parametrize("swapped", ["columns", "rows"])
def test_swap_is_fixed_where_it_is_declared(swapped: str) -> None:
    lon, lat = _points(30)
    table = {"X": lat, "Y": lon}
    if swapped == "rows":
        table = {"X": [*lat[:10], *lon[10:]], "Y": [*lon[:10], *lat[10:]]}
    found = _locate(table, CoordinateSource(x="X", y="Y", swapped=swapped))
    np.testing.assert_allclose(found.longitude, np.array(lon, dtype=float))
    fixed = 30 if swapped == "columns" else 10
    assert _words(found) == ["swapped_fixed"] * fixed + ["ok"] * (30 - fixed)
    assert found.evidence.trials[0].share == 1


def test_row_fallback_only_where_it_is_declared() -> None:
    lon, lat = _points(20)
    table = {"X": ["", "0", "REDACTED", *lon[3:]], "Y": ["", "0", "REDACTED", *lat[3:]]}
    table |= {"LON": lon, "LAT": [*lat[:2], lat[2], *lat[3:]]}
    given = {"withheld_values": ("REDACTED",)}
    kept = _locate(table, DEGREES, BLOCK, **given)
    assert _words(kept)[:3] == ["missing", "sentinel", "withheld"]
    filled = _locate(table, DEGREES, BLOCK, row_fallback=True, **given)
    # What the publisher withheld stays withheld.
    assert _words(filled)[:3] == ["ok", "ok", "withheld"]
    assert filled.longitude[0] == float(lon[0])


def test_sentinels_as_written_and_in_degrees() -> None:
    lon, lat = _points(40)
    x, y = _metres(40)
    table = {"X": ["-1.0", "-1.00000000", *lon[2:]], "Y": ["-1.0", "-1.00000000", *lat[2:]]}
    assert _words(_locate(table, DEGREES, sentinels=((-1, -1),)))[:3] == ["sentinel"] * 2 + ["ok"]
    # A default place that the publisher computes: known in degrees, written in metres.
    place = (float(lon[5]), float(lat[5]))
    assert _words(_locate({"X": x, "Y": y}, METRES, sentinels=(place,)))[4:7] == [
        "ok", "sentinel", "ok",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("x", "y", "status"),
    [
        ("5.3e-07", "0.0000005", "sentinel"),
        ("0", "38.9", "outside_bounds"),
        ("", "38.9", "missing"),
        ("-", "-", "missing"),
        ("(null)", "NULL", "missing"),
        ("NaN", "nan", "missing"),
        ("X", "X", "missing"),
        ("redacted", "38.9", "withheld"),
        ("inf", "38.9", "unparsed"),
        ("1e999", "38.9", "unparsed"),
        ("seventy", "38.9", "unparsed"),
        ("-77,0", "38.9", "unparsed"),
        (" -77.0 ", "38.9", "ok"),
        ("-7.7e1", "38.9", "ok"),
    ],
)
def test_what_is_written_instead_of_a_place(x: str, y: str, status: str) -> None:
    lon, lat = _points(30)
    found = _locate(
        {"X": [x, *lon], "Y": [y, *lat]}, DEGREES,
        missing_values=("X",), withheld_values=("REDACTED",),
    )  # fmt: skip
    assert _words(found)[0] == status
    assert np.isfinite(found.longitude[0]) == (status == "ok")


def test_words_that_tell_of_withholding() -> None:
    lon, lat = _points(4)
    table = {
        "X": ["0", "0", "", lon[3]], "Y": ["0", "0", "", lat[3]],
        "BLOCK": ["OFFSET TO PROTECT PRIVACY", "", "Offset to  protect privacy", "1XX A ST"],
    }  # fmt: skip
    found = _locate(table, DEGREES, text="BLOCK", withheld_texts=("OFFSET TO PROTECT PRIVACY",))
    assert _words(found) == ["withheld", "sentinel", "withheld", "ok"]


def test_pairs_in_one_text() -> None:
    texts = ["(38.9, -77.0)", "38.9 -77.0", "", "(0.0, 0.0)", "somewhere", "(38.9, )"]
    found = _locate({"at": texts}, CoordinateSource(pair="at"))
    assert _words(found) == ["ok", "ok", "missing", "sentinel", "unparsed", "unparsed"]
    wkt = _locate({"at": ["POINT (-77.0 38.9)"]}, CoordinateSource(pair="at", pair_order="lon lat"))
    assert (wkt.longitude[0], wkt.latitude[0]) == (-77.0, 38.9)
    with pytest.raises(CoordinateReferenceError, match=r"at=\(38\.9, -77\)"):
        _locate({"at": ["(-77.0, 38.9)"]}, CoordinateSource(pair="at"))


def test_numbers_of_an_address_before_the_pair_are_no_pair() -> None:
    texts = ["100 35TH ST\nEXAMPLE, DC 20001\n(38.9, -77.0)", "100 35TH ST\nEXAMPLE, DC 20001"]
    found = _locate({"at": [*texts, "(38.8, -77.1)"]}, CoordinateSource(pair="at"))
    assert found.latitude[[0, 2]].tolist() == [38.9, 38.8]
    assert np.isnan(found.latitude[1])


def test_decimal_commas_are_read_and_said() -> None:
    lon, lat = _points(5)
    x, y = ([v.replace(".", ",") for v in values] for values in (lon, lat))
    found = _locate({"X": x, "Y": y}, DEGREES)
    assert found.there.all()
    assert found.notes == ("coordinates have a decimal comma",)
    assert _locate({"X": lon, "Y": lat}, DEGREES).notes == ()
    declared = _locate({"X": [*x, "-77,0"], "Y": [*y, "38.9"]}, DEGREES, decimal_comma=True)
    assert declared.there.all()


def test_columns_of_words_are_refused() -> None:
    with pytest.raises(InputDataError, match=r"most of 'X' and 'Y' are not numbers, .*'here'"):
        _locate({"X": ["here"] * 3, "Y": ["there"] * 3}, DEGREES)


def test_guesses_are_at_most_three_and_hold_points() -> None:
    x, y = (np.array(v, dtype=float) for v in _metres(50))
    found = best_guesses(x, y, "EPSG:4326", BBOX)
    assert found[0] == ("EPSG:26985", 1.0)
    assert len(found) <= 3
    assert best_guesses(x * 1e9, y, "EPSG:4326", BBOX) == []


@settings(max_examples=40)
@given(
    st.lists(
        st.sampled_from(["0", "", "-77.0", "-70", "x", "REDACTED", "nan", "1e999"]), min_size=1
    )
)
def test_every_row_has_one_status_and_a_point_only_when_ok(values: list[str]) -> None:
    lon, lat = _points(400)
    table = {"X": [*values, *lon], "Y": ["38.9"] * len(values) + lat}
    found = _locate(table, DEGREES, withheld_values=("REDACTED",))
    assert len(found.status) == len(values) + 400
    assert (np.isfinite(found.longitude) == found.there).all()
    assert (np.isfinite(found.latitude) == found.there).all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("900 BLK 10TH ST", "900 block 10TH ST"),
        ("15987 E EXAMPLE PL", "15900 block E EXAMPLE PL"),
        ("1200-1299 BLOCK OF EXAMPLE ST", "1200 block EXAMPLE ST"),
        ("1100 W  39TH                 PL", "1100 block W 39TH PL"),
        ("10XX EXAMPLE ST", "10XX EXAMPLE ST"),
        ("-", None),
        ("(null)", None),
    ],
)
def test_house_numbers_are_rounded_to_the_block(text: str, expected: str | None) -> None:
    rules = PlaceRules(bbox=BBOX, precision="block")
    assert location_texts(pl.Series([text]), rules).to_list() == [expected]
