"""Markdown → units: marks left out of the text, nothing else lost, headings known."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.records import Document, Kind
from classifier.tagging.markdown import units
from classifier.tagging.paragraphs import paragraphs

MARKDOWN = st.lists(
    st.sampled_from(
        ["# 标题", "## 一、目标", "正文。", "**重点**", "- 条目", "1. 第一", "> 引文", "| 甲 | 乙 |", "|---|---|"]
    )
    | st.text("# -*_>|`[]()甲乙。1.\t ", max_size=12),
    max_size=8,
).map("\n".join) | st.text(st.characters(exclude_categories=["Cs"]))


def read(text):
    found = paragraphs(Document(name="notes.md", text=text, units=units(text)))
    return [(p.kind, p.text, p.heading) for p in found]


def texts(text):
    return [found for _, found, _ in read(text)]


def test_hash_marks_make_a_heading():
    assert read("# 质押融资办法\n\n贷款贴息一半。") == [
        (Kind.HEADING, "质押融资办法", ()),
        (Kind.BODY, "贷款贴息一半。", ("质押融资办法",)),
    ]


def test_an_underlined_line_is_a_heading():
    assert read("质押融资办法\n======\n\n贷款贴息一半。")[0] == (Kind.HEADING, "质押融资办法", ())


def test_a_paragraph_knows_the_headings_above_it_and_no_others():
    text = "# 办法\n\n## 一、目标\n\n甲。\n\n### （一）细则\n\n乙。\n\n## 二、保障\n\n丙。"
    assert [heading for kind, _, heading in read(text) if kind is Kind.BODY] == [
        ("办法", "一、目标"),
        ("办法", "一、目标", "（一）细则"),
        ("办法", "二、保障"),
    ]


def test_lines_of_a_paragraph_are_joined():
    assert texts("贷款结清以后，利息可以补\n贴一半。\n\n第二段。") == ["贷款结清以后，利息可以补贴一半。", "第二段。"]


def test_each_list_item_is_a_paragraph_without_its_mark():
    assert texts("- 贴息一半\n- 担保费补三成\n\n1. 申请\n2. 审核") == ["贴息一半", "担保费补三成", "申请", "审核"]


def test_emphasis_code_and_link_addresses_are_left_out():
    assert texts("**贴息**按`季度`拨付，见[办法](https://example.org/a)。") == ["贴息按季度拨付，见办法。"]


def test_a_quotation_loses_its_marks():
    assert texts("> 资金到账\n> 很快。") == ["资金到账很快。"]


def test_a_table_row_is_a_paragraph():
    found = texts("| 措施 | 金额 |\n|---|---|\n| 贴息 | 50万元 |\n| 保险 | 10万元 |")
    assert ["".join(text.split()) for text in found] == ["措施金额", "贴息50万元", "保险10万元"]


def test_code_is_body():
    ((kind, text, _),) = read("```\nsubsidy = min(interest / 2, 500_000)\n```")
    assert kind is Kind.BODY
    assert "subsidy = min(interest / 2, 500_000)" in text


def test_raw_html_is_furniture():
    assert read("<div>\n广告\n</div>\n")[0][0] is Kind.FURNITURE


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_of_windows_change_nothing(newline):
    assert texts(newline.join(["# 办法", "", "贴息", "一半。", "", "- 申请", "- 审核"])) == [
        "办法",
        "贴息一半。",
        "申请",
        "审核",
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "---\n", "   "])
def test_a_text_of_marks_alone_has_no_units(text):
    assert units(text) == ()


def test_underscores_within_a_word_stay():
    assert texts("字段 patent_id 与 owner_name 不可为空。") == ["字段 patent_id 与 owner_name 不可为空。"]


@pytest.mark.xfail(reason="marks are found by their look, not by what markdown-it-py took as marks", strict=True)
@pytest.mark.parametrize("text", ["字段owner__name不可为空。", "面积为2**10平方米。", "甲|乙两类企业。"])
def test_signs_that_mark_nothing_stay(text):
    assert texts(text) == [text]


def test_a_bracket_that_is_no_link_stays():
    assert texts("专利[2023]第5号文件。") == ["专利[2023]第5号文件。"]


@given(MARKDOWN)
def test_no_character_is_in_two_units(text):
    seen = [0] * len(text)
    for unit in units(text):
        for start, end in unit.source:
            for at in range(start, end):
                seen[at] += 1
    assert max(seen, default=0) <= 1


@given(MARKDOWN)
def test_units_are_in_order_and_not_empty(text):
    found = units(text)
    assert all(start < end for unit in found for start, end in unit.source)
    assert [u.source for u in found] == sorted(u.source for u in found)


@given(st.lists(st.text("甲乙丙丁贴息专利，。", min_size=1), min_size=1, max_size=6))
def test_plain_paragraphs_come_back_as_they_are(plain):
    assert texts("\n\n".join(plain)) == plain


@given(MARKDOWN)
def test_every_han_character_of_a_document_without_raw_html_is_in_a_unit(text):
    text = re.sub(r"[<&\[\]\\]", "", text)
    kept = "".join(text[start:end] for unit in units(text) for start, end in unit.source)
    han = re.compile(r"[\u4e00-\u9fff]")
    assert han.findall(kept) == han.findall(text)
