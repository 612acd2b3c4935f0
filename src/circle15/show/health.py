"""The findings of ``check`` as files: a table, JSON, a sheet, and the places concerned as GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.core.exports import told
from circle15.core.findings import Finding
from circle15.core.results import Audit
from circle15.core.tables import LAYERS
from circle15.show.geojson import feature_collection, stamp
from circle15.show.office import findings_xlsx
from circle15.show.tables import csv_bytes, findings_frame

# The file that says that the others beside it are ours, and what it begins with.
FINDINGS = "findings.csv"

_PLACE_COLUMNS = ("code", "severity", "layer", "id", "message")


def health_files(audit: Audit) -> dict[str, bytes]:
    """The findings by file name: CSV, JSON, GeoJSON where there is a CRS, a sheet where the extra is installed."""
    frame = findings_frame(told(audit.findings, audit.facts.audience), audit.facts.language)
    files = {FINDINGS: csv_bytes(frame), "findings.json": json_bytes(frame)}
    if find_spec("xlsxwriter") is not None:
        files |= findings_xlsx(audit)
    if audit.facts.crs:
        files["findings.geojson"] = feature_collection(places_frame(audit), audit.facts.crs, stamp(audit))
    return files


def mark() -> bytes:
    """What the findings table begins with, whoever wrote it."""
    return csv_bytes(findings_frame((), "zh")).strip()


def json_bytes(frame: Any) -> bytes:
    """The findings as ``check --format json`` prints them."""
    return (json.dumps(frame.to_dict(orient="records"), ensure_ascii=False, indent=2) + "\n").encode()


def places_frame(audit: Audit) -> Any:
    """One row for each place that an error or a warning concerns, in the study CRS; the public gets no homes."""
    tables = {
        "streets": audit.streets.frame,
        "residential": audit.residential.frame,
        "facilities": audit.facilities.frame,
        **({"candidates": audit.candidates.frame} if audit.candidates is not None else {}),
        **({"zones": audit.zones.frame} if audit.zones is not None else {}),
    }
    found = told(audit.findings, audit.facts.audience)
    parts = [_places(each, tables, audit) for each in found if each.severity != "info"]
    rows = pd.concat([pd.DataFrame(columns=[*_PLACE_COLUMNS, "geometry"]), *parts], ignore_index=True)
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=audit.facts.crs)


def _places(finding: Finding, tables: Mapping[str, Any], audit: Audit) -> Any:
    ids, shapes = _rows(finding, tables)
    said = finding.message.say(audit.facts.language)
    rows = [
        (finding.code, finding.severity, finding.layer, name, said, shape)
        for name, shape in zip(ids, shapes, strict=True)
        if shape is not None and not shapely.is_empty(shape)
    ]
    return pd.DataFrame(rows, columns=[*_PLACE_COLUMNS, "geometry"])


def _rows(finding: Finding, tables: Mapping[str, Any]) -> tuple[Any, Any]:
    """The ids of the rows concerned that have a place, and the places."""
    if finding.at is not None:
        return finding.ids, finding.at
    frame = tables.get(finding.layer)
    if frame is None or not finding.ids:
        return (), ()
    key = LAYERS[finding.layer].key()
    named = frame[frame[key].isin(finding.ids)]
    return named[key].to_numpy(), np.asarray(named.geometry, dtype=object)
