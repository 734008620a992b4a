"""The contract of every feed and variant: one row of the table, one sample, one test for all.

A new feed gets a sample in ``tests/data/feeds`` (invented rows in the published format, with every
trap of that feed) and a row here for each of its variants.
"""

from __future__ import annotations

import csv
import json
import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pytest

from hotspots.loaders import read_incidents
from hotspots.offences import offence_codes
from hotspots.schema import INCIDENT_COLUMNS, validate_incidents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
#: Columns on people, hurt, suspected, heard or sent: nothing in them may reach the incidents.
PERSONAL: Final = re.compile(
    r"vic(t(im)?)?([ _]|$)|susp|request[eo]r|officer|^ro\d(badge|name)$"
    r"|^(comp)?(gender|sex|age|race|ethnicity)$",
    re.IGNORECASE,
)
#: These say where in which file a row stood, so they change when rows change their order.
OF_THE_FILE: Final = ("source_row", "source_sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What the sample of one variant comes out as.

    Rows are known by ``source_row``, which for a text file is the line in an editor (the header is
    line 1). Only the flags that are named are compared; a flag that must not occur is named with 0.
    """

    feed: str
    variant: str
    file: str
    kept: int
    located: int
    unlocated: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    flags: Mapping[str, int] = field(default_factory=dict)
    #: Moment of the first incident of the file, in UTC.
    first_start: str
    #: Precision of that incident, as in ``occurred_precision``.
    precision: str
    #: Code of the codebook by ``source_row``; an empty text where there can be none.
    codes: Mapping[int, str]
    #: Arguments of ``read_incidents``, for ``generic-csv`` and ``open311``.
    options: Mapping[str, Any] = field(default_factory=dict)
    #: The byte order mark, where there is one, is a matter of other tests.
    encoding: str = "utf-8-sig"

    @property
    def rows(self) -> int:
        return self.kept + sum(self.rejected.values())

    @property
    def path(self) -> Path:
        return SAMPLES / self.file


CONTRACTS: Final = (
    Contract(
        feed="gb-police",
        variant="street",
        file="gb-police-street.csv",
        kept=11,
        located=9,
        unlocated={"missing": 2},
        rejected={"no_date": 1},
        flags={"no_record_id": 4, "repeated_row": 1, "non_unique_id": 2, "unmapped_category": 0},
        first_start="2018-06-30T23:00:00",
        precision="month",
        codes={2: "220", 3: "", 7: "23U", 8: "23C"},
    ),
    Contract(
        feed="gb-police",
        variant="street-2012",
        file="gb-police-street-2012.csv",
        kept=8,
        located=6,
        unlocated={"missing": 1, "sentinel": 1},
        rejected={"no_date": 1},
        flags={"no_record_id": 0, "repeated_row": 1, "ambiguous_category": 3},
        first_start="2011-09-30T23:00:00",
        precision="month",
        codes={2: "220", 3: "", 7: "23U", 9: "35A"},
    ),
    Contract(
        feed="us-chicago",
        variant="export",
        file="us-chicago-export.csv",
        kept=13,
        located=10,
        unlocated={"missing": 1, "sentinel": 1, "outside_bounds": 1},
        rejected={"duplicate_record_id": 1, "no_date": 1, "date_out_of_range": 1},
        flags={"dst_ambiguous": 1, "dst_nonexistent": 1, "placeholder_time": 2},
        first_start="2024-06-15T20:30:00",
        precision="minute",
        codes={2: "23U", 3: "120", 4: "11U", 5: "11U"},
    ),
    Contract(
        feed="us-chicago",
        variant="api-short",
        file="us-chicago-api-short.csv",
        kept=8,
        located=7,
        unlocated={"missing": 1},
        rejected={"duplicate_record_id": 1},
        flags={"placeholder_time": 1, "sensitive": 3, "unmapped_category": 0},
        first_start="2024-06-15T20:30:00",
        precision="minute",
        codes={2: "23U", 3: "120", 4: "13B", 5: "11U", 6: "99Z"},
    ),
    Contract(
        feed="us-nyc",
        variant="historic",
        file="us-nyc-historic.csv",
        kept=16,
        located=14,
        unlocated={"missing": 1, "sentinel": 1},
        rejected={"no_date": 1, "date_out_of_range": 1},
        flags={
            "dst_ambiguous": 1, "dst_nonexistent": 1, "placeholder_time": 2, "end_before_start": 1,
            "non_unique_id": 2, "unmapped_category": 1, "ambiguous_category": 1,
        },
        first_start="2023-06-15T19:30:00",
        precision="minute",
        codes={2: "120", 3: "23A", 4: "90Z", 6: "23H", 8: "11A", 9: "23F", 19: ""},
    ),
    Contract(
        feed="us-nyc",
        variant="historic-24-columns",
        file="us-nyc-historic-24-columns.csv",
        kept=10,
        located=9,
        unlocated={"missing": 1},
        rejected={"date_out_of_range": 1},
        flags={"dst_ambiguous": 1, "dst_nonexistent": 1, "unmapped_category": 0},
        first_start="2023-06-15T19:30:00",
        precision="minute",
        codes={2: "120", 3: "23A", 9: "23F", 10: "220", 11: "09A"},
    ),
    Contract(
        feed="us-nyc",
        variant="current-year",
        file="us-nyc-current-year.csv",
        kept=8,
        located=7,
        unlocated={"missing": 1},
        flags={"sensitive": 1, "unmapped_category": 0},
        first_start="2024-02-03T15:20:00",
        precision="minute",
        codes={2: "120", 3: "23D", 4: "35A", 5: "13C", 6: "11D", 7: "99Y", 8: "13A"},
    ),
    Contract(
        feed="us-la",
        variant="legacy",
        file="us-la-legacy.csv",
        kept=10,
        located=8,
        unlocated={"sentinel": 1, "outside_bounds": 1},
        rejected={"duplicate_record_id": 1, "date_out_of_range": 1, "no_date": 1},
        flags={
            "dst_ambiguous": 1, "dst_nonexistent": 1, "placeholder_time": 2,
            "unmapped_category": 1, "to_the_day": 1,
        },
        first_start="2022-06-15T07:30:00",
        precision="minute",
        codes={2: "13B", 3: "240", 4: "23F", 8: "11A", 10: ""},
    ),
    Contract(
        feed="us-la",
        variant="legacy-2010",
        file="us-la-legacy-2010.csv",
        kept=6,
        located=5,
        unlocated={"sentinel": 1},
        rejected={"superseded_overlap": 1, "date_out_of_range": 1},
        flags={"dst_nonexistent": 1, "placeholder_time": 1, "unmapped_category": 0},
        first_start="2012-06-15T07:30:00",
        precision="minute",
        codes={3: "290", 4: "120", 6: "23H", 9: "90Z"},
    ),
    Contract(
        feed="us-la",
        variant="nibrs",
        file="us-la-nibrs.csv",
        kept=10,
        located=9,
        unlocated={"sentinel": 1},
        rejected={"date_out_of_range": 1, "duplicate_record_id": 1},
        flags={
            "dst_ambiguous": 1, "dst_nonexistent": 1, "placeholder_time": 2,
            "unmapped_category": 1,
        },
        first_start="2025-06-15T07:30:00",
        precision="minute",
        codes={2: "23F", 3: "290", 5: "11A", 6: "09A", 12: ""},
    ),
    Contract(
        feed="us-la",
        variant="nibrs-unplaced",
        file="us-la-nibrs-unplaced.csv",
        kept=7,
        located=0,
        unlocated={"missing": 7},
        rejected={"date_out_of_range": 1},
        flags={"dst_nonexistent": 1, "placeholder_time": 1, "unmapped_category": 0},
        first_start="2025-06-15T07:30:00",
        precision="minute",
        codes={2: "23F", 8: "36B"},
    ),
    Contract(
        feed="us-philadelphia",
        variant="export",
        file="us-philadelphia-export.csv",
        kept=12,
        located=10,
        unlocated={"missing": 1, "outside_bounds": 1},
        rejected={"no_date": 2, "date_out_of_range": 1},
        flags={"dst_ambiguous": 0, "placeholder_time": 1, "unmapped_category": 1},
        first_start="2024-06-16T02:30:00",
        precision="minute",
        codes={2: "23U", 3: "23F", 4: "09A", 6: "99Z", 12: ""},
    ),
    Contract(
        feed="us-philadelphia",
        variant="yearly",
        file="us-philadelphia-yearly.csv",
        kept=6,
        located=5,
        unlocated={"missing": 1},
        rejected={"no_date": 1},
        flags={"unmapped_category": 0},
        first_start="2024-06-16T02:30:00",
        precision="minute",
        codes={2: "23U", 5: "11A", 7: "240"},
    ),
    Contract(
        feed="us-seattle",
        variant="export",
        file="us-seattle-export.csv",
        kept=11,
        located=8,
        unlocated={"missing": 1, "sentinel": 1, "withheld": 1},
        rejected={"date_out_of_range": 1, "duplicate_record_id": 1, "no_date": 1},
        flags={
            "dst_ambiguous": 1, "dst_nonexistent": 1, "placeholder_time": 1,
            "unmapped_category": 1, "reported_before_occurred": 1,
        },
        first_start="2024-06-16T05:15:00",
        precision="minute",
        codes={2: "23F", 3: "290", 7: "99Y", 8: "90Z", 9: "", 12: "09A"},
    ),
    Contract(
        feed="us-seattle",
        variant="interface",
        file="us-seattle-interface.csv",
        kept=11,
        located=8,
        unlocated={"missing": 1, "sentinel": 1, "withheld": 1},
        rejected={"date_out_of_range": 1, "duplicate_record_id": 1, "no_date": 1},
        flags={"dst_ambiguous": 1, "dst_nonexistent": 1, "placeholder_time": 1},
        first_start="2024-06-16T05:15:00",
        precision="minute",
        codes={2: "23F", 8: "90Z", 9: "", 12: "09A"},
    ),
    Contract(
        feed="us-seattle",
        variant="before-2025",
        file="us-seattle-before-2025.csv",
        kept=11,
        located=8,
        unlocated={"missing": 1, "sentinel": 1, "withheld": 1},
        rejected={"date_out_of_range": 1, "duplicate_record_id": 1, "no_date": 1},
        flags={
            "dst_ambiguous": 1, "dst_nonexistent": 1, "placeholder_time": 1,
            "unmapped_category": 1, "end_before_start": 1,
        },
        first_start="2019-06-16T05:15:00",
        precision="minute",
        codes={2: "23F", 8: "90Z", 9: "", 12: "09A"},
    ),
    Contract(
        feed="us-sf",
        variant="export",
        file="us-sf-export.csv",
        kept=14,
        located=13,
        unlocated={"missing": 1},
        rejected={"date_out_of_range": 1, "duplicate_record_id": 1},
        flags={
            "dst_ambiguous": 1, "dst_nonexistent": 1, "placeholder_time": 1,
            "unmapped_category": 1,
        },
        first_start="2023-06-16T06:41:00",
        precision="minute",
        codes={2: "23F", 3: "240", 4: "99Z", 8: "35B", 9: "13B", 10: "120", 11: ""},
    ),
    Contract(
        feed="us-sf",
        variant="historic",
        file="us-sf-historic.csv",
        kept=12,
        located=10,
        unlocated={"sentinel": 1, "outside_bounds": 1},
        rejected={"superseded_overlap": 2},
        flags={
            "dst_ambiguous": 1, "dst_nonexistent": 1, "placeholder_time": 1,
            "ambiguous_category": 1, "unmapped_category": 0,
        },
        first_start="2015-05-30T06:40:00",
        precision="minute",
        codes={2: "23F", 3: "90J", 5: "240", 6: "22A", 8: "11D"},
    ),
    Contract(
        feed="us-sf",
        variant="kaggle",
        file="us-sf-kaggle.csv",
        kept=10,
        located=9,
        unlocated={"sentinel": 1},
        rejected={"superseded_overlap": 1, "no_date": 1},
        flags={
            "dst_ambiguous": 1, "dst_nonexistent": 1, "repeated_row": 1, "unmapped_category": 2,
        },
        first_start="2015-05-14T06:53:00",
        precision="minute",
        codes={2: "23F", 5: "13A", 6: "", 7: "", 9: "120"},
    ),
    Contract(
        feed="ca-vancouver",
        variant="export",
        file="ca-vancouver-export.csv",
        kept=16,
        located=11,
        unlocated={"sentinel": 1, "withheld": 4},
        rejected={"no_date": 1},
        flags={
            "repeated_row": 3, "to_the_day": 1, "placeholder_time": 5, "dst_ambiguous": 1,
            "dst_nonexistent": 1, "unmapped_category": 1, "ambiguous_category": 3, "sensitive": 3,
        },
        first_start="2025-06-15T01:53:00",
        precision="minute",
        codes={2: "22B", 3: "23U", 6: "", 9: "09A", 11: "99Z", 12: "240", 15: "290", 18: ""},
    ),
    Contract(
        feed="us-boston",
        variant="portal",
        file="us-boston-portal.csv",
        kept=13,
        located=10,
        unlocated={"missing": 1, "sentinel": 2},
        rejected={"no_date": 1},
        flags={
            "non_unique_id": 2, "placeholder_time": 1, "dst_ambiguous": 1, "dst_nonexistent": 1,
            "unmapped_category": 1, "sensitive": 1,
        },
        first_start="2018-06-14T23:49:00",
        precision="minute",
        codes={2: "23C", 3: "290", 4: "13B", 6: "99Z", 9: "23F", 11: "720", 13: "", 14: "35B"},
    ),
    Contract(
        feed="us-boston",
        variant="spreadsheet",
        file="us-boston-spreadsheet.csv",
        kept=8,
        located=7,
        unlocated={"sentinel": 1},
        flags={"placeholder_time": 1, "dst_ambiguous": 1, "dst_nonexistent": 1},
        first_start="2021-06-14T23:49:00",
        precision="minute",
        # A line break within a street: row 7 ends in line 9.
        codes={2: "99Z", 3: "23C", 6: "90C", 7: "99Z", 10: "09A", 11: "23F"},
    ),
    Contract(
        feed="us-dc",
        variant="export",
        file="us-dc-export.csv",
        kept=12,
        located=10,
        unlocated={"sentinel": 1, "outside_bounds": 1},
        rejected={"no_date": 1, "date_out_of_range": 1},
        flags={
            "non_unique_id": 2, "placeholder_time": 1, "reported_before_occurred": 2,
            "dst_ambiguous": 0, "dst_nonexistent": 0, "sensitive": 1,
        },
        first_start="2024-02-20T17:19:00",
        precision="minute",
        codes={2: "23F", 3: "23U", 4: "09A", 6: "11U", 7: "13A", 8: "220", 9: "240", 12: "200"},
    ),
    Contract(
        feed="us-denver",
        variant="export",
        file="us-denver-export.csv",
        kept=13,
        located=10,
        unlocated={"missing": 1, "sentinel": 1, "outside_bounds": 1},
        rejected={"duplicate_record_id": 1, "no_date": 1},
        flags={
            "placeholder_time": 2, "dst_ambiguous": 1, "dst_nonexistent": 1,
            "unmapped_category": 1, "sensitive": 2,
        },
        first_start="2024-06-15T21:30:00",
        precision="minute",
        codes={2: "290", 3: "23F", 4: "23G", 5: "13A", 8: "09A", 9: "22A", 10: "22B", 13: ""},
    ),
    Contract(
        feed="us-baltimore",
        variant="nibrs",
        file="us-baltimore-nibrs.csv",
        kept=12,
        located=9,
        unlocated={"missing": 1, "sentinel": 1, "outside_bounds": 1},
        rejected={"duplicate_record_id": 1, "no_date": 1, "date_out_of_range": 1},
        flags={"dst_ambiguous": 0, "dst_nonexistent": 0, "unmapped_category": 1, "sensitive": 1},
        first_start="2024-06-15T19:30:00",
        precision="minute",
        codes={2: "13A", 4: "23F", 5: "120", 8: "11A", 9: "35A", 10: "23H", 13: ""},
    ),
    Contract(
        feed="us-baltimore",
        variant="service",
        file="us-baltimore-service.geojson",
        kept=5,
        located=4,
        unlocated={"missing": 1},
        flags={"unmapped_category": 0},
        first_start="2024-06-15T19:30:00",
        precision="minute",
        codes={1: "13A", 3: "120", 5: "23H"},
    ),
    Contract(
        feed="us-baltimore",
        variant="part-1-beta",
        file="us-baltimore-part-1-beta.csv",
        kept=6,
        located=5,
        unlocated={"missing": 1},
        rejected={"date_out_of_range": 1},
        flags={"unmapped_category": 0},
        first_start="2021-06-15T19:30:00",
        precision="minute",
        codes={2: "13A", 3: "13A", 4: "23F", 5: "12B", 6: "23U", 7: "09A"},
    ),
    Contract(
        feed="us-baltimore",
        variant="part-1-layer",
        file="us-baltimore-part-1-layer.csv",
        kept=6,
        located=4,
        unlocated={"missing": 1, "sentinel": 1},
        rejected={"date_out_of_range": 1},
        first_start="2021-06-15T19:30:00",
        precision="minute",
        codes={2: "13A", 5: "12B"},
    ),
    Contract(
        feed="us-baltimore",
        variant="part-1-areas",
        file="us-baltimore-part-1-areas.csv",
        kept=13,
        located=12,
        unlocated={"missing": 1},
        rejected={"no_date": 1},
        flags={"repeated_row": 1, "to_the_day": 2, "dst_ambiguous": 1, "dst_nonexistent": 1},
        first_start="2016-06-15T04:33:00",
        precision="minute",
        codes={2: "13B", 4: "12A", 6: "13C", 11: "12U", 14: "11A"},
    ),
    Contract(
        feed="us-baltimore",
        variant="part-1-premise",
        file="us-baltimore-part-1-premise.csv",
        kept=13,
        located=12,
        unlocated={"missing": 1},
        rejected={"no_date": 1},
        flags={"repeated_row": 1, "to_the_day": 2, "unmapped_category": 0},
        first_start="2016-06-15T04:33:00",
        precision="minute",
        codes={3: "23F", 5: "220", 7: "240"},
    ),
    Contract(
        feed="us-baltimore",
        variant="part-1-first",
        file="us-baltimore-part-1-first.csv",
        kept=13,
        located=12,
        unlocated={"missing": 1},
        rejected={"no_date": 1},
        flags={"repeated_row": 1, "to_the_day": 2, "placeholder_time": 1},
        first_start="2016-06-15T04:33:00",
        precision="minute",
        codes={2: "13B", 8: "23U", 12: "13A"},
    ),
    Contract(
        feed="us-detroit",
        variant="export",
        file="us-detroit-export.csv",
        kept=12,
        located=10,
        unlocated={"missing": 1, "outside_bounds": 1},
        rejected={"date_out_of_range": 1, "no_date": 1, "duplicate_record_id": 1},
        flags={"dst_ambiguous": 0, "dst_nonexistent": 0, "unmapped_category": 1, "sensitive": 1},
        first_start="2021-06-15T19:30:00",
        precision="minute",
        codes={2: "120", 3: "520", 4: "23F", 5: "23G", 6: "13C", 7: "23C", 9: "11D", 13: "09A"},
    ),
    Contract(
        feed="us-detroit",
        variant="service",
        file="us-detroit-service.geojson",
        kept=4,
        located=3,
        unlocated={"missing": 1},
        first_start="2021-06-15T19:30:00",
        precision="minute",
        codes={1: "120", 2: "23F", 3: "11D", 4: "240"},
    ),
    Contract(
        feed="us-detroit",
        variant="earlier",
        file="us-detroit-earlier.csv",
        kept=6,
        located=5,
        unlocated={"missing": 1},
        rejected={"no_date": 1},
        flags={"non_unique_id": 2, "unmapped_category": 1},
        first_start="2021-06-15T19:30:00",
        precision="minute",
        codes={2: "120", 4: "23F", 7: ""},
    ),
    Contract(
        feed="us-minneapolis",
        variant="crime-data",
        file="us-minneapolis-crime-data.csv",
        kept=12,
        located=10,
        unlocated={"sentinel": 1, "outside_bounds": 1},
        rejected={"known_subset_duplicate": 2, "date_out_of_range": 1, "no_date": 1},
        flags={
            "non_unique_id": 4, "placeholder_time": 1, "dst_ambiguous": 1, "dst_nonexistent": 1,
            "unmapped_category": 1, "sensitive": 2, "count_not_one": 0,
        },
        first_start="2024-06-15T20:30:00",
        precision="minute",
        codes={2: "23F", 3: "13A", 5: "120", 7: "240", 8: "99Z", 9: "99Z", 14: "", 17: "11A"},
    ),
    Contract(
        feed="us-minneapolis",
        variant="service",
        file="us-minneapolis-service.geojson",
        kept=4,
        located=3,
        unlocated={"sentinel": 1},
        rejected={"known_subset_duplicate": 1},
        first_start="2024-06-15T20:30:00",
        precision="minute",
        codes={1: "23F", 4: "99Z", 5: "35A"},
    ),
    Contract(
        feed="us-minneapolis",
        variant="yearly",
        file="us-minneapolis-yearly.csv",
        kept=10,
        located=9,
        unlocated={"sentinel": 1},
        rejected={"no_date": 1},
        flags={"to_the_day": 1, "dst_nonexistent": 1, "unmapped_category": 1, "sensitive": 2},
        first_start="2018-07-15T20:30:00",
        precision="minute",
        codes={2: "23F", 3: "22A", 5: "13A", 7: "240", 8: "11B", 9: ""},
    ),
    Contract(
        feed="us-minneapolis",
        variant="yearly-2010",
        file="us-minneapolis-yearly-2010.csv",
        kept=6,
        located=5,
        unlocated={"sentinel": 1},
        rejected={"no_date": 1},
        flags={"dst_ambiguous": 1, "dst_nonexistent": 1, "unmapped_category": 0},
        first_start="2014-02-04T02:00:00",
        precision="minute",
        codes={2: "23U", 3: "22B", 5: "09A", 6: "11A", 8: "23U"},
    ),
    Contract(
        feed="us-dallas",
        variant="export",
        file="us-dallas-export.csv",
        kept=14,
        located=12,
        unlocated={"missing": 1, "outside_bounds": 1},
        rejected={"date_out_of_range": 1, "no_date": 1, "duplicate_record_id": 1},
        flags={
            "to_the_day": 1, "placeholder_time": 1, "dst_ambiguous": 1, "dst_nonexistent": 1,
            "unmapped_category": 1, "sensitive": 1,
        },
        first_start="2024-06-15T20:30:00",
        precision="minute",
        # Addresses have line breaks: a row is three lines long.
        codes={2: "23F", 8: "13B", 11: "99Y", 17: "90E", 20: "90Z", 23: "23F", 35: ""},
    ),
    Contract(
        feed="us-dallas",
        variant="interface",
        file="us-dallas-interface.csv",
        kept=14,
        located=12,
        unlocated={"missing": 1, "outside_bounds": 1},
        rejected={"date_out_of_range": 1, "no_date": 1, "duplicate_record_id": 1},
        flags={"unmapped_category": 1, "sensitive": 1},
        first_start="2024-06-15T20:30:00",
        precision="minute",
        codes={2: "23F", 11: "99Y", 20: "90Z", 38: "09A"},
    ),
    Contract(
        feed="ca-toronto",
        variant="mci",
        file="ca-toronto-mci.csv",
        kept=13,
        located=12,
        unlocated={"sentinel": 1},
        rejected={"no_date": 1},
        flags={
            "non_unique_id": 2, "to_the_day": 1, "placeholder_time": 2, "dst_ambiguous": 1,
            "dst_nonexistent": 1, "ambiguous_category": 1,
        },
        first_start="2014-03-03T01:00:00",
        precision="hour",
        codes={2: "13B", 3: "13A", 4: "22U", 5: "120", 7: "240", 8: "23F", 9: "23U"},
    ),
    Contract(
        feed="ca-toronto",
        variant="csi",
        file="ca-toronto-csi.csv",
        kept=3,
        located=2,
        unlocated={"sentinel": 1},
        first_start="2014-03-03T01:00:00",
        precision="hour",
        codes={2: "13B", 3: "22U"},
    ),
    Contract(
        feed="ca-toronto",
        variant="earlier",
        file="ca-toronto-earlier.csv",
        kept=4,
        located=3,
        unlocated={"sentinel": 1},
        rejected={"no_date": 1},
        first_start="2018-07-03T03:00:00",
        precision="hour",
        codes={2: "13B", 4: "23C", 5: "120"},
    ),
    Contract(
        feed="ca-toronto",
        variant="reduced",
        file="ca-toronto-reduced.json",
        kept=4,
        located=3,
        unlocated={"sentinel": 1},
        flags={"repeated_row": 1, "non_unique_id": 2, "placeholder_time": 1},
        first_start="2018-01-01T06:00:00",
        precision="minute",
        codes={1: "120", 3: "120", 4: "22U"},
    ),
    Contract(
        feed="us-denver",
        variant="service",
        file="us-denver-service.csv",
        kept=6,
        located=4,
        unlocated={"missing": 1, "sentinel": 1},
        rejected={"no_date": 1},
        flags={"placeholder_time": 1, "dst_ambiguous": 1, "dst_nonexistent": 1},
        first_start="2024-06-15T21:30:00",
        precision="minute",
        codes={2: "290", 3: "23F", 6: "22A", 7: "22B"},
    ),
    Contract(
        feed="us-philadelphia",
        variant="interface",
        file="us-philadelphia-interface.csv",
        kept=4,
        located=3,
        unlocated={"missing": 1},
        rejected={"no_date": 1},
        flags={"unmapped_category": 0, "sensitive": 1},
        first_start="2024-06-16T02:30:00",
        precision="minute",
        codes={2: "23U", 3: "23F", 4: "09A", 5: "11A"},
    ),
    Contract(
        feed="us-boston",
        variant="portal",
        file="us-boston-datastore.csv",
        kept=5,
        located=4,
        unlocated={"missing": 1},
        flags={"dst_ambiguous": 1, "dst_nonexistent": 1, "unmapped_category": 0},
        first_start="2018-06-14T23:49:00",
        precision="minute",
        codes={2: "23C", 3: "13B", 4: "99Z", 5: "13A", 6: "240"},
    ),
    Contract(
        feed="us-dc",
        variant="service",
        file="us-dc-service.geojson",
        kept=4,
        located=3,
        unlocated={"sentinel": 1},
        flags={"non_unique_id": 0, "sensitive": 1, "dst_ambiguous": 0},
        first_start="2024-02-20T17:19:00",
        precision="minute",
        codes={1: "23F", 2: "23U", 3: "11U", 4: "120"},
    ),
    Contract(
        feed="us-cincinnati",
        variant="current",
        file="us-cincinnati-current.csv",
        kept=12,
        located=8,
        unlocated={"missing": 2, "sentinel": 1, "outside_bounds": 1},
        rejected={"date_out_of_range": 1, "no_date": 1},
        flags={
            "non_unique_id": 2, "placeholder_time": 1, "dst_ambiguous": 1, "dst_nonexistent": 1,
            "end_before_start": 1, "unmapped_category": 1, "ambiguous_category": 1, "sensitive": 1,
        },
        first_start="2024-06-15T19:30:00",
        precision="minute",
        codes={2: "23F", 3: "", 4: "120", 5: "11A", 7: "220", 12: "13A", 14: "", 15: "09A"},
    ),
    Contract(
        feed="us-cincinnati",
        variant="before-june-2024",
        file="us-cincinnati-before-june-2024.csv",
        kept=6,
        located=5,
        unlocated={"missing": 1},
        rejected={"superseded_overlap": 2, "date_out_of_range": 1},
        flags={"non_unique_id": 2, "dst_nonexistent": 1, "ambiguous_category": 6, "sensitive": 1},
        first_start="2021-06-15T19:30:00",
        precision="minute",
        codes={2: "", 3: "", 4: ""},
    ),
    Contract(
        feed="us-cincinnati",
        variant="until-2026",
        file="us-cincinnati-until-2026.csv",
        kept=7,
        located=6,
        unlocated={"missing": 1},
        flags={
            "repeated_row": 1, "non_unique_id": 2, "placeholder_time": 1, "dst_ambiguous": 1,
            "dst_nonexistent": 1, "unmapped_category": 1, "sensitive": 1,
        },
        first_start="2015-06-15T19:30:00",
        precision="minute",
        codes={2: "13A", 3: "13A", 4: "23U", 5: "13B", 6: "22B", 7: "120", 8: ""},
    ),
    Contract(
        feed="us-montgomery",
        variant="export",
        file="us-montgomery-export.csv",
        kept=12,
        located=9,
        unlocated={"missing": 1, "sentinel": 1, "outside_bounds": 1},
        rejected={"no_date": 1},
        flags={
            "non_unique_id": 2, "placeholder_time": 1, "dst_ambiguous": 1, "dst_nonexistent": 1,
            "unmapped_category": 1, "sensitive": 2,
        },
        first_start="2023-06-15T19:30:00",
        precision="minute",
        codes={2: "23F", 3: "290", 5: "09A", 6: "90Z", 10: "11A", 12: "99Z", 13: ""},
    ),
    Contract(
        feed="us-montgomery",
        variant="export",
        file="us-montgomery-export-other-order.csv",
        kept=4,
        located=4,
        flags={"non_unique_id": 2, "placeholder_time": 1},
        first_start="2023-06-15T19:30:00",
        precision="minute",
        codes={2: "23F", 3: "290", 4: "13B", 5: "09A"},
    ),
    Contract(
        feed="us-montgomery",
        variant="interface",
        file="us-montgomery-interface.json",
        kept=4,
        located=3,
        unlocated={"sentinel": 1},
        flags={"non_unique_id": 2, "placeholder_time": 1, "dst_ambiguous": 1, "sensitive": 2},
        first_start="2023-06-15T19:30:00",
        precision="minute",
        codes={1: "23F", 2: "290", 3: "36B", 4: "90Z"},
    ),
    Contract(
        feed="us-st-louis",
        variant="2008-to-2013",
        file="us-st-louis-2008-to-2013.csv",
        kept=12,
        located=11,
        unlocated={"sentinel": 1},
        rejected={"no_date": 1},
        flags={
            "no_record_id": 0, "repeated_row": 1, "placeholder_time": 2, "dst_nonexistent": 1,
            "count_not_one": 2, "sensitive": 3, "unmapped_category": 0,
        },
        first_start="2008-04-02T02:30:00",
        precision="minute",
        codes={2: "11A", 3: "23D", 4: "23F", 5: "240", 8: "13B", 10: "90Z", 11: "11D", 12: "22A"},
        encoding="cp1252",
    ),
    Contract(
        feed="us-st-louis",
        variant="2013-to-2020",
        file="us-st-louis-2013-to-2020.csv",
        kept=10,
        located=8,
        unlocated={"sentinel": 1, "outside_bounds": 1},
        flags={
            "non_unique_id": 2, "placeholder_time": 2, "count_not_one": 2, "unmapped_category": 1,
            "sensitive": 1,
        },
        first_start="2018-01-01T06:01:00",
        precision="minute",
        codes={2: "120", 3: "13A", 4: "290", 7: "09A", 8: "13A", 9: "23G", 10: "", 11: "22B"},
    ),
    Contract(
        feed="us-st-louis",
        variant="may-2017",
        file="us-st-louis-may-2017.csv",
        kept=4,
        located=3,
        unlocated={"sentinel": 1},
        flags={"placeholder_time": 1, "count_not_one": 1, "unmapped_category": 0},
        first_start="2017-05-01T15:01:00",
        precision="minute",
        codes={2: "26F", 3: "35A", 4: "90D", 5: "90C"},
    ),
    Contract(
        feed="us-st-louis",
        variant="nibrs",
        file="us-st-louis-nibrs.csv",
        kept=8,
        located=6,
        unlocated={"missing": 1, "sentinel": 1},
        rejected={"no_date": 1},
        flags={
            "non_unique_id": 2, "to_the_day": 1, "placeholder_time": 1, "dst_nonexistent": 1,
            "unmapped_category": 1, "sensitive": 1,
        },
        first_start="2024-06-15T20:30:00",
        precision="minute",
        codes={2: "23F", 3: "13A", 5: "11D", 6: "240", 7: "", 8: "290"},
    ),
    Contract(
        feed="ca-montreal",
        variant="current",
        file="ca-montreal-current.csv",
        kept=13,
        located=11,
        unlocated={"missing": 1, "sentinel": 1},
        rejected={"no_date": 1},
        flags={"repeated_row": 1, "to_the_day": 1, "unmapped_category": 1},
        first_start="2023-06-15T12:00:00",
        precision="shift",
        codes={2: "22U", 4: "23F", 5: "240", 6: "240", 7: "290", 8: "290", 9: "120", 10: "09A"},
    ),
    Contract(
        feed="ca-montreal",
        variant="2016",
        file="ca-montreal-2016.csv",
        kept=3,
        located=2,
        unlocated={"sentinel": 1},
        rejected={"date_out_of_range": 1},
        flags={"unmapped_category": 0},
        first_start="2015-12-31T21:00:00",
        precision="shift",
        codes={2: "22U", 3: "120", 4: "290"},
        encoding="latin-1",
    ),
    Contract(
        feed="open311",
        variant="georeport",
        file="open311-georeport.json",
        kept=6,
        located=4,
        unlocated={"missing": 1, "sentinel": 1},
        rejected={"no_date": 2, "duplicate_record_id": 1, "date_out_of_range": 1},
        flags={"placeholder_time": 1, "dst_ambiguous": 0},
        first_start="2024-06-15T19:30:00",
        precision="minute",
        codes={1: "", 2: ""},
    ),
    Contract(
        feed="open311",
        variant="georeport",
        file="open311-georeport.csv",
        kept=6,
        located=4,
        unlocated={"missing": 1, "sentinel": 1},
        rejected={"no_date": 2, "duplicate_record_id": 1, "date_out_of_range": 1},
        flags={"placeholder_time": 1, "dst_ambiguous": 0},
        first_start="2024-06-15T19:30:00",
        precision="minute",
        codes={2: "", 3: ""},
        options={"feed": "open311", "time_zone": "America/New_York"},
    ),
    Contract(
        feed="open311",
        variant="fixmystreet",
        file="open311-fixmystreet.json",
        kept=4,
        located=4,
        first_start="2024-07-01T22:15:00",
        precision="minute",
        codes={1: ""},
    ),
    Contract(
        feed="generic-csv",
        variant="named by the caller",
        file="generic-csv-named.csv",
        kept=7,
        located=5,
        unlocated={"missing": 1, "sentinel": 1},
        rejected={"no_date": 1},
        flags={"unmapped_category": 1},
        first_start="2024-03-04T08:15:00",
        precision="minute",
        codes={2: "22A", 3: "", 5: "240"},
        options={
            "feed": "generic-csv",
            "columns": {
                "occurred": "when", "longitude": "Lon", "latitude": "Lat", "category": "what",
                "record_id": "no",
            },
            "time_zone": "Europe/London",
            "date_format": "%d/%m/%Y %H:%M",
            "categories": {"Break-in": "22A", "Stolen car": "240", "Noise": "public_order"},
        },
    ),
)  # fmt: skip


def _name(contract: Contract) -> str:
    return f"{contract.feed}-{contract.variant}".replace(" ", "-")


each_feed = pytest.mark.parametrize("contract", CONTRACTS, ids=_name)


@each_feed
def test_sample_comes_out_as_stated(contract: Contract) -> None:
    incidents, quality = read_incidents(contract.path, **contract.options)
    assert (quality.feed.id, quality.variant) == (contract.feed, contract.variant)
    assert dict(quality.rejected) == dict(contract.rejected)
    assert dict(quality.unlocated) == dict(contract.unlocated)
    assert (quality.kept, quality.located) == (contract.kept, contract.located)
    assert {name: quality.flags.get(name, 0) for name in contract.flags} == dict(contract.flags)
    first = incidents.sort_values("source_row").iloc[0]
    in_utc = first["occurred_start"].tz_convert("UTC").tz_localize(None)
    assert in_utc.isoformat() == contract.first_start
    assert first["occurred_precision"] == contract.precision
    codes = incidents.set_index("source_row")["offence_code"].astype("string").fillna("")
    assert {row: codes[row] for row in contract.codes} == dict(contract.codes)


@each_feed
def test_every_row_of_the_sample_is_accounted_for(contract: Contract) -> None:
    incidents, quality = read_incidents(contract.path, **contract.options)
    assert quality.rows_read == contract.rows
    assert quality.kept + sum(quality.rejected.values()) == quality.rows_read
    assert quality.located + sum(quality.unlocated.values()) == quality.kept
    assert (len(incidents), incidents.geometry.notna().sum()) == (quality.kept, quality.located)
    assert len(quality.rejects) == sum(quality.rejected.values())
    assert quality.categories["rows"].sum() == quality.kept


@each_feed
def test_sample_becomes_incidents(contract: Contract) -> None:
    incidents, quality = read_incidents(contract.path, **contract.options)
    validate_incidents(incidents)
    assert list(incidents.columns) == [*INCIDENT_COLUMNS, "geometry"]
    assert set(incidents["offence_code"].dropna()) <= set(offence_codes())
    west, south, east, north = quality.feed.bbox
    points = incidents.geometry.dropna()
    assert points.x.between(west, east).all()
    assert points.y.between(south, north).all()


@each_feed
@pytest.mark.parametrize("seed", [1, 2])
def test_order_of_rows_and_columns_changes_nothing(
    contract: Contract, seed: int, tmp_path: Path
) -> None:
    shuffle = random.Random(seed)  # noqa: S311 - an order, not a secret
    mixed = tmp_path / contract.file

    def reorder(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = list(rows[0])
        shuffle.shuffle(names)
        shuffle.shuffle(rows)
        return [{name: row[name] for name in names if name in row} for row in rows]

    _rewrite(contract, mixed, reorder)
    straight = read_incidents(contract.path, **contract.options)
    again = read_incidents(mixed, **contract.options)
    assert _content(again.incidents) == _content(straight.incidents)
    assert dict(again.quality.rejected) == dict(straight.quality.rejected)
    assert dict(again.quality.flags) == dict(straight.quality.flags)


@each_feed
def test_nothing_about_a_person_reaches_the_incidents(contract: Contract, tmp_path: Path) -> None:
    seen: set[str] = set()
    marked = tmp_path / contract.file

    def mark(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        seen.update(name for row in rows for name in row if PERSONAL.search(name))
        return [{k: "MARKED" if k in seen else v for k, v in row.items()} for row in rows]

    _rewrite(contract, marked, mark)
    straight = read_incidents(contract.path, **contract.options).incidents
    incidents = read_incidents(marked, **contract.options).incidents
    assert _content(incidents) == _content(straight)
    assert not incidents.astype("string").eq("MARKED").any(axis=None)


def test_columns_on_people_are_known_by_name() -> None:
    people = (
        "VIC_RACE", "SUSP_SEX", "Vict Age", "victim_shot", "requestor_name", "VICTIM_COUNT",
        "Gender", "Age", "comprace", "compsex", "ro1name", "Responding Officer #1  Name",
    )  # fmt: skip
    assert all(PERSONAL.search(name) for name in people)
    assert not any(PERSONAL.search(name) for name in ("District", "Service", "Vicinity", "Primary"))


def _content(incidents: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    """List what the rows say, in an order of its own; made-up ids hold the file and the row."""
    table = pd.DataFrame(incidents.drop(columns=list(OF_THE_FILE)))
    table["incident_id"] = table["incident_id"].where(table["source_record_id"].notna())
    # Ids that repeat are told apart by the row.
    table.loc[table["source_record_id"].duplicated(keep=False), "incident_id"] = pd.NA
    return sorted(tuple(map(str, row)) for row in table.itertuples(index=False))


def _rewrite(
    contract: Contract, new: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    """Write a sample again, with its rows changed."""
    old = contract.path
    if old.suffix == ".csv":
        with old.open(encoding=contract.encoding, newline="") as file:
            reader = csv.DictReader(file)
            rows = change(list(reader))
        with new.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return
    document = json.loads(old.read_text(encoding="utf-8"))
    if isinstance(document, list):
        document = change(document)
    elif "features" in document:
        # The rows of GeoJSON are the properties of its features; points stay with them.
        rows = [f["properties"] | {"geometry": f["geometry"]} for f in document["features"]]
        document["features"] = [
            {"type": "Feature", "geometry": row.pop("geometry"), "properties": row}
            for row in change(rows)
        ]
    else:
        lists = {k: v for k, v in document.items() if isinstance(v, list) and v}
        document |= {name: change(rows) for name, rows in lists.items()}
    new.write_text(json.dumps(document), encoding="utf-8")
