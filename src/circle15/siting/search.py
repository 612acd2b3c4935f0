"""Good plans: greedy, then local search that ruins a part of the plan and recreates it, from several seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from circle15.siting.kernels import DRAWS, PLAIN, Kernels, State, World, compiled
from circle15.siting.options import Options, empty, world
from circle15.siting.problem import Choice, Ints

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


def prepare(options: Options, bonus: int = 0, *, fast: bool = False) -> Search:
    """A search with nothing open. ``bonus``: the weight of a covered target column; ``fast``: compiled or not."""
    made = world(options, bonus)
    return Search(options, made, empty(options, made), compiled() if fast else PLAIN)
