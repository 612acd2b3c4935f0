"""The words that tables from bureaus use for the fixed choices of a column; the first of a choice is its own."""

from __future__ import annotations

from collections.abc import Mapping

from circle15.core.text import Text

WORDS: Mapping[str, Mapping[str, str]] = {
    "status": {
        "运营": "operating",
        "在用": "operating",
        **dict.fromkeys(
            ("运营中", "正在运营", "在运营", "正常运营", "已运营", "营业", "营业中", "使用中"), "operating"
        ),
        "在建": "construction",
        **dict.fromkeys(("在建中", "建设中", "正在建设", "施工中"), "construction"),
        "规划": "planned",
        **dict.fromkeys(("规划中", "拟建", "待建"), "planned"),
        "关闭": "closed",
        "停用": "closed",
        **dict.fromkeys(("已关闭", "已停用", "停业", "停运", "停止运营"), "closed"),
        "未移交": "not_handed_over",
        "待移交": "not_handed_over",
    },
    "built": {
        "新建": "new",
        "已建成": "existing",
        "现状": "existing",
        "老城区": "existing",
    },
    "highway": {
        "台阶": "steps",
        "踏步": "steps",
        "梯道": "steps",
    },
    "urban_rural": {
        "城镇": "urban",
        "城市": "urban",
        "农村": "rural",
        "乡村": "rural",
    },
    "ownership": {
        "公办": "public",
        "公立": "public",
        "民办": "private",
        "民营": "private",
    },
    "build_mode": {
        "新建": "new",
        "新办": "new",
        "改扩建": "extended",
        "改建": "extended",
        "扩建": "extended",
        "提升": "upgraded",
        "改造提升": "upgraded",
    },
    "effect": {
        "禁止": "forbid",
        "禁止建设": "forbid",
        "禁止设点": "forbid",
        "须在其内": "require",
        "限在其内": "require",
        "提示": "warn",
    },
    "level": {
        "社区": "community",
        "村": "village",
        "镇": "town",
        "街道": "town",
        "镇(街道)": "town",
        "镇（街道）": "town",
        "乡镇": "town",
        "县": "county",
        "区县": "county",
        "区": "county",
        "市": "county",
    },
}


def own_word(column: str, choice: str) -> str:
    """What bureaus call a fixed choice of a column; the choice itself where they have no word for it.

    >>> own_word("status", "operating"), own_word("effect", "unheard of")
    ('运营', 'unheard of')
    """
    return next((word for word, meant in WORDS.get(column, {}).items() if meant == choice), choice)


# What rows of a layer are called.
LAYER_WORDS: Mapping[str, Text] = {
    "residential": Text("居住小区", "residential areas"),
    "facilities": Text("设施", "facilities"),
    "candidates": Text("备选点", "candidates"),
    "zones": Text("区划", "zones"),
    "zone_table": Text("统计单元", "units"),
    "entrances": Text("出入口", "entrances"),
    "parcels": Text("地块", "parcels"),
}
FLAGS: Mapping[str, bool] = {
    "true": True,
    "false": False,
    "1": True,
    "0": False,
    "yes": True,
    "no": False,
    "是": True,
    "有": True,
    "√": True,
    "否": False,
    "×": False,
}
