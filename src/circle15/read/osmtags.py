"""Tag expressions: how packs and tables name kinds of OpenStreetMap objects.

An expression is terms joined by " + ", and all of them must hold::

    key=value     the key has this value
    key=a|b       the key has one of these values
    key           the key is present, whatever its value
    !key          the key is absent

A tag that lists several values ("senior;disabled") has each of them. At least one term must ask for something
that is present: an expression of absences alone would name nearly every object on earth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from circle15.core.errors import ConfigError
from circle15.core.text import Text

_BETWEEN_TERMS = re.compile(r"(?:^|\s+)\+(?:\s+|$)")
_TERM = re.compile(r"(?P<absent>!?)(?P<key>[^\s=|!+]+)(?:=(?P<values>[^=]+))?")


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on one key. ``values`` is empty where the presence or absence alone matters."""

    key: str
    values: frozenset[str] = frozenset()
    absent: bool = False

    def holds(self, tags: Mapping[str, str]) -> bool:
        """Whether ``tags`` fulfil this condition."""
        value = tags.get(self.key)
        if value is None or self.absent:
            return self.absent and value is None
        return not self.values or not self.values.isdisjoint(each.strip() for each in value.split(";"))


@dataclass(frozen=True, slots=True)
class Expression:
    """Terms that must all hold. ``text`` is the expression as it was written."""

    text: str
    terms: tuple[Term, ...]

    def matches(self, tags: Mapping[str, str]) -> bool:
        """Whether every term holds for ``tags``."""
        return all(term.holds(tags) for term in self.terms)

    @property
    def key(self) -> str:
        """A key that every matching object carries."""
        return next(term.key for term in self.terms if not term.absent)


def parse_expression(text: str, where: str = "") -> Expression:
    """The expression that ``text`` writes; ``where`` says where it stands, for messages.

    Raises ConfigError with every problem of the text.
    """
    written = _BETWEEN_TERMS.split(text.strip())
    terms = [_parse_term(each) for each in written]
    wrong = [each for each, term in zip(written, terms, strict=True) if term is None]
    good = tuple(term for term in terms if term is not None)
    problems = [_malformed(text, each, where) for each in wrong]
    if not wrong and all(term.absent for term in good):
        problems.append(_only_absences(text, where))
    if problems:
        raise ConfigError(problems)
    return Expression(text, good)


def parse_expressions(texts: Iterable[str], where: str = "") -> tuple[Expression, ...]:
    """All expressions of a list. Raises ConfigError with the problems of all of them."""
    expressions: list[Expression] = []
    problems: list[Text] = []
    for text in texts:
        try:
            expressions.append(parse_expression(text, where))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return tuple(expressions)


def _parse_term(text: str) -> Term | None:
    found = _TERM.fullmatch(text)
    if found is None or (found["absent"] and found["values"]):
        return None
    values = found["values"].split("|") if found["values"] else []
    if any(each != each.strip() or not each for each in values):
        return None
    return Term(found["key"], frozenset(values), bool(found["absent"]))


def _malformed(text: str, term: str, where: str) -> Text:
    place = f"{where}: " if where else ""
    return Text(
        zh=f"{place}标签表达式 {text!r} 中的 {term!r} 无法解析。"
        f"请写 key=value、key=a|b、key 或 !key，各项之间用“ + ”（两侧留空格）连接。",
        en=f"{place}{term!r} in the tag expression {text!r} is malformed. "
        f'Write key=value, key=a|b, key or !key, joined by " + " with its spaces.',
    )


def _only_absences(text: str, where: str) -> Text:
    place = f"{where}: " if where else ""
    return Text(
        zh=f"{place}标签表达式 {text!r} 只列出了不得有的标签，几乎所有对象都会符合。请至少写一个必须有的标签。",
        en=f"{place}the tag expression {text!r} asks only for absences, which nearly every object fulfils. "
        f"Add at least one tag that must be present.",
    )
