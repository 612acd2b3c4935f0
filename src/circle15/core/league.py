"""Studies beside each other: what a batch says of each, what it adds up, and what each figure is a figure of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from circle15.core.rule import FORCE_WORDS, Rule
from circle15.core.schema import Column, Table
from circle15.core.tables import BASES, OUTCOMES
from circle15.core.text import Text

Status = Literal["done", "error"]
STATUSES: tuple[Status, ...] = get_args(Status)
STATUS_WORDS: dict[Status, Text] = {"done": Text("已完成", "done"), "error": Text("未能运行", "could not run")}

# Who a figure is of: a study, the studies of a city or a province, or all of the batch.
LEVELS = ("study", "city", "province", "batch")
WHOLE_BATCH = "*"

# What a figure is beside the bases of coverage: a ratio or stock of the whole study, and the tasks of zones.
AMOUNT, TASKS = "amount", "tasks"
# The threshold of a rule under which each zone has its own.
OWN_TASK = "task"
FIGURE_BASES = (*BASES, AMOUNT, TASKS)

# The two sides of the ledger that are never mixed, and all that decides neither.
Standing = Literal["binding", "expected", "other"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)
STANDING_WORDS: dict[Standing, Text] = {
    "binding": FORCE_WORDS["binding"],
    "expected": FORCE_WORDS["expected"],
    "other": Text("其他", "other"),
}


def standing(rule: Rule) -> Standing:
    """Binding: what can fail a run. Expected: so called, verified and in force. A draft is neither."""
    if rule.can_fail_a_run:
        return "binding"
    holds = rule.verified and rule.legal_status == "in_force" and rule.limit_by == "clause"
    return "expected" if rule.force == "expected" and holds else "other"


_COUNTED = {"pass": Text("达标", "passed"), "fail": Text("不达标", "failed"), "unknown": Text("资料不足", "unknown")}


def _counts() -> tuple[Column, ...]:
    """How many rules of each standing have each outcome for the whole study."""
    return tuple(
        Column(
            f"{name}_{outcome}",
            "integer",
            Text(f"{STANDING_WORDS[name].zh}指标{word.zh}", f"{STANDING_WORDS[name].en} rules {word.en}"),
            required=True,
        )
        for name in STANDINGS
        for outcome, word in _COUNTED.items()
    )


@dataclass(frozen=True)
class League(Table):
    """One row for each study of a batch, in the order it was named. What could not run has no figures.

    Shares are rules passed ÷ (passed + failed + unknown). The rank is by the share of binding rules, ties by that of
    expected ones; equal in both, equal in rank; without either there is none.
    """

    name: ClassVar[Text] = Text("批量评估一览", "league of studies")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("study", "text", Text("研究文件", "study file, as named"), required=True, nullable=False, unique=True),
        Column("study_id", "text", Text("研究编号", "study id"), required=True),
        Column("name", "text", Text("研究名称", "name"), required=True),
        Column("city", "text", Text("所属市", "city"), required=True),
        Column("province", "text", Text("所属省", "province"), required=True),
        Column("status", "text", Text("运行情况", "status"), required=True, nullable=False, choices=STATUSES),
        Column("exit_code", "integer", Text("退出码", "exit code"), required=True, nullable=False),
        Column("message", "text", Text("说明", "message"), required=True),
        Column("as_of", "text", Text("数据时点", "as of"), required=True),
        Column("pack", "text", Text("规则包", "rule packs"), required=True),
        Column("residential", "integer", Text("居住小区数", "residential areas"), required=True),
        Column("facilities", "integer", Text("设施数", "facilities"), required=True),
        Column("findings_error", "integer", Text("质检错误", "findings of severity error"), required=True),
        Column("findings_warning", "integer", Text("质检警告", "findings of severity warning"), required=True),
        *_counts(),
        Column("binding_share", "number", Text("约束性指标达标率", "share of binding rules passed"), required=True),
        Column("expected_share", "number", Text("预期性指标达标率", "share of expected rules passed"), required=True),
        Column("rank", "integer", Text("名次", "rank"), required=True),
        Column("map", "text", Text("地图", "map, from the output folder"), required=True),
    )


@dataclass(frozen=True)
class Figures(Table):
    """Every figure of every study of a batch, and of cities, provinces and the batch by sums: never a mean of shares.

    ``covered`` ÷ ``total`` is the share; of an ``amount`` they are numerator and denominator, and ``value`` is
    numerator ÷ denominator × per; of ``tasks`` what zones have and what they were set, so that the share is
    任务完成率, and ``unknown`` the tasks of zones that have not reported; of an ``amount`` how many studies have none.
    Studies that differ in pack, threshold, pace or target are not added up. ``studies`` is how many are in the
    sum. Ranks are among the units of a level, best first.
    """

    name: ClassVar[Text] = Text("分项数字", "figures")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("level", "text", Text("级别", "level"), required=True, nullable=False, choices=LEVELS),
        Column("unit_id", "text", Text("研究、市或省", "study, city or province"), required=True, nullable=False),
        Column("pack", "text", Text("规则包", "rule packs"), required=True, nullable=False),
        Column("rule_id", "text", Text("指标编号", "rule id"), required=True, nullable=False),
        Column("standing", "text", Text("性质", "standing"), required=True, nullable=False, choices=STANDINGS),
        Column("threshold", "text", Text("限值与步速", "threshold and pace"), required=True, nullable=False),
        Column("basis", "text", Text("口径", "basis"), required=True, nullable=False, choices=FIGURE_BASES),
        Column("metric", "text", Text("度量", "metric"), required=True, nullable=False),
        Column("headline", "flag", Text("判定口径", "headline metric"), required=True, nullable=False),
        Column("covered", "number", Text("达标（分子、实有）", "covered (numerator, in place)"), required=True),
        Column("total", "number", Text("总量（分母、任务）", "total (denominator, task)"), required=True),
        Column("unknown", "number", Text("资料不足", "unknown"), required=True),
        Column("share", "number", Text("比例（任务完成率）", "share (of the task)"), required=True),
        Column("value", "number", Text("实测值", "value"), required=True),
        Column("per", "number", Text("每", "per"), required=True),
        Column("op", "text", Text("比较", "operator"), required=True),
        Column("limit", "number", Text("目标或限值", "target or limit"), required=True),
        Column("outcome", "text", Text("结论", "outcome"), required=True, choices=OUTCOMES),
        Column("studies", "integer", Text("合计的研究数", "studies in the sum"), required=True, nullable=False),
        Column("rank", "integer", Text("名次", "rank"), required=True),
    )


LEAGUE_TABLES: tuple[type[Table], ...] = (League, Figures)
