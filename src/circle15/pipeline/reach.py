"""Isochrones and isodistances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15 import route
from circle15.core.errors import ConfigError
from circle15.core.limit import Limit
from circle15.core.text import Text, first_ids
from circle15.core.units import EVEN, MM_PER_M, Pace
from circle15.pipeline.ground import Ground, lay, terrain_of
from circle15.pipeline.progress import Progress, silent
from circle15.route import Places
from circle15.show.titles import refuse_unnumbered
from circle15.study import Study


def reach(study: Study, at: Sequence[str], limits: Sequence[Limit], progress: Progress = silent) -> Any:
    """Isochrones and isodistances as a GeoDataFrame in the study CRS: one row for each place and limit.

    ``at``: ids of facilities, residential areas or candidates; none means every facility. Minutes are walked
    at the pace of the first time rule that counts the facility's type, else at the pack's first pace.
    Raises ConfigError for ids nobody has, for places that stand near no street, and for what the public may not have:
    geometry without a 审图号, and single homes.
    """
    refuse_unnumbered(study.audience, study.title_block)
    ground = lay(study, progress)
    drawing = study.drawing
    rows = []
    for place, kind in _chosen(ground, at):
        pace = _pace_of(ground, str(place.ids[0]), kind)
        for limit in limits:
            most_mm = limit.most_mm(pace)
            walked = pace if limit.unit == "min" else None
            there = terrain_of(ground, walked.footing if walked else EVEN)
            shape = route.draw(there.network, there.places(place).anchors, most_mm, drawing)
            rows.append(
                (
                    place.ids[0],
                    kind,
                    limit.value,
                    limit.unit,
                    walked.name if walked else None,
                    walked.m_s if walked else None,
                    most_mm / MM_PER_M,
                    drawing.holes,
                    drawing.method,
                    drawing.resolution_m,
                    shape,
                )
            )
    names = ["id", "kind", "limit", "unit", "pace", "pace_m_s", "limit_m", "holes", "method", "cell_m", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=names), geometry="geometry", crs=study.crs)


def _chosen(ground: Ground, at: Sequence[str]) -> list[tuple[Places, str]]:
    """The place of each id, and what it is: of equal ids the facility, then the area. Raises ConfigError."""
    kinds = {"facility": ground.sites, "area": ground.homes, "candidate": ground.hosts}

    def of(name: str) -> tuple[Places, str] | None:
        there = ((kind, places) for kind, places in kinds.items() if places is not None and (places.ids == name).any())
        return next(((places.take(np.flatnonzero(places.ids == name)), kind) for kind, places in there), None)

    wanted = list(at) or [str(each) for each in ground.sites.ids]
    found = [of(name) for name in wanted]
    unknown = [name for name, place in zip(wanted, found, strict=True) if place is None]
    if unknown:
        raise ConfigError(
            Text(
                f"没有编号为 {first_ids(unknown)} 的设施、居住小区或备选点（共 {len(unknown)} 个）。请核对编号。",
                f"no facility, residential area or candidate is called {first_ids(unknown)} ({len(unknown)} in all). "
                f"Check the ids.",
            )
        )
    places = [place for place in found if place is not None]
    homes = [str(place.ids[0]) for place, kind in places if kind == "area"]
    if homes and ground.study.audience == "public":
        raise ConfigError(
            Text(
                f'公开成果（audience = "public"）不含单个居住小区：{first_ids(homes)}（共 {len(homes)} 个）。'
                f"请改用设施或备选点的编号。",
                f'what is public (audience = "public") has no single homes: {first_ids(homes)} ({len(homes)} in all). '
                f"Name facilities or candidates.",
            )
        )
    return places


def _pace_of(ground: Ground, name: str, kind: str) -> Pace:
    pack = ground.study.pack
    if kind == "facility":
        frame = ground.facilities.frame
        facility_type = frame.loc[frame["facility_id"] == name, "type"].iloc[0]
        for rule in pack.rules:
            if rule.pace and facility_type in rule.targets:
                return rule.pace
    return next(iter(pack.paces.values()))
