"""Facilities and proposed sites on a sheet: a marker for each type, hollow where it does not count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from matplotlib.transforms import offset_copy

from circle15.core.results import Audit
from circle15.core.text import Text
from circle15.show.palette import type_colour
from circle15.show.sheets.layers import inside
from circle15.show.sheets.panel import Entry, Mark
from circle15.show.sheets.paper import Window
from circle15.show.sheets.pen import Pen
from circle15.show.sheets.subject import Subject

_SHAPES = "osD^vPXph"
_SITE = Mark("place", "#ffd400", "#1b1f24", "*")
_CANDIDATE = Mark("place", "none", "#595959", "x")
_WHITE = "#ffffff"
# Square points on paper.
_SIZES = {"*": 110.0, "x": 14.0}
_SIZE = 34.0
_ORDER = 8
# Where the rank of a site stands from its marker, in points, and on what.
_BESIDE = (7.0, 7.0)
_LABEL = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "#1b1f24", "linewidth": 0.5}


@dataclass(frozen=True, slots=True)
class Layer:
    """Places drawn alike, with their entry in the legend."""

    entry: Entry
    points: Any


def place_layers(audit: Audit, subject: Subject) -> list[Layer]:
    """What the sheet marks: the facilities its rules or its plan speak of, then candidates, then the proposed sites."""
    layers = [
        layer for number, kind in enumerate(_types(audit, subject)) for layer in _of_type(audit, subject, kind, number)
    ]
    if subject.plan is None or audit.candidates is None:
        return layers
    frame = audit.candidates.frame.set_index("candidate_id")
    chosen = [site.candidate_id for site in subject.plan.sites]
    rest = frame[~frame.index.isin(chosen)]
    sites = Entry(_SITE, Text("规划新增设施（建议，数字为序号）", "proposed site, by rank"), len(chosen))
    others = Entry(_CANDIDATE, Text("备选点", "candidate"), len(rest))
    if audit.facts.audience == "public":
        return [*layers, Layer(sites, frame.loc[chosen].geometry.to_numpy())]
    return [*layers, Layer(others, rest.geometry.to_numpy()), Layer(sites, frame.loc[chosen].geometry.to_numpy())]


def _types(audit: Audit, subject: Subject) -> list[str]:
    wanted = {target for rule in subject.rules for target in rule.targets}
    wanted |= {subject.plan.facility_type} if subject.plan else set()
    there = set(audit.facilities.frame["type"])
    return [key for key in audit.facts.pack.types if key in wanted & there]


def _of_type(audit: Audit, subject: Subject, kind: str, number: int) -> list[Layer]:
    frame = audit.facilities.frame
    counted = {one for rule in subject.rules for one in audit.counted.get(rule.rule_id, ())}
    mine = frame[(frame["type"] == kind) & frame.geometry.notna()]
    counts = mine["facility_id"].isin(counted) | (not subject.rules)
    label, colour = audit.facts.pack.types[kind].label, type_colour(number)
    shape = _SHAPES[number % len(_SHAPES)]
    parts = (
        (mine[counts], Mark("place", colour, _WHITE, shape), label),
        (
            mine[~counts],
            Mark("place", _WHITE, colour, shape),
            Text(f"{label.zh}（未计入）", f"{label.en} (not counted)"),
        ),
    )
    return [Layer(Entry(mark, words, len(rows)), rows.geometry.to_numpy()) for rows, mark, words in parts if len(rows)]


def draw_places(axes: Any, layers: Sequence[Layer], view: Window) -> None:
    """The markers, each layer over the one before."""
    for order, layer in enumerate(layers, start=_ORDER):
        xy = shapely.get_coordinates(inside(layer.points, view))
        if len(xy):
            draw_mark(axes, xy, layer.entry.mark, order=order)


def draw_mark(axes: Any, xy: Any, mark: Mark, *, order: int = 1, shrink: float = 1.0) -> None:
    """Markers at these places."""
    look = {"c": mark.outline} if mark.shape == "x" else {"c": mark.fill, "edgecolors": mark.outline}
    size = _SIZES.get(mark.shape, _SIZE) * shrink
    axes.scatter(*np.atleast_2d(xy).T, s=size, marker=mark.shape, linewidths=0.8, zorder=order, clip_on=True, **look)


def number_sites(axes: Any, audit: Audit, subject: Subject, view: Window, pen: Pen, points: float) -> None:
    """The rank of each proposed site beside its marker."""
    if subject.plan is None or audit.candidates is None:
        return
    places = audit.candidates.frame.set_index("candidate_id").geometry
    for site in subject.plan.sites:
        shape = places[site.candidate_id]
        if len(inside([shape], view)):
            beside = offset_copy(axes.transData, axes.figure, *_BESIDE, units="points")
            look: dict[str, Any] = {"ha": "center", "va": "center", "zorder": _ORDER + 20, "bbox": _LABEL}
            pen.place(axes, (shape.x, shape.y), str(site.rank), points, transform=beside, **look)
