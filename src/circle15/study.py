"""study.toml → Study: what is asked of which data, checked whole before anything is read."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import pyproj

from circle15.core.basemaps import BASE_MAPS, base_map, base_map_problems
from circle15.core.cleaning import Cleaning
from circle15.core.crs import study_crs
from circle15.core.drawing import Drawing
from circle15.core.errors import ConfigError
from circle15.core.formats import EXPORTS
from circle15.core.generation import ORIGINS, SPACING_M, Generation
from circle15.core.limit import Limit
from circle15.core.mapping import ExportMapping
from circle15.core.results import PROBLEMS, Audience, PlanProblem
from circle15.core.rule import METRICS, Metric, Pack, Rule
from circle15.core.tables import ZONE_LEVELS
from circle15.core.terms import Terms
from circle15.core.text import LANGUAGES, Language, Text, first_ids
from circle15.core.units import MM_PER_M, mm_from_m
from circle15.core.wishes import Wishes
from circle15.read.inputs import crs_text, input_problems, input_shape_problems, input_spec
from circle15.read.judging import judge_problems, judge_shape_problems, with_overrides
from circle15.read.mapping import load_mapping
from circle15.read.pack import load_pack
from circle15.read.people import SPREAD_BY
from circle15.read.routing import cleaning, drawing, route_problems
from circle15.read.spec import InputSpec, is_database
from circle15.read.strict import Key, check, load, unknown_name
from circle15.read.wishes import WISH_KEYS, wish_problems, wish_shape_problems, wishes

DEFAULT_OUTPUTS = ("tables", "geojson:rfc7946", "html_map", "markdown")
# What a study of tables alone writes.
TABLE_OUTPUTS = ("tables", "markdown")
_DOCUMENTS = ("xlsx", "docx", "pdf", "sheets:png", "sheets:pdf", "bulletin", "bulletin:docx")
# Before the address of a database.
POSTGIS_OUTPUT = "postgis:"
OUTPUTS = tuple(dict.fromkeys((*DEFAULT_OUTPUTS, *EXPORTS, *_DOCUMENTS)))
# Which proposed sites leave: those of all plans, or only those of approved ones.
PLANS = ("all", "approved")
# Inputs that cannot do without places.
_PLACED = ("streets", "residential", "zones", "entrances", "barriers", "candidates", "constraints")
PEOPLE = ("households", "population", "pop60", "pop65", "pop80", "pop0_3")
WEIGHTS = ("areas", "households", "population", "pop60", "pop65", "pop80", "pop0_3")
_STUDY_KEYS = (
    Key("schema", "integer", required=True, choices=(1,)),
    Key("id", "text", required=True),
    Key("name", "text", required=True),
    Key("pack", "text or texts", required=True),
    Key("crs", "text"),
    Key("as_of", "date"),
    Key("audience", "text", choices=get_args(Audience)),
    Key("fictional", "flag"),
    Key("inputs", "table", required=True),
    Key("people", "table"),
    Key("route", "table"),
    Key("judge", "table"),
    Key("candidates", "table"),
    Key("site", "tables"),
    Key("show", "table"),
)
_CANDIDATES_KEYS = (Key("from", "texts"), Key("spacing_m", "positive number"))
_PEOPLE_KEYS = (Key("spread", "table of texts", required=True),)
# Columns of candidates that say how many people a site holds, and weights that are people.
CAPACITIES = ("seats", "beds")
_PERSONS = ("population", "pop60", "pop65", "pop80", "pop0_3")
_SITE_KEYS = (
    Key("facility_type", "text", required=True),
    Key("rule", "text"),
    Key("limit", "table"),
    Key("metric", "text", choices=METRICS),
    Key("problem", "text", choices=PROBLEMS),
    Key("share", "positive number"),
    Key("cap_m", "positive number"),
    Key("backup", "flag"),
    Key("capacity", "text", choices=CAPACITIES),
    Key("per_stage", "integers"),
    Key("stages", "integers", required=True),
    Key("weight", "text", required=True, choices=WEIGHTS),
    Key("mandatory", "texts"),
    Key("forbidden", "texts"),
    Key("quota", "table"),
    Key("min_separation_m", "positive number"),
    Key("budget", "table"),
    Key("gap", "number from 0"),
    Key("time_limit_s", "positive number"),
    Key("seed", "integer"),
    Key("also", "tables"),
    *WISH_KEYS,
)
# What a further facility type of the same plan says of itself; all else is of the plan.
_ALSO_KEYS = (
    Key("facility_type", "text", required=True),
    Key("rule", "text"),
    Key("limit", "table"),
    Key("metric", "text", choices=METRICS),
    Key("per_stage", "integers", required=True),
    Key("weight", "text", required=True, choices=WEIGHTS),
)
# What a plan of several types does not know, and how many it may have: a site may hold any of them together.
_OF_ONE_TYPE = ("backup", "capacity", "share", "cap_m", *(key.name for key in WISH_KEYS))
_MOST_TYPES = 3
_QUOTA_KEYS = (
    Key("level", "text", required=True, choices=ZONE_LEVELS),
    Key("min", "integer"),
    Key("max", "integer"),
)
_BUDGET_KEYS = (
    Key("column", "text", required=True, choices=("cost",)),
    Key("max", "positive number", required=True),
)
_SITE_LIMIT_KEYS = (
    Key("op", "text", required=True, choices=("<", "<=")),
    Key("value", "positive number", required=True),
    Key("unit", "text", required=True, choices=("m",)),
    Key("basis", "text", required=True, choices=("assumption",)),
    Key("label", "text", required=True),
)
_SHOW_KEYS = (
    Key("outputs", "texts"),
    Key("language", "text", choices=LANGUAGES),
    Key("title_block", "table of texts"),
    Key("mapping", "text"),
    Key("plans", "text", choices=PLANS),
    Key("compare", "text"),
    Key("base_maps", "texts"),
)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """One ``[[site]]``: which facility type to place, under which rule. ``assumed`` labels a limit no clause gives.

    ``rule`` is a rule of the pack, or one made of the assumed limit (its id is then empty). ``also``: the further types
    of one plan; its years, terms, prescribed sites and effort are those of the first.
    """

    plan_id: str
    facility_type: str
    rule: Rule
    assumed: str
    metric: Metric
    problem: PlanProblem
    share: float | None
    cap_mm: int | None
    backup: bool
    capacity: str
    stages: Mapping[int, int]
    weight: str
    mandatory: tuple[str, ...]
    forbidden: tuple[str, ...]
    terms: Terms
    wishes: Wishes
    gap: float
    time_limit_s: float | None
    seed: int
    also: tuple[SiteSpec, ...] = ()

    @property
    def types(self) -> tuple[SiteSpec, ...]:
        """What is asked of each facility type of the plan."""
        return (self, *self.also)

    @property
    def whole_id(self) -> str:
        """What the plan is called as one: its first type's id, and the further types."""
        return "+".join([self.plan_id, *(each.facility_type for each in self.also)])


