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
from classifier.tagging.scores import Weights
from classifier.tagging.text import DIVISION, NUMERAL, kinds, normal_forms
from classifier.tagging.trie import Trie

Kernel = Callable[..., None]
_LAST = 0xFFFE  # what comes after the basic plane is as good as its last
_ZERO, _POINT, _COMMA, _ORDINAL = map(ord, "0.,第")
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
    kernel: Kernel = numba.njit(signature, cache=in_cache, nogil=True, error_model="numpy")(_margins)
    return kernel


def _margins(  # type: ignore[no-untyped-def]  # noqa: ANN202  # Numba has types of its own
    codes, first, normal, kind, letters, bases, states, terms, order, powers, cue_first, cue_label, cue_strength,  # noqa: ANN001
    cue_weight, cue_coef, intercept, power, total,  # noqa: ANN001
):  # fmt: skip
    """Fill `total`. What most characters need has no branches, so that many reads of memory are under way at once."""
    rows, labels = total.shape
    width = 0
    for row in range(rows):
        width = max(width, first[row + 1] - first[row])
    plain = np.empty(width + 1, np.uint16)  # the row's normalised characters
    letter = np.zeros(width + 1, np.uint32)
    hits = np.empty(2 * width + 1, np.uint32)  # states that one and two characters of the row lead to
    begins = np.empty(2 * width + 1, np.int64)
    count = np.zeros(len(terms), np.uint32)  # of each term in the row, zeroed again after it
    found = np.empty(len(terms) + 1, np.uint32)  # the row's terms
    cued: Any = np.empty((64, 3), np.int64)  # begin, end and term of what has cues
    cues = np.empty(2 * labels, np.int32)
    furthest = np.empty(labels, np.int64)  # end of each label's cues and decoys so far
    margin = np.empty(terms.shape[1], np.float64)  # adds up the ten thousand terms of a long text without loss
    root = bases[0]
    for row in range(rows):
        length = 0
        for i in range(first[row], first[row + 1]):  # as `text.encode` does it
            char = normal[min(codes[i], _LAST)]
            if char == 0:
                continue
            if char == _ZERO and length > 0:  # of 3,600.5 one digit stays
                if plain[length - 1] == _ZERO:
                    continue
                if length > 1 and plain[length - 2] == _ZERO and plain[length - 1] in (_POINT, _COMMA):
                    length -= 1
                    continue
            elif kind[char] == DIVISION:  # of 第十二条 the number goes
                number = length
                while number > 0 and kind[plain[number - 1]] == NUMERAL:
                    number -= 1
                if number > 0 and plain[number - 1] == _ORDINAL:
                    length = number
            plain[length] = char
            length += 1
        for i in range(length):
            letter[i] = letters[plain[i]]
        letter[length] = 0  # ends every walk
        some = 0
        for at in range(length):
            one = root + letter[at]
            two = bases[one] + letter[at + 1]
            known = states[one, 0] == 0
            hits[some], begins[some] = one, at
            some += known
            hits[some], begins[some] = two, at
            some += known & (states[two, 0] == one)
        distinct = 0
        special = 0
        for i in range(some):
            ended = states[hits[i], 1]
            term = ended >> np.uint32(2)
            found[distinct] = term
            distinct += count[term] == 0
            count[term] += np.uint32(1)
            hits[special], begins[special] = hits[i], begins[i]
            special += (ended & np.uint32(3)) != 0
        with_cues = 0
        for i in range(special):
            state = hits[i]
            at = begins[i] + 1 + (states[state, 0] != 0)
            while True:
                ended = states[state, 1]
                if ended & np.uint32(1):
                    if with_cues == len(cued):
                        cued = np.append(cued, cued, axis=0)
                    cued[with_cues, 0], cued[with_cues, 1], cued[with_cues, 2] = begins[i], at, ended >> np.uint32(2)
                    with_cues += 1
                to = bases[state] + letter[at]
                if not ended & np.uint32(2) or states[to, 0] != state:
                    break
                state, at = to, at + 1
                term = states[state, 1] >> np.uint32(2)
                found[distinct] = term
                distinct += count[term] == 0
                count[term] += np.uint32(1)
        cues[:] = 0
        furthest[:] = 0
        begin = 0
        while begin < with_cues:
            end = begin
            while end < with_cues and cued[end, 0] == cued[begin, 0]:
                end += 1
            for i in range(end - 1, begin - 1, -1):  # the longest first: it may contain the others
                term = order[cued[i, 2]]
                for entry in range(cue_first[term], cue_first[term + 1]):
                    label = cue_label[entry]
                    if cued[i, 1] > furthest[label]:
                        furthest[label] = cued[i, 1]
                        if cue_strength[entry] != DECOY:
                            cues[label + labels * cue_strength[entry]] += 1
            begin = end
        margin[:] = 0
        squares = 0.0
        for i in range(distinct):
            term = found[i]
            times = count[term]
            count[term] = 0
            value = powers[times] if times < len(powers) else np.float32(times**power)
            square = value * terms[term, labels]
            squares += square * square
            for label in range(len(margin)):
                margin[label] += value * terms[term, label]
        scale = 1 / np.sqrt(squares) if squares > 0 else 1.0
        for label in range(labels):
            total[row, label] = margin[label] * scale + intercept[label]
        for column in range(2 * labels):
            if cues[column] > 0:
                value = np.float32(np.log1p(cues[column])) * cue_weight[column]
                for label in range(labels):
                    total[row, label] += value * cue_coef[column, label]
