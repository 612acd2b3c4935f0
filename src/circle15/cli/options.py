"""What verbs have in common: their argument and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from circle15.core.text import Language

Format = Literal["human", "json", "csv", "github"]


def _refuse_address(value: Path | None) -> Path | None:
    """An address of objects is no folder, and would become one of a strange name."""
    first = "" if value is None else next(iter(value.parts), "")
    if len(first) > len("C:") and first.endswith(":"):
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
