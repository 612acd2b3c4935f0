"""Two runs beside each other: what a run left behind, and what changed from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

# The file beside the results of a run that says what they are, and the program that wrote it.
MANIFEST, PROGRAM = "manifest.json", "circle15"
# In a manifest: whoever wrote the files was stopped between them. They are this program's, and no run.
UNFINISHED = "unfinished"

Fate = Literal["opened", "closed", "changed"]
Side = Literal["changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Run:
    """What a run left behind, as it is written: ``manifest`` is its manifest.json, ``tables`` are frames of texts.

    Tables: verdicts, coverage, ratios, facilities. Null is an empty text. ``where`` says where it was read.
    """

    where: str
    manifest: Mapping[str, Any]
    tables: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that differs: of the study, the pack, the program, or the limit, metric or pace of a rule."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class InputChange:
    """An input whose content differs, or that only one run has. Rows are those taken from it."""

    layer: str
    side: Side
    before: str
    after: str
    rows_before: int | None
    rows_after: int | None


@dataclass(frozen=True, slots=True)
class FacilityChange:
    """A facility that began or ceased to count for any rule, or that counts for other rules.

    ``before`` and ``after`` are the rules it counts for.
    """

    facility_id: str
    name: str
    type: str
    fate: Fate
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule whose outcome for the whole study differs; None where it was not judged, or there was nothing to judge.

    ``worse`` if it can fail a run now and is failed, and was not failed before.
    """

    rule_id: str
    before: str | None
    after: str | None
    worse: bool


@dataclass(frozen=True, slots=True)
class Cover:
    """Who gained or lost a rule by one metric: passed before or after, and failed or unknown on the other side.

    ``appeared`` and ``gone`` count subjects that only the later or only the earlier run has.
    """

    rule_id: str
    metric: str
    subject_kind: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    appeared: int
    gone: int


@dataclass(frozen=True, slots=True)
class BatchChanges:
    """What differs between two runs of a batch: of the studies that both have, and which only one has.

    ``studies`` holds those that differ, by id, in the order of the later run; ``same`` counts those that do not.
    """

    before: str
    after: str
    studies: Mapping[str, Changes]
    same: int
    added: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def worse(self) -> bool:
        """Whether a rule that can fail a run came to be failed in a study."""
        return any(each.worse for each in self.studies.values())


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that differs between two runs.

    ``shares`` has rule_id, level, zone_id, basis, metric and covered, total, share, outcome of both runs with the
    endings _before and _after; ``ratios`` rule_id, level, zone_id, metric and value, task_share, outcome likewise. Both
    hold only rows that differ; numbers are floats, null where a run has none.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    settings: tuple[Setting, ...]
    inputs: tuple[InputChange, ...]
    facilities: tuple[FacilityChange, ...]
    rules: tuple[RuleChange, ...]
    covers: tuple[Cover, ...]
    shares: Any
    ratios: Any

    @property
    def worse(self) -> bool:
        """Whether a rule that can fail a run came to be failed."""
        return any(each.worse for each in self.rules)

    @property
    def is_empty(self) -> bool:
        """Whether the runs say the same."""
        tuples = (self.settings, self.inputs, self.facilities, self.rules, self.covers)
        return not (any(tuples) or len(self.shares) or len(self.ratios))
