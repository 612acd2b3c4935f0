"""What levels of zones, layers, severities and records are called."""

from __future__ import annotations

from typing import Any

from circle15.core.results import Audit
from circle15.core.tables import LAYERS
from circle15.core.text import Text

LEVEL_WORDS = {
    "county": Text("县（市、区）", "county"),
    "town": Text("镇（街道）", "town"),
    "village": Text("村", "village"),
    "community": Text("社区", "community"),
    "area": Text("居住小区", "residential area"),
    "study": Text("全部", "study"),
}
# What findings are about beside the inputs.
_STUDY = {"study": Text("研究", "study")}
ZONE_LEVEL_ORDER = ("county", "town", "village", "community")
SEVERITY_WORDS = {
    "error": Text("错误", "error"),
    "warning": Text("警告", "warning"),
    "info": Text("提示", "info"),
}


def zone_names(audit: Audit) -> dict[str, str]:
    """The name of each zone by its id."""
    table = audit.units if audit.units is not None else audit.zones
    return {} if table is None else dict(zip(table.frame["zone_id"], table.frame["name"], strict=True))


def layer_text(layer: str) -> Text:
    """An input layer in words; one that is not known stands as it is."""
    known = {name: table.name for name, table in LAYERS.items()} | _STUDY
    return known.get(layer, Text(layer, layer))


def named(names: dict[str, str], key: str) -> str:
    """A name where there is one, else the id."""
    name = names.get(key)
    return name if isinstance(name, str) and name else key


def text_or_empty(value: Any) -> str:
    """A text cell of a record; nothing for an empty one."""
    return value if isinstance(value, str) else ""
