"""Units. Lengths inside the program are integer millimetres, so sums are exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NewType, get_args

import numpy as np
from numpy.typing import NDArray

Millimetres = NewType("Millimetres", int)

Slope = Literal["", "tobler"]
Footing = tuple[float | None, Slope]
SLOPES: tuple[Slope, ...] = get_args(Slope)

# The ground of a pace that knows neither stairs nor slope.
EVEN: Footing = (None, "")

MM_PER_M = 1000
SECONDS_PER_MIN = 60


def round_half_up(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round to whole numbers as floor(x + 0.5), the rounding of every length here."""
    return np.floor(values + 0.5).astype(np.int64)


def exact(number: float) -> Fraction:
    """The decimal number a user wrote, as an exact fraction (0.1 is one tenth)."""
    return Fraction(repr(number))


def digits(number: float) -> str:
    """A number with all the digits that a user wrote, and no more: 700, 0.6, 1234567."""
    return f"{number:.15g}"


def mm_from_m(metres: float) -> Millimetres:
    """Whole millimetres of a length that a user wrote in metres, rounded half up.

    >>> mm_from_m(0.1), mm_from_m(0.0005), mm_from_m(1.0005)
    (100, 1, 1001)
    """
    return Millimetres((2 * exact(metres) * MM_PER_M + 1) // 2)


@dataclass(frozen=True, slots=True)
class Pace:
    """A named walking speed: the only bridge from distance to time.

    On even ground ``m_s``. ``stairs``: the share of that speed on stairs, as they are drawn on a map; ``slope``: the
    law by which slopes slow it down. None and empty: stairs and slopes are walked like even ground.
    """

    name: str
    m_s: float
    stairs: float | None = None
    slope: Slope = ""

    @property
    def footing(self) -> Footing:
        """What it knows of the ground."""
        return self.stairs, self.slope

    @property
    def is_even(self) -> bool:
        """Whether it walks all streets alike."""
        return self.footing == EVEN

    @property
    def mm_s(self) -> Fraction:
        """Millimetres per second, exact."""
        return exact(self.m_s) * MM_PER_M

    def minutes(self, mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Walking minutes for lengths in millimetres (NaN stays NaN). For showing: verdicts compare millimetres."""
        return mm / float(self.mm_s * SECONDS_PER_MIN)
