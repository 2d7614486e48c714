"""XLSX → rows: the header is the first row with a cell `text`; every sheet that has one is read."""

import re
from collections.abc import Iterator
from typing import IO, Any

from classifier.records import Skipped
from classifier.tagging.archive import opened
from classifier.tagging.decoding import Undecodable
from classifier.tagging.sources import Item, Source
from classifier.tagging.tables import Cells, named, no_text, rows

_HEADER_WITHIN = 20  # rows from the top: a title may stand above the header
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})[\"']")
_NO_VALUE = "its text is empty, or a formula whose value the file does not hold: open it in a spreadsheet and save it"

Sheet = Any  # the published types take a sheet that is only read for one that is written
Merged = dict[tuple[int, int], int]


def read(source: Source) -> Iterator[Item]:
    """Give the rows of all sheets with a column `text`. Raises `Undecodable` where it is no XLSX or has none.

    Formulas count as the values stored with them. A cell merged over several rows counts for each of these, except
    the text, which counts once.
    """
    from openpyxl import load_workbook

    with source.seekable() as file:
        opened(file, ".xlsx").close()
        file.seek(0)
        try:
            book = load_workbook(file, read_only=True, data_only=True)
        except Exception as error:  # openpyxl lets through whatever its parsers raise
            raise Undecodable("no XLSX, or damaged; open it in a spreadsheet and save it again") from error
        sheets: list[Sheet] = [sheet for sheet in book.worksheets if hasattr(sheet, "reset_dimensions")]
        found = False
        for sheet in sheets:
            sheet.reset_dimensions()  # what a file says of them may be wrong
            name = source.name if len(sheets) == 1 else f"{source.name}/{sheet.title}"
            for item in _sheet(name, sheet):
                found = True
                yield item
        if not found:
            yield Skipped(name=source.name, reason="empty")


def _sheet(name: str, sheet: Sheet) -> Iterator[Item]:
    try:
        with sheet._get_source() as xml:
            merged = _merged(xml)
        yield from _table(name, _cells(sheet), merged)
    except Undecodable:
        raise
    except Exception as error:  # openpyxl lets through whatever its parsers raise
        yield Skipped(name=name, reason=f"the rows from a damaged place on: {error}")


def _table(name: str, lines: Iterator[tuple[int, list[object]]], merged: Merged) -> Iterator[Item]:
    """Find the header, then give the rows under it; an empty sheet gives none."""
    first: list[object] | None = None
    for number, line in lines:
        first = first or line
        names = [named(str(cell)).strip() if cell is not None else "" for cell in line]
        if "text" in names:
            yield from rows(name, _under(names, lines, merged))
            return
        if number >= _HEADER_WITHIN:
            break
    if first:
        yield Skipped(name=name, reason=no_text(cell for cell in first if cell is not None))


def _under(names: list[str], lines: Iterator[tuple[int, list[object]]], merged: Merged) -> Iterator[Cells | str]:
    """Give each row under the header by column name, or why it is none."""
    text = names.index("text")
    going_on: dict[int, tuple[int, object]] = {}  # column → last row of a merged cell, and its value
    for number, line in lines:
        line += [None] * (len(names) - len(line))
        inside = text in going_on and number <= going_on[text][0]
        for column in range(len(names)):
            if (number, column) in merged:
                going_on[column] = (merged[number, column], line[column])
            elif column != text and column in going_on and number <= going_on[column][0]:
                line[column] = going_on[column][1]
        if inside:
            continue
        yield dict(zip(names, line, strict=False)) if line[text] is not None else _NO_VALUE


def _cells(sheet: Sheet) -> Iterator[tuple[int, list[object]]]:
    """Give the rows that have anything in them, with their numbers; errors like #REF! count as nothing."""
    for number, row in enumerate(sheet.iter_rows(), 1):
        line: list[object] = [None if cell.data_type == "e" else cell.value for cell in row]
        if any(value is not None and value != "" for value in line):
            yield number, line


def _merged(xml: IO[bytes]) -> Merged:
    """Give the last row of each cell that is merged over rows, by its first row and column (from 0)."""
    found: Merged = {}
    rest = b""
    while piece := xml.read(1 << 20):
        rest += piece
        for match in _MERGED.finditer(rest):
            column, first, last = match.groups()
            if int(last) > int(first):
                found[int(first), _number(column)] = int(last)
        rest = rest[-100:]
    return found


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
