"""Findings that only streets can tell."""

from __future__ import annotations

import numpy as np

from circle15.core.results import Finding
from circle15.core.text import Text, first_ids
from circle15.route.network import Network
from circle15.route.places import Places

_LAYER_WORDS = {
    "residential": Text("居住小区", "residential areas"),
    "facilities": Text("设施", "facilities"),
    "candidates": Text("备选点", "candidates"),
    "entrances": Text("出入口", "entrances"),
}


def health(network: Network, layers: dict[str, Places], max_leg_mm: int) -> list[Finding]:
    """Streets in several components, and the places of each layer that no street is near to or that lie apart."""
    found = [_components(network)]
    main = int(np.argmax(network.component_mm))
    for layer, places in layers.items():
        found.append(_not_snapped(layer, places, max_leg_mm))
        found.append(_barred(layer, places, max_leg_mm))
        found.append(_apart(layer, places, network, main))
    return [finding for finding in found if finding is not None]


def _components(network: Network) -> Finding | None:
    count = len(network.component_mm)
    if count == 1:
        return None
    share = network.component_mm.max() / max(int(network.component_mm.sum()), 1)
    return Finding(
        code="streets_not_connected",
        severity="warning" if share < 0.9 else "info",
        layer="streets",
        count=count,
        ids=(),
        message=Text(
            f"道路由 {count} 个互不相连的部分组成，最大的一部分占总长 {share:.1%}。",
            f"the streets fall into {count} unconnected parts; the largest holds {share:.1%} of the length.",
        ),
        fix=Text("检查断头和未连接的路口。", "Look for gaps and crossings without a joint."),
    )


def _not_snapped(layer: str, places: Places, max_leg_mm: int) -> Finding | None:
    far = places.ids[~places.snapped & ~places.barred]
    if len(far) == 0:
        return None
    word, metres = _LAYER_WORDS[layer], max_leg_mm / 1000
    return Finding(
        code="not_snapped",
        severity="warning",
        layer=layer,
        count=len(far),
        ids=tuple(far[:3]),
        message=Text(
            f"{len(far)} 处{word.zh}在 {metres:g} 米内没有道路（{first_ids(far)}），路网距离资料不足。",
            f"{len(far)} {word.en} have no street within {metres:g} m ({first_ids(far)}): unknown on the network.",
        ),
        fix=Text("补充道路，或核对位置与坐标基准。", "Add streets, or check location and datum."),
    )


def _barred(layer: str, places: Places, max_leg_mm: int) -> Finding | None:
    cut_off = places.ids[places.barred]
    if len(cut_off) == 0:
        return None
    word, metres = _LAYER_WORDS[layer], max_leg_mm / 1000
    return Finding(
        code="behind_barrier",
        severity="warning",
        layer=layer,
        count=len(cut_off),
        ids=tuple(cut_off[:3]),
        message=Text(
            f"{len(cut_off)} 处{word.zh}与 {metres:g} 米内的道路之间均有阻隔（{first_ids(cut_off)}），"
            f"路网距离资料不足。",
            f"{len(cut_off)} {word.en} have streets within {metres:g} m only across barriers ({first_ids(cut_off)}): "
            f"unknown on the network.",
        ),
        fix=Text(
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
    word = _LAYER_WORDS[layer]
    return Finding(
        code="on_island",
        severity="warning",
        layer=layer,
        count=len(apart),
        ids=tuple(apart[:3]),
        message=Text(
            f"{len(apart)} 处{word.zh}所在道路与主路网不连通（{first_ids(apart)}）。",
            f"{len(apart)} {word.en} stand on streets apart from the main network ({first_ids(apart)}).",
        ),
        fix=Text(
            "补上缺失的连接道路；确为孤岛的，结论为不可达。", "Add the missing link; a true island is unreachable."
        ),
    )
