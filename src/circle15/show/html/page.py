"""The page of an audit as a whole: what stands where, and all that its script reads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

from folium import FitBounds

from circle15.core.basemaps import BASE_MAPS
from circle15.core.results import Audit
from circle15.core.rule import Metric, Rule
from circle15.core.tables import OUTCOME_WORDS, OUTCOMES
from circle15.core.text import LANGUAGES, Language
from circle15.show.ahead import AT_ONCE
from circle15.show.families import CLASS_WORDS, CLASSES, GAPS, Family, class_of, classify, families
from circle15.show.html.columns import home_columns
from circle15.show.html.figure import LocalFigure, LocalMap
from circle15.show.html.layer import DataLayer, MapLayer
from circle15.show.html.layers import extent, home_shapes, map_layers
from circle15.show.html.legend import left_panel
from circle15.show.html.markup import Html, join, script_json, tag
from circle15.show.html.packing import compressed
from circle15.show.html.places import planned_sites
from circle15.show.html.scenario import scenario_section, stage_section
from circle15.show.html.start import Start
from circle15.show.html.tables import coverage_section, site_section
from circle15.show.html.titleblock import clauses, header, title_block
from circle15.show.html.walks import pack_walks
from circle15.show.html.words import PAGE, Words, both, pair
from circle15.show.palette import CLASS_STYLES
from circle15.show.sentences import BECAUSE_WORDS, STATE_WORDS, UNIT_WORDS
from circle15.show.titles import STAMPS, attributions, borne_stamps, map_title, refuse_unreviewed

MAX_ZOOM = 20
# The class of every residential area, for each family.
_Classes = Sequence[list[str]]
HTML_LANGUAGE: dict[Language, str] = {"zh": "zh-CN", "en": "en"}


def page(audit: Audit) -> str:
    """The whole HTML of the map: it loads nothing, and the same audit gives the same bytes.

    Values of the data appear as text and never run. A public page carries no streets.
    Raises ConfigError if the audience is public and the title block has no 审图号.
    """
    refuse_unreviewed(audit)
    groups = families(audit.walked)
    classes = [classify(audit, family) for family in groups]
    layers = map_layers(audit, groups, classes)
    shown, other = (Words(each) for each in sorted(LANGUAGES, key=lambda each: each != audit.facts.language))
    parts = _Parts.of(audit, groups, classes, layers, shown)
    before = join([parts.header, Html("<main>"), parts.left, Html('<div id="stage">')])
    elsewhere = tag("template", _Parts.of(audit, groups, classes, layers, other).all, id="circle15-other")
    after = join([parts.watermark, Html("</div>"), parts.right, Html("</main>"), elsewhere])
    title = map_title(audit, shown.language)
    data = _data(audit, groups, layers)
    hosts = [host for name in audit.facts.base_maps for host in BASE_MAPS[name].hosts]
    figure = LocalFigure(title, HTML_LANGUAGE[shown.language], before, after, data, hosts)
    figure.add_child(_map(audit, layers))
    return figure.render()


@dataclass(frozen=True, slots=True)
class _Parts:
    """All that the page says, in one language; the page's script puts those of the other one in their place."""

    header: Html
    left: Html
    right: Html
    watermark: Html

    @classmethod
    def of(
        cls, audit: Audit, groups: tuple[Family, ...], classes: _Classes, layers: list[MapLayer], words: Words
    ) -> _Parts:
        """The parts of an audit's page."""
        left, right = left_panel(audit, groups, classes, layers, words), _right_panel(audit, groups, words)
        return cls(header(audit, words), left, right, _watermark(audit, words))

    @property
    def all(self) -> list[Html]:
        """The parts, one after another."""
        return [self.header, self.left, self.right, self.watermark]


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
        aria_label=words("results"),
    )


def _homes(audit: Audit, groups: tuple[Family, ...]) -> dict[str, Any]:
    """The residential areas, once for all layers: shapes, stories, and a style for each class."""
    return {
        "shapes": home_shapes(audit),
        "columns": compressed(home_columns(audit, groups)),
        "classes": CLASSES,
        "classOf": {",".join(found): class_of(found) for count in (1, 2) for found in product(OUTCOMES, repeat=count)},
        "styles": [CLASS_STYLES[name] for name in CLASSES],
    }


def _watermark(audit: Audit, words: Words) -> Html:
    borne = [words.say(STAMPS[key]) for key in borne_stamps(audit) if key in ("fictional", "draft")]
    return tag("div", " · ".join(borne), class_="watermark", hidden=not borne)


def _data(audit: Audit, groups: tuple[Family, ...], layers: list[MapLayer]) -> Html:
    """Everything the page's script reads."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        walks = pool.submit(pack_walks, audit)
        homes = None if audit.facts.audience == "public" else pool.submit(_homes, audit, groups)
    facilities = audit.facilities.frame
    names = facilities["name"].fillna(facilities["facility_id"]) if "name" in facilities else facilities["facility_id"]
    return script_json(
        {
            "study": audit.facts.study_id,
            "language": audit.facts.language,
            "words": {language: _vocabulary(audit, language) for language in LANGUAGES},
            "rules": {rule.rule_id: _rule(rule) for family in groups for rule in family.rules},
            "families": [[rule.rule_id for rule in family.rules] for family in groups],
            "familyTypes": [family.targets[0] for family in groups],
            "facilities": dict(zip(facilities["facility_id"], names, strict=True)),
            "homes": None if homes is None else homes.result(),
            "gaps": GAPS,
            "walks": walks.result(),
            "plans": planned_sites(audit, groups),
            "bases": {name: _base(name, key) for name, key in audit.facts.base_maps.items()},
            "layers": [layer.spec() for layer in layers],
            "attributions": attributions(audit),
        }
    )


def _base(name: str, key: str) -> dict[str, Any]:
    base = BASE_MAPS[name]
    return {
        "tiles": base.tiles,
        "key": key,
        "subdomains": base.subdomains,
        "credit": base.credit,
        "maxZoom": base.max_zoom,
        "gcj02": base.gcj02,
    }


def _vocabulary(audit: Audit, language: Language) -> dict[str, Any]:
    tables = {
        "page": PAGE,
        "classes": CLASS_WORDS,
        "states": STATE_WORDS,
        "reasons": BECAUSE_WORDS,
        "units": UNIT_WORDS,
        "outcomes": OUTCOME_WORDS,
    }
    said = {name: {key: text.say(language) for key, text in table.items()} for name, table in tables.items()}
    return said | {"title": map_title(audit, language), "lang": HTML_LANGUAGE[language]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "limit": pair(both(lambda words: words.limit(rule.limit))),
        "value": rule.limit.value,
        "unit": rule.limit.unit,
        "metrics": [[metric, pair(both(partial(_measured, rule, metric)))] for metric in rule.metrics],
    }


def _measured(rule: Rule, metric: Metric, words: Words) -> str:
    return words.measured(rule, metric)
