"""The street network: edges between junctions, made of straight pieces with whole-millimetre lengths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from circle15.core.errors import NetworkError
from circle15.core.text import Text

if TYPE_CHECKING:
    from circle15.route.graph import Graph
    from circle15.route.snap import Anchors

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Network:
    """Streets cut at their junctions (line ends and shared vertices), for walkers.

    Edge *e* runs from node ``edge_u[e]`` to ``edge_v[e]`` and is ``edge_mm[e]`` long: the sum of its pieces
    ``edge_pieces[e] … edge_pieces[e + 1] − 1``, each rounded to the millimetre before it is summed. Piece *p*
    goes from ``piece_a[p]`` to ``piece_b[p]`` (study CRS, mm) and starts ``piece_start_mm[p]`` along its edge.
    ``street_rank`` orders the streets of the edges by geometry, so that ties never depend on row order.
    ``edge_way`` is None where every edge is walked both ways; else 0 of those that are, 1 of those walked from u to v
    only, −1 of those walked from v to u only. Every node ends an edge.
    """

    node_count: int
    edge_u: Ints
    edge_v: Ints
    edge_mm: Ints
    edge_street: Ints
    edge_pieces: Ints
    edge_component: Ints
    component_mm: Ints
    piece_a: Ints
    piece_b: Ints
    piece_mm: Ints
    piece_start_mm: Ints
    piece_edge: Ints
    street_rank: Ints
    edge_way: NDArray[np.int8] | None = None

    @property
    def edge_count(self) -> int:
        """Number of edges."""
        return len(self.edge_mm)

    @property
    def node_mm(self) -> Ints:
        """Where the nodes are, int64 [n, 2]."""
        places = np.empty((self.node_count, 2), dtype=np.int64)
        places[self.edge_u] = self.piece_a[self.edge_pieces[:-1]]
        places[self.edge_v] = self.piece_b[self.edge_pieces[1:] - 1]
        return places

    @property
    def vertices(self) -> tuple[Ints, Ints]:
        """The vertices of all edges, int64 [n, 2], edge by edge, and the edge of each.

        Those of an edge are the beginnings of its pieces, and the end of the last one.
        """
        counts = np.diff(self.edge_pieces) + 1
        edge = np.repeat(np.arange(self.edge_count), counts)
        is_last = np.zeros(len(edge), dtype=bool)
        is_last[np.cumsum(counts) - 1] = True
        mm = np.empty((len(edge), 2), dtype=np.int64)
        mm[~is_last] = self.piece_a
        mm[is_last] = self.piece_b[self.edge_pieces[1:] - 1]
        return mm, edge

    @property
    def ways(self) -> NDArray[np.int8]:
        """``edge_way`` of every edge. One without length begins where it ends: it is walked both ways."""
        if self.edge_way is None:
            return np.zeros(self.edge_count, dtype=np.int8)
        return np.where(self.edge_mm > 0, self.edge_way, 0).astype(np.int8)

    @cached_property
    def graph(self) -> Graph:
        """What the compiled kernels search, made when first asked for: the import needs numba."""
        graph: Graph = import_module("circle15.route.graph").contract(self)
        return graph

    @cached_property
    def ends(self) -> Anchors:
        """The first ends of all edges, then their last ones, as points on the network; always the same object."""
        found: Anchors = import_module("circle15.route.snap").ends(self)
        return found

    @cached_property
    def reversed(self) -> Network:
        """The same network walked the other way round."""
        return self if self.edge_way is None else replace(self, edge_way=-self.edge_way)


def refuse_inexact(network: Network, legs_mm: int, k: int, most: int) -> None:
    """Raise NetworkError if sums of lengths, each times ``k``, may reach ``most``, from where on they are not exact."""
    mm = int(network.edge_mm.sum()) + legs_mm + 1
    if mm * k >= most:
        raise NetworkError(
            Text(
                zh=f"路网过大（共 {mm / 1e6:.0f} km、{k} 处设施），无法保证毫米精度。请分片计算。",
                en=f"the network is too large for exact sums ({mm / 1e6:.0f} km, {k} facilities): split the study.",
            )
        )
