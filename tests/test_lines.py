"""Physical lines and their measures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.tagging.lines import BREAKS, measure

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text("甲a。，“”（）\u3000\u2028 \r\n" + ZERO_WIDTH)


def strings(text):
    lines = measure(text)
    return [lines.string(i) for i in range(len(lines))]


@given(TEXTS)
def test_lines_are_what_splitlines_gives_without_the_blank_ones(text):
    edges = "".join({c for c in text if c.isspace()}) + ZERO_WIDTH
    assert strings(text) == [line.strip(edges) for line in text.splitlines() if line.strip(edges)]


@given(TEXTS)
def test_offsets_rise_and_end_on_visible_characters(text):
    lines = measure(text)
    assert np.all(lines.start < lines.end)
    assert np.all(lines.end[:-1] <= lines.start[1:])
    assert [chr(code) for code in lines.first] == [text[i] for i in lines.start]
    assert [chr(code) for code in lines.last] == [text[i - 1] for i in lines.end]


@given(TEXTS)
def test_every_column_has_one_entry_a_line(text):
    lines = measure(text)
    columns = [getattr(lines, name) for name in lines.__slots__ if name not in ("text", "codes")]
    assert {len(column) for column in columns} == {len(lines)}


@given(TEXTS)
def test_no_measure_is_negative_or_undefined(text):
    lines = measure(text)
    for column in (lines.gap, lines.indent, lines.width, lines.inner, lines.commas):
        assert np.all(column >= 0) and np.all(np.isfinite(column))


@pytest.mark.parametrize("mark", BREAKS)
def test_each_line_break_of_unicode_breaks_a_line(mark):
    assert strings(f"甲乙{mark}丙丁") == ["甲乙", "丙丁"]


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("质押融资", 4),
        ("PCT", 1.5),
        ("12件", 2),
        ("“盘活”", 4),
        ("甲 乙", 2.5),
        ("甲\u200b乙", 2),
        ("质 押 融 资", 4),
        ("𠮷野", 2),
    ],
)
def test_a_full_width_character_counts_one_and_a_half_width_one_half(text, width):
    (found,) = measure(text).width
    assert found == width


def test_surplus_blank_lines_are_the_gap_before_a_line():
    assert measure("甲\n乙\n\n丙\n \n\n丁").gap.tolist() == [0, 0, 1, 2]


def test_a_line_end_of_windows_is_one_line_end():
    assert measure("甲\r\n乙\r\n\r\n丙").gap.tolist() == [0, 0, 1]


def test_an_indent_is_as_wide_as_its_white_space():
    assert measure("　　甲\n  乙\n丙").indent.tolist() == [2, 1, 0]


@pytest.mark.parametrize("text", ["阅 读 提 示", " 阅 读 提 示 ", "贷 款 ，唤 醒 了“ 沉 睡 ”专 利"])
def test_white_space_after_nearly_every_character_is_letter_spacing(text):
    assert measure(text).spaced.tolist() == [True]


@pytest.mark.parametrize(
    "text", ["园区在 2023 年新增专利 412 件，同比增长 18%", "先用后付 打通堵点", "甲 乙", "质押融资"]
)
def test_a_few_spaces_are_no_letter_spacing(text):
    assert measure(text).spaced.tolist() == [False]


@pytest.mark.parametrize("text", ["完。", "完。”", "完！』", "完？", "完。）", "完……", "完。 ”", "完!", "完.", '完."'])
def test_a_sentence_ends_before_closing_marks_too(text):
    assert measure(text).ends.tolist() == [True]


@pytest.mark.parametrize("text", ["未完", "未完，", "未完：", "（未完）", "3.5", "”", "3.", "Inc.", "."])
def test_a_line_without_a_stop_ends_no_sentence(text):
    assert measure(text).ends.tolist() == [False]


def test_full_stops_within_a_line_are_counted_without_the_last():
    assert measure("一。二。三。”\n一。二\n一\n一.二1.5.三.").inner.tolist() == [2, 1, 0, 1]


def test_commas_of_either_width_are_counted():
    assert measure("一，二,三、四").commas.tolist() == [2]


def test_brackets_open_and_close_across_lines():
    lines = measure("他说：“资金\n到账很快\n利息也低。”《办法》\n（完）")
    assert lines.opened.tolist() == [True, False, False, False]
    assert lines.closed.tolist() == [False, False, True, False]


def test_a_line_can_close_one_bracket_and_open_another():
    lines = measure("甲）乙（丙")
    assert (lines.opened.tolist(), lines.closed.tolist()) == ([True], [True])


def test_an_empty_text_has_no_lines():
    assert len(measure("")) == len(measure("\n \u3000\n\u200b")) == 0


def test_lone_surrogates_are_characters_like_others():
    assert strings("甲\ud800乙") == ["甲\ud800乙"]
