"""Examples → Bundle. The only module that fits models.

One vocabulary, tf^p · idf^q, one linear margin per label (LinearSVC); margins on documents that a model has not seen
give probabilities and thresholds; the final model is fitted on everything.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.errors import LabelsError, MissingExtra
from classifier.learning import calibration, folds, vocabulary
from classifier.learning.cues import Cue
from classifier.learning.evaluation import figures
from classifier.records import Example
from classifier.tagging import bundle, features, scores, trie
from classifier.tagging.text import normalise
from classifier.taxonomy import Taxonomy

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that is chosen about a model; chosen by cross-validation and on real text (see labels/README.md)."""

    recipe: int = 1  # raised when the code below would make another model of the same settings
    ngram: int = 2  # character n-grams up to this length
    words: bool = True  # words of jieba's full mode, where longer
    min_df: int = 2
    power: float = 0.75  # tf^power
    idf_power: float = 1.5
    strong_cue: float = 0.08  # weights of the cue columns beside a row of length 1
    weak_cue: float = 0.04
    cue_example: float = 0.3  # each strong cue alone is an example of its label, with this weight
    cost: float = 1.0  # LinearSVC's C
    full_length: float = 90.0  # characters at which a paragraph counts once; from 0.3 times to twice as it is long
    folds: int = 6
    composed: float = 0.3  # weight of composed text in calibration: it is clearer than real text
    shrink: float = 300.0  # positives' worth of pull towards the global threshold
    sure_f1: float = 0.85  # micro F1 wanted outside review; a label measured below it only suggests


@dataclass(frozen=True, slots=True)
class _Fit:
    idf: features.Floats
    coef: features.Floats
    cue_coef: features.Floats
    intercept: features.Floats


