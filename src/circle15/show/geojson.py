"""GeoJSON by RFC 7946: WGS 84, right-hand rule, eight decimals, no crs member. GDAL writes it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from circle15.core.results import Audit
from circle15.core.units import MM_PER_M
from circle15.show.geometry import WGS84, to_wgs84
from circle15.show.tables import access_frame, plan_frame

DECIMALS = 8


def layers(audit: Audit) -> dict[str, bytes]:
    """Every GeoJSON file of a run by name."""
    residential = residential_frame(audit)
    failed = residential["failed_rules"] != ""
    frames = {
        "residential.geojson": residential,
        "gaps.geojson": residential[failed],
        "facilities.geojson": _facilities(audit),
        "service_areas.geojson": _areas(audit, one_facility=True),
        "covered_area.geojson": _areas(audit, one_facility=False),
    }
    if audit.plans:
        frames["proposed_sites.geojson"] = _sites(audit)
    return {name: feature_collection(frame, audit.facts.crs) for name, frame in frames.items()}


def feature_collection(frame: Any, crs: str) -> bytes:
    """A GeoDataFrame in the study CRS as an RFC 7946 FeatureCollection."""
    rounded = {name: frame[name].round(_decimals(name)) for name in frame.columns if _is_float(frame[name])}
    shapes = to_wgs84(frame.geometry.to_numpy(), crs, DECIMALS)
    degrees = gpd.GeoDataFrame(frame.assign(**rounded).drop(columns="geometry"), geometry=shapes, crs=WGS84)
    out = BytesIO()
    pyogrio.write_dataframe(
        degrees,
        out,
        driver="GeoJSON",
        layer="circle15",
        geometry_type="Unknown",
        layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": str(DECIMALS), "WRITE_NAME": "NO"},
    )
    return out.getvalue()


def _is_float(column: Any) -> bool:
    return bool(pd.api.types.is_float_dtype(column))


def _decimals(name: str) -> int:
    return 3 if name.endswith("_m") else 6


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
    if "opened" in frame:
        frame["opened"] = pd.to_datetime(frame["opened"]).dt.strftime("%Y-%m-%d")
    return frame


def _areas(audit: Audit, *, one_facility: bool) -> Any:
    frame = audit.areas.frame
    rows = frame[frame["facility_id"].notna() == one_facility].copy()
    rows["limit_m"] = rows.pop("limit_mm").astype(float) / MM_PER_M
    if not one_facility:
        rows = rows.drop(columns="facility_id")
    return rows[~rows.geometry.is_empty]


def _sites(audit: Audit) -> Any:
    rows = plan_frame(audit)
    places = audit.candidates.frame.set_index("candidate_id").geometry if audit.candidates is not None else None
    geometry = [] if places is None else places.loc[rows["candidate_id"]].to_numpy()
    return gpd.GeoDataFrame(rows.drop(columns=["lon", "lat"]), geometry=geometry, crs=audit.facts.crs)
