"""The least number of sites against exhaustive search, and its certificate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from circle15.siting.effort import Effort
from circle15.siting.least import fewest, least
from circle15.siting.problem import Problem
from tests.exhaustive import Instance, invent, plans
from tests.unit.siting.problems import as_problem

KINDS = ("plain", "quota", "budget", "separation", "prescribed", "target", "shares", "backup")
EFFORT = Effort(starts=1, rounds=4, steps=200)
# The search alone, the bound alone, the solver alone, and all together.
ALONE = (replace(EFFORT, steps=0, nodes=0), replace(EFFORT, starts=0, nodes=0), Effort(starts=0, steps=0))


def invented(seed: int, kind: str) -> tuple[Instance, Problem, int, int | None]:
    """An instance without a limit on places, a weight to reach, and the least sites that do."""
    instance = invent(seed, kind)
    instance = replace(instance, covers=instance.covers[:8], places=[8])
    keep = set(range(len(instance.covers)))
    instance = replace(
        instance,
        places=[len(keep)],
        costs=instance.costs[: len(keep)],
        quotas=[
            (members & keep, least_, most) for members, least_, most in instance.quotas if len(members & keep) >= least_
        ],
        conflicts=[pair for pair in instance.conflicts if set(pair) <= keep],
        mandatory=instance.mandatory & keep,
        forbidden=instance.forbidden & keep,
        target=instance.target and ([members & keep for members in instance.target[0]], instance.target[1]),
    )
    every = instance.value(dict.fromkeys(keep, 0))
    need = max(1, every * (1 + seed % 5) // 5)
    sizes = [len(plan) for plan in plans(instance) if instance.allows(plan) and instance.value(plan) >= need]
    return instance, as_problem(instance), need, min(sizes, default=None)


def compare(seed: int, kind: str, effort: Effort) -> None:
    instance, problem, need, optimum = invented(seed, kind)
    found, where = least(problem, need, effort), f"{kind} {seed}"
    if optimum is None:
        assert found.status in {"infeasible", "time_limit"}, where
        assert not len(found.chosen.rows), where
        return
    if not len(found.chosen.rows) and optimum != 0:
        assert (found.status, effort.nodes) == ("time_limit", 0), where
        assert found.bound <= optimum, where
        return
    opened = dict.fromkeys(found.chosen.rows.tolist(), 0)
    assert instance.allows(opened), where
    assert instance.value(opened) >= need, where
    assert found.proven <= found.bound <= optimum <= found.objective == len(opened), where
    assert fewest(problem, need, found.links, found.proven) == found.proven, where
    assert (found.status == "optimal") == (found.objective == found.bound), where
    if effort.nodes:
        assert found.status == "optimal", where


@pytest.mark.parametrize("kind", KINDS)
def test_no_plan_has_fewer_sites_than_the_bound(kind: str) -> None:
    """Every instance with all stages together, and with one alone."""
    for seed in range(34):
        compare(seed, kind, EFFORT)
        compare(seed, kind, ALONE[seed % len(ALONE)])


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_no_plan_has_fewer_sites_than_the_bound_of_two_hundred_more(kind: str) -> None:
    for seed in range(34, 234):
        for effort in (EFFORT, *ALONE):
            compare(seed, kind, effort)


def test_multipliers_of_another_weight_prove_nothing_more() -> None:
    shown = 0
    for seed in range(12):
        _, problem, need, optimum = invented(seed, "plain")
        found = least(problem, need, EFFORT)
        if optimum is None or not found.links:
            continue
        shown += 1
        assert fewest(problem, need, found.links, found.proven + 1) <= optimum
        blunt = tuple(replace(link, demand=np.zeros_like(link.demand)) for link in found.links)
        assert fewest(problem, need, blunt, found.proven) < found.proven
    assert shown > 2
