"""Help and usage errors of the command line: Chinese, English with ``--lang en``.

The verbs say their help in English, as their functions do; what it says in Chinese stands here, word for word. A
message of the parser that is not known here is left as it is.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

HELP: Mapping[str, str] = {
    "Who is served within the 15-minute circle, who is not, and where the next site goes.": (
        "15 分钟生活圈：谁已被服务，谁没有，下一处设施建在哪里。"
    ),
    "Show this message and exit.": "显示本说明。",
    "Version.": "显示版本。",
    "Language of this help.": "本说明的语言。",
    "Language of messages and outputs.": "提示和成果的语言。",
    "No progress.": "不显示进度。",
    "Also print every finding.": "同时列出每条质检结果。",
    "What is printed.": "屏幕输出的格式。",
    "What is printed on stdout.": "标准输出的格式。",
    "The study file (study.toml).": "研究设置文件（study.toml）。",
    "Where results go (default: beside the study).": "成果写到哪里（默认：设置文件旁）。",
    "Where results go (default: this folder).": "成果写到哪里（默认：当前文件夹）。",
    "Where results go (default: this folder); s3://bucket/folder.": (
        "成果写到哪里（默认：当前文件夹）；可为 s3://bucket/folder。"
    ),
    "Also write to this folder.": "同时写到此文件夹。",
    "Unknown outcomes of binding rules also end in 1.": "约束性条款无法判断时也以 1 退出。",
    "Warnings also end in 1.": "有警告时也以 1 退出。",
    "Run an embedded sample from start to end.": "从头到尾运行内置示例。",
    "karhula, helsinki, zhoukou, shifan-zhen, …": "karhula、helsinki、zhoukou、shifan-zhen 等。",
    "Write a commented study.toml and templates to fill in; or merge filled-in workbooks.": (
        "新建研究：带注释的 study.toml 和填报模板；或合并各地填好的工作簿。"
    ),
    "The new folder, or workbooks to merge.": "新文件夹，或要合并的工作簿。",
    "The rule pack of the study.": "采用的规则包。",
    "Merge filled-in workbooks into --out.": "把填好的工作簿合并到 --out。",
    "A place from OpenStreetMap, as a study ready to check.": "从 OpenStreetMap 下载一地数据，建成可质检的研究。",
    "A place with a boundary, such as a town or county.": "有边界的地名，如某镇、某县。",
    "Where the study goes.": "新建的研究放在哪里。",
    "Another Overpass server.": "改用别的 Overpass 服务器。",
    "Another Nominatim server.": "改用别的 Nominatim 服务器。",
    "Data health only.": "只做数据质检。",
    "Isochrones and isodistances as GeoJSON.": "等时圈和等距圈，GeoJSON。",
    "A facility, area or candidate.": "设施、小区或备选点的编号。",
    "Comma-separated, in min or m.": "用逗号隔开，单位 min 或 m。",
    "Read, route, judge: verdicts, coverage, scores.": "读取、算距离、评判：逐条结论、覆盖率、得分。",
    "How shares move at these paces, such as 0.6,0.8,1.2.": "换用这些步速（米/秒）时覆盖率如何变化，如 0.6,0.8,1.2。",
    "The audit, and plans of new sites.": "评估，并给出新增设施选址方案。",
    "What sites chosen by hand change, and how near they come to the best.": "人工选点带来什么变化，与最优方案差多少。",
    "A scenario of the map page, or a table of its columns.": "地图页保存的方案，或列名相同的表格。",
    "The HTML map.": "HTML 地图。",
    "Files for the bureau: GeoJSON, GeoPackage, Shapefile, file geodatabase.": (
        "向主管部门汇交的文件：GeoJSON、GeoPackage、Shapefile、文件地理数据库。"
    ),
    "The coordinate system (default: rfc7946 for GeoJSON, else cgcs2000).": (
        "坐标系（默认：GeoJSON 用 rfc7946，其余用 cgcs2000）。"
    ),
    "Comma-separated: geojson, gpkg, shp, gdb.": "用逗号隔开：geojson、gpkg、shp、gdb。",
    "Everything under [show] outputs.": "按 [show] outputs 写出全部成果。",
    "One record's story, or the certificate of the plan, checked again without a solver.": (
        "一条记录的来龙去脉；或不用求解器重新验证方案的最优性。"
    ),
    "An area, a facility, or the word plan.": "小区或设施的编号，或写 plan。",
    "Many studies, one table.\n\nEnds in 2 where a study could not run, else in 1 where one ends in 1.": (
        "多个研究批量评估，汇成一张表。\n\n有研究未能运行时以 2 退出，否则有研究以 1 退出时以 1 退出。"
    ),
    "Study files, folders, patterns, or a CSV of studies.": "研究设置文件、文件夹、通配符，或研究清单 CSV。",
    "Processes (default: one for each processor).": "进程数（默认：每个处理器核心一个）。",
    "Work on this Dask cluster.": "在此 Dask 集群上运行。",
    "Work on a Dask cluster of this machine.": "在本机的 Dask 集群上运行。",
    "Go on where an earlier batch was stopped.": "从上次中断处继续。",
    "Stop at the first study that cannot run.": "遇到第一个不能运行的研究即停止。",
    "The most one process may take, such as 4GB.": "每个进程的内存上限，如 4GB。",
    "What changed between two runs.\n\nEnds in 1 where a binding rule that was not failed before is failed now.": (
        "两次运行之间的变化。\n\n有约束性条款由达标变为不达标时以 1 退出。"
    ),
    "The results folder of the earlier run; or a batch: its --out, or OUT@2; or ADDRESS@2.": (
        "较早一次的成果文件夹；批量评估写其 --out，或 OUT@2；数据库写 ADDRESS@2。"
    ),
    "Keep the runs in this PostGIS database: postgresql://…": "各次运行存入此 PostGIS 数据库：postgresql://…",
    "That of the later run.": "较晚一次的。",
    "Rule packs: list, show, lint.": "规则包：列出、查看、校核。",
    "The rule packs that come with the program.": "随程序提供的规则包。",
    "A pack: its rules with their clauses, and how OpenStreetMap tags its facility types.": (
        "一个规则包：各条规则及其条款，设施类型对应的 OpenStreetMap 标签。"
    ),
    "Also the OpenStreetMap tags of every facility type.": "同时列出每类设施的 OpenStreetMap 标签。",
    "Check a pack as strictly as the loader; with the document, find clauses that do not stand in it.": (
        "按读入时的标准校核规则包；给出文件原文时，找出原文中没有的条款。"
    ),
    "The text the clauses are quoted from.": "条款所引的文件原文。",
}

_HEADINGS: Mapping[str, str] = {"Options": "选项", "Arguments": "参数", "Commands": "命令"}
_NOTES = ((re.compile(r"\s*\[default: (.*?)\]"), r"[默认：\1]"), (re.compile(r"\s*\[required\]"), "[必填]"))
_ERRORS = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"Missing argument '(.*)'\.", r"缺少参数 \1。"),
        (r"Missing option '(.*)'\.", r"缺少选项 \1。"),
        (r"Missing command\.", "缺少命令。"),
        (r"No such option: (\S+) \(Possible options: (.*)\)", r"没有选项 \1，是否想写 \2？"),
        (r"No such option: (\S+)", r"没有选项 \1。"),
        (r"No such command '(.*)'\. Did you mean (.*)\?", r"没有命令 \1，是否想写 \2？"),
        (r"No such command '(.*)'\.", r"没有命令 \1。"),
        (r"Got unexpected extra argument\(s\) \((.*)\)", r"多余的参数：\1。"),
        (r"Option '(.*)' requires an argument\.", r"选项 \1 后面要有值。"),
        (r"Option '(.*)' does not take a value\.", r"选项 \1 后面不能有值。"),
        (r"Invalid value for '(.*?)': Value error, (.*) is not one of (.*)\.", r"\1 的值 \2 无效，可取：\3。"),
        (
            r"Invalid value for '(.*?)': Input should be greater than or equal to (\S+)",
            r"\1 的值无效：不能小于 \2。",
        ),
        (r"Invalid value for '(.*?)': Input should be a valid integer.*", r"\1 的值无效：应为整数。"),
        (r"Invalid value for '(.*?)': (.*)", r"\1 的值无效：\2"),
    )
)
_WIDE = "WF"
_PLAIN: Any = typer.Context.formatter_class


def in_english(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for English."""
    return "--lang=en" in arguments or ("--lang", "en") in pairwise(arguments)


