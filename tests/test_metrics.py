"""The figures equal scikit-learn's where they are defined, and are None where they are not."""

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from classifier.learning import metrics

SHAPE = st.tuples(st.integers(1, 30), st.integers(1, 4))
DECISIONS = SHAPE.flatmap(lambda s: st.tuples(arrays.arrays(bool, s), arrays.arrays(bool, s)))
NONE = np.zeros((0, 3))


@given(DECISIONS)
def test_precision_recall_and_f1_equal_scikit_learns(case: tuple[np.ndarray, np.ndarray]) -> None:
    found, true = case
    p, r, f, _ = reference.precision_recall_fscore_support(
        true.ravel(), found.ravel(), average="binary", zero_division=np.nan
    )
    assert metrics.precision(found, true) == (pytest.approx(p) if found.any() else None)
    assert metrics.recall(found, true) == (pytest.approx(r) if true.any() else None)
    assert metrics.f1(found, true) == (pytest.approx(f) if found.any() or true.any() else None)


@given(DECISIONS)
def test_macro_f1_is_scikit_learns_mean_over_labels_that_occur(case: tuple[np.ndarray, np.ndarray]) -> None:
    found, true = case
    each = [
        reference.f1_score(true[:, j], found[:, j], zero_division=0) for j in range(true.shape[1]) if true[:, j].any()
    ]
    assert metrics.macro_f1(found, true) == (pytest.approx(np.mean(each)) if each else None)


@given(st.permutations(range(25)), st.lists(st.booleans(), min_size=25, max_size=25))
def test_average_precision_equals_scikit_learns(order: list[int], true: list[bool]) -> None:
    score, truth = np.array(order, dtype=float), np.array(true)
    expected = pytest.approx(reference.average_precision_score(truth, score)) if truth.any() else None
    assert metrics.average_precision(score, truth) == expected


def test_average_precision_does_not_depend_on_the_order_of_equal_scores() -> None:
    score, true = np.full(10, 0.5), np.arange(10) < 2
    assert metrics.average_precision(score, true) == pytest.approx(0.2)
    assert metrics.average_precision(score, true[::-1]) == pytest.approx(0.2)


@given(arrays.arrays(float, 40, elements=st.floats(0, 1)), arrays.arrays(bool, 40))
def test_brier_and_log_loss_equal_scikit_learns(p: np.ndarray, true: np.ndarray) -> None:
    assert metrics.brier(p, true) == pytest.approx(reference.brier_score_loss(true, p, labels=[False, True]))
    clipped = np.clip(p, 1e-7, 1 - 1e-7)
    assert metrics.log_loss(p, true) == pytest.approx(reference.log_loss(true, clipped, labels=[False, True]))


def test_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    p = np.array([0.05] * 10 + [0.95] * 10)
    true = np.array([True] * 2 + [False] * 8 + [True] * 7 + [False] * 3)
    assert metrics.calibration_error(p, true) == pytest.approx((0.15 + 0.25) / 2)


def test_a_probability_of_1_is_in_the_last_bin() -> None:
    assert metrics.calibration_error(np.array([1.0, 1.0]), np.array([True, False])) == pytest.approx(0.5)


def test_probabilities_that_are_right_on_average_have_no_calibration_error() -> None:
    assert metrics.calibration_error(np.full(10, 0.3), np.arange(10) < 3) == pytest.approx(0)


@pytest.mark.parametrize("figure", [metrics.calibration_error, metrics.brier, metrics.log_loss])
def test_no_decisions_have_no_figure(figure) -> None:
    assert figure(NONE, NONE.astype(bool)) is None


def test_a_certain_error_costs_much_but_not_infinitely() -> None:
    assert 10 < metrics.log_loss(np.array([0.0]), np.array([True])) < 20


def test_the_mean_leaves_out_what_is_undefined() -> None:
    assert metrics.mean([0.5, None, 1.0]) == 0.75
    assert metrics.mean([None]) is None
    assert metrics.mean([]) is None


def test_labels_with_too_little_support_are_no_part_of_macro_f1() -> None:
    true = np.array([[1, 1], [0, 1], [0, 0]], bool)
    found = np.array([[0, 1], [0, 1], [0, 0]], bool)
    assert metrics.macro_f1(found, true, support=2) == 1
    assert metrics.macro_f1(found, true) == 0.5


def test_an_interval_contains_the_figure_and_is_the_same_every_time() -> None:
    random = np.random.default_rng(0)
    true, documents = random.random(200) < 0.4, [f"d{i // 5}" for i in range(200)]
    found = true ^ (random.random(200) < 0.2)

    def figure(rows: np.ndarray) -> float | None:
        return metrics.f1(found[rows], true[rows])

    low, high = metrics.bootstrap(documents, figure)
    assert low < figure(np.arange(200)) < high
    assert 0.05 < high - low < 0.3
    assert metrics.bootstrap(documents, figure) == (low, high)


def test_an_interval_covers_the_standard_error_of_a_mean() -> None:
    values = np.random.default_rng(1).normal(size=400)
    low, high = metrics.bootstrap([str(i) for i in range(400)], lambda rows: float(values[rows].mean()))
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.15)


def test_paragraphs_of_one_document_are_drawn_together() -> None:
    def figure(rows: np.ndarray) -> float:
        counts = np.bincount(rows, minlength=10).reshape(2, 5)
        assert np.all(counts == counts[:, :1])
        return 0.0

    assert metrics.bootstrap(["a"] * 5 + ["b"] * 5, figure, rounds=50) == (0, 0)


def test_one_document_has_an_interval_of_no_width() -> None:
    low, high = metrics.bootstrap(["d"] * 4, lambda rows: float(rows.mean()))
    assert low == high == 1.5


def test_a_figure_undefined_in_most_samples_has_no_interval() -> None:
    assert metrics.bootstrap(["a", "b"], lambda _: None) is None
