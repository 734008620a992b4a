"""Where every row of the file went, exactly inside and in ranges outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hotspots.errors import PublishError
from hotspots.publish.release import Account
from hotspots.publish.suppression import band_counts

if TYPE_CHECKING:
    from hotspots.loaders.quality import QualityReport
    from hotspots.publish.policy import Policy
    from hotspots.results import HotspotResult


def exact_accounts(result: HotspotResult, quality: QualityReport, policy: Policy) -> dict[str, int]:
    """Count where the rows of a file went on their way to one layer.

    Parameters
    ----------
    result : HotspotResult
        The layer.
    quality : QualityReport
        The report of the file that the layer was counted from.
    policy : Policy
        Decides which cells show a number.

    Returns
    -------
    dict of str to int
        Rows by what became of them; ``rows_read`` is the sum of the others.

    Raises
    ------
    PublishError
        If the layer holds more incidents than the report knows of: then the report is not that of
        the file, or the incidents were changed on the way.
    """
    facts = result.provenance
    table = quality.groups
    inside = (
        table["display_group"].isin(facts.groups)
        & (table["day"] >= pd.Timestamp(facts.period_start))
        & (table["day"] <= pd.Timestamp(facts.period_end))
    )
    located = table["location_status"].isin(["ok", "swapped_fixed"])
    selected = int(table.loc[inside, "rows"].sum())
    selected_located = int(table.loc[inside & located, "rows"].sum())
    n = result.data["n"]
    outside = selected_located - int(n.sum())
    if outside < 0:
        msg = (
            f"The layer counts {int(n.sum()):,} incidents, but the quality report of "
            f"{quality.file_name} knows only {selected_located:,} with a place. Pass the report "
            "that read_incidents() returned with these incidents; do not repeat rows on the way."
        )
        raise PublishError(msg)
    rejected = sum(quality.rejected.values())
    return {
        "rows_read": quality.rows_read,
        "rejected": rejected,
        "not_selected": quality.rows_read - rejected - selected,
        "unlocated": selected - selected_located,
        "outside_area": outside,
        "in_cells_with_number": int(n[n >= policy.min_count].sum()),
        "in_cells_with_range": int(n[n < policy.min_count].sum()),
    }


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
