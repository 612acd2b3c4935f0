"""Limits whose operator is data, and the predicates on them."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from circle15.core.errors import ConfigError
from circle15.core.text import Text
from circle15.core.units import MM_PER_M, SECONDS_PER_MIN, Millimetres, Pace, digits, exact

Operator = Literal["<", "<=", ">", ">="]

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
UPPER: tuple[Operator, ...] = ("<", "<=")
SYMBOLS: dict[str, str] = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold of a clause: ``value op limit`` must hold. ``unit`` is m, min, or that of a ratio."""

    op: Operator
    value: float
    unit: str

    def holds(self, values: Any) -> Any:
        """Whether each value passes; NaN never does."""
        return OPERATORS[self.op](values, self.value)

    def margin(self, values: Any) -> Any:
        """How far inside the limit: limit − value for < and <=, value − limit for > and >=."""
        return self.value - values if self.op in UPPER else values - self.value

    def most_mm(self, pace: Pace | None = None) -> Millimetres:
        """The longest whole-millimetre walk that passes an upper limit in metres or minutes.

        A length of ``mm`` passes exactly if ``mm <= most_mm``: ``mm < 700,000`` is ``mm <= 699,999``,
        and ``mm <= 60 · minutes · pace`` is compared in exact fractions. May be −1: nothing passes.
        Raises ValueError for a lower limit, another unit, or minutes without a pace.

        >>> Limit("<", 700, "m").most_mm(), Limit("<=", 700, "m").most_mm()
        (699999, 700000)
        >>> Limit("<=", 15, "min").most_mm(Pace("elderly_slow", 0.8))
        720000
        """
        if self.op not in UPPER or self.unit not in ("m", "min"):
            raise ValueError(f"no walk is bounded by {self}")
        if self.unit == "m":
            bound = exact(self.value) * MM_PER_M
        elif pace is None:
            raise ValueError(f"{self} needs a pace")
        else:
            bound = exact(self.value) * SECONDS_PER_MIN * pace.mm_s
        return Millimetres(math.floor(bound) if self.op == "<=" else math.ceil(bound) - 1)

    def __str__(self) -> str:
        return f"{SYMBOLS[self.op]} {digits(self.value)} {self.unit}"


def parse_limits(text: str) -> list[Limit]:
    """Limits such as ``5min,15min,700m``, each met by a walk of at most that much. Raises ConfigError.

    >>> [str(limit) for limit in parse_limits("15min,700m")]
    ['≤ 15 min', '≤ 700 m']
    """
    return [_parse_limit(part.strip()) for part in text.split(",")]


def _parse_limit(text: str) -> Limit:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(min|m)", text)
    if found is None or float(found[1]) == 0:
        raise ConfigError(
            Text(f"{text!r} 不是限值，应形如 15min 或 700m。", f"{text!r} is no limit such as 15min or 700m.")
        )
    return Limit("<=", float(found[1]), found[2])
