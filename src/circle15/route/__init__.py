"""Streets and points → distances; drawn areas. Lengths are integer millimetres, coordinates too."""

from circle15.route.access import access
from circle15.route.advisor import Advice, Reading, advise, datum_finding
from circle15.route.areas import HOLES, draw, draw_straight, reached_parts
from circle15.route.health import health
from circle15.route.network import Network, build
from circle15.route.places import Places, merge, plain
from circle15.route.reach import Nearest, Pairs, distances, nearest, pairs
from circle15.route.sight import Barriers, barriers
from circle15.route.snap import Anchors, Index, index, snap, unanchored
from circle15.route.straight import nearest_straight, straight_pairs
from circle15.route.walks import walks

__all__ = [
    "HOLES",
    "Advice",
    "Anchors",
    "Barriers",
    "Index",
    "Nearest",
    "Network",
    "Pairs",
    "Places",
    "Reading",
    "access",
    "advise",
    "barriers",
    "build",
    "datum_finding",
    "distances",
    "draw",
    "draw_straight",
    "health",
    "index",
    "merge",
    "nearest",
    "nearest_straight",
    "pairs",
    "plain",
    "reached_parts",
    "snap",
    "straight_pairs",
    "unanchored",
    "walks",
]
