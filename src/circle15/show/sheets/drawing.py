"""A sheet drawn: frame, title, map at a true scale, and the panel under it. The only module that makes figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from circle15.core.results import Audit
from circle15.show.letters import Letters, font_file
from circle15.show.sheets.furniture import Box, draw_furniture
from circle15.show.sheets.ground import draw_ground, extent, line_entries, shade_entries
from circle15.show.sheets.panel import Entry, Line, Mark, columns
from circle15.show.sheets.paper import MM_PER_INCH, Paper, Window, window
from circle15.show.sheets.pen import BLACK, STAMP, Pen
from circle15.show.sheets.places import draw_mark, draw_places, number_sites, place_layers
from circle15.show.sheets.subject import Subject
from circle15.show.titles import DATE, MAKER, STAMPS, borne_stamps

DPI = 300
# Nothing of the day, the user or the machine gets into a file.
_PNG_FACTS = {"Software": "circle15"}
_PDF_FACTS = {"Creator": "circle15", "Producer": None, "CreationDate": None}
_SETTINGS = {"pdf.fonttype": 42}
# Shares of the three columns of the panel, and the gaps beside them in mm.
_COLUMNS, _GAP = (0.28, 0.39, 0.33), 3.0
# The panel takes at most so much of the sheet: its print shrinks until it does.
_MOST_PANEL, _LEAST_POINTS, _STEP_POINTS = 0.45, 4.0, 0.25
_LONGEST_SCALE = "1 : 10,000,000"


def png(audit: Audit, subject: Subject, paper: Paper) -> bytes:
    """One sheet as PNG at 300 dpi."""
    out = BytesIO()
    with _settings(), font_file() as font:
        _sheet(audit, subject, paper, font).savefig(out, format="png", dpi=DPI, metadata=_PNG_FACTS)
    return out.getvalue()


def pdf(audit: Audit, subjects: Sequence[Subject], paper: Paper) -> bytes:
    """The sheets as pages of one PDF."""
    out = BytesIO()
    with _settings(), font_file() as font, PdfPages(out, metadata=_PDF_FACTS) as pages:
        for subject in subjects:
            pages.savefig(_sheet(audit, subject, paper, font), dpi=DPI)
    return out.getvalue()


@contextmanager
def _settings() -> Iterator[None]:
    """The library's own settings, whatever the user's are; theirs come back."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def _sheet(audit: Audit, subject: Subject, paper: Paper, font: Path) -> Any:
    """The figure of a sheet. What is written lies over the map: the page of the pen is above the axes of the map."""
    figure = Figure(figsize=(paper.width_mm / MM_PER_INCH, paper.height_mm / MM_PER_INCH))
    page = figure.add_axes((0, 0, 1, 1), xlim=(0, paper.width_mm), ylim=(paper.height_mm, 0), zorder=2)
    page.axis("off")
    pen = Pen(page, Letters(), font)
    top = _title(audit, subject, paper, pen)
    places = place_layers(audit, subject)
    entries = [*shade_entries(subject), *(each.entry for each in places), *line_entries(audit, subject)]
    points, height = _print_size(audit, subject, entries, paper, pen)
    box = paper.margin_mm, top, paper.width_mm - paper.margin_mm, paper.height_mm - paper.margin_mm - height
    view = window(extent(audit, subject), box[2] - box[0], box[3] - box[1])
    axes = figure.add_axes(_shares(box, paper), **_limits(view), xticks=[], yticks=[])
    draw_ground(axes, audit, subject, view, pen, points)
    draw_places(axes, places, view)
    number_sites(axes, audit, subject, view, pen, points)
    draw_furniture(audit, view, box, pen, points)
    found = columns(audit, subject, entries, f"1 : {view.scale:,.0f}", pen, (_widths(paper), points))
    _panel(found, paper, box[3], pen, points)
    _frame(audit, paper, pen)
    return figure


def _shares(box: Box, paper: Paper) -> Box:
    """A box in mm from above as shares of the figure from below."""
    left, top, right, bottom = box
    wide, high = paper.width_mm, paper.height_mm
    return left / wide, 1 - bottom / high, (right - left) / wide, (bottom - top) / high


def _limits(view: Window) -> dict[str, tuple[float, float]]:
    return {"xlim": (view.west, view.east), "ylim": (view.south, view.north)}


def _title(audit: Audit, subject: Subject, paper: Paper, pen: Pen) -> float:
    """The title, who made it, and the stamps; says where the map may begin."""
    language, given = audit.facts.language, audit.facts.title_block
    points, small, y = paper.points * 1.9, paper.points * 1.15, paper.margin_mm + 1.5
    for line in pen.lines(subject.title.say(language), paper.width_mm - 2 * paper.margin_mm - 8, points):
        pen.write(paper.width_mm / 2, y, line, points, side="center")
        y += pen.line(points)
    marks = " · ".join(STAMPS[key].say(language) for key in borne_stamps(audit))
    by = " · ".join(given[key] for key in (MAKER, DATE) if given.get(key))
    pen.write(paper.margin_mm + 2, y, marks, small, colour=STAMP)
    pen.write(paper.width_mm - paper.margin_mm - 2, y, by, small, side="right")
    return y + (pen.line(small) if marks or by else 0) + 1


def _widths(paper: Paper) -> list[float]:
    room = paper.width_mm - 2 * paper.margin_mm - _GAP * (len(_COLUMNS) + 1)
    return [share * room for share in _COLUMNS]


def _print_size(
    audit: Audit, subject: Subject, entries: Sequence[Entry], paper: Paper, pen: Pen
) -> tuple[float, float]:
    """The size of the small print in points, and the height of the panel under it."""
    points = paper.points
    while True:
        found = columns(audit, subject, entries, _LONGEST_SCALE, pen, (_widths(paper), points))
        height = (max(map(len, found)) + 1) * pen.line(points)
        if height <= _MOST_PANEL * paper.height_mm or points <= _LEAST_POINTS:
            return points, height
        points -= _STEP_POINTS


def _panel(found: Sequence[Sequence[Line]], paper: Paper, top: float, pen: Pen, points: float) -> None:
    x, step = paper.margin_mm + _GAP, pen.line(points)
    for lines, width in zip(found, _widths(paper), strict=True):
        for number, line in enumerate(lines):
            y = top + (number + 0.4) * step
            pen.write(x + line.indent, y, line.text, points, colour=line.colour)
            if line.mark is not None:
                _swatch(pen.page, x, y, step, line.mark)
        x += width + _GAP


def _swatch(page: Any, x: float, y: float, step: float, mark: Mark) -> None:
    middle = y + step * 0.42
    if mark.kind == "patch":
        patch = Rectangle((x, y + 0.1 * step), 5, 0.65 * step, facecolor=mark.fill, edgecolor=mark.outline, lw=0.6)
        page.add_patch(patch)
    elif mark.kind == "line":
        page.plot([x, x + 5], [middle, middle], color=mark.fill, linestyle=mark.outline, linewidth=1.0)
    else:
        draw_mark(page, (x + 2.5, middle), mark, shrink=0.5)


def _frame(audit: Audit, paper: Paper, pen: Pen) -> None:
    """The line round the sheet, and in its lowest line what the font lacks."""
    margin, points = paper.margin_mm, paper.points * 0.8
    wide, high = paper.width_mm - 2 * margin, paper.height_mm - 2 * margin
    pen.page.add_patch(Rectangle((margin, margin), wide, high, fill=False, linewidth=1.0, edgecolor=BLACK))
    note = pen.letters.note()
    if note is not None:
        pen.write(margin + _GAP, margin + high - pen.line(points), note.say(audit.facts.language), points)
