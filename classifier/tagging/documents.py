"""Paths and stdin → Documents, table Rows, and for what cannot be read, Skipped records."""

import csv
import glob
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from classifier.records import Document, Row, Skipped, Unit
from classifier.tagging.decoding import Undecodable, decode, encoding

Item = Document | Row | Skipped


@dataclass(frozen=True, slots=True)
class Source:
    """An input: its name in the results, and where it lies; no path is standard input."""

    name: str
    path: Path | None


def discover(inputs: Sequence[str]) -> list[Source]:
    """Give the files that files, folders (recursively), globs and `-` mean, in order and each once.

    Names are file names, paths within a given folder, or, where two would be the same, the paths as given. A path
    that is not there is kept, to be skipped with its reason when it is read.
    """
    found: dict[Path | None, str] = {}
    for given in inputs:
        if given == "-":
            found.setdefault(None, "stdin")
            continue
        path = Path(given)
        if path.is_dir():
            for file in sorted(p for p in path.rglob("*") if p.is_file() and not _hidden(p.relative_to(path))):
                found.setdefault(file, file.relative_to(path).as_posix())
        elif not path.exists() and any(c in given for c in "*?["):
            matches = sorted(Path(match) for match in glob.glob(given, recursive=True))  # noqa: PTH207  # absolute patterns too
            for file in [match for match in matches if match.is_file()] or [path]:
                found.setdefault(file, file.name)
        else:
            found.setdefault(path, path.name)
    names = Counter(found.values())
    return [Source(name if names[name] == 1 or path is None else path.as_posix(), path) for path, name in found.items()]


def read(source: Source) -> Iterator[Item]:
    """Give the documents or rows of one input; never raises for what the input holds."""
    suffix = source.path.suffix.lower() if source.path else ""
    try:
        yield from _READERS.get(suffix, _unknown)(source)
    except Undecodable as error:
        yield Skipped(name=source.name, reason=str(error))
    except FileNotFoundError:
        yield Skipped(name=source.name, reason="no such file")
    except IsADirectoryError:
        yield Skipped(name=source.name, reason="a folder")
    except OSError as error:
        yield Skipped(name=source.name, reason=f"cannot be read: {error.strerror or error}")


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.parts)


def _file(source: Source) -> BinaryIO:
    return source.path.open("rb") if source.path else sys.stdin.buffer


def _bytes(source: Source) -> bytes:
    with _file(source) as file:
        return file.read()


def _text(source: Source, units: Callable[[str], tuple[Unit, ...]] | None = None) -> Iterator[Item]:
    text = decode(_bytes(source))
    if not text.strip():
        yield Skipped(name=source.name, reason="empty")
    else:
        yield Document(name=source.name, text=text, units=units(text) if units else None)


def _markdown(source: Source) -> Iterator[Item]:
    from classifier.tagging import markdown

    return _text(source, markdown.units)


def _unknown(source: Source) -> Iterator[Item]:
    """Read a file of an unknown kind as text if it is text."""
    try:
        yield from _text(source)
    except Undecodable as error:
        kinds = ", ".join(sorted(_READERS))
        yield Skipped(name=source.name, reason=f"{error}; policytag reads {kinds} and plain text")


def _csv(source: Source) -> Iterator[Item]:
    with _file(source) as file:
        name = encoding(file.read(1 << 16))
    csv.field_size_limit(sys.maxsize)
    with io.TextIOWrapper(_file(source), encoding="utf-8-sig" if name == "utf-8" else name, newline="") as lines:
        head = lines.readline()
        if not head.strip():
            yield Skipped(name=source.name, reason="empty")
            return
        lines.seek(0)
        delimiter = max(",;\t", key=head.count)
        try:
            rows = csv.DictReader(lines, delimiter=delimiter, restkey="_rest")
            if "text" not in (columns := rows.fieldnames or ()):
                yield Skipped(name=source.name, reason=f"no column named 'text' (there are: {', '.join(columns)})")
                return
            yield from _rows(source, rows)
        except UnicodeDecodeError as error:
            yield Skipped(name=source.name, reason=f"the rows from a broken byte on: {error.reason}; save it as UTF-8")
        except csv.Error as error:
            yield Skipped(name=source.name, reason=f"no CSV: {error}")


def _jsonl(source: Source) -> Iterator[Item]:
    with _file(source) as file:
        yield from _rows(source, _objects(file))


def _objects(lines: BinaryIO) -> Iterator[Mapping[str, object] | str]:
    """Give each line's object, or why it is none."""
    for line in lines:
        line = line.removeprefix(b"\xef\xbb\xbf").strip()
        if not line:
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield f"not JSON: {error}"
            continue
        yield value if isinstance(value, dict) else "not a JSON object"


def _rows(source: Source, rows: Iterator[Mapping[str, object] | str]) -> Iterator[Item]:
    """Give table rows that have a text; the others, each, as skipped."""
    number = 0
    for number, row in enumerate(rows, 1):
        name = f"{source.name}#{number}"
        if isinstance(row, str):
            yield Skipped(name=name, reason=row)
        elif "text" not in row:
            yield Skipped(name=name, reason=f"no 'text' (there are: {', '.join(map(str, row)) or 'no keys'})")
        elif not isinstance(row["text"], str) or not row["text"].strip():
            yield Skipped(name=name, reason="its text is empty")
        else:
            own = row.get("id")
            yield Row(
                document=source.name, number=number, id=name if own in (None, "") else str(own), text=row["text"],
                columns={key: value for key, value in row.items() if key not in ("id", "text")},
            )  # fmt: skip
    if not number:
        yield Skipped(name=source.name, reason="empty")


_READERS: dict[str, Callable[[Source], Iterator[Item]]] = {
    ".txt": _text, ".md": _markdown, ".markdown": _markdown, ".csv": _csv, ".tsv": _csv, ".jsonl": _jsonl,
    ".ndjson": _jsonl,
}  # fmt: skip
