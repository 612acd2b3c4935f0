"""Time rules at other paces: the same distances, compared in whole millimetres."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.core.errors import ConfigError
from circle15.core.limit import Limit
from circle15.core.rule import Document, Pack
from circle15.core.tables import Access, Residential
from circle15.core.units import Pace
from circle15.judge.pace import pace_changes, pace_shares, parse_paces
from circle15.judge.subjects import CODE, FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Block
from tests.fakes import rule
from tests.studies import run

FRAIL, SLOW, ELDERLY, ADULT = (
    Pace("elderly_frail", 0.6),
    Pace("elderly_slow", 0.8),
    Pace("elderly", 1.0),
    Pace("adult", 1.2),
)
PACES = [ADULT, ELDERLY, SLOW, FRAIL]
PACK = Pack((Document("x", "虚构", "虚构", "in_force"),), {each.name: each for each in PACES}, {}, ())
RULE = rule("T-02", ("day_care",), Limit("<=", 15, "min"), force="aspired", pace=ELDERLY)


def homes(size, **columns):
    point = gpd.points_from_xy([0.0], [0.0])[0]
    ids = [f"R-{number + 1}" for number in range(size)]
    return Residential.build(gpd.GeoDataFrame({"area_id": ids, **columns}, geometry=[point] * size))


def access(mm, state="reached"):
    size = len(mm)
    states = [state if each is None else "reached" for each in mm]
    return Access.build(
        pd.DataFrame(
            {
                "rule_id": "T-02",
                "area_id": [f"R-{number + 1}" for number in range(size)],
                "facility_id": None,
                "distance_mm": pd.array(mm, dtype="Int64"),
                "home_leg_mm": pd.array([0] * size, dtype="Int64"),
                "facility_leg_mm": pd.array([0] * size, dtype="Int64"),
                "straight_mm": pd.array([0] * size, dtype="Int64"),
                "straight_facility_id": None,
                "state": states,
                "entrance_id": None,
                "reason": None,
            }
        )
    )


def block(outcome, rule=RULE):
    size = len(outcome)
    nothing = np.full(size, np.nan)
    return Block(rule, "network", np.array(outcome), nothing, nothing, np.full(size, CODE["measured"]))


def covered(mm, outcome, **columns):
    frame = pace_shares([block(outcome)], access(mm), homes(len(mm), **columns), PACES, None).frame
    return {(row.basis, row.m_s): (row.covered, row.total, row.unknown) for row in frame.itertuples()}


def test_the_limit_at_every_pace_is_met_to_the_millimetre():
    # 15 minutes are 540, 720, 900 and 1,080 m.
    mm = [540_000, 540_001, 720_000, 720_001, 900_000, 900_001, 1_080_000, 1_080_001]
    found = covered(mm, [PASS] * 5 + [FAIL] * 3)
    counts = [found["areas", speed] for speed in (0.6, 0.8, 1.0, 1.2)]
    assert counts == [(1, 8, 0), (3, 8, 0), (5, 8, 0), (7, 8, 0)]


def test_shares_weigh_people_and_a_basis_without_a_column_has_no_row():
    found = covered([500_000, 1_000_000], [PASS, FAIL], pop60=[30.0, 90.0])
    assert found["pop60", 1.0] == (30, 120, 0)
    assert found["pop60", 1.2] == (120, 120, 0)
    assert {basis for basis, _ in found} == {"areas", "pop60"}


def test_who_is_unknown_or_out_of_scope_stays_so():
    found = covered([500_000, None, 500_000, 500_000], [PASS, UNKNOWN, NOT_APPLICABLE, UNKNOWN])
    assert set(found.values()) == {(1, 3, 2)}


def test_shares_of_nothing_are_null():
    frame = pace_shares([block([NOT_APPLICABLE])], access([1]), homes(1), PACES, None).frame
    assert frame["share"].isna().all()


def test_paces_are_named_and_stand_slowest_first():
    frame = pace_shares([block([PASS])], access([1]), homes(1), PACES, None).frame
    assert frame["pace"].tolist() == ["elderly_frail", "elderly_slow", "elderly", "adult"]


def test_rules_in_metres_have_no_pace():
    rule = replace(RULE, limit=Limit("<", 700, "m"), pace=None)
    blocks = [block([PASS], rule)]
    assert len(pace_shares(blocks, access([1]), homes(1), PACES, None)) == 0
    assert len(pace_changes(blocks, access([1]), np.array(["R-1"], dtype=object), PACES, None)) == 0


def test_homes_that_change_sides_between_the_slowest_and_the_fastest_pace():
    mm = [1_000_000, 540_000, 600_000, 1_080_001, None]
    outcome = [FAIL, PASS, PASS, FAIL, FAIL]
    ids = np.array([f"R-{number}" for number in range(1, 6)], dtype=object)
    found = pace_changes([block(outcome)], access(mm, "unreachable"), ids, PACES, None).frame
    assert found["area_id"].tolist() == ["R-3", "R-1"]
    assert found["distance_mm"].tolist() == [600_000, 1_000_000]
    assert set(zip(found["fails_at_m_s"], found["passes_at_m_s"], strict=True)) == {(0.6, 1.2)}
    assert len(pace_changes([block(outcome)], access(mm, "unreachable"), ids, [ADULT], None)) == 0


def test_beyond_the_cutoff_a_faster_walker_may_or_may_not_arrive():
    args = [block([FAIL])], access([None], "beyond_cutoff"), homes(1), PACES
    assert pace_shares(*args, 900_000).frame["unknown"].tolist() == [0, 0, 0, 1]
    assert pace_shares(*args, 1_080_000).frame["unknown"].tolist() == [0, 0, 0, 0]
    # A search shorter than the rule itself says fail at the rule's own pace, here as in the verdicts.
    assert pace_shares(*args, 100_000).frame["unknown"].tolist() == [0, 0, 0, 1]


lengths = st.one_of(st.none(), st.integers(0, 1_500_000))


@settings(derandomize=True, deadline=None, database=None)
@given(
    st.lists(st.tuples(lengths, st.sampled_from([PASS, FAIL, UNKNOWN, NOT_APPLICABLE])), min_size=1, max_size=8),
    st.lists(st.floats(0.1, 3.0), min_size=1, max_size=5, unique=True),
)
def test_who_walks_faster_is_never_worse_off(areas, speeds):
    mm, outcome = [each for each, _ in areas], [each for _, each in areas]
    paces = [Pace(repr(speed), speed) for speed in speeds]
    table = access(mm, "unreachable")
    frame = pace_shares([block(outcome)], table, homes(len(mm)), paces, None).frame
    assert frame["covered"].is_monotonic_increasing
    assert frame["m_s"].is_monotonic_increasing
    assert frame["total"].nunique() == frame["unknown"].nunique() == 1
    ids = np.array([f"R-{number + 1}" for number in range(len(mm))], dtype=object)
    changes = pace_changes([block(outcome)], table, ids, paces, None)
    assert len(changes) == frame["covered"].iloc[-1] - frame["covered"].iloc[0]


def test_paces_asked_for():
    found = parse_paces("1.2, 0.6,0.60,0.7", PACK)
    assert [(each.name, each.m_s) for each in found] == [("elderly_frail", 0.6), ("0.7 m/s", 0.7), ("adult", 1.2)]


@pytest.mark.parametrize("text", ["", "0", "0.6,", "-1", "fast", "0.6;0.8", "60", "1e0", "nan", "0.6,,1"])
def test_what_is_no_walking_speed_is_refused(text):
    with pytest.raises(ConfigError, match="米/秒"):
        parse_paces(text, PACK)


# ---- through the command line ----------------------------------------------------------------------------------------

STREET = [[0, 0], [3000, 0]]
TOWN: dict[str, list[dict[str, Any]]] = {
    "residential": [{"id": f"R-{x}", "x": x, "y": 0, "pop60": 100} for x in (500, 600, 1000, 2000)],
    "facilities": [{"id": "F-1", "type": "day_care", "x": 0, "y": 0, "beds": 30}],
}


def test_the_command_line_tells_who_changes_sides(tmp_path):
    asked = ("audit", "-q", "--pace", "0.6,1.2")
    found = run(tmp_path, "jinjiang-2022", TOWN, streets=[STREET], command=asked)
    rows = {(row["basis"], row["m_s"]): row["share"] for row in found.table("pace") if row["rule_id"] == "JJ-02"}
    assert rows == {
        ("areas", "0.6"): "0.25",
        ("areas", "1.2"): "0.75",
        ("pop60", "0.6"): "0.25",
        ("pop60", "1.2"): "0.75",
    }
    assert [(row["area_id"], row["distance_m"]) for row in found.table("pace_changes")] == [
        ("R-600", "600.000"),
        ("R-1000", "1000.000"),
    ]
    assert "60岁及以上人口（人）：0.6 米/秒 25.0%  1.2 米/秒 75.0%" in found.stdout
    assert "JJ-02 在 0.6 米/秒不达标、1.2 米/秒达标的居住小区 2 处：R-600, R-1000" in found.stdout


def test_without_the_option_the_paces_of_the_pack_are_written_and_nothing_more_is_printed(tmp_path):
    found = run(tmp_path, "jinjiang-2022", TOWN, streets=[STREET], command=("audit", "-q"))
    assert {row["m_s"] for row in found.table("pace")} == {"0.6", "0.8", "1", "1.2"}
    assert "步速敏感性" not in found.stdout
    own = [row for row in found.table("pace") if (row["m_s"], row["basis"]) == ("1", "pop60")]
    judged = [row for row in found.table("coverage") if (row["rule_id"], row["basis"]) == ("JJ-02", "pop60")]
    assert [row["share"] for row in own] == [row["share"] for row in judged] == ["0.5"]


def test_the_report_has_paces_capacity_and_compasses(tmp_path):
    outputs = ("run", "-q", "--lang", "zh")
    run(tmp_path, "jinjiang-2022", TOWN, streets=[STREET], command=outputs)
    report = next(tmp_path.rglob("report.md")).read_text(encoding="utf-8")
    assert "| JJ-02 | 步速 老年人 1 米/秒 | 60岁及以上人口（人） | 25.0% | 50.0% | 50.0% | 75.0% |" in report
    assert "JJ-02 在 0.6 米/秒不达标、1.2 米/秒达标的居住小区 2 处：R-600, R-1000" in report
    # 30 beds for the 200 people within 700 m, by either metric.
    beds = "床位（张） | 1 | 0 | 30 | 0 | 60岁及以上人口（人） | 400 | 30 | 370 | 0 | 75 | 0 | 0.5 |"
    assert f"| JJ-01 | 路网距离 | {beds}" in report
    assert f"| JJ-01 | 直线距离 | {beds}" in report
    assert "| JJ-01 | 全部 | — | 60岁及以上人口（人） | 0 | 0 | 200 | 200 | 0 |" in report


def test_a_circle_that_is_due_later_is_told_at_every_pace_all_the_same(tmp_path):
    """Zhoukou owes its circle of 15 minutes in 2025: the year before nothing is judged, and the share stands there."""
    day = "as_of = 2024-12-31"
    run(tmp_path, "zhoukou-2025", TOWN, streets=[STREET], settings=day, command=("run", "-q", "--lang", "zh"))
    report = next(tmp_path.rglob("report.md")).read_text(encoding="utf-8")
    assert "| ZK-06.d | 步速 老年人 1 米/秒 | 60岁及以上人口（人） | 25.0% | 50.0% | 50.0% | 75.0% |" in report
    assert "| ZK-06.d | ≤ 15 分钟 | 路网距离 | 解释 | 步速 老年人 1 米/秒 | — | — |" in report
    assert "≤ 15 分钟（步速 老年人 1 米/秒）" in report


def test_a_pace_that_is_none_writes_nothing(tmp_path):
    found = run(tmp_path, "jinjiang-2022", TOWN, streets=[STREET], command=("audit", "-q", "--pace", "60"))
    assert found.exit_code == 2
    assert "米/秒" in found.stderr
    assert not (tmp_path / "data").exists()
