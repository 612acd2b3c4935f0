"""HiGHS on what is left of a problem: the only module that imports it. Its answers are checked, never believed.

The number of threads is never set: changed within one process, HiGHS answers "Not Set" with bound 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.sparse import csr_matrix, hstack, identity, vstack

from circle15.siting.bound import Floats
from circle15.siting.options import Options
from circle15.siting.problem import Ints
from circle15.siting.search import Stop

Outcome = Literal["optimal", "infeasible", "stopped", "unknown"]


@dataclass(frozen=True, slots=True)
class Model:
    """Maximise gain · v with matrix · v ≤ most and 0 ≤ v ≤ upper; the first ``whole`` variables are whole."""

    gain: Floats
    upper: Floats
    whole: int
    matrix: csr_matrix
    most: Floats


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver says: the values it gives, if any, and a bound, maybe infinite. None of it is proof."""

    outcome: Outcome
    values: Floats | None
    bound: float


# Weights are whole numbers: a gap below 1 is none. The rest is what proved plans fastest on the benchmarks.
_SETTINGS = {
    "mip_abs_gap": 0.9,
    "mip_allow_restart": False,
    "mip_heuristic_effort": 0.0,
    "mip_detect_symmetry": False,
}

# (model, (most nodes, how close is close enough), stop) → answer
Solver = Callable[[Model, tuple[int, float], Stop], Answer]


def covering_model(options: Options) -> Model:
    """A whole variable for each option, and one for how often each demand counts in each year."""
    core, years = options.core, len(options.core.places)
    candidates, demand = len(options.owner), len(options.weight)
    coverers = csr_matrix(options.covers.T.astype(float))
    of_year = csr_matrix((np.ones(candidates), (options.stage, np.arange(candidates))), shape=(years, candidates))
    of_owner = csr_matrix((np.ones(candidates), (options.owner, np.arange(candidates))), (len(core.row), candidates))
    limits = hstack([core.limits.astype(float)] * years)
    targets = _target_rows(options)
    fewest = np.array(core.fewest or [0] * years, dtype=float)
    parts = [
        (-coverers, identity(demand), np.zeros(demand)),
        (of_year, None, np.array(core.places, dtype=float)),
        (-of_year[fewest > 0], None, -fewest[fewest > 0]),
        (of_owner if years > 1 else of_owner[:0], None, np.ones(len(core.row) if years > 1 else 0)),
        (limits, None, core.most.astype(float)),
        (-of_owner[core.must], None, -np.ones(int(core.must.sum()))),
        (csr_matrix((targets.shape[0], candidates)), -targets, -core.least.astype(float)),
    ]
    blocks = [
        hstack([x, csr_matrix((x.shape[0], demand)) if y is None else y])
        for x, y, most in parts
        if x.shape[0] and len(most)
    ]
    return Model(
        gain=np.r_[np.zeros(candidates), options.weight.astype(float)],
        upper=np.r_[options.allowed.astype(float), options.depth.astype(float)],
        whole=candidates,
        matrix=csr_matrix(vstack(blocks)),
        most=np.concatenate([most for *_, most in parts]),
    )


def model_of(options: Options) -> Model:
    """The model of what is left of a problem, with or without capacities."""
    model, capacity = covering_model(options), options.core.capacity
    return model if capacity is None else _seated_model(options, model, capacity)


