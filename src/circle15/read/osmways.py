"""The pedestrian filter: which OpenStreetMap ways people walk, and the lines they make.

A way counts if its ``highway`` value stands in WALKABLE and no row of CLOSED matches it. Two customs differ from
those of common tools, on purpose:

- cycleways count unless ``foot`` says no: where they are mapped, most are shared, and in several countries they
  are the only line drawn for walkers;
- a street counts although ``sidewalk=separate`` says that its pavement is drawn as a way of its own: pavements
  are seldom drawn without gaps, and dropping the street would cut the network there.

One-way tags are ignored: they do not bind walkers. Lifts are not streets: they have no length to walk. The inside
roads of a gated compound that are tagged ``access=private`` do not count; its homes then reach the network at the
nearest public street.

Streets join by OSM node id and nowhere else: neither crossing lines nor two nodes on one spot make a joint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from circle15.core.findings import Finding
from circle15.core.text import Text
from circle15.read.osmfile import layer, ways
from circle15.read.osmlines import Runs, Ways, located_runs
from circle15.read.osmtags import parse_expression
from circle15.read.spec import RawLayer

WALKABLE: dict[str, tuple[str, ...]] = {
    "made for walkers": ("footway", "path", "pedestrian", "steps", "corridor", "crossing", "platform"),
    # "trail" is not an agreed value, but where mappers use it people walk.
    "walked beside riders": ("cycleway", "bridleway", "track", "trail"),
    "quiet streets": ("living_street", "residential", "service", "unclassified", "road"),
    "through streets": ("tertiary", "tertiary_link", "secondary", "secondary_link", "primary", "primary_link"),
    # Urban trunk roads, not least in China, are lined with pavements; those built as motorways say motorroad=yes.
    "trunk roads": ("trunk", "trunk_link"),
}
_WALKABLE_VALUES = frozenset(value for values in WALKABLE.values() for value in values)

NOT_WALKABLE = Text("不是可步行的道路类型", "not a kind of street for walkers")
NOT_LOCATED = Text("裁剪后没有可用的路段", "no piece of it inside the extract")

# Tag expression → why such a way is left out; the first that matches is the reason.
# A foot tag is more specific than an access tag and overrides it; a foot tag that closes is caught before.
CLOSED: tuple[tuple[str, Text], ...] = (
    ("foot=no|private|use_sidepath", Text("禁止步行（foot）", "closed to walkers (foot)")),
    ("access=no|private|military|permit + !foot", Text("不对公众开放（access）", "closed to the public (access)")),
    ("motorroad=yes + !foot", Text("机动车专用路", "a road for motor vehicles only")),
    ("disused=yes", Text("已停用", "disused")),
    ("abandoned=yes", Text("已废弃", "abandoned")),
    # The outline of a square is not a line along which people cross it; paths drawn across it do count.
    ("area=yes", Text("面状道路", "an area, not a line")),
)
# Tags that tell what passes over what.
_LEVELS = ("layer", "bridge", "tunnel")
_CLOSED = tuple((parse_expression(text), why) for text, why in CLOSED)
_DECIDING = ("highway", *dict.fromkeys(term.key for expression, _ in _CLOSED for term in expression.terms))
_ASKED = (*_DECIDING, "name", *_LEVELS)


def why_not_walked(tags: Mapping[str, str]) -> Text | None:
    """The reason for which people do not walk a way with these tags, or None if they do."""
    if tags.get("highway") not in _WALKABLE_VALUES:
        return NOT_WALKABLE
    return next((why for expression, why in _CLOSED if expression.matches(tags)), None)


def streets(path: Path, shown: str) -> RawLayer:
    """The lines people walk in an OSM file, in the order of their way ids.

    Columns: street_id (``way/123``; the second piece of a broken way is ``way/123#2``), highway, name, layer, bridge,
    tunnel, geometry (LineString, lon/lat). ``joints`` holds the OSM node id of each vertex in row order. ``dropped``
    counts the ways left out by reason. A finding ``osm_incomplete_ways`` counts the ways broken for want of node
    locations. An extract without a way to walk has an empty frame. Raises InputError for a file that cannot be read.
    """
    found = ways(path, shown, "highway", _ASKED)
    reasons = _reasons(found)
    walked = found.take([why is None for why in reasons])
    runs = located_runs(walked)
    lost = len(walked) - len(np.unique(runs.way))
    return layer(
        path,
        shown,
        _columns(walked, runs),
        findings=tuple(_incomplete_ways(walked)),
        joints=runs.node,
        dropped=dict(+(Counter(why for why in reasons if why is not None) + Counter({NOT_LOCATED: lost}))),
    )


def _reasons(found: Ways) -> list[Text | None]:
    """Why people do not walk each way; decided once for all ways that are tagged alike."""
    said = list(zip(*(found.tags[key] for key in _DECIDING), strict=True))
    known = {
        values: why_not_walked({key: value for key, value in zip(_DECIDING, values, strict=True) if value is not None})
        for values in set(said)
    }
    return [known[values] for values in said]


def _columns(walked: Ways, runs: Runs) -> dict[str, Any]:
    said: dict[str, Any] = {key: walked.tags[key][runs.way] for key in ("highway", "name", *_LEVELS)}
    said["name"] = [(name or "").strip() or None for name in said["name"]]
    numbers = zip(walked.number[runs.way].tolist(), runs.index.tolist(), strict=True)
    ids = [f"way/{number}" if index == 1 else f"way/{number}#{index}" for number, index in numbers]
    return {"street_id": ids, **said, "geometry": runs.lines}


def _incomplete_ways(walked: Ways) -> list[Finding]:
    incomplete = np.flatnonzero(walked.missing)
    if not len(incomplete):
        return []
    missing = walked.missing.sum()
    total = np.diff(walked.start)[incomplete].sum()
    return [
        Finding.of(
            "osm_incomplete_ways",
            "info",
            "streets",
            [f"way/{number}" for number in walked.number[incomplete].tolist()],
            Text(
                f"{len(incomplete)} 条道路不完整：其 {total} 个节点中有 {missing} 个在文件中没有坐标，"
                f"道路在该处断开，只保留有坐标的路段。",
                f"{len(incomplete)} streets are incomplete: {missing} of their {total} nodes have no location in the "
                f"file; they are broken there and the located pieces kept.",
            ),
            Text(
                "裁剪范围边缘的常见情况；研究范围应比数据范围小一圈，或用更大的范围重新导出。",
                "Common at the edge of an extract: keep the study area well inside it, or export a larger one.",
            ),
        )
    ]
