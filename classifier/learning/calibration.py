"""Out-of-fold margins → Platt's slope and offset and a threshold per label, one curve and one limit for all."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.tagging.scores import apply_curve
from classifier.tagging.tags import doubt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MIN_POSITIVES = 10  # with fewer, a label takes the global threshold
_FLOOR, _CEILING = -30.0, 30.0  # logits beyond all data, where the curve reaches 0 and 1
_LOWEST, _HIGHEST = 0.15, 0.7  # no threshold beyond: out-of-fold F1 is too noisy there to be believed


_LOGITS = np.linspace(-30.0, 30.0, 1201, dtype=np.float64)
SIGMOID = (_LOGITS, 1 / (1 + np.exp(-_LOGITS)))  # as a curve of knots and values


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What turns margins into decisions, and the probabilities it gives those it was fitted on."""

    slope: Floats
    offset: Floats
    knots: Floats
    values: Floats
    threshold: Floats
    probability: Floats


def calibrate(
    margin: Floats, positive: Bools, weight: Floats, *, shrink: float, ease: float = 1.0, curved: bool = True
) -> Calibrated:
    """Fit everything that stands between out-of-fold margins and decisions; without `curved` by Platt's sigmoid alone.

    `weight` says how much each row counts for the probabilities; for the thresholds all count alike. An
    `ease` below 1 lowers the `thresholds`.
    """
    lines = [platt(margin[:, j], positive[:, j], weight) for j in range(margin.shape[1])]
    slope, offset = np.array(lines).T
    logit = slope * margin + offset
    knots, values = curve(logit, positive, weight) if curved else SIGMOID
    probability = np.asarray(apply_curve(logit, knots, values), dtype=np.float64)
    chosen = thresholds(probability, positive, shrink, ease)
    return Calibrated(slope, offset, knots, values, chosen, probability)


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


def curve(logit: Floats, positive: Bools, weight: Floats, bins: int = 40) -> tuple[Floats, Floats]:
    """Give knots (logits) and values (probabilities) of one rising curve for the decisions of all labels.

    Platt's sigmoid is too steep at both ends for text of many kinds. Decisions are binned with equal numbers of
    positives, and the bins' rates joined by straight lines (as the scaling-binning of Kumar et al., "Verified
    uncertainty calibration", 2019, made continuous so that the order of decisions is kept).
    """
    order = np.argsort(logit, axis=None, kind="stable")
    z, y, w = logit.ravel()[order], positive.ravel()[order], np.repeat(weight, logit.shape[1])[order]
    found = np.cumsum(w * y)
    edges = np.searchsorted(found, np.linspace(0, found[-1], bins + 1)[1:-1])
    number = np.searchsorted(z[edges], z, side="right")  # equal logits stay together
    mass = np.bincount(number, weights=w, minlength=bins)
    full = mass > 0
    knots = np.bincount(number, weights=w * z, minlength=bins)[full] / mass[full]
    rates = np.maximum.accumulate(np.bincount(number, weights=w * y, minlength=bins)[full] / mass[full])
    return np.concatenate([[_FLOOR], knots, [_CEILING]]), np.concatenate([[0.0], rates, [1.0]])


def best_threshold(probability: Floats, positive: Bools) -> tuple[float, float]:
    """Give the threshold of highest F1, half way to the next lower probability, and that F1."""
    order = np.argsort(-probability, kind="stable")
    sorted_p, hit = probability[order], positive[order]
    f1 = 2 * np.cumsum(hit) / (np.arange(1, len(hit) + 1) + positive.sum())
    last_of_ties = np.append(sorted_p[1:] < sorted_p[:-1], True)
    best = int(np.argmax(np.where(last_of_ties, f1, -1.0)))
    below = sorted_p[best + 1] if best + 1 < len(sorted_p) else 0.0
    return float(sorted_p[best] + below) / 2, float(f1[best])


def thresholds(probability: Floats, positive: Bools, shrink: float, ease: float = 1.0) -> Floats:
    """Give a threshold per label, drawn towards the global one as by `shrink` further positives, times `ease`.

    A label with fewer than `MIN_POSITIVES` positives, or whose best F1 is 0, takes the global one. The threshold of
    highest F1 is half of that F1 where probabilities are right (Lipton et al., "Optimal thresholding of classifiers to
    maximize F1 measure", 2014): so on text where less is reached it is lower than out of fold, by the same factor.
    """
    labels = probability.shape[1]
    common, _ = best_threshold(probability.ravel(), positive.ravel())
    chosen = np.full(labels, common)
    for j in range(labels):
        own, f1 = best_threshold(probability[:, j], positive[:, j])
        n = int(positive[:, j].sum())
        if n >= MIN_POSITIVES and f1 > 0:
            chosen[j] = (n * own + shrink * common) / (n + shrink)
    return np.asarray(np.clip(ease * chosen, _LOWEST, _HIGHEST))


def doubt_limit(probability: Floats, positive: Bools, threshold: Floats, weight: Floats, wanted: float) -> float:
    """Give the doubt up to which paragraphs need no review: the highest at which their micro F1 is still `wanted`.

    Doubt is that of `classifier.tagging.tags.doubt`. Minus infinity where no limit brings that F1.
    """
    given = probability >= threshold
    amount = doubt(probability, given)
    order = np.argsort(amount, kind="stable")
    w = weight[order]
    hits = np.cumsum(w * (given & positive)[order].sum(axis=1))
    total = np.cumsum(w * (given[order].sum(axis=1) + positive[order].sum(axis=1)))
    last = np.append(amount[order][1:] > amount[order][:-1], True)  # of equal doubts
    enough = np.flatnonzero((2 * hits >= wanted * total) & (total > 0) & last)
    return float(amount[order][enough[-1]]) if len(enough) else -np.inf
