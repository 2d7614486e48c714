"""CSV, TSV and Parquet → a paragraph a row, with the other columns to be handed back; and what all tables share."""

import csv as csv_format
import io
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, TextIO

import orjson

from classifier.errors import MissingExtra
from classifier.records import Kind, Paragraph, Skipped
from classifier.tagging.decoding import Undecodable, encoding, without_nuls
from classifier.tagging.sources import Item, Source

_BATCH = 1024  # rows of a Parquet file that are in memory together
_BROKEN = 1000  # characters of a text to a broken one: fewer are refused
_SAMPLE = 1 << 16
LONGEST = 1_000_000  # characters of a row's text
TOO_DEEP = "a column whose value cannot be handed back: it is nested too deeply"

Cells = dict[str, object]
_NESTED = frozenset((dict, list))
_PLAIN = frozenset((str, int, float))


def csv(source: Source) -> Iterator[Item]:
    """Read CSV with commas, semicolons or tabs, whichever its first line has most of."""
    name = table_encoding(source)
    csv_format.field_size_limit(sys.maxsize)
    with text_lines(source.open(), name) as lines:
        head = lines.readline()
        if not head.strip():
            yield Skipped(name=source.name, reason="empty")
            return
        table = csv_format.DictReader(
            chain([head], lines), delimiter=max(",;\t", key=head.count), restkey="_rest", strict=True
        )  # fmt: skip
        try:
            table.fieldnames = [named(column) for column in table.fieldnames or ()]
            if "text" not in (columns := table.fieldnames):
                yield Skipped(name=source.name, reason=no_text(columns))
                return
            yield from rows(source.name, table)
        except csv_format.Error as error:
            yield Skipped(name=source.name, reason=f"the rest: no CSV ({error}); is a quote left open?")


def parquet(source: Source) -> Iterator[Item]:
    """Read a Parquet file, a batch of rows at a time. Raises `MissingExtra`, and `Undecodable` where it is none."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise MissingExtra("pyarrow", "parquet") from error
    with source.seekable() as file:
        try:
            parquet_file = ParquetFile(file)
            if "text" not in (columns := parquet_file.schema_arrow.names):
                raise Undecodable(no_text(columns))
            batches = parquet_file.iter_batches(batch_size=_BATCH)
            found = (row for batch in batches for row in batch.to_pylist())
            yield from rows(source.name, (TOO_DEEP if too_deep(row) else row for row in found))
        except (ArrowException, OSError) as error:
            raise Undecodable(f"no Parquet, or damaged: {str(error).splitlines()[0]}") from error


def table_encoding(source: Source) -> str:
    """Tell the encoding by the beginning; a table that is broken in places goes on, row by row."""
    with source.open() as file:
        sample = file.read(_SAMPLE)
    try:
        return encoding(sample)
    except Undecodable:
        lines = [_is_utf8(line) for line in sample.split(b"\n") if not line.isascii()]
        if 2 * sum(lines) >= len(lines) > 1:
            return "utf-8"
        raise


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def text_lines(file: BinaryIO, name: str) -> TextIO:
    """Give the lines of a table; broken bytes become U+FFFD, and rows that have many are skipped."""
    return io.TextIOWrapper(file, "utf-8-sig" if name == "utf-8" else name, errors="replace", newline="")


def too_deep(row: Cells) -> bool:
    """Whether a value is nested deeper than it can be written, as deep as it will stand there: under `input`."""
    nested = [value for value in row.values() if type(value) in _NESTED]
    try:
        orjson.dumps([nested], default=str)
    except orjson.JSONEncodeError:
        return True
    return False


def rows(name: str, table: Iterable[Cells | str], behind: int = 0) -> Iterator[Item]:
    """Give a paragraph for each row that has a text, and the others, each, as skipped; `behind` rows came before.

    The text and the id are taken out of the cells. A row may be the reason why it is none.
    """
    number = behind
    for number, row in enumerate(table, behind + 1):
        if isinstance(row, str):
            yield Skipped(name=f"{name}#{number}", reason=row)
            continue
        try:
            text = _text(row)
        except Undecodable as error:
            yield Skipped(name=f"{name}#{number}", reason=str(error))
            continue
        del row["text"]
        own = row.pop("id", None)
        id_ = str(own) if own != "" and type(own) in _PLAIN else f"{name}#{number}"
        yield Paragraph(id_, name, number, Kind.BODY, text, ((0, len(text)),), (), None, None, None, row)
    if not number:
        yield Skipped(name=name, reason="empty")


def _text(row: Cells) -> str:
    """Give a row's text. Raises `Undecodable`, saying why it is no paragraph."""
    text = row.get("text")
    if not isinstance(text, str):
        if "text" not in row:
            raise Undecodable(f"no 'text' (there are: {_shown(row) or 'no keys'})")
        raise Undecodable("its text is empty" if text is None else "its text is no string")
    if not text or text.isspace():
        raise Undecodable("its text is empty")
    if len(text) > LONGEST:
        raise Undecodable(f"a text of more than {LONGEST:,} characters: no paragraph; split it")
    if "\ufffd" in text and text.count("\ufffd") * _BROKEN > len(text):
        raise Undecodable("its text has broken bytes: the file is damaged or mixes encodings; save it as UTF-8")
    return without_nuls(text)


def named(column: str) -> str:
    """Give a column's name as it is looked for: ` Text` is `text`; others stay as they are."""
    return plain if (plain := str(column).strip().casefold()) in ("text", "id") else column


def no_text(columns: Iterable[object]) -> str:
    """Say that the column is missing, and what to do."""
    return f"no column named 'text' (there are: {_shown(columns)}); name the column with the paragraphs so"


def _shown(columns: Iterable[object]) -> str:
    names = [str(column)[:30] for column in columns]
    return ", ".join(names[:12]) + (f" and {len(names) - 12:,} more" if len(names) > 12 else "")
