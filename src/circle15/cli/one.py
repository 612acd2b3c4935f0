"""The verbs of one study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from circle15.cli.options import (
    FormatOption,
    Lang,
    Out,
    OutOnly,
    Quiet,
    Strict,
    StrictFindings,
    StudyFile,
    Verbose,
)
from circle15.cli.session import (
    DONE,
    FAILED,
    Session,
    print_audit,
    print_bytes,
    print_json,
    print_lacking,
    print_places,
    session,
)
from circle15.core.formats import Profile
from circle15.core.text import Language

if TYPE_CHECKING:
    from circle15.study import Study


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
            print_json(frame.to_dict(orient="records"))
        elif form == "csv":
            print_bytes(csv_bytes(frame))
        else:
            here.tell(finding_lines(found, github=form == "github"))
        print_places(here, [out / name for name in files] if out else [], form)
        severities = {"error", "warning"} if strict else {"error"}
        raise typer.Exit(FAILED if any(each.severity in severities for each in found) else DONE)


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
            print_bytes(content)


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
        print_audit(here, result, form, verbose=verbose)
        if paces and form == "human":
            here.tell(pace_lines(result))
        print_places(here, written, form)
        raise typer.Exit(FAILED if result.fails(strict=strict) else DONE)


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
        from circle15.show.proof import plan_objects
        from circle15.show.tables import csv_bytes, plan_frame

        asked = here.load(study)
        with here.progress() as progress:
            result = pipeline.planned(asked, progress)
            written = pipeline.deliver(result, ("tables",), out or asked.folder, here.times(), progress)
        if form == "json":
            print_json(plan_objects(result))
        elif form == "csv":
            print_bytes(csv_bytes(plan_frame(result)))
        else:
            print_audit(here, result, form, verbose=verbose)
            if form == "human":
                here.tell(plan_lines(result))
        print_places(here, written, form)


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
            print_json(evaluation_object(found))
        elif form == "csv":
            print_bytes(csv_bytes(evaluation_frame(found)))
        else:
            here.tell(evaluation_lines(found))


def map_(study: StudyFile, out: Out = None, quiet: Quiet = False, lang: Lang = None) -> None:
    """The HTML map."""
    _deliver(study, out, lang, ("html_map",), quiet=quiet)


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


def _deliver(study: Path, out: Path | None, lang: Language | None, outputs: tuple[str, ...], *, quiet: bool) -> None:
    with session(lang, quiet=quiet) as here:
        from circle15 import pipeline

        asked = here.load(study)
        with here.progress() as progress:
            result = pipeline.whole(asked, progress, outputs)
            written = pipeline.deliver(result, outputs, out or asked.folder, here.times(), progress)
        print_places(here, written)
        print_lacking(here, result)


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
        print_audit(here, result, form, verbose=verbose)
        if form == "human":
            here.tell(plan_lines(result))
        print_places(here, written, form)
        raise typer.Exit(FAILED if result.fails(strict=strict) else DONE)


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
        is_plan = record == "plan"
        text, holds = _certificates(here, asked, out) if is_plan else (_story(here, asked, record, out), True)
        typer.echo(text)
        if out:
            from circle15.show.files import replace_ours

            title = f"circle15 explain {asked.study_id} {record}\n"
            replace_ours(out / f"explain-{_file_name(record)}.txt", (title + text + "\n").encode(), title.encode())
        raise typer.Exit(DONE if holds else FAILED)


def _story(here: Session, study: Study, record: str, out: Path | None) -> str:
    from circle15 import pipeline
    from circle15.show.explain import explain as tell
    from circle15.show.explain import refuse_public_home

    with here.progress() as progress:
        result = pipeline.planned(study, progress) if study.sites else pipeline.audit(study, progress)
    if out:
        refuse_public_home(result, record)
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


def _file_name(record: str) -> str:
    return "".join(each if each.isalnum() or each in "-_." else "_" for each in record)
