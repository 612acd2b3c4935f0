"""Scores whose every point is a verdict row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from circle15.core.rule import AREA
from circle15.core.tables import Residential, Scores
from circle15.judge.coverage import Groups, basis_weights
from circle15.judge.subjects import FAIL, PASS, UNKNOWN, Block, Floats

# What a zone's sums are weighted by: the first that the data holds.
_BASES = ("households", "population", "areas")


def score_basis(residential: Residential) -> str:
    """The basis that weighs the areas of a zone."""
    weights = basis_weights(residential)
    return next(basis for basis in _BASES if basis in weights)


def scores(
    blocks: Sequence[Block], residential: Residential, groups: Sequence[Groups], points_of: Mapping[str, float]
) -> Scores:
    """Points, possible points and rank of every area and zone, by headline metrics.

    ``points_of``: what each rule is worth (the bureau's 赋分细则); rules it does not name are worth 1.

    Nothing possible: no score, and no rank. Equal shares share a rank within their level.
    """
    headline = [block for block in blocks if block.is_headline and block.of_areas]
    size = len(residential)
    points, possible, unknown = np.zeros(size), np.zeros(size), np.zeros(size)
    for block in headline:
        worth = points_of.get(block.rule.rule_id, 1.0)
        points += worth * (block.outcome == PASS)
        possible += worth * ((block.outcome == PASS) | (block.outcome == FAIL))
        unknown += block.outcome == UNKNOWN
    weight = basis_weights(residential)[score_basis(residential)]
    levels = [_level(AREA, residential.frame["area_id"].to_numpy(), points, possible, unknown)]
    for zones in groups:
        sums = [zones.sums(values) for values in (points * weight, possible * weight, unknown * weight)]
        levels.append(_level(zones.level, np.array(zones.zone_ids, dtype=object), *sums))
    return Scores.build(pd.concat(levels, ignore_index=True))


def _level(level: str, ids: Any, points: Floats, possible: Floats, unknown: Floats) -> Any:
    share = np.divide(points, possible, out=np.full(len(points), np.nan), where=possible > 0)
    frame = pd.DataFrame(
        {
            "level": level,
            "zone_id": ids,
            "points": points,
            "possible": possible,
            "share": share,
            "rules_unknown": unknown,
        }
    )
    frame["rank"] = frame["share"].rank(method="min", ascending=False)
    return frame
