"""A small audit made by hand, for tests of everything that shows one.

Its town is invented and lies in open sea: a few homes round one day-care centre and one nursery.
"""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.core.limit import Limit
from circle15.core.results import Audit, Dropped, Facts, Plan, Screening, Site, Source
from circle15.core.rule import Document, FacilityType, Pack, Rule
from circle15.core.tables import (
    Access,
    Areas,
    Binding,
    Candidates,
    Constraints,
    Coverage,
    Facilities,
    Membership,
    Ratios,
    Residential,
    Scores,
    Streets,
    Units,
    Verdicts,
    Zones,
)
from circle15.core.text import Text
from circle15.core.units import Pace
from circle15.judge import check_places

CRS = "EPSG:4549"
ORIGIN = np.array([690_000.0, 3_000_000.0])
HOME_LEG_MM = 12_400
SLOW = Pace("elderly_slow", 0.8)
ADULT = Pace("adult", 1.2)

# area_id: metres east and north of the day-care centre, people aged 60 and over
HOMES = {
    "R-001": (80, 60, 120),
    "R-002": (300, -200, 90),
    "R-003": (-250, 250, 140),
    "R-004": (450, 450, 60),  # straight 636 m, by street 912 m: distance only
    "R-005": (-480, -460, 75),  # distance only
    "R-006": (705, 0, 40),  # straight 705 m, by street 717 m: time only at 0.8 m/s
    "R-007": (900, 500, 110),
    "R-008": (-900, 600, 190),
    "R-009": (1100, -300, 80),
    "R-010": (-700, -700, 55),
    "R-011": (0, 500, 35),
    "R-012": (200, 620, 20),  # near no street
}
NOT_SNAPPED = "R-012"
POINTS = ("R-010", "R-011")
FACILITIES = {"F-01": ("day_care", (0, 0)), "F-02": ("nursery", (400, 300))}
CANDIDATES = {"C-1": (800, 350), "C-2": (-800, 450), "C-3": (-600, -600)}
HALF = 22
KINDS = ("pass", "fail", "unknown")


def place(east: float, north: float) -> shapely.Point:
    """A point of the invented town, in the study CRS."""
    return shapely.Point(ORIGIN + np.array([east, north]))


def _box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(*(ORIGIN + np.array([west, south])), *(ORIGIN + np.array([east, north])))


def rule(rule_id: str, targets: tuple[str, ...], limit: Limit, **more: Any) -> Rule:
    """A binding distance rule on the network, but for what is said otherwise."""
    defaults: dict[str, Any] = {
        "kind": "within",
        "force": "binding",
        "verified": True,
        "clause": f"虚构条文 {rule_id}",
        "source": "虚构〔2024〕1号",
        "legal_status": "in_force",
        "metric": "network",
        "metric_source": "interpretation",
    }
    return Rule(rule_id=rule_id, targets=targets, limit=limit, **{**defaults, **more})


RULES = (
    rule("T-01", ("day_care", "canteen"), Limit("<", 700, "m"), metric="straight_line"),
    rule("T-02", ("day_care", "canteen"), Limit("<=", 15, "min"), pace=SLOW, force="aspired"),
    rule("N-01", ("nursery",), Limit("<=", 15, "min"), pace=ADULT, force="aspired"),
)
NEAREST = {"T-01": "F-01", "T-02": "F-01", "N-01": "F-02"}


def small_audit(**changes: Any) -> Audit:
    """A small audit; ``changes`` replace fields of its Facts or of the Audit itself, by name."""
    of_facts = {field.name for field in fields(Facts)}
    facts = replace(_facts(), **{key: value for key, value in changes.items() if key in of_facts})
    return replace(_audit(facts), **{key: value for key, value in changes.items() if key not in of_facts})


