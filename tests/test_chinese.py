"""Traditional → Simplified for scoring, and what it makes possible: Big5 told from GBK."""

import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import BODIES
from opencc import OpenCC

from classifier.tagging import chinese
from classifier.tagging.chinese import converted, looks_traditional, simplified
from classifier.tagging.decoding import Undecodable, decode

TRADITIONAL = [OpenCC("s2t").convert(text) for text in BODIES]
JOINED = "".join(BODIES)


def test_traditional_text_becomes_simplified():
    assert simplified("專利權質押融資與導航服務") == "专利权质押融资与导航服务"


@pytest.mark.parametrize("text", BODIES)
def test_every_sample_text_is_told_from_its_traditional_form(text):
    traditional = OpenCC("s2t").convert(text)
    assert looks_traditional(traditional) and not looks_traditional(text)
    assert simplified(text) is text


@given(st.text(st.characters(codec=None, exclude_categories=[])))
def test_any_text_keeps_its_length(text):
    assert len(converted(text)) == len(simplified(text)) == len(text)


@pytest.mark.parametrize("text", ["", "Patent 2024", "〇①（一）", "𠮷野家", "\ud800", "專\ud800利\U0010ffff"])
def test_odd_texts_keep_their_length(text):
    assert len(simplified(text)) == len(text)


def test_every_telling_character_is_one_that_becomes_another():
    assert [char for char in sorted(set(chinese._TELLING)) if OpenCC("t2s").convert(char) == char] == []


def test_no_common_simplified_character_is_telling():
    assert not set(chinese._TELLING) & set(JOINED)


def test_the_table_is_opencc_s():
    text = "證書審查機關與臺灣線路後備乾淨"
    assert converted(text) == "".join(OpenCC("t2s").convert(char) for char in text)


def test_simplified_text_does_not_load_opencc():
    code = f"""
import sys
from classifier.tagging.chinese import simplified
simplified({JOINED!r})
print("opencc" in sys.modules)
simplified("專利")
print("opencc" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.split() == ["False", "True"]


def test_a_plain_text_file_loads_no_library_of_a_format(tmp_path):
    (tmp_path / "page.txt").write_text(JOINED, encoding="utf-8")
    code = """
import sys
from pathlib import Path
from classifier.tagging import outputs
from classifier.tagging.documents import Source, read
list(read(Source("page.txt", Path("page.txt"))))
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    libraries = {"docx", "lxml", "openpyxl", "charset_normalizer", "opencc", "trafilatura", "pyarrow", "markdown_it"}
    assert not libraries & set(run.stdout.split())


# what the encodings owe to it


@pytest.mark.parametrize("encoding", ["big5", "big5hkscs", "gb18030", "utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", TRADITIONAL)
def test_traditional_text_comes_back_from_each_encoding(text, encoding):
    text = text.encode(encoding, "ignore").decode(encoding)  # Big5 has not all of them
    assert decode(text.encode(encoding)) == text


def pieces(texts, length, count=300):
    chance = random.Random(7)
    joined = "".join(texts)
    return [joined[at : at + length] for at in (chance.randrange(len(joined) - length) for _ in range(count))]


@pytest.mark.parametrize("length", [40, 60, 200])
def test_big5_is_never_read_as_gbk_from_40_characters_on(length):
    for text in pieces(TRADITIONAL, length):
        assert decode(text.encode("big5hkscs", "ignore")) == text.encode("big5hkscs", "ignore").decode("big5hkscs")


@pytest.mark.parametrize("length", [40, 60, 200])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-16-le", "utf-16-be"])
def test_no_encoding_is_read_as_another_from_40_characters_on(length, encoding):
    for text in pieces(BODIES, length):
        assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("first", ["gb18030", "utf-8", "big5hkscs"])
@pytest.mark.parametrize("second", ["gb18030", "utf-8", "big5hkscs"])
def test_two_encodings_in_one_file_are_refused(first, second):
    if first != second:
        texts = TRADITIONAL if "big5hkscs" in (first, second) else BODIES
        one, other = ("\n".join(texts).encode(name, "ignore") * 5 for name in (first, second))
        with pytest.raises(Undecodable, match="save it as UTF-8"):
            decode(one + other)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_one_broken_character_in_a_thousand_is_marked(encoding):
    text = (JOINED * 10)[:3000]
    data = text[:1500].encode(encoding) + b"\xff" + text[1500:].encode(encoding)
    found = decode(data)
    assert "\ufffd" in found and abs(len(found) - len(text)) <= 2


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_more_broken_characters_are_refused(encoding):
    data = b"\xff".join(text.encode(encoding) for text in BODIES)
    with pytest.raises(Undecodable, match="save it as UTF-8"):
        decode(data)


def test_a_few_nuls_are_white_space_and_many_are_a_binary_file():
    assert decode(("专利\0" + JOINED).encode()) == "专利 " + JOINED
    with pytest.raises(Undecodable, match="binary"):
        decode("\0".join(JOINED).encode())


@pytest.mark.parametrize(
    ("text", "encoding"), [("特許の活用を支援する制度", "shift_jis"), ("지식재산권 담보 대출", "euc_kr")]
)
def test_other_encodings_are_refused(text, encoding):
    with pytest.raises(Undecodable, match="save it as UTF-8"):
        decode((text * 20).encode(encoding))
