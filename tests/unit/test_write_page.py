from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from hotspots.codec import decode_rings, unpack
from hotspots.errors import OutputError, ParameterError, PublishError
from hotspots.publish.release import stamped
from hotspots.render import make_map, write_page
from hotspots.render.districts import district_labels, say_where
from hotspots.render.leaflet import asset, leaflet_script, leaflet_style
from hotspots.render.wording import direction, say_offences, say_period, say_range
from hotspots.results import HotspotResult, Provenance

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hotspots.publish.release import Release

HIDDEN = "0\N{EN DASH}4"
HOSTILE = (
    "{{7*7}}",
    "${7*7}",
    "</script><script>window.owned=1</script>",
    "<img src=x onerror=window.owned=1>",
    "`+window.owned+`",
    "50{% off",
    "a\u202eb",
    "\\",
)


class _Page(HTMLParser):
    """What a parser sees: the tags, the text, and every address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.attributes: dict[str, str] = {}
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self.text = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag
        found = {key: value or "" for key, value in attrs}
        self.addresses += [found[key] for key in ("src", "href", "action", "data") if key in found]
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        self.attributes.update({f"{tag}.{key}": value for key, value in found.items()})
        if tag in self.inline and "type" not in found:
            self.inline[tag].append("")
        if found.get("type") == "application/json":
            self._inside = "payload"

    def handle_endtag(self, _: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in self.inline:
            self.inline[self._inside][-1] += data
        elif self._inside == "payload":
            self.payload = unpack(data)
        else:
            self.text += data


@pytest.fixture
def written(make_release: Callable[..., Release], tmp_path: Path) -> Callable[..., _Page]:
    def write(**options: object) -> _Page:
        path = write_page(make_release(n_cells=300, **options), tmp_path / "map.html")
        return _Page(path.read_text(encoding="utf-8"))

    return write


def test_the_page_tells_offence_place_and_period(written: Callable[..., _Page]) -> None:
    page = written()
    assert "Burglary in Ambridge, July 2018" in page.text
    assert page.tags.count("h1") == 1
    assert page.tags.count("main") == 1
    assert page.attributes["html.lang"] == "en"
    assert page.attributes["html.dir"] == "ltr"
    hot = sum(page.payload["words"][word]["hot"] for word in page.payload["layers"][0]["word"])
    assert f"{hot} of 300 areas stand out" in page.text
    assert "at most 5 in 100 such maps would show any" in page.text


@pytest.mark.parametrize(
    "heading",
    [
        "How sure are we?",
        "What this map cannot tell you",
        "Rows accounted for",
        "Where the data come from",
        "How these numbers are protected",
        "How to check this page",
        "All areas in a table",
    ],
)
def test_no_part_is_left_out(written: Callable[..., _Page], heading: str) -> None:
    assert heading in written().text


def test_the_page_names_no_address_outside_itself(written: Callable[..., _Page]) -> None:
    page = written(text="https://example.org/evil.js")
    assert [address for address in page.addresses if not address.startswith("#")] == []
    style = "".join(page.inline["style"])
    assert "url(" not in style
    assert "@import" not in style
    assert "sourceMappingURL" not in "".join(page.inline["script"])


def test_the_policy_allows_what_stands_in_the_page_and_nothing_else(
    written: Callable[..., _Page],
) -> None:
    page = written()
    policy = page.policy
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    for pieces in page.inline.values():
        assert pieces
        for piece in pieces:
            digest = base64.b64encode(hashlib.sha256(piece.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(written: Callable[..., _Page], text: str) -> None:
    harmless = written()
    page = written(place=text, text=text, names=(text,))
    assert page.tags == harmless.tags
    assert f"Burglary in {text}, July 2018" in page.text
    assert f"{text}, published by {text}." in page.text
    assert text in page.payload["names"]


def test_the_payload_is_the_release(make_release: Callable[..., Release], tmp_path: Path) -> None:
    release = make_release(groups=("burglary", "robbery"))
    page = _Page(write_page(release, tmp_path / "map.html").read_text(encoding="utf-8"))
    payload = page.payload
    assert len(decode_rings(payload["shapes"])) == 2000
    assert len(payload["layers"]) == 2
    for layer, wanted in zip(payload["layers"], release.layers, strict=True):
        rows = release.table[release.table["layer"] == wanted.key]
        shown = [layer["values"][value]["text"] for value in layer["value"]]
        counts = rows["count"].map(lambda n: HIDDEN if pd.isna(n) else str(n))
        assert sorted(shown) == sorted(counts)
        words = [payload["words"][word] for word in layer["word"]]
        assert sum(word["hot"] for word in words) == wanted.hot_cells
        assert [word["text"] for word in words].count("not tested") == rows["hotspot"].isna().sum()


def test_each_name_stays_with_its_count(
    make_release: Callable[..., Release], tmp_path: Path
) -> None:
    release = make_release(n_cells=300)
    page = _Page(write_page(release, tmp_path / "map.html").read_text(encoding="utf-8"))
    layer = page.payload["layers"][0]
    shown = {
        page.payload["names"][name]: layer["values"][value]["text"]
        for name, value in zip(page.payload["name"], layer["value"], strict=True)
    }
    for row in release.table.itertuples():
        assert shown[row.name] == (HIDDEN if pd.isna(row[4]) else str(row[4]))


def test_the_same_release_gives_the_same_bytes(
    make_release: Callable[..., Release], tmp_path: Path
) -> None:
    release = make_release(n_cells=300)
    shuffled = replace(release, table=release.table.sample(frac=1, random_state=1))
    one = write_page(release, tmp_path / "one.html").read_bytes()
    assert write_page(shuffled, tmp_path / "two.html").read_bytes() == one


def test_no_hot_area_is_a_finding_too(make_release: Callable[..., Release], tmp_path: Path) -> None:
    release = make_release(n_cells=300)
    calm = stamped(replace(release, layers=(replace(release.layers[0], hot_cells=0),)))
    page = _Page(write_page(calm, tmp_path / "map.html").read_text(encoding="utf-8"))
    assert "No area stands out from what chance alone would make." in page.text


def test_a_page_of_two_thousand_areas_is_small(
    make_release: Callable[..., Release], tmp_path: Path
) -> None:
    assert write_page(make_release(), tmp_path / "map.html").stat().st_size < 220_000


@pytest.mark.parametrize("thing", [None, "result", pd.DataFrame()])
def test_only_a_release_is_written(thing: object, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=r"takes a Release, got .*\. Call publish\(\) first"):
        write_page(thing, tmp_path / "map.html")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_refused(
    make_release: Callable[..., Release], tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match=r"The folder .*nowhere does not exist"):
        write_page(make_release(n_cells=10), tmp_path / "nowhere" / "map.html")
    with pytest.raises(OutputError, match="is a folder"):
        write_page(make_release(n_cells=10), tmp_path)


def test_an_unknown_language_leaves_the_old_page(
    make_release: Callable[..., Release], tmp_path: Path
) -> None:
    page = tmp_path / "map.html"
    page.write_text("old")
    with pytest.raises(ParameterError, match="no catalogue for the language 'xx'"):
        write_page(make_release(n_cells=10), page, lang="xx")
    assert page.read_text() == "old"
    assert list(tmp_path.iterdir()) == [page]


def test_a_write_that_fails_leaves_nothing_behind(
    make_release: Callable[..., Release], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        write_page(make_release(n_cells=10), tmp_path / "map.html")
    assert list(tmp_path.iterdir()) == []


def test_rendering_imports_neither_folium_nor_matplotlib() -> None:
    code = (
        "import sys, hotspots.render; print({'folium', 'branca', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")


def test_leaflet_comes_with_its_licence() -> None:
    assert "Redistributions of source code must retain" in leaflet_script()
    for text in (leaflet_script(), *map(asset, ("hexes.js", "page.js", "notebook.js"))):
        assert "</script" not in text.lower()
        assert "innerHTML" not in text or "Leaflet" in text[:200]
    for text in (leaflet_style(), asset("map.css"), asset("page.css")):
        assert "</style" not in text.lower()


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (date(2018, 7, 1), date(2018, 7, 31), "July 2018"),
        (date(2018, 1, 1), date(2018, 3, 31), "January to March 2018"),
        (date(2018, 1, 1), date(2018, 12, 31), "2018"),
        (date(2017, 11, 1), date(2018, 2, 28), "November 2017 to February 2018"),
        (date(2018, 7, 1), date(2018, 7, 30), "1 July 2018 to 30 July 2018"),
        (date(2018, 7, 4), date(2018, 7, 4), "4 July 2018"),
    ],
)
def test_periods_are_said_in_months_where_they_can(start: date, end: date, text: str) -> None:
    assert say_period(start, end) == text


def test_lists_and_ranges() -> None:
    assert say_offences(["burglary"], "en") == "Burglary"
    assert say_offences(["burglary", "robbery"], "en") == "Burglary and Robbery"
    three = say_offences(["burglary", "robbery", "weapons"], "en")
    assert three == "Burglary, Robbery and Weapons"
    assert [say_range(0, 4, "en"), say_range(5, 5, "en")] == [HIDDEN, "5"]
    assert say_range(1000, None, "en") == "1,000 or more"
    assert [direction("en"), direction("ar")] == ["ltr", "rtl"]


def test_districts_are_named_with_their_number_of_areas() -> None:
    names = ["Leeds 001A", "Leeds 002A (2)", "Old Town", ""]
    said = say_where(names, "en").replace("\u2068", "").replace("\u2069", "")
    assert said == "They lie in Leeds (2) and Old Town (1)."
    assert say_where(["Old Town"], "en") == "It lies in Old Town."
    assert say_where([], "en") == ""
    assert say_where([f"Street {letter}" for letter in "abcdefg"], "en") == ""


def test_a_district_is_labelled_on_one_of_its_areas() -> None:
    squares = [np.array([[x, 0], [x + 1, 0], [x + 1, 1], [x, 1]]) for x in (0.0, 1.0, 5.0, 9.0)]
    names = ["Leeds 001A", "Leeds 002B", "Leeds 003C", "Old Town"]
    assert district_labels(names, squares) == [("Leeds", 1.5, 0.5)]


def _result(names: tuple[str, ...], place: str = "Ambridge") -> HotspotResult:
    cells = ["88194ad32dfffff", "88194ad32bfffff", "88194ad329fffff"]
    data = gpd.GeoDataFrame(
        {
            "name": names,
            "n": [0, 3, 12],
            "hotspot": pd.Categorical([None, "not significant", "hot"]),
            "p_adjusted": [float("nan"), 0.5, 0.001],
        },
        index=pd.Index(cells, name="cell"),
    )
    provenance = Provenance(
        groups=("burglary",),
        period_start=date(2018, 7, 1),
        period_end=date(2018, 7, 31),
        source_ids=("gb-police",),
        source_sha256=("ab",),
        area_basis="polygons",
        area_attribution="",
        place=place,
        incidents_used=15,
        package_version="0",
    )
    return HotspotResult(data=data, method="local_gi_star", params={}, provenance=provenance)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_ours_is_in_a_notebook_map(text: str) -> None:
    page = make_map(_result((text, text, "Ambridge"), place=text)).get_root().render()
    packed = re.findall(r'hotspots\.notebook\(map_\w+, "([A-Za-z0-9+/=]+)"\);', page)
    payload = unpack(packed[0])
    assert text in payload["names"]
    assert payload["title"] == f"Burglary in {text}, July 2018"
    if len(text) > 2:
        assert text not in page


def test_a_notebook_map_says_what_it_is() -> None:
    page = make_map(_result(("a", "b", "c"))).get_root().render()
    payload = unpack(re.findall(r'hotspots\.notebook\(\w+, "(.*?)"\);', page)[0])
    assert payload["warning"].startswith("For analysis, not for publication")
    layer = payload["layers"][0]
    shown = {
        payload["names"][name]: (layer["values"][value]["text"], detail)
        for name, value, detail in zip(
            payload["name"], layer["value"], layer["detail"], strict=True
        )
    }
    assert shown == {
        "a": ("0", "not tested"),
        "b": ("3", "Adjusted p-value: 0.5"),
        "c": ("12", "Adjusted p-value: 0.001"),
    }
    assert [address for address in _Page(page).addresses if not address.startswith("#")] == []


def test_a_notebook_map_does_not_change_folium_for_others() -> None:
    import folium  # noqa: PLC0415 - another test proves that nothing else imports it

    before = list(folium.Map.default_js)
    make_map(_result(("a", "b", "c")))
    assert folium.Map.default_js == before
    assert folium.Map(tiles=None).default_js == before


def test_a_notebook_map_needs_a_result(make_release: Callable[..., Release]) -> None:
    with pytest.raises(ParameterError, match="takes a HotspotResult, got Release"):
        make_map(make_release(n_cells=10))  # type: ignore[arg-type]


def test_a_notebook_map_says_what_it_does_not_draw() -> None:
    drawn = _result(("a", "b", "c"))
    bare = replace(drawn, data=drawn.data.drop(columns="hotspot"), method="kernel_density")
    with pytest.raises(
        ParameterError, match="the result of kernel_density has no column 'hotspot'"
    ):
        make_map(bare)
    points = replace(drawn, data=drawn.data.reset_index(drop=True), method="dbscan_hotspots")
    with pytest.raises(ParameterError, match="the rows of dbscan_hotspots are no cells"):
        make_map(points)
