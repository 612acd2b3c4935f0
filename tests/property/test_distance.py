"""Distances in towns that Hypothesis makes up.

The first property holds the product against the oracle to the millimetre; the others need no oracle. Towns are small
lattices, stretched by scales from 10 mm to 300 m, with or without jitter: without it, equal distances abound. In half
of them one street goes on for 2 km out of town, so that its component goes before the others. Streets are walks from
lattice point to lattice point: they run over each other, cross without a joint, pass a vertex twice, close to rings
and lie on top of one another. A vertex lies on one of two levels, as on a bridge: vertices at the same place join on
the same level only.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cached_property

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.core.tables import Streets
from circle15.read.town import grid
from circle15.route import nearest_straight
from tests.oracle.compare import nearest_by_product, pairs_by_product, points_array, rank_by_id
from tests.oracle.splitgraph import BIG_MM, Answer, Oracle, Point

short = settings(max_examples=200, derandomize=True, deadline=None, database=None)
long = settings(max_examples=2000, derandomize=True, deadline=None, database=None)

ORIGIN = (500_000_000, 2_700_000_000)
SCALES_MM = (10, 777, 30_000, 300_000)
LEGS_MM = (0, 6, 1_000, 150_000, 10_000_000)
IDS = ("F10", "F9", "f1", "设施", "F")

Vertex = tuple[Point, int]


@dataclass(frozen=True)
class Place:
    """Streets as lists of (point, level), homes, facilities by id, and the allowed leg; all in millimetres."""

    lines: tuple[tuple[Vertex, ...], ...]
    homes: tuple[Point, ...]
    facilities: dict[str, Point]
    max_leg: int

    @cached_property
    def streets(self) -> Streets:
        """The declared table: vertices join where place and level are the same."""
        names: dict[Vertex, int] = {}
        joints = [names.setdefault(vertex, len(names)) for line in self.lines for vertex in line]
        geometry = [shapely.LineString(np.array([point for point, _ in line]) / 1000) for line in self.lines]
        frame = geopandas.GeoDataFrame({"street_id": [str(row) for row in range(len(geometry))]}, geometry=geometry)
        return Streets.join(frame, np.array(joints, dtype=np.int64))

    @property
    def pieces(self) -> int:
        """How many pieces all the streets have."""
        return sum(len(line) - 1 for line in self.lines)

    def answers(self) -> list[Answer]:
        """The product's answer for each home."""
        return nearest_by_product(self.streets, self.homes, self.facilities, self.max_leg)

    def oracle(self) -> Oracle:
        return Oracle(self.streets, self.max_leg / 1000)


