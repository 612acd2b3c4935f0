"""Candidates that a study asks to be made where it lists none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from circle15.core.text import Text

Origin = Literal["facilities", "compounds", "streets"]
ORIGINS: tuple[Origin, ...] = get_args(Origin)
GENERATED_WORDS: Mapping[str, Text] = {
    "facilities": Text("程序生成：现有设施", "generated: existing facility"),
    "compounds": Text("程序生成：居住小区", "generated: residential area"),
    "streets": Text("程序生成：道路沿线", "generated: along a street"),
}
SPACING_M = 200.0


@dataclass(frozen=True, slots=True)
class Generation:
    """Which candidates are made, and the side of the squares each of which holds at most one of a kind."""

    origins: tuple[Origin, ...] = ORIGINS
    spacing_m: float = SPACING_M
