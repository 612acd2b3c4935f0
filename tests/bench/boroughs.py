"""Covering instances from a seed: a jittered lattice of streets, a river with few bridges, demand round centres."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from circle15.core.units import round_half_up
from tests.bench.networks import Ints, Vertices
from tests.bench.peers import Tiles
from tests.bench.registry import SEED

_STREET_MM, _REACH_MM, _TILE_MM = 100_000, 700_000, 2_000_000
# Candidates in a square kilometre, streets left out, rows of junctions between bridges, demand's way to its street.
_DENSITY, _GAPS, _BRIDGES, _LEG_MM = 12.5, 0.1, 20, 60_000
_CENTRES, _SPREAD = 12, 0.12


def make(path: Path, demand: int, candidates: int) -> None:
    """Write an instance in the form of the shared ones, of all who live within 700 m along the streets."""
    random = np.random.default_rng(SEED)
    side = max(4, round((candidates / _DENSITY) ** 0.5 * 10))
    streets = _streets(side, random)
    home, leg = random.integers(0, side * side, demand), random.integers(0, _LEG_MM, demand)
    source = random.choice(side * side, candidates, replace=candidates > side * side)
    found = _reached(streets, source, home, leg)
    order = np.lexsort((found[1], found[0]))
    np.savez(
        path,
        candidate_ptr=np.searchsorted(found[0][order], np.arange(candidates + 1)),
        demand_idx=found[1][order].astype(np.int32),
        distance_m=(found[2][order] / 1000).astype(np.float32),
        weight=_weights(streets.mm[home], random),
        covered=np.zeros(demand, dtype=bool),
    )


def _streets(side: int, random: np.random.Generator) -> Vertices:
    """Junctions and the streets between neighbours; few cross the river in the middle."""
    number = np.arange(side * side).reshape(side, side)
    row, column = np.divmod(number.ravel(), side)
    mm = np.stack([column, row], axis=1) * _STREET_MM + round_half_up(random.normal(0, 15_000, (side * side, 2)))
    across = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()])
    along = np.stack([number[:-1].ravel(), number[1:].ravel()])
    over_river = (across[0] % side == side // 2) & (across[0] // side % _BRIDGES != 0)
    tail, head = np.concatenate([across[:, ~over_river], along], axis=1)
    kept = random.random(len(tail)) >= _GAPS
    tail, head = tail[kept], head[kept]
    length = round_half_up(np.hypot(*(mm[tail] - mm[head]).T))
    none = np.zeros(side * side, dtype=np.int64)
    return Vertices(mm, none, none, tail, head, length)


def _reached(streets: Vertices, source: Ints, home: Ints, leg: Ints) -> tuple[Any, Any, Any]:
    """Candidate, demand and mm of each pair."""
    places, first = np.unique(source, return_inverse=True)
    start, junction, mm = Tiles(streets, _TILE_MM).pairs(places, _REACH_MM)
    pairs = _joined(np.searchsorted(places, start), first)
    candidate, junction, mm = pairs[1], junction[pairs[0]], mm[pairs[0]]
    at, person = _joined(junction, home)
    total = round_half_up(mm[at]) + leg[person]
    near = total <= _REACH_MM
    return candidate[at][near], person[near], total[near]


def _joined(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """All pairs of places where both hold the same number."""
    order = np.argsort(right, kind="stable")
    begin, end = (np.searchsorted(right[order], left, side=side) for side in ("left", "right"))
    size = end - begin
    steps = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    return np.repeat(np.arange(len(left)), size), order[np.repeat(begin, size) + steps]


def _weights(mm: Ints, random: np.random.Generator) -> Ints:
    """People of each home: more near the centres, at least one."""
    size = mm.max(axis=0).astype(float)
    centres, share = random.random((_CENTRES, 2)) * size, random.random(_CENTRES)
    near = sum(
        part * np.exp(-(((mm - centre) / (_SPREAD * size)) ** 2).sum(axis=1))
        for part, centre in zip(share, centres, strict=True)
    )
    weight: Ints = 1 + round_half_up(random.exponential(10 + 60 * near))
    return weight
