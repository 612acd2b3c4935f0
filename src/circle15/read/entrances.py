"""Gates and the residential areas they belong to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from circle15.core.findings import Finding
from circle15.core.tables import Entrances, Residential
from circle15.core.text import Text, first_ids
from circle15.core.units import round_half_up
from circle15.read.shapes import demand_point_findings

# A gate farther from its compound than this is more likely another compound's.
_FAR_M = 100.0


def gates(entrances: Entrances | None, residential: Residential) -> tuple[Any, Any, list[Finding]]:
    """The gates of known areas in order of their areas, the row of the area of each, and what was found.

    Findings: gates that name no area of the study, gates far from the polygon of their area, and polygons without
    gates, for which a point on their surface stands.
    """
    frame = Entrances.empty().frame if entrances is None else entrances.frame
    owner = pd.Index(residential.frame["area_id"]).get_indexer(frame["area_id"])
    known, order = owner >= 0, np.argsort(owner, kind="stable")
    order = order[known[order]]
    without = np.ones(len(residential), dtype=bool)
    without[owner[known]] = False
    findings = [
        *_unknown(frame[~known]),
        *_far(frame[known], residential.frame.geometry.to_numpy()[owner[known]]),
        *demand_point_findings(residential.frame[without]),
    ]
    return frame.iloc[order], owner[order], findings


def _unknown(strange: Any) -> list[Finding]:
    if strange.empty:
        return []
    areas = strange["area_id"].drop_duplicates()
    return [
        Finding.of(
            "unknown_area",
            "warning",
            "entrances",
            strange["entrance_id"],
            Text(
                f"{len(strange)} 处出入口所属的小区不存在（小区编号 {first_ids(areas)}），未采用。",
                f"{len(strange)} gates belong to areas that the study does not have ({first_ids(areas)}): left out.",
            ),
            Text("请核对 area_id。", "Check their area_id."),
        )
    ]


def _far(frame: Any, shapes: Any) -> list[Finding]:
    apart = np.where(shapely.get_dimensions(shapes) == 2, shapely.distance(shapes, frame.geometry.to_numpy()), 0.0)
    far = frame["entrance_id"][apart > _FAR_M]
    if far.empty:
        return []
    return [
        Finding.of(
            "gate_far_from_area",
            "warning",
            "entrances",
            far,
            Text(
                f"{len(far)} 处出入口距所属小区超过 {_FAR_M:g} 米（{first_ids(far)}，"
                f"最远 {round_half_up(apart.max())} 米），仍按填写采用。",
                f"{len(far)} gates are more than {_FAR_M:g} m from their area ({first_ids(far)}, at most "
                f"{round_half_up(apart.max())} m); they are taken as given.",
            ),
            Text("请核对 area_id 与位置。", "Check their area_id and location."),
        )
    ]
