"""Characters with their places on a page → lines in reading order.

Characters become pieces of lines, a page becomes bands between what spans it, a band becomes columns where the same
strips of paper stay empty from its top to its bottom, and each column is taken as a page of its own (a recursive XY
cut, Nagy and Seth 1984, that looks for gutters first). Lengths are points, y grows upwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from classifier.tagging.lines import TERMINALS

Strip = tuple[float, float]

_GUTTER = 0.7  # em: the least that keeps columns apart, and more than justified type leaves between characters
_NARROWEST = 5.0  # em: what is narrower is a column of numbers or labels, not of text
_FILLED = 0.8  # of a column's width that its usual line has; cells of tables have less
_EMPTY_LEFT, _EMPTY_RIGHT = "“‘（《「『【", "，。、；：！？”’）》」』】"
_DEEPEST = 12  # cuts within cuts
_LARGE = 1.2  # times the size of the page's text: a heading
_LONGEST_HEADING = 60  # characters


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


@dataclass(frozen=True, slots=True)
class Line:
    """A typeset line. `indent`, in em, from its column's edge; `apart`: more room above it than lines have."""

    text: str
    y: float
    size: float
    indent: float = 0.0
    apart: bool = False


@dataclass(frozen=True, slots=True)
class _Column:
    """Pieces that are read straight down. `apart`: nothing runs on into it from what was read before."""

    pieces: list[Piece]
    left: float
    right: float
    apart: bool


def lines(glyphs: Sequence[Glyph]) -> list[Line]:
    """Give the lines of a page in reading order; text set downwards comes last, a line for each of its columns."""
    pieces, upright = _stacked(_pieces(glyphs))
    em = median(piece.size for piece in pieces) if pieces else 0.0
    found: list[Line] = []
    for column in _follow_on(_columns(pieces, apart=True, depth=0)):
        found.extend(_headings_joined(_lines(column), em))
    upright.sort(key=lambda p: (-round(p.x0 / p.size), -p.y))
    return found + [Line(piece.text, piece.y, piece.size, apart=True) for piece in upright]


def _pieces(glyphs: Sequence[Glyph]) -> list[Piece]:
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
            goes_on = ligature or (level and -0.6 * em < glyph.x0 - last.x1 < _GUTTER * em and glyph.x0 > last.x0)
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


def _stacked(pieces: list[Piece]) -> tuple[list[Piece], list[Piece]]:
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


def _columns(pieces: list[Piece], *, apart: bool, depth: int) -> list[_Column]:
    """Give the columns of a region in reading order."""
    if not pieces:
        return []
    found: list[_Column] = []
    for band, gutters in _bands(pieces, whole_page=depth == 0):
        cells = _split(band, gutters)
        if len(cells) == 1 or depth == _DEEPEST:
            found.append(_Column(band, min(p.x0 for p in band), max(p.x1 for p in band), apart or bool(found)))
            continue
        for n, cell in enumerate(cells):
            found.extend(_columns(cell, apart=n == 0 and (apart or bool(found)), depth=depth + 1))
    return found


def _bands(pieces: list[Piece], *, whole_page: bool) -> list[tuple[list[Piece], list[Strip]]]:
    """Part a region from top to bottom into bands that have columns, with their gutters, and ones that have none."""
    rows = _rows(pieces)
    em = median(piece.size for piece in pieces)
    left, right = min(p.x0 for p in pieces), max(p.x1 for p in pieces)
    bands: list[list[list[Piece]]] = []
    free: list[Strip] = []
    columned = False
    for row in rows:
        own = _free(row, left, right, _GUTTER * em)
        both = _meet(free, own, _GUTTER * em)
        begins = not bands or (
            (not _between(_flat([*bands[-1], row]), both) or _spans(row, left, right, em))
            if columned
            else bool(_between(row, own))
        )
        begins |= whole_page and len(bands) == 1 and len(bands[0]) == 1 and _is_page_head(bands[0][0], row, em)
        if begins:
            bands.append([row])
            free, columned = own, bool(_between(row, own))
        else:
            bands[-1].append(row)
            free = both
    return _settled(bands, left, right, em)


