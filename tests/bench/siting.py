"""Sites: the best plan, and the proof of how good it is."""

from __future__ import annotations

import os
import shutil
import time
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from circle15.siting import Effort, Problem, Solution, solve
from tests.bench import boroughs
from tests.bench.networks import SHARED
from tests.bench.registry import SEED, Case, Figure, Goal, Input, Side, peak_mb, timed, times
from tests.instances import load

_SHARED = ("s2k", "s20k", "s100kr")
_PACKAGES = ("numpy", "scipy", "highspy", "numba")


def _make_shared(folder: Path, smoke: bool) -> None:
    for name in _SHARED:
        if smoke:
            boroughs.make(folder / f"{name}.npz", 300, 40)
        else:
            shutil.copy(SHARED / "siting" / f"{name}.npz", folder)


def _make_large(folder: Path, smoke: bool) -> None:
    boroughs.make(folder / "s500k.npz", *((300, 40) if smoke else (500_000, 20_000)))


SITES = Input("sites", "generated covering instances", _make_shared)
BOROUGHS = Input("boroughs", "a larger covering instance", _make_large)


def _problem(folder: Path, smoke: bool, name: str, places: tuple[int, ...], *, served: bool) -> Problem:
    return load(folder / f"{name}.npz", tuple(min(each, 3) for each in places) if smoke else places, served=served)


def _warm(problem: Problem) -> None:
    """What is compiled or loaded once."""
    few = problem.covers[:20]
    part = Problem(problem.candidate_ids[:20], few, problem.weight, problem.depth, (2,))
    solve(part, Effort(rounds=1, steps=2, fast=True))


def _plan(folder: Path, smoke: bool, name: str, places: tuple[int, ...], served: bool = True) -> Figure:
    problem = _problem(folder, smoke, name, places, served=served)
    _warm(problem)
    return timed(lambda: solve(problem, Effort()), _said)


def _gap(folder: Path, smoke: bool, name: str, places: tuple[int, ...], served: bool = True) -> Figure:
    """The gap in per cent, and a millionth of one where there is none: a figure is more than nothing."""
    found = solve(_problem(folder, smoke, name, places, served=served), Effort())
    return Figure(max(100 * found.gap, 1e-6), _said(found), peak_mb=peak_mb())


def _seated(folder: Path, smoke: bool) -> Problem:
    """20,000 homes, and candidates that hold 0.5, 0.75 or 1 of what the tenth most asked for is asked for."""
    problem = _problem(folder, smoke, "s20k", (50,), served=True)
    asked = np.asarray(problem.covers @ np.where(problem.depth > 0, problem.weight, 0))
    parts = np.random.default_rng(SEED).choice([0.5, 0.75, 1.0], len(asked))
    return replace(problem, capacity=np.maximum(1, np.quantile(asked, 0.9) * parts).astype(np.int64))


def _seated_plan(folder: Path, smoke: bool) -> Figure:
    problem = _seated(folder, smoke)
    solve(replace(problem, places=(2,)), Effort(rounds=0, steps=2, nodes=0, fast=True))  # compiled once
    return timed(lambda: solve(problem, Effort()), _said)


def _seated_gap(folder: Path, smoke: bool) -> Figure:
    found = solve(_seated(folder, smoke), Effort())
    return Figure(max(100 * found.gap, 1e-6), _said(found), peak_mb=peak_mb())


def _said(found: Solution) -> str:
    gap = "optimal" if found.status == "optimal" else f"gap {100 * found.gap:.2f} %"
    return f"{found.objective:,} of at most {found.bound:,}, {gap}"


# ---- against spopt -------------------------------------------------------------------------------------------


def _ours(folder: Path, smoke: bool) -> Figure:
    problem = _problem(folder, smoke, "s2k", (10,), served=True)
    _warm(problem)
    return timed(lambda: solve(problem, Effort()), lambda found: f"{found.objective:,}")


