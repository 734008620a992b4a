"""From text to places: no place, no point; axes that are swapped are refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from hotspots.errors import CoordinateReferenceError, InputDataError
from hotspots.loaders.columns import Columns
from hotspots.loaders.distinct import distinct
from hotspots.loaders.hooks import near_zero_as_missing, swap_lat_lon_if
from hotspots.loaders.reference import CrsEvidence, CrsTrial, best_guesses, degrees, inside
from hotspots.loaders.spec import normalised

if TYPE_CHECKING:
    from hotspots.loaders.rules import CoordinateSource, PlaceRules

STATUSES: Final = (
    "ok", "missing", "sentinel", "withheld", "outside_bounds", "swapped_fixed", "unparsed",
)  # fmt: skip
_OK, _MISSING, _SENTINEL, _WITHHELD, _OUTSIDE, _SWAPPED, _UNPARSED = range(len(STATUSES))
#: What a row is that another source, or a word, can still say more of.
_NOWHERE: Final = (_MISSING, _SENTINEL, _UNPARSED)
_NEAR_SENTINEL: Final = 1e-4
_MOST: Final = 0.5
#: A source is believed when this share of its points lies in the bounds; of few points, most.
_ENOUGH: Final = 0.95
_FEW: Final = 100
_EVIDENCE_ROWS: Final = 10_000
_NO_COORDINATE: Final = ("", "-", "nan", "null", "(null)", "none", "n/a")
_SEPARATOR: Final = "\x1f"
_BRACKETS: Final = r"\(([^()]*)\)\s*$"
_PAIR: Final = r"(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)[\s,;]+(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Parsed places, one a row.

    Attributes
    ----------
    longitude, latitude : numpy.ndarray of float
        EPSG:4326; NaN where there is no place.
    status : numpy.ndarray of int8
        Positions in ``STATUSES``.
    evidence : CrsEvidence
        Why they were read in the columns and the system that they were read in.
    notes : tuple of str
        What was done to read them.
    """

    longitude: np.ndarray
    latitude: np.ndarray
    status: np.ndarray
    evidence: CrsEvidence = field(default_factory=CrsEvidence)
    notes: tuple[str, ...] = ()

    @property
    def there(self) -> np.ndarray:  # numpydoc ignore=RT01
        """Which rows have a place."""
        found: np.ndarray = (self.status == _OK) | (self.status == _SWAPPED)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """One source as read: the numbers as written, in degrees, and what each row is so far."""

    source: CoordinateSource
    x: np.ndarray
    y: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    status: np.ndarray
    comma: bool
    example: str

    def trial(self) -> CrsTrial:
        outside = int((self.status == _OUTSIDE).sum())
        lies = int(((self.status == _OK) | (self.status == _SWAPPED)).sum())
        return CrsTrial(source=self.source, points=lies + outside, inside=lies)


def locate(columns: Columns, rules: PlaceRules, *, name: str) -> Places:
    """Parse the coordinates of every row and judge where they lie.

    The sources that the feed declares are tried in their order, and the first whose points lie in
    the feed's bounds is taken for all rows. Nothing that is not declared is ever used.

    Parameters
    ----------
    columns : Columns
        The table.
    rules : PlaceRules
        The feed's sources, bounds and sentinels.
    name : str
        What messages call the file.

    Returns
    -------
    Places
        One place a row, or the reason why there is none.

    Raises
    ------
    CoordinateReferenceError
        If no source puts 95 % of its points into the feed's bounds; the message names the best
        guesses: a swap of latitude and longitude, or a reference system.
    InputDataError
        If most of what is written is not a number.
    """
    rows = columns.frame.height
    present = [s for s in rules.sources if all(columns.has(c) for c in s.columns)]
    if not present or not rows:
        return Places(
            longitude=np.full(rows, np.nan),
            latitude=np.full(rows, np.nan),
            status=np.full(rows, _MISSING, dtype=np.int8),
            evidence=CrsEvidence(
                trials=tuple(CrsTrial(source=s, points=0, inside=0) for s in rules.sources)
            ),
        )
    tried: list[_Read] = []
    for source in present:
        tried.append(_read(columns, source, rules))
        if _believed(tried[-1].trial()):
            break
    else:
        _refuse(tried, rules, name)
    # Where no source has a point, the first says why.
    chosen = tried[-1] if tried[-1].trial().points else tried[0]
    _refuse_words(chosen, name)
    longitude, latitude, status = chosen.longitude, chosen.latitude, chosen.status
    if rules.row_fallback:
        for source in present[present.index(chosen.source) + 1 :]:
            other = _read(columns, source, rules)
            take = np.isin(status, _NOWHERE) & np.isin(other.status, (_OK, _SWAPPED))
            longitude = np.where(take, other.longitude, longitude)
            latitude = np.where(take, other.latitude, latitude)
            status = np.where(take, other.status, status)
    status = _withheld_by_text(columns, status, rules)
    there = (status == _OK) | (status == _SWAPPED)
    return Places(
        longitude=np.where(there, longitude, np.nan),
        latitude=np.where(there, latitude, np.nan),
        status=status,
        evidence=_evidence(columns, rules, tried, chosen),
        notes=("coordinates have a decimal comma",) if chosen.comma else (),
    )


