"""Characters with their places on a page → pieces of lines. Lengths are points, y grows upwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

Strip = tuple[float, float]

LARGE = 1.2  # times the size of the page's text: a heading
GUTTER = 0.7  # em: the least that keeps columns apart, and more than justified type leaves between characters
_EMPTY_LEFT, _EMPTY_RIGHT = "“‘（《「『【", "，。、；：！？”’）》」』】"


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character: from x0 to x1 on the baseline y. `spaced`: a typed space stands before it."""

    char: str
    x0: float
    x1: float
    y: float
    size: float
    spaced: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters that were set in one go: part of a line, or a whole one. `order`: its place in the file."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    order: int
    spaced: bool

    @property
    def top(self) -> float:
        """Where its characters end upwards."""
        return self.y + 0.75 * self.size

    @property
    def ink(self) -> Strip:
        """From where to where it is printed: marks at its ends have an empty half, which may hang over the column."""
        left, right = self.text[0] in _EMPTY_LEFT, self.text[-1] in _EMPTY_RIGHT
        return self.x0 + 0.5 * self.size * left, self.x1 - 0.5 * self.size * right


def pieces_of(glyphs: Sequence[Glyph]) -> list[Piece]:
    """Part the characters, in the file's order, where they leave the line or jump."""
    runs: list[list[Glyph]] = []
    last: Glyph | None = None  # what the last run ends in
    for glyph in glyphs:
        goes_on = False
        if last:
            em = max(glyph.size, last.size)
            level = abs(glyph.y - last.y) <= 0.2 * em
            ligature = level and glyph.char.isascii() and (glyph.x0, glyph.x1) == (last.x0, last.x1)
            if (
                level
                and not ligature
                and glyph.char == last.char
                and abs(glyph.x0 - last.x0) < 0.4 * (last.x1 - last.x0)
            ):
                continue  # bold made by printing twice
            goes_on = ligature or (level and -0.6 * em < glyph.x0 - last.x1 < GUTTER * em and glyph.x0 > last.x0)
        if goes_on:
            runs[-1].append(glyph)
        else:
            runs.append([glyph])
        last = glyph
    pieces = []
    seen: dict[str, list[Piece]] = {}
    for order, run in enumerate(runs):
        text = run[0].char + "".join(" " * _space(a, b) + b.char for a, b in pairwise(run))
        size = max(glyph.size for glyph in run)
        x1 = max(glyph.x1 for glyph in run)
        piece = Piece(text, run[0].x0, x1, median(glyph.y for glyph in run), size, order, run[0].spaced)
        copies = seen.setdefault(text, [])
        if not any(abs(p.x0 - piece.x0) + abs(p.y - piece.y) < 0.3 * size for p in copies):  # a line printed twice
            copies.append(piece)
            pieces.append(piece)
    return pieces


def _space(before: Glyph, after: Glyph) -> bool:
    """Whether a space belongs between: a typed one, or the room of one between Latin words."""
    gap = (after.x0 - before.x1) / max(before.size, after.size)
    return after.spaced or (gap > 0.15 and before.char.isascii() and after.char.isascii())


def stacked(pieces: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Take out the characters that stand one below the other, three and more, as lines set downwards."""
    stacks: list[list[Piece]] = []
    for piece in pieces:
        above = stacks[-1][-1] if stacks else None
        if (
            above and len(above.text) == len(piece.text) == 1 and above.size == piece.size
            and not piece.text.isascii()  # figures below one another are a column of a table
            and abs(above.x0 + above.x1 - piece.x0 - piece.x1) < 0.6 * piece.size
            and 0.7 * piece.size < above.y - piece.y < 1.7 * piece.size
        ):  # fmt: skip
            stacks[-1].append(piece)
        else:
            stacks.append([piece])
    level = [piece for stack in stacks if len(stack) < 3 for piece in stack]
    down = [
        Piece("".join(p.text for p in s), s[0].x0, s[0].x1, s[0].y, s[0].size, s[0].order, spaced=False)
        for s in stacks
        if len(s) >= 3
    ]
    return level, down
