"""What the documents say: every block loads or runs, every table is the one in the code, every link leads somewhere."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from circle15.cli import app
from circle15.core.counting import SWITCHES, Switch
from circle15.core.exports import EXPORT_LAYERS
from circle15.core.findings import MEANINGS, Code
from circle15.core.formats import DEFAULT_PROFILE, PROFILES
from circle15.core.league import LEAGUE_TABLES
from circle15.core.schema import Column, Table
from circle15.core.tables import TABLES
from circle15.read.fetch import LAYERS as FETCHED
from circle15.read.layers import READERS
from circle15.read.mapping import load_mapping, sample_mapping
from circle15.read.osmways import CLOSED, WALKABLE
from circle15.read.pack import load_pack, shared_types
from circle15.show.export.topology import CHECKS
from circle15.study import load_study

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
DOCS = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS = [*READMES, *DOCS, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]

# ---- reading Markdown ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A fenced block: the document and line it starts on, what stands behind the fence, and its lines."""

    document: Path
    line: int
    info: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line}"


def blocks_of(document: Path) -> list[Block]:
    found: list[Block] = []
    start, info, inside = 0, "", list[str]()
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), start=1):
        fence = re.match(r" *```(.*)", line)
        if fence and not start:
            start, info, inside = number, fence[1].strip(), []
        elif fence:
            found.append(Block(document, start, info, tuple(inside)))
            start = 0
        elif start:
            inside.append(line)
    assert not start, f"{document.name}:{start}: the fence is not closed"
    return found


def blocks(language: str, documents: Sequence[Path] = DOCUMENTS) -> list[Block]:
    return [each for document in documents for each in blocks_of(document) if each.info.split()[:1] == [language]]


def cells(line: str) -> list[str]:
    r"""The cells of a table row; ``\|`` does not end one."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def rows_under(document: Path, heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, without its head."""
    lines = document.read_text(encoding="utf-8").splitlines()
    at = lines.index(heading) + 1
    first = next(number for number in range(at, len(lines)) if lines[number].startswith("|"))
    last = next((number for number in range(first, len(lines)) if not lines[number].startswith("|")), len(lines))
    return [cells(line) for line in lines[first + 2 : last]]


def coded(cell: str) -> list[str]:
    """What stands between backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)


# ---- TOML ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_every_toml_block_loads(block, tmp_path):
    table = tomllib.loads(block.text)
    kinds = {"inputs": "study", "rule": "pack", "layer": "mapping"}
    kind = next((kinds[key] for key in kinds if key in table), "fragment")
    whole = "schema" in table and kind != "fragment"
    assert block.info == ("toml" if whole else "toml fragment"), "say `toml fragment` where a block is not a whole file"
    (tmp_path / "block.toml").write_text(block.text, encoding="utf-8")
    if kind == "study":
        for entry in table["inputs"].values():
            (tmp_path / entry["path"]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / entry["path"]).touch()
        (tmp_path / "mapping.toml").write_bytes(sample_mapping())
    if whole:
        path = tmp_path / "block.toml"
        load: dict[str, Callable[[], object]] = {
            "study": lambda: load_study(path),
            "pack": lambda: load_pack([path.name], tmp_path),
            "mapping": lambda: load_mapping(path, path.name, load_pack(["jinjiang-2022"], tmp_path)[0].rules),
        }
        load[kind]()


def test_there_are_studies_and_a_pack_among_them():
    tables = [tomllib.loads(block.text) for block in blocks("toml")]
    assert sum("inputs" in table for table in tables) >= len(READMES) + 1
    assert any("rule" in table for table in tables)


# ---- the tour ------------------------------------------------------------------------------------------------

SKIP = "…"


@dataclass(frozen=True)
class Step:
    """A command of a README, what is shown of its output, and what it printed when it was run."""

    command: str
    shown: tuple[str, ...]
    printed: tuple[str, ...]
    code: int


def commands(block: Block) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each command of a console block with the lines shown under it."""
    assert block.lines[0].startswith("$ "), f"{block}: a console block starts with $"
    starts = [number for number, line in enumerate(block.lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(block.lines)], strict=True):
        yield block.lines[start].removeprefix("$ "), block.lines[start + 1 : end]


