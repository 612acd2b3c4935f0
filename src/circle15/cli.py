"""The command line: parse → call → print → exit code. Heavy libraries are imported by the verbs that need them."""

from __future__ import annotations

import codecs
import datetime as dt
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from circle15 import __version__
from circle15.core.errors import Circle15Error, ConfigError, InputError
from circle15.core.formats import Profile
from circle15.core.text import Language, Text
from circle15.usage import Verbs

if TYPE_CHECKING:
    from circle15.core.results import Audit
    from circle15.study import Study

Format = Literal["human", "json", "csv", "github"]

DONE, FAILED, COULD_NOT_RUN = 0, 1, 2
_DEFECT = Text(
    "以上是程序自身的错误，不是数据的问题，也不是任何条款的结论；请将上面的文字发给维护者。",
    "This is a defect of the program, not of the data, and no verdict on any rule: please send the lines above to its"
    " maintainers.",
)

app = typer.Typer(
    cls=Verbs,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Who is served within the 15-minute circle, who is not, and where the next site goes.",
)
packs_app = typer.Typer(cls=Verbs, no_args_is_help=True, rich_markup_mode=None, help="Rule packs: list, show, lint.")
app.add_typer(packs_app, name="packs")


def _refuse_address(value: Path | None) -> Path | None:
    """An address of objects is no folder, and would become one of a strange name."""
    if value is not None and len(value.parts[0]) > len("C:") and value.parts[0].endswith(":"):
        raise typer.BadParameter("只有 batch 可以写 s3:// 等地址 / only batch takes addresses such as s3://")
    return value


StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="The study file (study.toml).")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Where results go (default: beside the study).", callback=_refuse_address
    ),
]
OutOnly = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Also write to this folder.", callback=_refuse_address)
]
OutHere = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Where results go (default: this folder).", callback=_refuse_address),
]
FormatOption = Annotated[Format, typer.Option("--format", help="What is printed on stdout.")]
Strict = Annotated[bool, typer.Option("--strict", help="Unknown outcomes of binding rules also end in 1.")]
StrictFindings = Annotated[bool, typer.Option("--strict", help="Warnings also end in 1.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Also print every finding.")]
Lang = Annotated[Language | None, typer.Option("--lang", help="Language of messages and outputs.")]


@dataclass
class Session:
    """One call of the program: its language, its clock, and whether progress is shown."""

    lang: Language | None
    quiet: bool = False
    started: float = field(default_factory=time.perf_counter)
    began: str = field(default_factory=lambda: dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))
    language: Language = "zh"

    def __post_init__(self) -> None:
        self.language = self.lang or "zh"

    def load(self, path: Path) -> Study:
        """The study, in the language asked for."""
        import dataclasses

        from circle15.study import load_study

        study = load_study(path)
        if self.lang:
            study = dataclasses.replace(study, language=self.lang)
        self.language = study.language
        return study

    def say(self, zh: str, en: str) -> None:
        """A line on stdout."""
        typer.echo(Text(zh, en).say(self.language))

    def times(self) -> dict[str, str | float]:
        """For the manifest alone."""
        return {"began": self.began, "seconds": round(time.perf_counter() - self.started, 3)}

    @contextmanager
    def progress(self) -> Iterator[Callable[[Text, int, int], None]]:
        """A bar on a terminal, plain lines elsewhere, both on stderr."""
        if self.quiet:
            yield lambda _step, _done, _total: None
        elif sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            with Progress(console=Console(stderr=True), transient=True) as bar:
                task = bar.add_task("", total=None)
                yield lambda step, done, total: bar.update(
                    task, description=step.say(self.language), completed=done, total=total
                )
        else:
            yield lambda step, _done, _total: typer.echo(step.say(self.language), err=True)


@contextmanager
def session(lang: Language | None, *, quiet: bool = False) -> Iterator[Session]:
    """Errors of the user, and Ctrl-C, become one message and exit code 2."""
    here = Session(lang, quiet)
    try:
        yield here
    except KeyboardInterrupt:
        typer.echo(Text("已中断。", "interrupted.").say(here.language), err=True)
        raise typer.Exit(COULD_NOT_RUN) from None
    except Circle15Error as error:
        typer.echo(Text("错误：", "error: ").say(here.language) + error.say(here.language), err=True)
        raise typer.Exit(COULD_NOT_RUN) from None


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"circle15 {__version__}")
        raise typer.Exit(DONE)


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=lambda value: _version(wanted=value), is_eager=True, help="Version.")
    ] = False,
    _lang: Annotated[Language | None, typer.Option("--lang", help="Language of this help.")] = None,
) -> None:
    """Who is served within the 15-minute circle, who is not, and where the next site goes."""


