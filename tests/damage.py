"""Streets broken on purpose: what careless drawing does to centre lines, by a seeded random generator."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.tables import Streets
from circle15.read.joints import joints_by_coordinate

Line = list[tuple[float, float]]


@dataclass
class Damage:
    """Breaks lines, each joint once; ``done`` counts what was done. Nothing is moved by more than ``most_m``."""

    streets: Streets
    most_m: float
    seed: int
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.lines: list[Line] = [list(line.coords) for line in self.streets.frame.geometry]
        self.rows = list(range(len(self.lines)))
        self.use = Counter(at for line in self.lines for at in line)
        self.broken_at: set[tuple[float, float]] = set()

    def broken(self) -> Streets:
        """The streets with a third of their ends and joints broken; they join where vertices coincide."""
        for row in range(len(self.lines)):
            self._drop_vertices(row)
            for last in (False, True):
                self._break_end(row, last=last)
        for row in self.random.choice(len(self.lines), len(self.lines) // 10, replace=False).tolist():
            self._copy(row)
        geometry = np.array([shapely.LineString(line) for line in self.lines], dtype=object)
        frame = self.streets.frame.iloc[self.rows].reset_index(drop=True).set_geometry(geometry)
        return Streets.join(frame, joints_by_coordinate(geometry))

    def _drop_vertices(self, row: int) -> None:
        """Joints inside a line that lie on the straight between their neighbours: half of them are left out."""
        line = self.lines[row]
        for at in line[1:-1]:
            here = line.index(at)
            if self.use[at] < 2 or at in self.broken_at or self.random.random() < 0.5 or here in (0, len(line) - 1):
                continue
            chord = shapely.LineString([line[here - 1], line[here + 1]])
            if line.count(at) == 1 and chord.distance(shapely.Point(at)) <= 0.01:
                del line[here]
                self.broken_at.add(at)
                self.done["crossing without a vertex"] += 1

    def _break_end(self, row: int, *, last: bool) -> None:
        """An end that is joined to others stops short of them, or runs past them."""
        line = self.lines[row] if last else self.lines[row][::-1]
        step = np.subtract(line[-1], line[-2])
        length = float(np.hypot(*step))
        if (
            self.use[line[-1]] < 2
            or line[-1] in self.broken_at
            or length < 5 * self.most_m
            or line[0] == line[-1]
            or self.random.random() < 0.67
        ):
            return
        self.broken_at.add(line[-1])
        over = self.random.random() < 0.5
        by = self.random.uniform(0.1, 0.9) * self.most_m
        moved = np.array(line[-1]) + step / length * (by if over else -by)
        line[-1] = (round(float(moved[0]), 3), round(float(moved[1]), 3))
        self.lines[row] = line if last else line[::-1]
        self.done["overshoot" if over else "gap"] += 1

    def _copy(self, row: int) -> None:
        """A line is there twice, exactly or nearly."""
        line = np.array(self.lines[row])
        jitter: NDArray[np.float64] = self.random.uniform(-0.3, 0.3, line.shape) * self.most_m * self.random.integers(2)
        self.lines.append([(round(float(x), 3), round(float(y), 3)) for x, y in line + jitter])
        self.rows.append(self.rows[row])
        self.done["duplicate"] += 1
