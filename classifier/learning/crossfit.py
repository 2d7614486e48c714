"""Examples → what models that have not seen them say of them: decisions that can be measured honestly.

Training, the learning curve, the leak delta, the ablations and the search for suspect labels all rest on this.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from classifier.errors import LabelsError
from classifier.learning import calibration, folds
from classifier.learning.cues import Cue
from classifier.learning.evaluation import Decisions
from classifier.learning.problem import Config, Problem
from classifier.records import Example
from classifier.taxonomy import Taxonomy

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossFit:
    """Examples counted once, to be fitted over and over. `groups`: the family of each example's document.

    `true` is learnt from; `blind`, what was judged before an adjudicator who saw a model's doubts, is measured by.
    `margin`: every example's margins by a model that has not seen its family.
    """

    examples: tuple[Example, ...]
    labels: tuple[str, ...]
    true: Bools
    blind: Bools
    groups: tuple[str, ...]
    problem: Problem
    config: Config
    margin: Floats

    def decisions(self, *, groups: Sequence[str] | None = None, learn: Bools | None = None) -> Decisions:
        """Give every example's decisions by a model that has not seen its group.

        `groups` other than the families measure what a leak would hide; `learn` marks the examples that may be
        learnt from, without it all.
        """
        if groups is None and learn is None:
            return self.decide(self.margin)
        everything = np.ones(len(self.examples), dtype=bool)
        return self.decide(self._margins(groups or self.groups, everything if learn is None else learn))

    def _margins(self, groups: Sequence[str], learn: Bools, say: Callable[[str], None] = lambda _: None) -> Floats:
        fold = folds.assign(groups, min(self.config.folds, len(set(groups))))
        margin = np.zeros(self.true.shape)
        for k in sorted(set(fold.tolist())):
            say(f"fold {k + 1} of {fold.max() + 1}")
            margin[fold == k] = self.problem.margins(self.problem.fit((fold != k) & learn), fold == k)
        return margin

    def calibrated(self, margin: Floats, *, curve: bool = True) -> calibration.Calibrated:
        """Calibrate margins and choose thresholds by `blind`: what is adjudicated was picked by a model's doubts.

        Judged by it, confidence and figures would praise themselves.
        """
        config = self.config
        return calibration.calibrate(
            margin, self.blind, self.weight, shrink=config.shrink, ease=config.ease, curved=curve
        )

    @property
    def weight(self) -> Floats:
        """How much each example counts for the probabilities."""
        composed = np.array([example.origin == "composed" for example in self.examples])
        return np.where(composed, self.config.composed, 1.0)

    def decide(self, margin: Floats, *, curve: bool = True) -> Decisions:
        """Calibrate margins and choose thresholds, as training does; without `curve` by Platt's sigmoid alone.

        `true` in what is given is `blind`; for suspect labels replace it by the judgements as they are now.
        """
        fitted = self.calibrated(margin, curve=curve)
        return Decisions(
            examples=self.examples,
            labels=self.labels,
            true=self.blind,
            probability=fitted.probability,
            threshold=fitted.threshold,
        )


def prepare(
    examples: Sequence[Example], taxonomy: Taxonomy, cues: Sequence[Cue] = (), config: Config | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> CrossFit:  # fmt: skip
    """Count the examples' terms and fit once without each fold. Labels without a positive example are left out.

    `say` is told of progress, and of labels with too few examples. Raises `LabelsError` where there is too little to
    learn from.
    """
    config = config or Config()
    say("looking for documents that share text, and counting terms")
    groups = folds.families(examples)
    labels = tuple(label for label in taxonomy.ids if any(label in example.labels for example in examples))
    _check(examples, labels, groups)
    for label in taxonomy.ids:
        positives = sum(label in example.labels for example in examples)
        if not positives:
            say(f"{label}: no positive example; it is left out of tagging")
        elif positives < calibration.MIN_POSITIVES:
            say(f"{label}: only {positives} positive examples; it takes the global threshold")
    true = np.array([[label in example.labels for label in labels] for example in examples])
    blind = np.array([[label in example.unadjudicated for label in labels] for example in examples])
    trial = CrossFit(
        examples=tuple(examples), labels=labels, true=true, blind=blind, groups=tuple(groups),
        problem=Problem(examples, true, labels, cues, config), config=config, margin=np.zeros(true.shape),
    )  # fmt: skip
    everything = np.ones(len(examples), dtype=bool)
    return replace(trial, margin=trial._margins(trial.groups, everything, say))


def _check(examples: Sequence[Example], labels: Sequence[str], groups: Sequence[str]) -> None:
    if len(labels) < 2:
        raise LabelsError("fewer than two labels have positive examples", "label more paragraphs before training")
    if len(set(groups)) < 2:
        raise LabelsError(
            f"all {len(examples)} examples come from one document, or from documents that share their text",
            "a model is measured on documents it has not seen: add examples of other documents",
        )
