"""Zones as subjects: those of a level, what they lie in, and their totals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circle15.core.rule import Rule
from circle15.core.tables import ZONE_LEVELS, Units
from circle15.judge.subjects import Floats, Subjects

# 城乡分类代码 of the statistics bureau: which codes are urban and which rural.
_URBAN_RURAL = {**dict.fromkeys(("111", "112", "121", "122", "123"), "urban"), **dict.fromkeys(("210", "220"), "rural")}

# From coarse to fine: a study's total is the sum over the coarsest level that the table fills.
_COARSE_FIRST = (("county",), ("town",), ("community", "village"))


def units_of(subjects: Subjects, levels: Sequence[str]) -> Any:
    """The rows of the zone table at some levels, or None if it has none."""
    if subjects.units is None:
        return None
    rows = subjects.units.frame[subjects.units.frame["level"].isin(levels)].reset_index(drop=True)
    return rows if len(rows) else None


def zones_above(units: Units, ids: NDArray[np.object_]) -> dict[str, NDArray[np.object_]]:
    """For each level, the zone of it that each of the zones lies in, by parents; None where there is none."""
    frame = units.frame
    if "parent_id" not in frame.columns:
        return {}
    parent = dict(zip(frame["zone_id"], frame["parent_id"], strict=True))
    level_of = dict(zip(frame["zone_id"], frame["level"], strict=True))
    found = {level: np.full(len(ids), None, dtype=object) for level in ZONE_LEVELS}
    for row, zone_id in enumerate(ids):
        above = parent.get(zone_id)
        for _ in ZONE_LEVELS:
            if above in level_of:
                found[level_of[above]][row] = above
            above = parent.get(above)
    return {level: zones for level, zones in found.items() if any(each is not None for each in zones)}


def told_or_coded(rule: Rule, rows: Any, column: str) -> Any:
    """A column of zones; urban and rural by the classification code where it is missing. None where nothing tells."""
    told = rows[column] if column in rows.columns else None
    by_code = rule.counting.urban_rural_code and "urban_rural_code" in rows.columns
    if column != "urban_rural" or not by_code:
        return told
    coded = rows["urban_rural_code"].map(_URBAN_RURAL)
    return coded if told is None else told.where(told.notna(), coded)


def unit_totals(rows: Any, column: str) -> Floats | None:
    """A column of zones as numbers, NaN where empty; None where the table lacks it."""
    if column not in rows.columns:
        return None
    return np.asarray(rows[column].to_numpy(dtype=float, na_value=np.nan))


def study_total(subjects: Subjects, column: str) -> float | None:
    """The study's total of a zone column; NaN if a cell is empty, None if no level has the column."""
    if subjects.units is None or column not in subjects.units.frame.columns:
        return None
    frame = subjects.units.frame
    for levels in _COARSE_FIRST:
        values = frame.loc[frame["level"].isin(levels), column]
        if len(values) and values.notna().any():
            return float(values.astype(float).sum(skipna=False))
    return None
