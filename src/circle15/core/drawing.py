"""How areas round streets are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Method = Literal["grid", "exact"]
Holes = Literal["kept", "filled"]

METHODS: tuple[Method, ...] = get_args(Method)
HOLE_POLICIES: tuple[Holes, ...] = get_args(Holes)
# Cells with a diagonal longer than the drawn width might leave a street out.
MOST_CELL_M = 15.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """``grid``: contours of a distance field with cells of ``cell_m``; ``exact``: buffers of streets.

    ``holes`` says whether places inside an area that no reached street is near to are left open or filled.
    """

    method: Method = "grid"
    cell_m: float = 10.0
    holes: Holes = "kept"

    @property
    def resolution_m(self) -> float | None:
        """The size of a cell; None where nothing is rastered."""
        return self.cell_m if self.method == "grid" else None
