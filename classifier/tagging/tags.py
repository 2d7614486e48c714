"""Probabilities + thresholds → tags, and whether a person should look."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

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


def doubt(probability: npt.NDArray[np.floating], given: npt.NDArray[np.bool_]) -> npt.NDArray[np.floating]:
    """Give the expected number of wrong decisions in each row, if the probabilities are right."""
    return np.asarray(np.where(given, 1.0 - probability, probability).sum(axis=1))


def review(probability: Floats, bundle: Bundle) -> Sequence[bool]:
    """Give for each row whether a person should look at it."""
    given = probability >= bundle.weights.threshold
    return [bool(flag) for flag in doubt(probability, given) > bundle.weights.limit]
