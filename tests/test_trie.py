"""The trie finds what scikit-learn's CountVectorizer counts."""

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from classifier import taxonomy
from classifier.learning import examples as label_files
from classifier.tagging.bundle import Bundle
from classifier.tagging.features import Cues, count
from classifier.tagging.text import encode, normalise
from classifier.tagging.trie import Trie, build

LETTERS = "质押贷款专利a0"
TERMS = st.lists(st.text(LETTERS, min_size=1, max_size=6), min_size=1, max_size=30, unique=True)
TEXTS = st.lists(st.text(LETTERS + "市县", max_size=50), min_size=1, max_size=8)


def counted(texts: list[str], vocabulary: list[str], trie: Trie) -> np.ndarray:
    """Dense counts by way of the trie."""
    none = Cues(np.zeros(len(vocabulary) + 1, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int8))
    rows = count(texts, trie, none, 1)
    dense = np.zeros((len(texts), len(vocabulary)))
    dense[np.repeat(np.arange(len(texts)), np.diff(rows.start)), rows.terms] = rows.counts
    return dense


def reference(texts: list[str], vocabulary: list[str]) -> np.ndarray:
    longest = max(map(len, vocabulary))
    vectorizer = CountVectorizer(analyzer="char", ngram_range=(1, longest), vocabulary=vocabulary, lowercase=False)
    return vectorizer.transform([normalise(text) for text in texts]).toarray()


def found(trie: Trie, text: str) -> list[tuple[int, int, int]]:
    occurrences = trie.find(encode([text])[0])
    length = occurrences.length(np.arange(len(occurrences.at)))
    return list(zip(occurrences.at.tolist(), occurrences.term.tolist(), length.tolist(), strict=True))


@given(TEXTS, TERMS)
def test_counts_equal_scikit_learns_for_any_vocabulary(texts: list[str], vocabulary: list[str]) -> None:
    vocabulary = sorted({normalise(term) for term in vocabulary})
    assert np.array_equal(counted(texts, vocabulary, build(vocabulary)), reference(texts, vocabulary))


def test_counts_equal_scikit_learns_on_the_corpus_with_the_committed_vocabulary(committed: Bundle) -> None:
    corpus = label_files.load(ROOT / "labels" / "corpus", taxonomy.load(ROOT / "labels" / "taxonomy.toml"))
    texts = [example.text for example in corpus[::25]]
    assert len(texts) >= 300
    vocabulary = list(committed.vocabulary)
    for part in range(0, len(texts), 100):  # dense counts of all at once would take a gigabyte
        some = texts[part : part + 100]
        assert np.array_equal(counted(some, vocabulary, committed.trie), reference(some, vocabulary))


@given(TERMS)
def test_every_term_is_found_in_itself_at_its_place(vocabulary: list[str]) -> None:
    vocabulary = sorted({normalise(term) for term in vocabulary})
    trie = build(vocabulary)
    for i, term in enumerate(vocabulary):
        assert (0, i, len(term)) in found(trie, term)


@given(TERMS, st.text(LETTERS, max_size=40))
def test_what_is_found_stands_at_its_place(vocabulary: list[str], text: str) -> None:
    vocabulary = sorted({normalise(term) for term in vocabulary})
    normal = normalise(text)
    for at, term, length in found(build(vocabulary), text):
        assert normal[at : at + length] == vocabulary[term]


def test_overlapping_and_nested_terms_are_all_found() -> None:
    trie = build(["质押", "质押贷款", "押贷", "款"])
    assert sorted(found(trie, "质押贷款")) == [(0, 0, 2), (0, 1, 4), (1, 2, 2), (3, 3, 1)]


def test_terms_at_one_place_come_shorter_first() -> None:
    lengths = [length for _, _, length in found(build(["质", "质押", "质押贷"]), "质押贷质押")]
    assert lengths == sorted(lengths)


def test_a_prefix_of_a_term_is_no_term() -> None:
    assert found(build(["质押贷款"]), "质押") == []


def test_no_term_runs_over_the_end_of_a_text() -> None:
    trie = build(["质押"])
    assert trie.find(encode(["质", "押"])[0]).term.tolist() == []


@pytest.mark.parametrize("text", ["", "市县", "\uffff", "😀", "\ud800"])
def test_a_text_without_a_term_gives_nothing(text: str) -> None:
    assert found(build(["质押"]), text) == []


def test_building_twice_gives_the_same_arrays() -> None:
    terms = [f"{a}{b}" for a in "质押贷款专利商标" for b in "融资登记风险补偿"]
    one, other = build(terms), build(terms)
    for name in ("letters", "base", "check", "term"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_a_vocabulary_of_many_characters_on_one_node_is_placed() -> None:
    terms = [chr(code) for code in range(0x4E00, 0x4E00 + 5000)]
    trie = build(terms)
    assert [found(trie, term) for term in terms[::499]] == [[(0, i, 1)] for i in range(0, 5000, 499)]


def test_a_vocabulary_of_one_long_term_is_placed() -> None:
    assert found(build(["一二三四五六七八九十"]), "十一二三四五六七八九十一") == [(1, 0, 10)]
