"""Lines → blocks. The layouts give back the paragraphs they were made of; every line is in exactly one block."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import BODIES, HEADINGS, letter_space, page, pages, wrap

from classifier.records import Document, Kind
from classifier.tagging.lines import measure
from classifier.tagging.paragraphs import paragraphs
from classifier.tagging.reflow import KINDS, blocks

PAGES = [page(Random(seed)) for seed in range(300)]
COME_BACK = {Kind.BODY: 0.96, Kind.HEADING: 0.98, Kind.FURNITURE: 0.98}  # F1 of what went in and what came out


def found(text, kind=Kind.BODY):
    """Give the texts of one kind, without white space."""
    return ["".join(p.text.split()) for p in paragraphs(Document(name="page", text=text)) if p.kind is kind]


@pytest.mark.parametrize("kind", COME_BACK)
def test_what_pages_were_laid_out_from_comes_back(kind):
    laid_out = Counter((seed, text) for seed, made in enumerate(PAGES) for k, text in made.expected if k == kind)
    came_out = Counter((seed, text) for seed, made in enumerate(PAGES) for text in found(made.text, kind))
    for verb, texts in (("lost", laid_out - came_out), ("made", came_out - laid_out)):
        for seed, text in texts:
            print(f"page(Random({seed})) {verb} {text}")
    same = (laid_out & came_out).total()
    assert 2 * same / (laid_out.total() + came_out.total()) >= COME_BACK[kind]


@given(pages.map(lambda made: made.text) | st.text("，。“”●一：\n　 国甲a1"))
def test_every_line_is_in_exactly_one_block_and_in_order(text):
    lines = measure(text)
    found = blocks(lines)
    covered = [i for first, last in zip(found.first, found.last, strict=True) for i in range(first, last + 1)]
    assert covered == list(range(len(lines)))


@given(pages.map(lambda made: made.text) | st.text("，。“”●一：\n　 国甲a1"))
def test_only_body_blocks_are_cut_or_fragments(text):
    found = blocks(measure(text))
    assert {KINDS[kind] for kind in found.kind[found.cut | found.fragment]} <= {Kind.BODY}


@given(st.sampled_from(BODIES), st.integers(14, 36), st.sampled_from(["\n", "\n\n", "\r\n", "\r\n\r\n", "\r"]))
def test_the_kind_of_line_end_and_evenly_spread_blank_lines_change_nothing(text, width, newline):
    lines = list(wrap(text, width, 2))
    assert found(newline.join(lines)) == found("\n".join(lines))


@pytest.mark.parametrize("width", range(15, 31))
def test_paragraphs_of_one_width_come_back_with_their_indents(width):
    texts = [text for text in BODIES if len(text) > 3 * width][:12]
    text = "\n".join("　　" + "\n".join(wrap(text, width, 2)) for text in texts)
    assert found(text) == texts


@pytest.mark.parametrize("width", range(15, 31))
def test_letter_spaced_pages_come_back_with_their_indents(width):
    texts = [text for text in BODIES if len(text) > 3 * width and text.isascii() is False][:6]
    text = "\n".join("　　" + "\n".join(map(letter_space, wrap(text, width, 2))) for text in texts)
    assert found(text) == texts


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_between_wrapped_paragraphs_is_a_heading(heading):
    above, below = (text for text in BODIES if 140 <= len(text) <= 145)
    text = "\n".join([*wrap(above, 20, 2), heading, *wrap(below, 20, 2)])
    assert found(text, Kind.HEADING) == ["".join(heading.split())]
    assert found(text) == [above, below]


def test_lines_as_long_as_paragraphs_are_paragraphs():
    texts = [text for text in BODIES if len(text) >= 60]
    assert found("\n".join(texts)) == texts


def test_an_empty_page_has_no_blocks():
    assert {len(column) for column in blocks(measure(""))} == {0}


def test_a_page_of_one_character_is_one_block():
    only = blocks(measure("甲"))
    assert (only.first.tolist(), only.last.tolist()) == ([0], [0])


def test_the_longest_line_counts_no_more_than_the_others():
    lines = measure("甲" * 100_000 + "\n" + "乙。\n")
    assert blocks(lines).last.tolist() == [0, 1]
