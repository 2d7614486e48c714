"""Decisions → what the model card shows beyond the figures: curves, confusions, worst errors, the leak delta."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.learning import metrics
from classifier.learning.crossfit import CrossFit
from classifier.learning.evaluation import Decisions
from classifier.learning.quality import against

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]
Report = dict[str, Any]

_POINTS = 60  # of a curve, which a plot shows as well as thousands
_WORST = 30
_BINS = 10


def diagnose(decisions: Decisions) -> Report:
    """Give everything that can be read off one set of decisions."""
    p, true, given = decisions.probability, decisions.true, decisions.given
    labels = decisions.labels
    return {
        "data": {
            part: dict(sorted(Counter(str(getattr(e, part)) for e in decisions.examples).items()))
            for part in ("genre", "origin", "kind", "annotator")
        },
        "labels_per_paragraph": {str(n): int(c) for n, c in enumerate(np.bincount(true.sum(axis=1))) if c},
        "reliability": reliability(p, true),
        "precision_recall": {label: precision_recall(p[:, j], true[:, j]) for j, label in enumerate(labels)},
        "thresholds": {
            label: _threshold(p[:, j], true[:, j], float(decisions.threshold[j])) for j, label in enumerate(labels)
        },
        "threshold_curve": [[t, metrics.f1(p >= t, true)] for t in np.round(np.arange(0.05, 1.0, 0.05), 2).tolist()],
        "confusions": confusions(given, true, labels),
        "worst": worst(decisions),
    }


def leak(trial: CrossFit) -> Report:
    """Give what a random split would pretend: its micro F1 beside that of the split by documents."""
    random = trial.decisions(groups=[str(i) for i in range(len(trial.examples))])
    figures = [metrics.f1(found.given, found.true) for found in (trial.decisions(), random)]
    delta = None if None in figures else float(np.diff(np.array(figures, dtype=float))[0])
    return {"by_document": figures[0], "random": figures[1], "delta": delta}


def reliability(probability: Floats, true: Bools) -> list[Report]:
    """Give the reliability diagram: mean probability and share of true decisions in bins of equal width."""
    p, y = probability.ravel(), true.ravel()
    number = np.minimum((p * _BINS).astype(int), _BINS - 1)
    return [
        {"probability": float(p[inside].mean()), "true": float(y[inside].mean()), "decisions": int(inside.sum())}
        for k in range(_BINS)
        for inside in [number == k]
        if inside.any()
    ]


def precision_recall(probability: Floats, true: Bools) -> list[tuple[float, float]]:
    """Give points (recall, precision) of one label, recall rising; none where no paragraph is true."""
    if not true.any():
        return []
    order = np.argsort(-probability, kind="stable")
    ranked, hits = probability[order], np.cumsum(true[order])
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # of equal probabilities
    recall, precision = hits[last] / hits[-1], hits[last] / (last + 1)
    wanted = np.searchsorted(recall, np.linspace(0, 1, _POINTS)).clip(max=len(last) - 1)
    kept = np.unique(wanted)
    return [(round(float(recall[i]), 4), round(float(precision[i]), 4)) for i in kept]


def confusions(given: Bools, true: Bools, labels: Sequence[str]) -> list[Report]:
    """Give the pairs (missed, given instead) of labels that met in one paragraph, most frequent first."""
    missed, wrong = (true & ~given).astype(int), (given & ~true).astype(int)
    together = missed.T @ wrong
    pairs = [(int(together[i, j]), i, j) for i, j in zip(*together.nonzero(), strict=True)]
    return [
        {"missed": labels[i], "given": labels[j], "paragraphs": n}
        for n, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))
    ]


def worst(decisions: Decisions, count: int = _WORST) -> list[Report]:
    """Give the paragraphs whose decisions were surest and wrong, with their text."""
    score = against(decisions).sum(axis=1)
    found = []
    for i in np.argsort(-score, kind="stable")[:count].tolist():
        if score[i] > 0:
            given = decisions.given[i].nonzero()[0].tolist()
            true = decisions.true[i].nonzero()[0].tolist()
            example = decisions.examples[i]
            shown = {decisions.labels[j]: float(decisions.probability[i, j]) for j in sorted({*given, *true})}
            found.append(
                {
                    "id": example.id,
                    "text": example.text,
                    "true": [decisions.labels[j] for j in true],
                    "given": [decisions.labels[j] for j in given],
                    "probability": shown,
                }
            )
    return found


def _threshold(probability: Floats, true: Bools, chosen: float) -> Report:
    """Give a label's F1 at the threshold chosen, at one half, and the best there is."""
    best = max((metrics.f1(probability >= t, true) or 0.0 for t in np.unique(probability[true])), default=0.0)
    at = {name: metrics.f1(probability >= t, true) for name, t in (("chosen", chosen), ("half", 0.5))}
    return {"threshold": chosen, "f1": at["chosen"], "f1_at_half": at["half"], "best_f1": best}
