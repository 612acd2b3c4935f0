"""Shares of zones by the zones they lie in, with the numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.studies import run

ZONES: list[dict[str, Any]] = [
    {"id": "K", "level": "county"},
    {"id": "T1", "level": "town", "parent_id": "K"},
    {"id": "T2", "level": "town", "parent_id": "K"},
    {"id": "T3", "level": "town"},
    *({"id": code, "level": "community", "parent_id": "T1"} for code in ("C1", "C2", "C3")),
    {"id": "C4", "level": "community", "parent_id": "T2"},
    {"id": "C5", "level": "community", "parent_id": "T3"},
    {"id": "C6", "level": "community"},
    {"id": "V1", "level": "village", "parent_id": "T1"},
]
SITES = [{"id": f"F{code}", "type": "day_care", "community_code": code} for code in ("C1", "C4", "C6", "V1")]


def shares(folder: Path, zones: list[dict[str, Any]]) -> dict[str, tuple[float, float, str]]:
    tables = {"zone_table": [{"name": row["id"], **row} for row in zones], "facilities": SITES}
    found = run(folder, "zhoukou-2025", tables)
    rows = [row for row in found.answer["coverage"] if (row["rule_id"], row["metric"]) == ("ZK-10.a", "attributes")]
    assert {row["basis"] for row in rows} == {"zones"}
    return {row["zone_id"]: (row["covered"], row["total"], row["outcome"]) for row in rows}


def test_communities_by_town_and_county(tmp_path):
    assert shares(tmp_path, ZONES) == {
        "*": (3, 6, "fail"),
        "T1": (1, 3, "fail"),
        "T2": (1, 1, "pass"),
        "T3": (0, 1, "fail"),
        "K": (2, 4, "fail"),
    }


def test_without_parents_only_the_study(tmp_path):
    zones = [{key: value for key, value in row.items() if key != "parent_id"} for row in ZONES]
    assert shares(tmp_path, zones) == {"*": (3, 6, "fail")}


def test_zones_that_are_each_other_s_parents_end(tmp_path):
    zones = [*ZONES, {"id": "T8", "level": "town", "parent_id": "T9"}, {"id": "T9", "level": "town", "parent_id": "T8"}]
    assert shares(tmp_path, zones)["*"] == (3, 6, "fail")
