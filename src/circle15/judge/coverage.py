"""Coverage: sums over verdict rows, by basis and metric, for the study and for each zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.limit import OPERATORS
from circle15.core.rule import STUDY, WHOLE_STUDY, ZONE, Target
from circle15.core.tables import BASES, OUTCOMES, Coverage, Membership, Residential, Units
from circle15.judge.subjects import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Block, Floats
from circle15.judge.units import zones_above


@dataclass(frozen=True, slots=True)
class Groups:
    """Zones of one level as numbers: area row → index into ``zone_ids``, −1 where the area has none."""

    level: str
    zone_ids: tuple[str, ...]
    of_row: NDArray[np.int64]

    def sums(self, values: Floats) -> Floats:
        """The sum of the values of the areas in each zone."""
        inside = self.of_row >= 0
        return np.bincount(self.of_row[inside], weights=values[inside], minlength=len(self.zone_ids)).astype(float)


def group(residential: Residential, membership: Membership | None) -> list[Groups]:
    """The study as one zone, then each level of zones that the areas lie in."""
    size = len(residential)
    found = [Groups(STUDY, (WHOLE_STUDY,), np.zeros(size, dtype=np.int64))]
    if membership is None:
        return found
    row_of = pd.Series(np.arange(size), index=residential.frame["area_id"].to_numpy())
    for level, rows in membership.frame.groupby("level", sort=True):
        zone_ids, code = np.unique(rows["zone_id"].to_numpy(dtype=object).astype(str), return_inverse=True)
        of_row = np.full(size, -1, dtype=np.int64)
        of_row[row_of[rows["area_id"]].to_numpy()] = code
        found.append(Groups(str(level), tuple(zone_ids.tolist()), of_row))
    return found


def coverage(
    blocks: Sequence[Block],
    residential: Residential,
    groups: Sequence[Groups],
    units: Units | None,
    land: Mapping[Any, Floats],
) -> Coverage:
    """Coverage rows of every block. A basis whose column is absent has no row: it is not assessed, never zero.

    Rules on zones have their share over the study and over each zone that those lie in, by the parents of ``units``.
    ``land`` maps (rule_id, metric) to the residential land inside the drawn covered area of each area, in m².
    """
    weights = basis_weights(residential)
    rows: list[dict[str, Any]] = []
    before: tuple[Block, list[dict[str, Any]]] | None = None
    for block in blocks:
        if before and before[0].rule is block.rule and before[0].outcome is block.outcome:
            found = [{**row, "metric": block.metric} for row in before[1]]
        elif block.of_areas:
            found = [row for zones in groups for row in _of_areas(block, zones, weights, residential, land)]
        else:
            found = _of_units(block, units)
        rows += found
        before = block, found
    columns = [column.name for column in Coverage.columns]
    return Coverage.build(pd.DataFrame(rows, columns=columns))


def _of_areas(
    block: Block, zones: Groups, weights: Mapping[str, Floats], residential: Residential, land: Mapping[Any, Floats]
) -> list[dict[str, Any]]:
    """The shares of each zone by every basis."""
    rows = _by_verdict(block, zones, weights)
    inside = land.get((block.rule.rule_id, block.metric))
    return rows if inside is None else rows + _by_drawn_area(block, zones, inside, _parcels(residential))


def _of_units(block: Block, units: Units | None) -> list[dict[str, Any]]:
    """The share of zones that pass, for the study as a whole and for each zone they lie in."""
    if block.subject_kind != ZONE:
        return []
    size = len(block.outcome)
    groups = [Groups(STUDY, (WHOLE_STUDY,), np.zeros(size, dtype=np.int64))]
    if units is not None:
        groups += [_groups(level, zones) for level, zones in zones_above(units, block.subject_ids).items()]
    return [row for zones in groups for row in _by_verdict(block, zones, {"zones": np.ones(size)})]


def _groups(level: str, zones: NDArray[np.object_]) -> Groups:
    """The zones of one level that rows lie in; rows without one are in none."""
    inside = np.array([each is not None for each in zones])
    zone_ids, code = np.unique(zones[inside].astype(str), return_inverse=True)
    of_row = np.full(len(zones), -1, dtype=np.int64)
    of_row[inside] = code
    return Groups(level, tuple(zone_ids.tolist()), of_row)


def study_outcome(blocks: Sequence[Block], residential: Residential) -> dict[str, str | None]:
    """The outcome of each rule for the whole study by its headline metric; None where there is nothing to judge.

    A target on a basis that the data lacks is unknown.
    """
    weights = basis_weights(residential)
    return {block.rule.rule_id: _outcome(block, weights) for block in blocks if block.is_headline}


def _outcome(block: Block, weights: Mapping[str, Floats]) -> str | None:
    target, ones = block.rule.target, np.ones(len(block.outcome))
    if target and block.of_areas and target.basis not in weights:
        return "unknown"
    weight = weights[target.basis] if target and block.of_areas else ones
    passed, failed, unknown = (float(weight[block.outcome == code].sum()) for code in (PASS, FAIL, UNKNOWN))
    if target:
        return target_outcome(target, passed, unknown, passed + failed + unknown)
    return _plain_outcome(passed, failed, unknown)


def basis_weights(residential: Residential) -> dict[str, Floats]:
    """The weight of each area under each basis that the data holds. Empty cells weigh nothing.

    A column without a single value is like one that is absent.
    """
    weights = {"areas": np.ones(len(residential))}
    for basis in BASES:
        if residential.has(basis) and residential.frame[basis].notna().any():
            weights[basis] = residential.frame[basis].to_numpy(dtype=float, na_value=0.0)
    return weights


def _parcels(residential: Residential) -> Floats:
    return np.asarray(residential.frame.geometry.area, dtype=float)


def _by_verdict(block: Block, zones: Groups, weights: Mapping[str, Floats]) -> list[dict[str, Any]]:
    """The shares of each zone by some bases, and by those the outcome: how many pass, fail and are unknown."""
    inside = zones.of_row >= 0
    cell = (zones.of_row * len(OUTCOMES) + block.outcome)[inside]
    counts = _tally(cell, None, len(zones.zone_ids))
    return [
        row
        for basis, weight in weights.items()
        for row in _by_basis(block, zones, basis, _tally(cell, weight[inside], len(zones.zone_ids)), counts)
    ]


def _tally(cell: NDArray[np.int64], weight: Floats | None, zones: int) -> Floats:
    """The weight of each outcome, one row for each, in each zone."""
    sums = np.bincount(cell, weights=weight, minlength=zones * len(OUTCOMES)).astype(float)
    return sums.reshape(zones, len(OUTCOMES)).T


def _by_basis(block: Block, zones: Groups, basis: str, sums: Floats, counts: Floats) -> list[dict[str, Any]]:
    passed, failed, unknown = (sums[code] for code in (PASS, FAIL, UNKNOWN))
    target = block.rule.target if block.rule.target and block.rule.target.basis == basis else None
    rows = _rows(block, zones, basis, passed, passed + failed + unknown)
    for number, row in enumerate(rows):
        row["unknown"] = unknown[number]
        row["outcome"] = _plain_outcome(*(counts[code, number] for code in (PASS, FAIL, UNKNOWN)))
        if target:
            row |= {"target_op": target.op, "target": target.value}
            row["outcome"] = target_outcome(target, row["covered"], row["unknown"], row["total"])
    return rows


def _by_drawn_area(block: Block, zones: Groups, inside: Floats, parcels: Floats) -> list[dict[str, Any]]:
    applies = block.outcome != NOT_APPLICABLE
    return _rows(block, zones, "land_intersection", zones.sums(inside * applies), zones.sums(parcels * applies))


def _rows(block: Block, zones: Groups, basis: str, covered: Floats, total: Floats) -> list[dict[str, Any]]:
    share = np.divide(covered, total, out=np.full(len(total), np.nan), where=total > 0)
    return [
        {
            "rule_id": block.rule.rule_id,
            "level": zones.level,
            "zone_id": zone_id,
            "basis": basis,
            "metric": block.metric,
            "covered": covered[number],
            "total": total[number],
            "unknown": 0.0,
            "share": share[number],
            "target_op": None,
            "target": np.nan,
            "outcome": None,
        }
        for number, zone_id in enumerate(zones.zone_ids)
    ]


def target_outcome(target: Target, passed: float, unknown: float, total: float) -> str | None:
    """Pass if the share reaches the target, fail if it cannot even with all unknowns, else unknown."""
    if total == 0:
        return None
    reaches = OPERATORS[target.op]
    if reaches(passed / total, target.value):
        return "pass"
    return "unknown" if reaches((passed + unknown) / total, target.value) else "fail"


def _plain_outcome(passed: float, failed: float, unknown: float) -> str | None:
    """Without a target: fail if a subject fails, else unknown if one is, else pass; of nothing, nothing."""
    if failed:
        return "fail"
    if unknown:
        return "unknown"
    return "pass" if passed else None
