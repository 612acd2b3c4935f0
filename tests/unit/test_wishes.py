"""Preferences, zones that need a site and fixed years, from the study file to the certificate."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely

from circle15.pipeline import evaluation as pipeline
from circle15.show.evaluation import evaluation_lines, evaluation_object
from circle15.show.geometry import to_wgs84
from circle15.study import load_study
from tests.towns import CANDIDATES, OWN_PACK, PACK, SITE, ZONES, boxes, call, moved, points, write_town

RULES = """
[facility.health_center]
zh = "社区卫生服务中心"
en = "health centre"

[[rule]]
id = "T-09"
kind = "preference"
targets = ["day_care"]
hosts = ["邻里中心"]
force = "advised"
verified = true
clause = "虚构条文：优先安排在邻里中心"

[[rule]]
id = "T-10"
kind = "preference"
targets = ["day_care"]
where = [{ column = "build_mode", op = "==", value = "new" }]
near_types = ["health_center"]
near_m = 100
force = "advised"
verified = true
clause = "虚构条文：邻近医疗卫生设施"

[[rule]]
id = "T-11"
kind = "preference"
targets = ["day_care"]
force = "advised"
verified = true
clause = "虚构条文：向老龄化程度高的街道倾斜"

[[rule]]
id = "T-12"
kind = "presence"
targets = ["day_care"]
level = "community"
at_least = 1
scope = { urban_rural = "urban" }
target = { op = ">=", value = 0.9, basis = "zones" }
force = "expected"
verified = true
clause = "虚构条文：城市社区90%以上"

