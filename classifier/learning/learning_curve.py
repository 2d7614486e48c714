"""How much better does a model get with more labels? Measured on parts of the examples, then extrapolated.

The error, 1 - F1, is taken to fall as a power of the number of paragraphs learnt from. That holds near the measured
range (Mukherjee et al. 2003; Hestness et al. 2017) and is too hopeful far beyond it: labels have errors of their own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from classifier.learning.crossfit import CrossFit
from classifier.learning.evaluation import Decisions, figures

Report = dict[str, Any]

SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)  # of the documents
MORE = 500  # paragraphs that a round of labelling adds
LEAST = 0.003  # of micro F1 that such a round must promise to pay


def measure(trial: CrossFit, whole: Decisions | None = None, shares: Sequence[float] = SHARES, seed: int = 0) -> Report:
    """Give figures of models that learn from growing shares of the documents, all measured on all examples.

    `whole`: the decisions of models that learn from everything, where they are at hand.
    """
    families = np.array(trial.groups)
    order = np.random.default_rng(seed).permutation(np.unique(families))
    points = []
    for share in shares:
        learn = np.isin(families, order[: max(1, round(share * len(order)))])
        found = whole if whole and learn.all() else trial.decisions(learn=learn)
        points.append(_point(found, learn, 1 - 1 / min(trial.config.folds, len(order))))
    return {
        "points": points,
        "error": _power_law([(p["paragraphs"], 1 - p["micro_f1"]) for p in points if p["micro_f1"] is not None]),
        "labels": {label: _label(points, label) for label in trial.labels},
    }


def gain(curve: Mapping[str, Any], more: int = MORE) -> float | None:
    """Give the micro F1 that `more` paragraphs like those at hand promise; None where the curve cannot tell."""
    if not curve["error"]:
        return None
    scale, power = curve["error"]
    have = curve["points"][-1]["paragraphs"]
    return float(scale * (have**power - (have + more) ** power))


def advice(curve: Mapping[str, Any], names: Mapping[str, str], more: int = MORE, least: float = LEAST) -> str:
    """Say whether labelling still pays, and for which labels most."""
    promised = gain(curve, more)
    if promised is None:
        return "too few examples to tell whether more labelling pays: label on"
    labels = {label: part["gain"] for label, part in curve["labels"].items() if part["gain"]}
    best = sorted(labels, key=lambda label: -labels[label])[:3]
    shown = ", ".join(f"{names.get(label, label)} (+{labels[label]:.3f} AP)" for label in best)
    rest = f"; most for half as many examples again of {shown}" if best else ""
    if promised < least:
        return f"{more} more paragraphs like these promise micro F1 +{promised:.3f}: labelling no longer pays{rest}"
    return f"{more} more paragraphs like these promise micro F1 +{promised:.3f}: labelling pays{rest}"


def _point(found: Decisions, learn: Any, seen: float) -> Report:  # noqa: ANN401
    """`seen`: the share of the examples that a fold's model learns from."""
    report = figures(found.probability, found.given, found.true, found.labels, found.examples)
    return {
        "paragraphs": round(int(learn.sum()) * seen),
        "micro_f1": report["micro_f1"],
        "macro_f1": report["macro_f1"],
        "labels": {
            label: {
                "positives": round(int(found.true[learn, j].sum()) * seen),
                "average_precision": report["labels"][label]["average_precision"],
            }
            for j, label in enumerate(found.labels)
        },
    }


def _label(points: Sequence[Report], label: str) -> Report:
    """Give what half as many positive examples again promise for a label's average precision."""
    parts = [point["labels"][label] for point in points]
    law = _power_law([(p["positives"], 1 - p["average_precision"]) for p in parts if p["positives"]])
    if not law:
        return {"gain": None}
    scale, power = law
    have = parts[-1]["positives"]
    return {"gain": float(scale * (have**power - (1.5 * have) ** power))}


def _power_law(points: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Fit error = scale · n^power by least squares of the logarithms; the power is never positive.

    None for fewer than three points.
    """
    useful = np.log([(n, error) for n, error in points if n > 0 and error > 0] or [(1.0, 1.0)])
    if len(np.unique(useful[:, 0])) < 3:
        return None
    power, intercept = np.polyfit(useful[:, 0], useful[:, 1], 1)
    if power > 0:
        power, intercept = 0.0, float(useful[:, 1].mean())
    return float(np.exp(intercept)), float(power)