def _spopt(folder: Path, smoke: bool, solver: str) -> Figure:
    """From the matrix of costs to the plan; CBC runs in a process of its own, whose seconds count."""
    import pulp
    from spopt.locate import MCLP

    problem = _problem(folder, smoke, "s2k", (10,), served=True)
    costs, weight = 1.0 - problem.covers.toarray().T, problem.weight.reshape(-1, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # spopt 0.7 speaks to PuLP as PuLP 4 will not have it
        engine = {"CBC": pulp.PULP_CBC_CMD, "HiGHS": pulp.HiGHS}[solver](msg=False)
        begin, wall = os.times(), time.perf_counter()
        model = MCLP.from_cost_matrix(costs, weight, 0.5, problem.site_count).solve(engine)
    passed, end = time.perf_counter() - wall, os.times()
    spent = sum(end[:4]) - sum(begin[:4])
    opened = np.flatnonzero([each.value() > 0.5 for each in model.fac_vars])
    return Figure(max(spent, 1e-3), f"{problem.covered(opened):,}", passed, peak_mb())


def _sides(measure: Any, rows: tuple[tuple[Any, ...], ...]) -> tuple[Side, ...]:
    return tuple(
        Side(says, partial(measure, name=name, places=places, served=served), goal=Goal("<=", most), processes=count)
        for says, name, places, served, most, count in rows
    )


CASES = (
    Case(
        name="siting-spopt",
        what="The ten sites that cover most, of 2,000 homes and 500 candidates: from who is near whom to the plan, "
        "proven optimal; spopt from its matrix of costs, with either solver.",
        input=SITES,
        sides=(
            Side("circle15", _ours),
            Side("spopt, CBC", partial(_spopt, solver="CBC"), "spopt", times(10), processes=1),
            Side("spopt, HiGHS", partial(_spopt, solver="HiGHS"), "spopt", times(10), processes=1),
        ),
        packages=_PACKAGES,
    ),
    Case(
        name="siting",
        what="Plans of the sites that cover most, and their bounds: of 20,000 homes and 2,000 candidates; of 100,000 "
        "and 10,000, with 220 facilities standing or with none.",
        input=SITES,
        sides=_sides(
            _plan,
            (
                ("20k × 2k, 10 sites", "s20k", (10,), True, 3, 3),
                ("100k × 10k, 10 sites", "s100kr", (10,), True, 4, 3),
                ("100k × 10k, 50 sites", "s100kr", (50,), True, 15, 1),
                ("100k × 10k, 200 sites", "s100kr", (200,), True, 15, 1),
                ("100k × 10k, 10 sites in each of three years", "s100kr", (10, 10, 10), True, 10, 1),
                ("100k × 10k, none standing, 50 sites", "s100kr", (50,), False, 25, 1),
                ("100k × 10k, none standing, 200 sites", "s100kr", (200,), False, 60, 1),
            ),
        ),
        packages=_PACKAGES,
        same_answer=False,
    ),
    Case(
        name="siting-gap",
        what="How far the same plans are from their bounds at most; 0.000001 stands for nothing.",
        input=SITES,
        unit="%",
        sides=_sides(
            _gap,
            (
                ("20k × 2k, 10 sites", "s20k", (10,), True, 1e-6, 1),
                ("100k × 10k, 10 sites", "s100kr", (10,), True, 1e-6, 1),
                ("100k × 10k, 50 sites", "s100kr", (50,), True, 1e-6, 1),
                ("100k × 10k, 200 sites", "s100kr", (200,), True, 0.25, 1),
                ("100k × 10k, 10 sites in each of three years", "s100kr", (10, 10, 10), True, 0.4, 1),
                ("100k × 10k, none standing, 50 sites", "s100kr", (50,), False, 0.15, 1),
                ("100k × 10k, none standing, 200 sites", "s100kr", (200,), False, 0.5, 1),
            ),
        ),
        packages=_PACKAGES,
        same_answer=False,
    ),
    Case(
        name="siting-seats",
        what="Fifty sites of 20,000 homes and 2,000 candidates, each of which holds no more than so many people.",
        input=SITES,
        sides=(Side("20k × 2k with seats, 50 sites", _seated_plan, goal=Goal("<=", 20), processes=1),),
        remark="Asked is a gap of at most 1 %.",
        packages=_PACKAGES,
    ),
    Case(
        name="siting-seats-gap",
        what="How far the same plan is from its bound at most.",
        input=SITES,
        unit="%",
        sides=(Side("20k × 2k with seats, 50 sites", _seated_gap, goal=Goal("<=", 1), processes=1),),
        packages=_PACKAGES,
    ),
    Case(
        name="siting-large",
        what="Ten sites of 20,000 candidates for 500,000 homes, made by `tests/bench/boroughs.py` from its seed.",
        input=BOROUGHS,
        sides=_sides(
            _plan,
            (
                ("500k × 20k, 10 sites", "s500k", (10,), True, 20, 1),
                ("500k × 20k, 50 sites", "s500k", (50,), True, 40, 1),
            ),
        ),
        remark="Asked are at most 3,000 MB, and for 50 sites a gap of at most 0.3 %.",
        packages=_PACKAGES,
        same_answer=False,
    ),
)
