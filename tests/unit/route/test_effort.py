"""Stairs and slope enter walking time through the pace, and metres never."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from circle15.core.tables import Streets
from circle15.core.units import Pace
from circle15.read.heights import heights
from circle15.read.joints import joints_by_coordinate
from circle15.route import Anchors, Network, build, effort_findings, moved, nearest, pairs, snap, walked
from circle15.route.effort import tobler
from tests.towns import CANDIDATES, CRS, OWN_PACK, PACK, call, features, write_town
from tests.towns import moved as placed

HILLY = Pace("hilly", 1.0, slope="tobler")
STEPPING = Pace("stepping", 1.0, stairs=0.5)
BOTH = Pace("both", 1.0, 0.5, "tobler")


def town(streets: list[list[tuple[float, float, float]]], **columns: Any) -> Streets:
    """Streets with heights: east, north and up in metres."""
    lines = np.array([shapely.LineString([(x, y) for x, y, _ in line]) for line in streets], dtype=object)
    frame = gpd.GeoDataFrame({"street_id": [str(row) for row in range(len(lines))], **columns}, geometry=lines)
    up = np.array([z for line in streets for *_, z in line])
    return Streets.join(frame, joints_by_coordinate(lines), vertex_height=up)


def test_tobler_is_his_function_there_and_back() -> None:
    # 6 km/h · exp(−3.5 |S + 0.05|): on even ground 5.037 km/h, at +10 % 3.549, at −10 % 5.037.
    kmh = {slope: 6 * np.exp(-3.5 * abs(slope + 0.05)) for slope in (0.0, 0.1, -0.1)}
    assert kmh[0.0] == pytest.approx(5.0367, abs=1e-3)
    hours = (1 / kmh[0.1] + 1 / kmh[-0.1]) / 2
    assert tobler(np.array([0.1]))[0] == pytest.approx(hours * kmh[0.0], rel=1e-12)
    # Within his easiest slope the two ways make a hyperbolic cosine.
    assert tobler(np.array([0.03]))[0] == pytest.approx(np.cosh(3.5 * 0.03))


def test_no_slope_is_quicker_than_even_ground_and_up_is_down() -> None:
    slopes = np.linspace(-1, 1, 401)
    factor = tobler(slopes)
    assert factor.min() == factor[200] == 1
    np.testing.assert_allclose(factor, factor[::-1])
    assert (np.diff(factor[200:]) > 0).all()


def test_stairs_take_their_share_and_nothing_of_the_slope() -> None:
    streets = town([[(0, 0, 0), (100, 0, 0)], [(100, 0, 0), (100, 40, 20)]], highway=["footway", "steps"])
    network = build(streets)
    assert walked(network, streets, STEPPING.footing).edge_mm.tolist() == [100_000, 80_000]
    assert walked(network, streets, BOTH.footing).edge_mm.tolist() == [100_000, 80_000]
    assert walked(network, streets, Pace("plain", 1.0).footing) is network


def test_each_piece_has_its_own_slope_and_is_rounded() -> None:
    streets = town([[(0, 0, 0), (100, 0, 10), (300, 0, 10)]])
    network = build(streets)
    there = walked(network, streets, HILLY.footing)
    steep = int(np.floor(100_000 * tobler(np.array([0.1]))[0] + 0.5))
    assert there.piece_mm.tolist() == [steep, 200_000]
    assert there.piece_start_mm.tolist() == [0, steep]
    assert there.edge_mm.tolist() == [steep + 200_000]
    assert network.edge_mm.tolist() == [300_000]


def test_places_move_with_their_pieces() -> None:
    streets = town([[(0, 0, 0), (100, 0, 10), (300, 0, 10)], [(300, 0, 10), (300, 100, 10)]])
    network = build(streets)
    there = walked(network, streets, HILLY.footing)
    spots = np.array([[0, 0], [50_000, 0], [100_000, 0], [200_000, 5_000], [300_000, 70_000], [0, 9_000_000]])
    found = snap(network, spots, 10_000)
    new = moved(found, network, there)
    steep = int(there.piece_mm[0])
    assert new.offset_mm.tolist()[:5] == [0, (steep + 1) // 2, steep, steep + 100_000, 70_000]
    assert new.leg_mm.tolist() == found.leg_mm.tolist()
    assert new.snapped.tolist() == [True] * 5 + [False]
    assert moved(found, network, network) is found


def test_metres_and_minutes_each_take_the_path_best_in_their_own_unit() -> None:
    # Over the hill 2 × 250 m at 40 %, round it 640 m on even ground; a second facility lies 560 m off, evenly.
    hill: list[list[tuple[float, float, float]]] = [
        [(0, 0, 0), (250, 0, 100), (500, 0, 0)],
        [(0, 0, 0), (0, -70, 0), (500, -70, 0), (500, 0, 0)],
        [(0, 0, 0), (-560, 0, 0)],
    ]
    streets = town(hill)
    network = build(streets)
    there = walked(network, streets, HILLY.footing)
    homes = snap(network, np.array([[0, 0]]), 1000)
    sites = snap(network, np.array([[500_000, 0], [-560_000, 0]]), 1000)
    order = np.array([0, 1])
    metres = nearest(network, homes, sites, order)
    minutes = nearest(there, moved(homes, network, there), moved(sites, network, there), order)
    assert (metres.mm[0], metres.facility[0]) == (500_000, 0)
    assert (minutes.mm[0], minutes.facility[0]) == (560_000, 1)
    within = _pairs(there, moved(homes, network, there), moved(sites, network, there))
    assert within == {(0, 0): 640_000, (0, 1): 560_000}


def _pairs(network: Network, sources: Anchors, targets: Anchors) -> dict[tuple[int, int], int]:
    found = pairs(network, sources, targets, 10**9)
    return {
        (s, t): mm for s, t, mm in zip(found.source.tolist(), found.target.tolist(), found.mm.tolist(), strict=True)
    }


def test_a_pace_that_asks_what_streets_do_not_tell_is_a_finding() -> None:
    flat = town([[(0, 0, 0), (100, 0, 0)]])
    silent = Streets.join(flat.frame, flat.vertex_node)
    half = Streets.join(flat.frame, flat.vertex_node, vertex_height=np.array([0.0, np.nan]))
    network = build(flat)
    assert effort_findings(network, silent, [Pace("plain", 1.0)]) == []
    assert [each.code for each in effort_findings(network, silent, [BOTH])] == ["slope_unknown", "stairs_unknown"]
    assert [each.code for each in effort_findings(network, half, [HILLY])] == ["slope_unknown"]
    assert effort_findings(network, flat, [HILLY]) == []
    assert walked(network, silent, HILLY.footing).edge_mm.tolist() == [100_000]


def test_heights_come_from_z_and_else_from_the_rise() -> None:
    lines = [shapely.LineString([(0, 0), (30, 40), (30, 140)]), shapely.LineString([(0, 0), (0, 10)])]
    frame = gpd.GeoDataFrame({"rise_m": [15.0, 3.0]}, geometry=lines)
    none = np.full(5, np.nan)
    found = heights(frame, none)
    assert found is not None
    assert found.tolist() == [0, 5, 15, 0, 3]
    mixed = heights(frame, np.array([np.nan, 7.0, np.nan, 1.0, 2.0]))
    assert mixed is not None
    assert mixed.tolist() == [0, 5, 15, 1, 2]
    assert heights(frame.drop(columns="rise_m"), none) is None
    assert heights(frame.drop(columns="rise_m"), np.zeros(5)) is None
    assert heights(frame.assign(rise_m=np.nan), none) is None


# ---- through the corridor ------------------------------------------------------------------------------------

HILL_PACK = (
    PACK.replace("elderly = 1.0", 'elderly = { m_s = 1.0, stairs = 0.5, slope = "tobler" }')
    + """
