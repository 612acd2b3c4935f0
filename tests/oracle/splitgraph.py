"""Walking distances a second way, to hold the product's against.

Written from the definitions of the manual (length, streets, distance, anchor) and from nothing else: it imports the
declared table of streets as its input and no room of the product. It is slow and plain on purpose: every anchor of
every home and facility becomes a node that splits its piece of street, and networkx runs Dijkstra over the result.

All numbers are whole millimetres. Where a length is not whole before it is rounded, its square is compared as an
exact fraction, so no answer depends on floating point:

- a distance between whole-millimetre points is the root of a whole number;
- the nearest point on a piece from A to B lies ``dot / |AB|`` along it and ``|cross| / |AB|`` beside it, both
  roots of fractions;
- floor(√q + ½) = (⌊√(4q)⌋ + 1) // 2 for every fraction q ≥ 0;
- √b ≤ √a + 1 holds exactly if b − a − 1 ≤ 0 or (b − a − 1)² ≤ 4a;
- x and y of tied anchors, fractions too, are told apart from a micrometre on: nearer than that they are one place.

Floating point only preselects the pieces worth an exact look, with a margin a million times its error.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

import networkx as nx
import shapely

from circle15.core.tables import Streets

Point = tuple[int, int]
BIG_MM = 2_000_000
CELL_MM = 50_000
TIE_MM = 1
# Preselection margin over the tie of 1 mm: lengths here are below 10⁹ mm, so doubles err by less than 10⁻⁶ mm.
MARGIN_MM = 0.5


@dataclass(frozen=True)
class Piece:
    """A straight bit of street between two consecutive vertices; ``before`` is the length of those before it."""

    street: int
    start: Point
    end: Point
    joints: tuple[int, int]
    before: int

    @cached_property
    def vector(self) -> Point:
        return self.end[0] - self.start[0], self.end[1] - self.start[1]

    @cached_property
    def square(self) -> int:
        return self.vector[0] ** 2 + self.vector[1] ** 2

    @cached_property
    def length(self) -> int:
        return round_root(Fraction(self.square))


@dataclass(frozen=True)
class Anchor:
    """Where a point enters the streets: a piece, the offset along the street within that piece, and the leg."""

    piece: Piece
    within: int
    leg: int

    @property
    def offset(self) -> int:
        """Millimetres from the start of the street."""
        return self.piece.before + self.within


@dataclass(frozen=True)
class Answer:
    """The nearest facility of one home; everything but the state is None unless it was reached."""

    state: Literal["reached", "unreachable", "not_snapped"]
    mm: int | None = None
    facility_id: str | None = None
    home_leg: int | None = None
    facility_leg: int | None = None


class Oracle:
    """Distances on ``streets`` for points whose legs are at most ``max_leg_m`` metres."""

    def __init__(self, streets: Streets, max_leg_m: float) -> None:
        self.max_leg = math.floor(Fraction(repr(max_leg_m)) * 1000)
        self.lines = [read_line(line) for line in streets.frame.geometry]
        self.pieces = list(cut(self.lines, streets.vertex_node.tolist()))
        self.big = big_joints(self.pieces)
        self.cells = index(self.pieces)

    def anchors(self, points: Sequence[Point], outlines: Sequence[Any] | None = None) -> list[Anchor | None]:
        """The anchor of each point, None where no street is within the leg.

        ``outlines`` gives each point its polygon (metres) or None: the allowed leg then counts from the polygon.
        """
        shapes = outlines if outlines is not None else [None] * len(points)
        return [self.anchor(point, shape) for point, shape in zip(points, shapes, strict=True)]

    def anchor(self, point: Point, outline: Any = None) -> Anchor | None:
        near = self.around(point, self.max_leg + radius(point, outline))
        main = [piece for piece in near if piece.joints[0] in self.big]
        return self.choose(point, outline, main) or self.choose(point, outline, near)

    def choose(self, point: Point, outline: Any, pieces: Sequence[Piece]) -> Anchor | None:
        """The nearest of these pieces within the leg; of ties of 1 mm the smallest x, y, street geometry, offset.

        Streets drawn twice, on two levels, have one geometry: the first of them counts. x and y count in whole
        micrometres: what differs by less is a rounding error to anyone who is not exact.
        """
        feet = self.close_feet(point, outline, pieces)
        if not feet:
            return None
        shortest = min(foot.square for foot in feet)
        ties = [foot for foot in feet if at_most_one_more(shortest, foot.square)]
        best = min(ties, key=self.order)
        return Anchor(best.piece, best.within, best.leg)

    def order(self, foot: Foot) -> tuple[Any, ...]:
        street = foot.piece.street
        return (*foot.micrometres, self.lines[street], street, foot.offset)

    def close_feet(self, point: Point, outline: Any, pieces: Sequence[Piece]) -> list[Foot]:
        """The feet within the allowed leg that may be among the nearest, in exact numbers."""
        feet: list[Foot] = []
        least = math.inf
        for distance, piece in sorted(((rough(point, piece), piece) for piece in pieces), key=lambda each: each[0]):
            if distance > least + TIE_MM + MARGIN_MM:
                break
            foot = Foot(point, piece)
            if foot.allowed(outline) <= self.max_leg:
                feet.append(foot)
                least = min(least, distance)
        return feet

    def around(self, point: Point, within: int) -> list[Piece]:
        """At least every piece within that many millimetres."""
        reach = within // CELL_MM + 1
        if (2 * reach + 1) ** 2 > len(self.pieces):
            return self.pieces
        column, row = point[0] // CELL_MM, point[1] // CELL_MM
        numbers = {
            number
            for x in range(column - reach, column + reach + 1)
            for y in range(row - reach, row + reach + 1)
            for number in self.cells.get((x, y), ())
        }
        return [piece for piece in map(self.pieces.__getitem__, numbers) if rough(point, piece) <= within + MARGIN_MM]

    def nearest(
        self, homes: Sequence[Point], facilities: Mapping[str, Point], outlines: Sequence[Any] | None = None
    ) -> list[Answer]:
        """The nearest facility of each home: smallest distance, then smallest facility_id as text.

        ``outlines`` are the polygons of the homes, as in :meth:`anchors`.
        """
        starts = self.anchors(homes, outlines)
        ends = {key: anchor for key, anchor in self.named(facilities).items() if anchor is not None}
        table = self.walk(starts, ends)
        return [answer(start, row, ends) for start, row in zip(starts, table, strict=True)]

    def all_pairs(self, homes: Sequence[Point], facilities: Mapping[str, Point]) -> dict[tuple[int, str], int]:
        """Distance of every pair of home (by position) and facility that can reach each other."""
        ends = {key: anchor for key, anchor in self.named(facilities).items() if anchor is not None}
        table = self.walk(self.anchors(homes), ends)
        return {(number, key): mm for number, row in enumerate(table) for key, mm in row.items()}

    def named(self, facilities: Mapping[str, Point]) -> dict[str, Anchor | None]:
        return dict(zip(facilities, self.anchors(list(facilities.values())), strict=True))

    def walk(self, starts: Sequence[Anchor | None], ends: Mapping[str, Anchor]) -> list[dict[str, int]]:
        """For each home, the distance to each facility it reaches: home leg + streets + facility leg."""
        graph = split(self.pieces, [each for each in (*starts, *ends.values()) if each is not None])
        found: list[dict[str, int]] = [{} for _ in starts]
        for key, end in ends.items():
            lengths = nx.single_source_dijkstra_path_length(graph, spot(end), weight="mm")
            for number, start in enumerate(starts):
                if start is not None and spot(start) in lengths:
                    found[number][key] = start.leg + lengths[spot(start)] + end.leg
        return found


class Foot:
    """The nearest point of a piece to a point, exact."""

    def __init__(self, point: Point, piece: Piece) -> None:
        (px, py), (ax, ay), (dx, dy) = point, piece.start, piece.vector
        dot = (px - ax) * dx + (py - ay) * dy
        along = min(max(Fraction(dot, piece.square), Fraction(0)), Fraction(1)) if piece.square else Fraction(0)
        self.piece = piece
        self.x, self.y = ax + along * dx, ay + along * dy
        self.square = (px - self.x) ** 2 + (py - self.y) ** 2
        self.leg = round_root(self.square)
        self.within = min(round_root(along**2 * piece.square), piece.length)
        self.offset = piece.before + self.within

    @property
    def micrometres(self) -> Point:
        return math.floor(self.x * 1000 + Fraction(1, 2)), math.floor(self.y * 1000 + Fraction(1, 2))

    def allowed(self, outline: Any) -> int:
        """What counts against the allowed leg: the leg, or the way from the polygon's boundary to the street."""
        if outline is None:
            return self.leg
        apart = float(shapely.distance(outline, shapely.Point(self.x / 1000, self.y / 1000)))
        return math.floor(apart * 1000 + 0.5)


