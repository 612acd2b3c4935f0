"""Writing on a sheet: texts in millimetres from its upper left corner, broken into lines, in the packaged font."""

from __future__ import annotations

from typing import Any, Literal

from matplotlib.font_manager import FontProperties

from circle15.show.letters import Letters
from circle15.show.lines import broken

_MM_PER_POINT = 25.4 / 72
# Of the size of the print: from line to line, and from the upper edge of a line to its baseline.
_LEADING, _ASCENT = 1.45, 1.12
BLACK, GREY, STAMP = "#1b1f24", "#595959", "#C00000"

Side = Literal["left", "center", "right"]


class Pen:
    """Writes on the page of a sheet; ``page`` is axes whose unit is the millimetre, downwards."""

    def __init__(self, page: Any, letters: Letters, font: Any) -> None:
        self.page, self.letters, self.font = page, letters, font

    def line(self, points: float) -> float:
        """The height of a line in mm."""
        return points * _LEADING * _MM_PER_POINT

    def lines(self, text: str, width_mm: float, points: float) -> list[str]:
        """A text broken into lines of this width, with a mark for what the font lacks."""
        shown, width = self.letters.shown(text), width_mm / _MM_PER_POINT
        return broken(shown, [width], lambda part: self.letters.width(part, points))

    def width(self, text: str, points: float) -> float:
        """The width of a text in mm."""
        return self.letters.width(self.letters.shown(text), points) * _MM_PER_POINT

    def write(self, x: float, y: float, text: str, points: float, *, colour: str = BLACK, side: Side = "left") -> None:
        """One line whose upper edge is at ``y``; nothing in it is markup."""
        baseline = y + points * _MM_PER_POINT * _ASCENT
        self.place(self.page, (x, baseline), text, points, colour=colour, ha=side, va="baseline")

    def place(
        self, axes: Any, at: tuple[float, float], text: str, points: float, *, colour: str = BLACK, **look: Any
    ) -> None:
        """A text anywhere on any axes, as it is."""
        font = FontProperties(fname=str(self.font), size=points)
        axes.text(*at, self.letters.shown(text), fontproperties=font, color=colour, parse_math=False, **look)
