"""Cleaning of centre lines: by hand, and on real towns broken on purpose."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.core.cleaning import Cleaning
from circle15.core.tables import Repairs, Streets
from circle15.read.joints import joints_by_coordinate
from circle15.read.layers import read_layer
from circle15.read.spec import InputSpec
from circle15.route import Anchors, Network, build, pairs, snap
from circle15.route.clean import clean, clean_findings
from circle15.route.draft import levels
from tests.damage import Damage
from tests.towns import STUDY, call, write_town

METRE = Cleaning(1000)
NONE: Mapping[str, Any] = {}
Line = list[tuple[float, float]]


def town(streets: Sequence[Line], columns: Mapping[str, Any] = NONE) -> Streets:
    geometry = np.array([shapely.LineString(line) for line in streets], dtype=object)
    frame = gpd.GeoDataFrame({"street_id": [str(row) for row in range(len(streets))], **columns}, geometry=geometry)
    return Streets.join(frame, joints_by_coordinate(geometry))


def mended(
    streets: Sequence[Line], how: Cleaning = METRE, columns: Mapping[str, Any] = NONE
) -> tuple[list[int], dict[str, int]]:
    """Edge lengths in mm, sorted, and repairs by kind."""
    cleaned, repairs = clean(town(streets, columns), how)
    return sorted(build(cleaned).edge_mm.tolist()), dict(Counter(repairs.frame["kind"]))


EAST: Line = [(0, 0), (100, 0)]


def test_streets_that_cross_are_joined() -> None:
    assert mended([EAST, [(40, -30), (40, 50)]]) == ([30_000, 40_000, 50_000, 60_000], {"crossing": 1})


def test_three_streets_through_one_point_are_one_joint() -> None:
    star: list[Line] = [EAST, [(50, -50), (50, 50)], [(20, -30), (80, 30)]]
    assert mended(star) == ([42_426, 42_426, 50_000, 50_000, 50_000, 50_000], {"crossing": 1})


def test_a_crossing_at_a_vertex_of_one_needs_one_more_in_the_other() -> None:
    assert mended([[(0, 0), (40, 0), (100, 0)], [(40, -30), (40, 50)]]) == (
        [30_000, 40_000, 50_000, 60_000],
        {"crossing": 1},
    )


def test_streets_that_run_over_each_other_are_joined_at_the_ends_of_their_common_stretch() -> None:
    lengths, kinds = mended([EAST, [(20, 0), (60, 0), (60, 50)]])
    assert (lengths, kinds) == ([20_000, 40_000, 40_000, 40_000, 50_000], {"crossing": 2})


@pytest.mark.parametrize(
    "columns",
    [
        {"layer": ["1", "0"]},
        {"bridge": ["yes", "no"]},
        {"tunnel": ["yes", None]},
        {"layer": ["2", "1"], "bridge": ["yes", "yes"]},
        {"bridge": ["viaduct", "F"]},
        {"layer": ["主干道", "支路"], "tunnel": ["T", "否"]},
    ],
)
def test_bridges_and_tunnels_stay_unjoined(columns: dict[str, list[Any]]) -> None:
    assert mended([EAST, [(40, -30), (40, 50)]], columns=columns) == ([80_000, 100_000], {})


def test_crossings_are_left_alone_on_request() -> None:
    assert mended([EAST, [(40, -30), (40, 50)]], Cleaning(1000, crossings=False)) == ([80_000, 100_000], {})


def test_an_end_short_of_a_street_goes_straight_on_to_it() -> None:
    # Obliquely at 45°: straight on it meets the street at x = 40, not at the nearest point.
    lengths, kinds = mended([EAST, [(0, -40), (39.5, -0.5)]])
    assert kinds == {"undershoot": 1}
    assert lengths == [40_000, 55_861 + 707, 60_000]


def test_an_end_that_leads_past_a_street_goes_to_its_nearest_point() -> None:
    lengths, kinds = mended([EAST, [(40, -0.6), (80, -0.6), (80, -40)]])
    assert kinds == {"undershoot": 1}
    assert 600 in [abs(40_600 + 39_400 - each) + 600 for each in lengths]


def test_a_gap_between_ends_is_closed_and_its_length_counts() -> None:
    assert mended([EAST, [(100.6, 0.8), (100.6, 80)]]) == ([79_200, 101_000], {"gap": 1})


def test_a_gap_wider_than_the_tolerance_stays() -> None:
    assert mended([EAST, [(101.1, 0), (200, 0)]]) == ([98_900, 100_000], {})


def test_an_end_past_a_crossing_is_cut_off_up_to_the_tolerance() -> None:
    assert mended([EAST, [(40, -30), (40, 0.9)]]) == ([30_000, 40_000, 60_000], {"crossing": 1, "overshoot": 1})
    assert mended([EAST, [(40, -30), (40, 1.1)]]) == ([1_100, 30_000, 40_000, 60_000], {"crossing": 1})


def test_a_line_drawn_twice_counts_once_and_the_joined_one_stays() -> None:
    twice: list[Line] = [[(0, 0.3), (50, 0.4), (100, 0.2)], EAST, [(100, 0), (100, 80)]]
    cleaned, repairs = clean(town(twice), METRE)
    assert repairs.frame[["kind", "street_id", "other_id"]].to_numpy().tolist() == [["duplicate", "0", "1"]]
    assert build(cleaned).component_mm.tolist() == [180_000]


def test_neighbours_farther_apart_than_the_tolerance_are_no_duplicates() -> None:
    assert mended([EAST, [(0, 1.1), (100, 1.1)]])[1] == {}


def test_short_islands_are_left_out_where_asked() -> None:
    apart: list[Line] = [EAST, [(0, 50), (20, 50)], [(20, 50), (40, 50)]]
    assert mended(apart)[1] == {}
    assert mended(apart, Cleaning(1000, island_mm=40_001)) == ([100_000], {"island": 2})
    assert mended(apart, Cleaning(1000, island_mm=40_000))[1] == {}


def test_a_line_that_loses_its_length_is_left_out_and_listed() -> None:
    # A stub of 0.4 m round a corner, whose ends both go to the same joint.
    dot: Streets = town([EAST, [(50, 0), (50, 0)]])
    assert mended([list(line.coords) for line in dot.frame.geometry])[1].get("zero_length") == 1


def test_a_bridge_joins_what_is_beneath_it_at_its_ends_alone() -> None:
    # The bridge passes over the street at x = 50 and comes down on the one at x = 100, 0.5 m short of it.
    streets: list[Line] = [[(0, 0), (99.5, 0)], [(50, -50), (50, 50)], [(100, -50), (100, 50)]]
    lengths, kinds = mended(streets, columns={"bridge": ["yes", "no", "no"]})
    assert (lengths, kinds) == ([50_000, 50_000, 100_000, 100_000], {"undershoot": 1})
    # A street that ends under the bridge is not joined to it.
    assert mended([[(0, 0), (99, 0)], [(50, -50), (50, -0.3)]], columns={"bridge": ["yes", "no"]})[1] == {}


def test_a_road_past_a_bridgehead_is_cut_back_to_it() -> None:
    # Two bridges begin at (100, 0), where the street from the west ends; it was drawn 0.7 m too far.
    streets: list[Line] = [[(0, 0), (100.7, 0)], [(100, 0), (150, 50)], [(100, 0), (150, -50)]]
    lengths, kinds = mended(streets, columns={"bridge": ["no", "yes", "yes"]})
    assert (lengths, kinds) == ([70_711, 70_711, 100_000], {"crossing": 1, "overshoot": 1})


def test_heights_follow_the_vertices() -> None:
    plain = town([EAST, [(40, -30), (40, 50)]])
    high = Streets.join(plain.frame, plain.vertex_node, vertex_height=np.array([0.0, 10.0, 2.0, 2.0]))
    cleaned, _ = clean(high, METRE)
    assert cleaned.vertex_height is not None
    assert cleaned.vertex_height.tolist() == [0, 4, 10, 2, 2, 2]


def test_cleaning_says_what_it_did_and_that_it_cannot_tell_bridges() -> None:
    streets = town([EAST, [(40, -30), (40, 0.9)]])
    _, repairs = clean(streets, METRE)
    done, unknown = clean_findings(streets, METRE, repairs)
    assert (done.code, done.count) == ("streets_repaired", 2)
    assert (unknown.code, unknown.severity, unknown.count) == ("bridges_unknown", "warning", 1)
    assert clean_findings(town([EAST], {"layer": ["0"]}), METRE, Repairs.empty()) == []
    (unknown,) = clean_findings(town([EAST], {"layer": ["主干道"]}), METRE, Repairs.empty())
    assert unknown.code == "bridges_unknown"


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.data())
def test_what_is_clean_stays_as_it_is(data: st.DataObject) -> None:
    # Streets along a lattice of 20 m, split at every crossing, with no loose end within a metre of anything.
    columns, rows = data.draw(st.integers(2, 4)), data.draw(st.integers(2, 4))
    spans: list[Line] = []
    for column, row in itertools.product(range(columns), range(rows)):
        here = (20.0 * column, 20.0 * row)
        spans += [[here, (here[0] + 20, here[1])], [here, (here[0], here[1] + 20)]]
    kept = [span for span in spans if data.draw(st.integers(0, 3))]
    if kept:
        before = town(kept)
        after, repairs = clean(before, METRE)
        assert len(repairs) == 0
        assert build(after).edge_mm.tolist() == build(before).edge_mm.tolist()
        assert build(after).component_mm.tolist() == build(before).component_mm.tolist()


# ---- real towns, broken on purpose ---------------------------------------------------------------------------

TOWNS = {"guixi/guixi.osm": 32650, "shanghai-jingan/jingan.osm": 32651}


@pytest.fixture(scope="module", params=TOWNS)
def whole(request: pytest.FixtureRequest, shared: Path) -> Streets:
    """The streets of a town after a first cleaning, for real data has faults of its own."""
    path = shared / request.param
    table, _, _ = read_layer(InputSpec("streets", path, path.name), pyproj.CRS(TOWNS[request.param]), {})
    joints = joints_by_coordinate(table.frame.geometry.to_numpy())
    cleaned, _ = clean(Streets.join(table.frame, joints), METRE)
    return cleaned


def test_a_clean_town_is_left_alone(whole: Streets) -> None:
    again, repairs = clean(whole, METRE)
    assert len(repairs) == 0
    assert build(again).edge_mm.tolist() == build(whole).edge_mm.tolist()


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_mending_gives_the_undamaged_distances_within_the_tolerance(whole: Streets, seed: int) -> None:
    damage = Damage(whole, 1.0, seed)
    broken = damage.broken()
    assert min(damage.done[kind] for kind in ("gap", "overshoot", "duplicate", "crossing without a vertex")) > 9
    fixed, repairs = clean(broken, METRE)
    assert {"gap", "overshoot", "undershoot", "duplicate", "crossing"} <= set(repairs.frame["kind"])
    before, between, after = build(whole), build(broken), build(fixed)
    assert len(after.component_mm) == len(before.component_mm) < len(between.component_mm)
    spots = _spots(before, seed)
    expected, found = _distances(before, spots), _distances(after, spots)
    assert len(expected) > 1000
    assert set(found) == set(expected)
    assert max(abs(found[pair] - mm) for pair, mm in expected.items()) <= 1000
    worse = _distances(between, spots)
    assert sum(abs(worse.get(pair, 0) - mm) > 1000 for pair, mm in expected.items()) > len(expected) / 4


def test_bridges_of_a_mended_town_stay_unjoined(whole: Streets) -> None:
    fixed, _ = clean(Damage(whole, 1.0, 7).broken(), METRE)
    for streets in (whole, fixed):
        assert _joined_in_mid_air(streets) == 0
    assert (levels(whole.frame) != 0).sum() > 3


def _joined_in_mid_air(streets: Streets) -> int:
    """How many joints two lines of different levels share where neither of them ends."""
    geometry = streets.frame.geometry.to_numpy()
    line = np.repeat(np.arange(len(geometry)), shapely.get_num_coordinates(geometry))
    inner = np.ones(len(line), dtype=bool)
    inner[np.searchsorted(line, np.arange(len(geometry)))] = False
    inner[np.searchsorted(line, np.arange(len(geometry)), "right") - 1] = False
    met: dict[int, set[int]] = {}
    for joint, level in zip(streets.vertex_node[inner].tolist(), levels(streets.frame)[line[inner]], strict=True):
        met.setdefault(joint, set()).add(int(level))
    return sum(len(each) > 1 for each in met.values())


def _spots(network: Network, seed: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Places on streets, at least 5 m from their ends, so that each has one nearest street before and after."""
    random = np.random.default_rng(seed)
    long_enough = np.flatnonzero(network.piece_mm > 12_000)
    piece = random.choice(long_enough, 160)
    share = random.uniform(0.4, 0.6, (160, 1))
    spots: np.ndarray[Any, np.dtype[np.int64]] = np.round(
        network.piece_a[piece] * share + network.piece_b[piece] * (1 - share)
    ).astype(np.int64)
    return spots


