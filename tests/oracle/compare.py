"""The product's distances in the oracle's words, so that the two can stand side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circle15.core.tables import Streets
from circle15.route import build, nearest, pairs, snap
from tests.oracle.splitgraph import Answer, Point

NO_BOUND_MM = 10**12


def points_array(points: Sequence[Point]) -> NDArray[np.int64]:
    """Points as the product takes them: int64 [n, 2]."""
    return np.array(points, dtype=np.int64).reshape(-1, 2)


def rank_by_id(ids: Sequence[str]) -> NDArray[np.int64]:
    """The rank of each id as text."""
    ranked = sorted(ids)
    return np.array([ranked.index(each) for each in ids], dtype=np.int64)


def nearest_by_product(
    streets: Streets,
    homes: Sequence[Point],
    facilities: Mapping[str, Point],
    max_leg_mm: int,
    outlines: Any = None,
) -> list[Answer]:
    """What the product answers for each home, in the form of ``Oracle.nearest``."""
    network = build(streets)
    starts = snap(network, points_array(homes), max_leg_mm, outlines)
    ends = snap(network, points_array(list(facilities.values())), max_leg_mm)
    ids = list(facilities)
    found = nearest(network, starts, ends, rank_by_id(ids))
    answers = []
    for home in range(len(homes)):
        if not starts.snapped[home]:
            assert not found.reached[home]
            answers.append(Answer("not_snapped"))
        elif not found.reached[home]:
            answers.append(Answer("unreachable"))
        else:
            row = int(found.facility[home])
            legs = int(starts.leg_mm[home]), int(ends.leg_mm[row])
            answers.append(Answer("reached", int(found.mm[home]), ids[row], *legs))
    return answers


def pairs_by_product(
    streets: Streets,
    homes: Sequence[Point],
    facilities: Mapping[str, Point],
    max_leg_mm: int,
    most_mm: int = NO_BOUND_MM,
) -> dict[tuple[int, str], int]:
    """What the product answers for all pairs, in the form of ``Oracle.all_pairs``."""
    network = build(streets)
    ids = list(facilities)
    ends = snap(network, points_array(list(facilities.values())), max_leg_mm)
    found = pairs(network, ends, snap(network, points_array(homes), max_leg_mm), most_mm)
    rows = list(zip(found.source.tolist(), found.target.tolist(), strict=True))
    assert rows == sorted(set(rows)), "pairs must be sorted and unique"
    return {(home, ids[row]): int(mm) for (row, home), mm in zip(rows, found.mm, strict=True)}
