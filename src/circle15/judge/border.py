"""Sites so near to a border of zones that another survey could put them on its other side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from circle15.core.findings import Finding
from circle15.core.rule import Rule
from circle15.core.tables import ZONE_LEVELS, Facilities, Zones
from circle15.core.text import Text, first_ids

_LEVEL_WORDS = {
    "community": Text("社区", "community"),
    "village": Text("村", "village"),
    "town": Text("镇（街道）", "town"),
    "county": Text("县（市、区）", "county"),
}


def border_findings(rules: Sequence[Rule], facilities: Facilities, zones: Zones | None) -> list[Finding]:
    """For each level that rules count facilities in, those of their types within ``border_m`` of a border. All ids.

    ``zones`` and facilities are in one CRS, in metres.
    """
    if zones is None:
        return []
    return [finding for level in ZONE_LEVELS for finding in _of_level(level, rules, facilities, zones)]


def _of_level(level: str, rules: Sequence[Rule], facilities: Facilities, zones: Zones) -> list[Finding]:
    counting = [rule for rule in rules if rule.level == level]
    polygons = zones.frame.loc[zones.frame["level"] == level].geometry.to_numpy()
    most = max((rule.counting.border_m for rule in counting), default=0.0)
    if most <= 0 or len(polygons) == 0:
        return []
    types = {each for rule in counting for each in rule.targets}
    frame = facilities.frame[facilities.frame["type"].isin(types).to_numpy()]
    points = frame.geometry.to_numpy()
    located = np.flatnonzero(~shapely.is_missing(points))
    borders = shapely.STRtree(shapely.boundary(polygons))
    near, _ = borders.query(points[located], predicate="dwithin", distance=most)
    ids = frame["facility_id"].iloc[located[np.unique(near)]].tolist()
    return [_finding(level, most, ids)] if ids else []


def _finding(level: str, most: float, ids: list[str]) -> Finding:
    words = _LEVEL_WORDS[level]
    return Finding.of(
        "near_border",
        "info",
        "facilities",
        ids,
        Text(
            f"{len(ids)} 处设施距{words.zh}边界不足 {most:g} 米（{first_ids(ids)}），按代码或所在区划计入。",
            f"{len(ids)} facilities lie within {most:g} m of the border of a {words.en} ({first_ids(ids)}); they count "
            f"by their code, or where they stand.",
        ),
        Text("请核对其所属区划；编号全部列出。", "Check which zone they belong to; all ids are listed."),
    )
