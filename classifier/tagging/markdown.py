"""Markdown → units: the blocks that markdown-it-py finds, with their marks left out of the text."""

import re
from collections.abc import Iterator

from classifier.records import Kind, Span

_MARKS = re.compile(r"\*\*|__|`+|!?\[(?=[^\]]*\]\()|\]\([^)\s]*\)|(?<=\|)\s*:?-{3,}:?\s*(?=\|)|\|")
_LINE = re.compile(r"[^\n]*\n?")


def units(text: str) -> Iterator[tuple[Kind, list[Span]]]:
    """Give kind and source ranges of each heading, paragraph, list item and table row of a Markdown text."""
    from markdown_it import MarkdownIt

    lines = [match.span() for match in _LINE.finditer(text)]
    kind = Kind.BODY
    in_row = False
    # markdown-it folds \r\n and NUL itself, so its line numbers are those of lines that end in \n
    for token in MarkdownIt("commonmark").enable("table").parse(text.replace("\r", " ")):
        match token.type:
            case "heading_open":
                kind = Kind.HEADING
            case "heading_close":
                kind = Kind.BODY
            case "tr_open":
                in_row = True
            case "tr_close":
                in_row = False
        cell = token.type == "inline" and in_row
        if token.map is None or cell or token.type not in ("inline", "tr_open", "fence", "code_block", "html_block"):
            continue
        first, last = token.map
        content = [line.strip() for line in token.content.split("\n")] if token.type == "inline" else []
        spans = [
            span for n, (start, end) in enumerate(lines[first:last])
            for span in _unmarked(text, *_place(text, start, end, content[n] if n < len(content) else ""))
        ]  # fmt: skip
        if spans:
            yield Kind.FURNITURE if token.type == "html_block" else kind, spans


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
