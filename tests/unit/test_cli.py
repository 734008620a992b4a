from __future__ import annotations

import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import hotspots as hs
from hotspots.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SAMPLE = hs.sample_path("west-yorkshire-2018-07")
CHICAGO = hs.sample_path("synthetic-chicago")


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    page = tmp_path_factory.mktemp("map") / "page.html"
    return _run("map", SAMPLE, "--offence", "burglary", "--json", "-o", page), page


def test_map_prints_json_whose_rows_add_up(made: tuple[Result, Path]) -> None:
    done, page = made
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["rows_read"] == 31_635
    assert answer["rows_read"] == answer["rows_kept"] + answer["rejected"]
    assert answer["rows_kept"] == answer["located"] + answer["unlocated"]
    assert answer["unlocated"] == 883
    assert answer["unlocated"] == sum(answer["unlocated_by_reason"].values())
    assert answer["rejected"] == sum(answer["rejected_by_reason"].values())
    assert sum(answer["not_selected"].values()) == 31_635 - 2_029
    assert answer["method"] == "local_gi_star"
    assert answer["params"]["null"] == "shuffled_cells"
    assert 0 < answer["hot_cells"] < answer["cells"]
    assert page.stat().st_size <= 400_000


def test_the_false_alarm_rate_is_measured_and_under_the_stated_rate(
    made: tuple[Result, Path],
) -> None:
    answer = json.loads(made[0].stdout)
    low, high = answer["false_alarm_interval_95"]
    assert answer["false_alarm_simulations"] >= 999
    assert low <= answer["false_alarm_rate_under_null"] <= high
    assert low <= answer["params"]["alpha"]


def test_map_says_in_a_few_lines_what_it_did(tmp_path: Path) -> None:
    page, summary = tmp_path / "page.html", tmp_path / "page.json"
    done = _run("map", SAMPLE, "--offence", "burglary", "-o", page, "--summary", summary)
    assert done.exit_code == 0, done.output
    heads = [line.split()[0] for line in done.stdout.strip().splitlines()]
    assert heads == [
        "Read",
        "Dropped",
        "Selected",
        "Counted",
        "Found",
        "Chance",
        "Published",
        "Page",
    ]
    assert "31,635 rows" in done.stdout
    assert json.loads(summary.read_text(encoding="utf-8"))["rows_read"] == 31_635


def test_feeds_are_listed() -> None:
    listed = json.loads(_run("feeds", "--json").stdout)["feeds"]
    assert {"gb-police", "us-chicago", "generic-csv"} <= {feed["id"] for feed in listed}
    assert "gb-police" in _run("feeds").stdout


def test_inspect_reports_the_file() -> None:
    assert json.loads(_run("inspect", SAMPLE, "--json").stdout)["rows_read"] == 31_635
    assert "31,635" in _run("inspect", SAMPLE).stdout


def _csv(path: Path, *, swap: bool = False, rows: int = 400) -> Path:
    lines = gzip.decompress(SAMPLE.read_bytes()).decode().splitlines()
    header = lines[0].split(",")
    longitude, latitude = header.index("Longitude"), header.index("Latitude")
    kept = [lines[0]]
    for line in lines[1 : rows + 1]:
        cells = line.split(",")
        if swap:
            cells[longitude], cells[latitude] = cells[latitude], cells[longitude]
        kept.append(",".join(cells))
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return path


def _bad_files(folder: Path) -> dict[str, Path]:
    files = {name: folder / f"{name}.csv" for name in ("empty", "header", "html", "other")}
    files["empty"].write_bytes(b"")
    first = gzip.decompress(SAMPLE.read_bytes()).decode().splitlines()[0]
    files["header"].write_text(first + "\n", encoding="utf-8")
    page = "<!DOCTYPE html>\n<html><body><h1>403 Forbidden</h1></body></html>\n"
    files["html"].write_text(page, encoding="utf-8")
    files["other"].write_bytes(gzip.decompress(CHICAGO.read_bytes()))
    files["swapped"] = _csv(folder / "swapped.csv", swap=True)
    return files


