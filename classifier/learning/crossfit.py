"""Examples → what models that have not seen them say of them: decisions that can be measured honestly.

Training, the learning curve, the leak delta, the ablations and the search for suspect labels all rest on this.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.learning import calibration, folds
from classifier.learning.cues import Cue
from classifier.learning.evaluation import Decisions
from classifier.learning.training import Config, _blind
from classifier.learning.training import _Problem as Problem
from classifier.records import Example
from classifier.tagging import scores
from classifier.taxonomy import Taxonomy

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_LOGITS = np.linspace(-30.0, 30.0, 1201)
SIGMOID = (_LOGITS, 1 / (1 + np.exp(-_LOGITS)))  # as a curve of knots and values


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossFit:
    """Examples counted once, to be fitted over and over. `groups`: the family of each example's document.

    `true` is learnt from; `blind`, what was judged before an adjudicator who saw a model's doubts, is measured by.
    """

    examples: tuple[Example, ...]
    labels: tuple[str, ...]
    true: Bools
    blind: Bools
    groups: tuple[str, ...]
    problem: Problem
    config: Config

    def decisions(self, *, groups: Sequence[str] | None = None, learn: Bools | None = None) -> Decisions:
        """Give every example's decisions by a model that has not seen its group; arguments as of `margins`."""
        return self.decide(self.margins(groups=groups, learn=learn))

    def margins(self, *, groups: Sequence[str] | None = None, learn: Bools | None = None) -> Floats:
        """Give every example's margins by a model that has not seen its group.

        `groups` other than the families measure what a leak would hide; `learn` marks the examples that may be
        learnt from.
        """
        groups = self.groups if groups is None else groups
        learn = np.ones(len(self.examples), dtype=bool) if learn is None else learn
        fold = folds.assign(groups, min(self.config.folds, len(set(groups))))
        margin = np.zeros(self.true.shape)
        for k in sorted(set(fold.tolist())):
            margin[fold == k] = self.problem.margins(self.problem.fit((fold != k) & learn), fold == k)
        return margin

    def decide(self, margin: Floats, *, curve: bool = True) -> Decisions:
        """Calibrate margins and choose thresholds, as training does; without `curve` by Platt's sigmoid alone.

        `true` in what is given is `blind`; for suspect labels replace it by the judgements as they are now.
        """
        composed = np.array([example.origin == "composed" for example in self.examples])
        weight = np.where(composed, self.config.composed, 1.0)
        lines = [calibration.platt(margin[:, j], self.blind[:, j], weight) for j in range(len(self.labels))]
        slope, offset = np.array(lines).T
        logit = slope * margin + offset
        knots, values = calibration.curve(logit, self.blind, weight) if curve else SIGMOID
        probability = np.asarray(scores.apply_curve(logit, knots, values), dtype=np.float64)
        threshold = calibration.thresholds(probability, self.blind, self.config.shrink)
        return Decisions(
            examples=self.examples, labels=self.labels, true=self.blind, probability=probability, threshold=threshold
        )


def prepare(
    examples: Sequence[Example], taxonomy: Taxonomy, cues: Sequence[Cue] = (), config: Config | None = None
) -> CrossFit:
    """Count the examples' terms. Labels without a positive example are left out, as in training."""
    config = config or Config()
    labels = tuple(label for label in taxonomy.ids if any(label in example.labels for example in examples))
    true = np.array([[label in example.labels for label in labels] for example in examples])
    blind = np.array([[label in _blind(example) for label in labels] for example in examples])
    return CrossFit(
        examples=tuple(examples), labels=labels, true=true, blind=blind, groups=tuple(folds.families(examples)),
        problem=Problem(examples, true, labels, cues, config), config=config,
    )  # fmt: skip
