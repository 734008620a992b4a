"""Gates: is a file as files of its feed are? Asked always, enforced when reading strictly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hotspots.errors import GateError, UnmappedCategoryError
from hotspots.loaders.labels import label_table, percent
from hotspots.words import message, say

if TYPE_CHECKING:
    from hotspots.loaders.quality import QualityReport

_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One limit, and how a file stands to it.

    Attributes
    ----------
    name : str
        ``"unmapped"``, ``"outside_bounds"``, ``"rejected"``, ``"unlocated"`` or ``"columns"``.
    found, of : int
        What was counted, and among how many.
    limit : float
        The largest share of ``of`` that is normal for the feed.
    columns : tuple of str
        For ``"columns"``: those that the feed reads and the file lacks.
    """

    name: str
    found: int
    of: int
    limit: float
    columns: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:  # numpydoc ignore=RT01
        """Whether the file keeps within the limit."""
        return self.found <= self.limit * self.of

    def text(self, lang: str = "en") -> str:
        """Say by how much the limit is broken.

        Parameters
        ----------
        lang : str, default "en"
            A language with a catalogue.

        Returns
        -------
        str
            A clause without a full stop, with the numbers.
        """
        if self.name == "columns":
            said = message("loaders.gate_columns", columns=", ".join(map(repr, self.columns)))
        else:
            said = message(
                f"loaders.gate_{self.name}",
                found=self.found,
                of=self.of,
                share=percent(self.found, self.of),
                limit=f"{100 * self.limit:g} %",
            )
        return say(said, lang)


def gates_of(quality: QualityReport) -> tuple[Gate, ...]:
    """Hold a report against the limits of its feed.

    Parameters
    ----------
    quality : QualityReport
        The report.

    Returns
    -------
    tuple of Gate
        Every limit that the feed has, passed or not.

    Examples
    --------
    >>> from hotspots.loaders import load_sample
    >>> from hotspots.loaders.gates import gates_of
    >>> _, quality = load_sample("west-yorkshire-2018-07")
    >>> [gate.name for gate in gates_of(quality) if not gate.passed]
    []
    """
    limits, kept = quality.feed.expected, quality.kept
    variant = next((v for v in quality.feed.variants if v.name == quality.variant), None)
    read = variant.named_columns if variant else ()
    vanished = tuple(c for c in quality.missing_columns if c in read)
    gates = [
        Gate(
            name="unmapped",
            found=quality.flags.get("unmapped_category", 0),
            of=kept,
            limit=limits.unmapped,
        ),
        Gate(
            name="outside_bounds",
            found=quality.unlocated.get("outside_bounds", 0),
            of=kept,
            limit=limits.outside_bounds,
        ),
        Gate(
            name="rejected",
            found=sum(quality.rejected.values()),
            of=quality.rows_read,
            limit=limits.rejected,
        ),
    ]
    if not math.isnan(limits.unlocated):
        gates.append(
            Gate(name="unlocated", found=kept - quality.located, of=kept, limit=limits.unlocated)
        )
    gates.append(
        Gate(name="columns", found=len(vanished), of=len(read), limit=0.0, columns=vanished)
    )
    return tuple(gates)


def check_gates(quality: QualityReport) -> None:
    """Refuse a file that is not as good as files of its feed are.

    Parameters
    ----------
    quality : QualityReport
        The report of the file.

    Raises
    ------
    UnmappedCategoryError
        If more rows than are normal for the feed have a category that is not known; the message
        names the categories, and every other limit that is broken.
    GateError
        If only other limits are broken: places outside the bounds, rows rejected, rows without a
        place, a column that the feed reads and the file lacks.

    Examples
    --------
    >>> from hotspots.loaders import load_sample
    >>> from hotspots.loaders.gates import check_gates
    >>> check_gates(load_sample("west-yorkshire-2018-07").quality)
    """
    failed = [gate for gate in gates_of(quality) if not gate.passed]
    if not failed:
        return
    said = "; ".join(gate.text() for gate in failed)
    msg = f"{quality.file_name} is not as files of {quality.feed.id!r} are: {said}."
    if any(gate.name == "unmapped" for gate in failed):
        table = label_table(quality.categories, described=False, quality="unmapped").head(_NAMED)
        named = zip(table["category"], table["rows"], strict=True)
        unknown = "; ".join(f"{category!r} ({rows:,})" for category, rows in named)
        msg = f"{msg} Not known are, with their rows: {unknown}."
        raise UnmappedCategoryError(msg)
    msg = f"{msg} Look at its quality report; read it without strict if this is as it should be."
    raise GateError(msg)
