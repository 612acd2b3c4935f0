"""What a map states of itself, on the page and on paper: its title, its stamps, whether it may be shown to all."""

from __future__ import annotations

from collections.abc import Mapping

from circle15.core.crs import parse_crs
from circle15.core.errors import ConfigError
from circle15.core.results import Audience, Audit
from circle15.core.text import Language, Text
from circle15.show.families import estimated_columns

TITLE, MAKER, DATE, REVIEW = "图名", "制图单位", "日期", "审图号"

STAMPS = {
    "internal": Text("内部资料", "Internal"),
    "fictional": Text("虚构示例", "Fictional"),
    "draft": Text("征求意见稿", "Draft for comment"),
    "estimated": Text("含推算数据", "Contains estimates"),
}


def map_title(audit: Audit, language: Language) -> str:
    """The title of the map: the user's, else the study's name and what the map shows."""
    words = Text("设施覆盖评估图", "facility coverage").say(language)
    return audit.facts.title_block.get(TITLE) or f"{audit.facts.name} {words}"


def borne_stamps(audit: Audit) -> list[str]:
    """Which stamps a map bears."""
    facts = audit.facts
    estimated = bool(estimated_columns(audit)) or any(plan.weight_estimated for plan in audit.plans)
    borne = {
        "internal": facts.audience == "internal",
        "fictional": facts.fictional,
        "draft": any(document.legal_status == "draft" for document in facts.pack.documents),
        "estimated": estimated,
    }
    return [name for name, holds in borne.items() if holds]


def crs_text(audit: Audit) -> Text:
    """The CRS of a study by name and code."""
    crs = parse_crs(audit.facts.crs, "crs")
    authority = crs.to_authority()
    if not authority:
        return Text(crs.name, crs.name)
    code = ":".join(authority)
    return Text(f"{crs.name}（{code}）", f"{crs.name} ({code})")


def attributions(audit: Audit) -> list[str]:
    """What the licences of the sources ask a map to say, each once."""
    return list(dict.fromkeys(source.attribution for source in audit.facts.sources if source.attribution))


def refuse_unreviewed(audit: Audit) -> None:
    """Raises ConfigError if the audience is public and the title block has no 审图号."""
    refuse_unnumbered(audit.facts.audience, audit.facts.title_block)


def refuse_unnumbered(audience: Audience, title_block: Mapping[str, str]) -> None:
    """The same of a study of which nothing has been judged."""
    if audience == "public" and not title_block.get(REVIEW):
        raise ConfigError(
            Text(
                zh='公开地图（audience = "public"）没有审图号。请在 [show] title_block 中填写 "审图号"，'
                '或改为 audience = "internal"。',
                en='a public map (audience = "public") has no approval number. Give "审图号" under [show] title_block, '
                'or set audience = "internal".',
            )
        )