[[rule]]
id = "T-13"
kind = "schedule"
targets = ["day_care"]
milestones = [
    { zone = "东镇", type = "day_care", year = 2023, stage = "in_use" },
    { zone = "西镇", type = "day_care", year = 2024, stage = "in_use" },
    { zone = "西镇", type = "day_care", year = 2023, stage = "begin" },
    { zone = "中镇", type = "day_care", year = 2019, stage = "in_use" },
]
force = "expected"
verified = true
clause = "虚构条文"
"""
# One street; 50, 30 and 20 elderly, each with candidates at the door.
STREETS = (((-3000, 0), (4000, 0)),)
CENTRE = {"F-1": {"at": (-2900, 0), "type": "day_care"}}
HOMES = {
    f"H-{n}": {"at": (x, 0), "pop60": w, "population": p}
    for n, x, w, p in ((1, 0, 50, 500), (2, 1000, 30, 100), (3, 2000, 20, 150))
}
HOSTS: dict[str, dict[str, Any]] = {
    "C-1": {"at": (0, 0), "host": "学校"},
    "C-2": {"at": (1000, 0), "host": "邻里中心"},
    "C-3": {"at": (2000, 0), "host": None},
}
# Two towns of one community each, and a third with two; the middle one is rural.
TOWNS = {
    "T1": {"box": (-500, -500, 500, 500), "name": "西镇", "level": "town"},
    "T2": {"box": (500, -500, 1500, 500), "name": "中镇", "level": "town"},
    "T3": {"box": (1500, -500, 2500, 500), "name": "东镇", "level": "town"},
}
COMMUNITIES = {
    "V1": {"box": (-500, -500, 500, 500), "name": "甲", "level": "community", "urban_rural": "urban"},
    "V2": {"box": (500, -500, 1500, 500), "name": "乙", "level": "community", "urban_rural": "rural"},
    "V3": {"box": (1500, -500, 2500, 500), "name": "丙", "level": "community", "urban_rural": "urban"},
    "V4": {"box": (-3000, -500, -2500, 500), "name": "丁", "level": "community", "urban_rural": "urban"},
}
RESULTS = Path("data/processed/invented")


def write(folder: Path, site: str, *, facilities: Any = CENTRE, hosts: Any = HOSTS) -> Path:
    study = write_town(
        folder,
        streets=STREETS,
        homes=HOMES,
        facilities=facilities,
        candidates=hosts,
        study=OWN_PACK + CANDIDATES + ZONES + SITE.replace("JJ-01", "T-01") + site,
        pack=PACK + RULES,
    )
    (folder / "zones.geojson").write_text(boxes("zone_id", {**TOWNS, **COMMUNITIES}), encoding="utf-8")
    return study


def planned(folder: Path, site: str, **layers: Any) -> tuple[Path, dict[str, Any]]:
    study = write(folder, site, **layers)
    result = call("site", study, "-q")
    assert result.exit_code in {0, 1}, result.stderr
    return study, json.loads((folder / RESULTS / "plan.json").read_text(encoding="utf-8"))[0]


def refused(folder: Path, site: str) -> str:
    result = call("site", write(folder, site), "-q")
    assert result.exit_code == 2
    assert not (folder / "data").exists()
    return str(result.stderr)


# ---- preferences ---------------------------------------------------------------------------------------------------


def test_a_factor_that_is_too_small_changes_no_site(tmp_path: Path) -> None:
    _, plan = planned(tmp_path, 'prefer = { "T-09" = 1.6 }\n')
    assert (plan["sites"], plan["scale"], plan["objective"], plan["preference_price"]) == (["C-1"], 5, 250, 0)


def test_a_preferred_site_counts_more_and_its_price_is_told(tmp_path: Path) -> None:
    study, plan = planned(tmp_path, 'prefer = { "T-09" = 1.7 }\n')
    # 30 · 1.7 = 51 is more than 50, and costs 20 of 50 people.
    assert (plan["status"], plan["sites"]) == ("optimal", ["C-2"])
    assert (plan["scale"], plan["objective"], plan["bound"], plan["preference_price"]) == (10, 510, 510, 20)
    assert plan["preferences"] == [
        {
            "rule_id": "T-09",
            "factor": 1.7,
            "basis": "assumption",
            "candidates": 1,
            "unknown": 1,
            "zones": [],
            "taken_for_new": False,
        }
    ]
    said = call("site", study, "-q").stdout
    assert "覆盖 30，计入优先系数合计 51，上界 51" in said
    assert "优先 T-09：符合的备选点 1 处，资料不足 1 处，其覆盖按 1.7 倍计；系数为研究假设，条文未规定" in said
    assert "优先系数的代价：不加权时覆盖至少可多 20" in said
    assert plan["curve"][1] == {"sites": 1, "covered": 50, "bound": 50}
    assert call("explain", study, "plan", "-q").exit_code == 0


def test_near_a_health_facility_by_hand(tmp_path: Path) -> None:
    health = {"G-1": {"at": (1000, 100), "type": "health_center"}, "G-2": {"at": (2000, 101), "type": "health_center"}}
    _, plan = planned(tmp_path, 'prefer = { "T-10" = 2 }\n', facilities={**CENTRE, **health})
    # 100 m is near, 101 is not. Without build_mode every candidate is taken for a new site.
    assert (plan["sites"], plan["objective"]) == (["C-2"], 60)
    (said,) = plan["preferences"]
    assert (said["candidates"], said["unknown"], said["taken_for_new"]) == (1, 0, True)


def test_what_is_not_new_is_not_preferred_where_the_clause_is_of_new_ones(tmp_path: Path) -> None:
    health = {"G-1": {"at": (1000, 50), "type": "health_center"}}
    hosts = {name: {**host, "build_mode": "upgraded"} for name, host in HOSTS.items()}
    _, plan = planned(tmp_path, 'prefer = { "T-10" = 2 }\n', facilities={**CENTRE, **health}, hosts=hosts)
    assert (plan["sites"], plan["preferences"][0]["candidates"]) == (["C-1"], 0)


def test_two_preferences_add_up(tmp_path: Path) -> None:
    health = {"G-1": {"at": (1000, 100), "type": "health_center"}}
    _, plan = planned(tmp_path, 'prefer = { "T-09" = 1.4, "T-10" = 1.3 }\n', facilities={**CENTRE, **health})
    assert (plan["sites"], plan["objective"] / plan["scale"]) == (["C-2"], 51)


def test_ageing_towns_count_more(tmp_path: Path) -> None:
    _, plan = planned(tmp_path, 'prefer = { "T-11" = 1.75 }\n')
    # 100 of 750 are elderly: 10 %, 30 % and 13.3 %, the last not above 13.3 %.
    assert (plan["sites"], plan["preferences"][0]["zones"]) == (["C-2"], ["T2"])


def test_a_factor_of_one_is_none(tmp_path: Path) -> None:
    _, plan = planned(tmp_path, 'prefer = { "T-09" = 1 }\n')
    assert (plan["preferences"], plan["scale"], plan["preference_price"]) == ([], 1, None)


def test_a_disturbed_factor_breaks_the_certificate(tmp_path: Path) -> None:
    study, _ = planned(tmp_path, 'prefer = { "T-09" = 1.7 }\n')
    study.write_text(study.read_text(encoding="utf-8").replace("1.7", "1.8"), encoding="utf-8")
    assert call("explain", study, "plan", "-q").exit_code == 1


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ('prefer = { "T-09" = 0.5 }\n', "0.5"),
        ('prefer = { "T-09" = 1.234 }\n', "1.234"),
        ('prefer = { "T-99" = 2 }\n', "T-99"),
        ('prefer = { "T-12" = 2 }\n', "preference"),
        ('target = { rule = "T-09" }\n', "presence"),
        ('target = { rule = "T-12", share = 0.5 }\n', "share"),
        ('target = { level = "community", share = 0.5 }\n', "label"),
        ('target = { level = "community", share = 1.5, label = "x" }\n', "share"),
        ('dated = { "西镇" = 2029 }\n', "西镇"),
        ('dated = { "北镇" = 2023 }\n', "北镇"),
        ('dated = { "西镇" = 2023, "C-1" = 2023 }\n', "C-1"),
        ('dated = { "西镇" = 2023, "东镇" = 2023 }\n', "per_stage"),
        ('schedule = "T-12"\n', "schedule"),
        ('schedule = "T-13"\ndated = { "西镇" = 2023 }\n', "schedule"),
        ("per_stage_min = [2]\n", "per_stage_min"),
        ('problem = "p_median"\ncap_m = 900\nprefer = { "T-09" = 2 }\n', "max_coverage"),
    ],
)
def test_what_cannot_be_asked_is_refused(tmp_path: Path, site: str, said: str) -> None:
    assert said in refused(tmp_path, site)


# ---- zones that need a site ----------------------------------------------------------------------------------------


def test_a_target_of_communities_binds_the_plan(tmp_path: Path) -> None:
    two = 'target = { rule = "T-12" }\n'
    study, plan = planned(tmp_path, two.replace("}", "}") + "", hosts=HOSTS)
    # Urban: V1, V3 and V4, which has F-1. 90 % of 3 is 3: V1 and V3 need one each, and there is one place.
    assert plan["status"] == "infeasible"
    assert plan["clash"] == [{"kind": "target", "zone_id": "T-12", "number": 2}]
    assert (plan["relaxed"]["sites"], plan["given_up"]) == (["C-1"], plan["clash"])
    assert "T-12：尚无设施的单元中至少 2 个设点" in call("site", study, "-q").stdout


def test_what_a_target_costs(tmp_path: Path) -> None:
    write(tmp_path, 'target = { rule = "T-12" }\n')
    study = tmp_path / "study.toml"
    text = study.read_text(encoding="utf-8").replace("per_stage = [1]", "per_stage = [2]")
    study.write_text(text, encoding="utf-8")
    assert call("site", study, "-q").exit_code in {0, 1}
    plan = json.loads((tmp_path / RESULTS / "plan.json").read_text(encoding="utf-8"))[0]
    # 50 and 20 are covered in V1 and V3; without the target 50 and 30.
    assert (plan["status"], sorted(plan["sites"]), plan["objective"]) == ("optimal", ["C-1", "C-3"], 70)
    assert plan["prices"] == {"target": 10}
    assert call("explain", study, "plan", "-q").exit_code == 0
    hosts = tmp_path / "candidates.geojson"
    hosts.write_text(hosts.read_text(encoding="utf-8").replace('"C-3"', '"C-9"'), encoding="utf-8")
    assert call("explain", study, "plan", "-q").exit_code == 1


def test_an_assumed_target_says_so(tmp_path: Path) -> None:
    asked = 'target = { level = "community", urban_rural = "rural", share = 1, label = "研究假设甲" }\n'
    study, plan = planned(tmp_path, asked)
    assert (plan["sites"], plan["terms"]) == (["C-2"], [{"kind": "target", "zone_id": "研究假设甲", "number": 1}])
    assert "取消单元覆盖目标的限制，至少多覆盖 20" in call("site", study, "-q").stdout


def test_the_least_sites_keep_a_target(tmp_path: Path) -> None:
    study = write(tmp_path, 'problem = "min_sites"\nshare = 0.3\ntarget = { rule = "T-12" }\n')
    study.write_text(study.read_text(encoding="utf-8").replace("per_stage = [1]\n", ""), encoding="utf-8")
    assert call("site", study, "-q").exit_code in {0, 1}
    plan = json.loads((tmp_path / RESULTS / "plan.json").read_text(encoding="utf-8"))[0]
    # C-1 alone would cover half; the target asks for C-3 too.
    assert (plan["status"], sorted(plan["sites"]), plan["objective"]) == ("optimal", ["C-1", "C-3"], 2)


def test_preferences_and_a_target_together(tmp_path: Path) -> None:
    asked = 'prefer = { "T-09" = 2.5 }\ntarget = { level = "town", share = 0.3, label = "研究假设乙" }\n'
    study, plan = planned(tmp_path, asked)
    # Any of the three towns will do, and 30 count as 75.
    assert (plan["status"], plan["sites"], plan["scale"], plan["objective"]) == ("optimal", ["C-2"], 2, 150)
    result = call("explain", study, "plan", "-q")
    assert result.exit_code == 0
    assert f"设施数与覆盖率：{len(plan['curve'])} 个点及其上界重算一致" in result.stdout


def _disturb(folder: Path, name: str, change: Callable[[Any], None]) -> None:
    path = folder / RESULTS / name
    (found, *others) = json.loads(path.read_text(encoding="utf-8"))
    change(found)
    path.write_text(json.dumps([found, *others], ensure_ascii=False), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("plan.json", lambda plan: plan["curve"][1].update(bound=plan["curve"][1]["bound"] - 1)),
        ("plan.json", lambda plan: plan["curve"][1].update(covered=plan["curve"][1]["covered"] + 1)),
        ("plan.json", lambda plan: plan["curve"].pop()),
        ("proof.json", lambda proof: proof["curve"].update(most=1)),
        ("proof.json", lambda proof: proof["curve"].update(order=proof["curve"]["order"][::-1])),
        ("proof.json", lambda proof: proof.update(curve=None)),
    ],
)
def test_a_disturbed_curve_breaks_the_certificate(
    planned_town: Path, tmp_path: Path, name: str, change: Callable[[Any], None]
) -> None:
    shutil.copytree(planned_town, tmp_path / "town")
    _disturb(tmp_path / "town", name, change)
    assert call("explain", tmp_path / "town" / "study.toml", "plan", "-q").exit_code == 1


@pytest.fixture(scope="module")
def planned_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town with a plan, of preferences and a target."""
    folder = tmp_path_factory.mktemp("planned")
    study, _ = planned(
        folder, 'prefer = { "T-09" = 2.5 }\ntarget = { level = "town", share = 0.3, label = "研究假设乙" }\n'
    )
    assert call("explain", study, "plan", "-q").exit_code == 0
    return folder


