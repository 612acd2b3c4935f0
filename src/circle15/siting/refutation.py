"""That no plan keeps all constraints, proven in integers.

Covering is left out: where weights are 0 any plan is worth 0, and multipliers whose bound is below 0 show that there is
none (the lemma of Farkas); where one set of them does not, cases do, as for any other bound.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from circle15.core.results import Multipliers
from circle15.siting.ascent import descend, start
from circle15.siting.cases import divide
from circle15.siting.core import Core, reduce
from circle15.siting.effort import Effort
from circle15.siting.problem import Ints, Problem
from circle15.siting.proof import check, spread

# No plan is worth less than 0; multipliers may be enlarged at will, so that well below it rounding does not matter.
_NONE, _WELL_BELOW = -1, -8


def refute(problem: Problem, effort: Effort) -> tuple[Multipliers, ...] | None:
    """Steps that prove that no plan keeps all constraints; None if none are found. Without steps it shows by itself."""
    if _contradicts(problem):
        return ()
    blank = _blank(problem)
    core = reduce(blank, dominated=False)
    ascent = descend(core, start(core, _uncovered(core)), _WELL_BELOW, effort.steps // 5, effort.stop)
    links: tuple[Multipliers, ...] = (spread(blank, core, ascent.held),)
    if not refuted(problem, links):
        links = divide(blank, _NONE, links, effort, _uncovered, aim=_WELL_BELOW)
    return links if refuted(problem, links) else None


def refuted(problem: Problem, links: tuple[Multipliers, ...]) -> bool:
    """Whether steps prove that no plan keeps all constraints. Raises ValueError for multipliers that are not sound."""
    return _contradicts(problem) or check(_blank(problem), _NONE, links).bound <= _NONE


def _contradicts(problem: Problem) -> bool:
    """Whether more sites are required than there are places, or one that is forbidden."""
    required = problem.required
    return len(required) > problem.site_count or bool(np.isin(required, problem.forbidden).any())


def _blank(problem: Problem) -> Problem:
    """The same constraints with nothing to cover."""
    return replace(problem, weight=np.zeros_like(problem.weight), capacity=None)


def _uncovered(core: Core) -> Ints:
    return np.zeros((len(core.weight), len(core.places)), dtype=np.int64)
