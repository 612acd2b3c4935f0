"""Sites that hold no more than so many people: who gets a place, and how good sites are searched for.

People, not homes, are given places: those of one home may go to several sites, all within reach. Which sites are
worth opening is the maximal covering problem with capacities (Current & Storbeck 1988; Pirkul & Schilling 1991), who
goes where a transportation problem, solved as a maximum flow. Weights and capacities are whole numbers, and so are
the people at each site.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow

Ints = NDArray[np.int64]

# Densities are told apart to so many bits.
_EXACT = 50
# What scipy's flows are counted in.
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Seated:
    """``taken`` people of the demand ``column`` get a place at the site number ``site`` of those that were open."""

    site: Ints
    column: Ints
    taken: Ints

    @property
    def total(self) -> int:
        """How many people have a place."""
        return int(self.taken.sum())

    def of_demand(self, count: int) -> Ints:
        """How many people of each demand have a place."""
        found: Ints = np.bincount(self.column, weights=self.taken, minlength=count).astype(np.int64)
        return found

    def of_sites(self, count: int) -> Ints:
        """How many people have a place at each site."""
        found: Ints = np.bincount(self.site, weights=self.taken, minlength=count).astype(np.int64)
        return found


def seat(covers: csr_matrix, weight: Ints, capacity: Ints) -> Seated:
    """As many people as possible at sites (rows), each with its capacity. Raises ValueError above 2³¹ people."""
    if weight.sum() > _MOST:
        raise ValueError("more people than a flow can count")
    sites = covers.shape[0]
    site, column = np.repeat(np.arange(sites), np.diff(covers.indptr)), covers.indices.astype(np.int64)
    useful = weight[column] > 0
    site, column = site[useful], column[useful]
    reached = np.zeros(len(weight), dtype=bool)
    reached[column] = True
    columns, place = np.flatnonzero(reached), np.cumsum(reached) - 1
    # From the start to each site, from each site to the demand in its reach, and from there to the end.
    end = 1 + sites + len(columns)
    out = np.concatenate([[sites], np.bincount(site, minlength=sites), np.ones(len(columns), dtype=np.int64), [0]])
    head = np.concatenate([1 + np.arange(sites), 1 + sites + place[column], np.full(len(columns), end)])
    room = np.concatenate([np.minimum(capacity, _MOST), weight[column], weight[columns]]).astype(np.int32)
    ptr = np.append(0, np.cumsum(out)).astype(np.int32)
    graph = csr_matrix((room, head.astype(np.int32), ptr), shape=(end + 1, end + 1))
    flow = maximum_flow(graph, 0, end).flow[1 : 1 + sites].tocoo()
    given = flow.data > 0
    return Seated(
        flow.row[given].astype(np.int64), columns[flow.col[given] - 1 - sites], flow.data[given].astype(np.int64)
    )


def knapsacks(covers: csr_matrix, values: Ints, weight: Ints, capacity: Ints) -> Ints:
    """At most what each row can hold of whole ``values`` of its columns, which may be taken in part by weight.

    The densest first. Rows that cannot hold all count two more, and a 2⁵⁰th of what they hold: for the part that is
    rounded, and because densities are compared in floating point, so that those which differ less than that may be
    taken in another order.
    """
    size = np.diff(covers.indptr)
    row = np.repeat(np.arange(covers.shape[0]), size)
    value, heavy = values[covers.indices], weight[covers.indices]
    density = np.where(heavy > 0, value / np.maximum(heavy, 1), np.inf)
    order = np.lexsort((-density, row))
    value, heavy = value[order], heavy[order]
    before = np.cumsum(heavy) - heavy
    first = np.append(before, 0)[covers.indptr[:-1]] if len(before) else np.zeros(len(size), dtype=np.int64)
    rest = np.clip(capacity[row] - (before - first[row]), 0, None)
    part = np.minimum(rest, heavy)
    held = np.where(part == heavy, value, _shared(value, part, np.maximum(heavy, 1)))
    total = np.append(0, np.cumsum(held))
    cut = np.append(0, np.cumsum((part < heavy) & (value > 0)))
    is_cut = cut[covers.indptr[1:]] > cut[covers.indptr[:-1]]
    found: Ints = total[covers.indptr[1:]] - total[covers.indptr[:-1]]
    return found + np.where(is_cut, 2 + (found >> _EXACT), 0)


def _shared(value: Ints, part: Ints, whole: Ints) -> Ints:
    """``value`` · ``part`` ÷ ``whole``, rounded down, without a product that 64 bits do not hold."""
    times, rest = np.divmod(value, whole)
    found: Ints = times * part + rest * part // whole
    return found
