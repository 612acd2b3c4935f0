"""What stands beside the verdicts: other paces, capacity and equity, a pair of compasses against the streets."""

from __future__ import annotations

from circle15.core.results import Audit
from circle15.core.rule import METRIC_WORDS
from circle15.core.tables import CAPACITY_WORDS, StraightVsNetwork
from circle15.core.text import Text
from circle15.show.families import known_share
from circle15.show.names import LEVEL_WORDS, named, zone_names
from circle15.show.office.document import NOTHING, Block, Head, Heading, Number, Paragraph, Table, heads, shortened
from circle15.show.sensitivity import change_texts
from circle15.show.sentences import basis_text, pace_text

_KINDS = ("straight_only", "network_only", "both", "neither", "unknown")


def beside(audit: Audit, *, paged: bool = True) -> list[Block]:
    """A section for each of the three that the data says anything of; ``paged`` tables are short enough for paper."""
    language = audit.facts.language
    parts = (
        (Text("供需与公平", "Capacity and equity"), equity_table(audit), [_SHARED]),
        (Text("直线与路网对照", "Straight line against network"), compasses_table(audit), [_COMPASSES]),
        (Text("步速敏感性", "Sensitivity to pace"), paces_table(audit), change_texts(audit)),
    )
    blocks: list[Block] = []
    for title, table, notes in parts:
        if table.rows:
            blocks += [Heading(2, title.say(language)), *(shortened(table, language) if paged else (table,))]
            blocks += [Paragraph(note.say(language), "item") for note in notes]
    return blocks


_SHARED = Text(
    "按两步移动搜索法：设施容量在限值内的服务对象之间均分，居住小区累计各设施所得；一个床位（餐位、托位）按服务一人计（假定）。"
    "无人可达的容量单列，不作分摊。",
    "Two-step floating catchment: the places of a facility are shared by the people within the limit, and an area "
    "adds up what it gets; one place serves one person (assumed). Places nobody reaches are listed, not spread.",
)
_COMPASSES = Text(
    "“仅直线达标”即图上画圆看似覆盖、沿道路步行并未覆盖的部分。各区划其余口径见 straight_vs_network.csv。",
    "“By straight line only” looks served by a circle on the map and is not on foot. Other bases of the zones: "
    "straight_vs_network.csv.",
)


def equity_table(audit: Audit) -> Table:
    """Supply, people served and left over, and how evenly it is shared, by rule and metric."""
    language = audit.facts.language
    columns = heads(
        language,
        ("指标", "rule", 5),
        ("度量", "metric", 5),
        ("容量", "capacity", 5),
        ("设施", "facilities", 4),
        ("容量不明", "capacity unknown", 4),
        ("容量合计", "supply", 5),
        ("无人可达", "nobody reaches", 5),
        ("服务对象", "people", 8),
        ("总量", "total", 5),
        ("容量内可服务", "served", 5),
        ("容量不足", "unserved", 5),
        ("资料不足", "unknown", 5),
        ("每千人容量", "per 1,000", 5),
        ("最差十分之一每千人", "worst-served tenth, per 1,000", 6),
        ("基尼系数", "Gini", 6),
    )
    rows = tuple(
        (
            row.rule_id,
            METRIC_WORDS[row.metric].say(language),
            CAPACITY_WORDS[row.capacity].say(language),
            *(
                Number(value, "count")
                for value in (row.facilities, row.capacity_unknown, row.supply, row.supply_unreached)
            ),
            basis_text(audit, row.basis).say(language),
            *(Number(value, "count") for value in (row.people, row.served, row.unserved, row.unknown)),
            Number(row.mean * 1000, "count"),
            Number(row.worst_decile * 1000, "count"),
            Number(round(row.gini, 3), "measure"),
        )
        for row in audit.equity.frame.itertuples()
    )
    return Table(columns, rows)


def compasses_table(audit: Audit) -> Table:
    """Who passes by which metric: the study by every basis, each zone by its residential areas."""
    language, frame = audit.facts.language, audit.straight_vs_network.frame
    told, names = ("rule_id", "level", "zone_id", "basis", *_KINDS), zone_names(audit)
    columns = tuple(Head(StraightVsNetwork.column(name).meaning.say(language), 6) for name in told)
    rows = tuple(
        (
            row.rule_id,
            LEVEL_WORDS[row.level].say(language),
            NOTHING if row.zone_id == "*" else named(names, row.zone_id),
            basis_text(audit, row.basis).say(language),
            *(Number(getattr(row, kind), "count") for kind in _KINDS),
        )
        for row in frame[(frame["level"] == "study") | (frame["basis"] == "areas")].itertuples()
    )
    return Table(columns, rows)


def paces_table(audit: Audit) -> Table:
    """The share of every time rule for the whole study, one column for each pace."""
    language, frame = audit.facts.language, audit.pace_shares.frame
    speeds = sorted(frame["m_s"].unique())
    rules = {rule.rule_id: rule for rule in audit.facts.pack.rules}
    share = {(row.rule_id, row.basis, row.m_s): known_share(row) for row in frame.itertuples()}
    columns = (
        *heads(language, ("指标", "rule", 5), ("采用步速", "pace of the rule", 10), ("口径", "basis", 10)),
        *(Head(Text(f"{speed:g} 米/秒", f"{speed:g} m/s").say(language), 5) for speed in speeds),
    )
    rows = tuple(
        (
            rule_id,
            pace_text(rules[rule_id]).say(language),
            basis_text(audit, basis).say(language),
            *(Number(share[rule_id, basis, speed], "share") for speed in speeds),
        )
        for rule_id, basis in dict.fromkeys(zip(frame["rule_id"], frame["basis"], strict=True))
    )
    return Table(columns, rows)
