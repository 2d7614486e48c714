"""Probabilities × truth → Report: a plain mapping that goes to report.json, the terminal and the model card alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.learning import metrics
from classifier.records import Example
from classifier.tagging import features, scores
from classifier.tagging.bundle import Bundle
from classifier.tagging.tags import doubt

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]
Report = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What was said of labelled paragraphs: a row each in `true` and `probability`, a column each label."""

    examples: tuple[Example, ...]
    labels: tuple[str, ...]
    true: Bools
    probability: Floats
    threshold: Floats

    @property
    def given(self) -> Bools:
        """Which labels were given."""
        return np.asarray(self.probability >= self.threshold)

    @property
    def documents(self) -> tuple[str, ...]:
        """The document of each row."""
        return tuple(example.document for example in self.examples)


def evaluate(bundle: Bundle, examples: Sequence[Example]) -> Report:
    """Measure a model on labelled paragraphs. Labels of the examples that the model lacks count as missed."""
    labels = [*bundle.labels, *sorted({label for e in examples for label in e.labels} - set(bundle.labels))]
    known = len(bundle.labels)
    counts = features.count([e.text for e in examples], bundle.trie, bundle.cues, known)
    margin = scores.margins(counts, bundle.weights)
    probability = np.zeros((len(examples), len(labels)))
    probability[:, :known] = scores.probabilities(margin, bundle.weights)
    threshold = np.append(bundle.weights.threshold, np.full(len(labels) - known, np.inf))
    given = probability >= threshold
    true = np.array([[label in e.labels for label in labels] for e in examples])
    report = figures(probability, given, true, labels, examples)
    sure = doubt(probability[:, :known], given[:, :known]) <= bundle.weights.limit
    report["outside_review"] = {"share": float(sure.mean()), "micro_f1": metrics.f1(given[sure], true[sure])}
    return report


def figures(
    probability: Floats, given: Bools, true: Bools, labels: Sequence[str], examples: Sequence[Example]
) -> Report:
    """Give all figures of one set of decisions; intervals are 95 %, by bootstrap over documents."""
    documents = [example.document for example in examples]
    high = probability >= 0.2
    empty = ~true.any(axis=1)
    report: Report = {
        "paragraphs": len(true),
        "documents": len(set(documents)),
        "micro_f1": metrics.f1(given, true),
        "micro_f1_interval": metrics.bootstrap(documents, lambda rows: metrics.f1(given[rows], true[rows])),
        "micro_precision": metrics.precision(given, true),
        "micro_recall": metrics.recall(given, true),
        "macro_f1": metrics.macro_f1(given, true),
        "macro_f1_interval": metrics.bootstrap(documents, lambda rows: metrics.macro_f1(given[rows], true[rows]), 200),
        "mean_average_precision": metrics.mean(
            metrics.average_precision(probability[:, j], true[:, j]) for j in range(len(labels))
        ),
        "exact_match": float((given == true).all(axis=1).mean()),
        "empty_tagged": float(given[empty].any(axis=1).mean()) if empty.any() else None,
        "calibration_error": metrics.calibration_error(probability, true),
        "calibration_error_from_0.2": metrics.calibration_error(probability[high], true[high]),
        "brier": metrics.brier(probability, true),
        "log_loss": metrics.log_loss(probability, true),
    }
    report["labels"] = {label: _label(probability[:, j], given[:, j], true[:, j]) for j, label in enumerate(labels)}
    for label, interval in zip(labels, f1_intervals(documents, given, true), strict=True):
        report["labels"][label]["f1_interval"] = interval
    for part in ("genre", "origin"):
        values = np.array([getattr(example, part) for example in examples])
        report[part] = {
            value: {
                "paragraphs": int((values == value).sum()),
                "micro_f1": metrics.f1(given[values == value], true[values == value]),
            }
            for value in sorted(set(values.tolist()))
        }
    return report


def f1_intervals(
    documents: Sequence[str], given: Bools, true: Bools, rounds: int = 1000, seed: int = 0
) -> list[tuple[float, float] | None]:
    """Give each label's 95 % percentile interval of F1 over documents drawn with replacement.

    As `metrics.bootstrap`, for all labels in one go. None where F1 was undefined in more than half of the samples.
    """
    _, number = np.unique(np.array(documents), return_inverse=True)
    hits, sizes = (np.zeros((int(number.max(initial=-1)) + 1, true.shape[1])) for _ in range(2))
    np.add.at(hits, number, given & true)
    np.add.at(sizes, number, given.astype(int) + true)
    drawn = np.random.default_rng(seed).multinomial(len(hits), np.full(len(hits), 1 / len(hits)), size=rounds)
    total = drawn @ sizes
    values = np.where(total > 0, 2 * (drawn @ hits) / np.maximum(total, 1), np.nan)
    return [_interval(column[~np.isnan(column)], rounds) for column in values.T]


def _interval(values: Floats, rounds: int) -> tuple[float, float] | None:
    if 2 * len(values) < rounds:
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def table(report: Report, names: Mapping[str, str]) -> str:
    """Give a report as tables for the terminal; an interval stands beside the figure it belongs to."""
    from tabulate import tabulate

    def show(value: float | None, interval: Sequence[float] | None = None) -> str:
        text = "–" if value is None else f"{value:.3f}"
        return f"{text}  [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else text

    plain = [
        "micro_f1", "micro_precision", "micro_recall", "macro_f1", "mean_average_precision", "exact_match",
        "empty_tagged", "calibration_error", "calibration_error_from_0.2", "brier", "log_loss",
    ]  # fmt: skip
    rows = [[name, show(report[name], report.get(f"{name}_interval"))] for name in plain]
    if outside := report.get("outside_review"):
        rows += [
            ["share outside review", show(outside["share"])],
            ["micro_f1 outside review", show(outside["micro_f1"])],
        ]
    labels = [
        [names.get(label, ""), label, part["positives"], part["given"], show(part["precision"]), show(part["recall"]),
         show(part["f1"], part.get("f1_interval")), show(part["average_precision"])]
        for label, part in report["labels"].items()
    ]  # fmt: skip
    head = f"{report['paragraphs']} paragraphs, {report['documents']} documents; 95 % intervals by document"
    columns = ["", "label", "true", "given", "precision", "recall", "F1", "AP"]
    parts = [head, tabulate(rows, tablefmt="plain"), tabulate(labels, headers=columns, disable_numparse=True)]
    for name in ("genre", "origin"):
        if set(report[name]) != {""}:  # bare lines of text and labels have neither
            kinds = [[value, part["paragraphs"], show(part["micro_f1"])] for value, part in report[name].items()]
            parts.append(tabulate(kinds, headers=[name, "paragraphs", "micro F1"], disable_numparse=True))
    return "\n\n".join(parts)


def _label(probability: Floats, given: Bools, true: Bools) -> Report:
    return {
        "positives": int(true.sum()),
        "given": int(given.sum()),
        "precision": metrics.precision(given, true),
        "recall": metrics.recall(given, true),
        "f1": metrics.f1(given, true),
        "average_precision": metrics.average_precision(probability, true),
        "calibration_error": metrics.calibration_error(probability, true),
    }
