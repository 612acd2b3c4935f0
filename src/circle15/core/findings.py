"""What can be found wrong with data: every code there is, with its meaning. Codes are scripted against and stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from circle15.core.text import Text

Severity = Literal["error", "warning", "info"]

Code = Literal[
    "areas_overlap",
    "attributes_contradict",
    "basis_incomplete",
    "behind_barrier",
    "bridges_unknown",
    "candidates_generated",
    "capacity_unknown",
    "cells_fullwidth",
    "cells_merged",
    "cells_no_value",
    "cells_scaled",
    "cells_thousands",
    "cells_unit",
    "closed_lines_as_polygons",
    "code_from_number",
    "constraint_effect_assumed",
    "constraint_effect_unusual",
    "constraint_outside_study",
    "data_date_unread",
    "data_old",
    "datum_approximate",
    "datum_suspect",
    "datum_transformed",
    "duplicate_place",
    "encoding_assumed",
    "equity_not_assessed",
    "formula_without_result",
    "gate_far_from_area",
    "geometry_missing",
    "geometry_repaired",
    "headings_matched",
    "households_estimated",
    "input_linked_away",
    "layers_not_exported",
    "near_border",
    "near_edge",
    "no_facility",
    "no_households",
    "not_checked",
    "not_snapped",
    "on_island",
    "opening_overdue",
    "osm_assumed_homes",
    "osm_assumed_types",
    "osm_estimated_floors",
    "osm_estimated_people",
    "osm_incomplete_areas",
    "osm_incomplete_ways",
    "osm_merged_candidates",
    "osm_merged_facilities",
    "out_of_range",
    "outside_study",
    "people_not_spread",
    "people_spread",
    "polygon_as_point",
    "polygon_demand_point",
    "reader_warning",
    "rows_above_heading",
    "scale_factor",
    "scope_assumed",
    "serves_unknown",
    "similar_name",
    "slope_unknown",
    "slow_engine",
    "stairs_unknown",
    "status_absent",
    "status_empty",
    "street_gap",
    "street_too_short",
    "streets_not_connected",
    "streets_repaired",
    "streets_without_footpaths",
    "suspicious_zero",
    "total_rows_left_out",
    "unknown_area",
    "unknown_type",
    "unlocated",
    "zone_code_unknown",
    "zone_of_one_home",
]

MEANINGS: Mapping[Code, Text] = {
    "areas_overlap": Text(
        "居住小区的面相互重叠，用地和人口会重复计算", "residential polygons overlap: land counts twice"
    ),
    "attributes_contradict": Text("同一行的数值自相矛盾", "numbers or dates of one row contradict each other"),
    "basis_incomplete": Text(
        "小区缺少某口径的数值，未计入该口径", "homes without a value weigh nothing under that basis"
    ),
    "behind_barrier": Text("最近的道路都在屏障另一侧", "places have streets in reach only across barriers"),
    "bridges_unknown": Text("没有列区分桥梁，交叉处均已相接", "crossings were joined although no column tells bridges"),
    "candidates_generated": Text(
        "没有备选点图层，备选点由程序生成", "the study lists no candidates, so the program made them"
    ),
    "capacity_unknown": Text(
        "计入的设施容量不明，不提供容量：可服务人数是下限",
        "counted facilities of unknown capacity supply nothing: the people served are a lower bound",
    ),
    "cells_fullwidth": Text("全角数字或字母改为半角", "cells in full width were read in half width"),
    "cells_merged": Text("取合并单元格的值", "merged cells take the value of the one above"),
    "cells_no_value": Text("“-”“不详”一类的占位按空值处理", "placeholders such as - were taken as empty"),
    "cells_scaled": Text("数值按单元格里的单位换算", "numbers were converted from the unit in their cell"),
    "cells_thousands": Text("去掉千位分隔符", "thousands separators were taken out of numbers"),
    "cells_unit": Text("去掉数字后的单位", "units were taken off numbers"),
    "closed_lines_as_polygons": Text("闭合多段线按面读取", "closed lines were taken as polygons"),
    "code_from_number": Text(
        "编号由数字恢复为文本，前导零可能已丢失", "codes were restored from numbers; leading zeros may be lost"
    ),
    "constraint_effect_assumed": Text(
        "管控图斑没有写明 effect，按名称取", "constraint areas state no effect: their name decides"
    ),
    "constraint_effect_unusual": Text(
        "三线的 effect 与其通常的管控要求不同", "a control line is stated to ask for what such lines do not"
    ),
    "constraint_outside_study": Text(
        "管控图层全在研究范围之外", "a constraint layer lies outside the extent of the study"
    ),
    "data_date_unread": Text(
        "文件的 data_date 不是日期，未能核对数据新旧",
        "the data_date of a file is no date: its age is not checked",
    ),
    "data_old": Text("数据比研究时点早两年以上", "data is more than two years older than the date of the study"),
    "datum_approximate": Text("坐标由 GCJ-02 或 BD-09 近似换算", "coordinates came from GCJ-02 or BD-09"),
    "datum_suspect": Text(
        "按声明的坐标基准，建筑被道路穿过；按另一基准则不会",
        "streets run through buildings as declared, and not under another datum",
    ),
    "datum_transformed": Text("坐标按研究给出的参数换算", "coordinates were changed by the parameters of the study"),
    "duplicate_place": Text("不同的行位于同一处", "different rows stand on one spot"),
    "encoding_assumed": Text(
        "Shapefile 没有 .cpg，文字按推定的编码读取", "a Shapefile without .cpg was read in an assumed encoding"
    ),
    "equity_not_assessed": Text(
        "缺少容量或人口列，未作供需对照", "a capacity cannot be set against people for want of a column"
    ),
    "formula_without_result": Text(
        "公式没有存下结果，按空值处理", "formulas without a stored result were taken as empty"
    ),
    "gate_far_from_area": Text(
        "出入口距其小区的面超过 100 米", "gates stand more than 100 m from the polygon of their area"
    ),
    "geometry_missing": Text("没有几何的行未采用", "rows without geometry are left out"),
    "geometry_repaired": Text("无效的面已修复，面积不变", "invalid polygons were repaired, their area unchanged"),
    "headings_matched": Text("列名按别名表对应", "headings were matched by the table of aliases"),
    "households_estimated": Text(
        "小区缺少的户数由人口推算", "households that were missing are estimated from residents"
    ),
    "input_linked_away": Text(
        "文件经符号链接指向研究文件夹之外", "a file leads through a link out of the folder of the study"
    ),
    "layers_not_exported": Text(
        "对照表要求的图层没有导出",
        "layers that the mapping file asks for were not exported",
    ),
    "near_border": Text(
        "设施距区划边界过近，可能属于另一侧",
        "facilities lie so near to a border of zones that they could belong to the other side",
    ),
    "near_edge": Text(
        "不达标的小区距数据边界小于最长允许步行距离",
        "failing homes lie nearer to the edge of the data than the longest allowed walk",
    ),
    "no_facility": Text(
        "OSM 文件中没有规则包所列类型的设施", "an OpenStreetMap file holds no facility of the pack's types"
    ),
    "no_households": Text(
        "小区没有户数，每百户和按户计的指标资料不足", "homes have no households: nothing counts by them"
    ),
    "not_checked": Text("有质检项因缺少数据未能进行", "checks that could not be done, with the reason"),
    "not_snapped": Text("最大接入距离内没有道路", "places have no street in reach"),
    "on_island": Text("所在道路与主路网不连通", "places stand on streets apart from the main network"),
    "opening_overdue": Text(
        "启用日期已过，状态仍为规划或在建",
        "facilities are past their opening date and still planned or under construction",
    ),
    "osm_assumed_homes": Text(
        "只标 building=yes 的建筑按住宅推定", "buildings that say only `building=yes` are taken for homes"
    ),
    "osm_assumed_types": Text("设施类型由标签推定", "tags only suggest the type of facilities"),
    "osm_estimated_floors": Text("备选点建筑面积为推算", "floor areas of candidates are estimates"),
    "osm_estimated_people": Text("人口为推算", "residents are estimates"),
    "osm_incomplete_areas": Text("裁剪不完整的面未计入", "areas that the extract holds only in part are left out"),
    "osm_incomplete_ways": Text(
        "裁剪不完整的道路在该处断开", "streets that the extract holds only in part are broken there"
    ),
    "osm_merged_candidates": Text(
        "60 米内同类同名的备选点视为同一处", "candidates of one kind and name within 60 m are one"
    ),
    "osm_merged_facilities": Text(
        "60 米内同类同名的设施视为同一处", "facilities of one type and name within 60 m are one"
    ),
    "out_of_range": Text("数值超出常理", "numbers are beyond reason"),
    "outside_study": Text("位置不在任何区划内", "places lie in none of the zones"),
    "people_not_spread": Text(
        "小区不在有总数的区划内，或没有分摊依据", "homes lie in no zone with a total, or have nothing it is spread by"
    ),
    "people_spread": Text("人口由区划总数分摊", "people were spread over homes from zone totals"),
    "polygon_as_point": Text(
        "设施或备选点的面以面内一点代表", "polygons of facilities or candidates stand at a point on their surface"
    ),
    "polygon_demand_point": Text(
        "没有出入口的小区的面以面内一点代表",
        "polygons of residential areas without gates stand at a point on their surface",
    ),
    "reader_warning": Text("读取时 GDAL 有提示", "GDAL said something while reading"),
    "rows_above_heading": Text("表头上方的标题行未作为数据", "titles above the heading are no data"),
    "scale_factor": Text("投影长度比与 1 相差超过万分之四", "the grid is more than 4 in 10,000 from true lengths"),
    "scope_assumed": Text("适用范围取决于数据中没有的列", "a rule's scope depends on a column that is absent"),
    "serves_unknown": Text(
        "设施的 serves 列出不存在的小区",
        "facilities say that they serve residential areas that the study does not have",
    ),
    "similar_name": Text("相近位置名称几乎相同，可能重复", "places near each other have all but the same name"),
    "slope_unknown": Text(
        "步速要求计坡度，但道路没有高程，按平路计时", "a pace asks for slope, and streets have no heights: even ground"
    ),
    "slow_engine": Text(
        "没有 numba，距离由 scipy 计算：结果相同，用时较长",
        "without numba scipy computes the distances: the same ones, more slowly",
    ),
    "stairs_unknown": Text(
        "步速要求计台阶，但道路没有类型，按平路计时", "a pace asks for stairs, and no column tells them: even ground"
    ),
    "status_absent": Text("没有状态列，全部设施按运营计", "without a status column all facilities count as operating"),
    "status_empty": Text("状态为空的设施未计入", "facilities whose status is empty are not counted"),
    "street_gap": Text("道路端点几乎接上另一条路，却未连接", "streets end just short of another and do not join it"),
    "street_too_short": Text("不足 1 毫米的线未采用", "lines within one millimetre are left out"),
    "streets_not_connected": Text("道路分成互不相连的部分", "the streets fall into unconnected parts"),
    "streets_repaired": Text(
        "按要求修复了道路，逐条见 repairs.csv", "streets were mended on request; repairs.csv lists every repair"
    ),
    "streets_without_footpaths": Text(
        "路网中没有步行道，步行距离会偏大", "a graph has no footpaths: walks come out long"
    ),
    "suspicious_zero": Text("数值为 0，疑为未填", "zeros that look like cells nobody filled in"),
    "total_rows_left_out": Text("合计、小计和注释行未作为数据", "totals and notes are no data"),
    "unknown_area": Text("出入口所属的小区不存在", "gates name residential areas that the study does not have"),
    "unknown_type": Text(
        "规则包没有的设施类型，未采用", "facilities of types that the pack does not know are left out"
    ),
    "unlocated": Text(
        "未定位的设施按代码计数，不参与距离", "facilities without a place count by their codes and for no distance"
    ),
    "zone_code_unknown": Text("代码不是已知区划代码，改按位置归属", "codes that are no zone id: the location decides"),
    "zone_of_one_home": Text(
        "公开成果中只有一个小区的区划，其指标即该小区的指标",
        "zones with a single home, whose figures are that home's, in results for the public",
    ),
}

# How many ids a message names.
SHOWN_IDS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One point of data health: a stable ``code``, where, how many, of which rows, and what to do.

    What is found of rows of ``layer`` is made by :meth:`of`, and ``ids`` name all of them; what is found of cells,
    headings or parts of rows is made of its fields. Outputs show the first three.
    ``at`` holds their geometry in the study CRS where the rows are in no table, because they were left out.
    """

    code: Code
    severity: Severity
    layer: str
    count: int
    ids: tuple[str, ...]
    message: Text
    fix: Text
    at: Any = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, code: Code, severity: Severity, layer: str, ids: Iterable[Any], message: Text, fix: Text) -> Finding:
        """A finding about rows of a layer: all are counted and kept."""
        rows = tuple(map(str, ids))
        return cls(code, severity, layer, len(rows), rows, message, fix)

    @property
    def shown(self) -> tuple[str, ...]:
        """The first ids, as outputs show them."""
        return self.ids[:SHOWN_IDS]
