"""How hard a method tries."""

from __future__ import annotations

from dataclasses import dataclass, field

from circle15.siting.kernels import WORTH_COMPILING
from circle15.siting.problem import Problem
from circle15.siting.search import Stop
from circle15.siting.solver import Solver, highs


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try. Everything but ``stop`` is counted, so that equal inputs give equal plans.

    ``gap``: good enough. ``starts`` local searches with ``seed``, each of ``rounds`` for every place; ``steps`` of
    the bound; ``nodes`` of the solver's tree. A stage is left out by 0 of it. ``fast``: compiled search or not, by
    size where None: the same plan either way.
    """

    gap: float = 0.0
    seed: int = 0
    starts: int = 3
    rounds: int = 20
    steps: int = 1000
    nodes: int = 5000
    cases: int = 400
    solver: Solver = highs
    fast: bool | None = None
    stop: Stop = field(default=lambda: False)

    def compiles(self, problem: Problem) -> bool:
        """Whether loops are compiled for a problem: of a small one that would take longer than all the rest."""
        return problem.covers.nnz >= WORTH_COMPILING if self.fast is None else self.fast
