"""Categories as a report lists them: texts of a code list, never what somebody wrote of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from hotspots.loaders.registry import list_feeds

if TYPE_CHECKING:
    from hotspots.loaders.spec import FeedSpec

#: No label of a code list is longer; what is may be prose about a person.
LONGEST: Final = 60
#: Words in the names of columns that are about people, and not about what happened, or where.
ABOUT_PEOPLE: Final = (
    r"\bvict|\bsusp|\boffender|\barrestee|\bperson|\brace\b|\bsex\b|\bgender|\bage\b|\bdescent|"
    r"\bethnic|\bcomplainant|\bofficer|\brequest[eo]r|\bphone|\be?mail\b|\bdevice|\baccount|"
    r"\bfirst name|\blast name|\bbadge|\bcomp(?:race|ethnicity|sex)\b|\bro\d ?(?:badge|name)\b"
)
_OWN_TABLE: Final = "generic-csv"


def shown(text: object, longest: int = LONGEST) -> str:
    r"""Make a text from a file safe to show on one line.

    Parameters
    ----------
    text : object
        Anything; missing values become an empty text.
    longest : int, default 60
        Characters that are kept.

    Returns
    -------
    str
        The text without control and direction marks, cut where it is too long.

    Examples
    --------
    >>> from hotspots.loaders.labels import shown
    >>> shown("THEFT\x1b[31m\nFROM AUTO")
    'THEFT�[31m FROM AUTO'
    """
    if pd.isna(text):
        return ""
    words = "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}"
        for c in str(text)
    )
    words = " ".join(words.split())
    return words if len(words) <= longest else f"{words[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"


def percent(part: int, whole: int) -> str:
    """Write a share.

    Parameters
    ----------
    part, whole : int
        Counts.

    Returns
    -------
    str
        Percent to one decimal.

    Examples
    --------
    >>> from hotspots.loaders.labels import percent
    >>> percent(3132, 32411)
    '9.7 %'
    """
    return f"{100 * part / max(whole, 1):.1f} %"


def has_code_list(feed: FeedSpec) -> bool:
    """Say whether a feed's descriptions are known to come from a list, and not to be prose.

    Parameters
    ----------
    feed : FeedSpec
        The feed.

    Returns
    -------
    bool
        True for the feeds that come with this library and are described for good.
    """
    return feed.id in list_feeds() and feed.id != _OWN_TABLE


def label_table(
    categories: pd.DataFrame, *, described: bool, quality: str | None = None
) -> pd.DataFrame:
    """Count rows by category and by what it became.

    Parameters
    ----------
    categories : pandas.DataFrame
        The table of a report.
    described : bool
        Whether descriptions and codes are told apart as well; otherwise they are left out.
    quality : str, optional
        Only categories with this ``mapping_quality``.

    Returns
    -------
    pandas.DataFrame
        ``category``, ``description``, ``code``, ``rows``, ``offence_code``, ``display_group``,
        ``mapping_quality``; most rows first. Texts are cut to 60 characters; blank is "".
    """
    lines = categories if quality is None else categories[categories["mapping_quality"] == quality]
    table = pd.DataFrame(
        {
            "category": lines["category"].map(shown),
            "description": lines["description"].map(shown) if described else "",
            "code": lines["code"].map(shown) if described else "",
            "offence_code": lines["offence_code"].map(shown),
            "display_group": lines["display_group"].astype(str),
            "mapping_quality": lines["mapping_quality"].astype(str),
            "rows": lines["rows"].astype("int64"),
        }
    )
    keys = [name for name in table if name != "rows"]
    counted = table.groupby(keys, sort=True)["rows"].sum().reset_index()
    ordered = counted.sort_values("rows", ascending=False, kind="stable").reset_index(drop=True)
    return ordered[[*keys[:3], "rows", *keys[3:]]]
