"""From a portal to a file: whole, once, resumable, and honest about what it is."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from tests.portals import ArcGIS, Fault, FaultScript, PortalServer, Stop, synthetic_rows

import hotspots as hs
from hotspots.errors import (
    FetchError,
    MissingExtraError,
    OutputError,
    ParameterError,
    SchemaMismatchError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.portals.faults import Faults

ROWS = synthetic_rows(3000, seed=5)
LIMITS = hs.FetchLimits(attempts=3, first_wait_seconds=0.01, longest_wait_seconds=5)


class Portal:
    """A server, and the one call that fetches from it."""

    def __init__(self, server: PortalServer) -> None:
        self.server = server
        self.portal = hs.Portal(
            name="made up",
            protocol="socrata",
            url=server.url,
            dataset="abcd-1234",
            date_column="date",
            first_day=date(2023, 1, 1),
        )

    def fetch(self, out: Path, **options: Any) -> hs.Fetched:  # noqa: ANN401 - any option
        given = {"portal": self.portal, "private_hosts": ["localhost"], "limits": LIMITS, **options}
        return hs.fetch_incidents("us-chicago", out=out, **given)

    def pages(self) -> list[str]:
        """List the questions for rows, by their windows."""
        return [
            seen.asked.get("$where", "") for seen in self.server.seen if seen.path.endswith(".csv")
        ]


@pytest.fixture
def portal_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Portal]]:
    opened: list[PortalServer] = []

    def start(faults: Faults | None = None, **options: Any) -> Portal:  # noqa: ANN401 - any option
        server = PortalServer(frame=options.pop("frame", ROWS), faults=faults, **options)
        opened.append(server)
        server.__enter__()
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        return Portal(server)

    yield start
    for server in opened:
        server.__exit__(None, None, None)


def _table(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _manifest(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.with_name(f"{path.name}.manifest.json").read_text())
    return found


@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz"])
def test_every_row_comes_once_and_is_reported_on(
    portal_of: Callable[..., Portal],
    tmp_path: Path,
    name: str,
) -> None:
    path, quality, notes = portal_of().fetch(tmp_path / name)
    rows = _table(path)
    assert sorted(int(row["id"]) for row in rows) == sorted(ROWS["id"].to_list())
    by_id = {row["id"]: row for row in rows}
    for there in ROWS.head(50).select("id", "block", "description").iter_rows(named=True):
        here = by_id[str(there["id"])]
        assert (here["block"], here["description"]) == (
            there["block"] or "",
            there["description"] or "",
        )
    assert quality is not None
    assert quality.feed.id == "us-chicago"
    assert quality.rows_read == 3000 == quality.kept + sum(quality.rejected.values())
    assert "3,000 rows" in notes[0]
    facts = _manifest(path)
    assert facts["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest() == quality.sha256
    assert facts["size_bytes"] == path.stat().st_size
    assert facts["rows"] == 3000 == sum(w["rows"] for w in facts["windows"])
    assert facts["columns"] == list(rows[0])


def test_only_columns_that_a_rule_reads_are_fetched(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    path, _, notes = portal_of().fetch(tmp_path / "rows.csv")
    assert "arrest" not in _table(path)[0]
    assert "arrest" in _manifest(path)["columns_not_fetched"]
    assert any("'arrest'" in note for note in notes)


def test_what_has_not_changed_is_not_fetched_again(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    portal = portal_of()
    path = portal.fetch(tmp_path / "rows.csv.gz").path
    before, first, pages = path.read_bytes(), _manifest(path), len(portal.pages())
    portal.fetch(path)
    assert path.read_bytes() == before
    assert len(portal.pages()) == pages
    assert _manifest(path)["retrieved_at"] == first["retrieved_at"]


def test_only_the_month_that_changed_is_fetched_again(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    portal = portal_of()
    path = portal.fetch(tmp_path / "rows.csv.gz").path
    pages = len(portal.pages())
    portal.server.change(Fault(kind="edit", rows=1))
    notes = portal.fetch(path).notes
    assert len(portal.pages()) == pages + 1
    assert "fetched now: 1;" in notes[0]
    theirs = {str(row["id"]): row for row in portal.server.frame.iter_rows(named=True)}
    for row in _table(path):
        assert row["description"] == (theirs[row["id"]]["description"] or "")


@pytest.mark.parametrize("kind", ["insert", "delete", "move"])
def test_rows_that_come_go_or_move_are_found(
    portal_of: Callable[..., Portal], tmp_path: Path, kind: str
) -> None:
    portal = portal_of()
    path = portal.fetch(tmp_path / "rows.csv").path
    portal.server.change(Fault(kind=kind, rows=3))
    portal.fetch(path)
    ids = sorted(int(row["id"]) for row in _table(path))
    assert ids == sorted(portal.server.frame["id"].to_list())


def test_days_are_those_of_the_feed_and_both_ends_are_in(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    path = portal_of().fetch(tmp_path / "rows.csv", since="2023-03-05", until="2023-04").path
    days = pl.col("date").dt.date()
    wanted = ROWS.filter(days.is_between(date(2023, 3, 5), date(2023, 4, 30)))
    assert sorted(int(r["id"]) for r in _table(path)) == sorted(wanted["id"].to_list())
    assert (_manifest(path)["since"], _manifest(path)["until"]) == ("2023-03-05", "2023-04-30")


def test_a_column_that_is_new_or_gone_is_named(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    portal = portal_of()
    path = portal.fetch(tmp_path / "rows.csv").path
    portal.server.change(Fault(kind="add_column"))
    new = set(portal.server.frame.columns) - set(ROWS.columns)
    notes = " ".join(portal.fetch(path).notes)
    assert "Columns that are new since the last fetch" in notes
    assert all(name in notes for name in new)


def test_a_column_that_the_feed_needs_is_missed_before_any_row_is_asked_for(
    portal_of: Callable[..., Portal],
    tmp_path: Path,
) -> None:
    portal = portal_of(frame=ROWS.rename({"iucr": "code"}))
    with pytest.raises(SchemaMismatchError, match="missing 'IUCR'"):
        portal.fetch(tmp_path / "rows.csv")
    assert not portal.pages()
    assert not (tmp_path / "rows.csv").exists()


def test_a_fetch_that_failed_goes_on_where_it_was(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    broken = FaultScript({n: Fault(kind="status", status=500) for n in range(6, 9)}, paths=r"\.csv")
    portal, path = portal_of(broken), tmp_path / "rows.csv.gz"
    with pytest.raises(FetchError, match="What was fetched is kept: run the same again to go on"):
        portal.fetch(path)
    assert not path.exists()
    asked = portal.pages()
    portal.fetch(path)
    again = portal.pages()[len(asked) :]
    assert not set(again) & set(asked[:6])
    whole = portal_of().fetch(tmp_path / "whole.csv.gz").path
    assert path.read_bytes() == whole.read_bytes()


def test_ctrl_c_leaves_a_state_to_go_on_from(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    stop = Stop(200_000, lambda: os.kill(os.getpid(), signal.SIGINT))
    portal, path = portal_of(stop=stop), tmp_path / "rows.csv"
    with pytest.raises(KeyboardInterrupt):
        portal.fetch(path)
    before = len(portal.pages())
    assert before > 1
    portal.fetch(path)
    assert len(set(portal.pages())) >= len(portal.pages()) - 1, "at most one page twice"
    assert len(_table(path)) == 3000


def test_counts_that_never_agree_end_in_an_error(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    portal = portal_of(FaultScript(then=Fault(kind="short_page", rows=1), paths=r"\.csv"))
    with pytest.raises(FetchError, match=r"do not agree: .* rows by its count, and .* came"):
        portal.fetch(tmp_path / "rows.csv")
    assert not (tmp_path / "rows.csv").exists()


def test_data_that_change_faster_than_they_can_be_read_end_in_an_error(
    portal_of: Callable[..., Portal],
    tmp_path: Path,
) -> None:
    portal = portal_of(FaultScript(then=Fault(kind="insert", rows=1), paths=r"/resource/"))
    with pytest.raises(FetchError, match="Nothing was written"):
        portal.fetch(tmp_path / "rows.csv")


def test_a_portal_that_answers_with_nothing_is_an_error(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    with pytest.raises(FetchError, match="has no row for what was asked for"):
        portal_of(frame=ROWS.head(0)).fetch(tmp_path / "rows.csv")
    assert not (tmp_path / "rows.csv").exists()


def test_a_dataset_that_was_truncated_is_not_put_over_the_file(
    portal_of: Callable[..., Portal],
    tmp_path: Path,
) -> None:
    portal, path = portal_of(), tmp_path / "rows.csv"
    before = portal.fetch(path).path.read_bytes()
    portal.server.change(Fault(kind="delete", rows=2000))
    with pytest.raises(FetchError, match="1,000 rows where it had 3,000"):
        portal.fetch(path)
    assert path.read_bytes() == before


def test_keys_that_are_gone_are_missed(portal_of: Callable[..., Portal], tmp_path: Path) -> None:
    portal, path = portal_of(), tmp_path / "rows.csv"
    portal.fetch(path)
    sorted((tmp_path / "rows.csv.parts").glob("*/*.keys"))[2].unlink()
    with pytest.raises(FetchError, match="was damaged since it was fetched"):
        portal.fetch(path)
    portal.fetch(path)


@pytest.mark.parametrize("suffix", ["zst", "keys"])
def test_a_part_that_was_damaged_is_noticed_and_fetched_again(
    portal_of: Callable[..., Portal],
    tmp_path: Path,
    suffix: str,
) -> None:
    portal, path = portal_of(), tmp_path / "rows.csv"
    whole = portal.fetch(path).path.read_bytes()
    part = sorted((tmp_path / "rows.csv.parts").glob(f"*/*.{suffix}"))[3]
    part.write_bytes(part.read_bytes()[:-30])
    path.unlink()
    with pytest.raises(FetchError, match="was damaged since it was fetched"):
        portal.fetch(path)
    portal.fetch(path)
    assert path.read_bytes() == whole


def test_a_full_disk_leaves_the_old_file(portal_of: Callable[..., Portal], tmp_path: Path) -> None:
    portal, path = portal_of(), tmp_path / "rows.csv"
    before = portal.fetch(path, since="2023-01", until="2023-01").path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) * 2, hard))
    try:
        with pytest.raises(OutputError, match=r"cannot be written: File too large"):
            portal.fetch(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


_FETCH = """
    import sys, hotspots as hs
    from datetime import date
    url, out = sys.argv[1:]
    portal = hs.Portal(name="made up", protocol="socrata", url=url, dataset="abcd-1234",
                       date_column="date", first_day=date(2023, 1, 1))
    limits = hs.FetchLimits(attempts=3, first_wait_seconds=0.01)
    hs.fetch_incidents("us-chicago", out=out, portal=portal, private_hosts=["localhost"],
                       limits=limits, report=False)
