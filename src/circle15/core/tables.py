"""The tables the rooms exchange. Geometry is in the study CRS, on the whole-millimetre grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.core.errors import InternalError
from circle15.core.schema import Column, Table
from circle15.core.text import Text

STATUSES = ("operating", "construction", "planned", "closed")
ZONE_LEVELS = ("community", "village", "town", "county")

_AREA_ID = Column(
    "area_id", "text", Text("小区编号", "residential area id"), required=True, nullable=False, unique=True
)
_FACILITY_ID = Column(
    "facility_id", "text", Text("设施编号", "facility id"), required=True, nullable=False, unique=True
)
_GEOMETRY = Column("geometry", "geometry", Text("位置", "location"), required=True, nullable=False)
_NAME = Column("name", "text", Text("名称", "name"))
_ASSUMED = Column("assumed", "text", Text("推定说明", "what is assumed of this row"))
_EDGE = Column("edge_m", "number", Text("至数据边界距离", "distance to the edge of the extract"), unit="m", least=0)


def _count(name: str, zh: str, en: str) -> Column:
    return Column(name, "number", Text(zh, en), least=0)


@dataclass(frozen=True)
class Streets(Table):
    """Lines that people can walk, and where they join.

    ``vertex_node`` names the joint of every vertex, aligned with the coordinates of all lines in row order:
    two lines meet exactly where they carry the same joint, never by crossing.
    """

    vertex_node: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    name: ClassVar[Text] = Text("道路", "streets")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("street_id", "text", Text("道路编号", "street id"), required=True, nullable=False),
        Column("highway", "text", Text("道路类型", "kind of street")),
        _NAME,
        _GEOMETRY,
    )

    @classmethod
    def join(cls, frame: Any, vertex_node: NDArray[np.int64], where: str = "") -> Streets:
        """Check ``frame`` like :meth:`build` and wrap it with the joints of its vertices.

        Raises SchemaError, and InternalError where joints and vertices differ in number.
        """
        checked = cls.build(frame, where).frame
        if len(vertex_node) != shapely.get_num_coordinates(checked.geometry.to_numpy()).sum():
            raise InternalError(Text("道路顶点与节点编号不对应", "street vertices and joints do not correspond"))
        return cls(checked, vertex_node)


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
        _count("population", "常住人口", "residents"),
        _count("pop60", "60岁及以上人口", "people aged 60 and over"),
        _count("pop65", "65岁及以上人口", "people aged 65 and over"),
        _count("pop80", "80岁及以上人口", "people aged 80 and over"),
        _count("pop0_3", "3岁以下婴幼儿", "children under three"),
        Column("built", "text", Text("新建或已建成", "new or existing"), choices=("new", "existing")),
        Column("urban_rural", "text", Text("城乡", "urban or rural"), choices=("urban", "rural")),
        Column("community_code", "text", Text("社区（村）代码", "community code")),
        Column("town_code", "text", Text("镇（街道）代码", "town code")),
        Column("land_area_m2", "number", Text("居住用地面积", "residential land"), unit="m2", least=0),
        Column("floor_area_m2", "number", Text("住宅建筑面积", "residential floor area"), unit="m2", least=0),
        _EDGE,
        Column("estimated", "text", Text("推算的列", "columns that are estimates, joined by +")),
        _ASSUMED,
        _GEOMETRY,
    )


@dataclass(frozen=True)
class Facilities(Table):
    """Facilities of the types a pack knows. Without a ``status`` column every row counts."""

    name: ClassVar[Text] = Text("设施", "facilities")
    columns: ClassVar[tuple[Column, ...]] = (
        _FACILITY_ID,
        Column("type", "text", Text("设施类型", "facility type"), required=True, nullable=False),
        _NAME,
        Column("status", "text", Text("状态", "status"), choices=STATUSES),
        Column("opened", "date", Text("启用日期", "opening date")),
        Column("floor_area_m2", "number", Text("建筑面积", "floor area"), unit="m2", least=0),
        Column("beds", "integer", Text("床位", "beds"), least=0),
        Column("nursery_places", "integer", Text("托位", "nursery places"), least=0),
        Column("seats", "integer", Text("餐位", "seats"), least=0),
        Column("community_code", "text", Text("社区（村）代码", "community code")),
        Column("town_code", "text", Text("镇（街道）代码", "town code")),
        _ASSUMED,
        _GEOMETRY,
    )


@dataclass(frozen=True)
class Candidates(Table):
    """Places where a site may stand."""

    name: ClassVar[Text] = Text("备选点", "candidates")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("candidate_id", "text", Text("备选点编号", "candidate id"), required=True, nullable=False, unique=True),
        _NAME,
        Column("host", "text", Text("依托设施", "host")),
        Column("cost", "number", Text("投资", "cost"), least=0),
        Column("floor_area_m2", "number", Text("建筑面积", "floor area"), unit="m2", least=0),
        Column("seats", "integer", Text("餐位", "seats"), least=0),
        Column("beds", "integer", Text("床位", "beds"), least=0),
        _GEOMETRY,
    )


@dataclass(frozen=True)
class Zones(Table):
    """Administrative zones; an id is unique over all levels, zones of one level do not overlap."""

    name: ClassVar[Text] = Text("行政区划", "zones")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("zone_id", "text", Text("区划代码", "zone id"), required=True, nullable=False, unique=True),
        Column("name", "text", Text("名称", "name"), required=True),
        Column("level", "text", Text("级别", "level"), required=True, nullable=False, choices=ZONE_LEVELS),
        _GEOMETRY,
    )


@dataclass(frozen=True)
class Membership(Table):
    """Which zones a residential area lies in; one row for each area and level that has a zone."""

    name: ClassVar[Text] = Text("小区所属区划", "zones of residential areas")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("area_id", "text", Text("小区编号", "residential area id"), required=True, nullable=False),
        Column("level", "text", Text("级别", "level"), required=True, nullable=False, choices=ZONE_LEVELS),
        Column("zone_id", "text", Text("区划代码", "zone id"), required=True, nullable=False),
        Column("by", "text", Text("归属依据", "how it was found"), required=True, choices=("code", "location")),
    )


STATES = ("reached", "beyond_cutoff", "unreachable", "not_snapped", "not_assessed")


@dataclass(frozen=True)
class Access(Table):
    """For each rule and residential area, the nearest counted facility on the network and by straight line.

    ``distance_mm`` = ``home_leg_mm`` + streets + ``facility_leg_mm``, and is null unless ``state`` is reached:
    not reached is a state, never a number. ``straight_mm`` needs no street and is null only without a facility.
    """

    name: ClassVar[Text] = Text("可达性", "access")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("rule_id", "text", Text("指标编号", "rule id"), required=True, nullable=False),
        Column("area_id", "text", Text("小区编号", "residential area id"), required=True, nullable=False),
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
    )


OUTCOMES = ("pass", "fail", "unknown", "not_applicable")
OUTCOME_WORDS = {
    "pass": Text("达标", "pass"),
    "fail": Text("不达标", "fail"),
    "unknown": Text("资料不足", "unknown"),
    "not_applicable": Text("不适用", "not applicable"),
}


@dataclass(frozen=True)
class Verdicts(Table):
    """One row for each rule, subject and metric. Everything that is counted is counted from these rows."""

    name: ClassVar[Text] = Text("逐条判定", "verdicts")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("rule_id", "text", Text("指标编号", "rule id"), required=True, nullable=False),
        Column(
            "subject_kind",
            "text",
            Text("对象类别", "kind of subject"),
            required=True,
            nullable=False,
            choices=("area", "facility", "zone", "study"),
        ),
        Column("subject_id", "text", Text("对象编号", "subject id"), required=True, nullable=False),
        Column("metric", "text", Text("度量", "metric"), required=True, nullable=False),
        Column("value", "number", Text("实测值", "value"), required=True),
        Column("unit", "text", Text("单位", "unit"), required=True, nullable=False),
        Column("op", "text", Text("比较", "operator"), required=True, nullable=False),
        Column("limit", "number", Text("限值", "limit"), required=True, nullable=False),
        Column("margin", "number", Text("余量", "margin"), required=True),
        Column("outcome", "text", Text("结论", "outcome"), required=True, nullable=False, choices=OUTCOMES),
        Column("because", "text", Text("原因代码", "reason code"), required=True, nullable=False),
    )


BASES = ("areas", "households", "population", "pop60", "pop65", "pop80", "pop0_3", "land_area_m2", "land_intersection")
BASIS_WORDS = {
    "areas": Text("居住小区（处）", "residential areas"),
    "households": Text("户数（户）", "households"),
    "population": Text("常住人口（人）", "residents"),
    "pop60": Text("60岁及以上人口（人）", "people aged 60+"),
    "pop65": Text("65岁及以上人口（人）", "people aged 65+"),
    "pop80": Text("80岁及以上人口（人）", "people aged 80+"),
    "pop0_3": Text("3岁以下婴幼儿（人）", "children under three"),
    "land_area_m2": Text("居住用地（平方米）", "residential land (m²)"),
    "land_intersection": Text("居住用地∩服务范围（平方米）", "residential land ∩ drawn service area (m²)"),
}


@dataclass(frozen=True)
class Coverage(Table):
    """Sums over verdict rows by rule, zone (``*`` is the study), basis and metric.

    share = covered ÷ total, and total = pass + fail + unknown; nothing to share is null. The one basis that
    is not a sum over verdicts is land_intersection, which is made from drawn areas.
    """

    name: ClassVar[Text] = Text("覆盖率", "coverage")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("rule_id", "text", Text("指标编号", "rule id"), required=True, nullable=False),
        Column("level", "text", Text("级别", "level"), required=True, nullable=False),
        Column("zone_id", "text", Text("区划代码", "zone id"), required=True, nullable=False),
        Column("basis", "text", Text("口径", "basis"), required=True, nullable=False, choices=BASES),
        Column("metric", "text", Text("度量", "metric"), required=True, nullable=False),
        Column("covered", "number", Text("达标", "covered"), required=True),
        Column("total", "number", Text("总量", "total"), required=True),
        Column("unknown", "number", Text("资料不足", "unknown"), required=True),
        Column("share", "number", Text("覆盖率", "share"), required=True),
        Column("target_op", "text", Text("目标比较", "target operator"), required=True),
        Column("target", "number", Text("目标", "target"), required=True),
        Column("outcome", "text", Text("结论", "outcome"), required=True, choices=OUTCOMES),
    )


@dataclass(frozen=True)
class Scores(Table):
    """Points of areas and zones: points = Σ weights of passed rules, possible = Σ weights of assessed rules."""

    name: ClassVar[Text] = Text("得分", "scores")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("level", "text", Text("级别", "level"), required=True, nullable=False),
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
        Column("area_id", "text", Text("小区编号", "residential area id"), required=True, nullable=False),
        Column("rule_id", "text", Text("起控制作用的指标", "binding rule"), required=True),
        Column("outcome", "text", Text("结论", "outcome"), required=True, choices=OUTCOMES),
        Column("relative_margin", "number", Text("相对余量", "relative margin"), required=True),
    )


@dataclass(frozen=True)
class Areas(Table):
    """Drawn areas, for looking at: verdicts never come from them.

    ``kind`` is service (one facility and rule) or covered (all counted facilities of a rule).
    """

    name: ClassVar[Text] = Text("服务范围", "drawn areas")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("rule_id", "text", Text("指标编号", "rule id"), required=True, nullable=False),
        Column("facility_id", "text", Text("设施编号", "facility id"), required=True),
        Column("metric", "text", Text("度量", "metric"), required=True, nullable=False),
        Column("limit_mm", "integer", Text("界限", "limit"), unit="mm", required=True, nullable=False),
        Column("holes", "text", Text("孔洞处理", "hole policy"), required=True, nullable=False),
        _GEOMETRY,
    )


TABLES: tuple[type[Table], ...] = (
    Streets,
    Residential,
    Facilities,
    Candidates,
    Zones,
    Membership,
    Access,
    Verdicts,
    Coverage,
    Scores,
    Binding,
    Areas,
)
