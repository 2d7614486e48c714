"""Markdown → units: the blocks that markdown-it-py finds, with their marks left out of the text."""

import re
from collections.abc import Iterator

from classifier.records import Kind, Span, Unit

_MARKS = re.compile(r"\*\*|__|`+|!?\[(?=[^\]]*\]\()|\]\([^)\s]*\)|(?<=\|)\s*:?-{3,}:?\s*(?=\|)|\|")
_TAKEN = ("inline", "tr_open", "fence", "code_block", "html_block")
_LINE = re.compile(r"[^\n]*\n?")


def units(text: str) -> tuple[Unit, ...]:
    """Give each heading, paragraph, list item and table row of a Markdown text, under its headings."""
    from markdown_it import MarkdownIt

    lines = [match.span() for match in _LINE.finditer(text)]
    found: list[Unit] = []
    path: list[tuple[int, str]] = []
    level = 0  # of the heading that is open; 0 outside one
    in_row = False
    # markdown-it folds \r\n and NUL itself, so its line numbers are those of lines that end in \n
    for token in MarkdownIt("commonmark").enable("table").parse(text.replace("\r", " ")):
        level = int(token.tag[1]) if token.type == "heading_open" else 0 if token.type == "heading_close" else level
        in_row = token.type == "tr_open" or (in_row and token.type != "tr_close")
        inside_cell = token.type == "inline" and in_row
        if token.map is None or inside_cell or token.type not in _TAKEN:
            continue
        first, last = token.map
        content = [line.strip() for line in token.content.split("\n")] if token.type == "inline" else []
        spans = tuple(
            span
            for n, (start, end) in enumerate(lines[first:last])
            for span in _unmarked(text, *_place(text, start, end, content[n] if n < len(content) else ""))
        )
        if not spans:
            continue
        kind = Kind.HEADING if level else Kind.FURNITURE if token.type == "html_block" else Kind.BODY
        if level:
            path = [(depth, name) for depth, name in path if depth < level]
        found.append(Unit(kind=kind, source=spans, heading=tuple(name for _, name in path)))
        if level:
            path.append((level, "".join(text[start:end] for start, end in spans)))
    return tuple(found)


def _place(text: str, start: int, end: int, content: str) -> Span:
    """Find a block's content in its line, behind the marks of lists, quotes and headings."""
    at = text.find(content, start, end) if content else start
    return (at, at + len(content)) if content and at >= 0 else (start, end)


def _unmarked(text: str, start: int, end: int) -> Iterator[Span]:
    """Give what is left of a range without emphasis, links' addresses and table lines."""
    at = start
    for mark in _MARKS.finditer(text, start, end):
        yield from _visible(text, at, mark.start())
        at = mark.end()
    yield from _visible(text, at, end)


def _visible(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    if inner := piece.strip():
        begin = start + piece.index(inner)
        yield begin, begin + len(inner)
