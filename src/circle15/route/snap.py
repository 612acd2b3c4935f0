"""From a point to the nearest point of a street, with the access leg kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.units import MM_PER_M, round_half_up
from circle15.route.network import Ints, Network
from circle15.route.sight import Barriers, Floats, nearest_in_sight

MAIN_COMPONENT_MM = 2_000_000
TIE_MM = 1.0
# The tree works in metres as floats; this much more is asked of it, and the millimetres decide.
_SLACK_M = 0.002
# Measured on 330,000 pieces: narrow trees over whole edges, asked by points in spatial order, answer twice as fast.
_TREE_FANOUT = 5
_TILE_MM = 300_000


@dataclass(frozen=True, slots=True)
class Anchors:
    """Where points stand on the network: edge, offset from its ``u`` end, and access leg, in mm.

    ``xy_mm`` is the unrounded point on the street. Values are meaningful only where ``snapped``. A point is
    ``barred`` if it is not snapped although streets are in reach: each of their points lies across a barrier.
    """

    edge: Ints
    offset_mm: Ints
    leg_mm: Ints
    xy_mm: Floats
    snapped: NDArray[np.bool_]
    barred: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.edge)

    def take(self, rows: Any) -> Anchors:
        """The anchors of these rows, in this order."""
        return Anchors(*(getattr(self, each)[rows] for each in self.__slots__))

    def present(self) -> tuple[Ints, Anchors]:
        """The rows of the snapped ones, and these alone; mostly they are all, and not copied."""
        rows = np.flatnonzero(self.snapped)
        return rows, self if len(rows) == len(self) else self.take(rows)


@dataclass(frozen=True, slots=True)
class Index:
    """Where the streets of a network lie: a tree over its edges, those of main components before the others.

    Trees work in metres from ``origin`` (mm): a near origin keeps their floats far finer than a millimetre.
    ``barriers`` hide streets from points; None hides nothing.
    """

    network: Network
    origin: Ints
    levels: tuple[tuple[Ints, Any], ...]
    barriers: Barriers | None


def index(network: Network, barriers: Barriers | None = None) -> Index:
    """The index of a network, for as many calls of :func:`snap` as there are layers."""
    origin = network.piece_a.min(axis=0)
    # Each edge as a line in metres from the origin.
    mm, edge = network.vertices
    lines = shapely.linestrings((mm - origin) / MM_PER_M, indices=edge)
    main = network.component_mm[network.edge_component] >= MAIN_COMPONENT_MM
    levels = tuple(
        (edges, shapely.STRtree(lines[edges], node_capacity=_TREE_FANOUT))
        for edges in (np.flatnonzero(main), np.flatnonzero(~main))
    )
    return Index(network, origin, levels, barriers)


def snap(streets: Network | Index, points_mm: Ints, max_leg_mm: int, outlines: Any = None) -> Anchors:
    """Anchor each point at the nearest point on a street, at most ``max_leg_mm`` away.

    points_mm: int64 [n, 2], study CRS. A street of a component of at least 2 km goes before one of a smaller
    component. Ties (within 1 mm): smallest x, then y, then smallest street geometry, of equal ones the first.
    ``outlines`` holds a polygon (study CRS, metres) or None for each point: the allowed leg is then measured from
    its boundary, the kept leg still from the point. No leg crosses a barrier of the index: what counts is the nearest
    point of a street that can be walked to straight. Points without a street in reach are not snapped.
    """
    found = _Anchoring(streets if isinstance(streets, Index) else index(streets), points_mm, max_leg_mm, outlines)
    for edges, tree in found.index.levels:
        found.settle(edges, tree)
    return found.anchors()


def ends(network: Network) -> Anchors:
    """See :attr:`circle15.route.network.Network.ends`."""
    edges, nothing = np.arange(network.edge_count), np.zeros(network.edge_count, dtype=np.int64)
    yes = np.ones(2 * len(edges), dtype=bool)
    return Anchors(
        edge=np.concatenate([edges, edges]),
        offset_mm=np.concatenate([nothing, network.edge_mm]),
        leg_mm=np.concatenate([nothing, nothing]),
        xy_mm=np.zeros((2 * len(edges), 2)),
        snapped=yes,
        barred=~yes,
    )


def unanchored(count: int) -> Anchors:
    """Anchors of points where there are no streets: none is snapped."""
    whole, no = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=bool)
    return Anchors(whole, whole, whole, np.zeros((count, 2)), no, no)


class _Anchoring:
    """The anchors found so far; ``settle`` looks for those still missing."""

    def __init__(self, index: Index, points_mm: Ints, max_leg_mm: int, outlines: Any) -> None:
        self.index = index
        self.points = points_mm.reshape(-1, 2)
        self.max_leg_mm = max_leg_mm
        shapes = np.asarray([] if outlines is None else outlines, dtype=object)
        self.outlines = None if shapely.is_missing(shapes).all() else shapes
        count = len(self.points)
        self.piece = np.zeros(count, dtype=np.int64)
        self.xy = np.zeros((count, 2))
        self.leg = np.zeros(count)
        self.along = np.zeros(count)
        self.snapped = np.zeros(count, dtype=bool)
        self.barred = np.zeros(count, dtype=bool)

    def settle(self, edges: Ints, tree: Any) -> None:
        """Anchor what is still missing on these edges, which the tree holds in their order."""
        todo = self._missing()
        if len(todo) == 0 or len(edges) == 0:
            return
        dots, shapes = self._dots(todo), self._shapes(todo)
        (rows, _), distance = tree.query_nearest(
            dots, max_distance=self._most_m + _widest(shapes), all_matches=False, return_distance=True
        )
        tied_rows, tied = tree.query(dots[rows], predicate="dwithin", distance=distance + _SLACK_M)
        most_mm = (distance[tied_rows] + _SLACK_M) * MM_PER_M
        hidden = [self._consider(todo[rows[tied_rows]], edges[tied], most_mm)]
        if shapes is not None:
            late = np.flatnonzero(~self.snapped[todo] & ~shapely.is_missing(shapes))
            # Polygons whose nearest street is too far from the boundary may have another one within the leg.
            late_rows, near = tree.query(shapes[late], predicate="dwithin", distance=self._most_m)
            hidden.append(self._consider(todo[late[late_rows]], edges[near], np.full(len(near), np.inf)))
        rows = np.unique(np.concatenate(hidden))
        self._look_round(rows[~self.snapped[rows]], edges, tree)

    def _missing(self) -> Ints:
        """Rows not yet anchored, neighbours after one another."""
        rows = np.flatnonzero(~self.snapped)
        column, row = (self.points[rows] // _TILE_MM).T
        return rows[np.lexsort((np.where(row % 2, -column, column), row))]

    def _consider(self, rows: Ints, edges: Ints, most_mm: Floats) -> Ints:
        """Settle points on the nearest of the edges beside them; gives back those that barriers may cut off."""
        pair, pieces = self._pieces(edges)
        pair, pieces = self._in_reach(rows, most_mm, pair, pieces)
        along, leg, xy = nearest_on_pieces(self.index.network, pieces, self.points[rows[pair]])
        near = leg <= most_mm[pair]
        rows, pieces, along, leg, xy = rows[pair[near]], pieces[near], along[near], leg[near], xy[near]
        if self.index.barriers is None or len(rows) == 0:
            self._choose(rows, pieces, along, leg, xy)
            return rows[:0]
        cut_off = np.zeros(len(self.points), dtype=bool)
        cut_off[rows[self.index.barriers.cross(self.points[rows], xy)]] = True
        clear = ~cut_off[rows]
        self._choose(rows[clear], pieces[clear], along[clear], leg[clear], xy[clear])
        return np.flatnonzero(cut_off)

    def _pieces(self, edges: Ints) -> tuple[Ints, Ints]:
        """Every piece of each of the edges, and which of them it belongs to."""
        bounds = self.index.network.edge_pieces
        counts = bounds[edges + 1] - bounds[edges]
        pair = np.repeat(np.arange(len(edges)), counts)
        before = np.repeat(np.cumsum(counts) - counts, counts)
        return pair, np.arange(len(pair)) - before + bounds[edges][pair]

    def _in_reach(self, rows: Ints, most_mm: Floats, pair: Ints, pieces: Ints) -> tuple[Ints, Ints]:
        """The pieces that may come so near: most begin further away than that and their length together."""
        away = self.points[rows[pair]] - self.index.network.piece_a[pieces]
        furthest = most_mm[pair] + (self.index.network.piece_mm[pieces] + 1)
        near = np.flatnonzero(away[:, 0].astype(np.float64) ** 2 + away[:, 1].astype(np.float64) ** 2 <= furthest**2)
        return pair[near], pieces[near]

    def _look_round(self, rows: Ints, edges: Ints, tree: Any) -> None:
        """Settle points on the nearest point in sight of any of the edges in reach."""
        barriers = self.index.barriers
        if barriers is None or len(rows) == 0:
            return
        shapes, dots = self._shapes(rows), self._dots(rows)
        around = dots if shapes is None else np.where(shapely.is_missing(shapes), dots, shapes)
        near_rows, near = tree.query(around, predicate="dwithin", distance=self._most_m)
        wall_rows, walls = barriers.around(self.points[rows], self._most_m + _widest(shapes))
        for number, row in enumerate(rows.tolist()):
            wall = walls[slice(*np.searchsorted(wall_rows, (number, number + 1)))]
            self._look_from(row, self._pieces(edges[near[near_rows == number]])[1], wall)

    def _look_from(self, row: int, pieces: Ints, walls: Ints) -> None:
        network, barriers = self.index.network, self.index.barriers
        if barriers is None:
            return
        a, b = network.piece_a[pieces], network.piece_b[pieces]
        found, share = nearest_in_sight(self.points[row], a, b, barriers.start[walls], barriers.end[walls])
        step = (b - a)[found].astype(np.float64)
        xy = a[found] + step * share[:, None]
        leg, along = np.hypot(*(xy - self.points[row]).T), share * np.hypot(*step.T)
        self._choose(np.full(len(found), row), pieces[found], along, leg, xy)
        self.barred[row] = True

    def _choose(self, rows: Ints, pieces: Ints, along: Floats, leg: Floats, xy: Floats) -> None:
        """Of the (point, place on a piece) pairs, keep for each point the best one within the leg."""
        allowed = round_half_up(leg)
        if self.outlines is not None:
            shapes = self.outlines[rows]
            outside = round_half_up(np.nan_to_num(shapely.distance(shapes, shapely.points(xy / MM_PER_M))) * MM_PER_M)
            allowed = np.where(shapely.is_missing(shapes), allowed, outside)
        keep = allowed <= self.max_leg_mm
        rows, pieces, along, leg, xy = rows[keep], pieces[keep], along[keep], leg[keep], xy[keep]
        least = np.full(len(self.points), np.inf)
        np.minimum.at(least, rows, leg)
        tied = leg <= least[rows] + TIE_MM
        rows, pieces, along, leg, xy = rows[tied], pieces[tied], along[tied], leg[tied], xy[tied]
        network = self.index.network
        rank = network.street_rank[network.edge_street[network.piece_edge[pieces]]]
        # Coordinates compare to a thousandth of a millimetre: the same spot computed twice is one spot.
        order = np.lexsort((pieces, rank, np.round(xy[:, 1], 3), np.round(xy[:, 0], 3), rows))
        first = order[np.concatenate([[True], np.diff(rows[order]) > 0])] if len(order) else order
        at = rows[first]
        self.piece[at], self.along[at], self.leg[at], self.xy[at] = pieces[first], along[first], leg[first], xy[first]
        self.snapped[at] = True

    def anchors(self) -> Anchors:
        """What was found."""
        network = self.index.network
        within = np.minimum(round_half_up(self.along), network.piece_mm[self.piece])
        return Anchors(
            edge=network.piece_edge[self.piece],
            offset_mm=network.piece_start_mm[self.piece] + within,
            leg_mm=round_half_up(self.leg),
            xy_mm=self.xy,
            snapped=self.snapped,
            barred=self.barred & ~self.snapped,
        )

    @property
    def _most_m(self) -> float:
        return self.max_leg_mm / MM_PER_M + _SLACK_M

    def _dots(self, rows: Ints) -> Any:
        return shapely.points((self.points[rows] - self.index.origin) / MM_PER_M)

    def _shapes(self, rows: Ints) -> Any:
        if self.outlines is None:
            return None
        origin = self.index.origin / MM_PER_M
        return shapely.transform(self.outlines[rows], lambda xy: xy - origin)


def _widest(shapes: Any) -> float:
    """The longest diagonal of the shapes' boxes, no shorter than any distance within one."""
    if shapes is None:
        return 0.0
    west, south, east, north = shapely.bounds(shapes).T
    return float(np.nan_to_num(np.hypot(east - west, north - south)).max(initial=0.0))


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
