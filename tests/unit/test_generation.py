"""Candidates that the program makes, on one street: which there are by hand, and that every output calls them made."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.towns import ORIGIN, OWN_PACK, SITE, ZONES, boxes, call, write_town

# One street of 6 km from west to east, a day-care centre far in the west, homes at 0, 1000 and 2000 m.
STREETS = (((-3000, 0), (3000, 0)),)
CENTRE = {"F-1": {"at": (-2900, 0), "type": "day_care", "name": "虚构中心"}}
HOMES = {f"H-{n}": {"at": (x, 0), "pop60": w} for n, x, w in ((1, 0, 50), (2, 1000, 30), (3, 2000, 20))}


def town(folder: Path, extra: str = "", streets: Any = STREETS) -> Path:
    text = OWN_PACK + extra + SITE.replace("JJ-01", "T-01")
    return write_town(folder, streets=streets, homes=HOMES, facilities=CENTRE, study=text)


def run(study: Path) -> tuple[dict[str, Any], list[dict[str, str]]]:
    done = call("site", study, "--format", "json", "-q")
    assert done.exit_code == 0, done.stderr
    (plan,) = json.loads(done.stdout)
    path = study.parent / "data" / "processed" / "invented" / "candidates.csv"
    with path.open(encoding="utf-8-sig", newline="") as opened:
        return dict(plan), list(csv.DictReader(opened))


def east(rows: list[dict[str, str]]) -> list[int]:
    """Metres east of the origin of the candidates along the street."""
    ids = [row["candidate_id"] for row in rows if row["candidate_id"].startswith("G-S-")]
    return [int(name.split("-")[2]) - int(ORIGIN[0]) for name in ids]


def test_one_of_each_kind_in_each_square(tmp_path: Path) -> None:
    """Squares of 200 m reach from 100 m west of each 200 m to 100 m east of it: of points 100 m apart those stay."""
    plan, rows = run(town(tmp_path))
    assert east(rows) == list(range(-3000, 3001, 200))
    others = {row["candidate_id"]: row["host"] for row in rows if not row["candidate_id"].startswith("G-S-")}
    compound = "程序生成：居住小区"
    assert others == {
        "G-F-F-1": "社区日间照料中心 · 程序生成：现有设施",
        **{f"G-H-H-{number}": compound for number in (1, 2, 3)},
    }
    assert (plan["candidates"], plan["generated"]) == (35, 35)
    # 400 m are 400 and 600 m from the first two homes, 50 + 30 people; no place reaches all three.
    assert plan["sites"] == [f"G-S-{int(ORIGIN[0]) + 400}-{int(ORIGIN[1])}"]
    assert (plan["objective"], plan["bound"]) == (80, 80)
    assert call("explain", tmp_path / "study.toml", "plan").exit_code == 0


def test_every_output_calls_them_made(tmp_path: Path) -> None:
    study = town(tmp_path)
    said = call("run", study, "-q").stdout
    folder = tmp_path / "data" / "processed" / "invented"
    assert "备选点 35 处为程序生成，未经现场核实，方案只说明大致方位" in said
    assert "程序生成：道路沿线" in said
    for name in ("report.md", "plan.csv", "candidates.csv", "proposed_sites.geojson"):
        assert "程序生成" in (folder / name).read_text(encoding="utf-8"), name
    assert "程序生成：道路沿线" in (tmp_path / "maps" / "invented.html").read_text(encoding="utf-8")
    assert "candidates_generated" in (folder / "findings.csv").read_text(encoding="utf-8")


def test_a_study_says_of_what_and_how_far_apart(tmp_path: Path) -> None:
    plan, rows = run(town(tmp_path, '\n[candidates]\nfrom = ["streets"]\nspacing_m = 1000\n'))
    # Squares of 1000 m begin 500 m west of each 1000 m; the middle of the one round 0 is at 0.
    assert east(rows) == list(range(-3000, 3001, 1000))
    assert len(rows) == plan["generated"] == 7


def test_the_order_of_streets_does_not_decide(tmp_path: Path) -> None:
    parts = (((-3000, 0), (0, 0)), ((0, 0), (3000, 0)))
    _, one = run(town(tmp_path / "one", streets=parts))
    _, other = run(town(tmp_path / "other", streets=parts[::-1]))
    assert one == other


def test_none_is_made_outside_the_zones(tmp_path: Path) -> None:
    study = town(tmp_path, ZONES)
    zone = {"Z-1": {"box": (-50, -50, 450, 50), "name": "虚构社区", "level": "community"}}
    (tmp_path / "zones.geojson").write_text(boxes("zone_id", zone), encoding="utf-8")
    plan, rows = run(study)
    assert east(rows) == [0, 200, 400]
    assert {row["candidate_id"] for row in rows} >= {"G-H-H-1"}
    assert plan["generated"] == 4


FAULTS = {
    "both": ('[candidates]\n\n[inputs.candidates]\npath = "candidates.geojson"\ncrs = "EPSG:4549"\n', "只写一项"),
    "unknown": ('[candidates]\nfrom = ["street"]\n', "streets"),
    "no distance": ("[candidates]\nspacing_m = 0\n", "spacing_m"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_made_is_one_message(tmp_path: Path, fault: str) -> None:
    extra, said = FAULTS[fault]
    done = call("site", town(tmp_path, "\n" + extra), "-q")
    assert done.exit_code == 2
    assert said in done.stderr
