"""``hotspots read``: incidents in a file, a report, one message when something is wrong."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from click.testing import CliRunner

import hotspots as hs
from hotspots.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SAMPLE = hs.sample_path("synthetic-chicago")


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def _spoiled(path: Path) -> Path:
    """Write a file in which one row in ten has a category, and no code, that anybody knows."""
    lines = gzip.decompress(SAMPLE.read_bytes()).decode().splitlines()[:201]
    lines[1::10] = [re.sub(r",\w+,THEFT,", ",,WITCHCRAFT,", line) for line in lines[1::10]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", ["parquet", "gpkg", "csv"])
def test_incidents_are_written(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"incidents.{suffix}"
    done = _run("read", SAMPLE, "-o", out)
    assert done.exit_code == 0, done.output
    assert "20,000 rows read, 20,000 kept" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("for analysts, not for publication.")
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    if suffix == "parquet":
        hs.validate_incidents(gpd.read_parquet(out))


def test_json_holds_the_report_and_the_note(tmp_path: Path) -> None:
    done = _run("read", SAMPLE, "-o", tmp_path / "a.parquet", "--json")
    said = json.loads(done.stdout)
    assert said["rows_read"] == said["kept"] == 20_000
    assert said["dates"]["zone"] == "America/Chicago"
    assert said["output"].endswith("a.parquet")
    assert "not for publication" in said["note"]


@pytest.mark.parametrize(
    ("suffix", "start"), [("md", "# Quality"), ("html", "<section"), ("json", "{")]
)
def test_the_report_is_written_too(tmp_path: Path, suffix: str, start: str) -> None:
    report = tmp_path / f"report.{suffix}"
    done = _run("read", SAMPLE, "-o", tmp_path / "a.csv", "--quality", report)
    assert done.exit_code == 0, done.output
    assert report.read_text(encoding="utf-8").startswith(start)


def test_strict_refuses_with_the_numbers_and_still_reports(tmp_path: Path) -> None:
    file = _spoiled(tmp_path / "file.csv")
    out, report = tmp_path / "a.parquet", tmp_path / "report.md"
    done = _run("read", file, "-o", out, "--strict", "--quality", report)
    assert done.exit_code == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "have a category that is not known, over 1 %" in done.stderr
    assert "WITCHCRAFT" in done.stderr
    assert not out.exists()
    assert "WITCHCRAFT" in report.read_text(encoding="utf-8")
    assert _run("read", file, "-o", out).exit_code == 0
    assert _run("read", SAMPLE, "-o", out, "--strict").exit_code == 0


@pytest.mark.parametrize(
    ("out", "options", "text"),
    [
        ("a.shp", [], "Let it end in .parquet, .gpkg, .csv"),
        ("a.csv", ["--quality", "report.pdf"], "Let it end in .md, .html, .json"),
        ("nowhere/a.csv", [], "does not exist"),
        ("a.csv", ["--feed", "gb-police"], "us-chicago"),
        ("a.csv", ["--quality", "a.csv"], "used already"),
    ],
)
def test_one_message_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, options: list[str], text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = _run("read", SAMPLE, "-o", out, *options)
    assert done.exit_code == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert text in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_file_that_is_read_is_not_written_over(tmp_path: Path) -> None:
    file = _spoiled(tmp_path / "file.csv")
    before = file.read_bytes()
    assert "used already" in _run("read", file, "-o", file).stderr
    assert file.read_bytes() == before


def test_a_header_alone_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(gzip.decompress(SAMPLE.read_bytes()).decode().splitlines()[0] + "\n")
    done = _run("read", file, "-o", tmp_path / "a.csv")
    assert done.exit_code == 1
    assert "no incidents" in done.stderr


def test_inspect_prints_the_whole_report() -> None:
    assert "## Limits of strict reading" in _run("inspect", SAMPLE, "--full").stdout
    assert "## " not in _run("inspect", SAMPLE).stdout


def test_a_feed_without_a_zone_takes_the_one_that_is_given(tmp_path: Path) -> None:
    requests = [
        {
            "service_request_id": str(n), "service_name": "Graffiti", "service_code": "graffiti",
            "status": "open", "requested_datetime": f"2024-03-0{n}T22:30:00-06:00",
            "updated_datetime": "", "lat": "", "long": "",
        }
        for n in (1, 2)
    ]  # fmt: skip
    path, out = tmp_path / "requests.json", tmp_path / "concerns.csv"
    path.write_text(json.dumps(requests))
    without = _run("read", path, "--feed", "open311", "-o", out)
    assert without.exit_code == 1
    assert "time_zone" in without.stderr
    done = _run("read", path, "--feed", "open311", "--time-zone", "Europe/London", "-o", out)
    assert done.exit_code == 0, done.output
    assert "2024-03-02 04:30" in out.read_text()
