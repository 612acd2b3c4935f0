"""The counting rules: each is a switch of packs and studies, has its cases, and is named where it is turned."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from circle15.core.counting import SWITCHES, Counting, departures
from circle15.core.limit import Limit
from circle15.core.rule import Presence, Rule
from circle15.core.tables import Facilities, Zones
from circle15.judge import border_findings
from circle15.read.pack import load_pack
from tests.fakes import rule
from tests.studies import run

CASES = Path(__file__).resolve().parents[1] / "cases"
PACKS = Path(__file__).resolve().parents[2] / "src" / "circle15" / "packs"

# What a switch lists rather than judges has no cases of verdicts: it is tested here.
WITHOUT_CASES = {"border_m"}


def settings_of(switch: str) -> list[str]:
    """The settings of the cases of a switch, in all packs."""
    files = CASES.glob(f"*/counting-{switch}.toml")
    return [case.get("settings", "") for path in files for case in tomllib.loads(path.read_text("utf-8"))["case"]]


@pytest.mark.parametrize("switch", SWITCHES)
def test_each_switch_has_cases_at_its_default_and_away_from_it(switch):
    turned = [f"judge.counting.{switch}" in each for each in settings_of(switch)]
    assert (True in turned, False in turned) == (switch not in WITHOUT_CASES,) * 2


def test_the_default_of_a_word_is_one_of_its_choices():
    assert [each.name for each in SWITCHES.values() if isinstance(each.default, str) and not each.choices] == []
    assert [each.name for each in SWITCHES.values() if each.choices and each.default not in each.choices] == []


# ---- where they are set and said -----------------------------------------------------------------------------------

TABLES = {"zone_table": [{"id": "C1", "name": "C1", "level": "community"}]}


def own_pack(folder: Path, pack_id: str, counting: str) -> str:
    """A shipped pack with counting rules of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (
        (PACKS / f"{pack_id}.toml").read_text(encoding="utf-8").replace("[pace]", f"[counting]\n{counting}\n\n[pace]")
    )
    (folder / f"my-{pack_id}.toml").write_text(text, encoding="utf-8")
    return f"my-{pack_id}.toml"


def test_a_pack_sets_them_for_its_own_rules_and_a_study_for_all(tmp_path):
    mine = own_pack(tmp_path, "changan-2025", "kindergarten_class = true\nborder_m = 20")
    both, _ = load_pack([mine, "zhoukou-2025"], tmp_path)
    assert departures(both.rule("CA-01.b").counting) == {"kindergarten_class": True, "border_m": 20.0}
    assert both.rule("CA-01.b").targets == ("nursery", "kindergarten_nursery_class")
    assert both.rule("ZK-03").counting == Counting()
    over, _ = load_pack([mine, "zhoukou-2025"], tmp_path, {"kindergarten_class": False, "villages": "with_communities"})
    assert departures(over.rule("CA-01.b").counting) == {"border_m": 20.0, "villages": "with_communities"}
    assert over.rule("CA-01.b").targets == ("nursery",)
    assert departures(over.rule("ZK-03").counting) == {"villages": "with_communities"}


def test_what_is_not_the_default_is_said(tmp_path):
    mine = own_pack(tmp_path, "changan-2025", "sites_add_up = true")
    settings = "judge.counting = { border_m = 0, care_land_codes = ['0807', 'A6'] }"
    found = run(tmp_path, [mine], TABLES, settings=settings)
    rules = [rule.rule_id for rule in load_pack(["changan-2025"], Path())[0].rules]
    said = [
        {"switch": "border_m", "value": 0, "default": 50, "rules": rules},
        {"switch": "care_land_codes", "value": ["0807", "A6"], "default": ["080701"], "rules": rules},
        {"switch": "sites_add_up", "value": True, "default": False, "rules": rules},
    ]
    assert found.answer["counting"] == said
    manifest = tmp_path / "data" / "processed" / "case" / "manifest.json"
    assert json.loads(manifest.read_text(encoding="utf-8"))["counting"] == said
    human = run(tmp_path / "human", "changan-2025", TABLES, settings=settings, command=("audit", "-q"))
    assert "计数口径：距区划边界多少米以内的设施列出备查 = 0（全部指标）" in human.stdout


def test_defaults_are_not_said(tmp_path):
    found = run(tmp_path, "changan-2025", TABLES, settings="judge.counting.border_m = 50")
    assert found.answer["counting"] == []


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("bordr_m = 5", "border_m"),
        ("border_m = -1", "不小于 0 的数"),
        ("villages = 'together'", "with_communities"),
        ("stands = true", "stands"),
    ],
)
def test_a_switch_that_cannot_be_is_one_message(tmp_path, setting, said):
    study = run(tmp_path / "study", "changan-2025", TABLES, settings=f"judge.counting.{setting}")
    assert (study.exit_code, said in study.stderr) == (2, True), study.stderr
    pack = run(tmp_path / "pack", own_pack(tmp_path / "pack", "changan-2025", setting), TABLES)
    assert (pack.exit_code, said in pack.stderr) == (2, True), pack.stderr


# ---- sites near a border -------------------------------------------------------------------------------------------

CRS = "EPSG:4549"


def presence(level: str, border_m: float) -> Rule:
    named = {"kind": "presence", "metric": "attributes", "metric_source": "clause", "level": level}
    counting = Counting(border_m=border_m)
    return rule("P", ("day_care",), Limit(">=", 1, "处"), **named, test=Presence(), counting=counting)


def sites_and_zones() -> tuple[Facilities, Zones]:
    """Two communities of 1 km side by side; sites 50 m and a millimetre more from their border, and elsewhere."""
    zones = gpd.GeoDataFrame(
        {"zone_id": ["W", "E"], "name": ["W", "E"], "level": "community"},
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)],
        crs=CRS,
    )
    places = {"on": 1000.0, "at": 950.0, "in": 949.999, "east": 1049.0, "nursery": 1000.0, "nowhere": None}
    sites = gpd.GeoDataFrame(
        {"facility_id": list(places), "type": ["nursery" if each == "nursery" else "day_care" for each in places]},
        geometry=[None if x is None else shapely.Point(x, 500) for x in places.values()],
        crs=CRS,
    )
    return Facilities.build(sites), Zones.build(zones)


def test_sites_within_50_m_of_a_border_are_listed():
    facilities, zones = sites_and_zones()
    (finding,) = border_findings([presence("community", 50)], facilities, zones)
    assert (finding.code, finding.count, finding.ids) == ("near_border", 3, ("on", "at", "east"))


def test_none_are_listed_at_0_or_for_another_level_or_without_polygons():
    facilities, zones = sites_and_zones()
    assert border_findings([presence("community", 0)], facilities, zones) == []
    assert border_findings([presence("town", 50)], facilities, zones) == []
    assert border_findings([presence("community", 50)], facilities, None) == []
