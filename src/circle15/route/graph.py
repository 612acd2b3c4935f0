"""The graph that is searched: junctions in spatial order, joined by chains.

A chain is a run of edges through nodes where nothing else joins; what stands on one of its edges stands on the chain,
at an exact place. Nodes are numbered along a Morton curve, so that what is near on the ground is near in memory:
that, and not arithmetic, is what searching waits for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from circle15.route import kernels
from circle15.route.curve import morton
from circle15.route.network import Ints, Network
from circle15.route.snap import Anchors

Ids = NDArray[np.int32]
Flags = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Spots:
    """Points on chains: which chain, how far from its tail, and the access leg, in mm."""

    chain: Ids
    at: Ints
    leg: Ints

    def __len__(self) -> int:
        return len(self.chain)

    @property
    def arrays(self) -> tuple[Ids, Ints, Ints]:
        """As the kernels take them."""
        return self.chain, self.at, self.leg


@dataclass(frozen=True, slots=True)
class Placed:
    """The snapped ones of anchored points on the graph: their rows, where they stand, and by which node they hang."""

    anchors: Anchors
    rows: Ints
    spots: Spots
    hung: tuple[Ints, Ids, Ints]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes with their arcs, and the chains that the arcs walk.

    The arcs of node *n* are ``start[n] … start[n + 1] − 1``, by length. Chain *c* runs from node ``tail[c]`` to
    ``head[c]``; ``way[c]`` is 0 where it is walked both ways, 1 or −1 where only from tail to head or only back.
    Edge *e* of the network lies on chain ``edge_chain[e]``, its first end on it ``edge_at[e]`` from the tail; it
    runs against the chain where ``edge_turned[e]``.
    """

    start: Ids
    arc_head: Ids
    arc_mm: Ints
    tail: Ids
    head: Ids
    length: Ints
    way: Flags
    edge_chain: Ids
    edge_at: Ints
    edge_turned: Flags
    _last: list[Placed] = field(default_factory=list, repr=False, compare=False)

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.start) - 1

    @property
    def arcs(self) -> tuple[Ids, Ids, Ints]:
        """As the kernels take them."""
        return self.start, self.arc_head, self.arc_mm

    @property
    def chains(self) -> tuple[Ids, Ids, Ints, Flags]:
        """As the kernels take them."""
        return self.tail, self.head, self.length, self.way

    def spots(self, network: Network, anchors: Anchors) -> Spots:
        """Where anchored points stand."""
        chain, at = self._place(network, anchors.edge, anchors.offset_mm)
        return Spots(chain, at, anchors.leg_mm)

    def placed(self, network: Network, anchors: Anchors) -> Placed:
        """Anchored points placed on the graph.

        Those asked for last are kept: the same homes are sought from the facilities of one type after another.
        """
        last = next(iter(self._last), None)
        if last is None or last.anchors is not anchors:
            rows, snapped = anchors.present()
            spots = self.spots(network, snapped)
            last = Placed(anchors, rows, spots, self.hang(spots))
            self._last[:] = [last]
        return last

    def nodes(self, network: Network) -> Spots:
        """Where the nodes of the network stand, without a leg."""
        every = np.arange(network.edge_count)
        edge, offset = np.empty((2, network.node_count), dtype=np.int64)
        edge[network.edge_v], offset[network.edge_v] = every, network.edge_mm
        edge[network.edge_u], offset[network.edge_u] = every, 0
        return Spots(*self._place(network, edge, offset), np.zeros(network.node_count, dtype=np.int64))

    def _place(self, network: Network, edge: Ints, offset_mm: Ints) -> tuple[Ids, Ints]:
        along = np.where(self.edge_turned[edge], network.edge_mm[edge] - offset_mm, offset_mm)
        return self.edge_chain[edge], self.edge_at[edge] + along

    def hang(self, spots: Spots) -> tuple[Ints, Ids, Ints]:
        """Spots by the nodes that lead to them."""
        hung: tuple[Ints, Ids, Ints] = kernels.hang(self.node_count, *self.chains, *spots.arrays)
        return hung


def contract(network: Network) -> Graph:
    """The graph of a network."""
    way = network.ways
    begin, tail, head, length, *of_edges = kernels.trace(
        *_passed(network, way), network.edge_u, network.edge_v, network.edge_mm
    )
    turned = of_edges[-1]
    chain_way = np.where(turned[begin], -way[begin], way[begin])
    is_end = np.zeros(network.node_count, dtype=bool)
    is_end[tail] = is_end[head] = True
    kept = np.flatnonzero(is_end)
    rank = np.empty(network.node_count, dtype=np.int32)
    rank[kept[np.argsort(morton(network.node_mm[kept]), kind="stable")]] = np.arange(len(kept))
    tail, head = rank[tail], rank[head]
    by_length = np.argsort(length, kind="stable")
    start, arc_head, arc_mm = kernels.link(len(kept), *(each[by_length] for each in (tail, head, length, chain_way)))
    return Graph(start, arc_head, arc_mm, tail, head, length, chain_way, *of_edges)


def _passed(network: Network, way: Flags) -> tuple[Flags, Ints]:
    """Which nodes two different edges pass through with one way, and the sum of the two."""
    u, v, count = network.edge_u, network.edge_v, network.node_count
    numbers = np.arange(network.edge_count)
    at_node = np.bincount(u, minlength=count) + np.bincount(v, minlength=count)
    both = np.bincount(u, numbers, count) + np.bincount(v, numbers, count)
    # Ways that lead away count as 1, ways that lead here as −1: a one-way street goes on as one.
    balance = np.bincount(u, way, count) - np.bincount(v, way, count)
    passed = (at_node == 2) & (balance == 0)
    passed[u[u == v]] = False
    return passed.astype(np.int8), both.astype(np.int64)
