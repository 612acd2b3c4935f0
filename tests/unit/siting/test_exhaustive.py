"""Plans against exhaustive search: value ≤ optimum ≤ bound for every problem, constraint and stage of the method."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from circle15.siting.effort import Effort
from tests.exhaustive import KINDS, WISHES, invent
from tests.unit.siting.problems import as_problem, scale
from tests.unit.siting.stages import compare_stages

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
    compare_stages(instance, as_problem(instance), stages, f"{kind} {seed}", scale(instance))


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
