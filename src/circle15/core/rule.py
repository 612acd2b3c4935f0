"""What a rule pack says: facility types, paces, rules and what is not assessed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from circle15.core.counting import DEFAULTS, Counting
from circle15.core.limit import Limit, Operator
from circle15.core.text import Text
from circle15.core.units import EVEN, Footing, Pace

Force = Literal["binding", "expected", "aspired", "advised"]
Metric = Literal["network", "straight_line", "attributes", "attributes_built", "reported"]
LegalStatus = Literal["in_force", "draft"]

RULE_KINDS = ("within", "presence", "ratio", "standard", "schedule", "preference")
METRICS: tuple[Metric, ...] = ("network", "straight_line")
ATTRIBUTES: Metric = "attributes"
ATTRIBUTES_BUILT: Metric = "attributes_built"
REPORTED: Metric = "reported"

# Where a rule's subjects live: a residential area, a facility, a zone of a level, or the study as a whole.
AREA, FACILITY, ZONE, STUDY = "area", "facility", "zone", "study"
# What the study as a whole is called where zones and other subjects have their ids.
WHOLE_STUDY = "*"

FORCE_WORDS: dict[Force, Text] = {
    "binding": Text("约束性", "binding"),
    "expected": Text("预期性", "expected"),
    "aspired": Text("力争", "aspired"),
    "advised": Text("引导", "advised"),
}
METRIC_WORDS: dict[Metric, Text] = {
    "network": Text("路网距离", "street network"),
    "straight_line": Text("直线距离", "straight line"),
    "attributes": Text("按属性与数量（运营口径）", "attributes and counts, operating sites"),
    "attributes_built": Text("按属性与数量（建成口径）", "attributes and counts, sites built"),
    "reported": Text("按上报数", "figures as reported"),
}
LEGAL_WORDS: dict[LegalStatus, Text] = {
    "in_force": Text("现行有效", "in force"),
    "draft": Text("征求意见稿", "draft for comment"),
}


@dataclass(frozen=True, slots=True)
class FacilityType:
    """A kind of facility and how OpenStreetMap tags it.

    ``osm`` holds tag expressions such as ``amenity=childcare + !access`` that name the type for certain;
    ``osm_assumed`` those that only suggest it, so that every facility found by them is flagged. ``institution``:
    whether it is an institution, whose buildings are no 配建 of residential areas.
    """

    key: str
    label: Text
    osm: tuple[str, ...] = ()
    osm_assumed: tuple[str, ...] = ()
    institution: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """The share of a basis that must pass."""

    op: Operator
    value: float
    basis: str


Comparison = Literal["==", "!=", "<", "<=", ">", ">=", "has", "in"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a column: compared with ``value``, or, for ``has``, a list in the cell that holds it.

    An empty cell leaves the test open, an absent column leaves it open for every row.
    """

    column: str
    op: Comparison
    value: Any


@dataclass(frozen=True, slots=True)
class Amount:
    """What is summed for a ratio.

    ``of`` facilities: the facilities of ``types`` (the rule's targets where empty), counted, or their ``column``
    summed. ``of`` people: a column of the zone table, or of the residential areas where that lacks it. ``of``
    zones: a column of the zone table alone. ``all_built``: also facilities that do not operate.
    """

    of: Literal["facilities", "people", "zones"]
    column: str = ""
    types: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    all_built: bool = False


@dataclass(frozen=True, slots=True)
class Presence:
    """Each zone of the level has at least so many counted facilities.

    With ``spokes``, each facility of those types stands in a zone that has.
    """

    spokes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ratio:
    """Σ numerator ÷ Σ denominator × per against the limit; without a denominator a stock.

    ``per_zone`` names the column of the zone table that holds each zone's own limit (its task). ``passing``
    names rules: the share of their subjects that pass takes the place of the sums.
    """

    numerator: tuple[Amount, ...] = ()
    denominator: tuple[Amount, ...] = ()
    per: float = 1.0
    per_zone: str = ""
    passing: tuple[str, ...] = ()

    @property
    def headline(self) -> Metric:
        """The sites it counts: those built where the clause says so, else those that operate; or none at all."""
        counted = self._counted
        if not counted and not self.passing:
            return REPORTED
        return ATTRIBUTES_BUILT if counted and all(each.all_built for each in counted) else ATTRIBUTES

    @property
    def has_both(self) -> bool:
        """Whether it can be judged by sites that operate and by those built.

        Not where it counts none, nor where it sets the one against the other, as an operating rate does.
        """
        counted = self._counted
        by_status = any(test.column == "status" for each in counted for test in each.where)
        return bool(counted) and len({each.all_built for each in counted}) == 1 and not by_status

    @property
    def _counted(self) -> tuple[Amount, ...]:
        return tuple(each for each in (*self.numerator, *self.denominator) if each.of == "facilities")


