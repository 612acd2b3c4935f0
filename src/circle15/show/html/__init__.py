"""The map room: one self-contained HTML page of an audit, drawn with folium.

Nothing outside this package imports folium or branca.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from folium import FitBounds

from circle15.core.results import Audit
from circle15.core.tables import OUTCOME_WORDS, OUTCOMES
from circle15.show.families import CLASS_WORDS, CLASSES, GAPS, Family, class_of, families
from circle15.show.html.columns import home_columns
from circle15.show.html.figure import LocalFigure, LocalMap
from circle15.show.html.layers import (
    DataLayer,
    MapLayer,
    extent,
    home_shapes,
    map_layers,
    planned_sites,
)
from circle15.show.html.legend import left_panel
from circle15.show.html.markup import Html, join, script_json, tag
from circle15.show.html.packing import compressed
from circle15.show.html.scenario import scenario_section, stage_section
from circle15.show.html.start import Start
from circle15.show.html.tables import coverage_section, site_section
from circle15.show.html.titleblock import clauses, header, title_block
from circle15.show.html.walks import pack_walks
from circle15.show.html.words import PAGE, STATE_WORDS, UNITS, Words
from circle15.show.palette import CLASS_STYLES
from circle15.show.titles import STAMPS, attributions, borne_stamps, map_title, refuse_unreviewed

__all__ = ["page"]

MAX_ZOOM = 20


def page(audit: Audit) -> str:
    """The whole HTML of the map: it loads nothing, and the same audit gives the same bytes.

    Values of the data appear as text and never run. A public page carries no streets.
    Raises ConfigError if the audience is public and the title block has no 审图号.
    """
    refuse_unreviewed(audit)
    words = Words(audit.facts.language)
    groups = families(audit.walked)
    layers = map_layers(audit, groups, words)
    left, right = left_panel(audit, groups, layers, words), _right_panel(audit, groups, words)
    before = join([header(audit, words), Html("<main>"), left, Html('<div id="stage">')])
    after = join([_watermark(audit, words), Html("</div>"), right, Html("</main>")])
    lang = "zh-CN" if audit.facts.language == "zh" else "en"
    figure = LocalFigure(map_title(audit), lang, before, after, _data(audit, groups, layers, words))
    figure.add_child(_map(audit, layers))
    return figure.render()


def _map(audit: Audit, layers: list[MapLayer]) -> LocalMap:
    options = {"maxZoom": MAX_ZOOM, "zoomSnap": 0.25, "fadeAnimation": False}
    drawn = LocalMap(tiles=None, prefer_canvas=True, zoom_control="topright", **options)
    bounds = extent(audit)
    if bounds is not None:
        FitBounds(bounds, padding=(24, 24)).add_to(drawn)
    for layer in layers:
        DataLayer(layer.key).add_to(drawn)
    Start().add_to(drawn)
    return drawn


def _right_panel(audit: Audit, groups: tuple[Family, ...], words: Words) -> Html:
    return tag(
        "aside",
        stage_section(audit, words),
        scenario_section(audit, groups, words),
        site_section(audit, words),
        [coverage_section(audit, index, family, words) for index, family in enumerate(groups)],
        clauses(audit, words),
        title_block(audit, words),
        class_="panel right",
    )


def _homes(audit: Audit, groups: tuple[Family, ...], words: Words) -> dict[str, Any]:
    """The residential areas, once for all layers: shapes, stories, and a style for each class."""
    return {
        "shapes": home_shapes(audit),
        "columns": compressed(home_columns(audit, groups, words)),
        "classes": CLASSES,
        "classOf": {",".join(found): class_of(found) for count in (1, 2) for found in product(OUTCOMES, repeat=count)},
        "styles": [CLASS_STYLES[name] for name in CLASSES],
        "estimated": words("estimated"),
    }


def _watermark(audit: Audit, words: Words) -> Html | None:
    borne = [words.say(STAMPS[key]) for key in borne_stamps(audit) if key in ("fictional", "draft")]
    return tag("div", " · ".join(borne), class_="watermark") if borne else None


def _data(audit: Audit, groups: tuple[Family, ...], layers: list[MapLayer], words: Words) -> Html:
    """Everything the page's script reads."""
    facilities = audit.facilities.frame
    names = facilities["name"].fillna(facilities["facility_id"]) if "name" in facilities else facilities["facility_id"]
    tables = {"page": PAGE, "classes": CLASS_WORDS, "states": STATE_WORDS, "units": UNITS, "outcomes": OUTCOME_WORDS}
    return script_json(
        {
            **{name: {key: words.say(text) for key, text in table.items()} for name, table in tables.items()},
            "rules": {
                rule.rule_id: {
                    "limit": words.limit(rule.limit),
                    "value": rule.limit.value,
                    "unit": rule.limit.unit,
                    "metrics": [[metric, words.measured(rule, metric)] for metric in rule.metrics],
                }
                for family in groups
                for rule in family.rules
            },
            "families": [[rule.rule_id for rule in family.rules] for family in groups],
            "facilities": dict(zip(facilities["facility_id"], names, strict=True)),
            "homes": _homes(audit, groups, words),
            "study": audit.facts.study_id,
            "familyTypes": [family.targets[0] for family in groups],
            "gaps": GAPS,
            "walks": pack_walks(audit),
            "plans": planned_sites(audit, groups),
            "layers": [layer.spec() for layer in layers],
            "attributions": attributions(audit),
        }
    )
