"""Inputs → chunks of work of about equal cost, cut at the same places in every run.

Where the cuts lie depends on the inputs alone. So neither the number of workers nor an interruption changes what is
tagged together, and with that not one byte of the output.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from classifier.records import Document, Skipped
from classifier.tagging.documents import read
from classifier.tagging.sources import Item, Lines, Source

# read piece by piece, for they may be larger than memory; others are read whole, by whoever works on them
STREAMED = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm", ".zip"})
_ENOUGH = 1 << 20  # cost of a chunk: bytes, with
_DOCUMENT = 1 << 17  # added for each document: no more than eight
_ROW = 1 << 10  # and for each row, skipped or not: no more than a thousand
_PARAGRAPH = 300  # bytes, with what a table has around it
_BYTES = 3  # of a Chinese character in UTF-8


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the inputs: `source` of them are behind it, and `parts` rows, blocks or members of the next."""

    source: int = 0
    parts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Inputs to be read, or rows and documents that were; `end` is where the next chunk begins.

    `read` is how many bytes of the inputs it stands for: estimated within a file, right at its end.
    """

    parts: tuple[Source | Item | Lines, ...]
    end: Position
    read: int


def chunks(sources: Sequence[Source], start: Position = Position()) -> Iterator[Chunk]:  # frozen
    """Give all that comes after `start`, which has to be the end of a chunk."""
    for group in groups(sources, start.source):
        if is_streamed(sources[group.start]):
            yield from _stream(sources[group.start], group.start, start.parts if group.start == start.source else 0)
        else:
            parts = sources[group.start : group.stop]
            yield Chunk(parts=tuple(parts), end=Position(group.stop), read=sum(map(size, parts)))


def groups(sources: Sequence[Source], start: int = 0) -> Iterator[range]:
    """Give which inputs go together from `start` on: a table alone, documents as many as make a chunk."""
    first, cost = start, 0
    for number in range(start, len(sources)):
        if is_streamed(sources[number]):
            if first < number:
                yield range(first, number)
            yield range(number, number + 1)
            first, cost = number + 1, 0
            continue
        cost += _DOCUMENT + size(sources[number])
        if cost >= _ENOUGH:
            yield range(first, number + 1)
            first, cost = number + 1, 0
    if first < len(sources):
        yield range(first, len(sources))


def is_streamed(source: Source) -> bool:
    """Whether an input is read piece by piece; standard input belongs to this process, too."""
    return source.suffix in STREAMED or not (source.path or source.member)


def size(source: Source) -> int:
    """Give an input's bytes, 0 where that is not known."""
    try:
        return source.path.stat().st_size if source.path else 0
    except OSError:  # it will be skipped with its reason
        return 0


def expected(sources: Sequence[Source]) -> int:
    """Give about how many paragraphs inputs hold, by their size."""
    return sum(map(size, sources)) // _PARAGRAPH


def _stream(source: Source, number: int, behind: int) -> Iterator[Chunk]:
    """Give the chunks of one input from item `behind` on."""
    items = read(source)
    left = size(source)
    left -= min(left, sum(map(_bytes, islice(items, behind))))
    parts: list[Item | Lines] = []
    cost = took = 0
    for item in items:
        if cost >= _ENOUGH:
            behind += len(parts)
            took = min(left, took)
            left -= took
            yield Chunk(parts=tuple(parts), end=Position(number, behind), read=took)
            parts, cost, took = [], 0, 0
        parts.append(item)
        took += _bytes(item)
        cost += _bytes(item) + _around(item)
    yield Chunk(parts=tuple(parts), end=Position(number + 1), read=left)


def _around(item: Item | Lines) -> int:
    """Give what an item costs besides its bytes."""
    if isinstance(item, Document):
        return _DOCUMENT
    return _ROW * len(item.lines) if isinstance(item, Lines) else _ROW


def _bytes(item: Item | Lines) -> int:
    if isinstance(item, Lines):
        return item.size
    return 0 if isinstance(item, Skipped) else _BYTES * len(item.text)
