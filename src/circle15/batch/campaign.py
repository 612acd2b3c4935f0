"""A batch from its studies to its tables: who is given what, what counts, what is tried again, when it ends."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout

from circle15 import judge, pipeline
from circle15.batch.archive import Archive, Embedded
from circle15.batch.entries import Entry
from circle15.batch.history import History, Stored
from circle15.batch.journal import JOURNAL, Course, Journal, Record, read_course
from circle15.batch.seats import Crew, Lost
from circle15.batch.store import RECORDS, Ledger, Store, join
from circle15.batch.work import Clock, Task, broken_row
from circle15.core.errors import NothingToDoError, OutputError
from circle15.core.league import Figures, League
from circle15.core.text import Language, Text
from circle15.pipeline import Progress
from circle15.show.files import LOCKED, sweep, unwritable, write_all
from circle15.show.league import batch_files

# Where the files of a batch lie under its output folder.
FOLDER, LOCK, HISTORY = "batch", LOCKED, "history.sqlite"
# How often a study is tried whose process died, or whose files could not be written.
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Orders:
    """What is wanted of a batch. ``most_bytes`` is for each process, 0 without a limit.

    ``target`` is the address of the store of objects that everything goes into; ``out`` is then not used.
    ``archive`` keeps the history; None for a file beside the tables.
    """

    out: Path
    target: str = ""
    archive: Archive | None = None
    language: Language | None = None
    strict: bool = False
    resume: bool = False
    fail_fast: bool = False
    most_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a batch. An interrupted one has no tables: ``league`` and ``figures`` are None."""

    records: tuple[Record, ...]
    total: int
    run: int
    kept: int
    league: League | None = None
    figures: Figures | None = None
    written: tuple[Path | str, ...] = ()

    @property
    def standing(self) -> Text:
        """How far an interrupted batch came."""
        done = len(self.records)
        return Text(
            f"已中断：{self.total} 个研究中完成 {done} 个，未写汇总表。加 --resume 可从中断处继续。",
            f"interrupted: {done} of {self.total} studies are done, and no table of all is written. "
            f"Go on with --resume.",
        )

    @property
    def exit_code(self) -> int:
        """2 if a study could not run or was not attended to, else 1 if one ended in 1."""
        codes: list[int] = [record["row"]["exit_code"] for record in self.records]
        return max([*codes, 0 if self.league is not None else 2])


def run_batch(
    entries: Sequence[Entry], orders: Orders, hire: Callable[[], Crew], clock: Clock, progress: Progress
) -> Outcome:
    """Run every study and write the tables of all. A study that cannot run is a row of them and stops no other.

    ``hire`` makes the crew once it is known that there is work. Whatever stops the program leaves whole files and a
    journal; with ``orders.resume`` studies that it holds and that have not changed since are not run again, and the
    tables are those of an undisturbed run. An interrupt (or, with ``fail_fast``, a study that cannot run) lets those
    under way come to their end; a second interrupt does not, and is raised.

    Raises NothingToDoError without studies, OutputError for an output folder that cannot be written, is not ours, or
    in which another batch is at work.
    """
    if not entries:
        raise NothingToDoError(
            Text("没有找到任何研究。请核对所给的路径。", "there is no study to run: check the paths given.")
        )
    if orders.target:
        return _run_afar(entries, orders, hire, clock, progress)
    return _run_here(entries, orders, hire, clock, progress)


def _run_afar(
    entries: Sequence[Entry], orders: Orders, hire: Callable[[], Crew], clock: Clock, progress: Progress
) -> Outcome:
    """The same in a store of objects: what the batch as a whole has there is brought here and taken back."""
    with TemporaryDirectory(prefix="circle15-", ignore_cleanup_errors=True) as scratch:
        near, ledger = replace(orders, out=Path(scratch)), Ledger(Store(orders.target))
        folder = near.out / FOLDER
        _pull_batch(ledger, folder)
        outcome = _run_here(entries, near, hire, clock, progress, ledger)
        places = tuple(join(orders.target, f"{FOLDER}/{Path(path).name}") for path in outcome.written)
        return replace(outcome, written=places)


def _pull_batch(ledger: Ledger, folder: Path) -> None:
    """The journal and the history of a store, and the names of whatever else lies beside them."""
    for name in ledger.store.names(FOLDER):
        if not name.startswith(RECORDS):
            place = folder.parent / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes((ledger.store.read(name) or b"") if place.name == HISTORY else b"")
    lines = ledger.lines()
    if lines:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / JOURNAL).write_bytes(b"".join(lines))


