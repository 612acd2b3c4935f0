"""One call of the program: its language, its progress, its errors, and what it prints."""

from __future__ import annotations

import codecs
import datetime as dt
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from circle15.cli.options import Format
from circle15.core.errors import Circle15Error
from circle15.core.text import Language, Text

if TYPE_CHECKING:
    from circle15.core.results import Audit
    from circle15.study import Study

DONE, FAILED, COULD_NOT_RUN = 0, 1, 2


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

    def tell(self, lines: Iterable[Text]) -> None:
        """Lines on stdout."""
        for line in lines:
            typer.echo(line.say(self.language))

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


def print_audit(here: Session, result: Audit, form: Format, *, verbose: bool) -> None:
    """An audit in the form asked for; for people with every finding where they are ``verbose``."""
    from circle15.show.console import audit_lines, finding_lines
    from circle15.show.summary import audit_object
    from circle15.show.tables import csv_bytes

    if form == "json":
        print_json(audit_object(result))
    elif form == "csv":
        print_bytes(csv_bytes(result.coverage.frame))
    else:
        lines = audit_lines(result) if form == "human" else []
        if verbose or form == "github":
            lines += finding_lines(result.findings, github=form == "github")
        here.tell(lines)


def print_places(here: Session, written: Sequence[Path | str], form: Format = "human") -> None:
    """Where the files are: on stdout for people, on stderr where stdout is for machines."""
    for path in written:
        typer.echo(Text(f"已写入 {path}", f"wrote {path}").say(here.language), err=form != "human")


def print_lacking(here: Session, result: Audit) -> None:
    """What was asked of exports and is not in them, on stderr: who is quiet about progress is still told."""
    from circle15.show.console import finding_lines

    lacking = [each for each in result.findings if each.code == "layers_not_exported"]
    for line in finding_lines(lacking, github=False) if lacking else ():
        typer.echo(line.say(here.language), err=True)


def print_json(value: Any) -> None:
    """A value as JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_bytes(content: bytes) -> None:
    """The content of a file, as it is but for a byte order mark."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content.removeprefix(codecs.BOM_UTF8))
    sys.stdout.buffer.flush()