def _settled(
    bands: list[list[list[Piece]]], left: float, right: float, em: float
) -> list[tuple[list[Piece], list[Strip]]]:
    """Keep the gutters that text columns have between them; join bands that have none; let columns reach upwards."""
    found: list[tuple[list[list[Piece]], list[Strip]]] = []
    for rows in bands:
        band = _flat(rows)
        free = _free(band, left, right, _GUTTER * em)
        gutters = _true_gutters(band, _between(band, free), em)
        if found and not gutters and not found[-1][1]:
            found[-1][0].extend(rows)
            continue
        if found and gutters and not found[-1][1]:
            above = found[-1][0]
            while above and _in_column(above[-1], band, gutters, em):
                rows.insert(0, above.pop())
            if not above:
                found.pop()
        found.append((rows, gutters))
    return [(_flat(rows), gutters) for rows, gutters in found]


def _rows(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Group pieces that share heights, from the top; between the groups the paper is white from edge to edge."""
    rows: list[list[Piece]] = []
    low = 0.0
    for piece in sorted(pieces, key=lambda p: -p.top):
        if rows and piece.top > low:
            rows[-1].append(piece)
            low = min(low, piece.y)
        else:
            rows.append([piece])
            low = piece.y
    return rows


def _free(pieces: Iterable[Piece], left: float, right: float, least: float) -> list[Strip]:
    """Give the strips at least `least` wide that no piece touches, the margins among them."""
    found = []
    at = left - 2 * least
    for x0, x1 in sorted(p.ink for p in pieces if p.ink[0] < p.ink[1]):
        if x0 - at >= least:
            found.append((at, x0))
        at = max(at, x1)
    return [*found, (at, right + 2 * least)]


def _meet(one: list[Strip], other: list[Strip], least: float) -> list[Strip]:
    meets = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return [(a, b) for a, b in meets if b - a >= least]


def _between(pieces: Sequence[Piece], free: list[Strip]) -> list[Strip]:
    """Give the strips that have text on either side."""
    left, right = min(p.x0 for p in pieces), max(p.x1 for p in pieces)
    return [(a, b) for a, b in free if left < a and b < right]


def _spans(row: list[Piece], left: float, right: float, em: float) -> bool:
    """Whether a row is a heading set in the middle over all columns, even if it is no wider than the middle one."""
    x0, x1 = min(p.x0 for p in row), max(p.x1 for p in row)
    lone = all(abs(p.y - row[0].y) < 0.3 * em for p in row)
    return lone and min(p.size for p in row) >= _LARGE * em and abs((x0 + x1) - (left + right)) < 4 * em


def _is_page_head(row: list[Piece], below: list[Piece], em: float) -> bool:
    """Whether the first row of a page is a line of its own (date, name of the page, number) above all columns."""
    lone = all(abs(p.y - row[0].y) < 0.3 * em and p.size <= _LARGE * em for p in row)
    return lone and min(p.y for p in row) - max(p.top for p in below) > 1.2 * em


def _true_gutters(band: list[Piece], gutters: list[Strip], em: float) -> list[Strip]:
    """Leave out gutters beside what is no column of text: labels, cells of a table, words of a wide-set line."""
    kept = list(gutters)
    while kept:
        cells = _split(band, kept)
        sound = [_is_column(cell, em) for cell in cells]
        wrong = [n for n in range(len(kept)) if not (sound[n] and sound[n + 1] and _beside(cells[n], cells[n + 1]))]
        if not wrong:
            break
        kept.pop(min(wrong, key=lambda n: kept[n][1] - kept[n][0]))
    return kept


def _is_column(cell: list[Piece], em: float) -> bool:
    """Whether pieces are text: it has sentences, or its usual line is as wide as lines that begin there can be."""
    if sum("。" in p.text for p in cell) * 4 >= len(cell):
        return True
    if max(p.x1 for p in cell) - min(p.x0 for p in cell) < _NARROWEST * em:
        return False
    if len(_rows(cell)) < 3:
        return True
    flush: list[list[Piece]] = []
    for piece in sorted(cell, key=lambda p: p.x0):
        if flush and piece.x0 - flush[-1][-1].x0 < 2.5 * em:  # as far as first lines are indented
            flush[-1].append(piece)
        else:
            flush.append([piece])
    widest = [(piece, max(p.x1 for p in group) - group[0].x0) for group in flush for piece in group]
    return median((piece.x1 - piece.x0) / width for piece, width in widest) >= _FILLED


def _beside(one: list[Piece], other: list[Piece]) -> bool:
    """Whether two columns stand next to each other, and one at least has three lines."""
    low = max(min(p.y for p in one), min(p.y for p in other))
    high = min(max(p.top for p in one), max(p.top for p in other))
    return high > low and max(len(_rows(one)), len(_rows(other))) >= 3


def _in_column(row: list[Piece], band: list[Piece], gutters: list[Strip], em: float) -> bool:
    """Whether a row is a line of one of the columns below it, whose neighbours only begin further down."""
    cell = next((c for c in _split([*band, *row], gutters) if row[0] in c), [])
    below = [p for p in cell if p not in row]
    if not below or not all(p in cell for p in row):
        return False
    width = max(p.x1 for p in below) - min(p.x0 for p in below)
    near = min(p.y for p in row) - max(p.top for p in below) < 1.2 * em
    return (
        near
        and max(p.size for p in row) <= 1.15 * em
        and max(p.x1 for p in row) - min(p.x0 for p in row) >= 0.8 * width
    )


def _split(pieces: list[Piece], gutters: list[Strip]) -> list[list[Piece]]:
    cells: list[list[Piece]] = [[] for _ in range(len(gutters) + 1)]
    for piece in pieces:
        cells[sum(piece.ink[0] >= b - 0.01 for _, b in gutters)].append(piece)
    return [cell for cell in cells if cell]


def _flat(rows: Iterable[list[Piece]]) -> list[Piece]:
    return [piece for row in rows for piece in row]


def _follow_on(columns: list[_Column]) -> list[_Column]:
    """Put the rest of a column that a caption or a box interrupts in mid-sentence after its first part.

    The file's own order decides: the rest directly follows in it, and stands below in the same column.
    """
    placed = list(columns)
    for here, column in enumerate(placed):
        end = max(column.pieces, key=lambda p: p.order)
        em = end.size
        if len(column.pieces) < 2 or end.text[-1] in TERMINALS or end.x1 < column.right - em:
            continue
        for there in range(here + 2, len(placed)):
            later = placed[there]
            begin = min(later.pieces, key=lambda p: p.order)
            below = begin.order == end.order + 1 and begin.y < end.y and abs(begin.size - em) < 0.1 * em
            if below and abs(later.left - column.left) < em and abs(later.right - column.right) < 1.5 * em:
                placed.insert(here + 1, replace(placed.pop(there), apart=False))
                break
    return placed


def _lines(column: _Column) -> list[Line]:
    """Give the lines of a column, from the top."""
    rows: list[list[Piece]] = []
    for piece in sorted(column.pieces, key=lambda p: -(p.y + p.top)):
        seed = rows[-1][0] if rows else piece
        shared = min(seed.top, piece.top) - max(seed.y, piece.y)
        if rows and shared > 0.5 * 0.75 * min(seed.size, piece.size):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    heights = [max(row, key=lambda p: len(p.text)).y for row in rows]
    steps = [a - b for a, b in pairwise(heights)]
    pitch = median(steps) if len(steps) > 2 else 1.8 * median(p.size for p in column.pieces)
    found = []
    for n, row in enumerate(rows):
        row.sort(key=lambda p: p.x0)
        text = row[0].text
        for before, after in pairwise(row):
            near = after.x0 - before.x1 < 0.15 * after.size  # a change of font, a raised figure
            text += after.text if near and not after.spaced else " " + after.text
        indent = (row[0].x0 - column.left) / row[0].size
        apart = steps[n - 1] > 1.25 * pitch if n else column.apart
        found.append(Line(text, heights[n], row[0].size, indent, apart))
    return found


def _headings_joined(lines: list[Line], em: float) -> list[Line]:
    """Join headings set over several lines: of one size, larger than the page's text, close below one another.

    Only here is it known how large lines are set; the text that comes of them does not tell.
    """
    found: list[Line] = []
    last: Line | None = None  # the line above, as it was set
    for line in lines:
        if (
            found and last
            and line.size >= _LARGE * em and abs(line.size - last.size) < 0.03 * line.size
            and 0 < last.y - line.y < 2 * line.size
            and last.text[-1] not in TERMINALS + "：" and len(found[-1].text) + len(line.text) <= _LONGEST_HEADING
        ):  # fmt: skip
            space = " " * (found[-1].text[-1].isascii() and line.text[0].isascii())
            found[-1] = replace(found[-1], text=found[-1].text + space + line.text)
        else:
            found.append(line)
        last = line
    return found
