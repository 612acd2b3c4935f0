"""Sizes of paper and true scales."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import count

MM_PER_INCH = 25.4
_MM_PER_M = 1000
# First digits of the scales that maps are drawn at.
_SCALES = (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8, 10)
_LENGTHS = (1, 2, 5, 10)
# The rim round what is shown, as a share of it.
_RIM = 0.06


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet: its size, the blank margin round its frame, and the size of its small print."""

    width_mm: float
    height_mm: float
    margin_mm: float
    points: float


PAPERS = {"A4": Paper(297, 210, 8, 6.5), "A3": Paper(420, 297, 10, 8.5)}
# As wide as the text of report.docx and report.pdf.
FIGURE = Paper(156, 190, 0.5, 6)


@dataclass(frozen=True, slots=True)
class Window:
    """What a map shows: the extent in metres of the study CRS, and how many metres stand for one on paper."""

    west: float
    south: float
    east: float
    north: float
    scale: float


def window(bounds: tuple[float, float, float, float], width_mm: float, height_mm: float) -> Window:
    """The window that shows ``bounds`` (west, south, east, north) with a rim at the largest round scale that holds it.

    A single place is shown at 1 : 1000.
    """
    west, south, east, north = bounds
    least = max((east - west) / width_mm, (north - south) / height_mm) * (1 + 2 * _RIM) * _MM_PER_M
    scale = round_up(max(least, 1000.0), _SCALES)
    half_x, half_y = (side * scale / _MM_PER_M / 2 for side in (width_mm, height_mm))
    x, y = (west + east) / 2, (south + north) / 2
    return Window(x - half_x, y - half_y, x + half_x, y + half_y, scale)


def bar_metres(scale: float, most_mm: float) -> float:
    """The longest round length of a scale bar that takes no more than ``most_mm`` on paper."""
    most = most_mm * scale / _MM_PER_M
    power = 10.0 ** math.floor(math.log10(most))
    return max(length * power for length in _LENGTHS if length * power <= most)


def round_up(value: float, digits: tuple[float, ...]) -> float:
    """The smallest of ``digits`` times a power of ten that is not below ``value``."""
    start = math.floor(math.log10(value))
    return next(each * 10.0**power for power in count(start) for each in digits if each * 10.0**power >= value)
