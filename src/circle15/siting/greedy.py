"""Greedy maximal covering by year, and an upper bound no other plan can pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circle15.siting.problem import Ints, Problem


@dataclass(frozen=True, slots=True)
class Pick:
    """One site in the order it opens, with the open demand it newly covers (columns of the problem)."""

    stage: int
    row: int
    gain: int
    newly: Ints


@dataclass(frozen=True, slots=True)
class Solution:
    """Picks in order, and the bound: at most ``bound`` can be covered by as many sites.

    ``prefix`` is the number of picks after which the bound was found: what they cover, plus the largest
    gains that remain. That holds for every prefix because covering is submodular (Nemhauser, Wolsey and
    Fisher 1978); the least of them is kept. ``idle_stages`` had places left but nothing more to gain.
    """

    picks: tuple[Pick, ...]
    objective: int
    bound: int
    prefix: int
    idle_stages: tuple[int, ...]


def solve(problem: Problem) -> Solution:
    """The greedy plan: each place goes to the candidate with the largest gain; ties to the smaller id.

    Mandatory candidates open first. A place that would gain nothing stays empty.
    """
    covered = np.zeros(len(problem.weight), dtype=bool)
    waiting = list(problem.mandatory)
    picks: list[Pick] = []
    bounds = [bound_after(problem, covered)]
    idle = []
    for stage, places in sorted(problem.stages.items()):
        for _ in range(places):
            row = waiting.pop(0) if waiting else _best(problem, covered)
            if row is None:
                idle.append(stage)
                break
            newly = problem.covered_by(np.array([row])) & ~covered
            picks.append(Pick(stage, row, int(problem.weight[newly].sum()), np.flatnonzero(newly)))
            covered |= newly
            bounds.append(bound_after(problem, covered))
    prefix = int(np.argmin(bounds))
    return Solution(tuple(picks), int(problem.weight[covered].sum()), bounds[prefix], prefix, tuple(idle))


def bound_after(problem: Problem, covered: NDArray[np.bool_]) -> int:
    """What is covered plus the largest remaining gains, one for each place of the whole plan."""
    gains = np.sort(problem.gains(covered))[::-1]
    coverable = int(problem.weight[problem.covered_by(problem.allowed)].sum())
    return min(int(problem.weight[covered].sum()) + int(gains[: problem.site_count].sum()), coverable)


def _best(problem: Problem, covered: NDArray[np.bool_]) -> int | None:
    gains = problem.gains(covered)
    if len(gains) == 0 or gains.max() == 0:
        return None
    return int(np.argmax(gains))
