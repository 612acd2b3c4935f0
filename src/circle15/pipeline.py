"""The corridor: read → route → judge → site. The only file that knows the order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from circle15 import judge, route, siting
from circle15.core.crs import scale_factor
from circle15.core.errors import ConfigError, InputError, NothingToDoError
from circle15.core.limit import Limit
from circle15.core.results import Audit, Facts, Finding, Plan, Source
from circle15.core.rule import Metric, Rule
from circle15.core.tables import Access, Areas, Candidates, Facilities, Membership, Residential, Streets, Zones
from circle15.core.text import Text
from circle15.core.units import MM_PER_M, Pace, round_half_up
from circle15.read.layers import read_layer
from circle15.read.shapes import demand_points
from circle15.read.zones import membership
from circle15.route import Places
from circle15.show import geojson
from circle15.show.files import MANIFEST, publish
from circle15.show.manifest import manifest
from circle15.show.report import report
from circle15.show.tables import tables
from circle15.study import SiteSpec, Study

Progress = Callable[[Text, int, int], None]

# More than this from 1, and grid metres are not ground metres for a 700 m rule.
_MOST_SCALE_ERROR = 4e-4


def silent(step: Text, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Ground:
    """What read and route lay out for a study: tables, the network, and every point anchored on it."""

    study: Study
    streets: Streets
    residential: Residential
    facilities: Facilities
    candidates: Candidates | None
    zones: Zones | None
    membership: Membership | None
    network: route.Network
    homes: Places
    sites: Places
    hosts: Places | None
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]

    @property
    def area_ids(self) -> Any:
        """Ids of the residential areas, in row order."""
        return self.homes.ids


def lay(study: Study, progress: Progress = silent) -> Ground:
    """Read every input and anchor every point.

    Raises the errors of ``read``; NetworkError; NothingToDoError if no home stands near a street.
    """
    tables: dict[str, Any] = {}
    findings: list[Finding] = []
    sources: list[Source] = []
    for number, (layer, spec) in enumerate(study.inputs.items()):
        progress(Text(f"读取 {spec.shown}", f"reading {spec.shown}"), number, len(study.inputs))
        tables[layer], found, source = read_layer(spec, study.crs, study.pack.types)
        findings += found
        sources.append(source)
    progress(Text("构建路网", "building the network"), 0, 1)
    network = route.build(tables["streets"])
    points = demand_points(tables["residential"].frame)
    places = {
        "residential": _anchor(network, tables["residential"], "area_id", points, study.max_access_leg_mm),
        "facilities": _anchor(network, tables["facilities"], "facility_id", None, study.max_access_leg_mm),
    }
    if "candidates" in tables:
        places["candidates"] = _anchor(network, tables["candidates"], "candidate_id", None, study.max_access_leg_mm)
    _refuse_far_from_streets(places["residential"], study)
    findings += route.health(network, places, study.max_access_leg_mm)
    zones, members = tables.get("zones"), None
    if zones is not None:
        members, unknown_codes = membership(tables["residential"].frame, points, zones)
        findings += unknown_codes
    return Ground(
        study=study,
        streets=tables["streets"],
        residential=tables["residential"],
        facilities=tables["facilities"],
        candidates=tables.get("candidates"),
        zones=zones,
        membership=members,
        network=network,
        homes=places["residential"],
        sites=places["facilities"],
        hosts=places.get("candidates"),
        findings=tuple(findings),
        sources=tuple(sources),
    )


def _anchor(network: route.Network, table: Any, key: str, points: Any, max_leg_mm: int) -> Places:
    """Points of a table on the network; the leg of a polygon is measured from its boundary."""
    shapes = table.frame.geometry.to_numpy()
    dots = shapes if points is None else points
    mm = round_half_up(shapely.get_coordinates(dots) * MM_PER_M)
    is_polygon = shapely.get_dimensions(shapes) == 2
    outlines = np.where(is_polygon, shapes, None) if is_polygon.any() else None
    ids = table.frame[key].to_numpy(dtype=object)
    return Places(ids, mm, route.snap(network, mm, max_leg_mm, outlines))


def _refuse_far_from_streets(homes: Places, study: Study) -> None:
    if homes.anchors.snapped.any():
        return
    metres = study.max_access_leg_mm / MM_PER_M
    raise NothingToDoError(
        Text(
            f"全部 {len(homes)} 处居住小区在 {metres:g} 米内都没有道路。请核对两个图层的坐标基准和范围，"
            f"或调整 [route] max_access_leg_m。",
            f"none of the {len(homes)} residential areas has a street within {metres:g} m. Check datum and extent "
            f"of both layers, or [route] max_access_leg_m.",
        )
    )


def audit(study: Study, progress: Progress = silent, *, draw: bool = False) -> Audit:
    """Read → route → judge. ``draw`` adds service areas, covered areas and their land."""
    return judged(lay(study, progress), progress, draw=draw)


def judged(ground: Ground, progress: Progress = silent, *, draw: bool = False) -> Audit:
    """The audit of a laid-out study."""
    study = ground.study
    rules = study.pack.rules
    progress(Text("计算距离", "computing distances"), 0, 1)
    counted = {rule.rule_id: judge.counted(rule, ground.facilities, study.as_of) for rule in rules}
    access = _access(ground, rules, counted)
    blocks = judge.judge(rules, judge.Subjects(ground.residential, access))
    areas = _areas(ground, rules, counted, progress, services=draw)
    progress(Text("汇总覆盖率", "summing coverage"), 0, 1)
    groups = judge.group(ground.residential, ground.membership)
    most_mm = max((rule.limit.most_mm(rule.pace) for rule in rules), default=0)
    findings = (
        *ground.findings,
        *judge.status_findings(ground.facilities),
        *judge.health(blocks, ground.residential, most_mm),
        *_scale_findings(ground),
    )
    return Audit(
        facts=_facts(ground),
        streets=ground.streets,
        residential=ground.residential,
        facilities=ground.facilities,
        counted={rule_id: tuple(ground.sites.ids[rows]) for rule_id, rows in counted.items()},
        zones=ground.zones,
        membership=ground.membership,
        candidates=ground.candidates,
        points=shapely.points(ground.homes.mm / MM_PER_M),
        near_edge=judge.near_edge(ground.residential, most_mm),
        access=access,
        verdicts=judge.verdicts(blocks, ground.area_ids),
        coverage=judge.coverage(blocks, ground.residential, groups, _land(ground, areas)),
        scores=judge.scores(blocks, ground.residential, groups),
        binding=judge.binding(blocks, ground.area_ids),
        areas=areas,
        findings=findings,
    )


def _access(ground: Ground, rules: Sequence[Rule], counted: Mapping[str, Any]) -> Access:
    """Access under every rule; rules that count the same facilities share one search."""
    searched: dict[bytes, Any] = {}
    frames = []
    for rule in rules:
        rows = counted[rule.rule_id]
        key = rows.tobytes()
        if key not in searched:
            facilities = ground.sites.take(rows)
            searched[key] = route.access(ground.network, ground.homes, facilities, ground.study.cutoff_mm)
        frames.append(searched[key].assign(rule_id=rule.rule_id))
    columns = [column.name for column in Access.columns]
    return Access.build(pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns))


def _areas(
    ground: Ground, rules: Sequence[Rule], counted: Mapping[str, Any], progress: Progress, *, services: bool
) -> Areas:
    """Covered areas of each rule by every metric, and on request the service area of each counted facility.

    Drawing takes longer than all distances together; nothing is drawn where no land and no map needs it.
    """
    rows: list[Any] = []
    if not services and not judge.are_parcels(ground.residential):
        return _areas_table(ground.study, rows)
    for number, rule in enumerate(rules):
        progress(Text(f"绘制服务范围 {rule.rule_id}", f"drawing {rule.rule_id}"), number, len(rules))
        facilities = ground.sites.take(counted[rule.rule_id])
        for metric in rule.metrics:
            most_mm = rule.limit.most_mm(rule.pace)
            for one in range(len(facilities) if services else 0):
                shape = _drawn(ground, facilities.take([one]), metric, most_mm)
                rows.append((rule.rule_id, facilities.ids[one], metric, most_mm, route.HOLES, shape))
            covered = _drawn(ground, facilities, metric, most_mm)
            rows.append((rule.rule_id, None, metric, most_mm, route.HOLES, covered))
    return _areas_table(ground.study, rows)


def _drawn(ground: Ground, facilities: Places, metric: Metric, most_mm: int) -> Any:
    if metric == "network":
        return route.draw(ground.network, facilities.anchors, most_mm)
    return route.draw_straight(facilities.mm, most_mm)


def _areas_table(study: Study, rows: list[Any]) -> Areas:
    names = [column.name for column in Areas.columns]
    frame = pd.DataFrame(rows, columns=names)
    return Areas.build(gpd.GeoDataFrame(frame, geometry="geometry", crs=study.crs))


def _land(ground: Ground, areas: Areas) -> dict[Any, Any]:
    """Residential land inside each covered area, where the residential areas are parcels."""
    if not judge.are_parcels(ground.residential):
        return {}
    covered = areas.frame[areas.frame["facility_id"].isna()]
    return {
        (row.rule_id, row.metric): judge.land_intersection(ground.residential, row.geometry)
        for row in covered.itertuples()
    }


def _facts(ground: Ground) -> Facts:
    study = ground.study
    return Facts(
        study_id=study.study_id,
        name=study.name,
        pack=study.pack,
        crs=study.crs_text,
        scale_factor=_scale(ground),
        as_of=study.as_of.isoformat() if study.as_of else "",
        language=study.language,
        audience=study.audience,
        title_block=study.title_block,
        study_sha256=study.study_sha256,
        pack_sha256=study.pack_sha256,
        sources=ground.sources,
        fictional=study.fictional,
        max_access_leg_m=study.max_access_leg_mm / MM_PER_M,
    )


def _scale(ground: Ground) -> float:
    """Grid scale in the middle of the homes."""
    middle = ground.homes.mm.mean(axis=0) / MM_PER_M
    to_degrees = pyproj.Transformer.from_crs(ground.study.crs, ground.study.crs.geodetic_crs, always_xy=True)
    return scale_factor(ground.study.crs, *to_degrees.transform(*middle))


def _scale_findings(ground: Ground) -> list[Finding]:
    factor = _scale(ground)
    if abs(factor - 1) <= _MOST_SCALE_ERROR:
        return []
    return [
        Finding(
            code="scale_factor",
            severity="warning",
            layer="study",
            count=1,
            ids=(),
            message=Text(
                f"研究区中部的投影长度比为 {factor:.6f}，与 1 相差超过万分之四，"
                f"700 米约偏 {abs(factor - 1) * 700:.1f} 米。",
                f"the grid scale in the middle of the study is {factor:.6f}, more than 4 in 10,000 from 1: "
                f"700 m are {abs(factor - 1) * 700:.1f} m off.",
            ),
            fix=Text("改用中央经线更近的投影带。", "Use a zone with a nearer central meridian."),
        )
    ]


def planned(study: Study, progress: Progress = silent, *, draw: bool = False) -> Audit:
    """The audit with the plans of every ``[[site]]``. Raises ConfigError if the study asks for none."""
    _refuse_no_site(study)
    ground = lay(study, progress)
    found = judged(ground, progress, draw=draw)
    plans = []
    for number, spec in enumerate(study.sites):
        progress(Text(f"选址 {spec.plan_id}", f"siting {spec.plan_id}"), number, len(study.sites))
        plans.append(_plan(ground, spec))
    return replace(found, plans=tuple(plans))


def whole(study: Study, progress: Progress = silent) -> Audit:
    """All that the outputs of a study need: drawn areas, and plans where the study asks for any."""
    return planned(study, progress, draw=True) if study.sites else audit(study, progress, draw=True)


def results_folder(study_id: str, out: Path) -> Path:
    """Where the tables of a study lie under an output folder."""
    return out / "data" / "processed" / study_id


def deliver(
    result: Audit, outputs: Sequence[str], out: Path, times: Mapping[str, str | float], progress: Progress = silent
) -> list[Path]:
    """Write the outputs asked for, with their manifest, all or nothing; says where they are.

    Raises OutputError for a place that cannot be written and for files that are not this program's.
    """
    files: dict[str, bytes] = {}
    for name, make in _FILES.items():
        if name in outputs:
            progress(Text(f"生成 {name}", f"making {name}"), 0, 1)
            files |= make(result)
    page: bytes | None = None
    if "html_map" in outputs:
        progress(Text("生成地图", "making the map"), 0, 1)
        from circle15.show import html  # noqa: PLC0415  # folium is heavy, and only maps need it

        page = html.page(result).encode()
    folder = results_folder(result.facts.study_id, out)
    place = out / "maps" / f"{result.facts.study_id}.html"
    publish(folder, files, manifest(result, times), place, page)
    return [*(folder / name for name in (*files, MANIFEST)), *([place] if page else [])]


_FILES: Mapping[str, Callable[[Audit], dict[str, bytes]]] = {
    "tables": tables,
    "geojson:rfc7946": geojson.layers,
    "markdown": lambda result: {"report.md": report(result).encode()},
}


def _refuse_no_site(study: Study) -> None:
    if not study.sites:
        raise ConfigError(
            Text(
                "研究文件没有 [[site]]，无从选址。请至少写一项。",
                "the study has no [[site]]: there is nothing to plan. Add one.",
            )
        )
    if "candidates" not in study.inputs:
        raise ConfigError(
            Text(
                "选址需要备选点图层 [inputs.candidates]。请补充（列：candidate_id、host、位置）。",
                "siting needs [inputs.candidates] (candidate_id, host, location). Add it.",
            )
        )


def _plan(ground: Ground, spec: SiteSpec) -> Plan:
    request, demand, problem = _problem(ground, spec)
    return siting.describe(request, demand, problem, siting.solve(problem))


def _problem(ground: Ground, spec: SiteSpec) -> tuple[siting.Request, siting.Demand, siting.Problem]:
    request = _request(ground, spec)
    hosts = ground.hosts
    if hosts is None:
        raise ConfigError(Text("缺少 [inputs.candidates]。", "[inputs.candidates] is missing."))
    demand = siting.Demand(ground.area_ids, _weight(ground, spec.weight), _outcome(ground, spec.rule, spec.metric))
    if spec.metric == "network":
        near = route.pairs(ground.network, hosts.anchors, ground.homes.anchors, request.limit_mm)
    else:
        near = route.straight_pairs(hosts.mm, ground.homes.mm, request.limit_mm)
    return request, demand, siting.frame_problem(request, demand, hosts.ids, near.source, near.target)


def _request(ground: Ground, spec: SiteSpec) -> siting.Request:
    pace: Pace | None = spec.rule.pace
    return siting.Request(
        plan_id=spec.plan_id,
        facility_type=spec.facility_type,
        rule_id=spec.rule.rule_id,
        assumed=spec.assumed,
        metric=spec.metric,
        limit=spec.rule.limit,
        limit_mm=spec.rule.limit.most_mm(pace),
        pace=pace.name if pace else "",
        weight=spec.weight,
        weight_estimated=spec.weight in estimated_columns(ground.residential),
        stages=spec.stages,
        mandatory=spec.mandatory,
        forbidden=spec.forbidden,
        zones_of=_zones_of_candidates(ground),
    )


def _zones_of_candidates(ground: Ground) -> dict[str, tuple[str, ...]]:
    if ground.zones is None or ground.candidates is None:
        return {}
    rows = ground.candidates.frame.rename(columns={"candidate_id": "area_id"})
    members, _ = membership(rows, rows.geometry.to_numpy(), ground.zones)
    return {str(name): tuple(found) for name, found in members.frame.groupby("area_id")["zone_id"]}


def estimated_columns(residential: Residential) -> set[str]:
    """The columns of which some row is an estimate."""
    if not residential.has("estimated"):
        return set()
    marks = residential.frame["estimated"].dropna().unique()
    return {column for mark in marks for column in str(mark).split("+")}


def _weight(ground: Ground, name: str) -> Any:
    """Whole-number weight of each area; people and households are counted, fractions round half up."""
    residential = ground.residential
    if name == "areas":
        return np.ones(len(residential), dtype=np.int64)
    if not residential.has(name) or residential.frame[name].isna().all():
        raise InputError(
            Text(
                f"[[site]] 的权重 {name} 在居住小区图层中没有对应的列或全为空。请补充，或换用 areas 等已有口径。",
                f"[[site]] weighs by {name}, which the residential areas lack: add it, or weigh by areas.",
            )
        )
    return round_half_up(residential.frame[name].to_numpy(dtype=float, na_value=0.0))


def _outcome(ground: Ground, rule: Rule, metric: Metric) -> Any:
    """Today's outcome of each area under a rule of the pack or an assumed one, by one metric."""
    rows = judge.counted(rule, ground.facilities, ground.study.as_of)
    access = _access(ground, [rule], {rule.rule_id: rows})
    rows_of = judge.verdicts(judge.judge([rule], judge.Subjects(ground.residential, access)), ground.area_ids).frame
    return rows_of.loc[rows_of["metric"] == metric, "outcome"].to_numpy(dtype=object)