def run(command: str) -> tuple[tuple[str, ...], int]:
    """What ``circle15 …`` prints on a terminal of 80 columns, and its exit code."""
    program, *arguments = shlex.split(command)
    assert program == "circle15", f"only circle15 is run: {command}"
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = app(arguments, prog_name=program)
        except SystemExit as stop:
            code = stop.code
    out.flush()
    text = out.buffer.getvalue().decode("utf-8-sig")
    return tuple(text.splitlines()), int(code or 0)


def tour_of(document: Path, folder: Path) -> list[Step]:
    for inputs in ("data/raw", "examples"):
        shutil.copytree(ROOT / inputs, folder / inputs, ignore=shutil.ignore_patterns("processed", "maps"))
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setenv("COLUMNS", "80")
        return [
            Step(command, shown, *run(command))
            for block in blocks("console", [document])
            for command, shown in commands(block)
        ]


@pytest.fixture(scope="module", params=READMES, ids=lambda path: path.name)
def tour(request, tmp_path_factory):
    return tour_of(request.param, tmp_path_factory.mktemp("tour"))


def runs_between_skips(shown: Sequence[str]) -> list[list[str]]:
    runs: list[list[str]] = [[]]
    for line in shown:
        if line == SKIP:
            runs.append([])
        else:
            runs[-1].append(line)
    return runs


def missing_from(printed: Sequence[str], shown: Sequence[str]) -> list[str]:
    """The first run of shown lines that was not printed there, or nothing.

    Without a skip at either end, what is shown starts and ends where the output does.
    """
    lines = [line.rstrip() for line in printed]
    runs = runs_between_skips(shown)
    at = 0
    for number, wanted in enumerate(runs):
        places = range(at, len(lines) - len(wanted) + 1)
        if number == 0:
            places = places[:1]
        if number == len(runs) - 1 and wanted:
            places = range(max(at, len(lines) - len(wanted)), len(lines) - len(wanted) + 1)
            places = places if len(runs) > 1 else range(len(lines) == len(wanted))
        found = next((place for place in places if lines[place : place + len(wanted)] == wanted), None)
        if found is None:
            return wanted
        at = found + len(wanted)
    return []


def test_every_command_prints_what_is_shown(tour):
    """All of it, of help the whole; and of the commands the audit and the batch are failed, and nothing else is."""
    wrong = {step.command: missing_from(step.printed, step.shown) for step in tour}
    assert {command: lines for command, lines in wrong.items() if lines} == {}
    assert all(any(line != SKIP for line in step.shown) for step in tour)
    (step,) = [step for step in tour if step.command.startswith("circle15 --help")]
    assert (step.shown, step.code) == (step.printed, 0)
    assert {(step.command.split()[1], step.code) for step in tour if step.code} == {("audit", 1), ("batch", 1)}


@pytest.mark.parametrize(
    ("shown", "holds"),
    [
        (["a", "b", "c"], True),
        (["a", "b"], False),
        (["b", "c"], False),
        (["a", SKIP], True),
        ([SKIP, "c"], True),
        ([SKIP, "b", SKIP], True),
        (["a", SKIP, "c"], True),
        ([SKIP, "c", SKIP, "b", SKIP], False),
        ([SKIP, "b"], False),
        (["a", "x", SKIP], False),
    ],
)
def test_shown_lines_are_compared_strictly(shown, holds):
    assert (missing_from(["a", "b", "c"], shown) == []) == holds


