"""A study whose terms no plan keeps: what clashes, the best plan without it, and the proof, checked again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.towns import CANDIDATES, SITE, STUDY, call, write_town
from tests.unit.test_least import HOSTS, RESULTS, TOWN

PLACES: Mapping[str, Mapping[str, Any]] = {name: {**place, "cost": 9} for name, place in HOSTS.items()}
TERMS = 'mandatory = ["C-1", "C-2"]\nbudget = { column = "cost", max = 12 }\nmin_separation_m = 10\n'
CLASH = STUDY + CANDIDATES + SITE.replace("per_stage = [1]", "per_stage = [2]") + TERMS


def planned(folder: Path) -> tuple[Path, dict[str, Any]]:
    study = write_town(folder, homes=TOWN, candidates=PLACES, study=CLASH)
    call("site", study, "-q")
    return study, json.loads((folder / RESULTS / "plan.json").read_text(encoding="utf-8"))[0]


def test_that_no_plan_keeps_what_clashes_is_proven_and_checked_again(tmp_path: Path) -> None:
    study, plan = planned(tmp_path)
    assert (plan["status"], plan["bound_kind"], plan["sites"]) == ("infeasible", "lagrangian", [])
    assert [each["kind"] for each in plan["clash"]] == ["budget", "mandatory"]
    assert [each["kind"] for each in plan["given_up"]] == ["budget"]
    assert plan["relaxed"]["sites"] == ["C-1", "C-2"]
    checked = call("explain", study, "plan", "-q")
    assert checked.exit_code == 0, checked.stdout
    assert "没有任何方案能同时满足：投资合计不超过 12；指定设点的名单" in checked.stdout


def test_a_changed_proof_of_a_clash_is_found(tmp_path: Path) -> None:
    study, _ = planned(tmp_path)
    path = tmp_path / RESULTS / "proof.json"
    proofs = json.loads(path.read_text(encoding="utf-8"))
    proofs[0]["steps"][0]["rows"] = [0 for _ in proofs[0]["steps"][0]["rows"]]
    path.write_text(json.dumps(proofs), encoding="utf-8")
    assert call("explain", study, "plan", "-q").exit_code == 1


def test_with_more_money_the_proof_shows_nothing(tmp_path: Path) -> None:
    study, _ = planned(tmp_path)
    write_town(tmp_path, homes=TOWN, candidates=PLACES, study=CLASH.replace("max = 12", "max = 20"))
    assert call("explain", study, "plan", "-q").exit_code == 1
