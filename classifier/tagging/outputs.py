"""Paragraphs and tags → JSON lines, CSV, or a table for people. Files appear whole, or not at all."""

import csv
import io
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson

from classifier.errors import OutputError, UsageError
from classifier.records import Evidence, Paragraph, Tagged

Record = dict[str, Any]


def record(result: Paragraph | Tagged) -> Record:
    """Give the JSON object of a paragraph, tagged or not; keys that say nothing are left out."""
    paragraph = result.paragraph if isinstance(result, Tagged) else result
    row: Record = {
        "id": paragraph.id, "document": paragraph.document, "paragraph": paragraph.number, "kind": paragraph.kind,
        "text": paragraph.text, "source": paragraph.source,
    }  # fmt: skip
    if paragraph.page:
        row["page"] = paragraph.page
    if paragraph.heading:
        row["heading"] = paragraph.heading
    if paragraph.duplicate_of:
        row["duplicate_of"] = paragraph.duplicate_of
    if paragraph.note:
        row["note"] = paragraph.note
    if isinstance(result, Tagged):
        row["tags"] = [
            {"label": tag.label, "name": tag.name, "confidence": round(tag.confidence, 4)} for tag in result.tags
        ]
        row["review"] = result.review
        row["model"] = result.model
        if result.scores is not None:
            row["scores"] = {label: round(value, 6) for label, value in result.scores.items()}
        if result.evidence is not None:
            row["evidence"] = [_evidence(item) for item in result.evidence]
    if paragraph.columns:
        row["input"] = dict(paragraph.columns)
    return row


def _evidence(item: Evidence) -> Record:
    return {
        "label": item.label,
        "term": item.term,
        "start": item.start,
        "end": item.end,
        "weight": round(item.weight, 4),
    }


class Writer(Protocol):
    """Takes records one by one; `finish` writes what is still held back."""

    def write(self, row: Record) -> None: ...  # noqa: D102
    def finish(self) -> None: ...  # noqa: D102


class JsonLines:
    """One JSON object a line, UTF-8."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, row: Record) -> None:
        """Write one line."""
        self._file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE, default=str))

    def finish(self) -> None:
        """Nothing is held back."""


class Csv:
    """CSV with a byte order mark, so that Excel reads the Chinese; tags joined with `;`.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    """

    _COLUMNS = (
        "id", "document", "paragraph", "kind", "text", "source", "page", "heading", "duplicate_of", "note",
        "tags", "names", "confidence", "review", "model", "scores", "evidence", "input",
    )  # fmt: skip

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._text = io.StringIO(newline="")
        self._rows = csv.DictWriter(self._text, self._COLUMNS)
        self._text.write("\ufeff")
        self._rows.writeheader()

    def write(self, row: Record) -> None:
        """Write one row."""
        flat: Record = {key: _cell(value) for key, value in row.items()}
        if "tags" in row:
            for column, key in (("tags", "label"), ("names", "name"), ("confidence", "confidence")):
                flat[column] = ";".join(str(tag[key]) for tag in row["tags"])
        self._rows.writerow(flat)
        self._flush()

    def finish(self) -> None:
        """Write the header where no row did."""
        self._flush()

    def _flush(self) -> None:
        self._file.write(self._text.getvalue().encode("utf-8", "replace"))
        self._text.seek(0)
        self._text.truncate()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return "'" + value if value.lstrip()[:1] in ("=", "+", "-", "@") else value
    if isinstance(value, (Mapping, list, tuple)):
        return orjson.dumps(value, default=str).decode()
    return value


class Table:
    """For the terminal: the tagged paragraphs, their beginning, what was found and how sure."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._rows: list[list[object]] = []

    def write(self, row: Record) -> None:
        """Keep one row; columns are as wide as the widest needs."""
        tags = "\n".join(f"{tag['name']} {tag['confidence']:.2f}" for tag in row.get("tags", ()))
        text = row["text"] if len(row["text"]) <= 44 else row["text"][:43] + "…"
        self._rows.append([row["id"], row["kind"], text, tags, "看一看" if row.get("review") else ""])

    def finish(self) -> None:
        """Print the table."""
        from tabulate import tabulate

        shown = tabulate(self._rows, headers=["id", "kind", "text", "tags", "review"], tablefmt="simple")
        self._file.write((shown + "\n").encode())


FORMATS: Mapping[str, type[JsonLines] | type[Csv] | type[Table]] = {"jsonl": JsonLines, "csv": Csv, "table": Table}


def format_of(path: str, wanted: str | None) -> str:
    """Give the format: the one wanted, else the one that the file name says, else JSON lines."""
    if wanted:
        return wanted
    suffix = Path(path).suffix.lower().lstrip(".")
    if path == "-" or not suffix or suffix in ("json", "ndjson"):
        return "jsonl"
    if suffix in FORMATS:
        return suffix
    raise UsageError(f"cannot tell the format from '{path}'", f"add --format {'|'.join(FORMATS)}")


@contextmanager
def opened(path: str, stdout: BinaryIO) -> Iterator[BinaryIO]:
    """Open an output: `-` is standard output; a file takes its name when all is written, and not before.

    Raises `OutputError` where it cannot be written.
    """
    if path == "-":
        yield stdout
        stdout.flush()
        return
    target = Path(path)
    try:
        handle, draft = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    except OSError as error:
        raise OutputError(
            f"cannot write to {target.parent}: {error.strerror}", "choose a folder that exists and takes files"
        ) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        umask = os.umask(0)
        os.umask(umask)
        Path(draft).chmod(0o666 & ~umask)
        Path(draft).replace(target)
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror}", "free space or choose another place") from error
    finally:
        Path(draft).unlink(missing_ok=True)
