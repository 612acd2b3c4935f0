"""Which zones a residential area lies in: by its code first, else by its demand point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.core.errors import SchemaError
from circle15.core.findings import Finding
from circle15.core.tables import ZONE_LEVELS, Membership, Units, Zones
from circle15.core.text import Text, first_ids
from circle15.core.words import LAYER_WORDS

# The column of the residential areas that holds a zone_id of the level. An area is in a community or a village,
# so both levels share one.
CODE_COLUMNS: Mapping[str, str] = {
    "community": "community_code",
    "village": "community_code",
    "town": "town_code",
    "county": "county_code",
}

_OVERLAP_M2 = 1.0


def membership(
    rows: Any, points: Any, zones: Zones | None, units: Units | None = None, layer: str = "residential"
) -> tuple[Membership, tuple[Finding, ...]]:
    """For each level, the zone of each row that has one; by level, then in the order of the rows.

    ``rows`` has ``area_id`` (or the ids of facilities under that name) and codes; ``points`` are their places in the
    CRS of the zones, None where they have none. ``units`` is the full list of zones, else ``zones``. A code that is a
    zone_id of the level decides; else the polygon that holds the point, on a border the smallest zone_id as text; else
    the parent of the zone found at a finer level. A row whose code names a zone of one level is not looked up by
    location in the other level of that code. Raises SchemaError where zones of one level overlap by more than 1 m²;
    a code that is no zone_id is a finding.
    """
    known = _known_zones(zones, units)
    if known is None:
        return Membership.build(_EMPTY), ()
    levels = [level for level in ZONE_LEVELS if (known["level"] == level).any()]
    if zones is not None:
        _refuse_overlaps(zones.frame, levels)
    parts = [_of_level(rows, points, known, zones, level) for level in levels]
    found = pd.concat([_EMPTY, *parts])
    return Membership.build(pd.concat([found, *_by_parents(found, known, levels)])), _unknown_codes(rows, known, layer)


_EMPTY = pd.DataFrame({"area_id": [], "level": [], "zone_id": [], "by": []}, dtype="str")


def _known_zones(zones: Zones | None, units: Units | None) -> Any:
    if units is not None:
        return units.frame
    return None if zones is None else zones.frame


def _of_level(rows: Any, points: Any, known: Any, zones: Zones | None, level: str) -> Any:
    coded = _known_code(rows, known, level)
    settled = _known_code(rows, known, *_levels_of(CODE_COLUMNS.get(level))).notna()
    if zones is None:
        located = np.full(len(rows), None, dtype=object)
    else:
        located = _located(points, zones.frame[zones.frame["level"] == level])
    zone = coded.where(coded.notna() | settled, located)
    found = pd.DataFrame({"area_id": rows["area_id"].to_numpy(), "level": level, "zone_id": zone.to_numpy()})
    found["by"] = np.where(coded.notna(), "code", "location")
    return found[found["zone_id"].notna()]


def _by_parents(found: Any, known: Any, levels: list[str]) -> list[Any]:
    """Zones of coarser levels that follow from those of finer ones, for rows that have none there yet."""
    if "parent_id" not in known.columns:
        return []
    parent = known.dropna(subset=["parent_id"]).set_index("zone_id")["parent_id"]
    level_of = known.set_index("zone_id")["level"]
    more: list[Any] = []
    have = {(each.area_id, each.level) for each in found.itertuples()}
    current = found
    for _ in levels:
        up = current.assign(zone_id=current["zone_id"].map(parent)).dropna(subset=["zone_id"])
        up = up.assign(level=up["zone_id"].map(level_of)).dropna(subset=["level"])
        fresh = np.array([(each.area_id, each.level) not in have for each in up.itertuples()], dtype=bool)
        current = up[fresh].drop_duplicates(["area_id", "level"])
        have |= {(each.area_id, each.level) for each in current.itertuples()}
        more.append(current)
    return more


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
    zone, point = shapely.STRtree(np.asarray(points, dtype=object)).query(
        ordered.geometry.to_numpy(), predicate="intersects"
    )
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


def _unknown_codes(rows: Any, zones: Any, layer: str) -> tuple[Finding, ...]:
    findings = []
    for column in dict.fromkeys(CODE_COLUMNS.values()):
        levels = _levels_of(column)
        if column not in rows.columns or not zones["level"].isin(levels).any():
            continue
        known = _known_code(rows, zones, *levels).notna().to_numpy()
        strange = rows[column].notna().to_numpy() & ~known
        if strange.any():
            findings.append(_unknown_code(column, rows[strange], layer))
    return tuple(findings)


def _unknown_code(column: str, rows: Any, layer: str) -> Finding:
    codes = first_ids(sorted(rows[column].unique()))
    word = LAYER_WORDS[layer]
    return Finding.of(
        "zone_code_unknown",
        "warning",
        layer,
        rows["area_id"],
        Text(
            zh=f"{len(rows)} 处{word.zh}的 {column} 不是已知的区划代码（{codes}），改按位置归属，没有位置的不归属。",
            en=f"{len(rows)} {word.en} have a {column} that is no zone_id ({codes}); "
            f"their location decides instead, where they have one.",
        ),
        Text("请核对代码与区划数据。", "Check the codes against the zones."),
    )
