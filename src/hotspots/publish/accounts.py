"""Where every row of the file went, exactly inside and in ranges outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hotspots.errors import PublishError
from hotspots.publish.release import Account
from hotspots.publish.suppression import band_counts
from hotspots.schema import LOCATED_STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.loaders.quality import QualityReport
    from hotspots.publish.policy import Policy
    from hotspots.results import HotspotResult


def exact_accounts(result: HotspotResult, reports: Sequence[QualityReport]) -> dict[str, int]:
    """Count where the rows of the files went on their way to one layer.

    Parameters
    ----------
    result : HotspotResult
        The layer.
    reports : sequence of QualityReport
        The reports of the files that the layer was counted from.

    Returns
    -------
    dict of str to int
        Rows by what became of them; ``rows_read`` is the sum of the others.

    Raises
    ------
    PublishError
        If the layer holds more incidents than the reports know of: then a report is not that of
        its file, or the incidents were changed on the way.
    """
    rows_read = sum(report.rows_read for report in reports)
    rejected = sum(sum(report.rejected.values()) for report in reports)
    selected, located = map(sum, zip(*(_selected(result, r) for r in reports), strict=True))
    counted = int(result.data["n"].sum())
    if counted > located:
        files = ", ".join(report.file_name for report in reports)
        msg = (
            f"The layer counts {counted:,} incidents, but the quality report of {files} knows only "
            f"{located:,} with a place. Pass the report that read_incidents() returned with these "
            "incidents; do not repeat rows on the way."
        )
        raise PublishError(msg)
    return {
        "rows_read": rows_read,
        "rejected": rejected,
        "not_selected": rows_read - rejected - selected,
        "unlocated": selected - located,
        "outside_area": located - counted,
        # One number for all cells: the part that lies in hidden ones would, in a map with few of
        # them, give their counts away.
        "on_the_map": counted,
    }


def _selected(result: HotspotResult, report: QualityReport) -> tuple[int, int]:
    """Count the rows that are of a layer's offences and period, and those of them with a place."""
    facts, table = result.provenance, report.groups
    inside = (
        table["display_group"].isin(facts.groups)
        & (table["day"] >= pd.Timestamp(facts.period_start))
        & (table["day"] <= pd.Timestamp(facts.period_end))
    )
    located = inside & table["location_status"].isin(LOCATED_STATUSES)
    return int(table.loc[inside, "rows"].sum()), int(table.loc[located, "rows"].sum())


def public_accounts(exact: dict[str, int], policy: Policy) -> tuple[Account, ...]:
    """Put the exact accounts into the ranges of the policy, after checking that they add up.

    Parameters
    ----------
    exact : dict of str to int
        What :func:`exact_accounts` returned.
    policy : Policy
        The rules.

    Returns
    -------
    tuple of Account
        One for each entry, in the same order.

    Raises
    ------
    PublishError
        If the rows do not add up.
    """
    parts = sum(rows for name, rows in exact.items() if name != "rows_read")
    if parts != exact["rows_read"] or min(exact.values()) < 0:
        listed = ", ".join(f"{name} {rows:,}" for name, rows in exact.items())
        msg = f"The rows do not add up: {listed}. This is a fault of the library; please report it."
        raise PublishError(msg)
    bands = band_counts(list(exact.values()), policy)
    return tuple(
        Account(
            key=f"publish.account_{name}",
            low=int(row.low),
            high=int(row.high),
            shown=None if pd.isna(row.count_) else int(row.count_),
        )
        for name, row in zip(
            exact, bands.rename(columns={"count": "count_"}).itertuples(), strict=True
        )
    )