@dataclass(frozen=True, slots=True)
class Standard:
    """What each facility must be.

    ``column`` (÷ ``over``) against the limit, within the share ``tolerance`` of it where the clause says 左右; or all
    of ``require``; or, with ``same_stage``, each date no later than the housing's of the same stage.
    """

    column: str = ""
    over: str = ""
    tolerance: float = 0.0
    require: tuple[Condition, ...] = ()
    same_stage: bool = False


@dataclass(frozen=True, slots=True)
class Milestone:
    """What is due in a zone by the end of a year. Only ``in_use`` adds a facility; ``begin`` never does."""

    zone: str
    facility_type: str
    year: int
    stage: Literal["in_use", "begin"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is to be opened when.

    So many facilities newly opened in each year; or dated milestones; or one document that is ``due``.
    """

    per_year: Mapping[int, float] = field(default_factory=dict)
    milestones: tuple[Milestone, ...] = ()
    due: str = ""


@dataclass(frozen=True, slots=True)
class Preference:
    """Sites near facilities of these types, or in these hosts, are preferred. Never a failure."""

    near_types: tuple[str, ...] = ()
    near_m: float = 0.0
    hosts: tuple[str, ...] = ()


Test = Presence | Ratio | Standard | Schedule | Preference


@dataclass(frozen=True, slots=True)
class Rule:
    """One testable part of a clause.

    ``metric`` is the headline metric: of a distance or time rule how it is measured, else which sites count, or
    that figures are as reported; ``metric_source`` says whether the clause names it. ``pace`` is the profile of a
    time rule. ``targets`` is the only list of facility types that count, ``where`` what must be true of a facility
    to be one of them. ``level`` says what is judged: a residential area, a facility, the zones of a level, or the
    study. ``test`` holds what its kind needs, ``counting`` how it is counted where its clause leaves that open.
    ``at_most`` is the upper end where the clause gives a range: more is no failure, and is noted. ``limit_by``
    study: the clause asks for a ratio and does not say how much, and the number is the study's own assumption.
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
    level: str = AREA
    where: tuple[Condition, ...] = ()
    test: Test | None = None
    at_most: float | None = None
    limit_by: Literal["clause", "study"] = "clause"
    counting: Counting = DEFAULTS

    @property
    def footing(self) -> Footing:
        """What its minutes know of stairs and slope; a rule in metres knows neither."""
        return self.pace.footing if self.pace else EVEN

    @property
    def is_distance(self) -> bool:
        """Whether it needs distances: a study of tables alone cannot judge it."""
        return self.test is None

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics it is judged by, headline first.

        A radius by both distances, a time on the network only; presence, ratios and stocks by the sites that operate
        and by those built.
        """
        presence = isinstance(self.test, Presence) and not self.test.spokes
        if presence or (isinstance(self.test, Ratio) and self.test.has_both):
            return (self.metric, *(each for each in (ATTRIBUTES, ATTRIBUTES_BUILT) if each != self.metric))
        if self.limit.unit == "min" or not self.is_distance:
            return (self.metric,)
        return (self.metric, *(each for each in METRICS if each != self.metric))

    @property
    def can_fail_a_run(self) -> bool:
        """Only binding, verified rules of a plan in force decide the exit code, and none by an assumed number."""
        binds = self.force == "binding" and self.verified and self.limit_by == "clause"
        return binds and self.legal_status == "in_force"

    @property
    def is_open(self) -> bool:
        """Whether its clause asks for a ratio and does not say how much."""
        return isinstance(self.test, Ratio) and not self.test.per_zone and math.isnan(self.limit.value)


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
