"""Stairs and slope: streets as long as they take at a pace, for walking times and for nothing else.

A piece of street that takes longer than the same length of even ground counts as the length of even ground that takes
as long. So minutes are searched like metres, on other lengths, and the path best in minutes may be another one.
Times are the mean of the way there and the way back: who goes to a place comes home again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.errors import InternalError
from circle15.core.findings import Finding
from circle15.core.tables import Streets
from circle15.core.text import Text
from circle15.core.units import EVEN, Footing, Pace, round_half_up
from circle15.route.network import Network
from circle15.route.snap import Anchors

Floats = NDArray[np.float64]

STAIRS = "steps"
# Tobler, W. (1993): Three presentations on geographical analysis and modeling, NCGIA Technical Report 93-1:
# km/h = 6 · exp(−3.5 · |S + 0.05|), S the rise over the run, negative downhill.
_STEEPNESS, _EASIEST = 3.5, 0.05


def tobler(slope: Floats) -> Floats:
    """How much longer than on even ground a slope takes, there and back; 1 where it is 0, the same up and down."""
    up, down = (np.exp(_STEEPNESS * (np.abs(each + _EASIEST) - _EASIEST)) for each in (slope, -slope))
    result: Floats = (up + down) / 2
    return result


def walked(network: Network, streets: Streets, footing: Footing) -> Network:
    """The network with the lengths that its pieces take at a pace; the same where that knows no stairs nor slope.

    Stairs (``highway`` = steps) take length ÷ their share of the speed; other pieces what their slope makes of them.
    Where a height is unknown the ground is taken for even. Each piece is rounded to the millimetre, then summed.
    """
    if footing == EVEN:
        return network
    stairs, slope = footing
    factor = np.ones(len(network.piece_mm))
    if slope == "tobler":
        factor = tobler(np.nan_to_num(_slopes(network, streets)))
    if stairs is not None:
        factor[_on_stairs(network, streets)] = 1 / stairs
    mm = round_half_up(network.piece_mm * factor)
    before = np.concatenate([[0], np.cumsum(mm)])
    first = network.edge_pieces[:-1]
    return replace(
        network,
        piece_mm=mm,
        piece_start_mm=before[:-1] - before[first][network.piece_edge],
        edge_mm=before[network.edge_pieces[1:]] - before[first],
    )


def moved(anchors: Anchors, network: Network, other: Network) -> Anchors:
    """The same places on the network with other lengths; legs are walked on even ground."""
    if network is other:
        return anchors
    edge = np.where(anchors.snapped, anchors.edge, 0)
    # Pieces start at 0, L₁, L₁ + L₂ … along their edges: laid end to end, one sorted row serves every edge.
    base = np.concatenate([[0], np.cumsum(network.edge_mm)])
    place = base[network.piece_edge] + network.piece_start_mm
    piece = np.searchsorted(place, base[edge] + anchors.offset_mm, "right") - 1
    piece = np.clip(piece, network.edge_pieces[edge], network.edge_pieces[edge + 1] - 1)
    within = np.minimum(anchors.offset_mm - network.piece_start_mm[piece], network.piece_mm[piece])
    share = within / np.maximum(network.piece_mm[piece], 1)
    offset = other.piece_start_mm[piece] + round_half_up(share * other.piece_mm[piece])
    return replace(anchors, offset_mm=offset)


def _slopes(network: Network, streets: Streets) -> Floats:
    """Rise over run of each piece; NaN where a height is not known or nothing is run."""
    height = streets.vertex_height
    if height is None:
        return np.full(len(network.piece_mm), np.nan)
    lines = streets.frame.geometry.to_numpy()
    line = np.repeat(np.arange(len(lines)), shapely.get_num_coordinates(lines))
    start = np.flatnonzero(line[1:] == line[:-1])
    if len(start) != len(network.piece_mm):
        raise InternalError(Text("路网与道路图层不对应", "the network is not of these streets"))
    rise = (height[start + 1] - height[start]) * 1000
    return np.where(network.piece_mm > 0, rise / np.maximum(network.piece_mm, 1), np.nan)


def _on_stairs(network: Network, streets: Streets) -> NDArray[np.bool_]:
    if not streets.has("highway"):
        return np.zeros(len(network.piece_mm), dtype=bool)
    stairs = (streets.frame["highway"] == STAIRS).to_numpy(dtype=bool, na_value=False)
    result: NDArray[np.bool_] = stairs[network.edge_street[network.piece_edge]]
    return result


def effort_findings(network: Network, streets: Streets, paces: Sequence[Pace]) -> list[Finding]:
    """Paces that ask for slope or stairs of streets that do not tell."""
    found = []
    if any(pace.slope for pace in paces):
        unknown = np.isnan(_slopes(network, streets)) & (network.piece_mm > 0)
        if unknown.any():
            found.append(_slope_unknown(network, unknown, streets))
    if any(pace.stairs is not None for pace in paces) and not streets.has("highway"):
        found.append(_stairs_unknown())
    return found


def _slope_unknown(network: Network, unknown: NDArray[np.bool_], streets: Streets) -> Finding:
    rows = np.unique(network.edge_street[network.piece_edge[unknown]])
    share = network.piece_mm[unknown].sum() / max(int(network.piece_mm.sum()), 1)
    return Finding.of(
        "slope_unknown",
        "warning",
        "streets",
        streets.frame["street_id"].iloc[rows],
        Text(
            f"步速档要求计坡度，但 {len(rows)} 条道路（占总长 {share:.1%}）没有高程，按平路计时。",
            f"the pace asks for slope, but {len(rows)} streets ({share:.1%} of the length) have no heights: their "
            f"minutes are those of even ground.",
        ),
        Text("提供带 Z 坐标的道路，或补充 rise_m 列。", "Give streets with Z, or a column rise_m."),
    )


def _stairs_unknown() -> Finding:
    return Finding(
        code="stairs_unknown",
        severity="warning",
        layer="streets",
        count=1,
        ids=(),
        message=Text(
            "步速档要求计台阶，但道路没有 highway 列，无法识别台阶，按平路计时。",
            "the pace asks for stairs, but the streets have no column highway: none is told from even ground.",
        ),
        fix=Text("补充 highway 列，台阶填 steps。", "Add a column highway; stairs are steps."),
    )
