"""The outlook: the study judged again on coming dates, each set of facilities walked to once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from circle15 import judge
from circle15.core.rule import Ratio, Rule, Schedule
from circle15.core.tables import Outlook
from circle15.pipeline.distances import Searches, access_to
from circle15.pipeline.ground import Ground


def outlook(
    ground: Ground, rules: Sequence[Rule], subjects: judge.Subjects, searches: Searches, groups: Sequence[judge.Groups]
) -> Outlook:
    """Shares and amounts of ``rules`` on the date of the study and at the end of coming years; empty without a date.

    Rules whose target is of a later year are judged too: how far it is to a target is told before it is due.
    """
    as_of = ground.study.as_of
    asking = _whole_shares([rule for rule in rules if judge.looks_ahead(rule)])
    if as_of is None or not asking:
        return Outlook.empty()
    stands = [_stand(ground, asking, subjects, subjects, searches)]
    for date in judge.coming_dates(asking, ground.facilities, as_of):
        listed = judge.opened_by(subjects, date, as_of)
        whole = judge.with_promises(listed, judge.promised(rules, listed, as_of), date)
        stands.append(_stand(ground, asking, listed, whole, searches))
    return judge.outlook(stands, ground.residential, groups, ground.units)


def _whole_shares(rules: Sequence[Rule]) -> list[Rule]:
    """The rules without those that share out others which are not among them."""
    names = {rule.rule_id for rule in rules}
    return [rule for rule in rules if not isinstance(rule.test, Ratio) or set(rule.test.passing) <= names]


def _stand(
    ground: Ground, rules: Sequence[Rule], listed: judge.Subjects, whole: judge.Subjects, searches: Searches
) -> judge.Stand:
    """The verdicts of one date. A schedule is judged by facilities that are listed, never by its own promises."""
    if whole.as_of is None:
        raise ValueError("an outlook without a date")
    schedules = [rule for rule in rules if isinstance(rule.test, Schedule)]
    walked = [rule for rule in rules if rule.is_distance]
    others = [rule for rule in rules if rule not in schedules and rule not in walked]
    counted = {rule.rule_id: judge.counted(rule, whole.facilities, whole.as_of) for rule in walked}
    placed = {rule_id: rows[rows < len(ground.facilities)] for rule_id, rows in counted.items()}
    access = access_to(ground, walked, placed, searches)
    blocks = judge.judge(walked, replace(whole, access=access))
    blocks += judge.judge(others, whole, blocks)
    blocks += judge.judge(schedules, listed)
    order = {rule.rule_id: number for number, rule in enumerate(rules)}
    ranked = sorted(blocks, key=lambda block: order[block.rule.rule_id])
    return judge.Stand(whole.as_of, whole, listed, ranked)
