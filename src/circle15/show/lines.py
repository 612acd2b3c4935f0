"""Where a line of text may end: Chinese anywhere but before a stop, other scripts between words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

# Full-width from here on; below, letters and digits hold together as words.
_FULL_WIDTH = 0x2E80
_NOT_FIRST = "!),.:;?]}%°·…—’”、。〉》」』】〕〗！），．：；？］｝％‰℃"
_NOT_LAST = "([{$#@§‘“〈《「『【〔〖（［｛＄￥"
_PIECES = re.compile(rf"\s+|[^\s{chr(_FULL_WIDTH)}-\U0010ffff]+|.", re.DOTALL)


def broken(text: str, widths: Sequence[float], measure: Callable[[str], float]) -> list[str]:
    """A text in lines as wide as ``widths``; the last width is that of all further lines.

    ``measure`` gives the width of a text. No line begins with a closing mark or ends with an opening one, words and
    numbers stay whole, unless a line holds nothing else. Nothing but the spaces at line ends is lost.
    """
    lines: list[str] = []
    line, used = "", 0.0
    for unit in _units(text):
        size = measure(unit)
        if line and used + size > _width(widths, lines) and not unit.isspace():
            lines.append(line.rstrip())
            line, used = "", 0.0
        if not line and unit.isspace():
            continue
        while size > _width(widths, lines) and len(unit) > 1:
            head = _head(unit, _width(widths, lines), measure)
            lines.append(head)
            unit = unit[len(head) :]  # noqa: PLW2901  # what is left of a word longer than a line
            size = measure(unit)
        line, used = line + unit, used + size
    return [*lines, line.rstrip()] if line.rstrip() or not lines else lines


def _width(widths: Sequence[float], lines: Sequence[str]) -> float:
    return widths[min(len(lines), len(widths) - 1)]


def _head(unit: str, width: float, measure: Callable[[str], float]) -> str:
    """As much of a unit as a line holds, at least one character."""
    used = 0.0
    for at, each in enumerate(unit):
        used += measure(each)
        if used > width and at:
            return unit[:at]
    return unit


def _units(text: str) -> Iterator[str]:
    """What may not be broken: a word or a character with the marks that belong to it."""
    unit = ""
    for piece in _PIECES.findall(text):
        if unit and not _hold_together(unit, piece):
            yield unit
            unit = ""
        unit += piece
    if unit:
        yield unit


def _hold_together(left: str, right: str) -> bool:
    if left[-1].isspace() or right.isspace():
        return False
    return right[0] in _NOT_FIRST or left[-1] in _NOT_LAST
