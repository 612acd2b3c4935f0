"""One study of a batch, from its file to what the batch keeps of it. This runs in a process of a worker."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from circle15 import judge, pipeline
from circle15.batch.meter import Meter
from circle15.batch.store import bring, results_in, take
from circle15.core.address import redact
from circle15.core.changes import MANIFEST, PROGRAM, UNFINISHED
from circle15.core.errors import Circle15Error, OutputError
from circle15.core.league import STANDINGS, standing
from circle15.core.results import Audit
from circle15.core.text import Language, Text, first_ids
from circle15.read.layers import file_sha256
from circle15.show.outline import study_outline
from circle15.show.titles import borne_stamps
from circle15.study import Study, load_study

Clock = Callable[[], float]
Record = dict[str, Any]

_MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is given. ``earlier`` is what an interrupted run kept of the study, None where it kept nothing.

    ``source`` is the address of a study that lies in a store of objects, in the place of ``path``; ``target`` that of
    the store which the results go into, in the place of ``out``. Both are empty for files.
    """

    study: str
    path: Path
    study_id: str
    out: Path
    language: Language | None
    strict: bool
    clock: Clock
    most_bytes: int = 0
    earlier: Record | None = None
    source: str = ""
    target: str = ""


def attend(task: Task) -> Record:
    """Run one study and write its outputs; or find that an earlier record still holds.

    The record is plain JSON: ``row`` of the league, ``figures``, ``log`` (all that differs between equal runs), and
    by what it is known again. Errors are records too, and none is raised; ``again`` tells of those that may pass.
    """
    began = task.clock()
    with Meter(task.most_bytes) as meter:
        record = _attended(task) if not (task.source or task.target) else _attended_afar(task)
    if record is task.earlier:
        return record
    log = {
        "began": dt.datetime.fromtimestamp(began, dt.UTC).isoformat(timespec="seconds"),
        "seconds": round(task.clock() - began, 3),
        "peak_mb": round(meter.peak_bytes / _MEGABYTE, 1),
        "detail": record.pop("detail", ""),
    }
    return {"study": task.study, **record, "log": log}


def _attended(task: Task) -> Record:
    language: Language = task.language or "zh"
    try:
        study = load_study(task.path)
        language = task.language or study.language
        study = replace(study, language=language)
        known = fingerprint(study, strict=task.strict)
        if task.earlier and _still_holds(task.earlier, known, task.out):
            return task.earlier
        return _run(study, task, known)
    except Circle15Error as error:
        return _broken(task, error.say(language), again=isinstance(error, OutputError))
    except MemoryError:
        text = Text("内存不足。请减少 --workers。", "out of memory: use fewer --workers.")
        return _broken(task, text.say(language), again=True)
    except Exception as error:  # noqa: BLE001  # one bad study never stops the rest, not even by a defect of ours
        text = Text(f"程序内部错误：{error!r}。", f"a defect of this program: {error!r}.")
        return _broken(task, text.say(language), again=isinstance(error, OSError)) | {"detail": _place_of(error)}


def _attended_afar(task: Task) -> Record:
    """The same of objects: they are brought here, the study runs on files, and its results are taken there."""
    with TemporaryDirectory(prefix="circle15-", ignore_cleanup_errors=True) as scratch:
        try:
            near = bring(task, Path(scratch))
            before = results_in(near.out) if task.target else []
            record = _attended(near)
            if task.target and record is not task.earlier and record["row"]["status"] == "done":
                take(task, near.out, before)
        except Circle15Error as error:
            return _broken(task, error.say(task.language or "zh"), again=isinstance(error, OutputError))
        return record


