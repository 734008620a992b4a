"""The house itself: what importing pulls in, what the wheel carries, what the README promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import hotspots as hs
from hotspots.words import languages, message, say
from hotspots.words.messages import Message

ROOT = Path(__file__).parents[2]


def _run(code: str, *, cwd: Path, path: Path | None = None) -> str:
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_pulls_in_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, hotspots; print([m for m in ('folium', 'matplotlib', 'dask', 'httpx', "
        "'requests') if m in sys.modules])"
    )
    assert _run(code, cwd=tmp_path).strip() == "[]"


def test_reading_to_page_opens_no_socket(tmp_path: Path) -> None:
    code = """
import socket, sys
def refuse(event, args):
    if event.startswith("socket."):
        raise AssertionError(f"a socket was opened: {event}")
sys.addaudithook(refuse)
import hotspots as hs
incidents, quality = hs.load_sample("west-yorkshire-2018-07")
areas, place = hs.areas_of(incidents)
chosen, _ = hs.select_incidents(incidents, offence="burglary")
grid = hs.make_hexgrid(hs.study_area(areas, name=place), incidents=chosen)
result = hs.local_gi_star(hs.count_incidents(chosen, grid))
print(hs.write_page(hs.publish(result, quality=quality), "page.html"))
"""
    assert _run(code, cwd=tmp_path).strip() == "page.html"


def test_the_wheel_carries_samples_and_feeds(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "import hotspots as hs; print(hs.__file__); "
        "print(*[len(hs.load_sample(name).incidents) for name in hs.list_samples() "
        "if 'lsoa' not in name])"
    )
    where, sizes = _run(code, cwd=tmp_path, path=tmp_path / "site").strip().splitlines()
    assert str(tmp_path) in where
    assert {"31635", "28537", "27176"} <= set(sizes.split())


def test_the_first_lines_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)[0]
    assert len(code.strip().splitlines()) <= 11
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own text
    assert (tmp_path / "west-yorkshire-burglary.html").stat().st_size > 100_000


def test_every_public_name_is_in_the_manual() -> None:
    manual = (ROOT / "docs" / "api.rst").read_text(encoding="utf-8")
    assert [name for name in hs.__all__ if f"   {name}\n" not in manual] == []


def test_modules_stay_rooms() -> None:
    sizes = {
        path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "src").rglob("*.py")
    }
    assert {path: lines for path, lines in sizes.items() if lines > 420} == {}


def test_a_message_is_said_in_english_with_separators() -> None:
    text = say(message("publish.several_maps", maps=12_000, expected="0.1"))
    assert "12,000 maps" in text


def test_unknown_messages_and_languages_are_refused() -> None:
    with pytest.raises(hs.HotspotsError, match=r"no message 'publish\.nothing'"):
        say(Message("publish.nothing"))
    with pytest.raises(hs.HotspotsError, match="no catalogue for the language 'xx'"):
        say(message("publish.policy_open"), "xx")
    assert "en" in languages()
