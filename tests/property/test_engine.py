"""What the compiled kernels answer in towns that Hypothesis makes up, whatever the threads, chunks and numbers.

``all_ways`` tries every stop between every two points and stands for the truth; scipy must agree cell by cell.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.route import Engine, distances, nearest, pairs
from tests.nets import (
    INFINITE,
    Edge,
    Spot,
    all_ways,
    anchors,
    assert_same,
    edges_of_towns,
    network,
    renumbered,
    spots_in,
    table,
)

short = settings(max_examples=200, derandomize=True, deadline=None, database=None)
long = settings(max_examples=2000, derandomize=True, deadline=None, database=None)

COMPILED, PLAIN = Engine("numba"), Engine("scipy")
BOUNDS_MM = (-1, 0, 1, 8191, 8192, 100_000, 700_000, 10**13, 2**63 - 1)

Town = tuple[list[Edge], list[Spot | None], list[Spot | None], int]


@st.composite
def towns(draw: st.DrawFn) -> Town:
    edges = draw(edges_of_towns())
    return edges, draw(spots_in(edges)), draw(spots_in(edges)), draw(st.sampled_from(BOUNDS_MM))


def _assert_both_engines_are_right(town: Town) -> None:
    edges, starts, goals, most = town
    net, sources, targets = network(edges), anchors(starts), anchors(goals)
    truth = all_ways(edges, starts, goals)
    found = pairs(net, sources, targets, most, COMPILED)
    assert_same(found, pairs(net, sources, targets, most, PLAIN))
    assert np.array_equal(table(found, len(goals)), np.where(truth <= most, truth, INFINITE))
    _assert_nearest(town, truth)
    near = distances(net, sources, COMPILED)
    assert np.array_equal(near, distances(net, sources, PLAIN))
    at_nodes = [next((row, 0 if edge[0] == node else edge[2], 0) for row, edge in enumerate(edges) if node in edge[:2])
                for node in range(net.node_count)]  # fmt: skip
    assert np.array_equal(near, all_ways(edges, starts, at_nodes).min(axis=0, initial=INFINITE))


def _assert_nearest(town: Town, truth: np.ndarray) -> None:
    edges, starts, goals, _ = town
    net, homes, facilities = network(edges), anchors(starts), anchors(goals)
    order = np.argsort(np.argsort([f"{row * 7 % 5}{row}" for row in range(len(goals))], kind="stable"))
    order = order.astype(np.int64)
    one, other = (nearest(net, homes, facilities, order, engine) for engine in (COMPILED, PLAIN))
    least = truth.min(axis=1, initial=INFINITE)
    reached = np.isfinite(least)
    assert np.array_equal(one.reached, reached)
    assert np.array_equal(other.reached, reached)
    first = [int(min(np.flatnonzero(truth[row] == least[row]), key=order.__getitem__)) for row in reached.nonzero()[0]]
    for found in (one, other):
        assert found.mm[reached].tolist() == least[reached].tolist()
        assert found.facility[reached].tolist() == first


@short
@given(towns())
def test_both_engines_are_right(town: Town) -> None:
    _assert_both_engines_are_right(town)


@pytest.mark.long
@long
@given(towns())
def test_both_engines_are_right_in_thousands_of_towns(town: Town) -> None:
    _assert_both_engines_are_right(town)


@given(towns(), st.sampled_from((1, 2, 8)), st.sampled_from((1, 2, 3, 0)))
def test_neither_threads_nor_chunks_change_anything(town: Town, threads: int, chunk: int) -> None:
    edges, starts, goals, most = town
    net, sources, targets = network(edges), anchors(starts), anchors(goals)
    found = pairs(net, sources, targets, most, Engine("numba", threads, chunk))
    assert_same(found, pairs(net, sources, targets, most, Engine("numba", 1)))
    assert_same(found, pairs(net, sources, targets, most, Engine("scipy", chunk=chunk)))


@given(towns(), st.data())
def test_numbers_of_nodes_and_edges_change_nothing(town: Town, data: st.DataObject) -> None:
    edges, starts, goals, most = town
    net = network(edges)
    nodes = np.array(data.draw(st.permutations(range(net.node_count))))
    rows = np.array(data.draw(st.permutations(range(len(edges)))))
    other = renumbered(net, nodes, rows)
    place = np.argsort(rows)

    def moved(spots: list[Spot | None]) -> list[Spot | None]:
        return [spot and (int(place[spot[0]]), *spot[1:]) for spot in spots]

    found = pairs(other, anchors(moved(starts)), anchors(moved(goals)), most, COMPILED)
    assert_same(found, pairs(net, anchors(starts), anchors(goals), most, COMPILED))
    near = distances(other, anchors(moved(starts)), COMPILED)
    assert np.array_equal(near[nodes], distances(net, anchors(starts), COMPILED))


@given(towns(), st.data())
def test_cutting_streets_at_whole_millimetres_changes_nothing(town: Town, data: st.DataObject) -> None:
    edges, starts, goals, most = town
    row = data.draw(st.integers(0, len(edges) - 1))
    u, v, mm, way = edges[row]
    at, middle = data.draw(st.integers(0, mm)), 1 + max(max(edge[:2]) for edge in edges)
    cut = [*edges[:row], (u, middle, at, way), *edges[row + 1 :], (middle, v, mm - at, way)]

    def moved(spots: list[Spot | None]) -> list[Spot | None]:
        behind = [spot is not None and spot[0] == row and spot[1] > at for spot in spots]
        return [
            (len(cut) - 1, spot[1] - at, spot[2]) if late and spot else spot
            for spot, late in zip(spots, behind, strict=True)
        ]

    found = pairs(network(cut), anchors(moved(starts)), anchors(moved(goals)), most, COMPILED)
    assert_same(found, pairs(network(edges), anchors(starts), anchors(goals), most, COMPILED))


@given(towns())
def test_the_reversed_network_is_walked_from_the_other_side(town: Town) -> None:
    edges, starts, goals, most = town
    net = network(edges)
    there = table(pairs(net, anchors(starts), anchors(goals), most, COMPILED), len(goals))
    back = table(pairs(net.reversed, anchors(goals), anchors(starts), most, COMPILED), len(starts))
    assert np.array_equal(there, back.T)


@given(towns(), st.sampled_from(BOUNDS_MM))
def test_a_larger_bound_finds_all_that_a_smaller_one_finds(town: Town, other: int) -> None:
    edges, starts, goals, most = town
    low, high = (
        table(pairs(network(edges), anchors(starts), anchors(goals), bound, COMPILED), len(goals))
        for bound in sorted((most, other))
    )
    assert np.array_equal(low[np.isfinite(low)], high[np.isfinite(low)])
