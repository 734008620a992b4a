"""Which column is what? By names and shapes; when and where are found elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotspots.loaders.labels import ABOUT_PEOPLE
from hotspots.loaders.profile import first_called

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hotspots.loaders.profile import ColumnProfile

_ID: Final = (
    r"\bid\b|\bids?$|identif|number|nummer|\bno\b|\bnr\b|\bn[uú]m|\bn[°º]|folio|\bkey\b|unique|"
    r"[uú]nico|dossier|aktenzeichen|expediente|\bref"
)
_NOT_A_CATEGORY: Final = (
    r"code|\bid\b|number|locat|place|premis|lugar|weapon|arma\b|status|outcome|resol|dispos|day of|"
    r"report type|modus|victim|suspect|vict\b|susp\b|\bsex\b|\brace\b|\bage\b|gender|month|method"
)
_SURELY: Final = (
    r"primary type|categ\w*$|(?:crime|incident|offence|offense|event) type|^type$|"
    r"^offence$|^offense$|delito|conducta|infraction|delikt|straftat|ofns desc|tipo de|^crime$|"
    r"reato"
)
_PERHAPS: Final = r"categ|type|tipo|offence|offense|crime|charge|nature|modalidad|class|descri"
_DESCRIPTION: Final = r"descri|detail|sub ?(?:type|categ)|secondary"
_ADDRESS: Final = (
    r"\baddr|block|street|direcci|\badr|\brue\b|stra[sß]|\bcall[ea]\b|^location$|intersection"
)
_AREA: Final = (
    r"neigh|hood|barrio|\bward\b|communit|stadtteil|lsoa name|quartier|arrondissement|suburb|"
    r"localidad|colonia|wijk|buurt"
)
_DISTRICT: Final = r"district|precinct|comuna|\bbeat\b|division|bezirk|falls within|\bpdq\b"
_MOST_LABELS: Final = 300
_REPEATED: Final = 5
_NEARLY_ALL: Final = 0.8
_LONGEST_LABEL: Final = 100


def find_roles(
    profiles: Sequence[ColumnProfile], taken: Collection[str], told: Mapping[str, str]
) -> dict[str, str]:
    """Find the columns with an id, a category and a place in words.

    Parameters
    ----------
    profiles : sequence of ColumnProfile
        All columns.
    taken : collection of str
        Columns that hold dates or coordinates.
    told : mapping of str to str
        Columns of roles that the caller named.

    Returns
    -------
    dict of str to str
        Column of each role that was found; the roles are those of ``generic-csv``.
    """
    found: dict[str, str] = dict(told)
    used = {*taken, *told.values()}

    def take(role: str, column: ColumnProfile | None) -> None:
        if column is not None and role not in told:
            found[role] = column.name
            used.add(column.name)

    free = [p for p in profiles if p.name not in used]
    take("record_id", next((p for p in free if _is_id(p)), None))
    take("category", _category(profiles, used))
    # The officer of a beat is no beat, and what a victim looks like is no description.
    things = [p for p in profiles if not p.called(ABOUT_PEOPLE)]
    if "category" in found:
        take("description", first_called(_labels(things, most=5000), _DESCRIPTION, taken=used))
    texts = [p for p in things if not p.numeric]
    take("location_text", first_called(texts, _ADDRESS, taken=used))
    take("area_name", first_called([*_labels(things), *things], _AREA, taken=used))
    take("district", first_called([*_labels(things), *things], _DISTRICT, taken=used))
    return found


def _is_id(column: ColumnProfile) -> bool:
    """Say whether every row has its own value, and the name says that it is an id."""
    whole = not column.numeric or not column.texts.str.contains(r"[.,]").any()
    return bool(
        column.called(_ID) and whole and column.filled == 1 and column.distinct == len(column.texts)
    )


def _labels(profiles: Sequence[ColumnProfile], *, most: int = _MOST_LABELS) -> list[ColumnProfile]:
    """Keep the columns whose values are repeated and short, as those of a list are."""
    return [
        p
        for p in profiles
        if not p.numeric
        and p.filled >= _NEARLY_ALL
        and 1 < p.distinct <= most
        and p.distinct * _REPEATED <= max(len(p.texts), 2 * _REPEATED)
        and p.texts.str.len_chars().max() <= _LONGEST_LABEL  # type: ignore[operator]
    ]


def _category(profiles: Sequence[ColumnProfile], used: Collection[str]) -> ColumnProfile | None:
    """Choose by name; without a name that says it, only when a single column can be meant."""
    able = possible_categories(profiles, used)
    named = first_called(able, _SURELY) or first_called(able, _PERHAPS)
    others = [p for p in able if not p.called(f"{_AREA}|{_DISTRICT}|{_ADDRESS}|^day|week")]
    return named or (others[0] if len(others) == 1 else None)


def possible_categories(
    profiles: Sequence[ColumnProfile], used: Collection[str]
) -> list[ColumnProfile]:
    """Name the columns that could hold a category: short texts that are repeated.

    Parameters
    ----------
    profiles : sequence of ColumnProfile
        All columns.
    used : collection of str
        Columns that are something else.

    Returns
    -------
    list of ColumnProfile
        In the order of the table.
    """
    return [
        p
        for p in _labels(profiles)
        if p.name not in used and (p.called("categ") or not p.called(_NOT_A_CATEGORY))
    ]
