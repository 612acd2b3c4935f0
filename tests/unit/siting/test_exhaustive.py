"""Plans against exhaustive search: value ≤ optimum ≤ bound for every problem, constraint and stage of the method."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from circle15.siting.effort import Effort
from circle15.siting.problem import objections, objective
from circle15.siting.proof import check
from circle15.siting.solve import solve
from tests.exhaustive import KINDS, WISHES, best, invent
from tests.unit.siting.problems import as_problem, scale

# Each stage alone, and all together. Without a solver an infeasible problem cannot be told from a hard one.
ALONE = {
    "greedy": Effort(starts=0, steps=0, nodes=0),
    "search": Effort(starts=2, rounds=4, steps=0, nodes=0),
    "bound": Effort(starts=0, steps=200, nodes=0),
    "solver": Effort(starts=0, steps=0),
}
TOGETHER = {"all": Effort(starts=1, rounds=4, steps=300)}


def compare(seed: int, kind: str, stages: Mapping[str, Effort]) -> None:
    instance = invent(seed, kind)
    problem, optimum, unit = as_problem(instance), best(instance), scale(instance)
    if optimum is not None:
        optimum *= unit
    for stage, effort in stages.items():
        where = f"{kind} {seed} {stage}"
        found = solve(problem, effort)
        if optimum is None:
            assert found.status == ("infeasible" if effort.nodes else "time_limit"), where
            assert not len(found.chosen.rows), where
            continue
        if objections(problem, found.chosen):  # none found, which only the solver never says
            assert (found.status, effort.nodes, len(found.chosen.rows)) == ("time_limit", 0, 0), where
            assert optimum <= found.bound, where
            continue
        assert found.status != "infeasible", where
        when = dict(zip(found.chosen.rows.tolist(), found.chosen.stages.tolist(), strict=True))
        assert instance.allows(when), where
        assert not objections(problem, found.chosen), where
        assert found.objective == instance.value(when) * unit == objective(problem, found.chosen), where
        assert found.objective <= optimum <= found.bound <= max(found.bound, found.proven), where
        assert optimum <= check(problem, found.objective, found.links).bound == found.proven, where
        assert (found.status == "optimal") == (found.objective == found.bound), where
        if effort.nodes:
            assert found.status == "optimal", where


@pytest.mark.parametrize("kind", KINDS)
def test_no_plan_beats_the_bound(kind: str) -> None:
    """Every instance with all stages together, and with one alone: each of them is forced on every fourth."""
    for seed in range(20):
        alone = list(ALONE)[seed % len(ALONE)]
        compare(seed, kind, TOGETHER | {alone: ALONE[alone]})


@pytest.mark.parametrize("kind", WISHES)
def test_no_plan_beats_the_bound_of_what_is_wished(kind: str) -> None:
    """Preferences, dated towns and least numbers of a year: each instance together, and with one stage alone."""
    for seed in range(50):
        alone = list(ALONE)[seed % len(ALONE)]
        compare(seed, kind, {alone: ALONE[alone]} if seed % 2 else TOGETHER)


@pytest.mark.long
@pytest.mark.parametrize("kind", [*KINDS, *WISHES])
def test_no_plan_beats_the_bound_of_two_hundred_more(kind: str) -> None:
    for seed in range(224):
        compare(seed, kind, ALONE | {"all": Effort(rounds=4)})
