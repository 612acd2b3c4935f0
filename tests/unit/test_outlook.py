"""The outlook: what dated facilities will change, in numbers that can be checked by hand, through the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from circle15 import pipeline
from circle15.pipeline import distances
from circle15.study import load_study
from tests.studies import Run, run, write

Rows = list[dict[str, Any]]
STREET = [[[-100, 0], [2500, 0]]]


def told(found: Run, rule_id: str, basis: str, metric: str, zone: str = "*") -> dict[str, dict[str, str]]:
    """The rows of one figure by date."""
    rows = [row for row in found.table("outlook") if (row["rule_id"], row["basis"]) == (rule_id, basis)]
    return {row["date"]: row for row in rows if (row["metric"], row["zone_id"]) == (metric, zone)}


def shares(rows: dict[str, dict[str, str]]) -> dict[str, tuple[int, int]]:
    return {date: (int(row["covered"]), int(row["total"])) for date, row in rows.items()}


# ---- Jinjiang's dated list -----------------------------------------------------------------------------------------

TOWNS = ("安海镇", "永和镇", "深沪镇", "金井镇", "内坑镇", "英林镇", "池店镇")
ZONES: Rows = [
    {"id": "K", "name": "晋江市", "level": "county"},
    *({"id": f"T{n}", "name": name, "level": "town", "parent_id": "K", "pop60": 100} for n, name in enumerate(TOWNS)),
]
SITES: Rows = [
    {"id": "open", "type": "regional_center", "town_code": "T0", "status": "运营", "opened": "2021-06-30", "beds": 10},
    {"id": "dated", "type": "regional_center", "town_code": "T1", "status": "在建", "opened": "2022-11-30", "beds": 10},
    {"id": "undated", "type": "regional_center", "town_code": "T3", "status": "在建", "opened": "", "beds": 10},
]
CHIDIAN: Rows = [
    {"id": "P1", "type": "town_welfare_home", "town_code": "T6", "status": "规划", "opened": "", "beds": 99},
    {"id": "P2", "type": "regional_center", "town_code": "T6", "status": "规划", "opened": "", "beds": 99},
]


def jinjiang(folder: Path, sites: Rows, settings: str = "as_of = 2022-06-30") -> Run:
    return run(folder, "jinjiang-2022", {"facilities": sites, "zone_table": ZONES}, settings=settings)


@pytest.fixture(scope="module")
def dated(tmp_path_factory) -> Run:
    return jinjiang(tmp_path_factory.mktemp("dated"), SITES)


def test_the_dated_list_of_jinjiang_covers_town_by_town(dated):
    rows = told(dated, "JJ-09", "zones", "attributes")
    assert shares(rows) == {
        "2022-06-30": (1, 7),
        "2022-12-31": (3, 7),
        "2023-12-31": (4, 7),
        "2024-12-31": (6, 7),
    }
    assert [row["facilities"] for row in rows.values()] == [
        "",
        "JJ-18.a 深沪镇 2022; dated",
        "undated",
        "JJ-18.a 内坑镇 2024; JJ-18.a 英林镇 2024",
    ]
    assert [row["opened"] for row in rows.values()] == ["0", "2", "1", "2"]


def test_a_target_has_no_outcome_before_its_year_and_always_a_distance(dated):
    rows = told(dated, "JJ-09", "zones", "attributes")
    assert [row["outcome"] for row in rows.values()] == ["", "", "", "fail"]
    assert {(row["op"], row["limit"], row["due"]) for row in rows.values()} == {(">=", "1", "2024")}
    distances = [float(row["distance"]) for row in rows.values()]
    assert distances == pytest.approx([-6 / 7, -4 / 7, -3 / 7, -1 / 7], abs=1e-6)


def test_zones_have_rows_where_something_changes(dated):
    rows = told(dated, "JJ-09", "zones", "attributes", zone="K")
    assert shares(rows) == {"2022-12-31": (3, 7), "2023-12-31": (4, 7), "2024-12-31": (6, 7)}


def test_chidian_never_adds_coverage_in_any_year(dated, tmp_path):
    assert jinjiang(tmp_path, SITES + CHIDIAN).table("outlook") == dated.table("outlook")


def test_a_schedule_is_judged_by_what_is_listed_not_by_its_own_promises(dated):
    rows = told(dated, "JJ-18.a", "items", "attributes_built")
    assert shares(rows) == {"2022-06-30": (1, 1), "2022-12-31": (2, 3), "2023-12-31": (2, 4), "2024-12-31": (2, 6)}
    assert [row["facilities"] for row in rows.values()] == ["", "dated", "", ""]


def test_what_a_promise_brings_is_not_known(tmp_path):
    sites = [{**row, "nursing_beds": 5} for row in SITES]
    rows = told(jinjiang(tmp_path, sites), "JJ-07", "amount", "attributes")
    assert [(row["covered"], row["total"], row["value"]) for row in rows.values()] == [
        ("5", "10", "0.5"),
        ("", "", ""),
        ("", "", ""),
        ("", "", ""),
    ]


def test_without_a_date_there_is_no_outlook(tmp_path):
    assert jinjiang(tmp_path, SITES, settings="").table("outlook") == []


def test_the_console_says_what_will_change(tmp_path):
    tables = {"facilities": SITES, "zone_table": ZONES}
    said = run(tmp_path, "jinjiang-2022", tables, settings="as_of = 2022-06-30", command=("audit", "-q")).stdout
    assert (
        "JJ-09 行政区划（个）：2022-06-30 1 / 7（14.3%） → 2022-12-31 3 / 7（42.9%） → 2023-12-31 4 / 7（57.1%） "
        "→ 2024-12-31 6 / 7（85.7%）；目标 ≥ 100.0%（2024年）" in said
    )


# ---- facilities that open ------------------------------------------------------------------------------------------

HOMES: Rows = [
    {"id": "A", "x": 0, "households": 10, "town_code": "W", "built": "existing"},
    {"id": "B", "x": 2000, "households": 30, "town_code": "E", "built": "existing"},
]
TOWN_ZONES: Rows = [{"id": name, "name": name, "level": "town"} for name in ("W", "E")]


def town(*sites: dict[str, Any]) -> dict[str, Rows]:
    rows = [{"type": "day_care", "status": "运营", **site} for site in sites]
    return {"residential": HOMES, "facilities": rows, "zone_table": TOWN_ZONES}


AS_OF = "as_of = 2024-09-30"
NOW, THEN, LATER = "2024-09-30", "2024-12-31", "2026-12-31"
WEST = {"id": "F", "x": 0, "opened": "2020-01-01"}


@pytest.mark.parametrize("status", ["在建", "规划", "运营"])
def test_a_facility_counts_from_the_end_of_the_year_in_which_it_opens(tmp_path, status):
    east = {"id": "G", "x": 2000, "status": status, "opened": "2026-03-01"}
    found = run(tmp_path, "jinjiang-2022", town(WEST, east), streets=STREET, settings=AS_OF)
    for rule_id, metric in (("JJ-01", "straight_line"), ("JJ-01", "network"), ("JJ-02", "network")):
        assert shares(told(found, rule_id, "households", metric)) == {NOW: (10, 40), THEN: (10, 40), LATER: (40, 40)}
        assert shares(told(found, rule_id, "households", metric, zone="E")) == {LATER: (30, 30)}
    assert told(found, "JJ-01", "households", "straight_line")[LATER]["facilities"] == "G"
    assert told(found, "JJ-01", "households", "straight_line", zone="E")[LATER]["facilities"] == ""


@pytest.mark.parametrize(
    ("site", "code"),
    [
        ({"status": "关闭", "opened": "2026-03-01"}, ""),
        ({"status": "规划", "opened": ""}, ""),
        ({"status": "", "opened": "2026-03-01"}, "status_empty"),
        ({"status": "在建", "opened": "2024-03-01"}, "opening_overdue"),
    ],
)
def test_what_is_closed_undated_or_overdue_opens_in_no_year(tmp_path, site, code):
    found = run(tmp_path, "jinjiang-2022", town(WEST, {"id": "G", "x": 2000, **site}), streets=STREET, settings=AS_OF)
    assert set(shares(told(found, "JJ-01", "households", "straight_line")).values()) == {(10, 40)}
    assert not code or code in {each["code"] for each in found.answer["findings"]}


def test_without_a_status_column_the_date_decides(tmp_path):
    sites = [{key: value for key, value in site.items() if key != "status"} for site in town(WEST)["facilities"]]
    sites.append({"id": "G", "type": "day_care", "x": 2000, "opened": "2026-03-01"})
    found = run(tmp_path, "jinjiang-2022", {**town(), "facilities": sites}, streets=STREET, settings=AS_OF)
    assert shares(told(found, "JJ-01", "areas", "network")) == {NOW: (1, 2), THEN: (1, 2), LATER: (2, 2)}


def test_the_first_date_says_what_the_audit_says(tmp_path):
    east = {"id": "G", "x": 2000, "status": "在建", "opened": "2026-03-01", "floor_area_m2": 9, "serves": "B"}
    west = {**WEST, "floor_area_m2": 9, "serves": "A"}
    found = run(tmp_path, "jinjiang-2022", town(west, east), streets=STREET, settings=AS_OF)
    keys = ("rule_id", "level", "zone_id", "basis", "metric", "covered", "total", "unknown", "share")
    early = {"JJ-07", "JJ-08", "JJ-09", "JJ-10"}
    today = {tuple(row[key] for key in keys) for row in found.table("outlook") if row["date"] == NOW and row["share"]}
    whole = {
        tuple(row[key] for key in keys)
        for row in found.table("coverage")
        if row["level"] == "study" and row["share"] and row["rule_id"] not in early
    }
    assert whole
    assert whole <= today


def test_floor_area_counts_when_it_is_handed_over(tmp_path):
    site = {**WEST, "serves": "A", "floor_area_m2": 3, "handed_over": "2025-06-01"}
    dated = {"id": "N", "type": "nursery", "x": 0, "opened": "2025-01-01"}
    found = run(tmp_path, "jinjiang-2022", town(site, dated), streets=STREET, settings=AS_OF)
    assert shares(told(found, "JJ-05", "areas", "attributes")) == {NOW: (0, 2), THEN: (0, 2), "2025-12-31": (1, 2)}


def test_targets_of_later_years_are_told_and_not_judged(tmp_path):
    zones = [{"id": f"C{n}", "name": f"C{n}", "level": "community"} for n in range(4)]
    sites = [{"id": "F", "type": "day_care", "community_code": "C0"}]
    found = run(tmp_path, "zhoukou-2025", {"zone_table": zones, "facilities": sites}, settings="as_of = 2024-09-30")
    assert "ZK-10.a" in {each["rule_id"] for each in found.answer["not_assessed"]}
    rows = told(found, "ZK-10.a", "zones", "attributes")
    assert {date: (row["share"], row["distance"], row["outcome"]) for date, row in rows.items()} == {
        "2024-09-30": ("0.25", "-0.75", ""),
        "2025-12-31": ("0.25", "-0.75", "fail"),
    }


def test_each_set_of_facilities_is_walked_to_once(tmp_path, monkeypatch):
    walked: list[tuple[str, ...]] = []
    access = distances.find_access  # type: ignore[attr-defined]

    def counting(network, homes, facilities, cutoff_mm):
        walked.append(tuple(facilities.ids))
        return access(network, homes, facilities, cutoff_mm)

    monkeypatch.setattr(distances, "find_access", counting)
    sites = town(
        WEST,
        {"id": "G", "x": 2000, "status": "在建", "opened": "2026-03-01"},
        {"id": "N", "type": "nursery", "x": 0, "opened": "2025-01-01", "status": "在建"},
    )
    study = write(tmp_path, ["jinjiang-2022", "zhoukou-2025"], sites, streets=STREET, settings=AS_OF)
    audit = pipeline.audit(load_study(study))
    assert sorted(walked) == [(), ("F",), ("F", "G"), ("N",)]
    assert len(audit.outlook.frame["date"].unique()) == 4
