"""Text tables, decoded as declared and split at the delimiter they use."""

from __future__ import annotations

import csv
import io
from itertools import islice

from circle15.core.errors import ConfigError, EncodingError, SchemaError
from circle15.core.text import Text
from circle15.read.grid import Grid
from circle15.read.spec import InputSpec

_DELIMITERS = ",;\t"
_LIKELY_ENCODINGS = ("utf-8", "GB18030", "Big5", "utf-16")

# Titles have few delimiters: the lines among which one is looked for that has most.
_PEEKED_LINES = 30


def read_delimited(spec: InputSpec) -> Grid:
    """The cells of a CSV file as text, empty ones None, each row numbered by the line it ends on.

    Raises ConfigError for an encoding nobody knows, EncodingError, and SchemaError for a row that cannot be split.
    """
    text = _decoded(spec)
    lines = list(islice(io.StringIO(text), _PEEKED_LINES))
    delimiter = max(_DELIMITERS, key=lambda each: max((line.count(each) for line in lines), default=0))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    try:
        for row in reader:
            if any(row):
                rows.append([cell or None for cell in row])
                numbers.append(reader.line_num)
    except csv.Error as error:
        raise SchemaError(
            Text(
                zh=f"{spec.shown}：第 {reader.line_num} 行附近无法拆分成列（{error}）。请检查引号是否成对。",
                en=f"{spec.shown}: cannot be split into cells near line {reader.line_num} ({error}). "
                f"Check that quotes come in pairs.",
            )
        ) from error
    return Grid(rows, numbers, is_ragged=True)


def _decoded(spec: InputSpec) -> str:
    received = spec.path.read_bytes()
    declared = spec.encoding or "utf-8"
    # utf-8-sig drops the mark that spreadsheets put in front, and is UTF-8 where there is none.
    encoding = "utf-8-sig" if declared.lower().replace("_", "-") in ("utf-8", "utf8") else declared
    try:
        return received.decode(encoding)
    except UnicodeError as error:
        fits = next((each for each in _LIKELY_ENCODINGS if _decodes(received, each)), None)
        zh = f"文件可按 {fits} 读取，请写 encoding = {fits!r} 并核对文字" if fits else "请查明文件的真实编码"
        en = f"It reads as {fits}: write encoding = {fits!r} and check the words" if fits else "Find its true encoding"
        at = getattr(error, "start", 0)
        raise EncodingError(
            Text(
                zh=f"{spec.shown}：第 {at} 字节处不是 {declared} 编码。{zh}。",
                en=f"{spec.shown}: not {declared} at byte {at}. {en}.",
            )
        ) from error
    except (LookupError, ValueError) as error:
        raise ConfigError(
            Text(
                zh=f"{spec.shown}：不认识编码 {declared!r}。常用的是 utf-8 和 GB18030。",
                en=f"{spec.shown}: {declared!r} is no encoding known here. Usual ones are utf-8 and GB18030.",
            )
        ) from error


def _decodes(received: bytes, encoding: str) -> bool:
    try:
        received.decode(encoding)
    except UnicodeError:
        return False
    return True
