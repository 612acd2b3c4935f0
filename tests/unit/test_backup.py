"""A second facility that counts too, from the study file to the certificate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.towns import CANDIDATES, SITE, STUDY, call, write_town
from tests.unit.test_least import HOSTS, RESULTS, TOWN

# C-1 and C-3 serve the 30 of H-2, C-2 the 10 of H-3, C-4 the 20 of H-1, whom F-1 serves already.
PLACES = {**HOSTS, "C-4": {"at": (200, 0)}}
TWO = STUDY + CANDIDATES + SITE.replace("per_stage = [1]", "per_stage = [2]")


def planned(folder: Path, study: str) -> tuple[Path, dict[str, Any]]:
    path = write_town(folder, homes=TOWN, candidates=PLACES, study=study)
    result = call("site", path, "-q")
    assert result.exit_code in {0, 1}, result.stderr
    return path, json.loads((folder / RESULTS / "plan.json").read_text(encoding="utf-8"))[0]


def test_without_backup_nobody_is_served_twice(tmp_path: Path) -> None:
    _, plan = planned(tmp_path, TWO)
    assert (plan["sites"], plan["objective"], plan["backup"]) == (["C-1", "C-2"], 40, False)


def test_with_backup_the_second_facility_counts_and_what_stands_is_the_first(tmp_path: Path) -> None:
    study, plan = planned(tmp_path, TWO + "backup = true\n")
    # H-2 twice: 60. C-1 and C-4 would give 50, C-1 and C-2 40.
    assert (plan["status"], plan["sites"], plan["objective"], plan["bound"]) == ("optimal", ["C-1", "C-3"], 60, 60)
    assert "覆盖 30，连同第二处覆盖合计 60" in call("site", study, "-q").stdout
    assert call("explain", study, "plan", "-q").exit_code == 0


def test_three_sites_back_up_what_stands_too(tmp_path: Path) -> None:
    _, plan = planned(tmp_path, TWO.replace("[2]", "[3]") + "backup = true\n")
    assert (plan["status"], set(plan["sites"]), plan["objective"]) == ("optimal", {"C-1", "C-3", "C-4"}, 80)


def test_backup_goes_with_covering_alone(tmp_path: Path) -> None:
    study = TWO.replace("per_stage", 'problem = "p_median"\ncap_m = 9\nper_stage') + "backup = true\n"
    result = call("site", write_town(tmp_path, study=study), "-q")
    assert result.exit_code == 2
    assert "max_coverage" in result.stderr
