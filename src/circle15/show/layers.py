"""The layers that leave the program, as frames in the study CRS: what GeoJSON and every export are made of."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15.core.exports import EXPORT_LAYERS, may_leave, withheld
from circle15.core.mapping import STATUS
from circle15.core.results import Audit
from circle15.core.tables import Zones
from circle15.core.units import MM_PER_M
from circle15.show.tables import access_frame, plan_frame


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
    if audit.zones is not None:
        frames["zones"] = _zones(audit, audit.zones)
    return frames


def residential_frame(audit: Audit) -> Any:
    """Residential areas with their distances, outcomes by rule and metric, failed rules and binding rule."""
    frame = audit.residential.frame.copy()
    order = frame["area_id"]
    access = access_frame(audit)
    for rule in audit.walked:
        rows = access[access["rule_id"] == rule.rule_id].set_index("area_id").loc[order]
        for column in ("facility_id", "distance_m", "walk_min", "straight_m", "state"):
            frame[f"{rule.rule_id}_{column}"] = rows[column].to_numpy()
    failed: Any = pd.Series([""] * len(frame), index=frame.index)
    verdicts = audit.verdicts.frame
    for rule in audit.walked:
        for metric in rule.metrics:
            rows = verdicts[(verdicts["rule_id"] == rule.rule_id) & (verdicts["metric"] == metric)]
            outcome = rows.set_index("subject_id")["outcome"].loc[order].to_numpy()
            frame[f"{rule.rule_id}_{metric}"] = outcome
            if metric == rule.metric:
                failed = failed + np.where(outcome == "fail", f"{rule.rule_id};", "")
    binding = audit.binding.frame.set_index("area_id").loc[order]
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
