"""People where they are not given: zone totals spread over residential areas, each total kept exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.errors import ConfigError
from circle15.core.findings import Finding
from circle15.core.tables import BASIS_WORDS, Membership, Residential, Units
from circle15.core.text import Text, first_ids
from circle15.core.units import round_half_up

SPREAD_BY = ("households", "floor_area_m2", "land_area_m2")

# A total is spread from the finest level that has it.
_FINE_FIRST = ("community", "village", "town", "county")


def spread(
    residential: Residential, areas_in: Membership | None, units: Units | None, wanted: Mapping[str, str]
) -> tuple[Residential, list[Finding]]:
    """The areas with the wanted columns (pop60 …) added, each a whole number and marked as an estimate.

    ``wanted`` maps a column to what it is spread by. The parts of a zone add up to its total: shares are rounded
    down, and what is left goes to the largest remainders, ties to the smaller area_id (Hamilton's method). Areas
    outside every zone with a total, and zones whose areas all weigh nothing, stay empty and are findings.
    Raises ConfigError for a column the areas have already, or one that neither table has.
    """
    frame = residential.frame
    findings = []
    for column, by in wanted.items():
        _refuse(column, by, residential, units)
        values = np.full(len(frame), np.nan)
        for level in _FINE_FIRST:
            _fill(values, level, column, by, residential, areas_in, units)
        frame = frame.assign(**{column: values, "estimated": _marked(frame, column)})
        findings += _findings(column, by, frame, values)
    return replace(residential, frame=frame), findings


def estimate_households(residential: Residential, people_per_household: float) -> tuple[Residential, list[Finding]]:
    """The areas with the households that are missing estimated from residents, and marked; none where it is 0."""
    frame = residential.frame
    if people_per_household <= 0 or "population" not in frame.columns:
        return residential, []
    told = frame["households"] if "households" in frame.columns else np.nan
    told = np.broadcast_to(np.asarray(told, dtype=float), len(frame))
    guess = frame["population"].to_numpy(dtype=float, na_value=np.nan) / people_per_household
    filled = np.isnan(told) & ~np.isnan(guess)
    if not filled.any():
        return residential, []
    marks = pd.Series(_marked(frame, "households"), index=frame.index, dtype="object")
    before = frame["estimated"] if "estimated" in frame.columns else pd.Series(None, index=frame.index, dtype="object")
    frame = frame.assign(households=np.where(filled, guess, told), estimated=marks.where(filled, before))
    finding = Finding.of(
        "households_estimated",
        "info",
        "residential",
        frame.loc[filled, "area_id"],
        Text(
            f"{filled.sum()} 处居住小区没有实有户数，按户均 {people_per_household:g} 人由常住人口推算。",
            f"the households of {filled.sum()} residential areas are estimated from residents, "
            f"{people_per_household:g} to a household.",
        ),
        Text("有统计户数时请直接提供。", "Give counted households where there are any."),
    )
    return Residential.build(frame), [finding]


def largest_remainder(total: int, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole parts of ``total`` in proportion to ``weights``, adding up to it; ties go to the first."""
    exact = total * weights / weights.sum()
    parts = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - parts), kind="stable")
    parts[order[: total - int(parts.sum())]] += 1
    return np.asarray(parts)


def _fill(
    values: NDArray[np.float64], level: str, column: str, by: str, residential: Residential, areas_in: Any, units: Any
) -> None:
    rows = units.frame[(units.frame["level"] == level) & units.frame[column].notna()]
    members = areas_in.frame[areas_in.frame["level"] == level] if areas_in is not None else None
    if members is None or rows.empty:
        return
    row_of = {area_id: row for row, area_id in enumerate(residential.frame["area_id"])}
    weights = residential.frame[by].to_numpy(dtype=float, na_value=0.0)
    inside = members.groupby("zone_id")["area_id"]
    groups = {zone: sorted(ids) for zone, ids in inside}
    for zone in rows.itertuples():
        at = np.array([row_of[each] for each in groups.get(zone.zone_id, [])], dtype=np.int64)
        if len(at) and np.isnan(values[at]).all() and weights[at].sum() > 0:
            total = int(round_half_up(np.array([float(getattr(zone, column))]))[0])
            values[at] = largest_remainder(total, weights[at])


def _marked(frame: Any, column: str) -> Any:
    if "estimated" not in frame.columns:
        return column
    return [f"{mark}+{column}" if isinstance(mark, str) else column for mark in frame["estimated"]]


def _refuse(column: str, by: str, residential: Residential, units: Units | None) -> None:
    if residential.has(column):
        raise ConfigError(
            Text(
                f"[people].spread：居住小区已有 {column} 列，不再推算。请删去该项，或去掉数据中的该列。",
                f"[people].spread: the residential areas have {column} already. Remove one of the two.",
            )
        )
    if not residential.has(by) or units is None or not units.has(column):
        raise ConfigError(
            Text(
                f"[people].spread：推算 {column} 需要区划表的 {column} 列和居住小区的 {by} 列。",
                f"[people].spread: to spread {column}, the zone table needs {column} and the areas need {by}.",
            )
        )


def _findings(column: str, by: str, frame: Any, values: NDArray[np.float64]) -> list[Finding]:
    done = int((~np.isnan(values)).sum())
    word = BASIS_WORDS[column]
    found = [
        Finding(
            code="people_spread",
            severity="info",
            layer="residential",
            count=done,
            ids=(),
            message=Text(
                f"{done} 处居住小区的{word.zh}由区划总数按 {by} 推算，合计与总数一致。",
                f"the {word.en} of {done} residential areas are spread from zone totals by {by}; totals are kept.",
            ),
            fix=Text("有小区统计数据时请直接提供。", "Give counted figures where there are any."),
        )
    ]
    left = frame.loc[np.isnan(values), "area_id"].tolist()
    if left:
        found.append(
            Finding.of(
                "people_not_spread",
                "warning",
                "residential",
                left,
                Text(
                    f"{len(left)} 处居住小区（{first_ids(left)}）不在有{word.zh}总数的区划内，或没有 {by}，未能推算。",
                    f"{len(left)} residential areas ({first_ids(left)}) lie in no zone with {word.en}, "
                    f"or have no {by}.",
                ),
                Text("补充区划总数或推算依据。", "Add the totals or what they are spread by."),
            )
        )
    return found
