"""One HTML file that works offline, on paper, and with a screen reader."""

from __future__ import annotations

import base64
import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hotspots.cells import cell_areas_km2
from hotspots.codec import pack, travel_order
from hotspots.errors import PublishError
from hotspots.files import check_target, replace_file
from hotspots.palettes import HOT_LINE, count_classes
from hotspots.publish.release import Release
from hotspots.render.districts import say_where
from hotspots.render.leaflet import asset, leaflet_script, leaflet_style
from hotspots.render.payload import layer_payload, map_payload
from hotspots.render.wording import (
    direction,
    say_finding,
    say_offences,
    say_period,
    say_range,
    say_title,
)
from hotspots.words import message, say

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from hotspots.palettes import CountClass
    from hotspots.publish.release import Layer, Source

_SURE: Final = ("sure_alpha", "sure_neighbours", "sure_miss")
#: Corrections that bound the share of wrong marks among all marks.
_BOUNDS_FALSE_SHARE: Final = ("fdr_bh", "fdr_by")
_CANNOT: Final = (
    "cannot_recorded",
    "cannot_risk",
    "cannot_safe",
    "cannot_exact",
    "cannot_why",
    "cannot_compare",
)


def write_page(release: Release, path: str | os.PathLike[str], *, lang: str = "en") -> Path:
    """Write a release as one HTML page.

    The page holds everything it needs and asks nobody for anything. The same release always
    gives the same bytes.

    Parameters
    ----------
    release : Release
        What ``publish()`` returned.
    path : str or os.PathLike
        The file to write; its folder must exist. A file that is there is replaced in one step.
    lang : str, default "en"
        Language of the page.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    PublishError
        If what is given did not pass ``publish()``, or was changed afterwards.
    OutputError
        If the folder does not exist, or the file cannot be written.
    ParameterError
        If the language has no catalogue.

    Examples
    --------
    >>> import hotspots as hs
    >>> hs.write_page("my analysis", "map.html")
    Traceback (most recent call last):
    hotspots.errors.PublishError: write_page() takes a Release, got str. Call publish() first: ...
    """
    if not isinstance(release, Release):
        kind = type(release).__name__
        msg = (
            f"write_page() takes a Release, got {kind}. Call publish() first: "
            "write_page(publish(result, quality=quality), path)."
        )
        raise PublishError(msg)
    release.check_unchanged()
    target = check_target(path, example="map.html")
    replace_file(target, render_page(release, lang).encode("utf-8", "replace"))
    return target


