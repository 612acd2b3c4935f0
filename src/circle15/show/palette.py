"""Colours and line styles of the maps, on the page and on paper, as Leaflet names them.

The four classes stay apart under every colour-blindness; the two middle ones are outlined so that they stay apart
in grey print too.
"""

from __future__ import annotations

import math
from typing import Any

Style = dict[str, Any]

BLUE, LIGHT_BLUE, AMBER, RED = "#0b4f8a", "#6fb1e0", "#f2b544", "#a3320b"
GREY, LIGHT_GREY = "#8d96a0", "#d5d9de"


def _home(fill: str, outline: str | None = None) -> Style:
    return {
        "fillColor": fill,
        "fillOpacity": 0.85,
        "color": outline or fill,
        "weight": 1.2 if outline else 0.6,
    }


CLASS_STYLES = {
    "both": _home(BLUE),
    "metre": _home(LIGHT_BLUE, "#1d4a70"),
    "time": _home(AMBER, "#6d4700"),
    "none": _home(RED),
    "pass": _home(BLUE),
    "fail": _home(RED),
    "unknown": _home(GREY),
    "not_applicable": _home(LIGHT_GREY, GREY),
}

# Shares of zones: each colour from this share on.
SHARE_STEPS = ((0.0, "#e3ecf5"), (0.2, "#a9c8e4"), (0.4, "#6fb1e0"), (0.6, "#2f78b7"), (0.8, "#0b4f8a"))

STREETS: Style = {"color": "#a9a396", "weight": 1.1, "opacity": 0.9, "fill": False}
ZONES: Style = {"color": "#4b5563", "weight": 1.5, "dashArray": "8 4 2 4", "fill": False}
CANDIDATES: Style = {"fillColor": "#ffffff", "fillOpacity": 0.9, "color": "#334155", "weight": 1.5, "dashArray": "2 2"}
# Where no site may stand.
DROPPED: Style = {"fillColor": "#1f2937", "fillOpacity": 0.25, "color": "#b91c1c", "weight": 2, "dashArray": "1 3"}
GAINS: Style = {"color": "#00a88f", "weight": 2.5, "fill": False}

# by unit of the limit and metric
_AREA_COLOURS = {("m", "straight_line"): "#2f78b7", ("m", "network"): "#0f766e", ("min", "network"): "#b07a10"}
_OTHER_AREA = "#26323f"
_CONSTRAINTS = {"forbid": "#b91c1c", "require": "#1d4ed8", "warn": "#b45309"}
_TYPE_COLOURS = ("#5b2a86", "#0f766e", "#be185d", "#57534e", "#4d7c0f", "#1d4ed8", "#7c2d12", "#111827")


def drawn_area(unit: str, metric: str, opacity: float) -> Style:
    """The style of a drawn area under a limit of this unit, by this metric."""
    colour = _AREA_COLOURS.get((unit, metric), _OTHER_AREA)
    return {"color": colour, "weight": 1.2, "dashArray": "5 4", "fillColor": colour, "fillOpacity": opacity}


def constraint_area(effect: str) -> Style:
    """The style of constraint areas by what they ask for; what must be kept inside of is an outline."""
    colour = _CONSTRAINTS[effect]
    filling = 0.02 if effect == "require" else 0.14
    return {"color": colour, "weight": 1.6, "dashArray": "6 3", "fillColor": colour, "fillOpacity": filling}


def share_colour(share: float | None) -> str:
    """The colour of a zone by its share; grey where there is nothing to share."""
    if share is None or math.isnan(share):
        return LIGHT_GREY
    return max((step for step in SHARE_STEPS if share >= step[0]), default=SHARE_STEPS[0])[1]


def type_colour(place: int) -> str:
    """The colour of the facility type at this place of the list; after the last one they come again."""
    return _TYPE_COLOURS[place % len(_TYPE_COLOURS)]


def facility_to_be(colour: str) -> Style:
    """The style of a facility that does not operate: planned, under construction, closed, not handed over."""
    return {"fillColor": "#ffffff", "fillOpacity": 0.9, "color": colour, "weight": 2.5}


def facility(colour: str) -> Style:
    """The style of an existing facility."""
    return {"fillColor": colour, "fillOpacity": 1, "color": "#ffffff", "weight": 2}
