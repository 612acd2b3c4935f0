"""The steps of the ascent: as numpy takes them, and as the loop does that is compiled where numba is there."""

from __future__ import annotations

import numpy as np
import pytest

from circle15.siting import steps
from circle15.siting.ascent import descend, start
from circle15.siting.core import reduce
from tests.exhaustive import best, invent
from tests.unit.siting.problems import as_problem

# Kinds of one year without rows and targets: those the loop is for.
PLAIN = ("plain", "backup", "prescribed")


@pytest.mark.parametrize("kind", PLAIN)
def test_the_loop_takes_the_steps_of_numpy_number_by_number(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("circle15.siting.ascent.compiled", lambda: steps.walk)
    for seed in range(40):
        instance = invent(seed, kind)
        core = reduce(as_problem(instance), dominated=False)
        begin = start(core, np.zeros((len(core.weight), 1), dtype=np.int64))
        lower = int(best(instance) or 0) - seed % 3
        plain, looped = (descend(core, begin, lower, 60, lambda: False, fast=fast) for fast in (False, True))
        where = f"{kind} {seed}"
        assert np.array_equal(plain.demand, looped.demand), where
        assert plain.bound.scaled == looped.bound.scaled, where
        assert plain.bound.value >= (best(instance) or 0), where


def test_compiled_the_loop_is_the_same() -> None:
    pytest.importorskip("numba")
    core = reduce(as_problem(invent(3, "plain")), dominated=False)
    begin = start(core, np.zeros((len(core.weight), 1), dtype=np.int64))
    plain, looped = (descend(core, begin, 1, 60, lambda: False, fast=fast) for fast in (False, True))
    assert np.array_equal(plain.demand, looped.demand)


def test_a_stop_ends_the_loop_after_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("circle15.siting.ascent.compiled", lambda: steps.walk)
    core = reduce(as_problem(invent(3, "plain")), dominated=False)
    begin = start(core, np.zeros((len(core.weight), 1), dtype=np.int64))
    plain, looped = (descend(core, begin, 1, 60, lambda: True, fast=fast) for fast in (False, True))
    assert np.array_equal(plain.demand, looped.demand)
    assert np.array_equal(looped.demand, begin[0])
