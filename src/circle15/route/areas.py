"""Reached parts of streets, and areas drawn round them. For looking at: verdicts come from distances."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.units import MM_PER_M
from circle15.route.network import Ints, Network
from circle15.route.reach import distances
from circle15.route.snap import Anchors

DRAWN_WIDTH_M = 25.0
HOLES = "kept"
_QUARTER_SEGMENTS = 6

Floats = NDArray[np.float64]


def reached_parts(network: Network, sources: Anchors, most_mm: int) -> Any:
    """The parts of streets at most ``most_mm`` from the nearest source, its leg included, cut at the limit.

    Returns an array of LineStrings, study CRS in metres; they may overlap where an edge is reached from its
    ends and from a source upon it.
    """
    if not sources.snapped.any():
        return np.empty(0, dtype=object)
    found = distances(network, sources)
    left = most_mm - found
    rows = np.flatnonzero(sources.snapped & (sources.leg_mm <= most_mm))
    edge = sources.edge[rows]
    play = most_mm - sources.leg_mm[rows]
    every = np.arange(network.edge_count)
    return np.concatenate(
        [
            _cut(network, every, np.zeros(len(every)), left[network.edge_u]),
            _cut(network, every, network.edge_mm - left[network.edge_v], network.edge_mm.astype(np.float64)),
            _cut(network, edge, sources.offset_mm[rows] - play, (sources.offset_mm[rows] + play).astype(np.float64)),
        ]
    )


def draw(network: Network, sources: Anchors, most_mm: int) -> Any:
    """The area within 25 m of the reached parts of streets, holes kept: a (multi)polygon, maybe empty."""
    parts = reached_parts(network, sources, most_mm)
    if len(parts) == 0:
        return shapely.MultiPolygon()
    merged = shapely.get_parts(shapely.line_merge(shapely.union_all(parts)))
    return shapely.union_all(shapely.buffer(merged, DRAWN_WIDTH_M, quad_segs=_QUARTER_SEGMENTS))


def _cut(network: Network, edges: Ints, low: Any, high: Any) -> Any:
    """The stretch [low, high] of each edge, in mm from its start, as one line for each piece it touches."""
    some = np.flatnonzero((high >= 0) & (low <= network.edge_mm[edges]) & (low <= high))
    counts = network.edge_pieces[edges[some] + 1] - network.edge_pieces[edges[some]]
    before = np.concatenate([[0], np.cumsum(counts)])
    piece = np.arange(before[-1]) - np.repeat(before[:-1] - network.edge_pieces[edges[some]], counts)
    length = np.maximum(network.piece_mm[piece], 1).astype(np.float64)
    start = network.piece_start_mm[piece]
    begin = np.clip((np.repeat(low[some], counts) - start) / length, 0.0, 1.0)
    end = np.clip((np.repeat(high[some], counts) - start) / length, 0.0, 1.0)
    keep = end > begin
    piece, begin, end = piece[keep], begin[keep, None], end[keep, None]
    a, step = network.piece_a[piece], network.piece_b[piece] - network.piece_a[piece]
    ends = np.stack([a + step * begin, a + step * end], axis=1) / MM_PER_M
    return shapely.linestrings(ends)


def draw_straight(points_mm: Ints, most_mm: int) -> Any:
    """The area within a straight-line distance of any of the points: a (multi)polygon, maybe empty."""
    if len(points_mm) == 0 or most_mm <= 0:
        return shapely.MultiPolygon()
    discs = shapely.buffer(shapely.points(points_mm / MM_PER_M), most_mm / MM_PER_M, quad_segs=32)
    return shapely.union_all(discs)
