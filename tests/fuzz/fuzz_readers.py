"""Read damaged files until the time is up; say what came out, and what should not have.

Run by ``test_fuzz_readers.py`` in a process of its own, so that a hang, a crash or too much memory
ends this process and not the tests. By hand::

    python tests/fuzz/fuzz_readers.py --seed 1 --seconds 60 --keep build/fuzz

The file that was read last is always in the folder: when the process dies, that is the culprit.
"""

from __future__ import annotations

import argparse
import faulthandler
import gzip
import io
import json
import random
import resource
import sqlite3
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import geopandas as gpd
import polars as pl

from hotspots.errors import HotspotsError
from hotspots.loaders import QualityReport, Reading, list_feeds, read_incidents, sample_path
from hotspots.schema import validate_incidents

FEEDS: Final = Path(__file__).resolve().parents[1] / "data" / "feeds"
#: An input that takes longer is a hang: the process ends with the stack on stderr.
HANG_SECONDS: Final = 10
#: Beyond it an allocation fails; what is really used is measured and judged by the test.
_ADDRESS_SPACE: Final = 12 << 30
_LONG: Final = 200_000
#: One in so many readings has its report written too: writing takes longer than reading.
_REPORT_EVERY: Final = 7
_HEAD_LINES: Final = 25
_TOKENS: Final = (
    b"",
    b'"',
    b'""',
    b",",
    b";",
    b"\t",
    b"|",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"NaN",
    b"nan",
    b"inf",
    b"-inf",
    b"1e999",
    b"-0",
    b"0",
    b"1e-320",
    b"9" * 400,
    b"0x1p3",
    b"1_000",
    b"-1",
    b"NULL",
    b"(null)",
    b"None",
    b"N/A",
    b"-",
    b"REDACTED",
    b"01/01/0001 12:00:00 AM",
    b"12/31/9999 11:59:59 PM",
    b"2024-02-30",
    b"99999-01",
    b"0000-00",
    b"2024-03-10T02:30:00",
    b"2024-11-03T01:30:00",
    b"253402300800000",
    b"-62135596800001",
    b"24:00",
    "\u202e".encode(),
    "\ud7ff\ufffd".encode(),
    "\u0660\u0661".encode(),
    b"\xed\xa0\x80",
    b"{",
    b"}",
    b"[",
    b"]",
    b"<",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"true",
    b'{"a":',
    b"[[[[",
    b"PK\x03\x04",
    b"__proto__",
    b"geometry.x",
    b"../x",
    b"POINT (1 2)",
    b"(, )",
    b"(1e999, NaN)",
    b"=1+1",
    b"[wall]",
    b"[UTC]",
    b"9999-12-31T23:59:59.999999[UTC]",
    b"0000-01-01T00:00:00.000000[wall]",
)


