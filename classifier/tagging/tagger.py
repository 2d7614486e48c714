"""The chain from paragraphs to tags, top to bottom."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from itertools import islice
from typing import Literal

from classifier.errors import MissingExtra
from classifier.records import Kind, Paragraph, Tagged
from classifier.tagging import scores
from classifier.tagging import tags as deciding
from classifier.tagging.bundle import Bundle
from classifier.tagging.chinese import simplified
from classifier.tagging.evidence import evidence
from classifier.tagging.features import Floats

_BATCH = 256  # paragraphs; 64 to 1024 are about equally fast
_PAYS = 100_000  # paragraphs from which on Numba makes good the time that it takes to start

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

    def tag(self, paragraphs: Iterable[Paragraph]) -> Iterator[Tagged]:
        """Give every paragraph with its tags, in order."""
        rest = iter(paragraphs)
        while batch := list(islice(rest, _BATCH)):
            texts = [p.text if self._wanted(p) else "" for p in batch]
            texts = [simplified(text) for text in texts]  # for scoring only: the text comes back as it was
            probability = self.probabilities(texts)
            tags = deciding.tags(probability, self.bundle)
            review = deciding.review(probability, self.bundle)
            for i, paragraph in enumerate(batch):
                if not self._wanted(paragraph):
                    yield Tagged(paragraph=paragraph, tags=(), review=False, model=self.bundle.id)
                    continue
                scored = (
                    dict(zip(self.bundle.labels, probability[i].tolist(), strict=True)) if self.all_scores else None
                )
                found = [tag.label for tag in tags[i]]
                yield Tagged(
                    paragraph=paragraph,
                    tags=tags[i],
                    review=review[i],
                    model=self.bundle.id,
                    scores=scored,
                    evidence=evidence(paragraph.text, found, self.bundle) if self.evidence else None,
                )

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Give the calibrated probability of each label (column) for each text (row)."""
        return scores.probabilities(self._margins(texts), self.bundle.weights)

    def _wanted(self, paragraph: Paragraph) -> bool:
        return paragraph.kind is Kind.BODY or (self.headings and paragraph.kind is Kind.HEADING)
