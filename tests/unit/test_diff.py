"""Two runs compared: answers by hand, mirror images, sums that add up, and what is not a run."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from circle15 import judge
from circle15.cli import app
from circle15.core.changes import Run
from tests import studies

PACK = "jinjiang-2022"
STREET = [[[0, 0], [3000, 0]]]
HOMES = [{"id": f"A{number}", "x": x, "y": 0, "pop60": 10} for number, x in enumerate((0, 600, 1500))]
WEST = {"id": "F1", "x": 0, "y": 0, "type": "day_care", "name": "西站"}
EAST = {"id": "F2", "x": 1500, "y": 0, "type": "day_care", "name": "东站"}


def results(folder: Path, *facilities: Any, homes: Any = HOMES, settings: str = "") -> Path:
    """The results of a small study; JJ-01 asks for less than 700 m."""
    tables = {"residential": homes, "facilities": list(facilities)}
    studies.run(folder, PACK, tables, streets=STREET, settings=settings)
    return folder / "data" / "processed" / "case"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Before, the western centre operates; after, the eastern one does."""
    folder = tmp_path_factory.mktemp("runs")
    operating, closed, planned = ({"status": each} for each in ("operating", "closed", "planned"))
    before = results(folder / "before", WEST | operating, EAST | planned, settings="as_of = 2023-12-31")
    after = results(folder / "after", WEST | closed, EAST | operating, settings="as_of = 2024-12-31")
    return before, after