@st.composite
def lattices(draw: st.DrawFn) -> list[list[Point]]:
    """Points of a lattice of up to 5 × 4, by column and row."""
    columns, rows = draw(st.integers(2, 5)), draw(st.integers(1, 4))
    scale = draw(st.sampled_from(SCALES_MM))
    shift = st.integers(-(scale // 3), scale // 3) if draw(st.booleans()) else st.just(0)
    return [
        [(ORIGIN[0] + column * scale + draw(shift), ORIGIN[1] + row * scale + draw(shift)) for row in range(rows)]
        for column in range(columns)
    ]


def _walks(lattice: list[list[Point]]) -> st.SearchStrategy[list[Point]]:
    """Streets from any lattice point to any other; the same point twice in a row is a piece of no length."""
    points = st.sampled_from([point for column in lattice for point in column])
    return st.lists(points, min_size=2, max_size=6).filter(lambda line: len(set(line)) > 1)


@st.composite
def _steps(draw: st.DrawFn, lattice: list[list[Point]]) -> list[Point]:
    """A street from lattice point to neighbouring lattice point: pieces meet in vertices only."""
    columns, rows = len(lattice), len(lattice[0])
    at = draw(st.integers(0, columns - 1)), draw(st.integers(0, rows - 1))
    line = [lattice[at[0]][at[1]]]
    for _ in range(draw(st.integers(1, 6))):
        around = [(at[0] - 1, at[1]), (at[0] + 1, at[1]), (at[0], at[1] - 1), (at[0], at[1] + 1)]
        at = draw(st.sampled_from([(x, y) for x, y in around if 0 <= x < columns and 0 <= y < rows]))
        line.append(lattice[at[0]][at[1]])
    return line


@st.composite
def _spots(draw: st.DrawFn, lattice: list[list[Point]], lines: list[list[Point]]) -> Point:
    """On a vertex, midway between two of them, on a piece, beside it by millimetres, or anywhere about the town."""
    corners = [point for column in lattice for point in column]
    kind = draw(st.sampled_from(("vertex", "middle", "piece", "beside", "anywhere")))
    if kind == "vertex":
        return draw(st.sampled_from(corners))
    if kind == "middle":
        (ax, ay), (bx, by) = draw(st.sampled_from(corners)), draw(st.sampled_from(corners))
        return (ax + bx) // 2, (ay + by) // 2 + draw(st.integers(-1, 1))
    if kind == "anywhere":
        (west, south), (east, north) = min(corners), max(corners)
        room = 20 + (east - west) // 3
        low, high = min(south, north) - room, max(south, north) + room
        return draw(st.integers(west - room, east + room)), draw(st.integers(low, high))
    line = draw(st.sampled_from(lines))
    start = draw(st.integers(0, len(line) - 2))
    (ax, ay), (bx, by), part = line[start], line[start + 1], draw(st.integers(0, 60))
    aside = (draw(st.integers(-9, 9)), draw(st.integers(-9, 9))) if kind == "beside" else (0, 0)
    return ax + (bx - ax) * part // 60 + aside[0], ay + (by - ay) * part // 60 + aside[1]


@st.composite
def towns(draw: st.DrawFn, *, plain: bool = False) -> Place:
    """A town; a plain one has no pieces that cross or overlap in part, and one level."""
    lattice = draw(lattices())
    lines = draw(st.lists(_steps(lattice) if plain else _walks(lattice), min_size=1, max_size=7))
    levels = st.just(0) if plain or draw(st.booleans()) else st.sampled_from((0, 0, 1))
    spots = _spots(lattice, lines)
    if draw(st.booleans()):
        lines[0] = [*lines[0], (lines[0][-1][0] + BIG_MM, lines[0][-1][1] - 7)]
    homes = draw(st.lists(spots, min_size=1, max_size=6))
    ids = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=len(IDS)))
    return Place(
        lines=tuple(tuple((point, draw(levels)) for point in line) for line in lines),
        homes=tuple(homes),
        facilities={key: draw(spots) for key in ids},
        max_leg=draw(st.sampled_from(LEGS_MM)),
    )


def _agrees_with_the_oracle(town: Place) -> None:
    oracle = town.oracle()
    assert town.answers() == oracle.nearest(town.homes, town.facilities)
    all_pairs = oracle.all_pairs(town.homes, town.facilities)
    for most in (10**12, *sorted(all_pairs.values())[:1]):
        expected = {pair: mm for pair, mm in all_pairs.items() if mm <= most}
        assert pairs_by_product(town.streets, town.homes, town.facilities, town.max_leg, most) == expected


@short
@given(towns())
def test_distances_equal_the_oracle(town: Place) -> None:
    _agrees_with_the_oracle(town)


def test_of_a_street_drawn_twice_on_two_levels_the_first_counts() -> None:
    """Found by the long test: at its middle and at one end the two streets do not join, and both are as near."""
    x, y = ORIGIN
    low, middle, high = (x, y), (x, y + 300_000), (x, y + 600_000)
    lines = (
        ((middle, 0), (middle, 0), (high, 1), (low, 0), (high, 0), (middle, 0)),
        ((middle, 0), (middle, 0), (high, 0), (low, 1), (high, 0), (middle, 0)),
    )
    town = Place(lines=lines, homes=(high,), facilities={"F10": low}, max_leg=0)
    assert [each.mm for each in town.answers()] == [600_000]
    _agrees_with_the_oracle(town)


@pytest.mark.long
@long
@given(towns())
def test_distances_equal_the_oracle_in_thousands_of_towns(town: Place) -> None:
    _agrees_with_the_oracle(town)


@given(towns(), st.data())
def test_another_facility_never_makes_a_home_farther(town: Place, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(town.facilities) or ["none"]))
    fewer = replace(town, facilities={each: at for each, at in town.facilities.items() if each != key})
    for before, after in zip(fewer.answers(), town.answers(), strict=True):
        assert (before.state == "not_snapped") == (after.state == "not_snapped")
        if before.mm is not None:
            assert after.mm is not None
            assert after.mm <= before.mm


