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
from circle15.core.rule import Metric, Rule, Schedule
from circle15.core.tables import Access, Areas, Facilities, Membership, Residential, Units
from circle15.core.text import Text, first_ids
from circle15.core.units import MM_PER_M, Pace, round_half_up
from circle15.read.layers import empty_table, read_layer
from circle15.read.people import spread
from circle15.read.shapes import demand_points
from circle15.read.zones import membership
from circle15.route import Places
from circle15.show import geojson, office
from circle15.show.files import MANIFEST, publish
from circle15.show.manifest import manifest
from circle15.show.tables import tables
from circle15.study import SiteSpec, Study

Progress = Callable[[Text, int, int], None]

# More than this from 1, and grid metres are not ground metres for a 700 m rule.
_MOST_SCALE_ERROR = 4e-4


def silent(step: Text, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Ground:
    """What read and route lay out for a study: tables, the network, and every point anchored on it.

    Inputs the study does not have are empty tables; without streets there is no network and nothing is anchored.
    ``site_row`` maps rows of ``facilities`` to rows of ``sites``, which has only those with a place; −1 elsewhere.
    """

    study: Study
    tables: Mapping[str, Any]
    units: Units | None
    areas_in: Membership | None
    facilities_in: Membership | None
    network: route.Network | None
    homes: Places
    sites: Places
    site_row: Any
    hosts: Places | None
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]

    @property
    def residential(self) -> Residential:
        """The residential areas, maybe none."""
        table: Residential = self.tables["residential"]
        return table

    @property
    def facilities(self) -> Facilities:
        """The facilities, maybe none."""
        table: Facilities = self.tables["facilities"]
        return table

    @property
    def area_ids(self) -> Any:
        """Ids of the residential areas, in row order."""
        return self.homes.ids

    @property
    def has_distances(self) -> bool:
        """Whether there are streets and homes to walk from."""
        return self.network is not None and len(self.homes) > 0


def lay(study: Study, progress: Progress = silent) -> Ground:
    """Read every input and anchor every point.

    Raises the errors of ``read``; NetworkError; NothingToDoError if no home stands near a street.
    """
    tables: dict[str, Any] = {layer: empty_table(layer) for layer in ("streets", "residential", "facilities")}
    findings: list[Finding] = []
    sources: list[Source] = []
    for number, (layer, spec) in enumerate(study.inputs.items()):
        progress(Text(f"读取 {spec.shown}", f"reading {spec.shown}"), number, len(study.inputs))
        tables[layer], found, source = read_layer(spec, study.crs, study.pack.types)
        findings += found
        sources.append(source)
    progress(Text("构建路网", "building the network"), 0, 1)
    network = route.build(tables["streets"]) if len(tables["streets"]) else None
    points = demand_points(tables["residential"].frame)
    places, site_row = _places(network, tables, points, study.max_access_leg_mm)
    if network is not None:
        _refuse_far_from_streets(places["residential"], study)
        findings += route.health(network, places, study.max_access_leg_mm)
    zones, units = tables.get("zones"), _units(tables)
    areas_in, unknown_codes = membership(tables["residential"].frame, points, zones, units)
    tables["residential"], spread_findings = spread(tables["residential"], areas_in, units, study.spread)
    facility_rows = tables["facilities"].frame.rename(columns={"facility_id": "area_id"})
    facility_points = facility_rows.geometry.to_numpy()
    facilities_in, strange_codes = membership(facility_rows, facility_points, zones, units, "facilities")
    return Ground(
        study=study,
        tables=tables,
        units=units,
        areas_in=areas_in,
        facilities_in=facilities_in,
        network=network,
        homes=places["residential"],
        sites=places["facilities"],
        site_row=site_row,
        hosts=places.get("candidates"),
        findings=(*findings, *unknown_codes, *strange_codes, *spread_findings),
        sources=tuple(sources),
    )


def _units(tables: Mapping[str, Any]) -> Units | None:
    """The zone table; where there is none, what the zones themselves carry."""
    if "zone_table" in tables:
        table: Units = tables["zone_table"]
        return table
    return Units.build(tables["zones"].frame.drop(columns="geometry")) if "zones" in tables else None


