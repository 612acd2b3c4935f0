"""The metadata of an export: what it is, of which plan, from which data, in which coordinate system."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from circle15.core.mapping import DATE, NUMBER, ORIGIN, PLAN_KEYS, STATUS, SYSTEM, ExportMapping
from circle15.core.results import Audit
from circle15.core.rule import LEGAL_WORDS
from circle15.core.text import Text
from circle15.show.export.profile import Placement
from circle15.show.export.sheet import Sheet
from circle15.show.names import layer_text
from circle15.show.sentences import rule_text, stamps
from circle15.show.titles import MAKER, REVIEW

PRODUCER = "数据生产单位"
_AUDIENCE = {
    "internal": Text("内部资料", "internal"),
    "public": Text("公开", "public"),
}


def metadata(audit: Audit, mapping: ExportMapping, sheets: Sequence[Sheet], place: Placement) -> dict[str, Any]:
    """All that is said of an export, under Chinese headings in the order a bureau reads them."""
    facts = audit.facts
    say = facts.language
    return {
        "名称": facts.name,
        "编号": facts.study_id,
        "规则包": [
            f"{each.title}（{each.source}，{LEGAL_WORDS[each.legal_status].zh}）" for each in facts.pack.documents
        ],
        "数据时点": facts.as_of,
        STATUS: mapping.metadata.get(STATUS, ""),
        NUMBER: mapping.metadata.get(NUMBER, ""),
        DATE: mapping.metadata.get(DATE, ""),
        "选址方案": _plans(audit, mapping),
        ORIGIN: mapping.metadata.get(ORIGIN) or _origin(audit),
        PRODUCER: mapping.metadata.get(PRODUCER) or facts.title_block.get(MAKER, ""),
        "使用范围": _AUDIENCE[facts.audience].say(say),
        REVIEW: facts.title_block.get(REVIEW, ""),
        "说明": [each.say(say) for each in stamps(audit)],
        SYSTEM: place.system.say(say),
        "坐标系的选定": place.chosen.say(say),
        "坐标小数位": place.decimals,
        "范围": _extent(sheets),
        "字段对照表": mapping.title,
        "对照表为样例": mapping.sample,
        "对照表校验值": mapping.sha256,
        "口径": [rule_text(rule).say(say) for rule in audit.walked],
        "图层": [
            {"图层名": each.name, "中文名": each.alias, "要素代码": each.code, "几何": each.shape, "要素数": len(each)}
            for each in sheets
        ],
        "Shapefile": _SHAPEFILE.say(say),
    }


_SHAPEFILE = Text(
    "Shapefile 没有空值：部分软件（如 ArcGIS）把数值的空值显示为 0，空值个数见 dictionary.csv；以 gdb、gpkg 为准。",
    "A Shapefile holds no nulls: some software (ArcGIS among it) shows empty numbers as 0; dictionary.csv counts them. "
    "Prefer gdb or gpkg.",
)


def _plans(audit: Audit, mapping: ExportMapping) -> list[dict[str, Any]]:
    """What is said of each plan, and whether its sites are delivered."""
    return [
        {
            "方案编号": plan.plan_id,
            **{key: mapping.of_plan(plan.plan_id, key) for key in PLAN_KEYS},
            "导出": not audit.facts.approved_only or mapping.is_approved(plan.plan_id),
        }
        for plan in audit.plans
    ]


def _origin(audit: Audit) -> list[str]:
    return [
        f"{layer_text(each.layer).say(audit.facts.language)}：{each.path}（sha256 {each.sha256}"
        + "".join(f"，{said}" for said in (each.datum, each.data_date, each.attribution) if said)
        + "）"
        for each in audit.facts.sources
    ]


def _extent(sheets: Sequence[Sheet]) -> list[float] | None:
    """West, south, east, north of all layers in the coordinates of the files."""
    shapes = [shape for sheet in sheets for shape in sheet.placed if shape is not None]
    return shapely.total_bounds(np.array(shapes, dtype=object)).tolist() if shapes else None


def metadata_json(said: Mapping[str, Any]) -> bytes:
    """metadata.json."""
    return (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode()


def metadata_md(said: Mapping[str, Any], topology: Any) -> bytes:
    """metadata.md: the same for people, with the topology report."""
    lines = [f"# {_cell(said['名称'])}：成果数据说明", "", "| 项目 | 内容 |", "|---|---|"]
    lines += [f"| {key} | {_cell(value)} |" for key, value in said.items()]
    lines += ["", "## 拓扑检查", "", "| 图层 | 检查 | 要素 | 问题 | 编号 |", "|---|---|--:|--:|---|"]
    lines += [
        f"| {row.layer} | {_cell(row.message)} | {row.features} | {row.count} | {_cell(row.ids)} |"
        for row in topology.itertuples()
    ]
    return ("\n".join(lines) + "\n").encode()


def _cell(value: Any) -> str:
    """A value in a Markdown cell: lists by line, nothing that could end the cell or run as markup."""
    if isinstance(value, list | tuple):
        return "<br>".join(_cell(each) for each in value)
    if isinstance(value, Mapping):
        return "，".join(f"{key} {_cell(each)}" for key, each in value.items())
    if isinstance(value, bool):
        return "是" if value else "否"
    text = "" if value is None else str(value)
    for old, new in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "\\|"), ("\n", " ")):
        text = text.replace(old, new)
    return text
