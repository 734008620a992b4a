"""``python -m hotspots``: the command line."""

from __future__ import annotations

from hotspots.cli import main

if __name__ == "__main__":
    main(prog_name="hotspots")
