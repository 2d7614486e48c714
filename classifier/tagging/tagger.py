"""The chain from paragraphs to tags, top to bottom."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from classifier.records import Kind, Paragraph, Tagged
from classifier.tagging import features, scores
from classifier.tagging import tags as deciding
from classifier.tagging.bundle import Bundle
from classifier.tagging.chinese import looks_traditional, simplified
from classifier.tagging.evidence import evidence
from classifier.tagging.features import Floats

_BATCH = 256  # paragraphs; 64 to 1024 are about equally fast


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagger:
    """A model put to work. Furniture is never tagged, headings only with `headings`."""

    bundle: Bundle
    headings: bool = False
    all_scores: bool = False
    evidence: bool = False

    def tag(self, paragraphs: Iterable[Paragraph]) -> Iterator[Tagged]:
        """Give every paragraph with its tags, in order."""
        rest = iter(paragraphs)
        while batch := list(islice(rest, _BATCH)):
            texts = [p.text if self._wanted(p) else "" for p in batch]
            if looks_traditional("".join(texts)):  # for scoring only: the text comes back as it was
                texts = [simplified(text) for text in texts]
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
        counts = features.count(texts, self.bundle.trie, self.bundle.cues, len(self.bundle.labels))
        weights = self.bundle.weights
        return scores.probabilities(scores.margins(counts, weights), weights)

    def _wanted(self, paragraph: Paragraph) -> bool:
        return paragraph.kind is Kind.BODY or (self.headings and paragraph.kind is Kind.HEADING)
