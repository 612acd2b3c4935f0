"""Sensitivity to walking speed: the same distances judged at other paces.

Nothing is routed again but for paces that know stairs or slope: ``walks`` holds the lengths of each time rule, by rule
and footing, that their minutes are counted by.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from circle15.core.errors import ConfigError
from circle15.core.rule import Pack
from circle15.core.tables import Access, PaceChanges, PaceShares, Residential
from circle15.core.text import Text
from circle15.core.units import Footing, Pace
from circle15.judge.coverage import basis_weights
from circle15.judge.subjects import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Block, Codes, Floats

Walks = Mapping[tuple[str, Footing], Floats]

_NONE: Walks = MappingProxyType({})

# Faster than this nobody walks: the number is in another unit.
_FASTEST_M_S = 3.0


def parse_paces(text: str, pack: Pack) -> list[Pace]:
    """Paces such as ``0.6,0.8,1.0``, slowest first, each once, named as in the pack. Raises ConfigError."""
    known = {pace.m_s: pace for pace in pack.paces.values()}
    speeds = sorted({_speed(part.strip()) for part in text.split(",")})
    return [known.get(speed, Pace(f"{speed:g} m/s", speed)) for speed in speeds]


def _speed(text: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", text) is None or not 0 < float(text) <= _FASTEST_M_S:
        raise ConfigError(
            Text(
                f"{text!r} 不是步行速度：应为大于 0、不超过 {_FASTEST_M_S:g} 的数，单位米/秒，"
                f"如 0.6,0.8,1.0,1.2（1.2 米/秒 = 72 米/分钟）。",
                f"{text!r} is no walking speed: above 0 and at most {_FASTEST_M_S:g}, in m/s, such as "
                f"0.6,0.8,1.0,1.2 (1.2 m/s are 72 m a minute).",
            )
        )
    return float(text)


def slowest_first(paces: Iterable[Pace]) -> list[Pace]:
    """Paces in order of speed, then name."""
    return sorted(paces, key=lambda pace: (pace.m_s, pace.name))


def pace_shares(
    blocks: Sequence[Block],
    access: Access,
    residential: Residential,
    paces: Sequence[Pace],
    cutoff_mm: int | None,
    walks: Walks = _NONE,
) -> PaceShares:
    """The share of every time rule at every pace, for the whole study and every basis the data holds.

    Lengths in whole millimetres are compared with the limit at each pace. Whom a rule does not speak of, and who is
    unknown at its own pace, stays so; a facility beyond ``cutoff_mm`` may still be near enough for a fast walker.
    """
    weights = basis_weights(residential)
    rows = []
    for block, mm, state in _timed(blocks, access):
        for pace in slowest_first(paces):
            outcome = _outcome(block, _length(walks, block, pace, mm), state, pace, cutoff_mm)
            rows += [_row(block, pace, basis, weight, outcome) for basis, weight in weights.items()]
    return PaceShares.build(pd.DataFrame(rows, columns=[column.name for column in PaceShares.columns]))


def pace_changes(
    blocks: Sequence[Block],
    access: Access,
    area_ids: Any,
    paces: Sequence[Pace],
    cutoff_mm: int | None,
    walks: Walks = _NONE,
) -> PaceChanges:
    """The areas that fail a time rule at the slowest of the paces and pass it at the fastest, nearest first."""
    timed = _timed(blocks, access)
    if not timed:
        return PaceChanges.empty()
    slow, fast = slowest_first(paces)[0], slowest_first(paces)[-1]
    frames = []
    for block, mm, state in timed:
        fails, passes = (
            _outcome(block, _length(walks, block, pace, mm), state, pace, cutoff_mm) == code
            for pace, code in ((slow, FAIL), (fast, PASS))
        )
        rows = np.flatnonzero(fails & passes)
        rows = rows[np.lexsort((area_ids[rows].astype(str), mm[rows]))]
        frames.append(
            pd.DataFrame(
                {
                    "rule_id": block.rule.rule_id,
                    "area_id": area_ids[rows],
                    "distance_mm": mm[rows].astype(np.int64),
                    "fails_at_m_s": slow.m_s,
                    "passes_at_m_s": fast.m_s,
                }
            )
        )
    return PaceChanges.build(pd.concat(frames, ignore_index=True))


def _length(walks: Walks, block: Block, pace: Pace, mm: Floats) -> Floats:
    return mm if pace.is_even else walks[block.rule.rule_id, pace.footing]


def _timed(blocks: Sequence[Block], access: Access) -> list[tuple[Block, Floats, Any]]:
    """The blocks of time rules, with the distance and state of every area."""
    frame = access.frame
    found = []
    for block in blocks:
        if block.rule.is_distance and block.rule.pace is not None:
            mine = frame[frame["rule_id"] == block.rule.rule_id]
            mm = mine["distance_mm"].to_numpy(dtype=float, na_value=np.nan)
            found.append((block, mm, mine["state"].to_numpy()))
    return found


def _outcome(block: Block, mm: Floats, state: Any, pace: Pace, cutoff_mm: int | None) -> Codes:
    """The outcomes of a time rule at another pace."""
    most_mm, own_mm = block.rule.limit.most_mm(pace), block.rule.limit.most_mm(block.rule.pace)
    with np.errstate(invalid="ignore"):
        judged = np.where(mm <= most_mm, PASS, FAIL)
    if cutoff_mm is not None and most_mm > max(cutoff_mm, own_mm):
        judged[state == "beyond_cutoff"] = UNKNOWN
    stays = (block.outcome == NOT_APPLICABLE) | (block.outcome == UNKNOWN)
    return np.where(stays, block.outcome, judged)


def _row(block: Block, pace: Pace, basis: str, weight: Floats, outcome: Codes) -> dict[str, Any]:
    passed, failed, unknown = (float(weight[outcome == code].sum()) for code in (PASS, FAIL, UNKNOWN))
    total = passed + failed + unknown
    return {
        "rule_id": block.rule.rule_id,
        "pace": pace.name,
        "m_s": pace.m_s,
        "basis": basis,
        "covered": passed,
        "total": total,
        "unknown": unknown,
        "share": passed / total if total > 0 else np.nan,
    }
