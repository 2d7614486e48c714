"""Pieces of lines → columns in reading order.

A page becomes bands between what spans it, a band becomes columns where the same strips of paper stay empty from its
top to its bottom, and each column is taken as a page of its own (a recursive XY cut, Nagy and Seth 1984, that looks
for gutters first).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from classifier.tagging.lines import TERMINALS
from classifier.tagging.pdf_pieces import GUTTER, LARGE, Piece, Strip

_NARROWEST = 5.0  # em: what is narrower is a column of numbers or labels, not of text
_FILLED = 0.8  # of a column's width that its usual line has; cells of tables have less
_DEEPEST = 12  # cuts within cuts


@dataclass(frozen=True, slots=True)
class Column:
    """Pieces that are read straight down. `apart`: nothing runs on into it from what was read before."""

    pieces: list[Piece]
    left: float
    right: float
    apart: bool


def columns_of(pieces: list[Piece], *, apart: bool, depth: int) -> list[Column]:
    """Give the columns of a region in reading order."""
    if not pieces:
        return []
    found: list[Column] = []
    for band, gutters in _bands(pieces, whole_page=depth == 0):
        cells = _split(band, gutters)
        if len(cells) == 1 or depth == _DEEPEST:
            found.append(Column(band, min(p.x0 for p in band), max(p.x1 for p in band), apart or bool(found)))
            continue
        for n, cell in enumerate(cells):
            found.extend(columns_of(cell, apart=n == 0 and (apart or bool(found)), depth=depth + 1))
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
        own = _free(row, left, right, GUTTER * em)
        both = _meet(free, own, GUTTER * em)
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
        free = _free(band, left, right, GUTTER * em)
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
    return lone and min(p.size for p in row) >= LARGE * em and abs((x0 + x1) - (left + right)) < 4 * em


def _is_page_head(row: list[Piece], below: list[Piece], em: float) -> bool:
    """Whether the first row of a page is a line of its own (date, name of the page, number) above all columns."""
    lone = all(abs(p.y - row[0].y) < 0.3 * em and p.size <= LARGE * em for p in row)
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


def follow_on(columns: list[Column]) -> list[Column]:
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
