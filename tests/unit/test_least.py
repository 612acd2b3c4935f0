"""The least sites for a share, from the study file to the certificate."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.towns import CANDIDATES, HOMES, SITE, STUDY, call, write_town

# 60 elderly, of whom H-1's 20 are served; C-1 would serve H-2's 30, C-2 H-3's 10, and nobody H-4's none.
TOWN: Mapping[str, Mapping[str, Any]] = {**HOMES, "H-3": {"at": (-900, 0), "households": 9, "pop60": 10}}
HOSTS: Mapping[str, Mapping[str, Any]] = {"C-1": {"at": (1400, 0)}, "C-2": {"at": (-800, 0)}, "C-3": {"at": (1600, 0)}}
RESULTS = Path("data/processed/invented")


def least(share: object, more: str = "") -> str:
    asked = SITE.replace("per_stage = [1]", f'problem = "min_sites"\nshare = {share}')
    return STUDY + CANDIDATES + asked + more


def planned(folder: Path, share: object, more: str = "", **layers: Any) -> tuple[Path, dict[str, Any]]:
    study = write_town(folder, **{"homes": TOWN, "candidates": HOSTS, "study": least(share, more), **layers})
    result = call("site", study, "-q")
    assert result.exit_code in {0, 1}, result.stderr
    return study, json.loads((folder / RESULTS / "plan.json").read_text(encoding="utf-8"))[0]


@pytest.mark.parametrize(("share", "need", "sites"), [(0.3, 0, []), (0.8, 28, ["C-1"]), (0.9, 34, ["C-1", "C-2"])])
def test_a_share_is_reached_with_the_least_sites(tmp_path: Path, share: float, need: int, sites: list[str]) -> None:
    study, plan = planned(tmp_path, share)
    assert (plan["problem"], plan["share"], plan["need"]) == ("min_sites", share, need)
    assert (plan["status"], plan["sites"], plan["objective"], plan["bound"]) == (
        "optimal",
        sites,
        len(sites),
        len(sites),
    )
    result = call("explain", study, "plan", "-q")
    assert result.exit_code == 0
    assert f"设施数：方案所载 {len(sites)}，重算 {len(sites)}；须新增覆盖 {need}" in result.stdout


def test_full_covering_leaves_out_whom_no_candidate_reaches(tmp_path: Path) -> None:
    homes = {**TOWN, "H-4": {"at": (0, 90_000), "households": 9, "pop60": 10}}
    study, plan = planned(tmp_path, 1, homes=homes)
    assert (plan["status"], plan["sites"], plan["need"]) == ("optimal", ["C-1", "C-2"], 40)
    assert plan["uncoverable"] == [{"area_id": "H-4", "reason": "unknown_today"}]
    assert "覆盖备选点能覆盖的全部" in call("site", study, "-q").stdout


def test_a_share_that_cannot_be_reached_is_named_beside_the_best_that_can(tmp_path: Path) -> None:
    homes = {**TOWN, "H-4": {"at": (2900, 0), "households": 9, "pop60": 30}}
    study, plan = planned(tmp_path, 0.9, homes=homes, streets=[((-1000, 0), (3000, 0))])
    assert (plan["status"], plan["sites"]) == ("infeasible", [])
    assert plan["clash"] == plan["given_up"] == [{"kind": "share", "zone_id": None, "number": 900}]
    assert plan["relaxed"]["sites"] == ["C-1", "C-2"]
    assert (plan["bound_kind"], call("explain", study, "plan", "-q").exit_code) == ("lagrangian", 0)
    study.write_text(study.read_text(encoding="utf-8").replace("share = 0.9", "share = 0.6"), encoding="utf-8")
    assert call("explain", study, "plan", "-q").exit_code == 1


def test_of_many_constraints_only_those_that_a_share_clashes_with_are_named(tmp_path: Path) -> None:
    terms = 'min_separation_m = 10\nforbidden = ["C-2"]\nbudget = { column = "cost", max = 90 }\n'
    hosts = {name: {**host, "cost": 9} for name, host in HOSTS.items()}
    study, plan = planned(tmp_path, 0.9, terms, candidates=hosts)
    # C-2 alone reaches H-3, without whose 10 no more than 50 of 60 are covered.
    assert (plan["status"], [each["kind"] for each in plan["clash"]]) == ("infeasible", ["share", "forbidden"])
    assert (plan["bound_kind"], plan["relaxed"]["sites"]) == ("lagrangian", ["C-1"])
    assert call("explain", study, "plan", "-q").exit_code == 0


def test_constraints_that_clash_without_the_share_are_proven_to(tmp_path: Path) -> None:
    terms = 'mandatory = ["C-1", "C-2"]\nbudget = { column = "cost", max = 12 }\n'
    study, plan = planned(tmp_path, 0.8, terms, candidates={name: {**host, "cost": 9} for name, host in HOSTS.items()})
    assert [each["kind"] for each in plan["clash"]] == ["budget", "mandatory"]
    assert ([each["kind"] for each in plan["given_up"]], plan["relaxed"]["sites"]) == (["budget"], ["C-1", "C-2"])
    assert call("explain", study, "plan", "-q").exit_code == 0


def test_the_curve_tells_what_each_number_of_sites_reaches(tmp_path: Path) -> None:
    study, _ = planned(tmp_path, 0.9)
    rows = list(csv.DictReader(io.StringIO((tmp_path / RESULTS / "curve.csv").read_text(encoding="utf-8-sig"))))
    assert [(row["sites"], row["covered"], row["bound"], row["covered_after"]) for row in rows] == [
        ("0", "0", "0", "20"),
        ("1", "30", "30", "50"),
        ("2", "40", "40", "60"),
    ]
    assert rows[1]["share_after"] == rows[1]["share_bound"] == "0.833333"
    assert "设施数与覆盖率：0 处 33.3%（至多 33.3%）" in call("site", study, "-q").stdout


def test_a_plan_of_one_site_less_or_of_a_higher_bound_does_not_hold(tmp_path: Path) -> None:
    study, plan = planned(tmp_path, 0.9)
    path = tmp_path / RESULTS / "plan.json"
    for change in ({"sites": ["C-1"], "site_stages": [2023], "objective": 1}, {"proven": 3, "bound": 3}, {"bound": 1}):
        path.write_text(json.dumps([{**plan, **change}]), encoding="utf-8")
        assert call("explain", study, "plan", "-q").exit_code == 1, change


@pytest.mark.parametrize("share", ["1.5", "0", '"all"'])
def test_a_share_that_is_none_is_refused(tmp_path: Path, share: str) -> None:
    result = call("site", write_town(tmp_path, study=least(share)), "-q")
    assert result.exit_code == 2
    assert "share" in result.stderr


def test_keys_of_the_other_problem_are_refused(tmp_path: Path) -> None:
    mixed = STUDY + CANDIDATES + SITE
    for study in (mixed + "share = 0.5\n", mixed.replace("per_stage", 'problem = "min_sites"\nshare = 0.5\nper_stage')):
        result = call("site", write_town(tmp_path, study=study), "-q")
        assert result.exit_code == 2
        assert "min_sites" in result.stderr
