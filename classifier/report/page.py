"""Tagged paragraphs → one HTML file: an overview, then the documents with their tags and what carried them.

The file needs no network and holds everything. What comes from documents is escaped by Jinja2; the page's own style
and script are constants of the template.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from classifier.records import Evidence, Kind, Paragraph, Tag, Tagged
from classifier.report.bars import Bar, bars
from classifier.report.html import template
from classifier.taxonomy import Taxonomy

_BINS = 10  # of the histogram of confidences
_GOLDEN = 137.508  # degrees between the hues of one label and the next, so that neighbours differ most


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph and the labels that it is evidence for, the strongest first."""

    text: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph as the page shows it."""

    paragraph: Paragraph
    tags: tuple[Tag, ...]
    review: bool
    pieces: tuple[Piece, ...]


def render(results: Iterable[Tagged], taxonomy: Taxonomy) -> str:
    """Give the page. Labels that the taxonomy lacks come last, in no group."""
    documents: dict[str, list[Block]] = {}
    models: set[str] = set()
    for result in results:
        models.add(result.model)
        paragraph = result.paragraph
        block = Block(paragraph, result.tags, result.review, pieces(paragraph.text, result.evidence or ()))
        documents.setdefault(paragraph.document, []).append(block)
    blocks = [block for found in documents.values() for block in found]
    names = {**taxonomy.names, **{tag.label: tag.name for block in blocks for tag in block.tags}}
    bodies = [block for block in blocks if block.paragraph.kind is Kind.BODY]
    return template("page.html").render(
        documents=documents,
        names=names,
        number={label: i for i, label in enumerate(names)},
        hues=[round(i * _GOLDEN) % 360 for i in range(len(names))],
        models=sorted(models),
        paragraphs=len(bodies),
        tagged=sum(bool(block.tags) for block in bodies),
        tags=sum(len(block.tags) for block in blocks),
        review=sum(block.review for block in bodies),
        labels=_label_bars(blocks, names),
        groups=_group_bars(blocks, taxonomy),
        confidences=_histogram([tag.confidence for block in blocks for tag in block.tags]),
    )


def pieces(text: str, evidence: Sequence[Evidence]) -> tuple[Piece, ...]:
    """Cut a text where evidence begins and ends, so that spans of several labels may overlap."""
    inside = [item for item in evidence if 0 <= item.start < item.end <= len(text)]
    edges = sorted({0, len(text), *(item.start for item in inside), *(item.end for item in inside)})
    found = []
    for start, end in pairwise(edges):
        over = sorted((item for item in inside if item.start <= start and end <= item.end), key=lambda e: -e.weight)
        found.append(Piece(text[start:end], tuple(dict.fromkeys(item.label for item in over))))
    return tuple(found)


def _label_bars(blocks: Sequence[Block], names: dict[str, str]) -> list[Bar]:
    counts = Counter(tag.label for block in blocks for tag in block.tags)
    return bars([(label, name, counts[label]) for label, name in names.items()])


def _group_bars(blocks: Sequence[Block], taxonomy: Taxonomy) -> list[Bar]:
    """Count paragraphs per group: two tags of one group count once."""
    group_of = {label.id: label.group for label in taxonomy.labels}
    counts = Counter(group for block in blocks for group in {group_of.get(tag.label, "") for tag in block.tags})
    order = [*dict.fromkeys(label.group for label in taxonomy.labels if label.group), ""]
    return bars([(group, group or "—", counts[group]) for group in order if group or counts[group]])


def _histogram(confidences: Sequence[float]) -> list[Bar]:
    counts = Counter(max(0, min(int(value * _BINS), _BINS - 1)) for value in confidences)
    return bars([(str(i), f"{i / _BINS:.1f}–{(i + 1) / _BINS:.1f}", counts[i]) for i in range(_BINS)])
