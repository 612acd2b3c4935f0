"""Where lines end: nothing lost, no stop first, no opening mark last, words whole, no line too wide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from circle15.show.lines import broken

TEXTS = st.text(alphabet="字距离，。；）（「」、《》％ ab12.,-%()[]", max_size=80)


def wide(text: str) -> float:
    """Two for what is full-width, one for the rest."""
    return float(sum(2 if each > "\u2e7f" else 1 for each in text))


def test_words_and_numbers_stay_whole_and_chinese_breaks_anywhere():
    assert broken("差额为 -25.78 分钟", [8], wide) == ["差额为", "-25.78", "分钟"]
    assert broken("abc defg hi", [8], wide) == ["abc defg", "hi"]
    assert broken("一二三四五", [4], wide) == ["一二", "三四", "五"]


def test_a_stop_takes_its_character_along_and_so_do_two_in_a_row():
    assert broken("一二三四。五", [8], wide) == ["一二三", "四。五"]
    assert broken("一二三四）；五", [8], wide) == ["一二三", "四）；五"]
    assert broken("一二三「四」", [8], wide) == ["一二三", "「四」"]


def test_the_first_line_may_be_narrower_and_a_word_longer_than_a_line_is_cut():
    assert broken("一二三四", [2, 6], wide) == ["一", "二三四"]
    assert broken("abcdefghij", [4], wide) == ["abcd", "efgh", "ij"]


def test_nothing_is_one_empty_line():
    assert broken("", [4], wide) == [""]


@given(TEXTS, st.integers(4, 30))
def test_nothing_but_spaces_is_lost_and_no_line_is_too_wide(text, width):
    lines = broken(text, [width], wide)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(wide(line) <= width for line in lines)


@given(TEXTS)
def test_no_line_begins_with_a_stop_where_lines_are_wide_enough(text):
    lines = broken(text, [400], wide)
    assert len(lines) == 1
    lines = broken("字" + text.replace(" ", ""), [200], wide)
    assert all(line[0] not in "，。；）」、》％%.,)]" for line in lines)
