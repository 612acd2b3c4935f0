"""Text that was decoded by another encoding than it was written in: refused, for it reads as if all were well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import pandas as pd

from circle15.core.errors import EncodingError
from circle15.core.text import Text, first_ids
from circle15.read.spec import InputSpec

# So many cells of a column tell its encoding.
_MOST_CELLS = 2_000
_REPLACEMENT = "\ufffd"
_HIGH = re.compile("[\u0080-\u00ff]+")
_CJK = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")


def refuse_mojibake(frame: Any, spec: InputSpec) -> None:
    """Raise EncodingError where headings or cells were decoded wrongly.

    That is certain where a decoder left its mark for a broken byte. It is taken as certain where the bytes of all
    words beyond ASCII make nothing but Chinese words in another encoding, and there are enough of them that this is
    no chance: UTF-8 hardly ever comes about by chance, two high Latin letters in a row more often.
    """
    words = _beyond_ascii([str(name) for name in frame.columns])
    for name in frame.columns:
        if name != "geometry" and (
            pd.api.types.is_string_dtype(frame[name]) or pd.api.types.is_object_dtype(frame[name])
        ):
            words += _beyond_ascii(frame[name].drop_duplicates().to_numpy(dtype=object))
    marked = [word for word in words if _REPLACEMENT in word]
    meant = next((name for name, read, least in _MISREAD if _all_were(words, read, least)), None)
    if not marked and meant is None:
        return
    shown = first_ids(marked or words)
    advice = f'"{meant}"' if meant else ""
    raise EncodingError(
        Text(
            zh=f"{spec.shown}：文字是乱码（{shown}），编码与声明不符。"
            f"请写明 encoding{f' = {advice}' if advice else ''}，或重新导出为 UTF-8。",
            en=f"{spec.shown}: the text is garbled ({shown}): it is in another encoding than declared. "
            f"Declare the encoding{f' = {advice}' if advice else ''}, or export the file again as UTF-8.",
        )
    )


def _beyond_ascii(cells: Iterable[Any]) -> list[str]:
    words = (each for each in cells if isinstance(each, str) and not each.isascii())
    return list(islice(words, _MOST_CELLS))


def _utf8_as_latin(word: str) -> list[str]:
    return [run.encode("latin-1").decode("utf-8") for run in _HIGH.findall(word)]


def _gb18030_as_latin(word: str) -> list[str]:
    return [run.encode("latin-1").decode("gb18030") for run in _HIGH.findall(word)]


def _utf8_as_gb18030(word: str) -> list[str]:
    return [re.sub("[\u0000-\u007f]", "", word.encode("gb18030").decode("utf-8"))]


# What the text is meant to be in, how its words come back, and how many letters leave no room for chance.
_MISREAD: tuple[tuple[str, Callable[[str], list[str]], int], ...] = (
    ("utf-8", _utf8_as_latin, 3),
    ("utf-8", _utf8_as_gb18030, 8),
    ("GB18030", _gb18030_as_latin, 6),
)


def _all_were(words: list[str], read: Callable[[str], list[str]], least: int) -> bool:
    letters = 0
    for word in words:
        try:
            meant = read(word)
        except UnicodeError:
            return False
        if not meant or not all(_CJK.fullmatch(each) for each in meant):
            return False
        letters += sum(not each.isascii() for each in word)
    return letters >= least
