"""The index page of a batch: where its studies are, their ranking, sums, and links to their maps, in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from circle15.core.league import Figures, League
from circle15.core.text import Language, Text
from circle15.show.html.atlas import STYLE, Outlines, atlas
from circle15.show.html.markup import Html, join, tag
from circle15.show.office.document import Heading, Number, Paragraph, Table
from circle15.show.office.league import league_document

# The browser itself refuses to load or run anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_LANGUAGES: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}
_STYLE = """
body{font:14px/1.6 system-ui,"Noto Sans SC","Microsoft YaHei",sans-serif;color:#1c2530;margin:0 auto;max-width:1280px;
padding:1rem}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{border:1px solid #c9ced6;padding:.25rem .5rem;text-align:left;vertical-align:top}
th{background:#e7ecf2}td.number{text-align:right;white-space:nowrap}
.stamp{color:#a3320b;font-weight:bold;margin-right:1rem}.note{color:#4a5563}a{color:#0b4f8a}
"""


def index_page(league: League, figures: Figures, outlines: Outlines, stamps: Sequence[Text], language: Language) -> str:
    """The page as it lies in the folder of the batch. It loads nothing and runs nothing."""
    document = league_document(league, figures, stamps, language)
    done = league.frame[league.frame["status"] == "done"]
    maps = {row["study_id"]: row["map"] for row in done.to_dict("records") if row["map"]}
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="generator", content="circle15"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", document.title),
        tag("style", Html(_STYLE + STYLE)),
    ]
    body = [
        tag("h1", document.title),
        tag("p", [tag("span", each, class_="stamp") for each in document.stamps]) if document.stamps else None,
        atlas(league, outlines, language),
        [_block(each, maps) for each in document.blocks],
    ]
    page = tag("html", tag("head", head), tag("body", tag("main", body)), lang=_LANGUAGES[language])
    return f"<!DOCTYPE html>\n{page}\n"


def _block(block: object, maps: Mapping[str, str]) -> Html:
    if isinstance(block, Heading):
        return tag(f"h{block.level + 1}", block.text)
    if isinstance(block, Table):
        return _table(block, maps)
    return tag("p", block.text, class_=block.manner) if isinstance(block, Paragraph) else Html("")


def _table(table: Table, maps: Mapping[str, str]) -> Html:
    head = tag("thead", tag("tr", [tag("th", each.text, scope="col") for each in table.heads]))
    rows = [tag("tr", [_cell(cell, maps) for cell in row]) for row in table.rows]
    return tag("div", tag("table", head, tag("tbody", rows)), class_="wide", tabindex=0)


def _cell(cell: str | Number, maps: Mapping[str, str]) -> Html:
    """A number, or a text; that of a study that has a map leads to it."""
    if isinstance(cell, Number):
        return tag("td", cell.text, class_="number")
    return tag("td", tag("a", cell, href=f"../{quote(maps[cell])}") if cell in maps else join(cell))
