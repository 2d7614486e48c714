"""Counts, cue counts and tf-idf values against slow and plain references."""

from collections import Counter

import numpy as np
import pytest
from conftest import SMALL
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import Normalizer

from classifier.learning import vocabulary
from classifier.learning.cues import Cue
from classifier.tagging import features
from classifier.tagging.bundle import Bundle
from classifier.tagging.features import DECOY, STRONG, WEAK
from classifier.tagging.text import normalise
from classifier.tagging.trie import build

LABELS = ["one", "two", "three"]
# few letters, so that cues overlap, contain one another and repeat
TERM = st.text("质押贷", min_size=1, max_size=4)
CUES = st.lists(
    st.builds(Cue, TERM, st.sampled_from(LABELS), st.sampled_from([STRONG, WEAK, DECOY])),
    min_size=1,
    max_size=12,
    unique_by=lambda cue: (cue.term, cue.label),
)
TEXTS = st.lists(st.text("质押贷款", max_size=25), min_size=1, max_size=4)


def cue_counts(texts: list[str], cues: list[Cue]) -> np.ndarray:
    terms = sorted({cue.term for cue in cues} | {"款"})
    return features.count(texts, build(terms), vocabulary.cue_table(terms, cues, LABELS), len(LABELS)).cues


def slow_cue_counts(text: str, cues: list[Cue]) -> list[int]:
    """Of each label's cues and decoys that contain one another only the longest counts; decoys then go."""
    row = [0] * (2 * len(LABELS))
    for j, label in enumerate(LABELS):
        found = [
            (at, at + len(cue.term), cue.strength)
            for cue in cues
            if cue.label == label
            for at in range(len(text))
            if text.startswith(cue.term, at)
        ]
        for begin, end, strength in found:
            inside = any(b <= begin and end <= e and (b, e) != (begin, end) for b, e, _ in found)
            if not inside and strength != DECOY:
                row[j + len(LABELS) * strength] += 1
    return row


@given(TEXTS, CUES)
def test_cue_counts_equal_a_plain_reference(texts: list[str], cues: list[Cue]) -> None:
    assert cue_counts(texts, cues).tolist() == [slow_cue_counts(text, cues) for text in texts]


@pytest.mark.parametrize(
    ("text", "cues", "strong"),
    [
        ("专利质押贷款", [("质押", STRONG), ("质押贷款", STRONG)], 1),  # the longest only
        ("质押，质押贷款", [("质押", STRONG), ("质押贷款", STRONG)], 2),  # each where it stands alone
        ("商标侵权", [("商标", STRONG), ("商标侵权", DECOY)], 0),  # a decoy masks the cue inside
        ("商标侵权商标", [("商标", STRONG), ("商标侵权", DECOY)], 1),  # and no other
        ("突出质押物", [("质押", STRONG), ("出质", DECOY)], 1),  # a decoy that only overlaps masks nothing
        ("专利池塘", [("专利池", STRONG), ("池塘", STRONG)], 2),  # overlapping, not containing: both
        ("质押质押质押", [("质押", STRONG)], 3),
        ("质 押", [("质押", STRONG)], 1),  # white space is none of the text
        ("", [("质押", STRONG)], 0),
    ],
)
def test_known_cue_counts(text: str, cues: list[tuple[str, int]], strong: int) -> None:
    assert cue_counts([text], [Cue(term, "one", strength) for term, strength in cues])[0].tolist() == [
        strong, 0, 0, 0, 0, 0
    ]  # fmt: skip


def test_one_labels_decoy_masks_nothing_of_another_label() -> None:
    cues = [Cue("商标", "one", STRONG), Cue("商标", "two", STRONG), Cue("商标侵权", "two", DECOY)]
    assert cue_counts(["商标侵权"], cues)[0].tolist() == [1, 0, 0, 0, 0, 0]


def test_a_term_can_be_a_strong_cue_of_one_label_and_a_weak_one_of_another() -> None:
    cues = [Cue("质押", "one", STRONG), Cue("质押", "three", WEAK)]
    assert cue_counts(["质押"], cues)[0].tolist() == [1, 0, 0, 0, 0, 1]


def test_cues_of_labels_that_are_left_out_are_not_counted() -> None:
    terms = ["质押"]
    table = vocabulary.cue_table(terms, [Cue("质押", "gone", STRONG), Cue("质押", "one", STRONG)], ["one"])
    assert features.count(["质押"], build(terms), table, 1).cues.tolist() == [[1.0, 0.0]]


@given(TEXTS)
def test_counts_are_csr_rows_with_sorted_terms(texts: list[str]) -> None:
    terms = ["押", "质", "质押", "质押贷", "贷款"]
    counts = features.count(texts, build(terms), vocabulary.cue_table(terms, [], LABELS), len(LABELS))
    assert len(counts.start) == len(texts) + 1
    assert counts.start[0] == 0
    assert counts.start[-1] == len(counts.terms) == len(counts.counts)
    for i, text in enumerate(texts):
        row = slice(counts.start[i], counts.start[i + 1])
        expected = Counter(
            j for j, term in enumerate(terms) for at in range(len(text)) if text.startswith(term, at)
        )  # fmt: skip
        assert counts.terms[row].tolist() == sorted(expected)
        assert dict(zip(counts.terms[row].tolist(), counts.counts[row].tolist(), strict=True)) == expected


def test_counts_do_not_depend_on_the_texts_beside(small: Bundle) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((SMALL / "corpus").glob("*.jsonl"))]
    texts += ["2024年节水12万方", "3月植树", "", "养护"]
    together = features.count(texts, small.trie, small.cues, len(small.labels))
    for i, text in enumerate(texts):
        alone = features.count([text], small.trie, small.cues, len(small.labels))
        row = slice(together.start[i], together.start[i + 1])
        assert together.terms[row].tolist() == alone.terms.tolist(), normalise(text)
        assert together.counts[row].tolist() == alone.counts.tolist()
        assert together.cues[i].tolist() == alone.cues[0].tolist()


def test_no_texts_give_no_rows(small: Bundle) -> None:
    counts = features.count([], small.trie, small.cues, len(small.labels))
    assert counts.start.tolist() == [0]
    assert counts.cues.shape == (0, 2 * len(small.labels))


@pytest.mark.parametrize("power", [0.5, 0.75, 1.0])
def test_values_are_powers_times_weights_scaled_as_scikit_learn_does(power: float) -> None:
    terms = ["押", "质", "质押", "贷"]
    counts = features.count(["质押质押贷", "市", "贷贷贷押"], build(terms), vocabulary.cue_table(terms, [], LABELS), 3)
    weights = np.array([1.0, 2.5, 0.5, 3.0], np.float32)
    dense = np.zeros((3, 4))
    row = np.repeat(np.arange(3), np.diff(counts.start))
    dense[row, counts.terms] = counts.counts
    expected = Normalizer().transform(dense**power * weights)
    assert np.allclose(features.weigh(counts, weights, power), expected[row, counts.terms], atol=1e-6)


def test_cue_columns_grow_with_the_logarithm_of_their_counts() -> None:
    counts = features.Counts(np.zeros(2), np.zeros(0), np.zeros(0, np.float32), np.array([[0, 1, 3]], np.float32))
    values = features.cue_values(counts, np.array([1, 1, 0.5], np.float32))
    assert values[0] == pytest.approx([0, np.log(2), 0.5 * np.log(4)])