"""


def _process(url: str, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", textwrap.dedent(_FETCH), url, str(out)]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def test_two_processes_and_one_file_fetch_it_once(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    portal, path = portal_of(), tmp_path / "rows.csv.gz"
    both = [_process(portal.server.url, path) for _ in range(2)]
    for one in both:
        _, said = one.communicate(timeout=120)
        assert one.returncode == 0, said
    assert len(portal.pages()) == len(set(portal.pages()))
    assert len(_table(path)) == 3000


def _killed_and_run_again(
    after_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill a fetch when so many bytes were sent, run it again, and look what was lost."""
    victims: list[subprocess.Popen[bytes]] = []
    path = tmp_path / f"killed-{after_bytes}.csv.gz"

    def kill() -> None:
        victims[0].kill()

    stop = Stop(after_bytes, kill)
    with PortalServer(frame=ROWS, stop=stop) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        victims.append(_process(server.url, path))
        victims[0].communicate(timeout=120)
        assert victims[0].returncode == -signal.SIGKILL
        assert not path.exists()
        portal = Portal(server)
        portal.fetch(path, report=False)
        twice = len(portal.pages()) - len(set(portal.pages()))
        assert twice <= 1, "more than one page was fetched again"
    facts = _manifest(path)
    assert facts["rows"] == 3000
    assert facts["sha256"] == _whole(tmp_path, monkeypatch)


