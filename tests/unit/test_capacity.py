"""Sites that hold no more than so many, from the study file to the certificate."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely

from circle15.show.geometry import to_wgs84
from tests.towns import CANDIDATES, SITE, STUDY, call, moved, write_town
from tests.unit.test_least import HOSTS, RESULTS, TOWN

# C-1 and C-3 serve the 30 of H-2, C-2 the 10 of H-3.
PLACES: Mapping[str, Mapping[str, Any]] = {
    "C-1": {**HOSTS["C-1"], "seats": 12},
    "C-2": {**HOSTS["C-2"], "seats": 50},
    "C-3": {**HOSTS["C-3"], "seats": 15},
}
SEATS = 'capacity = "seats"\n'


def asked(places: int) -> str:
    return STUDY + CANDIDATES + SITE.replace("per_stage = [1]", f"per_stage = [{places}]") + SEATS


def planned(folder: Path, study: str) -> tuple[Path, dict[str, Any]]:
    path = write_town(folder, homes=TOWN, candidates=PLACES, study=study)
    result = call("site", path, "-q")
    assert result.exit_code in {0, 1}, result.stderr
    return path, json.loads((folder / RESULTS / "plan.json").read_text(encoding="utf-8"))[0]


def table(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / RESULTS / name).read_text(encoding="utf-8-sig"))))


def test_a_site_serves_no_more_than_it_holds(tmp_path: Path) -> None:
    study, plan = planned(tmp_path, asked(1))
    assert (plan["status"], plan["sites"], plan["objective"], plan["bound"]) == ("optimal", ["C-3"], 15, 15)
    assert plan["capacity"] == "seats"
    assert "按餐位可安排 15" in call("site", study, "-q").stdout
    assert call("explain", study, "plan", "-q").exit_code == 0


def test_people_of_one_home_have_places_at_two_sites(tmp_path: Path) -> None:
    _, plan = planned(tmp_path, asked(2))
    assert (plan["status"], set(plan["sites"]), plan["objective"]) == ("optimal", {"C-1", "C-3"}, 27)
    rows = [(row["area_id"], row["candidate_id"], row["weight"]) for row in table(tmp_path, "allocation.csv")]
    assert rows == [("H-2", "C-1", "12"), ("H-2", "C-3", "15")]


def test_every_basis_counts_the_part_of_a_home_that_has_places(tmp_path: Path) -> None:
    planned(tmp_path, asked(3))
    rows = [row for row in table(tmp_path, "plan_shares.csv") if row["basis"] == "areas"]
    # H-1 is served today; of the 30 of H-2 15 and then 27, and all 10 of H-3.
    assert [float(row["covered_after"]) for row in rows] == [1, 1.5, 1.9, 2.9]
    gains = [(row["candidate_id"], row["gain"]) for row in table(tmp_path, "plan.csv")]
    assert gains == [("C-3", "15"), ("C-1", "12"), ("C-2", "10")]


def test_other_capacities_break_the_certificate(tmp_path: Path) -> None:
    study, _ = planned(tmp_path, asked(1))
    write_town(tmp_path, homes=TOWN, candidates={**PLACES, "C-3": {**HOSTS["C-3"], "seats": 14}}, study=asked(1))
    assert call("explain", study, "plan", "-q").exit_code == 1


def test_candidates_without_seats_are_refused(tmp_path: Path) -> None:
    result = call("site", write_town(tmp_path, homes=TOWN, candidates=HOSTS, study=asked(1)), "-q")
    assert result.exit_code == 2
    assert "3" in result.stderr
    assert "C-1" in result.stderr


def test_places_are_for_people_and_for_covering(tmp_path: Path) -> None:
    study = asked(1).replace('weight    = "pop60"', 'weight    = "areas"') + "backup = true\n"
    result = call("site", write_town(tmp_path, homes=TOWN, candidates=PLACES, study=study), "-q")
    assert result.exit_code == 2
    assert "backup" in result.stderr
    assert "pop60" in result.stderr


def test_sites_by_hand_have_no_seats_and_that_is_said(tmp_path: Path) -> None:
    study, _ = planned(tmp_path, asked(1))
    (place,) = to_wgs84(shapely.points([moved(HOSTS["C-1"]["at"])]), "EPSG:4549", 9)
    row = f"T-1,day_care,{place.x:.9f},{place.y:.9f}"
    (tmp_path / "sites.csv").write_text(f"site_id,facility_type,lon,lat\n{row}", encoding="utf-8")
    found = call("evaluate", study, "--sites", tmp_path / "sites.csv", "-q")
    assert found.exit_code == 0, found.stderr
    assert "餐位、床位未计" in found.stdout
    assert "手选 1 处新增 30；同数量备选点最多新增 30" in found.stdout
