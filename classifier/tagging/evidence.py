"""Which words of a paragraph carried a tag.

A term's contribution to a label's margin is its value times its coefficient, shared among its occurrences; a cue's is
the part its count has in its column. Occurrences that overlap or touch are merged into one span. Without merging, all
contributions of a label and its intercept add up to its margin.
"""

from collections.abc import Sequence

import numpy as np

from classifier.records import Evidence
from classifier.tagging import features
from classifier.tagging.bundle import Bundle
from classifier.tagging.chinese import simplified
from classifier.tagging.features import Floats, Ints
from classifier.tagging.text import encode

_SPANS = 5  # a label, the strongest
_NOTHING = 1e-6  # of a margin: what rounding leaves over
_LEAST = 0.05  # of a label's positive contributions: weaker spans tell nobody anything


def contributions(text: str, bundle: Bundle) -> tuple[Ints, Ints, Floats]:
    """Give start and end in `text` of every occurrence of every term, and its share of each label's margin.

    The columns of the shares add up to the margin less intercept and cue columns.
    """
    counts = features.count([text], bundle.trie, bundle.cues, len(bundle.labels))
    values = features.weigh(counts, bundle.weights.idf, bundle.weights.power)
    codes, offset, _ = encode([text])
    found = bundle.trie.find(codes)
    length = found.length(np.arange(len(found.at)))
    entry = np.searchsorted(counts.terms, found.term)
    share = (values[entry] / counts.counts[entry]).astype(np.float32)
    return offset[found.at], offset[found.at + length - 1] + 1, share[:, None] * bundle.weights.coef[found.term]


def evidence(text: str, labels: Sequence[str], bundle: Bundle) -> tuple[Evidence, ...]:
    """Give the strongest spans of `text` for each of `labels`, label by label, strongest first."""
    columns = list(bundle.labels)
    start, end, share = contributions(simplified(text), bundle)
    found: list[Evidence] = []
    for label in labels:
        column = share[:, columns.index(label)]
        # spread each contribution evenly over its characters, then read off the stretches that speak for the label
        spread = np.zeros(len(text) + 1)
        np.add.at(spread, start, column / (end - start))
        np.add.at(spread, end, -column / (end - start))
        weight = np.cumsum(spread)[:-1]
        total = float(weight[weight > 0].sum())
        if total < _NOTHING:
            continue
        edges = np.flatnonzero(np.diff(np.concatenate(([0], (weight > 0.02 * total).astype(int), [0]))))
        spans = [
            Evidence(label=label, term=text[a:b], start=int(a), end=int(b), weight=float(weight[a:b].sum()))
            for a, b in edges.reshape(-1, 2)
        ]
        strong = [span for span in spans if span.weight >= _LEAST * total]
        found += sorted(strong, key=lambda span: (-span.weight, span.start))[:_SPANS]
    return tuple(found)
