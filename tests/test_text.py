"""normalise and encode: one alphabet, and offsets that lead back to the original."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.tagging.text import SEPARATOR, encode, normalise

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
# what real pages are made of, so that runs of digits, widths and invisible characters do meet
PAGE = st.text(
    st.sampled_from(
        "第三条,.专利质押Aaａ0123９４①½％%，,　 \t\n\u200b\ufeff\u00ad“”()（）《》İßﬁ㎡㍿𠮷😀\x00\uffff\u2028Ⅳ"
    ),
    max_size=40,
)
BASIC_PLANE = "".join(chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("２０２４年１—６月", "0年0—0月"),
        ("贷款3.25亿元", "贷款0亿元"),  # a number is one, with its point and its commas
        ("3,600.5万件", "0万件"),
        ("2024", "0"),  # at the very beginning too
        ("第十二条 本法", "第条本法"),  # which article it is says nothing
        ("第３章", "第章"),
        ("第 三 条", "第条"),
        ("第三方", "第三方"),
        ("１２34人", "0人"),  # one run of digits, whichever their width
        ("1 2", "0"),  # and white space between digits is no end of it
        ("ＰＣＴ申请 PCT申请", "pct申请pct申请"),
        ("ﬁ㎡", "ﬁ㎡"),  # what would become several characters stays
        ("“质押”（贷款）《办法》", "质押贷款办法"),
        ("质\u200b押\ufeff贷\u00ad款", "质押贷款"),
        ("质\x00押", "质押"),
        ("质　押\r\n贷\u2028款", "质押贷款"),
        ("٣٤项", "0项"),  # digits of other scripts
        ("", ""),
        (" \n\t", ""),
    ],
)
def test_known_texts(text: str, normal: str) -> None:
    assert normalise(text) == normal


@given(TEXT | PAGE)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_every_character_of_the_basic_plane_is_normal_after_one_pass() -> None:
    again = {f"U+{ord(char):04X}" for char in BASIC_PLANE if normalise(normalise(char)) != normalise(char)}
    assert again == set()


@given(TEXT | PAGE)
def test_half_width_and_full_width_forms_of_ascii_are_the_same(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert normalise(wide) == normalise(text)


@given(TEXT | PAGE)
def test_upper_and_lower_case_of_ascii_are_the_same(text: str) -> None:
    upper = "".join(c.upper() if c.isascii() else c for c in text)
    assert normalise(upper) == normalise(text)


@given(TEXT | PAGE)
def test_the_normal_form_holds_no_white_space_no_invisible_character_and_no_two_digits_in_a_row(text: str) -> None:
    normal = normalise(text)
    assert not any(c.isspace() or unicodedata.category(c) in ("Cc", "Cf") for c in normal)
    assert "00" not in normal
    assert not any(c.isdecimal() and c != "0" and ord(c) < 0x3400 for c in normal)


@given(TEXT | PAGE)
def test_an_offset_points_at_the_character_that_the_normal_one_was_made_of(text: str) -> None:
    codes, offset, first = encode([text])
    assert codes[-1] == SEPARATOR
    assert first.tolist() == [0, len(codes)]
    assert np.all(np.diff(offset) > 0)
    for code, at in zip(codes[:-1].tolist(), offset[:-1].tolist(), strict=True):
        assert normalise(text[at]) == chr(code)


@given(TEXT | PAGE)
def test_characters_that_no_offset_points_at_are_those_that_go_or_parts_of_numbers(text: str) -> None:
    _, offset, _ = encode([text])
    gone = {text[at] for at in set(range(len(text))) - set(offset[:-1].tolist())}
    assert {char for char in gone if normalise(char) not in ("", "0", ".", ",")} <= set("一二三四五六七八九十百零〇")


@given(st.lists(TEXT | PAGE, max_size=6))
def test_texts_together_are_encoded_as_each_alone(texts: list[str]) -> None:
    codes, place, first = encode(texts)
    begins = np.cumsum([0, *(len(text) + 1 for text in texts)])
    assert first[0] == 0
    assert first[-1] == len(codes)
    for i, text in enumerate(texts):
        alone, own, _ = encode([text])
        assert codes[first[i] : first[i + 1]].tolist() == alone.tolist()
        assert (place[first[i] : first[i + 1]] - begins[i]).tolist() == own.tolist()


@pytest.mark.parametrize("text", ["𠮷野", "😀质押", "a\U0010ffff"])
def test_a_character_outside_the_basic_plane_is_one_character_and_keeps_the_offsets_behind_it(text: str) -> None:
    assert len(normalise(text)) == len(text)
    assert encode([text])[1].tolist()[:-1] == list(range(len(text)))


def test_a_separator_inside_a_text_does_not_end_it() -> None:
    codes, _, first = encode(["质\uffff押", "贷"])
    assert first.tolist() == [0, 4, 6]
    assert (codes == SEPARATOR).sum() == 2


def test_a_lone_surrogate_passes() -> None:
    assert normalise("质\ud800押") == "质\ud800押"
