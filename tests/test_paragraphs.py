"""Document → paragraphs: golden cases, the sample page, and what holds for any text whatever."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import pages

from classifier.records import Document, Kind, Note
from classifier.tagging.paragraphs import paragraphs

CASES = Path(__file__).parent / "cases"
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    "。，“”（）●一、1 \u3000\n\r\t\x00\u200b\u202e甲乙aB"
)


def outline(text):
    """Give kind, text without white space and marks of each paragraph."""
    return [
        [
            found.kind,
            "".join(found.text.split()),
            *([found.note] if found.note else []),
            *(["duplicate"] if found.duplicate_of else []),
        ]
        for found in paragraphs(Document(name="page", text=text))
    ]


def golden():
    """Give the golden cases; one with a reason is known to fail."""
    for file in sorted(CASES.glob("paragraphs/*.json")):
        for case in json.loads(file.read_text(encoding="utf-8")):
            marks = [pytest.mark.xfail(reason=case["fails"], strict=True)] if "fails" in case else []
            yield pytest.param(case, id=f"{file.stem}: {case['name']}", marks=marks)


@pytest.mark.parametrize("case", list(golden()))
def test_a_golden_case_comes_out_as_written(case):
    assert outline(case["lines"]) == case["expect"]


def test_every_golden_case_has_its_own_name():
    names = [case.id for case in golden()]
    assert len(names) == len(set(names)) >= 50


def test_the_sample_page_comes_out_as_written():
    expected = json.loads((CASES / "pages/sample.json").read_text(encoding="utf-8"))
    assert outline((CASES / "pages/sample.txt").read_text(encoding="utf-8")) == expected


@given(ANY_TEXT | pages.map(lambda page: page.text))
def test_paragraphs_are_numbered_in_order_and_never_empty(text):
    found = paragraphs(Document(name="page", text=text))
    assert [p.number for p in found] == list(range(1, len(found) + 1))
    assert [p.id for p in found] == [f"page#{p.number}" for p in found]
    assert all(p.text.strip() for p in found)


@given(ANY_TEXT | pages.map(lambda page: page.text))
def test_every_visible_character_is_in_exactly_one_source_range(text):
    seen = [0] * len(text)
    for found in paragraphs(Document(name="page", text=text)):
        for start, end in found.source:
            for at in range(start, end):
                seen[at] += 1
    assert max(seen, default=0) <= 1
    missed = {char for char, times in zip(text, seen, strict=True) if not times and not char.isspace()}
    assert missed <= set("\u200b\u200c\u200d\u2060\ufeff")


@given(ANY_TEXT | pages.map(lambda page: page.text))
def test_a_text_is_the_characters_of_its_source_ranges(text):
    for found in paragraphs(Document(name="page", text=text)):
        source = "".join(text[start:end] for start, end in found.source)
        assert "".join(found.text.split()) == "".join(source.split())


@given(pages.map(lambda page: page.text + "\n" + page.text) | ANY_TEXT)
def test_a_duplicate_points_to_an_earlier_paragraph_of_the_same_characters(text):
    earlier = {}
    for found in paragraphs(Document(name="page", text=text)):
        if found.duplicate_of:
            assert earlier[found.duplicate_of] == "".join(found.text.split())
        else:
            assert "".join(found.text.split()) not in earlier.values()
            earlier[found.id] = "".join(found.text.split())


@given(pages.map(lambda page: page.text) | ANY_TEXT)
def test_the_same_text_gives_the_same_paragraphs(text):
    document = Document(name="page", text=text)
    assert paragraphs(document) == paragraphs(document)


@pytest.mark.parametrize("text", ["", " \n\t\n", "\u3000\u3000\n\ufeff"])
def test_a_text_without_visible_characters_has_no_paragraphs(text):
    assert paragraphs(Document(name="page", text=text)) == []


def test_latin_words_on_either_side_of_a_line_end_keep_a_space():
    text = (
        "公司在展会上同两家客户签约，一家是德国的Nordlicht\nMotors集团，另一家来自芬兰，订单合计两千三百万\n"
        "元，明年一季度开始交货。"
    )
    (found,) = paragraphs(Document(name="page", text=text))
    assert "Nordlicht Motors集团" in found.text


def test_spaces_between_latin_words_stay():
    (found,) = paragraphs(Document(name="page", text="该公司参加了 Smart Factory Expo 2024 展会，带去三件新品。"))
    assert "Smart Factory Expo 2024" in found.text


def test_only_body_text_is_cut_or_a_fragment():
    text = (CASES / "pages/sample.txt").read_text(encoding="utf-8")
    noted = [p for p in paragraphs(Document(name="page", text=text)) if p.note]
    assert {p.kind for p in noted} == {Kind.BODY}
    assert noted[-1].note is Note.CUT
