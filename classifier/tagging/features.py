"""Paragraphs → counts of vocabulary terms and of cues → tf-idf values.

Terms are counted wherever they occur, overlapping or not. Cues are counted per label, strong and weak apart: of cues
and decoys of a label that contain one another only the longest counts, and decoys then fall away (商标侵权 is a decoy
for brand building, so its 商标 says nothing there).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.tagging.text import encode
from classifier.tagging.trie import Trie

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

STRONG, WEAK, DECOY = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Cues:
    """Which terms are cues of which labels: entries `first[t]` to `first[t + 1]` belong to term t."""

    first: npt.NDArray[np.int32]
    label: npt.NDArray[np.int32]
    strength: npt.NDArray[np.int8]  # STRONG, WEAK or DECOY


@dataclass(frozen=True, slots=True)
class Counts:
    """Sparse rows as in SciPy's CSR: row i has `terms[start[i]:start[i+1]]`, sorted, as often as `counts` says.

    `cues` is dense, one row a paragraph: strong cues of each label, then weak cues of each label.
    """

    start: Ints
    terms: Ints
    counts: Floats
    cues: Floats


def count(texts: Sequence[str], trie: Trie, cues: Cues, labels: int) -> Counts:
    """Count the terms of `trie` and the cues of `labels` labels in each text."""
    codes, _, first = encode(texts)
    at, term, length = trie.find(codes)
    row = np.searchsorted(first, at, side="right") - 1
    terms = len(cues.first) - 1
    keys = np.sort(row * terms + term)
    new = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.diff(np.append(new, len(keys))).astype(np.float32)
    row_of, term_of = np.divmod(keys[new], terms)
    start = np.searchsorted(row_of, np.arange(len(texts) + 1))
    return Counts(start, term_of, counts, _count_cues(row, at, term, length, cues, len(texts), labels))


def _count_cues(
    row: Ints, at: Ints, term: npt.NDArray[np.int32], length: npt.NDArray[np.int32], cues: Cues, rows: int, labels: int
) -> Floats:
    """Count each label's cues that no longer cue or decoy of the same label contains."""
    entries = cues.first[term + 1] - cues.first[term]
    found = np.flatnonzero(entries)
    found = np.repeat(found, entries[found])
    # number the repeats of each occurrence 0, 1, … to reach each of its term's entries
    again = np.arange(len(found)) - np.searchsorted(found, found)
    entry = cues.first[term[found]] + again
    label, strength = cues.label[entry].astype(np.int64), cues.strength[entry]
    begin, end = at[found], at[found] + length[found]
    order = np.lexsort((-end, begin, label))
    label, strength, end, found = label[order], strength[order], end[order], found[order]
    reach = label * (int(end.max(initial=0)) + 1) + end
    furthest = np.maximum.accumulate(np.append(-1, reach))[:-1]
    counted = (reach > furthest) & (strength != DECOY)
    column = label[counted] + labels * strength[counted]
    flat = np.bincount(row[found[counted]] * (2 * labels) + column, minlength=rows * 2 * labels)
    return flat.reshape(rows, 2 * labels).astype(np.float32)


def weigh(counts: Counts, weights: Floats, power: float) -> Floats:
    """Give the value of each entry of `counts`: count^power · weight, rows scaled to length 1."""
    values = counts.counts**power * weights[counts.terms]
    rows = len(counts.start) - 1
    row = np.repeat(np.arange(rows), np.diff(counts.start))
    squares = np.bincount(row, weights=values * values, minlength=rows)
    norms = np.sqrt(np.where(squares > 0, squares, 1.0)).astype(np.float32)
    return (values / norms[row]).astype(np.float32)


def cue_values(counts: Counts, weights: Floats) -> Floats:
    """Give the cue columns' values: ln(1 + count) times the weight of the column, outside the norm of the terms."""
    return (np.log1p(counts.cues) * weights).astype(np.float32)