def round_root(square: Fraction) -> int:
    """floor(√square + ½), exactly."""
    return (math.isqrt(math.floor(4 * square)) + 1) // 2


def at_most_one_more(shorter: Fraction, longer: Fraction) -> bool:
    """Whether √longer ≤ √shorter + 1, exactly."""
    rest = longer - shorter - 1
    return rest <= 0 or rest**2 <= 4 * shorter


def radius(point: Point, outline: Any) -> int:
    """No place of the polygon is farther from the point than this."""
    if outline is None:
        return 0
    west, south, east, north = shapely.bounds(outline) * 1000
    reach = max(abs(west - point[0]), abs(east - point[0])), max(abs(south - point[1]), abs(north - point[1]))
    return math.ceil(math.hypot(*reach))


def rough(point: Point, piece: Piece) -> float:
    """The distance of a point to a piece in floating point, good to far less than the margin."""
    px, py = point[0] - piece.start[0], point[1] - piece.start[1]
    dx, dy = piece.vector
    along = min(max((px * dx + py * dy) / piece.square, 0.0), 1.0) if piece.square else 0.0
    return math.hypot(px - along * dx, py - along * dy)


def read_line(line: shapely.LineString) -> tuple[Point, ...]:
    """Vertices in whole millimetres, rounded half up."""
    return tuple((math.floor(x * 1000 + 0.5), math.floor(y * 1000 + 0.5)) for x, y in shapely.get_coordinates(line))


