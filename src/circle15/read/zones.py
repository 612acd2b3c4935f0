"""Which zones a residential area lies in: by its code first, else by its demand point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.core.errors import SchemaError
from circle15.core.results import Finding
from circle15.core.tables import ZONE_LEVELS, Membership, Zones
from circle15.core.text import Text, first_ids

# The column of the residential areas that holds a zone_id of the level. An area is in a community or a village,
# so both levels share one.
CODE_COLUMNS: Mapping[str, str] = {
    "community": "community_code",
    "village": "community_code",
    "town": "town_code",
}

_OVERLAP_M2 = 1.0


def membership(residential: Any, points: Any, zones: Zones) -> tuple[Membership, tuple[Finding, ...]]:
    """For each level, the zone of each area that has one; rows by level, then in the order of the areas.

    ``points`` are the demand points, in row order, in the CRS of the zones. A code that is a zone_id of the level
    decides; else the polygon that holds the point, on a border the smallest zone_id as text. An area whose code names
    a zone of one level is not looked up by location in the other level of that code. Raises SchemaError where
    zones of one level overlap by more than 1 m²; a code that is no zone_id is a finding.
    """
    levels = [level for level in ZONE_LEVELS if (zones.frame["level"] == level).any()]
    _refuse_overlaps(zones.frame, levels)
    parts = [_of_level(residential, points, zones.frame, level) for level in levels]
    empty = pd.DataFrame({"area_id": [], "level": [], "zone_id": [], "by": []}, dtype="str")
    return Membership.build(pd.concat([empty, *parts])), _unknown_codes(residential, zones.frame)


def _of_level(residential: Any, points: Any, zones: Any, level: str) -> Any:
    coded = _known_code(residential, zones, level)
    settled = _known_code(residential, zones, *_levels_of(CODE_COLUMNS.get(level))).notna()
    located = _located(points, zones[zones["level"] == level])
    zone = coded.where(coded.notna() | settled, located)
    rows = pd.DataFrame({"area_id": residential["area_id"].to_numpy(), "level": level, "zone_id": zone.to_numpy()})
    rows["by"] = np.where(coded.notna(), "code", "location")
    return rows[rows["zone_id"].notna()]


def _levels_of(column: str | None) -> tuple[str, ...]:
    return tuple(level for level, each in CODE_COLUMNS.items() if each == column)


def _known_code(residential: Any, zones: Any, *levels: str) -> Any:
    """The code of each area where it is a zone_id of one of the levels, else null."""
    column = CODE_COLUMNS.get(levels[0]) if levels else None
    if column is None or column not in residential.columns:
        return pd.Series(None, index=range(len(residential)), dtype="object")
    codes = residential[column].astype("object").reset_index(drop=True)
    return codes.where(codes.isin(zones.loc[zones["level"].isin(levels), "zone_id"]), None)


def _located(points: Any, zones: Any) -> Any:
    """The smallest zone_id of the polygons that hold or touch each point, else None."""
    ordered = zones.sort_values("zone_id")
    # The tree is built of the points, because the query prepares its polygons: each is searched many times.
    zone, point = shapely.STRtree(points).query(ordered.geometry.to_numpy(), predicate="intersects")
    first = np.full(len(points), len(ordered))
    np.minimum.at(first, point, zone)
    ids = np.array([*ordered["zone_id"], None], dtype=object)
    return ids[first]


def _refuse_overlaps(zones: Any, levels: list[str]) -> None:
    problems = []
    for level in levels:
        of_level = zones[zones["level"] == level].sort_values("zone_id")
        pairs = _overlapping(of_level.geometry.to_numpy())
        if len(pairs):
            ids = of_level["zone_id"].to_numpy()
            named = first_ids(f"{ids[one]}×{ids[other]}" for one, other in pairs)
            problems.append(
                Text(
                    zh=f"区划：{level} 级有 {len(pairs)} 对区划重叠超过 1 平方米（{named}）。请修正边界。",
                    en=f"zones: {len(pairs)} pairs of level {level} overlap by more than 1 m² ({named}). "
                    f"Correct their borders.",
                )
            )
    if problems:
        raise SchemaError(problems)


def _overlapping(polygons: Any) -> NDArray[np.int64]:
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    once = one < other
    one, other = one[once], other[once]
    common = shapely.area(shapely.intersection(polygons[one], polygons[other]))
    pairs = np.column_stack([one, other])[common > _OVERLAP_M2]
    return np.asarray(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))])


def _unknown_codes(residential: Any, zones: Any) -> tuple[Finding, ...]:
    findings = []
    for column in dict.fromkeys(CODE_COLUMNS.values()):
        levels = _levels_of(column)
        if column not in residential.columns or not zones["level"].isin(levels).any():
            continue
        known = _known_code(residential, zones, *levels).notna().to_numpy()
        strange = residential[column].notna().to_numpy() & ~known
        if strange.any():
            findings.append(_unknown_code(column, residential[strange]))
    return tuple(findings)


def _unknown_code(column: str, rows: Any) -> Finding:
    codes = first_ids(sorted(rows[column].unique()))
    return Finding(
        code="zone_code_unknown",
        severity="warning",
        layer="residential",
        count=len(rows),
        ids=tuple(rows["area_id"][:3]),
        message=Text(
            zh=f"{len(rows)} 个小区的 {column} 不是已知的区划代码（{codes}），改按位置归属。",
            en=f"{len(rows)} residential areas have a {column} that is no zone_id ({codes}); "
            f"their location decides instead.",
        ),
        fix=Text("请核对代码与区划数据。", "Check the codes against the zones."),
    )
