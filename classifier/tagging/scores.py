"""Counts → margins → calibrated probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.tagging.features import Counts, Cues, Floats, count, cue_values, weigh
from classifier.tagging.trie import Trie

_TOGETHER = 16  # rows whose coefficients are fetched at once: they fit the nearest caches


@dataclass(frozen=True, slots=True)
class Weights:
    """All numbers of a linear model with L labels and T terms."""

    idf: Floats  # T: idf^q of each term
    cue: Floats  # 2L: weight of each cue column
    coef: Floats  # T × L
    cue_coef: Floats  # 2L × L
    intercept: Floats  # L
    slope: Floats  # L
    offset: Floats  # L
    knots: Floats  # K: logits, slope · margin + offset, in rising order
    values: Floats  # K: the probability at each knot, linear in between
    threshold: Floats  # L: a label is given from this probability on
    limit: Floats  # a single number: a person should look at paragraphs of more doubt
    power: float


def margins(counts: Counts, weights: Weights) -> Floats:
    """Give the rows' margins, one column a label."""
    values = weigh(counts, weights.idf, weights.power)
    total = np.asarray(cue_values(counts, weights.cue) @ weights.cue_coef + weights.intercept, dtype=np.float32)
    for first in range(0, len(total), _TOGETHER):
        start = counts.start[first : first + _TOGETHER + 1].tolist()
        coef = weights.coef.take(counts.terms[start[0] : start[-1]], axis=0, mode="clip")
        for row, begin, end in zip(total[first:], start, start[1:], strict=False):
            row += values[begin:end].dot(coef[begin - start[0] : end - start[0]])
    return total


def of_texts(texts: Sequence[str], trie: Trie, cues: Cues, weights: Weights) -> Floats:
    """Give the texts' margins, one column a label."""
    return margins(count(texts, trie, cues, len(weights.intercept)), weights)


def probabilities(margin: npt.NDArray[np.floating], weights: Weights) -> Floats:
    """Give calibrated probabilities: a slope and an offset per label, then one curve for all labels."""
    return apply_curve(weights.slope * margin + weights.offset, weights.knots, weights.values)


def apply_curve(
    logit: npt.NDArray[np.floating], knots: npt.NDArray[np.floating], values: npt.NDArray[np.floating]
) -> Floats:
    """Give the probability of each logit."""
    return np.asarray(np.interp(logit, knots, values), dtype=np.float32)
