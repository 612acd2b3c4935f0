"""What a plan of sites must keep to, as a ``[[site]]`` states it."""

from __future__ import annotations

from dataclasses import dataclass

from circle15.core.text import Text

# Constraints that a plan can be freed of, the softest first: what is given up when they clash.
KINDS = (
    "share",
    "separation",
    "quota_max",
    "quota_min",
    "year_min",
    "target",
    "zone_share",
    "dated",
    "budget",
    "forbidden",
    "mandatory",
)


# What a plan of several types is, of which nothing frees it: so many of each, and a site opens once.
PLACES_OF_TYPE, ONE_OF_SITE = "places_of_type", "one_of_site"

KIND_WORDS = {
    "share": Text("应达到的覆盖率", "the share to be covered"),
    "separation": Text("设点间距", "the separation"),
    "quota_max": Text("名额上限", "the most in each zone"),
    "quota_min": Text("名额下限", "the least in each zone"),
    "year_min": Text("各年度最少设点数", "the least in each year"),
    "target": Text("单元覆盖目标", "the target of zones"),
    "zone_share": Text("各单元应达到的覆盖率", "the share of each zone to be covered"),
    "dated": Text("定年设点", "the dated sites"),
    "budget": Text("投资上限", "the budget"),
    "forbidden": Text("禁止设点", "the forbidden sites"),
    "mandatory": Text("指定设点", "the mandatory sites"),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """Each None or empty where nothing is asked.

    ``quota_level``: of the zones that each have between ``quota_min`` and ``quota_max`` sites;
    ``min_separation_mm``: between any two sites, in a straight line; ``budget``: the most that all sites cost.
    """

    quota_level: str = ""
    quota_min: int = 0
    quota_max: int | None = None
    min_separation_mm: int | None = None
    budget: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """One constraint of a plan. ``name``: the zone or rule it speaks of, else empty; ``number``: what it asks for."""

    kind: str
    name: str = ""
    number: int = 0

    @property
    def softness(self) -> int:
        """0 is given up first."""
        return KINDS.index(self.kind)

    def say(self) -> Text:
        """The constraint in words."""
        words = {
            "share": Text(f"覆盖率达到 {self.number / 10:g}%", f"a share of {self.number / 10:g} % covered"),
            "separation": Text(
                f"设点间距不小于 {self.number / 1000:g} 米", f"sites at least {self.number / 1000:g} m apart"
            ),
            "quota_max": Text(f"{self.name} 至多 {self.number} 处", f"at most {self.number} in {self.name}"),
            "quota_min": Text(f"{self.name} 至少 {self.number} 处", f"at least {self.number} in {self.name}"),
            "year_min": Text(f"各年度至少 {self.name} 处", f"at least {self.name} in the years"),
            "target": Text(
                f"{self.name}：尚无设施的单元中至少 {self.number} 个设点",
                f"{self.name}: at least {self.number} of the zones without a site get one",
            ),
            "zone_share": Text(
                f"{self.name} 覆盖率达到 {self.number / 10:g}%",
                f"a share of {self.number / 10:g} % of {self.name} covered",
            ),
            "dated": Text(f"{self.name} 于 {self.number} 年度设 1 处", f"one in {self.name} in {self.number}"),
            "budget": Text(f"投资合计不超过 {self.number:,}", f"costs of at most {self.number:,} in all"),
            "forbidden": Text("禁止设点的名单", "the list of forbidden sites"),
            "mandatory": Text("指定设点的名单", "the list of mandatory sites"),
        }
        return words[self.kind]
