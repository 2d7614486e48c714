"""Figures of multi-label tagging. Classes come from the taxonomy, undefined scores are None, never 0 or 1."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]


def f1(given: Bools, true: Bools) -> float | None:
    """F1 of all decisions together; None where nothing is true and nothing was given."""
    total = int(given.sum()) + int(true.sum())
    return 2 * int((given & true).sum()) / total if total else None


def precision(given: Bools, true: Bools) -> float | None:
    """Share of the given that is true; None where nothing was given."""
    return int((given & true).sum()) / int(given.sum()) if given.any() else None


def recall(given: Bools, true: Bools) -> float | None:
    """Share of the true that was given; None where nothing is true."""
    return int((given & true).sum()) / int(true.sum()) if true.any() else None


def macro_f1(given: Bools, true: Bools, support: int = 1) -> float | None:
    """Mean of the labels' F1 over labels with at least `support` true paragraphs."""
    return mean(f1(given[:, j], true[:, j]) for j in range(true.shape[1]) if true[:, j].sum() >= support)


def average_precision(score: Floats, true: Bools) -> float | None:
    """Mean over the true paragraphs of the precision among those scored as high or higher; None where none is true."""
    order = np.argsort(-score, kind="stable")
    ranked, hits = score[order], np.cumsum(true[order])
    if not len(hits) or not hits[-1]:
        return None
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # of equal scores
    found = np.diff(hits[last], prepend=0)
    return float((found * hits[last] / (last + 1)).sum() / hits[-1])


def calibration_error(probability: Floats, true: Bools, bins: int = 10) -> float | None:
    """Expected calibration error over equal-width bins (Naeini et al. 2015); None for no decisions."""
    p, y = probability.ravel(), true.ravel()
    if not len(p):
        return None
    number = np.minimum((p * bins).astype(int), bins - 1)
    gaps = np.abs(np.bincount(number, weights=p - y, minlength=bins))
    return float(gaps.sum() / len(p))


def brier(probability: Floats, true: Bools) -> float | None:
    """Mean squared distance of probability and truth; None for no decisions."""
    return float(((probability - true) ** 2).mean()) if probability.size else None


def log_loss(probability: Floats, true: Bools) -> float | None:
    """Mean negative log likelihood in nats; None for no decisions."""
    if not probability.size:
        return None
    p = np.clip(probability.astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-np.where(true, np.log(p), np.log1p(-p)).mean())


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of the values that are defined; None where none is."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def bootstrap(
    documents: Sequence[str], figure: Callable[[npt.NDArray[np.int64]], float | None], rounds: int = 1000, seed: int = 0
) -> tuple[float, float] | None:
    """Give the 95 % percentile interval of `figure` over documents drawn with replacement.

    `figure` takes the row numbers of a sample. None where it was undefined in more than half of the samples.
    """
    rows: dict[str, list[int]] = {}
    for i, document in enumerate(documents):
        rows.setdefault(document, []).append(i)
    groups = [np.array(group) for group in rows.values()]
    random = np.random.default_rng(seed)
    drawn = [
        figure(np.concatenate([groups[i] for i in random.integers(len(groups), size=len(groups))]))
        for _ in range(rounds)
    ]
    values = [value for value in drawn if value is not None]
    if len(values) * 2 < rounds:
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
