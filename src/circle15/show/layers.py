"""The layers that leave the program, as frames in the study CRS: what GeoJSON and every export are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.core.exports import EXPORT_LAYERS, may_leave, withheld
from circle15.core.mapping import STATUS
from circle15.core.results import Audit
from circle15.core.tables import Zones
from circle15.core.units import MM_PER_M
from circle15.show.tables import access_frame, aligned, allocation_frame, plan_frame

# How much of the surroundings of a home that is a point is drawn as part of a catchment.
_AROUND_M = 25.0
_OF_PLANS = {"proposed_sites", "spokes", "catchments"}


def layers_of(audit: Audit) -> frozenset[str]:
    """The keys of the layers that ``layer_frames`` makes, without making them."""
    lacking = (set() if audit.plans else _OF_PLANS) | (set() if audit.zones is not None else {"zones"})
    may = {key for key, layer in EXPORT_LAYERS.items() if may_leave(layer, audit.facts.audience)}
    return frozenset(may - lacking)


def layer_frames(audit: Audit) -> dict[str, Any]:
    """Every layer that the study's audience may have, by key, without the columns it may not.

    Columns are those of ``EXPORT_LAYERS`` that the data has, and ``geometry`` in the study CRS; a layer the study
    has nothing for is absent. Facilities 未定位 have no geometry.
    """
    return {
        key: frame.drop(columns=[name for name in withheld(EXPORT_LAYERS[key], audit.facts.audience) if name in frame])
        for key, frame in _all_frames(audit).items()
        if may_leave(EXPORT_LAYERS[key], audit.facts.audience)
    }


def _all_frames(audit: Audit) -> dict[str, Any]:
    residential = residential_frame(audit)
    frames = {
        "residential": residential,
        "gaps": residential[residential["failed_rules"] != ""],
        "facilities": _facilities(audit),
        "service_areas": _areas(audit, one_facility=True),
        "covered_area": _areas(audit, one_facility=False),
    }
    if audit.plans:
        frames["proposed_sites"] = _sites(audit)
        frames["spokes"] = _spokes(audit)
        frames["catchments"] = _catchments(audit)
    if audit.zones is not None:
        frames["zones"] = _zones(audit, audit.zones)
    return frames


def residential_frame(audit: Audit) -> Any:
    """Residential areas with their distances, outcomes by rule and metric, failed rules and binding rule."""
    frame = audit.residential.frame.copy()
    ids = frame["area_id"].to_numpy(dtype=object)
    access = access_frame(audit)
    for rule in audit.walked:
        rows = aligned(access[access["rule_id"] == rule.rule_id], "area_id", ids)
        for column in ("facility_id", "distance_m", "walk_min", "straight_m", "state"):
            frame[f"{rule.rule_id}_{column}"] = rows[column].to_numpy()
    failed: Any = pd.Series([""] * len(frame), index=frame.index)
    verdicts = audit.verdicts.frame
    for rule in audit.walked:
        for metric in rule.metrics:
            rows = verdicts[(verdicts["rule_id"] == rule.rule_id) & (verdicts["metric"] == metric)]
            outcome = aligned(rows, "subject_id", ids)["outcome"].to_numpy()
            frame[f"{rule.rule_id}_{metric}"] = outcome
            if metric == rule.metric:
                failed = failed + np.where(outcome == "fail", f"{rule.rule_id};", "")
    binding = aligned(audit.binding.frame, "area_id", ids)
    if audit.near_edge is not None:
        frame["near_edge"] = audit.near_edge
    frame["failed_rules"] = failed.str.rstrip(";")
    frame["binding_rule"] = binding["rule_id"].to_numpy()
    return frame


def _facilities(audit: Audit) -> Any:
    frame = audit.facilities.frame.copy()
    types = audit.facts.pack.types
    frame["type_label"] = [types[key].label.say(audit.facts.language) for key in frame["type"]]
    counts = {name for ids in audit.counted.values() for name in ids}
    frame["counted"] = [name in counts for name in frame["facility_id"]]
    return frame


def _areas(audit: Audit, *, one_facility: bool) -> Any:
    frame = audit.areas.frame
    rows = frame[frame["facility_id"].notna() == one_facility].copy()
    rows["limit_m"] = rows.pop("limit_mm").astype(float) / MM_PER_M
    if not one_facility:
        rows = rows.drop(columns="facility_id")
    return rows[~rows.geometry.is_empty]


def _sites(audit: Audit) -> Any:
    """Proposed sites with the status of their plans; where only approved plans may leave, those of the others not."""
    rows = plan_frame(audit)
    places = audit.candidates.frame.set_index("candidate_id").geometry if audit.candidates is not None else None
    geometry = [] if places is None else places.loc[rows["candidate_id"]].to_numpy()
    frame = gpd.GeoDataFrame(rows.drop(columns=["lon", "lat"]), geometry=geometry, crs=audit.facts.crs)
    mapping = audit.facts.mapping
    if mapping is None:
        return frame
    frame["plan_status"] = [mapping.of_plan(name, STATUS) for name in frame["site_plan"]]
    leaves = [not audit.facts.approved_only or mapping.is_approved(name) for name in frame["site_plan"]]
    return frame[np.array(leaves, dtype=bool)]


def _leaving(audit: Audit, frame: Any) -> Any:
    """The rows of plans that may leave."""
    mapping = audit.facts.mapping
    if mapping is None or not audit.facts.approved_only:
        return frame
    return frame[[mapping.is_approved(name) for name in frame["site_plan"]]]


def _spokes(audit: Audit) -> Any:
    """A straight line from each home a plan newly covers to its site; none where the two stand on one spot."""
    rows = allocation_frame(audit)
    homes = dict(zip(audit.residential.frame["area_id"], audit.points, strict=True))
    sites = _places_of(audit)
    starts = _grid(homes[name] for name in rows["area_id"])
    stops = _grid(sites[name] for name in rows["candidate_id"])
    lines = shapely.linestrings(np.stack([starts, stops], axis=1)) if len(rows) else []
    frame = gpd.GeoDataFrame(rows, geometry=lines, crs=audit.facts.crs)
    return _leaving(audit, frame[(starts != stops).any(axis=1)])


def _catchments(audit: Audit) -> Any:
    """Whose homes each facility or site is nearest to: their parcels, and the surroundings of those that are points."""
    shapes = audit.residential.frame.set_index("area_id").geometry
    shapes = dict(zip(shapes.index, _areal(shapes.to_numpy()), strict=True))
    rows, geometry = [], []
    for plan in audit.plans:
        stages = {site.candidate_id: site.stage for site in plan.sites}
        for each in plan.catchments:
            stage = stages[each.place_id] if each.kind == "site" else None
            facts = (each.moment, each.kind, each.place_id, stage, len(each.area_ids), each.weight)
            rows.append((plan.plan_id, *facts, each.farthest_mm / MM_PER_M))
            geometry.append(shapely.union_all([shapes[name] for name in each.area_ids]))
    columns = ["site_plan", "moment", "kind", "place_id", "stage", "areas", "weight", "farthest_m"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["stage"] = frame["stage"].astype("Int64")
    return _leaving(audit, gpd.GeoDataFrame(frame, geometry=geometry, crs=audit.facts.crs))


def _grid(points: Iterable[Any]) -> Any:
    """Coordinates of points to the millimetre."""
    return np.round(shapely.get_coordinates(np.array(list(points), dtype=object)), 3)


def _areal(shapes: Any) -> Any:
    """Polygons as they are; a point as what lies within ``_AROUND_M`` of it."""
    return np.where(shapely.get_dimensions(shapes) == 2, shapes, shapely.buffer(shapes, _AROUND_M, quad_segs=4))


def _places_of(audit: Audit) -> dict[str, Any]:
    if audit.candidates is None:
        return {}
    frame = audit.candidates.frame
    return dict(
        zip(frame["candidate_id"].astype(str), shapely.point_on_surface(frame.geometry.to_numpy()), strict=True)
    )


def _zones(audit: Audit, zones: Zones) -> Any:
    """Zones with the coverage of each distance rule by its headline metric, on its target's basis, else areas.

    A zone without a home of the rule has empty cells.
    """
    frame, coverage = zones.frame.copy(), audit.coverage.frame
    by_zone = coverage[coverage["level"] != "study"]
    for rule in audit.walked:
        basis = rule.target.basis if rule.target else "areas"
        of_rule = (by_zone["rule_id"] == rule.rule_id) & (by_zone["metric"] == rule.metric)
        rows = by_zone[of_rule & (by_zone["basis"] == basis)].set_index("zone_id").reindex(frame["zone_id"])
        frame[f"{rule.rule_id}_metric"] = rule.metric
        frame[f"{rule.rule_id}_basis"] = basis
        for column in ("covered", "total", "unknown", "share", "outcome"):
            frame[f"{rule.rule_id}_{column}"] = rows[column].to_numpy()
    return frame
