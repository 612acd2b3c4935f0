"""What a run knows at its end: facts of the study, findings, plans, and the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from circle15.core.changes import Changes
from circle15.core.crs import APPROXIMATE
from circle15.core.findings import Finding
from circle15.core.limit import Limit
from circle15.core.mapping import ExportMapping
from circle15.core.rule import Metric, Pack, Rule
from circle15.core.tables import (
    Access,
    Areas,
    Binding,
    Candidates,
    Checks,
    Constraints,
    Coverage,
    Equity,
    Facilities,
    Membership,
    Outlook,
    PaceChanges,
    PaceShares,
    Ratios,
    Repairs,
    Residential,
    Scores,
    StraightVsNetwork,
    Streets,
    Units,
    Verdicts,
    Zones,
)
from circle15.core.terms import Term
from circle15.core.text import Language, Text
from circle15.core.wishes import ZoneShare

PlanProblem = Literal["max_coverage", "min_sites", "p_median"]
PROBLEMS: tuple[PlanProblem, ...] = get_args(PlanProblem)
PlanStatus = Literal["optimal", "feasible", "infeasible", "time_limit"]
Audience = Literal["internal", "public"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where an input came from: its path in the study file, its hash, its datum and its attribution.

    ``transform`` names the kind of parameters by which it was brought to CGCS2000, never the parameters.
    """

    layer: str
    path: str
    sha256: str
    rows: int
    datum: str
    attribution: str = ""
    data_date: str = ""
    transform: str = ""

    @property
    def is_approximate(self) -> bool:
        """Whether its places come from a datum of which only approximate formulas are public."""
        return self.datum in APPROXIMATE