def _distances(network: Network, spots: np.ndarray[Any, np.dtype[np.int64]]) -> dict[tuple[int, int], int]:
    anchors: Anchors = snap(network, spots, 20_000)
    found = pairs(network, anchors.take(np.arange(20)), anchors, 3_000_000)
    return {
        (s, t): mm for s, t, mm in zip(found.source.tolist(), found.target.tolist(), found.mm.tolist(), strict=True)
    }


# ---- through the corridor ------------------------------------------------------------------------------------


def test_a_study_that_asks_for_it_gets_repaired_streets_and_the_list(tmp_path: Path) -> None:
    # The home's street stops 0.5 m short of the main one.
    gap: list[Line] = [[(-1000, 0), (2000, 0)], [(100, 300), (100, 0.5)]]
    homes = {"H-1": {"at": (100, 250)}}
    study = write_town(tmp_path, streets=gap, homes=homes, study=STUDY)
    call("audit", study, "-q")
    assert not (tmp_path / "data" / "processed" / "invented" / "repairs.csv").exists()
    assert _access(tmp_path)["distance_m"] == ""
    study.write_text(STUDY + "[route]\nclean = { tolerance_m = 1 }\n", encoding="utf-8")
    call("audit", study, "-q")
    assert _access(tmp_path)["distance_m"] == "350.000"
    (row,) = _table(tmp_path, "repairs")
    assert (row["kind"], row["moved_m"]) == ("undershoot", "0.500")
    codes = {row["code"]: row["count"] for row in _table(tmp_path, "findings")}
    assert codes["streets_repaired"] == "1"
    assert "bridges_unknown" in codes


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("clean = { tolerance = 1 }", "tolerance_m"),
        ("clean = { tolerance_m = 20 }", "10"),
        ("clean = { crossings = true }", "tolerance_m"),
        ("areas = { cell_m = 20 }", "15"),
        ('areas = { method = "hull" }', "method"),
    ],
)
def test_wrong_keys_of_route_are_told(tmp_path: Path, keys: str, said: str) -> None:
    study = write_town(tmp_path, study=STUDY + f"[route]\n{keys}\n")
    result = call("audit", study, "-q")
    assert result.exit_code == 2
    assert said in result.stderr


def _access(folder: Path) -> dict[str, str]:
    return next(row for row in _table(folder, "access") if row["rule_id"] == "JJ-01")


def _table(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / "data" / "processed" / "invented" / f"{name}.csv"
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
