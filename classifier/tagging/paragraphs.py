"""Document → Paragraphs: text restored, kinds settled, repeats found, every character accounted for."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from classifier.records import Document, Kind, Note, Paragraph, Row, Span, Unit
from classifier.tagging import wording
from classifier.tagging.articles import regroup
from classifier.tagging.chinese import simplified
from classifier.tagging.lines import Lines, measure
from classifier.tagging.reflow import Block, blocks
from classifier.tagging.stitch import Chain, stitch

_STRETCH = 200_000  # characters: some twenty newspaper pages
_DOUBLED = re.compile(r"(\S.*?)\s*\1")


def paragraphs(document: Document) -> list[Paragraph]:
    """Give the paragraphs of a document in reading order.

    The characters of each are those of its `source` ranges, white space aside; every visible character of the
    document is in exactly one paragraph.
    """
    found: list[Paragraph] = []
    first_copy: dict[str, str] = {}
    marked = document.units
    units = _restored(simplified(document.text)) if marked is None else ((unit, None) for unit in marked)
    for unit, note in regroup(units, document.text):
        text = _text(document.text, unit.source)
        number = len(found) + 1
        name = f"{document.name}#{number}"
        original = first_copy.setdefault("".join(text.split()), name)
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
                note=note,
            )
        )
    return found


def row_paragraph(row: Row) -> Paragraph:
    """Give a table row as the one paragraph that it is."""
    return Paragraph(
        id=row.id, document=row.document, number=row.number, kind=Kind.BODY, text=row.text,
        source=((0, len(row.text)),), columns=row.columns,
    )  # fmt: skip


def _restored(text: str) -> Iterator[tuple[Unit, Note | None]]:
    """Give the paragraphs of a text that has only lines, each with what is wrong with its edges."""
    for first, last in _stretches(text):
        lines = measure(text[first:last])
        starts, ends = (lines.start + first).tolist(), (lines.end + first).tolist()
        for chain in _settle(stitch(blocks(lines), lines), lines):
            spans = tuple((starts[block.first], ends[block.last]) for block in chain.blocks)
            note = Note.CUT if chain.cut else Note.FRAGMENT if chain.fragment else None
            once, again = _undouble(text, spans) if chain.kind is Kind.HEADING else (spans, ())
            yield Unit(kind=chain.kind, source=once), note
            if again:
                yield Unit(kind=chain.kind, source=again), None


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
    """Settle what only neighbours tell: a caption stands on its credit, a byline may take a second line."""
    i = 0
    while i < len(chains):
        chain = chains[i]
        after = chains[i + 1] if i + 1 < len(chains) else None
        first, last = chain.blocks[0].first, chain.blocks[-1].last
        if chain.kind is Kind.BODY and (
            (last == first and wording.caption_with_credit(lines.string(first)))
            or (after is not None and _is_caption_of(chain, after, lines))
        ):
            chain = _as(chain, Kind.FURNITURE)
        elif chain.kind is Kind.FURNITURE and after and _is_second_line(chain, after, lines):
            chain = Chain(chain.blocks + after.blocks)
            i += 1
        yield chain
        i += 1


def _as(chain: Chain, kind: Kind) -> Chain:
    return Chain(tuple(Block(kind, b.first, b.last) for b in chain.blocks))


def _is_caption_of(chain: Chain, after: Chain, lines: Lines) -> bool:
    """A short text set tight on a photograph's credit, or speaking of what one sees."""
    below = after.blocks[0].first
    first, last = chain.blocks[0].first, chain.blocks[-1].last
    if after.kind is not Kind.FURNITURE or below != last + 1 or not wording.is_credit(lines.string(below).strip()):
        return False
    width = float(lines.width[first : last + 1].sum())
    if wording.describes_scene(lines.text[lines.start[first] : lines.end[last]]):
        return width <= 90
    return width <= 45 and last <= first + 1 and int(lines.gap[below]) == 0


def _is_second_line(chain: Chain, after: Chain, lines: Lines) -> bool:
    """A byline directly below a byline."""
    below = after.blocks[0].first
    return (
        after.kind is Kind.FURNITURE
        and below == chain.blocks[-1].last + 1
        and int(lines.gap[below]) == 0
        and wording.is_byline(lines.string(below))
        and wording.is_byline(lines.string(below - 1))
    )


def _undouble(text: str, spans: tuple[Span, ...]) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Part a heading that was printed twice over (标题标题, 甲甲““乙乙””) into its text and the second copy."""
    once: list[Span] = []
    again: list[Span] = []
    for start, end in spans:
        at = start
        while at < end:
            doubled = _DOUBLED.match(text, at, end)
            if not doubled:
                return spans, ()
            middle = at + len(doubled.group(1))
            once.append((at, middle))
            again.append((middle, doubled.end()))
            at = doubled.end()
    return (tuple(once), tuple(again)) if sum(e - s for s, e in once) >= 4 else (spans, ())


def _text(source: str, spans: Iterable[Span]) -> str:
    """Give the restored text of source ranges: letter-spacing closed, lines joined as Chinese is, without a space."""
    pieces: list[str] = []
    for start, end in spans:
        raw = source[start:end]
        words = raw.split()
        lines = raw.splitlines()
        if len(words) == len(lines) or len(words) == sum(not line.isspace() for line in lines if line):
            pieces += words  # no white space within lines
        else:
            pieces += [_evened(line.split()) for line in lines if line and not line.isspace()]
    return _glue(pieces) if any(piece[-1].isascii() for piece in pieces) else "".join(pieces)


def _evened(words: list[str]) -> str:
    """Give a line with single spaces, or, where it is letter-spaced, with none."""
    spaced = len(words) - 1 >= 0.4 * sum(map(len, words))
    return _glue(words) if spaced and len(words) > 1 else " ".join(words)


def _glue(pieces: list[str]) -> str:
    """Join pieces, with a space only between two Latin letters."""
    text = ""
    for piece in pieces:
        text += " " + piece if _latin(text[-1:]) and _latin(piece[:1]) else piece
    return text


def _latin(char: str) -> bool:
    return char.isascii() and char.isalpha()
