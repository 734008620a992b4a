"""``hotspots inspect`` on a file that no feed fits, and on the way to reading it."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from click.testing import CliRunner

import hotspots as hs
from hotspots.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def unknown(tmp_path: Path) -> Path:
    path = tmp_path / "unknown.csv"
    pd.DataFrame(
        {
            "Tatzeit": ["17.05.2024 10:31", "03.04.2024 23:10"] * 20,
            "Breite": [f"50.1{i}" for i in range(10, 50)],
            "Länge": [f"8.6{i}" for i in range(10, 50)],
            "Delikt": ["Einbruch", "Raub"] * 20,
        }
    ).to_csv(path, index=False, sep=";", encoding="utf-8-sig")
    return path


def test_a_proposal_is_printed_with_its_questions(
    unknown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tzfpy", None)
    done = _run("inspect", unknown)
    assert done.exit_code == 0, done.output
    assert "'Tatzeit', written as %d.%m.%Y %H:%M" in done.stdout
    assert "Not said by the file:\n- Which time zone" in done.stdout
    assert "Read it with" not in done.stdout


def test_the_printed_call_works(unknown: Path) -> None:
    done = _run("inspect", unknown, "--time-zone", "Europe/Berlin")
    assert done.exit_code == 0, done.output
    call = ast.parse(done.stdout.split("Read it with:\n")[1], mode="eval").body
    assert isinstance(call, ast.Call)
    options = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    incidents, quality = hs.read_incidents(ast.literal_eval(call.args[0]), **options)
    assert quality.kept == quality.located == 40
    assert incidents["category_raw"].tolist() == ["Einbruch", "Raub"] * 20
    assert incidents["occurred_start"][0] == pd.Timestamp("2024-05-17 10:31", tz="Europe/Berlin")


def test_json_has_the_options(unknown: Path) -> None:
    said = json.loads(_run("inspect", unknown, "--time-zone", "Europe/Berlin", "--json").stdout)
    assert said["questions"] == []
    assert said["crs"] == "EPSG:4326"
    quality = hs.read_incidents(unknown, **said["options"]).quality
    assert quality.kept == 40


def test_a_starter_reads_the_file_from_the_command_line(unknown: Path, tmp_path: Path) -> None:
    feed = tmp_path / "feed.toml"
    done = _run("inspect", unknown, "--time-zone", "Europe/Berlin", "--starter", feed)
    assert done.exit_code == 0, done.output
    assert "name what the categories mean" in done.stdout
    read = _run("read", unknown, "--feed", feed, "-o", tmp_path / "out.parquet")
    assert read.exit_code == 0, read.output
    assert "40 rows read, 40 kept" in read.stdout
    assert "40 rows read" in _run("inspect", unknown, "--feed", feed).stdout


def test_no_starter_while_something_is_open(unknown: Path, tmp_path: Path) -> None:
    text = unknown.read_text(encoding="utf-8-sig").replace("17.05", "07.05")
    unknown.write_text(text, encoding="utf-8")
    feed = tmp_path / "feed.toml"
    done = _run("inspect", unknown, "--time-zone", "Europe/Berlin", "--starter", feed)
    assert done.exit_code == 1
    assert "Day or month first" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not feed.exists()


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (["--bbox", "1,2,3"], 2, "west,south,east,north"),
        (["--bbox", "9,50,8,51"], 2, "west,south,east,north"),
        (["--column", "category"], 2, "ROLE=COLUMN"),
        (["--column", "kind=Delikt"], 1, "'kind' is not known"),
        (["--column", "category=Kind"], 1, "has no column 'Kind'"),
        (["--time-zone", "Berlin"], 1, "not an IANA zone"),
        (["--feed", "nobody"], 1, "No feed is called 'nobody'"),
        (["--feed", "nowhere.toml"], 1, "'nowhere.toml' cannot be read"),
        (["--starter", "nowhere/feed.toml", "--time-zone", "UTC"], 1, "does not exist"),
    ],
)
def test_wrong_hints_get_one_message(
    unknown: Path, options: list[str], code: int, text: str
) -> None:
    done = _run("inspect", unknown, *options)
    assert done.exit_code == code, done.output
    assert text in done.stderr


def test_the_file_itself_is_no_starter(unknown: Path) -> None:
    before = unknown.read_bytes()
    done = _run("inspect", unknown, "--time-zone", "Europe/Berlin", "--starter", unknown)
    assert done.exit_code == 1
    assert unknown.read_bytes() == before


def test_feeds_say_what_they_were_written_from() -> None:
    listed = {feed["id"]: feed for feed in json.loads(_run("feeds", "--json").stdout)["feeds"]}
    assert listed["gb-police"]["checked_on"] == "real file"
    assert "written from: real file" in _run("feeds").stdout


@pytest.fixture
def metres(tmp_path: Path) -> Path:
    path = tmp_path / "metres.csv"
    pd.DataFrame(
        {
            "Date": ["2024-05-17 10:31", "2024-04-13 23:10"] * 20,
            "Easting": [str(530_000 + 20 * i) for i in range(40)],
            "Northing": [str(180_000 + 25 * i) for i in range(40)],
            "Crime type": ["Burglary", "Robbery"] * 20,
            "Beat officer": "A. N. Other",
        }
    ).to_csv(path, index=False)
    return path


def test_what_is_open_is_asked_and_one_answer_is_enough(metres: Path, tmp_path: Path) -> None:
    feed = tmp_path / "metres.toml"
    asked = _run("inspect", metres, "--starter", feed)
    assert asked.exit_code == 1
    assert "EPSG:27700 (51.5" in asked.stderr
    assert "it follows from the places" in asked.stderr
    assert not feed.exists()
    told = _run("inspect", metres, "--crs", "EPSG:27700", "--starter", feed)
    assert told.exit_code == 0, told.output
    assert "Time zone: Europe/London; 100.0 % of the places lie in it." in told.stdout
    assert "Not read: 'Beat officer'." in told.stdout
    incidents, quality = hs.read_incidents(metres, feed=str(feed))
    assert quality.located == 40
    assert incidents.geometry.y.between(51.4, 51.6).all()
    assert set(incidents["display_group"]) == {"burglary", "robbery"}
    assert "officer" not in " ".join(incidents.columns).casefold()


def test_the_starter_has_a_page_of_its_own(metres: Path, tmp_path: Path) -> None:
    feed = tmp_path / "metres.toml"
    assert _run("inspect", metres, "--crs", "EPSG:27700", "--starter", feed).exit_code == 0
    page = " ".join(_run("feeds", feed).stdout.split())
    assert "`Easting` and `Northing`, as EPSG:27700" in page
    assert "Columns that are known and never loaded: `Beat officer`." in page
