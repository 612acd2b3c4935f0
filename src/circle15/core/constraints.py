"""Where sites may stand: what constraint areas ask for, those that every plan is measured by, the words of a check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from circle15.core.text import Text

Effect = Literal["forbid", "require", "warn"]
EFFECTS: tuple[Effect, ...] = get_args(Effect)
EFFECT_WORDS: Mapping[str, Text] = {
    "forbid": Text("禁止", "forbids"),
    "require": Text("须在其内", "must lie inside"),
    "warn": Text("提示", "warns"),
}

# Whether a place keeps to a layer. Of a layer that was not given nobody knows: that is no pass.
CheckOutcome = Literal["pass", "warn", "fail", "not_checked"]
CHECK_OUTCOMES: tuple[CheckOutcome, ...] = get_args(CheckOutcome)

# What the checks of one place come to, the worst first.
CheckStatus = Literal["forbidden", "warned", "not_checked", "partly_checked", "clear"]
CHECK_STATUSES: tuple[CheckStatus, ...] = get_args(CheckStatus)


@dataclass(frozen=True, slots=True)
class Control:
    """A control line of the territorial plan (三区三线): what it asks of sites, and what else files call it."""

    label: Text
    effect: Effect
    aliases: tuple[str, ...] = ()


# The three control lines: a plan that was not checked against one of them says so.
CONTROLS: Mapping[str, Control] = {
    "永久基本农田": Control(
        Text("永久基本农田", "permanent basic farmland"), "forbid", ("基本农田", "永久基本农田保护红线")
    ),
    "生态保护红线": Control(Text("生态保护红线", "ecological protection red line"), "forbid", ("生态红线",)),
    "城镇开发边界": Control(Text("城镇开发边界", "urban development boundary"), "require"),
}
_NAMES = {alias: name for name, control in CONTROLS.items() for alias in (name, *control.aliases)}


def control_name(name: str) -> str:
    """The control line that a layer is, by its name or another it goes by; any other name as it is."""
    return _NAMES.get(name.strip(), name.strip())


def usual_effect(name: str) -> Effect:
    """What a layer of this name asks for where its file does not say: the control lines what they are for."""
    control = CONTROLS.get(control_name(name))
    return control.effect if control else "warn"


def constraint_label(name: str) -> Text:
    """A layer by its name; the control lines in both languages."""
    control = CONTROLS.get(control_name(name))
    return control.label if control else Text(name, name)


_CHECK_WORDS: Mapping[tuple[str, CheckOutcome], Text] = {
    ("forbid", "pass"): Text("不在其内", "outside"),
    ("forbid", "fail"): Text("在其内，不得设点", "inside, no site may stand there"),
    ("require", "pass"): Text("在其内", "inside"),
    ("require", "fail"): Text("不在其内，不得设点", "outside, no site may stand there"),
    ("warn", "pass"): Text("不在其内", "outside"),
    ("warn", "warn"): Text("在其内，须另行核实", "inside, to be verified"),
}
_NOT_CHECKED = Text("未核查（未提供图层）", "not checked (no such layer was given)")


def check_text(name: str, effect: str, outcome: CheckOutcome) -> Text:
    """One check in words: the layer, and where the place stands to it."""
    label = constraint_label(name)
    words = _NOT_CHECKED if outcome == "not_checked" else _CHECK_WORDS[effect, outcome]
    return Text(f"{label.zh}：{words.zh}", f"{label.en}: {words.en}")


def check_status(outcomes: Iterable[CheckOutcome]) -> CheckStatus:
    """What the checks of one place come to: clear only where every control line was looked at."""
    found = set(outcomes)
    if "fail" in found:
        return "forbidden"
    if "warn" in found:
        return "warned"
    if found == {"not_checked"}:
        return "not_checked"
    return "partly_checked" if "not_checked" in found else "clear"
