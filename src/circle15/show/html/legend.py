"""The left panel: key figures, and a legend whose rows switch the layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from circle15.core.basemaps import BASE_MAPS
from circle15.core.results import Audit
from circle15.core.rule import Rule
from circle15.show.families import (
    GAPS,
    Family,
    estimated_columns,
    headline_basis,
    study_coverage,
    tally,
)
from circle15.show.html.layer import MapLayer
from circle15.show.html.markup import Html, tag
from circle15.show.html.popup import type_label
from circle15.show.html.tables import share
from circle15.show.html.words import Words, number
from circle15.show.numbers import percent
from circle15.show.palette import CLASS_STYLES, SHARE_STEPS
from circle15.show.sentences import force_text


def left_panel(
    audit: Audit, groups: tuple[Family, ...], classes: Sequence[list[str]], layers: list[MapLayer], words: Words
) -> Html:
    """Everything left of the map. Each family has a section of its own; the first is shown."""
    counts = [tally(family, each) for family, each in zip(groups, classes, strict=True)]
    return tag(
        "aside",
        _search(words),
        _chooser(audit, groups, words),
        [_family(audit, index, family, counts[index], layers, words) for index, family in enumerate(groups)],
        _switches(words("facilities"), [each for each in layers if each.group == "facilities"], words),
        [_drawn(index, layers, words) for index in range(len(groups))],
        [_plan(audit, place, layers, words) for place in range(len(audit.plans))],
        _switches(words("layers"), [each for each in layers if each.group == "base"], words),
        _bases(audit, words),
        class_="panel left",
        aria_label=words("legend"),
    )


def _search(words: Words) -> Html:
    box = tag("input", type="search", id="search", placeholder=words("search"), aria_label=words("search"))
    return tag("div", box, tag("ul", id="found", hidden=True), class_="search")


def family_label(audit: Audit, family: Family, words: Words) -> str:
    """What a family is about: its first facility type and how many more."""
    label = type_label(audit, family.targets[0], words)
    return label + (words("and_more", _rest(family, words)) if len(family.targets) > 1 else "")


def _rest(family: Family, words: Words) -> int:
    """Chinese counts all the types, English those besides the first."""
    return len(family.targets) - (words.language == "en")


def _chooser(audit: Audit, groups: tuple[Family, ...], words: Words) -> Html | None:
    if len(groups) < 2:
        return None
    rows = [
        tag(
            "label",
            tag("input", type="radio", name="family", value=index, checked=index == 0),
            tag("span", family_label(audit, family, words)),
            tag("small", words.stop.join(rule.rule_id for rule in family.rules)),
            class_="choice",
        )
        for index, family in enumerate(groups)
    ]
    return tag("section", tag("h2", words("subject")), tag("div", rows, class_="choices"))


def _family(
    audit: Audit, index: int, family: Family, counts: Mapping[str, int], layers: list[MapLayer], words: Words
) -> Html:
    mine = [each for each in layers if each.family == index]
    return tag(
        "div",
        tag("section", tag("h2", words("key_figures")), _figures(audit, family, counts, words)),
        tag(
            "section",
            tag("h2", words("legend")),
            [_rule_line(rule, words) for rule in family.rules],
            _measures(index, family, words) if audit.facts.audience == "internal" else None,
            _bar(counts),
            [_class_row(each, counts, words) for each in mine if each.group == "homes"],
            tag("p", words("by_areas"), class_="note") if any(each.group == "homes" for each in mine) else None,
            [_share_rows(each, words) for each in mine if each.group == "shares"],
        ),
        data_family=index,
        hidden=index > 0,
    )


def _drawn(index: int, layers: list[MapLayer], words: Words) -> Html:
    mine = [each for each in layers if each.family == index and each.group == "drawn"]
    return tag(
        "div", _switches(words("drawn"), mine, words, words("drawing_note")), data_family=index, hidden=index > 0
    )


def _figures(audit: Audit, family: Family, counts: Mapping[str, int], words: Words) -> Html:
    basis = headline_basis(audit, family)
    named = words.basis(basis, basis in estimated_columns(audit))
    cards = [_share_card(audit, rule, metric, basis, words) for rule in family.rules for metric in rule.metrics]
    gaps = sum(counts.get(each, 0) for each in GAPS)
    cards.append(
        _card(tag("b", number(gaps), class_="gaps"), words("gaps"), words("gaps_note", number(sum(counts.values()))))
    )
    return tag("div", tag("p", words("by_basis", named), class_="note"), tag("div", cards, class_="cards"))


def _share_card(audit: Audit, rule: Rule, metric: str, basis: str, words: Words) -> Html:
    rows = study_coverage(audit)
    rows = rows[(rows["rule_id"] == rule.rule_id) & (rows["metric"] == metric) & (rows["basis"] == basis)]
    row = next(rows.itertuples(), None)
    aside = words("unknown_aside", number(row.unknown)) if row is not None and row.unknown else ""
    what = f"{rule.rule_id} {words.limit(rule.limit)}"
    return _card(share("b", row), what, words.measured(rule, metric), aside)


def _card(value: Html, what: str, *how: str) -> Html:
    return tag("div", value, tag("span", what), [tag("small", each) for each in how if each], class_="card")


def _rule_line(rule: Rule, words: Words) -> Html:
    return tag(
        "p",
        tag("b", rule.rule_id),
        f" {words.limit(rule.limit)} · {words.measured(rule, rule.metrics[0])} · {words.say(force_text(rule))}",
        class_="rule",
    )


def _measures(index: int, family: Family, words: Words) -> Html | None:
    """A choice of the metric of the metre rule, its headline first, where there are two."""
    rule = family.metre
    if rule is None or len(rule.metrics) < 2:
        return None
    choices = [
        tag(
            "label",
            tag("input", type="radio", name=f"metric-{index}", value=metric, checked=metric == rule.metrics[0]),
            words.metric(metric),
        )
        for metric in rule.metrics
    ]
    return tag("fieldset", tag("legend", f"{rule.rule_id} {words('measure')}"), choices, class_="measures")


def _bar(counts: Mapping[str, int]) -> Html:
    parts = [
        tag(
            "i",
            data_class=name,
            style=f"flex-grow:{count};background:{CLASS_STYLES[name]['fillColor']}",
            hidden=not count,
        )
        for name, count in counts.items()
    ]
    return tag("div", parts, class_="bar")


def _class_row(layer: MapLayer, counts: Mapping[str, int], words: Words) -> Html:
    total = sum(counts.values())
    share = percent(counts[layer.class_] / total if total else None)
    return _switch(layer, words.say(layer.label), f"{number(layer.count)} · {share}")


def _share_rows(layer: MapLayer, words: Words) -> list[Html]:
    """The switch of the coloured zones, and what their colours mean."""
    ends = [*(start for start, _ in SHARE_STEPS[1:]), 1.0]
    fills = [feature["properties"]["fill"] for feature in layer.features]
    rows = [_switch(layer, words.say(layer.label), number(layer.count))]
    for (start, colour), end in zip(SHARE_STEPS, ends, strict=True):
        swatch = tag("i", class_="swatch fill", style=f"--fill:{colour};--stroke:#4b5563")
        label = tag("span", f"{start:.0%}–{end:.0%}")
        rows.append(tag("div", swatch, label, tag("small", number(fills.count(colour))), class_="switch step"))
    return rows


def _plan(audit: Audit, place: int, layers: list[MapLayer], words: Words) -> Html | None:
    title = f"{words('plans')} · {type_label(audit, audit.plans[place].facility_type, words)}"
    return _switches(title, [each for each in layers if each.group == f"plan:{place}"], words)


def _switches(title: str, layers: list[MapLayer], words: Words, note: str = "") -> Html | None:
    if not layers:
        return None
    rows = [_switch(each, words.say(each.label), "" if each.count is None else number(each.count)) for each in layers]
    return tag("section", tag("h2", title), rows, tag("p", note, class_="note") if note else None)


def _bases(audit: Audit, words: Words) -> Html | None:
    """A choice among the base maps of others, none of them at first."""
    offered = audit.facts.base_maps
    if not offered:
        return None
    names = {"": words("base_none")} | {name: words.say(BASE_MAPS[name].label) for name in offered}
    rows = [
        tag(
            "label",
            tag("input", type="radio", name="base", value=name, checked=not name),
            tag("span", label),
            class_="choice",
        )
        for name, label in names.items()
    ]
    return tag("section", tag("h2", words("bases")), rows, tag("p", words("bases_note"), class_="note"))


def _switch(layer: MapLayer, label: str, aside: str) -> Html:
    return tag(
        "label",
        tag("input", type="checkbox", data_layer=layer.key, checked=layer.shown),
        tag("i", class_=f"swatch {layer.swatch}", style=f"--fill:{layer.fill};--stroke:{layer.style['color']}"),
        tag("span", label),
        tag("small", aside),
        class_="switch",
    )
