"""Help and usage errors: in Chinese all of them, in English where that is asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from circle15.cli import app
from circle15.cli.usage import HELP, error_in_chinese, in_english
from tests.studies import write
from tests.towns import call

OWN = "Show this message and exit."


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, (*path, name))


TREE = dict(commands(typer.main.get_command(app)))


def test_all_help_is_in_chinese_and_nothing_else() -> None:
    said = {each.help for command in TREE.values() for each in (command, *command.params) if each.help} | {OWN}
    assert said == set(HELP)
    assert all(re.search("[一-鿿]|、", words) for words in HELP.values())


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_help_of_every_verb_is_in_chinese_and_fits_a_console(path: tuple[str, ...]) -> None:
    found = call(*path, "--help")
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout.startswith("用法：")
    assert "显示本说明。" in found.stdout
    assert not re.search(r"Options|Arguments|Commands|default|required|[A-Z][a-z]+ [a-z]+ [a-z]+", found.stdout)
    columns = [
        sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line)
        for line in found.stdout.splitlines()
    ]
    assert max(columns) <= 80


def test_help_is_in_english_where_that_is_asked_for() -> None:
    for arguments in (("--help", "--lang", "en"), ("--lang=en", "--help"), ("audit", "--lang", "en", "--help")):
        found = call(*arguments)
        assert (found.exit_code, found.stdout[:7]) == (0, "Usage: ")
        assert not re.search("[一-鿿]", found.stdout)


def test_a_program_without_a_verb_shows_its_help() -> None:
    assert call().exit_code == 2
    assert call().stderr == call("--help").stdout


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("audit",), "错误：缺少参数 STUDY。"),
        (("evaluate", "x"), "错误：缺少选项 --sites。"),
        (("audit", "x", "--forma", "json"), "错误：没有选项 --forma，是否想写 --format？"),
        (("audit", "x", "--zzz"), "错误：没有选项 --zzz。"),
        (("auditt",), "错误：没有命令 auditt，是否想写 'audit'？"),
        (("zzz",), "错误：没有命令 zzz。"),
        (("audit", "x", "y"), "错误：多余的参数：y。"),
        (("audit", "x", "--out"), "错误：选项 --out 后面要有值。"),
        (("audit", "x", "--strict=3"), "错误：选项 --strict 后面不能有值。"),
        (("batch", "x", "--workers", "0"), "错误：--workers 的值无效：不能小于 1。"),
        (("batch", "x", "--workers", "a"), "错误：--workers 的值无效：应为整数。"),
        (
            ("audit", "x", "--format", "xx"),
            "错误：--format 的值 'xx' 无效，可取：'human', 'json', 'csv', 'github'。",
        ),
    ],
)
def test_a_wrong_command_line_is_answered_in_chinese_and_ends_in_two(arguments: tuple[str, ...], wanted: str) -> None:
    found = call(*arguments)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.splitlines()[-1] == wanted
    english = call(*arguments, "--lang", "en")
    assert english.exit_code == 2
    assert not re.search("[一-鿿]", english.stderr)


def test_what_the_parser_may_yet_say_is_left_as_it_is() -> None:
    assert error_in_chinese("Something new.") == "Something new."


def test_english_is_asked_for_by_its_option_alone() -> None:
    assert in_english(["audit", "--lang", "en"])
    assert not in_english(["audit", "en", "--lang"])
    assert not in_english(["audit", "--lang", "zh", "en"])


@pytest.mark.parametrize("here", [".", ""])
def test_results_may_go_to_the_folder_one_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str) -> None:
    study = write(tmp_path / "study", "zhoukou-2025", {"zone_table": [{"id": "T", "name": "T", "level": "town"}]})
    monkeypatch.chdir(tmp_path)
    found = call("check", str(study), "--out", here, "-q")
    assert (found.exit_code, found.stderr) == (0, "")
    assert (tmp_path / "findings.csv").is_file()


@pytest.mark.parametrize("place", ["s3://bucket/folder", "memory://folder"])
def test_only_batch_writes_to_an_address(place: str) -> None:
    found = call("check", "study.toml", "--out", place)
    assert found.exit_code == 2
    assert "只有 batch 可以写 s3:// 等地址" in found.stderr
