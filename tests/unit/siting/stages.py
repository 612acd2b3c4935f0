"""What every stage of the method must hold to, beside exhaustive search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from circle15.siting.effort import Effort
from circle15.siting.problem import Choice, Problem, objections, objective
from circle15.siting.proof import check
from circle15.siting.solve import solve
from tests.exhaustive import Instance, best


def compare_stages(
    instance: Instance, problem: Problem, stages: Mapping[str, Effort], where: str, unit: int = 1
) -> None:
    """The same of an instance whose choices are sites by the year they open in.

    ``unit``: what the weights of the problem are multiplied by.
    """

    def read(chosen: Choice) -> tuple[bool, Fraction | int]:
        when = dict(zip(chosen.rows.tolist(), chosen.stages.tolist(), strict=True))
        return instance.allows(when), instance.value(when) * unit

    optimum = best(instance)
    compare_plans(problem, None if optimum is None else optimum * unit, stages, where, read)


def compare_plans(
    problem: Problem,
    optimum: Fraction | int | None,
    stages: Mapping[str, Effort],
    where: str,
    read: Callable[[Choice], tuple[bool, Fraction | int]],
) -> None:
    """Value ≤ optimum ≤ bound for each of the stages, and equality where that is claimed.

    ``read``: whether the instance allows a choice, and what it is worth there. ``optimum``: None where nothing is
    allowed.
    """
    for stage, effort in stages.items():
        place = f"{where} {stage}"
        found = solve(problem, effort)
        if optimum is None:
            assert found.status == ("infeasible" if effort.nodes else "time_limit"), place
            assert not len(found.chosen.rows), place
            continue
        if objections(problem, found.chosen):  # none found, which only the solver never says
            assert (found.status, effort.nodes, len(found.chosen.rows)) == ("time_limit", 0, 0), place
            assert optimum <= found.bound, place
            continue
        assert found.status != "infeasible", place
        allowed, value = read(found.chosen)
        assert allowed, place
        assert found.objective == value == objective(problem, found.chosen), place
        assert found.objective <= optimum <= found.bound <= max(found.bound, found.proven), place
        assert optimum <= check(problem, found.objective, found.links).bound == found.proven, place
        assert (found.status == "optimal") == (found.objective == found.bound), place
        if effort.nodes:
            assert found.status == "optimal", place
