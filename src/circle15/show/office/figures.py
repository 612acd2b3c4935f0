"""The maps of an audit as figures of a document."""

from __future__ import annotations

from functools import partial

from circle15.core.results import Audit
from circle15.core.text import Text
from circle15.show.office.document import Block, Figure, Paragraph
from circle15.show.sheets import FIGURE, Subject, picture, subjects


def family_figures(audit: Audit) -> list[Block]:
    """A map for each family of distance and time rules."""
    return [_figure(audit, number, subject) for number, subject in _numbered(audit) if subject.plan is None]


def plan_figure(audit: Audit, plan_id: str) -> list[Block]:
    """The map of one plan; nothing where there is no geometry."""
    return [
        _figure(audit, number, subject)
        for number, subject in _numbered(audit)
        if subject.plan is not None and subject.plan.plan_id == plan_id
    ]


def no_maps(audit: Audit) -> list[Block]:
    """Why a study with distances has no map: it is public, and no zone may stand for its homes."""
    if subjects(audit) or not audit.walked:
        return []
    why = Text(
        "公开报告不绘制单个居住小区，资料中也没有社区或镇的边界，故不附图。",
        "A public report draws no single homes, and the data has no boundaries of communities or towns: no maps.",
    )
    return [Paragraph(why.say(audit.facts.language), "note")]


def _numbered(audit: Audit) -> list[tuple[int, Subject]]:
    return list(enumerate(subjects(audit), start=1))


def _figure(audit: Audit, number: int, subject: Subject) -> Figure:
    caption = Text(f"图 {number}　{subject.title.zh}", f"Figure {number}: {subject.title.en}")
    draw = partial(picture, audit, subject)
    return Figure(caption.say(audit.facts.language), FIGURE.width_mm, FIGURE.height_mm, draw)