def test_both_readmes_walk_the_same_way():
    """The Chinese tour is through the invented town, the English one through the embedded sample."""
    walks = [
        [command.split()[:2] for block in blocks("console", [document]) for command, _ in commands(block)]
        for document in READMES
    ]
    assert walks[0] == walks[1]
    assert "shifan-zhen" in blocks("console", [ROOT / "README.zh.md"])[0].lines[0]
    python = [[block.text for block in blocks("python", [document])] for document in READMES]
    assert python[0] == python[1]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What the default sample writes."""
    folder = tmp_path_factory.mktemp("demo")
    _, code = run(f"circle15 demo --out {shlex.quote(str(folder))} -q")
    assert code == 0
    return folder / "data" / "processed" / "karhula"


@pytest.mark.parametrize("block", {block.text: block for block in blocks("python")}.values(), ids=str)
def test_python_blocks_run_and_print(block, tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "data" / "raw", tmp_path / "data" / "raw")
    monkeypatch.chdir(tmp_path)
    exec(compile(block.text, str(block), "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out


@pytest.mark.parametrize("block", blocks("bash"), ids=str)
def test_scripts_that_are_named_exist(block):
    named = [word for line in block.lines for word in line.partition("#")[0].split() if word.startswith("scripts/")]
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


VERB = re.compile(r"`circle15 ([a-z]+)\b")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_verbs_that_are_named_exist(document):
    printed, _ = run("circle15 --help --lang en")
    known = {line.split()[0] for line in printed[printed.index("Commands:") + 1 :] if line.split()}
    assert "audit" in known
    assert set(VERB.findall(document.read_text(encoding="utf-8"))) - known == set()


# ---- the tree and the links ----------------------------------------------------------------------------------


def tree_paths(tree: Sequence[str]) -> list[str]:
    """The paths that a drawn folder tree names: the first word after each branch, under its parents."""
    parents: list[str] = []
    paths = []
    for line in tree:
        branch = re.match(r"((?:│   |    )*)[├└]── (\S+)", line)
        if branch:
            depth = len(branch[1]) // 4
            parents[depth:] = [branch[2].rstrip("/")]
            paths.append("/".join(parents))
    return paths


def test_the_tree_in_the_readmes_is_the_tree_of_the_repository():
    trees = [block for block in blocks("text", READMES) if any("├──" in line for line in block.lines)]
    assert [block.document for block in trees] == READMES
    paths = [tree_paths(block.lines) for block in trees]
    assert paths[0] == paths[1]
    assert {"pyproject.toml", "src/circle15/core"} <= set(paths[0])
    assert [path for path in paths[0] if not (ROOT / path).exists()] == []


def test_the_tree_leaves_out_no_room_and_no_document():
    paths = tree_paths(next(block for block in blocks("text", READMES)).lines)
    packages = sorted(path.parent.name for path in (ROOT / "src" / "circle15").glob("*/__init__.py"))
    assert packages == sorted(Path(path).name for path in paths if re.fullmatch(r"src/circle15/[a-z]+", path))
    assert {f"docs/{document.name}" for document in DOCS} - {"docs/long-tests.md"} <= set(paths)


LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_there(document):
    links = [link for link in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


# ---- tables that the code knows ------------------------------------------------------------------------------

DATA, METHOD, PACKS, BATCH = (ROOT / "docs" / name for name in ("data.md", "method.md", "packs.md", "batch.md"))


def notes(column: Column) -> str:
    found = [
        *(["required"] if column.required else []),
        *([] if column.nullable else ["filled"]),
        *(["unique"] if column.unique else []),
        *([] if column.least is None else [f"≥ {column.least:g}"]),
        *([" ".join(f"`{choice}`" for choice in column.choices)] if column.choices else []),
    ]
    return ", ".join(found)


def declared(column: Column) -> list[str]:
    return [
        f"`{column.name}`",
        column.kind,
        column.unit,
        notes(column),
        column.meaning.zh,
        column.meaning.en,
    ]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_the_data_guide_states_the_declaration(table: type[Table]):
    """On a failure: the left side is what docs/data.md says, the right side what it must say."""
    assert rows_under(DATA, f"### {table.name.en} {table.name.zh}") == [declared(column) for column in table.columns]


@pytest.mark.parametrize("table", LEAGUE_TABLES, ids=lambda table: table.__name__)
def test_the_guide_to_batches_states_the_declaration(table: type[Table]):
    assert rows_under(BATCH, f"### {table.name.en} {table.name.zh}") == [declared(column) for column in table.columns]


def test_the_data_guide_lists_the_formats_that_are_read():
    listed = [extension for row in rows_under(DATA, "## Formats") for extension in coded(row[0])]
    assert sorted(listed) == sorted(READERS)


def keys_of(file: Path) -> list[str]:
    if file.suffix == ".csv":
        return file.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    content: Any = json.loads(file.read_text(encoding="utf-8"))
    return list(content[0] if isinstance(content, list) else content)


def test_the_data_guide_lists_the_columns_of_every_output(results):
    listed = {coded(row[0])[0]: coded(row[1]) for row in rows_under(DATA, "## Outputs")}
    assert listed == {name: keys_of(results / name) for name in listed}
    written = {path.name for path in results.iterdir() if path.suffix in {".csv", ".json"}}
    assert set(listed) == written


def test_the_data_guide_lists_every_geojson_file(results):
    listed = {coded(row[0])[0] for row in rows_under(DATA, "### GeoJSON")}
    assert listed == {f"{key}.geojson" for key in EXPORT_LAYERS}
    assert {path.name for path in results.glob("*.geojson")} <= listed


def test_the_data_guide_says_what_the_public_may_have():
    heading = next(
        line for line in DATA.read_text(encoding="utf-8").splitlines() if line.startswith("Which layers there")
    )
    listed = [(coded(row[0])[0], row[1], row[2], row[3]) for row in rows_under(DATA, heading)]
    assert listed == [
        (
            layer.key,
            layer.label.zh,
            "public" if layer.public else "internal",
            " ".join(f"`{name}`" for name in sorted(layer.private)) if layer.public else "all",
        )
        for layer in EXPORT_LAYERS.values()
    ]


def test_the_data_guide_lists_formats_profiles_and_checks_of_exports():
    rows = rows_under(DATA, "### Files for the bureau")
    assert {coded(row[0])[0]: coded(row[2])[0] for row in rows} == dict(DEFAULT_PROFILE)
    text = DATA.read_text(encoding="utf-8")
    assert [name for name in (*PROFILES, *(check.code for check in CHECKS)) if f"\n| `{name}` |" not in text] == []


def test_the_data_guide_lists_what_is_fetched():
    rows = rows_under(DATA, "## A place from OpenStreetMap")
    assert sorted(name for row in rows for name in coded(row[0])) == sorted(layer.file for layer in FETCHED)


def test_the_data_guide_lists_every_finding():
    """On a failure: the left side is what docs/data.md says, the right side what it must say."""
    must = [[f"`{code}`", meaning.zh, meaning.en] for code, meaning in MEANINGS.items()]
    assert rows_under(DATA, "### Findings") == must


def test_codes_of_findings_are_declared_once_and_each_is_raised():
    assert list(MEANINGS) == sorted(get_args(Code))
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "circle15").rglob("*.py"))
    assert [code for code in MEANINGS if sources.count(f'"{code}"') < 3] == []


def test_the_method_states_the_pedestrian_filter():
    walked = {row[0]: tuple(coded(row[1])) for row in rows_under(METHOD, "### Which OpenStreetMap ways count")}
    assert walked == WALKABLE
    lines = METHOD.read_text(encoding="utf-8").splitlines()
    closed = [cells(line) for line in lines[lines.index("| left out | tags |") + 2 :][: len(CLOSED)]]
    assert closed == [[why.en, f"`{expression}`"] for expression, why in CLOSED]


def test_the_guide_to_packs_lists_the_counting_rules():
    listed = rows_under(PACKS, "## Counting rules")
    written = [
        [f"`{each.name}`", f"`{toml(each.default)}`", " ".join(f"`{word}`" for word in each.choices), *said(each)]
        for each in SWITCHES.values()
    ]
    assert listed == written


def said(switch: Switch) -> tuple[str, str]:
    return switch.meaning.zh, switch.meaning.en


def toml(value: Any) -> str:
    """A value as TOML has it."""
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def test_the_guide_to_packs_lists_the_shared_types():
    listed = rows_under(PACKS, "## Facility types")
    assert listed == [[f"`{key}`", each.label.zh, each.label.en] for key, each in shared_types().items()]
