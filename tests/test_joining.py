"""Stretches of a source → texts, many at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.tagging.joining import texts

STRETCHES = st.lists(st.text("甲乙aB1。“\u200b \u3000\n\r\u2028").filter(lambda text: text.strip()))


def text(stretch):
    (found,) = texts([stretch])
    return found


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\n\n", "\n\u3000 \n", "\u2028"])
def test_lines_are_joined_without_a_space(newline):
    assert text(f"质押{newline}融资") == "质押融资"


@pytest.mark.parametrize("stretch", ["Smart\nFactory", "Smart \u3000Factory", "Smart \r\n\n Factory"])
def test_latin_words_keep_one_space(stretch):
    assert text(stretch) == "Smart Factory"


@pytest.mark.parametrize("stretch", ["第5\n件", "A\n类", "甲\nA", "3\n5"])
def test_only_two_latin_letters_keep_a_space_over_a_line_end(stretch):
    assert text(stretch) == stretch.replace("\n", "")


def test_white_space_within_a_line_becomes_one_space():
    assert text("园区在\u3000\u30002023 年\n新增\t412 件专利") == "园区在 2023 年新增 412 件专利"


@pytest.mark.parametrize("stretch", ["要 闻", "质 押 融 资", "贷 款 ，唤 醒 了“ 沉 睡 ”专 利", "贷 款\n已 到 账"])
def test_letter_spacing_is_closed(stretch):
    assert text(stretch) == "".join(stretch.split())


def test_each_line_is_letter_spaced_or_not_on_its_own():
    assert text("质 押 融 资\n在 2023 年增长") == "质押融资在 2023 年增长"


def test_no_stretches_have_no_texts():
    assert texts([]) == []


@given(STRETCHES)
def test_each_stretch_has_a_text_of_its_characters_and_single_spaces(stretches):
    found = texts(stretches)
    assert ["".join(one.split()) for one in found] == ["".join(one.split()) for one in stretches]
    assert all(one.split(" ") == one.split() for one in found)


@given(STRETCHES)
def test_a_stretch_has_the_same_text_alone_and_among_others(stretches):
    assert texts(stretches) == [text(stretch) for stretch in stretches]
