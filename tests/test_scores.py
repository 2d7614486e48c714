"""The whole path from text to margin equals a scikit-learn pipeline with the same numbers."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import Normalizer
from sklearn.svm import LinearSVC

from classifier import taxonomy
from classifier.learning import examples as label_files
from classifier.records import Example
from classifier.tagging import features, scores
from classifier.tagging.bundle import Bundle
from classifier.tagging.text import normalise

EDGES = [
    "", " ", "。", "2024年全市专利质押登记46件", "１２３", "123", "Ａｂｃ ＰＣＴ", "😀𠮷", "\uffff", "质押" * 500,
    "“专利”（质押）《办法》", "市\u200b里\n组\u3000织植树",
]  # fmt: skip


def pipeline_margins(texts: list[str], bundle: Bundle) -> np.ndarray:
    """CountVectorizer → power, idf → Normalizer → cue columns beside → LinearSVC.decision_function."""
    longest = max(map(len, bundle.vocabulary))
    vectorizer = CountVectorizer(
        analyzer="char", ngram_range=(1, longest), vocabulary=bundle.vocabulary, lowercase=False
    )
    terms = vectorizer.transform([normalise(text) for text in texts]).astype(np.float64)
    terms.data **= bundle.config["power"]
    terms = Normalizer().transform(terms.multiply(bundle.weights.idf.astype(np.float64)).tocsr())
    cues = np.log1p([slow_cues(text, bundle) for text in texts]) * bundle.weights.cue
    model = LinearSVC()
    model.classes_ = np.arange(len(bundle.labels))
    model.coef_ = np.vstack([bundle.weights.coef, bundle.weights.cue_coef]).T.astype(np.float64)
    model.intercept_ = bundle.weights.intercept.astype(np.float64)
    return np.asarray(model.decision_function(hstack([terms, csr_matrix(cues)]).tocsr()))


def slow_cues(text: str, bundle: Bundle) -> np.ndarray:
    """Cue counts by plain string search: of a label's cues that contain one another only the longest."""
    row, normal, labels = np.zeros(2 * len(bundle.labels)), normalise(text), len(bundle.labels)
    first = bundle.cues.first
    found: dict[int, list[tuple[int, int, int]]] = {}
    for number in np.flatnonzero(np.diff(first)).tolist():
        term = bundle.vocabulary[number]
        at = normal.find(term)
        while at >= 0:
            for entry in range(first[number], first[number + 1]):
                place = (at, at + len(term), int(bundle.cues.strength[entry]))
                found.setdefault(int(bundle.cues.label[entry]), []).append(place)
            at = normal.find(term, at + 1)
    for label, places in found.items():
        for begin, end, strength in places:
            inside = any(b <= begin and end <= e and (b, e) != (begin, end) for b, e, _ in places)
            if not inside and strength != features.DECOY:
                row[label + labels * strength] += 1
    return row


def margins(texts: list[str], bundle: Bundle) -> np.ndarray:
    counts = features.count(texts, bundle.trie, bundle.cues, len(bundle.labels))
    return scores.margins(counts, bundle.weights)


def test_margins_of_the_committed_model_equal_scikit_learns_on_the_corpus(committed: Bundle) -> None:
    corpus = label_files.load(ROOT / "labels" / "corpus", taxonomy.load(ROOT / "labels" / "taxonomy.toml"))
    texts = [example.text for example in corpus[::19]]
    assert len(texts) >= 300
    assert np.abs(margins(texts, committed) - pipeline_margins(texts, committed)).max() <= 1e-5


def test_margins_of_the_small_model_equal_scikit_learns_on_its_examples(
    small: Bundle, small_examples: list[Example]
) -> None:
    texts = [example.text for example in small_examples]
    assert np.abs(margins(texts, small) - pipeline_margins(texts, small)).max() <= 1e-5


@pytest.mark.parametrize("text", EDGES)
def test_margins_of_odd_texts_equal_scikit_learns(text: str, small: Bundle, committed: Bundle) -> None:
    for bundle in (small, committed):
        assert np.abs(margins([text], bundle) - pipeline_margins([text], bundle)).max() <= 1e-5


@given(st.lists(st.text("节水滴灌造林植树养护坑槽路面中学皮肤2a，", max_size=30), min_size=1, max_size=5))
def test_margins_of_any_texts_equal_scikit_learns(small: Bundle, texts: list[str]) -> None:
    assert np.abs(margins(texts, small) - pipeline_margins(texts, small)).max() <= 1e-5


def test_a_text_without_a_known_term_has_the_intercept_as_margin(small: Bundle) -> None:
    assert np.array_equal(margins(["", "ЖЖ"], small), np.tile(small.weights.intercept, (2, 1)))


def test_rows_without_terms_between_others_change_nothing(small: Bundle) -> None:
    texts = ["", "村里植树三百棵", "", "", "养护坑槽", ""]
    together = margins(texts, small)
    for i, text in enumerate(texts):
        assert together[i] == pytest.approx(margins([text], small)[0], abs=1e-6)


def test_a_probability_lies_on_the_curve_at_slope_times_margin_plus_offset(small: Bundle) -> None:
    weights = replace(
        small.weights, slope=np.array([1, 2, 0], np.float32), offset=np.array([0, -1, 0.5], np.float32),
        knots=np.array([-30, -1, 1, 30], np.float32), values=np.array([0, 0.2, 0.8, 1], np.float32),
    )  # fmt: skip
    found = scores.probabilities(np.array([[0.0, 0.5, 99.0], [1.0, 1.0, -99.0]]), weights)
    assert found == pytest.approx(np.array([[0.5, 0.5, 0.65], [0.8, 0.8, 0.65]]))


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=20))
def test_a_higher_margin_never_gives_a_lower_probability(small: Bundle, values: list[float]) -> None:
    margin = np.tile(np.sort(values)[:, None], (1, 3))
    found = scores.probabilities(margin, small.weights)
    assert np.all(np.diff(found, axis=0) >= 0)
    assert np.all((found >= 0) & (found <= 1))


def test_huge_margins_give_0_and_1(small: Bundle) -> None:
    found = scores.probabilities(np.array([[-1e30] * 3, [1e30] * 3]), small.weights)
    assert found.tolist() == [[0] * 3, [1] * 3]
