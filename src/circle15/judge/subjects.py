"""What is judged, and verdicts as arrays before they become rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.rule import Metric, Rule
from circle15.core.tables import OUTCOMES, Access, Residential, Verdicts

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = (np.int8(code) for code in range(len(OUTCOMES)))

BECAUSE = (
    "measured",
    "no_facility",
    "unreachable",
    "beyond_cutoff",
    "not_snapped",
    "not_assessed",
    "scope_assumed",
    "scope_unknown",
    "out_of_scope",
)
CODE = {word: np.int8(code) for code, word in enumerate(BECAUSE)}

Codes = NDArray[np.int8]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Subjects:
    """The residential areas and their access under each rule, in the same row order for every rule."""

    residential: Residential
    access: Access

    def access_of(self, rule_id: str) -> Any:
        """The access rows of one rule, in row order of the residential areas."""
        frame = self.access.frame
        return frame[frame["rule_id"] == rule_id]


@dataclass(frozen=True, slots=True)
class Block:
    """The verdicts of one rule by one metric, one for each residential area in row order.

    ``outcome`` indexes OUTCOMES and ``because`` indexes BECAUSE; value and margin are NaN where nothing
    was measured.
    """

    rule: Rule
    metric: Metric
    outcome: Codes
    value: Floats
    margin: Floats
    because: Codes

    @property
    def is_headline(self) -> bool:
        """Whether this metric decides: the exit code, score, binding rule and gap."""
        return self.metric == self.rule.metric


def verdicts(blocks: Sequence[Block], area_ids: Any) -> Verdicts:
    """The blocks as verdict rows, in block order."""
    columns = [column.name for column in Verdicts.columns]
    frames = [_rows(block, area_ids) for block in blocks]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
    return Verdicts.build(frame)


def _rows(block: Block, area_ids: Any) -> Any:
    limit = block.rule.limit
    return pd.DataFrame(
        {
            "rule_id": block.rule.rule_id,
            "subject_kind": "area",
            "subject_id": area_ids,
            "metric": block.metric,
            "value": block.value,
            "unit": limit.unit,
            "op": limit.op,
            "limit": float(limit.value),
            "margin": block.margin,
            "outcome": np.array(OUTCOMES, dtype=object)[block.outcome],
            "because": np.array(BECAUSE, dtype=object)[block.because],
        }
    )
