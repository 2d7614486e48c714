"""How much better does a model get with more labels? Measured on parts of the examples, then extrapolated.

The error, 1 - F1, is taken to fall as a power of the number of paragraphs learnt from. That holds near the measured
range (Mukherjee et al. 2003; Hestness et al. 2017) and is too hopeful far beyond it: labels have errors of their own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.learning.crossfit import CrossFit
from classifier.learning.evaluation import Decisions, figures

Report = dict[str, Any]

SHARES = (0.125, 0.25, 0.5, 1.0)  # of the documents: evenly spaced for a power law, less than a cross-fit more
MORE = 500  # paragraphs that a round of labelling adds
LEAST = 0.003  # of micro F1 that such a round must promise to pay
_NAMED = 3  # labels that the advice names


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What more labelling promises: micro F1 for `more` paragraphs, and AP for half as many again of a label.

    `gain` is None where the curve cannot tell, `labels` are in order of what they promise.
    """

    more: int
    gain: float | None
    labels: Mapping[str, float]

    @property
    def pays(self) -> bool:
        """Whether to label on: also where too little is known to tell."""
        return self.gain is None or self.gain >= LEAST


def measure(
    trial: CrossFit, shares: Sequence[float] = SHARES, seed: int = 0, say: Callable[[str], None] = lambda _: None
) -> Report:
    """Give figures of models that learn from growing shares of the documents, all measured on all examples."""
    families = np.array(trial.groups)
    order = np.random.default_rng(seed).permutation(np.unique(families))
    points = []
    for share in shares:
        say(f"learning curve: {share:.0%} of the documents")
        learn = np.isin(families, order[: max(1, round(share * len(order)))])
        found = trial.decisions() if learn.all() else trial.decisions(learn=learn)
        points.append(_point(found, learn, 1 - 1 / min(trial.config.folds, len(order))))
    return {
        "points": points,
        "error": _power_law([(p["paragraphs"], 1 - p["micro_f1"]) for p in points if p["micro_f1"] is not None]),
        "labels": {label: _label(points, label) for label in trial.labels},
    }


def outlook(curve: Mapping[str, Any], more: int = MORE) -> Outlook:
    """Give what `more` paragraphs like those at hand promise."""
    gain = None
    if curve["error"]:
        scale, power = curve["error"]
        have = curve["points"][-1]["paragraphs"]
        gain = float(scale * (have**power - (have + more) ** power))
    labels = {label: part["gain"] for label, part in curve["labels"].items() if part["gain"]}
    return Outlook(more=more, gain=gain, labels=dict(sorted(labels.items(), key=lambda item: -item[1])))


def advice(promised: Outlook, names: Mapping[str, str]) -> str:
    """Say whether labelling still pays, and for which labels most."""
    if promised.gain is None:
        return "too few examples to tell whether more labelling pays: label on"
    best = [f"{names.get(label, label)} (+{gain:.3f} AP)" for label, gain in [*promised.labels.items()][:_NAMED]]
    rest = f"; most for half as many examples again of {', '.join(best)}" if best else ""
    pays = "labelling pays" if promised.pays else "labelling no longer pays"
    return f"{promised.more} more paragraphs like these promise micro F1 +{promised.gain:.3f}: {pays}{rest}"


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