@dataclass(frozen=True, slots=True)
class Facts:
    """What the title block states of a study. ``pack_sha256`` and ``study_sha256`` identify its settings.

    ``mapping`` is how exports are to look, None where nothing is exported; ``approved_only`` leaves out the sites
    of plans that it does not call approved. ``base_maps``: those that the map page offers, with the key of each.
    """

    study_id: str
    name: str
    pack: Pack
    crs: str
    scale_factor: float | None
    as_of: str
    language: Language
    audience: Audience
    title_block: Mapping[str, str]
    study_sha256: str
    pack_sha256: str
    sources: tuple[Source, ...]
    fictional: bool = False
    max_access_leg_m: float = 150.0
    mapping: ExportMapping | None = None
    approved_only: bool = False
    base_maps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A residential area no candidate can cover, with the reason code."""

    area_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """One reason why a plan may not use a candidate: its code, the layer or rule that gives it, and its words."""

    candidate_id: str
    because: str
    by: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Allocated:
    """A home that a plan newly covers, the site it is nearest to, how far that is, and what the home weighs."""

    area_id: str
    candidate_id: str
    distance_mm: int
    weight: int


@dataclass(frozen=True, slots=True)
class Catchment:
    """The homes that are nearest to one facility or site of those within a plan's limit of them, and their weight.

    ``moment``: today, or planned once all sites are open; ``kind``: facility or site.
    """

    moment: str
    kind: str
    place_id: str
    area_ids: tuple[str, ...]
    weight: int
    farthest_mm: int


@dataclass(frozen=True, slots=True)
class Shared:
    """What is covered by one basis once the first ``rank`` sites of a plan are open; rank 0 is today."""

    rank: int
    basis: str
    covered: float
    total: float


@dataclass(frozen=True, slots=True)
class Screening:
    """What candidates were put to before a plan was made of those that remain.

    ``offered``: how many there were, ``generated`` of them made by the program; ``checked`` and ``not_checked``:
    constraint layers by name; ``standards``: how many candidates were kept although nobody knows whether they can hold
    what a rule of the pack asks, by its id.
    """

    offered: int
    dropped: tuple[Dropped, ...]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]
    generated: int = 0
    standards: Mapping[str, int] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """How many candidates were dropped, each counted once."""
        return len({each.candidate_id for each in self.dropped})


@dataclass(frozen=True, slots=True)
class Alternative:
    """A candidate that could stand in for a site; the objective would be less by ``loss``."""

    candidate_id: str
    loss: int


@dataclass(frozen=True, slots=True)
class Site:
    """One chosen site. ``gain`` is the weight it newly covers when it opens, in the order of ``rank``.

    ``taken``: the weight of each of ``area_ids`` that has a place there, where sites hold no more than so many.
    ``types``: all facility types that it holds in a plan of several.
    """

    stage: int
    rank: int
    candidate_id: str
    gain: int
    covered_after: int
    share_after: float | None
    reason: Text
    area_ids: tuple[str, ...]
    zone_ids: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    taken: tuple[int, ...] = ()
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """``sites`` of a curve newly cover ``covered``; no plan with so many covers more than ``bound``."""

    sites: int
    covered: int
    bound: int


@dataclass(frozen=True, slots=True)
class Multipliers:
    """One step of a proof: whole numbers ≥ 0 in units of 1 ÷ ``scale``, and the bound they give, ``scaled`` likewise.

    ``demand``: of the areas in ``areas`` (rows) × years, all others 0; one of ``rows`` for each constraint, of
    ``places`` for each year, of ``targets``. Where the bound still leaves room above the plan and ``split`` names
    a candidate, the proof goes on with all plans that open it by the year ``split_stage`` (counted from 0), then
    with all that do not.
    """

    scale: int
    areas: Any
    demand: Any
    rows: Any
    places: Any
    targets: Any
    scaled: int = 0
    split: str = ""
    split_stage: int = 0


@dataclass(frozen=True, slots=True)
class CurveProof:
    """What the curve of a plan is computed again from, up to ``most`` sites.

    ``order``: candidates as the greedy method opens them, whose beginnings cover what the points say, if the plan does
    not cover more; ``links``: multipliers, each of which bounds every number of sites. Their places have no price.
    """

    most: int
    order: tuple[str, ...]
    links: tuple[Multipliers, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """The ways that a p-median adds up: of ``people``, ``today`` mm in all, a way above ``cap_mm`` counting as that.

    ``names``: of each step of a way, the area and the mm that it is of, which the multipliers of the proof belong to.
    """

    cap_mm: int
    people: int
    today: int
    names: tuple[str, ...]

    def mean_m(self, total: int) -> float | None:
        """The mean way in metres if all ways add up to ``total``."""
        return total / self.people / 1000 if self.people else None


@dataclass(frozen=True, slots=True)
class Preferred:
    """How a plan takes a preference of the pack: what it serves there counts ``factor`` times, by assumption.

    ``sites``: how many candidates satisfy it, of ``unknown`` nobody can say; where it is of zones, ``zones`` names
    those whose demand counts so. ``assumed``: whether every candidate was taken for a new site, the data being silent.
    """

    rule_id: str
    factor: float
    sites: int
    unknown: int
    zones: tuple[str, ...] = ()
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class ZoneCovered:
    """The weight of one zone of which a plan must cover a share: in all, covered today, and once all sites are open."""

    zone_id: str
    total: int
    today: int
    planned: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of sites for one facility type.

    ``objective`` is the weight that the chosen sites newly cover at the end of each year, summed over the years,
    recomputed from the raw coverage; no allowed plan reaches more than ``bound``; ``gap`` = (bound − objective) ÷
    bound. ``proof`` shows, with the raw coverage and without a solver, that none reaches more than ``proven``; where
    ``bound`` is lower, ``bound_kind`` is ``solver``, else ``lagrangian``.
    ``terms`` are the constraints; a plan without those of one kind reaches more by its entry in ``prices`` at least,
    one with a site more in the last year by ``one_more``. Where the plan is infeasible, ``clash`` is the smallest
    set of constraints that no plan keeps, and ``relaxed`` the best plan without those ``given_up``.
    ``assumed`` is the label of a limit that no clause gives, else empty; ``rule_id`` is then empty.
    ``screening``: which candidates were left out before anything was solved; value and bound are of those that remain.
    Invariant: objective ≤ bound ≤ proven, and gap is 0 exactly if ``status`` is optimal.
    Where the ``problem`` is ``min_sites``, the plan is to bring the share of all weight to ``share`` by newly covering
    ``need``, in one year: ``objective`` is the number of sites, and no plan has fewer than ``bound``; then objective ≥
    bound ≥ proven, and gap = (objective − bound) ÷ objective. ``curve``: what each number of sites covers.
    With a ``capacity`` (a column of the candidates) only who has a place at a site counts as covered by it.
    With ``backup`` weight counts once more where two facilities serve it; gains and shares are still of the first.
    With ``preferences`` objective, bounds, ``prices``, ``one_more`` and losses are in units of 1 ÷ ``scale`` and count
    what is preferred more; ``preference_price`` is how much more weight a plan without them covers at least, and gains,
    shares and the curve are of plain weight. ``extra`` names the columns of the proof that are no homes.
    Where it is ``p_median``, ``walk`` says of whom: objective and bounds are people's ways in mm, added up, and the
    invariant is that of ``min_sites``; gains and shares are still those of the limit.
    With a ``zone_share`` that much of the weight in each of ``zones`` is covered once all sites are open.
    A plan of several ``types`` is one problem: what it newly covers is added up over the types. It is told in parts,
    one of each type, each with the ``whole``. In a part status, objective, bounds and terms are those of the whole,
    which alone has the proof, prices and what clashes; gains, shares, ``one_more`` and who is out of reach are its own.
    """

    plan_id: str
    facility_type: str
    rule_id: str
    assumed: str
    metric: Metric
    limit: Limit
    limit_mm: int
    pace: str
    weight: str
    weight_estimated: bool
    stages: Mapping[int, int]
    status: PlanStatus
    objective: int
    bound: int
    gap: float
    bound_kind: str
    proven: int
    proof: tuple[Multipliers, ...]
    total_weight: int
    covered_before: int
    sites: tuple[Site, ...]
    uncoverable: tuple[Uncovered, ...]
    idle_stages: tuple[int, ...] = ()
    terms: tuple[Term, ...] = ()
    prices: Mapping[str, int] = field(default_factory=dict)
    one_more: int | None = None
    clash: tuple[Term, ...] = ()
    given_up: tuple[Term, ...] = ()
    relaxed: Plan | None = None
    screening: Screening | None = None
    allocation: tuple[Allocated, ...] = ()
    catchments: tuple[Catchment, ...] = ()
    shares: tuple[Shared, ...] = ()
    problem: PlanProblem = "max_coverage"
    share: float | None = None
    need: int | None = None
    curve: tuple[Point, ...] = ()
    curve_proof: CurveProof | None = None
    walk: Walk | None = None
    backup: bool = False
    scale: int = 1
    preferences: tuple[Preferred, ...] = ()
    preference_price: int | None = None
    extra: tuple[str, ...] = ()
    capacity: str = ""
    zone_share: ZoneShare | None = None
    zones: tuple[ZoneCovered, ...] = ()
    types: tuple[str, ...] = ()
    whole: Plan | None = None

    @property
    def covered(self) -> int:
        """The weight newly covered when all sites are open."""
        return sum(site.gain for site in self.sites)


