"""The tables the rooms exchange. Geometry is in the study CRS, on the whole-millimetre grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.constraints import CHECK_OUTCOMES, EFFECTS
from circle15.core.drawing import HOLE_POLICIES, METHODS
from circle15.core.errors import InternalError
from circle15.core.rule import AREA, FACILITY, STUDY, ZONE
from circle15.core.schema import Column, Table
from circle15.core.text import Text

OPERATING = "operating"
STATUS_WORDS = {
    OPERATING: Text("运营", "operating"),
    "construction": Text("在建", "under construction"),
    "planned": Text("规划", "planned"),
    "closed": Text("停用", "closed"),
    "not_handed_over": Text("未移交", "not handed over"),
}
STATUSES = tuple(STATUS_WORDS)
BUILD_MODES = ("new", "extended", "upgraded")
# The four stages of 四同步, housing and facility alike.
STAGES = {"planned": "规划", "built": "建成", "accepted": "验收", "handed_over": "移交"}
ZONE_LEVELS = ("community", "village", "town", "county")

_AREA_ID = Column(
    "area_id", "text", Text("小区编号", "residential area id"), required=True, nullable=False, unique=True
)
_FACILITY_ID = Column(
    "facility_id", "text", Text("设施编号", "facility id"), required=True, nullable=False, unique=True
)
_GEOMETRY = Column("geometry", "geometry", Text("位置", "location"), required=True, nullable=False)
_PLACE = Column("geometry", "geometry", Text("位置", "location"), required=True)
_NAME = Column("name", "text", Text("名称", "name"))
_ASSUMED = Column("assumed", "text", Text("推定说明", "what is assumed of this row"))
_ESTIMATED = Column("estimated", "text", Text("推算的列", "columns that are estimates, joined by +"))
_EDGE = Column("edge_m", "number", Text("至数据边界距离", "distance to the edge of the extract"), unit="m", least=0)


def _count(name: str, zh: str, en: str) -> Column:
    return Column(name, "number", Text(zh, en), least=0)


_PEOPLE = (
    _count("population", "常住人口", "residents"),
    _count("registered_population", "户籍人口", "registered people"),
    _count("pop60", "60岁及以上人口", "people aged 60 and over"),
    _count("pop65", "65岁及以上人口", "people aged 65 and over"),
    _count("pop80", "80岁及以上人口", "people aged 80 and over"),
    _count("pop0_3", "3岁以下婴幼儿", "children under three"),
)
_CODES = (
    Column("community_code", "text", Text("社区（村）代码", "community code")),
    Column("town_code", "text", Text("镇（街道）代码", "town code")),
    Column("county_code", "text", Text("县（市、区）代码", "county code")),
)
# Of results: what a row is about.
_RULE_ID = Column("rule_id", "text", Text("指标编号", "rule id"), required=True, nullable=False)
_LEVEL = Column("level", "text", Text("级别", "level"), required=True, nullable=False)
_ZONE_ID = Column("zone_id", "text", Text("区划代码", "zone id"), required=True, nullable=False)
_OF_AREA = Column("area_id", "text", Text("小区编号", "residential area id"), required=True, nullable=False)
_METRIC = Column("metric", "text", Text("度量", "metric"), required=True, nullable=False)
_UNKNOWN = Column("unknown", "number", Text("资料不足", "unknown"), required=True)


@dataclass(frozen=True)
class Streets(Table):
    """Lines that people can walk, and where they join.

    ``vertex_node`` names the joint of every vertex, aligned with the coordinates of all lines in row order:
    two lines meet exactly where they carry the same joint, never by crossing. ``vertex_height`` holds metres above
    any level, aligned likewise and NaN where unknown; None where the source gives none.
    """

    vertex_node: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    vertex_height: NDArray[np.float64] | None = None

    name: ClassVar[Text] = Text("道路", "streets")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("street_id", "text", Text("道路编号", "street id"), required=True, nullable=False),
        Column("highway", "text", Text("道路类型", "kind of street")),
        _NAME,
        # As the source writes them: a file may say viaduct or T, and call something else its layer.
        Column("layer", "text", Text("层次", "level, where it is a whole number: bridges above 0, tunnels below")),
        Column("bridge", "text", Text("桥梁", "bridge: any word but no")),
        Column("tunnel", "text", Text("隧道", "tunnel: any word but no")),
        Column("rise_m", "number", Text("终点高于起点", "its last point above its first"), unit="m"),
        _GEOMETRY,
    )

    @classmethod
    def join(
        cls,
        frame: Any,
        vertex_node: NDArray[np.int64],
        where: str = "",
        vertex_height: NDArray[np.float64] | None = None,
    ) -> Streets:
        """Check ``frame`` like :meth:`build` and wrap it with the joints, and the heights, of its vertices.

        Raises SchemaError, and InternalError where joints and vertices differ in number.
        """
        checked = cls.build(frame, where).frame
        count = shapely.get_num_coordinates(checked.geometry.to_numpy()).sum()
        if len(vertex_node) != count or (vertex_height is not None and len(vertex_height) != count):
            raise InternalError(Text("道路顶点与节点编号不对应", "street vertices and joints do not correspond"))
        return cls(checked, vertex_node, vertex_height)


@dataclass(frozen=True)
class Residential(Table):
    """Residential areas: points, or polygons of parcels or of buildings. They carry the demand."""

    name: ClassVar[Text] = Text("居住小区", "residential areas")
    columns: ClassVar[tuple[Column, ...]] = (
        _AREA_ID,
        _NAME,
        Column("footprint", "flag", Text("几何为建筑基底而非用地", "the geometry is a building, not a parcel")),
        _count("households", "户数", "households"),
        _count("planned_dwellings", "规划户数", "planned dwellings"),
        *_PEOPLE,
        Column("built", "text", Text("新建或已建成", "new or existing"), choices=("new", "existing")),
        Column("urban_rural", "text", Text("城乡", "urban or rural"), choices=("urban", "rural")),
        *_CODES[:2],
        *(
            Column(f"housing_{stage}", "date", Text(f"住宅{word}日期", f"date housing {stage}"))
            for stage, word in STAGES.items()
        ),
        Column("land_area_m2", "number", Text("居住用地面积", "residential land"), unit="m2", least=0),
        Column("floor_area_m2", "number", Text("住宅建筑面积", "residential floor area"), unit="m2", least=0),
        _EDGE,
        _ESTIMATED,
        _ASSUMED,
        _GEOMETRY,
    )


@dataclass(frozen=True)
class Facilities(Table):
    """Facilities of the types a pack knows. Without a ``status`` column every row counts.

    A row without geometry is 未定位: it counts by its codes where no distance is asked.
    """

    name: ClassVar[Text] = Text("设施", "facilities")
    columns: ClassVar[tuple[Column, ...]] = (
        _FACILITY_ID,
        Column("type", "text", Text("设施类型", "facility type"), required=True, nullable=False),
        _NAME,
        Column("status", "text", Text("状态", "status"), choices=STATUSES),
        Column("opened", "date", Text("启用日期", "opening date")),
        Column("floor_area_m2", "number", Text("建筑面积", "floor area"), unit="m2", least=0),
        Column("land_area_m2", "number", Text("用地面积", "land"), unit="m2", least=0),
        Column("beds", "integer", Text("床位", "beds"), least=0),
        Column("nursing_beds", "integer", Text("护理型床位", "nursing beds"), least=0),
        Column("nursery_places", "integer", Text("托位", "nursery places"), least=0),
        Column("seats", "integer", Text("餐位", "seats"), least=0),
        Column("persons_served_day", "number", Text("日供餐人数", "persons served a day"), least=0),
        Column("kitchen", "flag", Text("有厨房", "kitchen")),
        Column("dining_room", "flag", Text("有餐厅", "dining room")),
        Column("permit", "flag", Text("有食品经营许可", "food permit")),
        Column("rooms", "text", Text("功能室，以分号隔开", "rooms, separated by semicolons")),
        Column("functions", "text", Text("服务功能，以分号隔开", "functions, separated by semicolons")),
        *(Column(stage, "date", Text(f"{word}日期", f"date {stage}")) for stage, word in STAGES.items()),
        Column("stars", "integer", Text("星级", "stars"), least=0),
        Column("stars_before", "integer", Text("提升前星级", "stars before"), least=0),
        Column("type_before", "text", Text("提升前类型", "type before")),
        Column("build_mode", "text", Text("建设方式", "how built"), choices=BUILD_MODES),
        Column("hospital_agreement", "flag", Text("与二级以上医院签约", "agreement with a hospital")),
        Column("seismic", "flag", Text("符合抗震标准", "earthquake standard")),
        *(
            Column(f"has_{number}", "flag", Text(f"七个有之{number}", f"the {number}th of the seven"))
            for number in range(1, 8)
        ),
        Column("ownership", "text", Text("公办或民办", "public or private"), choices=("public", "private")),
        Column("operation", "text", Text("运营方式", "how operated")),
        Column("inclusive", "flag", Text("普惠", "inclusive")),
        Column("demonstration", "flag", Text("示范", "demonstration")),
        Column("filed", "flag", Text("已备案", "filed")),
        Column("serves", "text", Text("配建对象小区编号，以分号隔开", "areas it serves, separated by semicolons")),
        Column("unified_code", "text", Text("统一社会信用代码", "unified code")),
        Column("host", "text", Text("依托设施", "host")),
        Column(
            "room_id", "text", Text("用房编号，共用一处用房的设施相同", "room, the same where facilities share one")
        ),
        Column("floor", "text", Text("所在楼层", "floor")),
        *_CODES,
        _ASSUMED,
        _PLACE,
    )


@dataclass(frozen=True)
class Candidates(Table):
    """Places where a site may stand."""

    name: ClassVar[Text] = Text("备选点", "candidates")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("candidate_id", "text", Text("备选点编号", "candidate id"), required=True, nullable=False, unique=True),
        _NAME,
        Column("host", "text", Text("依托设施", "host")),
        Column("address", "text", Text("地址", "address")),
        Column("build_mode", "text", Text("建设方式", "how built"), choices=BUILD_MODES),
        Column("responsible", "text", Text("责任单位", "who is responsible")),
        Column("cost", "number", Text("投资", "cost"), least=0),
        Column("floor_area_m2", "number", Text("建筑面积", "floor area"), unit="m2", least=0),
        Column("seats", "integer", Text("餐位", "seats"), least=0),
        Column("beds", "integer", Text("床位", "beds"), least=0),
        _ESTIMATED,
        Column("generated", "flag", Text("程序生成", "made by the program")),
        _GEOMETRY,
    )
    families: ClassVar[tuple[Column, ...]] = (
        Column("cost_of_", "number", Text("只设这些类型的投资", "cost of these facility types together"), least=0),
    )

    @classmethod
    def cost_columns(cls, names: Iterable[Any]) -> dict[frozenset[str], list[str]]:
        """Of these headings those that say what types cost together, by the types they speak of."""
        (family,) = cls.families
        found: dict[frozenset[str], list[str]] = {}
        for name in [str(each) for each in names if str(each).startswith(family.name)]:
            found.setdefault(frozenset(name.removeprefix(family.name).split("+")), []).append(name)
        return found


@dataclass(frozen=True)
class Entrances(Table):
    """Gates of residential areas: whoever lives there walks out through one of them."""

    name: ClassVar[Text] = Text("出入口", "entrances")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("entrance_id", "text", Text("出入口编号", "entrance id"), required=True, nullable=False, unique=True),
        Column("area_id", "text", Text("所属小区编号", "id of its residential area"), required=True, nullable=False),
        _NAME,
        _GEOMETRY,
    )


@dataclass(frozen=True)
class Barriers(Table):
    """Lines and polygons that no one walks across: water, railways, walls. Streets pass them on bridges."""

    name: ClassVar[Text] = Text("阻隔", "barriers")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("barrier_id", "text", Text("阻隔编号", "barrier id"), required=True, nullable=False),
        Column("kind", "text", Text("阻隔类型", "kind of barrier")),
        _NAME,
        _GEOMETRY,
    )


@dataclass(frozen=True)
class Constraints(Table):
    """Areas where no site may stand, outside which none may stand, or of which sites are warned. One name, one layer.

    Their boundary belongs to them. Without ``effect`` the name decides: the control lines 三区三线 ask for what they
    are for, others warn.
    """

    name: ClassVar[Text] = Text("管控范围", "constraints")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("constraint_id", "text", Text("管控图斑编号", "constraint id"), required=True, nullable=False),
        Column("name", "text", Text("名称", "name"), required=True, nullable=False),
        Column("effect", "text", Text("管控要求", "what it asks for"), choices=EFFECTS),
        _GEOMETRY,
    )


@dataclass(frozen=True)
class Units(Table):
    """The full list of zones with their totals and tasks, without geometry: what shares of units are taken of."""

    name: ClassVar[Text] = Text("统计单元", "zone table")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("zone_id", "text", Text("区划代码", "zone id"), required=True, nullable=False, unique=True),
        Column("name", "text", Text("名称", "name"), required=True),
        Column("level", "text", Text("级别", "level"), required=True, nullable=False, choices=ZONE_LEVELS),
        Column("parent_id", "text", Text("上级区划代码", "id of the zone it belongs to")),
        Column("urban_rural", "text", Text("城乡", "urban or rural"), choices=("urban", "rural")),
        Column("urban_rural_code", "text", Text("城乡分类代码", "urban-rural classification code")),
        _count("households", "户数", "households"),
        *_PEOPLE,
        _count("beds", "养老床位", "beds"),
        _count("nursing_beds", "护理型床位", "nursing beds"),
        _count("nursery_places", "托位", "nursery places"),
        _count("beds_task", "养老床位任务数", "task: beds"),
        _count("nursery_places_task", "托位任务数", "task: nursery places"),
        _count("care_land_m2", "养老服务设施用地", "land for care"),
        _count("needy_disabled", "生活不能自理特困人员", "needy people unable to care for themselves"),
        _count("needy_disabled_in_care", "其中集中供养", "of them in care"),
        _count("needy_willing", "有集中供养意愿的特困人员", "needy people willing to enter care"),
        _count("needy_willing_in_care", "其中已入住", "of them in care"),
    )


@dataclass(frozen=True)
class Zones(Table):
    """Administrative zones; an id is unique over all levels, zones of one level do not overlap.

    They may carry what a zone table holds, and stand in for it where there is none.
    """

    name: ClassVar[Text] = Text("行政区划", "zones")
    columns: ClassVar[tuple[Column, ...]] = (*Units.columns, _GEOMETRY)


@dataclass(frozen=True)
class Parcels(Table):
    """Parcels of land with their use codes. Without ``land_area_m2`` the area is that of the polygon."""

    name: ClassVar[Text] = Text("地块", "parcels")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("parcel_id", "text", Text("地块编号", "parcel id"), required=True, nullable=False, unique=True),
        Column("use_code", "text", Text("用地用海分类代码", "land-use code"), required=True),
        Column("land_area_m2", "number", Text("用地面积", "land"), unit="m2", least=0),
        *_CODES,
        _PLACE,
    )


@dataclass(frozen=True)
class Membership(Table):
    """Which zones a residential area lies in; one row for each area and level that has a zone."""

    name: ClassVar[Text] = Text("小区所属区划", "zones of residential areas")
    columns: ClassVar[tuple[Column, ...]] = (
        _OF_AREA,
        Column("level", "text", Text("级别", "level"), required=True, nullable=False, choices=ZONE_LEVELS),
        _ZONE_ID,
        Column("by", "text", Text("归属依据", "how it was found"), required=True, choices=("code", "location")),
    )


@dataclass(frozen=True)
class Checks(Table):
    """How each place where a site may stand keeps to each constraint layer; one row for each place and layer.

    The control lines come first, whether they were given or not: of one that was not, the outcome is not_checked.
    """

    name: ClassVar[Text] = Text("管控核查", "checks against constraints")
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            "place_id", "text", Text("备选点或点位编号", "id of the candidate or site"), required=True, nullable=False
        ),
        Column("constraint", "text", Text("管控范围", "constraint layer"), required=True, nullable=False),
        Column("effect", "text", Text("管控要求", "what it asks for"), required=True, nullable=False, choices=EFFECTS),
        Column(
            "outcome",
            "text",
            Text("核查结果", "outcome of the check"),
            required=True,
            nullable=False,
            choices=CHECK_OUTCOMES,
        ),
    )


STATES = ("reached", "beyond_cutoff", "unreachable", "not_snapped", "not_assessed")
# Why a home is not snapped.
SNAP_REASONS = ("no_street", "barrier")


@dataclass(frozen=True)
class Access(Table):
    """For each rule and residential area, the nearest counted facility on the network and by straight line.

    ``distance_mm`` = ``home_leg_mm`` + streets + ``facility_leg_mm``, and is null unless ``state`` is reached:
    not reached is a state, never a number. ``straight_mm`` needs no street and is null only without a facility.
    ``entrance_id`` is the gate through which the walk leads, null for an area without gates. ``reason`` says why a
    home is not_snapped. ``walk_mm`` is there where a pace knows stairs or slope: the even ground that takes as long
    as the quickest walk to any counted facility, which is ``walk_facility_id``.
    """

    name: ClassVar[Text] = Text("可达性", "access")
    columns: ClassVar[tuple[Column, ...]] = (
        _RULE_ID,
        _OF_AREA,
        Column("facility_id", "text", Text("最近设施（路网）", "nearest facility on the network"), required=True),
        Column("distance_mm", "integer", Text("路网距离", "network distance"), unit="mm", required=True),
        Column(
            "home_leg_mm", "integer", Text("小区出入口至道路距离", "access leg of the home"), unit="mm", required=True
        ),
        Column(
            "facility_leg_mm", "integer", Text("设施至道路距离", "access leg of the facility"), unit="mm", required=True
        ),
        Column("straight_mm", "integer", Text("直线距离", "straight-line distance"), unit="mm", required=True),
        Column(
            "straight_facility_id", "text", Text("最近设施（直线）", "nearest facility by straight line"), required=True
        ),
        Column("state", "text", Text("状态", "state"), required=True, nullable=False, choices=STATES),
        Column("entrance_id", "text", Text("经由的出入口", "gate on the way"), required=True),
        Column("reason", "text", Text("未能就近上路的原因", "why not snapped"), required=True, choices=SNAP_REASONS),
        Column("walk_mm", "integer", Text("步行时间折合平路", "even ground that takes as long"), unit="mm"),
        Column("walk_facility_id", "text", Text("用时最短的设施", "nearest facility by time")),
    )

    @staticmethod
    def timed_mm(rows: Any) -> Any:
        """What walking time is counted by, of access rows: ``walk_mm`` where it is there, else ``distance_mm``."""
        return rows["walk_mm"] if "walk_mm" in rows else rows["distance_mm"]


REPAIRS = {
    "duplicate": Text("重复线", "duplicates"),
    "crossing": Text("交叉处补节点", "crossings joined"),
    "gap": Text("断头相接", "gaps closed"),
    "overshoot": Text("出头截去", "overshoots cut off"),
    "undershoot": Text("未及相接", "undershoots joined"),
    "zero_length": Text("零长度线", "lines without length"),
    "island": Text("孤立短线", "islands left out"),
}


@dataclass(frozen=True)
class Repairs(Table):
    """What cleaning changed of the streets, one row for each change.

    ``moved_mm``: how far an end was prolonged or cut back; the length of a line that was left out.
    """

    name: ClassVar[Text] = Text("道路修复清单", "repairs of streets")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("kind", "text", Text("修复类型", "kind"), required=True, nullable=False, choices=tuple(REPAIRS)),
        Column("street_id", "text", Text("道路编号", "street id"), required=True, nullable=False),
        Column("other_id", "text", Text("相关道路编号", "the other street"), required=True),
        Column("moved_mm", "integer", Text("改动长度", "how much"), unit="mm", required=True, nullable=False),
        _GEOMETRY,
    )


OUTCOMES = ("pass", "fail", "unknown", "not_applicable")
OUTCOME_WORDS = {
    "pass": Text("达标", "pass"),
    "fail": Text("不达标", "fail"),
    "unknown": Text("资料不足", "unknown"),
    "not_applicable": Text("不适用", "not applicable"),
}
_OUTCOME = Column("outcome", "text", Text("结论", "outcome"), required=True, choices=OUTCOMES)


@dataclass(frozen=True)
class Verdicts(Table):
    """One row for each rule, subject and metric. Everything that is counted is counted from these rows."""

    name: ClassVar[Text] = Text("逐条判定", "verdicts")
    columns: ClassVar[tuple[Column, ...]] = (
        _RULE_ID,
        Column(
            "subject_kind",
            "text",
            Text("对象类别", "kind of subject"),
            required=True,
            nullable=False,
            choices=(AREA, FACILITY, ZONE, STUDY),
        ),
        Column("subject_id", "text", Text("对象编号", "subject id"), required=True, nullable=False),
        _METRIC,
        Column("value", "number", Text("实测值", "value"), required=True),
        Column("unit", "text", Text("单位", "unit"), required=True, nullable=False),
        Column("op", "text", Text("比较", "operator"), required=True, nullable=False),
        Column("limit", "number", Text("限值", "limit"), required=True),
        Column("margin", "number", Text("余量", "margin"), required=True),
        Column("outcome", "text", Text("结论", "outcome"), required=True, nullable=False, choices=OUTCOMES),
        Column("because", "text", Text("原因代码", "reason code"), required=True, nullable=False),
    )


BASES = (
    "areas",
    "households",
    "population",
    "pop60",
    "pop65",
    "pop80",
    "pop0_3",
    "land_area_m2",
    "land_intersection",
    "zones",
)
BASIS_WORDS = {
    "areas": Text("居住小区（处）", "residential areas"),
    "households": Text("户数（户）", "households"),
    "population": Text("常住人口（人）", "residents"),
    "pop60": Text("60岁及以上人口（人）", "people aged 60+"),
    "pop65": Text("65岁及以上人口（人）", "people aged 65+"),
    "pop80": Text("80岁及以上人口（人）", "people aged 80+"),
    "pop0_3": Text("3岁以下婴幼儿（人）", "children under three"),
    "land_area_m2": Text("居住用地（平方米）", "residential land (m²)"),
    "zones": Text("行政区划（个）", "zones"),
    "land_intersection": Text("居住用地∩服务范围（平方米）", "residential land ∩ drawn service area (m²)"),
}
_BASIS = Column("basis", "text", Text("口径", "basis"), required=True, nullable=False, choices=BASES)


@dataclass(frozen=True)
class Coverage(Table):
    """Sums over verdict rows by rule, zone (``*`` is the study), basis and metric.

    share = covered ÷ total, and total = pass + fail + unknown; nothing to share is null. The one basis that
    is not a sum over verdicts is land_intersection, which is made from drawn areas.
    """

    name: ClassVar[Text] = Text("覆盖率", "coverage")
    columns: ClassVar[tuple[Column, ...]] = (
        _RULE_ID,
        _LEVEL,
        _ZONE_ID,
        _BASIS,
        _METRIC,
        Column("covered", "number", Text("达标", "covered"), required=True),
        Column("total", "number", Text("总量", "total"), required=True),
        _UNKNOWN,
        Column("share", "number", Text("覆盖率", "share"), required=True),
        Column("target_op", "text", Text("目标比较", "target operator"), required=True),
        Column("target", "number", Text("目标", "target"), required=True),
        _OUTCOME,
    )


CAPACITY_WORDS = {
    "beds": Text("床位（张）", "beds"),
    "seats": Text("餐位（个）", "seats"),
    "nursery_places": Text("托位（个）", "nursery places"),
}


@dataclass(frozen=True)
class Equity(Table):
    """Capacity within a rule's limit set against the people it speaks of, by two-step floating catchment.

    One row for each rule, metric and kind of capacity; where a column is missing there is no row. supply =
    supply_reached + supply_unreached, and people = served + unserved + unknown. ``mean``, ``worst_decile`` and
    ``gini`` are of the places for one person, and null where nobody can have any. All but the supply is null where
    the people of no residential area are known.
    """

    name: ClassVar[Text] = Text("容量与公平", "capacity and equity")
    columns: ClassVar[tuple[Column, ...]] = (
        _RULE_ID,
        _METRIC,
        Column(
            "capacity", "text", Text("容量", "capacity"), required=True, nullable=False, choices=tuple(CAPACITY_WORDS)
        ),
        Column("basis", "text", Text("服务人口", "people"), required=True, nullable=False, choices=BASES),
        Column("facilities", "integer", Text("计入设施", "facilities counted"), required=True, nullable=False),
        Column("capacity_unknown", "integer", Text("其中容量不明", "of unknown capacity"), required=True),
        Column("supply", "number", Text("容量合计", "supply"), required=True, nullable=False),
        Column("supply_reached", "number", Text("有人可达的容量", "supply somebody reaches"), required=True),
        Column("supply_unreached", "number", Text("无人可达的容量", "supply nobody reaches"), required=True),
        Column("people", "number", Text("服务对象", "people"), required=True),
        Column("served", "number", Text("容量内可服务", "served under capacity"), required=True),
        Column("unserved", "number", Text("容量不足未服务", "unserved under capacity"), required=True),
        _UNKNOWN,
        Column("mean", "number", Text("人均容量", "places for one person"), required=True),
        Column(
            "worst_decile", "number", Text("最差十分之一人均容量", "the same of the worst-served tenth"), required=True
        ),
        Column("gini", "number", Text("基尼系数", "Gini coefficient"), required=True),
    )


@dataclass(frozen=True)
class StraightVsNetwork(Table):
    """Who passes a radius with a pair of compasses and who on the streets, by rule, zone and basis.

    Sums over verdict rows: both + straight_only + network_only + neither + unknown is the total of ``Coverage``;
    unknown is who is unknown by either metric.
    """

    name: ClassVar[Text] = Text("直线与路网对照", "straight line against network")
    columns: ClassVar[tuple[Column, ...]] = (
        _RULE_ID,
        _LEVEL,
        _ZONE_ID,
        _BASIS,
        Column("straight_only", "number", Text("仅直线达标", "by straight line only"), required=True),
        Column("network_only", "number", Text("仅路网达标", "on the network only"), required=True),
        Column("both", "number", Text("两者均达标", "by both"), required=True),
        Column("neither", "number", Text("两者均不达标", "by neither"), required=True),
        _UNKNOWN,
    )


@dataclass(frozen=True)
class PaceShares(Table):
    """The share of each time rule at other walking speeds, over the whole study; share = covered ÷ total."""

    name: ClassVar[Text] = Text("步速敏感性", "sensitivity to pace")
    columns: ClassVar[tuple[Column, ...]] = (
        _RULE_ID,
        Column("pace", "text", Text("步速档", "pace"), required=True, nullable=False),
        Column("m_s", "number", Text("步速", "walking speed"), unit="m/s", required=True, nullable=False),
        _BASIS,
        Column("covered", "number", Text("达标", "covered"), required=True),
        Column("total", "number", Text("总量", "total"), required=True),
        _UNKNOWN,
        Column("share", "number", Text("覆盖率", "share"), required=True),
    )


@dataclass(frozen=True)
class PaceChanges(Table):
    """The residential areas that fail a time rule at the slowest pace asked for and pass at the fastest."""

    name: ClassVar[Text] = Text("随步速改变结论的小区", "homes that change sides with pace")
    columns: ClassVar[tuple[Column, ...]] = (
        _RULE_ID,
        _OF_AREA,
        Column("distance_mm", "integer", Text("路网距离", "network distance"), unit="mm", required=True),
        Column("fails_at_m_s", "number", Text("不达标步速", "fails at"), unit="m/s", required=True),
        Column("passes_at_m_s", "number", Text("达标步速", "passes at"), unit="m/s", required=True),
    )


@dataclass(frozen=True)
class Ratios(Table):
    """Ratios and stocks: numerator ÷ denominator × per against the limit, by residential area, zone or study.

    By each metric of the rule: the sites that operate 运营口径, those built 建成口径, or figures as reported.

    ``task_share`` is value ÷ limit where each zone has a task of its own (任务完成率). ``limit_by`` says whose the
    limit is: the clause's, the zone's task, or an assumption of the study where the clause gives no number.
    """

    name: ClassVar[Text] = Text("比率与总量", "ratios")
    columns: ClassVar[tuple[Column, ...]] = (
        _RULE_ID,
        _LEVEL,
        Column("zone_id", "text", Text("小区或区划编号", "area or zone id"), required=True, nullable=False),
        _METRIC,
        Column("numerator", "number", Text("分子", "numerator"), required=True),
        Column("denominator", "number", Text("分母", "denominator"), required=True),
        Column("value", "number", Text("实测值", "value"), required=True),
        Column("op", "text", Text("比较", "operator"), required=True, nullable=False),
        Column("limit", "number", Text("限值", "limit"), required=True),
        Column(
            "limit_by",
            "text",
            Text("限值依据", "whose the limit is"),
            required=True,
            nullable=False,
            choices=("clause", "task", "study"),
        ),
        Column("task_share", "number", Text("任务完成率", "share of the task"), required=True),
        Column("outcome", "text", Text("结论", "outcome"), required=True, nullable=False, choices=OUTCOMES),
    )


# What a row of the outlook is about beside the bases of coverage: a ratio or stock, and what a schedule asks for.
OUTLOOK_BASES = (*BASES, "amount", "items")


@dataclass(frozen=True)
class Outlook(Table):
    """What dated facilities will change: shares and amounts on the date of the study and at the end of coming years.

    A coverage row has ``covered``, ``total``, ``unknown`` and ``share``, a ratio or stock (``amount``) its ``value``,
    numerator and denominator, a schedule (``items``) how much of it is done. ``op`` and ``limit`` are the target of
    the share, or the limit of the amount; ``due`` is its year, ``distance`` how far inside it, negative where it is
    missed; ``outcome`` is null before that year. ``facilities`` are those that count since the date before, where a
    schedule promises one that no table lists, by the rule, zone and year. The study has a row for each date, zones
    only where something changes.
    """

    name: ClassVar[Text] = Text("逐年展望", "outlook")
    columns: ClassVar[tuple[Column, ...]] = (
        _RULE_ID,
        Column("date", "date", Text("时点", "date"), required=True, nullable=False),
        _LEVEL,
        _ZONE_ID,
        Column("basis", "text", Text("口径", "basis"), required=True, nullable=False, choices=OUTLOOK_BASES),
        _METRIC,
        Column("covered", "number", Text("达标（分子）", "covered (numerator)"), required=True),
        Column("total", "number", Text("总量（分母）", "total (denominator)"), required=True),
        _UNKNOWN,
        Column("share", "number", Text("覆盖率", "share"), required=True),
        Column("value", "number", Text("实测值", "value"), required=True),
        Column("op", "text", Text("比较", "operator"), required=True),
        Column("limit", "number", Text("目标或限值", "target or limit"), required=True),
        Column("due", "integer", Text("目标年度", "due in"), required=True),
        Column("distance", "number", Text("与目标的差距", "distance to it"), required=True),
        _OUTCOME,
        Column("opened", "integer", Text("新计入设施", "facilities more"), required=True, nullable=False),
        Column("facilities", "text", Text("新计入设施编号", "their ids, separated by semicolons"), required=True),
    )


@dataclass(frozen=True)
class Scores(Table):
    """Points of areas and zones: points = Σ weights of passed rules, possible = Σ weights of assessed rules."""

    name: ClassVar[Text] = Text("得分", "scores")
    columns: ClassVar[tuple[Column, ...]] = (
        _LEVEL,
        Column("zone_id", "text", Text("小区或区划编号", "area or zone id"), required=True, nullable=False),
        Column("points", "number", Text("得分", "points"), required=True),
        Column("possible", "number", Text("满分", "possible"), required=True, nullable=False),
        Column("share", "number", Text("得分率", "share"), required=True),
        Column("rules_unknown", "number", Text("资料不足的指标", "rules unknown"), required=True, nullable=False),
        Column("rank", "integer", Text("名次", "rank"), required=True),
    )


@dataclass(frozen=True)
class Binding(Table):
    """The rule that decides each home: the failed one with the smallest relative margin, else the passed one."""

    name: ClassVar[Text] = Text("起控制作用的指标", "binding rules")
    columns: ClassVar[tuple[Column, ...]] = (
        _OF_AREA,
        Column("rule_id", "text", Text("起控制作用的指标", "binding rule"), required=True),
        _OUTCOME,
        Column("relative_margin", "number", Text("相对余量", "relative margin"), required=True),
    )


@dataclass(frozen=True)
class Areas(Table):
    """Drawn areas, for looking at: verdicts never come from them.

    ``kind`` is service (one facility and rule) or covered (all counted facilities of a rule).
    """

    name: ClassVar[Text] = Text("服务范围", "drawn areas")
    columns: ClassVar[tuple[Column, ...]] = (
        _RULE_ID,
        Column("facility_id", "text", Text("设施编号", "facility id"), required=True),
        _METRIC,
        Column("limit_mm", "integer", Text("界限", "limit"), unit="mm", required=True, nullable=False),
        Column("holes", "text", Text("孔洞处理", "hole policy"), required=True, nullable=False, choices=HOLE_POLICIES),
        Column("method", "text", Text("绘制方法", "how drawn"), required=True, nullable=False, choices=METHODS),
        Column("cell_m", "number", Text("栅格分辨率", "size of a cell"), unit="m", required=True),
        _GEOMETRY,
    )


TABLES: tuple[type[Table], ...] = (
    Streets,
    Residential,
    Facilities,
    Candidates,
    Entrances,
    Barriers,
    Constraints,
    Zones,
    Units,
    Parcels,
    Membership,
    Repairs,
    Checks,
    Access,
    Verdicts,
    Coverage,
    Equity,
    StraightVsNetwork,
    PaceShares,
    PaceChanges,
    Ratios,
    Outlook,
    Scores,
    Binding,
    Areas,
)

# What the rows of each input of a study become.
LAYERS: Mapping[str, type[Table]] = {
    "streets": Streets,
    "residential": Residential,
    "facilities": Facilities,
    "zones": Zones,
    "zone_table": Units,
    "parcels": Parcels,
    "entrances": Entrances,
    "barriers": Barriers,
    "candidates": Candidates,
    "constraints": Constraints,
}
