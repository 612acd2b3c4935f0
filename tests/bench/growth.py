"""How the cost of a study grows with its size."""

from __future__ import annotations

import math
import time
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from circle15 import pipeline
from circle15.study import load_study
from tests import studies
from tests.bench.registry import SEED, Case, Figure, Goal, Input, Side, peak_mb

_TIMES = (1, 2, 4, 8)
_HOMES, _STREET_M, _REPEATS = 12_000, 100.0, 3
_PACK = "jinjiang-2022"


def _make(folder: Path, smoke: bool) -> None:
    """Towns of one density: a grid of streets of 100 m, four homes to a crossing, one centre to 400 homes."""
    for factor in _TIMES:
        _write_town(folder / f"x{factor}", factor * (60 if smoke else _HOMES))


def _write_town(folder: Path, homes: int) -> None:
    random, side = np.random.default_rng(SEED), round(math.sqrt(homes / 4))
    edge = side * _STREET_M
    lines = [[[at * _STREET_M, to * _STREET_M] for to in range(side + 1)] for at in range(side + 1)]
    streets = [*lines, *([[y, x] for x, y in line] for line in lines)]
    places = (random.random((homes, 2)) * edge).round(3)
    people = random.integers(50, 900, (homes, 2))
    areas = [
        {"id": f"R{number}", "x": float(x), "y": float(y), "households": int(count), "pop60": int(old)}
        for number, ((x, y), (count, old)) in enumerate(zip(places, people, strict=True))
    ]
    spots = (random.random((max(homes // 400, 1), 2)) * edge).round(3)
    centres = [
        {"id": f"F{number}", "x": float(x), "y": float(y), "type": "day_care"} for number, (x, y) in enumerate(spots)
    ]
    studies.write(folder, _PACK, {"residential": areas, "facilities": centres}, streets=streets)


def _seconds(study: Path, out: Path) -> float:
    """Processor seconds from files to tables."""
    began = time.process_time()
    pipeline.deliver(pipeline.audit(load_study(study)), ("tables",), out, {})
    return time.process_time() - began


def _grow(folder: Path, smoke: bool) -> Figure:
    """The slope of the logarithm of the cost over that of the size, by least squares."""
    measure = partial(_seconds, out=folder / "out")
    measure(folder / "x1" / "study.toml")  # what is loaded and compiled once
    costs = [
        median(measure(folder / f"x{factor}" / "study.toml") for _ in range(1 if smoke else _REPEATS))
        for factor in _TIMES
    ]
    slope = float(np.polyfit(np.log(_TIMES), np.log(costs), 1)[0])
    return Figure(
        slope,
        ", ".join(f"{factor}×: {cost:.2f} s" for factor, cost in zip(_TIMES, costs, strict=True)),
        peak_mb=peak_mb(),
    )


CASES = (
    Case(
        name="growth",
        what=f"A town of {_HOMES:,} homes and towns of 2, 4 and 8 times the size, from files to tables: the exponent.",
        input=Input("growing", "grid towns of one density", _make),
        sides=(Side("circle15", _grow, goal=Goal("<=", 1.15), processes=1),),
        unit="exponent",
        remark="1 is linear; what does not grow at all, such as loading the pack, pulls it below.",
        packages=("numpy", "pandas"),
    ),
)
