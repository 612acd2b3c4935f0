"""What a study assumes in the place of a clause is named wherever its figures stand, and never called a clause."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from circle15.core.rule import Ratio
from circle15.read.pack import load_pack
from tests.studies import Run, run

QUARTER = {
    "residential": [{"id": "A", "built": "new", "planned_dwellings": 1000}],
    "facilities": [{"id": "F", "type": "day_care", "town_code": "T", "serves": "A", "floor_area_m2": 100}],
}
NAMED = "研究假设：WZ-02 的限值 ≥ 20 平方米/百户 由本研究设定，条文未给出数值"


def assumed(folder: Path, *command: str) -> Run:
    settings = 'judge.limit = { "WZ-02" = 20 }\nshow.outputs = ["tables", "markdown"]'
    return run(folder, "wuzhong-2025", QUARTER, settings=settings, command=command)


def test_a_number_of_the_study_stands_in_every_output_as_its_own(tmp_path):
    found = assumed(tmp_path, "run", "-q")
    folder = tmp_path / "data" / "processed" / "case"
    assert NAMED in found.stdout
    assert NAMED in (folder / "report.md").read_text(encoding="utf-8")
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["assumed_limits"] == {"WZ-02": 20}
    assert {row["limit_by"] for row in found.table("ratios") if row["rule_id"] == "WZ-02"} == {"study"}
    assert found.verdicts("WZ-02")["A"]["because"] == "assumed_limit"
    assert "研究假设，条文未给出数值" in assumed(tmp_path, "explain", "A").stdout


def test_json_names_it_too(tmp_path):
    assert assumed(tmp_path, "audit", "--format", "json", "-q").answer["assumed_limits"] == {"WZ-02": 20}


def test_no_number_that_is_assumed_fails_a_run(tmp_path):
    path = tmp_path / "binding.toml"
    text = Path(__file__).parents[2] / "src" / "circle15" / "packs" / "wuzhong-2025.toml"
    path.write_text(text.read_text(encoding="utf-8").replace('force = "expected"', 'force = "binding"'), "utf-8")
    settings = 'judge.limit = { "WZ-02" = 20 }'
    found = run(tmp_path, "binding.toml", QUARTER, settings=settings)
    assert found.outcome("WZ-02", "A") == "fail"
    assert found.exit_code == 0


@pytest.mark.parametrize(("rule_id", "said"), [("WZ-01", "由条文给出"), ("WZ-99", "WZ-99")])
def test_a_study_changes_no_limit_that_a_clause_gives(tmp_path, rule_id, said):
    found = run(tmp_path, "wuzhong-2025", QUARTER, settings=f'judge.limit = {{ "{rule_id}" = 20 }}')
    assert found.exit_code == 2
    assert said in found.stderr


def test_only_one_clause_of_the_plans_is_open():
    packs = ("jinjiang-2022", "zhoukou-2025", "changan-2025", "wuzhong-2025", "xianyang-2025")
    rules = [rule for name in packs for rule in load_pack([name], Path())[0].rules]
    assert [rule.rule_id for rule in rules if rule.is_open] == ["WZ-02"]
    assert all(isinstance(rule.test, Ratio) for rule in rules if rule.is_open)
