"""Capacity set against people, worked by hand: two facilities and three areas."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.core.limit import Limit
from circle15.core.tables import Facilities, Residential
from circle15.judge.compasses import straight_vs_network
from circle15.judge.coverage import Groups, coverage
from circle15.judge.equity import (
    CAPACITIES,
    Catchment,
    capacities,
    equity,
    equity_findings,
    gini,
    two_step,
    worst_decile,
)
from circle15.judge.subjects import CODE, FAIL, NOT_APPLICABLE, PASS, UNKNOWN, Block
from circle15.read.pack import shared_types
from tests.fakes import rule
from tests.studies import run

PLACE = gpd.points_from_xy([0.0], [0.0])[0]
RULE = rule("T-01", ("day_care", "canteen"), Limit("<", 700, "m"))


def table(kind, **columns):
    size = len(next(iter(columns.values())))
    return kind.build(gpd.GeoDataFrame({**columns}, geometry=[PLACE] * size))


def homes(**columns):
    return table(Residential, area_id=["R-1", "R-2", "R-3"], **columns)


def cares(beds, types=("day_care", "day_care")):
    return table(Facilities, facility_id=["F-1", "F-2"], type=list(types), beds=beds)


def block(outcome, metric="network", rule=RULE):
    size = len(outcome)
    nothing = np.full(size, np.nan)
    return Block(rule, metric, np.array(outcome), nothing, nothing, np.full(size, CODE["measured"]))


def near(*pairs):
    rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Catchment(rows[:, 0], rows[:, 1])


def row_of(facilities, residential, catchment, outcome=(PASS, PASS, PASS), counted=(0, 1)):
    rows = np.array(counted, dtype=np.int64)
    found = equity([block(outcome)], facilities, residential, {"T-01": rows}, {("T-01", "network"): catchment})
    assert len(found) == 1
    return found.frame.iloc[0]


# F-1 (20 beds) reaches: 20 ÷ 200. F-2 (30 beds) reaches R-2 alone: 30 ÷ 100.
CATCHMENT = near((0, 0), (0, 1), (1, 1))
PEOPLE = homes(pop60=[100.0, 100.0, 50.0])


def test_worked_by_hand():
    row = row_of(cares([20, 30]), PEOPLE, CATCHMENT)
    assert (row["capacity"], row["basis"], row["facilities"]) == ("beds", "pop60", 2)
    assert row["supply"] == row["supply_reached"] == 50
    assert row["people"] == 250
    # 10 of R-1 and 40 of R-2 have a place, nobody of R-3.
    assert row["served"] == pytest.approx(50)
    assert row["unserved"] == pytest.approx(200)
    assert row["unknown"] == 0
    assert row["mean"] == pytest.approx(50 / 250)
    # The worst-served tenth are 25 people of R-3, who have nothing.
    assert row["worst_decile"] == 0
    # Lorenz points (0.2, 0), (0.6, 0.2), (1, 1): G = 1 − (0.2·0 + 0.4·0.2 + 0.4·1.2).
    assert row["gini"] == pytest.approx(0.44)


def test_more_places_than_people_serve_no_more_than_the_people():
    row = row_of(cares([20, 300]), PEOPLE, CATCHMENT)
    assert row["served"] == pytest.approx(10 + 100)
    assert row["unserved"] == pytest.approx(90 + 0 + 50)


def test_supply_nobody_reaches_is_reported_and_not_spread():
    row = row_of(cares([20, 30]), PEOPLE, near((0, 0)))
    assert (row["supply"], row["supply_reached"], row["supply_unreached"]) == (50, 20, 30)
    assert row["mean"] * 250 == pytest.approx(20)
    empty = row_of(cares([20, 30]), homes(pop60=[0.0, 0.0, 50.0]), CATCHMENT)
    assert (empty["supply_reached"], empty["supply_unreached"], empty["served"]) == (0, 50, 0)


def test_areas_out_of_scope_are_no_demand_and_unknown_ones_are_neither_served_nor_unserved():
    row = row_of(cares([20, 30]), PEOPLE, CATCHMENT, (NOT_APPLICABLE, PASS, UNKNOWN))
    assert (row["people"], row["unknown"]) == (150, 50)
    assert row["served"] + row["unserved"] == 100
    assert row["mean"] == pytest.approx(50 / 100)


def test_a_facility_of_unknown_capacity_supplies_nothing_and_is_named():
    facilities = cares([20, None])
    row = row_of(facilities, PEOPLE, CATCHMENT)
    assert (row["supply"], row["facilities"], row["capacity_unknown"]) == (20, 2, 1)
    rows = {"T-01": np.array([0, 1])}
    finding = next(
        each for each in equity_findings([RULE], facilities, PEOPLE, rows) if each.code == "capacity_unknown"
    )
    assert (finding.count, finding.ids) == (1, ("F-2",))


@pytest.mark.parametrize(
    ("facilities", "residential"),
    [
        (table(Facilities, facility_id=["F-1", "F-2"], type=["day_care"] * 2), PEOPLE),
        (cares([20, 30]), homes(population=[100.0, 100.0, 50.0])),
        (cares([None, None]), PEOPLE),
    ],
)
def test_what_the_data_does_not_say_is_not_assessed_and_never_zero(facilities, residential):
    rows = {"T-01": np.array([0, 1])}
    found = equity([block([PASS] * 3)], facilities, residential, rows, {("T-01", "network"): CATCHMENT})
    assert len(found) == 0
    codes = {each.code for each in equity_findings([RULE], facilities, residential, rows)}
    assert codes & {"equity_not_assessed", "capacity_unknown"}


def test_no_facility_at_all_is_a_known_zero():
    row = row_of(cares([20, 30]), PEOPLE, near(), (FAIL, FAIL, FAIL), counted=())
    assert (row["facilities"], row["supply"], row["served"], row["unserved"]) == (0, 0, 0, 250)
    assert np.isnan(row["gini"])


def test_beds_and_seats_are_never_added_up():
    facilities = table(
        Facilities, facility_id=["F-1", "F-2"], type=["day_care", "canteen"], beds=[20, 7], seats=[None, 30]
    )
    rows = {"T-01": np.array([0, 1])}
    found = equity([block([PASS] * 3)], facilities, PEOPLE, rows, {("T-01", "network"): CATCHMENT}).frame
    assert dict(zip(found["capacity"], found["supply"], strict=True)) == {"beds": 20, "seats": 30}


def test_people_are_the_total_of_coverage():
    outcome = (NOT_APPLICABLE, FAIL, UNKNOWN)
    row = row_of(cares([20, 30]), PEOPLE, CATCHMENT, outcome)
    study = Groups("study", ("*",), np.zeros(3, dtype=np.int64))
    shares = coverage([block(outcome)], PEOPLE, [study], None, {}).frame.set_index("basis")
    assert row["people"] == shares.loc["pop60", "total"]
    assert row["unknown"] == shares.loc["pop60", "unknown"]


def test_every_type_with_a_capacity_is_a_type_of_the_program_and_has_one_only():
    named = [each for capacity in CAPACITIES for each in capacity.types]
    assert len(named) == len(set(named))
    assert set(named) <= set(shared_types())


def test_a_rule_without_such_types_or_distances_has_no_capacity():
    residential = PEOPLE
    assert [each.column for each in capacities(RULE, cares([1, 2]), residential)] == ["beds"]
    assert not capacities(replace(RULE, targets=("senior_school",)), cares([1, 2]), residential)


# ---- Gini and the worst-served tenth ---------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_gini_of_equals_is_zero_and_of_one_who_has_all_is_one_less_a_share(count):
    weights = np.full(count, 3.0)
    assert gini(np.full(count, 0.7), weights) == pytest.approx(0, abs=1e-12)
    alone = np.zeros(count)
    alone[count // 2] = 5.0
    assert gini(alone, weights) == pytest.approx((count - 1) / count)


def test_gini_weighs_people_not_areas():
    # The same 8 people, as two areas and one by one.
    grouped = gini(np.array([1.0, 4.0]), np.array([6.0, 2.0]))
    assert grouped == pytest.approx(gini(np.array([1.0] * 6 + [4.0] * 2), np.ones(8)))
    # The mean difference of any two, over twice the mean: 2 · 6 · 2 · 3 ÷ 64 ÷ (2 · 14 ÷ 8).
    assert grouped == pytest.approx(2 * 6 * 2 * 3 / 64 / (2 * 14 / 8))
    assert np.isnan(gini(np.zeros(3), np.ones(3)))
    assert np.isnan(gini(np.array([]), np.array([])))


def test_the_border_of_the_worst_tenth_counts_in_part():
    # A tenth of 100 people are 10: all 4 who have 1, and 6 of those who have 2.
    assert worst_decile(np.array([2.0, 1.0, 9.0]), np.array([36.0, 4.0, 60.0])) == pytest.approx((4 * 1 + 6 * 2) / 10)
    assert np.isnan(worst_decile(np.array([1.0]), np.array([0.0])))


# ---- laws ------------------------------------------------------------------------------------------------------------

laws = settings(derandomize=True, deadline=None, database=None)

SIZE = st.integers(1, 6)
AMOUNT = st.integers(0, 500).map(float)


@st.composite
def places_and_people(draw):
    facilities, areas = draw(SIZE), draw(SIZE)
    supply = np.array(draw(st.lists(AMOUNT, min_size=facilities, max_size=facilities)))
    people = np.array(draw(st.lists(AMOUNT, min_size=areas, max_size=areas)))
    pairs = draw(st.sets(st.tuples(st.integers(0, facilities - 1), st.integers(0, areas - 1))))
    return supply, people, near(*sorted(pairs))


@laws
@given(places_and_people())
def test_supply_is_kept(town):
    supply, people, catchment = town
    each, demand = two_step(supply, people, catchment)
    assert (people * each).sum() == pytest.approx(supply[demand > 0].sum())
    reached = {int(one) for one, area in zip(catchment.facility, catchment.area, strict=True) if people[area] > 0}
    assert set(np.flatnonzero(demand > 0)) == reached


@laws
@given(places_and_people(), st.integers(0, 5), AMOUNT)
def test_more_capacity_lowers_nobody(town, which, more):
    supply, people, catchment = town
    before, _ = two_step(supply, people, catchment)
    richer = supply.copy()
    richer[which % len(supply)] += more
    after, _ = two_step(richer, people, catchment)
    assert (after >= before).all()


@laws
@given(places_and_people(), st.sampled_from([0.25, 3.0, 1000.0]))
def test_places_scale_and_evenness_does_not(town, factor):
    supply, people, catchment = town
    each, _ = two_step(supply, people, catchment)
    scaled, _ = two_step(supply * factor, people, catchment)
    assert scaled == pytest.approx(each * factor)
    assert gini(scaled, people) == pytest.approx(gini(each, people), abs=1e-9, nan_ok=True)
    assert worst_decile(scaled, people) == pytest.approx(worst_decile(each, people) * factor, nan_ok=True)


@laws
@given(places_and_people())
def test_gini_is_the_mean_difference_and_the_worst_tenth_is_below_the_mean(town):
    supply, people, catchment = town
    each, _ = two_step(supply, people, catchment)
    total = (people * each).sum()
    if total <= 0:
        assert np.isnan(gini(each, people))
        return
    apart = np.abs(each[:, None] - each[None, :]) * people[:, None] * people[None, :]
    assert gini(each, people) == pytest.approx(apart.sum() / (2 * people.sum() * total), abs=1e-9)
    assert worst_decile(each, people) <= total / people.sum() + 1e-9


# ---- straight line against network -----------------------------------------------------------------------------------


def test_compasses_and_streets_by_zone():
    straight = block((PASS, PASS, FAIL), "straight_line")
    network = block((PASS, FAIL, UNKNOWN))
    groups = [
        Groups("study", ("*",), np.zeros(3, dtype=np.int64)),
        Groups("town", ("Z-1", "Z-2"), np.array([0, 1, 1])),
    ]
    found = straight_vs_network([network, straight], PEOPLE, groups).frame.set_index(["zone_id", "basis"])
    kinds = ["straight_only", "network_only", "both", "neither", "unknown"]
    assert found.loc[("*", "areas"), kinds].tolist() == [1, 0, 1, 0, 1]
    assert found.loc[("Z-1", "pop60"), kinds].tolist() == [0, 0, 100, 0, 0]
    assert found.loc[("Z-2", "pop60"), kinds].tolist() == [100, 0, 0, 0, 50]
    totals = coverage([network, straight], PEOPLE, groups, None, {}).frame
    total = totals[totals["metric"] == "network"].set_index(["zone_id", "basis"])["total"]
    assert (found[kinds].sum(axis=1) == total[found.index]).all()


def test_a_time_rule_has_no_compasses_and_what_is_out_of_scope_is_in_no_column():
    groups = [Groups("study", ("*",), np.zeros(3, dtype=np.int64))]
    assert len(straight_vs_network([block((PASS, PASS, PASS))], PEOPLE, groups)) == 0
    outcome = (NOT_APPLICABLE, PASS, FAIL)
    both = straight_vs_network([block(outcome), block(outcome, "straight_line")], PEOPLE, groups).frame
    assert both.loc[both["basis"] == "areas", ["both", "neither", "unknown"]].to_numpy().tolist() == [[1, 1, 0]]


# ---- through the corridor --------------------------------------------------------------------------------------------


def test_each_rule_shares_places_within_its_own_limit_and_by_each_of_its_metrics(tmp_path):
    homes_at = {"R-500": (500, 0), "R-800": (800, 0), "R-bank": (0, 600)}
    tables = {
        "residential": [{"id": name, "x": x, "y": y, "pop60": 100} for name, (x, y) in homes_at.items()],
        "facilities": [
            {"id": "F-0", "type": "day_care", "beds": 5, "community_code": "somewhere"},
            {"id": "F-1", "type": "day_care", "x": 0, "y": 0, "beds": 30},
            {"id": "F-2", "type": "day_care", "x": 1600, "y": 0, "beds": 40},
        ],
    }
    # R-bank stands across the water: 600 m from F-1 in a straight line, 4,600 m by the bridge.
    streets = [[[0, 0], [2000, 0]], [[2000, 0], [2000, 600]], [[2000, 600], [0, 600]]]
    found = run(tmp_path, "jinjiang-2022", tables, streets=streets, command=("audit", "-q"))
    rows = {(row["rule_id"], row["metric"]): row for row in found.table("equity")}
    figures = {
        key: tuple(float(row[name]) for name in ("supply_reached", "supply_unreached", "unserved"))
        for key, row in rows.items()
    }
    assert figures == {
        # 700 m: F-1 alone has anybody, R-500 on foot and R-bank too by compasses.
        ("JJ-01", "network"): (30, 45, 270),
        ("JJ-01", "straight_line"): (30, 45, 270),
        # 900 m: F-1 for, F-2 for R-800. F-0 has no place.
        ("JJ-02", "network"): (70, 5, 230),
    }
    evenness = {key: (float(row["gini"]), float(row["worst_decile"])) for key, row in rows.items()}
    # One of three has all, then two of three equally; then 0, 0.15 and 0.55 places for one person.
    assert evenness["JJ-01", "network"] == pytest.approx((2 / 3, 0), abs=1e-6)
    assert evenness["JJ-01", "straight_line"] == pytest.approx((1 / 3, 0), abs=1e-6)
    assert evenness["JJ-02", "network"] == pytest.approx((2 * (0.15 + 0.55 + 0.4) / 9 / (2 * 0.7 / 3), 0), abs=1e-6)
    compared = {row["basis"]: row for row in found.table("straight_vs_network")}["pop60"]
    assert (compared["straight_only"], compared["both"], compared["neither"]) == ("100", "100", "100")


def test_people_that_nobody_filled_in_leave_the_supply_and_a_reason():
    """Neither nobody to serve nor no row: what is supplied is known, what it comes to is not."""
    nobody = homes(pop60=[None, None, None])
    row = row_of(cares([20, 30]), nobody, CATCHMENT)
    assert (row["facilities"], row["capacity_unknown"], row["supply"]) == (2, 0, 50)
    untold = ["supply_reached", "supply_unreached", "people", "served", "unserved", "unknown", "mean", "gini"]
    assert row[[*untold, "worst_decile"]].isna().all()
    (finding,) = equity_findings([RULE], cares([20, 30]), nobody, {"T-01": np.array([0, 1])})[:1]
    assert finding.code == "equity_not_assessed"
    assert "列全为空" in finding.message.zh
