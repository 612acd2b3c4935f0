"""Two hundred studies on two workers, one by one, and without a batch."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from circle15 import pipeline
from circle15.batch import Crew, Orders, Seats, find_entries, run_batch
from circle15.study import load_study
from tests.batches import Alone, write_study
from tests.bench.networks import SHARED
from tests.bench.registry import SEED, Case, Figure, Goal, Input, Side, peak_mb, times
from tests.simulated import MEDIAN, MOST, SIGMA, digests, killed_and_resumed, rows_of, start, write_country

_STUDIES, _FEW, _COUNTRY = 200, 20, 2_800
_GUIXI = """\
schema = 1
id     = "{study_id}"
name   = "贵溪 {study_id}"
pack   = "jinjiang-2022"
crs    = "EPSG:4548"
[inputs.streets]
path = "guixi.osm"
[inputs.residential]
path = "guixi.osm"
[inputs.facilities]
path = "guixi.osm"
[show]
outputs = ["tables"]
"""


def _make(count: int, folder: Path, smoke: bool) -> None:
    """So many studies of one town, each with its own file of it."""
    if smoke:
        for number in range(2):
            write_study(folder, f"s{number}", (1000, 5, 4))
        return
    for number in range(count):
        place = folder / f"s{number:03d}"
        place.mkdir()
        shutil.copy(SHARED / "guixi" / "guixi.osm", place / "guixi.osm")
        (place / "study.toml").write_text(_GUIXI.format(study_id=place.name), encoding="utf-8")


def _batch(folder: Path, smoke: bool, workers: int) -> Figure:
    """The seconds that pass from the first study to the last table, processes started and ended."""
    hire: Callable[[], Crew] = Alone if smoke else partial(Seats, workers)
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        outcome = run_batch(find_entries([str(folder)]), Orders(out=Path(out)), hire, time.time, lambda *_: None)
        passed = time.perf_counter() - began
        tables = b"".join((Path(out) / "batch" / name).read_bytes() for name in ("batch.csv", "batch_figures.csv"))
    digest = hashlib.sha256(tables).hexdigest()[:12]
    return Figure(passed, f"{len(outcome.records)} studies, tables {digest}", peak_mb=peak_mb())


def _make_country(folder: Path, smoke: bool) -> None:
    write_country(folder / "country", 3 if smoke else _COUNTRY, SEED)


def _killed(folder: Path, smoke: bool) -> Figure:
    """Seconds from the first start to the end of the last. Raises AssertionError where anything shows of the kills."""
    studies, count = folder / "country", 3 if smoke else _COUNTRY
    crew = ("--workers", "1") if smoke else ("--cluster", "local", "--workers", "2")
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        if smoke:
            run_batch(find_entries([str(studies)]), Orders(out=Path(out) / "out"), Alone, time.time, lambda *_: None)
            kept = [count]
        else:
            kept = killed_and_resumed(studies, Path(out) / "out", count, *crew)
            assert start(studies, Path(out) / "plain", *crew).wait() in {0, 1}
            assert digests(Path(out) / "out") == digests(Path(out) / "plain"), "not the bytes of an undisturbed run"
        passed = time.perf_counter() - began
        rows = rows_of(Path(out) / "out")
    assert len(rows) == count, f"{len(rows)} of {count} studies are in the table"
    assert set(rows.values()) == {1}, "a study is twice in the table"
    return Figure(passed, f"{count:,} studies each once, same bytes; done when killed: {kept}", peak_mb=peak_mb())


def _overhead(folder: Path, smoke: bool) -> Figure:
    """Seconds a study that a batch on one worker takes more than the same studies one after another in a loop.

    Its process is started and the program loaded there before: what a batch costs once is no cost of each study.
    """
    entries = find_entries([str(folder)])
    with tempfile.TemporaryDirectory() as out:
        alone = min(_loop(entries, Path(out) / f"loop{turn}") for turn in range(1 if smoke else 2))
        began = time.perf_counter()
        run_batch(entries, Orders(out=Path(out) / "batch"), Alone, time.time, lambda *_: None)
        more = (time.perf_counter() - began - alone) / len(entries)
    return Figure(max(more, 1e-3), f"{alone / len(entries):.2f} s a study without a batch", peak_mb=peak_mb())


def _loop(entries: list, out: Path) -> float:  # type: ignore[type-arg]  # entries of a batch
    began = time.perf_counter()
    for entry in entries:
        study = replace(load_study(entry.path), outputs=("tables",))
        pipeline.deliver(pipeline.whole(study), study.outputs, out, {})
    return time.perf_counter() - began


CASES = (
    Case(
        name="batch",
        what=f"{_STUDIES} studies of the size of Guixi, from files to tables and the tables of all: seconds elapsed.",
        input=Input("guixi200", f"{_STUDIES} times Guixi", partial(_make, _STUDIES)),
        sides=(
            Side("2 workers", partial(_batch, workers=2), processes=1),
            Side("1 worker", partial(_batch, workers=1), processes=1, goal=times(1.7)),
        ),
        unit="s elapsed",
        remark="The elapsed time of two workers means something only where two processors have nothing else to do.",
        packages=("numpy", "pandas"),
    ),
    Case(
        name="batch-overhead",
        what=f"What a batch adds to each of {_FEW} studies of the size of Guixi: journal, tables of all, history.",
        input=Input("guixi20", f"{_FEW} times Guixi", partial(_make, _FEW)),
        sides=(Side("circle15", _overhead, goal=Goal("<=", 0.3), processes=3),),
        unit="s a study",
        packages=("numpy", "pandas"),
    ),
    Case(
        name="batch-killed",
        what=(
            f"{_COUNTRY:,} studies of tables on two workers of a local Dask cluster, killed three times, "
            f"resumed, and once undisturbed: every study once in the table, every file the same to the byte."
        ),
        input=Input(
            "country",
            f"{_COUNTRY:,} studies of 1 to {MOST} units, log-normal round {MEDIAN} (sigma {SIGMA})",
            _make_country,
        ),
        sides=(Side("circle15", _killed, processes=1),),
        unit="s elapsed",
        remark=(
            f"Units of a study are drawn from a log-normal distribution of median {MEDIAN} and sigma {SIGMA}, from 1 "
            f"to {MOST}, seed {SEED}; the seconds are those of both runs."
        ),
        packages=("distributed", "numpy", "pandas"),
    ),
)
