"""The only door between analysis and the public."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, TypeVar

import h3
import pandas as pd

from hotspots.cells import cell_areas_km2
from hotspots.errors import ParameterError, PublishError
from hotspots.loaders.quality import QualityReport
from hotspots.publish.accounts import exact_accounts, public_accounts
from hotspots.publish.coarsen import coarsen_until_shown
from hotspots.publish.policy import OPEN, STRICT, Policy
from hotspots.publish.refusals import (
    refuse_incident_rows,
    refuse_overlaps,
    refuse_undescribed_test,
    refuse_unsafe_cells,
    refuse_unsafe_test,
)
from hotspots.publish.release import SEAL, Layer, Release, Source, stamped
from hotspots.publish.suppression import band_counts
from hotspots.results import HotspotResult
from hotspots.words import Message, message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.publish.release import Account

_T = TypeVar("_T")

#: What a method may tell the public about itself. Their fields hold parameters and numbers of
#: cells, nothing that was computed from a hidden count; what is not listed stays inside.
_PUBLIC_CAVEATS: Final = tuple(
    f"methods.{name}"
    for name in (
        "area_decides",
        "too_few",
        "weak_power",
        "capped",
        "edge_not_tested",
        "upper_bound",
    )
)

_POLICIES: Final = {"strict": STRICT, "open": OPEN}


def publish(
    results: HotspotResult | Sequence[HotspotResult],
    *,
    quality: QualityReport | Sequence[QualityReport],
    policy: Policy | str | None = None,
) -> Release:
    """Turn results into what the public may see, or refuse.

    What leaves holds no point, no id, no free text, no exact small count, and no statistic that
    was computed from a hidden count: only counts in ranges and words from a closed list. When too
    few incidents could be shown with a number, the cells are made larger and tested anew.

    Parameters
    ----------
    results : HotspotResult or sequence of HotspotResult
        One result, or several on the same cells: one layer each.
    quality : QualityReport or sequence of QualityReport
        The report of each file that the results were counted from.
    policy : Policy, "strict", "open" or None, default None
        ``"strict"`` hides counts under 8, ``"open"`` under 5; both round the others to 5. None
        takes ``"open"`` where every feed's publisher has already anonymised the data, else
        ``"strict"``; the release says which.

    Returns
    -------
    Release
        The only thing that ``write_page`` accepts.

    Raises
    ------
    PublishError
        If an offence group may not be shown, if the study area was drawn around the incidents, if a
        report does not belong to a result, or if too few incidents could be shown.
    ParameterError
        If an argument is not what it should be.

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, quality = hs.load_sample("west-yorkshire-2018-07")
    >>> burglary, _ = hs.select_incidents(incidents, offence="burglary")
    >>> areas, place = hs.areas_of(incidents)
    >>> area = hs.study_area(areas, name=place)
    >>> grid = hs.count_incidents(burglary, hs.make_hexgrid(area, resolution=7))
    >>> release = hs.publish(hs.local_gi_star(grid), quality=quality)
    >>> release.place, release.policy.name
    ('West Yorkshire', 'open')
    >>> bool((release.table["count"].dropna() < 5).any())
    False
    """
    layers = _as_tuple(results, HotspotResult, "results")
    reports = _as_tuple(quality, QualityReport, "quality")
    by_layer = tuple(_reports_of(result, reports) for result in layers)
    rules = _resolve_policy(policy, reports)
    _refuse_unsafe(layers, rules)
    shown = coarsen_until_shown(layers, rules)
    before, after = (h3.get_resolution(r[0].data.index[0]) for r in (layers, shown))
    tables = [_layer_table(result, rules) for result in shown]
    made = tuple(map(partial(_layer, policy=rules), shown, by_layer, tables))
    notes = _notes(
        rules,
        made,
        blurred=_all_blurred(reports),
        together=_in_one_correction(shown),
        before=(before, layers[0]),
        after=(after, shown[0]),
    )
    sources = tuple(_source(report, made) for report in reports)
    return stamped(
        Release(
            place=shown[0].provenance.place,
            area_attribution=shown[0].provenance.area_attribution,
            resolution=after,
            layers=made,
            table=pd.concat(tables, ignore_index=True),
            sources=sources,
            policy=rules,
            notes=notes,
            receipt=_receipt(made, len(shown[0].data), rules),
            seal=SEAL,
        )
    )


def _as_tuple(given: _T | Sequence[_T], kind: type[_T], name: str) -> tuple[_T, ...]:
    found = (given,) if isinstance(given, kind) else tuple(given)  # type: ignore[arg-type]
    wrong = [type(item).__name__ for item in found if not isinstance(item, kind)]
    if wrong or not found:
        got = wrong[0] if wrong else "nothing"
        msg = f"publish() takes {kind.__name__} as {name}, one or several; got {got}."
        raise ParameterError(msg)
    return found


def _reports_of(
    result: HotspotResult, reports: Sequence[QualityReport]
) -> tuple[QualityReport, ...]:
    wanted = set(result.provenance.source_sha256)
    fitting = {report.sha256: report for report in reports if report.sha256 in wanted}
    if set(fitting) != wanted:
        files = ", ".join(report.file_name for report in reports)
        msg = (
            "A result must come with the quality report of each file that it was counted from. The "
            f"reports given are of: {files}. Pass what read_incidents() returned."
        )
        raise PublishError(msg)
    return tuple(fitting.values())


def _all_blurred(reports: Sequence[QualityReport]) -> bool:
    return all(report.feed.anonymised_by_publisher for report in reports)


def _resolve_policy(policy: Policy | str | None, reports: Sequence[QualityReport]) -> Policy:
    blurred = _all_blurred(reports)
    if policy is None:
        return OPEN if blurred else STRICT
    rules = _POLICIES.get(policy) if isinstance(policy, str) else policy
    if not isinstance(rules, Policy):
        msg = f"policy is {policy!r}; take 'strict', 'open', a Policy, or None."
        raise ParameterError(msg)
    if rules.min_count < STRICT.min_count and not blurred:
        feeds = ", ".join(r.feed.id for r in reports if not r.feed.anonymised_by_publisher)
        msg = (
            f"The policy {rules.name!r} shows counts from {rules.min_count}. That is only for a "
            "feed whose spec says that its publisher has already anonymised it, and this one does "
            f"not: {feeds}. Use policy='strict'."
        )
        raise PublishError(msg)
    return rules


def _refuse_unsafe(layers: Sequence[HotspotResult], policy: Policy) -> None:
    for result in layers:
        never = [g for g in result.provenance.groups if g not in policy.public_groups]
        if never:
            allowed = ", ".join(policy.public_groups)
            msg = (
                f"These offence groups may not be shown on a public map: {', '.join(never)}. "
                f"Choose with select_incidents(incidents, offence=...) from: {allowed}."
            )
            raise PublishError(msg)
        refuse_incident_rows(result)
        refuse_unsafe_cells(result)
        refuse_unsafe_test(result)
        refuse_undescribed_test(result)
        if not result.data.index.equals(layers[0].data.index):
            msg = "The layers of one release must lie on the same cells. Count them on one grid."
            raise PublishError(msg)
    refuse_overlaps(layers)


def _layer_key(result: HotspotResult) -> str:
    facts = result.provenance
    return f"{','.join(facts.groups)}|{facts.period_start}/{facts.period_end}"


def _layer_table(result: HotspotResult, policy: Policy) -> pd.DataFrame:
    data = result.data
    names = data["name"].astype(str) if "name" in data.columns else pd.Series("", index=data.index)
    bands = band_counts(data["n"], policy)
    return bands.assign(
        layer=_layer_key(result),
        cell=data.index.to_numpy(),
        name=names.to_numpy(),
        hotspot=data["hotspot"].to_numpy(),
    )[["layer", "cell", "name", "count", "low", "high", "hotspot"]]


def _layer(
    result: HotspotResult,
    reports: Sequence[QualityReport],
    table: pd.DataFrame,
    *,
    policy: Policy,
) -> Layer:
    facts, options = result.provenance, result.params_dict()
    accounts = public_accounts(exact_accounts(result, reports), policy)
    return Layer(
        key=_layer_key(result),
        groups=facts.groups,
        period_start=facts.period_start,
        period_end=facts.period_end,
        method=result.method,
        null=options["null"],
        adjust=options["adjust"],
        alpha=options["alpha"],
        hot_cells=int((table["hotspot"] == "hot").sum()),
        accounts=accounts,
        share_shown_percent=_share_percent(table, accounts),
        caveats=tuple(c for c in result.caveats if c.key in _PUBLIC_CAVEATS),
    )


def _share_percent(table: pd.DataFrame, accounts: Sequence[Account]) -> int:
    """Compare numbers that are shown anyway, so that the share tells nothing new."""
    shown = int(table["count"].sum())
    total = next(a.shown for a in accounts if a.key == "publish.account_on_the_map") or shown
    step = 5
    return min(100, round(shown / max(total, 1) * 100 / step) * step)


def _notes(
    policy: Policy,
    layers: Sequence[Layer],
    *,
    blurred: bool,
    together: bool,
    before: tuple[int, HotspotResult],
    after: tuple[int, HotspotResult],
) -> tuple[Message, ...]:
    low, high = 0, policy.min_count - 1
    notes = [
        _say_policy(policy, blurred=blurred),
        message(
            "publish.small_counts",
            min_count=policy.min_count,
            low=low,
            high=high,
            rounding=policy.rounding,
        ),
    ]
    if before[0] != after[0]:
        areas = [f"{cell_areas_km2(r.data.index).mean():.1f}" for _, r in (before, after)]
        share = round(policy.min_share_shown * 100)
        notes.append(
            message(
                "publish.enlarged", before_km2=areas[0], after_km2=areas[1], share_percent=share
            )
        )
    if len(layers) > 1 and together:
        notes.append(message("publish.maps_together", maps=len(layers)))
    elif len(layers) > 1:
        expected = f"{sum(layer.alpha for layer in layers):.1f}"
        notes.append(message("publish.several_maps", maps=len(layers), expected=expected))
    return tuple(notes)


def _in_one_correction(results: Sequence[HotspotResult]) -> bool:
    """Say whether one call of correct_together() made all of them, others beside them or not."""
    marks = {result.params_dict()["together_with"] for result in results}
    return len(marks) == 1 and "" not in marks


def _say_policy(policy: Policy, *, blurred: bool) -> Message:
    if policy not in (STRICT, OPEN):
        return message("publish.policy_custom", name=policy.name)
    if policy == OPEN:
        return message("publish.policy_open")
    return message("publish.policy_strict_chosen" if blurred else "publish.policy_strict")


def _source(report: QualityReport, layers: Sequence[Layer]) -> Source:
    feed = report.feed
    first, last = min(y.period_start for y in layers), max(y.period_end for y in layers)
    then = [c.note for c in feed.coverage if c.first_day <= last and c.last_day >= first]
    return Source(
        title=feed.title,
        publisher=feed.publisher,
        licence=feed.licence,
        licence_url=feed.licence_url,
        attribution=feed.attribution,
        # The digest lets anybody check a file that the portal gives to all. That of a file which
        # nobody else has proves nothing to a reader, and helps whoever guesses at its contents.
        file_sha256=report.sha256 if feed.anonymised_by_publisher else "",
        caveats=(*feed.caveats, *then),
    )


def _receipt(layers: Sequence[Layer], cells: int, policy: Policy) -> dict[str, object]:
    return {
        "schema": 1,
        "made_with": f"crime-hotspots {version('crime-hotspots')}",
        "policy": asdict(policy),
        "layers": [layer.key for layer in layers],
        "cells": cells,
    }
