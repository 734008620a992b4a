"""The rows of a portal, as they are now and as they were, and how they change."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from tests.portals.faults import Fault

T = TypeVar("T")
#: What a portal keeps of each row by itself: Socrata's names, and a serial number.
SERIAL: Final = ":serial"
SYSTEM: Final = (":id", ":created_at", ":updated_at", ":version", SERIAL)
FIRST_MOMENT: Final = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_FIRST_NEW_KEY: Final = 900_000_000
_KEPT: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The rows at one moment, in the order of ``:id``.

    A page of a big answer is only a slice of it: ``answers`` has the last ones, ``made`` the tables
    that the protocols make of the rows.
    """

    frame: pl.DataFrame
    changed_at: datetime
    made: dict[Hashable, Any] = field(default_factory=dict)
    answers: dict[Hashable, pl.DataFrame] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        return [name for name in self.frame.columns if name not in SYSTEM]

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """Make what a protocol makes of all rows, once."""
        if key not in self.made:
            self.made[key] = make()
        known: T = self.made[key]
        return known

    def answer(self, key: Hashable, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Make an answer, or take it from the few that are kept."""
        known = self.answers.get(key)
        if known is None:
            known = make()
            if len(self.answers) >= _KEPT:
                self.answers.clear()
            self.answers[key] = known
        return known


class Dataset:
    """Rows that change: every change makes a new `Snapshot`."""

    def __init__(self, frame: pl.DataFrame, *, date_column: str, seed: int) -> None:
        self.date_column = date_column
        self._rng = np.random.default_rng([seed, 1])
        self._lock = threading.Lock()
        self._serial = frame.height
        first = _with_system(frame, self._ids(frame.height), np.arange(frame.height) + 1)
        self.now = self.before = Snapshot(_sorted(first), FIRST_MOMENT)

    def change(self, fault: Fault) -> None:
        """Apply one of the faults in ``CHANGES``."""
        with self._lock:
            moment = self.now.changed_at + timedelta(minutes=1)
            changes = {
                "insert": self._insert,
                "delete": self._delete,
                "edit": self._edit,
                "move": self._move,
                "rename_column": _rename,
                "add_column": _add,
            }
            frame = self.now.frame
            if not frame.is_empty():
                frame = changes[fault.kind](frame, fault, moment)
            self.before = self.now
            self.now = Snapshot(_sorted(frame), moment if fault.traced else self.now.changed_at)

    def _ids(self, n: int) -> pl.Series:
        # Not in the order of insertion, as the real ones: a new row lands anywhere among the old.
        letters = np.array(list(_LETTERS), dtype="U1")[
            self._rng.integers(0, len(_LETTERS), (n, 12))
        ]
        drawn = pl.Series(":id", letters.view("U12").reshape(n))
        return (
            pl.select(
                pl.format(
                    "row-{}.{}~{}", drawn.str.slice(0, 4), drawn.str.slice(4, 4), drawn.str.slice(8)
                )
            )
            .to_series()
            .alias(":id")
        )

    def _some(self, frame: pl.DataFrame, fault: Fault) -> np.ndarray[tuple[int], np.dtype[np.bool]]:
        chosen = np.zeros(frame.height, dtype=bool)
        some = min(fault.rows, frame.height)
        chosen[self._rng.choice(frame.height, size=some, replace=False)] = True
        return chosen

    def _insert(self, frame: pl.DataFrame, fault: Fault, moment: datetime) -> pl.DataFrame:
        copied = frame[self._rng.integers(0, frame.height, fault.rows)]
        serials = np.arange(fault.rows) + self._serial + 1
        self._serial += fault.rows
        made = _with_system(copied, self._ids(fault.rows), serials)
        if fault.traced:
            made = made.with_columns(
                pl.lit(moment).alias(":created_at"), pl.lit(moment).alias(":updated_at")
            )
        key = frame.columns[0]
        if frame[key].dtype.is_integer():
            made = made.with_columns(pl.Series(key, serials + _FIRST_NEW_KEY))
        else:
            made = made.with_columns(pl.format("{}-{}", key, SERIAL).alias(key))
        return pl.concat([frame, made.select(frame.columns)], how="vertical_relaxed")

    def _delete(self, frame: pl.DataFrame, fault: Fault, _: datetime) -> pl.DataFrame:
        return frame.filter(~pl.Series(self._some(frame, fault)))

    def _edit(self, frame: pl.DataFrame, fault: Fault, moment: datetime) -> pl.DataFrame:
        texts = [n for n, kind in frame.schema.items() if kind == pl.String and n not in SYSTEM]
        edited = (pl.col(texts[-1]).fill_null("") + "*").alias(texts[-1])
        return _where(frame, self._some(frame, fault), edited, fault, moment)

    def _move(self, frame: pl.DataFrame, fault: Fault, moment: datetime) -> pl.DataFrame:
        name = self.date_column
        other = frame[name].drop_nulls()
        moved = pl.lit(other[int(self._rng.integers(0, len(other)))]).alias(name)
        return _where(frame, self._some(frame, fault), moved, fault, moment)


def _with_system(
    frame: pl.DataFrame, ids: pl.Series, serials: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> pl.DataFrame:
    made = FIRST_MOMENT - timedelta(days=1)
    return frame.with_columns(
        ids,
        pl.lit(made).alias(":created_at"),
        pl.lit(made).alias(":updated_at"),
        pl.Series(SERIAL, serials.astype(np.int64)),
    ).with_columns(("rv-" + ids).alias(":version"))


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(":id").with_columns(pl.col(":id").set_sorted())


def _where(
    frame: pl.DataFrame,
    chosen: np.ndarray[tuple[int], np.dtype[np.bool]],
    changed: pl.Expr,
    fault: Fault,
    moment: datetime,
) -> pl.DataFrame:
    columns = [changed] + ([pl.lit(moment).alias(":updated_at")] if fault.traced else [])
    kept = pl.Series("chosen", chosen)
    return frame.with_columns(
        pl.when(kept).then(new).otherwise(pl.col(new.meta.output_name())) for new in columns
    )


def _rename(frame: pl.DataFrame, _: Fault, __: datetime) -> pl.DataFrame:
    last = [name for name in frame.columns if name not in SYSTEM][-1]
    return frame.rename({last: f"{last}_new"})


def _add(frame: pl.DataFrame, _: Fault, __: datetime) -> pl.DataFrame:
    return frame.with_columns(pl.lit("new").alias("added_column"))
