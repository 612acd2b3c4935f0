"""Studies beside each other: sums by hand, never means of shares; ranks; what is lacking."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circle15.core.league import Figures, League
from circle15.judge import figures, league

PLACES = {"a": ("甲市", "省"), "b": ("甲市", "省"), "c": ("乙市", "省"), "d": ("", "")}


def row(study_id: str, **values: Any) -> dict[str, Any]:
    """A figure of a study: a share by people unless said otherwise."""
    blank = dict.fromkeys(column.name for column in Figures.columns)
    common = {"level": "study", "unit_id": study_id, "pack": "p", "rule_id": "R", "standing": "expected"}
    what = {"threshold": "< 700 m", "basis": "population", "metric": "network", "headline": True, "studies": 1}
    return blank | common | what | {"unknown": 0.0} | values


def share(study_id: str, covered: float, total: float, outcome: str = "fail", **values: Any) -> dict[str, Any]:
    shown = {"covered": covered, "total": total, "share": covered / total if total else None, "outcome": outcome}
    return row(study_id, **shown, **values)


def amount(study_id: str, top: float | None, below: float | None, **values: Any) -> dict[str, Any]:
    known = top is not None
    value = None if not known else top * 1000 / (below or 1000)  # type: ignore[operator]
    common = {"basis": "amount", "per": 1000.0 if below else 1.0, "op": ">=", "limit": 4.0}
    outcome = "unknown" if not known else "pass" if value >= 4 else "fail"  # type: ignore[operator]
    shown = {"covered": top, "total": below, "value": value, "outcome": outcome, "unknown": float(not known)}
    return row(study_id, **common, **shown) | values


def task(study_id: str, done: float, asked: float, unknown: float = 0.0) -> dict[str, Any]:
    outcome = "pass" if done >= asked else "unknown" if unknown else "fail"
    return row(study_id, basis="tasks", op=">=", covered=done, total=asked, unknown=unknown, outcome=outcome)


def of(level: str, rows: list[dict[str, Any]], unit: str | None = None) -> dict[str, dict[str, Any]]:
    frame = figures(rows, PLACES).frame
    found = frame[frame["level"] == level].to_dict("records")
    return {each["unit_id"]: each for each in found if unit in (None, each["unit_id"])}


def test_a_share_of_a_city_is_of_its_people_not_of_its_shares():
    """1 of 10 and 90 of 100: 91 of 110, where the mean of the shares would be one half."""
    found = of("city", [share("a", 1, 10), share("b", 90, 100), share("c", 5, 10), share("d", 1, 1)])
    assert (found["甲市"]["covered"], found["甲市"]["total"], found["甲市"]["studies"]) == (91, 110, 2)
    assert found["甲市"]["share"] == 91 / 110
    assert list(found) == ["甲市", "乙市"]


def test_the_province_is_of_those_that_name_one_and_the_batch_of_all():
    rows = [share("a", 1, 10), share("b", 90, 100), share("c", 5, 10), share("d", 1, 1)]
    assert (of("province", rows)["省"]["covered"], of("province", rows)["省"]["total"]) == (96, 120)
    assert (of("batch", rows)["*"]["covered"], of("batch", rows)["*"]["total"]) == (97, 121)


def test_a_target_is_judged_on_the_sum():
    target: dict[str, Any] = {"op": ">=", "limit": 0.8}
    rows = [share("a", 1, 10, **target), share("b", 90, 100, "pass", **target)]
    assert of("city", rows)["甲市"]["outcome"] == "pass"
    assert of("city", [share("a", 1, 10, **target), share("b", 70, 100, **target)])["甲市"]["outcome"] == "fail"
    rows = [share("a", 1, 10, **target), row("b", covered=80.0, total=100.0, unknown=20.0, outcome="pass", **target)]
    assert of("city", rows)["甲市"]["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("outcomes", "sum_"),
    [
        (("pass", "pass"), "pass"),
        (("pass", "unknown"), "unknown"),
        (("fail", "unknown"), "fail"),
        (("not_applicable", "pass"), "pass"),
        ((None, "pass"), "pass"),
        ((None, None), None),
    ],
)
def test_without_a_target_the_worst_decides(outcomes, sum_):
    rows = [share(name, 1, 2, outcome) for name, outcome in zip("ab", outcomes, strict=True)]
    found = of("city", rows)["甲市"]["outcome"]
    assert (None if pd.isna(found) else found) == sum_


def test_a_ratio_is_of_the_sums_and_judged_on_them():
    """30 for 5,000 and 2 for 1,000 people: 32 for 6,000, 5.33 in 1,000, though b alone has 2."""
    found = of("city", [amount("a", 30, 5000), amount("b", 2, 1000)])["甲市"]
    assert (found["covered"], found["total"], found["outcome"]) == (32, 6000, "pass")
    assert found["value"] == pytest.approx(32 / 6)


def test_a_ratio_on_its_limit_passes_without_rounding():
    """0.4 in 100 and 0.4 in 100 is 4 in 1,000 to the last digit."""
    assert of("city", [amount("a", 0.4, 100), amount("b", 0.4, 100)])["甲市"]["outcome"] == "pass"


def test_a_stock_is_the_sum_and_reaches_what_no_study_does():
    found = of("city", [amount("a", 3.0, None), amount("b", 2.0, None)])["甲市"]
    assert (found["value"], found["outcome"]) == (5, "pass")


def test_a_value_that_one_lacks_the_sum_lacks():
    found = of("city", [amount("a", 30, 5000), amount("b", None, 1000)])["甲市"]
    assert (found["unknown"], found["outcome"]) == (1, "unknown")
    assert pd.isna(found["value"])


def test_an_amount_that_does_not_apply_adds_nothing():
    none = amount("b", 0.0, 0.0) | {"outcome": "not_applicable", "per": 1000.0, "value": None, "unknown": 0.0}
    found = of("city", [amount("a", 30, 5000), none])["甲市"]
    assert (found["value"], found["outcome"], found["studies"]) == (6, "pass", 1)
    alone = of("city", [none])["甲市"]
    assert alone["outcome"] == "not_applicable"


def test_a_task_share_is_what_is_done_of_what_was_set():
    """完成率: 50 of 100 and 30 of 20: 80 of 120. A zone that has not reported leaves its task in the sum."""
    found = of("city", [task("a", 50, 100), task("b", 30, 20), task("c", 40, 50, unknown=30)])
    assert (found["甲市"]["share"], found["甲市"]["outcome"]) == (80 / 120, "fail")
    assert (found["乙市"]["share"], found["乙市"]["unknown"], found["乙市"]["outcome"]) == (0.8, 30, "unknown")


@pytest.mark.parametrize(
    "other",
    [
        {"pack": "q"},
        {"threshold": "< 500 m"},
        {"basis": "pop60"},
        {"metric": "straight_line"},
        {"op": ">=", "limit": 0.5},
        {"rule_id": "S"},
        {"standing": "binding"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_figures_of_different_things_are_not_added_up(other):
    frame = figures([share("a", 1, 2), share("b", 1, 2) | other], PLACES).frame
    assert (frame["level"] == "batch").sum() == 2


def test_ranks_are_within_a_level_best_first_and_equals_share_one():
    found = of("study", [share("a", 1, 2), share("b", 3, 4), share("c", 2, 4), row("d", share=None)])
    assert [found[name]["rank"] for name in "abc"] == [2, 1, 2]
    assert pd.isna(found["d"]["rank"])


def test_less_ranks_first_where_less_is_asked_for():
    upper = {"op": "<=", "per": 1.0, "limit": 9.0}
    found = of("study", [amount("a", 3.0, None, **upper), amount("b", 2.0, None, **upper)])
    assert [found[name]["rank"] for name in "ab"] == [2, 1]


PARTS = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=4)


@given(PARTS)
def test_the_share_of_a_sum_lies_between_those_of_its_parts(parts):
    rows = [share(name, part, part + rest) for name, (part, rest) in zip("abcd", parts, strict=False)]
    found = of("batch", rows)["*"]
    shares = [each["share"] for each in rows if each["share"] is not None]
    if shares:
        assert min(shares) - 1e-12 <= found["share"] <= max(shares) + 1e-12
    assert found["covered"] == sum(each["covered"] for each in rows)


# ---- the league ----------------------------------------------------------------------------------------------


def study(name: str, binding: tuple[int, int, int] | None, expected: tuple[int, int, int] | None) -> dict[str, Any]:
    blank = dict.fromkeys(column.name for column in League.columns) | {"study": name, "status": "done", "exit_code": 0}
    for side, counts in (("binding", binding), ("expected", expected)):
        for outcome, count in zip(("pass", "fail", "unknown"), counts or (None,) * 3, strict=True):
            blank[f"{side}_{outcome}"] = count
    return blank


def test_binding_rules_rank_first_expected_ones_break_ties_and_are_never_mixed():
    rows = [
        study("a", (1, 1, 0), (9, 0, 0)),
        study("b", (1, 0, 0), (0, 9, 0)),
        study("c", (2, 1, 1), (9, 0, 0)),
        study("d", (1, 1, 0), (0, 1, 0)),
        study("e", None, None),
        study("f", (0, 0, 0), (1, 0, 0)),
    ]
    frame = league(rows).frame.set_index("study")
    assert frame["binding_share"].to_dict() == pytest.approx(
        {"a": 0.5, "b": 1, "c": 0.5, "d": 0.5} | dict.fromkeys("ef", float("nan")), nan_ok=True
    )
    assert frame["rank"].dropna().astype(int).to_dict() == {"b": 1, "a": 2, "c": 2, "d": 4, "f": 5}


def test_a_batch_of_none_has_tables_of_none():
    assert (len(league([])), len(figures([], {}))) == (0, 0)
