"""Document → Paragraphs: text restored, kinds settled, repeats found, every character accounted for."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice, zip_longest

from classifier.records import Document, Kind, Note, Paragraph, Span, Unit
from classifier.tagging import wording
from classifier.tagging.articles import regroup
from classifier.tagging.chinese import simplified
from classifier.tagging.joining import texts
from classifier.tagging.lines import Lines, measure
from classifier.tagging.reflow import blocks
from classifier.tagging.stitch import Chain, stitch

_STRETCH = 200_000  # characters: some twenty newspaper pages
_BATCH = 5_000  # paragraphs whose texts are made together
_UNFINISHED = "和与及将从把被向、"  # characters at which no heading ends
_DOUBLED = re.compile(r"(\S.*?)\s*\1")


def paragraphs(document: Document) -> list[Paragraph]:
    """Give the paragraphs of a document in reading order.

    The characters of each are those of its `source` ranges, white space aside; every visible character of the
    document is in exactly one paragraph.
    """
    found: list[Paragraph] = []
    first_copy: dict[str, str] = {}
    units = regroup(_restored(document.text) if document.units is None else document.units, document.text)
    while batch := list(islice(units, _BATCH)):
        for unit, text in zip(batch, texts([_stretch(document.text, unit.source) for unit in batch]), strict=True):
            number = len(found) + 1
            name = f"{document.name}#{number}"
            original = first_copy.setdefault(text.replace(" ", ""), name)
            found.append(
                Paragraph(
                    id=name,
                    document=document.name,
                    number=number,
                    kind=unit.kind,
                    text=text,
                    source=unit.source,
                    heading=unit.heading,
                    page=bisect_right(document.pages, unit.source[0][0]) or None,
                    duplicate_of=None if original == name else original,
                    note=unit.note,
                )
            )
    return found


def _restored(text: str) -> Iterator[Unit]:
    """Give the paragraphs of a text that has only lines."""
    for first, last in _stretches(text):
        lines = measure(simplified(text[first:last]))
        starts, ends = (lines.start + first).tolist(), (lines.end + first).tolist()
        for kind, head, tail, cut, fragment, more in _settle(stitch(blocks(lines), lines), lines):
            spans: tuple[Span, ...] = ((starts[head], ends[tail]),)
            if more:
                spans += tuple((starts[a], ends[b]) for a, b in more)
            if kind is Kind.HEADING:
                yield from (Unit(kind, copy) for copy in _undouble(text, spans))
            else:
                yield Unit(kind, spans, (), Note.CUT if cut else Note.FRAGMENT if fragment else None)


def _stretches(text: str) -> Iterator[Span]:
    """Give the text in stretches that can be read one by one: a long one is cut where a line ends a sentence."""
    first = 0
    while len(text) - first > 2 * _STRETCH:
        last = max(text.rfind(f"{mark}\n", first + _STRETCH, first + 2 * _STRETCH) for mark in ("。", "！", "？", "”"))
        if last < 0:
            last = text.rfind("\n", first + _STRETCH, first + 2 * _STRETCH)
        last = first + 2 * _STRETCH if last < 0 else last + 1
        yield first, last
        first = last
    yield first, len(text)


def _settle(chains: list[Chain], lines: Lines) -> Iterator[Chain]:
    """Settle what only neighbours tell: a byline may take a second line, and so may a heading that stops in between."""
    neighbours = zip_longest(chains, chains[1:])
    for chain, after in neighbours:
        if after and after.kind is chain.kind and after.first == chain.end + 1 and _goes_on(chain, lines):
            yield chain._replace(more=(*chain.more, (after.first, after.last), *after.more))
            next(neighbours)
        else:
            yield chain


def _goes_on(chain: Chain, lines: Lines) -> bool:
    """Whether the line below, of the same kind, is a byline's or a heading's second one."""
    last, below = chain.end, chain.end + 1
    if chain.kind is Kind.HEADING:
        return bool(lines.opened[last] and lines.closed[below]) or chr(lines.last[last]) in _UNFINISHED
    return (
        chain.kind is Kind.FURNITURE
        and int(lines.gap[below]) == 0
        and wording.is_byline(lines.string(below))
        and wording.is_byline(lines.string(last))
    )


def _undouble(text: str, spans: tuple[Span, ...]) -> list[tuple[Span, ...]]:
    """Part a heading that was printed twice over (标题标题, 甲甲““乙乙””) into its text and the second copy."""
    once: list[Span] = []
    again: list[Span] = []
    for start, end in spans:
        at = start
        while at < end:
            doubled = _DOUBLED.match(text, at, end)
            if not doubled:
                return [spans]
            middle = at + len(doubled.group(1))
            once.append((at, middle))
            again.append((middle, doubled.end()))
            at = doubled.end()
    return [tuple(once), tuple(again)] if sum(e - s for s, e in once) >= 4 else [spans]


def _stretch(text: str, source: tuple[Span, ...]) -> str:
    if len(source) == 1:
        return text[source[0][0] : source[0][1]]
    return "\n".join(text[start:end] for start, end in source)
