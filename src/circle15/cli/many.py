"""The verbs of many studies and of several runs."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from circle15.cli.options import FormatOption, Lang, Quiet, Strict
from circle15.cli.session import COULD_NOT_RUN, DONE, FAILED, print_bytes, print_json, print_places, session
from circle15.core.errors import ConfigError
from circle15.core.text import Text


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
            print_json(league_object(outcome.league, outcome.figures))
        elif form == "csv":
            print_bytes(csv_bytes(outcome.league.frame))
        else:
            here.tell(league_lines(outcome.league, github=form == "github"))
        print_places(here, outcome.written, form)
        raise typer.Exit(outcome.exit_code)


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
            print_json(change_object(found))
        elif form == "csv":
            print_bytes(csv_bytes(change_frame(found)))
        else:
            here.tell(change_lines(found))
        raise typer.Exit(FAILED if found.worse else DONE)