def screened_audit() -> Audit:
    """The small audit with a field round its last candidate, which its plan therefore drops."""
    audit = small_audit()
    dropped = list(CANDIDATES)[-1]
    east, north = CANDIDATES[dropped]
    field = _box(east - 50, north - 50, east + 50, north + 50)
    constraints = Constraints.build(
        _frame([{"constraint_id": "1", "name": "永久基本农田", "effect": "forbid"}], [field])
    )
    assert audit.candidates is not None
    spots = audit.candidates.frame
    checks = check_places(spots["candidate_id"].to_numpy(dtype=object), spots.geometry.to_numpy(), constraints)
    reason = Dropped(
        dropped, "inside_forbidden", "永久基本农田", Text("在永久基本农田内", "inside permanent basic farmland")
    )
    screening = Screening(len(spots), (reason,), ("永久基本农田",), ("生态保护红线", "城镇开发边界"))
    (plan,) = audit.plans
    return replace(audit, constraints=constraints, checks=checks, plans=(replace(plan, screening=screening),))


def renamed(audit: Audit, name: str) -> Audit:
    """The audit with every name of a home, facility, candidate and zone replaced."""

    def named(table: Any) -> Any:
        return type(table).build(table.frame.assign(name=name))

    assert audit.candidates is not None
    assert audit.zones is not None
    return replace(
        audit,
        residential=named(audit.residential),
        facilities=named(audit.facilities),
        candidates=named(audit.candidates),
        zones=named(audit.zones),
    )


def _facts() -> Facts:
    types = {
        "day_care": FacilityType("day_care", Text("社区日间照料中心", "day-care centre")),
        "canteen": FacilityType("canteen", Text("长者食堂", "canteen")),
        "nursery": FacilityType("nursery", Text("托育机构", "nursery")),
    }
    document = Document("invented", "虚构县养老服务设施布局方案", "虚构〔2024〕1号", "in_force")
    return Facts(
        study_id="invented",
        name="海上虚构镇",
        pack=Pack((document,), {"elderly_slow": SLOW, "adult": ADULT}, types, RULES),
        crs=CRS,
        scale_factor=1.0,
        as_of="2024-09-30",
        language="zh",
        audience="internal",
        title_block={"制图单位": "虚构测绘室"},
        study_sha256="0" * 64,
        pack_sha256="1" * 64,
        sources=(Source("streets", "streets.osm.pbf", "2" * 64, 4, "WGS84", "© OpenStreetMap contributors, ODbL"),),
        fictional=False,
    )


def _audit(facts: Facts) -> Audit:
    residential, facilities = _residential(), _facilities()
    access, verdicts = _access(), _verdicts()
    points = [place(east, north) for east, north, _ in HOMES.values()]
    return Audit(
        facts=facts,
        streets=_streets(),
        residential=residential,
        facilities=facilities,
        counted={rule.rule_id: (NEAREST[rule.rule_id],) for rule in RULES},
        zones=_zones(),
        units=Units.build(_zones().frame.drop(columns="geometry")),
        membership=_membership(),
        candidates=_candidates(),
        points=np.array(points, dtype=object),
        near_edge=None,
        access=access,
        verdicts=verdicts,
        coverage=_coverage(verdicts),
        ratios=Ratios.empty(),
        scores=_scores(),
        binding=_binding(verdicts),
        outcomes={rule.rule_id: "fail" for rule in RULES},
        areas=_areas(),
        findings=(),
        plans=(_plan(verdicts),),
    )


def _frame(rows: list[dict[str, Any]], geometry: list[Any]) -> Any:
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=CRS)


def _residential() -> Residential:
    rows = [
        {
            "area_id": area_id,
            "name": f"虚构里{area_id[2:]}号",
            "households": float(pop60 * 2),
            "population": float(pop60 * 5),
            "pop60": float(pop60),
            "estimated": None,
        }
        for area_id, (_, _, pop60) in HOMES.items()
    ]
    shapes = [
        place(east, north) if area_id in POINTS else _box(east - HALF, north - HALF, east + HALF, north + HALF)
        for area_id, (east, north, _) in HOMES.items()
    ]
    return Residential.build(_frame(rows, shapes))


def _facilities() -> Facilities:
    rows = [{"facility_id": key, "type": kind, "name": f"虚构设施{key}"} for key, (kind, _) in FACILITIES.items()]
    return Facilities.build(_frame(rows, [place(*at) for _, at in FACILITIES.values()]))


def _candidates() -> Candidates:
    rows = [{"candidate_id": key, "name": f"虚构备选{key}", "host": "学校"} for key in CANDIDATES]
    return Candidates.build(_frame(rows, [place(*at) for at in CANDIDATES.values()]))