def _run_here(
    entries: Sequence[Entry],
    orders: Orders,
    hire: Callable[[], Crew],
    clock: Clock,
    progress: Progress,
    ledger: Ledger | None = None,
) -> Outcome:
    folder = orders.out / FOLDER
    with _alone(folder):
        _clean(folder, entries, orders.out)
        work = _begin(folder, entries, orders, clock, ledger)
        with closing(hire()) as crew:
            is_whole = _attend_all(work, crew, progress, fail_fast=orders.fail_fast)
        records = tuple(work.done[each.study] for each in work.tasks if each.study in work.done)
        outcome = Outcome(records, len(entries), work.course.run, work.kept)
        return _concluded(outcome, entries, orders, work, clock) if is_whole else outcome


def _concluded(outcome: Outcome, entries: Sequence[Entry], orders: Orders, work: _Work, clock: Clock) -> Outcome:
    """The outcome with its tables, which are written, then the history, then the end of the journal."""
    table, figures = _tables(outcome.records, entries)
    targets = _files(outcome.records, table, figures, orders)
    write_all(targets)
    ended = _moment(clock)
    _remember(Stored(work.course.run, work.course.key, work.course.began, ended, table, figures), orders, work, targets)
    work.journal.end(ended)
    return replace(outcome, league=table, figures=figures, written=tuple(targets))


def _tables(records: Sequence[Record], entries: Sequence[Entry]) -> tuple[League, Figures]:
    """The row of each study as it is named, and the figures of all with their sums."""
    blank = dict.fromkeys(column.name for column in League.columns)
    named = [{"study": entry.study, "city": entry.city, "province": entry.province} for entry in entries]
    rows = [blank | record["row"] | names for record, names in zip(records, named, strict=True)]
    places = {row["study_id"]: (row["city"], row["province"]) for row in rows}
    return judge.league(rows), judge.figures((row for record in records for row in record["figures"]), places)


def _files(records: Sequence[Record], table: League, figures: Figures, orders: Orders) -> dict[Path, bytes]:
    """The files of the batch as a whole, by their places."""
    log = [record["log"] | {"study": record["study"]} for record in records]
    borne = {stamp for record in records for stamp in record.get("stamps", ())}
    outlines = {record["row"]["study_id"]: record.get("outline", []) for record in records}
    files = batch_files(table, figures, outlines, log, sorted(borne), orders.language or "zh")
    return {orders.out / FOLDER / name: data for name, data in files.items()}


def _remember(stored: Stored, orders: Orders, work: _Work, written: Iterable[Path]) -> None:
    """Keep the run in its history, with what its studies left behind; a store gets its own and all that is written."""
    rows, ledger = stored.league.frame, work.journal.ledger
    studies = rows.loc[rows["status"] == "done", "study_id"]
    if ledger is not None:
        for study_id in studies:
            ledger.store.pull(f"data/processed/{study_id}", orders.out)
    folders = {study_id: pipeline.results_folder(study_id, orders.out) for study_id in studies}
    _history(orders).keep(stored, folders)
    if ledger is not None:
        ledger.hold()
        for path in written if orders.archive else (*written, orders.out / FOLDER / HISTORY):
            ledger.store.write(f"{FOLDER}/{path.name}", path.read_bytes())


def _history(orders: Orders) -> History:
    return History(orders.archive or Embedded(orders.out / FOLDER / HISTORY))


def _moment(clock: Clock) -> str:
    return dt.datetime.fromtimestamp(clock(), dt.UTC).isoformat(timespec="seconds")


