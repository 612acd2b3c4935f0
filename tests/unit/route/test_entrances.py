"""Compounds with gates: reached through the best one, in every reckoning."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.towns import CANDIDATES, SITE, STUDY, boxes, call, points, write_town

ENTRANCES = """
[inputs.entrances]
path = "gates.geojson"
crs  = "EPSG:4549"
"""
# A compound of 400 × 200 m on the north side of the street; the demand point is its middle, 110 m from the street.
# The day-care centre stands at 0, the candidate at 1400, both on the street.
COMPOUND: Mapping[str, Mapping[str, Any]] = {"H-1": {"box": (600, 10, 1000, 210), "pop60": 20}}
GATES: Mapping[str, Mapping[str, Any]] = {
    "west": {"at": (600, 10), "area_id": "H-1"},
    "east": {"at": (1000, 10), "area_id": "H-1"},
    "back": {"at": (700, 210), "area_id": "H-1"},
}


def town(folder: Path, gates: Mapping[str, Mapping[str, Any]], extra: str = "") -> Path:
    study = write_town(folder, study=STUDY + ENTRANCES + CANDIDATES + SITE + extra)
    (folder / "homes.geojson").write_text(boxes("area_id", COMPOUND), encoding="utf-8")
    (folder / "gates.geojson").write_text(points("entrance_id", gates), encoding="utf-8")
    return study


def table(study: Path, name: str) -> list[dict[str, str]]:
    path = study.parent / "data" / "processed" / "invented" / f"{name}.csv"
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def findings(study: Path) -> dict[str, dict[str, str]]:
    call("audit", study, "-q")
    return {row["code"]: row for row in table(study, "findings")}


def test_the_best_gate_decides_and_is_named(tmp_path: Path) -> None:
    study = town(tmp_path, GATES)
    assert call("audit", study, "-q").exit_code == 1
    for row in table(study, "access"):
        if row["rule_id"] == "JJ-01":
            # From the western gate: 10 m to the street, 600 m along it.
            assert (row["distance_m"], row["home_leg_m"], row["entrance_id"]) == ("610.000", "10.000", "west")
            # Straight from the demand point, the middle of the compound, gates or not.
            assert row["straight_m"] == "807.527"
            assert row["reason"] == ""
    story = call("explain", study, "H-1").stdout
    assert "经出入口 west" in story


def test_without_gates_its_point_on_surface_stands_for_it(tmp_path: Path) -> None:
    study = town(tmp_path, {"x": {"at": (0, 0), "area_id": "nobody"}})
    found = findings(study)
    assert (found["unknown_area"]["count"], found["unknown_area"]["ids"]) == ("1", "x")
    assert found["polygon_demand_point"]["count"] == "1"
    row = next(row for row in table(study, "access") if row["rule_id"] == "JJ-01")
    assert (row["distance_m"], row["home_leg_m"], row["entrance_id"]) == ("910.000", "110.000", "")


def test_gates_keep_polygons_out_of_the_finding_and_far_ones_are_named(tmp_path: Path) -> None:
    far = {**GATES, "far": {"at": (1200, 10), "area_id": "H-1"}}
    found = findings(town(tmp_path, far))
    assert "polygon_demand_point" not in found
    assert (found["gate_far_from_area"]["count"], found["gate_far_from_area"]["ids"]) == ("1", "far")


def test_of_equal_gates_the_smallest_id_as_text_is_named(tmp_path: Path) -> None:
    same = {key: {"at": (600, 10), "area_id": "H-1"} for key in ("b", "a10", "a9")}
    study = town(tmp_path, same)
    call("audit", study, "-q")
    assert {row["entrance_id"] for row in table(study, "access")} == {"a10"}


def test_a_gate_far_from_every_street_is_no_way_in_and_without_any_nothing_is_known(tmp_path: Path) -> None:
    study = town(tmp_path / "one", {**GATES, "west": {"at": (600, 500), "area_id": "H-1"}})
    found = findings(study)
    assert {row["entrance_id"] for row in table(study, "access")} == {"east"}
    assert (found["not_snapped"]["layer"], found["not_snapped"]["ids"]) == ("entrances", "west; back")
    nowhere = town(tmp_path / "none", {"west": {"at": (600, 500), "area_id": "H-1"}})
    assert call("audit", nowhere, "-q").exit_code == 2


def test_siting_walks_through_the_gates(tmp_path: Path) -> None:
    # The candidate at 1400 is 400 + 10 m from the eastern gate, but 600 + 110 m from the demand point: beyond 700.
    # The day-care centre at 0 leaves the compound open without the western gate.
    east = {"east": GATES["east"]}
    study = town(tmp_path, east)
    call("site", study, "-q")
    (site,) = table(study, "plan")
    assert (site["candidate_id"], site["gain"]) == ("C-1", "20")
    without = town(tmp_path / "without", {"x": {"at": (0, 0), "area_id": "nobody"}})
    call("site", without, "-q")
    assert table(without, "plan") == []


def test_equity_counts_whom_a_gate_brings_within_reach(tmp_path: Path) -> None:
    study = town(tmp_path, {"west": GATES["west"]})
    facilities: dict[str, dict[str, Any]] = {"F-1": {"at": (0, 0), "type": "day_care", "beds": 10}}
    (tmp_path / "facilities.geojson").write_text(points("facility_id", facilities), encoding="utf-8")
    call("audit", study, "-q")
    served = {(row["rule_id"], row["metric"]): row["served"] for row in table(study, "equity")}
    assert served["JJ-01", "network"] == "10"
    assert served["JJ-01", "straight_line"] == "0"


def test_an_isochrone_of_a_compound_starts_at_all_its_gates(tmp_path: Path) -> None:
    study = town(tmp_path, GATES)
    result = call("reach", study, "--at", "H-1", "--limits", "200m", "-q", "--out", tmp_path / "out")
    assert result.exit_code == 0
    drawn = json.loads(next((tmp_path / "out").rglob("*.geojson")).read_text(encoding="utf-8"))
    (feature,) = drawn["features"]
    assert feature["properties"]["id"] == "H-1"
    # From 600 − 190 to 1000 + 190: 780 m of street without a gap, for the gates are 400 m apart.
    lon = [at[0] for ring in feature["geometry"]["coordinates"] for at in ring]
    assert (max(lon) - min(lon)) * 101_000 == pytest.approx(780 + 50, abs=15)


def test_gates_without_ids_are_called_by_their_rows_and_points_may_have_gates(tmp_path: Path) -> None:
    study = write_town(tmp_path, study=STUDY + ENTRANCES)
    (tmp_path / "gates.csv").write_text("area_id,x,y\nH-2,353900,2741800\n", encoding="utf-8")
    study.write_text(study.read_text(encoding="utf-8").replace("gates.geojson", "gates.csv"), encoding="utf-8")
    call("audit", study, "-q")
    row = next(row for row in table(study, "access") if (row["area_id"], row["rule_id"]) == ("H-2", "JJ-01"))
    assert (row["entrance_id"], row["distance_m"]) == ("2", "400.000")
