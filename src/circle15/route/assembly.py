"""From streets to a network: lines are cut where others join them."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from circle15.core.errors import NetworkError
from circle15.core.tables import Streets
from circle15.core.text import Text
from circle15.core.units import MM_PER_M, round_half_up
from circle15.route.curve import morton
from circle15.route.network import Ints, Network


def build(streets: Streets, ways: NDArray[np.int8] | None = None) -> Network:
    """The network of ``streets``, joined exactly where vertices carry the same joint.

    ``ways`` makes it directed: of each street 0 for both ways, 1 for as drawn, −1 for against it; without it walkers
    go both ways everywhere. Raises NetworkError if there is no street.
    """
    lines = streets.frame.geometry.to_numpy()
    if len(lines) == 0:
        raise NetworkError(Text("道路图层没有任何线", "there is no street to walk on"))
    xy = round_half_up(shapely.get_coordinates(lines) * MM_PER_M)
    line_of = np.repeat(np.arange(len(lines)), shapely.get_num_coordinates(lines))
    _, joint = np.unique(streets.vertex_node, return_inverse=True)
    junctions = np.flatnonzero(_is_junction(line_of, joint))
    same_line = line_of[junctions[:-1]] == line_of[junctions[1:]]
    first, last = junctions[:-1][same_line], junctions[1:][same_line]

    node = np.full(len(joint), -1, dtype=np.int64)
    node[junctions] = node_of = _numbered(joint[junctions], xy[junctions])
    piece_counts = last - first
    piece_at = _ranges(first, piece_counts)
    piece_mm = round_half_up(_lengths(xy[piece_at + 1] - xy[piece_at]))
    edge_pieces = np.concatenate([[0], np.cumsum(piece_counts)]).astype(np.int64)
    piece_edge = np.repeat(np.arange(len(first)), piece_counts)
    before = np.concatenate([[0], np.cumsum(piece_mm)])
    edge_mm = before[edge_pieces[1:]] - before[edge_pieces[:-1]]
    node_count = int(node_of.max()) + 1
    component, component_mm = _components(node_count, node[first], node[last], edge_mm)
    return Network(
        node_count=node_count,
        edge_u=node[first],
        edge_v=node[last],
        edge_mm=edge_mm,
        edge_street=line_of[first],
        edge_pieces=edge_pieces,
        edge_component=component,
        component_mm=component_mm,
        piece_a=xy[piece_at],
        piece_b=xy[piece_at + 1],
        piece_mm=piece_mm,
        piece_start_mm=before[:-1] - before[edge_pieces[:-1]][piece_edge],
        piece_edge=piece_edge,
        street_rank=_ranks_by_geometry(xy, line_of, len(lines)),
        edge_way=None if ways is None else ways[line_of[first]],
    )


def _numbered(joint: Ints, xy: Ints) -> Ints:
    """The node of each junction. Nodes are numbered along a curve: who asks for all of them meets neighbours together.

    Measured: one to many on a million nodes takes a quarter less than with nodes in the order of x.
    """
    _, first, number = np.unique(joint, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(morton(xy[first]), kind="stable")] = np.arange(len(first))
    numbered: Ints = rank[number]
    return numbered


def _is_junction(line_of: Ints, joint: Ints) -> NDArray[np.bool_]:
    """Line ends, and joints that occur more than once anywhere."""
    changes = line_of[1:] != line_of[:-1]
    ends = np.concatenate([[True], changes]) | np.concatenate([changes, [True]])
    result: NDArray[np.bool_] = ends | (np.bincount(joint)[joint] > 1)
    return result


def _ranges(starts: Ints, counts: Ints) -> Ints:
    """Concatenation of ``starts[i], starts[i] + 1, …`` with ``counts[i]`` members each."""
    before = np.concatenate([[0], np.cumsum(counts)])
    return np.arange(before[-1]) - np.repeat(before[:-1] - starts, counts)


def _lengths(vectors: Ints) -> NDArray[np.float64]:
    steps = vectors.astype(np.float64)
    result: NDArray[np.float64] = np.sqrt(steps[:, 0] ** 2 + steps[:, 1] ** 2)
    return result


def _components(node_count: int, u: Ints, v: Ints, mm: Ints) -> tuple[Ints, Ints]:
    """The component of each edge, and the street length of each component."""
    links = coo_matrix((np.ones(len(u), dtype=np.int8), (u, v)), shape=(node_count, node_count))
    count, label = connected_components(links, directed=False)
    of_edge = label[u].astype(np.int64)
    length = np.zeros(count, dtype=np.int64)
    np.add.at(length, of_edge, mm)
    return of_edge, length


def _ranks_by_geometry(xy: Ints, line_of: Ints, line_count: int) -> Ints:
    """Rank of each line in the lexicographic order of its coordinates, whatever its row."""
    bounds = np.searchsorted(line_of, np.arange(line_count + 1))
    # Two vertices tell nearly all lines apart.
    start = np.hstack([xy[bounds[:-1]], xy[bounds[:-1] + 1]])
    order = np.lexsort(start.T[::-1])
    fresh = np.ones(line_count, dtype=bool)
    fresh[1:] = (start[order[1:]] != start[order[:-1]]).any(axis=1)
    firsts = np.flatnonzero(fresh)
    sizes = np.diff(firsts, append=line_count)
    for first, size in zip(firsts[sizes > 1], sizes[sizes > 1], strict=True):
        alike = order[first : first + size]
        order[first : first + size] = sorted(alike, key=lambda line: xy[bounds[line] : bounds[line + 1]].tolist())
    ranks = np.empty(line_count, dtype=np.int64)
    ranks[order] = np.arange(line_count)
    return ranks
