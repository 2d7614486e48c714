"""JSON lines → blocks of lines as they stand, and, where they are tagged, a paragraph a line."""

from collections.abc import Iterable, Iterator

import orjson

from classifier.records import Skipped
from classifier.tagging.sources import Item, Lines, Source
from classifier.tagging.tables import TOO_DEEP, Cells, rows, table_encoding, text_lines, too_deep

_LINES = 256  # lines in a block,
_BLOCK = 1 << 18  # or bytes that make one complete
_MARK = b"\xef\xbb\xbf"  # the byte order mark, which may stand before any line where files were put together
_SHALLOW = 200  # brackets that no writer minds one in another


def read(source: Source) -> Iterator[Lines | Skipped]:
    """Read JSON lines; they stay as they are until `parsed`."""
    name = table_encoding(source)
    if name.startswith("utf-8"):
        with source.open() as file:
            yield from _blocks(source.name, file)
    else:
        with text_lines(source.open(), name) as lines:
            yield from _blocks(source.name, (line.encode("utf-8", "replace") for line in lines))


def parsed(lines: Lines) -> Iterator[Item]:
    """Give the paragraphs of lines of JSON."""
    return rows(lines.name, map(_object, lines.lines), lines.behind)


def _blocks(name: str, lines: Iterable[bytes]) -> Iterator[Lines | Skipped]:
    """Put the lines that say something together, as many as are tagged together."""
    behind = size = 0
    block: list[bytes] = []
    for line in lines:
        if line.isspace() or (line.startswith(_MARK) and not line[len(_MARK) :].strip()):
            continue
        block.append(line)
        size += len(line)
        if len(block) == _LINES or size >= _BLOCK:
            yield Lines(name=name, behind=behind, lines=tuple(block), size=size)
            behind += len(block)
            block, size = [], 0
    if block:
        yield Lines(name=name, behind=behind, lines=tuple(block), size=size)
    elif not behind:
        yield Skipped(name=name, reason="empty")


def _object(line: bytes) -> Cells | str:
    """Give a line's object, or why it is none."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            value = orjson.loads(line.removeprefix(_MARK))
        except orjson.JSONDecodeError as error:
            return f"not JSON: {str(error).replace(': line 1 column', ' at character')}"
    if not isinstance(value, dict):
        return "not a JSON object"
    return TOO_DEEP if line.count(b"[") + line.count(b"{") > _SHALLOW and too_deep(value) else value
