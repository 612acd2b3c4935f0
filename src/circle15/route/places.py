"""Places and the ways into them: a compound with gates is reached through any of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circle15.route.network import Ints
from circle15.route.reach import Pairs
from circle15.route.snap import Anchors


@dataclass(frozen=True, slots=True)
class Places:
    """Points with their ids, all in one row order, and where the streets are entered from each.

    ``mm``: int64 [n, 2], study CRS. ``anchors`` has one row for each way in, those of one place after one another:
    ``owner`` is the row of the place, ``entrance_ids`` the gate, None where the place itself stands on the street.
    """

    ids: NDArray[np.object_]
    mm: Ints
    anchors: Anchors
    owner: Ints
    entrance_ids: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def snapped(self) -> NDArray[np.bool_]:
        """Which places have a way in that a street is near to."""
        return self._any(self.anchors.snapped)

    @property
    def barred(self) -> NDArray[np.bool_]:
        """Which of the others have a street in reach, but across a barrier."""
        return self._any(self.anchors.barred) & ~self.snapped

    @property
    def gates(self) -> Places:
        """The gates as places of their own."""
        rows = np.flatnonzero(self.entrance_ids != None)  # noqa: E711  # cell by cell
        return plain(self.entrance_ids[rows], self.mm[self.owner[rows]], self.anchors.take(rows))

    def take(self, rows: Any) -> Places:
        """The places of these rows, in this order."""
        chosen = np.arange(len(self))[rows]
        first, last = np.searchsorted(self.owner, chosen, "left"), np.searchsorted(self.owner, chosen, "right")
        owner = np.repeat(np.arange(len(chosen)), last - first)
        before = np.cumsum(last - first) - (last - first)
        at = np.arange(len(owner)) - before[owner] + first[owner]
        return Places(self.ids[chosen], self.mm[chosen], self.anchors.take(at), owner, self.entrance_ids[at])

    def order(self) -> Ints:
        """The rank of each place by its id as text: it decides between equally near ones."""
        return _rank(self.ids)

    def best(self, *cost: Any) -> Ints:
        """The anchor row by which each place is entered best: near a street, of least cost, of smallest gate as text.

        ``cost``: arrays with a cell for each anchor, the one that decides first given first.
        """
        ranked = np.lexsort((_rank(self.entrance_ids), *reversed(cost), ~self.anchors.snapped, self.owner))
        result: Ints = ranked[np.searchsorted(self.owner[ranked], np.arange(len(self)))]
        return result

    def _any(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        result = np.zeros(len(self), dtype=bool)
        result[self.owner[flags]] = True
        return result


def plain(ids: NDArray[np.object_], mm: Ints, anchors: Anchors) -> Places:
    """Places without gates: one anchor for each, in row order."""
    return Places(ids, mm, anchors, np.arange(len(ids)), np.full(len(ids), None, dtype=object))


def merge(pairs: Pairs, places: Places) -> Pairs:
    """Pairs whose targets are anchors of ``places`` as pairs with the places: of several ways in the shortest."""
    target = places.owner[pairs.target]
    fresh = np.ones(len(target), dtype=bool)
    fresh[1:] = (target[1:] != target[:-1]) | (pairs.source[1:] != pairs.source[:-1])
    first = np.flatnonzero(fresh)
    mm = np.minimum.reduceat(pairs.mm, first) if len(first) else pairs.mm
    return Pairs.from_columns(pairs.source[first], target[first], mm, len(pairs.start) - 1)


def _rank(ids: NDArray[np.object_]) -> Ints:
    rank = np.empty(len(ids), dtype=np.int64)
    rank[np.argsort(ids.astype(str), kind="stable")] = np.arange(len(ids))
    return rank