@dataclass(frozen=True, slots=True)
class Study:
    """A checked study: frozen, its paths resolved, its overrides already applied to the rules of ``pack``."""

    study_id: str
    name: str
    folder: Path
    pack: Pack
    crs: pyproj.CRS | None
    crs_text: str
    as_of: dt.date | None
    audience: Audience
    fictional: bool
    inputs: Mapping[str, InputSpec]
    spread: Mapping[str, str]
    points: Mapping[str, float]
    max_access_leg_mm: int
    cutoff_mm: int | None
    clean: Cleaning | None
    drawing: Drawing
    cache: Path | None
    generation: Generation | None
    sites: tuple[SiteSpec, ...]
    outputs: tuple[str, ...]
    language: Language
    title_block: Mapping[str, str]
    mapping: ExportMapping
    approved_only: bool
    base_maps: Mapping[str, str]
    compare: Path | None
    study_sha256: str
    pack_sha256: str


def load_study(path: Path) -> Study:
    """Read and check a study file whole.

    Raises ConfigError with every problem found, CrsError for the study CRS, InputError for an unreadable file.
    """
    table, content = load(path, path.name)
    problems = _shape_problems(table, path.name)
    if problems:
        raise ConfigError(problems)
    folder = path.parent
    crs_written = crs_text(table.get("crs", ""), folder)
    crs = study_crs(crs_written, f"{path.name}: crs") if _needs_crs(table) else None
    names = [table["pack"]] if isinstance(table["pack"], str) else table["pack"]
    pack, pack_content = load_pack(names, folder, table.get("judge", {}).get("counting", {}))
    problems = _reference_problems(table, pack, folder)
    if problems:
        raise ConfigError(problems)
    pack = with_overrides(pack, table.get("judge", {}), table.get("route", {}).get("pace", {}))
    _refuse_short_cutoff(table.get("route", {}).get("cutoff_m"), pack)
    route, show = table.get("route", {}), table.get("show", {})
    cutoff = route.get("cutoff_m")
    return Study(
        study_id=table["id"],
        name=table["name"],
        folder=folder,
        pack=pack,
        crs=crs,
        crs_text=crs_written,
        as_of=table.get("as_of"),
        audience=table.get("audience", "internal"),
        fictional=table.get("fictional", False),
        inputs={layer: input_spec(layer, entry, folder) for layer, entry in table["inputs"].items()},
        points=dict(table.get("judge", {}).get("points", {})),
        spread=dict(table.get("people", {}).get("spread", {})),
        max_access_leg_mm=mm_from_m(route.get("max_access_leg_m", 150)),
        cutoff_mm=None if cutoff is None else mm_from_m(cutoff),
        clean=cleaning(route),
        drawing=drawing(route),
        cache=folder / route["cache"] if "cache" in route else None,
        generation=_generation(table),
        sites=tuple(_site(entry, number, pack) for number, entry in enumerate(table.get("site", []), start=1)),
        outputs=tuple(show.get("outputs", DEFAULT_OUTPUTS if crs is not None else TABLE_OUTPUTS)),
        language=show.get("language", "zh"),
        title_block=dict(show.get("title_block", {})),
        mapping=_mapping(show.get("mapping"), pack, folder),
        approved_only=show.get("plans") == "approved",
        compare=folder / show["compare"] if "compare" in show else None,
        base_maps=dict(base_map(each) for each in show.get("base_maps", [])),
        study_sha256=hashlib.sha256(content).hexdigest(),
        pack_sha256=hashlib.sha256(pack_content).hexdigest(),
    )


