"""A share of the people of each zone, from the study file to the certificate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.towns import CANDIDATES, OWN_PACK, PACK, SITE, ZONES, boxes, call, write_town

# One street; two towns of two homes each, every home with a candidate at its door that covers no other.
STREETS = (((-3000, 0), (4000, 0)),)
HOMES = {
    f"H-{n}": {"at": (x, 0), "pop60": people, "population": people}
    for n, x, people in ((1, 0, 50), (2, 1000, 30), (3, 2000, 20), (4, 3000, 5))
}
HOSTS = {f"C-{n}": {"at": home["at"], "cost": 9} for n, home in enumerate(HOMES.values(), start=1)}
TOWNS = {
    "T1": {"box": (-500, -500, 1500, 500), "name": "西镇", "level": "town", "urban_rural": "urban"},
    "T2": {"box": (1500, -500, 3500, 500), "name": "东镇", "level": "town", "urban_rural": "rural"},
}
FAR = {"F-1": {"at": (-2900, 0), "type": "day_care"}}
RESULTS = Path("data/processed/invented")
ASKED = 'target = {{ level = "town", covered = {}, label = "研究假设丙" }}\n'


def write(folder: Path, site: str, places: str = "per_stage = [2]", facilities: Any = FAR) -> Path:
    asked = SITE.replace("JJ-01", "T-01").replace("per_stage = [1]", places) + site
    study = write_town(
        folder,
        streets=STREETS,
        homes=HOMES,
        facilities=facilities,
        candidates=HOSTS,
        study=OWN_PACK + CANDIDATES + ZONES + asked,
        pack=PACK,
    )
    (folder / "zones.geojson").write_text(boxes("zone_id", TOWNS), encoding="utf-8")
    return study


def planned(folder: Path, site: str, **more: Any) -> tuple[Path, dict[str, Any], str]:
    study = write(folder, site, **more)
    result = call("site", study, "-q")
    assert result.exit_code in {0, 1}, result.stderr
    plan = json.loads((folder / RESULTS / "plan.json").read_text(encoding="utf-8"))[0]
    return study, plan, result.stdout


def checked(study: Path) -> int:
    return int(call("explain", study, "plan", "-q").exit_code)


def test_each_town_gets_its_share_and_what_that_costs_is_told(tmp_path: Path) -> None:
    study, plan, said = planned(tmp_path, ASKED.format(0.6))
    # 60 % of 80 are 48 and of 25 are 15: H-1 and H-3. Without the target H-1 and H-2, ten more.
    assert (plan["status"], plan["sites"], plan["objective"]) == ("optimal", ["C-1", "C-3"], 70)
    assert plan["prices"] == {"zone_share": 10}
    assert plan["terms"] == [{"kind": "zone_share", "zone_id": zone, "number": 600} for zone in ("T1", "T2")]
    assert plan["zone_share"] == {
        "level": "town",
        "urban_rural": None,
        "covered": 0.6,
        "basis": "assumption",
        "label": "研究假设丙",
        "zones": [
            {"zone_id": "T1", "total": 80, "covered_before": 0, "covered_after": 50},
            {"zone_id": "T2", "total": 25, "covered_before": 0, "covered_after": 20},
        ],
    }
    assert "各应覆盖 60.0%：研究假设“研究假设丙”，条文未规定；覆盖最低的：T1 62.5%, T2 80.0%" in said.replace(
        "、", ", "
    )
    assert "取消各单元应达到的覆盖率的限制，至少多覆盖 10" in said
    assert checked(study) == 0
    study.write_text(study.read_text(encoding="utf-8").replace("covered = 0.6", "covered = 0.9"), encoding="utf-8")
    assert checked(study) == 1


@pytest.mark.parametrize(("covered", "second"), [(0.8, "C-3"), (0.81, "C-4")])
def test_a_share_is_reached_to_the_person(tmp_path: Path, covered: float, second: str) -> None:
    """Of 25, 20 are 80 %; 81 % are 21, for which both homes of the town are needed."""
    _, plan, _ = planned(tmp_path, ASKED.format(covered).replace("label", 'urban_rural = "rural", label'))
    assert (plan["status"], second in plan["sites"]) == ("optimal", True)
    assert plan["zone_share"]["zones"][0]["covered_after"] >= covered * 25


def test_what_is_covered_today_counts(tmp_path: Path) -> None:
    """H-4 is served: 20 % of the 25 are covered, and nothing is left to ask of that town."""
    _, plan, _ = planned(tmp_path, ASKED.format(0.2), facilities={**FAR, "F-2": {"at": (3000, 0), "type": "day_care"}})
    assert (plan["sites"], [each["zone_id"] for each in plan["terms"]]) == (["C-1", "C-2"], ["T1"])


def test_shares_that_clash_are_named_and_proven_to(tmp_path: Path) -> None:
    study, plan, said = planned(tmp_path, ASKED.format(0.9))
    # Both homes of both towns: four sites, of which there are two.
    assert (plan["status"], plan["bound_kind"]) == ("infeasible", "lagrangian")
    assert plan["clash"] == [{"kind": "zone_share", "zone_id": zone, "number": 900} for zone in ("T1", "T2")]
    assert (plan["given_up"], sorted(plan["relaxed"]["sites"])) == (plan["clash"][:1], ["C-3", "C-4"])
    assert "互相冲突、无法同时满足：T1 覆盖率达到 90%；T2 覆盖率达到 90%" in said
    assert checked(study) == 0


def test_the_least_sites_keep_the_share_of_each_town(tmp_path: Path) -> None:
    least = 'problem = "min_sites"\nshare = 0.4'
    study, plan, _ = planned(tmp_path, ASKED.format(0.6), places=least)
    # H-1 alone are 48 % of all; the other town needs H-3.
    assert (plan["status"], sorted(plan["sites"]), plan["bound"]) == ("optimal", ["C-1", "C-3"], 2)
    assert checked(study) == 0


def test_the_least_sites_name_the_town_that_clashes_with_the_budget(tmp_path: Path) -> None:
    least, budget = 'problem = "min_sites"\nshare = 0.2', 'budget = { column = "cost", max = 18 }\n'
    study, plan, _ = planned(tmp_path, ASKED.format(0.9) + budget, places=least)
    assert (plan["status"], plan["bound_kind"]) == ("infeasible", "lagrangian")
    assert [each["kind"] for each in plan["clash"]] == ["zone_share", "zone_share", "budget"]
    assert (plan["given_up"][0]["zone_id"], sorted(plan["relaxed"]["sites"])) == ("T1", ["C-3", "C-4"])
    assert checked(study) == 0


@pytest.mark.parametrize(
    ("site", "said"),
    [
        (ASKED.format(1.5), "covered"),
        (ASKED.format(0.5).replace("label", "share = 0.5, label"), "covered"),
        (ASKED.format(0.5).replace(', label = "研究假设丙"', ""), "label"),
        (ASKED.format(0.5).replace("town", "village"), "village"),
        (ASKED.format(0.5) + 'capacity = "seats"\n', "capacity"),
    ],
)
def test_what_cannot_be_asked_is_refused(tmp_path: Path, site: str, said: str) -> None:
    result = call("site", write(tmp_path, site), "-q")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "data").exists()


def test_zones_that_do_not_say_what_they_are_cannot_be_asked(tmp_path: Path) -> None:
    study = write(tmp_path, ASKED.format(0.5).replace("label", 'urban_rural = "urban", label'))
    bare = {name: {key: value for key, value in town.items() if key != "urban_rural"} for name, town in TOWNS.items()}
    (tmp_path / "zones.geojson").write_text(boxes("zone_id", bare), encoding="utf-8")
    result = call("site", study, "-q")
    assert result.exit_code == 2
    assert "缺 2 个：T1, T2" in result.stderr
