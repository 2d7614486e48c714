"""The chain from paragraphs to tags, top to bottom."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from itertools import islice, repeat
from typing import Literal

import numpy as np

from classifier.errors import MissingExtra
from classifier.records import Kind, Paragraph, Tagged
from classifier.tagging import scores
from classifier.tagging import tags as deciding
from classifier.tagging.bundle import Bundle
from classifier.tagging.chinese import all_simplified
from classifier.tagging.evidence import evidence
from classifier.tagging.features import Floats

BATCH = 256  # paragraphs scored together: what they take then fits the cache, and is not asked of the system anew
_PAYS = 100_000  # paragraphs from which on Numba makes good the time that it takes to start
_SCRATCH = 1 << 23  # bytes: more than a batch takes

Engine = Literal["auto", "numpy", "numba"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagger:
    """A model put to work. Furniture is never tagged, headings only with `headings`.

    `auto` takes Numba where it is installed and `expected`, the number of paragraphs to come as far as known, is large
    enough to pay. Raises `MissingExtra` where Numba is wanted and not installed.
    """

    bundle: Bundle
    headings: bool = False
    all_scores: bool = False
    evidence: bool = False
    engine: Engine = "auto"
    expected: int = 0
    _margins: Callable[[Sequence[str]], Floats] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        model = self.bundle
        margins: Callable[[Sequence[str]], Floats] = partial(
            scores.of_texts, trie=model.trie, cues=model.cues, weights=model.weights
        )
        if self.engine == "numba" or (self.engine == "auto" and self.expected >= _PAYS):
            if find_spec("numba"):
                from classifier.tagging import numba_engine

                margins = numba_engine.Margins(model.trie, model.cues, model.weights)
            elif self.engine == "numba":
                raise MissingExtra("numba", "fast")
        object.__setattr__(self, "_margins", margins)
        # glibc keeps free memory up to twice the largest block ever freed: so each batch need not ask for it anew
        np.empty(_SCRATCH, np.uint8)

    def tag(self, paragraphs: Iterable[Paragraph]) -> Iterator[Tagged]:
        """Give every paragraph with its tags, in order."""
        kinds = (Kind.BODY, Kind.HEADING) if self.headings else (Kind.BODY,)
        rest = iter(paragraphs)
        while batch := list(islice(rest, BATCH)):
            wanted = [paragraph.kind in kinds for paragraph in batch]
            texts = [paragraph.text if tagged else "" for paragraph, tagged in zip(batch, wanted, strict=True)]
            probability = self.probabilities(all_simplified(texts))  # for scoring only: a text comes back as it was
            tags = deciding.tags(probability, self.bundle)
            review = deciding.review(probability, self.bundle)
            scored = self._scored(probability) if self.all_scores else repeat(None)
            for paragraph, tagged, given, doubtful, all_ in zip(batch, wanted, tags, review, scored, strict=False):
                if not tagged:
                    yield Tagged(paragraph, (), False, self.bundle.id)
                    continue
                found = [tag.label for tag in given] if self.evidence else None
                spans = None if found is None else evidence(paragraph.text, found, self.bundle)
                yield Tagged(paragraph, given, doubtful, self.bundle.id, all_, spans)

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Give the calibrated probability of each label (column) for each text (row)."""
        return scores.probabilities(self._margins(texts), self.bundle.weights)

    def _scored(self, probability: Floats) -> Iterator[dict[str, float]]:
        return (dict(zip(self.bundle.labels, row, strict=True)) for row in probability.tolist())
