"""Reached parts of streets, and areas drawn round them. For looking at: verdicts come from distances."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.drawing import Drawing
from circle15.core.units import MM_PER_M
from circle15.route import grid
from circle15.route.network import Ints, Network
from circle15.route.reach import distances, pairs
from circle15.route.snap import Anchors

DRAWN_WIDTH_M = 25.0
_QUARTER_SEGMENTS = 16
# So many sources are searched from at a time: each reaches thousands of stretches.
_AT_ONCE = 512
# Sources whose segments are cut out in one go: an array operation costs as much for a few hundred as for one.
_TOGETHER = 64

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stretches:
    """Parts of edges from ``low_mm`` to ``high_mm``, whole millimetres from their starts, and whose they are.

    Sorted by owner, edge and ``low_mm``. Those of one owner neither overlap nor touch, so their lengths add up.
    """

    owner: Ints
    edge: Ints
    low_mm: Ints
    high_mm: Ints

    def of(self, first: int, behind: int) -> Stretches:
        """Those of the owners from ``first`` up to ``behind``."""
        rows = slice(*np.searchsorted(self.owner, (first, behind)))
        return Stretches(self.owner[rows], self.edge[rows], self.low_mm[rows], self.high_mm[rows])


def reached_by_each(network: Network, sources: Anchors, most_mm: int) -> Stretches:
    """What each source reaches within ``most_mm``, its leg included, cut at the limit. ``owner``: its row."""
    found = pairs(network, sources, network.ends, most_mm)
    edge, at_end = found.target % network.edge_count, found.target >= network.edge_count
    rows = np.arange(len(sources))
    return _reached(network, (found.source, edge, most_mm - found.mm, at_end), sources, rows, most_mm)


def reached(network: Network, sources: Anchors, most_mm: int) -> Stretches:
    """What at least one source reaches within ``most_mm``, its leg included, cut at the limit. ``owner``: 0."""
    found = distances(network, sources) if sources.snapped.any() else np.full(network.node_count, np.inf)
    node = np.concatenate([network.edge_u, network.edge_v])
    near = np.flatnonzero(found[node] <= most_mm)
    left = most_mm - found[node[near]].astype(np.int64)
    nobody = np.zeros(len(near), dtype=np.int64)
    ends = nobody, near % network.edge_count, left, near >= network.edge_count
    return _reached(network, ends, sources, np.zeros(len(sources), dtype=np.int64), most_mm)


def _reached(network: Network, ends: tuple[Any, ...], sources: Anchors, owners: Ints, most_mm: int) -> Stretches:
    """The stretches from ends of edges (owner, edge, mm left there, whether it is the far end) and from sources."""
    owner, edge, left, at_end = ends
    rows = np.flatnonzero(sources.snapped & (sources.leg_mm <= most_mm))
    play = most_mm - sources.leg_mm[rows]
    length = network.edge_mm[edge]
    return _merged(
        network,
        np.concatenate([owner, owners[rows]]),
        np.concatenate([edge, sources.edge[rows]]),
        np.concatenate([np.where(at_end, length - left, 0), sources.offset_mm[rows] - play]),
        np.concatenate([np.where(at_end, length, left), sources.offset_mm[rows] + play]),
    )


def _merged(network: Network, owner: Ints, edge: Ints, low: Ints, high: Ints) -> Stretches:
    """Intervals of edges, clipped to them; those that overlap or touch are one."""
    low, high = np.maximum(low, 0), np.minimum(high, network.edge_mm[edge])
    order = np.lexsort((low, edge, owner))
    owner, edge, low, high = owner[order], edge[order], low[order], high[order]
    fresh = np.concatenate([[True], (np.diff(owner) != 0) | (np.diff(edge) != 0)])[: len(order)]
    # Groups are laid end to end with room between them, so that one running maximum serves all.
    base = np.cumsum(fresh) * (int(network.edge_mm.max(initial=0)) + 1)
    furthest = np.maximum.accumulate(high + base)
    starts = np.flatnonzero(np.concatenate([[True], (low + base)[1:] > furthest[:-1]])[: len(order)])
    last = np.concatenate([starts[1:], [len(order)]])[: len(starts)] - 1
    return Stretches(owner[starts], edge[starts], low[starts], (furthest - base)[last])


def reached_parts(network: Network, stretches: Stretches) -> Any:
    """Each stretch as a LineString with the vertices of its street (study CRS, metres); none of a stretch of 0 mm."""
    segments, of = _segments(network, stretches)
    some = np.flatnonzero((segments[:, :2] != segments[:, 2:]).any(axis=1))
    segments, of = segments[some], of[some]
    last = np.flatnonzero(np.concatenate([np.diff(of) != 0, [True]])[: len(of)])
    xy = np.insert(segments[:, :2], last + 1, segments[last, 2:], axis=0)
    return shapely.linestrings(xy, indices=np.cumsum(np.insert(np.diff(of, prepend=of[:1]) != 0, last + 1, False)))


def _segments(network: Network, stretches: Stretches) -> tuple[Floats, Ints]:
    """The straight segments (ax, ay, bx, by; metres) of stretches, in order, and the stretch of each."""
    bounds = network.edge_pieces
    counts = bounds[stretches.edge + 1] - bounds[stretches.edge]
    of = np.repeat(np.arange(len(counts)), counts)
    piece = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts) + bounds[stretches.edge][of]
    start, length = network.piece_start_mm[piece], network.piece_mm[piece]
    begin, end = np.maximum(stretches.low_mm[of] - start, 0), np.minimum(stretches.high_mm[of] - start, length)
    # A stretch of no length is one point of one piece.
    point = stretches.low_mm == stretches.high_mm
    first = np.concatenate([[True], np.diff(of) != 0])[: len(of)] | (begin > 0)
    keep = np.flatnonzero((end > begin) | (point[of] & (end == begin) & first))
    of, piece, safe = of[keep], piece[keep], np.maximum(length[keep], 1)[:, None]
    a, step = network.piece_a[piece], network.piece_b[piece] - network.piece_a[piece]
    ends = [a + step * (at[keep][:, None] / safe) for at in (begin, end)]
    return np.concatenate(ends, axis=1) / MM_PER_M, of


def draw(network: Network, sources: Anchors, most_mm: int, drawing: Drawing) -> Any:
    """The area within 25 m of what at least one source reaches: a (multi)polygon, maybe empty."""
    segments, _ = _segments(network, reached(network, sources, most_mm))
    return _area(segments, drawing)


def draw_each(network: Network, sources: Anchors, most_mm: int, drawing: Drawing) -> list[Any]:
    """The area within 25 m of what each source reaches: (multi)polygons, maybe empty, in row order."""
    areas = []
    for first in range(0, len(sources), _AT_ONCE):
        some = sources.take(slice(first, first + _AT_ONCE))
        areas += _drawn(network, reached_by_each(network, some, most_mm), len(some), drawing)
    return areas


def _drawn(network: Network, stretches: Stretches, count: int, drawing: Drawing) -> list[Any]:
    """The area round the stretches of each of so many owners."""
    areas = []
    for first in range(0, count, _TOGETHER):
        behind = min(first + _TOGETHER, count)
        some = stretches.of(first, behind)
        segments, of = _segments(network, some)
        bounds = np.searchsorted(some.owner[of], np.arange(first, behind + 1))
        areas += [_area(segments[low:high], drawing) for low, high in pairwise(bounds)]
    return areas


def _area(segments: Floats, drawing: Drawing) -> Any:
    if drawing.method == "grid":
        shape = grid.area_round(segments, DRAWN_WIDTH_M, drawing.cell_m)
    else:
        shape = _buffered(shapely.linestrings(segments.reshape(-1, 2, 2)))
    return shape if drawing.holes == "kept" else _without_holes(shape)


def _buffered(segments: Any) -> Any:
    if len(segments) == 0:
        return shapely.MultiPolygon()
    merged = shapely.get_parts(shapely.line_merge(shapely.union_all(segments)))
    return shapely.union_all(shapely.buffer(merged, DRAWN_WIDTH_M, quad_segs=_QUARTER_SEGMENTS))


def _without_holes(shape: Any) -> Any:
    return shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(shape))))


def draw_straight(points_mm: Ints, most_mm: int, drawing: Drawing) -> Any:
    """The area within a straight-line distance of any of the points: a (multi)polygon, maybe empty."""
    if len(points_mm) == 0 or most_mm <= 0:
        return shapely.MultiPolygon()
    discs = shapely.buffer(shapely.points(points_mm / MM_PER_M), most_mm / MM_PER_M, quad_segs=32)
    shape = shapely.union_all(discs)
    return shape if drawing.holes == "kept" else _without_holes(shape)