@given(towns())
def test_no_walk_is_shorter_than_the_straight_line(town: Place) -> None:
    # Each piece and each of two offsets and two legs loses at most half a millimetre when it is rounded.
    lost = (town.pieces + 4) / 2
    found = pairs_by_product(town.streets, town.homes, town.facilities, town.max_leg)
    for (home, key), mm in found.items():
        straight = np.hypot(*np.subtract(town.homes[home], town.facilities[key]))
        assert mm >= straight - lost - 1e-6


@given(towns(), st.data())
def test_row_order_changes_nothing(town: Place, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(town.homes))))
    shuffled = replace(
        town,
        # Streets that lie on one another but are not joined differ in nothing but their rows: they keep their order.
        lines=tuple(data.draw(st.permutations(town.lines))) if _tells_apart(town) else town.lines,
        homes=tuple(town.homes[row] for row in order),
        facilities=dict(data.draw(st.permutations(list(town.facilities.items())))),
    )
    answers = town.answers()
    assert shuffled.answers() == [answers[row] for row in order]


def _tells_apart(town: Place) -> bool:
    """Whether streets of one geometry are also joined alike."""
    geometries = {tuple(point for point, _ in line) for line in town.lines}
    return len(geometries) == len(set(town.lines))


@given(towns(), st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_moving_the_whole_town_changes_nothing(town: Place, east_m: int, north_m: int) -> None:
    def moved(point: Point) -> Point:
        return point[0] + 1000 * east_m, point[1] + 1000 * north_m

    there = Place(
        lines=tuple(tuple((moved(point), level) for point, level in line) for line in town.lines),
        homes=tuple(moved(point) for point in town.homes),
        facilities={key: moved(point) for key, point in town.facilities.items()},
        max_leg=town.max_leg,
    )
    assert there.answers() == town.answers()


@given(towns(plain=True), st.data())
def test_cutting_a_street_in_two_at_a_vertex_changes_nothing(town: Place, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(town.lines) - 1))
    line = town.lines[row]
    at = data.draw(st.integers(1, len(line) - 1))
    parts = [part for part in (line[: at + 1], line[at:]) if len(part) > 1]
    cut = replace(town, lines=(*town.lines[:row], *parts, *town.lines[row + 1 :]))
    if _each_piece_is_walked_one_way(town):
        assert cut.answers() == town.answers()
    else:
        _assert_within(cut.answers(), town.answers(), 2)


def _each_piece_is_walked_one_way(town: Place) -> bool:
    """Then an offset does not depend on which of two streets that share the piece the anchor takes."""
    walked = {pair for line in town.lines for pair in itertools.pairwise(point for point, _ in line)}
    return not any((end, start) in walked for start, end in walked)


@given(towns(plain=True), st.data())
def test_turning_streets_round_moves_each_anchor_by_a_millimetre_at_most(town: Place, data: st.DataObject) -> None:
    # Offsets are counted from the start as given. From either end they are rounded apart, and so is their sum: with
    # R the rounded piece, |round(o) + round(L − o) − R| ≤ 1. Hence 1 mm at the home and 1 mm at the facility.
    lines = tuple(line[::-1] if data.draw(st.booleans()) else line for line in town.lines)
    _assert_within(replace(town, lines=lines).answers(), town.answers(), 2)


def _assert_within(found: list[Answer], expected: list[Answer], mm: int) -> None:
    for one, other in zip(found, expected, strict=True):
        assert (one.state, one.home_leg) == (other.state, other.home_leg)
        if one.mm is not None and other.mm is not None:
            assert abs(one.mm - other.mm) <= mm


def test_walks_on_a_grid_follow_the_closed_form() -> None:
    # Homes at all crossings of a 100 m grid, the facility in the middle. Within n = 7 blocks lie 2n² + 2n + 1 = 113
    # crossings, within 6 blocks 85; lattice points in a circle of radius 7 number 149, four of them on its rim.
    town = grid(19, 17, 100)
    middle = {"F": town.places["9,8"]}
    answers = nearest_by_product(town.streets, list(town.places.values()), middle, 0)
    walks = np.array([answer.mm for answer in answers])
    steps = [abs(x - 9) + abs(y - 8) for x, y in (map(int, name.split(",")) for name in town.places)]
    assert walks.tolist() == [100_000 * step for step in steps]
    assert ((walks <= 700_000).sum(), (walks < 700_000).sum()) == (113, 85)
    homes = town.points_mm(town.places)
    straight, _ = nearest_straight(homes, points_array(list(middle.values())), rank_by_id(["F"]))
    assert ((straight <= 700_000).sum(), (straight < 700_000).sum()) == (149, 145)
