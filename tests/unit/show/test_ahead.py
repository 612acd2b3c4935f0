"""Work that is done ahead comes in order, and never far ahead."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from circle15.show.ahead import AT_ONCE, ahead


def test_what_is_made_comes_in_the_order_of_the_items_though_a_later_one_be_done_first():
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_is_done.wait(60)
        if item == 1:
            second_is_done.set()
        return item * 10

    assert list(ahead(work, range(5))) == [0, 10, 20, 30, 40]
    assert list(ahead(work, [])) == []


def test_no_more_is_begun_than_may_be_in_the_making():
    begun: list[int] = []

    def items() -> Iterator[int]:
        for item in range(10):
            begun.append(item)
            yield item

    made = ahead(lambda item: item, items())
    assert next(made) == 0
    assert begun == list(range(AT_ONCE + 1))
    assert list(made) == list(range(1, 10))


def test_what_work_raises_is_raised_where_it_would_have_come():
    made = ahead(lambda item: 1 // item, [1, 0, 1])
    assert next(made) == 1
    with pytest.raises(ZeroDivisionError):
        next(made)
