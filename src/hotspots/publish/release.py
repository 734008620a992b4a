"""Release: what the public may see. Only ``publish()`` can make one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pandas as pd

    from hotspots.publish.policy import Policy
    from hotspots.words import Message

#: publish() signs what it makes with this, so that no Release is built by mistake.
SEAL: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One map of a release: which offences, when, and how the hotspots were found.

    Attributes
    ----------
    key : str
        Names the layer in the table: ``"<groups>|<first day>/<last day>"``.
    groups : tuple of str
        Display groups.
    period_start, period_end : datetime.date
        First and last day, both inside.
    method, null, adjust : str
        The test in the field's terms.
    alpha : float
        Share of random maps that may show any hot cell.
    hot_cells : int
        Cells marked hot in the table.
    accounts : tuple of Account
        Where the rows of the file went.
    share_shown_percent : int
        Share of the incidents in cells with a number, to the nearest 5 per cent.
    caveats : tuple of Message
        What a reader must know about this layer.
    """

    key: str
    groups: tuple[str, ...]
    period_start: date
    period_end: date
    method: str
    null: str
    adjust: str
    alpha: float
    hot_cells: int
    accounts: tuple[Account, ...]
    share_shown_percent: int
    caveats: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where some rows of the file went, as a range.

    Attributes
    ----------
    key : str
        A message key: ``"publish.account_<what>"``.
    low, high : int
        The number of rows lies between them, both inside.
    shown : int or None
        The rounded number; None when only the range may be told.
    """

    key: str
    low: int
    high: int
    shown: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed that the release rests on, with what its licence asks to be shown.

    Attributes
    ----------
    title, publisher, licence, licence_url, attribution : str
        As the feed's spec gives them.
    file_sha256 : str
        SHA-256 of the file that was read, as published by the portal.
    caveats : tuple of str
        What the feed cannot tell.
    """

    title: str
    publisher: str
    licence: str
    licence_url: str
    attribution: str
    file_sha256: str
    caveats: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Release:
    """What may be shown to anybody: counts in bands, words from a closed list, no point.

    Attributes
    ----------
    place : str
        What the map covers, in words.
    area_attribution : str
        What the licence of the area's polygons wants shown; may be empty.
    resolution : int
        H3 resolution of the cells.
    layers : tuple of Layer
        The maps.
    table : pandas.DataFrame
        The base table, from which every total, sentence and chart derives. One row per layer and
        cell: ``layer``, ``cell`` (H3 id), ``name``, ``count`` (rounded; missing where hidden),
        ``low`` and ``high`` (the range that a reader may infer), ``hotspot`` (a word, or missing
        where the cell was not tested).
    sources : tuple of Source
        The feeds.
    policy : Policy
        The rules that were followed.
    notes : tuple of Message
        What the gate did: rounding, hiding, enlarging.
    receipt : Mapping
        What was checked, for the record; plain values.
    """

    place: str
    area_attribution: str
    resolution: int
    layers: tuple[Layer, ...]
    table: pd.DataFrame
    sources: tuple[Source, ...]
    policy: Policy
    notes: tuple[Message, ...]
    receipt: Mapping[str, Any]
    seal: object = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a release that did not pass the gate."""
        if self.seal is not SEAL:
            msg = "Only publish() makes a Release: call publish(result, quality=quality)."
            raise PublishError(msg)

    def content_digest(self) -> str:
        """Digest all that a reader can see.

        Returns
        -------
        str
            SHA-256, as hexadecimal digits.
        """
        seen = {
            "place": [self.place, self.area_attribution, self.resolution],
            "layers": [asdict(layer) for layer in self.layers],
            # In one order, since a table in another says the same.
            "table": json.loads(
                self.table.sort_values(["layer", "cell"]).to_json(orient="split", index=False)
            ),
            "sources": [asdict(source) for source in self.sources],
            "policy": asdict(self.policy),
            "notes": [asdict(note) for note in self.notes],
        }
        text = json.dumps(seen, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def check_unchanged(self) -> None:
        """Refuse a release whose contents were changed after the gate.

        Raises
        ------
        PublishError
            If anything that a reader can see differs from what passed.
        """
        if self.content_digest() != self.receipt["content_sha256"]:
            msg = (
                "This release was changed after publish() made it. Change the data or the policy "
                "before, and call publish() again."
            )
            raise PublishError(msg)


def stamped(release: Release) -> Release:
    """Put the digest of a release's contents into its receipt.

    Parameters
    ----------
    release : Release
        A release.

    Returns
    -------
    Release
        The same, with ``content_sha256`` in the receipt.
    """
    receipt = {**release.receipt, "content_sha256": release.content_digest()}
    return replace(release, receipt=receipt)
