"""Canteens are sited under a limit that no clause gives: every output says so and none calls it a clause."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.towns import CANDIDATES, FACILITIES, STUDY, call, write_town

LABEL = "规划研究假设"
NO_CLAUSE = "条文未规定该限值"
CANTEEN = f"""
[[site]]
facility_type = "canteen"
limit = {{ op = "<", value = 700, unit = "m", basis = "assumption", label = "{LABEL}" }}
stages    = [2022]
per_stage = [1]
weight    = "pop60"
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    facilities = {**FACILITIES, "F-2": {"at": (50, 0), "type": "canteen"}}
    return write_town(tmp_path_factory.mktemp("canteen"), facilities=facilities, study=STUDY + CANDIDATES + CANTEEN)


@pytest.fixture(scope="module")
def stdout(study: Path) -> str:
    return str(call("run", study, "-q").stdout)


@pytest.fixture(scope="module")
def results(study: Path, stdout: str) -> Path:
    assert stdout
    return study.parent / "data" / "processed" / "invented"


def plan_section(text: str, begins: str) -> str:
    """From where the plan begins."""
    return text[text.index(begins) :]


def besides_standards(section: str) -> str:
    """The distance is an assumption; how large a canteen must be is a clause, which the plan names."""
    assert section.count("JJ-14.b") == 1
    return "\n".join(line for line in section.splitlines() if "JJ-14.b" not in line)


def test_stdout_calls_it_an_assumption(stdout: str) -> None:
    line = next(line for line in stdout.splitlines() if line.startswith("规划新增设施（建议）："))
    assert "长者食堂" in line
    assert f"依据 {LABEL}（< 700 米，路网距离；{NO_CLAUSE}）" in line
    assert not re.search(r"JJ-\d", besides_standards(plan_section(stdout, "规划新增设施（建议）").split("已写入")[0]))


def test_stdout_in_english_calls_it_an_assumption(study: Path) -> None:
    text = call("site", study, "--lang", "en", "--out", study.parent / "en", "-q").stdout
    line = next(line for line in text.splitlines() if line.startswith("Proposed sites:"))
    assert f"under assumption “{LABEL}” (< 700 m, street network; no clause gives this limit)" in line
    assert not re.search(r"JJ-\d", besides_standards(plan_section(text, "Proposed sites:").split("wrote")[0]))


def test_plan_json_has_no_rule_and_names_the_assumption(results: Path) -> None:
    plan = json.loads((results / "plan.json").read_text(encoding="utf-8"))[0]
    assert plan["rule_id"] is None
    assert plan["assumption"] == LABEL
    assert plan["limit"] == {"op": "<", "value": 700, "unit": "m"}
    assert [plan["sites"], plan["objective"]] == [["C-1"], 30]


def test_plan_csv_names_no_rule(results: Path) -> None:
    text = (results / "plan.csv").read_text(encoding="utf-8-sig")
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["candidate_id"], row["gain"], row["facility_type"]) == ("C-1", "30", "canteen")
    assert not re.search(r"JJ-\d|条文（?!未规定）", text)


def test_plan_csv_says_that_the_limit_is_assumed(results: Path) -> None:
    text = (results / "plan.csv").read_text(encoding="utf-8-sig")
    assert LABEL in text
    assert NO_CLAUSE in text


def test_proposed_sites_say_that_the_limit_is_assumed(results: Path) -> None:
    text = (results / "proposed_sites.geojson").read_text(encoding="utf-8")
    assert LABEL in text
    assert not re.search(r"JJ-\d", text)


def test_report_calls_it_an_assumption(results: Path) -> None:
    section = plan_section((results / "report.md").read_text(encoding="utf-8"), "## 规划新增设施（建议）：长者食堂")
    section = re.sub(r"\\([<>|\[\]`\\])", r"\1", section[: section.index("\n## ")])  # as Markdown reads it
    assert f"选址依据：{LABEL}（< 700 米，路网距离；{NO_CLAUSE}）" in section
    assert not re.search(r"JJ-\d|「", besides_standards(section))


def test_explain_of_the_home_it_serves_calls_it_an_assumption(study: Path) -> None:
    story = call("explain", study, "H-2", "-q").stdout
    line = next(line for line in story.splitlines() if line.startswith("规划新增设施（建议）"))
    assert LABEL in line
    assert NO_CLAUSE in line


def test_map_calls_it_an_assumption(study: Path, results: Path) -> None:
    assert results.is_dir()
    page = (study.parent / "maps" / "invented.html").read_text(encoding="utf-8")
    assert f"{LABEL}（条文未规定该限值）" in page
