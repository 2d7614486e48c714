"""A JSONL file of `policytag tag` → Tagged records, as they were written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classifier.errors import PolicytagError
from classifier.records import Evidence, Kind, Note, Paragraph, Tag, Tagged

_HINT = "give the file that `policytag tag … -o FILE.jsonl` wrote"


def read(path: Path) -> Iterator[Tagged]:
    """Give the tagged paragraphs of a file in order, one at a time.

    Raises `PolicytagError` naming the line that is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _tagged(line, f"{path}, line {number}")
    except OSError as error:
        raise PolicytagError(f"{path} cannot be read: {error.strerror}", _HINT) from error
    except UnicodeDecodeError as error:
        raise PolicytagError(f"{path} is not UTF-8: {error.reason}", _HINT) from error


def _tagged(line: str, where: str) -> Tagged:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise PolicytagError(f"{where}: not JSON ({error})", _HINT) from error
    try:
        return Tagged(
            paragraph=_paragraph(row),
            tags=tuple(Tag(**{**tag, "confidence": float(tag["confidence"])}) for tag in row["tags"]),
            review=bool(row["review"]),
            model=str(row["model"]),
            scores=row.get("scores"),
            evidence=tuple(Evidence(**item) for item in row["evidence"]) if "evidence" in row else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PolicytagError(f"{where}: not a tagged paragraph ({type(error).__name__}: {error})", _HINT) from error


def _paragraph(row: dict[str, Any]) -> Paragraph:
    return Paragraph(
        id=str(row["id"]),
        document=str(row["document"]),
        number=int(row["paragraph"]),
        kind=Kind(row["kind"]),
        text=str(row["text"]),
        source=tuple((int(start), int(end)) for start, end in row.get("source", ())),
        heading=tuple(row.get("heading", ())),
        page=row.get("page"),
        duplicate_of=row.get("duplicate_of"),
        note=Note(row["note"]) if "note" in row else None,
        columns=row.get("input"),
    )
