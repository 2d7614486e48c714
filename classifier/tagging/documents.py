"""Paths and stdin → Documents, Paragraphs of tables, and for what cannot be read, Skipped records."""

import glob
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from classifier.errors import MissingExtra, UsageError
from classifier.records import Document, Skipped, Unit
from classifier.tagging.decoding import Undecodable, decode, encoding
from classifier.tagging.sources import Item, Lines, Source

__all__ = ["Item", "Lines", "Source", "discover", "items", "read"]

_SAMPLE = 1 << 16
_LINE = 5_000_000  # characters; a longer line may pass, one of twice the length never does
_BLANK = " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u3000\u2028\u2029\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_HINTS = {
    **dict.fromkeys((".doc", ".wps", ".rtf", ".odt"), "save it as .docx; "),
    **dict.fromkeys((".xls", ".et", ".ods"), "save it as .xlsx; "),
    **dict.fromkeys((".rar", ".7z", ".tar", ".gz"), "make it a .zip; "),
    **dict.fromkeys((".ofd", ".caj"), "print it to .pdf; "),
    **dict.fromkeys((".json", ".xml"), "make it .jsonl, one object with a text a line; "),
}


def discover(inputs: Sequence[str]) -> list[Source]:
    """Give the files that files, folders (recursively), globs and `-` mean, in order and each once.

    Names are file names, paths within a given folder, or, where two would be the same, the paths as given. A path
    that is not there is kept, to be skipped with its reason when it is read. Links to folders are not followed.
    """
    found: dict[Path | None, str] = {}
    for given in inputs:
        if given == "-":
            found.setdefault(None, "stdin")
            continue
        path = Path(given)
        if not given.strip():
            raise UsageError("an input without a name", "name a file, a folder, or - for standard input")
        if _is_folder(path):
            files, refused = _files_in(path)
            for file in files:
                found.setdefault(file, _name(file.relative_to(path)))
            for folder in refused if files or refused else [path]:
                found.setdefault(folder, f"{_name(folder)}/")
        elif any(c in given for c in "*?[") and not path.exists():
            matches = sorted(Path(match) for match in glob.glob(given, recursive=True))  # noqa: PTH207  # absolute patterns too
            for file in [match for match in matches if match.is_file()] or [path]:
                found.setdefault(file, _name(Path(file.name)))
        else:
            found.setdefault(path, _name(Path(path.name)))
    names = Counter(found.values())
    return [Source(name if names[name] == 1 or path is None else _name(path), path) for path, name in found.items()]


def items(parts: Iterable[Source | Item | Lines]) -> Iterator[Item]:
    """Give all documents and paragraphs of inputs and of what was read of them already."""
    for part in parts:
        for item in read(part) if isinstance(part, Source) else (part,):
            if isinstance(item, Lines):
                from classifier.tagging import json_lines

                yield from json_lines.parsed(item)
            else:
                yield item


def read(source: Source) -> Iterator[Item | Lines]:
    """Give the documents, rows or lines of one input; never raises for what the input holds."""
    try:
        yield from _READERS.get(source.suffix, _unknown)(source)
    except Undecodable as error:
        yield Skipped(name=source.name, reason=str(error))
    except MissingExtra as error:
        yield Skipped(name=source.name, reason=f"{error.args[0]}; {error.hint}")
    except FileNotFoundError:
        yield Skipped(name=source.name, reason="no such file")
    except IsADirectoryError:
        yield Skipped(name=source.name, reason="a folder without files, or one that cannot be looked into")
    except OSError as error:
        yield Skipped(name=source.name, reason=f"cannot be read: {error.strerror or error}")


def _files_in(folder: Path) -> tuple[list[Path], list[Path]]:
    """Give the files below a folder in order, hidden ones aside, and the folders that cannot be looked into."""
    refused: list[Path] = []
    files: list[Path] = []
    for place, _, names in os.walk(folder, onerror=lambda error: refused.append(Path(error.filename))):
        files += (path for name in names if (path := Path(place) / name).is_file())
    return sorted(file for file in files if not _hidden(file.relative_to(folder))), refused


def _name(path: Path) -> str:
    """Give a path as text that can be written: bytes that are no UTF-8 become U+FFFD, control characters too."""
    text = os.fsencode(path.as_posix()).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long: to be skipped with its reason when it is read
        return False


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.parts)


def _text(source: Source, units: Callable[[str], tuple[Unit, ...]] | None = None) -> Iterator[Item]:
    text = decode(source.bytes())
    for start in range(0, len(text), _LINE):
        if start + _LINE <= len(text) and text.find("\n", start, start + _LINE) < 0:
            raise Undecodable(f"a line of more than {_LINE:,} characters: no text that has paragraphs")
    if not text.strip(_BLANK):
        yield Skipped(name=source.name, reason="empty")
    else:
        yield Document(name=source.name, text=text, units=units(text) if units else None)


def _unknown(source: Source) -> Iterator[Item]:
    """Read a file of an unknown kind as text if it is text."""
    if source.suffix in _HINTS:
        yield Skipped(name=source.name, reason=f"a kind of file that is not read; {_HINTS[source.suffix]}".rstrip("; "))
        return
    try:
        if source.path or source.member:
            with source.open() as file:
                encoding(file.read(_SAMPLE))  # a film need not be read to its end
        yield from _text(source)
    except Undecodable as error:
        kinds = ", ".join(sorted(_READERS))
        yield Skipped(name=source.name, reason=f"{error}; policytag reads {kinds} and plain text")


def _markdown(source: Source) -> Iterator[Item]:
    from classifier.tagging import markdown

    return _text(source, markdown.units)


def _pdf(source: Source) -> Iterator[Item]:
    from classifier.tagging import pdf

    text, pages = pdf.read(source.bytes())
    yield Document(name=source.name, text=text, pages=pages)


def _html(source: Source) -> Iterator[Item]:
    from classifier.tagging import html

    return html.read(source)


def _docx(source: Source) -> Iterator[Item]:
    from classifier.tagging import docx

    return docx.read(source)


def _xlsx(source: Source) -> Iterator[Item]:
    from classifier.tagging import xlsx

    return xlsx.read(source)


def _csv(source: Source) -> Iterator[Item]:
    from classifier.tagging import tables

    return tables.csv(source)


def _jsonl(source: Source) -> Iterator[Lines | Skipped]:
    from classifier.tagging import json_lines

    return json_lines.read(source)


def _parquet(source: Source) -> Iterator[Item]:
    from classifier.tagging import tables

    return tables.parquet(source)


def _zip(source: Source) -> Iterator[Item | Lines]:
    from classifier.tagging import archive

    return archive.read(source)


_READERS: dict[str, Callable[[Source], Iterator[Item | Lines]]] = {
    ".txt": _text, ".md": _markdown, ".markdown": _markdown, ".csv": _csv, ".tsv": _csv, ".jsonl": _jsonl,
    ".ndjson": _jsonl, ".html": _html, ".htm": _html, ".xhtml": _html, ".shtml": _html, ".docx": _docx,
    ".xlsx": _xlsx, ".xlsm": _xlsx, ".parquet": _parquet, ".pdf": _pdf,
    ".zip": _zip,
}  # fmt: skip
