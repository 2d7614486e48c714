"""Blocks that stop in mid-sentence → joined where it is certain to what."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from layouts import pages

from classifier.records import Kind
from classifier.tagging.lines import measure
from classifier.tagging.reflow import KINDS, Blocks, blocks
from classifier.tagging.stitch import stitch

LOAN = "青松岭园区的企业用专利作质押，去年从银行借到贷款三亿元，贷款利息由园"
LOAN_ENDS = "区财政补贴一半，评估费再补三成，企业实际负担的利率不到百分之二。"
PEACH = "石桥县的蜜桃获准使用地理标志，果农按统一的标准疏果、套袋，蜜桃的价"
PEACH_ENDS = "格比上一年翻了一番，果农说蜜桃还没有下树就被超市订完了。"
WHOLE = "会议在青松岭召开，与会者讨论了今年的计划。"


def page(*lines):
    """Give each line's block as it would come from a page whose lines are paragraphs, and the lines."""
    lines = measure("\n".join(lines))
    number, heading = np.arange(len(lines)), lines.width <= 15
    kind = np.where(heading, KINDS.index(Kind.HEADING), KINDS.index(Kind.BODY))
    return Blocks(kind, number, number, cut=~heading & ~lines.ends, fragment=np.zeros(len(lines), dtype=bool)), lines


def stitched(*lines):
    made, measured = page(*lines)
    return ["".join(map(measured.string, chain)) for chain in lines_of(stitch(made, measured))]


def lines_of(chains):
    """Give the numbers of each chain's lines."""
    begun = zip(chains.blocks.first.tolist(), chains.blocks.last.tolist(), strict=True)
    stretches = [[own, *chains.more.get(place, ())] for place, own in enumerate(begun)]
    return [[i for first, last in chain for i in range(first, last + 1)] for chain in stretches]


def test_halves_next_to_one_another_are_joined():
    assert stitched(WHOLE, LOAN, LOAN_ENDS, WHOLE) == [WHOLE, LOAN + LOAN_ENDS, WHOLE]


def test_halves_are_joined_over_a_heading():
    assert stitched(WHOLE, LOAN, "蜜桃有了身份证", LOAN_ENDS) == [WHOLE, LOAN + LOAN_ENDS, "蜜桃有了身份证"]


def test_two_broken_paragraphs_find_their_own_ends():
    found = stitched(LOAN, "蜜桃有了身份证", PEACH, PEACH_ENDS, "贴息到账快", LOAN_ENDS)
    assert found == [LOAN + LOAN_ENDS, "蜜桃有了身份证", PEACH + PEACH_ENDS, "贴息到账快"]


def test_an_end_of_another_subject_is_not_taken():
    assert stitched(LOAN, "蜜桃有了身份证", WHOLE) == [LOAN, "蜜桃有了身份证", WHOLE]


def test_a_report_s_opening_continues_nothing():
    report = "本报讯（记者方晴）青松岭园区昨天公布贴息名单，企业用专利质押借到贷款。"
    assert stitched(LOAN, "贴息到账快", report) == [LOAN, "贴息到账快", report]


def test_a_bullet_continues_nothing():
    assert stitched(LOAN, "贴息到账快", "● 区财政补贴一半的利息，贷款企业另得评估费。")[0] == LOAN


def test_what_ends_its_sentence_takes_no_end():
    assert stitched(WHOLE, "贴息到账快", LOAN_ENDS) == [WHOLE, "贴息到账快", LOAN_ENDS]


def test_a_chain_that_found_its_end_is_cut_no_more():
    made, lines = page(LOAN, LOAN_ENDS)
    found, _ = stitch(made, lines)
    assert [found.cut, found.fragment, found.kind] == [[False], [False], [KINDS.index(Kind.BODY)]]


def test_a_head_without_an_end_is_cut():
    made, lines = page(WHOLE, LOAN)
    assert stitch(made, lines).blocks.cut.tolist() == [False, True]


def test_no_blocks_have_no_chains():
    lines = measure("")
    assert lines_of(stitch(blocks(lines), lines)) == []


@given(
    pages.map(lambda made: made.text)
    | st.lists(st.sampled_from([LOAN, LOAN_ENDS, PEACH, PEACH_ENDS, WHOLE, "贴息到账快"]), max_size=12).map("\n".join)
)
def test_every_line_is_in_exactly_one_chain_and_chains_stand_where_they_begin(text):
    lines = measure(text)
    chains = stitch(blocks(lines), lines)
    assert sorted(i for chain in lines_of(chains) for i in chain) == list(range(len(lines)))
    assert chains.blocks.first.tolist() == sorted(chains.blocks.first.tolist())


@given(pages.map(lambda made: made.text))
def test_only_body_blocks_are_joined(text):
    lines = measure(text)
    found, more = stitch(blocks(lines), lines)
    assert {KINDS[found.kind[place]] for place in more} <= {Kind.BODY}
