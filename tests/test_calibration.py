"""Platt's sigmoid, thresholds with their guards, bands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.learning import calibration

ONES = np.ones(200)


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


@given(st.integers(0, 10_000), st.integers(1, 50))
def test_the_best_threshold_is_the_best_of_all(seed: int, positives: int) -> None:
    random = np.random.default_rng(seed)
    probability = random.choice(np.linspace(0.05, 0.95, 19), 60)  # with ties
    positive, weight = random.permutation(np.arange(60) < positives), random.choice([0.3, 1.0], 60)
    threshold, f1 = calibration.best_threshold(probability, positive, weight)

    def f1_at(t: float) -> float:
        given_ = probability >= t
        return 2 * (weight * (given_ & positive)).sum() / ((weight * given_).sum() + (weight * positive).sum())

    assert f1_at(threshold) == pytest.approx(f1)
    assert f1 == pytest.approx(max(f1_at(t) for t in probability))


def test_a_threshold_lies_half_way_to_the_next_lower_probability() -> None:
    probability = np.array([0.9, 0.8, 0.4, 0.2])
    assert calibration.best_threshold(probability, np.array([1, 1, 0, 0], bool), np.ones(4)) == pytest.approx((0.6, 1))


def test_a_label_with_too_few_positives_takes_the_global_threshold() -> None:
    good, many = case()
    rare = np.zeros(200, dtype=bool)
    rare[-(calibration.MIN_POSITIVES - 1) :] = True  # their probabilities are low: an own threshold would be, too
    probability, positive = np.column_stack([good, good]), np.column_stack([many, rare])
    common, _ = calibration.best_threshold(probability.ravel(), positive.ravel(), np.ones(400))
    chosen = calibration.thresholds(probability, positive, ONES, shrink=0)
    assert chosen[1] == pytest.approx(common)


def test_one_positive_more_and_the_label_has_its_own_threshold() -> None:
    good, many = case()
    enough = np.zeros(200, dtype=bool)
    enough[-calibration.MIN_POSITIVES :] = True
    probability, positive = np.column_stack([good, good]), np.column_stack([many, enough])
    common, _ = calibration.best_threshold(probability.ravel(), positive.ravel(), np.ones(400))
    assert calibration.thresholds(probability, positive, ONES, shrink=0)[1] != pytest.approx(common)


def test_nothing_is_chosen_where_the_best_f1_is_0() -> None:
    good, many = case()
    hopeless = np.zeros(200, dtype=bool)
    hopeless[20:35] = True  # enough positives, and none of them weighs anything
    weight = np.where(hopeless, 0.0, 1.0)
    probability, positive = np.column_stack([good, good]), np.column_stack([many, hopeless])
    assert calibration.best_threshold(good, hopeless, weight)[1] == 0
    common, f1 = calibration.best_threshold(probability.ravel(), positive.ravel(), np.repeat(weight, 2))
    assert f1 > 0
    assert calibration.thresholds(probability, positive, weight, shrink=0)[1] == pytest.approx(common)


def test_shrinking_draws_a_threshold_towards_the_global_one() -> None:
    one, other = case(seed=1), case(seed=2, positives=80)
    probability = np.column_stack([one[0], other[0] / 2])
    positive = np.column_stack([one[1], other[1]])
    common, _ = calibration.best_threshold(probability.ravel(), positive.ravel(), np.ones(400))
    distance = [
        abs(calibration.thresholds(probability, positive, ONES, shrink)[1] - common) for shrink in (0, 20, 1000)
    ]  # fmt: skip
    assert distance[0] > distance[1] > distance[2]


@given(st.integers(0, 200))
def test_no_threshold_is_beyond_what_is_believed(seed: int) -> None:
    random = np.random.default_rng(seed)
    chosen = calibration.thresholds(random.random((50, 3)), random.random((50, 3)) < 0.3, np.ones(50), 5)
    assert np.all((chosen >= 0.15) & (chosen <= 0.7))


def test_bands_are_as_narrow_as_the_wanted_f1_allows() -> None:
    probability, positive = case(n=400, positives=100)
    threshold, weight = np.array([0.45]), np.ones(400)

    def f1_outside(low: float, high: float) -> float:
        sure = ~((probability > low) & (probability < high))
        given_ = probability[sure] >= 0.45
        return 2 * (given_ & positive[sure]).sum() / (given_.sum() + positive[sure].sum())

    found = calibration.bands(probability[:, None], positive[:, None], threshold, weight, 0.98)
    low, high = float(found.low[0]), float(found.high[0])
    assert low < 0.45 < high
    assert f1_outside(low, high) >= 0.98

    def logit(p: float) -> float:
        return float(np.log(p / (1 - p)))

    width = logit(high) - logit(0.45) - 0.05  # one step narrower was not enough
    assert f1_outside(1 / (1 + np.exp(-(logit(0.45) - width))), 1 / (1 + np.exp(-(logit(0.45) + width)))) < 0.98


def test_where_everything_is_right_nothing_is_left_to_review() -> None:
    positive = np.arange(50) < 20
    found = calibration.bands(
        np.where(positive, 0.9, 0.1)[:, None], positive[:, None], np.array([0.5]), np.ones(50), 0.9
    )
    assert found.low == pytest.approx(found.high)


def test_where_the_wanted_f1_is_out_of_reach_the_widest_band_is_taken() -> None:
    random = np.random.default_rng(0)
    probability = random.random((100, 1))
    found = calibration.bands(probability, random.random((100, 1)) < 0.5, np.array([0.5]), np.ones(100), 1.0)
    assert found.low[0] < 0.1
    assert found.high[0] > 0.9