def _whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Fetch the same without any harm, once, and give the digest."""
    path = tmp_path / "whole.csv.gz"
    if not path.exists():
        with PortalServer(frame=ROWS) as server:
            monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
            Portal(server).fetch(path, report=False)
    return str(_manifest(path)["sha256"])


def _sizes(n: int) -> list[int]:
    """Spread ``n`` offsets over all that is sent in one fetch, answers to counts included."""
    sent = 560_000
    return [sent * (2 * i + 1) // (2 * n) for i in range(n)]


@pytest.mark.parametrize("after_bytes", _sizes(10))
def test_a_killed_fetch_ends_in_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after_bytes: int
) -> None:
    _killed_and_run_again(after_bytes, tmp_path, monkeypatch)


@pytest.mark.soak
def test_a_fetch_killed_at_200_places_ends_in_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for after_bytes in _sizes(200):
        _killed_and_run_again(after_bytes, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"out": "rows.txt"}, "Let it end in .csv or .csv.gz"),
        ({"since": "03/04/2023"}, "since='03/04/2023' is not a day"),
        ({"since": "2023-05", "until": "2023-04"}, "must not be after until"),
        ({"until": "2023-13"}, "is not a day"),
        ({"area": (0, 0, 1, 1)}, "is fetched whole"),
        ({"portal": "nowhere"}, "has no portal called 'nowhere'. It has: "),
        ({"private_hosts": "localhost"}, r"private_hosts is a list of names"),
        ({"portal": 5}, "portal is the name of one, or a Portal, not 5"),
        ({"token": " "}, "The token is blank"),
        ({"time_zone": "Europe/London"}, "time zone of us-chicago is known: America/Chicago"),
        ({"token": "a\nb"}, "holds characters that no token has"),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_anything_is_asked(
    portal_of: Callable[..., Portal],
    tmp_path: Path,
    options: dict[str, Any],
    says: str,
) -> None:
    portal = portal_of()
    out = tmp_path / options.pop("out", "rows.csv")
    with pytest.raises(ParameterError, match=says):
        portal.fetch(out, **options)
    assert not portal.server.seen
    assert not list(tmp_path.iterdir())


def test_a_feed_without_a_portal_says_where_to_get_its_files(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="It is not known where generic-csv can be fetched"):
        hs.fetch_incidents("generic-csv", out=tmp_path / "rows.csv")


def test_a_feed_of_many_publishers_needs_an_address_and_may_be_given_a_zone(
    tmp_path: Path,
) -> None:
    for options, says in (
        ({}, "Every user of open311 has another address"),
        ({"time_zone": "Europe/London"}, "Every user of open311 has another address"),
        ({"time_zone": "Mars"}, "'Mars' is not an IANA zone"),
    ):
        with pytest.raises(ParameterError, match=says):
            hs.fetch_incidents("open311", out=tmp_path / "rows.csv", **options)  # type: ignore[arg-type]


def test_a_dataset_of_another_address_is_guarded_like_any(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    portal = portal_of()
    for url, says in (
        (portal.server.url.replace("https", "http"), "does not begin with https://"),
        (f"{portal.server.url}/?token=secret", "holds a password or a token"),
    ):
        with pytest.raises(ParameterError, match=says):
            portal.fetch(tmp_path / "rows.csv", portal=replace(portal.portal, url=url))


def test_a_dataset_that_is_described_wrongly_is_refused(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    portal = portal_of()
    with pytest.raises(ParameterError, match="the clock 'UTC' is none of"):
        portal.fetch(tmp_path / "rows.csv", portal=replace(portal.portal, clock="UTC"))
    with pytest.raises(OutputError, match="cannot be the name of a file"):
        portal.fetch(tmp_path / "ro\0ws.csv")


def test_a_token_is_shown_to_the_portal_and_written_nowhere(
    portal_of: Callable[..., Portal],
    tmp_path: Path,
) -> None:
    portal = portal_of()
    portal.fetch(tmp_path / "rows.csv", token="very-secret")  # noqa: S106 - made up
    for seen in portal.server.seen:
        assert {k.lower(): v for k, v in seen.headers.items()}["x-app-token"] == "very-secret"
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"very-secret" not in path.read_bytes()


def test_without_a_report_nothing_is_read(portal_of: Callable[..., Portal], tmp_path: Path) -> None:
    assert portal_of().fetch(tmp_path / "rows.csv", report=False).quality is None


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'crime-hotspots\[fetch\]'"):
        hs.fetch_incidents("us-chicago", out=tmp_path / "rows.csv")


def test_parts_of_another_dataset_are_never_taken_for_these(
    portal_of: Callable[..., Portal],
    tmp_path: Path,
) -> None:
    path = portal_of().fetch(tmp_path / "rows.csv").path
    other = synthetic_rows(2000, seed=9)
    portal_of(frame=other).fetch(path)
    assert sorted(int(row["id"]) for row in _table(path)) == sorted(other["id"].to_list())


def test_rows_edited_where_the_portal_keeps_no_record_of_it_come_into_the_file(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    # The last text is what is edited; this one is fetched.
    frame = ROWS.select(pl.exclude("description"), "description")
    portal = portal_of(frame=frame, protocols=[ArcGIS(edit_date=False)])
    portal.portal = replace(
        portal.portal,
        protocol="arcgis",
        url=f"{portal.server.url}/arcgis/rest/services/Crimes/FeatureServer",
        dataset="0",
    )
    out = tmp_path / "x.csv"
    portal.fetch(out, report=False)
    before = out.read_bytes()
    portal.server.change(Fault(kind="edit", rows=5))
    portal.fetch(out, report=False)
    assert out.read_bytes() != before
    assert _manifest(out)["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()


def test_a_broken_manifest_is_written_anew(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    portal, out = portal_of(), tmp_path / "x.csv"
    portal.fetch(out)
    good = _manifest(out)
    for text in ("{broken", "[]", json.dumps({**good, "rows": None, "columns": None})):
        (tmp_path / "x.csv.manifest.json").write_text(text)
        portal.fetch(out)
        assert _manifest(out)["rows"] == good["rows"]


def test_a_file_that_was_moved_away_is_fetched_again_however_small(
    portal_of: Callable[..., Portal], tmp_path: Path
) -> None:
    portal, out = portal_of(), tmp_path / "x.csv"
    portal.fetch(out)
    manifest = tmp_path / "x.csv.manifest.json"
    manifest.write_text(json.dumps({**_manifest(out), "rows": 1_000_000}))
    with pytest.raises(FetchError, match="move the file away"):
        portal.fetch(out)
    out.rename(tmp_path / "away.csv")
    portal.fetch(out)
    assert out.read_bytes() == (tmp_path / "away.csv").read_bytes()


@pytest.mark.parametrize("content", [b"junk", b"\xff\x00\n"])
def test_damaged_keys_are_fetched_again(
    portal_of: Callable[..., Portal], tmp_path: Path, content: bytes
) -> None:
    portal, out = portal_of(), tmp_path / "x.csv"
    portal.fetch(out)
    keys = min((tmp_path / "x.csv.parts").glob("*/2023*.keys"))
    keys.write_bytes(content)
    with pytest.raises(FetchError, match="damaged since it was fetched"):
        portal.fetch(out)
    assert "fetched now: 1;" in portal.fetch(out).notes[0]


@pytest.mark.parametrize("text", ['{"begun": null}', '{"begun": 1e999, "run": "x"}', "[]", "x"])
def test_a_broken_note_of_the_run_begins_a_new_one(
    portal_of: Callable[..., Portal], tmp_path: Path, text: str
) -> None:
    portal, out = portal_of(), tmp_path / "x.csv"
    portal.fetch(out)
    (folder,) = (tmp_path / "x.csv.parts").glob("socrata-*")
    (folder / "run.json").write_text(text)
    assert "fetched now: 0" in portal.fetch(out).notes[0]


@pytest.mark.parametrize("until", ["9999-12", "9999-12-31", date.max])
def test_no_day_is_after_the_last_one(tmp_path: Path, until: str | date) -> None:
    with pytest.raises(ParameterError, match="is not a day"):
        hs.fetch_incidents("us-chicago", out=tmp_path / "x.csv", until=until)
