"""What stands on the map of a sheet besides the map: scale bar, north arrow, attribution, each on white."""

from __future__ import annotations

from typing import Any

from matplotlib.patches import Rectangle

from circle15.core.results import Audit
from circle15.core.text import Text
from circle15.show.sheets.paper import Window, bar_metres
from circle15.show.sheets.pen import BLACK, GREY, Pen
from circle15.show.titles import attributions

Box = tuple[float, float, float, float]

_LONGEST_BAR_MM = 40.0
_INSET, _BAR_MM = 3.0, 1.3
_UNDER, _OVER = 50, 51


def draw_furniture(audit: Audit, view: Window, box: Box, pen: Pen, points: float) -> None:
    """All of it, on the page; ``box`` is the map's left, upper, right and lower edge in mm."""
    left, top, right, bottom = box
    _draw_bar(view, left + _INSET, bottom - _INSET, pen, points)
    _draw_north(Text("北", "N").say(audit.facts.language), right - 7, top + _INSET, pen, points)
    _draw_credit(" · ".join(attributions(audit)), right, bottom, pen, points * 0.9)


def _draw_bar(view: Window, x: float, y: float, pen: Pen, points: float) -> None:
    metres = bar_metres(view.scale, _LONGEST_BAR_MM)
    length, step = metres * 1000 / view.scale, pen.line(points)
    label = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    _draw_white(pen.page, (x - 1.5, y - step - 2.5, length + 12, step + 4))
    for start, fill in ((x, BLACK), (x + length / 2, "white")):
        half = Rectangle((start, y - _BAR_MM), length / 2, _BAR_MM, facecolor=fill, edgecolor=BLACK, lw=0.6)
        pen.page.add_patch(half).set_zorder(_OVER)
    for at, text in ((x, "0"), (x + length, label)):
        pen.place(pen.page, (at, y - _BAR_MM - 0.7), text, points, ha="center", va="baseline", zorder=_OVER)


def _draw_north(word: str, x: float, y: float, pen: Pen, points: float) -> None:
    step = pen.line(points * 1.2)
    _draw_white(pen.page, (x - 4, y - 1, 8, step + 10))
    pen.place(pen.page, (x, y + step * 0.7), word, points * 1.2, ha="center", va="baseline", zorder=_OVER)
    tip, tail, waist = y + step, y + step + 8, y + step + 6
    for side, fill in ((-2.2, BLACK), (2.2, "white")):
        corners = [x, x + side, x], [tip, tail, waist]
        pen.page.fill(*corners, facecolor=fill, edgecolor=BLACK, lw=0.6, zorder=_OVER)


def _draw_credit(credit: str, right: float, bottom: float, pen: Pen, points: float) -> None:
    if not credit:
        return
    width, step = pen.width(credit, points) + 2, pen.line(points)
    _draw_white(pen.page, (right - width - 0.3, bottom - step - 0.9, width, step + 0.6))
    look = {"ha": "right", "va": "baseline", "zorder": _OVER}
    pen.place(pen.page, (right - 1.3, bottom - 0.35 * step - 0.7), credit, points, colour=GREY, **look)


def _draw_white(page: Any, box: Box) -> None:
    left, top, width, height = box
    ground = Rectangle((left, top), width, height, facecolor="white", edgecolor="none", alpha=0.85)
    page.add_patch(ground).set_zorder(_UNDER)
