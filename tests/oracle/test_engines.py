"""Both engines on real streets, cell by cell: the compiled one against scipy, and scipy on every vertex against both.

Streets are read as a study reads them. ``tests.bench.peers.matrix`` knows neither edges nor chains nor legs: there,
every vertex is a node, and scipy's own Dijkstra is asked for all that is within the bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra

from circle15.route import Anchors, Engine, Network, Pairs, build, distances, nearest, pairs
from tests import nets
from tests.bench import networks, peers

CITIES = {
    "porto": ("porto/porto.osm.pbf", 32629),
    "heidelberg": ("heidelberg/heidelberg.osm.pbf", 32632),
    "liechtenstein": ("liechtenstein/liechtenstein.osm.pbf", 32632),
    "shanghai": ("shanghai-center/shanghai_center.osm", 32651),
    "jingan": ("shanghai-jingan/jingan.osm", 32651),
}
SOURCES = {"porto": 500}
KILOMETRE_MM = 1_000_000
NO_BOUND_MM = 10**13
COMPILED, PLAIN = Engine("numba"), Engine("scipy")


@dataclass(frozen=True)
class City:
    """Streets, and the vertices drawn by lot that are searched from."""

    network: Network
    sources: int

    @cached_property
    def vertices(self) -> networks.Vertices:
        return networks.vertices(self.network)

    @cached_property
    def chosen(self) -> Any:
        return np.random.default_rng(7).permutation(len(self.vertices))[: self.sources]

    @cached_property
    def matrix(self) -> Any:
        return peers.matrix(self.vertices)

    def everywhere(self) -> Anchors:
        """All vertices."""
        return self.vertices.anchors(np.arange(len(self.vertices)))

    def spots(self, count: int, seed: int) -> Anchors:
        """Points on streets drawn by lot, with legs; some at ends, many on one street, a few not snapped."""
        random = np.random.default_rng(seed)
        edge = random.integers(0, self.network.edge_count, count)
        edge[: count // 5] = edge[0]
        share = random.choice([0.0, 1.0, -1.0], count, p=[0.1, 0.1, 0.8])
        share[share < 0] = random.random(int((share < 0).sum()))
        offset = np.round(share * self.network.edge_mm[edge]).astype(np.int64)
        no = np.zeros(count, dtype=bool)
        return Anchors(
            edge, offset, random.integers(0, 30_000, count), np.zeros((count, 2)), random.random(count) < 0.97, no
        )


@pytest.fixture(scope="module", params=CITIES)
def city(request: pytest.FixtureRequest, shared: Path) -> City:
    path, epsg = CITIES[request.param]
    return City(build(networks.read_streets(shared / path, epsg)), SOURCES.get(request.param, 200))


def _assert_every_cell(city: City, most_mm: int, chosen: Any) -> int:
    found = pairs(city.network, city.vertices.anchors(chosen), city.everywhere(), most_mm, COMPILED)
    limit = np.inf if most_mm == NO_BOUND_MM else most_mm
    for row, source in enumerate(chosen):
        truth = dijkstra(city.matrix, indices=source, limit=limit)
        near = np.flatnonzero(np.isfinite(truth))
        mine = slice(found.start[row], found.start[row + 1])
        assert np.array_equal(found.target[mine], near)
        assert np.array_equal(found.mm[mine], truth[near])
    return len(found.mm)


def test_every_vertex_within_a_kilometre_is_found_at_scipys_distance(city: City) -> None:
    assert _assert_every_cell(city, KILOMETRE_MM, city.chosen) > 10 * len(city.chosen)


def test_every_vertex_there_is_a_way_to_is_found_without_a_bound(city: City) -> None:
    assert _assert_every_cell(city, NO_BOUND_MM, city.chosen[:3]) > 1000


@pytest.mark.long
def test_every_vertex_is_found_without_a_bound_from_all_sources(city: City) -> None:
    for first in range(0, len(city.chosen), 20):
        _assert_every_cell(city, NO_BOUND_MM, city.chosen[first : first + 20])


def test_the_nearest_of_many_is_scipys(city: City) -> None:
    vertices, facilities = city.everywhere(), city.vertices.anchors(city.chosen)
    truth = dijkstra(city.matrix, indices=city.chosen, min_only=True)
    found = nearest(city.network, vertices, facilities, np.random.default_rng(1).permutation(city.sources), COMPILED)
    assert np.array_equal(np.where(found.reached, found.mm, np.inf), truth)
    nodes = distances(city.network, facilities, COMPILED)
    assert np.array_equal(nodes, truth[: city.network.node_count])


def test_points_on_streets_with_legs_are_the_same_to_both_engines(city: City) -> None:
    few, many = city.spots(60, 1), city.spots(2000, 2)
    order = np.random.default_rng(3).permutation(len(few))
    for most_mm in (0, 300_000, 5_000_000):
        truth = pairs(city.network, few, many, most_mm, PLAIN)
        nets.assert_same(pairs(city.network, few, many, most_mm, COMPILED), truth)
        back = pairs(city.network, many, few, most_mm, COMPILED)
        assert np.array_equal(nets.table(back, len(few)), nets.table(truth, len(many)).T)
    one, other = (nearest(city.network, many, few, order, engine) for engine in (COMPILED, PLAIN))
    assert np.array_equal(one.reached, other.reached)
    assert np.array_equal(one.mm[one.reached], other.mm[one.reached])
    assert np.array_equal(one.facility[one.reached], other.facility[one.reached])


def test_neither_threads_nor_chunks_nor_the_numbers_of_nodes_change_anything(city: City) -> None:
    sources, targets = city.spots(300, 4), city.spots(3000, 5)
    truth = pairs(city.network, sources, targets, KILOMETRE_MM, Engine("numba", threads=1))
    for threads in (1, 2, 8):
        for chunk in (0, 1, 7, 1000):
            nets.assert_same(
                pairs(city.network, sources, targets, KILOMETRE_MM, Engine("numba", threads, chunk)), truth
            )
    number = np.random.default_rng(6).permutation(city.network.node_count)
    other = replace(city.network, edge_u=number[city.network.edge_u], edge_v=number[city.network.edge_v])
    nets.assert_same(pairs(other, sources, targets, KILOMETRE_MM, COMPILED), truth)


def test_streets_walked_one_way_and_the_way_back(city: City) -> None:
    ways = np.random.default_rng(8).choice([0, 0, 1, -1], city.network.edge_count).astype(np.int8)
    directed = replace(city.network, edge_way=ways)
    sources, targets = city.spots(40, 9), city.spots(1000, 10)
    there = pairs(directed, sources, targets, KILOMETRE_MM, COMPILED)
    nets.assert_same(there, pairs(directed, sources, targets, KILOMETRE_MM, PLAIN))
    back = pairs(directed.reversed, targets, sources, KILOMETRE_MM, COMPILED)
    assert np.array_equal(nets.table(there, len(targets)), nets.table(back, len(sources)).T)
    free = pairs(city.network, sources, targets, KILOMETRE_MM, COMPILED)
    assert (nets.table(free, len(targets)) <= nets.table(there, len(targets))).all()
    assert len(there.mm) < len(free.mm)


def test_cutting_streets_at_whole_millimetres_changes_nothing(city: City) -> None:
    network, random = city.network, np.random.default_rng(11)
    rows, nodes = np.arange(network.edge_count), network.node_count
    at = np.floor(random.random(len(rows)) * (network.edge_mm + 1)).astype(np.int64)
    middle, none = nodes + rows, np.zeros(len(rows), dtype=np.int64)
    whole = nets.network(np.stack([network.edge_u, network.edge_v, network.edge_mm, none], axis=1))
    first = np.stack([network.edge_u, middle, at, none], axis=1)
    second = np.stack([middle, network.edge_v, network.edge_mm - at, none], axis=1)
    cut = nets.network(np.concatenate([first, second]))

    def moved(spots: Anchors) -> Anchors:
        late = spots.offset_mm > at[spots.edge]
        edge = np.where(late, spots.edge + len(rows), spots.edge)
        return replace(spots, edge=edge, offset_mm=np.where(late, spots.offset_mm - at[spots.edge], spots.offset_mm))

    sources, targets = city.spots(30, 12), city.spots(2000, 13)
    before: Pairs = pairs(whole, sources, targets, KILOMETRE_MM, COMPILED)
    nets.assert_same(pairs(cut, moved(sources), moved(targets), KILOMETRE_MM, COMPILED), before)
    nets.assert_same(pairs(network, sources, targets, KILOMETRE_MM, COMPILED), before)
