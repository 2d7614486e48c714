"""The records that travel from stage to stage. Standard library only.

What a run makes by the million is a named tuple: a frozen dataclass takes three times as long to make.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

Span = tuple[int, int]  # character offsets, end exclusive


class Kind(StrEnum):
    """What a paragraph is on its page."""

    BODY = "body"
    HEADING = "heading"
    FURNITURE = "furniture"  # bylines, captions, credits, page and column labels: never tagged


class Note(StrEnum):
    """What is known to be wrong with a paragraph's edges."""

    CUT = "cut"  # its end is missing
    FRAGMENT = "fragment"  # its beginning is missing


class Unit(NamedTuple):
    """A paragraph before its text is made: what it is, where it stands in the text, under which headings."""

    kind: Kind
    source: tuple[Span, ...]
    heading: tuple[str, ...] = ()
    note: Note | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text to be split into paragraphs. `text` is the decoded input that offsets refer to.

    `units`: its paragraphs where the format marks them (Markdown, DOCX, HTML); without, they are restored from the
    lines. `pages`: the offset at which each page begins, where it has pages.
    """

    name: str
    text: str
    units: tuple[Unit, ...] | None = None
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """An input that could not be read, and why."""

    name: str
    reason: str


class Paragraph(NamedTuple):
    """A paragraph with where it came from: `source` holds ranges of the decoded input, or of a table row's text.

    `columns`: the row's other columns, to be handed back.
    """

    id: str
    document: str
    number: int
    kind: Kind
    text: str
    source: tuple[Span, ...]
    heading: tuple[str, ...] = ()  # the headings it stands under, outermost first
    page: int | None = None
    duplicate_of: str | None = None
    note: Note | None = None
    columns: Mapping[str, object] | None = None


class Tag(NamedTuple):
    """A label given to a paragraph. `confidence` is a calibrated probability."""

    label: str
    name: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A stretch of `Paragraph.text` that spoke for a label; `weight` is its share of the margin."""

    label: str
    term: str
    start: int
    end: int
    weight: float


class Tagged(NamedTuple):
    """A paragraph with what the model `model` says of it. `scores`: probability of every label, on request."""

    paragraph: Paragraph
    tags: tuple[Tag, ...]
    review: bool
    model: str
    scores: Mapping[str, float] | None = None
    evidence: tuple[Evidence, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled paragraph. No labels is a judgement too: the paragraph has no measure."""

    id: str
    document: str
    paragraph: int
    genre: str
    kind: Kind
    text: str
    labels: frozenset[str]
    annotator: str
    origin: str
    blind: frozenset[str] | None = None  # what was judged before an adjudicator decided, who saw what a model doubted

    @property
    def unadjudicated(self) -> frozenset[str]:
        """The labels that nobody chose with a model's doubts in view."""
        return self.labels if self.blind is None else self.blind
