"""The sections that change the figures of the page: years of the plans, and sites of the reader's own."""

from __future__ import annotations

from circle15.core.results import Audit
from circle15.show.families import Family
from circle15.show.html.legend import family_label
from circle15.show.html.markup import Html, tag
from circle15.show.html.walks import can_walk
from circle15.show.html.words import Words


def stage_section(audit: Audit, words: Words) -> Html | None:
    """A slider from today over the years in which sites open; nothing where the page cannot walk."""
    years = sorted({site.stage for plan in audit.plans for site in plan.sites})
    if not years or not can_walk(audit):
        return None
    names = [words("today"), *map(str, years)]
    slider = tag(
        "input", type="range", id="stages", min=0, max=len(years), value=0, step=1, aria_label=words("stages"),
        data_years=",".join(map(str, years)), data_today=words("today"),
    )  # fmt: skip
    ticks = tag("div", [tag("span", name) for name in names], class_="ticks")
    return tag("section", tag("h2", words("stages")), slider, ticks, tag("output", words("today"), id="stage-shown"))


def scenario_section(audit: Audit, groups: tuple[Family, ...], words: Words) -> Html | None:
    """Buttons for sites of the reader's own, and the list of them; nothing where the page cannot walk."""
    if not groups or not can_walk(audit):
        return None
    notes = [_note(audit, index, family, words) for index, family in enumerate(groups)]
    buttons = [
        tag("button", words(label), type="button", id=f"scenario-{name}", class_="push")
        for name, label in (("add", "scenario_add"), ("save", "save"), ("clear", "clear"))
    ]
    return tag(
        "section",
        tag("h2", words("scenario")),
        notes,
        tag("div", buttons, class_="pushes"),
        tag("ol", id="scenario-sites"),
    )


def _note(audit: Audit, index: int, family: Family, words: Words) -> Html:
    text = words("scenario_note", family_label(audit, family, words))
    return tag("p", text, class_="note", data_family=index, hidden=index > 0)
