"""Out-of-fold margins → Platt's slope and offset, a threshold and an uncertain band per label."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MIN_POSITIVES = 10  # with fewer, a label takes the global threshold
_LOWEST, _HIGHEST = 0.15, 0.7  # no threshold beyond: out-of-fold F1 is too noisy there to be believed


def platt(margins: Floats, positive: Bools, weight: Floats) -> tuple[float, float]:
    """Give slope and offset of the sigmoid that best maps one label's margins to probabilities.

    Targets are drawn in by Platt's prior correction, so that a label with few examples is not overconfident (Platt
    1999, section 2.2). The slope is never negative: a label whose margins say nothing gets its base rate.
    """
    from sklearn.linear_model import LogisticRegression

    up, down = int(positive.sum()), int((~positive).sum())
    target = np.where(positive, (up + 1) / (up + 2), 1 / (down + 2))
    both = np.concatenate([margins, margins])[:, None]
    sides = np.concatenate([np.ones(len(margins)), np.zeros(len(margins))])
    fit = LogisticRegression(C=1e4).fit(
        both, sides, sample_weight=np.concatenate([weight * target, weight * (1 - target)])
    )
    slope = float(fit.coef_[0, 0])
    if slope <= 0:
        rate = (up + 1) / (up + down + 2)
        return 0.0, float(np.log(rate / (1 - rate)))
    return slope, float(fit.intercept_[0])


def best_threshold(probability: Floats, positive: Bools, weight: Floats) -> tuple[float, float]:
    """Give the threshold of highest weighted F1, half way to the next lower probability, and that F1."""
    order = np.argsort(-probability, kind="stable")
    sorted_p, hit, w = probability[order], positive[order], weight[order]
    f1 = 2 * np.cumsum(w * hit) / (np.cumsum(w) + (weight * positive).sum())
    last_of_ties = np.append(sorted_p[1:] < sorted_p[:-1], True)
    best = int(np.argmax(np.where(last_of_ties, f1, -1.0)))
    below = sorted_p[best + 1] if best + 1 < len(sorted_p) else 0.0
    return float(sorted_p[best] + below) / 2, float(f1[best])


def thresholds(probability: Floats, positive: Bools, weight: Floats, shrink: float) -> Floats:
    """Give a threshold per label, drawn towards the global one as by `shrink` further positives.

    A label with fewer than `MIN_POSITIVES` positives, or whose best F1 is 0, takes the global one.
    """
    labels = probability.shape[1]
    common, _ = best_threshold(probability.ravel(), positive.ravel(), np.repeat(weight, labels))
    chosen = np.full(labels, common)
    for j in range(labels):
        own, f1 = best_threshold(probability[:, j], positive[:, j], weight)
        n = float((weight * positive[:, j]).sum())
        if positive[:, j].sum() >= MIN_POSITIVES and f1 > 0:
            chosen[j] = (n * own + shrink * common) / (n + shrink)
    return np.asarray(np.clip(chosen, _LOWEST, _HIGHEST))


@dataclass(frozen=True, slots=True)
class Bands:
    """Per label the probabilities between which a decision is left to a person."""

    low: Floats
    high: Floats


def bands(probability: Floats, positive: Bools, threshold: Floats, weight: Floats, wanted: float) -> Bands:
    """Give the bands that bring micro F1 outside review to `wanted`, the widest uncertainty first.

    One width for all, in log odds around each label's threshold: the narrowest at which the paragraphs with no
    probability inside any band reach `wanted`, or the widest tried.
    """
    logit = np.log(threshold / (1 - threshold))
    given = probability >= threshold
    low = high = threshold
    for width in np.arange(0.0, 3.01, 0.05):
        low, high = _sigmoid(logit - width), _sigmoid(logit + width)
        sure = ~((probability > low) & (probability < high)).any(axis=1)
        w = weight[sure][:, None]
        hits = (w * (given & positive)[sure]).sum()
        total = (w * given[sure]).sum() + (w * positive[sure]).sum()
        if total > 0 and 2 * hits / total >= wanted:
            break
    return Bands(low, high)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)))
