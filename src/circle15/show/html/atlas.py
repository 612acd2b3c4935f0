"""The map of the studies of a batch: their outlines and ranks as a drawing in the page, without script or tiles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from circle15.core.league import League
from circle15.core.text import Language, Text
from circle15.show.html.markup import Html, tag
from circle15.show.outline import Ring

Outlines = Mapping[str, Sequence[Ring]]

TITLE = Text("研究分布与名次", "Where the studies are, and their ranks")
# From the best fifth of ranks to the last, dark to light; a study without a rank is hatched by a dashed line.
_FILLS = ("#0b4f8a", "#3f83bb", "#6fb1e0", "#b5d6ef", "#eaf3fa")
_UNRANKED = "#ffffff"
_WIDTH, _MARGIN, _TALLEST = 960.0, 24.0, 720.0
_RADIUS = 10.0
# With more studies than this their numbers would hide each other: the rank then stands in the title of the mark.
_MOST_NUMBERS = 150
_SMALL = 4.0

STYLE = """
.atlas{width:100%;height:auto;border:1px solid #c9ced6;background:#f7f9fb}
.atlas path{stroke:#1c2530;stroke-width:1;fill-opacity:.75}.atlas circle{stroke:#1c2530;stroke-width:1.2}
.atlas .none{stroke-dasharray:3 2}.atlas text{font:bold 11px system-ui,sans-serif;text-anchor:middle;fill:#1c2530}
.atlas .dark{fill:#fff}.key{display:inline-block;width:1.2em;height:1em;border:1px solid #1c2530;vertical-align:middle;
margin:0 .3rem 0 1rem}
"""


def atlas(league: League, outlines: Outlines, language: Language) -> list[Html]:
    """Heading, drawing, legend and note; nothing where no study has a place.

    Each study that ran and has a place is its outline, a mark with its rank as a number, and a link to its map if it
    has one; its rank also stands in words for those who see neither colours nor the drawing.
    """
    rows = [row for row in league.frame.to_dict("records") if outlines.get(row["study_id"])]
    if not rows:
        return []
    ranks = [int(row["rank"]) for row in rows if not _is_absent(row["rank"])]
    place = _placement([ring for row in rows for ring in outlines[row["study_id"]]])
    last = max(ranks, default=1)
    small = len(rows) > _MOST_NUMBERS
    # Large ones first, so that small ones within stay to be seen.
    drawn = sorted(rows, key=lambda row: (-_extent(outlines[row["study_id"]]), row["study_id"]))
    shapes = [_study(row, outlines[row["study_id"]], place, last, language, small=small) for row in drawn]
    return [
        tag("h2", TITLE.say(language)),
        tag("svg", [shapes], viewBox=f"0 0 {_WIDTH:g} {place.height:.0f}", class_="atlas", role="group",
            aria_label=TITLE.say(language)),
        tag("p", _legend(last, language), class_="note"),
        tag("p", _note(len(league.frame) - len(rows), language), class_="note"),
    ]  # fmt: skip


class _Placement:
    """Degrees to the drawing: north up, east and north to one scale at the middle latitude."""

    def __init__(self, west: float, south: float, east: float, north: float) -> None:
        self._west, self._north = west, north
        self._narrow = math.cos(math.radians((south + north) / 2))
        wide, tall = max((east - west) * self._narrow, 1e-6), max(north - south, 1e-6)
        self._scale = min((_WIDTH - 2 * _MARGIN) / wide, (_TALLEST - 2 * _MARGIN) / tall)
        self._aside = (_WIDTH - wide * self._scale) / 2
        self.height = tall * self._scale + 2 * _MARGIN

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a place is in the drawing."""
        x = self._aside + (lon - self._west) * self._narrow * self._scale
        return round(x, 1), round(_MARGIN + (self._north - lat) * self._scale, 1)


def _placement(rings: Sequence[Ring]) -> _Placement:
    lons, lats = [each[0] for ring in rings for each in ring], [each[1] for ring in rings for each in ring]
    return _Placement(min(lons), min(lats), max(lons), max(lats))


def _extent(rings: Sequence[Ring]) -> float:
    lons, lats = [each[0] for ring in rings for each in ring], [each[1] for ring in rings for each in ring]
    return (max(lons) - min(lons)) * (max(lats) - min(lats))


def _study(
    row: Mapping[str, Any], rings: Sequence[Ring], place: _Placement, last: int, language: Language, *, small: bool
) -> Html:
    rank = None if _is_absent(row["rank"]) else int(row["rank"])
    fifth = None if rank is None else _fifth(rank, last)
    fill = _UNRANKED if fifth is None else _FILLS[fifth]
    manner = "none" if rank is None else None
    lines = ["M" + "L".join("{:g},{:g}".format(*place.at(*each)) for each in ring) + "Z" for ring in rings]
    biggest = max(rings, key=lambda ring: _extent([ring]))
    lons, lats = [each[0] for each in biggest], [each[1] for each in biggest]
    x, y = place.at((min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2)
    number = "—" if rank is None else str(rank)
    parts = [
        tag("title", _said(row, rank).say(language)),
        tag("path", d="".join(lines), fill=fill, class_=manner),
        tag("circle", cx=f"{x:g}", cy=f"{y:g}", r=f"{_SMALL if small else _RADIUS:g}", fill=fill, class_=manner),
        None if small else tag("text", number, x=f"{x:g}", y=f"{y + 4:g}", class_="dark" if fifth in {0, 1} else None),
    ]
    return tag("a", parts, href=f"../{quote(row['map'])}") if row["map"] else tag("g", parts)


def _fifth(rank: int, last: int) -> int:
    return min((rank - 1) * len(_FILLS) // last, len(_FILLS) - 1)


def _said(row: Mapping[str, Any], rank: int | None) -> Text:
    if rank is None:
        return Text(f"{row['name']}：无名次", f"{row['name']}: no rank")
    return Text(f"{row['name']}：第 {rank} 名", f"{row['name']}: rank {rank}")


def _legend(last: int, language: Language) -> list[Html | str]:
    found: list[Html | str] = []
    for fifth, fill in enumerate(_FILLS):
        ranks = [rank for rank in range(1, last + 1) if _fifth(rank, last) == fifth]
        if ranks:
            span = f"{ranks[0]}–{ranks[-1]}" if len(ranks) > 1 else f"{ranks[0]}"
            found += [_key(fill), Text(f"第 {span} 名", f"rank {span}").say(language)]
    return [*found, _key(_UNRANKED), Text("— 无名次（虚线）", "— no rank (dashed)").say(language)]


def _key(fill: str) -> Html:
    return tag("span", class_="key", style=f"background:{fill}")


def _note(missing: int, language: Language) -> str:
    text = Text(
        f"数字为名次。范围是各研究最高一级区划的外缘，没有区划的为其数据的外框，都经过概化，只示意位置，不是行政界线的依据。"
        f"另有 {missing} 个研究未绘出：没有位置、未能运行，或公开而没有审图号。",
        f"Numbers are ranks. Outlines are the outer edges of the zones of the highest level, else boxes round the "
        f"data; they are coarse and say where, not where a boundary runs. {missing} studies are not drawn: they have "
        f"no place, could not run, or are for the public without an approval number.",
    )
    return text.say(language)


def _is_absent(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124  # NaN and NA differ from themselves
