"""What a map must state of itself: the header with its stamps, the clauses, and the title block."""

from __future__ import annotations

from circle15.core.limit import SYMBOLS
from circle15.core.results import Audit, Source
from circle15.core.rule import FORCE_WORDS, LEGAL_WORDS, Rule, Target
from circle15.core.tables import BASES, BASIS_WORDS, OUTCOME_WORDS
from circle15.show.families import counted_of, study_coverage
from circle15.show.html.markup import Child, Html, tag
from circle15.show.html.walks import can_walk
from circle15.show.html.words import Words, number
from circle15.show.names import layer_text
from circle15.show.numbers import target_percent
from circle15.show.sentences import approximate_text
from circle15.show.titles import DATE, MAKER, REVIEW, STAMPS, TITLE, borne_stamps, crs_text, map_title


def header(audit: Audit, words: Words) -> Html:
    """The bar above the map: title, maker and date, stamps."""
    given = audit.facts.title_block
    by = " · ".join(given[key] for key in (MAKER, DATE) if given.get(key))
    tools = [
        tag("button", words(name), type="button", id=f"tool-{name}", class_="push")
        for name in ("compare", "paper", "png", "sheet", "language")
        if name != "compare" or (audit.plans and can_walk(audit))
    ]
    marks = [tag("span", words.say(STAMPS[key]), class_=f"stamp {key}") for key in borne_stamps(audit)]
    return tag(
        "header",
        tag("h1", map_title(audit, words.language)),
        tag("small", by),
        tag("div", marks, class_="stamps"),
        tag("nav", tools),
    )


def clauses(audit: Audit, words: Words) -> Html:
    """Every judged rule with its clause, operator, force, pace and what its target came to."""
    return tag("section", tag("h2", words("clauses")), [_clause(audit, rule, words) for rule in audit.walked])


def _clause(audit: Audit, rule: Rule, words: Words) -> Html:
    measured = [words.measured(rule, rule.metrics[0])] if rule.kind == "within" else []
    notes = [words("interpreted")] if rule.metric_source == "interpretation" and rule.limit.unit == "m" else []
    notes += [words("limit_assumed")] if rule.limit_by == "study" else []
    notes += [] if rule.verified else [words("unverified")]
    facts = " · ".join([words.limit(rule.limit), *measured, words.say(FORCE_WORDS[rule.force])])
    return tag(
        "div",
        tag("p", tag("b", rule.rule_id), f" {facts}"),
        tag("blockquote", rule.clause),
        tag("p", " · ".join([rule.source, words.say(LEGAL_WORDS[rule.legal_status]), *notes]), class_="note"),
        tag("p", _target(audit, rule, rule.target, words), class_="note") if rule.target else None,
        tag("p", _counted(audit, rule, words), class_="note"),
        class_="clause",
    )


def _target(audit: Audit, rule: Rule, target: Target, words: Words) -> str:
    basis = words.say(BASIS_WORDS[target.basis]) if target.basis in BASES else target.basis
    goal = words("target", f"{SYMBOLS[target.op]} {target_percent(target.value)}")
    rows = study_coverage(audit)
    rows = rows[
        (rows["rule_id"] == rule.rule_id) & (rows["metric"] == rule.metrics[0]) & (rows["basis"] == target.basis)
    ]
    found = [outcome for outcome in rows["outcome"] if isinstance(outcome, str)]
    return " · ".join([basis, goal, *(words.say(OUTCOME_WORDS[outcome]) for outcome in found[:1])])


def _counted(audit: Audit, rule: Rule, words: Words) -> str:
    """How many facilities of its types a rule counts, and how many not."""
    counted, others = counted_of(audit, rule)
    return words("counted", number(counted), number(others))


def title_block(audit: Audit, words: Words) -> Html:
    """图签: what the map is, who made it, from what and under which rules."""
    rows = [tag("tr", tag("th", label), tag("td", value)) for label, value in _entries(audit, words)]
    return tag("section", tag("h2", words("title_block")), tag("table", tag("tbody", rows), class_="titleblock"))


def _entries(audit: Audit, words: Words) -> list[tuple[str, Child]]:
    facts = audit.facts
    given = facts.title_block
    rough = approximate_text(audit)
    entries: list[tuple[str, Child]] = [
        (words("title"), map_title(audit, words.language)),
        (words("maker"), given.get(MAKER) or words("not_shown")),
        (words("date"), given.get(DATE) or words("not_shown")),
        (words("as_of"), facts.as_of or words("not_shown")),
        (
            words("crs"),
            _lines([words.say(crs_text(audit)), words("crs_shown"), *([words.say(rough)] if rough else [])]),
        ),
        (words("legal"), _lines(_documents(audit, words))),
        (words("pace"), _lines(_paces(audit, words))),
        (words("data"), _lines(_sources(audit, words))),
        (words("review"), given.get(REVIEW) or words("not_shown")),
    ]
    return entries + [(key, value) for key, value in given.items() if key not in (TITLE, MAKER, DATE, REVIEW) and value]


def _documents(audit: Audit, words: Words) -> list[str]:
    return [
        " · ".join(dict.fromkeys([document.title, document.source, words.say(LEGAL_WORDS[document.legal_status])]))
        for document in audit.facts.pack.documents
    ]


def _paces(audit: Audit, words: Words) -> list[str]:
    timed = [rule for rule in audit.walked if rule.limit.unit == "min" and rule.pace is not None]
    return [f"{rule.rule_id}{words.colon}{words.pace(rule.pace)}" for rule in timed if rule.pace is not None]


def _sources(audit: Audit, words: Words) -> list[str]:
    return [
        " · ".join(each for each in (words.say(layer_text(source.layer)), *_said(source)) if each)
        for source in audit.facts.sources
    ]


def _said(source: Source) -> tuple[str, ...]:
    return source.path, source.datum, source.data_date, source.attribution


def _lines(texts: list[str]) -> list[Child]:
    return [tag("div", text) for text in texts]