def _place_of(error: Exception) -> str:
    """Where in the program an error came up, for whoever mends it."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"


def _run(study: Study, task: Task, known: str) -> Record:
    """As ``circle15 run`` does it; the tables always, because the history keeps them."""
    began = task.clock()
    result = pipeline.whole(study)
    moment = dt.datetime.fromtimestamp(began, dt.UTC).isoformat(timespec="seconds")
    times: dict[str, str | float] = {"began": moment, "seconds": round(task.clock() - began, 3)}
    outputs = tuple(dict.fromkeys(("tables", *study.outputs)))
    pipeline.deliver(result, outputs, task.out, times)
    return {
        "fingerprint": known,
        "run_key": _manifest(pipeline.results_folder(study.study_id, task.out)).get("run_key"),
        "row": _row(result, task, has_map="html_map" in outputs),
        "figures": judge.study_figures(result),
        "stamps": borne_stamps(result),
        "outline": study_outline(result),
    }


def _row(audit: Audit, task: Task, *, has_map: bool) -> Record:
    facts, severities = audit.facts, [each.severity for each in audit.findings]
    outcomes: dict[str, int] = {}
    for rule in audit.rules:
        key = f"{standing(rule)}_{audit.outcomes[rule.rule_id]}"
        outcomes[key] = outcomes.get(key, 0) + 1
    return {
        "study_id": facts.study_id,
        "name": facts.name,
        "status": "done",
        "exit_code": int(audit.fails(strict=task.strict)),
        "message": _failed(audit).say(facts.language),
        "as_of": facts.as_of,
        "pack": "; ".join(each.pack_id for each in facts.pack.documents),
        "residential": len(audit.residential),
        "facilities": len(audit.facilities),
        "findings_error": severities.count("error"),
        "findings_warning": severities.count("warning"),
        **{f"{side}_{outcome}": outcomes.get(f"{side}_{outcome}", 0) for side in STANDINGS for outcome in _OUTCOMES},
        "map": f"maps/{facts.study_id}.html" if has_map else "",
    }


_OUTCOMES = ("pass", "fail", "unknown")


def _failed(audit: Audit) -> Text:
    """What of it can fail a run."""
    failed = [rule.rule_id for rule in audit.rules if rule.can_fail_a_run and audit.outcomes[rule.rule_id] == "fail"]
    if not failed:
        return Text("", "")
    return Text(f"约束性指标不达标：{first_ids(failed, 10)}", f"binding rules failed: {first_ids(failed, 10)}")


def _broken(task: Task, message: str, *, again: bool) -> Record:
    return {"row": broken_row(task, message), "figures": [], "again": again}


def broken_row(task: Task, message: str) -> Record:
    """The row of a study that could not run."""
    line = " ".join(redact(message).split())
    return {"study_id": task.study_id, "status": "error", "exit_code": 2, "message": line}


# ---- known again ---------------------------------------------------------------------------------------------


def fingerprint(study: Study, *, strict: bool) -> str:
    """What decides the results of a study: its settings, packs, files and this program.

    Empty where a database is read: only its rows could tell.
    """
    if any(spec.database for spec in study.inputs.values()):
        return ""
    parts = [version(PROGRAM), study.study_sha256, study.pack_sha256, study.mapping.sha256, study.language, str(strict)]
    for layer, spec in study.inputs.items():
        parts += [layer, file_sha256(spec.path), _sha256(spec.path.with_name(f"{spec.path.name}.source.toml"))]
    if study.compare is not None:
        parts.append(_sha256(study.compare if study.compare.is_file() else study.compare / MANIFEST))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _sha256(path: Path) -> str:
    return file_sha256(path) if path.is_file() else ""


def _still_holds(earlier: Record, known: str, out: Path) -> bool:
    """Whether a record is of the study as it is now, and its results still lie where they were written."""
    if not known or earlier.get("fingerprint") != known:
        return False
    folder = pipeline.results_folder(earlier["row"]["study_id"], out)
    manifest = _manifest(folder)
    if manifest.get(UNFINISHED) or manifest.get("run_key") != earlier["run_key"]:
        return False
    shown = earlier["row"]["map"]
    return _are_there(folder, list(manifest["outputs"])) and (not shown or (out / shown).is_file())


def _are_there(folder: Path, names: Sequence[str]) -> bool:
    return all((folder / name).is_file() for name in names)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
