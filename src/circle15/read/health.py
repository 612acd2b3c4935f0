"""Data health that rows alone can tell: names, places and dates that cannot be, or hardly can."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import KDTree

from circle15.core.findings import Finding
from circle15.core.results import Source
from circle15.core.tables import LAYERS, Zones
from circle15.core.text import Text, first_ids
from circle15.core.words import LAYER_WORDS
from circle15.read.ranges import number_findings

_NEAR_NAMES_M = 200.0
_OVERLAP_M2 = 1.0
_OLD = dt.timedelta(days=731)


def row_findings(tables: Mapping[str, Any]) -> list[Finding]:
    """What the rows of each table tell by themselves, layer by layer."""
    found: list[Finding | None] = []
    for layer in LAYER_WORDS:
        if layer in tables and len(tables[layer]):
            frame = tables[layer].frame
            found += number_findings(frame, layer)
            if layer in _PLACED:
                found += [_same_place(frame, layer), _same_name(frame, layer)]
    if len(tables["residential"]):
        found += [_no_households(tables["residential"].frame), _overlaps(tables["residential"].frame)]
    return [finding for finding in found if finding is not None]


_PLACED = ("residential", "facilities", "candidates")


def _no_households(frame: Any) -> Finding | None:
    """Homes none of which has households, planned or actual; single empty cells are another finding's matter."""
    known = [name for name in ("households", "planned_dwellings") if name in frame.columns]
    if any(frame[name].notna().any() for name in known):
        return None
    return Finding(
        code="no_households",
        severity="info",
        layer="residential",
        count=len(frame),
        ids=(),
        message=Text(
            f"{len(frame)} 个居住小区都没有户数，每百户指标和按户计的覆盖率资料不足。",
            f"none of the {len(frame)} residential areas has households: rules per 100 households are unknown.",
        ),
        fix=Text("补充 households（户数）列。", "Add the column households."),
    )


# ---- places and names ----------------------------------------------------------------------------------------


def _same_place(frame: Any, layer: str) -> Finding | None:
    """Rows on one millimetre, or with one outline. Facilities share a building if their types differ."""
    shapes = frame.geometry.to_numpy()
    located = ~shapely.is_missing(shapes)
    # Points of the same bounds are one spot; of polygons the outlines decide, whose vertices may begin anywhere.
    bounds = pd.DataFrame(shapely.bounds(shapes))
    rows = np.flatnonzero(located & bounds.duplicated(keep=False).to_numpy())
    frame, shapes = frame.iloc[rows], shapes[rows]
    outlines = _outlines(shapes)
    box = bounds.iloc[rows].groupby(list(bounds.columns)).ngroup().to_numpy()
    places = pd.DataFrame({"box": box, "outline": outlines}, index=frame.index)
    keys = [places, frame["type"]] if layer == "facilities" else [places]
    twice = pd.concat(keys, axis=1).duplicated(keep=False).to_numpy()
    if not twice.any():
        return None
    ids, word = frame[LAYERS[layer].key()].to_numpy()[twice], LAYER_WORDS[layer]
    spots = len(places[twice].drop_duplicates())
    return Finding.of(
        "duplicate_place",
        "warning",
        layer,
        ids,
        Text(
            f"{len(ids)} 个{word.zh}两两或多个位于同一处（共 {spots} 处）：{first_ids(ids)}，可能重复计数。",
            f"{len(ids)} {word.en} stand on {spots} spots with others: {first_ids(ids)}; they may count twice.",
        ),
        Text("删去重复的行，或更正坐标。", "Remove the duplicates, or correct the coordinates."),
    )


def _outlines(shapes: Any) -> Any:
    """The outline of each polygon, the same wherever its vertices begin; None of what is no polygon."""
    outlines = np.full(len(shapes), None, dtype=object)
    areal = shapely.get_dimensions(shapes) == 2
    outlines[areal] = shapely.to_wkb(shapely.normalize(shapes[areal]))
    return outlines


def _same_name(frame: Any, layer: str) -> Finding | None:
    """Rows whose middles are within 200 m and whose names differ in width, blanks, brackets and punctuation at most."""
    if "name" not in frame.columns:
        return None
    plain = _plain_names(frame["name"])
    keys = [plain, frame["type"]] if layer == "facilities" else [plain]
    group = pd.concat(keys, axis=1, keys=range(len(keys))).groupby(list(range(len(keys))), dropna=False).ngroup()
    shapes = frame.geometry.to_numpy()
    named = plain.notna().to_numpy() & (plain != "").to_numpy() & ~shapely.is_missing(shapes)
    rows = np.flatnonzero(named & group.duplicated(keep=False).to_numpy())
    alike = rows[_near_in_group(shapes[rows], group.to_numpy()[rows])]
    if not len(alike):
        return None
    ids, word = frame[LAYERS[layer].key()].to_numpy()[alike], LAYER_WORDS[layer]
    names = first_ids(dict.fromkeys(frame["name"].to_numpy()[alike]))
    return Finding.of(
        "similar_name",
        "warning",
        layer,
        ids,
        Text(
            f"{len(ids)} 个{word.zh}相距不足 {_NEAR_NAMES_M:g} 米而名称几乎相同（{names}）：{first_ids(ids)}。",
            f"{len(ids)} {word.en} stand within {_NEAR_NAMES_M:g} m of one with all but the same name ({names}): "
            f"{first_ids(ids)}.",
        ),
        Text("确认是否同一处；是则删去重复的行。", "If they are one place, remove the duplicates."),
    )


