"""The audit: distances to verdicts, coverage, scores, drawn areas and findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from circle15 import judge, route
from circle15.core.crs import scale_factor
from circle15.core.drawing import Drawing
from circle15.core.findings import Finding
from circle15.core.results import Audit, Facts, Walks
from circle15.core.rule import Metric, Rule, Schedule
from circle15.core.tables import Access, Areas
from circle15.core.text import Text
from circle15.core.units import EVEN, MM_PER_M, Pace
from circle15.pipeline.distances import Searches, access_to, catchments, quickest
from circle15.pipeline.ground import Ground, counted_sites, lay, terrain_of, walls
from circle15.pipeline.outlook import outlook
from circle15.pipeline.progress import Progress, silent
from circle15.route import Places
from circle15.route.walks import walks as find_walks
from circle15.study import Study

# More than this from 1, and grid metres are not ground metres for a 700 m rule.
_MOST_SCALE_ERROR = 4e-4


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
    searches: Searches = {}
    access = access_to(ground, walked, counted, searches)
    judged_on = subjects(ground, access)
    blocks = judge.judge(rules, judged_on)
    paced, legs = _paced(ground, not_assessed, judged_on, blocks, searches)
    areas = _areas(ground, walked, counted, progress, services=draw)
    reached = catchments(ground, walked, counted)
    progress(Text("汇总覆盖率", "summing coverage"), 0, 1)
    groups = judge.group(ground.residential, ground.areas_in)
    most_mm = max((rule.limit.most_mm(rule.pace) for rule in walked), default=0)
    ids = ground.facilities.frame["facility_id"].to_numpy(dtype=object)
    paces = paces or tuple(study.pack.paces.values())
    walks = _walks(ground, paced, legs, paces, searches)
    findings = (
        *ground.findings,
        *judge.status_findings(ground.facilities),
        *judge.serving_findings(ground.residential, ground.facilities),
        *judge.overdue_findings(ground.facilities, study.as_of),
        *judge.border_findings(rules, ground.facilities, ground.tables.get("zones")),
        *judge.health(blocks, ground.residential, most_mm),
        *judge.equity_findings(walked, ground.facilities, ground.residential, counted),
        *_scale_findings(ground),
        *_effort_findings(ground, walked),
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
        constraints=ground.tables.get("constraints"),
        checks=ground.checks,
        points=shapely.points(ground.homes.mm / MM_PER_M),
        near_edge=judge.near_edge(ground.residential, most_mm),
        access=access,
        verdicts=judge.verdicts(blocks, ground.area_ids),
        coverage=judge.coverage(blocks, ground.residential, groups, ground.units, _land(ground, areas)),
        ratios=judge.ratios(blocks, ground.area_ids, ground.units),
        scores=judge.scores(blocks, ground.residential, groups, study.points),
        binding=judge.binding(blocks, ground.area_ids),
        outcomes=judge.study_outcome(blocks, ground.residential),
        areas=areas,
        findings=findings,
        repairs=ground.repairs,
        not_assessed=not_assessed,
        equity=judge.equity(blocks, ground.facilities, ground.residential, counted, reached),
        straight_vs_network=judge.straight_vs_network(blocks, ground.residential, groups),
        outlook=outlook(ground, _foreseeable(ground), judged_on, searches, groups),
        pace_shares=judge.pace_shares(paced, legs, ground.residential, paces, study.cutoff_mm, walks),
        pace_changes=judge.pace_changes(paced, legs, ground.area_ids, paces, study.cutoff_mm, walks),
        walks=_page_walks(ground, walked),
    )


def _effort_findings(ground: Ground, rules: Sequence[Rule]) -> list[Finding]:
    """Paces of rules that ask for heights or stairs of streets that do not tell."""
    if ground.network is None:
        return []
    paces = [ground.study.pack.walking_pace(rule) for rule in rules]
    return route.effort_findings(ground.network, ground.tables["streets"], paces)


def _page_walks(ground: Ground, rules: Sequence[Rule]) -> Walks | None:
    """What a page walks on; None where a rule's minutes know stairs or slope, of which a page knows nothing."""
    if ground.network is None or any(rule.footing != EVEN for rule in rules):
        return None
    return find_walks(ground.network, ground.homes, walls(ground.tables))


def _not_assessed(ground: Ground) -> dict[str, Text]:
    """Rules whose target is of a later year, and rules that need what the study does not have, with the reason."""
    early = _not_due(ground.study)
    return early | {name: reason for name, reason in _without_distances(ground).items() if name not in early}


def _foreseeable(ground: Ground) -> list[Rule]:
    """The rules that the data can tell of, also those whose target is of a later year."""
    missing = _without_distances(ground)
    return [rule for rule in ground.study.pack.rules if rule.rule_id not in missing]