def _places(
    network: route.Network | None, tables: Mapping[str, Any], points: Any, max_leg_mm: int
) -> tuple[dict[str, Places], Any]:
    """The points of every layer on the network, and where each facility is among those that have a place."""
    facilities = tables["facilities"].frame
    located = ~shapely.is_missing(facilities.geometry.to_numpy())
    site_row = np.where(located, np.cumsum(located) - 1, -1)
    residential = tables["residential"].frame
    found = {
        "residential": _anchor(network, residential, "area_id", points, max_leg_mm),
        "facilities": _anchor(network, facilities[located], "facility_id", None, max_leg_mm),
    }
    if "candidates" in tables:
        found["candidates"] = _anchor(network, tables["candidates"].frame, "candidate_id", None, max_leg_mm)
    return found, site_row


def _anchor(network: route.Network | None, frame: Any, key: str, points: Any, max_leg_mm: int) -> Places:
    """Points of a table on the network; the leg of a polygon is measured from its boundary."""
    shapes = frame.geometry.to_numpy()
    dots = shapes if points is None else points
    mm = round_half_up(shapely.get_coordinates(dots) * MM_PER_M)
    is_polygon = shapely.get_dimensions(shapes) == 2
    outlines = np.where(is_polygon, shapes, None) if is_polygon.any() else None
    ids = frame[key].to_numpy(dtype=object)
    anchors = route.unanchored(len(ids)) if network is None else route.snap(network, mm, max_leg_mm, outlines)
    return Places(ids, mm, anchors)


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


def audit(study: Study, progress: Progress = silent, *, draw: bool = False, paces: Sequence[Pace] = ()) -> Audit:
    """Read → route → judge. ``draw`` adds service areas, covered areas and their land.

    Time rules are judged at ``paces`` beside their own: at those of the pack where none are given.
    """
    return judged(lay(study, progress), progress, draw=draw, paces=paces)


def judged(ground: Ground, progress: Progress = silent, *, draw: bool = False, paces: Sequence[Pace] = ()) -> Audit:
    """The audit of a laid-out study."""
    study = ground.study
    not_assessed = _not_assessed(ground)
    rules = [rule for rule in study.pack.rules if rule.rule_id not in not_assessed]
    walked = [rule for rule in rules if rule.is_distance]
    progress(Text("计算距离", "computing distances"), 0, 1)
    counted = {rule.rule_id: judge.counted(rule, ground.facilities, study.as_of) for rule in rules}
    access = _access(ground, walked, counted)
    blocks = judge.judge(rules, _subjects(ground, access))
    areas = _areas(ground, walked, counted, progress, services=draw)
    catchments = _catchments(ground, walked, counted)
    progress(Text("汇总覆盖率", "summing coverage"), 0, 1)
    groups = judge.group(ground.residential, ground.areas_in)
    most_mm = max((rule.limit.most_mm(rule.pace) for rule in walked), default=0)
    ids = ground.facilities.frame["facility_id"].to_numpy(dtype=object)
    paces = paces or tuple(study.pack.paces.values())
    findings = (
        *ground.findings,
        *judge.status_findings(ground.facilities),
        *judge.health(blocks, ground.residential, most_mm),
        *judge.equity_findings(walked, ground.facilities, ground.residential, counted),
        *_scale_findings(ground),
    )
    return Audit(
        facts=_facts(ground),
        streets=ground.tables["streets"],
        residential=ground.residential,
        facilities=ground.facilities,
        counted={rule_id: tuple(ids[rows]) for rule_id, rows in counted.items()},
        zones=ground.tables.get("zones"),
        units=ground.units,
        membership=ground.areas_in,
        candidates=ground.tables.get("candidates"),
        points=shapely.points(ground.homes.mm / MM_PER_M),
        near_edge=judge.near_edge(ground.residential, most_mm),
        access=access,
        verdicts=judge.verdicts(blocks, ground.area_ids),
        coverage=judge.coverage(blocks, ground.residential, groups, _land(ground, areas)),
        ratios=judge.ratios(blocks, ground.area_ids, ground.units),
        scores=judge.scores(blocks, ground.residential, groups, study.points),
        binding=judge.binding(blocks, ground.area_ids),
        outcomes=judge.study_outcome(blocks, ground.residential),
        areas=areas,
        findings=findings,
        not_assessed=not_assessed,
        equity=judge.equity(blocks, ground.facilities, ground.residential, counted, catchments),
        straight_vs_network=judge.straight_vs_network(blocks, ground.residential, groups),
        pace_shares=judge.pace_shares(blocks, access, ground.residential, paces, study.cutoff_mm),
        pace_changes=judge.pace_changes(blocks, access, ground.area_ids, paces, study.cutoff_mm),
    )