def render_page(release: Release, lang: str) -> str:
    """Make the text of a page.

    Parameters
    ----------
    release : Release
        What is to be shown.
    lang : str
        Language of the page.

    Returns
    -------
    str
        HTML.
    """
    environment = Environment(
        loader=PackageLoader("hotspots.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    styles = [leaflet_style(), asset("map.css"), asset("page.css")]
    scripts = [leaflet_script(), asset("hexes.js"), asset("page.js")]
    template = environment.get_template("page.html.j2")
    return template.render(
        **_content(release, lang),
        csp=_policy_of(scripts, styles),
        # Our own files, from the package: nothing of the release is in them.
        styles=[Markup(style) for style in styles],  # noqa: S704
        scripts=[Markup(script) for script in scripts],  # noqa: S704
    )


def _policy_of(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """Allow what stands in the page, by its checksum, and nothing else."""

    def sources(texts: Sequence[str]) -> str:
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)

    return (
        f"default-src 'none'; script-src {sources(scripts)}; style-src {sources(styles)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _content(release: Release, lang: str) -> dict[str, Any]:
    tell = partial(_tell, lang)
    cells = travel_order(release.table["cell"])
    by_layer = {
        key: rows.set_index("cell").loc[cells].reset_index()
        for key, rows in release.table.groupby("layer", sort=False)
    }
    names = by_layer[release.layers[0].key]["name"].fillna("").astype(str).tolist()
    rules, counts = release.policy, release.table["count"].dropna()
    classes = count_classes(
        min_count=rules.min_count,
        rounding=rules.rounding,
        largest=int(counts.max()) if len(counts) else 0,
    )
    layers = [layer_payload(by_layer[layer.key], classes, lang) for layer in release.layers]
    km2 = _two_digits(float(cell_areas_km2(cells).mean()))
    hidden = say_range(0, rules.min_count - 1, lang)
    return {
        "lang": lang,
        "dir": direction(lang),
        "say": tell,
        "title": say_title(release.layers, release.place, lang),
        "layers": [
            _layer_content(layer, by_layer[layer.key], tell, lang) for layer in release.layers
        ],
        "legend": _legend(classes, tell, lang),
        "hot_line": HOT_LINE,
        "km2": km2,
        "resolution": release.resolution,
        "cannot": [tell(key, range=hidden, km2=km2) for key in _CANNOT],
        "notes": [say(note, lang) for note in release.notes],
        "sources": [_source_content(source, tell) for source in release.sources],
        "area_attribution": release.area_attribution,
        "attribution": " ".join(dict.fromkeys(s.attribution for s in release.sources)),
        "receipt": _receipt(release, len(cells), tell),
        "payload": pack(map_payload(cells, names, layers, classes=classes, lang=lang)),
    }


def _tell(lang: str, key: str, /, **values: str | float) -> str:
    return say(message(f"page.{key}", **values), lang)


def _two_digits(number: float) -> str:
    return f"{float(f'{number:.2g}'):g}"


def _legend(classes: Sequence[CountClass], tell: partial[str], lang: str) -> list[dict[str, str]]:
    found = [{"colour": c.colour, "text": say_range(c.low, c.high, lang)} for c in classes]
    found[0]["text"] = tell("legend_hidden", range=found[0]["text"])
    return found


def _layer_content(
    layer: Layer, rows: pd.DataFrame, tell: partial[str], lang: str
) -> dict[str, Any]:
    in_hundred = f"{layer.alpha * 100:g}"
    idea = tell("sure_idea", null=tell(f"sure_null_{layer.null}"))
    sure = [*_SURE, "sure_some_wrong"] if layer.adjust in _BOUNDS_FALSE_SHARE else _SURE
    terms = {"method": layer.method, "null": layer.null, "adjust": layer.adjust}
    method = {name: tell(f"term_{term}") for name, term in terms.items()}
    return {
        "title": tell(
            "layer_title",
            offence=say_offences(layer.groups, lang),
            period=say_period(layer.period_start, layer.period_end, lang),
        ),
        "finding": say_finding(layer, len(rows), lang),
        "where": say_where(rows.loc[rows["hotspot"] == "hot", "name"].fillna("").astype(str), lang),
        "chance": tell("finding_chance", in_hundred=in_hundred),
        "people": tell(f"finding_{layer.null}"),
        "sure": [idea, *(tell(key, in_hundred=in_hundred) for key in sure)],
        "caveats": [say(caveat, lang) for caveat in layer.caveats],
        "method": tell("sure_method", **method, alpha=f"{layer.alpha:g}"),
        "share": tell("accounts_shown", percent=layer.share_shown_percent),
        "accounts": [
            {
                "text": say(message(account.key), lang),
                "rows": say_range(account.low, account.high, lang)
                if account.shown is None
                else say_range(account.shown, account.shown, lang),
            }
            for account in layer.accounts
        ],
    }


def _source_content(source: Source, tell: partial[str]) -> dict[str, Any]:
    return {
        "line": tell("source_line", title=source.title, publisher=source.publisher),
        "licence": tell("source_licence", licence=source.licence, url=source.licence_url),
        "attribution": source.attribution,
        "caveats": source.caveats,
    }


def _receipt(release: Release, areas: int, tell: partial[str]) -> list[dict[str, Any]]:
    entries = [("made_with", release.receipt.get("made_with"), False)]
    entries += [("file", source.file_sha256, True) for source in release.sources]
    entries += [
        ("content", release.receipt.get("content_sha256"), True),
        ("cells", tell("number", value=areas), False),
        ("resolution", release.resolution, False),
        ("policy", release.policy.name, False),
    ]
    return [
        {"text": tell(f"receipt_{key}"), "value": value, "code": code}
        for key, value, code in entries
        if value
    ]