def certificates(study: Study, plans: Sequence[Mapping[str, Any]], progress: Progress = silent) -> dict[str, Any]:
    """The certificate of each stored plan (``sites``, ``bound_sites``, objective, bound), from raw coverage.

    Raises ConfigError if a stored plan is no longer asked for by the study.
    """
    _refuse_no_site(study)
    ground = lay(study, progress)
    specs = {spec.plan_id: spec for spec in study.sites}
    found = {}
    for plan in plans:
        if plan["site_plan"] not in specs:
            raise ConfigError(
                Text(
                    f"已存的方案 {plan['site_plan']} 在研究文件中已不存在。请重新运行 circle15 site。",
                    f"the stored plan {plan['site_plan']} is no longer in the study: run circle15 site again.",
                )
            )
        _, _, problem = _problem(ground, specs[plan["site_plan"]])
        claim = siting.Claim(
            sites=tuple(plan["sites"]),
            bound_sites=tuple(plan["bound_sites"]),
            objective=plan["objective"],
            bound=plan["bound"],
            optimal=plan["status"] == "optimal",
        )
        found[plan["site_plan"]] = siting.certify(problem, claim)
    return found


def check(study: Study, progress: Progress = silent) -> tuple[Finding, ...]:
    """The data health of a study: every finding of every room."""
    return audit(study, progress).findings