def _not_assessed(ground: Ground) -> dict[str, Text]:
    """Rules whose target is of a later year, and rules that need what the study does not have, with the reason."""
    early = _not_due(ground.study)
    walked = [rule for rule in ground.study.pack.rules if rule.is_distance and rule.rule_id not in early]
    if ground.has_distances:
        return early | _without_places(ground, walked)
    reason = Text("研究没有道路或居住小区位置，无法计算距离", "the study has no streets or no homes: no distances")
    return early | {rule.rule_id: reason for rule in walked}


def _not_due(study: Study) -> dict[str, Text]:
    """Targets of a year after the date of the study. A schedule knows its own years."""
    if study.as_of is None:
        return {}
    year = study.as_of.year
    reason = "目标年度为 {0}，晚于数据时点", "its target is of {0}, after the date of the study"
    return {
        rule.rule_id: Text(reason[0].format(rule.year), reason[1].format(rule.year))
        for rule in study.pack.rules
        if rule.year is not None and rule.year > year and not isinstance(rule.test, Schedule)
    }


def _without_places(ground: Ground, walked: Sequence[Rule]) -> dict[str, Text]:
    """Distance rules whose counted facilities are all 未定位, and all of them where the study lists no facilities."""
    if "facilities" not in ground.study.inputs:
        reason = Text("研究没有设施表，无法计算距离", "the study has no facilities: no distances")
        return {rule.rule_id: reason for rule in walked}
    reason = Text("计入的设施均未定位，无法计算距离", "no counted facility has a place: no distances")
    rows = {rule.rule_id: judge.counted(rule, ground.facilities, ground.study.as_of) for rule in walked}
    return {name: reason for name, each in rows.items() if len(each) and (ground.site_row[each] < 0).all()}


def _subjects(ground: Ground, access: Access) -> judge.Subjects:
    facilities = ground.facilities
    located = ground.site_row >= 0
    mm = np.zeros((len(facilities), 2), dtype=np.int64)
    mm[located] = ground.sites.mm
    return judge.Subjects(
        residential=ground.residential,
        access=access,
        facilities=facilities,
        units=ground.units,
        areas_in=ground.areas_in,
        facilities_in=ground.facilities_in,
        operating=judge.operating(facilities, ground.study.as_of),
        built=judge.built(facilities, ground.study.as_of),
        has_facilities="facilities" in ground.study.inputs,
        assignment=judge.assign(ground.residential, facilities),
        as_of=ground.study.as_of,
        facility_mm=mm,
        located=located,
    )


def _access(ground: Ground, rules: Sequence[Rule], counted: Mapping[str, Any]) -> Access:
    """Access under every rule; rules that count the same facilities share one search."""
    searched: dict[bytes, Any] = {}
    frames = []
    for rule in rules:
        rows = counted[rule.rule_id]
        key = rows.tobytes()
        if key not in searched:
            facilities = _counted_sites(ground, rows)
            searched[key] = route.access(_network(ground), ground.homes, facilities, ground.study.cutoff_mm)
        frames.append(searched[key].assign(rule_id=rule.rule_id))
    columns = [column.name for column in Access.columns]
    return Access.build(pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns))


def _counted_sites(ground: Ground, rows: Any) -> Places:
    """The places of facility rows; those without a place are left out."""
    at = ground.site_row[rows]
    return ground.sites.take(at[at >= 0])


