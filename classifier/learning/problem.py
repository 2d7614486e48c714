"""Examples as numbers, counted once and fitted over and over. The only module that calls LinearSVC."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.errors import MissingExtra, PolicytagError
from classifier.learning import vocabulary
from classifier.learning.cues import Cue
from classifier.records import Example
from classifier.tagging import features, trie
from classifier.tagging.text import normalise

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that is chosen about a model; chosen by cross-validation and on real text (see labels/README.md)."""

    recipe: int = 3  # raised when the code below would make another model of the same settings
    ngram: int = 2  # character n-grams up to this length
    words: bool = True  # words of jieba's full mode, where longer
    least: float = 3e-4  # share of the paragraphs that a term must occur in, and in two at least
    most: float = 0.25  # and a single character at most, or in 2,000: the commonest say little and cost much time
    power: float = 0.75  # tf^power
    idf_power: float = 1.5
    strong_cue: float = 0.065  # weights of the cue columns beside a row of length 1
    weak_cue: float = 0.03
    cue_example: float = 0.15  # each strong cue alone is an example of its label, with this weight
    cost: float = 1.0  # LinearSVC's C
    full_length: float = 90.0  # characters at which a paragraph counts once; from 0.3 times to twice as it is long
    folds: int = 6
    composed: float = 0.1  # weight of composed text in calibration: it is clearer than real text
    shrink: float = 300.0  # positives' worth of pull towards the global threshold
    ease: float = 0.75  # real text is not as clear as the corpus, so thresholds stand lower (calibration.thresholds)
    sure_f1: float = 0.8925  # micro F1 wanted outside review, out of fold
    suggest_f1: float = 0.85  # a label measured below it only suggests


@dataclass(frozen=True, slots=True)
class Fit:
    """One linear margin a label: the coefficients of terms and of cue columns, and the idf they go with."""

    idf: features.Floats
    coef: features.Floats
    cue_coef: features.Floats
    intercept: features.Floats


class Problem:
    """The examples as numbers, counted once for all folds."""

    def __init__(
        self, examples: Sequence[Example], true: Bools, labels: Sequence[str], cues: Sequence[Cue], config: Config
    ) -> None:
        self.config, self.true = config, true
        lengths = np.array([len(example.text) for example in examples])
        self.weight = np.clip(lengths / config.full_length, 0.3, 2.0)
        texts = [example.text for example in examples]
        plain = [normalise(text) for text in texts]
        min_df = max(2, round(config.least * len(plain)))
        max_df = max(2000, round(config.most * len(plain)))
        self.vocabulary = vocabulary.terms(
            plain, cues, ngram=config.ngram, min_df=min_df, max_df=max_df, words=config.words
        )
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

    def fit(self, rows: Bools) -> Fit:
        """Fit all labels on the examples of `rows`."""
        try:
            from joblib import Parallel, delayed
            from joblib.externals.loky.process_executor import BrokenProcessPool
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
        labels = range(true.shape[1])
        try:
            found = Parallel(n_jobs=-1)(
                delayed(_fit_label)(matrix, true[:, j], weight, self.config.cost) for j in labels
            )
        except BrokenProcessPool as error:
            raise PolicytagError(
                "a process that fitted a label was killed, perhaps for want of memory", "free memory and train again"
            ) from error
        coef = np.array([c for c, _ in found], dtype=np.float32).T
        split = len(self.vocabulary)
        return Fit(idf, np.ascontiguousarray(coef[:split]), coef[split:], np.array([b for _, b in found], np.float32))

    def margins(self, fit: Fit, rows: Bools) -> Floats:
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
