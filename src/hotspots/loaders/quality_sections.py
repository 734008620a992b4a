"""What a quality report says, part by part; how it looks is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hotspots.loaders.cautions import cautions_of
from hotspots.loaders.evidence import LARGE_STACK, STACK
from hotspots.loaders.gates import gates_of
from hotspots.loaders.labels import has_code_list, label_table, percent, shown
from hotspots.loaders.rules import QUALITIES
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from hotspots.loaders.quality import QualityReport
    from hotspots.loaders.reference import CrsEvidence
    from hotspots.words import Message

_MOST_LINES: Final = 40
_NAMED_DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a report.

    Attributes
    ----------
    heading : str
        Key of its heading in the catalogue, without the room.
    lines : tuple of Message
        Statements.
    columns : tuple of str
        Keys of the table's column heads; empty when there is no table.
    rows : tuple of tuple
        The table's cells: texts and counts.
    """

    heading: str
    lines: tuple[Message, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | int, ...], ...] = ()


def counted(counts: Mapping[str, int], lang: str, *, prefix: str = "") -> str:
    """List counts with the words for what they count.

    Parameters
    ----------
    counts : mapping of str to int
        Rows by key of the catalogue.
    lang : str
        A language with a catalogue.
    prefix : str, default ""
        What the keys begin with in the catalogue.

    Returns
    -------
    str
        Such as ``"883 no coordinates; 2 withheld by the publisher"``.
    """
    named = (
        f"{rows:,} {say(message(f'loaders.{prefix}{key}'), lang)}" for key, rows in counts.items()
    )
    return "; ".join(named)


def brief_lines(quality: QualityReport, lang: str) -> list[Message]:
    """Say the most important in a few lines.

    Parameters
    ----------
    quality : QualityReport
        The report.
    lang : str
        A language with a catalogue.

    Returns
    -------
    list of Message
        Rows, rejects, places, flags, notes on reading, cautions.
    """
    said = [*_row_lines(quality, lang)]
    said += [message("loaders.note", text=shown(note, 200)) for note in quality.notes]
    said += [message("loaders.caution", text=say(m, lang)) for m in cautions_of(quality, lang)]
    return said


def _row_lines(quality: QualityReport, lang: str) -> list[Message]:
    said = [
        message(
            "loaders.rows",
            file=shown(quality.file_name, 120),
            title=quality.feed.title,
            read=quality.rows_read,
            kept=quality.kept,
        )
    ]
    if quality.rejected:
        said.append(message("loaders.rejected", parts=counted(quality.rejected, lang)))
    else:
        said.append(message("loaders.none_rejected"))
    if quality.unlocated:
        said.append(
            message(
                "loaders.located",
                located=quality.located,
                unlocated=quality.kept - quality.located,
                parts=counted(quality.unlocated, lang),
            )
        )
    else:
        said.append(message("loaders.all_located", located=quality.located))
    if quality.flags:
        said.append(message("loaders.flags", parts=counted(quality.flags, lang)))
    return said


def sections_of(quality: QualityReport, lang: str) -> list[Section]:
    """Lay out the whole report.

    Parameters
    ----------
    quality : QualityReport
        The report.
    lang : str
        A language with a catalogue.

    Returns
    -------
    list of Section
        Those that have something to say.
    """
    parts = [
        Section(heading="heading_warnings", lines=cautions_of(quality, lang)),
        _rows_section(quality, lang),
        _input_section(quality),
        _dates_section(quality, lang),
        _places_section(quality),
        _unlocated_section(quality),
        _categories_section(quality, lang),
        _unmapped_section(quality),
        _grain_section(quality),
        _gates_section(quality, lang),
    ]
    return [part for part in parts if part.lines or part.rows]


def _rows_section(quality: QualityReport, lang: str) -> Section:
    counts = {**quality.rejected, **quality.unlocated, **quality.flags}
    examples = quality.evidence.examples
    rows = tuple(
        (
            say(message(f"loaders.{reason}"), lang),
            counts[reason],
            ", ".join(map(str, examples.get(reason, ()))),
        )
        for reason in counts
    )
    return Section(
        heading="heading_rows",
        lines=tuple(_row_lines(quality, lang)),
        columns=("reason", "rows", "examples"),
        rows=rows,
    )


