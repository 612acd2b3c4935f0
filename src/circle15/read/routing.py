"""The keys of ``[route]`` in a study, and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from circle15.core.cleaning import Cleaning
from circle15.core.drawing import HOLE_POLICIES, METHODS, MOST_CELL_M, Drawing
from circle15.core.text import Text
from circle15.core.units import mm_from_m
from circle15.read.strict import Key, check

_ROUTE_KEYS = (
    Key("max_access_leg_m", "positive number"),
    Key("cutoff_m", "positive number"),
    Key("pace", "table of texts"),
    Key("clean", "table"),
    Key("areas", "table"),
    Key("cache", "text"),
)
_AREAS_KEYS = (
    Key("method", "text", choices=METHODS),
    Key("cell_m", "positive number"),
    Key("holes", "text", choices=HOLE_POLICIES),
)
_CLEAN_KEYS = (
    Key("tolerance_m", "positive number", required=True),
    Key("crossings", "flag"),
    Key("islands_m", "positive number"),
)
_MOST_TOLERANCE_M = 10.0


def route_problems(table: Mapping[str, Any]) -> list[Text]:
    """All that is wrong with ``[route]``."""
    problems = check(table, _ROUTE_KEYS, "[route]")
    if problems:
        return problems
    problems += check(table.get("areas", {}), _AREAS_KEYS, "[route].areas")
    problems += check(table["clean"], _CLEAN_KEYS, "[route].clean") if "clean" in table else []
    if problems:
        return problems
    drawn, clean = table.get("areas", {}), table.get("clean", {})
    return [
        *_too_large(drawn.get("cell_m", 0), MOST_CELL_M, "[route].areas.cell_m"),
        *_too_large(clean.get("tolerance_m", 0), _MOST_TOLERANCE_M, "[route].clean.tolerance_m"),
    ]


def _too_large(value: float, most: float, where: str) -> list[Text]:
    if value <= most:
        return []
    return [Text(f"{where} = {value:g}：最大为 {most:g}。", f"{where} = {value:g}: at most {most:g}.")]


def drawing(table: Mapping[str, Any]) -> Drawing:
    """How areas are drawn."""
    return Drawing(**table.get("areas", {}))


def cleaning(table: Mapping[str, Any]) -> Cleaning | None:
    """What is repaired of the streets; None where nothing is asked for."""
    if "clean" not in table:
        return None
    clean = table["clean"]
    return Cleaning(mm_from_m(clean["tolerance_m"]), clean.get("crossings", True), mm_from_m(clean.get("islands_m", 0)))
