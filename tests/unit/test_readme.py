"""What the README promises for a user's own file: three lines, and no decision hidden in them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import folium
import numpy as np
import pandas as pd
import pyproj
import pytest
from click.testing import CliRunner

import hotspots as hs
from hotspots.cli import main
from hotspots.codec import unpack

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "feeds"
VANCOUVER = "crimedata_csv_AllNeighbourhoods_2025.csv"
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXT = README.partition("<!-- own-file-start -->")[2].partition("<!-- own-file-end -->")[0]
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
LINES = BLOCKS[0].strip().splitlines()


def _run(lines: list[str]) -> dict[str, Any]:
    """Run lines as a notebook does: the last one is what is shown."""
    names: dict[str, Any] = {"hs": hs}
    exec("\n".join(lines[:-1]), names)  # noqa: S102 - our own text
    return names | {"shown": eval(lines[-1], names)}  # noqa: S307 - our own text


@pytest.fixture
def points() -> np.ndarray:
    """Longitudes and latitudes: a place with one corner that is far busier."""
    rng = np.random.default_rng(7)
    even = rng.uniform((-123.20, 49.21), (-123.03, 49.29), size=(1500, 2))
    busy = rng.normal((-123.10, 49.27), 0.002, size=(500, 2))
    return np.vstack([even, busy])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _vancouver(path: Path, points: np.ndarray) -> None:
    x, y = pyproj.Transformer.from_crs(4326, 26910, always_xy=True).transform(*points.T)
    kinds = ["Break and Enter Residential/Other", "Mischief"]
    whole = pd.DataFrame({"TYPE": np.resize(kinds, len(x)), "YEAR": 2025, "MONTH": 5, "DAY": 6})
    whole = whole.assign(HOUR=13, MINUTE=7, HUNDRED_BLOCK="1XX MAIN ST", NEIGHBOURHOOD="Central")
    whole.assign(X=x, Y=y).to_csv(path, index=False)


def _assert_a_map(done: dict[str, Any]) -> None:
    assert isinstance(done["shown"], folium.Map)
    assert len(done["burglary"]) + sum(done["left_out"].values()) == len(done["incidents"])
    assert set(done["burglary"]["display_group"]) == {"burglary"}


def test_a_first_map_takes_three_lines() -> None:
    assert len(LINES) == 3
    assert all(len(line) <= 100 for line in LINES)
    assert ";" not in BLOCKS[0]
    for decision in ('offence="burglary"', "study_area(incidents)"):
        assert decision in BLOCKS[0]


def test_the_three_lines_run(here: Path, points: np.ndarray) -> None:
    _vancouver(here / VANCOUVER, points)
    _assert_a_map(_run(LINES))


def test_the_outline_that_the_lines_draw_is_said_and_refused(
    here: Path, points: np.ndarray
) -> None:
    _vancouver(here / VANCOUVER, points)
    done = _run(LINES)
    packed = re.search(r'hotspots\.notebook\(\w+, "([^"]+)"\)', done["shown"].get_root().render())
    assert packed is not None
    said = unpack(packed[1])["warning"]
    assert said.startswith("For analysis, not for publication")
    assert "drawn around the incidents themselves" in said
    grid = hs.count_incidents(done["burglary"], hs.study_area(done["incidents"]))
    result = hs.local_gi_star(grid)
    assert "methods.area_from_incidents" in {caveat.key for caveat in result.caveats}
    with pytest.raises(hs.HotspotsError, match="drawn around the incidents"):
        hs.publish(result, quality=done["quality"])


def test_polygons_in_the_place_of_incidents_need_no_such_warning(
    here: Path, points: np.ndarray
) -> None:
    _vancouver(here / VANCOUVER, points)
    incidents, _ = hs.read_incidents(VANCOUVER)
    hs.study_area(incidents)[["name", "geometry"]].to_file(here / "neighbourhoods.geojson")
    own = re.search(r"`hs\.(study_area\(hs\.read_areas\([^`]*)`", TEXT)
    assert own is not None
    _assert_a_map(_run([*LINES[:2], LINES[2].replace("study_area(incidents)", own[1])]))
    area = hs.study_area(hs.read_areas("neighbourhoods.geojson"))
    result = hs.local_gi_star(hs.count_incidents(incidents, area))
    assert "methods.area_from_incidents" not in {caveat.key for caveat in result.caveats}


def test_a_file_that_no_feed_fits_takes_one_command_and_three_lines(
    here: Path, points: np.ndarray
) -> None:
    (command,) = re.findall(r"^\$ hotspots (.*)$", TEXT, flags=re.MULTILINE)
    table = pd.DataFrame(
        {
            "Tatzeit": np.resize(["17.05.2024 10:31", "03.04.2024 23:10"], len(points)),
            "Breite": [f"{y:.5f}".replace(".", ",") for y in points[:, 1]],
            "Länge": [f"{x:.5f}".replace(".", ",") for x in points[:, 0]],
            "Delikt": np.resize(["Burglary", "Raub"], len(points)),
        }
    )
    table.to_csv(here / "own.csv", index=False, sep=";", encoding="cp1252")
    done = CliRunner().invoke(main, command.split())
    assert done.exit_code == 0, done.output
    _assert_a_map(_run([BLOCKS[1].strip(), *LINES[1:]]))


@pytest.mark.parametrize(
    "file", [f"ca-vancouver/{VANCOUVER}", "us-denver/offenses_98k.csv.gz"], ids=["van", "denver"]
)
def test_the_three_lines_run_on_real_files(here: Path, file: str) -> None:
    if not (REAL / file).exists():
        pytest.skip("the real files are not here")
    shutil.copy(REAL / file, here)
    done = _run([line.replace(VANCOUVER, Path(file).name) for line in LINES])
    _assert_a_map(done)
    assert len(done["burglary"]) > 2000


def test_every_feed_is_listed() -> None:
    assert [name for name in hs.list_feeds() if f"| `{name}` |" not in README] == []
