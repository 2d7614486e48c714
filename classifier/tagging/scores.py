"""Counts → margins → calibrated probabilities."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.tagging.features import Counts, Floats, cue_values, weigh


@dataclass(frozen=True, slots=True)
class Weights:
    """All numbers of a linear model with L labels and T terms; probabilities are sigmoid(slope · margin + offset)."""

    idf: Floats  # T: idf^q of each term
    cue: Floats  # 2L: weight of each cue column
    coef: Floats  # T × L
    cue_coef: Floats  # 2L × L
    intercept: Floats  # L
    slope: Floats  # L
    offset: Floats  # L
    threshold: Floats  # L: a label is given from this probability on
    low: Floats  # L: between `low` and `high` a person should look
    high: Floats  # L
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


def probabilities(margin: npt.NDArray[np.floating], slope: Floats, offset: Floats) -> Floats:
    """Give calibrated probabilities (Platt, "Probabilistic outputs for support vector machines", 1999)."""
    return (1.0 / (1.0 + np.exp(-np.clip(slope * margin + offset, -30.0, 30.0)))).astype(np.float32)