def error_in_chinese(message: str) -> str:
    """What the parser complains of; as it is where this module does not know it."""
    for pattern, words in _ERRORS:
        found = pattern.fullmatch(message)
        if found:
            return found.expand(words)
    return message


class _Formatter(_PLAIN):  # type: ignore[misc]  # typer says only at run time which class that is
    """Help in Chinese, whose characters are two columns wide and part anywhere."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or "用法：")

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{_HEADINGS.get(heading, heading)}：\n")

    def write_text(self, text: str) -> None:
        for paragraph in text.split("\n\n"):
            for line in _folded(paragraph, self.width - self.current_indent):
                self.write(f"{'':>{self.current_indent}}{line}\n")

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        first_column = min(max(len(first) for first, _ in rows), col_max) + col_spacing
        indent = " " * self.current_indent
        for first, second in rows:
            second = HELP.get(second, second)  # noqa: PLW2901  # of the option --help, which no command lists
            for pattern, words in _NOTES:
                second = pattern.sub(words, second)  # noqa: PLW2901
            lines = _folded(second, self.width - first_column - self.current_indent)
            if len(first) > first_column - col_spacing:
                self.write(f"{indent}{first}\n")
                first = ""  # noqa: PLW2901
            self.write(f"{indent}{first:<{first_column}}{lines[0]}".rstrip() + "\n")
            for line in lines[1:]:
                self.write(f"{indent}{'':<{first_column}}{line}\n")


def _folded(text: str, width: int) -> list[str]:
    """Lines of at most so many columns."""
    lines, used = [""], 0
    for each in re.findall(r"[!-~]+|.", text):
        wide = sum(2 if unicodedata.east_asian_width(sign) in _WIDE else 1 for sign in each)
        if used + wide > width and lines[-1]:
            lines.append("")
            used = 0
        if used or each != " ":
            lines[-1] += each
            used += wide
    return [line.rstrip() for line in lines]


class _Context(typer.Context):
    formatter_class = _Formatter


class Verbs(TyperGroup):
    """The verbs, their help and the parser's errors in the language that the command line asks for."""

    def main(self, *given: Any, **extra: Any) -> Any:
        """As typer's, which takes the words of the process where it is given no ``args``."""
        words = given[0] if given else extra.get("args")
        if in_english(sys.argv[1:] if words is None else words):
            return super().main(*given, **extra)
        _translate(self)
        try:
            code = super().main(*given, **{**extra, "standalone_mode": False})
        except typer.Abort:
            typer.echo("已中止。", err=True)
            sys.exit(1)
        except typer.TyperException as error:
            _complain(error)
        sys.exit(code or 0)


def _complain(error: Any) -> NoReturn:
    """As the parser would, in Chinese."""
    context, message = getattr(error, "ctx", None), error.format_message()
    if message == (context and context.get_help()):  # a group without a verb
        typer.echo(message, err=True)
    else:
        if context is not None:
            typer.echo(f"{context.get_usage()}\n详见：{context.command_path} --help\n", err=True)
        typer.echo(f"错误：{error_in_chinese(message)}", err=True)
    sys.exit(error.exit_code)


def _translate(command: Any) -> None:
    command.context_class = _Context
    command.help = HELP.get(command.help, command.help)
    for parameter in command.params:
        parameter.help = HELP.get(parameter.help, parameter.help)
    for each in getattr(command, "commands", {}).values():
        _translate(each)