# ---- spokes and catchments -----------------------------------------------------------------------------------------


def layer(folder: Path, name: str) -> list[dict[str, Any]]:
    found = json.loads((folder / RESULTS / f"{name}.geojson").read_text(encoding="utf-8"))
    return [{**each["properties"], "shape": each["geometry"]["type"]} for each in found["features"]]


def test_spokes_and_catchments_by_hand(tmp_path: Path) -> None:
    # F-1 serves nobody but H-4, beside it; H-5 stands 300 m from C-1, where H-1 stands itself.
    homes = {**HOMES, "H-4": {"at": (-2500, 0), "pop60": 7}, "H-5": {"at": (300, 0), "pop60": 5}}
    study = write(tmp_path, "")
    (tmp_path / "homes.geojson").write_text(points("area_id", homes), encoding="utf-8")
    assert call("run", study, "-q").exit_code in {0, 1}
    spokes = layer(tmp_path, "spokes")
    assert [(each["area_id"], each["candidate_id"], each["distance_m"], each["shape"]) for each in spokes] == [
        ("H-5", "C-1", 300, "LineString")
    ]
    found = {
        (
            each["moment"],
            each["kind"],
            each["place_id"],
            each["stage"],
            each["areas"],
            each["weight"],
            each["farthest_m"],
        )
        for each in layer(tmp_path, "catchments")
    }
    assert found == {
        ("today", "facility", "F-1", None, 1, 7, 400),
        ("planned", "facility", "F-1", None, 1, 7, 400),
        ("planned", "site", "C-1", 2023, 2, 55, 300),
    }


