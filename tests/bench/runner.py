"""Runs benchmarks in fresh processes, side after side in turn, and writes what came out to docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import circle15
from tests.bench.registry import Case, Figure, Side

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = ROOT / "docs" / "benchmarks.md"
_HEAD = """\
# Benchmarks

Written by `scripts/bench [CASE …]`; not edited by hand. Each line is the median of several fresh processes, and all
lines of a table come from one run, their processes taking turns. Seconds are those of the processor, so that they
hardly depend on what else runs; ratios say how many times our figure the peer's is, and carry over to other machines
where seconds do not. What both sides answer stands beside it: a peer that rounds or that counts less shows there.
Peers are the dependency group `bench` of `pyproject.toml`. Real data is that of `SOURCES.md` beside it, which is not
part of the repository; the large composite is four cities side by side, not a place.
"""


@dataclass(frozen=True, slots=True)
class Result:
    """The median figure of one side, and the version of what it ran."""

    side: Side
    figure: Figure
    release: str


def missing(side: Side) -> bool:
    """Whether the peer of a side is not installed."""
    return side.package is not None and release(side.package) == ""


def release(package: str) -> str:
    """The version of a distribution, empty where it is not installed; circle15 is measured as it stands here."""
    if package == "circle15":
        return circle15.__version__
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def prepare(case: Case, inputs: Path, *, smoke: bool = False) -> Path:
    """The folder of what a case is measured on. Raises FileNotFoundError where its data is not there."""
    folder = inputs / case.input.name
    if not folder.is_dir():
        making = folder.with_suffix(".part")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        case.input.make(making, smoke)
        making.rename(folder)
    return folder


def run(case: Case, inputs: Path) -> list[Result]:
    """The figures of all sides of a case that can be had. Raises FileNotFoundError where its data is not there."""
    folder = prepare(case, inputs)
    sides = [side for side in case.sides if not missing(side)]
    figures: dict[str, list[Figure]] = {side.name: [] for side in sides}
    for number in range(max(side.processes for side in sides)):
        for side in sides:
            if number < side.processes:
                figures[side.name].append(_measure(case, side, folder))
    return [Result(side, _middle(figures[side.name]), release(side.package or "circle15")) for side in sides]


def _measure(case: Case, side: Side, folder: Path) -> Figure:
    """One side in a process of its own."""
    command = [sys.executable, str(ROOT / "scripts" / "bench"), "--one", case.name, side.name, str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Figure(**json.loads(done.stdout.splitlines()[-1]))


def measure_here(case: Case, name: str, folder: Path) -> None:
    """What :func:`run` starts a process for: print the figure as JSON."""
    side = next(side for side in case.sides if side.name == name)
    print(json.dumps(asdict(side.measure(folder, False))))


def _middle(figures: Sequence[Figure]) -> Figure:
    walls = [figure.wall for figure in figures if figure.wall is not None]
    return Figure(
        value=median(figure.value for figure in figures),
        answer=figures[-1].answer,
        wall=median(walls) if walls else None,
        peak_mb=median(figure.peak_mb for figure in figures),
    )


# ---- what came out, in words ---------------------------------------------------------------------------------


def table(case: Case, results: Sequence[Result]) -> list[str]:
    """The lines of a Markdown table."""
    ours = results[0].figure
    lines = [
        f"| side | {case.unit} | ratio | elapsed | ratio | peak MB | asked | reached | answer |",
        "|---|--:|--:|--:|--:|--:|---|---|---|",
    ]
    for result in results:
        figure, goal = result.figure, result.side.goal
        ratio = figure.value / ours.value
        measured = ratio if goal and goal.ratio else figure.value
        cells = [
            f"{result.side.name} {result.release}",
            _number(figure.value),
            _times(ratio) if result.side.package else "",
            "" if figure.wall is None else _number(figure.wall),
            _times(figure.wall / ours.wall) if result.side.package and figure.wall and ours.wall else "",
            f"{figure.peak_mb:,.0f}",
            "" if goal is None else f"{goal.op} {goal.number:g}{' ×' if goal.ratio else ''}",
            "" if goal is None else ("yes" if goal.holds(measured) else "**no**"),
            figure.answer,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _times(ratio: float) -> str:
    return f"{ratio:.0f} ×" if ratio >= 20 else f"{ratio:.2g} ×"


def section(case: Case, results: Sequence[Result]) -> str:
    """What docs/benchmarks.md says of a case."""
    left_out = [side.name for side in case.sides if missing(side)]
    body = [f"## {case.name}", "", case.what, "", *table(case, results)]
    if case.remark:
        body += ["", case.remark]
    if left_out:
        body += ["", f"Not installed and left out: {', '.join(left_out)}."]
    return "\n".join([*body, "", f"{machine()}; {versions(case)}.", ""])


def machine() -> str:
    """The machine in general terms."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    moment = f"{datetime.now(UTC):%Y-%m}"
    return f"{moment}, {model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def versions(case: Case) -> str:
    """What our side stands on."""
    return ", ".join(f"{package} {release(package)}" for package in case.packages)


def write(sections: Mapping[str, str], order: Sequence[str]) -> None:
    """Put these sections into the document in the place of older ones of the same cases."""
    known = dict(sections_of(DOCUMENT.read_text(encoding="utf-8"))) if DOCUMENT.is_file() else {}
    known.update(sections)
    text = "\n".join([_HEAD, *(known[name] for name in order if name in known)])
    DOCUMENT.write_text(text, encoding="utf-8", newline="\n")


def sections_of(text: str) -> list[tuple[str, str]]:
    """The sections of the document by the names of their cases."""
    parts = ("\n" + text).split("\n## ")[1:]
    return [(part.split("\n", 1)[0], f"## {part.rstrip()}\n") for part in parts]
