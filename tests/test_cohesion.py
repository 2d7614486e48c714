"""How likely two characters continue each other."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.tagging.cohesion import LIMIT, Cohesion, fold, load, packaged

CHARS = st.characters(exclude_categories=["Cs"])


def ratio(left, right):
    return float(packaged().ratio(ord(left), ord(right)))


@pytest.mark.parametrize("word", ["专利", "质押", "促进", "企业", "知识", "园区"])
def test_the_characters_of_a_word_cohere(word):
    assert ratio(*word) > 1


@pytest.mark.parametrize("pair", ["业近", "元为", "利据", "了目"])
def test_an_end_and_a_usual_beginning_do_not_cohere(pair):
    assert ratio(*pair) < 0


@pytest.mark.parametrize("pair", ["龘专", "专龘", "龘龘", "\U00020bb7利", "\u200b利"])
def test_an_unknown_character_says_nothing(pair):
    assert ratio(*pair) == 0


@given(st.lists(CHARS, min_size=1), st.lists(CHARS, min_size=1))
def test_no_pair_decides_more_than_the_limit(left, right):
    pairs = min(len(left), len(right))
    values = packaged().ratio([ord(c) for c in left[:pairs]], [ord(c) for c in right[:pairs]])
    assert values.shape == (pairs,)
    assert np.all(np.abs(values) <= LIMIT)


@given(st.text("专利质押融资企业", min_size=2, max_size=12))
def test_a_pair_has_the_same_value_alone_and_among_others(text):
    codes = np.array([ord(c) for c in text])
    together = packaged().ratio(codes[:-1], codes[1:])
    assert together.tolist() == [ratio(a, b) for a, b in pairwise(text)]


def test_no_pairs_have_no_values():
    assert packaged().ratio([], []).shape == (0,)


@pytest.mark.parametrize("chars", ["0189", "０９", "azAZ"])
def test_digits_are_alike_and_letters_are_alike(chars):
    assert len(set(fold(np.array([ord(c) for c in chars], dtype=np.uint32)).tolist())) == 1


def test_other_characters_are_themselves():
    codes = np.array([ord(c) for c in "专，/:@[`{ａ"], dtype=np.uint32)
    assert fold(codes).tolist() == codes.tolist()


def test_a_table_comes_back_from_its_file(tmp_path):
    packaged().save(tmp_path / "table.npz")
    again = load(tmp_path / "table.npz")
    assert all(np.array_equal(getattr(again, name), getattr(packaged(), name)) for name in Cohesion.__slots__)


def test_the_table_is_sorted_and_complete():
    table = packaged()
    assert np.all(np.diff(table.chars.astype(np.int64)) > 0)
    assert np.all(np.diff(table.pairs.astype(np.int64)) > 0)
    assert len(table.chars) == len(table.frequency) == len(table.begins)
    assert len(table.pairs) == len(table.seen)


def test_a_pair_seen_more_often_coheres_more():
    chars = np.array(sorted(map(ord, "甲乙丙")), dtype=np.uint32)
    place = {chr(code): i for i, code in enumerate(chars)}
    keys = [place["甲"] * 3 + place["乙"], place["甲"] * 3 + place["丙"]]
    order = np.argsort(keys)
    table = Cohesion(
        chars=chars,
        frequency=np.array([100, 100, 100], dtype=np.uint32),
        begins=np.array([10, 10, 10], dtype=np.float32),
        pairs=np.array(keys, dtype=np.uint32)[order],
        seen=np.array([90, 10], dtype=np.uint16)[order],
    )
    assert table.ratio(ord("甲"), ord("乙")) > table.ratio(ord("甲"), ord("丙")) > table.ratio(ord("乙"), ord("甲"))
