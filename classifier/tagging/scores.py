"""Counts → margins → calibrated probabilities."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.tagging.features import Counts, Floats, cue_values, weigh


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
    total = cue_values(counts, weights.cue) @ weights.cue_coef + weights.intercept
    filled = np.flatnonzero(np.diff(counts.start))
    if len(filled):
        parts = weights.coef[counts.terms]
        parts *= values[:, None]
        total[filled] += np.add.reduceat(parts, counts.start[filled], axis=0)
    return np.asarray(total, dtype=np.float32)


def probabilities(margin: npt.NDArray[np.floating], weights: Weights) -> Floats:
    """Give calibrated probabilities: a slope and an offset per label, then one curve for all labels."""
    return apply_curve(weights.slope * margin + weights.offset, weights.knots, weights.values)


def apply_curve(
    logit: npt.NDArray[np.floating], knots: npt.NDArray[np.floating], values: npt.NDArray[np.floating]
) -> Floats:
    """Give the probability of each logit."""
    return np.asarray(np.interp(logit, knots, values), dtype=np.float32)
