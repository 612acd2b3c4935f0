"""Invented towns, drawn in characters or laid out as a grid: small inputs whose answers are worked out by hand.

One character across and one line down are both one cell::

    town = draw('''
        A-----B
              |
              C
    ''', streets=["AB", "BC"], cell_m=100)

has a street of 600 m from A to B and one of 200 m from B to C, joined at B.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.errors import ConfigError
from circle15.core.tables import Streets
from circle15.core.text import Text, first_ids
from circle15.core.units import MM_PER_M, mm_from_m

# Characters that only show where a street runs; every other one that is not white space names a place.
DECORATION = frozenset("-|/\\+.")
ORIGIN_M = (500_000.0, 2_700_000.0)

Place = tuple[int, int]


@dataclass(frozen=True)
class Town:
    """Streets and named places. ``places`` holds x and y of each in millimetres of the study CRS."""

    streets: Streets
    places: Mapping[str, Place]

    def point(self, name: str) -> Any:
        """The shapely Point of a place, in metres of the study CRS. Raises ConfigError for an unknown name."""
        return self.points([name])[0]

    def points(self, names: Iterable[str]) -> Any:
        """An array of shapely Points, one for each name, in metres of the study CRS.

        Raises ConfigError with every unknown name.
        """
        return shapely.points(self.points_mm(names) / MM_PER_M)

    def points_mm(self, names: Iterable[str]) -> NDArray[np.int64]:
        """Coordinates [n, 2] in whole millimetres of the study CRS. Raises ConfigError with every unknown name."""
        wanted = list(names)
        unknown = [name for name in wanted if name not in self.places]
        if unknown:
            raise ConfigError(_unknown(unknown, "points", self.places))
        return np.array([self.places[name] for name in wanted], dtype=np.int64).reshape(-1, 2)


def draw(
    drawing: str,
    streets: Sequence[str],
    *,
    cell_m: float = 100.0,
    origin: tuple[float, float] = ORIGIN_M,
) -> Town:
    r"""A town from a drawing in characters.

    The common indentation and the empty lines round the drawing do not count. Every character but white space
    and ``- | / \ + .`` names the place where it stands: in column c of line r at origin + (c, −r) cells of
    ``cell_m`` metres. Decoration means nothing to the program: only ``streets`` makes streets, each a string of
    two or more place names (``"ABCA"`` is a closed ring), and they join where they pass through the same place.

    Coordinates are metres of the study CRS, on the whole-millimetre grid. Raises ConfigError with every problem:
    a name drawn twice, a street of fewer than two places or through a place that is not drawn, no street at all.
    """
    spots = _named_spots(drawing)
    drawn = dict(spots)
    problems = _drawing_problems(spots) + _street_problems(streets, drawn)
    if problems:
        raise ConfigError(problems)
    places = _place_cells(drawn, cell_m, origin)
    return Town(_join_streets([(street, list(street)) for street in streets], places), places)


def grid(
    columns: int,
    rows: int,
    spacing_m: float,
    *,
    origin: tuple[float, float] = ORIGIN_M,
) -> Town:
    """A town of ``columns`` × ``rows`` crossings, ``spacing_m`` metres apart, with one street for each grid line.

    The crossing in column c (eastwards) and row r (southwards), counted from 0, is the place ``"c,r"``; it lies at
    origin + (c, −r) spacings. Streets are joined at every crossing. Raises ConfigError below 2 × 2 crossings.
    """
    if min(columns, rows) < 2:
        raise ConfigError(
            Text(
                zh=f"网格至少需要 2 × 2 个交叉口，给出的是 {columns} × {rows}。请加大行列数。",
                en=f"A grid needs at least 2 × 2 crossings, not {columns} × {rows}. Give more columns or rows.",
            )
        )
    cells = {f"{column},{row}": (column, row) for row in range(rows) for column in range(columns)}
    lines = [(f"row {row}", [f"{column},{row}" for column in range(columns)]) for row in range(rows)]
    lines += [(f"column {column}", [f"{column},{row}" for row in range(rows)]) for column in range(columns)]
    places = _place_cells(cells, spacing_m, origin)
    return Town(_join_streets(lines, places), places)


def _named_spots(drawing: str) -> list[tuple[str, tuple[int, int]]]:
    lines = textwrap.dedent(drawing.expandtabs()).strip("\n").splitlines()
    return [
        (character, (column, row))
        for row, line in enumerate(lines)
        for column, character in enumerate(line)
        if not character.isspace() and character not in DECORATION
    ]


def _drawing_problems(spots: Sequence[tuple[str, tuple[int, int]]]) -> list[Text]:
    counted = Counter(name for name, _ in spots)
    twice = [name for name, count in counted.items() if count > 1]
    if not twice:
        return []
    return [
        Text(
            zh=f"图中有 {len(twice)} 个地名出现多次（{first_ids(twice)}）。每个地名只能画一次。",
            en=f"The drawing names {len(twice)} places more than once ({first_ids(twice)}): draw each name once.",
        )
    ]


def _street_problems(streets: Sequence[str], drawn: Mapping[str, tuple[int, int]]) -> list[Text]:
    if not streets:
        return [
            Text(zh="没有给出道路。请在 streets 中写出道路经过的地名。", en="No street is given: name some in streets.")
        ]
    problems = []
    short = [street for street in streets if len(set(street)) < 2]
    if short:
        problems.append(
            Text(
                zh=f"{len(short)} 条道路经过的地点不足两个（{first_ids(map(repr, short))}）。请至少写两个不同的地名。",
                en=f"{len(short)} streets pass fewer than two places ({first_ids(map(repr, short))}): "
                f"name at least two.",
            )
        )
    for street in streets:
        unknown = [name for name in street if name not in drawn]
        if unknown:
            problems.append(_unknown(unknown, repr(street), drawn))
    return problems


def _unknown(names: Sequence[str], where: str, known: Mapping[str, Any]) -> Text:
    return Text(
        zh=f"{where}：有 {len(names)} 个地名不在图中（{first_ids(names)}）；图中有：{first_ids(known, 8)}。"
        f"请更正地名。",
        en=f"{where}: {len(names)} names are not drawn ({first_ids(names)}); drawn are: {first_ids(known, 8)}. "
        f"Correct the names.",
    )


def _place_cells(cells: Mapping[str, tuple[int, int]], cell_m: float, origin: tuple[float, float]) -> dict[str, Place]:
    """Millimetres of each cell; the cell is rounded first, so that equal numbers of cells are equally long."""
    east, north, step = mm_from_m(origin[0]), mm_from_m(origin[1]), mm_from_m(cell_m)
    return {name: (east + column * step, north - row * step) for name, (column, row) in cells.items()}


def _join_streets(lines: Sequence[tuple[str, Sequence[str]]], places: Mapping[str, Place]) -> Streets:
    """The table of streets, given as id and places: vertices join where they stand at the same place."""
    joint = {name: number for number, name in enumerate(places)}
    vertices = np.array([joint[name] for _, line in lines for name in line], dtype=np.int64)
    metres = {name: (x / MM_PER_M, y / MM_PER_M) for name, (x, y) in places.items()}
    geometry = [shapely.LineString([metres[name] for name in line]) for _, line in lines]
    frame = geopandas.GeoDataFrame({"street_id": [street_id for street_id, _ in lines]}, geometry=geometry)
    return Streets.join(frame, vertices)
