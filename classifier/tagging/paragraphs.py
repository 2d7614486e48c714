"""Document → Paragraphs: text restored, kinds settled, repeats found, every character accounted for."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice, repeat

import numpy as np

from classifier.records import Document, Kind, Note, Paragraph, Span, Unit
from classifier.tagging import wording
from classifier.tagging.articles import regroup
from classifier.tagging.chinese import simplified
from classifier.tagging.joining import texts
from classifier.tagging.lines import Bools, Lines, measure
from classifier.tagging.reflow import KINDS, blocks
from classifier.tagging.stitch import Chains, stitch

_STRETCH = 200_000  # characters: some twenty newspaper pages
_BATCH = 5_000  # paragraphs whose texts are made together
_BODY, _HEADING = KINDS.index(Kind.BODY), KINDS.index(Kind.HEADING)
_NOTES = (None, Note.FRAGMENT, Note.CUT)
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
        kinds, sources, headings, notes = zip(*batch, strict=True)
        whole = texts([_stretch(document.text, source) for source in sources])
        numbers = range(len(found) + 1, len(found) + len(batch) + 1)
        names = [f"{document.name}#{number}" for number in numbers]
        originals = map(first_copy.setdefault, [text.replace(" ", "") for text in whole], names)
        copied = [None if original is name else original for original, name in zip(originals, names, strict=True)]
        pages = [bisect_right(document.pages, source[0][0]) or None for source in sources]
        same = repeat(document.name)
        found += map(Paragraph, names, same, numbers, kinds, whole, sources, headings, pages, copied, notes)
    return found


def _restored(text: str) -> Iterator[Unit]:
    """Give the paragraphs of a text that has only lines."""
    for begin, end in _stretches(text):
        lines = measure(simplified(text[begin:end]))
        made, more = _settle(stitch(blocks(lines), lines), lines)
        starts, ends = (lines.start + begin).tolist(), (lines.end + begin).tolist()
        notes = np.where(made.cut, _NOTES.index(Note.CUT), made.fragment.astype(int)).tolist()
        columns = (made.kind.tolist(), made.first.tolist(), made.last.tolist(), notes)
        for place, (kind, first, last, note) in enumerate(zip(*columns, strict=True)):
            spans: tuple[Span, ...] = ((starts[first], ends[last]),)
            if place in more:
                spans += tuple((starts[a], ends[b]) for a, b in more[place])
            if kind == _HEADING:
                yield from (Unit(Kind.HEADING, copy) for copy in _undouble(text, spans))
            else:
                yield Unit(KINDS[kind], spans, (), _NOTES[note])


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


def _settle(chains: Chains, lines: Lines) -> Chains:
    """Settle what only neighbours tell: a byline may take a second line, and so may a heading that stops in between."""
    (kind, first, last, *_), more = chains
    end = last.copy()
    end[list(more)] = [stretches[-1][1] for stretches in more.values()]
    alike = (kind[1:] == kind[:-1]) & (kind[1:] != _BODY) & (first[1:] == end[:-1] + 1)
    stays: Bools = np.ones(len(kind), dtype=bool)
    for above in np.flatnonzero(alike).tolist():
        below = above + 1
        if stays[above] and _goes_on(kind[above] == _HEADING, int(end[above]), lines):
            more[above] = [*more.get(above, ()), (int(first[below]), int(last[below])), *more.pop(below, ())]
            stays[below] = False
    if stays.all():
        return chains
    place = (np.cumsum(stays) - 1).tolist()
    return Chains(chains.blocks.those(stays), {place[i]: stretches for i, stretches in more.items()})


def _goes_on(heading: bool, last: int, lines: Lines) -> bool:
    """Whether the line below, of the same kind, is a heading's or a byline's second one."""
    below = last + 1
    if heading:
        return bool(lines.opened[last] and lines.closed[below]) or chr(lines.last[last]) in _UNFINISHED
    return (
        int(lines.gap[below]) == 0 and wording.is_byline(lines.string(below)) and wording.is_byline(lines.string(last))
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