def _read(columns: Columns, source: CoordinateSource, rules: PlaceRules) -> _Read:
    """Read one source; say of each row whether it is a place, and why not."""
    x_text, y_text = _texts(columns, source)
    x, y, comma = _numbers(x_text, y_text, declared=rules.decimal_comma)
    if source.swapped == "columns":
        x, y = y, x
    status = np.full(len(x), _OK, dtype=np.int8)
    bad = np.flatnonzero(~(np.isfinite(x) & np.isfinite(y)))
    status[bad] = _status_of_words(x_text.gather(bad), y_text.gather(bad), rules)
    status[(status == _OK) & near_zero_as_missing(x, y)] = _SENTINEL
    longitude, latitude = degrees(x, y, source.crs)
    lies = inside(longitude, latitude, rules.bbox)
    if source.swapped == "rows":
        swap = ~lies & inside(*degrees(y, x, source.crs), rules.bbox)
        longitude, latitude = degrees(*swap_lat_lon_if(swap, x, y), source.crs)
        status[swap & (status == _OK)] = _SWAPPED
        lies |= swap
    for there in rules.sentinels:
        for a, b in ((x, y), (longitude, latitude)):
            near = (np.abs(a - there[0]) < _NEAR_SENTINEL) & (np.abs(b - there[1]) < _NEAR_SENTINEL)
            status[(status == _OK) & near] = _SENTINEL
    status[(status == _OK) & ~lies] = _OUTSIDE
    if source.swapped == "columns":
        status[status == _OK] = _SWAPPED
    unparsed = np.flatnonzero(status == _UNPARSED)[:1]
    example = tuple(f"{t!r}" for i in unparsed for t in (x_text[int(i)], y_text[int(i)]))
    return _Read(
        source=source, x=x, y=y, longitude=longitude, latitude=latitude, status=status,
        comma=comma, example=" and ".join(dict.fromkeys(example)),
    )  # fmt: skip


def _texts(columns: Columns, source: CoordinateSource) -> tuple[pl.Series, pl.Series]:
    if not source.pair:
        return columns.text(source.x), columns.text(source.y)
    text = columns.text(source.pair)
    # An address may stand before the brackets, and "100 35TH ST" is no pair.
    bare = pl.select(pl.coalesce(text.str.extract(_BRACKETS, 1), text).alias("bare")).to_series()
    first, second = bare.str.extract(_PAIR, 1), bare.str.extract(_PAIR, 2)
    # A text that is no pair says itself why there is no place.
    first = pl.select(pl.coalesce(first, text).alias("first")).to_series()
    second = pl.select(pl.coalesce(second, text).alias("second")).to_series()
    return (second, first) if source.pair_order == "lat lon" else (first, second)


