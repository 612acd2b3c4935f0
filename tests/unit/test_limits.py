"""A threshold is told with all its digits, wherever it stands."""

from __future__ import annotations

import pytest

from circle15.core.limit import Limit
from circle15.show.html.words import Words
from circle15.show.sentences import value_word


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (700, "700"),
        (700.0, "700"),
        (0.6, "0.6"),
        (399.99999, "399.99999"),
        (67_478.0, "67478"),
        (1_234_567.0, "1234567"),
        (1_234_568.0, "1234568"),
        (5_000_000.0, "5000000"),
    ],
)
def test_a_limit_keeps_its_digits(value, told):
    assert str(Limit(">=", value, "平方米")) == f"≥ {told} 平方米"
    assert Words("zh").limit(Limit("<", value, "m")) == f"< {told} 米"
    assert value_word(float(value)) == told