def test_the_public_gets_neither_spokes_nor_catchments(tmp_path: Path) -> None:
    study = write(tmp_path, '[show]\noutputs = ["geojson", "gpkg"]\ntitle_block = { "审图号" = "GS(2024)1" }\n')
    text = study.read_text(encoding="utf-8").replace("fictional = true", 'fictional = true\naudience = "public"')
    study.write_text(text, encoding="utf-8")
    assert call("run", study, "-q").exit_code in {0, 1}
    names = {path.name for path in (tmp_path / RESULTS).rglob("*")}
    assert "proposed_sites.geojson" in names
    assert not {"spokes.geojson", "catchments.geojson"} & names
    (package,) = (tmp_path / RESULTS).rglob("*.gpkg")
    assert not {"GHLX", "FWXQ"} & {name for name, _ in pyogrio.list_layers(package)}


def test_a_geopackage_holds_spokes_as_lines(tmp_path: Path) -> None:
    hosts = {**HOSTS, "C-1": {"at": (50, 0)}}
    study = write(tmp_path, '[show]\noutputs = ["gpkg", "shp"]\n', hosts=hosts)
    assert call("run", study, "-q").exit_code in {0, 1}
    (package,) = (tmp_path / RESULTS).rglob("*.gpkg")
    kinds = {str(name): str(kind) for name, kind in pyogrio.list_layers(package)}
    assert (kinds["GHLX"], kinds["FWXQ"]) == ("LineString", "MultiPolygon")
    assert len(pyogrio.read_dataframe(package, layer="GHLX")) == 1


