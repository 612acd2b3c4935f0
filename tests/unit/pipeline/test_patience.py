"""Ctrl-C ends a search with the best plan so far; a second one ends the program as ever."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from circle15.pipeline.patience import patience
from circle15.siting.effort import Effort
from circle15.siting.problem import objections
from circle15.siting.solve import solve
from tests.exhaustive import best, invent
from tests.unit.siting.problems import as_problem


@pytest.fixture(autouse=True)
def _heard() -> Iterator[None]:
    """Ctrl-C as a terminal has it: a program that is started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_ctrl_c_is_enough_and_the_second_interrupts() -> None:
    with patience(None) as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_what_ctrl_c_meant_before_it_means_again() -> None:
    before = signal.getsignal(signal.SIGINT)
    with patience(None):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_a_search_that_ctrl_c_ends_has_a_plan_and_a_true_bound() -> None:
    for seed in range(6):
        instance = invent(seed, "plain")
        problem, optimum, asked = as_problem(instance), best(instance), 0
        assert optimum is not None

        with patience(None) as enough:

            def stop(most: int = 2 * seed) -> bool:
                nonlocal asked
                asked += 1
                if asked == most:
                    signal.raise_signal(signal.SIGINT)
                return enough()  # called before the next turn alone

            found = solve(problem, Effort(steps=50, nodes=0, stop=stop))
        assert found.objective <= optimum <= found.bound
        assert not objections(problem, found.chosen)
        assert found.status == ("optimal" if found.objective == found.bound else found.status)
