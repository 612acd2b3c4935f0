"""What is repaired of streets that were drawn carelessly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cleaning:
    """Repairs move nothing by more than ``tolerance_mm``.

    ``crossings``: streets of one level that cross without a common vertex are joined there. ``island_mm``:
    unconnected parts shorter than that are left out; 0 leaves none out.
    """

    tolerance_mm: int
    crossings: bool = True
    island_mm: int = 0