[[rule]]
id = "T-02"
kind = "within"
targets = ["day_care"]
metric = "network"
metric_source = "interpretation"
limit = { op = "<=", value = 10, unit = "min" }
pace = "elderly"
force = "aspired"
verified = true
clause = "虚构条文"
"""
)
SITE = """
[[site]]
facility_type = "day_care"
rule      = "T-02"
stages    = [2023]
per_stage = [1]
weight    = "areas"
"""


def hill_town(folder: Path, pack: str = HILL_PACK) -> Path:
    """A home at 0, a day-care centre at 550 over a hill, a candidate at 580 the other way on even ground."""
    study = write_town(
        folder,
        homes={"H-1": {"at": (0, 0)}},
        facilities={"F-1": {"at": (550, 0), "type": "day_care"}},
        candidates={"C-1": {"at": (-580, 0)}},
        study=OWN_PACK + CANDIDATES + SITE,
        pack=pack,
    )
    line = [[*placed((x, 0)), z] for x, z in ((-1000, 0), (0, 0), (275, 82.5), (550, 0), (2000, 0))]
    street = features([{"geometry": {"type": "LineString", "coordinates": line}}])
    (folder / "streets.geojson").write_text(street, encoding="utf-8")
    return study


def table(study: Path, name: str) -> list[dict[str, str]]:
    path = study.parent / "data" / "processed" / "invented" / f"{name}.csv"
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_minutes_over_a_hill_are_longer_and_metres_are_not(tmp_path: Path) -> None:
    study = hill_town(tmp_path)
    result = call("site", study, "-q")
    assert "Tobler" in result.stdout
    rows = {row["rule_id"]: row for row in table(study, "access")}
    minutes = 550 * tobler(np.array([0.3]))[0] / 60
    assert minutes > 10
    for rule in ("T-01", "T-02"):
        assert rows[rule]["distance_m"] == "550.000"
        assert float(rows[rule]["walk_min"]) == pytest.approx(minutes, abs=1e-3)
        assert rows[rule]["walk_facility_id"] == "F-1"
    outcomes = {(row["rule_id"], row["metric"]): row["outcome"] for row in table(study, "verdicts")}
    assert outcomes["T-01", "network"] == "pass"
    assert outcomes["T-02", "network"] == "fail"
    # The candidate is 580 m off on even ground: 9 min 40 s.
    assert [row["candidate_id"] for row in table(study, "plan")] == ["C-1"]
    shares = {row["pace"]: row["covered"] for row in table(study, "pace") if row["basis"] == "areas"}
    assert shares == {"elderly": "0", "slow": "0"}
    manifest = json.loads((tmp_path / "data/processed/invented/manifest.json").read_text(encoding="utf-8"))
    assert manifest["pace_ground"] == {"T-02": {"stairs": 0.5, "slope": "tobler"}}


def test_a_pace_that_does_not_say_so_walks_hills_like_even_ground(tmp_path: Path) -> None:
    study = hill_town(tmp_path, HILL_PACK.replace('{ m_s = 1.0, stairs = 0.5, slope = "tobler" }', "1.0"))
    call("audit", study, "-q")
    row = table(study, "access")[0]
    assert "walk_facility_id" not in row
    assert row["walk_min"] == "9.1667"
    codes = [each["code"] for each in table(study, "findings")]
    assert "slope_unknown" not in codes


def test_an_isochrone_ends_sooner_uphill(tmp_path: Path) -> None:
    study = hill_town(tmp_path)
    result = call("reach", study, "--at", "H-1", "--limits", "5min,300m", "-q", "--out", tmp_path / "out")
    assert result.exit_code == 0
    drawn = json.loads(next((tmp_path / "out").rglob("*.geojson")).read_text(encoding="utf-8"))
    width = {each["properties"]["unit"]: _width(each["geometry"]) for each in drawn["features"]}
    uphill = 300 / tobler(np.array([0.3]))[0]
    assert width["m"] == pytest.approx(650, abs=8)
    assert width["min"] == pytest.approx(300 + uphill + 50, abs=8)


def _width(geometry: dict[str, Any]) -> float:
    shape = gpd.GeoSeries([shapely.from_geojson(json.dumps(geometry))], crs="EPSG:4326").to_crs(CRS)
    west, _, east, _ = shape.total_bounds
    return float(east - west)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{ stairs = 0.5 }", "m_s"),
        ("{ m_s = 1.0, stairs = 1.5 }", "stairs"),
        ('{ m_s = 1.0, slope = "naismith" }', "tobler"),
        ("{ m_s = -1.0 }", "m_s"),
        ("0", "elderly"),
    ],
)
def test_a_pace_that_cannot_be_is_refused(tmp_path: Path, entry: str, said: str) -> None:
    study = hill_town(tmp_path, PACK.replace("elderly = 1.0", f"elderly = {entry}"))
    result = call("audit", study, "-q")
    assert result.exit_code == 2
    assert said in result.stderr
