"""Capacity set against people: the two-step floating catchment, who is left over, and how evenly it is shared.

Luo, W., Wang, F. (2003), Measures of spatial accessibility to health care in a GIS environment, Environment and
Planning B 30(6), 865–884: R_j = S_j ÷ Σ P_i over the areas i within the limit of facility j; an area has Σ R_j places
for one person over the facilities within the limit, and so P_i Σ R_j places in all.

Written here because the libraries differ where it matters: PySAL ``access`` gives infinity for a facility whose
catchment holds nobody and drops the areas that reach none, and ``inequality.Gini`` takes no weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.findings import Finding
from circle15.core.rule import Metric, Rule
from circle15.core.tables import Equity, Facilities, Residential
from circle15.core.text import Text, first_ids
from circle15.judge.coverage import basis_weights
from circle15.judge.subjects import NOT_APPLICABLE, UNKNOWN, Block, Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the capacity of some facility types is counted in, and whom it is for."""

    column: str
    basis: str
    types: tuple[str, ...]


CAPACITIES = (
    Capacity(
        "beds",
        "pop60",
        (
            "county_welfare_home",
            "elderly_institution",
            "town_welfare_home",
            "regional_center",
            "town_complex",
            "town_mutual_aid",
            "embedded_facility",
            "community_elderly",
            "community_care_center",
            "day_care",
            "rural_mutual_aid",
            "village_welfare_home",
            "medical_care_center",
        ),
    ),
    Capacity("seats", "pop60", ("canteen", "meal_point")),
    Capacity(
        "nursery_places",
        "pop0_3",
        ("nursery", "nursery_hub", "kindergarten_nursery_class", "family_nursery", "workplace_nursery"),
    ),
)

# What nobody can say of a supply without the people.
_OF_PEOPLE = (
    "supply_reached",
    "supply_unreached",
    "people",
    "served",
    "unserved",
    "unknown",
    "mean",
    "worst_decile",
    "gini",
)
_WORST = 0.1
# Parts of places add up to whole people again: what is left of them beyond this is rounding.
_DECIMALS = 6


def basis_of(facility_type: str) -> str:
    """Whom facilities of a type are for: the basis that their capacity is counted for, else the elderly."""
    return next((each.basis for each in CAPACITIES if facility_type in each.types), "pop60")


@dataclass(frozen=True, slots=True)
class Catchment:
    """Every facility and area at most a rule's limit apart, as rows of their tables, each pair once."""

    facility: Ints
    area: Ints


def capacities(rule: Rule, facilities: Facilities, residential: Residential) -> list[Capacity]:
    """The kinds of capacity a distance rule counts and the data can set against people."""
    return [
        each
        for each in CAPACITIES
        if _speaks_of(rule, each) and facilities.has(each.column) and residential.has(each.basis)
    ]


def _speaks_of(rule: Rule, capacity: Capacity) -> bool:
    return rule.is_distance and not set(rule.targets).isdisjoint(capacity.types)


def equity(
    blocks: Sequence[Block],
    facilities: Facilities,
    residential: Residential,
    counted: Mapping[str, Any],
    catchments: Mapping[tuple[str, Metric], Catchment],
) -> Equity:
    """One row for each block of a distance rule and kind of capacity that the data can say.

    ``counted``: facility rows by rule; ``catchments`` by rule and metric. People are those of the areas a rule
    applies to, and all of them share the places. served = Σ min(P_i, P_i Σ R_j) and unserved the rest, one place
    for one person; areas of unknown outcome are neither. A facility of unknown capacity supplies nothing, so that
    served is then a lower bound; where the capacity of all is unknown there is no row. Where the people of no area are
    filled in, nobody knows but the supply.
    """
    weights = basis_weights(residential)
    rows = []
    for block in blocks:
        for capacity in capacities(block.rule, facilities, residential):
            here = _of_capacity(counted[block.rule.rule_id], capacity, facilities)
            places = _places(capacity, facilities)
            if len(here) and np.isnan(places[here]).all():
                continue
            supply = np.zeros(len(places))
            supply[here] = np.nan_to_num(places[here])
            catchment = catchments[block.rule.rule_id, block.metric]
            rows.append(
                {
                    "rule_id": block.rule.rule_id,
                    "metric": block.metric,
                    "capacity": capacity.column,
                    "basis": capacity.basis,
                    "facilities": len(here),
                    "capacity_unknown": int(np.isnan(places[here]).sum()),
                    **_shared(block, supply, weights.get(capacity.basis), catchment),
                }
            )
    return Equity.build(pd.DataFrame(rows, columns=[column.name for column in Equity.columns]))


def _of_capacity(rows: Any, capacity: Capacity, facilities: Facilities) -> Any:
    """Those of the facility rows that have this kind of capacity."""
    return rows[facilities.frame["type"].iloc[rows].isin(capacity.types).to_numpy()]


def _places(capacity: Capacity, facilities: Facilities) -> Floats:
    cells = pd.to_numeric(facilities.frame[capacity.column])
    return np.asarray(cells.to_numpy(dtype=float, na_value=np.nan))


def _shared(block: Block, supply: Floats, weight: Floats | None, catchment: Catchment) -> dict[str, float]:
    """The supply, and what it comes to for the people, if their numbers are known."""
    if weight is None:
        return {"supply": float(supply.sum()), **dict.fromkeys(_OF_PEOPLE, np.nan)}
    people = np.where(block.outcome == NOT_APPLICABLE, 0.0, weight)
    return _figures(supply, people, block.outcome != UNKNOWN, catchment)