@pytest.mark.parametrize(
    ("kind", "options", "text"),
    [
        ("empty", [], "empty"),
        ("header", [], "no incidents"),
        ("html", [], "403 Forbidden"),
        ("other", ["--feed", "gb-police"], "us-chicago"),
        ("swapped", [], "swapped"),
    ],
)
def test_bad_input_gets_one_message_and_no_page(
    tmp_path: Path, kind: str, options: list[str], text: str
) -> None:
    file = _bad_files(tmp_path)[kind]
    out = tmp_path / "out"
    out.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "hotspots", "map", file, "-o", out / "page.html", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("hotspots: ")
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert text in done.stderr
    assert file.name in done.stderr
    assert list(out.iterdir()) == []


def test_a_missing_folder_is_refused_before_any_work(tmp_path: Path) -> None:
    done = _run("map", SAMPLE, "-o", tmp_path / "nowhere" / "page.html")
    assert done.exit_code == 1
    assert "The folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--offence", "burglery"], "burglary"),
        (["--offence", "violence_and_sexual"], "may not be shown on a public map"),
        ([], "Say what the map shows, for example --offence burglary"),
        (["--offence", "burglary", "--period", "2017-07"], "from 2018-07-01 to 2018-07-31"),
        (["--offence", "burglary", "--area", "nothing.geojson"], "nothing.geojson is not there"),
    ],
)
def test_a_wrong_value_gets_one_message(tmp_path: Path, arguments: list[str], text: str) -> None:
    done = _run("map", SAMPLE, "-o", tmp_path / "page.html", *arguments)
    assert done.exit_code == 1
    assert text in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("period", "seed", "code"), [("2018-07-01/", "0", 1), ("2018-07", "-1", 2)]
)
def test_odd_values_end_in_one_message(tmp_path: Path, period: str, seed: str, code: int) -> None:
    odd = ("--period", period, "--seed", seed)
    done = _run("map", SAMPLE, "--offence", "burglary", "-o", tmp_path / "page.html", *odd)
    assert done.exit_code == code
    assert "Traceback" not in done.output


def test_nothing_that_is_read_is_written_over(tmp_path: Path) -> None:
    file = _csv(tmp_path / "in.csv")
    before = file.read_bytes()
    done = _run("map", file, "--offence", "burglary", "-o", file)
    assert done.exit_code == 1
    assert "is used already by this command" in done.stderr
    page = tmp_path / "page.html"
    done = _run("map", file, "--offence", "burglary", "-o", page, "--summary", page)
    assert done.exit_code == 1
    assert file.read_bytes() == before
    assert not page.exists()


def test_spaces_between_offences_do_not_matter(tmp_path: Path) -> None:
    both = ("--offence", "burglary, robbery,", "--resolution", "7")
    done = _run("map", SAMPLE, *both, "--json", "-o", tmp_path / "page.html")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["offences"] == ["burglary", "robbery"]


def test_a_file_whose_area_is_unknown_asks_for_it(tmp_path: Path) -> None:
    done = _run("map", CHICAGO, "--offence", "burglary", "-o", tmp_path / "page.html")
    assert done.exit_code == 1
    assert "--area FILE" in done.stderr


def test_several_areas_need_a_name_for_the_whole(tmp_path: Path) -> None:
    areas = hs.sample_path("west-yorkshire-lsoa")
    page = tmp_path / "page.html"
    done = _run("map", SAMPLE, "--offence", "burglary", "--area", areas, "-o", page)
    assert done.exit_code == 1
    assert "holds 1388 areas. Name the whole with --place." in done.stderr
    named = ("--area", areas, "--place", "The county", "--resolution", "7")
    done = _run("map", SAMPLE, "--offence", "burglary", "-o", page, *named)
    assert done.exit_code == 0, done.output
    assert "Burglary in The county, July 2018" in page.read_text(encoding="utf-8")


def test_wrong_usage_has_code_two() -> None:
    assert _run("map").exit_code == 2
    assert _run("map", SAMPLE, "-o", "page.html", "--resolution", "99").exit_code == 2