@dataclass(frozen=True, slots=True)
class Walks:
    """Streets and where the homes stand on them: all that is needed to walk from a further place.

    Everything is whole millimetres of the study CRS. Edge *e* joins the nodes ``edge_u[e]`` and ``edge_v[e]`` along
    the vertices ``edge_start[e] … edge_start[e + 1] − 1``; its length is the sum of its pieces, each rounded. Ties
    between edges go to the smaller ``edge_rank``; ``edge_main`` tells which belong to a component that is sought
    first. Home ``home_row`` stands ``home_offset_mm`` along ``home_edge``, ``home_leg_mm`` beside it; a home without
    a street in reach has no entry, one with several gates has several. No leg crosses a wall, a barrier's straight
    piece from the first two numbers of ``wall_mm`` to the last two.
    """

    node_count: int
    edge_u: Any
    edge_v: Any
    edge_start: Any
    edge_rank: Any
    edge_main: Any
    vertex_mm: Any
    home_row: Any
    home_edge: Any
    home_offset_mm: Any
    home_leg_mm: Any
    wall_mm: Any


@dataclass(frozen=True)
class Audit:
    """The end of read → route → judge. ``points`` are the demand points of the residential areas, in row order.

    ``near_edge`` tells, in the same order, which areas lie nearer to the edge of the extract than the longest
    allowed walk, or is None where the data states no edge. ``repairs`` is None where streets were not to be cleaned.
    ``outcomes``: of each rule for the whole study.
    ``changes`` is what differs from the earlier run that the study names, None where it names none.
    ``walks`` is None where the study has no streets. ``checks`` are of the candidates, None where there are none.
    """

    facts: Facts
    streets: Streets
    residential: Residential
    facilities: Facilities
    counted: Mapping[str, tuple[str, ...]]
    zones: Zones | None
    units: Units | None
    membership: Membership | None
    candidates: Candidates | None
    points: Any
    near_edge: Any
    access: Access
    verdicts: Verdicts
    coverage: Coverage
    ratios: Ratios
    scores: Scores
    binding: Binding
    outcomes: Mapping[str, str | None]
    areas: Areas
    findings: tuple[Finding, ...]
    not_assessed: Mapping[str, Text] = field(default_factory=dict)
    plans: tuple[Plan, ...] = ()
    repairs: Repairs | None = None
    equity: Equity = field(default_factory=Equity.empty)
    straight_vs_network: StraightVsNetwork = field(default_factory=StraightVsNetwork.empty)
    outlook: Outlook = field(default_factory=Outlook.empty)
    pace_shares: PaceShares = field(default_factory=PaceShares.empty)
    pace_changes: PaceChanges = field(default_factory=PaceChanges.empty)
    changes: Changes | None = None
    walks: Walks | None = None
    constraints: Constraints | None = None
    checks: Checks | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of the pack that were judged here."""
        return tuple(rule for rule in self.facts.pack.rules if rule.rule_id not in self.not_assessed)

    @property
    def walked(self) -> tuple[Rule, ...]:
        """Those of them that were judged by distances: only they have access rows."""
        return tuple(rule for rule in self.rules if rule.is_distance)

    def fails(self, *, strict: bool = False) -> bool:
        """Whether a rule that can fail a run is failed (``strict``: or unknown), or a finding has severity error."""
        bad = {"fail", "unknown"} if strict else {"fail"}
        failed = any(rule.can_fail_a_run and self.outcomes[rule.rule_id] in bad for rule in self.rules)
        return failed or any(each.severity == "error" for each in self.findings)


@dataclass(frozen=True, slots=True)
class Kept:
    """Sites chosen by hand under what a ``[[site]]`` asks: of ``terms`` they break ``broken``.

    ``value``: what they newly cover, with preferences counted, in units of 1 ÷ ``scale``; ``best`` and ``bound`` are of
    as many candidates that keep all terms, None where none do, which is the solver's word. Years are not looked at, nor
    are costs and capacities (``untold``: which of these were asked for).
    """

    terms: tuple[Term, ...]
    broken: tuple[Term, ...]
    untold: tuple[str, ...]
    preferences: tuple[Preferred, ...]
    scale: int
    value: int
    best: int | None
    bound: int | None
    best_sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """``count`` sites chosen by hand for one ``[[site]]`` newly cover ``gain``; ``best`` is the plan as large.

    ``kept``: how they keep to what the ``[[site]]`` asks beside its limit; None where it asks nothing, and where they
    are of one type of a plan ``of_several``, whose conditions are of all types together and not looked at.
    """

    best: Plan
    count: int
    gain: int
    kept: Kept | None = None
    of_several: bool = False


@dataclass(frozen=True)
class Evaluation:
    """A study without and with sites chosen by hand, and how these keep to the constraint layers."""

    sites: Facilities
    checks: Checks
    before: Audit
    after: Audit
    measured: tuple[Measured, ...]
