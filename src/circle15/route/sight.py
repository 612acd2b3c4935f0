"""What barriers leave of a street for a place: the points on it whose straight leg crosses no barrier.

A barrier is a line, or the boundary of a polygon, that no one walks across. A leg crosses it where it goes from one
side to the other; a leg that starts or ends on a barrier, or passes its free end, does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.units import MM_PER_M, round_half_up
from circle15.route.network import Ints

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Barriers:
    """Barriers as straight segments from ``start`` to ``end`` (study CRS, mm), with a tree over them.

    The tree works in metres from ``origin`` (mm), so that its floats stay far finer than a millimetre.
    """

    start: Ints
    end: Ints
    origin: Ints
    tree: Any

    def cross(self, points_mm: Ints, ends_mm: Floats) -> NDArray[np.bool_]:
        """Which of the legs may cross a barrier. A leg that is not named crosses none."""
        legs = np.stack([self._local(points_mm), self._local(ends_mm)], axis=1)
        near, segment = self.tree.query(shapely.linestrings(legs), predicate="intersects")
        # Whoever stands on the line of a segment is not cut off by it.
        apart = _cross(self.end[segment] - self.start[segment], points_mm[near] - self.start[segment]) != 0
        crossed = np.zeros(len(points_mm), dtype=bool)
        crossed[near[apart]] = True
        return crossed

    def around(self, points_mm: Ints, within_m: float) -> tuple[Ints, Ints]:
        """Every (point row, segment) at most so far apart, sorted by row."""
        dots = shapely.points(self._local(points_mm))
        rows, segments = self.tree.query(dots, predicate="dwithin", distance=within_m)
        order = np.lexsort((segments, rows))
        return rows[order], segments[order]

    def _local(self, mm: Any) -> Floats:
        result: Floats = (mm - self.origin) / MM_PER_M
        return result


def barriers(shapes: Any) -> Barriers | None:
    """The barriers of lines and polygons (study CRS, metres, on the millimetre grid); None of none."""
    lines = np.asarray(shapes, dtype=object)
    areal = shapely.get_dimensions(lines) == 2
    lines = np.concatenate([lines[~areal], shapely.boundary(lines[areal])])
    coordinates, line_of = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
    mm = round_half_up(coordinates * MM_PER_M)
    kept = (line_of[1:] == line_of[:-1]) & (mm[1:] != mm[:-1]).any(axis=1)
    if not kept.any():
        return None
    start, end = mm[:-1][kept], mm[1:][kept]
    origin = start.min(axis=0)
    tree = shapely.STRtree(shapely.linestrings(np.stack([start - origin, end - origin], axis=1) / MM_PER_M))
    return Barriers(start, end, origin, tree)


def nearest_in_sight(point: Ints, a: Ints, b: Ints, start: Ints, end: Ints) -> tuple[Ints, Floats]:
    """The points of pieces a → b nearest to ``point`` among those that no segment start → end hides from it.

    Coordinates are millimetres; ``a`` and ``b`` are [n, 2], ``start`` and ``end`` [m, 2]. Returns the piece and the
    share of its length of each point found: the nearest one, or the nearest on either side of what hides it.
    """
    low, high = _shadows(point, a, b, start, end)
    step = (b - a).astype(np.float64)
    square = (step**2).sum(axis=1)
    foot = np.clip(((point - a) * step).sum(axis=1) / np.where(square > 0, square, 1.0), 0.0, 1.0)
    pieces, shares = [], []
    for piece in range(len(a)):
        for share in _beside(foot[piece], low[piece], high[piece]):
            pieces.append(piece)
            shares.append(share)
    return np.array(pieces, dtype=np.int64), np.array(shares, dtype=np.float64)


def _shadows(point: Ints, a: Ints, b: Ints, start: Ints, end: Ints) -> tuple[Floats, Floats]:
    """The open interval of each piece (rows) that each segment (columns) hides, in shares of its length.

    What a segment hides is the cone over it, cut off by its line: three half-planes, each linear along a piece.
    An interval with low ≥ high is empty.
    """
    c, e = (start - point).astype(np.float64), (end - point).astype(np.float64)
    side = _cross(c, e)
    turn = side < 0
    c[turn], e[turn] = e[turn], c[turn].copy()
    at, step = (a - point).astype(np.float64)[:, None], (b - a).astype(np.float64)[:, None]
    low, high = np.zeros((len(a), len(c))) - 1.0, np.ones((len(a), len(c))) + 1.0
    chord = (e - c)[None]
    for level, slope in (
        (_cross(c[None], at), _cross(c[None], step)),
        (_cross(at, e[None]), _cross(step, e[None])),
        (-_cross(chord, at - c[None]), -_cross(chord, step)),
    ):
        root = -level / np.where(slope == 0, 1.0, slope)
        low = np.where(slope > 0, np.maximum(low, root), low)
        high = np.where(slope < 0, np.minimum(high, root), high)
        high = np.where((slope == 0) & (level <= 0), low, high)
    high[:, side == 0] = low[:, side == 0]
    return low, high


def _beside(share: float, low: Floats, high: Floats) -> list[float]:
    """``share`` if no interval hides it; else the ends, within the piece, of what hides it.

    Intervals that meet are one: a leg through the corner of a wall crosses it.
    """
    hides = np.flatnonzero(low < high)
    left = right = share
    hidden = False
    order = hides[np.argsort(low[hides], kind="stable")]
    merged: list[list[float]] = []
    for begin, stop in zip(low[order].tolist(), high[order].tolist(), strict=True):
        if merged and begin <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], stop)
        else:
            merged.append([begin, stop])
    for begin, stop in merged:
        if begin < share < stop:
            left, right, hidden = begin, stop, True
    if not hidden:
        return [float(share)]
    return [each for each in (left, right) if 0.0 <= each <= 1.0]


def _cross(one: Any, other: Any) -> Any:
    return one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
