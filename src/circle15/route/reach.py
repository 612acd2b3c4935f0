"""Distances on the network, in integer millimetres: distance = leg + streets + leg.

The door to two engines that give the same answers: compiled kernels, and scipy, which stands in where numba is not
there and is what the kernels are tested against. Streets that are walked one way only bind as the network says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from circle15.route.engine import AUTO, Engine
from circle15.route.network import Ints, Network
from circle15.route.snap import Anchors

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest facility of each home: ``mm`` and ``facility`` (a row) hold only where ``reached``."""

    mm: Ints
    facility: Ints
    reached: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every (source, target) at most a limit apart, sorted by source, then target, with its distance.

    Those of source row *s* are ``start[s] … start[s + 1] − 1``. ``target`` holds rows as int32: of 25 million pairs
    that is 100 MB less.
    """

    start: Ints
    target: NDArray[Any]
    mm: Ints

    @property
    def source(self) -> Ints:
        """The source row of every pair."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    @classmethod
    def none(cls, count: int) -> Self:
        """No pair at all of that many sources."""
        return cls(np.zeros(count + 1, dtype=np.int64), np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64))

    @classmethod
    def from_columns(cls, source: Ints, target: Ints, mm: Ints, count: int) -> Self:
        """Pairs given row by row, sorted by source, then target; ``count`` is the number of sources."""
        return cls(np.searchsorted(source, np.arange(count + 1)), target.astype(np.int32), mm)


def nearest(network: Network, homes: Anchors, facilities: Anchors, order: Ints, engine: Engine = AUTO) -> Nearest:
    """The nearest facility of each home, without a cutoff; of equally near ones the lowest ``order``.

    ``order``: the rank of each facility by its id as text. Ways lead from the home to the facility.
    Raises NetworkError if the network is too large for exact sums.
    """
    found: Nearest = engine.load().nearest(network, homes, facilities, order)
    return found


def distances(network: Network, sources: Anchors, engine: Engine = AUTO) -> Floats:
    """Millimetres from the nearest of the sources to every node, their legs included; inf if none leads to it.

    Raises NetworkError if the network is too large for exact sums.
    """
    found: Floats = engine.load().distances(network, sources)
    return found


def pairs(network: Network, sources: Anchors, targets: Anchors, most_mm: int, engine: Engine = AUTO) -> Pairs:
    """Every pair of a snapped source and target with a way of at most ``most_mm`` from the one to the other.

    Raises NetworkError if the network is too large for exact sums.
    """
    found: Pairs = engine.load().pairs(network, sources, targets, most_mm, engine)
    return found