# ---- fixed years ---------------------------------------------------------------------------------------------------


def years(folder: Path, site: str, most: str = "[1, 1]", **layers: Any) -> tuple[Path, dict[str, Any]]:
    study = write(folder, site, **layers)
    text = study.read_text(encoding="utf-8").replace("per_stage = [1]", f"per_stage = {most}")
    study.write_text(text.replace("stages    = [2023]", "stages    = [2023, 2024]"), encoding="utf-8")
    result = call("site", study, "-q")
    assert result.exit_code in {0, 1}, result.stderr
    return study, json.loads((folder / RESULTS / "plan.json").read_text(encoding="utf-8"))[0]


def opened(plan: dict[str, Any]) -> dict[str, int]:
    return dict(zip(plan["sites"], plan["site_stages"], strict=True))


@pytest.mark.parametrize("asked", ['dated = { "东镇" = 2023, "T1" = 2024 }\n', 'schedule = "T-13"\n'])
def test_dated_towns_open_in_their_year(tmp_path: Path, asked: str) -> None:
    study, plan = years(tmp_path, asked)
    assert (plan["status"], opened(plan), plan["objective"]) == ("optimal", {"C-3": 2023, "C-1": 2024}, 20 + 70)
    # Free, C-1 and C-2 would open: 50 + 80.
    assert plan["prices"] == {"dated": 40}
    assert call("explain", study, "plan", "-q").exit_code == 0


def test_a_dated_candidate_opens_in_its_year(tmp_path: Path) -> None:
    _, plan = years(tmp_path, 'dated = { "C-1" = 2024 }\n')
    assert opened(plan) == {"C-2": 2023, "C-1": 2024}


def test_a_dated_town_without_a_candidate_is_named(tmp_path: Path) -> None:
    hosts = {name: host for name, host in HOSTS.items() if name != "C-3"}
    _, plan = years(tmp_path, 'schedule = "T-13"\n', hosts=hosts)
    assert plan["status"] == "infeasible"
    assert plan["clash"] == [{"kind": "dated", "zone_id": "东镇", "number": 2023}]
    assert opened(plan["relaxed"]) == {"C-2": 2023, "C-1": 2024}


def test_a_year_has_its_least_number_even_where_nothing_is_gained(tmp_path: Path) -> None:
    hosts = {**HOSTS, "C-4": {"at": (3500, 0)}, "C-5": {"at": (3600, 0)}}
    _, plan = years(tmp_path, "per_stage_min = [1, 2]\n", "[3, 3]", hosts=hosts)
    assert (plan["status"], plan["objective"]) == ("optimal", 200)
    assert sorted(plan["site_stages"]) == [2023, 2023, 2023, 2024, 2024]


def test_too_few_candidates_for_the_least_numbers(tmp_path: Path) -> None:
    study, plan = years(tmp_path, "per_stage_min = [2, 2]\n", "[2, 2]")
    assert (plan["status"], plan["clash"]) == (
        "infeasible",
        [{"kind": "year_min", "zone_id": "2/2", "number": 4}],
    )
    assert "各年度至少 2/2 处" in call("site", study, "-q").stdout


# ---- sites chosen by hand ------------------------------------------------------------------------------------------


