"""A quality report as text, Markdown and HTML: one content, three looks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from hotspots.loaders.labels import shown
from hotspots.loaders.quality_sections import brief_lines, sections_of
from hotspots.words import message, say

if TYPE_CHECKING:
    from hotspots.loaders.quality import QualityReport
    from hotspots.loaders.quality_sections import Section

#: No sentence of a report is longer.
_LONGEST: Final = 1000
#: Parts that a reader sees without opening them.
_OPEN: Final = ("heading_warnings", "heading_rows")
_MARKDOWN: Final = str.maketrans({c: f"\\{c}" for c in "\\`*[]|"} | {"<": "&lt;", ">": "&gt;"})


def as_text(quality: QualityReport, lang: str) -> str:
    """Write the most important of a report as text.

    Parameters
    ----------
    quality : QualityReport
        The report.
    lang : str
        A language with a catalogue.

    Returns
    -------
    str
        One statement a line.
    """
    return "\n".join(shown(say(line, lang), _LONGEST) for line in brief_lines(quality, lang))


def as_markdown(quality: QualityReport, lang: str) -> str:
    """Write a report as Markdown.

    Parameters
    ----------
    quality : QualityReport
        The report.
    lang : str
        A language with a catalogue.

    Returns
    -------
    str
        A document with a heading for each part.
    """

    def plain(text: str) -> str:
        return shown(text, _LONGEST).translate(_MARKDOWN)

    title = say(message("loaders.title", file=shown(quality.file_name, 120)), lang)
    out = [f"# {plain(title)}", "", plain(say(message("loaders.for_analysts"), lang))]
    for part in sections_of(quality, lang):
        out += ["", f"## {say(message(f'loaders.{part.heading}'), lang)}", ""]
        out += [f"- {plain(say(line, lang))}" for line in part.lines]
        if part.rows:
            heads = _heads(part, lang)
            out += ["", f"| {' | '.join(heads)} |"] if part.lines else [f"| {' | '.join(heads)} |"]
            out.append("|" + " --- |" * len(heads))
            out += [f"| {' | '.join(plain(_cell(v)) for v in row)} |" for row in part.rows]
    return "\n".join(out) + "\n"


def as_html(quality: QualityReport, lang: str) -> str:
    """Write a report as a block of HTML that any page can hold.

    Parameters
    ----------
    quality : QualityReport
        The report.
    lang : str
        A language with a catalogue.

    Returns
    -------
    str
        One ``section`` without style, script or address; every text in it is escaped.
    """

    def plain(text: str) -> str:
        return escape(shown(text, _LONGEST))

    title = say(message("loaders.title", file=shown(quality.file_name, 120)), lang)
    out = [
        f'<section class="hotspots-quality" lang="{escape(lang)}">',
        f"<h2>{plain(title)}</h2>",
        f"<p>{plain(say(message('loaders.for_analysts'), lang))}</p>",
    ]
    for part in sections_of(quality, lang):
        heading = say(message(f"loaders.{part.heading}"), lang)
        is_open = " open" if part.heading in _OPEN else ""
        out.append(f"<details{is_open}><summary>{plain(heading)}</summary>")
        if part.lines:
            items = "".join(f"<li>{plain(say(line, lang))}</li>" for line in part.lines)
            out.append(f"<ul>{items}</ul>")
        if part.rows:
            heads = "".join(f'<th scope="col">{plain(head)}</th>' for head in _heads(part, lang))
            out.append(f"<table><thead><tr>{heads}</tr></thead><tbody>")
            for row in part.rows:
                cells = "".join(f"<td>{plain(_cell(value))}</td>" for value in row)
                out.append(f"<tr>{cells}</tr>")
            out.append("</tbody></table>")
        out.append("</details>")
    return "\n".join([*out, "</section>"]) + "\n"


def _heads(part: Section, lang: str) -> list[str]:
    return [say(message(f"loaders.column_{name}"), lang) for name in part.columns]


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value
