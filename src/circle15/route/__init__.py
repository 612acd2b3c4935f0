"""Streets and points → distances; drawn areas. Lengths are integer millimetres, coordinates too."""

from circle15.route.access import Places, access
from circle15.route.areas import HOLES, draw, draw_straight, reached_parts
from circle15.route.health import health
from circle15.route.network import Network, build
from circle15.route.reach import Nearest, Pairs, distances, nearest, pairs
from circle15.route.snap import Anchors, snap, unanchored
from circle15.route.straight import nearest_straight, straight_pairs
from circle15.route.walks import walks

__all__ = [
    "HOLES",
    "Anchors",
    "Nearest",
    "Network",
    "Pairs",
    "Places",
    "access",
    "build",
    "distances",
    "draw",
    "draw_straight",
    "health",
    "nearest",
    "nearest_straight",
    "pairs",
    "reached_parts",
    "snap",
    "straight_pairs",
    "unanchored",
    "walks",
]
