"""Good plans: greedy, then local search that ruins a part of the plan and recreates it, from several seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from circle15.siting.core import Core
from circle15.siting.kernels import DRAWS, PLAIN, Kernels, State, World, compiled
from circle15.siting.options import Options, empty, world
from circle15.siting.problem import Choice, Ints, Problem

Stop = Callable[[], bool]

# Rounds between two looks at the clock.
_CHUNK = 500
# The share of a site's mean gain that a round may lose at the beginning of a search.
_WARM = 0.1


@dataclass(frozen=True, slots=True)
class Search:
    """A search among the options of one core; its state is kept from one call to the next."""

    options: Options
    world: World
    state: State
    kernels: Kernels

    @property
    def chosen(self) -> Choice:
        """What is open now, as a choice of the core."""
        return self.options.choose(np.sort(self.state.chosen[: self.state.total[1]]))

    def greedy(self) -> Choice:
        """Open the option with the largest gain until no place is left or none gains. Ties: the first candidate."""
        self.kernels[2](self.world, self.state)
        return self.chosen

    def begin(self, chosen: Choice) -> None:
        """Open exactly this choice."""
        self.kernels[3](self.world, self.state, np.sort(self.options.options(chosen)))

    def improve(self, rounds: int, seed: int, stop: Stop) -> Choice:
        """Ruin and recreate from here, then single swaps: the best plan met. Equal seeds give equal plans."""
        random = np.random.default_rng(seed)
        count = max(1, int(self.state.total[1]))
        warm = _WARM * float(self.state.total[0]) / count
        top = np.zeros(len(self.state.chosen) + 1, dtype=np.int64)
        best, held = int(self.state.total[0]), self._now()
        for done in range(0, rounds, _CHUNK):
            if stop():
                break
            size = min(_CHUNK, rounds - done)
            cool = warm * (1 - (done + np.arange(size)) / rounds)
            heat = cool * random.exponential(size=size)
            value = self.kernels[0](self.world, self.state, random.random((size, DRAWS)), heat, top)
            if value > best:
                best, held = value, np.sort(top[: top[-1]])
        self.kernels[3](self.world, self.state, held)
        if not stop():
            self.kernels[1](self.world, self.state)
        return self.chosen

    def _now(self) -> Ints:
        return np.sort(self.state.chosen[: self.state.total[1]])


def prepare(options: Options, bonus: Ints | None = None, *, fast: bool = False) -> Search:
    """A search with nothing open. ``bonus``: what demand weighs for each target; ``fast``: compiled or not."""
    made = world(options, np.zeros_like(options.core.least) if bonus is None else bonus)
    return Search(options, made, empty(options, made), compiled() if fast else PLAIN)


def raised(problem: Problem, core: Core, bonus: Ints, tried: Choice) -> Ints:
    """The bonus of targets with twice as much for those that a plan misses; at first as much as it takes to matter.

    That is when the demand of the target that some candidate covers weighs what the best candidate covers of all.
    """
    counts = problem.counts(tried.rows)
    missed = np.array([each.missing(counts) > 0 for each in problem.targets])
    some = np.flatnonzero(core.target >= 0)
    shape = (len(core.weight), len(core.least))
    aims = csr_matrix((core.amount[some].astype(float), (some, core.target[some])), shape=shape)
    covers = core.covers
    reach = np.maximum((covers @ aims).max(axis=0).toarray().reshape(-1), 1) if covers.shape[0] else np.ones(shape[1])
    largest = 1 + (covers @ core.weight.astype(float)).max(initial=0)
    least = np.ceil(largest / reach).astype(np.int64)
    return np.where(missed, np.maximum(2 * bonus, least), bonus)
