"""All benchmarks there are, in the order of docs/benchmarks.md."""

from __future__ import annotations

from tests.bench import judging, pages, reading, search, sheet
from tests.bench.registry import Case

CASES: tuple[Case, ...] = (*search.CASES, *reading.CASES, *judging.CASES, *sheet.CASES, *pages.CASES)
