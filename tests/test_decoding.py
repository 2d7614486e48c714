"""Bytes → text, or a refusal that says why."""

import codecs
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import BODIES

from classifier.tagging.decoding import Undecodable, decode, encoding, plausible

TEXT = "\r\n".join(BODIES[:6])
LONG = "\n".join(BODIES) * 10  # longer than the sample that tells the encoding


@pytest.mark.parametrize("text", [TEXT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gbk"])
def test_chinese_comes_back_from_each_encoding(name, text):
    assert decode(text.encode(name)) == text


@pytest.mark.parametrize("name", ["utf-8", "utf-16-le", "big5", "gb18030"])
def test_traditional_chinese_comes_back(name):
    text = "智慧財產權質押融資貸款補貼辦法自今日起施行，園區企業可於網站申請，補貼以貸款利息之半數為限。\r\n" * 3
    assert decode(text.encode(name)) == text


def test_a_few_zero_bytes_are_spaces():
    assert decode(TEXT.encode() + b"\0" + "完".encode()) == TEXT + " 完"


def test_utf16_with_a_big_endian_mark_comes_back():
    assert decode(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")) == TEXT


@pytest.mark.parametrize("name", ["utf-8-sig", "utf-16"])
def test_a_mark_is_no_part_of_the_text(name):
    assert decode("专利".encode(name)) == "专利"


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_line_is_enough_to_tell_the_encoding(name):
    text = "园区对知识产权质押贷款给予贴息，每家企业每年最高五十万元。"
    assert decode(text.encode(name)) == text


def test_plain_ascii_is_utf8():
    assert encoding(b"id,text\n1,PCT\n") == "utf-8"


def test_nothing_is_an_empty_text():
    assert decode(b"") == ""


def test_rare_characters_outside_the_basic_plane_come_back():
    text = TEXT + "𠮷野工业株式会社"
    assert decode(text.encode("gb18030")) == decode(text.encode()) == text


@pytest.mark.parametrize("cut", range(4))
def test_the_sample_may_end_within_a_character(cut):
    text = "a" * ((1 << 16) - cut) + "专利质押" * 50
    assert decode(text.encode()) == text


def test_a_first_legacy_byte_behind_the_sample_still_tells_the_encoding():
    text = "id,text\n" + "1,PCT\n" * 12_000 + TEXT
    assert decode(text.encode("gb18030")) == text


BINARY = {
    "PNG": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
    "JPEG": b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4,
    "PDF": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "ZIP": b"PK\x03\x04" + bytes(64),
    "zeros": bytes(4096),
    "ELF": b"\x7fELF\x02\x01\x01" + bytes(57) + bytes(range(256)) * 8,
}


@pytest.mark.parametrize("data", BINARY.values(), ids=BINARY.keys())
def test_a_binary_file_is_refused(data):
    with pytest.raises(Undecodable, match=r"binary|no encoding|broken"):
        decode(data)


@pytest.mark.parametrize("place", [0, 100, 30_000])
def test_a_broken_byte_among_many_good_ones_is_marked(place):
    text = decode(LONG[:place].encode() + b"\xff" + LONG[place:].encode())
    assert text == LONG[:place] + "\ufffd" + LONG[place:]


def test_a_replacement_character_that_the_text_has_is_not_counted_as_broken():
    text = "专利\ufffd质押" * 100
    assert decode(text.encode()) == text


@pytest.mark.parametrize("good", ["专利质押" * 9, "PCT " * 20_000 + "专利质押" * 9], ids=["short", "plain at first"])
def test_many_broken_bytes_are_refused(good):
    with pytest.raises(Undecodable, match="save it as UTF-8"):
        decode(good.encode() + "利".encode()[:2] * 200)


def test_a_broken_file_is_refused_with_the_place():
    with pytest.raises(Undecodable, match="broken UTF-8 at byte 12:"):
        decode("专利质押".encode() + b"\xff" + "知识产权贴息".encode() * 8)


def test_an_odd_byte_at_the_end_of_utf16_is_refused():
    with pytest.raises(Undecodable, match="broken UTF-16"):
        decode(codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le") + b"\x01")


FOREIGN = {
    "shift_jis": "特許の活用を支援する制度について説明します。",
    "euc_kr": "지식재산권 담보 대출에 대한 이자를 지원합니다.",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_an_encoding_that_is_not_known_is_refused_and_not_guessed(name):
    with pytest.raises(Undecodable, match="save it as UTF-8"):
        decode((FOREIGN[name] * 20).encode(name))


def test_two_encodings_in_one_file_are_refused():
    with pytest.raises(Undecodable):
        decode(TEXT.encode() + TEXT.encode("gb18030"))


@given(st.binary(max_size=400))
def test_any_bytes_give_a_text_or_a_refusal_that_says_what_to_do(data):
    try:
        decode(data)
    except Undecodable as refusal:
        assert re.search("binary|save it as UTF-8", str(refusal))


@given(st.lists(st.sampled_from(BODIES), min_size=1, max_size=5).map("\n".join), st.sampled_from(["utf-8", "gb18030"]))
def test_real_looking_text_always_comes_back(text, name):
    assert decode(text.encode(name)) == text


def test_a_wrong_decoding_is_not_plausible():
    assert not plausible(TEXT.encode().decode("gb18030", "replace"))
    assert not plausible(TEXT.encode("gb18030").decode("utf-16-le", "replace"))


@pytest.mark.parametrize("text", ["", "plain Latin text", TEXT, "2024年1—6月"])
def test_readable_text_is_plausible(text):
    assert plausible(text)
