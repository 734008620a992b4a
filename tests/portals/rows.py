"""Rows of a made-up portal: the synthetic sample drawn from again and again, with awkward texts."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import polars as pl

import hotspots as hs

#: Texts that break a reader that splits at commas and line feeds. An empty text is not a null.
AWKWARD: Final = (
    "ON THE LINE,\nAND THE NEXT",
    'SO-CALLED "PARK"',
    "RUE DE L'ÉGLISE, Ñuñoa, 北京",
    "TWO\r\nLINES",
    "",
    " spaces before and after ",
    'ends in a quote"',
    "NULL",
)
_FIRST_ID: Final = 10_000_000
_SHARE_AWKWARD: Final = 0.02
_SHARE_UNDATED: Final = 0.005


def synthetic_rows(
    n_rows: int,
    *,
    seed: int = 0,
    since: date = date(2023, 1, 1),
    until: date = date(2024, 1, 1),
    moved: tuple[float, float] = (0, 0),
) -> pl.DataFrame:
    """Make rows with the names and types that Chicago's portal gives over its API.

    About 5 in 1,000 have no ``date``; about 2 in 100 have one of `AWKWARD` for a block, and as many
    no ``description`` at all. Ids are distinct; dates are in ``[since, until)``.
    ``moved`` takes them elsewhere, so many degrees east and north: (86.1, 11.95) is West Yorkshire.
    """
    sample = pl.read_csv(hs.sample_path("synthetic-chicago"), infer_schema=False)
    sample = sample.rename(lambda name: name.lower().replace(" ", "_")).drop("location")
    rng = np.random.default_rng(seed)
    drawn = sample[rng.integers(0, sample.height, n_rows)]
    minutes = rng.integers(0, (until - since).days * 24 * 60, n_rows)
    made = pl.DataFrame(
        {
            "moment": np.datetime64(since, "us") + minutes.astype("m8[m]"),
            "number": np.arange(n_rows) + _FIRST_ID,
            "undated": rng.random(n_rows) < _SHARE_UNDATED,
            "awkward": rng.random(n_rows) < _SHARE_AWKWARD,
            "bare": rng.random(n_rows) < _SHARE_AWKWARD,
            "text": pl.Series(AWKWARD)[rng.integers(0, len(AWKWARD), n_rows)],
            "north": rng.normal(0, 1e-3, n_rows),
            "east": rng.normal(0, 1e-3, n_rows),
        }
    )
    return (
        pl.concat([drawn, made], how="horizontal")
        .with_columns(
            id=pl.col("number").cast(pl.Int64),
            case_number="SYN" + pl.col("number").cast(pl.String),
            date=pl.when(~pl.col("undated")).then("moment"),
            block=pl.when("awkward").then("text").otherwise("block"),
            description=pl.when(~pl.col("bare")).then("description"),
            arrest=pl.col("arrest") == "true",
            domestic=pl.col("domestic") == "true",
            x_coordinate=pl.col("x_coordinate").cast(pl.Int64),
            y_coordinate=pl.col("y_coordinate").cast(pl.Int64),
            year=pl.col("moment").dt.year().cast(pl.Int64),
            updated_on=pl.col("moment") + pl.duration(days=8),
            latitude=(pl.col("latitude").cast(pl.Float64) + pl.col("north") + moved[1]).round(9),
            longitude=(pl.col("longitude").cast(pl.Float64) + pl.col("east") + moved[0]).round(9),
        )
        .drop(made.columns)
    )
