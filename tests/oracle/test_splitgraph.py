"""The oracle itself, against a third way: streets walked millimetre by millimetre.

Towns of a few millimetres with streets along the axes only: every whole-millimetre step of a street is an edge of
a grid, and every nearest point is a whole-millimetre spot, so a breadth-first search over spots is the truth.
"""

from __future__ import annotations

import math
from collections import deque
from fractions import Fraction
from itertools import pairwise

import geopandas
import numpy as np
import pytest
import shapely

from circle15.core.tables import Streets
from tests.oracle.splitgraph import Oracle, Point, at_most_one_more, round_root

Line = list[Point]


def streets_of(lines: list[Line]) -> Streets:
    """Lines in millimetres, joined wherever vertices coincide."""
    names: dict[Point, int] = {}
    joints = [names.setdefault(vertex, len(names)) for line in lines for vertex in line]
    geometry = [shapely.LineString(np.array(line) / 1000) for line in lines]
    frame = geopandas.GeoDataFrame({"street_id": [str(number) for number in range(len(lines))]}, geometry=geometry)
    return Streets.join(frame, np.array(joints, dtype=np.int64))


def spots_of(lines: list[Line]) -> dict[tuple[int, int], Point]:
    """Every whole millimetre of every street: (street, offset) → where it is."""
    found = {}
    for street, line in enumerate(lines):
        offset = 0
        found[street, offset] = line[0]
        for (ax, ay), (bx, by) in pairwise(line):
            length = abs(bx - ax) + abs(by - ay)
            for step in range(1, length + 1):
                found[street, offset + step] = (ax + (bx - ax) * step // length, ay + (by - ay) * step // length)
            offset += length
    return found


def walk_steps(lines: list[Line], start: tuple[int, int]) -> dict[tuple[int, int], int]:
    """Breadth-first search over spots; vertices at the same place are the same spot."""
    spots = spots_of(lines)
    vertices = {vertex for line in lines for vertex in line}
    turns: dict[tuple[int, int], list[tuple[int, int]]] = {}
    offsets = {
        (street, sum(abs(b[0] - a[0]) + abs(b[1] - a[1]) for a, b in pairwise(line[: upto + 1])))
        for street, line in enumerate(lines)
        for upto in range(len(line))
    }
    for spot in offsets:
        assert spots[spot] in vertices
        turns[spot] = [other for other in offsets if spots[other] == spots[spot]]
    reached, queue = {start: 0}, deque([start])
    while queue:
        spot = queue.popleft()
        street, offset = spot
        ahead = [(street, offset - 1), (street, offset + 1)]
        for other, cost in [*((each, 0) for each in turns.get(spot, [])), *((each, 1) for each in ahead)]:
            if other in spots and reached.get(other, math.inf) > reached[spot] + cost:
                reached[other] = reached[spot] + cost
                (queue.append if cost else queue.appendleft)(other)
    return reached


def stepping_anchor(lines: list[Line], point: Point) -> tuple[tuple[int, int], float]:
    """The nearest spot: within 1 mm of the least distance the smallest x, y, street geometry, offset."""
    apart = {spot: math.dist(point, at) for spot, at in spots_of(lines).items()}
    pieces = [(street, upto) for street, line in enumerate(lines) for upto in range(len(line) - 1)]
    feet = []
    for street, upto in pieces:
        before = sum(math.dist(*lines[street][k : k + 2]) for k in range(upto))
        behind = before + math.dist(*lines[street][upto : upto + 2])
        feet.append(min((apart[spot], spot) for spot in apart if spot[0] == street and before <= spot[1] <= behind))
    least = min(feet)[0]
    at = spots_of(lines)
    ties = [spot for distance, spot in feet if distance <= least + 1]
    best = min(ties, key=lambda spot: (at[spot], lines[spot[0]], spot[1]))
    return best, apart[best]


def random_axis_line(generator: np.random.Generator) -> Line:
    line = [(int(generator.integers(0, 5)) * 3, int(generator.integers(0, 5)) * 3)]
    for turn in range(int(generator.integers(1, 5))):
        x, y = line[-1]
        other = [value for value in range(0, 15, 3) if value != (x, y)[turn % 2]]
        value = int(generator.choice(other))
        line.append((value, y) if turn % 2 == 0 else (x, value))
    return line


@pytest.mark.parametrize("seed", range(40))
def test_the_oracle_walks_like_one_who_counts_millimetres(seed: int) -> None:
    generator = np.random.default_rng(seed)
    lines = [random_axis_line(generator) for _ in range(int(generator.integers(1, 5)))]
    points = [(int(x), int(y)) for x, y in generator.integers(-4, 17, size=(12, 2))]
    homes, facilities = points[:8], {f"F{number}": point for number, point in enumerate(points[8:])}
    found = Oracle(streets_of(lines), 1.0).all_pairs(homes, facilities)
    expected = {}
    for key, facility in facilities.items():
        end, end_leg = stepping_anchor(lines, facility)
        steps = walk_steps(lines, end)
        for number, home in enumerate(homes):
            start, leg = stepping_anchor(lines, home)
            if start in steps:
                expected[number, key] = math.floor(leg + 0.5) + steps[start] + math.floor(end_leg + 0.5)
    assert found == expected


def test_roots_are_rounded_half_up_without_floating_point() -> None:
    assert [round_root(Fraction(square)) for square in (0, 1, 2, 3, 6, 7, 12, 13)] == [0, 1, 1, 2, 2, 3, 3, 4]
    assert round_root(Fraction(1, 4)) == 1
    assert round_root(Fraction(1, 4) - Fraction(1, 10**40)) == 0
    assert round_root(Fraction(49, 4)) == 4


def test_one_millimetre_more_is_still_a_tie() -> None:
    assert at_most_one_more(Fraction(25), Fraction(36))
    assert not at_most_one_more(Fraction(25), Fraction(36) + Fraction(1, 10**40))
    assert at_most_one_more(Fraction(0), Fraction(1))