def reach(study: Study, at: Sequence[str], limits: Sequence[Limit], progress: Progress = silent) -> Any:
    """Isochrones and isodistances as a GeoDataFrame in the study CRS: one row for each place and limit.

    ``at``: ids of facilities, residential areas or candidates; none means every facility. Minutes are walked
    at the pace of the first time rule that counts the facility's type, else at the pack's first pace.
    Raises ConfigError for ids nobody has and for places that stand near no street.
    """
    ground = lay(study, progress)
    rows = []
    for place, kind in _chosen(ground, at):
        pace = _pace_of(ground, str(place.ids[0]), kind)
        for limit in limits:
            most_mm = limit.most_mm(pace)
            shape = route.draw(ground.network, place.anchors, most_mm)
            walked = pace if limit.unit == "min" else None
            rows.append(
                (
                    place.ids[0],
                    kind,
                    limit.value,
                    limit.unit,
                    walked.name if walked else None,
                    walked.m_s if walked else None,
                    most_mm / MM_PER_M,
                    route.HOLES,
                    shape,
                )
            )
    names = ["id", "kind", "limit", "unit", "pace", "pace_m_s", "limit_m", "holes", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=names), geometry="geometry", crs=study.crs)


def _chosen(ground: Ground, at: Sequence[str]) -> list[tuple[Places, str]]:
    kinds = {"facility": ground.sites, "area": ground.homes, "candidate": ground.hosts}
    wanted = list(at) or [str(each) for each in ground.sites.ids]
    found = []
    for name in wanted:
        places = [
            (places.take(np.flatnonzero(places.ids == name)), kind)
            for kind, places in kinds.items()
            if places is not None and (places.ids == name).any()
        ]
        if not places:
            raise ConfigError(
                Text(
                    f"没有编号为 {name} 的设施、居住小区或备选点。",
                    f"no facility, residential area or candidate is called {name}.",
                )
            )
        found.append(places[0])
    return found


def _pace_of(ground: Ground, name: str, kind: str) -> Pace:
    pack = ground.study.pack
    if kind == "facility":
        frame = ground.facilities.frame
        facility_type = frame.loc[frame["facility_id"] == name, "type"].iloc[0]
        for rule in pack.rules:
            if rule.pace and facility_type in rule.targets:
                return rule.pace
    return next(iter(pack.paces.values()))
