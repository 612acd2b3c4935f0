"""项目表: the list of projects as a table of documents."""

from __future__ import annotations

from typing import Any

import pandas as pd

from circle15.core.results import Audit
from circle15.core.text import Text
from circle15.show.names import text_or_empty
from circle15.show.numbers import plain
from circle15.show.office.document import Number, Row, Table, heads
from circle15.show.projects import projects_frame

_BUILT = {
    "new": Text("新建", "new"),
    "extended": Text("改扩建", "extended"),
    "upgraded": Text("提升", "upgraded"),
}


def projects_table(audit: Audit) -> Table:
    """The sites of all plans as a bureau lists them; what nobody told is blank. The public gets no costs."""
    language, public = audit.facts.language, audit.facts.audience == "public"
    columns = heads(
        language,
        ("编号", "no.", 9),
        ("名称", "name", 9),
        ("类别", "type", 9),
        ("镇（街道）", "town", 6),
        ("社区（村）", "community", 6),
        ("位置", "place", 10),
        ("依托设施", "host", 8),
        ("建设方式", "how built", 5),
        ("建筑面积（平方米）", "floor area (m²)", 6),
        ("餐位", "seats", 4),
        ("床位", "beds", 4),
        ("年度", "year", 4),
        *(() if public else (("投资", "cost", 7),)),
        ("责任单位", "responsible", 7),
        ("备注", "note", 8),
    )
    return Table(columns, tuple(_row(audit, row, public=public) for row in projects_frame(audit).to_dict("records")))


def _row(audit: Audit, row: dict[str, Any], *, public: bool) -> Row:
    language = audit.facts.language
    mode = _BUILT.get(row["build_mode"]) if isinstance(row["build_mode"], str) else None
    return (
        row["project_id"],
        text_or_empty(row["name"]),
        audit.facts.pack.types[row["facility_type"]].label.say(language),
        text_or_empty(row["town"]),
        text_or_empty(row["community"]),
        text_or_empty(row["address"]) or f"{plain(row['lon'], 6)}, {plain(row['lat'], 6)}",
        text_or_empty(row["host"]),
        mode.say(language) if mode else "",
        *(_count(row[name]) for name in ("floor_area_m2", "seats", "beds")),
        Number(row["year"], "year"),
        *(() if public else (_count(row["cost"]),)),
        text_or_empty(row["responsible"]),
        row["note"],
    )


def _count(value: Any) -> Number | str:
    return "" if value is None or pd.isna(value) else Number(float(value), "measure")
