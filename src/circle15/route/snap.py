"""From a point to the nearest point of a street, with the access leg kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.units import MM_PER_M, round_half_up
from circle15.route.network import Ints, Network

Floats = NDArray[np.float64]

MAIN_COMPONENT_MM = 2_000_000
TIE_MM = 1.0
# The tree works in metres as floats; this much more is asked of it, and the millimetres decide.
_SLACK_M = 0.002


@dataclass(frozen=True, slots=True)
class Anchors:
    """Where points stand on the network: edge, offset from its ``u`` end, and access leg, in mm.

    ``xy_mm`` is the unrounded point on the street. Values are meaningful only where ``snapped``.
    """

    edge: Ints
    offset_mm: Ints
    leg_mm: Ints
    xy_mm: Floats
    snapped: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.edge)

    def take(self, rows: Any) -> Anchors:
        """The anchors of these rows, in this order."""
        return Anchors(self.edge[rows], self.offset_mm[rows], self.leg_mm[rows], self.xy_mm[rows], self.snapped[rows])


def snap(network: Network, points_mm: Ints, max_leg_mm: int, outlines: Any = None) -> Anchors:
    """Anchor each point at the nearest point on a street, at most ``max_leg_mm`` away.

    points_mm: int64 [n, 2], study CRS. A street of a component of at least 2 km goes before one of a smaller
    component. Ties (within 1 mm): smallest x, then y, then smallest street geometry. ``outlines`` holds a
    polygon (study CRS, metres) or None for each point: the allowed leg is then measured from its boundary,
    the kept leg still from the point. Points without a street in reach are not snapped.
    """
    found = _Anchoring(network, points_mm)
    main = network.component_mm[network.edge_component[network.piece_edge]] >= MAIN_COMPONENT_MM
    for pieces in (np.flatnonzero(main), np.arange(len(network.piece_mm))):
        found.settle(pieces, max_leg_mm, outlines)
    return found.anchors()


def unanchored(count: int) -> Anchors:
    """Anchors of points where there are no streets: none is snapped."""
    whole = np.zeros(count, dtype=np.int64)
    return Anchors(whole, whole, whole, np.zeros((count, 2)), np.zeros(count, dtype=bool))


class _Anchoring:
    """The anchors found so far; ``settle`` looks for those still missing."""

    def __init__(self, network: Network, points_mm: Ints) -> None:
        self.network = network
        self.points = points_mm.reshape(-1, 2)
        count = len(self.points)
        self.piece = np.zeros(count, dtype=np.int64)
        self.xy = np.zeros((count, 2))
        self.leg = np.zeros(count)
        self.along = np.zeros(count)
        self.snapped = np.zeros(count, dtype=bool)
        # Metres from a near origin keep the tree's floats far finer than a millimetre.
        self.origin = network.piece_a.min(axis=0)

    def settle(self, pieces: Ints, max_leg_mm: int, outlines: Any) -> None:
        todo = np.flatnonzero(~self.snapped)
        if len(todo) == 0 or len(pieces) == 0:
            return
        tree = shapely.STRtree(self._piece_lines(pieces))
        shapes = None if outlines is None else self._local(np.asarray(outlines, dtype=object)[todo])
        widest = 0.0 if shapes is None else float(np.nan_to_num(_spans(shapes)).max(initial=0.0))
        dots = shapely.points(self._metres(self.points[todo]))
        (rows, near), distance = tree.query_nearest(
            dots, max_distance=max_leg_mm / MM_PER_M + widest + _SLACK_M, all_matches=False, return_distance=True
        )
        del near
        tied_rows, tied = tree.query(dots[rows], predicate="dwithin", distance=distance + _SLACK_M)
        self._choose(todo[rows[tied_rows]], pieces[tied], max_leg_mm, outlines)
        if shapes is not None:
            self._settle_by_outline(tree, pieces, todo, shapes, max_leg_mm, outlines)

    def _settle_by_outline(
        self, tree: Any, pieces: Ints, todo: Ints, shapes: Any, max_leg_mm: int, outlines: Any
    ) -> None:
        """Polygons whose nearest street is too far from the boundary may have another one within the leg."""
        late = np.flatnonzero(~self.snapped[todo] & ~shapely.is_missing(shapes))
        if len(late):
            rows, near = tree.query(shapes[late], predicate="dwithin", distance=max_leg_mm / MM_PER_M + _SLACK_M)
            self._choose(todo[late[rows]], pieces[near], max_leg_mm, outlines)

    def _choose(self, rows: Ints, pieces: Ints, max_leg_mm: int, outlines: Any) -> None:
        """Of the (point, piece) pairs, keep for each point the best one within the leg."""
        along, leg, xy = nearest_on_pieces(self.network, pieces, self.points[rows])
        allowed = round_half_up(leg)
        if outlines is not None:
            shapes = np.asarray(outlines, dtype=object)[rows]
            outside = round_half_up(np.nan_to_num(shapely.distance(shapes, shapely.points(xy / MM_PER_M))) * MM_PER_M)
            allowed = np.where(shapely.is_missing(shapes), allowed, outside)
        keep = allowed <= max_leg_mm
        rows, pieces, along, leg, xy = rows[keep], pieces[keep], along[keep], leg[keep], xy[keep]
        least = np.full(len(self.points), np.inf)
        np.minimum.at(least, rows, leg)
        tied = leg <= least[rows] + TIE_MM
        rows, pieces, along, leg, xy = rows[tied], pieces[tied], along[tied], leg[tied], xy[tied]
        rank = self.network.street_rank[self.network.edge_street[self.network.piece_edge[pieces]]]
        # Coordinates compare to a thousandth of a millimetre: the same spot computed twice is one spot.
        order = np.lexsort((pieces, rank, np.round(xy[:, 1], 3), np.round(xy[:, 0], 3), rows))
        first = order[np.concatenate([[True], np.diff(rows[order]) > 0])] if len(order) else order
        at = rows[first]
        self.piece[at], self.along[at], self.leg[at], self.xy[at] = pieces[first], along[first], leg[first], xy[first]
        self.snapped[at] = True

    def anchors(self) -> Anchors:
        network = self.network
        within = np.minimum(round_half_up(self.along), network.piece_mm[self.piece])
        return Anchors(
            edge=network.piece_edge[self.piece],
            offset_mm=network.piece_start_mm[self.piece] + within,
            leg_mm=round_half_up(self.leg),
            xy_mm=self.xy,
            snapped=self.snapped,
        )

    def _metres(self, mm: Ints) -> Floats:
        result: Floats = (mm - self.origin) / MM_PER_M
        return result

    def _piece_lines(self, pieces: Ints) -> Any:
        ends = np.stack([self.network.piece_a[pieces], self.network.piece_b[pieces]], axis=1)
        return shapely.linestrings(self._metres(ends.reshape(-1, 2)).reshape(-1, 2, 2))

    def _local(self, shapes: Any) -> Any:
        origin = self.origin / MM_PER_M
        return shapely.transform(shapes, lambda xy: xy - origin)


def _spans(shapes: Any) -> Floats:
    """The diagonal of each shape's box, no shorter than any distance within it."""
    west, south, east, north = shapely.bounds(shapes).T
    result: Floats = np.hypot(east - west, north - south)
    return result


