"""What a plan of sites is asked beside its limits: preferences, zones that need a site, and years that are fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from circle15.core.rule import Rule


@dataclass(frozen=True, slots=True)
class ZoneShare:
    """An assumption: of the weight in each zone of a ``level`` a ``share`` is covered at the end.

    ``urban_rural``: of urban or rural zones alone, where it says so.
    """

    level: str
    share: Fraction
    urban_rural: str
    label: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """Each empty where nothing is asked.

    ``prefer``: how many times counts what a preferred site serves, by the rule that prefers it, 1 or more. ``aim``: a
    presence rule with a target that the plan must reach, of the pack or, with an ``aim_label``, an assumption;
    ``zone_share``: what must be covered of each zone instead.
    ``dates``: the year of the one site in each of these zones, or of a candidate; of ``schedule``, the rule that gives
    them, if one does. ``fewest``: how many sites each year of the plan has at least.
    """

    prefer: Mapping[str, Fraction] = field(default_factory=dict)
    aim: Rule | None = None
    aim_label: str = ""
    zone_share: ZoneShare | None = None
    dates: Mapping[str, int] = field(default_factory=dict)
    schedule: str = ""
    fewest: tuple[int, ...] = ()
