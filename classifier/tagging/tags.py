"""Probabilities + thresholds → tags, and whether a person should look."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier.records import Tag
from classifier.tagging.bundle import Bundle
from classifier.tagging.features import Floats


def tags(probability: Floats, bundle: Bundle) -> list[tuple[Tag, ...]]:
    """Give each row's tags, surest first."""
    ids, names = list(bundle.labels), list(bundle.labels.values())
    rows, labels = (probability >= bundle.weights.threshold).nonzero()
    confidence = probability[rows, labels]
    order = np.lexsort((-confidence, rows))
    found: list[tuple[Tag, ...]] = [()] * len(probability)
    for row, label, sure in zip(*(part[order].tolist() for part in (rows, labels, confidence)), strict=True):
        found[row] += (Tag(ids[label], names[label], sure),)
    return found


def doubt(probability: npt.NDArray[np.floating], given: npt.NDArray[np.bool_]) -> npt.NDArray[np.floating]:
    """Give the expected number of wrong decisions in each row, if the probabilities are right."""
    return np.asarray(np.where(given, 1.0 - probability, probability).sum(axis=1))


def review(probability: Floats, bundle: Bundle) -> Sequence[bool]:
    """Give for each row whether a person should look at it."""
    given = probability >= bundle.weights.threshold
    flags: list[bool] = (doubt(probability, given) > bundle.weights.limit).tolist()
    return flags
