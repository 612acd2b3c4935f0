"""Sensitivity to walking speed, in sentences."""

from __future__ import annotations

from circle15.core.results import Audit
from circle15.core.text import Text, first_ids
from circle15.show.families import known_share
from circle15.show.numbers import percent, whole
from circle15.show.sentences import basis_text


def pace_lines(audit: Audit) -> list[Text]:
    """How the shares of time rules move with pace, and which homes change sides."""
    frame = audit.pace_shares.frame
    if len(frame) == 0:
        return [Text("没有可按步速评估的时间指标。", "There is no time rule to judge at other paces.")]
    lines = [Text("", ""), Text("步速敏感性（全研究区覆盖率）：", "Sensitivity to pace (shares of the whole study):")]
    for (rule_id, basis), rows in frame.groupby(["rule_id", "basis"], sort=False):
        words = basis_text(audit, basis)
        shares = [(f"{row.m_s:g}", percent(known_share(row))) for row in rows.itertuples()]
        zh = "  ".join(f"{speed} 米/秒 {share}" for speed, share in shares)
        en = "  ".join(f"{speed} m/s {share}" for speed, share in shares)
        lines.append(Text(f"  {rule_id} · {words.zh}：{zh}", f"  {rule_id} · {words.en}: {en}"))
    return [*lines, *(Text(f"  {each.zh}", f"  {each.en}") for each in change_texts(audit))]


def change_texts(audit: Audit) -> list[Text]:
    """For each time rule, the homes that change sides between the slowest and the fastest pace."""
    frame = audit.pace_shares.frame
    speeds = frame["m_s"]
    if speeds.nunique() < 2:
        return []
    slow, fast = f"{speeds.min():g}", f"{speeds.max():g}"
    return [_changes(audit, rule_id, slow, fast) for rule_id in frame["rule_id"].unique()]


def _changes(audit: Audit, rule_id: str, slow: str, fast: str) -> Text:
    frame = audit.pace_changes.frame
    ids = frame.loc[frame["rule_id"] == rule_id, "area_id"].tolist()
    is_told = ids and audit.facts.audience == "internal"
    named = (f"：{first_ids(ids)}", f": {first_ids(ids)}") if is_told else ("", "")
    return Text(
        f"{rule_id} 在 {slow} 米/秒不达标、{fast} 米/秒达标的居住小区 {whole(len(ids))} 处{named[0]}",
        f"{rule_id}: {whole(len(ids))} residential areas fail at {slow} m/s and pass at {fast} m/s{named[1]}",
    )
