"""The list of projects: every site of every plan with what is known of it, blank where nothing is."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.towns import CANDIDATES, OWN_PACK, SITE, ZONES, boxes, call, write_town

STREETS = (((-3000, 0), (3000, 0)),)
CENTRE = {"F-1": {"at": (-2900, 0), "type": "day_care"}}
HOMES = {f"H-{n}": {"at": (x, 0), "pop60": w} for n, x, w in ((1, 0, 50), (2, 1000, 30), (3, 2000, 20))}
HOSTS: dict[str, dict[str, Any]] = {
    "C-1": {
        "at": (0, 0),
        "name": "虚构小学",
        "host": "闲置校舍",
        "address": "虚构路1号",
        "build_mode": "改扩建",
        "floor_area_m2": 420,
        "seats": 60,
        "cost": 800_000,
        "responsible": "虚构镇政府",
    },
    "C-2": {"at": (1000, 0), "floor_area_m2": 500, "estimated": "floor_area_m2"},
}
DAY_CARE = SITE.replace("JJ-01", "T-01").replace("[2023]", "[2023, 2024]").replace("[1]", "[1, 1]")
CANTEEN = """
[[site]]
facility_type = "canteen"
limit     = { op = "<", value = 500, unit = "m", basis = "assumption", label = "虚构假设" }
stages    = [2023]
per_stage = [1]
weight    = "pop60"

[show]
outputs = ["tables", "markdown", "xlsx"]
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    text = OWN_PACK + CANDIDATES + ZONES + DAY_CARE + CANTEEN
    path = write_town(tmp_path, streets=STREETS, homes=HOMES, facilities=CENTRE, candidates=HOSTS, study=text)
    zones = {
        "T-1": {"box": (-3000, -100, 3000, 100), "name": "虚构镇", "level": "town"},
        "V-1": {"box": (-3000, -100, 500, 100), "name": "虚构村", "level": "village"},
    }
    (tmp_path / "zones.geojson").write_text(boxes("zone_id", zones), encoding="utf-8")
    return path


def rows_of(study: Path) -> list[dict[str, str]]:
    path = study.parent / "data" / "processed" / "invented" / "projects.csv"
    with path.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def test_every_site_is_a_project_by_year(study: Path) -> None:
    said = call("run", study, "-q").stdout
    rows = rows_of(study)
    assert [(row["project_id"], row["year"]) for row in rows] == [
        ("1-day_care-1", "2023"),
        ("2-canteen-1", "2023"),
        ("1-day_care-2", "2024"),
    ]
    first, canteen, second = rows
    told = ("name", "town", "community", "address", "host", "build_mode", "floor_area_m2", "seats", "beds", "cost")
    known = ["虚构小学", "虚构镇", "虚构村", "虚构路1号", "闲置校舍", "extended", "420", "60", "", "800000"]
    assert [first[name] for name in told] == known
    assert (first["responsible"], first["note"]) == ("虚构镇政府", "与长者食堂合设")
    assert canteen["note"] == "与社区日间照料中心合设"
    # Nothing is known of the second but its area, which is an estimate; it lies in no village.
    assert [second[name] for name in told] == ["", "虚构镇", "", "", "", "", "500", "", "", ""]
    assert second["note"] == "建筑面积为推算"
    assert "各方案合计 3 个项目，位于 2 处，其中合设 1 个" in said


def test_the_report_and_the_workbook_hold_the_list(study: Path) -> None:
    call("run", study, "-q")
    folder = study.parent / "data" / "processed" / "invented"
    report = (folder / "report.md").read_text(encoding="utf-8").split("附表4 规划项目表")[1]
    line = next(line for line in report.splitlines() if "2-canteen-1" in line)
    assert [cell.strip() for cell in line.strip("|").split("|")] == [
        "2-canteen-1",
        "虚构小学",
        "长者食堂",
        "虚构镇",
        "虚构村",
        "虚构路1号",
        "闲置校舍",
        "改扩建",
        "420",
        "60",
        "",
        "2023",
        "800,000",
        "虚构镇政府",
        "与社区日间照料中心合设",
    ]
    cells = [[cell.value for cell in row] for row in openpyxl.load_workbook(folder / "report.xlsx")["规划项目表"].rows]
    assert [row[0] for row in cells if row[0] and str(row[0]).startswith(("1-", "2-"))] == [
        "1-day_care-1",
        "2-canteen-1",
        "1-day_care-2",
    ]


def test_the_public_gets_no_costs(study: Path) -> None:
    text = 'audience = "public"\n' + study.read_text(encoding="utf-8") + 'title_block = { "审图号" = "虚构" }\n'
    study.write_text(text, encoding="utf-8")
    call("run", study, "-q")
    assert "cost" not in rows_of(study)[0]
    report = (study.parent / "data" / "processed" / "invented" / "report.md").read_text(encoding="utf-8")
    assert "800,000" not in report