@dataclass(frozen=True, slots=True)
class Seed:
    """A good file: what it holds inside, and how that is packed."""

    name: str
    kind: str
    content: bytes
    feed: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What came out."""

    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    findings: dict[str, str] = field(default_factory=dict)
    slowest: float = 0.0
    slowest_kind: str = ""


def seeds() -> list[Seed]:
    """Make a good file of every kind from the samples."""
    made: list[Seed] = []
    for path in sorted(p for p in FEEDS.iterdir() if not p.name.startswith("generic-csv")):
        # The longest name that fits: "us-st-louis", and not "us-st".
        feed = max((name for name in list_feeds() if path.name.startswith(f"{name}-")), key=len)
        kind = {".csv": "csv", ".json": "json", ".geojson": "geojson"}[path.suffix]
        made.append(Seed(path.name, kind, path.read_bytes(), feed))
    real = gzip.decompress(sample_path("west-yorkshire-2018-07").read_bytes())
    made.append(Seed("street.csv", "csv", b"\n".join(real.split(b"\n")[:_HEAD_LINES]), "gb-police"))
    generic = {
        "columns": {
            "occurred": "when", "longitude": "Lon", "latitude": "Lat", "category": "what",
            "record_id": "no",
        },
        "time_zone": "Europe/London",
        "date_format": "%d/%m/%Y %H:%M",
    }  # fmt: skip
    named = (FEEDS / "generic-csv-named.csv").read_bytes()
    made.append(Seed("named.csv", "csv", named, "generic-csv", generic))
    for name, feed in (
        ("us-chicago-export", "us-chicago"),
        ("ca-vancouver-export", "ca-vancouver"),
    ):
        content = (FEEDS / f"{name}.csv").read_bytes()
        frame = pl.read_csv(content, infer_schema=False).fill_null("")
        made += [
            Seed(f"{name}.csv.gz", "gz", content, feed),
            Seed(f"{name}.zip", "zip", content, feed),
            Seed(f"{name}.xlsx", "xlsx", _sheet(frame), feed),
            Seed(f"{name}.parquet", "parquet", _parquet(frame), feed),
            Seed(f"{name}.gpkg", "gpkg", _geopackage(frame), feed),
        ]
    return made


def _sheet(frame: pl.DataFrame) -> bytes:
    rows = [frame.columns, *map(list, frame.iter_rows())]
    cells = "".join(
        "<row>" + "".join(
            f'<c t="inlineStr"><is><t>{escape(str(v))}</t></is></c>' for v in row
        ) + "</row>"
        for row in rows
    )  # fmt: skip
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'.encode()


def _workbook(sheet: bytes) -> bytes:
    """Pack a sheet into a workbook."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{main}.sheet.main+xml"/>'
        f'<Override PartName="/xl/s1.xml" ContentType="{main}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
        f'main" xmlns:r="{office}"><sheets><sheet name="one" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="s1.xml"/></Relationships>',
        "xl/s1.xml": sheet,
    }
    return _zipped(parts)


def _zipped(parts: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # two members of one name are meant
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, compression="uncompressed")
    return out.getvalue()


