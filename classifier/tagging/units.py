"""Paragraphs that a format marks, one after another → a Document: text, units, the headings that they stand under."""

import re

from classifier.records import Document, Kind, Unit
from classifier.tagging import wording
from classifier.tagging.decoding import Undecodable

CELLS = "；"  # stands between the cells of a table row
_HEADING = 200  # characters: what is longer is no heading, whatever its style says
_FURNITURE = 60
_CERTAIN = 9.0  # a score of wording that leaves no doubt
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
# the levels of Chinese official documents, below all levels that styles give
_NUMBERED = (
    (11, re.compile(r"第[一二三四五六七八九十百零〇\d]{1,5}[编篇部]")),
    (12, re.compile(r"第[一二三四五六七八九十百零〇\d]{1,5}章")),
    (13, re.compile(r"第[一二三四五六七八九十百零〇\d]{1,5}节")),
    (14, re.compile(r"[一二三四五六七八九十]{1,3}、")),
    (15, re.compile(r"[（(][一二三四五六七八九十]{1,3}[）)]")),
    (16, re.compile(r"\d{1,2}[.．、](?!\d)")),
)


def numbered_level(text: str) -> int | None:
    """Give the level of a heading that is numbered as in Chinese official documents; nothing where it is none."""
    text = text.strip()
    if len(text) > 60 or text.endswith(("。", "；", "，", "：", ";", ":")):
        return None
    return next((level for level, number in _NUMBERED if number.match(text)), None)


class Units:
    """Collects the paragraphs of a document."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._units: list[Unit] = []
        self._at = 0
        self._path: list[tuple[int, str]] = []

    def heading(self, text: str, level: int) -> None:
        """Add a heading; it ends the sections of its own and deeper levels."""
        if len(text.strip()) > _HEADING:
            self.body(text)
            return
        self._path = [(depth, name) for depth, name in self._path if depth < level]
        if self._add(text, Kind.HEADING):
            self._path.append((level, " ".join(text.split())))

    def body(self, text: str) -> None:
        """Add a paragraph, unless its wording says that it is a byline, a credit or the like."""
        plain = " ".join(text.split())
        aside = len(plain) <= _FURNITURE and wording.score(plain) >= _CERTAIN
        self._add(text, Kind.FURNITURE if aside else Kind.BODY)

    def furniture(self, text: str) -> None:
        """Add what is no part of the running text."""
        self._add(text, Kind.FURNITURE)

    def document(self, name: str) -> Document:
        """Give the document. Raises `Undecodable` where there is no text."""
        if not self._units:
            raise Undecodable("no text in it")
        return Document(name=name, text="\n".join(self._texts), units=tuple(self._units))

    def _add(self, text: str, kind: Kind) -> bool:
        text = text.replace("\0", " ").strip()
        if not text.strip(_INVISIBLE + " \n\t\u3000"):
            return False
        self._texts.append(text)
        place = (self._at, self._at + len(text))
        self._units.append(Unit(kind=kind, source=(place,), heading=tuple(name for _, name in self._path)))
        self._at += len(text) + 1
        return True
