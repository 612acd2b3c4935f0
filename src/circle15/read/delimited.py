"""Text tables, decoded as declared and split at the delimiter they use."""

from __future__ import annotations

import csv
import io
from collections import Counter
from itertools import islice

from circle15.core.errors import ConfigError, EncodingError, SchemaError
from circle15.core.text import Text
from circle15.read.grid import Grid
from circle15.read.spec import InputSpec

_DELIMITERS = ",;\t"
_LIKELY_ENCODINGS = ("utf-8", "GB18030", "Big5", "utf-16")

# A cell may hold the outline of a county as WKT. The whole text is in memory anyway.
csv.field_size_limit(2**31 - 1)

# The lines among which a delimiter is looked for.
_PEEKED_LINES = 30


def read_delimited(spec: InputSpec) -> Grid:
    """The cells of a CSV file as text, empty ones None, each row numbered by the line it ends on.

    Raises ConfigError for an encoding nobody knows, EncodingError, and SchemaError for a row that cannot be split.
    """
    text = _decoded(spec)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
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


def _delimiter(text: str) -> str:
    """What splits most lines alike, into most cells: titles above a table have few, lists within a cell differ."""
    lines = list(islice(io.StringIO(text), _PEEKED_LINES))
    return max(_DELIMITERS, key=lambda each: _evenness(lines, each))


def _evenness(lines: list[str], delimiter: str) -> tuple[int, int]:
    """How many lines have the most common number of cells above one, and that number."""
    try:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if len(row) > 1)
    except csv.Error:
        return 0, 0
    return max(((count, width) for width, count in widths.items()), default=(0, 0))


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
