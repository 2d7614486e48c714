"""Platt's sigmoid, the common curve, thresholds with their guards, the limit of doubt."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.learning import calibration
from classifier.tagging import tags


def drawn(slope: float, offset: float, n: int = 20_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Margins and truths drawn from a known sigmoid."""
    random = np.random.default_rng(seed)
    margins = random.normal(size=n)
    return margins, random.random(n) < 1 / (1 + np.exp(-(slope * margins + offset)))


def case(n: int = 200, positives: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that say something about `positives` of `n` truths."""
    random = np.random.default_rng(seed)
    positive = np.arange(n) < positives
    return np.clip(random.normal(0.25 + 0.4 * positive, 0.15), 0.01, 0.99), positive


@pytest.mark.parametrize(("slope", "offset"), [(2.0, -1.0), (4.0, -3.0), (0.7, 0.5)])
def test_platt_finds_a_known_sigmoid(slope: float, offset: float) -> None:
    found = calibration.platt(*drawn(slope, offset), np.ones(20_000))
    assert found == pytest.approx((slope, offset), rel=0.1, abs=0.1)


@given(st.integers(0, 50), st.integers(1, 30))
def test_the_slope_is_never_negative(seed: int, positives: int) -> None:
    margins = np.random.default_rng(seed).normal(size=60)
    slope, offset = calibration.platt(margins, np.arange(60) < positives, np.ones(60))
    assert slope >= 0
    assert np.isfinite(offset)


def test_margins_that_say_the_opposite_give_the_base_rate() -> None:
    positive = np.arange(100) < 25
    slope, offset = calibration.platt(np.where(positive, -1.0, 1.0), positive, np.ones(100))
    assert slope == 0
    assert 1 / (1 + np.exp(-offset)) == pytest.approx(26 / 102)


def test_few_examples_that_are_told_apart_do_not_make_it_certain() -> None:
    positive = np.arange(20) < 4
    slope, offset = calibration.platt(np.where(positive, 1.0, -1.0), positive, np.ones(20))
    assert 1 / (1 + np.exp(-(slope + offset))) == pytest.approx(5 / 6, abs=0.02)  # Platt's target for 4 positives


def logits(n: int = 4000, labels: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits and truths drawn with the probabilities that the logits say."""
    random = np.random.default_rng(seed)
    z = random.normal(-1, 2, (n, labels))
    return z, random.random((n, labels)) < 1 / (1 + np.exp(-z))


@given(st.integers(0, 200), st.integers(1, 300))
def test_the_curve_rises_from_0_to_1(seed: int, n: int) -> None:
    z, positive = logits(n, seed=seed)
    positive[0, 0] = True
    knots, values = calibration.curve(z, positive, np.ones(n))
    assert np.all(np.diff(knots) >= 0)
    assert np.all(np.diff(values) >= 0)
    assert (values[0], values[-1]) == (0, 1)


def test_the_curve_finds_the_probabilities_of_right_logits() -> None:
    z, positive = logits(40_000)
    knots, values = calibration.curve(z, positive, np.ones(40_000))
    assert np.abs(np.interp(z, knots, values) - 1 / (1 + np.exp(-z))).max() < 0.05


def test_the_curve_mends_logits_that_are_too_sure() -> None:
    z, positive = logits(40_000)
    knots, values = calibration.curve(3 * z, positive, np.ones(40_000))
    assert np.abs(np.interp(3 * z, knots, values) - 1 / (1 + np.exp(-z))).max() < 0.05


def test_the_curve_is_drawn_by_weight() -> None:
    random = np.random.default_rng(0)
    z, positive = random.normal(size=(20_000, 1)), random.random((20_000, 1)) < 0.5
    knots, values = calibration.curve(z, positive, np.where(positive[:, 0], 3.0, 1.0))
    assert np.interp(0.0, knots, values) == pytest.approx(0.75, abs=0.06)


def test_equal_logits_have_the_rate_that_they_have_together_whatever_their_order() -> None:
    # a label whose margins say nothing has one logit for all paragraphs
    positive = np.arange(100)[:, None] < 50
    for turned in (positive, positive[::-1]):
        knots, values = calibration.curve(np.zeros((100, 1)), turned, np.ones(100))
        assert np.interp(0.0, knots, values) == pytest.approx(0.5, abs=0.05)


@given(st.integers(0, 10_000), st.integers(1, 50))
def test_the_best_threshold_is_the_best_of_all(seed: int, positives: int) -> None:
    random = np.random.default_rng(seed)
    probability = random.choice(np.linspace(0.05, 0.95, 19), 60)  # with ties
    positive = random.permutation(np.arange(60) < positives)
    threshold, f1 = calibration.best_threshold(probability, positive)

    def f1_at(t: float) -> float:
        given_ = probability >= t
        return 2 * (given_ & positive).sum() / (given_.sum() + positive.sum())

    assert f1_at(threshold) == pytest.approx(f1)
    assert f1 == pytest.approx(max(f1_at(t) for t in probability))


def test_a_threshold_lies_half_way_to_the_next_lower_probability() -> None:
    probability = np.array([0.9, 0.8, 0.4, 0.2])
    assert calibration.best_threshold(probability, np.array([1, 1, 0, 0], bool)) == pytest.approx((0.6, 1))


@pytest.mark.parametrize(("positives", "own"), [(0, False), (9, False), (10, True)])
def test_a_label_with_fewer_than_ten_positives_takes_the_global_threshold(positives: int, own: bool) -> None:
    good, many = case()
    rare = np.arange(200) >= 200 - positives  # their probabilities are low: an own threshold would be, too
    probability, positive = np.column_stack([good, good]), np.column_stack([many, rare])
    common, f1 = calibration.best_threshold(probability.ravel(), positive.ravel())
    assert f1 > 0
    chosen = calibration.thresholds(probability, positive, shrink=0)
    assert (chosen[1] != pytest.approx(common)) is own


def test_shrinking_draws_a_threshold_towards_the_global_one() -> None:
    one, other = case(seed=1), case(seed=2, positives=80)
    probability = np.column_stack([one[0], other[0] / 2])
    positive = np.column_stack([one[1], other[1]])
    common, _ = calibration.best_threshold(probability.ravel(), positive.ravel())
    distance = [abs(calibration.thresholds(probability, positive, shrink)[1] - common) for shrink in (0, 20, 1000)]
    assert distance[0] > distance[1] > distance[2]


def test_eased_thresholds_are_lower_by_that_factor_and_confidence_stays_as_it_is() -> None:
    margin, positive = logits(4000, seed=1)
    usual, eased = (calibration.calibrate(margin, positive, np.ones(4000), shrink=20, ease=ease) for ease in (1.0, 0.8))
    assert np.all(usual.threshold < 0.7)
    assert eased.threshold == pytest.approx(0.8 * usual.threshold)
    assert np.array_equal(eased.probability, usual.probability)


@given(st.integers(0, 200))
def test_no_threshold_is_beyond_what_is_believed(seed: int) -> None:
    random = np.random.default_rng(seed)
    chosen = calibration.thresholds(random.random((50, 3)), random.random((50, 3)) < 0.3, 5)
    assert np.all((chosen >= 0.15) & (chosen <= 0.7))


def test_the_limit_of_doubt_is_the_highest_that_keeps_the_wanted_f1() -> None:
    z, positive = logits(1000)
    probability, threshold, weight = 1 / (1 + np.exp(-z)), np.full(3, 0.5), np.ones(1000)
    limit = calibration.doubt_limit(probability, positive, threshold, weight, 0.8)
    found = probability >= threshold
    doubt = tags.doubt(probability, found)

    def f1_up_to(most: float) -> float:
        sure = doubt <= most
        return 2 * (found & positive)[sure].sum() / (found[sure].sum() + positive[sure].sum())

    assert 0 < (doubt <= limit).mean() < 1
    assert f1_up_to(limit) >= 0.8
    assert all(f1_up_to(more) < 0.8 for more in doubt[doubt > limit])


def test_where_everything_is_right_nothing_is_left_to_review() -> None:
    positive = np.arange(50)[:, None] < 20
    probability = np.where(positive, 0.9, 0.1) + np.linspace(0, 0.05, 50)[:, None]
    limit = calibration.doubt_limit(probability, positive, np.array([0.5]), np.ones(50), 0.9)
    assert np.all(tags.doubt(probability, probability >= 0.5) <= limit)


def test_where_the_wanted_f1_is_out_of_reach_everything_is_left_to_review() -> None:
    positive = np.arange(50)[:, None] < 20
    limit = calibration.doubt_limit(np.where(positive, 0.1, 0.9), positive, np.array([0.5]), np.ones(50), 0.9)
    assert limit == -np.inf