def _paced(
    ground: Ground,
    not_assessed: Mapping[str, Text],
    judged_on: judge.Subjects,
    blocks: Sequence[judge.Block],
    searches: Searches,
) -> tuple[Sequence[judge.Block], Access]:
    """What is told at every pace, with its distances: rules whose target is of a later year too, as in the outlook."""
    foreseen = [rule for rule in _foreseeable(ground) if rule.is_distance and rule.pace is not None]
    early = [rule for rule in foreseen if rule.rule_id in not_assessed]
    if not early:
        return blocks, judged_on.access
    counted = {rule.rule_id: judge.counted(rule, ground.facilities, ground.study.as_of) for rule in early}
    access = access_to(ground, early, counted, searches)
    both = pd.concat([judged_on.access.frame, access.frame], ignore_index=True)
    return [*blocks, *judge.judge(early, replace(judged_on, access=access))], Access(both)


def _without_distances(ground: Ground) -> dict[str, Text]:
    """Distance rules of which the study can say nothing, with the reason."""
    walked = [rule for rule in ground.study.pack.rules if rule.is_distance]
    if ground.has_distances:
        return _without_places(ground, walked) | _without_status(ground, walked)
    reason = Text("研究没有道路或居住小区位置，无法计算距离", "the study has no streets or no homes: no distances")
    return {rule.rule_id: reason for rule in walked}


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


def _without_status(ground: Ground, walked: Sequence[Rule]) -> dict[str, Text]:
    """Distance rules that are counted so that without a status column nobody can say what operates."""
    reason = Text("设施表没有 status（状态）列，无法区分是否运营", "no status column says which facilities operate")
    return {rule.rule_id: reason for rule in walked if judge.lacks_status(rule, ground.facilities)}


def subjects(ground: Ground, access: Access) -> judge.Subjects:
    """What a laid-out study is judged on."""
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
        assignments={
            by: judge.assign(ground.residential, facilities, by)
            for by in {rule.counting.belongs_by for rule in ground.study.pack.rules}
        },
        as_of=ground.study.as_of,
        facility_mm=mm,
        located=located,
        parcels=ground.tables.get("parcels"),
        parcels_in=ground.parcels_in,
    )


def _walks(
    ground: Ground, blocks: Sequence[judge.Block], access: Access, paces: Sequence[Pace], searches: Searches
) -> judge.Walks:
    """The lengths that minutes are counted by, of every time rule at every pace that knows stairs or slope."""
    uneven = [pace for pace in paces if not pace.is_even]
    timed = {block.rule.rule_id: block.rule for block in blocks if block.rule.pace and block.rule.is_distance}
    found = {}
    for rule in timed.values() if uneven else ():
        rows = access.frame[access.frame["rule_id"] == rule.rule_id].reset_index(drop=True)
        counted = judge.counted(rule, ground.facilities, ground.study.as_of)
        for pace in uneven:
            walks = quickest(ground, rows, counted, pace, searches)
            found[rule.rule_id, pace.footing] = walks["walk_mm"].to_numpy(dtype=float, na_value=np.nan)
    return found


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
        facilities = counted_sites(ground, counted[rule.rule_id])
        for metric in rule.metrics:
            shapes, drawing = _drawn(ground, facilities, rule, metric, services=services)
            how = drawing.holes, drawing.method, drawing.resolution_m
            names = [*facilities.ids, None] if services else [None]
            most_mm = rule.limit.most_mm(rule.pace)
            rows += [
                (rule.rule_id, name, metric, most_mm, *how, shape) for name, shape in zip(names, shapes, strict=True)
            ]
    return _areas_table(ground.study, rows)


def _drawn(
    ground: Ground, facilities: Places, rule: Rule, metric: Metric, *, services: bool
) -> tuple[list[Any], Drawing]:
    """The service area of each facility, where they are asked for, then that of all; and how they are drawn."""
    drawing, most_mm = ground.study.drawing, rule.limit.most_mm(rule.pace)
    if metric == "network":
        there = terrain_of(ground, rule.footing)
        network, anchors = there.network, there.places(facilities).anchors
        each = route.draw_each(network, anchors, most_mm, drawing) if services else []
        return [*each, route.draw(network, anchors, most_mm, drawing)], drawing
    discs = replace(drawing, method="exact")
    alone = [facilities.mm[[one]] for one in range(len(facilities) if services else 0)]
    return [route.draw_straight(mm, most_mm, discs) for mm in (*alone, facilities.mm)], discs


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
        mapping=study.mapping,
        approved_only=study.approved_only,
        base_maps=study.base_maps,
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