def _mapping(shown: str | None, pack: Pack, folder: Path) -> ExportMapping:
    """The mapping file of the study, or the sample. Its fields may name columns of every distance rule."""
    walked = [rule for rule in pack.rules if rule.is_distance]
    return load_mapping(None if shown is None else folder / shown, shown or "", walked)


def _needs_crs(table: Mapping[str, Any]) -> bool:
    """A study of tables alone needs no CRS; facilities without coordinates neither."""
    return "crs" in table or any(layer in table["inputs"] for layer in _PLACED)


def _refuse_short_cutoff(cutoff_m: float | None, pack: Pack) -> None:
    """A search that stops before a limit would call homes unserved that are not. Raises ConfigError."""
    walked = [rule for rule in pack.rules if rule.is_distance]
    if cutoff_m is None or not walked:
        return
    longest = max(walked, key=lambda rule: rule.limit.most_mm(rule.pace))
    needed = longest.limit.most_mm(longest.pace)
    if mm_from_m(cutoff_m) < needed:
        raise ConfigError(
            Text(
                f"[route].cutoff_m = {cutoff_m:g} 小于 {longest.rule_id} 的限值（{needed / MM_PER_M:g} 米），"
                f"会误判为不达标。请加大或删去。",
                f"[route].cutoff_m = {cutoff_m:g} is less than the limit of {longest.rule_id} "
                f"({needed / MM_PER_M:g} m): served homes would fail. Raise it or leave it out.",
            )
        )