def _geopackage(frame: pl.DataFrame) -> bytes:
    table = frame.to_pandas()
    x, y = (f"{a}" for a in (("Longitude", "Latitude") if "Longitude" in table else ("X", "Y")))
    points = gpd.points_from_xy(
        table[x].replace("", "0").astype(float), table[y].replace("", "0").astype(float)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.gpkg"
        gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4326").to_file(path, driver="GPKG")
        return path.read_bytes()


def damage(content: bytes, rng: random.Random, others: list[Seed]) -> bytes:
    """Change bytes of a file, one to six times."""
    raw = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        at = rng.randrange(len(raw) + 1)
        end = min(len(raw), at + rng.choice((1, 1, 2, 8, 64, 512)))
        match rng.randrange(10):
            case 0:
                raw[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del raw[at:end]
            case 2:
                raw[at:at] = raw[at:end] * rng.choice((1, 2, 50))
            case 3:
                raw[at : rng.choice((at, end))] = rng.choice(_TOKENS)
            case 4:
                del raw[at:]
            case 5:
                other = rng.choice(others).content
                start = rng.randrange(len(other) + 1)
                raw[at:at] = other[start : start + 400]
            case 6:
                raw[at:at] = bytes([rng.randrange(256)]) * rng.choice((1, 100, _LONG))
            case _:
                raw = _damaged_field(raw, rng)
    return bytes(raw)


def _damaged_field(raw: bytearray, rng: random.Random) -> bytearray:
    """Put something else into one field, of the header or of a row."""
    lines = raw.split(b"\n")
    number = rng.randrange(len(lines))
    fields = lines[number].split(b",")
    fields[rng.randrange(len(fields))] = bytearray(rng.choice(_TOKENS))
    lines[number] = bytearray(b",").join(fields)
    return bytearray(b"\n").join(lines)


def packed(kind: str, content: bytes) -> bytes:
    """Give the good file of a kind that holds something."""
    if kind == "gz":
        return gzip.compress(content, 1, mtime=0)
    if kind == "zip":
        return _zipped({"a.csv": content})
    return _workbook(content) if kind == "xlsx" else content


def damaged_file(seed: Seed, rng: random.Random, every: list[Seed]) -> bytes:
    """Give a file with its contents damaged, or what they are packed in."""
    if rng.random() < 0.4:  # a little more often inside
        return damage(packed(seed.kind, seed.content), rng, every)
    match seed.kind:
        case "json" | "geojson":
            return _other_leaf(seed.content, rng)
        case "parquet":
            return _other_column(seed.content, rng)
        case "gpkg":
            return _other_cell(seed.content, rng)
        case "zip" if rng.random() < 0.5:  # one in two with odd members
            return _zip_of(damage(seed.content, rng, every), rng)
        case _:
            return packed(seed.kind, damage(seed.content, rng, every))


def _zip_of(content: bytes, rng: random.Random) -> bytes:
    names = (
        "a.csv",
        "b.csv",
        "a.json",
        "../a.csv",
        "/a.csv",
        "x.zip",
        "read.me",
        "a\0.csv",
        "c:\\a",
    )
    cut = rng.randrange(len(content) + 1)
    parts = {rng.choice(names): content, rng.choice(names): content[:cut]}
    return _zipped(parts)


def _other_leaf(content: bytes, rng: random.Random) -> bytes:
    """Change one to three values within a JSON document, which stays sound."""
    document = json.loads(content)
    for _ in range(rng.choice((1, 1, 3))):
        place = document
        for _ in range(rng.randrange(1, 7)):
            inner = [v for v in _values(place) if isinstance(v, dict | list) and v]
            if not inner:
                break
            place = rng.choice(inner)
        token = rng.choice(_TOKENS).decode(errors="replace")
        value: Any = rng.choice(
            (token, "\ud800", 7, 1e308, float("nan"), True, None, [], {}, [[]], {"a": {"b": 1}})
        )
        if isinstance(place, dict) and place:
            key = rng.choice(list(place))
            if rng.random() < 0.2:  # now and then the name
                place[token] = place.pop(key)
            else:
                place[key] = value
        elif place:
            place[rng.randrange(len(place))] = value
    return json.dumps(document).encode()


def _values(place: Any) -> list[Any]:  # noqa: ANN401 - JSON is of any type
    return list(place.values()) if isinstance(place, dict) else list(place)


def _other_column(content: bytes, rng: random.Random) -> bytes:
    """Give one column of a Parquet file another name, other values, or another type."""
    frame = pl.read_parquet(content)
    column = rng.choice(frame.columns)
    token = rng.choice(_TOKENS).decode(errors="replace")
    values: list[pl.Series] = [
        pl.Series(column, [token, *frame[column].to_list()[1:]]),
        pl.Series(column, [None] * frame.height),
        pl.Series(column, [float("nan")] * frame.height),
        pl.Series(column, [b"\xff\0"] * frame.height),
        pl.Series(column, [[1, 2]] * frame.height),
        pl.Series(column, [{"a": 1}] * frame.height),
        pl.Series(column, range(frame.height)).cast(pl.Datetime("us", "UTC")),
        pl.Series(column, range(frame.height)).cast(pl.Duration("us")),
        pl.Series(column, range(frame.height)).cast(pl.Date),
        pl.Series(column, range(frame.height)).cast(pl.Int8).cast(pl.String).cast(pl.Categorical),
        frame[column].alias(token or "x"),
    ]
    changed = frame.with_columns(rng.choice(values))
    return _parquet(changed if rng.random() < 0.8 else changed.drop(column))


def _other_cell(content: bytes, rng: random.Random) -> bytes:
    """Change one value within the database, which stays a sound database."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.gpkg"
        path.write_bytes(content)
        database = sqlite3.connect(path)
        tables = [str(t) for (t,) in database.execute("SELECT name FROM sqlite_master")]
        try:
            table = rng.choice([t for t in tables if t.startswith(("gpkg_", "s"))])
            about = database.execute(f'SELECT * FROM "{table}" LIMIT 1').description  # noqa: S608
            column = rng.choice(about)[0]
            token = rng.choice(_TOKENS)
            value = rng.choice((token, token.decode(errors="replace"), 7, -1.5, None))
            database.execute(f'UPDATE "{table}" SET "{column}" = ?', (value,))  # noqa: S608
            database.commit()
        except sqlite3.Error:
            pass  # a view, an index, or a constraint: then the file stays as it was
        finally:
            database.close()
        return path.read_bytes()


def check(reading: Reading, *, report: bool) -> None:
    """Raise AssertionError when a row is lost, counted twice, or lies outside the feed's bounds."""
    incidents, quality = reading
    _check_accounts(quality)
    assert len(incidents) == quality.kept, "rows of the frame"
    points = incidents.geometry.dropna()
    assert len(points) == quality.located, "points of the frame"
    west, south, east, north = quality.feed.bbox
    assert points.x.between(west, east).all(), "a point outside"
    assert points.y.between(south, north).all(), "a point outside"
    assert incidents["occurred_start"].notna().all(), "a moment lost"
    assert incidents["incident_id"].is_unique, "an id twice"
    validate_incidents(incidents)
    if report:
        json.dumps(quality.to_dict())
        quality.summary().encode()
        quality.to_markdown().encode()


def _check_accounts(quality: QualityReport) -> None:
    rejected, unlocated = sum(quality.rejected.values()), sum(quality.unlocated.values())
    assert quality.rows_read == quality.kept + rejected, "rows read"
    assert quality.kept == quality.located + unlocated, "rows kept"
    assert len(quality.rejects) == rejected, "rows of the list"
    assert quality.groups["rows"].sum() == quality.kept, "rows by group"
    assert quality.categories["rows"].sum() == quality.kept, "rows by category"


def try_one(seed: Seed, path: Path, tally: Tally, rng: random.Random) -> None:
    """Read one file and note what came out."""
    named = rng.random() < 0.5 or bool(seed.options)  # as often named as found
    begun = time.perf_counter()
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
    try:
        reading = read_incidents(path, seed.feed if named else None, **seed.options)
        check(reading, report=rng.randrange(_REPORT_EVERY) == 0)
        outcome = "read"
    except HotspotsError as error:
        outcome = "refused"
        tally.errors[type(error).__name__] += 1
        if not str(error).strip():
            _note(error, path, tally)
    except BaseException as error:  # a panic of a parser is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        outcome = "found"
        _note(error, path, tally)
    finally:
        faulthandler.cancel_dump_traceback_later()
    seconds = time.perf_counter() - begun
    if seconds > tally.slowest:
        tally.slowest, tally.slowest_kind = seconds, f"{seed.name}: {outcome}"
    tally.outcomes[f"{seed.kind} {outcome}"] += 1


def _note(error: BaseException, path: Path, tally: Tally) -> None:
    """Keep the first file of every kind of failure."""
    ours = [f for f in traceback.extract_tb(error.__traceback__) if "hotspots" in f.filename]
    where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
    key = f"{type(error).__name__} at {where}"
    if key not in tally.findings:
        kept = path.with_name(f"found-{len(tally.findings)}{''.join(path.suffixes)}")
        kept.write_bytes(path.read_bytes())
        lines = "".join(traceback.format_exception(error))
        tally.findings[key] = f"{kept.name}\n{lines[-3000:]}"


def run(seed: int, seconds: float, folder: Path) -> Tally:
    """Damage and read files until the time is up."""
    unraised: list[BaseException] = []
    # A warning within a callback of a C library cannot be raised: it is handed to this hook.
    sys.unraisablehook = lambda u: unraised.append(u.exc_value or RuntimeError(u.err_msg))
    rng = random.Random(seed)  # noqa: S311 - damage, not secrets
    every, tally = seeds(), Tally()
    # Most users have CSV, in most of the formats.
    kinds = sorted({s.kind for s in every}) + ["csv"] * 3
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        kind = rng.choice(kinds)
        chosen = rng.choice([s for s in every if s.kind == kind])
        path = folder / f"last-{chosen.name}"
        path.write_bytes(damaged_file(chosen, rng, every))
        try_one(chosen, path, tally, rng)
        for error in unraised:
            _note(error, path, tally)
        unraised.clear()
        path.unlink()
    return tally


def main() -> int:
    """Run as told on the command line, and print what came out as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    warnings.simplefilter("error")
    # A file with a header and no rows is read, with a warning: that is the stated answer.
    warnings.filterwarnings("ignore", message=".*has a header but no rows", category=UserWarning)
    tally = run(given.seed, given.seconds, given.keep)
    iterations = sum(tally.outcomes.values())
    said = {
        "seed": given.seed,
        "iterations": iterations,
        "per_second": round(iterations / given.seconds, 1),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "slowest_seconds": round(tally.slowest, 2),
        "slowest": tally.slowest_kind,
        "outcomes": dict(sorted(tally.outcomes.items())),
        "errors": dict(tally.errors.most_common()),
        "findings": tally.findings,
    }
    sys.stdout.write(json.dumps(said, indent=1) + "\n")
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
