"""One record from the file to the plan: residential area R-017, every figure worked out by hand.

::

    C-9            C-3      R-017
     o--------------o---------+----o P-1          metres east of P-0, and of the street
    -601.4        -356.4  P-0 41.2  96.0          R-017 stands 12.4 m north of it
                                   |
                                   | 150.890
                                   o------------------o F-05
                                         481.910

R-017 walks 12.400 to the street and 54.800 + 150.890 + 481.910 = 687.600 along it: 700.000 m, and F-05 stands on
the street. By straight line it is √((54.8 + 481.91)² + (12.4 + 150.89)²) = 561.000 m.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest

from circle15.read.datum import gcj02_from_wgs84
from tests.towns import CANDIDATES, CRS, SITE, STUDY, ZONES, Place, boxes, call, features, moved, write_town

EXPECTED = Path(__file__).parent / "r017"

# The rules of its story; of the others the record says nothing.
WALKED = ("JJ-01", "JJ-02")

CORNER = (96, -150.89)
STREETS: list[list[Place]] = [
    [(-1300, 0), (0, 0)],
    [(0, 0), (96, 0)],  # the street of R-017, 96.0 m
    [(96, 0), CORNER],
    [CORNER, (577.91, -150.89)],
    [(577.91, -150.89), (1100, -150.89)],
]
# live along the street of F-05, R-016 far in the west. R-017 is the seventeenth row.
NEIGHBOURS: dict[str, dict[str, Any]] = {
    f"R-{row:03}": {"at": (400 + 20 * row, -150.89), "households": 60, "pop60": 10} for row in range(1, 16)
}
R_016: dict[str, Any] = {"at": (-1200, 0), "households": 150, "pop60": 85}
R_017: dict[str, Any] = {"at": (41.2, 12.4), "households": 412, "pop60": 190}
HOMES = {**NEIGHBOURS, "R-016": R_016, "R-017": R_017}
# Nearer than F-05 are a canteen and centres that are planned, or that open only after the day of the assessment.
FACILITIES: dict[str, dict[str, Any]] = {
    "F-01": {"at": (60, 0), "type": "canteen", "status": "运营", "opened": "2019-05-01"},
    "F-02": {"at": (96, -50), "type": "day_care", "status": "规划", "opened": None},
    "F-03": {"at": (96, -90), "type": "nursery", "status": "运营", "opened": "2020-01-01"},
    "F-04": {"at": (200, -150.89), "type": "day_care", "status": "运营", "opened": "2023-03-01"},
    "F-05": {"at": (577.91, -150.89), "type": "day_care", "status": "运营", "opened": "2019-10-01"},
    "F-06": {"at": (1100, -150.89), "type": "day_care", "status": "运营", "opened": "2018-10-01"},
}
HOSTS: dict[str, dict[str, Any]] = {
    "C-3": {"at": (-356.4, 0), "host": "学校"},
    "C-9": {"at": (-601.4, 0), "host": "公共建筑"},
}
COMMUNITIES = {
    "Z-17": {"box": (0, -10, 96, 60), "name": "虚构社区", "level": "community"},
    "Z-20": {"box": (-1300, -60, -100, 60), "name": "虚构村", "level": "village"},
}

OVERRIDES = """
[route]
pace = { elderly = "elderly_slow" }
[judge]
metric = { "JJ-01" = "network" }
"""


def write_study(folder: Path, shorter_m: float = 0.0) -> Path:
    """The study of R-017; ``shorter_m`` moves F-05 nearer along its street."""
    at = FACILITIES["F-05"]["at"][0] - shorter_m, -150.89
    streets: list[list[Place]] = [*STREETS[:3], [CORNER, at], [at, (1100, -150.89)]]
    study = STUDY.replace('"homes.geojson"\ncrs  = "EPSG:4549"', '"homes.geojson"\ndatum = "GCJ02"')
    study = study.replace("fictional", "as_of = 2022-12-31\nfictional")
    path = write_town(
        folder,
        streets=streets,
        facilities={**FACILITIES, "F-05": {**FACILITIES["F-05"], "at": at}},
        candidates=HOSTS,
        study=study + CANDIDATES + ZONES + OVERRIDES + SITE,
    )
    (folder / "homes.geojson").write_text(in_gcj02(HOMES), encoding="utf-8")
    (folder / "zones.geojson").write_text(boxes("zone_id", COMMUNITIES), encoding="utf-8")
    return path


def in_gcj02(homes: dict[str, Any]) -> str:
    """Homes as the map of a web service would give them, to a hundredth of a micrometre."""
    degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
    xy = np.array([moved(home["at"]) for home in homes.values()])
    shifted = np.column_stack(gcj02_from_wgs84(*degrees.transform(xy[:, 0], xy[:, 1])))
    return features(
        {
            "area_id": name,
            "name": f"虚构里{name[2:]}号",
            "households": home["households"],
            "pop60": home["pop60"],
            "geometry": {"type": "Point", "coordinates": [round(value, 13) for value in lonlat]},
        }
        for (name, home), lonlat in zip(homes.items(), shifted.tolist(), strict=True)
    )


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("r017")
    assert call("site", write_study(folder), "-q").exit_code == 0
    return folder / "data" / "processed" / "invented"


@pytest.fixture(scope="module")
def story(out: Path) -> str:
    return str(call("explain", out.parents[2] / "study.toml", "R-017", "-q").stdout)


def rows(out: Path, name: str, **wanted: str) -> list[dict[str, str]]:
    text = (out / name).read_text(encoding="utf-8-sig")
    return [row for row in csv.DictReader(io.StringIO(text)) if wanted.items() <= row.items()]


def cut(out: Path, name: str, *needles: str) -> str:
    """The heading of a table and its lines that hold one of the needles."""
    head, *lines = (out / name).read_text(encoding="utf-8-sig").splitlines()
    return "\n".join([head, *(line for line in lines if any(each in line for each in needles)), ""])


def golden(name: str) -> str:
    return (EXPECTED / name).read_text(encoding="utf-8")


def test_explain_tells_the_story_word_for_word(story: str) -> None:
    assert story == golden("explain.txt")


def test_rules_of_which_the_record_says_nothing_are_only_named(story: str, out: Path) -> None:
    silent = {row["rule_id"] for row in rows(out, "verdicts.csv", subject_id="R-017", outcome="unknown")}
    assert silent == {"JJ-03", "JJ-05"}
    assert [line for line in story.splitlines() if any(each in line for each in silent)] == [
        "资料不足的指标：JJ-03、JJ-05"
    ]


@pytest.mark.parametrize(
    ("name", "needles"),
    [
        ("access.csv", ["R-017"]),
        ("verdicts.csv", [f"{rule_id},area,R-017," for rule_id in WALKED]),
        ("coverage.csv", [f"{rule_id},community,Z-17," for rule_id in WALKED]),
        ("plan.csv", ["day_care"]),
    ],
)
def test_rows_are_the_same_word_for_word(out: Path, name: str, needles: list[str]) -> None:
    assert cut(out, name, *needles) == golden(name)


def test_access_is_the_sum_of_both_legs_and_the_streets(out: Path) -> None:
    row = rows(out, "access.csv", area_id="R-017", rule_id="JJ-01")[0]
    assert (row["facility_id"], row["distance_m"], row["state"]) == ("F-05", "700.000", "reached")
    assert (row["home_leg_m"], row["facility_leg_m"], row["access_leg_m"]) == ("12.400", "0.000", "12.400")
    assert (row["straight_facility_id"], row["straight_m"]) == ("F-05", "561.000")
    assert float(row["walk_min"]) == pytest.approx(700 / (0.8 * 60), abs=5e-5)


def verdict(out: Path, rule_id: str, metric: str) -> dict[str, str]:
    return rows(out, "verdicts.csv", subject_id="R-017", rule_id=rule_id, metric=metric)[0]


def test_seven_hundred_metres_are_not_less_than_seven_hundred(out: Path) -> None:
    found = verdict(out, "JJ-01", "network")
    assert (found["value"], found["op"], found["limit"]) == ("700", "<", "700")
    assert (found["outcome"], found["margin"]) == ("fail", "0")


def test_the_straight_line_would_pass(out: Path, story: str) -> None:
    assert verdict(out, "JJ-01", "straight_line")["outcome"] == "pass"
    assert "561" in story


def test_the_walking_time_passes_at_the_slow_pace(out: Path) -> None:
    found = verdict(out, "JJ-02", "network")
    assert found["outcome"] == "pass"
    assert float(found["value"]) == pytest.approx(14.58, abs=5e-3)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["pace_m_s"] == {"JJ-02": 0.8}


def test_the_radius_binds(story: str) -> None:
    assert "起控制作用的指标：JJ-01（不达标）" in story


def test_none_of_the_elderly_of_its_community_are_covered(out: Path) -> None:
    headline = rows(out, "coverage.csv", rule_id="JJ-01", zone_id="Z-17", basis="pop60", metric="network")[0]
    assert (headline["covered"], headline["total"], headline["outcome"]) == ("0", "190", "fail")


def test_the_plan_opens_the_site_that_gains_more_though_it_lies_farther(out: Path) -> None:
    """C-3 at 410 m would cover R-017 alone, C-9 at 655 m also R-016: 190 and 275."""
    site = rows(out, "plan.csv")
    assert [(row["stage"], row["candidate_id"], row["gain"]) for row in site] == [("2023", "C-9", "275")]
    assert site[0]["zone_ids"] == "Z-20"
    plan = json.loads((out / "plan.json").read_text(encoding="utf-8"))[0]
    assert (plan["rule_id"], plan["metric"], plan["limit"]["value"]) == ("JJ-01", "network", 700)
    assert (plan["covered_before"], plan["total_weight"], plan["objective"]) == (150, 425, 275)


@pytest.mark.parametrize(("candidate", "metres"), [("C-3", 410), ("C-9", 655)])
def test_candidates_lie_as_far_as_the_record_says(tmp_path: Path, candidate: str, metres: int) -> None:
    """Measured with the candidate as the only facility."""
    only = {candidate: {"at": HOSTS[candidate]["at"], "type": "day_care"}}
    study = write_town(tmp_path, streets=STREETS, facilities=only, homes={"R-017": R_017})
    assert call("audit", study, "-q").exit_code == 0
    found = rows(tmp_path / "data" / "processed" / "invented", "access.csv", rule_id="JJ-01")[0]
    assert found["distance_m"] == f"{metres}.000"


def test_a_millimetre_less_passes(tmp_path: Path) -> None:
    study = write_study(tmp_path, shorter_m=0.001)
    assert call("audit", study, "-q").exit_code == 1  # R-016 still fails
    folder = tmp_path / "data" / "processed" / "invented"
    assert rows(folder, "access.csv", area_id="R-017", rule_id="JJ-01")[0]["distance_m"] == "699.999"
    found = verdict(folder, "JJ-01", "network")
    assert (found["outcome"], found["margin"]) == ("pass", "0.001")
