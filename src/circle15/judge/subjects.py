"""What is judged, and verdicts as arrays before they become rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.core.rule import AREA, Metric, Rule
from circle15.core.tables import OUTCOMES, Access, Facilities, Membership, Parcels, Residential, Units, Verdicts
from circle15.judge.assignment import Assignment

PASS, FAIL, UNKNOWN, NOT_APPLICABLE = (np.int8(code) for code in range(len(OUTCOMES)))

BECAUSE = (
    "measured",
    "counted",
    "no_facility",
    "unreachable",
    "beyond_cutoff",
    "not_snapped",
    "not_assessed",
    "scope_assumed",
    "scope_unknown",
    "out_of_scope",
    "no_column",
    "cell_empty",
    "no_units",
    "no_areas",
    "no_facility_table",
    "no_assignment",
    "unlocated",
    "nothing_to_share",
    "part_unknown",
    "no_limit",
    "not_due",
    "no_document",
    "not_preferred",
    "above_range",
    "assumed_limit",
)
CODE = {word: np.int8(code) for code, word in enumerate(BECAUSE)}

Codes = NDArray[np.int8]
# So many categories pandas keeps in a byte.
_FEW = 128
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Subjects:
    """All that rules are judged on.

    ``residential`` and ``facilities`` may be empty. ``access`` has the row order of the residential areas for every
    rule that needs distances, and no row without streets. ``areas_in`` and ``facilities_in`` say which zones areas and
    facilities lie in (``area_id`` holds the facility id in the latter). ``operating`` are the rows of facilities that
    operate at ``as_of`` (运营口径), ``built`` those that stand, whether they operate or not (建成口径).
    ``has_facilities``: whether the study has a facility table at all; without one, that there are none is not known.
    ``assignments``: which areas each facility serves, by what it belongs to. ``parcels_in`` says which zones the
    parcels lie in (``area_id`` holds the parcel id). ``facility_mm``: int64 [n, 2], with ``located`` telling which
    rows have a place.
    """

    residential: Residential
    access: Access
    facilities: Facilities
    units: Units | None
    areas_in: Membership | None
    facilities_in: Membership | None
    operating: NDArray[np.bool_]
    built: NDArray[np.bool_]
    has_facilities: bool
    assignments: Mapping[str, Assignment]
    as_of: dt.date | None
    facility_mm: NDArray[np.int64]
    located: NDArray[np.bool_]
    parcels: Parcels | None = None
    parcels_in: Membership | None = None

    def standing(self, rule: Rule) -> NDArray[np.bool_]:
        """The rows of facilities that a rule speaks of: those that operate, or those built if it is counted so."""
        return self.built if rule.counting.stands == "built" else self.operating

    def assignment(self, rule: Rule) -> Assignment:
        """Which areas each facility serves, as the rule counts it."""
        return self.assignments[rule.counting.belongs_by]

    def access_of(self, rule_id: str) -> Any:
        """The access rows of one rule, in row order of the residential areas."""
        frame = self.access.frame
        return frame[frame["rule_id"] == rule_id]


@dataclass(frozen=True, slots=True)
class Block:
    """The verdicts of one rule by one metric, one for each subject.

    ``outcome`` indexes OUTCOMES and ``because`` indexes BECAUSE; value and margin are NaN where nothing was
    measured. Subjects are the residential areas in row order where ``subject_kind`` is area, and then not named.
    ``limit`` is one for each subject where they differ. ``numerator`` and ``denominator`` are those of a ratio.
    """

    rule: Rule
    metric: Metric
    outcome: Codes
    value: Floats
    margin: Floats
    because: Codes
    subject_kind: str = AREA
    subject_ids: Any = None
    limit: Floats | None = None
    numerator: Floats | None = None
    denominator: Floats | None = None

    @property
    def is_headline(self) -> bool:
        """Whether this metric decides: the exit code, score, binding rule and gap."""
        return self.metric == self.rule.metric

    @property
    def of_areas(self) -> bool:
        """Whether it judges residential areas, so that people can be summed over it."""
        return self.subject_kind == AREA


def open_block(rule: Rule, subject_kind: str, subject_ids: Any, reason: str) -> Block:
    """Subjects of whom nothing can be said, for one reason."""
    size = len(subject_ids)
    nothing = np.full(size, np.nan)
    return Block(
        rule,
        rule.metric,
        np.full(size, UNKNOWN),
        nothing,
        nothing.copy(),
        np.full(size, CODE[reason]),
        subject_kind,
        None if subject_kind == AREA else np.asarray(subject_ids, dtype=object),
    )


def silenced(block: Block) -> Block:
    """The block without a value and margin where nothing was measured: what is unknown, or not applicable.

    How many there are of a year that is not over is measured, and stays.
    """
    unmeasured = (block.outcome == UNKNOWN) | (block.outcome == NOT_APPLICABLE)
    unmeasured &= block.because != CODE["not_due"]
    if np.isnan(block.value[unmeasured]).all() and np.isnan(block.margin[unmeasured]).all():
        return block
    value, margin = (np.where(unmeasured, np.nan, each) for each in (block.value, block.margin))
    return replace(block, value=value, margin=margin)


def verdicts(blocks: Sequence[Block], area_ids: Any) -> Verdicts:
    """The blocks as verdict rows, in block order.

    Words are stored as categories and the rows are not checked again one by one: they are made here, and a metropolis
    under forty rules has twenty million.
    """
    columns = [column.name for column in Verdicts.columns]
    if not blocks:
        return Verdicts(pd.DataFrame(columns=columns))
    sizes = [len(block.outcome) for block in blocks]
    rules = [block.rule for block in blocks]
    ids = [area_ids if block.of_areas else block.subject_ids for block in blocks]
    made = {
        "rule_id": _repeated([rule.rule_id for rule in rules], sizes),
        "subject_kind": _repeated([block.subject_kind for block in blocks], sizes),
        "subject_id": _names(ids),
        "metric": _repeated([block.metric for block in blocks], sizes),
        "value": np.concatenate([block.value for block in blocks]),
        "unit": _repeated([rule.limit.unit for rule in rules], sizes),
        "op": _repeated([rule.limit.op for rule in rules], sizes),
        "limit": _limits(blocks, sizes),
        "margin": np.concatenate([block.margin for block in blocks]),
        "outcome": _words([block.outcome for block in blocks], OUTCOMES),
        "because": _words([block.because for block in blocks], BECAUSE),
    }
    # Without copy the columns stay as they are: side by side they would be there twice while the table is made.
    return Verdicts(pd.DataFrame(made, columns=columns, copy=False))


def _names(ids: Sequence[Any]) -> pd.Categorical:
    """The subjects of all blocks, as categories in the order of their text: most blocks judge the same homes."""
    distinct = {id(each): np.asarray(each, dtype=object) for each in ids}
    codes, known = pd.factorize(np.concatenate(list(distinct.values())), sort=True)
    ends = np.cumsum([len(each) for each in distinct.values()])
    of_list = dict(zip(distinct, np.split(codes.astype(np.int32), ends[:-1]), strict=True))
    return pd.Categorical.from_codes(np.concatenate([of_list[id(each)] for each in ids]), categories=known)


def _limits(blocks: Sequence[Block], sizes: Sequence[int]) -> Floats:
    """The limit of each subject: that of the rule, unless each has its own."""
    ends = np.cumsum(sizes)
    found = np.empty(ends[-1])
    for block, size, end in zip(blocks, sizes, ends, strict=True):
        found[end - size : end] = block.rule.limit.value if block.limit is None else block.limit
    return found


def _repeated(words: Sequence[str], sizes: Sequence[int]) -> pd.Categorical:
    """Each word as often as its block has rows."""
    known = list(dict.fromkeys(words))
    codes = np.array([known.index(word) for word in words], dtype=np.int8 if len(known) < _FEW else np.int16)
    return pd.Categorical.from_codes(np.repeat(codes, sizes), categories=known)


def _words(codes: Sequence[Codes], words: Sequence[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(np.concatenate(codes), categories=list(words))
