"""The counting rules: how a plan is read where its clauses leave the counting open. Each is a switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from circle15.core.text import Text


def _switch(default: Any, zh: str, en: str, *choices: str) -> Any:
    return field(default=default, metadata={"meaning": Text(zh, en), "choices": choices})


@dataclass(frozen=True, slots=True)
class Counting:
    """How facilities, people and zones are counted for a rule. What is not told otherwise is the default."""

    households_new: str = _switch(
        "planned_dwellings",
        "新建小区“每百户”的户数",
        "the households of new areas",
        "planned_dwellings",
        "households",
    )
    households_existing: str = _switch(
        "households",
        "已建成小区“每百户”的户数",
        "the households of existing areas",
        "households",
        "planned_dwellings",
    )
    people_per_household: float = _switch(
        0.0,
        "户均人口：大于 0 时，没有实有户数的小区由人口推算，标明推算",
        "people in a household: above 0, households that are missing are estimated from residents, and marked so",
    )
    residents: str = _switch(
        "population",
        "“每千人口”的人口：常住或户籍",
        "the people of ratios: residents, or those registered",
        "population",
        "registered_population",
    )
    below_ground: bool = _switch(default=False, zh="地下、半地下建筑面积计入", en="floor area below ground counts")
    not_handed_over: bool = _switch(
        default=False, zh="未移交的建筑面积计入", en="floor area that is not handed over counts"
    )
    shared_room: str = _switch(
        "once",
        "几处设施共用的用房（room_id 相同）计一次或各计一次",
        "a room that facilities share (the same room_id) counts once, or once for each",
        "once",
        "each",
    )
    institutions: bool = _switch(
        default=False, zh="养老机构的床位用房计入小区配建", en="the buildings of institutions count as those of areas"
    )
    belongs_by: str = _switch(
        "serves_or_code",
        "配建设施的归属：先按 serves 再按社区代码，或只按其一",
        "what a facility belongs to: serves, else the code of its community; or one of them alone",
        "serves_or_code",
        "serves",
        "code",
    )
    villages: str = _switch(
        "apart",
        "社区覆盖率的单元：村另计，或与社区合计",
        "the units of shares of communities: villages apart, or counted with them",
        "apart",
        "with_communities",
    )
    border_m: float = _switch(
        50.0,
        "距区划边界多少米以内的设施列出备查",
        "facilities this near to a border of zones are listed, in metres",
    )
    urban_rural_code: bool = _switch(
        default=True,
        zh="没有城乡列时按城乡分类代码",
        en="urban and rural by the classification code where the column is missing",
    )
    care_land: str = _switch(
        "zone_total",
        "养老用地：统计单元合计（没有时取地块），或只取地块，或设施用地相加",
        "land for care: totals of zones, else parcels; or parcels alone; or the sum over facilities",
        "zone_total",
        "parcels",
        "facilities",
    )
    care_land_codes: tuple[str, ...] = _switch(
        ("080701",),
        "计为养老用地的地块用途代码（按开头匹配）",
        "the use codes of parcels that are land for care, by how they begin",
    )
    stands: str = _switch(
        "operating",
        "以运营的设施为准，或以建成的设施为准",
        "the sites that decide: those that operate, or those built",
        "operating",
        "built",
    )
    status_absent: str = _switch(
        "counts",
        "没有状态列时设施计入，或判为资料不足",
        "without a status column facilities count, or nobody can say",
        "counts",
        "unknown",
    )
    sites_add_up: bool = _switch(
        default=False, zh="同一单元内几处小设施的面积可以相加", en="small sites of one zone add up"
    )
    kindergarten_class: bool = _switch(
        default=False, zh="幼儿园托班算托育机构", en="a class of a kindergarten is a nursery"
    )


DEFAULTS = Counting()


@dataclass(frozen=True, slots=True)
class Switch:
    """One counting rule: its default, the values it may have where they are words, and what it says."""

    name: str
    default: Any
    choices: tuple[str, ...]
    meaning: Text


SWITCHES: Mapping[str, Switch] = {
    each.name: Switch(each.name, each.default, each.metadata["choices"], each.metadata["meaning"])
    for each in fields(Counting)
}


def departures(counting: Counting) -> dict[str, Any]:
    """The switches that are not at their default, with their values."""
    values = {name: getattr(counting, name) for name in SWITCHES}
    return {name: value for name, value in values.items() if value != SWITCHES[name].default}
