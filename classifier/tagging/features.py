"""Paragraphs → counts of vocabulary terms and of cues → tf-idf values.

Terms are counted wherever they occur, overlapping or not. Cues are counted per label, strong and weak apart: of cues
and decoys of a label that contain one another only the longest counts, and decoys then fall away (商标侵权 is a decoy
for brand building, so its 商标 says nothing there).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from classifier.tagging.text import encode
from classifier.tagging.trie import Occurrences, Trie

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

STRONG, WEAK, DECOY = 0, 1, 2
# a cue that was found, as one number that sorts: its label, its place, how much shorter it is than any, its strength
_LABEL, _PLACE, _SHORTER = 53, 18, 2  # the bit at which each begins
_LONGEST = (1 << _PLACE - _SHORTER) - 1  # characters: more than any term has
_TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True)
class Cues:
    """Which terms are cues of which labels: entries `first[t]` to `first[t + 1]` belong to term t."""

    first: npt.NDArray[np.int32]
    label: npt.NDArray[np.int32]
    strength: npt.NDArray[np.int8]  # STRONG, WEAK or DECOY

    @cached_property
    def there(self) -> npt.NDArray[np.bool_]:
        """Whether a term is a cue at all: few are."""
        return self.first[1:] > self.first[:-1]

    @cached_property
    def kind(self) -> Ints:
        """Label and strength in one number."""
        return (self.label.astype(np.int64) << _LABEL) + self.strength


@dataclass(frozen=True, slots=True)
class Counts:
    """Sparse rows as in SciPy's CSR: row i has `terms[start[i]:start[i+1]]`, sorted, as often as `counts` says.

    `cues` is dense, one row a paragraph: strong cues of each label, then weak cues of each label.
    """

    start: Ints
    terms: Ints
    counts: Ints
    cues: Floats


def count(texts: Sequence[str], trie: Trie, cues: Cues, labels: int) -> Counts:
    """Count the terms of `trie` and the cues of `labels` labels in each text."""
    codes, _, first = encode(texts)
    found = trie.find(codes)
    terms = len(cues.first) - 1
    # one key for a row and a term; narrow keys sort twice as fast
    narrow = np.int32 if len(texts) * terms < 1 << 31 else np.int64
    row_key: npt.NDArray[np.signedinteger] = np.multiply(np.arange(len(texts) + 1), terms, dtype=narrow)
    keys = row_key[:-1].repeat(first[1:] - first[:-1]).take(found.at) + found.term
    keys.sort()
    edge = np.ones(len(keys) + 1, dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=edge[1:-1])
    new = edge.nonzero()[0]
    keys = keys.take(new[:-1])
    start = keys.searchsorted(row_key)
    entries = keys - row_key[:-1].repeat(start[1:] - start[:-1])
    return Counts(start, entries, new[1:] - new[:-1], _count_cues(first, found, cues, labels))


def _count_cues(first: Ints, occurrences: Occurrences, cues: Cues, labels: int) -> Floats:
    """Count each label's cues that no longer cue or decoy of the same label contains."""
    found = cues.there.take(occurrences.term).nonzero()[0]
    term = occurrences.term.take(found)
    entry = cues.first.take(term)
    entries = cues.first.take(term + 1) - entry
    found = found.repeat(entries)
    # number the entries of each occurrence 0, 1, …
    entry = (entry + entries - entries.cumsum()).repeat(entries) + np.arange(len(found))
    # sorted by label, then by begin, the longest first, a cue follows those that may contain it
    key = (occurrences.at.take(found) << _PLACE - _SHORTER) + _LONGEST - occurrences.length(found)
    key = (key << _SHORTER) + cues.kind.take(entry)
    key.sort()
    strength, place = key & (1 << _SHORTER) - 1, key >> _PLACE
    end = place - (key >> _SHORTER & _LONGEST)  # less _LONGEST; the label is in it: none reaches into the next
    counted = strength != DECOY
    counted[1:] &= end[1:] > np.maximum.accumulate(end)[:-1]
    place, strength = place[counted], strength[counted]
    label, begin = place >> _LABEL - _PLACE, place & (1 << _LABEL - _PLACE) - 1
    row = first.searchsorted(begin, side="right") - 1
    rows = len(first) - 1
    flat = np.bincount((2 * row + strength) * labels + label, minlength=rows * 2 * labels)
    return flat.reshape(rows, 2 * labels).astype(np.float32)


def weigh(counts: Counts, weights: Floats, power: float) -> Floats:
    """Give the value of each entry of `counts`: count^power · weight, rows scaled to length 1."""
    powers = _powers(int(np.maximum.reduce(counts.counts, initial=0)).bit_length(), power)
    values = powers.take(counts.counts) * weights.take(counts.terms)
    width = counts.start[1:] - counts.start[:-1]
    filled = width.nonzero()[0]
    if len(filled):
        squares = np.add.reduceat(values * values, counts.start.take(filled))
        values /= np.sqrt(np.maximum(squares, _TINY)).repeat(width.take(filled))
    return np.asarray(values, dtype=np.float32)


@cache
def _powers(bits: int, power: float) -> Floats:
    """Give `power` of all counts that so many bits hold."""
    return np.asarray(np.arange(1 << bits, dtype=np.float32) ** power, dtype=np.float32)


def cue_values(counts: Counts, weights: Floats) -> Floats:
    """Give the cue columns' values: ln(1 + count) times the weight of the column, outside the norm of the terms."""
    return (np.log1p(counts.cues) * weights).astype(np.float32)
