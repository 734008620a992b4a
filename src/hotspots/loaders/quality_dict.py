"""A quality report as plain values that JSON can hold."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from hotspots.loaders.cautions import cautions_of
from hotspots.loaders.evidence import LARGE_STACK, STACK
from hotspots.loaders.gates import gates_of
from hotspots.loaders.labels import has_code_list, label_table, shown
from hotspots.words import say

if TYPE_CHECKING:
    from hotspots.loaders.evidence import DateEvidence, SpaceEvidence
    from hotspots.loaders.quality import QualityReport

_SCHEMA_VERSION: Final = 2
#: More rejects than this are only counted; the frame ``rejects`` holds them all.
_MOST_REJECTS: Final = 1000


def as_dict(quality: QualityReport) -> dict[str, Any]:
    """Give a report as plain values.

    Parameters
    ----------
    quality : QualityReport
        The report.

    Returns
    -------
    dict
        Texts, whole numbers, shares, lists and dicts of them.
    """
    feed, evidence = quality.feed, quality.evidence
    return {
        "schema_version": _SCHEMA_VERSION,
        "feed": feed.id,
        "feed_version": feed.version,
        "map_version": feed.map_version,
        "checked_on": feed.checked_on,
        "file_name": quality.file_name,
        "sha256": quality.sha256,
        "size_bytes": quality.size_bytes,
        "encoding": quality.encoding,
        "delimiter": quality.delimiter,
        "variant": quality.variant,
        "extra_columns": [shown(name) for name in quality.extra_columns],
        "missing_columns": list(quality.missing_columns),
        "rows_read": quality.rows_read,
        "rejected": dict(quality.rejected),
        "kept": quality.kept,
        "located": quality.located,
        "unlocated": dict(quality.unlocated),
        "flags": dict(quality.flags),
        "examples": {reason: list(rows) for reason, rows in evidence.examples.items()},
        "dates": _dates(evidence.dates),
        "places": _places(evidence.space),
        "unlocated_categories": [
            {"category": shown(category) or None, "rows": rows, "unlocated": unlocated}
            for category, rows, unlocated in evidence.unlocated_categories.itertuples(index=False)
        ],
        "grain": {
            "grain": evidence.grain.grain,
            "rows": evidence.grain.rows,
            "cases": evidence.grain.cases,
        },
        "categories": _categories(quality),
        "cautions": [
            {"key": caution.key, **dict(caution.values), "text": say(caution)}
            for caution in cautions_of(quality)
        ],
        "gates": [
            {
                "name": gate.name, "found": gate.found, "of": gate.of, "limit": gate.limit,
                "passed": gate.passed,
            }
            for gate in gates_of(quality)
        ],
        "rejects": _rejects(quality),
        "notes": [shown(note, 200) for note in quality.notes],
    }  # fmt: skip


def _dates(dates: DateEvidence) -> dict[str, Any]:
    rhythm, check = dates.rhythm, dates.check
    return {
        "zone": dates.zone,
        "first": str(dates.first) if dates.first else None,
        "last": str(dates.last) if dates.last else None,
        "rows_by_year": {str(year): rows for year, rows in dates.by_year.items()},
        "precision": dict(dates.precision),
        "basis": dict(dates.basis),
        "clock": {
            "rows": rhythm.rows,
            "midnight": rhythm.midnight,
            "noon": rhythm.noon,
            "on_the_hour": rhythm.on_the_hour,
            "rows_by_hour": list(rhythm.by_hour),
            "quietest_three_hours_from": rhythm.quiet_from,
        },
        "check": asdict(check) if check else None,
        "short_months": [
            {"month": m.month, "rows": m.rows, "median": m.median} for m in dates.short_months
        ],
    }


def _places(space: SpaceEvidence) -> dict[str, Any]:
    return {
        "crs": [
            {
                "columns": list(trial.source.columns), "crs": trial.source.crs,
                "points": trial.points, "inside": trial.inside,
                "taken": position == space.crs.chosen,
            }
            for position, trial in enumerate(space.crs.trials)
        ],
        "located": space.located,
        "distinct_points": space.distinct_points,
        f"rows_in_stacks_of_{STACK}": space.in_stacks,
        f"rows_in_stacks_of_{LARGE_STACK}": space.in_large_stacks,
        "top_stacks": space.top_stacks.to_dict("records"),
    }  # fmt: skip


def _categories(quality: QualityReport) -> list[dict[str, Any]]:
    table = label_table(quality.categories, described=has_code_list(quality.feed))
    return [
        {name: value if value != "" else None for name, value in line.items()}
        for line in table.to_dict("records")
    ]


def _rejects(quality: QualityReport) -> list[dict[str, Any]]:
    """List rejects; of a row that cannot be read only the line, for it may hold anything."""
    return [
        {
            "source_row": row,
            "reason": reason,
            "value": "" if reason == "unparseable_row" else shown(value),
        }
        for row, reason, value in quality.rejects.head(_MOST_REJECTS).itertuples(index=False)
    ]
