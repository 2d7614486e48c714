"""Two models' decisions on the same test paragraphs → what changed, with intervals by document."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.learning import metrics
from classifier.learning.holdout import Record, judgement, text_digest
from classifier.records import Example

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]

SPOKEN = 0.2  # calibration is measured where the model says at least this: nearly all other decisions are trivial


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A figure of the old and the new model. `interval`: 95 % of the difference; `n`: positives, or paragraphs."""

    n: int
    old: float | None
    new: float | None
    interval: tuple[float, float] | None = None

    @property
    def rise(self) -> float:
        """What the new model has more; an undefined figure counts as 0."""
        return (self.new or 0.0) - (self.old or 0.0)

    def __str__(self) -> str:
        return f"{shown(self.old)} → {shown(self.new)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed on the test paragraphs; `figures` holds micro_f1, macro_f1 and calibration_error_from_0.2."""

    paragraphs: int
    documents: int
    figures: Mapping[str, Change]
    labels: Mapping[str, Change]


def shown(figure: float | None) -> str:
    """Give a figure with three digits."""
    return "undefined" if figure is None else f"{figure:.3f}"


def judged_in(record: Record | None, examples: Sequence[Example]) -> list[Example]:
    """Give the examples whose text the record holds decisions on."""
    known = record["paragraphs"] if record else {}
    return [e for e in examples if e.id in known and known[e.id]["text"] == text_digest(e.text)]


def decisions(record: Record, examples: Sequence[Example], labels: Sequence[str]) -> tuple[Floats, Bools]:
    """Give probabilities and decisions of a record on examples that it holds; labels it lacks are never given."""
    rows = [record["paragraphs"][example.id]["scores"] for example in examples]
    probability = np.array([[row.get(label, 0.0) for label in labels] for row in rows]).reshape(len(rows), len(labels))
    return probability, probability >= np.array([record["thresholds"].get(label, np.inf) for label in labels])


def truth(examples: Sequence[Example], labels: Sequence[str]) -> Bools:
    """Give which example has which label."""
    rows = [[label in judgement(example) for label in labels] for example in examples]
    return np.array(rows, dtype=bool).reshape(len(examples), len(labels))


def compare(old: Record, new: Record, examples: Sequence[Example], labels: Sequence[str]) -> Comparison:
    """Compare two records on `labels` of `examples`, which both hold, with bootstrap over documents in pairs."""
    documents = [example.document for example in examples]
    true = truth(examples, labels)
    sides = decisions(old, examples, labels), decisions(new, examples, labels)
    everything = np.arange(len(examples))

    def change(figure: Callable[[Floats, Bools, Bools], float | None], n: int, columns: slice = slice(None)) -> Change:
        def values(rows: npt.NDArray[np.int64]) -> list[float | None]:
            return [figure(p[rows, columns], given[rows, columns], true[rows, columns]) for p, given in sides]

        def rise(rows: npt.NDArray[np.int64]) -> float | None:
            before, after = values(rows)
            return None if before is None or after is None else after - before

        before, after = values(everything)
        return Change(n=n, old=before, new=after, interval=metrics.bootstrap(documents, rise, 500))

    return Comparison(
        paragraphs=len(examples),
        documents=len(set(documents)),
        figures={
            "micro_f1": change(lambda _, given, true: metrics.f1(given, true), len(examples)),
            "macro_f1": change(lambda _, given, true: metrics.macro_f1(given, true), len(examples)),
            "calibration_error_from_0.2": change(_calibration_error, len(examples)),
        },
        labels={
            label: change(lambda _, given, true: metrics.f1(given, true), int(true[:, j].sum()), slice(j, j + 1))
            for j, label in enumerate(labels)
        },
    )


def _calibration_error(probability: Floats, _: Bools, true: Bools) -> float | None:
    spoken = probability >= SPOKEN
    return metrics.calibration_error(probability[spoken], true[spoken])