def _catchments(
    ground: Ground, rules: Sequence[Rule], counted: Mapping[str, Any]
) -> dict[tuple[str, Metric], judge.Catchment]:
    """Whom each facility can serve by each metric, for rules whose capacity can be set against people.

    Rules that count the same facilities share the search of the one with the longest limit.
    """
    asking = [rule for rule in rules if judge.capacities(rule, ground.facilities, ground.residential)]
    searched: dict[tuple[bytes, Metric], route.Pairs] = {}
    found = {}
    for rule in sorted(asking, key=lambda rule: rule.limit.most_mm(rule.pace), reverse=True):
        rows = counted[rule.rule_id]
        most_mm, located = rule.limit.most_mm(rule.pace), rows[ground.site_row[rows] >= 0]
        for metric in rule.metrics:
            key = rows.tobytes(), metric
            if key not in searched:
                searched[key] = _near(ground, _counted_sites(ground, rows), metric, most_mm)
            near = searched[key]
            within = near.mm <= most_mm
            found[rule.rule_id, metric] = judge.Catchment(located[near.source[within]], near.target[within])
    return found


def _near(ground: Ground, places: Places, metric: Metric, most_mm: int) -> route.Pairs:
    """Every place and home at most ``most_mm`` apart."""
    if metric == "network":
        return route.pairs(_network(ground), places.anchors, ground.homes.anchors, most_mm)
    return route.straight_pairs(places.mm, ground.homes.mm, most_mm)


def _network(ground: Ground) -> route.Network:
    if ground.network is None:
        raise InputError(
            Text(
                "研究没有道路图层 [inputs.streets]，无法计算距离。", "the study has no [inputs.streets]: no distances."
            )
        )
    return ground.network


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
        facilities = _counted_sites(ground, counted[rule.rule_id])
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
        return route.draw(_network(ground), facilities.anchors, most_mm)
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


def _scale(ground: Ground) -> float | None:
    """Grid scale in the middle of the homes; None where nothing has a place."""
    if ground.study.crs is None or len(ground.homes) == 0:
        return None
    middle = ground.homes.mm.mean(axis=0) / MM_PER_M
    to_degrees = pyproj.Transformer.from_crs(ground.study.crs, ground.study.crs.geodetic_crs, always_xy=True)
    return scale_factor(ground.study.crs, *to_degrees.transform(*middle))


def _scale_findings(ground: Ground) -> list[Finding]:
    factor = _scale(ground)
    if factor is None or abs(factor - 1) <= _MOST_SCALE_ERROR:
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
    _refuse_no_places(result, outputs)
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


def _refuse_no_places(result: Audit, outputs: Sequence[str]) -> None:
    """A study of tables alone has nothing to draw."""
    drawn = [name for name in outputs if name in _DRAWN]
    if drawn and not result.facts.crs:
        raise ConfigError(
            Text(
                f"研究没有几何数据，无法生成 {first_ids(drawn)}。请从 [show] outputs 中删去，或提供带位置的图层。",
                f"the study has no geometry, so {first_ids(drawn)} cannot be made: take it out of [show] outputs, "
                f"or give layers with places.",
            )
        )


_DRAWN = ("html_map", "geojson:rfc7946")

_FILES: Mapping[str, Callable[[Audit], dict[str, bytes]]] = {
    "tables": tables,
    "geojson:rfc7946": geojson.layers,
    "markdown": office.report_md,
    "xlsx": office.report_xlsx,
    "docx": office.report_docx,
    "pdf": office.report_pdf,
    "bulletin": office.bulletin_md,
    "bulletin:docx": office.bulletin_docx,
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
    near = _near(ground, hosts, spec.metric, request.limit_mm)
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
    zones, candidates = ground.tables.get("zones"), ground.tables.get("candidates")
    if zones is None or candidates is None:
        return {}
    rows = candidates.frame.rename(columns={"candidate_id": "area_id"})
    members, _ = membership(rows, rows.geometry.to_numpy(), zones)
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
    rows_of = judge.verdicts(judge.judge([rule], _subjects(ground, access)), ground.area_ids).frame
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
            shape = route.draw(_network(ground), place.anchors, most_mm)
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
