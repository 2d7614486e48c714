"""Texts → margins in one pass over the characters, compiled by Numba: the same as `features` and `scores` in NumPy.

Takes half a second to start, and some seconds the first time, when it compiles; the machine code then stays in the
user's cache folder. An extra: `pip install "policytag[fast]"`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numba
import numpy as np
from numba.misc.appdirs import user_cache_dir

from classifier.errors import ModelDamaged
from classifier.tagging.features import DECOY, Cues, Floats
from classifier.tagging.scores import Weights
from classifier.tagging.text import encode
from classifier.tagging.trie import Trie

Kernel = Callable[..., None]
_config: Any = numba.config  # both fill themselves when imported: nothing a type checker could see
_types: Any = numba.types


class Margins:
    """The engine: called with texts, it gives their margins, one column a label."""

    def __init__(self, trie: Trie, cues: Cues, weights: Weights) -> None:
        """Raise `ModelDamaged` where a table points outside another."""
        _check(trie, cues, weights)
        # what is read together lies together: a state's three numbers, a term's weight and its coefficients
        flag = np.append(np.diff(cues.first) > 0, False)[trie.term]
        term = np.where(trie.term < 0, -1, 2 * trie.term + flag).astype(np.int32)
        self._letters = trie.letters
        self._states = np.stack([trie.base, trie.check, term], axis=1)
        self._terms = np.ascontiguousarray(np.column_stack([weights.coef * weights.idf[:, None], weights.idf]))
        self._cues = cues
        self._weights = replace(weights, cue_coef=np.ascontiguousarray(weights.cue_coef))  # training's lies by columns

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Give the margins, a row a text."""
        codes, _, first = encode(texts)
        cues, weights = self._cues, self._weights
        total = np.empty((len(texts), len(weights.intercept)), dtype=np.float32)
        _kernel()(
            self._letters.take(codes), first, self._states, self._terms, cues.first, cues.label, cues.strength,
            weights.cue, weights.cue_coef, weights.intercept, weights.power, total,
        )  # fmt: skip
        return total


def _check(trie: Trie, cues: Cues, weights: Weights) -> None:
    """Refuse tables that NumPy would stumble over and machine code would follow anywhere."""
    terms, labels = weights.coef.shape
    sound = (
        len(trie.letters) == 0x10000
        and len(trie.base) == len(trie.check) == len(trie.term)
        and int(trie.base.min()) >= 0
        and int(trie.base.max()) + int(trie.letters.max()) < len(trie.base)
        and bool((trie.check.take(trie.base) != np.arange(len(trie.base))).all())  # separators end every walk
        and int(trie.term.max()) < terms == len(weights.idf) == len(cues.first) - 1
        and int(cues.first[0]) == 0
        and bool((np.diff(cues.first) >= 0).all())
        and int(cues.first[-1]) == len(cues.label) == len(cues.strength)
        and bool(((cues.label >= 0) & (cues.label < labels)).all())
        and bool(((cues.strength >= 0) & (cues.strength <= DECOY)).all())
        and weights.cue_coef.shape == (2 * labels, labels)
        and weights.cue.shape == (2 * labels,)
        and weights.intercept.shape == (labels,)
    )
    if not sound:
        raise ModelDamaged("the model's tables do not fit one another", "train anew with scripts/retrain.py")


@cache
def _kernel() -> Kernel:
    """Give the compiled loop, from the user's cache folder where it can be."""
    given = _config.CACHE_DIR
    _config.CACHE_DIR = given or user_cache_dir("policytag", False)  # type: ignore[no-untyped-call]
    try:
        return _compiled(in_cache=True)
    except (RuntimeError, OSError):  # no folder that can be written to
        return _compiled(in_cache=False)
    finally:
        _config.CACHE_DIR = given


def _compiled(*, in_cache: bool) -> Kernel:
    def table(kind: object, dimensions: int = 1) -> object:
        return _types.Array(kind, dimensions, "C", readonly=True)  # writable ones pass too

    t = _types
    signature = t.void(
        table(t.uint16), table(t.int64), table(t.int32, 2), table(t.float32, 2), table(t.int32),
        table(t.int32), table(t.int8), table(t.float32), table(t.float32, 2), table(t.float32), t.float64,
        t.Array(t.float32, 2, "C"),
    )  # fmt: skip
    kernel: Kernel = numba.njit(signature, cache=in_cache, nogil=True, error_model="numpy")(_margins)
    return kernel


def _margins(  # type: ignore[no-untyped-def]  # noqa: ANN202  # Numba has types of its own
    letters, first, states, terms, cue_first, cue_label, cue_strength, cue_weight, cue_coef, intercept, power,  # noqa: ANN001
    total,  # noqa: ANN001
):  # fmt: skip
    rows, labels = total.shape
    width = 0
    for row in range(rows):
        width = max(width, first[row + 1] - first[row])
    count = np.zeros(len(terms), np.int32)  # of each term in the row, zeroed again after it
    found = np.empty(1024, np.int32)  # the row's terms
    ended = np.empty(width + 1, np.int32)  # terms with cues that end on the walk from one position, and where
    ends = np.empty(width + 1, np.int64)
    cues = np.empty(2 * labels, np.int32)
    furthest = np.empty(labels, np.int64)  # end of each label's cues and decoys so far
    margin = np.empty(labels, np.float64)  # adds up the ten thousand terms of a long text without loss
    for row in range(rows):
        distinct = 0
        cues[:] = 0
        furthest[:] = 0
        for begin in range(first[row], first[row + 1]):
            state, at, some = 0, begin, 0
            while True:  # the separator at the row's end ends every walk
                to = states[state, 0] + letters[at]
                if states[to, 1] != state:
                    break
                state, at = to, at + 1
                if states[state, 2] < 0:
                    continue
                term = states[state, 2] >> 1
                if count[term] == 0:
                    if distinct == len(found):
                        found = np.append(found, found)
                    found[distinct] = term
                    distinct += 1
                count[term] += 1
                if states[state, 2] & 1:
                    ended[some], ends[some] = term, at
                    some += 1
            for i in range(some - 1, -1, -1):  # the longest first: it may contain the others
                for entry in range(cue_first[ended[i]], cue_first[ended[i] + 1]):
                    label = cue_label[entry]
                    if ends[i] > furthest[label]:
                        furthest[label] = ends[i]
                        if cue_strength[entry] != DECOY:
                            cues[label + labels * cue_strength[entry]] += 1
        margin[:] = 0
        squares = 0.0
        for i in range(distinct):
            term = found[i]
            value = np.float32(1)
            if count[term] > 1:
                value = np.float32(count[term] ** power)
            count[term] = 0
            squares += (value * terms[term, labels]) ** 2
            for label in range(labels):
                margin[label] += value * terms[term, label]
        scale = 1 / np.sqrt(squares) if squares > 0 else 1.0
        for label in range(labels):
            total[row, label] = margin[label] * scale + intercept[label]
        for column in range(2 * labels):
            if cues[column] > 0:
                value = np.float32(np.log1p(cues[column])) * cue_weight[column]
                for label in range(labels):
                    total[row, label] += value * cue_coef[column, label]