def train(
    examples: Sequence[Example], taxonomy: Taxonomy, cues: Sequence[Cue] = (), config: Config | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> bundle.Bundle:  # fmt: skip
    """Fit, calibrate and measure a model. `say` is told of progress and of what to know about the result.

    Raises `LabelsError` where there is too little to learn from.
    """
    config = config or Config()
    labels = [label for label in taxonomy.ids if any(label in example.labels for example in examples)]
    left_out = [label for label in taxonomy.ids if label not in labels]
    groups = folds.families(examples)
    _check(examples, labels, groups)
    true = np.array([[label in example.labels for label in labels] for example in examples])
    for label in left_out:
        say(f"{label}: no positive example; it is left out of tagging")
    for label, positives in zip(labels, true.sum(axis=0), strict=True):
        if positives < calibration.MIN_POSITIVES:
            say(f"{label}: only {positives} positive examples; it takes the global threshold")

    problem = _Problem(examples, true, labels, cues, config)
    fold = folds.assign(groups, min(config.folds, len(set(groups))))
    margin = np.zeros(true.shape)
    for k in sorted(set(fold.tolist())):
        say(f"fold {k + 1} of {fold.max() + 1}")
        margin[fold == k] = problem.margins(problem.fit(fold != k), fold == k)
    say("all examples")
    final = problem.fit(np.ones(len(examples), dtype=bool))

    # What is adjudicated was picked by a model's doubts: judged by it, confidence and figures would praise themselves
    blind = np.array([[label in _blind(example) for label in labels] for example in examples])
    weight = np.where([example.origin == "composed" for example in examples], config.composed, 1.0)
    lines = [calibration.platt(margin[:, j], blind[:, j], weight) for j in range(len(labels))]
    slope, offset = np.array(lines).T
    knots, values = calibration.curve(slope * margin + offset, blind, weight)
    probability = scores.apply_curve(slope * margin + offset, knots, values).astype(np.float64)
    threshold = calibration.thresholds(probability, blind, config.shrink)
    limit = calibration.doubt_limit(probability, blind, threshold, weight, config.sure_f1)
    given = probability >= threshold
    report = figures(probability, given, blind, labels, examples)
    suggest = [label for label in labels if (report["labels"][label]["f1"] or 0.0) < config.sure_f1]
    weights = scores.Weights(
        idf=final.idf, cue=problem.cue_weights, coef=final.coef, cue_coef=final.cue_coef, intercept=final.intercept,
        slope=_float32(slope), offset=_float32(offset), knots=_float32(knots), values=_float32(values),
        threshold=_float32(threshold), limit=_float32(np.array(limit)),
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


def _blind(example: Example) -> frozenset[str]:
    return example.labels if example.blind is None else example.blind


def _float32(values: Floats) -> features.Floats:
    return np.asarray(values, dtype=np.float32)


def data_digest(examples: Sequence[Example], cues: Sequence[Cue]) -> str:
    """Give a digest of everything that training learns from."""
    rows = [[e.id, e.document, e.kind, e.text, sorted(e.labels), sorted(_blind(e)), e.origin] for e in examples]
    content = json.dumps([rows, [[c.term, c.label, c.strength] for c in cues]], ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


class _Problem:
    """The examples as numbers, counted once for all folds."""

    def __init__(
        self, examples: Sequence[Example], true: Bools, labels: Sequence[str], cues: Sequence[Cue], config: Config
    ) -> None:
        self.config, self.true = config, true
        lengths = np.array([len(example.text) for example in examples])
        self.weight = np.clip(lengths / config.full_length, 0.3, 2.0)
        texts = [example.text for example in examples]
        plain = [normalise(text) for text in texts]
        self.vocabulary = vocabulary.terms(plain, cues, ngram=config.ngram, min_df=config.min_df, words=config.words)
        self.trie = trie.build(self.vocabulary)
        self.cues = vocabulary.cue_table(self.vocabulary, cues, labels)
        self.cue_weights = np.repeat(np.array([config.strong_cue, config.weak_cue], np.float32), len(labels))
        strong: dict[str, set[str]] = {}
        for cue in cues:
            if cue.strength == features.STRONG:
                strong.setdefault(cue.term, set()).add(cue.label)
        self.cue_true = np.array([[label in strong[t] for label in labels] for t in sorted(strong)], dtype=bool)
        self.counts = features.count(texts, self.trie, self.cues, len(labels))
        self.cue_counts = features.count(sorted(strong), self.trie, self.cues, len(labels))

    def fit(self, rows: Bools) -> _Fit:
        """Fit all labels on the examples of `rows`."""
        try:
            from joblib import Parallel, delayed
            from scipy.sparse import vstack
        except ImportError as error:
            raise MissingExtra("joblib", "learn") from error
        idf = self._idf(rows)
        matrix, true = self._matrix(self.counts, idf)[rows], self.true[rows]
        weight = self.weight[rows]
        if len(self.cue_true):
            matrix = vstack([matrix, self._matrix(self.cue_counts, idf)]).tocsr()
            true = np.vstack([true, self.cue_true])
            weight = np.append(weight, np.full(len(self.cue_true), self.config.cue_example))
        # processes, not threads: liblinear's random numbers are global, and threads would race for them
        found = Parallel(n_jobs=-1)(
            delayed(_fit_label)(matrix, true[:, j], weight, self.config.cost) for j in range(true.shape[1])
        )
        coef = np.array([c for c, _ in found], dtype=np.float32).T
        split = len(self.vocabulary)
        return _Fit(idf, np.ascontiguousarray(coef[:split]), coef[split:], np.array([b for _, b in found], np.float32))

    def margins(self, fit: _Fit, rows: Bools) -> Floats:
        """Give the margins of the examples of `rows`."""
        coef = np.vstack([fit.coef, fit.cue_coef])
        return np.asarray(self._matrix(self.counts, fit.idf)[rows] @ coef + fit.intercept, dtype=np.float64)

    def _idf(self, rows: Bools) -> features.Floats:
        """Smoothed idf over the examples of `rows`, as scikit-learn's, to the power `idf_power`."""
        row = np.repeat(np.arange(len(rows)), np.diff(self.counts.start))
        spread = np.bincount(self.counts.terms[rows[row]], minlength=len(self.vocabulary))
        idf = np.log((1 + rows.sum()) / (1 + spread)) + 1
        return np.asarray(idf**self.config.idf_power, dtype=np.float32)

    def _matrix(self, counts: features.Counts, idf: features.Floats) -> Any:  # noqa: ANN401  # SciPy has no types
        from scipy.sparse import csr_matrix, hstack

        values = features.weigh(counts, idf, self.config.power)
        shape = (len(counts.start) - 1, len(self.vocabulary))
        terms = csr_matrix((values, counts.terms, counts.start), shape=shape)
        return hstack([terms, csr_matrix(features.cue_values(counts, self.cue_weights))]).tocsr()


def _fit_label(matrix: object, true: Bools, weight: Floats, cost: float) -> tuple[npt.NDArray[np.float64], float]:
    from sklearn.svm import LinearSVC

    if not true.any():  # a fold may hold all positives of a rare label
        return np.zeros(matrix.shape[1]), -1.0  # type: ignore[attr-defined]
    fitted = LinearSVC(C=cost, tol=0.01, random_state=0, max_iter=2000).fit(matrix, true, sample_weight=weight)
    return fitted.coef_[0], float(fitted.intercept_[0])


def _check(examples: Sequence[Example], labels: Sequence[str], groups: Sequence[str]) -> None:
    if len(labels) < 2:
        raise LabelsError("fewer than two labels have positive examples", "label more paragraphs before training")
    if len(set(groups)) < 2:
        raise LabelsError(
            f"all {len(examples)} examples come from one document, or from documents that share their text",
            "a model is measured on documents it has not seen: add examples of other documents",
        )
