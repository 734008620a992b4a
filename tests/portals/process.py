"""The server as a process of its own, so that it shares no interpreter with what is measured."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT: Final = Path(__file__).parents[2]
_FAREWELL_SECONDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalProcess:
    """Where the other process listens."""

    url: str
    ca_file: str


@contextlib.contextmanager
def portal_process(n_rows: int, *, seed: int = 0, gzip: bool = False) -> Iterator[PortalProcess]:
    """Run a portal with so many made-up rows until the block ends; with ``gzip`` it packs them."""
    command = [sys.executable, "-m", "tests.portals", "--rows", str(n_rows), "--seed", str(seed)]
    command += ["--gzip"] if gzip else []
    with subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            yield PortalProcess(**json.loads(child.stdout.readline() if child.stdout else ""))
        finally:
            # The end of its input is the end of the process; the block's end waits for it.
            if child.stdin:
                child.stdin.close()
            try:
                child.wait(_FAREWELL_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