def cut(lines: Sequence[tuple[Point, ...]], joints: Sequence[int]) -> Iterator[Piece]:
    """The pieces of all lines. Joints name the vertices of all lines in order."""
    done = 0
    for street, line in enumerate(lines):
        before = 0
        named = zip(line, joints[done : done + len(line)], strict=True)
        for (start, first), (end, second) in pairwise(named):
            piece = Piece(street, start, end, (first, second), before)
            before += piece.length
            yield piece
        done += len(line)
    if done != len(joints):
        raise ValueError(f"{done} vertices, {len(joints)} joints")


def big_joints(pieces: Sequence[Piece]) -> set[int]:
    """The joints of the components with at least 2 km of street."""
    graph = nx.Graph()
    graph.add_edges_from(piece.joints for piece in pieces)
    length: dict[int, int] = defaultdict(int)
    components = [frozenset(component) for component in nx.connected_components(graph)]
    home = {joint: number for number, component in enumerate(components) for joint in component}
    for piece in pieces:
        length[home[piece.joints[0]]] += piece.length
    return {joint for joint, number in home.items() if length[number] >= BIG_MM}


def index(pieces: Sequence[Piece]) -> dict[Point, list[int]]:
    """Pieces by the square cells that their bounding boxes touch."""
    cells: dict[Point, list[int]] = defaultdict(list)
    for number, piece in enumerate(pieces):
        (left, right), (low, high) = (
            (min(a, b) // CELL_MM, max(a, b) // CELL_MM) for a, b in zip(piece.start, piece.end, strict=True)
        )
        for x in range(left, right + 1):
            for y in range(low, high + 1):
                cells[x, y].append(number)
    return cells


def spot(anchor: Anchor) -> tuple[Piece, int]:
    """The node of an anchor in the split graph."""
    return anchor.piece, anchor.within


def split(pieces: Sequence[Piece], anchors: Sequence[Anchor]) -> nx.Graph:
    """The streets as a graph in millimetres, every anchor a node of its own on its piece."""
    stops: dict[Piece, set[int]] = defaultdict(set)
    for anchor in anchors:
        stops[anchor.piece].add(anchor.within)
    graph = nx.Graph()
    for piece in pieces:
        path: list[tuple[object, int]] = [(piece.joints[0], 0)]
        path += [((piece, at), at) for at in sorted(stops[piece])]
        path += [(piece.joints[1], piece.length)]
        for (tail, tail_at), (head, head_at) in pairwise(path):
            connect(graph, tail, head, head_at - tail_at)
    return graph


def connect(graph: nx.Graph, tail: object, head: object, mm: int) -> None:
    """An edge, the shortest where there are several."""
    if not graph.has_edge(tail, head) or mm < graph.edges[tail, head]["mm"]:
        graph.add_edge(tail, head, mm=mm)


def answer(start: Anchor | None, found: Mapping[str, int], ends: Mapping[str, Anchor]) -> Answer:
    if start is None:
        return Answer("not_snapped")
    if not found:
        return Answer("unreachable")
    mm, key = min((mm, key) for key, mm in found.items())
    return Answer("reached", mm, key, start.leg, ends[key].leg)
