"""Several facility types in one plan, where one site may hold several, against exhaustive search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from circle15.core.limit import Limit
from circle15.core.results import Plan
from circle15.core.terms import Terms
from circle15.siting import Demand, Held, Joint, Part, Request, Sites, answer_joint, join
from circle15.siting.certificate import Claim, certify
from circle15.siting.effort import Effort
from circle15.siting.problem import Choice, Problem
from tests.several import KINDS, Opened, Several, invent_several
from tests.unit.siting.stages import compare_plans

# Each stage alone, and all together.
ALONE = {
    "greedy": Effort(starts=0, steps=0, nodes=0),
    "search": Effort(starts=2, rounds=4, steps=0, nodes=0),
    "bound": Effort(starts=0, steps=200, nodes=0),
    "solver": Effort(starts=0, steps=0),
}
TOGETHER = {"all": Effort(starts=1, rounds=2, steps=60)}
FIRST = 2024


def site_id(site: int) -> str:
    return f"C-{site}"


def request(kind: str, stages: Mapping[int, int]) -> Request:
    return Request(
        plan_id=kind,
        facility_type=kind,
        rule_id="T-01",
        assumed="",
        metric="network",
        limit=Limit("<", 700, "m"),
        limit_mm=699_999,
        pace="",
        weight="pop60",
        weight_estimated=False,
        stages=stages,
        mandatory=(),
        forbidden=(),
        zones_of={},
    )


def part(instance: Several, kind: str) -> Part:
    """One type alone: only the sites that may hold it are candidates."""
    able = [site for site, sets in enumerate(instance.may_hold) if any(kind in some for some in sets)]
    covers = np.zeros((len(able), len(instance.weight[kind])), dtype=np.int64)
    for row, site in enumerate(able):
        covers[row, sorted(instance.covers[kind][site])] = 1
    depth = np.array(instance.depth[kind], dtype=np.int64)
    demand = Demand(
        area_ids=np.array([f"R-{each}" for each in range(len(depth))], dtype=object),
        weight=np.array(instance.weight[kind], dtype=np.int64),
        outcome=np.where(depth > 0, "fail", "pass").astype(object),
    )
    places = instance.places[kind]
    problem = Problem(
        candidate_ids=tuple(site_id(site) for site in able),
        covers=csr_matrix(covers),
        weight=demand.weight,
        depth=depth,
        places=tuple(places),
    )
    return Part(request(kind, {FIRST + year: most for year, most in enumerate(places)}), demand, problem)


def is_additive(instance: Several) -> bool:
    """Whether nothing counts sites, and types together cost what they cost apart."""
    return instance.years == 1 and not (instance.quota or instance.separation or instance.together)


def as_joint(instance: Several, *, apart: bool = False) -> Joint:
    """The same in the words of the program.

    ``apart``: a site that may hold everything is a candidate for each type.
    """
    every_type = tuple(instance.types)
    free = {site for site, sets in enumerate(instance.may_hold) if every_type in sets} if apart else set()
    parts = [part(instance, kind) for kind in instance.types]
    sums = [sum(instance.places[kind][year] for kind in instance.types) for year in range(instance.years)]
    least, most = instance.quota or (0, None)
    terms = Terms(
        quota_level="town" if instance.quota else "",
        quota_min=least,
        quota_max=most,
        min_separation_mm=instance.separation,
        budget=instance.budget,
    )
    whole = replace(
        request("+".join(instance.types), {FIRST + year: each for year, each in enumerate(sums)}),
        terms=terms,
        mandatory=tuple(site_id(each) for each in sorted(instance.mandatory)),
        forbidden=tuple(site_id(each) for each in sorted(instance.forbidden)),
    )
    every = [
        (site, types, year)
        for year in range(instance.years)
        for site, sets in enumerate(instance.may_hold)
        for types in sets
        if len(types) == 1 or site not in free
    ]
    sites = Sites(
        ids=np.array([Held(site_id(site), types, FIRST + year).name for site, types, year in every], dtype=object),
        mm=np.array([instance.at[site] for site, _, _ in every], dtype=np.int64),
        zone=np.array([instance.zone[site] for site, _, _ in every], dtype=object),
        zones=("T-0", "T-1"),
        cost=np.array(
            [instance.cost(site, types) if instance.costs else 0 for site, types, _ in every], dtype=np.int64
        ),
    )
    holds = [Held(site_id(site), types, FIRST + year) for site, types, year in every]
    return join(whole, parts, holds, sites, {site_id(site) for site in free})


def opened(joint: Joint, chosen: Choice) -> Opened:
    """A choice in the words of the exhaustive search; every row opens in the year it is of."""
    found: Opened = {}
    for row, stage in zip(chosen.rows.tolist(), chosen.stages.tolist(), strict=True):
        held = joint.holds[joint.problem.candidate_ids[row]]
        assert held.year == FIRST + stage
        site = int(held.site.removeprefix("C-"))
        types, _ = found.get(site, ((), stage))
        assert not types or len(held.types) == 1
        found[site] = (*types, *held.types), stage
    return found


def compare(seed: int, kind: str, stages: Mapping[str, Effort]) -> None:
    instance = invent_several(seed, kind)
    joint = as_joint(instance, apart=is_additive(instance) and seed % 2 == 1)

    def read(chosen: Choice) -> tuple[bool, int]:
        plan = opened(joint, chosen)
        return instance.allows(plan), instance.value(plan)

    compare_plans(joint.problem, instance.best(), stages, f"{kind} {seed}", read)


@pytest.mark.parametrize("kind", KINDS)
def test_no_plan_of_several_types_beats_the_bound(kind: str) -> None:
    """Every instance with all stages together, and with one alone: each of them is forced on every fourth."""
    for seed in range(24):
        alone = list(ALONE)[seed % len(ALONE)]
        compare(seed, kind, TOGETHER | {alone: ALONE[alone]})


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_no_plan_of_several_types_beats_the_bound_of_two_hundred_more(kind: str) -> None:
    for seed in range(224):
        compare(seed, kind, ALONE | {"all": Effort(rounds=4)})


QUICK = Effort(starts=1, rounds=2, steps=40)


def told(plans: tuple[Plan, ...]) -> Opened:
    """The plan as its parts tell it."""
    found: Opened = {}
    for plan in plans:
        for site in plan.sites:
            number, stage = int(site.candidate_id.removeprefix("C-")), site.stage - FIRST
            assert plan.facility_type in site.types
            assert found.setdefault(number, (site.types, stage)) == (site.types, stage)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_parts_tell_the_plan_its_gains_and_its_certificate(kind: str) -> None:
    for seed in range(6):
        instance = invent_several(seed, kind)
        joint, optimum = as_joint(instance, apart=is_additive(instance) and seed % 2 == 1), instance.best()
        plans = answer_joint(joint, QUICK)
        whole = plans[0].whole
        assert whole is not None
        assert all(plan.whole is whole for plan in plans)
        if optimum is None:
            assert (whole.status, whole.sites, [plan.sites for plan in plans]) == ("infeasible", (), [()] * len(plans))
            assert whole.clash
            assert whole.relaxed is not None
            assert all(plan.relaxed is not None and plan.relaxed.whole is whole.relaxed for plan in plans)
            continue
        plan = told(plans)
        assert instance.allows(plan)
        assert instance.value(plan) == whole.objective == optimum == whole.bound
        for each in plans:
            kind_alone = each.facility_type
            only = replace(instance, covers={kind_alone: instance.covers[kind_alone]}, places={kind_alone: [9]})
            at_once: Opened = {site: ((kind_alone,), 0) for site, (types, _) in plan.items() if kind_alone in types}
            assert each.covered == only.value(at_once) == sum(site.gain for site in each.sites)
        held = [Held(site.candidate_id, site.types, site.stage) for site in whole.sites]
        held = [part for each in held for part in ((each,) if each.name in joint.holds else each.apart)]
        ids = tuple(each.name for each in held)
        claim = Claim(
            sites=ids,
            years=tuple(each.year - FIRST for each in held),
            objective=whole.objective,
            bound=whole.bound,
            proven=whole.proven,
            optimal=True,
            proof=whole.proof,
            by_solver=whole.bound_kind == "solver",
        )
        assert certify(joint.problem, claim).holds
        assert not certify(joint.problem, replace(claim, objective=claim.objective + 1)).holds
        if ids:
            assert not certify(joint.problem, replace(claim, sites=(*ids[:-1], "C-9 aa 2024"))).holds


def test_no_type_stands_where_it_gains_nothing() -> None:
    """Neither a site nor a type of a shared one is said to be there in vain."""
    shared = 0
    for seed in range(12):
        for plan in answer_joint(as_joint(invent_several(seed, "plain")), QUICK):
            assert all(site.gain > 0 for site in plan.sites)
            shared += sum(len(site.types) > 1 for site in plan.sites)
    assert shared > 4


def test_a_plan_does_not_hang_on_ids() -> None:
    """Sites and homes called otherwise, in another order of rows: the same plan under the new names."""
    for seed in range(8):
        instance = invent_several(seed, "mixed")
        if len(set(instance.at)) < len(instance.at):  # of two sites on one spot the ids do decide
            continue
        order = list(range(len(instance.at)))[::-1]
        turned = replace(
            instance,
            covers={kind: [covers[each] for each in order] for kind, covers in instance.covers.items()},
            may_hold=[instance.may_hold[each] for each in order],
            at=[instance.at[each] for each in order],
            zone=[instance.zone[each] for each in order],
            costs=[instance.costs[each] for each in order] if instance.costs else [],
            together={(order.index(site), types): cost for (site, types), cost in instance.together.items()},
            mandatory={order.index(each) for each in instance.mandatory},
            forbidden={order.index(each) for each in instance.forbidden},
        )
        ours, theirs = (told(answer_joint(as_joint(each), QUICK)) for each in (instance, turned))
        assert ours == {order[site]: held for site, held in theirs.items()}, seed
