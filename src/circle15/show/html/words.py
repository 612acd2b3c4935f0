"""What the page says, and how it writes numbers, limits and rules."""

from __future__ import annotations

import math
from collections.abc import Callable

from circle15.core.limit import SYMBOLS, Limit
from circle15.core.rule import METRIC_WORDS, Rule
from circle15.core.tables import BASES, BASIS_WORDS
from circle15.core.text import LANGUAGES, Language, Text
from circle15.core.units import Pace, digits
from circle15.show.numbers import whole
from circle15.show.sentences import footing_text, speed_text, unit_text

SPEED_UNIT = Text("米/秒", "m/s")

PAGE = {
    "and_more": Text("等{0}类", " and {0} more types"),
    "after": Text("累计覆盖", "Covered after"),
    "as_of": Text("数据时点", "As of"),
    "assumed_limit": Text("{0}（条文未规定该限值）", "assumption “{0}”, given by no clause"),
    "base_none": Text("不用底图", "None"),
    "bases": Text("在线底图", "Base map, online"),
    "bases_note": Text(
        "选用后才联网；仅作参照，不参与计算。高德底图按公开公式移到本图的坐标。",
        "asked for only once chosen; to look at, nothing is computed from it. Amap is moved by the public formula.",
    ),
    "basis": Text("口径", "Basis"),
    "binding": Text("起控制作用的指标", "Binding rule"),
    "candidates_dropped": Text("备选点 · 已剔除", "Candidates dropped"),
    "checks": Text("管控核查", "Constraints"),
    "close": Text("关闭", "Close"),
    "colon": Text("：", ": "),
    "compare": Text("现状/规划 对比", "Before and after"),
    "chosen": Text("入选方案", "Chosen by"),
    "clear": Text("清除", "Clear"),
    "clauses": Text("规则与条款", "Rules and clauses"),
    "counted": Text("计入设施 {0} 处，同类未计入 {1} 处", "{0} facilities counted, {1} of the same types not"),
    "counted_for": Text("计入指标", "Counted for"),
    "by_basis": Text("口径：{0}", "Basis: {0}"),
    "covered_area": Text("合并", "merged"),
    "coverage": Text("覆盖率（各口径）", "Coverage by basis"),
    "crs": Text("坐标系", "CRS"),
    "crs_shown": Text("显示：经纬度，Web 墨卡托", "shown in longitude and latitude, Web Mercator"),
    "data": Text("数据来源", "Sources"),
    "date": Text("日期", "Date"),
    "drawing_note": Text("范围线仅供示意，判定以距离为准", "for looking at: verdicts come from distances"),
    "drawn": Text("服务范围（示意）", "Service areas (drawn)"),
    "dropped": Text("剔除原因", "Dropped"),
    "by_areas": Text("占比按小区数", "Shares are of the number of areas"),
    "edge": Text(
        "靠近数据边界，边界外的设施和道路未计入", "near the edge of the data: what lies beyond is not counted"
    ),
    "estimated": Text("推算", "estimated"),
    "facilities": Text("设施", "Facilities"),
    "facility_leg": Text("设施至道路距离", "Facility to street"),
    "gain": Text("新增覆盖", "Gain"),
    "gaps": Text("服务盲区（小区）", "Areas in the gap"),
    "gaps_note": Text("共 {0} 处", "of {0}"),
    "home_leg": Text("出入口至道路距离", "Door to street"),
    "id": Text("编号", "Id"),
    "name": Text("名称", "Name"),
    "class_": Text("类别", "Class"),
    "outcome": Text("结论", "outcome"),
    "plan": Text("规划", "Plan"),
    "host": Text("依托设施", "Host"),
    "infeasible": Text("没有可行方案", "no feasible plan"),
    "interpreted": Text("度量为解读，条文未写明", "the metric is an interpretation; the clause names none"),
    "key_figures": Text("关键指标", "Key figures"),
    "layers": Text("其他图层", "More layers"),
    "legal": Text("法律状态", "Legal status"),
    "legend": Text("图例：居住小区", "Legend: residential areas"),
    "maker": Text("制图单位", "Made by"),
    "nearest_network": Text("最近设施（路网）", "Nearest by street"),
    "nearest_straight": Text("最近设施（直线）", "Nearest straight"),
    "new_homes": Text("规划新增覆盖小区", "Areas newly covered by the plan"),
    "no_sites": Text("本次未编制选址方案", "no plan was asked for"),
    "not_shown": Text("未填写", "not given"),
    "north": Text("北", "N"),
    "optimality": Text("最优性说明：{0}，与上界差距 {1}", "certificate: {0}, gap to bound {1}"),
    "pace": Text("步速", "Pace"),
    "plans": Text("规划新增设施（建议）", "Proposed sites"),
    "rank": Text("名次", "Rank"),
    "reason": Text("理由", "Reason"),
    "results": Text("评估结果", "Results"),
    "review": Text("审图号", "Map approval no."),
    "services": Text("各设施", "each facility"),
    "site": Text("位置", "Place"),
    "found_none": Text("没有找到", "nothing found"),
    "language": Text("English", "中文"),
    "measure": Text("距离度量", "Measure"),
    "paper": Text("打印", "Print"),
    "png": Text("导出 PNG", "PNG"),
    "sheet": Text("导出表格", "CSV"),
    "save": Text("保存方案", "Save"),
    "scale_of": Text("比例尺 1:{0}", "Scale 1:{0}"),
    "search": Text("搜索小区、设施的名称或编号", "Search by name or id"),
    "sort": Text("点击列名排序，点击行定位", "Click a heading to sort, a row to go there"),
    "scenario": Text("情景推演", "What if"),
    "scenario_add": Text("新增点位", "Add a site"),
    "scenario_none": Text("附近没有道路", "no street near enough"),
    "scenario_note": Text(
        "新增一处{0}，拖动到任意位置，各项指标随即重算；与正式评估用同一套毫米级距离。",
        "Add a site ({0}) and drag it anywhere: every figure follows, from the same millimetres as the audit.",
    ),
    "scenario_remove": Text("移除", "Remove"),
    "scenario_site": Text("推演点 {0}", "Trial {0}"),
    "stage": Text("年度", "Year"),
    "status": Text("状态", "Status"),
    "state_trials": Text("含推演点 {0} 处", "with {0} trial sites"),
    "state_year": Text("含至 {0} 年度的规划设施", "with the sites planned up to {0}"),
    "stages": Text("分年实施", "Year by year"),
    "today": Text("现状", "Today"),
    "streets": Text("道路", "Streets"),
    "subject": Text("评估对象", "Assessed"),
    "target": Text("目标 {0}", "target {0}"),
    "title": Text("图名", "Title"),
    "title_block": Text("图签", "Title block"),
    "to_be_covered": Text("规划后由此覆盖", "Covered after the plan by"),
    "type": Text("类型", "Type"),
    "unknown_aside": Text("另资料不足 {0}", "plus unknown {0}"),
    "unlocated": Text("未定位 {0}", "{0} without location"),
    "unstated": Text("状态未填，不计入", "no status, not counted"),
    "limit_assumed": Text(
        "限值由本研究设定，条文未给出数值", "the number is an assumption of the study; no clause gives it"
    ),
    "unverified": Text("条文未经核实", "clause not verified"),
    "with_scenario": Text("规划或推演后", "With the plan or trial"),
    "zoom_in": Text("放大", "Zoom in"),
    "zoom_out": Text("缩小", "Zoom out"),
    "zones": Text("行政区划", "Zones"),
    "zone_rank": Text("各{0}覆盖率", "Coverage by {0}"),
}


