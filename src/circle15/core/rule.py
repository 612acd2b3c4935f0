"""What a rule pack says: facility types, paces, rules and what is not assessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from circle15.core.limit import Limit, Operator
from circle15.core.text import Text
from circle15.core.units import Pace

Force = Literal["binding", "expected", "aspired", "advised"]
Metric = Literal["network", "straight_line"]
LegalStatus = Literal["in_force", "draft"]

RULE_KINDS = ("within",)
METRICS: tuple[Metric, ...] = ("network", "straight_line")

FORCE_WORDS: dict[Force, Text] = {
    "binding": Text("约束性", "binding"),
    "expected": Text("预期性", "expected"),
    "aspired": Text("力争", "aspired"),
    "advised": Text("引导", "advised"),
}
METRIC_WORDS: dict[Metric, Text] = {
    "network": Text("路网距离", "street network"),
    "straight_line": Text("直线距离", "straight line"),
}
LEGAL_WORDS: dict[LegalStatus, Text] = {
    "in_force": Text("现行有效", "in force"),
    "draft": Text("征求意见稿", "draft for comment"),
}


@dataclass(frozen=True, slots=True)
class FacilityType:
    """A kind of facility and how OpenStreetMap tags it.

    ``osm`` holds tag expressions such as ``amenity=childcare + !access`` that name the type for certain;
    ``osm_assumed`` those that only suggest it, so that every facility found by them is flagged.
    """

    key: str
    label: Text
    osm: tuple[str, ...] = ()
    osm_assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """The share of a basis that must pass."""

    op: Operator
    value: float
    basis: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One testable part of a clause.

    ``metric`` is the headline metric of a distance or time rule; ``metric_source`` says whether the clause
    names it. ``pace`` is the profile of a time rule. ``targets`` is the only list of facility types that count.
    """

    rule_id: str
    kind: str
    targets: tuple[str, ...]
    limit: Limit
    force: Force
    verified: bool
    clause: str
    source: str
    legal_status: LegalStatus
    metric: Metric
    metric_source: Literal["clause", "interpretation"]
    pace: Pace | None = None
    year: int | None = None
    scope: Mapping[str, str] = field(default_factory=dict)
    target: Target | None = None
    note: str = ""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics it is judged by: a radius by both, headline first; a time on the network only."""
        if self.limit.unit == "min":
            return ("network",)
        return (self.metric, *(each for each in METRICS if each != self.metric))

    @property
    def can_fail_a_run(self) -> bool:
        """Only binding, verified rules of a plan in force decide the exit code."""
        return self.force == "binding" and self.verified and self.legal_status == "in_force"


@dataclass(frozen=True, slots=True)
class NotAssessed:
    """A clause kept in the pack that no rule kind can test, with the reason."""

    rule_id: str
    clause: str
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """A plan: its id here, title, issuing number and legal status."""

    pack_id: str
    title: str
    source: str
    legal_status: LegalStatus


@dataclass(frozen=True, slots=True)
class Pack:
    """Rule packs, read and checked; several documents may make one pack. Rule ids are unique."""

    documents: tuple[Document, ...]
    paces: Mapping[str, Pace]
    types: Mapping[str, FacilityType]
    rules: tuple[Rule, ...]
    not_assessed: tuple[NotAssessed, ...] = ()

    def walking_pace(self, rule: Rule) -> Pace:
        """The pace at which minutes are shown for a rule: its own, else that of a time rule with the same targets."""
        if rule.pace:
            return rule.pace
        alike = (each.pace for each in self.rules if each.pace and each.targets == rule.targets)
        return next(alike, next(iter(self.paces.values())))

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id; KeyError if there is none."""
        for rule in self.rules:
            if rule.rule_id == rule_id:
                return rule
        raise KeyError(rule_id)
