"""Examples → Bundle.

One vocabulary, tf^p · idf^q, one linear margin per label (LinearSVC); margins on documents that a model has not seen
give probabilities and thresholds; the final model is fitted on everything.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from classifier.learning import calibration, crossfit
from classifier.learning.crossfit import CrossFit
from classifier.learning.cues import Cue
from classifier.learning.evaluation import figures
from classifier.learning.problem import Config
from classifier.records import Example
from classifier.tagging import bundle, features, scores
from classifier.taxonomy import Taxonomy

Floats = npt.NDArray[np.float64]
__all__ = ["Config", "data_digest", "fitted", "train"]


def train(
    examples: Sequence[Example], taxonomy: Taxonomy, cues: Sequence[Cue] = (), config: Config | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> bundle.Bundle:  # fmt: skip
    """Fit, calibrate and measure a model; `say` and what is raised as of `crossfit.prepare`."""
    return fitted(crossfit.prepare(examples, taxonomy, cues, config, say), taxonomy, cues, say)


def fitted(
    trial: CrossFit, taxonomy: Taxonomy, cues: Sequence[Cue], say: Callable[[str], None] = lambda _: None
) -> bundle.Bundle:
    """Give the model of a cross-fit's examples: fitted on all of them, calibrated and measured by its margins."""
    examples, labels, problem, config = trial.examples, trial.labels, trial.problem, trial.config
    left_out = [label for label in taxonomy.ids if label not in labels]
    say("all examples")
    final = problem.fit(np.ones(len(examples), dtype=bool))
    found = trial.calibrated(trial.margin)
    limit = calibration.doubt_limit(found.probability, trial.blind, found.threshold, trial.weight, config.sure_f1)
    given = found.probability >= found.threshold
    report = figures(found.probability, given, trial.blind, labels, examples)
    suggest = [label for label in labels if (report["labels"][label]["f1"] or 0.0) < config.suggest_f1]
    weights = scores.Weights(
        idf=final.idf, cue=problem.cue_weights, coef=final.coef, cue_coef=final.cue_coef, intercept=final.intercept,
        slope=_float32(found.slope), offset=_float32(found.offset), knots=_float32(found.knots),
        values=_float32(found.values), threshold=_float32(found.threshold), limit=_float32(np.array(limit)),
        power=config.power,
    )  # fmt: skip
    settings, digest = asdict(config), data_digest(examples, cues)
    names = {label: taxonomy.names[label] for label in labels}
    return bundle.Bundle(
        id=bundle.identity(settings, {"version": taxonomy.version, "labels": list(taxonomy.names.items())}, digest),
        labels=names, taxonomy_version=taxonomy.version, left_out=tuple(left_out), suggest_only=frozenset(suggest),
        config=settings,
        data={"examples": len(examples), "documents": len({e.document for e in examples}), "digest": digest},
        vocabulary=problem.vocabulary, trie=problem.trie, cues=problem.cues, weights=weights,
        report={"out_of_fold": report},
    )  # fmt: skip


def _float32(values: Floats) -> features.Floats:
    return np.asarray(values, dtype=np.float32)


def data_digest(examples: Sequence[Example], cues: Sequence[Cue]) -> str:
    """Give a digest of everything that training learns from."""
    rows = [[e.id, e.document, e.kind, e.text, sorted(e.labels), sorted(e.unadjudicated), e.origin] for e in examples]
    content = json.dumps([rows, [[c.term, c.label, c.strength] for c in cues]], ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
