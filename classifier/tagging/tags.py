"""Probabilities + thresholds → tags, and whether a person should look."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier.records import Tag
from classifier.tagging.bundle import Bundle
from classifier.tagging.features import Floats

_F1 = 0.82  # micro F1 about which rows are weighed: real text reaches .8 in all, .85 without what is reviewed
_MAKES_UP = 2 * (1 - _F1) / _F1


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
    """Give the expected number of wrong decisions in each row, less those that its expected right tags make up for.

    F1 is 2 right / (2 right + wrong): at an F1 of F, a right tag and 2 (1 - F) / F wrong decisions leave it as it is.
    So, of all ways to leave a number of rows without review, to leave those of least doubt brings the highest F1.
    """
    right = np.where(given, probability, 0.0).sum(axis=1)
    wrong = np.where(given, 1.0 - probability, probability).sum(axis=1)
    return np.asarray(wrong - _MAKES_UP * right)


def review(probability: Floats, bundle: Bundle) -> Sequence[bool]:
    """Give for each row whether a person should look at it."""
    given = probability >= bundle.weights.threshold
    flags: list[bool] = (doubt(probability, given) > bundle.weights.limit).tolist()
    return flags