def _shape_problems(table: Mapping[str, Any], where: str) -> list[Text]:
    """Keys and kinds, table by table."""
    problems = check(table, _STUDY_KEYS, where)
    if problems:
        return problems
    if not _ID.fullmatch(table["id"]):
        problems.append(
            Text(
                f"{where}：id {table['id']!r} 将用作文件夹名，只能含字母、数字、点、横线和下划线。",
                f"{where}: id {table['id']!r} names a folder: letters, digits, dot, hyphen and underscore only.",
            )
        )
    problems += input_shape_problems(table["inputs"], where)
    problems += check(table["people"], _PEOPLE_KEYS, "[people]") if "people" in table else []
    problems += _generation_problems(table)
    problems += route_problems(table.get("route", {}))
    problems += judge_shape_problems(table.get("judge", {}))
    problems += check(table.get("show", {}), _SHOW_KEYS, "[show]")
    for number, entry in enumerate(table.get("site", []), start=1):
        where_site = f"[[site]] {number}"
        found = check(entry, _SITE_KEYS, where_site)
        problems += found or _site_shape_problems(entry, where_site)
    return problems


def _generation_problems(table: Mapping[str, Any]) -> list[Text]:
    """Candidates are listed or made, not both; what they are made of must be known."""
    entry = table.get("candidates", {})
    problems = check(entry, _CANDIDATES_KEYS, "[candidates]")
    strange = [] if problems else [each for each in entry.get("from", ()) if each not in ORIGINS]
    problems += [unknown_name(each, ORIGINS, "[candidates].from") for each in strange]
    if "candidates" in table and "candidates" in table["inputs"]:
        problems.append(
            Text(
                "[candidates] 用于生成备选点，[inputs.candidates] 是已有的备选点：只写一项。",
                "[candidates] makes candidates, [inputs.candidates] lists them: give one of the two.",
            )
        )
    return problems


def _generation(table: Mapping[str, Any]) -> Generation | None:
    """How candidates are made; None where they are listed, or where nothing is planned."""
    if "candidates" in table["inputs"] or not table.get("site"):
        return None
    entry = table.get("candidates", {})
    return Generation(tuple(entry.get("from", ORIGINS)), entry.get("spacing_m", SPACING_M))


def _site_shape_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    problems = _limit_or_rule_problems(entry, where)
    if "also" in entry:
        found = _also_problems(entry, where)
        if found:
            return problems + found
        numbers = [each["per_stage"] for each in (entry, *entry["also"])]
        entry = {**entry, "per_stage": [sum(each) for each in zip(*numbers, strict=True)]}
    problems += [*_term_problems(entry, where), *wish_shape_problems(entry, where)]
    if entry.get("problem") == "min_sites":
        return (
            problems + _least_problems(entry, where) + _cap_problems(entry, where) + _prescribed_problems(entry, where)
        )
    problems += _only_least_problems(entry, where) + _cap_problems(entry, where)
    stages, places = entry["stages"], entry.get("per_stage", ())
    if not stages or len(stages) != len(places) or sorted(set(stages)) != stages or min(places) < 0:
        problems.append(
            Text(
                f"{where}：stages 须为递增的年度，且与 per_stage 逐一对应、不为负。",
                f"{where}: stages must be rising years, with one number of per_stage, not negative, for each.",
            )
        )
    return problems + _prescribed_problems(entry, where)


def _also_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    """Several types in one plan: what each says of itself, and what cannot be asked of them together."""
    problems = []
    for number, each in enumerate(entry["also"], start=1):
        here = f"{where}.also {number}"
        problems += check(each, _ALSO_KEYS, here) or _limit_or_rule_problems(each, here)
    if problems:
        return problems
    every = (entry, *entry["also"])
    strange = [name for name in _OF_ONE_TYPE if name in entry]
    strange += ["problem"] if entry.get("problem", "max_coverage") != "max_coverage" else []
    if strange:
        problems.append(
            Text(
                f"{where}：多类设施合并选址（also）只支持 max_coverage，不与 {first_ids(strange, 9)} 同用。"
                f"请删去，或分开写 [[site]]。",
                f"{where}: several types in one plan (also) go with max_coverage, and not with "
                f"{first_ids(strange, 9)}. Remove it, or write a [[site]] for each.",
            )
        )
    problems += [
        Text(
            f"{where}：多类设施合并选址（also）中，{each['facility_type']} 的 per_stage 须与 stages 逐一对应，不为负。",
            f"{where}: several types in one plan (also): per_stage of {each['facility_type']} has one number for each "
            f"of stages, not negative.",
        )
        for each in every
        if len(each.get("per_stage", ())) != len(entry["stages"]) or min(each["per_stage"], default=0) < 0
    ]
    types = [each["facility_type"] for each in every]
    if len(set(types)) < len(types) or not 1 < len(types) <= _MOST_TYPES:
        problems.append(
            Text(
                f"{where}：合并选址的设施类型须各不相同，共 2 至 {_MOST_TYPES} 类（现为 {'、'.join(types)}）。",
                f"{where}: a plan of several types has 2 to {_MOST_TYPES} of them, each once (here: "
                f"{', '.join(types)}).",
            )
        )
    weights = {each["weight"] for each in every}
    if len(weights) > 1 and not weights <= set(_PERSONS):
        problems.append(
            Text(
                f"{where}：合并选址把各类设施的覆盖量相加，weight 须相同，或都是人口类口径"
                f"（{'、'.join(_PERSONS)}）；现为 {'、'.join(sorted(weights))}。",
                f"{where}: a plan of several types adds up what each covers: weigh all alike, or all by people "
                f"({', '.join(_PERSONS)}); here: {', '.join(sorted(weights))}.",
            )
        )
    return problems


