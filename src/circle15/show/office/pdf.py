"""Documents as PDF, with the Chinese font that travels in the package: A4, stamps on every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from io import BytesIO
from itertools import islice, takewhile
from typing import Any
from xml.sax.saxutils import escape

from circle15.core.text import Text
from circle15.show.extra import library
from circle15.show.letters import FONT, Letters
from circle15.show.lines import broken
from circle15.show.office.document import (
    Block,
    Cell,
    Document,
    Figure,
    Heading,
    Number,
    Paragraph,
    Table,
    column_widths,
)

_MM = 72 / 25.4
_MARGIN_TOP, _MARGIN_BOTTOM, _MARGIN_SIDE = 32 * _MM, 26 * _MM, 24 * _MM
_TEXT_MM = 162
_STAMP_COLOUR, _HEAD_FILL, _GRID, _GREY = "#C00000", "#E7ECF2", "#8A8F98", "#595959"
# Points, leading, space before, space after.
_STYLES = {
    "title": (20, 30, 0, 6),
    "maker": (12, 18, 0, 14),
    "stamp": (11, 16, 0, 2),
    "h1": (15, 22, 14, 6),
    "h2": (12, 18, 9, 4),
    "h3": (10.5, 16, 6, 3),
    "body": (10.5, 17, 0, 4),
    "item": (10.5, 16, 0, 3),
    "note": (8.5, 13, 2, 5),
    "caption": (9, 14, 4, 10),
    "cell": (8, 11, 0, 0),
}
# A heading without so much room under it begins a page; a cell of more characters may break across pages.
_HEADING_ROOM, _LONG_CELL = 130, 300
# What the caption of a picture takes.
_CAPTION_MM = 10
_CENTRED, _RIGHT = 1, 2


def pdf(document: Document) -> bytes:
    """The document as PDF. Raises ConfigError where reportlab is missing.

    A character the font lacks is printed as 〓; a note at the end and a line of the log say which they are.
    """
    letters = Letters()
    shown = _printable(document, letters.shown)
    styles = _styles()
    story = [*_title(shown, styles)]
    blocks = (*shown.blocks, *_missing_note(shown, letters))
    for number, block in enumerate(blocks):
        if isinstance(block, Heading) and not (number and isinstance(blocks[number - 1], Heading)):
            story += _room(blocks[number:])
        story += _WRITE[type(block)](block, styles)
    out = BytesIO()
    _template(out, shown).build(story)
    return out.getvalue()


def _room(blocks: Sequence[Block]) -> list[Any]:
    """Headings in a row begin a page where what follows would not stand under them."""
    headings = list(takewhile(lambda each: isinstance(each, Heading), blocks))
    following = next(islice(blocks, len(headings), None), None)
    room = (following.height_mm + _CAPTION_MM) * _MM if isinstance(following, Figure) else _HEADING_ROOM
    return [library("reportlab.platypus").CondPageBreak(len(headings) * _STYLES["h1"][1] + room)]


def _printable(document: Document, shown: Callable[[str], str]) -> Document:
    """The document with a mark for each character the font lacks."""

    def block_shown(block: Block) -> Block:
        if isinstance(block, Figure):
            return replace(block, caption=shown(block.caption))
        if not isinstance(block, Table):
            return replace(block, text=shown(block.text))
        heads = tuple(replace(head, text=shown(head.text)) for head in block.heads)
        return Table(heads, tuple(tuple(_cell_shown(cell, shown) for cell in row) for row in block.rows))

    return replace(
        document,
        title=shown(document.title),
        maker=shown(document.maker),
        stamps=tuple(map(shown, document.stamps)),
        blocks=tuple(map(block_shown, document.blocks)),
    )


def _cell_shown(cell: Cell, shown: Callable[[str], str]) -> Cell:
    return cell if isinstance(cell, Number) else shown(cell)


def _missing_note(document: Document, letters: Letters) -> list[Block]:
    note = letters.note()
    if note is None:
        return []
    whole = Text(f"{note.zh}原文见 report.docx。", f"{note.en} report.docx has them.")
    return [Paragraph(whole.say(document.language), "note")]


def _styles() -> dict[str, Any]:
    """Paragraph styles; lines are broken here, whatever the language."""
    make = library("reportlab.lib.styles").ParagraphStyle
    styles = {
        name: make(name, fontName=FONT, fontSize=size, leading=leading, spaceBefore=before, spaceAfter=after)
        for name, (size, leading, before, after) in _STYLES.items()
    }
    for style in styles.values():
        style.wordWrap = "CJK"
    for name in ("title", "maker", "stamp", "caption"):
        styles[name].alignment = _CENTRED
    styles["stamp"].textColor, styles["note"].textColor = _STAMP_COLOUR, _GREY
    styles["body"].firstLineIndent = 2 * _STYLES["body"][0]
    styles["item"].leftIndent, styles["item"].bulletIndent = 14, 2
    styles["head"] = make("head", styles["cell"], alignment=_CENTRED)
    styles["number"] = make("number", styles["cell"], alignment=_RIGHT)
    return styles


def _flow(text: str, style: Any, bullet: str | None = None) -> Any:
    return _flow_class()(escape(text), style, bulletText=bullet)


@cache
def _flow_class() -> Any:
    """Paragraphs of the library whose lines end where ours may."""
    width = library("reportlab.pdfbase.pdfmetrics").stringWidth

    class Flow(library("reportlab.platypus").Paragraph):  # type: ignore[misc]  # the library is loaded when called
        def breakLinesCJK(self, maxWidths: list[float]) -> Any:  # noqa: N802,N803  # the library's names
            made = super().breakLinesCJK(maxWidths)
            if len(self.frags) != 1 or getattr(self, "_splitpara", False):
                return made
            size = self.style.fontSize
            frag = self.frags[0]
            text = frag.text if hasattr(frag, "text") else "".join(getattr(frag, "words", ()))  # the rest of one cut
            lines = broken(text, maxWidths, lambda text: width(text, FONT, size))
            room = [maxWidths[min(at, len(maxWidths) - 1)] for at in range(len(lines))]
            made.lines = [(wide - width(line, FONT, size), [line]) for wide, line in zip(room, lines, strict=True)]
            return made

    return Flow


def _title(document: Document, styles: Mapping[str, Any]) -> list[Any]:
    lines = [(document.title, "title"), *((each, "stamp") for each in document.stamps)]
    lines += [(document.maker, "maker")] if document.maker else []
    return [_flow(text, styles[name]) for text, name in lines]


def _heading(block: Heading, styles: Mapping[str, Any]) -> list[Any]:
    flow = _flow(block.text, styles[f"h{block.level}"])
    flow.outline = block
    return [flow]


def _paragraph(block: Paragraph, styles: Mapping[str, Any]) -> list[Any]:
    return [_flow(block.text, styles[block.manner], "•" if block.manner == "item" else None)]


def _table(block: Table, styles: Mapping[str, Any]) -> list[Any]:
    """A table that breaks across pages under a repeated head; a row longer than a page breaks, too."""
    platypus = library("reportlab.platypus")
    rows = [[_flow(head.text, styles["head"]) for head in block.heads]]
    rows += [[_cell(cell, styles) for cell in row] for row in block.rows]
    is_long = any(isinstance(cell, str) and len(cell) > _LONG_CELL for row in block.rows for cell in row)
    widths = [width * _MM for width in column_widths(block, _TEXT_MM)]
    table = platypus.LongTable(rows, colWidths=widths, repeatRows=1, splitInRow=int(is_long))
    table.setStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.4, _GRID),
            ("BACKGROUND", (0, 0), (-1, 0), _HEAD_FILL),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
        ]
    )
    return [table, platypus.Spacer(1, 8)]


def _figure(block: Figure, styles: Mapping[str, Any]) -> list[Any]:
    """The picture in its own size, so that its scale holds, with the caption under it on the same page."""
    platypus = library("reportlab.platypus")
    image = platypus.Image(BytesIO(block.draw()), block.width_mm * _MM, block.height_mm * _MM)
    return [platypus.KeepTogether([image, _flow(block.caption, styles["caption"])])]


def _cell(cell: Cell, styles: Mapping[str, Any]) -> Any:
    return _flow(cell.text, styles["number"]) if isinstance(cell, Number) else _flow(cell, styles["cell"])


def _template(out: BytesIO, document: Document) -> Any:
    """Pages with the title and the stamps above and the number below; headings become the outline."""
    platypus = library("reportlab.platypus")
    width, height = library("reportlab.lib.pagesizes").A4

    def decorate(canvas: Any, page: Any) -> None:
        canvas.setFont(FONT, 8)
        canvas.setFillColor(_GREY)
        canvas.drawCentredString(width / 2, _MARGIN_BOTTOM / 2, f"— {page.page} —")
        canvas.setFillColor(_STAMP_COLOUR if document.stamps else _GREY)
        for number, line in enumerate(_head_lines(document, width - 2 * _MARGIN_SIDE)):
            canvas.drawString(_MARGIN_SIDE, height - _MARGIN_TOP * 0.5 - 11 * number, line)

    class Template(platypus.BaseDocTemplate):  # type: ignore[misc,name-defined]  # the library is loaded when called
        def afterFlowable(self, flowable: Any) -> None:  # noqa: N802  # the library's name for it
            block = getattr(flowable, "outline", None)
            if block is not None:
                key = f"h{self.seq.nextf('h')}"
                self.canv.bookmarkPage(key)
                self.canv.addOutlineEntry(block.text, key, level=block.level - 1)

    template = Template(
        out,
        pagesize=(width, height),
        title=document.title,
        author=document.maker,
        creator="circle15",
        lang="zh-CN" if document.language == "zh" else "en",
        invariant=1,
    )
    text_height = height - _MARGIN_TOP - _MARGIN_BOTTOM
    frame = platypus.Frame(_MARGIN_SIDE, _MARGIN_BOTTOM, width - 2 * _MARGIN_SIDE, text_height, 0, 0, 0, 0)
    template.addPageTemplates(platypus.PageTemplate("page", [frame], onPage=decorate))
    return template


def _head_lines(document: Document, width: float) -> list[str]:
    """The title and the stamps, as few lines as the page is wide; every stamp whole."""
    measure = library("reportlab.pdfbase.pdfmetrics").stringWidth
    texts = [document.title, *([" · ".join(document.stamps)] if document.stamps else [])]
    return [line for text in texts for line in broken(text, [width], lambda part: measure(part, FONT, 8))]


_WRITE: Mapping[type, Callable[[Any, Any], list[Any]]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Table: _table,
    Figure: _figure,
}
