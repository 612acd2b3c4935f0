"""Files that a bureau files: the report as a workbook, a Word file, a PDF and Markdown, and the bulletin."""

from __future__ import annotations

from collections.abc import Sequence

from circle15.core.league import Figures, League
from circle15.core.results import Audit
from circle15.core.text import Language, Text
from circle15.show.office.assessment import assessment, document
from circle15.show.office.bulletin import bulletin
from circle15.show.office.document import Sheet, finished
from circle15.show.office.docx import word
from circle15.show.office.league import league_document, league_sheets
from circle15.show.office.markdown import markdown
from circle15.show.office.pdf import pdf
from circle15.show.office.ruletables import findings_table
from circle15.show.office.workbook import sheets
from circle15.show.office.xlsx import xlsx
from circle15.show.titles import refuse_unreviewed

__all__ = [
    "bulletin_docx",
    "bulletin_md",
    "findings_xlsx",
    "league_files",
    "report_docx",
    "report_md",
    "report_pdf",
    "report_xlsx",
]


def report_md(audit: Audit) -> dict[str, bytes]:
    """The assessment as Markdown."""
    return {"report.md": markdown(assessment(audit)).encode()}


def report_docx(audit: Audit) -> dict[str, bytes]:
    """The assessment with its maps as a Word file.

    Raises ConfigError without the extra ``office``, as all below, and for public maps without a 审图号.
    """
    refuse_unreviewed(audit)
    return {"report.docx": word(assessment(audit))}


def report_pdf(audit: Audit) -> dict[str, bytes]:
    """The assessment with its maps as a PDF. Raises as ``report_docx`` does."""
    refuse_unreviewed(audit)
    return {"report.pdf": pdf(assessment(audit))}


def report_xlsx(audit: Audit) -> dict[str, bytes]:
    """The assessment as a workbook."""
    document = assessment(audit)
    return {"report.xlsx": xlsx(sheets(audit), document.title, document.stamps)}


def findings_xlsx(audit: Audit) -> dict[str, bytes]:
    """The findings alone, as a workbook of one sheet."""
    name = Text("数据质检", "Findings").say(audit.facts.language)
    whole = document(audit, Text(f"{audit.facts.name}数据质检", f"{audit.facts.name}: findings"), ())
    return {"findings.xlsx": xlsx([Sheet(name, finished([findings_table(audit)]))], whole.title, whole.stamps)}


def bulletin_md(audit: Audit) -> dict[str, bytes]:
    """The bulletin as Markdown."""
    return {"bulletin.md": markdown(bulletin(audit)).encode()}


def bulletin_docx(audit: Audit) -> dict[str, bytes]:
    """The bulletin as a Word file."""
    return {"bulletin.docx": word(bulletin(audit))}


def league_files(
    league: League, figures: Figures, stamps: Sequence[Text], language: Language, *, office: bool
) -> dict[str, bytes]:
    """The league of a batch: bulletin.md, and with ``office`` bulletin.docx and batch.xlsx."""
    told = league_document(league, figures, stamps, language)
    files = {"bulletin.md": markdown(told).encode()}
    if office:
        files["bulletin.docx"] = word(told)
        files["batch.xlsx"] = xlsx(league_sheets(league, figures, language), told.title, told.stamps)
    return files
