"""All benchmarks there are, in the order of docs/benchmarks.md."""

from __future__ import annotations

from tests.bench import (
    areas,
    batches,
    big,
    engine,
    growth,
    judging,
    pages,
    paving,
    reading,
    search,
    sheet,
    siting,
    snapping,
)
from tests.bench.registry import Case

CASES: tuple[Case, ...] = (
    *search.CASES,
    *engine.CASES,
    *snapping.CASES,
    *areas.CASES,
    *paving.CASES,
    *reading.CASES,
    *judging.CASES,
    *siting.CASES,
    *sheet.CASES,
    *pages.CASES,
    *batches.CASES,
    *big.CASES,
    *growth.CASES,
)
