"""The verbs that begin a study: the samples, the templates, a place from OpenStreetMap."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from circle15.cli.options import Lang, OutHere, OutOnly, Quiet
from circle15.cli.session import Session, print_places, session
from circle15.core.errors import ConfigError
from circle15.core.text import Text


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
        here.tell([*audit_lines(result), *plan_lines(result)])
        print_places(here, written)


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
