"""Reading opens no socket, starts no program and writes no file, whatever the file is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: The system itself refuses to write a byte to a file, which libraries in C cannot get around.
CODE = """
import os, resource, sys, tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fuzz_readers import packed, seeds
files = []
for number, seed in enumerate(seeds()):
    path = Path("in") / f"{number}-{seed.name}"
    path.write_bytes(packed(seed.kind, seed.content))
    files.append((path, seed))
before = {str(p): p.read_bytes() for p in Path().rglob("*") if p.is_file()}

FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system",
             "os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "os.truncate",
             "tempfile.", "shutil.", "ftplib.", "urllib.", "http.", "sqlite3.")

def refuse(event, args):
    if event.startswith(FORBIDDEN):
        raise SystemExit(f"reading did {event}: {args}")
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    if event == "open" and (set(str(args[1] or "r")) & set("wax+") or (args[2] or 0) & writing):
        raise SystemExit(f"reading opened {args[0]!r} for writing")

sys.addaudithook(refuse)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
exec("".join(sys.argv[2:]))
from hotspots.loaders import detect_feed, read_incidents
kinds = set()
for path, seed in files:
    incidents, quality = read_incidents(path, seed.feed, **seed.options)
    quality.summary(), quality.to_dict(), quality.to_markdown()
    if not seed.options:
        detect_feed(path)
    kinds.add(seed.kind)
after = {str(p): p.read_bytes() for p in Path().rglob("*") if p.is_file()}
assert after == before, set(after) ^ set(before)
print(*sorted(kinds))
"""


def _run(folder: Path, *wrong: str) -> subprocess.CompletedProcess[str]:
    for name in ("in", "tmp"):
        (folder / name).mkdir()
    return subprocess.run(
        [sys.executable, "-c", CODE, str(HERE), *wrong],
        cwd=folder,
        env=os.environ | {"TMPDIR": str(folder / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_reading_opens_no_socket_and_writes_no_file(tmp_path: Path) -> None:
    done = _run(tmp_path)
    assert done.stderr == ""
    assert done.stdout.split() == [
        "csv", "geojson", "gpkg", "gz", "json", "parquet", "xlsx", "zip",
    ]  # fmt: skip
    assert [p for p in (tmp_path / "tmp").rglob("*") if p.is_file()] == []


def test_a_socket_or_a_file_would_be_noticed(tmp_path: Path) -> None:
    for number, (wrong, said) in enumerate(
        {
            "import socket; socket.socket()": "reading did socket.",
            "open('x', 'w')": "reading opened 'x' for writing",
            "import tempfile; tempfile.mkdtemp()": "reading did tempfile.mkdtemp",
            "import polars; polars.DataFrame({'a': [1]}).write_csv('x')": "",
        }.items()
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = _run(folder, wrong)
        assert done.returncode != 0
        assert said in done.stderr
