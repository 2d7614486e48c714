"""Texts → margins in one pass over the characters, compiled by Numba: the same as `features` and `scores` in NumPy.

Takes half a second to start, and some seconds the first time, when it compiles; the machine code then stays in the
user's cache folder. An extra: `pip install "policytag[fast]"`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate
from typing import Any

import numba
import numpy as np
from numba.misc.appdirs import user_cache_dir

from classifier.errors import ModelDamaged
from classifier.tagging.features import DECOY, Cues, Floats
from classifier.tagging.numba_kernel import margins
from classifier.tagging.scores import Weights
from classifier.tagging.text import kinds, normal_forms
from classifier.tagging.trie import Trie

Kernel = Callable[..., None]
_LANES = 4  # numbers that a processor adds up side by side: rows of the table are a multiple
_config: Any = numba.config  # both fill themselves when imported: nothing a type checker could see
_types: Any = numba.types


class Margins:
    """The engine: called with texts, it gives their margins, one column a label."""

    def __init__(self, trie: Trie, cues: Cues, weights: Weights) -> None:
        """Raise `ModelDamaged` where a table points outside another."""
        _check(trie, cues, weights)
        terms, labels = weights.coef.shape
        # what is read together lies together: a state's parent with the term that it ends, a term's weight with its
        # coefficients, and the commonest terms, those of the least weight
        order = np.argsort(weights.idf, kind="stable")
        rank = np.empty(terms + 1, np.int64)
        rank[order], rank[terms] = np.arange(terms), terms  # a last term stands for none, and weighs nothing
        more = (trie.base != 0) & (trie.check != 0)  # from first to second characters all are tried
        cued = np.append(cues.there, False)
        self._states = np.stack(
            [trie.check.astype(np.uint32), (4 * rank[trie.term] + 2 * more + cued[trie.term]).astype(np.uint32)], axis=1
        )
        self._bases = trie.base.astype(np.uint32)
        self._letters = trie.letters
        self._terms = np.zeros((terms + 1, -(-(labels + 1) // _LANES) * _LANES), np.float32)
        self._terms[:terms, :labels] = (weights.coef * weights.idf[:, None])[order]
        self._terms[:terms, labels] = weights.idf[order]
        self._order = order.astype(np.uint32)
        self._powers = (np.arange(256, dtype=np.float64) ** weights.power).astype(np.float32)
        self._cues = cues
        self._weights = replace(weights, cue_coef=np.ascontiguousarray(weights.cue_coef))  # training's lies by columns

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Give the margins, a row a text."""
        codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        first = np.fromiter(accumulate(map(len, texts), initial=0), dtype=np.int64, count=len(texts) + 1)
        cues, weights = self._cues, self._weights
        total = np.empty((len(texts), len(weights.intercept)), dtype=np.float32)
        _kernel()(
            codes, first, normal_forms(), kinds(), self._letters, self._bases, self._states, self._terms, self._order,
            self._powers, cues.first, cues.label, cues.strength, weights.cue, weights.cue_coef, weights.intercept,
            weights.power, total,
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
        and bool(
            (trie.check.take(trie.base) != np.arange(len(trie.base))).all()
        )  # an unknown character ends every walk
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
        table(t.uint32), table(t.int64), table(t.uint16), table(t.uint8), table(t.uint16), table(t.uint32),
        table(t.uint32, 2), table(t.float32, 2), table(t.uint32), table(t.float32), table(t.int32), table(t.int32),
        table(t.int8), table(t.float32), table(t.float32, 2), table(t.float32), t.float64, t.Array(t.float32, 2, "C"),
    )  # fmt: skip
    kernel: Kernel = numba.njit(signature, cache=in_cache, nogil=True, error_model="numpy")(margins)
    return kernel
