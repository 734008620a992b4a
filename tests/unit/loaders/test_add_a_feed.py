"""The feed that the manual makes up works as the manual says, with nothing but its three pieces."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hotspots.loaders import read_incidents, registry
from hotspots.loaders.parse import parse_feed
from hotspots.schema import validate_incidents

if TYPE_CHECKING:
    from hotspots.loaders import Reading

MANUAL = Path(__file__).resolve().parents[3] / "docs" / "add-a-feed.md"


def block(name: str) -> str:
    """Take the code that stands under a mark in the manual."""
    found = re.search(
        rf"<!-- {name} -->\n```\w+\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL
    )
    assert found
    return found[1]


@pytest.fixture
def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reading:
    spec = parse_feed(block("feed"), name="us-port-example.toml")
    for module in ("hotspots.loaders.detect", "hotspots.loaders.read"):
        monkeypatch.setattr(f"{module}.describe_feed", lambda _: spec)
    monkeypatch.setattr("hotspots.loaders.detect.list_feeds", lambda: (spec.id,))
    path = tmp_path / "us-port-example-export.csv"
    path.write_text(block("sample"), encoding="utf-8")
    return read_incidents(path)


def test_feed_of_the_manual_is_not_in_the_package() -> None:
    assert "us-port-example" not in registry.list_feeds()


def test_made_up_feed_comes_out_as_its_row_says(reading: Reading) -> None:
    incidents, quality = reading
    validate_incidents(incidents)
    row = block("contract")
    stated = dict(re.findall(r"(kept|located|feed|variant)=\"?([\w-]+)", row))
    assert stated == {
        "feed": quality.feed.id, "variant": quality.variant,
        "kept": str(quality.kept), "located": str(quality.located),
    }  # fmt: skip
    for name in ("unlocated", "rejected"):
        counts = dict(re.findall(r'"(\w+)": (\d+)', re.search(rf"{name}={{(.*?)}}", row)[1]))  # type: ignore[index]
        assert {key: int(n) for key, n in counts.items()} == dict(getattr(quality, name))
    flags = dict(re.findall(r'"(\w+)": (\d+)', re.search(r"flags={(.*?)}", row)[1]))  # type: ignore[index]
    assert {key: int(n) for key, n in flags.items()} == {k: quality.flags[k] for k in flags}
    start = incidents["occurred_start"].iloc[0].tz_convert("UTC").tz_localize(None)
    assert f'first_start="{start.isoformat()}"' in row
    codes = incidents.set_index("source_row")["offence_code"].astype("string").fillna("")
    for line, code in re.findall(r'(\d+): "(\w*)"', row.split("codes=")[1]):
        assert codes[int(line)] == code


def test_made_up_feed_keeps_people_and_house_numbers_out(reading: Reading) -> None:
    incidents = reading.incidents
    assert not incidents.astype("string").isin(["34", "61"]).any(axis=None)
    assert incidents["location_text"].dropna().tolist() == [
        "1200 block EXAMPLE AVE", "0 block SAMPLE ST", "1200 block EXAMPLE AVE",
        "0 block SAMPLE ST",
    ]  # fmt: skip
