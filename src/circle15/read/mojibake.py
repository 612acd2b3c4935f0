"""Text that was decoded by another encoding than it was written in: refused, for it reads as if all were well."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import pandas as pd

from circle15.core.errors import EncodingError
from circle15.core.text import Text, first_ids
from circle15.read.spec import InputSpec

# So many cells of a column tell its encoding; a few short words may be both by chance, so fewer letters decide nothing.
_MOST_CELLS = 2_000
_LEAST_LETTERS = 8
_REPLACEMENT = "\ufffd"
_CJK = ("\u4e00", "\u9fff")


def refuse_mojibake(frame: Any, spec: InputSpec) -> None:
    """Raise EncodingError where headings or cells were decoded wrongly.

    That is certain where a decoder left its mark for a broken byte. It is taken as certain where all words beyond
    ASCII, at least eight letters of them, are Latin letters whose bytes make Chinese words as GB18030 or UTF-8, or
    Chinese ones whose GB18030 bytes are UTF-8.
    """
    words = _beyond_ascii([str(name) for name in frame.columns])
    for name in frame.columns:
        if name != "geometry" and (
            pd.api.types.is_string_dtype(frame[name]) or pd.api.types.is_object_dtype(frame[name])
        ):
            words += _beyond_ascii(frame[name].dropna().drop_duplicates())
    marked = [word for word in words if _REPLACEMENT in word]
    meant = next((name for name, read in _MISREAD if _all_were(words, read)), None)
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


def _latin(encoding: str) -> Callable[[str], str]:
    return lambda word: word.encode("latin-1").decode(encoding)


# What the text is meant to be in, and how a word that was decoded otherwise becomes what it was.
_MISREAD: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("utf-8", _latin("utf-8")),
    ("utf-8", lambda word: word.encode("gb18030").decode("utf-8")),
    ("GB18030", _latin("gb18030")),
)


def _all_were(words: list[str], read: Callable[[str], str]) -> bool:
    letters = 0
    for word in words:
        try:
            meant = read(word)
        except UnicodeError:
            return False
        if not any(_CJK[0] <= each <= _CJK[1] for each in meant):
            return False
        letters += sum(not each.isascii() for each in word)
    return letters >= _LEAST_LETTERS
