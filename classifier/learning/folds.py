"""Documents → folds. Documents that share text are a family and stay together, or a score would measure memory."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier.records import Example

_SHINGLE = 6  # characters
_MIN_SHARED, _MIN_SHARE = 12, 0.06  # shingles two documents must share to be a family, in number and as a share
_PARAGRAPH = 20  # characters: a text as long is no heading that comes again by chance
_COMMON = 8  # a shingle in that many documents is a stock phrase


def families(examples: Sequence[Example]) -> list[str]:
    """Give the family of each example: the first name among the documents that share text with its own."""
    shingles: dict[str, set[str]] = defaultdict(set)
    whole: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        text = re.sub(r"[\W\d]", "", example.text)
        if len(text) >= _PARAGRAPH and example.document not in whole[text]:
            whole[text].append(example.document)
        shingles[example.document].update(text[i : i + _SHINGLE] for i in range(len(text) - _SHINGLE + 1))
    holders: dict[str, list[str]] = defaultdict(list)
    for document in sorted(shingles):
        for shingle in shingles[document]:
            holders[shingle].append(document)
    shared = Counter(
        (one, other)
        for documents in holders.values()
        if 1 < len(documents) < _COMMON
        for i, one in enumerate(documents)
        for other in documents[i + 1 :]
    )
    parent = {document: document for document in shingles}

    def root(document: str) -> str:
        while parent[document] != document:
            document = parent[document]
        return document

    def join(one: str, other: str) -> None:
        first, second = sorted((root(one), root(other)))
        parent[second] = first

    for (one, other), n in sorted(shared.items()):
        if n >= _MIN_SHARED and n > _MIN_SHARE * min(len(shingles[one]), len(shingles[other])):
            join(one, other)
    for documents in sorted(whole.values()):  # a paragraph that many documents have is no stock phrase
        for other in documents[1:]:
            join(documents[0], other)
    return [root(example.document) for example in examples]


def assign(groups: Sequence[str], folds: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Give each example the number of its fold: groups shuffled by `seed`, dealt out in turn."""
    distinct = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(distinct))
    fold_of = {group: int(order[i]) % folds for i, group in enumerate(distinct)}
    return np.array([fold_of[group] for group in groups])
