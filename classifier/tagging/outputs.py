"""Paragraphs and tags → records, and the file they are written to. Files appear whole, or not at all."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from classifier.errors import OutputError, UsageError
from classifier.records import Evidence, Paragraph, Tagged
from classifier.tagging.binary import Parquet, Xlsx
from classifier.tagging.writers import Csv, JsonLines, Record, Table, Writer


def record(result: Paragraph | Tagged) -> Record:
    """Give the JSON object of a paragraph, tagged or not; keys that say nothing are left out."""
    paragraph = result.paragraph if isinstance(result, Tagged) else result
    id_, document, number, kind, text, source, heading, page, duplicate_of, note, columns = paragraph
    row: Record = {
        "id": id_, "document": document, "paragraph": number, "kind": kind, "text": text, "source": source,
    }  # fmt: skip
    if page:
        row["page"] = page
    if heading:
        row["heading"] = heading
    if duplicate_of:
        row["duplicate_of"] = duplicate_of
    if note:
        row["note"] = note
    if isinstance(result, Tagged):
        row["tags"] = [
            {"label": label, "name": name, "confidence": round(confidence, 4)}
            for label, name, confidence in result.tags
        ]
        row["review"] = result.review
        row["model"] = result.model
        if result.scores is not None:
            row["scores"] = {label: round(value, 6) for label, value in result.scores.items()}
        if result.evidence is not None:
            row["evidence"] = [_evidence(item) for item in result.evidence]
    if columns:
        row["input"] = dict(columns)
    return row


def _evidence(item: Evidence) -> Record:
    return {
        "label": item.label,
        "term": item.term,
        "start": item.start,
        "end": item.end,
        "weight": round(item.weight, 4),
    }


# Formats of which a file is a head and then rows, one after another: processes write pieces, and a file can go on.
PIECEMEAL: Mapping[str, type[JsonLines] | type[Csv]] = {"jsonl": JsonLines, "csv": Csv}
FORMATS: Mapping[str, Callable[[BinaryIO], Writer]] = {
    **PIECEMEAL, "xlsx": Xlsx, "parquet": Parquet, "table": Table,
}  # fmt: skip
PLACE = "choose a folder that exists and takes files"
_SPACE = "free space or choose another place"


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


def file_at(path: str) -> Path | None:
    """Give the file that an output path stands for: behind a link; none for standard output, a pipe or a device."""
    if path == "-":
        return None
    target = Path(path)
    if target.is_symlink():  # the link stays, to what is written
        target = target.resolve()
    return target if target.is_file() or not target.exists() else None


@contextmanager
def explained(target: str | Path, hint: str) -> Iterator[None]:
    """Make an `OutputError` of what goes wrong in writing; but a reader that had enough is none."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror or error}", hint) from error


@contextmanager
def opened(path: str, stdout: BinaryIO, *, overwrite: bool = True) -> Iterator[BinaryIO]:
    """Open an output: `-` is standard output; a file takes its name when all is written, and not before.

    Raises `OutputError` where it cannot be written, or is there and not to be overwritten.
    """
    target = file_at(path)
    if path == "-":
        with explained("to standard output", _SPACE):
            yield stdout
            stdout.flush()
    elif target is None:  # a pipe or a device is written to, not replaced
        with explained(path, "name a file"), Path(path).open("wb") as file:
            yield file
    else:
        if target.exists() and not overwrite:
            raise OutputError(f"{target} exists", "--overwrite writes it anew; or name another file")
        with _replaced(target) as file:
            yield file


@contextmanager
def _replaced(target: Path) -> Iterator[BinaryIO]:
    """Write to a draft that takes the file's place at the end."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    except OSError as error:
        raise OutputError(f"cannot write to {target.parent}: {error.strerror}", PLACE) from error
    draft = Path(name)
    try:
        with explained(target, _SPACE):
            with os.fdopen(handle, "wb") as file:
                yield file
            umask = os.umask(0)
            os.umask(umask)
            draft.chmod(0o666 & ~umask)
            draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
