"""Probabilities + thresholds → tags, and whether a person should look."""

from collections.abc import Sequence

import numpy as np

from classifier.records import Tag
from classifier.tagging.bundle import Bundle
from classifier.tagging.features import Floats


def tags(probability: Floats, bundle: Bundle) -> list[tuple[Tag, ...]]:
    """Give each row's tags, surest first."""
    columns = list(bundle.labels.items())
    given = probability >= bundle.weights.threshold
    found = []
    for row, chosen in zip(probability, given, strict=True):
        row_tags = [Tag(label=columns[j][0], name=columns[j][1], confidence=float(row[j])) for j in chosen.nonzero()[0]]
        found.append(tuple(sorted(row_tags, key=lambda tag: -tag.confidence)))
    return found


def review(probability: Floats, bundle: Bundle) -> Sequence[bool]:
    """Give whether any decision of a row lies inside its label's uncertain band."""
    inside = np.logical_and(probability > bundle.weights.low, probability < bundle.weights.high)
    return [bool(flag) for flag in np.any(inside, axis=1, keepdims=True)[:, 0]]