def _input_section(quality: QualityReport) -> Section:
    feed = quality.feed
    lines = [
        message(
            "loaders.file_facts" if quality.encoding else "loaders.frame_facts",
            file=shown(quality.file_name, 120), bytes=quality.size_bytes, sha256=quality.sha256,
        ),
        message(
            "loaders.feed_facts",
            feed=feed.id, variant=shown(quality.variant), version=feed.version,
            checked_on=feed.checked_on,
        ),
    ]  # fmt: skip
    if quality.encoding:
        delimiter = _NAMED_DELIMITERS.get(quality.delimiter, quality.delimiter)
        lines.append(message("loaders.written_as", encoding=quality.encoding, delimiter=delimiter))
    for key in ("extra_columns", "missing_columns"):
        names = getattr(quality, key)
        if names:
            listed = ", ".join(repr(shown(name)) for name in names[:_MOST_LINES])
            lines.append(message(f"loaders.{key}", columns=listed))
    lines += [message("loaders.note", text=shown(note, 200)) for note in quality.notes]
    return Section(heading="heading_input", lines=tuple(lines))


def _dates_section(quality: QualityReport, lang: str) -> Section:
    dates = quality.evidence.dates
    if dates.first is None or dates.last is None:
        return Section(heading="heading_dates", lines=(message("loaders.no_days"),))
    if set(dates.precision) == {"month"}:
        first, last = f"{dates.first:%Y-%m}", f"{dates.last:%Y-%m}"
        lines = [message("loaders.months", first=first, last=last)]
    else:
        first, last = str(dates.first), str(dates.last)
        lines = [message("loaders.days", first=first, last=last, zone=dates.zone)]
    for key in ("precision", "basis"):
        parts = counted(getattr(dates, key), lang, prefix=f"{key}_")
        lines.append(message(f"loaders.{key}", parts=parts))
    return Section(
        heading="heading_dates",
        lines=(*lines, *_clock_lines(quality)),
        columns=("year", "rows"),
        rows=tuple((str(year), rows) for year, rows in dates.by_year.items()),
    )


def _clock_lines(quality: QualityReport) -> list[Message]:
    rhythm, check = quality.evidence.dates.rhythm, quality.evidence.dates.check
    if not rhythm.rows:
        return [message("loaders.no_clock")]
    counts = {"midnight": rhythm.midnight, "noon": rhythm.noon, "full": rhythm.on_the_hour}
    shares = {f"{key}_share": percent(rows, rhythm.rows) for key, rows in counts.items()}
    lines = [message("loaders.clock", rows=rhythm.rows, **counts, **shares)]
    if rhythm.quiet_from is None:
        lines.append(message("loaders.quiet_unknown"))
    elif rhythm.quiet_at_night:
        lines.append(message("loaders.quiet", hour=rhythm.quiet_from))
    if check is not None:
        lines.append(
            message(
                f"loaders.check_{check.rule}",
                column=check.column,
                agree=check.agree,
                rows=check.rows,
                share=percent(check.agree, check.rows),
                otherwise=percent(check.agree_otherwise, check.rows),
            )
        )
    return lines


def _places_section(quality: QualityReport) -> Section:
    space = quality.evidence.space
    if not space.located:
        return Section(heading="heading_places", lines=(message("loaders.no_points"),))
    return Section(
        heading="heading_places",
        lines=(
            *_crs_lines(space.crs),
            message("loaders.points", located=space.located, distinct=space.distinct_points),
            message(
                "loaders.stacks",
                stacked=space.in_stacks,
                stack=STACK,
                large=space.in_large_stacks,
                large_stack=LARGE_STACK,
            ),
        ),
        columns=("longitude", "latitude", "rows"),
        rows=tuple(
            (f"{longitude:.3f}", f"{latitude:.3f}", int(rows))
            for longitude, latitude, rows in space.top_stacks.itertuples(index=False)
        ),
    )


