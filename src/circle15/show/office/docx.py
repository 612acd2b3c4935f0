"""Documents as Word files, which WPS and Word open: A4, Chinese type, stamps on every page."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from circle15.show.extra import library
from circle15.show.office.document import EPOCH, Document, Figure, Heading, Number, Paragraph, Table, column_widths

# Margins of GB/T 9704 (top, right, bottom, left) and the width between them, in mm.
_MARGINS = {"top_margin": 37, "right_margin": 26, "bottom_margin": 35, "left_margin": 28}
_PAGE = {"page_width": 210, "page_height": 297}
_TEXT_MM = 156
# Style: Chinese type, Latin type, points, bold.
_TYPES = {
    "Normal": ("仿宋", "Times New Roman", 12, False),
    "Title": ("黑体", "Arial", 22, False),
    "Heading 1": ("黑体", "Arial", 16, False),
    "Heading 2": ("楷体", "Times New Roman", 14, True),
    "Heading 3": ("仿宋", "Times New Roman", 12, True),
    "List Bullet": ("仿宋", "Times New Roman", 12, False),
}
_STAMP_COLOUR, _HEAD_FILL, _GREY, _BLACK = "C00000", "E7ECF2", "595959", "000000"
# What stands behind the shading in the properties of a cell.
_AFTER_SHADE = ("w:noWrap", "w:tcMar", "w:textDirection", "w:tcFitText", "w:vAlign", "w:hideMark")
_MINUS = re.compile(r"-(?=\d)")
_CELL_POINTS, _NOTE_POINTS, _CAPTION_POINTS = 8, 9, 10.5


def word(document: Document) -> bytes:
    """The document as .docx. Raises ConfigError where python-docx is missing."""
    file = library("docx").Document()
    _set_page(file, document)
    _set_types(file)
    _write_title(file, document)
    for block in document.blocks:
        _WRITE[type(block)](file, block)
    _set_properties(file, document)
    out = BytesIO()
    file.save(out)
    return _dated(out.getvalue())


def _set_page(file: Any, document: Document) -> None:
    """Paper, margins, the stamps in the head and the page number in the foot of every page."""
    mm, section = library("docx.shared").Mm, file.sections[0]
    for name, size in {**_PAGE, **_MARGINS}.items():
        setattr(section, name, mm(size))
    head = section.header.paragraphs[0]
    _run(head, " · ".join((document.title, *document.stamps)), 9, _STAMP_COLOUR if document.stamps else _GREY)
    foot = section.footer.paragraphs[0]
    foot.alignment = library("docx.enum.text").WD_ALIGN_PARAGRAPH.CENTER
    _add_page_number(foot)


def _add_page_number(paragraph: Any) -> None:
    paragraph.add_run("— ")
    number = _element("w:fldSimple")
    number.set(_name("w:instr"), "PAGE")
    number.append(paragraph.add_run("1")._r)
    paragraph._p.append(number)
    paragraph.add_run(" —")


def _set_types(file: Any) -> None:
    shared = library("docx.shared")
    for name, (chinese, latin, points, bold) in _TYPES.items():
        style = file.styles[name]
        style.font.size, style.font.bold = shared.Pt(points), bold
        style.font.color.rgb = shared.RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        fonts.attrib.clear()
        for side, font in (("ascii", latin), ("hAnsi", latin), ("eastAsia", chinese), ("cs", latin)):
            fonts.set(_name(f"w:{side}"), font)
    file.styles["Normal"].paragraph_format.line_spacing = 1.4
    title = file.styles["Title"].element.pPr
    title.remove(title.find(_name("w:pBdr")))


def _write_title(file: Any, document: Document) -> None:
    centre = library("docx.enum.text").WD_ALIGN_PARAGRAPH.CENTER
    title = file.add_paragraph(document.title, style="Title")
    title.alignment = centre
    for text, points, colour in (
        *((stamp, 12, _STAMP_COLOUR) for stamp in document.stamps),
        *([(document.maker, 14, _BLACK)] if document.maker else []),
    ):
        paragraph = file.add_paragraph()
        paragraph.alignment = centre
        _run(paragraph, text, points, colour)


def _heading(file: Any, block: Heading) -> None:
    file.add_heading(block.text, level=block.level)


def _paragraph(file: Any, block: Paragraph) -> None:
    if block.manner == "note":
        _run(file.add_paragraph(), block.text, _NOTE_POINTS, _GREY)
        return
    paragraph = file.add_paragraph(style="List Bullet" if block.manner == "item" else "Normal")
    _run(paragraph, block.text, _TYPES["Normal"][2])
    if block.manner == "body":
        paragraph.paragraph_format.first_line_indent = library("docx.shared").Pt(2 * _TYPES["Normal"][2])


def _figure(file: Any, block: Figure) -> None:
    """The picture in its own size, so that its scale holds, with the caption under it on the same page."""
    centre, mm = library("docx.enum.text").WD_ALIGN_PARAGRAPH.CENTER, library("docx.shared").Mm
    paragraph = file.add_paragraph()
    paragraph.alignment, paragraph.paragraph_format.keep_with_next = centre, True
    paragraph.paragraph_format.line_spacing = 1.0
    shape = paragraph.add_run().add_picture(BytesIO(block.draw()), mm(block.width_mm), mm(block.height_mm))
    shape._inline.docPr.set("descr", block.caption)
    caption = file.add_paragraph()
    caption.alignment = centre
    _run(caption, block.caption, _CAPTION_POINTS)


def _table(file: Any, block: Table) -> None:
    widths = column_widths(block, _TEXT_MM)
    table = file.add_table(rows=1 + len(block.rows), cols=len(block.heads), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = library("docx.shared").Mm(width)
    texts = [[head.text for head in block.heads]]
    texts += [[cell.text if isinstance(cell, Number) else cell for cell in row] for row in block.rows]
    numeric = [any(isinstance(row[at], Number) for row in block.rows) for at in range(len(block.heads))]
    for number, (row, cells) in enumerate(zip(table.rows, texts, strict=True)):
        _mark_row(row, is_head=number == 0)
        for at, (cell, text) in enumerate(zip(row.cells, cells, strict=True)):
            _fill(cell, text, widths[at], is_head=number == 0, is_numeric=numeric[at])
    file.add_paragraph().paragraph_format.line_spacing = 0.6


def _mark_row(row: Any, *, is_head: bool) -> None:
    """Rows do not break across pages, and the first is repeated on each."""
    properties = row._tr.get_or_add_trPr()
    properties.append(_element("w:cantSplit"))
    if is_head:
        properties.append(_element("w:tblHeader"))


def _fill(cell: Any, text: str, width: float, *, is_head: bool, is_numeric: bool) -> None:
    align = library("docx.enum.text").WD_ALIGN_PARAGRAPH
    cell.width = library("docx.shared").Mm(width)
    cell.vertical_alignment = library("docx.enum.table").WD_CELL_VERTICAL_ALIGNMENT.CENTER
    paragraph = cell.paragraphs[0]
    room = library("docx.shared").Pt(2)
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = room
    paragraph.paragraph_format.line_spacing = 1.0
    paragraph.alignment = align.CENTER if is_head else align.RIGHT if is_numeric else align.LEFT
    _run(paragraph, text, _CELL_POINTS, bold=is_head)
    if is_head:
        shade = _element("w:shd")
        for key, value in (("val", "clear"), ("color", "auto"), ("fill", _HEAD_FILL)):
            shade.set(_name(f"w:{key}"), value)
        cell._tc.get_or_add_tcPr().insert_element_before(shade, *_AFTER_SHADE)  # the schema has an order


def _run(paragraph: Any, text: str, points: float, colour: str = _BLACK, *, bold: bool = False) -> None:
    """Text in one type; no line ends between a minus and its number."""
    shared = library("docx.shared")
    run = paragraph.add_run()
    for number, part in enumerate(_MINUS.split(text)):
        if number:
            run._r.append(_element("w:noBreakHyphen"))
        run.add_text(part)
    run.bold = bold
    run.font.size, run.font.color.rgb = shared.Pt(points), shared.RGBColor.from_string(colour)


def _element(name: str) -> Any:
    return library("docx.oxml").OxmlElement(name)


def _name(name: str) -> Any:
    return library("docx.oxml.ns").qn(name)


def _set_properties(file: Any, document: Document) -> None:
    properties = file.core_properties
    properties.title, properties.author, properties.comments = document.title[:255], document.maker[:255], ""
    properties.last_modified_by, properties.revision = "circle15", 1
    properties.created = properties.modified = EPOCH
    properties.language = "zh-CN" if document.language == "zh" else "en"


def _dated(data: bytes) -> bytes:
    """The same container with every part under one fixed date."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            entry = zipfile.ZipInfo(part.filename, EPOCH.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(part))
    return out.getvalue()


_WRITE: Mapping[type, Callable[[Any, Any], None]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Table: _table,
    Figure: _figure,
}
