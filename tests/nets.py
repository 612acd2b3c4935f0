"""Networks given by their edges, for tests of the engines, and distances on them by the slowest method there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from circle15.route import Anchors, Network, Pairs

# From node, to node, millimetres, and 0 for both ways, 1 for from → to only, −1 for to → from only.
Edge = tuple[int, int, int, int]
# Edge, millimetres from its first node, access leg.
Spot = tuple[int, int, int]
INFINITE = float("inf")


def network(edges: Sequence[Edge] | NDArray[np.int64]) -> Network:
    """A network whose lengths are given and whose nodes lie on a line: no engine looks at geometry."""
    u, v, mm, way = np.array(edges, dtype=np.int64).reshape(-1, 4).T.copy()
    rows = np.arange(len(edges))
    return Network(
        node_count=int(max(u.max(), v.max())) + 1,
        edge_u=u,
        edge_v=v,
        edge_mm=mm,
        edge_street=rows,
        edge_pieces=np.arange(len(edges) + 1),
        edge_component=np.zeros(len(edges), dtype=np.int64),
        component_mm=np.array([mm.sum()]),
        piece_a=np.stack([u * 1000, u % 3 * 700], axis=1),
        piece_b=np.stack([v * 1000, v % 3 * 700], axis=1),
        piece_mm=mm,
        piece_start_mm=np.zeros(len(edges), dtype=np.int64),
        piece_edge=rows,
        street_rank=rows,
        edge_way=way.astype(np.int8) if way.any() else None,
    )


def anchors(spots: Sequence[Spot | None]) -> Anchors:
    """Anchors at these spots; None is not snapped."""
    rows = np.array([spot or (0, 0, 0) for spot in spots], dtype=np.int64).reshape(-1, 3)
    snapped = np.array([spot is not None for spot in spots], dtype=bool)
    edge, offset, leg = rows.T.copy()
    return Anchors(edge, offset, leg, np.zeros((len(rows), 2)), snapped, np.zeros(len(rows), dtype=bool))


def all_ways(edges: Sequence[Edge], sources: Sequence[Spot | None], targets: Sequence[Spot | None]) -> NDArray[Any]:
    """The shortest way from every source to every target, legs included; infinite where there is none.

    Every spot becomes a node of its own on its edge, and every node is tried as a stop between every two.
    """
    nodes = 1 + max(max(edge[:2]) for edge in edges)
    spots = [*sources, *targets]
    way = np.full((nodes + len(spots),) * 2, INFINITE)
    np.fill_diagonal(way, 0)
    for number, (u, v, mm, direction) in enumerate(edges):
        on_edge = [(spot[1], nodes + row) for row, spot in enumerate(spots) if spot is not None and spot[0] == number]
        stops = [(0, u), *sorted(on_edge), (mm, v)]
        for (start, one), (end, other) in pairwise(stops):
            # What lies in one place is one place, also on a street that is walked one way.
            if direction >= 0 or start == end:
                way[one, other] = min(way[one, other], end - start)
            if direction <= 0 or start == end:
                way[other, one] = min(way[other, one], end - start)
    for stop in range(len(way)):
        way = np.minimum(way, way[:, stop, None] + way[None, stop])
    legs = np.array([INFINITE if spot is None else spot[2] for spot in spots])
    first, last = legs[: len(sources), None], legs[len(sources) :]
    return np.asarray(way[nodes : nodes + len(sources), nodes + len(sources) :] + first + last)


def table(pairs: Pairs, count: int) -> NDArray[Any]:
    """Pairs as a table of all sources and ``count`` targets, infinite where there is no pair."""
    found = np.full((len(pairs.start) - 1, count), INFINITE)
    found[pairs.source, pairs.target] = pairs.mm
    return found


def assert_same(one: Any, other: Any) -> None:
    """Two results of an engine are the same in every cell and every type."""
    for name in one.__slots__:
        left, right = getattr(one, name), getattr(other, name)
        assert left.dtype == right.dtype, name
        assert np.array_equal(left, right), name


def renumbered(net: Network, nodes: NDArray[Any], edges: NDArray[Any]) -> Network:
    """The same network: node *n* has number ``nodes[n]``, and row *r* of its edges is edge ``edges[r]``."""
    return replace(
        net,
        edge_u=nodes[net.edge_u[edges]],
        edge_v=nodes[net.edge_v[edges]],
        edge_mm=net.edge_mm[edges],
        piece_a=net.piece_a[edges],
        piece_b=net.piece_b[edges],
        piece_mm=net.piece_mm[edges],
        edge_way=None if net.edge_way is None else net.edge_way[edges],
    )


# From streets of no length to one round the equator: the buckets of the queue get wider for it.
LENGTHS_MM = (0, 1, 2, 999, 1000, 8191, 8192, 50_000, 300_000, 40_075_017_000)


@st.composite
def edges_of_towns(draw: st.DrawFn) -> list[Edge]:
    """Loops, parallel streets, dead ends, rings nothing joins, and in half of them streets walked one way."""
    nodes = st.integers(0, draw(st.integers(1, 9)))
    lengths = st.sampled_from(LENGTHS_MM[: draw(st.sampled_from((4, 9, 9, 10)))]) | st.integers(0, 10_000)
    ways = st.sampled_from((0, 0, 1, -1)) if draw(st.booleans()) else st.just(0)
    edges = draw(st.lists(st.tuples(nodes, nodes, lengths, ways), min_size=1, max_size=14))
    return _numbered_without_gaps(edges)


def _numbered_without_gaps(edges: list[Edge]) -> list[Edge]:
    """Every node of a network ends an edge."""
    used = sorted({node for edge in edges for node in edge[:2]})
    return [(used.index(u), used.index(v), mm, way) for u, v, mm, way in edges]


@st.composite
def spots_in(draw: st.DrawFn, edges: list[Edge], most: int = 8) -> list[Spot | None]:
    """Points on streets, often at their ends and in one place, and now and then one that is not snapped."""

    def on(edge: int) -> st.SearchStrategy[Spot]:
        mm = edges[edge][2]
        offsets = st.sampled_from((0, mm, mm // 2)) | st.integers(0, mm)
        return st.tuples(st.just(edge), offsets, st.sampled_from((0, 0, 1, 12_400, 150_000)))

    one = st.integers(0, len(edges) - 1).flatmap(on)
    return draw(st.lists(one | one | one | st.none(), max_size=most))
