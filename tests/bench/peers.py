"""The same questions asked of other libraries: each function takes prepared streets, so that building stays apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from tests.bench.networks import Ints, Vertices

# The sides of a tile that are best for one or the other of our networks; smaller and larger ones are worse.
TILES_MM = (1_000_000, 2_000_000)


def matrix(vertices: Vertices) -> csr_matrix:
    """The streets for scipy: of parallel pieces the shortest, in mm."""
    tail, head = np.concatenate([vertices.tail, vertices.head]), np.concatenate([vertices.head, vertices.tail])
    mm = np.tile(vertices.length, 2)
    order = np.lexsort((mm, head, tail))
    tail, head, mm = tail[order], head[order], mm[order]
    first = np.concatenate([[True], (np.diff(tail) != 0) | (np.diff(head) != 0)])
    start = np.searchsorted(tail[first], np.arange(len(vertices) + 1))
    return csr_matrix((mm[first].astype(float), head[first], start), shape=(len(vertices),) * 2)


def scipy_pairs(graph: csr_matrix, sources: Ints, most_mm: int, block: int = 20) -> int:
    """How many pairs ``dijkstra(limit=…)`` finds, some sources at a time."""
    found = 0
    for first in range(0, len(sources), block):
        found += len(np.nonzero(dijkstra(graph, indices=sources[first : first + block], limit=most_mm) <= most_mm)[0])
    return found


class Tiles:
    """Streets for scipy cut to the surroundings of the sources of one tile at a time."""

    def __init__(self, vertices: Vertices, side: int) -> None:
        self.graph, self.side = matrix(vertices), side
        cell = (vertices.mm - vertices.mm.min(axis=0)) // side
        self.columns = int(cell[:, 1].max()) + 3
        self.tile = (cell[:, 0] + 1) * self.columns + cell[:, 1] + 1
        self.order = np.argsort(self.tile, kind="stable")
        self.sorted = self.tile[self.order]
        self.local = np.full(len(vertices), -1, dtype=np.int32)

    def pairs(self, sources: Ints, most_mm: int) -> tuple[Any, ...]:
        """Source, target and mm of every pair."""
        sources = sources[np.argsort(self.tile[sources], kind="stable")]
        tiles, first = np.unique(self.tile[sources], return_index=True)
        parts = zip(tiles, np.split(sources, first[1:]), strict=True)
        found = [self._of_tile(tile, part, most_mm) for tile, part in parts]
        return tuple(np.concatenate(column) for column in zip(*found, strict=True))

    def _of_tile(self, tile: int, sources: Ints, most_mm: int) -> tuple[Any, ...]:
        ring = -(-most_mm // self.side)
        runs = [
            np.searchsorted(self.sorted, [tile + step * self.columns - ring, tile + step * self.columns + ring + 1])
            for step in range(-ring, ring + 1)
        ]
        near = np.concatenate([self.order[first:last] for first, last in runs])
        self.local[near] = np.arange(len(near))
        counts = self.graph.indptr[near + 1] - self.graph.indptr[near]
        before = np.concatenate([[0], np.cumsum(counts)])
        arcs = np.arange(before[-1]) + np.repeat(self.graph.indptr[near] - before[:-1], counts)
        head = self.local[self.graph.indices[arcs]]
        inside = head >= 0
        kept = np.bincount(np.repeat(np.arange(len(near)), counts)[inside], minlength=len(near))
        start = np.concatenate([[0], np.cumsum(kept)])
        part = csr_matrix((self.graph.data[arcs][inside], head[inside], start), shape=(len(near),) * 2)
        mm = dijkstra(part, indices=self.local[sources], limit=most_mm)
        self.local[near] = -1
        source, target = np.nonzero(mm <= most_mm)
        return sources[source], near[target], mm[source, target]


def pandana_network(vertices: Vertices) -> Any:
    """The streets for pandana, in metres."""
    import pandana
    import pandas as pd

    x, y = pd.Series(vertices.mm[:, 0] / 1000), pd.Series(vertices.mm[:, 1] / 1000)
    tail, head = pd.Series(vertices.tail), pd.Series(vertices.head)
    return pandana.Network(x, y, tail, head, pd.DataFrame({"m": vertices.length / 1000}), twoway=True)


def networkx_graph(vertices: Vertices) -> Any:
    """The streets as a MultiGraph, in mm."""
    import networkx as nx

    graph = nx.MultiGraph()
    ends = zip(vertices.tail.tolist(), vertices.head.tolist(), vertices.length.tolist(), strict=True)
    graph.add_weighted_edges_from(ends, weight="length")
    return graph


def networkx_pairs(graph: Any, sources: Ints, most_mm: int) -> int:
    """How many nodes ``single_source_dijkstra_path_length(cutoff=…)`` finds."""
    import networkx as nx

    found = (nx.single_source_dijkstra_path_length(graph, row, most_mm, weight="length") for row in sources.tolist())
    return sum(len(each) for each in found)


def osmnx_pairs(graph: Any, sources: Ints, most_mm: int) -> int:
    """How many nodes stand in the ``ego_graph`` of each source: the recipe of OSMnx's isochrones."""
    import networkx as nx

    found = (nx.ego_graph(graph, row, radius=most_mm, distance="length") for row in sources.tolist())
    return sum(len(each) for each in found)


def cityseer_network(vertices: Vertices, sources: Ints) -> Any:
    """The streets for cityseer, which takes metres; only from the sources is searched."""
    from cityseer import rustalgos

    live = np.zeros(len(vertices), dtype=bool)
    live[sources] = True
    network = rustalgos.graph.NetworkStructure()
    metres = (vertices.mm / 1000).tolist()
    for row, (x, y) in enumerate(metres):
        network.add_street_node(row, x, y, bool(live[row]), 1.0)
    for number, (one, other) in enumerate(zip(vertices.tail.tolist(), vertices.head.tolist(), strict=True)):
        for tail, head in ((one, other), (other, one)):
            (a, b), (c, d) = metres[tail], metres[head]
            network.add_street_edge(tail, head, number, tail, head, f"LINESTRING ({a} {b}, {c} {d})")
    network.validate()
    return network


def scipy_nearest(graph: csr_matrix, sources: Ints) -> NDArray[np.float64]:
    """mm to the nearest source, found together with its owner."""
    found: NDArray[np.float64]
    found, _, _ = dijkstra(graph, indices=sources, min_only=True, return_predecessors=True)
    return found
