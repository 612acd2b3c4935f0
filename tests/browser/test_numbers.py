"""The page's script writes numbers digit for digit as the program does."""

from __future__ import annotations

import numpy as np

from circle15.show.html.page import page
from circle15.show.numbers import minutes, percent, whole
from tests.fakes import small_audit

DELICATE = (0.0, 1.0, 0.5995, 0.9996, 0.99996, 0.0004, 1e-7, 1e-13, 0.0625, 0.4315, 156 / 362, 1.0004, 2.5, 0.6)
MARKS = (0.6, 0.4315, 1.0, 0.0)


def test_shares_counts_and_minutes_are_those_of_the_program(show):
    view = show(page(small_audit()))
    random = np.random.default_rng(7)
    shares = [*DELICATE, *random.random(200).tolist(), *(random.random(100) * 1e-3 + 0.5995).tolist()]
    pairs = [[share, mark] for share in shares for mark in MARKS]
    found = view.evaluate("(pairs) => pairs.map(([share, mark]) => numbers.percent(share, mark))", pairs)
    assert found == [percent(share, mark) for share, mark in pairs]
    counts = [*DELICATE, *(random.random(200) * 1e7).tolist(), 1234.25, 67_478.0, 0.04, 1e9, 412 - 1e-10]
    assert view.evaluate("(counts) => counts.map(numbers.count)", counts) == [whole(count) for count in counts]
    times = [15.0, 15 + 1e-5, 15 - 1e-5, 15.004, *(15 + random.normal(0, 1e-3, 200)).tolist()]
    told = view.evaluate("(times) => times.map((time) => numbers.apart(time, [0, 15], 2))", times)
    assert told == [minutes(time, 15.0) for time in times]
    assert view.evaluate("[numbers.percent(null), numbers.percent(NaN), numbers.percent(0.5, null)]") == [
        "—",
        "—",
        "50.0%",
    ]
