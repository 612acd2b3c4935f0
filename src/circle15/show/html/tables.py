"""The tables of the right panel: proposed sites, coverage by every basis, zones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from circle15.core.results import Audit, Plan, Site
from circle15.core.rule import Metric, Rule
from circle15.core.tables import BASES, ZONE_LEVELS
from circle15.show.families import Family, estimated_columns, headline_basis, known, study_coverage
from circle15.show.html.markup import Html, tag
from circle15.show.html.popup import site_story, type_label
from circle15.show.html.words import Words
from circle15.show.names import LEVEL_WORDS
from circle15.show.numbers import percent
from circle15.show.proposals import STATUS_WORDS

_Figure = tuple[Rule, Metric]


def site_section(audit: Audit, words: Words) -> Html:
    """The proposed sites of every plan, ranked by year; a row moves the map."""
    plans = [_plan(audit, place, plan, words) for place, plan in enumerate(audit.plans)]
    return tag("section", tag("h2", words("plans")), plans or tag("p", words("no_sites"), class_="note"))


def _plan(audit: Audit, place: int, plan: Plan, words: Words) -> list[Html]:
    heading = tag("h3", type_label(audit, plan.facility_type, words))
    weight = words("by_basis", words.basis(plan.weight, plan.weight_estimated))
    basis = tag("p", f"{plan_basis(audit, plan, words)} · {weight}", class_="note")
    if not plan.sites:
        return [heading, basis, tag("p", words("infeasible"), class_="note")]
    heads = [words(each) for each in ("stage", "rank", "site", "gain", "after")]
    rows = [_site_row(audit, place, plan, site) for site in plan.sites]
    certificate = words("optimality", words.say(STATUS_WORDS[plan.status]), percent(plan.gap))
    return [heading, basis, _table(heads, rows, "sites"), tag("p", certificate, class_="note")]


def plan_basis(audit: Audit, plan: Plan, words: Words) -> str:
    """By which limit a plan covers: its rule, or an assumed limit that is never called a clause."""
    parts = [words.limit(plan.limit), words.metric(plan.metric)]
    parts = [plan.rule_id, *parts] if plan.rule_id else [*parts, words("assumed_limit", plan.assumed)]
    if plan.limit.unit == "min":
        parts.append(f"{words('pace')} {_plan_pace(audit, plan, words)}")
    return " · ".join(parts)


def _plan_pace(audit: Audit, plan: Plan, words: Words) -> str:
    known = audit.facts.pack.paces.get(plan.pace)
    return words.pace(known) if known else plan.pace


def _site_row(audit: Audit, place: int, plan: Plan, site: Site) -> Html:
    story = site_story(audit, plan, site)
    host = tag("small", story["host"]) if story["host"] else None
    cells = [
        tag("td", str(site.stage)),
        tag("td", str(site.rank)),
        tag("td", tag("button", story["name"], type="button"), host, class_="name"),
        tag("td", f"+{site.gain:,}"),
        tag("td", percent(site.share_after)),
    ]
    return tag("tr", cells, data_layer=f"sites:{place}:{site.stage}", data_id=site.candidate_id)


def coverage_section(audit: Audit, index: int, family: Family, words: Words) -> Html:
    """One family's coverage by every basis and metric, and by zone."""
    figures = [(rule, metric) for rule in family.rules for metric in rule.metrics]
    return tag(
        "div",
        tag("section", tag("h2", words("coverage")), _by_basis(audit, figures, words)),
        _by_zone(audit, family, figures, words),
        data_family=index,
        hidden=index > 0,
    )


def _by_basis(audit: Audit, figures: list[_Figure], words: Words) -> Html:
    estimated = estimated_columns(audit)
    rows = study_coverage(audit)
    there = set(rows["basis"])
    body = [
        tag(
            "tr",
            tag("td", words.basis(basis, basis in estimated), class_="name"),
            _cells(rows, "basis", basis, figures),
        )
        for basis in BASES
        if basis in there
    ]
    return _table([words("basis"), *_heads(figures, words)], body, "shares")


def _by_zone(audit: Audit, family: Family, figures: list[_Figure], words: Words) -> Html | None:
    """The zones of the coarsest level below the county that has figures, worst first, those without a share last."""
    basis = headline_basis(audit, family)
    rows = audit.coverage.frame
    rows = rows[(rows["basis"] == basis) & (rows["zone_id"] != "*")]
    level = shown_level(rows)
    if level is None:
        return None
    rows = rows[rows["level"] == level]
    rule, metric = figures[0]
    leading = rows[(rows["rule_id"] == rule.rule_id) & (rows["metric"] == metric)]
    shares = known(leading)["share"].reindex(leading.index)
    ranked = leading.assign(share=shares).sort_values(["share", "zone_id"], na_position="last")["zone_id"]
    names = _zone_names(audit)
    body = [
        tag(
            "tr",
            tag("td", tag("button", names.get(zone_id, zone_id), type="button"), class_="name"),
            _cells(rows, "zone_id", zone_id, figures),
            data_zone=zone_id,
        )
        for zone_id in ranked
    ]
    label = words.say(LEVEL_WORDS[level])
    note = tag("p", words.basis(basis, basis in estimated_columns(audit)), class_="note")
    heads = [tag("button", each, type="button") for each in (label, *_heads(figures, words))]
    table = _table(heads, body, "shares sortable")
    hint = tag("p", words("sort"), class_="note")
    return tag("section", tag("h2", words("zone_rank", label)), note, table, hint)


def shown_level(rows: Any) -> str | None:
    """The level of zones that the page ranks: towns, else the finest that has figures."""
    return next((each for each in ("town", *ZONE_LEVELS) if (rows["level"] == each).any()), None)


def _zone_names(audit: Audit) -> dict[str, str]:
    if audit.zones is None:
        return {}
    frame = audit.zones.frame
    return {zone_id: name for zone_id, name in zip(frame["zone_id"], frame["name"], strict=True) if name}


def _heads(figures: list[_Figure], words: Words) -> list[Html]:
    return [
        tag("span", rule.rule_id, [tag("small", each) for each in _measures(rule, metric, words)])
        for rule, metric in figures
    ]


def _measures(rule: Rule, metric: Metric, words: Words) -> list[str]:
    pace = [words.speed(rule.pace)] if rule.limit.unit == "min" and rule.pace is not None else []
    return [words.limit(rule.limit), words.metric(metric), *pace]


def _cells(rows: Any, column: str, key: str, figures: list[_Figure]) -> list[Html]:
    mine = {(row.rule_id, row.metric): row for row in rows[rows[column] == key].itertuples()}
    return [share("td", mine.get((rule.rule_id, metric))) for rule, metric in figures]


def share(name: str, row: Any) -> Html:
    """The share of a coverage row, with what the page's script needs to tell it anew for a scenario.

    None where nothing is known: new facilities do not change that.
    """
    if row is None or row.unknown >= row.total:
        return tag(name, percent(None))
    figure = "|".join([row.rule_id, row.metric, row.basis, row.level, row.zone_id])
    target = None if pd.isna(row.target) else f"{row.target:.15g}"
    sums = {"data_covered": f"{row.covered:.15g}", "data_total": f"{row.total:.15g}", "data_target": target}
    return tag(name, percent(row.share, row.target), data_figure=figure, **sums)


def _table(heads: Sequence[str], rows: list[Html], class_: str) -> Html:
    head = tag("thead", tag("tr", [tag("th", each) for each in heads]))
    return tag("table", head, tag("tbody", rows), class_=class_)
