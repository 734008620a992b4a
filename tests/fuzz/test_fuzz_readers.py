"""No damaged file brings the reader down: typed errors only, no hang, no crash, bounded memory."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.fuzz

FUZZER = Path(__file__).with_name("fuzz_readers.py")
#: Kinds of files: one that stops being tried would be a hole that nobody sees.
KINDS = ("csv", "geojson", "gpkg", "gz", "json", "parquet", "xlsx", "zip")
#: The limit of what may be inflated is 100 MB; as text and as frames that is some copies of it.
MOST_MEGABYTES = 2_000
START_SECONDS = 120
#: Iterations that even a busy machine reaches: with fewer the test says nothing.
LEAST_PER_SECOND = 3


def _fuzz(seed: int, seconds: int, keep: Path) -> dict[str, Any]:
    """Run the fuzzer in a process of its own and give what it said."""
    command = [sys.executable, str(FUZZER), "--seed", str(seed), "--seconds", str(seconds)]
    try:
        done = subprocess.run(
            [*command, "--keep", str(keep)],
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + START_SECONDS,
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"seed {seed}: hung, and could not be stopped; {_culprit(keep)}")
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        pytest.fail(
            f"seed {seed}: ended with {done.returncode} on {_culprit(keep)}\n{done.stderr[-4000:]}"
        )
    print({key: value for key, value in said.items() if key != "findings"})  # noqa: T201 - asked for
    return said


def _culprit(keep: Path) -> str:
    return ", ".join(str(path) for path in keep.glob("last-*")) or "no file"


def _judge(said: dict[str, Any], seconds: int) -> None:
    found = "\n".join(f"{what}\n{how}" for what, how in said["findings"].items())
    assert not said["findings"], f"seed {said['seed']}:\n{found}"
    assert said["iterations"] > LEAST_PER_SECOND * seconds
    assert said["peak_megabytes"] < MOST_MEGABYTES
    tried = {outcome.split()[0] for outcome in said["outcomes"]}
    assert tried == set(KINDS)
    # Damage must leave some files readable, or the checks on what was read never run.
    assert {kind for kind in KINDS if f"{kind} read" in said["outcomes"]} == set(KINDS)


def test_damaged_files_for_thirty_seconds(tmp_path: Path) -> None:
    _judge(_fuzz(3, 30, tmp_path), 30)


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        ("lambda *_, **__: time.sleep(30)", "Timeout (0:00:01)!"),
        ("lambda *_, **__: {}['a']", "KeyError"),
        ("lambda path, *_, **__: real(f'{FEEDS}/us-dc-export.csv')._replace(incidents=())", "rows"),
    ],
    ids=["hang", "another error", "lost rows"],
)
def test_what_the_fuzzer_is_for_would_be_noticed(tmp_path: Path, reader: str, said: str) -> None:
    code = (
        f"import sys, time; sys.path.insert(0, {str(FUZZER.parent)!r}); import fuzz_readers as f\n"
        "FEEDS, real = f.FEEDS, f.read_incidents\n"
        f"f.HANG_SECONDS, f.read_incidents = 1, {reader}\n"
        "sys.exit(f.main())"
    )
    command = [sys.executable, "-c", code, "--seed", "1", "--seconds", "2", "--keep", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert [p for p in tmp_path.iterdir() if p.name.startswith(("last-", "found-"))]


@pytest.mark.soak
def test_damaged_files_for_ten_minutes_with_a_fresh_seed(tmp_path: Path) -> None:
    _judge(_fuzz(secrets.randbelow(1 << 31), 600, tmp_path), 600)
