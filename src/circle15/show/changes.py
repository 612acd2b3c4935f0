"""What changed between two runs: for people, as one object, as one flat table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from circle15.core.changes import (
    BatchChanges,
    Changes,
    Cover,
    FacilityChange,
    Fate,
    InputChange,
    RuleChange,
    Setting,
    Side,
)
from circle15.core.rule import METRIC_WORDS
from circle15.core.tables import BASIS_WORDS, OUTCOME_WORDS
from circle15.core.text import Text, first_ids
from circle15.show.names import layer_text
from circle15.show.numbers import grouped, percent, plain, whole

_SUBJECTS = {
    "area": Text("居住小区", "residential areas"),
    "facility": Text("设施", "facilities"),
    "zone": Text("区划单元", "zones"),
    "study": Text("全部", "the study"),
}
_FATES: Mapping[Fate, Text] = {
    "opened": Text("新计入", "counts now"),
    "closed": Text("不再计入", "counts no longer"),
    "changed": Text("计入的指标有变", "counts for other rules"),
}
_SIDES: Mapping[Side, Text] = {
    "changed": Text("内容有变", "changed"),
    "added": Text("新增", "added"),
    "removed": Text("删去", "removed"),
}
_SETTINGS = {
    "study.id": Text("研究编号", "study id"),
    "study.name": Text("研究名称", "study name"),
    "study.as_of": Text("数据时点", "as of"),
    "study.sha256": Text("研究文件", "study file"),
    "pack": Text("规则包", "pack"),
    "pack.sha256": Text("规则包内容", "content of the pack"),
    "crs": Text("坐标系", "CRS"),
    "program": Text("程序版本", "program"),
    "thresholds": Text("限值", "limit"),
    "headline_metric": Text("判定口径", "headline metric"),
    "pace_m_s": Text("步速（米/秒）", "pace (m/s)"),
}
_COLUMNS = ("change", "rule_id", "level", "id", "basis", "metric", "before", "after")
_DIGEST = 12


def change_lines(changes: Changes | BatchChanges) -> list[Text]:
    """The comparison for people: one line for each change, the long lists by their first ids."""
    if isinstance(changes, BatchChanges):
        return _batch_lines(changes)
    lines = [_title(changes)]
    if changes.is_empty:
        return [*lines, Text("两次结果没有差别。", "The runs do not differ.")]
    for heading, sentences in change_sections(changes):
        if sentences:
            lines += [heading, *(Text(f"  {each.zh}", f"  {each.en}") for each in sentences)]
    return lines


def _batch_lines(changes: BatchChanges) -> list[Text]:
    """How many studies differ, which only one run has, then the comparison of each that differs."""
    differ = len(changes.studies)
    lines = [
        Text(f"{changes.before} → {changes.after}", f"{changes.before} → {changes.after}"),
        Text(
            f"有变化的研究 {differ} 个，无变化的 {changes.same} 个", f"{differ} studies differ, {changes.same} do not"
        ),
    ]
    for word, ids in (
        (Text("新增的研究", "new studies"), changes.added),
        (Text("不再有的研究", "gone"), changes.removed),
    ):
        named = first_ids(ids, 10)
        lines += [Text(f"{word.zh} {len(ids)} 个：{named}", f"{len(ids)} {word.en}: {named}")] if ids else []
    for study_id, each in changes.studies.items():
        lines += [Text("", ""), Text(f"【{study_id}】", f"[{study_id}]"), *change_lines(each)]
    return lines


def change_sections(changes: Changes, *, named: bool = True) -> list[tuple[Text, list[Text]]]:
    """The comparison by subject, each as sentences: what was put in, facilities, rules, subjects, shares.

    Homes that gained or lost are ``named`` or only counted.
    """
    return [
        (Text("数据与设定", "Data and settings"), [*map(_input, changes.inputs), *map(_setting, changes.settings)]),
        (Text("设施", "Facilities"), _facilities(changes.facilities)),
        (Text("指标结论", "Rules"), [_rule(each) for each in changes.rules]),
        (Text("达标情况", "Who gained and who lost"), [_cover(each, named=named) for each in changes.covers]),
        (Text("覆盖率（全部）", "Coverage of the study"), share_sentences(changes)),
        (Text("比率与总量（全部）", "Ratios of the study"), _ratios(changes)),
    ]


def change_object(changes: Changes | BatchChanges) -> dict[str, Any]:
    """The comparison as ``diff --format json`` prints it."""
    if isinstance(changes, BatchChanges):
        return {
            "before": changes.before,
            "after": changes.after,
            "same": changes.same,
            "added": list(changes.added),
            "removed": list(changes.removed),
            "studies": {study_id: change_object(each) for study_id, each in changes.studies.items()},
        }
    return {
        "before": dict(changes.before),
        "after": dict(changes.after),
        "inputs": [asdict(each) for each in changes.inputs],
        "settings": [asdict(each) for each in changes.settings],
        "facilities": [asdict(each) for each in changes.facilities],
        "rules": [asdict(each) for each in changes.rules],
        "covers": [asdict(each) for each in changes.covers],
        "coverage": _records(changes.shares),
        "ratios": _records(changes.ratios),
    }


def change_frame(changes: Changes | BatchChanges) -> Any:
    """The comparison as one table: change, rule_id, level, id, basis, metric, before, after.

    That of a batch begins with a column study_id; studies that only one run has are ``added`` and ``removed``.
    """
    if isinstance(changes, BatchChanges):
        frames = [change_frame(each).assign(study_id=study_id) for study_id, each in changes.studies.items()]
        lone = [("added", each) for each in changes.added] + [("removed", each) for each in changes.removed]
        frames.append(pd.DataFrame(lone, columns=["change", "study_id"], dtype=object))
        return pd.concat(frames, ignore_index=True).reindex(columns=["study_id", *_COLUMNS])
    rows = [
        *(("input", None, None, each.layer, None, None, each.before, each.after) for each in changes.inputs),
        *(("setting", None, None, each.name, None, None, each.before, each.after) for each in changes.settings),
        *(
            (each.fate, None, "facility", each.facility_id, None, None, each.before, each.after)
            for each in changes.facilities
        ),
        *(("rule", each.rule_id, "study", "*", None, None, each.before, each.after) for each in changes.rules),
        *(row for each in changes.covers for row in _cover_rows(each)),
        *(row for each in changes.shares.itertuples() for row in _share_rows(each)),
        *(row for each in changes.ratios.itertuples() for row in _ratio_rows(each)),
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object)


def _cover_rows(cover: Cover) -> list[tuple[Any, ...]]:
    return [
        (kind, cover.rule_id, cover.subject_kind, subject, None, cover.metric, *sides)
        for kind, ids, sides in (("gained", cover.gained, (None, "pass")), ("lost", cover.lost, ("pass", None)))
        for subject in ids
    ]


def _share_rows(row: Any) -> list[tuple[Any, ...]]:
    where = row.rule_id, row.level, row.zone_id, row.basis, row.metric
    return [("share", *where, _number(row.share_before), _number(row.share_after))]


def _ratio_rows(row: Any) -> list[tuple[Any, ...]]:
    where = row.rule_id, row.level, row.zone_id, None, row.metric
    return [("ratio", *where, _number(row.value_before), _number(row.value_after))]


def _title(changes: Changes) -> Text:
    before, after = _side(changes.before), _side(changes.after)
    return Text(f"{before.zh} → {after.zh}", f"{before.en} → {after.en}")


def _side(run: Mapping[str, Any]) -> Text:
    name, as_of = run["name"], run["as_of"]
    return Text(f"{name}（{as_of}）", f"{name} ({as_of})") if as_of else Text(name, name)


def _input(change: InputChange) -> Text:
    side = _SIDES[change.side]
    rows = [whole(each) for each in (change.rows_before, change.rows_after) if each is not None]
    digests = " → ".join(each[:_DIGEST] for each in (change.before, change.after) if each)
    count, layer = " → ".join(rows), layer_text(change.layer)
    return Text(
        f"{layer.zh} {side.zh}（记录 {count}；sha256 {digests}）",
        f"{layer.en} {side.en} ({count} rows; sha256 {digests})",
    )


def _setting(setting: Setting) -> Text:
    before, after = (_short(each) for each in (setting.before, setting.after))
    label = _setting_label(setting.name)
    return Text(f"{label.zh}：{before} → {after}", f"{label.en}: {before} → {after}")


def _short(value: str) -> str:
    """A setting as people read it: a digest by its beginning, nothing as a dash."""
    is_digest = len(value) == 64 and all(each in "0123456789abcdef" for each in value)
    return value[:_DIGEST] if is_digest else value or "—"


def _setting_label(name: str) -> Text:
    head, _, rule_id = name.partition(".")
    if name in _SETTINGS:
        return _SETTINGS[name]
    label = _SETTINGS[head]
    return Text(f"{rule_id} {label.zh}", f"{rule_id} {label.en}")


def _facilities(found: Sequence[FacilityChange]) -> list[Text]:
    sentences = []
    for fate, words in _FATES.items():
        named = [each.name or each.facility_id for each in found if each.fate == fate]
        if named:
            sentences.append(
                Text(
                    f"{words.zh} {len(named)} 处：{first_ids(named, 10)}",
                    f"{len(named)} {words.en}: {first_ids(named, 10)}",
                )
            )
    return sentences


def _rule(change: RuleChange) -> Text:
    before, after = (_outcome(each) for each in (change.before, change.after))
    return Text(f"{change.rule_id}：{before.zh} → {after.zh}", f"{change.rule_id}: {before.en} → {after.en}")


def _outcome(outcome: str | None) -> Text:
    return Text("未评估", "not assessed") if outcome is None else OUTCOME_WORDS[outcome]


def _cover(cover: Cover, *, named: bool) -> Text:
    kind, named = _SUBJECTS[cover.subject_kind], named or cover.subject_kind != "area"
    metric = METRIC_WORDS[cover.metric]  # type: ignore[index]  # a metric of the table
    zh, en = [], []
    for ids, words in ((cover.gained, Text("新达标", "gained")), (cover.lost, Text("不再达标", "lost"))):
        if ids:
            zh.append(f"{words.zh} {len(ids)}" + (f"（{first_ids(ids)}）" if named else ""))
            en.append(f"{len(ids)} {words.en}" + (f" ({first_ids(ids)})" if named else ""))
    for count, words in ((cover.appeared, Text("新出现", "appeared")), (cover.gone, Text("已不在", "gone"))):
        if count:
            zh.append(f"{words.zh} {count}")
            en.append(f"{count} {words.en}")
    return Text(
        f"{cover.rule_id} · {metric.zh} · {kind.zh}：{'，'.join(zh)}",
        f"{cover.rule_id} · {metric.en} · {kind.en}: {', '.join(en)}",
    )


def share_sentences(changes: Changes) -> list[Text]:
    """The shares of the whole study that moved."""
    rows = changes.shares[changes.shares["level"] == "study"]
    return [_share(row) for row in rows.itertuples()]


def _share(row: Any) -> Text:
    basis, metric = BASIS_WORDS[row.basis], METRIC_WORDS[row.metric]
    shares = f"{percent(row.share_before)} → {percent(row.share_after)}"
    points = points_moved(row.share_before, row.share_after)
    sums = " → ".join(f"{_whole(a)} / {_whole(b)}" for a, b in _sums(row))
    return Text(
        f"{row.rule_id} · {metric.zh} · {basis.zh}：{shares}（{points.zh}；{sums}）",
        f"{row.rule_id} · {metric.en} · {basis.en}: {shares} ({points.en}; {sums})",
    )


def _sums(row: Any) -> list[tuple[float, float]]:
    return [(row.covered_before, row.total_before), (row.covered_after, row.total_after)]


def points_moved(before: float, after: float) -> Text:
    """The difference of two shares in percentage points, with its sign; a dash where there is none."""
    if math.isnan(before) or math.isnan(after):
        return Text("—", "—")
    moved = after - before
    sign = "+" if moved > 0 else ""
    text = f"{sign}{percent(moved).removesuffix('%')}"
    return Text(f"{text} 个百分点", f"{text} percentage points")


def _ratios(changes: Changes) -> list[Text]:
    rows = changes.ratios[changes.ratios["level"] == "study"]
    return [_ratio(row) for row in rows.itertuples()]


def _ratio(row: Any) -> Text:
    metric = METRIC_WORDS[row.metric]
    before, after = (grouped(each) or "—" for each in (row.value_before, row.value_after))
    return Text(f"{row.rule_id} · {metric.zh}：{before} → {after}", f"{row.rule_id} · {metric.en}: {before} → {after}")


def _whole(value: float) -> str:
    return "—" if math.isnan(value) else whole(value)


def _number(value: float) -> str | None:
    return plain(value) or None


def _records(frame: Any) -> list[dict[str, Any]]:
    return [
        {key: None if value == "" or value != value else value for key, value in row.items()}  # noqa: PLR0124  # NaN
        for row in frame.to_dict(orient="records")
    ]