def _streets() -> Streets:
    lines = [shapely.LineString([place(-1200, y), place(1200, y)]) for y in (-600, 0, 600)]
    lines += [shapely.LineString([place(x, -800), place(x, 800)]) for x in (-800, 0, 800)]
    return Streets.build(_frame([{"street_id": f"W-{i}"} for i in range(len(lines))], lines))


def _zones() -> Zones:
    names = {"Z-W": "虚构西镇", "Z-E": "虚构东镇"}
    rows = [{"zone_id": zone_id, "name": name, "level": "town"} for zone_id, name in names.items()]
    return Zones.build(_frame(rows, [_box(-1300, -900, 0, 900), _box(0, -900, 1300, 900)]))


def _zone_of(area_id: str) -> str:
    return "Z-W" if HOMES[area_id][0] < 0 else "Z-E"


def _membership() -> Membership:
    rows = [{"area_id": each, "level": "town", "zone_id": _zone_of(each), "by": "location"} for each in HOMES]
    return Membership.build(pd.DataFrame(rows))


def _walk(rule: Rule, area_id: str) -> tuple[int, int]:
    """Straight and street millimetres to the facility that counts; streets run east-west and north-south."""
    east, north, _ = HOMES[area_id]
    _, (to_east, to_north) = FACILITIES[NEAREST[rule.rule_id]]
    dx, dy = abs(east - to_east), abs(north - to_north)
    return math.floor(math.hypot(dx, dy) * 1000 + 0.5), (dx + dy) * 1000 + HOME_LEG_MM


def _access() -> Access:
    rows = []
    for rule in RULES:
        for area_id in HOMES:
            straight, street = _walk(rule, area_id)
            lost = area_id == NOT_SNAPPED
            rows.append(
                {
                    "rule_id": rule.rule_id,
                    "area_id": area_id,
                    "facility_id": None if lost else NEAREST[rule.rule_id],
                    "distance_mm": None if lost else street,
                    "home_leg_mm": None if lost else HOME_LEG_MM,
                    "facility_leg_mm": None if lost else 0,
                    "straight_mm": straight,
                    "straight_facility_id": NEAREST[rule.rule_id],
                    "state": "not_snapped" if lost else "reached",
                    "entrance_id": None,
                    "reason": "no_street" if lost else None,
                }
            )
    return Access.build(pd.DataFrame(rows))


def _verdicts() -> Verdicts:
    return Verdicts.build(
        pd.DataFrame(
            [_verdict(rule, metric, area_id) for rule in RULES for metric in rule.metrics for area_id in HOMES]
        )
    )


def _verdict(rule: Rule, metric: str, area_id: str) -> dict[str, Any]:
    straight, street = _walk(rule, area_id)
    mm = straight if metric == "straight_line" else street
    lost = area_id == NOT_SNAPPED and metric == "network"
    value = mm / 1000 if rule.pace is None else float(rule.pace.minutes(np.array([mm], dtype=float))[0])
    passed = mm <= rule.limit.most_mm(rule.pace)
    return {
        "rule_id": rule.rule_id,
        "subject_kind": "area",
        "subject_id": area_id,
        "metric": metric,
        "value": None if lost else value,
        "unit": rule.limit.unit,
        "op": rule.limit.op,
        "limit": rule.limit.value,
        "margin": None if lost else rule.limit.margin(value),
        "outcome": "unknown" if lost else "pass" if passed else "fail",
        "because": "not_snapped" if lost else "limit",
    }


def _weights(basis: str) -> dict[str, float]:
    per_pop60 = {"households": 2, "population": 5, "pop60": 1}
    return {each: 1 if basis == "areas" else pop60 * per_pop60[basis] for each, (_, _, pop60) in HOMES.items()}


def _coverage(verdicts: Verdicts) -> Coverage:
    rows = []
    for (rule_id, metric), mine in verdicts.frame.groupby(["rule_id", "metric"], sort=False):
        outcome = dict(zip(mine["subject_id"], mine["outcome"], strict=True))
        for level, zone_id in (("study", "*"), ("town", "Z-W"), ("town", "Z-E")):
            homes = [each for each in HOMES if zone_id in ("*", _zone_of(each))]
            for basis in ("areas", "households", "population", "pop60"):
                weight = _weights(basis)
                sums = {kind: sum(weight[each] for each in homes if outcome[each] == kind) for kind in KINDS}
                total = sum(sums.values())
                rows.append(
                    {
                        "rule_id": rule_id,
                        "level": level,
                        "zone_id": zone_id,
                        "basis": basis,
                        "metric": metric,
                        "covered": sums["pass"],
                        "total": total,
                        "unknown": sums["unknown"],
                        "share": sums["pass"] / total,
                        "target_op": None,
                        "target": None,
                        "outcome": None,
                    }
                )
    return Coverage.build(pd.DataFrame(rows))