def _limit_or_rule_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    problems = []
    if ("rule" in entry) == ("limit" in entry):
        problems.append(
            Text(f"{where}：rule 与 limit 须且只须写一项。", f"{where}: give either rule or limit, and only one.")
        )
    return problems + (check(entry["limit"], _SITE_LIMIT_KEYS, f"{where}.limit") if "limit" in entry else [])


def _least_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    """The least sites for a share: of one year, their number being the answer."""
    problems = []
    if "per_stage" in entry or len(entry["stages"]) != 1:
        problems.append(
            Text(
                f"{where}：min_sites 求最少设点数，stages 只写一个年度，不写 per_stage。",
                f"{where}: min_sites asks how many sites it takes: one year in stages, and no per_stage.",
            )
        )
    if not 0 < entry.get("share", 0) <= 1:
        problems.append(
            Text(
                f"{where}：min_sites 须写 share，即应达到的覆盖率（大于 0，至多 1）。",
                f"{where}: min_sites needs share, the share to be covered (above 0, at most 1).",
            )
        )
    return problems


def _cap_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    """The p-median: of one year, and with a way that counts for whoever reaches nothing; backup: of covering."""
    is_median = entry.get("problem") == "p_median"
    problems = []
    if is_median != ("cap_m" in entry):
        problems.append(
            Text(
                f'{where}：problem = "p_median" 与 cap_m 须同时写；更远或走不到的，路程按 cap_m 计。',
                f'{where}: problem = "p_median" and cap_m go together: longer ways, or none, count as cap_m.',
            )
        )
    if entry.get("backup") and entry.get("problem", "max_coverage") != "max_coverage":
        problems.append(
            Text(
                f"{where}：backup 只用于 max_coverage。请删去，或改写 problem。",
                f"{where}: backup goes with max_coverage. Remove it, or change the problem.",
            )
        )
    if "capacity" in entry and (
        entry.get("problem", "max_coverage") != "max_coverage" or {"backup", "prefer"} & {*entry}
    ):
        problems.append(
            Text(
                f"{where}：capacity 只用于 max_coverage，且不与 backup、prefer 同用。请删去其一。",
                f"{where}: capacity goes with max_coverage, and not with backup or prefer. Remove one of them.",
            )
        )
    if "capacity" in entry and entry["weight"] not in _PERSONS:
        problems.append(
            Text(
                f"{where}：capacity 按人计，weight 须为人口类口径（{'、'.join(_PERSONS)}）。",
                f"{where}: places are for people: with capacity, weigh by one of {', '.join(_PERSONS)}.",
            )
        )
    if is_median and len(entry["stages"]) != 1:
        problems.append(
            Text(f"{where}：p_median 只支持一个年度。请只写一个。", f"{where}: p_median is of one year. Give one.")
        )
    return problems


def _only_least_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    if "share" not in entry:
        return []
    return [
        Text(
            f'{where}：share 只用于 problem = "min_sites"。请删去，或改写 problem。',
            f'{where}: share goes with problem = "min_sites". Remove it, or change the problem.',
        )
    ]