def _numbers(
    x_text: pl.Series, y_text: pl.Series, *, declared: bool
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Parse numbers; a comma is a decimal comma where no number has a point."""
    texts, comma = [x_text, y_text], declared
    if not comma:
        numbers = [t.cast(pl.Float64, strict=False) for t in texts]
        odd = [t.filter(n.is_null()) for t, n in zip(texts, numbers, strict=True)]
        if not any(t.str.strip_chars().ne("").any() for t in odd):
            x, y = (n.fill_null(np.nan).to_numpy() for n in numbers)
            return x, y, comma
        comma = any(t.str.contains(r"^\s*-?\d+,\d+\s*$").any() for t in odd) and not any(
            t.str.contains(".", literal=True).any() for t in texts
        )
    if comma:
        texts = [t.str.replace(",", ".", literal=True) for t in texts]
    x, y = (
        t.str.strip_chars().cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
        for t in texts
    )
    return x, y, comma


def _status_of_words(x_text: pl.Series, y_text: pl.Series, rules: PlaceRules) -> np.ndarray:
    """Say what rows are whose coordinates are not numbers."""
    withheld = {normalised(v) for v in rules.withheld_values}
    missing = {normalised(v) for v in (*_NO_COORDINATE, *rules.missing_values)}
    joined = pl.DataFrame([x_text.alias("x"), y_text.alias("y")]).select(
        pl.concat_str(["x", "y"], separator=_SEPARATOR).alias("both")
    )["both"]
    found, rows = distinct(joined)
    status = np.full(len(found), _UNPARSED, dtype=np.int8)
    for i, text in enumerate(found.to_list()):
        words = {normalised(word) for word in text.split(_SEPARATOR)}
        if words & withheld:
            status[i] = _WITHHELD
        elif words & missing:
            status[i] = _MISSING
    statuses: np.ndarray = status[rows]
    return statuses


def _withheld_by_text(columns: Columns, status: np.ndarray, rules: PlaceRules) -> np.ndarray:
    """Say of rows without a place whether the location in words tells that it was withheld."""
    if not rules.withheld_texts:
        return status
    telling = {normalised(t) for t in rules.withheld_texts}
    found, rows = columns.distinct(rules.text)
    tells = np.array([normalised(t) in telling for t in found.to_list()], dtype=bool)
    return np.where(np.isin(status, _NOWHERE) & tells[rows], np.int8(_WITHHELD), status)


def _believed(trial: CrsTrial) -> bool:
    return trial.points > 0 and (
        trial.share >= _ENOUGH or (trial.points < _FEW and trial.share >= _MOST)
    )


def _evidence(
    columns: Columns, rules: PlaceRules, tried: list[_Read], chosen: _Read
) -> CrsEvidence:
    """Count, for every declared source, where its points lie; an even sample of rows is enough."""
    known = {read.source: read.trial() for read in tried}
    step = max(1, columns.frame.height // _EVIDENCE_ROWS)
    sample = Columns(frame=columns.frame.gather_every(step), names=columns.names)
    for source in rules.sources:
        if source not in known:
            there = all(columns.has(c) for c in source.columns)
            none = CrsTrial(source=source, points=0, inside=0)
            known[source] = _read(sample, source, rules).trial() if there else none
    trials = tuple(known[source] for source in rules.sources)
    return CrsEvidence(trials=trials, chosen=rules.sources.index(chosen.source))


def _refuse_words(read: _Read, name: str) -> None:
    """Stop when most of what is written is no number: these are not the columns."""
    wrong = int((read.status == _UNPARSED).sum())
    written = int((~np.isin(read.status, (_MISSING, _WITHHELD))).sum())
    if wrong > _MOST * max(written, 1):
        said = " and ".join(repr(c) for c in read.source.columns)
        msg = (
            f"{name}: most of {said} are not numbers, for example {read.example}. Name the columns "
            "that hold coordinates."
        )
        raise InputDataError(msg)


def _refuse(tried: list[_Read], rules: PlaceRules, name: str) -> None:
    """Say why the points of no source lie in the bounds, as far as the numbers tell."""
    best = max(tried, key=lambda read: read.trial().points)
    trial = best.trial()
    if not trial.points:
        return
    candidate = np.isin(best.status, (_OK, _SWAPPED, _OUTSIDE))
    x, y = best.x[candidate], best.y[candidate]
    lost = int(np.flatnonzero(best.status[candidate] == _OUTSIDE)[0])
    columns = best.source.columns
    where = (
        f"{columns[0]}={x[lost]:g}, {columns[-1]}={y[lost]:g}"
        if len(columns) > 1
        else (f"{columns[0]}=({x[lost]:g}, {y[lost]:g})")
    )
    start = (
        f"{name}: {trial.points - trial.inside:,} of {trial.points:,} points lie outside the "
        f"feed's bounds {rules.bbox} (west, south, east, north); the first is {where}. "
    )
    guesses = best_guesses(x, y, best.source.crs, rules.bbox)
    said = "; ".join(f"{what} ({share:.0%} inside)" for what, share in guesses)
    tail = f" Best guesses, none of them used: {said}." if said else ""
    if not guesses or guesses[0][1] <= _MOST:
        msg = f"{start}Is it a file of another place, or in another reference system?{tail}"
    elif "EPSG" not in guesses[0][0] and "ESRI" not in guesses[0][0]:
        msg = (
            f"{start}They fit when latitude and longitude are swapped. Swap the two columns.{tail}"
        )
    else:
        msg = f"{start}They fit as {guesses[0][0]}. Use longitude and latitude instead.{tail}"
    raise CoordinateReferenceError(msg)
