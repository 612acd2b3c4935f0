"""Every benchmark runs, on something tiny, and its sides give the same answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bench import runner
from tests.bench.cases import CASES
from tests.bench.registry import Case, Figure, Goal, Side, times


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inputs")


def _apart(sides: Sequence[Side]) -> list[Side]:
    """One side of each package and measure: others differ in size alone, and all are tiny here."""
    found = {(side.package, getattr(side.measure, "func", side.measure)): side for side in reversed(sides)}
    return [side for side in sides if side in found.values()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_runs_and_its_sides_agree(case: Case, inputs: Path) -> None:
    folder = runner.prepare(case, inputs, smoke=True)
    sides = [side for side in _apart(case.sides) if not runner.missing(side)]
    assert not runner.missing(case.sides[0])
    try:
        results = [runner.Result(side, side.measure(folder, True), "1") for side in sides]
    except FileNotFoundError as error:
        pytest.skip(str(error))
    assert all(math.isfinite(result.figure.value) for result in results)  # a slope over tiny towns may be below 0
    if case.same_answer:
        assert len({result.figure.answer for result in results}) == 1, [result.figure.answer for result in results]
    assert len(runner.table(case, results)) == 2 + len(results)


def test_each_case_and_each_of_its_sides_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    for case in CASES:
        assert len({side.name for side in case.sides}) == len(case.sides)
        assert case.sides[0].package is None


def _case(*sides: Side) -> Case:
    return Case("invented", "Nothing.", sides)


def test_a_table_gives_ratios_to_our_side_and_says_what_is_not_reached() -> None:
    def measure(folder: Path, smoke: bool) -> Figure:
        raise NotImplementedError

    ours = Side("ours", measure, goal=Goal("<=", 1.5))
    peer, rival = Side("peer", measure, "numpy", times(30)), Side("rival", measure, "numpy", times(3))
    results = [
        runner.Result(ours, Figure(2.0, "7", 1.0, 100.0), "1"),
        runner.Result(peer, Figure(60.0, "7", 40.0, 50.0), "2"),
        runner.Result(rival, Figure(5.0, "8"), "3"),
    ]
    assert runner.table(_case(ours, peer, rival), results)[2:] == [
        "| ours 1 | 2 |  | 1 |  | 100 | <= 1.5 | **no** | 7 |",
        "| peer 2 | 60 | 30 × | 40 | 40 × | 50 | >= 30 × | yes | 7 |",
        "| rival 3 | 5 | 2.5 × |  |  | 0 | >= 3 × | **no** | 8 |",
    ]


def test_the_document_has_sections_of_cases_in_their_order() -> None:
    names = [name for name, _ in runner.sections_of(runner.DOCUMENT.read_text(encoding="utf-8"))]
    assert names == [case.name for case in CASES if case.name in names]


def test_a_section_is_replaced_and_the_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "DOCUMENT", tmp_path / "benchmarks.md")
    runner.write({"b": "## b\n\nold\n"}, ["a", "b"])
    runner.write({"a": "## a\n\nfirst\n"}, ["a", "b"])
    runner.write({"b": "## b\n\nnew\n"}, ["a", "b"])
    sections = runner.sections_of(runner.DOCUMENT.read_text(encoding="utf-8"))
    assert sections == [("a", "## a\n\nfirst\n"), ("b", "## b\n\nnew\n")]