class Words:
    """The page's vocabulary in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.stop = "、" if language == "zh" else ", "
        self.colon = PAGE["colon"].say(language)

    def __call__(self, key: str, *values: object) -> str:
        """One of the page's own texts, its places filled with ``values``."""
        return PAGE[key].say(self.language).format(*values)

    def say(self, text: Text) -> str:
        """A Text of another part of the program, in the page's language."""
        return text.say(self.language)

    def basis(self, basis: str, estimated: bool) -> str:
        """A basis by name, marked where it rests on an estimate."""
        name = self.say(BASIS_WORDS[basis]) if basis in BASES else basis
        return f"{name} · {self('estimated')}" if estimated else name

    def limit(self, limit: Limit) -> str:
        """``< 700 米``."""
        return f"{SYMBOLS[limit.op]} {digits(limit.value)} {self.say(unit_text(limit.unit))}"

    def pace(self, pace: Pace) -> str:
        """``老年人 1 米/秒``: always by name and number."""
        return self.say(speed_text(pace))

    def speed(self, pace: Pace) -> str:
        """``1 米/秒``."""
        return f"{pace.m_s:g} {self.say(SPEED_UNIT)}{self.say(footing_text(pace))}"

    def metric(self, metric: str) -> str:
        """A metric by name."""
        return next((self.say(text) for key, text in METRIC_WORDS.items() if key == metric), metric)

    def measured(self, rule: Rule, metric: str) -> str:
        """What a figure of a rule was measured by: its metric, and its pace if it is a time."""
        parts = [self.metric(metric)]
        if rule.limit.unit == "min" and rule.pace is not None:
            parts.append(self.pace(rule.pace))
        return " · ".join(parts)


def both(say: Callable[[Words], str]) -> Text:
    """What is said in either language."""
    return Text(say(Words("zh")), say(Words("en")))


def pair(text: Text) -> dict[str, str]:
    """A text for the page's script, which says it in the language that is shown."""
    return {language: text.say(language) for language in LANGUAGES}


def number(value: float | int | None) -> str:
    """A count, a dash for null."""
    return "—" if value is None or math.isnan(value) else whole(value)
