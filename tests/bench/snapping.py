"""Points to streets."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from circle15.core.units import round_half_up
from circle15.route import index, snap
from tests.bench import networks
from tests.bench.networks import PORTO, Ints
from tests.bench.registry import SEED, Case, Figure, Goal, Side, timed

_MAX_LEG_MM = 150_000


def _points(folder: Path, smoke: bool) -> Ints:
    """Places within some 100 m of vertices drawn by lot."""
    vertices = networks.vertices(networks.load(folder))
    random = np.random.default_rng(SEED)
    count = 30 if smoke else 20_000
    at = vertices.mm[random.integers(0, len(vertices), count)] + random.normal(0, 50_000, (count, 2))
    return round_half_up(at)


def _snap(folder: Path, smoke: bool) -> Figure:
    points = _points(folder, smoke)
    streets = index(networks.load(folder))
    work = partial(snap, streets, points, _MAX_LEG_MM)
    # One call has the speed of the first one: nothing is kept between calls.
    return timed(work, lambda found: f"{found.snapped.sum():,} of {len(points):,} snapped", len(points) / 1e6)


def _shapely(folder: Path, smoke: bool) -> Figure:
    """What the recipes do: the nearest piece, the place on it, the leg; without components, ties and barriers."""
    points = _points(folder, smoke)
    network = networks.load(folder)
    pieces = shapely.linestrings(np.stack([network.piece_a, network.piece_b], axis=1) / 1000)
    tree = shapely.STRtree(pieces)

    def nearest() -> Any:
        dots = shapely.points(points / 1000)
        (rows, near), leg = tree.query_nearest(
            dots, max_distance=_MAX_LEG_MM / 1000, all_matches=False, return_distance=True
        )
        return rows, near, leg, shapely.line_locate_point(pieces[near], dots[rows])

    return timed(nearest, lambda found: f"{len(found[0]):,} of {len(points):,} snapped", len(points) / 1e6)


CASES = (
    Case(
        name="snap-porto",
        what="20,000 points to the nearest point of a street of Porto within 150 m, the tree built apart: ours by the "
        "order of components and ties, in whole millimetres; microseconds a point.",
        input=PORTO,
        unit="µs a point",
        sides=(
            Side("circle15", _snap, goal=Goal("<=", 20)),
            Side("shapely, nearest piece", _shapely, "shapely"),
        ),
        packages=("numpy", "shapely"),
    ),
)