def diff(*arguments: Any, code: int = 0) -> Any:
    done = CliRunner().invoke(app, ["diff", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


def answer(before: Path, after: Path, code: int = 0) -> Any:
    return json.loads(diff(before, after, "--format", "json", code=code).stdout)


def covers(found: Any) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    return {(each["rule_id"], each["metric"]): (each["gained"], each["lost"]) for each in found["covers"]}


# ---- by hand -------------------------------------------------------------------------------------------------


def test_homes_gain_and_lose_by_rule_and_metric(runs):
    """At 0, 600 and 1500: within 700 m of the west are two, of the east one; in 15 min (900 m) the east has two."""
    found = covers(answer(*runs))
    assert found["JJ-01", "straight_line"] == (["A2"], ["A0", "A1"])
    assert found["JJ-01", "network"] == (["A2"], ["A0", "A1"])
    assert found["JJ-02", "network"] == (["A2"], ["A0"])


def test_facilities_open_and_close(runs):
    fates = {each["facility_id"]: each["fate"] for each in answer(*runs)["facilities"]}
    assert fates == {"F1": "closed", "F2": "opened"}


def test_shares_stand_before_and_after(runs):
    (row,) = [
        each
        for each in answer(*runs)["coverage"]
        if (each["rule_id"], each["level"], each["basis"], each["metric"]) == ("JJ-01", "study", "pop60", "network")
    ]
    assert (row["covered_before"], row["covered_after"], row["total_after"]) == (20, 10, 30)
    assert (row["share_before"], row["share_after"]) == (pytest.approx(2 / 3, abs=1e-6), pytest.approx(1 / 3, abs=1e-6))


def test_data_and_settings_that_differ_are_named_and_no_others(runs):
    found = answer(*runs)
    assert [(each["layer"], each["side"]) for each in found["inputs"]] == [("facilities", "changed")]
    assert {each["name"] for each in found["settings"]} == {"study.as_of", "study.sha256"}


def test_people_read_who_what_and_by_how_much(runs):
    text = diff(*runs).stdout
    for part in (
        "新计入 1 处：东站",
        "不再计入 1 处：西站",
        "新达标 1（A2）",
        "不再达标 2（A0, A1）",
        "66.7% → 33.3%（-33.3 个百分点",
    ):
        assert part in text
    assert "设施 内容有变" in text


def test_a_binding_rule_that_came_to_be_failed_ends_in_1_and_one_that_came_to_be_met_in_0(tmp_path):
    met = results(tmp_path / "met", WEST, EAST)
    failed = results(tmp_path / "failed", WEST)
    assert [each for each in answer(met, failed, code=1)["rules"] if each["rule_id"] == "JJ-01"] == [
        {"rule_id": "JJ-01", "before": "pass", "after": "fail", "worse": True}
    ]
    (rule,) = [each for each in answer(failed, met)["rules"] if each["rule_id"] == "JJ-01"]
    assert (rule["before"], rule["after"], rule["worse"]) == ("fail", "pass", False)
    answer(failed, failed)


def test_subjects_that_only_one_run_has_are_counted_apart(tmp_path, runs):
    fewer = results(tmp_path, WEST | {"status": "operating"}, homes=HOMES[:2])
    (found,) = [
        each for each in answer(runs[0], fewer)["covers"] if (each["rule_id"], each["metric"]) == ("JJ-01", "network")
    ]
    assert (found["gained"], found["lost"], found["appeared"], found["gone"]) == ([], [], 0, 1)


def test_a_run_does_not_differ_from_itself(runs):
    assert "没有差别" in diff(runs[0], runs[0]).stdout
    found = answer(runs[0], runs[0] / "manifest.json")
    assert not any(found[key] for key in ("inputs", "settings", "facilities", "rules", "covers", "coverage", "ratios"))


def test_the_other_way_round_is_the_mirror_image(runs):
    there, back = answer(*runs), answer(*reversed(runs))
    assert covers(back) == {key: (lost, gained) for key, (gained, lost) in covers(there).items()}
    assert len(there["coverage"]) == len(back["coverage"])
    assert [each["share_before"] for each in there["coverage"]] == [each["share_after"] for each in back["coverage"]]


def test_the_csv_has_a_row_for_each_change(runs):
    rows = list(csv.DictReader(io.StringIO(diff(*runs, "--format", "csv").stdout)))
    found = answer(*runs)
    counted = sum(len(each["gained"]) + len(each["lost"]) for each in found["covers"])
    lengths = [len(found[key]) for key in ("inputs", "settings", "facilities", "rules", "coverage", "ratios")]
    assert len(rows) == counted + sum(lengths)
    assert list(rows[0]) == ["change", "rule_id", "level", "id", "basis", "metric", "before", "after"]


def test_english_has_no_chinese_words(runs):
    text = diff(*runs, "--lang", "en").stdout
    assert "1 counts now: 东站" in text
    assert "达标" not in text


# ---- sums ----------------------------------------------------------------------------------------------------

OUTCOMES = st.sampled_from(["pass", "fail", "unknown", "not_applicable"])
SIDES = st.dictionaries(st.sampled_from([f"A{number}" for number in range(12)]), OUTCOMES)


def run_with(verdicts: dict[str, str]) -> Run:
    """A run that holds nothing but verdicts of homes under one rule."""
    rows = [("R", "area", area, "network", outcome) for area, outcome in verdicts.items()]
    columns = ["rule_id", "subject_kind", "subject_id", "metric", "outcome"]
    empty = {
        "coverage": ["rule_id", "level", "zone_id", "basis", "metric", "covered", "total", "share", "outcome"],
        "ratios": ["rule_id", "level", "zone_id", "metric", "value", "task_share", "outcome"],
        "facilities": ["facility_id", "name", "type", "status", "opened", "counted"],
    }
    tables = {name: pd.DataFrame(columns=names, dtype=str) for name, names in empty.items()}
    manifest = {
        "study": {"id": "r", "name": "r", "as_of": "", "sha256": "0"},
        "pack": {"sha256": "0", "documents": []},
        **{key: {} for key in ("thresholds", "headline_metric", "pace_m_s", "outcomes")},
        **{key: [] for key in ("inputs", "can_fail_a_run")},
    }
    return Run("r", manifest, {**tables, "verdicts": pd.DataFrame(rows, columns=columns, dtype=str)})


@given(SIDES, SIDES)
def test_gains_and_losses_add_up_to_the_change_of_what_passes(before, after):
    both = before.keys() & after.keys()
    found = judge.changes(run_with(before), run_with(after)).covers
    gained = {each for cover in found for each in cover.gained}
    lost = {each for cover in found for each in cover.lost}
    open_ = {"fail", "unknown"}
    assert gained == {each for each in both if after[each] == "pass" and before[each] in open_}
    assert lost == {each for each in both if before[each] == "pass" and after[each] in open_}
    assert sum(cover.appeared for cover in found) == len(after.keys() - both)
    assert sum(cover.gone for cover in found) == len(before.keys() - both)


# ---- what is not a run ---------------------------------------------------------------------------------------


@pytest.fixture
def copied(runs, tmp_path):
    """A results folder that may be spoiled."""
    return Path(shutil.copytree(runs[0], tmp_path / "spoiled"))


def refused(copied: Path, *parts: str) -> None:
    message = diff(copied, copied, code=2).stderr
    assert "Traceback" not in message
    assert [part for part in parts if part not in message] == []


def test_a_folder_without_a_run_names_the_runs_below(runs):
    root = runs[0].parents[2]
    refused(root, "manifest.json", str(runs[0]))


def test_a_folder_that_does_not_exist_is_no_run(tmp_path):
    refused(tmp_path / "nowhere", "不是一次评估的结果")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("{", "不是有效的 JSON"),
        ("[]", "不是本程序"),
        ('{"program": "other"}', "不是本程序"),
        ('{"program": "circle15"}', "旧版本"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_refused(copied, content, word):
    (copied / "manifest.json").write_text(content, encoding="utf-8")
    refused(copied, word)


def test_a_table_that_was_changed_or_is_gone_is_refused(copied):
    table = copied / "verdicts.csv"
    table.write_text(table.read_text(encoding="utf-8-sig").replace("fail", "pass"), encoding="utf-8-sig")
    refused(copied, "verdicts.csv", "sha256")
    table.unlink()
    refused(copied, "verdicts.csv", "无法读取")


def test_a_run_that_wrote_no_tables_says_how_to_get_them(copied):
    manifest = json.loads((copied / "manifest.json").read_text(encoding="utf-8"))
    manifest["outputs"] = {"report.md": "0"}
    (copied / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    refused(copied, "verdicts", "circle15 audit")


# ---- in the bulletin -----------------------------------------------------------------------------------------


def bulletin(folder: Path, *facilities: Any, compare: str = "") -> str:
    """The bulletin of a study of the two centres."""
    show = f'[show]\noutputs = ["tables", "bulletin"]\n{compare}'
    tables = {"residential": HOMES, "facilities": list(facilities)}
    study = studies.write(folder, PACK, tables, streets=STREET)
    study.write_text(study.read_text(encoding="utf-8") + show, encoding="utf-8")
    done = CliRunner().invoke(app, ["run", str(study), "-q"])
    assert done.exit_code in (0, 1), done.output
    return (folder / "data" / "processed" / "case" / "bulletin.md").read_text(encoding="utf-8")


def test_the_bulletin_says_what_changed_or_that_nothing_was_compared(tmp_path, runs):
    assert "未提供上一次评估的结果" in bulletin(tmp_path / "alone", EAST)
    compare = f"compare = {json.dumps(str(runs[0]))}"
    text = bulletin(tmp_path / "after", WEST | {"status": "closed"}, EAST | {"status": "operating"}, compare=compare)
    chapter = text.partition("## 四、变化")[2].partition("## 五、下一步")[0]
    assert "数据时点 2023-12-31" in chapter
    assert "新计入 1 处：东站" in chapter
    assert "JJ-01 · 直线距离 · 居住小区：新达标 1（A2），不再达标 2（A0, A1）" in chapter
    assert "66.7% → 33.3%" in chapter


def test_the_bulletin_against_its_own_run_finds_no_difference(tmp_path):
    """Numbers are compared as they are written, so that rounding is no change."""
    folder = tmp_path / "same"
    thirds = [HOMES[0], HOMES[1], HOMES[2]]
    assert len(thirds) == 3
    bulletin(folder, EAST)
    own = folder / "data" / "processed" / "case"
    kept = shutil.copytree(own, tmp_path / "kept")
    text = bulletin(folder, EAST, compare=f"compare = {json.dumps(str(kept))}")
    chapter = text.partition("## 四、变化")[2].partition("## 五、下一步")[0]
    assert "覆盖率" not in chapter
    assert "研究文件" in chapter


def test_an_earlier_run_that_does_not_exist_is_a_mistake_of_the_study(tmp_path):
    study = studies.write(tmp_path, PACK, {"residential": HOMES, "facilities": [EAST]}, streets=STREET)
    study.write_text(study.read_text(encoding="utf-8") + '[show]\ncompare = "gone"\n', encoding="utf-8")
    done = CliRunner().invoke(app, ["run", str(study), "-q"])
    assert done.exit_code == 2
    assert "[show].compare" in done.stderr
