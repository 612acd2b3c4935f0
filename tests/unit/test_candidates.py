"""Candidates and the standards of a pack: too small is dropped, not known is kept and said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.towns import CANDIDATES, OWN_PACK, PACK, SITE, call, write_town

STANDARD = """
[[rule]]
id = "T-04"
kind = "standard"
targets = ["day_care"]
column = "floor_area_m2"
limit = { op = ">=", value = 400, unit = "平方米" }
scope = { built = "new" }
force = "binding"
verified = true
clause = "虚构条文"
"""
STREETS = (((-3000, 0), (3000, 0)),)
CENTRE = {"F-1": {"at": (-2900, 0), "type": "day_care"}}
HOMES = {f"H-{n}": {"at": (x, 0), "pop60": w} for n, x, w in ((1, 0, 50), (2, 1000, 30), (3, 2000, 20))}


def plan_of(folder: Path, sizes: Any, standard: str = STANDARD) -> dict[str, Any]:
    """The plan of one site among three candidates of these sizes, at the doors of 50, 30 and 20 people."""
    spots = ((1, 0), (2, 1000), (3, 2000))
    hosts = {f"C-{n}": {"at": (x, 0), **size} for (n, x), size in zip(spots, sizes, strict=True)}
    study = write_town(
        folder,
        streets=STREETS,
        homes=HOMES,
        facilities=CENTRE,
        candidates=hosts,
        study=OWN_PACK + CANDIDATES + SITE.replace("JJ-01", "T-01"),
        pack=PACK + standard,
    )
    done = call("site", study, "--format", "json", "-q")
    assert done.exit_code == 0, done.stderr
    (plan,) = json.loads(done.stdout)
    return dict(plan)


def dropped(plan: dict[str, Any]) -> list[str]:
    return [each["candidate_id"] for each in plan["dropped"]]


def test_too_small_is_dropped_and_exactly_enough_is_kept(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [{"floor_area_m2": 399.9}, {"floor_area_m2": 400}, {"floor_area_m2": 900}])
    assert plan["dropped"] == [{"candidate_id": "C-1", "because": "below_standard", "by": "T-04"}]
    assert (plan["sites"], plan["objective"], plan["bound"]) == (["C-2"], 30, 30)
    assert plan["size_unknown"] == {"T-04": 0}
    said = call("site", tmp_path / "study.toml", "-q").stdout
    assert "备选点 3 处，其中剔除 1 处：C-1（建筑面积 399.9，T-04 要求 ≥ 400 平方米）" in said


def test_what_is_not_known_is_kept_and_said(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [{"floor_area_m2": None}, {"floor_area_m2": 300}, {"floor_area_m2": 900}])
    assert (dropped(plan), plan["sites"], plan["size_unknown"]) == (["C-2"], ["C-1"], {"T-04": 1})
    said = call("site", tmp_path / "study.toml", "-q").stdout
    assert "尚不清楚而保留的备选点：T-04（1 处）" in said


def test_without_the_column_all_are_kept(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [{}, {}, {}])
    assert (dropped(plan), plan["sites"], plan["size_unknown"]) == ([], ["C-1"], {"T-04": 3})


def test_an_estimate_is_not_known(tmp_path: Path) -> None:
    small = {"floor_area_m2": 300, "estimated": "floor_area_m2"}
    plan = plan_of(tmp_path, [small, {"floor_area_m2": 300}, {"floor_area_m2": 900}])
    assert (dropped(plan), plan["sites"], plan["size_unknown"]) == (["C-2"], ["C-1"], {"T-04": 1})


NOT_ASKED = {
    "advised": ('force = "binding"', 'force = "advised"'),
    "unverified": ("verified = true", "verified = false"),
    "of another type": ('targets = ["day_care"]', 'targets = ["canteen"]'),
    "of existing homes": ('scope = { built = "new" }', 'scope = { built = "existing" }'),
    "an upper limit": ('op = ">="', 'op = "<="'),
}


@pytest.mark.parametrize("change", NOT_ASKED)
def test_only_binding_standards_of_new_facilities_drop(tmp_path: Path, change: str) -> None:
    plan = plan_of(tmp_path, [{"floor_area_m2": 399}, {}, {}], STANDARD.replace(*NOT_ASKED[change]))
    assert (dropped(plan), plan["sites"], plan["size_unknown"]) == ([], ["C-1"], {})


def test_about_so_much_is_held_to_its_lower_end(tmp_path: Path) -> None:
    about = STANDARD.replace("value = 400", "value = 200").replace("force", "tolerance = 0.10\nforce")
    plan = plan_of(tmp_path, [{"floor_area_m2": 179}, {"floor_area_m2": 180}, {"floor_area_m2": 500}], about)
    assert (dropped(plan), plan["sites"]) == (["C-1"], ["C-2"])


def test_seats_are_asked_for_likewise(tmp_path: Path) -> None:
    seats = STANDARD.replace("floor_area_m2", "seats").replace("value = 400", "value = 50")
    plan = plan_of(tmp_path, [{"seats": 49}, {"seats": 50}, {"seats": 60}], seats)
    assert (dropped(plan), plan["sites"]) == (["C-1"], ["C-2"])


def test_homes_go_to_the_nearest_site_and_none_is_counted_twice(tmp_path: Path) -> None:
    """Sites at 400 and 1500 m: 0 is 400 m from the first alone, 1000 is 500 m from the second, 600 from the first."""
    hosts = {"C-1": {"at": (400, 0)}, "C-2": {"at": (1500, 0)}}
    site = SITE.replace("JJ-01", "T-01").replace("[2023]", "[2023, 2024]").replace("[1]", "[1, 1]")
    study = write_town(
        tmp_path,
        streets=STREETS,
        homes=HOMES,
        facilities=CENTRE,
        candidates=hosts,
        study=OWN_PACK + CANDIDATES + site,
    )
    done = call("site", study, "--format", "json", "-q")
    (plan,) = json.loads(done.stdout)
    # The first site to open covers two homes, 80 people, and one of them is nearer to the second.
    assert plan["sites"] == ["C-1", "C-2"]
    text = (tmp_path / "data" / "processed" / "invented" / "allocation.csv").read_text(encoding="utf-8-sig")
    shares = (tmp_path / "data" / "processed" / "invented" / "plan_shares.csv").read_text(encoding="utf-8-sig")
    # Nobody is served today; then two homes of three and 80 people of 100, then all.
    assert shares.splitlines()[1:] == [
        "1-day_care,areas,0,,,0,3,0",
        "1-day_care,areas,1,2023,C-1,2,3,0.666667",
        "1-day_care,areas,2,2024,C-2,3,3,1",
        "1-day_care,pop60,0,,,0,100,0",
        "1-day_care,pop60,1,2023,C-1,80,100,0.8",
        "1-day_care,pop60,2,2024,C-2,100,100,1",
    ]
    assert text.splitlines()[1:] == [
        "1-day_care,H-1,C-1,2023,400.000,50",
        "1-day_care,H-2,C-2,2024,500.000,30",
        "1-day_care,H-3,C-2,2024,500.000,20",
    ]


def test_a_home_that_gets_a_second_site_is_not_covered_twice(tmp_path: Path) -> None:
    """The centre serves H-1 today; with backup a site at its door counts, and the share of who is served stays."""
    study = write_town(
        tmp_path,
        streets=STREETS,
        homes={"H-1": {"at": (0, 0), "pop60": 50}},
        facilities={"F-1": {"at": (100, 0), "type": "day_care"}},
        candidates={"C-1": {"at": (50, 0)}},
        study=OWN_PACK + CANDIDATES + SITE.replace("JJ-01", "T-01") + "backup = true\n",
    )
    (plan,) = json.loads(call("site", study, "--format", "json", "-q").stdout)
    assert plan["sites"] == ["C-1"]
    shares = (tmp_path / "data" / "processed" / "invented" / "plan_shares.csv").read_text(encoding="utf-8-sig")
    assert [line.split(",")[5:] for line in shares.splitlines()[-2:]] == [["50", "50", "1"], ["50", "50", "1"]]
