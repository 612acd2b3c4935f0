"""The layers that leave the program as geometry, what stands in them, and what of them may be mailed.

One table decides for every output of geometry: a layer that is not ``public`` stays inside the bureau whole, a
column of ``private`` stays inside of a layer that leaves. Streets are no layer here: they never leave. Of tables and
reports the public gets nothing of single homes either, as declared at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from circle15.core.constraints import CHECK_STATUSES
from circle15.core.drawing import METHODS
from circle15.core.findings import Finding
from circle15.core.results import Audience
from circle15.core.rule import AREA, METRICS, Rule
from circle15.core.schema import Column
from circle15.core.tables import BASES, OUTCOMES, STATES, Candidates, Facilities, Residential, Units
from circle15.core.text import Text

RULE = "<rule>"
# When catchments are of, and what: what stands today, or a proposed site.
MOMENTS = ("today", "planned")
PLACE_KINDS = ("facility", "site")
Shape = Literal["Point", "LineString", "Polygon"]


@dataclass(frozen=True, slots=True)
class ExportLayer:
    """A layer: one feature for each thing, its columns, and per judged rule those of ``per_rule``.

    Names of ``per_rule`` hold ``<rule>``, which stands for the id of a rule. ``key_columns`` name a feature; their
    order is that of serial numbers. ``shape`` is what an empty layer is of. ``apart`` tells whether its polygons
    must not overlap, those of one ``level`` where it has such a column.
    """

    key: str
    label: Text
    key_columns: tuple[str, ...]
    shape: Shape
    columns: tuple[Column, ...]
    per_rule: tuple[Column, ...] = ()
    public: bool = True
    private: frozenset[str] = frozenset()
    apart: bool = False

    def columns_for(self, rules: Iterable[Rule]) -> tuple[Column, ...]:
        """Its columns, those of each rule spelled out."""
        return (
            *self.columns,
            *(_of_rule(column, rule) for rule in rules for column in self.per_rule if _has(column, rule)),
        )


def _of_rule(column: Column, rule: Rule) -> Column:
    meaning = Text(f"{rule.rule_id} {column.meaning.zh}", f"{rule.rule_id} {column.meaning.en}")
    name = column.name.replace(RULE, rule.rule_id)
    return Column(name, column.kind, meaning, column.unit, choices=column.choices)


def _has(column: Column, rule: Rule) -> bool:
    """A rule has an outcome column for each metric it is judged by, and all the others."""
    metric = column.name.removeprefix(f"{RULE}_")
    return metric not in METRICS or metric in rule.metrics


def _rule(ending: str, kind: Any, zh: str, en: str, unit: str = "", choices: tuple[str, ...] = ()) -> Column:
    return Column(f"{RULE}_{ending}", kind, Text(zh, en), unit, choices=choices)


def _plain(columns: Sequence[Column]) -> tuple[Column, ...]:
    return tuple(column for column in columns if column.kind != "geometry")


_WALKED = (
    _rule("facility_id", "text", "最近设施（路网）", "nearest facility on the network"),
    _rule("distance_m", "number", "路网距离", "network distance", "m"),
    _rule("walk_min", "number", "步行时间", "walking time", "min"),
    _rule("straight_m", "number", "直线距离", "straight-line distance", "m"),
    _rule("state", "text", "状态", "state", choices=STATES),
    _rule("network", "text", "结论（路网）", "outcome on the network", choices=OUTCOMES),
    _rule("straight_line", "text", "结论（直线）", "outcome by straight line", choices=OUTCOMES),
)
_HOME = (
    *_plain(Residential.columns),
    Column("near_edge", "flag", Text("邻近数据边界", "near the edge of the data")),
    Column("failed_rules", "text", Text("不达标指标", "failed rules, by their headline metrics")),
    Column("binding_rule", "text", Text("起控制作用的指标", "binding rule")),
)
_AREA = (
    Column("rule_id", "text", Text("指标编号", "rule id")),
    Column("metric", "text", Text("度量", "metric"), choices=METRICS),
    Column("holes", "text", Text("孔洞处理", "hole policy")),
    Column("method", "text", Text("绘制方法", "how drawn"), choices=METHODS),
    Column("cell_m", "number", Text("栅格分辨率", "size of a cell"), "m"),
    Column("limit_m", "number", Text("界限", "limit"), "m"),
)
_SITE = (
    Column("site_plan", "text", Text("方案编号", "plan id")),
    Column("stage", "integer", Text("年度", "year")),
    Column("rank", "integer", Text("次序", "order of opening")),
    Candidates.column("candidate_id"),
    Column("facility_type", "text", Text("设施类型", "facility type")),
    Column("site_types", "text", Text("该点的全部设施类型", "all types that the site holds")),
    Candidates.column("host"),
    Column("zone_ids", "text", Text("所属区划", "zones it lies in")),
    Column("gain", "number", Text("新增覆盖", "weight newly covered")),
    Column("covered_after", "number", Text("累计新增覆盖", "weight covered by the plan so far")),
    Column("share_after", "number", Text("建成后覆盖率", "share covered then")),
    Candidates.column("floor_area_m2"),
    Candidates.column("seats"),
    Candidates.column("beds"),
    Candidates.column("cost"),
    Column("constraint_status", "text", Text("管控核查结果", "what its checks come to"), choices=CHECK_STATUSES),
    Column("constraint_notes", "text", Text("管控核查说明", "its checks against constraint layers")),
    Column("reason", "text", Text("选址理由", "reason")),
    Column("plan_status", "text", Text("规划状态", "status of the plan")),
)
_SPOKE = (
    Column("site_plan", "text", Text("方案编号", "plan id")),
    Residential.column("area_id"),
    Candidates.column("candidate_id"),
    Column("stage", "integer", Text("年度", "year")),
    Column("distance_m", "number", Text("距离（按方案度量）", "distance by the metric of the plan"), "m"),
    Column("weight", "number", Text("权重", "weight")),
)
_CATCHMENT = (
    Column("site_plan", "text", Text("方案编号", "plan id")),
    Column("moment", "text", Text("时点", "when"), choices=MOMENTS),
    Column("kind", "text", Text("类别", "what it is of"), choices=PLACE_KINDS),
    Column("place_id", "text", Text("设施或备选点编号", "id of the facility or candidate")),
    Column("stage", "integer", Text("年度", "year")),
    Column("areas", "integer", Text("居住小区数", "residential areas")),
    Column("weight", "number", Text("权重", "weight")),
    Column("farthest_m", "number", Text("最远距离", "farthest of them"), "m"),
)
_COVERED = (
    _rule("metric", "text", "度量", "metric", choices=METRICS),
    _rule("basis", "text", "口径", "basis", choices=BASES),
    _rule("covered", "number", "达标", "covered"),
    _rule("total", "number", "总量", "total"),
    _rule("unknown", "number", "资料不足", "unknown"),
    _rule("share", "number", "覆盖率", "share"),
    _rule("outcome", "text", "结论", "outcome", choices=OUTCOMES),
)
# People in need are few in a community: their numbers could name them.
_NEEDY = frozenset(column.name for column in Units.columns if column.name.startswith("needy_"))

EXPORT_LAYERS: Mapping[str, ExportLayer] = {
    layer.key: layer
    for layer in (
        ExportLayer(
            "residential",
            Text("居住小区", "residential areas"),
            ("area_id",),
            "Polygon",
            _HOME,
            _WALKED,
            public=False,
            apart=True,
        ),
        ExportLayer("gaps", Text("服务盲区", "gaps"), ("area_id",), "Polygon", _HOME, _WALKED, public=False),
        ExportLayer(
            "facilities",
            Text("现状设施", "facilities"),
            ("facility_id",),
            "Point",
            (
                *_plain(Facilities.columns),
                Column("type_label", "text", Text("设施类型名称", "name of the type")),
                Column("counted", "flag", Text("计入评估", "counted by a rule")),
            ),
            private=frozenset({"serves"}),
        ),
        ExportLayer(
            "service_areas",
            Text("设施服务范围", "service areas"),
            ("rule_id", "metric", "facility_id"),
            "Polygon",
            (Column("facility_id", "text", Text("设施编号", "facility id")), *_AREA),
        ),
        ExportLayer("covered_area", Text("覆盖范围", "covered area"), ("rule_id", "metric"), "Polygon", _AREA),
        ExportLayer(
            "proposed_sites",
            Text("规划新增设施（建议）", "proposed sites"),
            ("site_plan", "stage", "rank"),
            "Point",
            _SITE,
            private=frozenset({"cost"}),
        ),
        ExportLayer(
            "spokes",
            Text("居住小区至规划设施连线", "lines from homes to proposed sites"),
            ("site_plan", "area_id"),
            "LineString",
            _SPOKE,
            public=False,
        ),
        ExportLayer(
            "catchments",
            Text("服务小区范围（现状与规划）", "catchments today and planned"),
            ("site_plan", "moment", "kind", "place_id"),
            "Polygon",
            _CATCHMENT,
            public=False,
        ),
        ExportLayer(
            "zones",
            Text("行政区划覆盖率", "zones with their coverage"),
            ("zone_id",),
            "Polygon",
            Units.columns,
            _COVERED,
            private=_NEEDY,
            apart=True,
        ),
    )
}


# Of the tables of a run, those that are of single homes, of streets, or of what might have been planned, and of the
# others the rows that are: by the column that says what a row is of. What the public gets is added up.
HOME_TABLES = frozenset({"access", "pace_changes", "repairs", "candidates", "allocation"})
HOME_ROWS: Mapping[str, str] = {"verdicts": "subject_kind", "ratios": "level", "outlook": "level", "scores": "level"}
# Of the tables of plans the public gets what it gets of their layer.
TABLE_LAYERS: Mapping[str, str] = {"plan": "proposed_sites", "projects": "proposed_sites", "facilities": "facilities"}
# Findings that name rows of these layers name homes, or streets that do not leave.
_HOME_LAYERS = frozenset({"residential", "entrances", "streets"})


def rows_for(name: str, frame: Any, audience: Audience) -> Any:
    """The rows of a table of a run that this audience may have."""
    column = HOME_ROWS.get(name)
    return frame if audience == "internal" or column is None else frame[frame[column] != AREA]


def told(findings: Iterable[Finding], audience: Audience) -> tuple[Finding, ...]:
    """The findings that this audience may have: the public none that names single homes or streets."""
    return tuple(each for each in findings if audience == "internal" or each.layer not in _HOME_LAYERS or not each.ids)


def may_leave(layer: ExportLayer, audience: Audience) -> bool:
    """Whether a layer may be given to this audience at all."""
    return layer.public or audience == "internal"


def withheld(layer: ExportLayer, audience: Audience) -> frozenset[str]:
    """The columns of a layer that this audience does not get."""
    return frozenset() if audience == "internal" else layer.private