def _seated_model(options: Options, covering: Model, capacity: Ints) -> Model:
    """The covering model in which it is people at sites who count: of each option and demand that it covers.

    A site holds its capacity if it is open, and of one demand no more than there is; of each demand no more than there
    is has a place, in each year.
    """
    entries = options.covers.tocoo()
    count, before = len(entries.data), len(covering.gain)
    which, weight = np.arange(count), options.weight[entries.col].astype(float)
    counts = options.depth[entries.col] > 0
    # A candidate's capacity is there anew in each year.
    year = entries.col // len(options.core.weight)
    years = len(options.core.places)
    holder = entries.row * years + year
    holds = csr_matrix((np.ones(count), (holder, which)), shape=(len(options.owner) * years, count))
    opens = csr_matrix(
        (np.repeat(-capacity[options.owner].astype(float), years), (np.arange(holds.shape[0]),) * 2),
        shape=(holds.shape[0],) * 2,
    )
    opens = opens @ csr_matrix(
        (np.ones(holds.shape[0]), (np.arange(holds.shape[0]), np.repeat(np.arange(len(options.owner)), years))),
        shape=(holds.shape[0], len(options.owner)),
    )
    each = csr_matrix((-weight, (which, entries.row)), shape=(count, len(options.owner)))
    people = csr_matrix((np.ones(count), (entries.col, which)), shape=(len(options.weight), count))
    rest = before - len(options.owner)
    blocks = [
        hstack([covering.matrix, csr_matrix((covering.matrix.shape[0], count))]),
        hstack([opens, csr_matrix((holds.shape[0], rest)), holds]),
        hstack([each, csr_matrix((count, rest)), identity(count)]),
        hstack([csr_matrix((len(options.weight), before)), people]),
    ]
    return Model(
        gain=np.r_[np.zeros(before), np.ones(count)],
        upper=np.r_[covering.upper, np.where(counts, weight, 0.0)],
        whole=covering.whole,
        matrix=csr_matrix(vstack(blocks)),
        most=np.r_[covering.most, np.zeros(holds.shape[0] + count), options.weight.astype(float)],
    )


def _target_rows(options: Options) -> csr_matrix:
    """Targets × demand of the last year, by what it counts there."""
    core = options.core
    last = (len(core.places) - 1) * len(core.weight)
    columns = np.flatnonzero(core.target >= 0)
    shape = (len(core.least), len(options.weight))
    amount = core.amount[columns].astype(float)
    return csr_matrix((amount, (core.target[columns], last + columns)), shape=shape)


def highs(model: Model, effort: tuple[int, float], stop: Stop) -> Answer:
    """Ask HiGHS, for at most so many nodes of its tree, to a relative gap.

    A missing library or a strange answer is "unknown".
    """
    try:
        import highspy  # noqa: PLC0415  # absent, plans carry the Lagrangian bound alone
    except ImportError:
        return Answer("unknown", None, math.inf)
    engine = _engine(highspy)
    for name, value in {**_SETTINGS, "mip_max_nodes": effort[0], "mip_rel_gap": effort[1]}.items():
        engine.setOptionValue(name, value)
    engine.passModel(_lp(highspy, model))

    def interrupt(event: Any) -> None:
        if stop():
            event.interrupt()

    engine.cbMipInterrupt.subscribe(interrupt)
    engine.run()
    return _answer(highspy, engine)


def _engine(highspy: Any) -> Any:
    """A HiGHS that never writes to the standard output, not even its greeting, which others may be parsing."""

    class Quiet(highspy.Highs):  # type: ignore[misc]  # highspy is imported late
        def enableCallbacks(self) -> None:  # noqa: N802  # its name; it runs while the engine is made
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    return Quiet()


def _lp(highspy: Any, model: Model) -> Any:
    lp = highspy.HighsLp()
    columns = model.matrix.tocsc()
    lp.num_row_, lp.num_col_ = columns.shape
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.gain, np.zeros(lp.num_col_), model.upper
    lp.row_lower_, lp.row_upper_ = np.full(lp.num_row_, -highspy.kHighsInf), model.most
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.num_row_, lp.a_matrix_.num_col_ = columns.shape
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = columns.indptr, columns.indices, columns.data
    kinds = [highspy.HighsVarType.kInteger] * model.whole
    lp.integrality_ = kinds + [highspy.HighsVarType.kContinuous] * (lp.num_col_ - model.whole)
    return lp


def _answer(highspy: Any, engine: Any) -> Answer:
    status = highspy.HighsModelStatus
    outcomes: dict[Any, Outcome] = {
        status.kOptimal: "optimal",
        status.kInfeasible: "infeasible",
        status.kSolutionLimit: "stopped",
        status.kTimeLimit: "stopped",
        status.kIterationLimit: "stopped",
        status.kInterrupt: "stopped",
        status.kHighsInterrupt: "stopped",
    }
    outcome = outcomes.get(engine.getModelStatus(), "unknown")
    info = engine.getInfo()
    solution = engine.getSolution()
    has_values = info.valid and solution.value_valid and math.isfinite(info.objective_function_value)
    values = np.array(solution.col_value) if has_values and outcome in {"optimal", "stopped"} else None
    bound = info.mip_dual_bound if info.valid and outcome in {"optimal", "stopped"} else math.inf
    return Answer(outcome, values, bound if math.isfinite(bound) else math.inf)
