"""Findings that only streets can tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from circle15.core.findings import Finding
from circle15.core.tables import Streets
from circle15.core.text import Text, first_ids
from circle15.core.units import MM_PER_M
from circle15.core.words import LAYER_WORDS
from circle15.route.network import Network
from circle15.route.places import Places

# An end this near to another street was meant to join it.
_GAP_M = 1.0


def health(network: Network, streets: Streets, layers: dict[str, Places], max_leg_mm: int) -> list[Finding]:
    """Streets in several components or ending just short of another, and places that no street serves.

    ``network`` is that of ``streets``. Of each layer: the places that no street is near to, and those that lie apart.
    """
    found = [_components(network, streets), _gaps(network, streets)]
    main = int(np.argmax(network.component_mm))
    for layer, places in layers.items():
        found.append(_not_snapped(layer, places, max_leg_mm))
        found.append(_barred(layer, places, max_leg_mm))
        found.append(_apart(layer, places, network, main))
    return [finding for finding in found if finding is not None]


def _components(network: Network, streets: Streets) -> Finding | None:
    count = len(network.component_mm)
    if count == 1:
        return None
    share = network.component_mm.max() / max(int(network.component_mm.sum()), 1)
    main = int(np.argmax(network.component_mm))
    apart = np.unique(network.edge_street[network.edge_component != main])
    return Finding(
        code="streets_not_connected",
        severity="warning" if share < 0.9 else "info",
        layer="streets",
        count=count,
        ids=tuple(streets.frame["street_id"].to_numpy()[apart]),
        message=Text(
            f"道路由 {count} 个互不相连的部分组成，最大的一部分占总长 {share:.1%}。",
            f"the streets fall into {count} unconnected parts; the largest holds {share:.1%} of the length.",
        ),
        fix=Text("检查断头和未连接的路口。", "Look for gaps and crossings without a joint."),
    )


def _gaps(network: Network, streets: Streets) -> Finding | None:
    """Ends of streets that touch or all but touch another street without joining it."""
    points, own = _loose_ends(network)
    lines = streets.frame.geometry.to_numpy()
    end, line = shapely.STRtree(lines).query(points, predicate="dwithin", distance=_GAP_M)
    short = np.unique(end[line != own[end]])
    if len(short) == 0:
        return None
    ids = streets.frame["street_id"].to_numpy()[own[short]]
    finding = Finding.of(
        "street_gap",
        "warning",
        "streets",
        ids,
        Text(
            f"{len(ids)} 个道路端点距另一条道路不足 {_GAP_M:g} 米却未连接（{first_ids(ids)}），步行在此中断。",
            f"{len(ids)} ends of streets lie within {_GAP_M:g} m of another street and do not join it "
            f"({first_ids(ids)}): no walk passes there.",
        ),
        Text("在该处打断并捕捉到同一节点。", "Break the other street there and snap both to one vertex."),
    )
    return replace(finding, at=points[short])


def _loose_ends(network: Network) -> tuple[Any, Any]:
    """The points, in metres, where only one edge ends, and the street of each."""
    degree = np.bincount(np.concatenate([network.edge_u, network.edge_v]), minlength=network.node_count)
    first, last = network.edge_pieces[:-1], network.edge_pieces[1:] - 1
    at_u, at_v = degree[network.edge_u] == 1, degree[network.edge_v] == 1
    mm = np.concatenate([network.piece_a[first[at_u]], network.piece_b[last[at_v]]])
    own = np.concatenate([network.edge_street[at_u], network.edge_street[at_v]])
    return shapely.points(mm / MM_PER_M), own


def _not_snapped(layer: str, places: Places, max_leg_mm: int) -> Finding | None:
    far = places.ids[~places.snapped & ~places.barred]
    if len(far) == 0:
        return None
    word, metres = LAYER_WORDS[layer], max_leg_mm / 1000
    return Finding.of(
        "not_snapped",
        "warning",
        layer,
        far,
        Text(
            f"{len(far)} 处{word.zh}在 {metres:g} 米内没有道路（{first_ids(far)}），路网距离资料不足。",
            f"{len(far)} {word.en} have no street within {metres:g} m ({first_ids(far)}): unknown on the network.",
        ),
        Text("补充道路，或核对位置与坐标基准。", "Add streets, or check location and datum."),
    )


def _barred(layer: str, places: Places, max_leg_mm: int) -> Finding | None:
    cut_off = places.ids[places.barred]
    if len(cut_off) == 0:
        return None
    word, metres = LAYER_WORDS[layer], max_leg_mm / 1000
    return Finding.of(
        "behind_barrier",
        "warning",
        layer,
        cut_off,
        Text(
            f"{len(cut_off)} 处{word.zh}与 {metres:g} 米内的道路之间均有阻隔（{first_ids(cut_off)}），"
            f"路网距离资料不足。",
            f"{len(cut_off)} {word.en} have streets within {metres:g} m only across barriers ({first_ids(cut_off)}): "
            f"unknown on the network.",
        ),
        Text(
            "补充出入口（位于围墙上或墙外）或内部道路，或核对阻隔图层。",
            "Add gates, which lie on the wall or outside it, or streets inside; or check the barriers.",
        ),
    )


def _apart(layer: str, places: Places, network: Network, main: int) -> Finding | None:
    anchors = places.anchors
    joined = np.zeros(len(places), dtype=bool)
    joined[places.owner[anchors.snapped & (network.edge_component[anchors.edge] == main)]] = True
    apart = places.ids[places.snapped & ~joined]
    if len(apart) == 0:
        return None
    word = LAYER_WORDS[layer]
    return Finding.of(
        "on_island",
        "warning",
        layer,
        apart,
        Text(
            f"{len(apart)} 处{word.zh}所在道路与主路网不连通（{first_ids(apart)}）。",
            f"{len(apart)} {word.en} stand on streets apart from the main network ({first_ids(apart)}).",
        ),
        Text("补上缺失的连接道路；确为孤岛的，结论为不可达。", "Add the missing link; a true island is unreachable."),
    )
