"""Weighing incidents by the harm of their offence, and how few of them decide the sum."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from hotspots.errors import FitnessError, ParameterError, SchemaMismatchError
from hotspots.offences.codebook import offence_codes
from hotspots.offences.harm_table import CODEBOOK_COLUMN, HarmTable, harm_table
from hotspots.results import Estimate
from hotspots.words import Message, message, say

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What ``count_harm`` adds to a counted grid.
HARM_COLUMNS: Final = (
    "harm", "harm_effective", "n_without_harm", "harm_total_effective", "harm_unit", "harm_source",
)  # fmt: skip
#: With an effective number below this a total, and any map of it, is the story of a few incidents.
FEW_EFFECTIVE: Final = 30
#: A total of less than this part of the incidents is not the total of any of them.
_LEAST_WEIGHED: Final = 0.5
#: One group for everything from a push to a murder: no index can weigh it.
_HIDES_THE_GRAVEST: Final = "violence_and_sexual"
#: Why a row has no weight, in the order in which it is asked.
REASONS: Final = ("no_code", "ambiguous_code", "no_weight")
_SHOWN: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmParams:
    """Parameters of ``harm_weights`` as resolved.

    Attributes
    ----------
    table, source, unit, edition, licence, code_column : str
        Of the table of harm.
    missing : str
        As given.
    incidents : int
        Incidents, those without a weight included.
    weighed : int
        Incidents with a weight.
    without_weight : dict of str to int
        Incidents without one, by reason: ``no_code``, ``ambiguous_code`` (the feed's category may
        be one of several codes), ``no_weight`` (the table does not have the code).
    effective_incidents : float
        Square of the sum of the weights, divided by the sum of their squares.
    half_from : int
        The smallest number of incidents that hold half of the harm.
    """

    table: str
    source: str
    unit: str
    edition: str
    licence: str
    code_column: str
    missing: str
    incidents: int
    weighed: int
    without_weight: dict[str, int]
    effective_incidents: float
    half_from: int


class HarmWeights(NamedTuple):
    """The weight of each incident, and what they add up to.

    Attributes
    ----------
    weights : pandas.Series
        float64, by the index of the incidents: weight of one incident of the row; NaN for none.
    total : Estimate
        The sum.
    """

    weights: pd.Series
    total: Estimate


def harm_weights(
    incidents: pd.DataFrame, table: HarmTable | str, *, missing: str = "refuse"
) -> HarmWeights:
    """Weigh each incident by the harm of its offence.

    A sum of harm is decided by few incidents: one murder weighs like hundreds of thefts. The
    effective number of incidents says how few: with equal weights it is their number, and it falls
    towards 1 the more a single one decides. It stands beside every sum.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Incidents; the column ``count`` says what each row counts for.
    table : HarmTable or str
        From ``harm_table``, or a name from ``list_harm_tables``.
    missing : {"refuse", "leave_out"}, default "refuse"
        What to do when incidents have no weight. Leaving them out is said, and they are counted by
        reason.

    Returns
    -------
    HarmWeights
        ``weights``, and ``total``, an ``Estimate``: ``estimate`` is the sum in units of the table;
        ``standard_error`` is its root of the sum of squares, which is right when incidents are
        independent of each other (a Poisson number of each kind); the interval and the p-value are
        NaN. ``data`` has one row per code: ``code``, ``name``, ``incidents`` (int64), ``weight``,
        ``harm``, ``share`` (float64, of all harm) and ``without`` (the reason, where there is no
        weight). ``params`` is a ``HarmParams``.

    Raises
    ------
    FitnessError
        If incidents have no weight and ``missing`` is ``"refuse"``, if fewer than half have one, if
        none weighs anything, if the feed has one group for all violence and sexual offences, or if
        more incidents with a code are taken back than there are.
    ParameterError
        If ``missing`` is none of the above.
    SchemaMismatchError
        If the incidents lack a column.

    Warns
    -----
    UserWarning
        If the effective number of incidents is below 30.

    See Also
    --------
    harm_table : Tables of weights, and how to bring your own.
    count_harm : The same in each cell of a grid.

    References
    ----------
    Kish, L. (1965). Survey Sampling. Wiley, New York. (The effective number.)

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("synthetic-chicago")
    >>> incidents, _ = hs.select_incidents(incidents, offence=["robbery", "burglary"])
    >>> weights, total = hs.harm_weights(incidents, "ca-csi-2009")
    >>> len(incidents), total.estimate, round(total.params.effective_incidents)
    (1701, 650331.0, 1341)
    """
    return weighed(incidents, table, missing=missing, stacklevel=3)


def weighed(
    incidents: pd.DataFrame, table: HarmTable | str, *, missing: str, stacklevel: int
) -> HarmWeights:
    """Weigh incidents, and warn in the name of whoever asked.

    Parameters
    ----------
    incidents : pandas.DataFrame
        As for ``harm_weights``.
    table : HarmTable or str
        As for ``harm_weights``.
    missing : str
        As for ``harm_weights``.
    stacklevel : int
        How many calls up the warning belongs.

    Returns
    -------
    HarmWeights
        As ``harm_weights`` gives it.

    Raises
    ------
    ParameterError
        As ``harm_weights``.
    """
    if missing not in {"refuse", "leave_out"}:
        msg = f"missing must be 'refuse' or 'leave_out', got {missing!r}."
        raise ParameterError(msg)
    found = harm_table(table) if isinstance(table, str) else table
    _check_columns(incidents, found)
    counts = incidents["count"].to_numpy(dtype=np.int64)
    codes = incidents[found.code_column].astype(object).where(incidents[found.code_column].notna())
    weights = codes.map(found.weights).astype(np.float64)
    reason = _reasons(incidents, codes, weights, found)
    weights = weights.where(reason == "").rename("harm")
    without = {name: int(counts[reason == name].sum()) for name in REASONS}
    _refuse_what_cannot_be_weighed(incidents, codes, counts, reason, without, found, missing)
    by_code = _by_code(codes, counts, weights, reason)
    total = _total(by_code, counts, without, found, missing)
    if total.params.effective_incidents < FEW_EFFECTIVE:
        few = message("harm.few", effective=_short(total.params.effective_incidents))
        warnings.warn(say(few), UserWarning, stacklevel=stacklevel)
    return HarmWeights(weights, total)


def effective_number(
    sums: NDArray[np.float64], squares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give the effective number of incidents.

    Parameters
    ----------
    sums, squares : ndarray of float64, shape (n,)
        Sum of weights, and of their squares.

    Returns
    -------
    ndarray of float64, shape (n,)
        ``sums**2 / squares``; NaN where nothing weighs anything.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(squares > 0, sums**2 / squares, np.nan), dtype=np.float64)


def _check_columns(incidents: pd.DataFrame, table: HarmTable) -> None:
    missing = [name for name in ("count", table.code_column) if name not in incidents.columns]
    if missing:
        listed = ", ".join(missing)
        msg = f"The incidents have no column {listed}. Read them with read_incidents()."
        raise SchemaMismatchError(msg)


def _reasons(
    incidents: pd.DataFrame, codes: pd.Series, weights: pd.Series, table: HarmTable
) -> NDArray[np.str_]:
    quality = incidents.get("mapping_quality")
    # A publisher's own code is what it is; only the codebook's was found by a rule.
    ruled = quality is not None and table.code_column == CODEBOOK_COLUMN
    unsure = (quality == "ambiguous").to_numpy() if ruled else np.zeros(len(codes), dtype=bool)
    none = codes.isna().to_numpy()
    asked = [none, unsure, weights.isna().to_numpy()]
    return np.select(asked, list(REASONS), "")


def _refuse_what_cannot_be_weighed(
    incidents: pd.DataFrame,
    codes: pd.Series,
    counts: NDArray[np.int64],
    reason: NDArray[np.str_],
    without: dict[str, int],
    table: HarmTable,
    missing: str,
) -> None:
    lost, everything = sum(without.values()), int(counts.sum())
    groups = incidents.get("display_group")
    lumped = (
        int(counts[(groups == _HIDES_THE_GRAVEST) & (reason != "")].sum())
        if groups is not None
        else 0
    )
    if lumped:
        msg = (
            f"{lumped:,} incidents are of one group, 'Violence and sexual offences', in which a "
            "murder counts like a push. No index of harm can weigh it. Leave that group out with "
            "select_incidents(incidents, offence=[...]), or use data with offence codes."
        )
        raise FitnessError(msg)
    if not lost or (missing == "leave_out" and lost <= (1 - _LEAST_WEIGHED) * everything):
        return
    names = pd.Series(counts[reason != ""]).groupby(codes[reason != ""].fillna("none").to_numpy())
    most = names.sum().sort_values(ascending=False)
    listed = ", ".join(f"{code} ({rows:,})" for code, rows in most.head(_SHOWN).items())
    why = ", ".join(f"{name}: {rows:,}" for name, rows in without.items() if rows)
    way = (
        "fewer than half have one, which is the harm of nothing"
        if missing == "leave_out"
        else "write missing='leave_out' to go on without them"
    )
    msg = (
        f"{lost:,} of {everything:,} incidents have no weight ({why}; by code: {listed}). Select "
        f"offences that {table.name!r} covers, give a table with more codes, or: {way}."
    )
    raise FitnessError(msg)


def _by_code(
    codes: pd.Series, counts: NDArray[np.int64], weights: pd.Series, reason: NDArray[np.str_]
) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "code": codes.fillna("").to_numpy(),
            "without": reason,
            "incidents": counts,
            "weight": weights.to_numpy(),
        }
    )
    table = rows.groupby(["code", "without"], as_index=False, sort=True).agg(
        incidents=("incidents", "sum"), weight=("weight", "first")
    )
    if (table["incidents"] < 0).any():
        code = table.loc[table["incidents"] < 0, "code"].iloc[0]
        msg = (
            f"More incidents with the code {code!r} are taken back than there are. A feed with "
            "signed counts takes back some in another month: take a longer period."
        )
        raise FitnessError(msg)
    known = offence_codes()
    table["name"] = [known[code].name if code in known else "" for code in table["code"]]
    table["harm"] = table["incidents"] * table["weight"]
    table["share"] = table["harm"] / table["harm"].sum() if table["harm"].sum() else np.nan
    table = table.sort_values(["harm", "incidents"], ascending=False, kind="stable")
    columns = ["code", "name", "incidents", "weight", "harm", "share", "without"]
    return table[columns].reset_index(drop=True)


def _total(
    by_code: pd.DataFrame,
    counts: NDArray[np.int64],
    without: dict[str, int],
    table: HarmTable,
    missing: str,
) -> Estimate:
    weighed = by_code.dropna(subset="weight")
    harm = float(weighed["harm"].sum())
    if not harm > 0:
        msg = (
            f"None of the {int(counts.sum()):,} incidents weighs anything in the table "
            f"{table.name!r}. Choose other offences, a longer period, or another table."
        )
        raise FitnessError(msg)
    squares = float((weighed["incidents"] * weighed["weight"] ** 2).sum())
    params = HarmParams(
        table=table.name,
        source=table.source,
        unit=table.unit,
        edition=table.edition,
        licence=table.licence,
        code_column=table.code_column,
        missing=missing,
        incidents=int(counts.sum()),
        weighed=int(weighed["incidents"].sum()),
        without_weight=without,
        effective_incidents=float(effective_number(np.array([harm]), np.array([squares]))[0]),
        half_from=_half_from(weighed, harm),
    )
    return Estimate(
        estimate=harm,
        standard_error=float(np.sqrt(squares)),
        confidence_interval=(np.nan, np.nan),
        p_value=np.nan,
        method="harm_weights",
        params=params,
        data=by_code,
        sentences=_said(harm, params),
    )


def _half_from(weighed: pd.DataFrame, harm: float) -> int:
    """Count the gravest incidents until they hold half of the harm."""
    gravest = weighed.sort_values("weight", ascending=False)
    left, taken = harm / 2, 0
    for incidents, weight in zip(gravest["incidents"], gravest["weight"], strict=True):
        if weight <= 0 or left <= 0:
            break
        needed = min(int(np.ceil(left / weight)), int(incidents))
        taken += needed
        left -= needed * weight
    return taken


def _said(harm: float, params: HarmParams) -> tuple[Message, ...]:
    said = [
        message(
            "harm.total",
            harm=f"{harm:,.0f}",
            unit=params.unit,
            incidents=params.weighed,
            effective=_short(params.effective_incidents),
        ),
        message("harm.half", few=params.half_from, incidents=params.weighed),
        message("harm.source", source=params.source),
    ]
    lost = sum(params.without_weight.values())
    if lost:
        said.insert(1, message("harm.without", lost=lost, incidents=params.incidents))
    if params.effective_incidents < FEW_EFFECTIVE:
        said.insert(1, message("harm.few", effective=_short(params.effective_incidents)))
    return tuple(said)


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= FEW_EFFECTIVE else f"{number:.1f}"
