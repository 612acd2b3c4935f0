"""Streets and points → distances; drawn areas. Lengths are integer millimetres, coordinates too.

What distances need is loaded at once, the rest when it is first used: the engine alone starts without pandas, scipy
and geopandas. A function with the name of its module is imported from there (``circle15.route.access.access``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from circle15.route.engine import AUTO, Engine, prepare
from circle15.route.network import Network
from circle15.route.places import Places, merge, plain
from circle15.route.reach import Nearest, Pairs, distances, nearest, pairs
from circle15.route.sight import Barriers, barriers
from circle15.route.snap import Anchors, Index, index, snap, unanchored

if TYPE_CHECKING:
    from circle15.route.advisor import Advice, Reading, advise, datum_finding
    from circle15.route.areas import draw, draw_each, draw_straight, reached, reached_by_each, reached_parts
    from circle15.route.assembly import build
    from circle15.route.effort import effort_findings, moved, walked
    from circle15.route.stored import NETWORK_FIELDS, network_arrays, network_from
    from circle15.route.straight import nearest_straight, straight_pairs

__all__ = [
    "AUTO",
    "NETWORK_FIELDS",
    "Advice",
    "Anchors",
    "Barriers",
    "Engine",
    "Index",
    "Nearest",
    "Network",
    "Pairs",
    "Places",
    "Reading",
    "advise",
    "barriers",
    "build",
    "datum_finding",
    "distances",
    "draw",
    "draw_each",
    "draw_straight",
    "effort_findings",
    "index",
    "merge",
    "moved",
    "nearest",
    "nearest_straight",
    "network_arrays",
    "network_from",
    "pairs",
    "plain",
    "prepare",
    "reached",
    "reached_by_each",
    "reached_parts",
    "snap",
    "straight_pairs",
    "unanchored",
    "walked",
]

_LATER = {
    "advisor": ("Advice", "Reading", "advise", "datum_finding"),
    "areas": ("draw", "draw_each", "draw_straight", "reached", "reached_by_each", "reached_parts"),
    "assembly": ("build",),
    "effort": ("effort_findings", "moved", "walked"),
    "stored": ("NETWORK_FIELDS", "network_arrays", "network_from"),
    "straight": ("nearest_straight", "straight_pairs"),
}


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
