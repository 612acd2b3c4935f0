"""Map sheets on paper, as PNG and PDF, for the report and for the wall. Nothing else draws with matplotlib.

What a sheet shows is in ``subject``; matplotlib is loaded when the first one is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from circle15.core.errors import ConfigError
from circle15.core.results import Audit
from circle15.core.text import Text
from circle15.show.sheets.paper import FIGURE, PAPERS, Paper
from circle15.show.sheets.subject import Subject, subjects
from circle15.show.titles import refuse_unreviewed

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["FIGURE", "PAPERS", "Paper", "Subject", "picture", "sheets_pdf", "sheets_png", "subjects"]


def picture(audit: Audit, subject: Subject, paper: Paper = FIGURE) -> bytes:
    """One sheet as PNG at 300 dpi, by default as wide as the text of a report.

    Raises ConfigError without the extra ``office``, as all below.
    """
    return _drawing().png(audit, subject, paper)  # type: ignore[no-any-return]  # loaded when called


def sheets_png(audit: Audit) -> dict[str, bytes]:
    """Every sheet of an audit as a picture, by file name. Raises ConfigError for a public map that may not be shown."""
    refuse_unreviewed(audit)
    return {f"sheet-{subject.key}.png": picture(audit, subject, PAPERS["A4"]) for subject in _some(audit)}


def sheets_pdf(audit: Audit) -> dict[str, bytes]:
    """Every sheet of an audit as a page of one PDF, A3. Raises as ``sheets_png`` does."""
    refuse_unreviewed(audit)
    return {"sheets.pdf": _drawing().pdf(audit, _some(audit), PAPERS["A3"])}


def _some(audit: Audit) -> tuple[Subject, ...]:
    found = subjects(audit)
    if not found:
        raise ConfigError(
            Text(
                "没有可以绘制的图：公开图件需要有覆盖率的社区或镇边界，其他图件需要居住小区和距离或时间指标。"
                "请补充图层，或从 [show] outputs 中删去 sheets。",
                "there is nothing to draw: a public sheet needs boundaries of communities or towns with coverage, "
                "others need homes and a rule of distance or time. Give them or take sheets out of [show] outputs.",
            )
        )
    return found


def _drawing() -> ModuleType:
    try:
        from circle15.show.sheets import drawing  # noqa: PLC0415  # matplotlib is heavy, and only sheets need it
    except ImportError as error:
        raise ConfigError(
            Text(
                "绘制图件需要 matplotlib。请运行 pip install circle15[office]，或从 [show] outputs 中去掉该项。",
                "map sheets need matplotlib: pip install circle15[office], or leave them out of [show] outputs.",
            )
        ) from error
    return drawing
