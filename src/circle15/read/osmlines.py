"""Ways of OpenStreetMap as arrays, and the lines that their located nodes make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ways:
    """Ways by number. The nodes of way *w* are ``start[w] … start[w + 1] − 1``.

    ``xy``: lon/lat of each node, NaN where it has no location. ``tags``: of each key that was asked for the value of
    every way, None where it has none.
    """

    number: Ints
    start: Ints
    node: Ints
    xy: Floats
    tags: Mapping[str, NDArray[np.object_]]

    def __len__(self) -> int:
        return len(self.number)

    @property
    def owner(self) -> Ints:
        """The way of every node."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    @property
    def missing(self) -> Ints:
        """How many nodes of each way have no location."""
        return np.bincount(self.owner[np.isnan(self.xy[:, 0])], minlength=len(self))

    def tagged(self) -> list[dict[str, str]]:
        """The tags of each way, as far as they were asked for."""
        rows = zip(*self.tags.values(), strict=True)
        return [{key: each for key, each in zip(self.tags, row, strict=True) if each is not None} for row in rows]

    def take(self, rows: Any) -> Ways:
        """The ways of these rows, in this order."""
        chosen = np.arange(len(self))[rows]
        counts = np.diff(self.start)[chosen]
        start = np.concatenate([[0], np.cumsum(counts)])
        at = np.arange(start[-1]) + np.repeat(self.start[chosen] - start[:-1], counts)
        tags = {key: values[chosen] for key, values in self.tags.items()}
        return Ways(self.number[chosen], start, self.node[at], self.xy[at], tags)


@dataclass(frozen=True, slots=True)
class Runs:
    """Stretches of at least two located nodes of a way, by way: its row, and which of its stretches, from 1.

    ``line`` is the run of each vertex, ``node`` and ``xy`` what stands there.
    """

    way: Ints
    index: Ints
    line: Ints
    node: Ints
    xy: Floats

    @property
    def row(self) -> Ints:
        """The way of each run among those that have one."""
        return np.cumsum(self.index == 1) - 1

    @property
    def lines(self) -> NDArray[np.object_]:
        """As LineStrings, lon/lat."""
        made: NDArray[np.object_] = shapely.linestrings(self.xy, indices=self.line)
        return made


def located_runs(ways: Ways) -> Runs:
    """The stretches of ways, broken at each node without a location. A node that follows itself counts once."""
    owner, located = ways.owner, ~np.isnan(ways.xy[:, 0])
    goes_on = np.zeros(len(owner), dtype=bool)
    goes_on[1:] = (owner[1:] == owner[:-1]) & located[1:] & located[:-1]
    again = goes_on.copy()
    again[1:] &= ways.node[1:] == ways.node[:-1]
    run = np.cumsum(located & ~goes_on) - 1
    kept = np.flatnonzero(located & ~again)
    long = np.bincount(run[kept], minlength=1) > 1
    kept = kept[long[run[kept]]]
    _, first, line = np.unique(run[kept], return_index=True, return_inverse=True)
    way = owner[kept[first]]
    index = np.arange(len(way)) - np.searchsorted(way, way) + 1
    return Runs(way, index, line, ways.node[kept], ways.xy[kept])
