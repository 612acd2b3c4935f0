"""The checks that need more than one layer or room: the corridor carries what the one knows to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyproj
import shapely

from circle15 import route
from circle15.core.crs import DATUM_WORDS, Datum
from circle15.core.findings import Finding
from circle15.core.results import Audience, Source
from circle15.core.tables import Membership
from circle15.core.text import Text
from circle15.read.constraints import far_findings
from circle15.read.health import age_findings, data_day, date_findings, outside_findings, row_findings
from circle15.read.project import has_offset, reread
from circle15.read.spec import OSM_EXTENSIONS, InputSpec
from circle15.study import Study

# What files declare; WGS 84 stands for CGCS2000 and for every CRS.
_READINGS: tuple[Datum, ...] = ("WGS84", "GCJ02", "BD09")


def layer_findings(
    study: Study, tables: Mapping[str, Any], points: Mapping[str, Any], sources: Sequence[Source]
) -> list[Finding]:
    """What the layers tell by their rows and by each other, and which checks could not be done.

    ``points`` are the places of residential areas, facilities and candidates, None where a row has none.
    """
    return [
        *row_findings(tables),
        *outside_findings(tables, tables.get("zones"), points),
        *_far_constraints(tables, points),
        *date_findings(sources),
        *age_findings(sources, study.as_of),
        *datum_findings(study, tables),
        *_not_checked(study, tables, sources),
    ]


def single_home_findings(audience: Audience, areas_in: Membership | None) -> list[Finding]:
    """Zones whose figures would tell the public of one home, however much is added up."""
    if audience == "internal" or areas_in is None:
        return []
    homes = areas_in.frame.groupby("zone_id", sort=True)["area_id"].nunique()
    alone = homes.index[homes == 1]
    if not len(alone):
        return []
    return [
        Finding.of(
            "zone_of_one_home",
            "warning",
            "zones",
            alone,
            Text(
                f"{len(alone)} 个区划只有 1 个小区，公开后其指标即该小区的指标。",
                f"{len(alone)} zones have a single home: what is public of them is that home's.",
            ),
            Text(
                "如不宜公开，请从区划图层中去掉这些区划，或将其并入相邻区划。",
                "Where that must not be, leave those zones out of the layer, or merge them with others.",
            ),
        )
    ]


def _far_constraints(tables: Mapping[str, Any], points: Mapping[str, Any]) -> list[Finding]:
    if "constraints" not in tables:
        return []
    zones = [tables["zones"].frame.geometry.to_numpy()] if "zones" in tables else []
    return far_findings(tables["constraints"], [*points.values(), *zones])


def datum_findings(study: Study, tables: Mapping[str, Any]) -> list[Finding]:
    """The datum a layer is likely in, where the streets contradict the declared one."""
    lines = tables["streets"].frame.geometry.to_numpy()
    found = []
    for layer in ("residential", "facilities"):
        spec, shapes = study.inputs.get(layer), tables[layer].frame.geometry.to_numpy()
        shapes = shapes[~shapely.is_missing(shapes)]
        if spec is None or study.crs is None or not len(lines) or not len(shapes):
            continue
        if not has_offset(shapes, study.crs):
            continue
        advice = route.advise(lines, shapes, _readings(shapes, spec, study.inputs["streets"], study.crs))
        if advice is not None:
            words = DATUM_WORDS[spec.datum].en if spec.datum else f"crs = {spec.crs}"
            found.append(route.datum_finding(layer, words, advice))
    return found


def _readings(shapes: Any, spec: InputSpec, streets: InputSpec, crs: pyproj.CRS) -> dict[route.Reading, Any]:
    """Where shapes would stand to the streets if either file were in another datum than it declares."""
    found: dict[route.Reading, Any] = {}
    for each in (spec, streets):
        declared = _declared(each)
        for datum in _READINGS if declared is not None else ():
            if declared is not None and datum != declared:
                # Streets of another datum move the other way, which is the same as shapes read the other way round.
                way = (declared, datum) if each is spec else (datum, declared)
                found[each.layer, datum] = reread(shapes, crs, *way)
    return found


def _declared(spec: InputSpec) -> Datum | None:
    """The datum a file is read in; None where its format leaves no doubt."""
    if spec.path.name.lower().endswith(OSM_EXTENSIONS):
        return None
    return spec.datum if spec.datum in ("GCJ02", "BD09") else "WGS84"


# ---- what could not be done ----------------------------------------------------------------------------------


def _not_checked(study: Study, tables: Mapping[str, Any], sources: Sequence[Source]) -> list[Finding]:
    """One finding of all checks that lacked what they need: a check that was not done is no clean bill."""
    missing: dict[str, Text] = {}
    if not len(tables["streets"]):
        missing["not_snapped, datum_suspect"] = Text("没有道路", "no streets")
    if "zones" not in tables:
        missing["outside_study"] = Text("没有区划的面", "no polygons of zones")
    if "zones" not in tables and "zone_table" not in tables:
        missing["zone_code_unknown"] = Text("没有区划名单", "no list of zones")
    undated = [source.layer for source in sources if data_day(source) is None]
    if study.as_of is None:
        missing["data_old"] = Text("研究没有写明 as_of", "the study has no as_of")
    elif undated:
        names = ", ".join(undated)
        missing["data_old"] = Text(f"{names} 没有注明可用的数据日期", f"{names} state no date that can be read")
    if not missing:
        return []
    zh = "；".join(f"{key}（{why.zh}）" for key, why in missing.items())
    en = "; ".join(f"{key} ({why.en})" for key, why in missing.items())
    return [
        Finding.of(
            "not_checked",
            "info",
            "study",
            missing,
            Text(f"{len(missing)} 项质检未能进行：{zh}。", f"{len(missing)} checks could not be done: {en}."),
            Text(
                "补充相应数据；数据日期写在文件旁的 <文件名>.source.toml 的 data_date。",
                "Add what is missing; the date of a file stands as data_date in <file>.source.toml beside it.",
            ),
        )
    ]
