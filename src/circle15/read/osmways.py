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
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely

from circle15.core.results import Finding
from circle15.core.text import Text
from circle15.read.osmfile import layer, refuse_unsorted, ways
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


class _Node(NamedTuple):
    """A located node of a way."""

    number: int
    lon: float
    lat: float


def why_not_walked(tags: Mapping[str, str]) -> Text | None:
    """The reason for which people do not walk a way with these tags, or None if they do."""
    if tags.get("highway") not in _WALKABLE_VALUES:
        return NOT_WALKABLE
    return next((why for expression, why in _CLOSED if expression.matches(tags)), None)


def located_runs(nodes: Iterable[_Node | None]) -> list[list[_Node]]:
    """The stretches of at least two located nodes, broken at each node without a location (None).

    A node that follows itself counts once.
    """
    runs: list[list[_Node]] = [[]]
    for node in nodes:
        if node is None:
            runs.append([])
        elif not runs[-1] or runs[-1][-1].number != node.number:
            runs[-1].append(node)
    return [run for run in runs if len(run) > 1]


def streets(path: Path, shown: str) -> RawLayer:
    """The lines people walk in an OSM file, in the order of their way ids.

    Columns: street_id (``way/123``; the second piece of a broken way is ``way/123#2``), highway, name, layer, bridge,
    tunnel, geometry (LineString, lon/lat). ``joints`` holds the OSM node id of each vertex in row order. ``dropped``
    counts the ways left out by reason. A finding ``osm_incomplete_ways`` counts the ways broken for want of node
    locations. An extract without a way to walk has an empty frame. Raises InputError for a file that cannot be read.
    """
    rows: list[tuple[tuple[int, int], Mapping[str, Any], list[_Node]]] = []
    dropped: Counter[Text] = Counter()
    incomplete: list[tuple[int, int, int]] = []
    for way in ways(path, shown, "highway"):
        tags = {tag.k: tag.v for tag in way.tags}
        why = why_not_walked(tags)
        if why is None:
            nodes = way_nodes(way)
            runs = located_runs(nodes)
            missing = nodes.count(None)
            if missing:
                incomplete.append((way.id, missing, len(nodes)))
            rows += _rows(way.id, tags, runs)
            why = None if runs else NOT_LOCATED
        if why is not None:
            dropped[why] += 1
    if incomplete:
        refuse_unsorted(path, shown)
    rows.sort(key=lambda row: row[0])
    return layer(
        path,
        shown,
        _columns(rows),
        findings=tuple(_incomplete_ways(sorted(incomplete))),
        joints=np.array([node.number for row in rows for node in row[-1]], dtype=np.int64),
        dropped=dict(dropped),
    )


def way_nodes(way: Any) -> list[_Node | None]:
    """The nodes of an osmium way, None for one without a location."""
    located = ((node.ref, node.location) for node in way.nodes)
    return [_Node(number, at.lon, at.lat) if at.valid() else None for number, at in located]


def _rows(number: int, tags: Mapping[str, str], runs: Sequence[list[_Node]]) -> list[Any]:
    said = {
        "highway": tags["highway"],
        "name": tags.get("name", "").strip() or None,
        **{key: tags.get(key) for key in _LEVELS},
    }
    return [
        ((number, index), {"street_id": f"way/{number}" + (f"#{index}" if index > 1 else ""), **said}, run)
        for index, run in enumerate(runs, start=1)
    ]


def _columns(rows: Sequence[Any]) -> dict[str, Any]:
    _, said, runs = zip(*rows, strict=True) if rows else ((), (), ())
    vertices = np.array([(node.lon, node.lat) for run in runs for node in run]).reshape(-1, 2)
    owners = np.repeat(np.arange(len(runs)), [len(run) for run in runs])
    return {
        **{key: [each[key] for each in said] for key in ("street_id", "highway", "name", *_LEVELS)},
        "geometry": shapely.linestrings(vertices, indices=owners) if rows else [],
    }


def _incomplete_ways(incomplete: Sequence[tuple[int, int, int]]) -> list[Finding]:
    if not incomplete:
        return []
    missing = sum(each[1] for each in incomplete)
    total = sum(each[2] for each in incomplete)
    return [
        Finding.of(
            "osm_incomplete_ways",
            "info",
            "streets",
            [f"way/{number}" for number, _, _ in incomplete],
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