def _near_in_group(shapes: Any, group: Any) -> Any:
    """Which shapes have another of their group near, but not on the same spot: that is another finding's matter."""
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    # Groups lie farther apart in a third dimension than any pair that is sought; spots count once.
    places = pd.DataFrame(np.column_stack([middles, group * 10 * _NEAR_NAMES_M]))
    spot = places.groupby([0, 1, 2], sort=False).ngroup().to_numpy()
    spots = places.drop_duplicates().to_numpy()
    if len(spots) < 2:
        return np.zeros(0, dtype=int)
    distance, _ = KDTree(spots).query(spots, k=[2])
    return np.flatnonzero(distance[spot, 0] <= _NEAR_NAMES_M)


def _plain_names(names: Any) -> Any:
    """Names without width, blanks, brackets and punctuation; null where there is none."""
    codes, known = pd.factorize(names)
    plain = np.array([*(_plain(each) for each in known), None], dtype=object)
    return pd.Series(plain[codes], index=names.index)


def _plain(name: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKC", name).casefold() if each.isalnum())


def _overlaps(frame: Any) -> Finding | None:
    """Residential polygons that share more than a square metre, one of those with the same outline.

    That two are the same is another finding's matter.
    """
    shapes = frame.geometry.to_numpy()
    boxed = np.flatnonzero(pd.DataFrame(shapely.bounds(shapes)).duplicated(keep=False).to_numpy())
    again = boxed[pd.Series(_outlines(shapes[boxed])).duplicated().to_numpy()]
    areal = np.setdiff1d(np.flatnonzero(shapely.get_dimensions(shapes) == 2), again)
    polygons = shapes[areal]
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.area(shapely.intersection(polygons[one], polygons[other]))
    real = shared > _OVERLAP_M2
    if not real.any():
        return None
    rows = areal[np.unique(np.concatenate([one[real], other[real]]))]
    ids = frame["area_id"].to_numpy()[rows]
    return Finding.of(
        "areas_overlap",
        "warning",
        "residential",
        ids,
        Text(
            f"{int(real.sum())} 对居住小区的面重叠，共 {shared[real].sum():,.0f} 平方米，涉及 {len(ids)} 个："
            f"{first_ids(ids)}。",
            f"{int(real.sum())} pairs of residential areas overlap by {shared[real].sum():,.0f} m² in all, "
            f"{len(ids)} areas: {first_ids(ids)}.",
        ),
        Text("修正边界，避免用地和人口重复计算。", "Correct the borders: land and people count twice."),
    )


def outside_findings(tables: Mapping[str, Any], zones: Zones | None, points: Mapping[str, Any]) -> list[Finding]:
    """Places that lie in no zone of any level. ``points`` are the places of each layer, None where a row has none."""
    if zones is None:
        return []
    found = []
    tree = shapely.STRtree(zones.frame.geometry.to_numpy())
    for layer, dots in points.items():
        inside = np.zeros(len(dots), dtype=bool)
        inside[tree.query(np.asarray(dots, dtype=object), predicate="intersects")[0]] = True
        outside = ~inside & ~shapely.is_missing(dots)
        if outside.any():
            found.append(_outside_of(layer, tables[layer].frame[LAYERS[layer].key()].to_numpy()[outside]))
    return found


def _outside_of(layer: str, ids: Any) -> Finding:
    word = LAYER_WORDS[layer]
    return Finding.of(
        "outside_study",
        "warning",
        layer,
        ids,
        Text(
            f"{len(ids)} 个{word.zh}不在任何区划内：{first_ids(ids)}。",
            f"{len(ids)} {word.en} lie in none of the zones: {first_ids(ids)}.",
        ),
        Text("核对坐标、坐标基准与区划范围。", "Check coordinates, datum and the extent of the zones."),
    )


# ---- dates ---------------------------------------------------------------------------------------------------


def age_findings(sources: Sequence[Source], as_of: dt.date | None) -> list[Finding]:
    """Inputs whose own date lies more than two years before the date of the study."""
    if as_of is None:
        return []
    # One file may be several layers.
    by_path = {source.path: source for source in reversed(sources)}
    old = [each for each in reversed(by_path.values()) if (day := data_day(each)) is not None and as_of - day > _OLD]
    return [
        Finding(
            code="data_old",
            severity="warning",
            layer=source.layer,
            count=1,
            ids=(),
            message=Text(
                f"{source.path}：数据截至 {source.data_date[:10]}，比研究时点 {as_of.isoformat()} 早两年以上。",
                f"{source.path}: its data is of {source.data_date[:10]}, more than two years before the study "
                f"({as_of.isoformat()}).",
            ),
            fix=Text("换用较新的数据，或核对变化。", "Use newer data, or check what has changed."),
        )
        for source in old
    ]


def date_findings(sources: Sequence[Source]) -> list[Finding]:
    """Inputs that state a date nobody can read: their age is not checked, and nobody need wonder why."""
    wrong = [f"{each.path} “{each.data_date}”" for each in sources if each.data_date and data_day(each) is None]
    # One file may be several layers.
    names = tuple(dict.fromkeys(wrong))
    if not names:
        return []
    return [
        Finding(
            code="data_date_unread",
            severity="warning",
            layer="study",
            count=len(names),
            ids=(),
            message=Text(
                f"{len(names)} 个文件的数据日期 data_date 不是 年-月-日：{first_ids(names)}，未能核对数据新旧。",
                f"the data_date of {len(names)} files is no year-month-day: {first_ids(names)}; "
                "their age is not checked.",
            ),
            fix=Text(
                "在文件旁的 <文件名>.source.toml 中写 data_date = 2024-09-30 这样的日期。",
                "Write a date such as data_date = 2024-09-30 in <file>.source.toml beside it.",
            ),
        )
    ]


def data_day(source: Source) -> dt.date | None:
    """The day of a source's data, where it states one."""
    try:
        return dt.date.fromisoformat(source.data_date[:10])
    except ValueError:
        return None
