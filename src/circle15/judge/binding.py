"""The rule that decides each home."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from circle15.core.tables import OUTCOMES, Binding
from circle15.judge.subjects import FAIL, PASS, Block


def binding(blocks: Sequence[Block], area_ids: Any) -> Binding:
    """By headline metrics: the failed rule with the smallest margin ÷ limit, else the passed one with the smallest.

    A rule failed without a distance (no facility, unreachable) is the worst failure. Equal margins: the first
    rule in pack order. An area without a passed or failed rule has none.
    """
    headline = [block for block in blocks if block.is_headline and block.of_areas]
    size = len(area_ids)
    best = np.full(size, np.inf)
    rule_id = np.full(size, None, dtype=object)
    outcome = np.full(size, None, dtype=object)
    decided = np.zeros(size, dtype=bool)
    for code in (FAIL, PASS):
        settled = decided.copy()
        for block in headline:
            limit = block.rule.limit.value if block.limit is None else block.limit
            relative = np.nan_to_num(block.margin / limit, nan=-np.inf)
            wins = ~settled & (block.outcome == code) & (~decided | (relative < best))
            best[wins], rule_id[wins], outcome[wins] = relative[wins], block.rule.rule_id, OUTCOMES[code]
            decided |= wins
    relative = np.where(np.isfinite(best), best, np.nan)
    frame = {"area_id": area_ids, "rule_id": rule_id, "outcome": outcome, "relative_margin": relative}
    return Binding.build(pd.DataFrame(frame))
