"""The codebook: what each offence code means, and which display group shows it."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hotspots.errors import ParameterError
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class OffenceCode:
    """One code of the codebook.

    Attributes
    ----------
    code : str
        Three characters, such as ``"220"``.
    name : str
        What it means.
    category : str
        The offence category that the code belongs to.
    against : str
        ``"person"``, ``"property"``, ``"society"``, or ``"none"`` where nothing is a crime.
    display_group : str
        The group that legends and maps show it in.
    origin : str
        ``"NIBRS"``, or ``"CODE"`` (Crime Open Database) for what NIBRS has no code for.
    sensitive : bool
        Whether every offence with this code is sensitive.
    """

    code: str
    name: str
    category: str
    against: str
    display_group: str
    origin: str
    sensitive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayGroup:
    """One group that legends and maps show.

    Attributes
    ----------
    key : str
        Its name in data, such as ``"burglary"``.
    sensitive : bool
        Whether every offence in it is sensitive.
    """

    key: str
    sensitive: bool


@cache
def offence_codes() -> Mapping[str, OffenceCode]:
    """Give the codebook.

    The codes are those of the FBI's National Incident-Based Reporting System (NIBRS), with the
    twelve codes that the Crime Open Database adds for offences whose kind is not stated
    (Ashby, 2019, https://doi.org/10.1163/24523666-00401007).

    Returns
    -------
    mapping of str to OffenceCode
        Every code, in the order of the codebook; it cannot be changed.

    Examples
    --------
    >>> from hotspots.offences import offence_codes
    >>> offence_codes()["220"].name
    'Burglary or breaking and entering'
    """
    text = files("hotspots.offences").joinpath("codes.csv").read_text(encoding="utf-8")
    found: dict[str, OffenceCode] = {}
    for row in csv.DictReader(text.splitlines()):
        code = OffenceCode(**{**row, "sensitive": row["sensitive"] == "true"})  # type: ignore[arg-type]
        if code.code in found:
            msg = f"The codebook holds the code {code.code!r} twice."
            raise ParameterError(msg)
        found[code.code] = code
    return MappingProxyType(found)


@cache
def _groups_file() -> Mapping[str, Any]:
    text = files("hotspots.offences").joinpath("groups.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


@cache
def display_groups() -> Mapping[str, DisplayGroup]:
    """Give the display groups.

    Returns
    -------
    mapping of str to DisplayGroup
        Every group, in the order of legends; it cannot be changed. ``vehicle_crime`` and
        ``violence_and_sexual`` are for feeds that do not say more.

    Examples
    --------
    >>> from hotspots.offences import display_groups
    >>> [key for key, group in display_groups().items() if group.sensitive]
    ['sexual', 'violence_and_sexual', 'kidnap_trafficking']
    """
    groups = _groups_file()["groups"]
    return MappingProxyType({k: DisplayGroup(key=k, **facts) for k, facts in groups.items()})


@cache
def offence_aggregates() -> Mapping[str, tuple[str, ...]]:
    """Give the aggregates: several display groups under one name.

    Robbery is a property offence in NIBRS and violent to the public: it is in ``violent`` only.

    Returns
    -------
    mapping of str to tuple of str
        Name and display groups; it cannot be changed.

    Examples
    --------
    >>> from hotspots.offences import offence_aggregates
    >>> offence_aggregates()["violent"]
    ('homicide', 'sexual', 'violence_and_sexual', 'assault', 'robbery')
    """
    aggregates = _groups_file()["aggregates"]
    return MappingProxyType({name: tuple(groups) for name, groups in aggregates.items()})


def expand_groups(names: str | Iterable[str]) -> tuple[str, ...]:
    """Turn names of display groups and aggregates into display groups.

    Parameters
    ----------
    names : str or iterable of str
        One name or several.

    Returns
    -------
    tuple of str
        Display groups, each once, sorted.

    Raises
    ------
    ParameterError
        If there is no name, or one is neither a display group nor an aggregate.

    Examples
    --------
    >>> from hotspots.offences import expand_groups
    >>> expand_groups("violent")
    ('assault', 'homicide', 'robbery', 'sexual', 'violence_and_sexual')
    """
    wanted = (names,) if isinstance(names, str) else tuple(names)
    groups, aggregates = display_groups(), offence_aggregates()
    unknown = [name for name in wanted if name not in groups and name not in aggregates]
    if unknown or not wanted:
        got = ", ".join(repr(name) for name in unknown) or "nothing"
        known = ", ".join((*groups, *aggregates))
        msg = f"No display group is called {got}. Choose from: {known}."
        raise ParameterError(msg)
    return tuple(sorted({g for name in wanted for g in aggregates.get(name, (name,))}))


def group_label(key: str, lang: str = "en") -> str:
    """Say a display group or an aggregate in words.

    Parameters
    ----------
    key : str
        Its name in data.
    lang : str, default "en"
        A language with a catalogue.

    Returns
    -------
    str
        The label.

    Raises
    ------
    ParameterError
        If the group or the language is unknown.

    Examples
    --------
    >>> from hotspots.offences import group_label
    >>> group_label("damage_arson")
    'Damage and arson'
    """
    if key not in display_groups() and key not in offence_aggregates():
        expand_groups(key)  # raises, and names the groups there are
    return say(message(f"offences.{key}"), lang)
