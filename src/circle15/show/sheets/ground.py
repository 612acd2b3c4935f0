"""What the map of a sheet shows under its markers: streets, homes or zones by class, covered areas, boundaries."""

from __future__ import annotations

from typing import Any

import shapely

from circle15.core.results import Audit
from circle15.core.rule import Rule
from circle15.core.text import Text
from circle15.show.palette import STREETS, ZONES, drawn_area
from circle15.show.sheets.layers import draw_shapes
from circle15.show.sheets.panel import Entry, Mark
from circle15.show.sheets.paper import Window
from circle15.show.sheets.pen import STAMP, Pen
from circle15.show.sheets.subject import Subject
from circle15.show.titles import STAMPS, borne_stamps

_MOST_ZONE_NAMES = 60
_STREETS, _SHADES, _COVERED, _ZONES, _WATERMARK = 2, 3, 5, 6, 40


def extent(audit: Audit, subject: Subject) -> tuple[float, float, float, float]:
    """What must be seen: the homes or zones of the sheet, and the proposed sites."""
    shapes = list(subject.ground.geometry.dropna())
    if subject.plan is not None and audit.candidates is not None:
        places = audit.candidates.frame.set_index("candidate_id").geometry
        shapes += [places[site.candidate_id] for site in subject.plan.sites]
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return west, south, east, north


def shade_entries(subject: Subject) -> list[Entry]:
    """The legend of the shades."""
    return [Entry(Mark("patch", each.fill, each.outline), each.label, len(each.rows)) for each in subject.shades]


def line_entries(audit: Audit, subject: Subject) -> list[Entry]:
    """The legend of covered areas, streets and boundaries, as far as they are drawn."""
    found = [
        Entry(
            Mark("line", _colour(rule), "--"),
            Text(f"{rule.rule_id} 服务范围（示意）", f"{rule.rule_id}, covered area"),
        )
        for rule, _ in _covered(audit, subject)
    ]
    if audit.facts.audience != "public" and len(audit.streets):
        found.append(Entry(Mark("line", STREETS["color"], "-"), Text("道路", "streets")))
    if audit.zones is not None and len(audit.zones):
        found.append(Entry(Mark("line", ZONES["color"], "-."), Text("行政区划", "zones"), len(audit.zones)))
    return found


def draw_ground(axes: Any, audit: Audit, subject: Subject, view: Window, pen: Pen, points: float) -> None:
    """Everything but the markers. A public sheet has neither streets nor what would tell them."""
    if audit.facts.audience != "public":
        lines = audit.streets.frame.geometry.to_numpy()
        draw_shapes(axes, lines, view, order=_STREETS, edgecolor=STREETS["color"], linewidth=0.35)
    shapes = subject.ground.geometry.to_numpy()
    for shade in subject.shades:
        look = {"facecolor": shade.fill, "edgecolor": shade.outline, "linewidth": 0.25}
        draw_shapes(axes, shapes[list(shade.rows)], view, order=_SHADES, **look)
    for rule, shape in _covered(audit, subject):
        look = {"edgecolor": _colour(rule), "linewidth": 0.9, "linestyle": "--"}
        draw_shapes(axes, [shape.boundary], view, order=_COVERED, **look)
    if audit.zones is not None:
        _draw_zones(axes, audit.zones.frame, view, pen, points)
    _draw_watermark(axes, audit, pen, points)


def _covered(audit: Audit, subject: Subject) -> list[tuple[Rule, Any]]:
    """The drawn covered area of each rule by its headline metric."""
    if audit.facts.audience == "public":
        return []
    frame = audit.areas.frame
    merged = frame[frame["facility_id"].isna()]
    rows = [
        (rule, merged[(merged["rule_id"] == rule.rule_id) & (merged["metric"] == rule.metric)])
        for rule in subject.rules
    ]
    return [(rule, shape) for rule, mine in rows for shape in mine.geometry if not shape.is_empty]


def _colour(rule: Rule) -> str:
    return str(drawn_area(rule.limit.unit, rule.metric, 0.0)["color"])


def _draw_zones(axes: Any, frame: Any, view: Window, pen: Pen, points: float) -> None:
    """Boundaries, and names where there are not too many."""
    edges = [shape.boundary for shape in frame.geometry]
    draw_shapes(axes, edges, view, order=_ZONES, edgecolor=ZONES["color"], linewidth=0.8, linestyle="-.")
    if len(frame) > _MOST_ZONE_NAMES:
        return
    for name, shape in zip(frame["name"], frame.geometry, strict=True):
        at = shape.representative_point()
        if isinstance(name, str) and view.west < at.x < view.east and view.south < at.y < view.north:
            look: dict[str, Any] = {"ha": "center", "va": "center", "zorder": _ZONES + 1, "clip_on": True}
            pen.place(axes, (at.x, at.y), name, points * 1.1, colour=ZONES["color"], **look)


def _draw_watermark(axes: Any, audit: Audit, pen: Pen, points: float) -> None:
    """A sheet of invented data or of a draft says so across its map."""
    marks = [STAMPS[key].say(audit.facts.language) for key in borne_stamps(audit) if key in ("fictional", "draft")]
    if marks:
        look: dict[str, Any] = {"rotation": 30, "alpha": 0.16, "ha": "center", "va": "center", "zorder": _WATERMARK}
        pen.place(axes, (0.5, 0.5), " · ".join(marks), points * 6, colour=STAMP, transform=axes.transAxes, **look)
