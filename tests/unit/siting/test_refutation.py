"""That no plan keeps all constraints, proven in integers: exactly where exhaustive search finds none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from circle15.siting.effort import Effort
from circle15.siting.refutation import refute, refuted
from tests.exhaustive import KINDS, best, invent
from tests.unit.siting.problems import as_problem

BRIEF = Effort(steps=300)
BOUND = ("quota", "budget", "separation", "prescribed", "dated", "target", "shares", "mixed")


def test_every_instance_without_a_plan_is_refuted_and_no_other() -> None:
    refutations = 0
    for kind in BOUND:
        for seed in range(40):
            instance = invent(seed, kind)
            has_plan = best(instance) is not None
            if has_plan and seed >= 8:  # to look for a proof that there cannot be takes long
                continue
            proof = refute(as_problem(instance), BRIEF)
            assert (proof is None) == has_plan, f"{kind} {seed}"
            refutations += not has_plan
    assert refutations >= 20
    assert set(BOUND) <= set(KINDS)


@pytest.mark.long
def test_every_instance_of_two_hundred_more_without_a_plan_is_refuted() -> None:
    for kind in BOUND:
        for seed in range(40, 240):
            instance = invent(seed, kind)
            assert (refute(as_problem(instance), BRIEF) is None) == (best(instance) is not None), f"{kind} {seed}"


def test_a_disturbed_refutation_shows_nothing() -> None:
    """Without its prices a proof is none; with negative ones it is refused."""
    shown = 0
    for seed in range(40):
        instance = invent(seed, "quota")
        problem = as_problem(instance)
        proof = refute(problem, BRIEF) if best(instance) is None else None
        if not proof:
            continue
        assert refuted(problem, proof)
        assert not refuted(problem, tuple(replace(each, rows=each.rows * 0, places=each.places * 0) for each in proof))
        with pytest.raises(ValueError, match="negative"):
            refuted(problem, tuple(replace(each, rows=-1 - each.rows) for each in proof))
        shown += 1
    assert shown