def _scores() -> Scores:
    row = {
        "level": "study",
        "zone_id": "*",
        "points": 1.0,
        "possible": 2.0,
        "share": 0.5,
        "rules_unknown": 0,
        "rank": 1,
    }
    return Scores.build(pd.DataFrame([row]))


def _binding(verdicts: Verdicts) -> Binding:
    headline = {rule.rule_id: rule.metrics[0] for rule in RULES}
    rows = verdicts.frame[verdicts.frame["metric"] == verdicts.frame["rule_id"].map(headline)]
    rows = rows.assign(relative_margin=rows["margin"] / rows["limit"]).dropna(subset=["margin"])
    deciding = []
    for area_id, mine in rows.groupby("subject_id"):
        failed = mine[mine["outcome"] == "fail"]
        worst = (failed if len(failed) else mine).sort_values("relative_margin").iloc[0]
        deciding.append(
            {
                "area_id": area_id,
                "rule_id": worst["rule_id"],
                "outcome": worst["outcome"],
                "relative_margin": worst["relative_margin"],
            }
        )
    return Binding.build(pd.DataFrame(deciding))


def _areas() -> Areas:
    rows, shapes = [], []
    for rule, metric, metres in (
        (RULES[0], "straight_line", 700),
        (RULES[0], "network", 700),
        (RULES[1], "network", 720),
    ):
        for facility_id in ("F-01", None):
            rows.append(
                {
                    "rule_id": rule.rule_id,
                    "facility_id": facility_id,
                    "metric": metric,
                    "limit_mm": metres * 1000,
                    "holes": "kept",
                    "method": "grid",
                    "cell_m": 10.0,
                }
            )
            segments = 16 if metric == "straight_line" else 1
            shapes.append(place(0, 0).buffer(metres, quad_segs=segments))
    return Areas.build(_frame(rows, shapes))


def _plan(verdicts: Verdicts) -> Plan:
    """Two sites in two years under T-01 by its straight line."""
    rows = verdicts.frame[(verdicts.frame["rule_id"] == "T-01") & (verdicts.frame["metric"] == "straight_line")]
    unserved = set(rows.loc[rows["outcome"] == "fail", "subject_id"])
    covered_before = sum(HOMES[each][2] for each in HOMES if each not in unserved)
    total = sum(pop60 for _, _, pop60 in HOMES.values())
    sites, covered = [], covered_before
    for rank, (stage, candidate_id) in enumerate(((2023, "C-2"), (2024, "C-1")), start=1):
        near = tuple(sorted(each for each in unserved if _near(each, CANDIDATES[candidate_id])))
        unserved -= set(near)
        gain = sum(HOMES[each][2] for each in near)
        covered += gain
        reason = Text(f"新增覆盖{gain}人", f"covers {gain} more people")
        sites.append(Site(stage, rank, candidate_id, gain, covered, covered / total, reason, near))
    objective = sum(site.covered_after - covered_before for site in sites)
    return Plan(
        plan_id="day_care",
        facility_type="day_care",
        rule_id="T-01",
        assumed="",
        metric="straight_line",
        limit=RULES[0].limit,
        limit_mm=699_999,
        pace="",
        weight="pop60",
        weight_estimated=False,
        stages={2023: 1, 2024: 1},
        status="optimal",
        objective=objective,
        bound=objective,
        gap=0.0,
        bound_kind="lagrangian",
        proven=objective,
        proof=(),
        total_weight=total,
        covered_before=covered_before,
        sites=tuple(sites),
        uncoverable=(),
    )


def _near(area_id: str, at: tuple[int, int]) -> bool:
    east, north, _ = HOMES[area_id]
    return math.hypot(east - at[0], north - at[1]) < 700
