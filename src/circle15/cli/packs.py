"""The verbs of rule packs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from circle15.cli.options import Lang
from circle15.cli.session import DONE, FAILED, session
from circle15.core.errors import ConfigError, InputError
from circle15.core.text import Text


def packs_list() -> None:
    """The rule packs that come with the program."""
    with session(None):
        from circle15.read.pack import load_pack, shipped_ids

        for pack_id in shipped_ids():
            pack, _ = load_pack([pack_id], Path())
            document = pack.documents[0]
            typer.echo(f"{pack_id}  {document.title}  {document.source}  ({len(pack.rules)})")


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
        here.tell(pack_lines(pack, osm=osm))


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