def _term_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    """Quotas and budgets that say nothing, or what cannot be."""
    problems = check(entry["budget"], _BUDGET_KEYS, f"{where}.budget") if "budget" in entry else []
    if "quota" not in entry:
        return problems
    quota, found = entry["quota"], check(entry["quota"], _QUOTA_KEYS, f"{where}.quota")
    least, most = quota.get("min", 0), quota.get("max", sum(entry["per_stage"]))
    if not found and not (0 <= least <= most and ("min" in quota or "max" in quota)):
        found.append(
            Text(
                f"{where}.quota：至少写 min 或 max，且 0 ≤ min ≤ max。",
                f"{where}.quota: give min or max, with 0 ≤ min ≤ max.",
            )
        )
    return problems + found


def _prescribed_problems(entry: Mapping[str, Any], where: str) -> list[Text]:
    """Mandatory sites that contradict the forbidden ones, each other, or the number of places."""
    mandatory = entry.get("mandatory", [])
    places = sum(entry["per_stage"]) if "per_stage" in entry else len(mandatory)
    problems = []
    both = [name for name in mandatory if name in entry.get("forbidden", [])]
    if both:
        problems.append(
            Text(
                f"{where}：{first_ids(both)} 既在 mandatory 又在 forbidden 中（共 {len(both)} 个）。请删去其一。",
                f"{where}: {first_ids(both)} stand under mandatory and forbidden ({len(both)} in all): remove one.",
            )
        )
    if len(set(mandatory)) < len(mandatory) or len(mandatory) > places:
        problems.append(
            Text(
                f"{where}：mandatory 有 {len(mandatory)} 个，per_stage 共 {places} 处；编号须各不相同且不多于总数。",
                f"{where}: {len(mandatory)} mandatory sites for {places} places of per_stage: "
                f"name each once, and no more than there are places.",
            )
        )
    return problems


def _reference_problems(table: Mapping[str, Any], pack: Pack, folder: Path) -> list[Text]:
    """Names that must exist elsewhere: files, datums, rules, paces, types, outputs."""
    problems = input_problems(table["inputs"], folder, list(pack.types))
    for column, by in table.get("people", {}).get("spread", {}).items():
        problems += [unknown_name(column, PEOPLE, "[people].spread")] if column not in PEOPLE else []
        problems += [unknown_name(by, SPREAD_BY, "[people].spread")] if by not in SPREAD_BY else []
    problems += judge_problems(table.get("judge", {}), table.get("route", {}).get("pace", {}), pack)
    rules = {rule.rule_id: rule for rule in pack.rules}
    for number, entry in enumerate(table.get("site", []), start=1):
        problems += _site_problems(entry, rules, pack, f"[[site]] {number}")
        for also, each in enumerate(entry.get("also", []), start=1):
            problems += _site_problems(each, rules, pack, f"[[site]] {number}.also {also}")
    show = table.get("show", {})
    if "compare" in show and not (folder / show["compare"]).exists():
        problems.append(
            Text(
                f"[show].compare：找不到 {show['compare']}。请写上一次评估的结果文件夹（data/processed/ 下），"
                f"相对于研究文件所在文件夹。",
                f"[show].compare: there is no {show['compare']}. Name the results folder of an earlier run (under "
                f"data/processed/), relative to the study file.",
            )
        )
    for each in show.get("base_maps", []):
        name, _ = base_map(each)
        problems += (
            base_map_problems(each, "[show].base_maps")
            if name in BASE_MAPS
            else [unknown_name(name, list(BASE_MAPS), "[show].base_maps")]
        )
    outputs = show.get("outputs", [])
    problems += [
        unknown_name(each, OUTPUTS, "[show].outputs")
        for each in outputs
        if each not in OUTPUTS and not (each.startswith(POSTGIS_OUTPUT) and is_database(each[len(POSTGIS_OUTPUT) :]))
    ]
    return problems


def _site_problems(entry: Mapping[str, Any], rules: Mapping[str, Rule], pack: Pack, where: str) -> list[Text]:
    if entry["facility_type"] not in pack.types:
        return [unknown_name(entry["facility_type"], list(pack.types), f"{where}.facility_type")]
    problems = wish_problems(entry, pack, where)
    if "rule" not in entry:
        return problems
    if entry["rule"] not in rules:
        return [*problems, unknown_name(entry["rule"], list(rules), f"{where}.rule")]
    return [*problems, *_site_rule_problems(entry, rules[entry["rule"]], where)]


