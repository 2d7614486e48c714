"""An input and how its bytes are had: a file, standard input, or a member of an archive."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from classifier.records import Document, Paragraph, Skipped
from classifier.tagging.decoding import Undecodable

MOST = 1 << 28  # bytes of a document: its paragraphs are found with all of it in memory
Item = Document | Paragraph | Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines of JSON as they stand in a table, to be parsed where they are tagged; `behind` lines came before.

    `size` is their bytes.
    """

    name: str
    behind: int
    lines: tuple[bytes, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Source:
    """An input: its name in the results, and where it lies; no path and no member is standard input.

    `member` opens a member of an archive from its beginning; such a file cannot be searched at will.
    """

    name: str
    path: Path | None
    member: Callable[[], BinaryIO] | None = None

    @property
    def suffix(self) -> str:
        """The end of its name, in lower case, that says its kind."""
        return (self.path.suffix if self.path else PurePosixPath(self.name).suffix if self.member else "").lower()

    def open(self) -> BinaryIO:
        """Open it from its beginning (standard input: from where it is)."""
        if self.member:
            return self.member()
        return self.path.open("rb") if self.path else sys.stdin.buffer

    def bytes(self, most: int = MOST) -> bytes:
        """Read all of it. Raises `Undecodable` where it is more than `most` bytes."""
        with self.open() as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise Undecodable(f"larger than {most >> 20:,} MiB: split it")
        return data

    def seekable(self) -> BinaryIO:
        """Open it so that a library may jump about in it: an archive's member is read into memory."""
        return self.open() if self.path else io.BytesIO(self.bytes(most=2 << 30))
