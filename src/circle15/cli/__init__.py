"""The command line: parse → call → print → exit code. Heavy libraries are imported by the verbs that need them."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from circle15 import __version__
from circle15.cli import many, one, packs, start
from circle15.cli.session import COULD_NOT_RUN, DONE
from circle15.cli.usage import Verbs
from circle15.core.text import Language, Text

_DEFECT = Text(
    "以上是程序自身的错误，不是数据的问题，也不是任何条款的结论；请将上面的文字发给维护者。",
    "This is a defect of the program, not of the data, and no verdict on any rule: please send the lines above to its"
    " maintainers.",
)
# In the order in which the help lists them.
_VERBS: Mapping[str, Callable[..., None]] = {
    "demo": start.demo,
    "init": start.init,
    "fetch": start.fetch,
    "check": one.check,
    "reach": one.reach,
    "audit": one.audit,
    "site": one.site,
    "evaluate": one.evaluate,
    "map": one.map_,
    "export": one.export,
    "run": one.run,
    "explain": one.explain,
    "batch": many.batch,
    "diff": many.diff,
}
_PACK_VERBS: Mapping[str, Callable[..., None]] = {
    "list": packs.packs_list,
    "show": packs.packs_show,
    "lint": packs.packs_lint,
}

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
for _name, _verb in _VERBS.items():
    app.command(_name)(_verb)
for _name, _verb in _PACK_VERBS.items():
    packs_app.command(_name)(_verb)


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
