"""The Chinese font that travels in the package: how wide its texts are, and which characters it lacks."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from circle15.core.text import Text, first_ids
from circle15.show.extra import library

FONT = "NotoSansSC-subset"
# What stands for a character the font lacks: the printer's mark for a missing sort.
MISSING = "〓"
_LOG = logging.getLogger(__name__)


class Letters:
    """The font as one document uses it; it remembers the characters that the document asked for in vain.

    Raises ConfigError where reportlab is missing.
    """

    def __init__(self) -> None:
        self.metrics = _registered()
        self.glyphs = self.metrics.getFont(FONT).face.charToGlyph
        self.missing: set[str] = set()

    def width(self, text: str, points: float) -> float:
        """The width of a text in points."""
        return float(self.metrics.stringWidth(text, FONT, points))

    def shown(self, text: str) -> str:
        """The text with 〓 for each character the font lacks."""
        lacking = {each for each in text if ord(each) not in self.glyphs}
        self.missing |= lacking
        return "".join(MISSING if each in lacking else each for each in text) if lacking else text

    def note(self) -> Text | None:
        """What is missing, in words, also for the log; None where nothing is."""
        if not self.missing:
            return None
        codes = [f"U+{ord(each):04X}" for each in sorted(self.missing)]
        note = Text(
            f"内嵌字体缺少 {len(codes)} 个字符，以 {MISSING} 代替：{first_ids(codes, 20)}。",
            f"The embedded font lacks {len(codes)} characters, printed as {MISSING}: {first_ids(codes, 20)}.",
        )
        _LOG.warning("%s", note.zh)
        return note


def font_file() -> AbstractContextManager[Path]:
    """The font as a file, for as long as the context lasts."""
    return as_file(files("circle15.show") / "fonts" / f"{FONT}.ttf")


def _registered() -> Any:
    """The library's fonts with ours among them."""
    metrics = library("reportlab.pdfbase.pdfmetrics")
    if FONT not in metrics.getRegisteredFontNames():
        with font_file() as path:
            metrics.registerFont(library("reportlab.pdfbase.ttfonts").TTFont(FONT, str(path)))
        metrics.registerFontFamily(FONT, FONT, FONT, FONT, FONT)
    return metrics
