"""Constraint layers, from the command line: where no site may stand, what says so, and what was never looked at."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import shapely

from circle15.show.geometry import to_wgs84
from tests.towns import CANDIDATES, OWN_PACK, PACK, SITE, boxes, call, features, moved, write_town

CONSTRAINTS = """
[inputs.constraints]
path = "constraints.geojson"
crs  = "EPSG:4549"
"""
FARMLAND, RED_LINE, BOUNDARY = "永久基本农田", "生态保护红线", "城镇开发边界"

# One street of 6 km, a day-care centre far in the west, three homes 1 km apart, a candidate at the door of each. Every
# candidate serves its own home alone (< 700 m), and weighs what lives there: 50, 30, 20.
STREETS = (((-3000, 0), (3000, 0)),)
CENTRE = {"F-1": {"at": (-2900, 0), "type": "day_care"}}
HOMES = {f"H-{n}": {"at": (x, 0), "pop60": w} for n, x, w in ((1, 0, 50), (2, 1000, 30), (3, 2000, 20))}
HOSTS = {f"C-{n}": {"at": (x, 0), "host": "学校"} for n, x in ((1, 0), (2, 1000), (3, 2000))}
ONE_SITE = SITE.replace("JJ-01", "T-01")

Areas = Mapping[str, Mapping[str, Any]]


def town(folder: Path, areas: Areas, *, site: str = ONE_SITE) -> Path:
    """The study of the street with these constraint areas, ``{id: {"box": …, "name": …, "effect": …}}``."""
    text = OWN_PACK + CANDIDATES + CONSTRAINTS + site
    path = write_town(folder, streets=STREETS, homes=HOMES, facilities=CENTRE, candidates=HOSTS, study=text, pack=PACK)
    (folder / "constraints.geojson").write_text(boxes("constraint_id", areas), encoding="utf-8")
    return path


def area(west: float, east: float, name: str, effect: str | None = None) -> dict[str, Any]:
    """An area of 40 m across the street, from west to east."""
    return {"box": (west, -20, east, 20), "name": name, **({"effect": effect} if effect else {})}


def plans(study: Path) -> list[dict[str, Any]]:
    done = call("site", study, "--format", "json", "-q")
    assert done.exit_code == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def table(study: Path, name: str) -> list[dict[str, str]]:
    path = study.parent / "data" / "processed" / "invented" / f"{name}.csv"
    with path.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def test_without_layers_the_best_is_taken_and_nothing_was_checked(tmp_path: Path) -> None:
    study = town(tmp_path, {})
    study.write_text(study.read_text(encoding="utf-8").replace(CONSTRAINTS, ""), encoding="utf-8")
    (plan,) = plans(study)
    assert (plan["sites"], plan["objective"]) == (["C-1"], 50)
    assert plan["constraints"] == {"checked": [], "not_checked": [FARMLAND, RED_LINE, BOUNDARY]}
    assert (plan["candidates"], plan["dropped"]) == (3, [])
    (row,) = table(study, "plan")
    assert row["constraint_status"] == "not_checked"
    assert row["constraint_notes"] == "；".join(
        f"{name}：未核查（未提供图层）" for name in (FARMLAND, RED_LINE, BOUNDARY)
    )


def test_what_is_forbidden_is_dropped_with_its_reason(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": area(-10, 10, FARMLAND, "forbid")})
    (plan,) = plans(study)
    assert (plan["sites"], plan["objective"], plan["bound"], plan["status"]) == (["C-2"], 30, 30, "optimal")
    assert plan["dropped"] == [{"candidate_id": "C-1", "because": "inside_forbidden", "by": FARMLAND}]
    assert plan["constraints"] == {"checked": [FARMLAND], "not_checked": [RED_LINE, BOUNDARY]}
    # Whom only the dropped candidate could cover is out of reach, and told why.
    assert plan["uncoverable"] == [{"area_id": "H-1", "reason": "only_dropped_candidates"}]
    assert "限值内的备选点都已剔除" in call("explain", study, "H-1").stdout
    states = {row["candidate_id"]: (row["state"], row["because"], row["reason"]) for row in table(study, "candidates")}
    assert states == {
        "C-1": ("dropped", "inside_forbidden", "在永久基本农田内"),
        "C-2": ("chosen", "", ""),
        "C-3": ("available", "", ""),
    }
    assert {row["candidate_id"]: row["constraint_status"] for row in table(study, "candidates")} == {
        "C-1": "forbidden",
        "C-2": "partly_checked",
        "C-3": "partly_checked",
    }


def test_the_console_and_the_report_name_what_was_dropped(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": area(-10, 10, FARMLAND, "forbid")})
    said = call("run", study, "-q").stdout
    report = (tmp_path / "data" / "processed" / "invented" / "report.md").read_text(encoding="utf-8")
    for text in (said, report):
        assert "备选点 3 处，其中剔除 1 处：C-1（在永久基本农田内）" in text
        assert "管控核查：已核查 永久基本农田；未核查 生态保护红线、城镇开发边界（未提供图层）" in text
    assert "永久基本农田：不在其内；生态保护红线：未核查（未提供图层）" in report


def test_geojson_of_the_sites_holds_their_check(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": area(-10, 10, FARMLAND, "forbid")})
    assert call("export", study, "-q").exit_code == 0
    sites = json.loads((tmp_path / "data" / "processed" / "invented" / "proposed_sites.geojson").read_text("utf-8"))
    (site,) = [each["properties"] for each in sites["features"]]
    assert site["candidate_id"] == "C-2"
    assert site["constraint_status"] == "partly_checked"
    assert site["constraint_notes"].startswith("永久基本农田：不在其内；")


def test_outside_what_is_required_is_dropped_and_any_of_its_areas_will_do(tmp_path: Path) -> None:
    areas = {"A-1": area(900, 1100, BOUNDARY, "require"), "A-2": area(1900, 2100, BOUNDARY, "require")}
    study = town(tmp_path, areas)
    (plan,) = plans(study)
    assert plan["sites"] == ["C-2"]
    assert plan["dropped"] == [{"candidate_id": "C-1", "because": "outside_required", "by": BOUNDARY}]
    notes = {row["candidate_id"]: row["constraint_notes"] for row in table(study, "candidates")}
    assert notes["C-1"].endswith("城镇开发边界：不在其内，不得设点")
    assert notes["C-3"].endswith("城镇开发边界：在其内")


def test_others_warn_and_stop_nothing(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": area(-10, 10, "文物保护范围")})
    (plan,) = plans(study)
    assert (plan["sites"], plan["dropped"]) == (["C-1"], [])
    (row,) = table(study, "plan")
    assert row["constraint_status"] == "warned"
    assert row["constraint_notes"].endswith("文物保护范围：在其内，须另行核实")


def test_all_three_lines_looked_at_and_kept_to_is_clear(tmp_path: Path) -> None:
    areas = {
        "A-1": area(-2990, -2900, FARMLAND),
        "A-2": area(-2800, -2700, RED_LINE),
        "A-3": area(-3000, 3000, BOUNDARY),
    }
    study = town(tmp_path, areas)
    (plan,) = plans(study)
    assert plan["constraints"] == {"checked": [FARMLAND, RED_LINE, BOUNDARY], "not_checked": []}
    (row,) = table(study, "plan")
    assert (row["candidate_id"], row["constraint_status"]) == ("C-1", "clear")
    assert "未核查" not in row["constraint_notes"]


def test_a_corner_that_touches_lies_in_the_area(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": {"box": (0, 0, 50, 50), "name": FARMLAND}})
    (plan,) = plans(study)
    assert [each["candidate_id"] for each in plan["dropped"]] == ["C-1"]


def test_names_decide_where_no_effect_is_given_and_a_finding_says_so(tmp_path: Path) -> None:
    areas = {"A-1": area(-10, 10, "生态红线"), "A-2": area(990, 1010, "规划绿地")}
    study = town(tmp_path, areas)
    (plan,) = plans(study)
    assert plan["dropped"] == [{"candidate_id": "C-1", "because": "inside_forbidden", "by": RED_LINE}]
    assert plan["sites"] == ["C-2"]
    (found,) = [row for row in table(study, "findings") if row["code"] == "constraint_effect_assumed"]
    assert (found["severity"], found["count"], found["ids"]) == ("info", "2", "A-1; A-2")
    assert "生态保护红线（禁止）、规划绿地（提示）" in found["message"]


@pytest.mark.parametrize(
    ("said", "name"), [('type = "永久基本农田"', None), ('types = { "JBNT" = "永久基本农田" }', "JBNT")]
)
def test_a_study_names_a_layer_that_does_not_name_itself(tmp_path: Path, said: str, name: str | None) -> None:
    study = town(tmp_path, {"A-1": {"box": (-10, -20, 10, 20), **({"name": name} if name else {})}})
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace('path = "constraints.geojson"', f'path = "constraints.geojson"\n{said}'), "utf-8")
    (plan,) = plans(study)
    assert plan["dropped"] == [{"candidate_id": "C-1", "because": "inside_forbidden", "by": FARMLAND}]


def test_a_control_line_that_is_to_warn_only_warns_and_is_a_finding(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": area(-10, 10, FARMLAND, "提示")})
    (plan,) = plans(study)
    assert plan["sites"] == ["C-1"]
    (found,) = [row for row in table(study, "findings") if row["code"] == "constraint_effect_unusual"]
    assert (found["severity"], found["ids"]) == ("warning", "A-1")


def test_one_name_with_two_effects_is_two_layers(tmp_path: Path) -> None:
    areas = {"A-1": area(-10, 10, "河道管理范围", "forbid"), "A-2": area(990, 1010, "河道管理范围", "warn")}
    study = town(tmp_path, areas)
    (plan,) = plans(study)
    assert ([each["candidate_id"] for each in plan["dropped"]], plan["sites"]) == (["C-1"], ["C-2"])
    (row,) = table(study, "plan")
    assert row["constraint_notes"].endswith("河道管理范围：不在其内；河道管理范围：在其内，须另行核实")


def test_two_reasons_are_both_told_and_count_once(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": area(-10, 10, FARMLAND), "A-2": area(900, 2100, BOUNDARY)})
    (plan,) = plans(study)
    assert [each["by"] for each in plan["dropped"]] == [FARMLAND, BOUNDARY]
    said = call("site", study, "-q").stdout
    assert "其中剔除 1 处：C-1（在永久基本农田内；在城镇开发边界之外）" in said


def test_a_layer_elsewhere_is_a_finding(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": {"box": (90_000, 0, 90_100, 100), "name": FARMLAND}})
    (plan,) = plans(study)
    assert plan["sites"] == ["C-1"]
    (found,) = [row for row in table(study, "findings") if row["code"] == "constraint_outside_study"]
    assert (found["severity"], found["layer"], found["ids"]) == ("warning", "constraints", "A-1")


def test_where_no_candidate_remains_there_is_an_answer(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": area(-3000, 3000, FARMLAND)})
    (plan,) = plans(study)
    assert (plan["sites"], plan["objective"], plan["candidates"]) == ([], 0, 3)
    assert len(plan["dropped"]) == 3
    assert call("explain", study, "plan").exit_code == 0


def test_the_certificate_is_of_the_candidates_that_remain(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": area(-10, 10, FARMLAND)})
    plans(study)
    assert call("explain", study, "plan").exit_code == 0
    (tmp_path / "constraints.geojson").write_text(
        boxes("constraint_id", {"A-1": area(990, 1010, FARMLAND)}), encoding="utf-8"
    )
    assert call("explain", study, "plan").exit_code == 1


def test_a_mandatory_site_where_none_may_stand_is_refused(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": area(-10, 10, FARMLAND)}, site=ONE_SITE + 'mandatory = ["C-1"]\n')
    done = call("site", study, "-q")
    assert done.exit_code == 2
    assert "C-1（在永久基本农田内）" in done.stderr
    assert not (tmp_path / "data" / "processed" / "invented").exists()


def test_a_forbidden_site_that_is_dropped_anyway_is_no_mistake(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": area(-10, 10, FARMLAND)}, site=ONE_SITE + 'forbidden = ["C-1"]\n')
    assert plans(study)[0]["sites"] == ["C-2"]
    study = town(tmp_path, {"A-1": area(-10, 10, FARMLAND)}, site=ONE_SITE + 'forbidden = ["C-9"]\n')
    done = call("site", study, "-q")
    assert done.exit_code == 2
    assert "C-9" in done.stderr


LINE = {"geometry": {"type": "LineString", "coordinates": [moved((0, 0)), moved((10, 0))]}, "name": FARMLAND}
SQUARE = json.loads(boxes("constraint_id", {"A-1": area(-10, 10, FARMLAND)}))["features"][0]["geometry"]
FAULTS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "lines": ([LINE], "constraints 图层应为面"),
    "nothing": ([], "没有可用的行"),
    "no name": ([{"geometry": SQUARE}], "缺少必需列 name"),
    "strange effect": ([{"geometry": SQUARE, "name": FARMLAND, "effect": "maybe"}], "effect：1 个值"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_layer_is_one_message(tmp_path: Path, fault: str) -> None:
    rows, said = FAULTS[fault]
    study = town(tmp_path, {})
    (tmp_path / "constraints.geojson").write_text(features(rows), encoding="utf-8")
    done = call("site", study, "-q")
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_layer_needs_its_datum_like_any_other(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": area(-10, 10, FARMLAND)})
    text = study.read_text(encoding="utf-8").replace('constraints.geojson"\ncrs  = "EPSG:4549"', 'constraints.geojson"')
    study.write_text(text, encoding="utf-8")
    done = call("site", study, "-q")
    assert done.exit_code == 2
    assert "[inputs.constraints]：没有写明坐标基准" in done.stderr


def test_sites_chosen_by_hand_are_warned_of_and_kept(tmp_path: Path) -> None:
    study = town(tmp_path, {"A-1": area(-10, 10, FARMLAND)})
    sites = tmp_path / "sites.csv"
    sites.write_text(f"site_id,facility_type,lon,lat\n{_by_hand('T-1', (0, 0))}{_by_hand('T-2', (1000, 0))}", "utf-8")
    found = json.loads(call("evaluate", study, "--sites", sites, "--format", "json", "-q").stdout)
    assert [each["constraint_status"] for each in found["sites"]] == ["forbidden", "partly_checked"]
    # 50 + 30 by hand, though one stands where none may; of candidates that may be used 30 + 20 is the most.
    (plan,) = found["plans"]
    assert (plan["gain"], plan["best"]) == (80, 50)
    said = call("evaluate", study, "--sites", sites, "-q").stdout
    assert "管控核查（手选点位只提示，不剔除）" in said
    assert "T-1：永久基本农田：在其内，不得设点；" in said


def _by_hand(name: str, at: tuple[float, float]) -> str:
    (spot,) = to_wgs84(shapely.points([moved(at)]), "EPSG:4549", 9)
    return f"{name},day_care,{spot.x},{spot.y}\n"


def test_the_public_is_told_how_many_were_dropped_not_which(tmp_path: Path) -> None:
    text = '\n[show]\ntitle_block = { "审图号" = "虚构" }\n'
    study = town(tmp_path, {"A-1": area(-10, 10, FARMLAND)}, site=ONE_SITE + text)
    study.write_text('audience = "public"\n' + study.read_text(encoding="utf-8"), encoding="utf-8")
    call("run", study, "-q")
    folder = tmp_path / "data" / "processed" / "invented"
    (plan,) = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert plan["dropped_count"] == {"inside_forbidden": 1}
    assert "dropped" not in plan
    assert not (folder / "candidates.csv").exists()