@dataclass
class _Work:
    """A batch under way: what is to do, what is done, and the journal of it."""

    tasks: tuple[Task, ...]
    journal: Journal
    course: Course
    done: dict[str, Record] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    kept: int = 0


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other batches out of the folder. The system lets go of the lock of whoever dies."""
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise OutputError(
            Text(
                f"{folder} 中有另一个批量评估正在运行。请等它结束，或换一个 --out。",
                f"another batch is at work in {folder}: wait for its end, or choose another --out.",
            )
        ) from error
    except OSError as error:
        raise unwritable(error, folder) from error
    try:
        yield
    finally:
        lock.release()


def _clean(folder: Path, entries: Sequence[Entry], out: Path) -> None:
    """Remove what whoever was killed had begun to write."""
    ours = (pipeline.results_folder(each.study_id, out) for each in entries if each.study_id)
    for each in (folder, out / "maps", *ours):
        sweep(each)


def _begin(folder: Path, entries: Sequence[Entry], orders: Orders, clock: Clock, ledger: Ledger | None) -> _Work:
    """The journal of the run, with what it takes over from the one that it resumes."""
    earlier = read_course(folder / JOURNAL)
    if earlier is None:
        _refuse_foreign(folder)
    resumed = earlier if orders.resume else None
    kept = {} if resumed is None else _kept(resumed, entries)
    course = replace(_numbered(earlier, orders, clock), records=kept)
    tasks = tuple(_task(each, orders, clock, kept.get(each.study)) for each in entries)
    return _Work(tasks, Journal(folder / JOURNAL, course, ledger), course)


def _numbered(earlier: Course | None, orders: Orders, clock: Clock) -> Course:
    """The run that begins, or goes on: its number is one that its history gives to no other."""
    above = 0 if earlier is None else earlier.run
    if earlier is not None and orders.resume and not earlier.ended:
        key, began, wanted = earlier.key, earlier.began, earlier.run
    else:
        key, began, wanted = token_hex(8), _moment(clock), 0
    return Course(_history(orders).begin(key, began, above, wanted), key, began)


def _kept(course: Course, entries: Sequence[Entry]) -> dict[str, Record]:
    """Records of studies that could run and are still asked for. Whether they still hold, their workers find."""
    asked = {each.study for each in entries}
    return {
        study: record
        for study, record in course.records.items()
        if study in asked and record["row"]["status"] == "done"
    }


def _task(entry: Entry, orders: Orders, clock: Clock, earlier: Record | None) -> Task:
    return Task(
        study=entry.study,
        path=entry.path if entry.address else entry.path.absolute(),
        study_id=entry.study_id,
        out=orders.out.absolute(),
        language=orders.language,
        strict=orders.strict,
        clock=clock,
        most_bytes=orders.most_bytes,
        earlier=earlier,
        source=entry.address,
        target=orders.target,
    )


def _refuse_foreign(folder: Path) -> None:
    """Without a journal nothing in the folder is ours, but the lock."""
    there = sorted(each.name for each in folder.iterdir() if each.name != LOCK)
    if there:
        raise OutputError(
            Text(
                f"{folder} 中已有不是本程序写的文件（{there[0]} 等 {len(there)} 个），不予覆盖。请换一个 --out。",
                f"{folder} holds {len(there)} files this program did not write ({there[0]} …): choose another --out.",
            )
        )


def _attend_all(work: _Work, crew: Crew, progress: Progress, *, fail_fast: bool) -> bool:
    """Have every study attended to, and say whether all were."""
    waiting, interrupted = deque(work.tasks), False
    while waiting or crew.busy:
        try:
            while waiting and crew.free and not interrupted:
                crew.give(waiting.popleft())
            if not crew.busy:
                break
            task, answer = crew.take()
        except KeyboardInterrupt:
            if interrupted:
                raise
            interrupted = True
            continue
        again = _count(task, answer, work, progress)
        if again is not None:
            waiting.append(again)
        elif fail_fast and work.done[task.study]["row"]["status"] == "error":
            interrupted = True
    return len(work.done) == len(work.tasks)


def _count(task: Task, answer: Record | Lost, work: _Work, progress: Progress) -> Task | None:
    """Let an answer count, once it is on the disk; or give back the task that is to be tried again."""
    attempts = work.attempts[task.study] = work.attempts.get(task.study, 0) + 1
    may_pass = isinstance(answer, Lost) or answer.get("again", False)
    if may_pass and attempts < MOST_ATTEMPTS:
        return task
    if isinstance(answer, Lost):
        reason = answer.reason.say(task.language or "zh")
        answer = {"study": task.study, "row": broken_row(task, reason), "figures": [], "log": {}}
    if answer == task.earlier:
        work.kept += 1
    else:
        answer = {**answer, "log": {**answer["log"], "attempts": attempts}}
        work.journal.add(answer)
    work.done[task.study] = answer
    progress(_said(task, answer, len(work.done), len(work.tasks)), len(work.done), len(work.tasks))
    return None


def _said(task: Task, record: Record, done: int, total: int) -> Text:
    """How it went with a study, for the log."""
    row, head = record["row"], f"[{done}/{total}] {task.study}"
    if row["status"] == "error":
        return Text(f"{head} 未能运行：{row['message']}", f"{head} could not run: {row['message']}")
    if record == task.earlier:
        return Text(f"{head} 沿用已有结果", f"{head} was done before")
    log = record["log"]
    spent = f"{log['seconds']:.1f} s, {log['peak_mb']:.0f} MB"
    if task.earlier is not None:
        return Text(f"{head} 已变动，重新运行：{spent}", f"{head} has changed and was run again: {spent}")
    return Text(f"{head} 完成：{spent}", f"{head} done: {spent}")