def _figures(supply: Floats, people: Floats, known: NDArray[np.bool_], catchment: Catchment) -> dict[str, float]:
    each, demand = two_step(supply, people, catchment)
    reached = float(supply[demand > 0].sum())
    told, places = people[known], each[known]
    served = float((told * np.minimum(places, 1.0)).sum())
    mean = float((told * places).sum() / told.sum()) if told.sum() > 0 else np.nan
    return {
        "supply": float(supply.sum()),
        "supply_reached": reached,
        "supply_unreached": float(supply[demand <= 0].sum()),
        "people": float(people.sum()),
        "served": round(served, _DECIMALS),
        "unserved": round(float((told * np.maximum(1.0 - places, 0.0)).sum()), _DECIMALS),
        "unknown": float(people[~known].sum()),
        "mean": mean,
        "worst_decile": worst_decile(places, told),
        "gini": gini(places, told),
    }


def two_step(supply: Floats, people: Floats, catchment: Catchment) -> tuple[Floats, Floats]:
    """Σ R_j of every area, and the people in the catchment of every facility.

    Invariant: Σ P_i Σ R_j is the supply of the facilities whose catchment holds anybody; that of the others goes
    to nobody.
    """
    demand = np.bincount(catchment.facility, weights=people[catchment.area], minlength=len(supply)).astype(float)
    ratio = np.divide(supply, demand, out=np.zeros(len(supply)), where=demand > 0)
    each = np.bincount(catchment.area, weights=ratio[catchment.facility], minlength=len(people)).astype(float)
    return each, demand


def gini(values: Floats, weights: Floats) -> float:
    """Weighted Gini coefficient: 0 where all have the same; NaN where all of the weight has nothing.

    G = 1 − Σ (F_k − F_k−1)(L_k + L_k−1) over the areas from the worst served, F and L being the cumulative shares
    of people and of what they have: Brown, M. C. (1994), Using Gini-style indices to evaluate the spatial patterns
    of health practitioners, Social Science & Medicine 38(9), 1243–1256.
    """
    order = np.argsort(values, kind="stable")
    weight, amount = weights[order], weights[order] * values[order]
    if amount.sum() <= 0:
        return float("nan")
    lorenz = np.concatenate([[0.0], np.cumsum(amount) / amount.sum()])
    found = 1.0 - float((weight / weight.sum() * (lorenz[1:] + lorenz[:-1])).sum())
    return max(found, 0.0)


def worst_decile(values: Floats, weights: Floats) -> float:
    """The mean value over the worst-served tenth of the weight, the area on its border in part; NaN of nothing.

    It is L(0.1) ÷ 0.1 times the mean, L being the Lorenz curve.
    """
    most = weights.sum() * _WORST
    if most <= 0:
        return float("nan")
    order = np.argsort(values, kind="stable")
    weight = weights[order]
    before = np.cumsum(weight) - weight
    taken = np.clip(most - before, 0.0, weight)
    return float((taken * values[order]).sum() / most)


def equity_findings(
    rules: Sequence[Rule], facilities: Facilities, residential: Residential, counted: Mapping[str, Any]
) -> list[Finding]:
    """Kinds of capacity that cannot be assessed for want of a column, and counted facilities of unknown capacity."""
    found = []
    for capacity in CAPACITIES:
        asking = [rule for rule in rules if _speaks_of(rule, capacity)]
        if not asking:
            continue
        absent = _absent(capacity, facilities, residential)
        if absent:
            found.append(_not_assessed(capacity, absent))
            continue
        rows = np.unique(np.concatenate([_of_capacity(counted[rule.rule_id], capacity, facilities) for rule in asking]))
        empty = rows[np.isnan(_places(capacity, facilities)[rows])]
        if len(empty):
            found.append(_unknown(capacity, facilities.frame["facility_id"].iloc[empty].tolist()))
    return found


def _absent(capacity: Capacity, facilities: Facilities, residential: Residential) -> list[Text]:
    places, people = Facilities.column(capacity.column).meaning, Residential.column(capacity.basis).meaning
    found = []
    if not facilities.has(capacity.column):
        found.append(Text(f"设施没有 {capacity.column}（{places.zh}）列", f"facilities have no {capacity.column}"))
    if not residential.has(capacity.basis):
        found.append(
            Text(f"居住小区没有 {capacity.basis}（{people.zh}）列", f"residential areas have no {capacity.basis}")
        )
    elif capacity.basis not in basis_weights(residential):
        found.append(
            Text(
                f"居住小区的 {capacity.basis}（{people.zh}）列全为空",
                f"{capacity.basis} is empty for every residential area",
            )
        )
    return found


def _not_assessed(capacity: Capacity, absent: Sequence[Text]) -> Finding:
    places = Facilities.column(capacity.column).meaning
    zh, en = "，".join(each.zh for each in absent), ", ".join(each.en for each in absent)
    return Finding(
        code="equity_not_assessed",
        severity="info",
        layer="facilities",
        count=1,
        ids=(),
        message=Text(
            f"{zh}，未评估{places.zh}的供需与公平。", f"{en}: capacity and equity of {places.en} are not assessed."
        ),
        fix=Text("需要评估时补充该列。", "Add the column to have them assessed."),
    )


def _unknown(capacity: Capacity, ids: Sequence[str]) -> Finding:
    words = Facilities.column(capacity.column).meaning
    return Finding.of(
        "capacity_unknown",
        "warning",
        "facilities",
        ids,
        Text(
            f"{len(ids)} 处计入的设施没有填写{words.zh}（{first_ids(ids)}），其容量未计入，已服务人数为下限。",
            f"{len(ids)} counted facilities have no number of {words.en} ({first_ids(ids)}): they supply nothing, "
            f"and the people served are a lower bound.",
        ),
        Text(f"补填 {capacity.column}。", f"Fill in {capacity.column}."),
    )