@app.command()
def demo(
    sample: Annotated[
        str, typer.Option("--sample", metavar="NAME", help="karhula, helsinki, zhoukou, shifan-zhen, …")
    ] = "karhula",
    out: OutHere = None,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    """Run an embedded sample from start to end."""
    with session(lang, quiet=quiet) as here:
        from circle15 import pipeline
        from circle15.read.samples import sample_study
        from circle15.show.console import audit_lines, plan_lines

        study = here.load(sample_study(sample))
        with here.progress() as progress:
            result = pipeline.whole(study, progress)
            written = pipeline.deliver(result, study.outputs, out or Path.cwd(), here.times(), progress)
        for line in [*audit_lines(result), *plan_lines(result)]:
            typer.echo(line.say(here.language))
        _where(here, written)


@app.command()
def init(
    paths: Annotated[list[Path], typer.Argument(metavar="DIR | FILE…", help="The new folder, or workbooks to merge.")],
    pack: Annotated[str, typer.Option("--pack", metavar="ID", help="The rule pack of the study.")] = "jinjiang-2022",
    collect: Annotated[bool, typer.Option("--collect", help="Merge filled-in workbooks into --out.")] = False,
    out: OutOnly = None,
    lang: Lang = None,
) -> None:
    """Write a commented study.toml and templates to fill in; or merge filled-in workbooks."""
    with session(lang) as here:
        if collect:
            _collect(here, paths, out)
            return
        from circle15.read.mapping import SAMPLE, sample_mapping
        from circle15.read.pack import load_pack
        from circle15.show.files import write_new
        from circle15.show.office.template import TEMPLATE
        from circle15.show.starter import starter

        if len(paths) > 1 or out:
            raise ConfigError(
                Text(
                    "init 只接受一个文件夹；合并填报表请写 init --collect 文件… --out 文件夹。",
                    "init takes one folder; to merge workbooks write init --collect FILE… --out DIR.",
                )
            )
        chosen, _ = load_pack([pack], paths[0])
        written = write_new(paths[0], {**starter(pack, chosen.types), SAMPLE: sample_mapping()})
        for path in written:
            typer.echo(path)
        if not any(path.name == TEMPLATE for path in written):
            here.say(
                f'未生成 {TEMPLATE}：请先运行 pip install "circle15[office]"。',
                f'no {TEMPLATE}: that needs pip install "circle15[office]".',
            )
        here.say("请填写模板，再运行 circle15 check。", "Fill in the templates, then run circle15 check.")


@app.command()
def fetch(
    place: Annotated[str, typer.Argument(metavar="PLACE", help="A place with a boundary, such as a town or county.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the study goes.")],
    pack: Annotated[str, typer.Option("--pack", metavar="ID", help="The rule pack of the study.")] = "jinjiang-2022",
    overpass: Annotated[str | None, typer.Option("--overpass", metavar="URL", help="Another Overpass server.")] = None,
    nominatim: Annotated[
        str | None, typer.Option("--nominatim", metavar="URL", help="Another Nominatim server.")
    ] = None,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    """A place from OpenStreetMap, as a study ready to check."""
    with session(lang, quiet=quiet) as here:
        from circle15.read import fetch as fetching
        from circle15.read.pack import load_pack
        from circle15.show.files import refuse_existing, write_new

        rules, _ = load_pack([pack], out)
        refuse_existing(out, fetching.names())
        given = {name: url for name, url in (("overpass", overpass), ("nominatim", nominatim)) if url}
        client = fetching.Client(fetching.Servers(**given), out / fetching.CACHE, time.sleep)
        with here.progress() as progress:
            files = fetching.fetch(client, place, rules, pack, progress)
        for path in write_new(out, files):
            typer.echo(path)
        client.forget()
        here.say("可运行 circle15 check 检查。", "Now run circle15 check.")


@app.command()
def check(
    study: StudyFile,
    out: OutOnly = None,
    form: FormatOption = "human",
    quiet: Quiet = False,
    strict: StrictFindings = False,
    lang: Lang = None,
) -> None:
    """Data health only."""
    with session(lang, quiet=quiet) as here:
        from circle15 import pipeline
        from circle15.show import health
        from circle15.show.console import finding_lines
        from circle15.show.files import replace_set
        from circle15.show.tables import csv_bytes, findings_frame

        with here.progress() as progress:
            result = pipeline.audit(here.load(study), progress)
        found = result.findings
        frame = findings_frame(found, here.language)
        files = health.health_files(result) if out else {}
        if out:
            replace_set(out, files, health.FINDINGS, health.mark())
        if form == "json":
            _print_json(frame.to_dict(orient="records"))
        elif form == "csv":
            _print_bytes(csv_bytes(frame))
        else:
            for line in finding_lines(found, github=form == "github"):
                typer.echo(line.say(here.language))
        _where(here, [out / name for name in files] if out else [], form)
        severities = {"error", "warning"} if strict else {"error"}
        raise typer.Exit(FAILED if any(each.severity in severities for each in found) else DONE)


@app.command()
def reach(
    study: StudyFile,
    at: Annotated[list[str] | None, typer.Option("--at", metavar="ID", help="A facility, area or candidate.")] = None,
    limits: Annotated[str, typer.Option("--limits", help="Comma-separated, in min or m.")] = "5min,10min,15min,700m",
    out: OutOnly = None,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    """Isochrones and isodistances as GeoJSON."""
    with session(lang, quiet=quiet) as here:
        from circle15 import pipeline
        from circle15.core.limit import parse_limits
        from circle15.show.files import replace_ours
        from circle15.show.geojson import feature_collection

        asked = here.load(study)
        with here.progress() as progress:
            frame = pipeline.reach(asked, at or [], parse_limits(limits), progress)
        content = feature_collection(frame, asked.crs_text)
        if out:
            replace_ours(out / "reach.geojson", content, b'"limit_m"')
            typer.echo(out / "reach.geojson")
        else:
            _print_bytes(content)


@app.command()
def audit(
    study: StudyFile,
    pace: Annotated[
        str | None, typer.Option("--pace", metavar="M/S,…", help="How shares move at these paces, such as 0.6,0.8,1.2.")
    ] = None,
    out: Out = None,
    form: FormatOption = "human",
    strict: Strict = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    lang: Lang = None,
) -> None:
    """Read, route, judge: verdicts, coverage, scores."""
    with session(lang, quiet=quiet) as here:
        from circle15 import pipeline
        from circle15.judge import parse_paces
        from circle15.show.sensitivity import pace_lines

        asked = here.load(study)
        paces = [] if pace is None else parse_paces(pace, asked.pack)
        with here.progress() as progress:
            result = pipeline.audit(asked, progress, paces=paces)
            written = pipeline.deliver(result, ("tables",), out or asked.folder, here.times(), progress)
        _print_audit(here, result, form, verbose=verbose)
        if paces and form == "human":
            for line in pace_lines(result):
                typer.echo(line.say(here.language))
        _where(here, written, form)
        raise typer.Exit(FAILED if result.fails(strict=strict) else DONE)


@app.command()
def site(
    study: StudyFile,
    out: Out = None,
    form: FormatOption = "human",
    quiet: Quiet = False,
    verbose: Verbose = False,
    lang: Lang = None,
) -> None:
    """The audit, and plans of new sites."""
    with session(lang, quiet=quiet) as here:
        from circle15 import pipeline
        from circle15.show.console import plan_lines
        from circle15.show.proof import plan_object
        from circle15.show.tables import csv_bytes, plan_frame

        asked = here.load(study)
        with here.progress() as progress:
            result = pipeline.planned(asked, progress)
            written = pipeline.deliver(result, ("tables",), out or asked.folder, here.times(), progress)
        if form == "json":
            _print_json([plan_object(plan, result.facts.audience) for plan in result.plans])
        elif form == "csv":
            _print_bytes(csv_bytes(plan_frame(result)))
        else:
            _print_audit(here, result, form, verbose=verbose)
            for line in plan_lines(result) if form == "human" else ():
                typer.echo(line.say(here.language))
        _where(here, written, form)


@app.command()
def evaluate(
    study: StudyFile,
    sites: Annotated[
        Path,
        typer.Option("--sites", metavar="FILE", help="A scenario of the map page, or a table of its columns."),
    ],
    form: Annotated[Literal["human", "json", "csv"], typer.Option("--format", help="What is printed.")] = "human",
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    """What sites chosen by hand change, and how near they come to the best."""
    with session(lang, quiet=quiet) as here:
        from circle15 import pipeline
        from circle15.show.evaluation import evaluation_frame, evaluation_lines, evaluation_object
        from circle15.show.tables import csv_bytes

        asked = here.load(study)
        with here.progress() as progress:
            found = pipeline.evaluated(asked, sites, progress)
        if form == "json":
            _print_json(evaluation_object(found))
        elif form == "csv":
            _print_bytes(csv_bytes(evaluation_frame(found)))
        else:
            for line in evaluation_lines(found):
                typer.echo(line.say(here.language))


@app.command("map")
def map_(study: StudyFile, out: Out = None, quiet: Quiet = False, lang: Lang = None) -> None:
    """The HTML map."""
    _deliver(study, out, lang, ("html_map",), quiet=quiet)


@app.command()
def export(
    study: StudyFile,
    out: Out = None,
    profile: Annotated[
        Profile | None,
        typer.Option("--profile", help="The coordinate system (default: rfc7946 for GeoJSON, else cgcs2000)."),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT,…", help="Comma-separated: geojson, gpkg, shp, gdb.")
    ] = "geojson",
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    """Files for the bureau: GeoJSON, GeoPackage, Shapefile, file geodatabase."""
    with session(lang, quiet=quiet):
        from circle15.core.formats import export_names

        outputs = export_names(form, profile)
    _deliver(study, out, lang, outputs, quiet=quiet)


@app.command()
def run(
    study: StudyFile,
    out: Out = None,
    form: FormatOption = "human",
    strict: Strict = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    lang: Lang = None,
) -> None:
    """Everything under [show] outputs."""
    with session(lang, quiet=quiet) as here:
        from circle15 import pipeline
        from circle15.show.console import plan_lines

        asked = here.load(study)
        with here.progress() as progress:
            result = pipeline.whole(asked, progress)
            written = pipeline.deliver(result, asked.outputs, out or asked.folder, here.times(), progress)
        _print_audit(here, result, form, verbose=verbose)
        if form == "human":
            for line in plan_lines(result):
                typer.echo(line.say(here.language))
        _where(here, written, form)
        raise typer.Exit(FAILED if result.fails(strict=strict) else DONE)


@app.command()
def explain(
    study: StudyFile,
    record: Annotated[str, typer.Argument(metavar="ID|plan", help="An area, a facility, or the word plan.")],
    out: Out = None,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    """One record's story, or the certificate of the plan, checked again without a solver."""
    with session(lang, quiet=quiet) as here:
        asked = here.load(study)
        text, holds = _certificates(here, asked, out) if record == "plan" else (_story(here, asked, record), True)
        typer.echo(text)
        if out:
            from circle15.show.files import replace_ours

            title = f"circle15 explain {asked.study_id} {record}\n"
            replace_ours(out / f"explain-{_file_name(record)}.txt", (title + text + "\n").encode(), title.encode())
        raise typer.Exit(DONE if holds else FAILED)


@app.command()
def batch(
    studies: Annotated[
        list[str], typer.Argument(metavar="STUDY…", help="Study files, folders, patterns, or a CSV of studies.")
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="DIR|ADDRESS", help="Where results go (default: this folder); s3://bucket/folder."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", min=1, help="Processes (default: one for each processor).")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", metavar="ADDRESS", help="Work on this Dask cluster.")
    ] = None,
    cluster: Annotated[
        Literal["local"] | None, typer.Option("--cluster", help="Work on a Dask cluster of this machine.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier batch was stopped.")] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first study that cannot run.")] = False,
    history: Annotated[
        str | None,
        typer.Option("--history", metavar="ADDRESS", help="Keep the runs in this PostGIS database: postgresql://…"),
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option("--max-memory", metavar="SIZE", help="The most one process may take, such as 4GB.")
    ] = None,
    form: FormatOption = "human",
    strict: Strict = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    """Many studies, one table.

    Ends in 2 where a study could not run, else in 1 where one ends in 1.
    """
    with session(lang, quiet=quiet) as here:
        from circle15 import batch as many
        from circle15.show.console import league_lines
        from circle15.show.summary import league_object
        from circle15.show.tables import csv_bytes

        if scheduler and (cluster or workers or max_memory):
            raise ConfigError(
                Text(
                    "--scheduler 的集群自定进程数和内存，不能同时写 --cluster、--workers 或 --max-memory。",
                    "the cluster of a --scheduler has its own workers: leave out --cluster, --workers, --max-memory.",
                )
            )
        entries = many.find_entries(studies)
        orders = many.Orders(
            out=Path.cwd() if out is None or many.is_address(out) else Path(out),
            target=out if out is not None and many.is_address(out) else "",
            archive=many.open_archive(history) if history else None,
            language=lang,
            strict=strict,
            resume=resume,
            fail_fast=fail_fast,
            most_bytes=many.parse_size(max_memory) if max_memory else 0,
        )

        def hire() -> many.Crew:
            on_dask = bool(scheduler or cluster)
            return many.Cluster(scheduler, count, orders.most_bytes) if on_dask else many.Seats(count)

        count = min(workers or os.cpu_count() or 1, max(len(entries), 1))
        with here.progress() as progress:
            outcome = many.run_batch(entries, orders, hire, time.time, progress)
        if outcome.league is None or outcome.figures is None:
            typer.echo(outcome.standing.say(here.language), err=True)
            raise typer.Exit(COULD_NOT_RUN)
        if form == "json":
            _print_json(league_object(outcome.league, outcome.figures))
        elif form == "csv":
            _print_bytes(csv_bytes(outcome.league.frame))
        else:
            for line in league_lines(outcome.league, github=form == "github"):
                typer.echo(line.say(here.language))
        _where(here, outcome.written, form)
        raise typer.Exit(outcome.exit_code)


@app.command()
def diff(
    before: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="The results folder of the earlier run; or a batch: its --out, or OUT@2; or ADDRESS@2."
        ),
    ],
    after: Annotated[str, typer.Argument(metavar="RUN", help="That of the later run.")],
    form: Annotated[Literal["human", "json", "csv"], typer.Option("--format", help="What is printed.")] = "human",
    lang: Lang = None,
) -> None:
    """What changed between two runs.

    Ends in 1 where a binding rule that was not failed before is failed now.
    """
    with session(lang) as here:
        from circle15.batch import diff as compare
        from circle15.show.changes import change_frame, change_lines, change_object
        from circle15.show.tables import csv_bytes

        found = compare(before, after)
        if form == "json":
            _print_json(change_object(found))
        elif form == "csv":
            _print_bytes(csv_bytes(change_frame(found)))
        else:
            for line in change_lines(found):
                typer.echo(line.say(here.language))
        raise typer.Exit(FAILED if found.worse else DONE)


@packs_app.command("list")
def packs_list() -> None:
    """The rule packs that come with the program."""
    with session(None):
        from circle15.read.pack import load_pack, shipped_ids

        for pack_id in shipped_ids():
            pack, _ = load_pack([pack_id], Path())
            document = pack.documents[0]
            typer.echo(f"{pack_id}  {document.title}  {document.source}  ({len(pack.rules)})")


@packs_app.command("show")
def packs_show(
    pack_id: Annotated[str, typer.Argument(metavar="ID")],
    osm: Annotated[bool, typer.Option("--osm", help="Also the OpenStreetMap tags of every facility type.")] = False,
    lang: Lang = None,
) -> None:
    """A pack: its rules with their clauses, and how OpenStreetMap tags its facility types."""
    with session(lang) as here:
        from circle15.read.pack import load_pack
        from circle15.show.console import pack_lines

        pack, _ = load_pack([pack_id], Path())
        for line in pack_lines(pack, osm=osm):
            typer.echo(line.say(here.language))


@packs_app.command("lint")
def packs_lint(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    document: Annotated[Path | None, typer.Option("--document", help="The text the clauses are quoted from.")] = None,
    lang: Lang = None,
) -> None:
    """Check a pack as strictly as the loader; with the document, find clauses that do not stand in it."""
    with session(lang) as here:
        from circle15.read.pack import load_pack, missing_clauses, read_document

        if not file.is_file():
            raise InputError(Text(f"找不到文件 {file}。请检查路径。", f"there is no file {file}. Check the path."))
        try:
            pack, _ = load_pack([file.name], file.parent)
        except ConfigError as error:
            typer.echo(error.say(here.language))
            raise typer.Exit(FAILED) from None
        missing = missing_clauses(pack, read_document(document)) if document else []
        for rule_id in missing:
            here.say(f"{rule_id}：条文在 {document} 中找不到。", f"{rule_id}: its clause is not in {document}.")
        if not missing:
            here.say(
                f"{file}：没有问题（{len(pack.rules)} 条指标）。", f"{file}: no problem ({len(pack.rules)} rules)."
            )
        raise typer.Exit(FAILED if missing else DONE)


def _collect(here: Session, files: list[Path], out: Path | None) -> None:
    from circle15 import pipeline

    if out is None:
        raise ConfigError(
            Text("请用 --out 写明合并结果放在哪个文件夹。", "name the folder of the merged tables with --out.")
        )
    collected, written = pipeline.gather(files, out, here.language)
    for path in written:
        typer.echo(path)
    rows = sum(len(table) for table in collected.tables.values())
    open_names = sum(not each.holds for each in collected.aliases)
    here.say(
        f"合并 {len(files)} 个文件，{rows} 行；{len(collected.problems)} 个问题见 problems.csv。",
        f"{len(files)} files merged, {rows} rows; {len(collected.problems)} problems: see problems.csv.",
    )
    if open_names:
        here.say(
            f"{open_names} 个区划写法待确认：请在 aliases.csv 的“确认”列填 是，再运行一次。",
            f"{open_names} names of zones wait for your word: confirm them in aliases.csv and run this again.",
        )


def _deliver(study: Path, out: Path | None, lang: Language | None, outputs: tuple[str, ...], *, quiet: bool) -> None:
    with session(lang, quiet=quiet) as here:
        from circle15 import pipeline

        asked = here.load(study)
        with here.progress() as progress:
            result = pipeline.whole(asked, progress)
            written = pipeline.deliver(result, outputs, out or asked.folder, here.times(), progress)
        _where(here, written)


def _story(here: Session, study: Study, record: str) -> str:
    from circle15 import pipeline
    from circle15.show.explain import explain as tell

    with here.progress() as progress:
        result = pipeline.planned(study, progress) if study.sites else pipeline.audit(study, progress)
    return tell(result, record)


def _certificates(here: Session, study: Study, out: Path | None) -> tuple[str, bool]:
    from circle15 import pipeline
    from circle15.show.explain import certificate, no_plan
    from circle15.show.proof import read_plans

    plans = read_plans(pipeline.results_folder(study.study_id, out or study.folder))
    with here.progress() as progress:
        found = pipeline.certificates(study, plans, progress)
    lines = [certificate(here.language, plan_id, each) for plan_id, each in found.items()]
    lines += [no_plan(plan["site_plan"]).say(here.language) for plan in plans if plan["site_plan"] not in found]
    return "\n".join(lines), all(each.holds for each in found.values())


def _print_audit(here: Session, result: Audit, form: Format, *, verbose: bool) -> None:
    from circle15.show.console import audit_lines, finding_lines
    from circle15.show.summary import audit_object
    from circle15.show.tables import csv_bytes

    if form == "json":
        _print_json(audit_object(result))
    elif form == "csv":
        _print_bytes(csv_bytes(result.coverage.frame))
    else:
        lines = audit_lines(result) if form == "human" else []
        if verbose or form == "github":
            lines += finding_lines(result.findings, github=form == "github")
        for line in lines:
            typer.echo(line.say(here.language))


def _where(here: Session, written: Sequence[Path | str], form: Format = "human") -> None:
    """Where the files are: on stdout for people, on stderr where stdout is for machines."""
    for path in written:
        typer.echo(Text(f"已写入 {path}", f"wrote {path}").say(here.language), err=form != "human")


def _file_name(record: str) -> str:
    return "".join(each if each.isalnum() or each in "-_." else "_" for each in record)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _print_bytes(content: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(content.removeprefix(codecs.BOM_UTF8))
    sys.stdout.buffer.flush()


def main() -> None:
    """The entry point. Consoles that are not UTF-8 get it all the same, so that Chinese always prints.

    A defect of ours shows its traceback and ends in 2: Python's own 1 would read as a binding rule that is failed.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        app()
    except Exception as error:  # noqa: BLE001  # whatever it is, a script must not read it as a verdict
        traceback.print_exception(error)
        typer.echo(_DEFECT.say("zh") + " " + _DEFECT.say("en"), err=True)
        raise SystemExit(COULD_NOT_RUN) from None