def _crs_lines(evidence: CrsEvidence) -> list[Message]:
    lines = []
    for position, trial in enumerate(evidence.trials):
        if trial.points:
            taken = "taken" if position == evidence.chosen else "not_taken"
            lines.append(
                message(
                    f"loaders.crs_{taken}",
                    columns=" and ".join(repr(shown(c)) for c in trial.source.columns),
                    crs=trial.source.crs,
                    inside=trial.inside,
                    points=trial.points,
                    share=percent(trial.inside, trial.points),
                )
            )
    return lines


def _unlocated_section(quality: QualityReport) -> Section:
    table = quality.evidence.unlocated_categories
    return Section(
        heading="heading_unlocated",
        columns=("category", "unlocated", "rows", "share"),
        rows=tuple(
            (shown(category), int(unlocated), int(rows), percent(unlocated, rows))
            for category, rows, unlocated in table.head(_MOST_LINES).itertuples(index=False)
        ),
    )


def _lines_of(table: pd.DataFrame, columns: Iterable[str]) -> tuple[tuple[str | int, ...], ...]:
    wanted = table[list(columns)].head(_MOST_LINES)
    return tuple(
        tuple(int(v) if name == "rows" else str(v) for name, v in zip(wanted, row, strict=True))
        for row in wanted.itertuples(index=False)
    )


def _cut(table: pd.DataFrame) -> tuple[Message, ...]:
    rest = table["rows"].iloc[_MOST_LINES:]
    return (
        (message("loaders.more_lines", lines=len(rest), rows=int(rest.sum())),) if len(rest) else ()
    )


def _categories_section(quality: QualityReport, lang: str) -> Section:
    table = label_table(quality.categories, described=False)
    table.loc[table["category"] == "", "category"] = say(message("loaders.no_category"), lang)
    by_fit = table.groupby("mapping_quality")["rows"].sum()
    fits = {fit: int(by_fit[fit]) for fit in QUALITIES if fit in by_fit}
    parts = "; ".join(
        f"{rows:,} {say(message(f'loaders.fits_{fit}'), lang)} ({percent(rows, quality.kept)})"
        for fit, rows in fits.items()
    )
    columns = ("category", "rows", "offence_code", "display_group", "mapping_quality")
    return Section(
        heading="heading_categories",
        lines=((message("loaders.fits", parts=parts),) if fits else ()) + _cut(table),
        columns=columns,
        rows=_lines_of(table, columns),
    )


def _unmapped_section(quality: QualityReport) -> Section:
    table = label_table(
        quality.categories, described=has_code_list(quality.feed), quality="unmapped"
    )
    finer = [name for name in ("description", "code") if (table[name] != "").any()]
    columns = ("category", *finer, "rows")
    return Section(
        heading="heading_unmapped",
        lines=_cut(table),
        columns=columns,
        rows=_lines_of(table, columns),
    )


def _grain_section(quality: QualityReport) -> Section:
    grain = quality.evidence.grain
    if not grain.rows:
        return Section(heading="heading_grain")
    if grain.cases is None:
        return Section(
            heading="heading_grain", lines=(message("loaders.grain", grain=grain.grain),)
        )
    line = message(
        "loaders.cases",
        grain=grain.grain,
        rows=grain.rows,
        cases=grain.cases,
        ratio=f"{grain.rows / grain.cases:.2f}",
    )
    return Section(heading="heading_grain", lines=(line,))


def _gates_section(quality: QualityReport, lang: str) -> Section:
    lines = []
    for gate in gates_of(quality):
        if not gate.passed:
            lines.append(message("loaders.caution_gate", text=gate.text(lang)))
        elif gate.name == "columns":
            lines.append(message("loaders.columns_passed"))
        else:
            lines.append(
                message(
                    "loaders.gate_passed",
                    gate=say(message(f"loaders.gate_name_{gate.name}"), lang),
                    found=gate.found,
                    of=gate.of,
                    share=percent(gate.found, gate.of),
                    limit=f"{100 * gate.limit:g} %",
                )
            )
    return Section(heading="heading_gates", lines=tuple(lines))