def _site_rule_problems(entry: Mapping[str, Any], rule: Rule, where: str) -> list[Text]:
    """A rule under which nothing of the type can be sited, or not by the metric."""
    if not rule.is_distance:
        return [
            Text(
                f"{where}：{rule.rule_id} 不是距离或时间指标，不能据以选址。请换用其他指标，或用 limit 写明研究假设。",
                f"{where}: {rule.rule_id} is no rule of distance or time, so nothing can be sited under it. "
                f"Use another rule, or state an assumption under limit.",
            )
        ]
    if entry["facility_type"] not in rule.targets:
        return [
            Text(
                f"{where}：{entry['rule']} 不以 {entry['facility_type']} 为对象（对象：{first_ids(rule.targets, 9)}）。"
                f"请换用其他指标，或用 limit 写明研究假设。",
                f"{where}: {entry['rule']} does not target {entry['facility_type']} (it targets "
                f"{first_ids(rule.targets, 9)}). Use another rule, or state an assumption under limit.",
            )
        ]
    if "metric" in entry and entry["metric"] not in rule.metrics:
        return [
            Text(f"{where}：{rule.rule_id} 只按路网计算。", f"{where}: {rule.rule_id} is judged on the network only.")
        ]
    return []


def _site(entry: Mapping[str, Any], number: int, pack: Pack) -> SiteSpec:
    """A ``[[site]]``; each further type of it with all that is of the plan."""
    of_type = {key.name for key in _ALSO_KEYS} | {"also"}
    of_plan = {name: value for name, value in entry.items() if name not in of_type}
    also = tuple(_site_of_type({**of_plan, **each}, number, pack) for each in entry.get("also", ()))
    return replace(_site_of_type(entry, number, pack), also=also)


def _site_of_type(entry: Mapping[str, Any], number: int, pack: Pack) -> SiteSpec:
    assumed = entry.get("limit", {}).get("label", "")
    rule = _assumed_rule(entry) if assumed else pack.rule(entry["rule"])
    return SiteSpec(
        plan_id=f"{number}-{entry['facility_type']}",
        facility_type=entry["facility_type"],
        rule=rule,
        assumed=assumed,
        metric=entry.get("metric", rule.metric),
        problem=entry.get("problem", "max_coverage"),
        share=entry.get("share"),
        cap_mm=mm_from_m(entry["cap_m"]) if "cap_m" in entry else None,
        backup=entry.get("backup", False),
        capacity=entry.get("capacity", ""),
        stages=dict(zip(entry["stages"], entry.get("per_stage", [0] * len(entry["stages"])), strict=True)),
        weight=entry["weight"],
        mandatory=tuple(entry.get("mandatory", ())),
        forbidden=tuple(entry.get("forbidden", ())),
        terms=_terms(entry),
        wishes=wishes(entry, pack),
        gap=entry.get("gap", 0.0),
        time_limit_s=entry.get("time_limit_s"),
        seed=entry.get("seed", 0),
    )


def _terms(entry: Mapping[str, Any]) -> Terms:
    quota, apart = entry.get("quota", {}), entry.get("min_separation_m")
    return Terms(
        quota_level=quota.get("level", ""),
        quota_min=quota.get("min", 0),
        quota_max=quota.get("max"),
        min_separation_mm=None if apart is None else mm_from_m(apart),
        budget=int(entry["budget"]["max"]) if "budget" in entry else None,
    )


def _assumed_rule(entry: Mapping[str, Any]) -> Rule:
    """An assumed limit in the form of a rule, so that it is measured the same way; it has no clause and no id."""
    limit = entry["limit"]
    return Rule(
        rule_id="",
        kind="within",
        targets=(entry["facility_type"],),
        limit=Limit(limit["op"], limit["value"], limit["unit"]),
        force="advised",
        verified=False,
        clause="",
        source="",
        legal_status="in_force",
        metric=entry.get("metric", "network"),
        metric_source="interpretation",
    )
