"""Records → JSON lines, CSV, or a table for people; and what a record is in cells."""

import csv
import io
from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol

import orjson

Record = dict[str, Any]

COLUMNS = (
    "id", "document", "paragraph", "kind", "text", "source", "page", "heading", "duplicate_of", "note", "tags",
    "names", "confidence", "review", "model", "scores", "evidence", "input",
)  # fmt: skip


class Writer(Protocol):
    """Takes records one by one; `finish` writes what is still held back."""

    def write(self, row: Record) -> None: ...  # noqa: D102
    def finish(self) -> None: ...  # noqa: D102


class JsonLines:
    """One JSON object a line, UTF-8. There is no head to write."""

    def __init__(self, file: BinaryIO, *, head: bool = True) -> None:
        self._file = file

    def write(self, row: Record) -> None:
        """Write one line."""
        self._file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE, default=str))

    def finish(self) -> None:
        """Nothing is held back."""


class Csv:
    """CSV with a byte order mark, so that Excel reads the Chinese; tags joined with `;`.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it. Without `head` it is a piece of a
    file: no byte order mark, no header.
    """

    def __init__(self, file: BinaryIO, *, head: bool = True) -> None:
        self._file = file
        self._text = io.StringIO(newline="")
        self._rows = csv.DictWriter(self._text, COLUMNS)
        if head:
            self._text.write("\ufeff")
            self._rows.writeheader()

    def write(self, row: Record) -> None:
        """Write one row."""
        self._rows.writerow({key: _unformula(value) for key, value in flat(row).items()})
        self._flush()

    def finish(self) -> None:
        """Write the header where no row did."""
        self._flush()

    def _flush(self) -> None:
        self._file.write(self._text.getvalue().encode("utf-8", "replace"))
        self._text.seek(0)
        self._text.truncate()


def flat(row: Record) -> Record:
    """Give a record in cells: tags joined with `;`, what has parts of its own as JSON."""
    cells: Record = {
        key: orjson.dumps(value, default=str).decode() if isinstance(value, (Mapping, list, tuple)) else value
        for key, value in row.items()
    }
    if "tags" in row:
        for column, key in (("tags", "label"), ("names", "name"), ("confidence", "confidence")):
            cells[column] = ";".join(str(tag[key]) for tag in row["tags"])
    return cells


def _unformula(value: object) -> object:
    return "'" + value if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@") else value


class Table:
    """For the terminal: the tagged paragraphs, their beginning, what was found and how sure."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._rows: list[list[object]] = []

    def write(self, row: Record) -> None:
        """Keep one row; columns are as wide as the widest needs."""
        tags = "\n".join(f"{tag['name']} {tag['confidence']:.2f}" for tag in row.get("tags", ()))
        text = row["text"] if len(row["text"]) <= 44 else row["text"][:43] + "…"
        self._rows.append([row["id"], row["kind"], text, tags, "复核" if row.get("review") else ""])

    def finish(self) -> None:
        """Print the table."""
        from tabulate import tabulate

        shown = tabulate(self._rows, headers=["id", "kind", "text", "tags", "review"], tablefmt="simple")
        self._file.write((shown + "\n").encode())