def evaluated(folder: Path, site: str, *places: float, ids: str = "T-") -> tuple[dict[str, Any], str]:
    study = write(folder, site)
    text = study.read_text(encoding="utf-8").replace("per_stage = [1]", "per_stage = [2]")
    study.write_text(text, encoding="utf-8")
    degrees = to_wgs84(shapely.points([moved((at, 0)) for at in places]), "EPSG:4549", 9)
    rows = [f"{ids}{number},day_care,{each.x:.9f},{each.y:.9f}" for number, each in enumerate(degrees, start=1)]
    (folder / "sites.csv").write_text("\n".join(["site_id,facility_type,lon,lat", *rows]), encoding="utf-8")
    found = pipeline.evaluated(load_study(study), folder / "sites.csv")
    said = "\n".join(line.zh for line in evaluation_lines(found))
    return dict(evaluation_object(found)["plans"][0]), said


def test_without_conditions_there_is_none_to_keep(tmp_path: Path) -> None:
    plan, _ = evaluated(tmp_path, "", 0, 2000)
    assert (plan["gain"], plan["best"], plan["best_sites"], plan["kept"]) == (70, 80, ["C-1", "C-2"], None)


def test_sites_by_hand_keep_a_target_or_break_it(tmp_path: Path) -> None:
    target = 'target = { rule = "T-12" }\n'
    plan, said = evaluated(tmp_path / "a", target, 0, 1000)
    assert plan["kept"]["broken"] == [{"kind": "target", "zone_id": "T-12", "number": 2}]
    assert (plan["kept"]["value"], plan["kept"]["best"], plan["kept"]["bound"]) == (80, 70, 70)
    assert "手选点位不满足：T-12：尚无设施的单元中至少 2 个设点；手选新增 80，满足全部条件的同数量备选点最多 70" in said
    plan, said = evaluated(tmp_path / "b", target, 100, 1900)
    assert (plan["kept"]["broken"], plan["kept"]["value"]) == ([], 70)
    assert "手选点位不满足：无" in said


def test_what_sites_by_hand_break_of_everything(tmp_path: Path) -> None:
    asked = (
        'quota = { level = "town", max = 1 }\nmin_separation_m = 300\nmandatory = ["C-2"]\ndated = { "东镇" = 2023 }\n'
        'budget = { column = "cost", max = 5 }\nforbidden = ["C-1"]\n'
    )
    plan, said = evaluated(tmp_path, asked, 0, 200, ids="C-")
    kinds = [each["kind"] for each in plan["kept"]["broken"]]
    assert kinds == ["separation", "quota_max", "dated", "forbidden", "mandatory"]
    assert (plan["kept"]["best_sites"], plan["kept"]["best"]) == (["C-2", "C-3"], 50)
    assert plan["kept"]["not_checked"] == ["budget"]
    assert "投资上限未核" in said


def test_sites_by_hand_are_weighed_by_preferences(tmp_path: Path) -> None:
    plan, said = evaluated(tmp_path, 'prefer = { "T-09" = 2 }\n', 0, 2000)
    assert (plan["kept"]["value"], plan["kept"]["best"]) == (70, 110)
    assert "手选新增（计入优先系数） 70" in said


def test_a_site_by_hand_that_is_a_dropped_candidate_is_measured_all_the_same(tmp_path: Path) -> None:
    """C-2 lies where no site may stand: by hand it is warned of, and counts."""
    study = write(tmp_path, "")
    layer = '\n[inputs.constraints]\npath = "redlines.geojson"\ncrs = "EPSG:4549"\n\n[[site]]'
    study.write_text(study.read_text(encoding="utf-8").replace("\n[[site]]", layer), encoding="utf-8")
    shape = {"redline": {"box": (900, -100, 1100, 100), "name": "永久基本农田", "effect": "forbid"}}
    (tmp_path / "redlines.geojson").write_text(boxes("id", shape), encoding="utf-8")
    study.write_text(study.read_text(encoding="utf-8") + 'quota = { level = "town", max = 1 }\n', encoding="utf-8")
    degrees = to_wgs84(shapely.points([moved((1000, 0))]), "EPSG:4549", 9)[0]
    sites = f"site_id,facility_type,lon,lat\nC-2,day_care,{degrees.x:.9f},{degrees.y:.9f}\n"
    (tmp_path / "sites.csv").write_text(sites, encoding="utf-8")
    (plan,) = evaluation_object(pipeline.evaluated(load_study(study), tmp_path / "sites.csv"))["plans"]
    assert (plan["gain"], plan["best_sites"]) == (30, ["C-1"])
    assert (plan["kept"]["value"], plan["kept"]["broken"], plan["kept"]["best_sites"]) == (30, [], ["C-1"])