def nearest_on_pieces(network: Network, pieces: Ints, points_mm: Ints) -> tuple[Floats, Floats, Floats]:
    """The nearest point of each piece to the point beside it: distance along, leg, and place, unrounded, in mm.

    Written as dot ÷ length and cross ÷ length of integer vectors: a result that is exactly half a millimetre
    can only come from a whole length, and is then computed without error, so rounding is exact.
    """
    a = network.piece_a[pieces]
    step = (network.piece_b[pieces] - a).astype(np.float64)
    to_point = (points_mm - a).astype(np.float64)
    length = np.sqrt(step[:, 0] ** 2 + step[:, 1] ** 2)
    safe = np.where(length > 0, length, 1.0)
    dot = step[:, 0] * to_point[:, 0] + step[:, 1] * to_point[:, 1]
    cross = step[:, 0] * to_point[:, 1] - step[:, 1] * to_point[:, 0]
    along = np.clip(dot / safe, 0.0, length)
    before, behind = dot <= 0, dot >= length**2
    beyond = to_point - step * behind[:, None]
    leg = np.where(before | behind, np.hypot(beyond[:, 0], beyond[:, 1]), np.abs(cross) / safe)
    share = np.where(length > 0, np.clip(dot / safe**2, 0.0, 1.0), 0.0)
    return along, leg, a + step * share[:, None]
