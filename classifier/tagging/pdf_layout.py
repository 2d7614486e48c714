"""Characters with their places on a page → lines in reading order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from classifier.tagging.lines import TERMINALS
from classifier.tagging.pdf_columns import Column, columns_of, follow_on
from classifier.tagging.pdf_pieces import LARGE, Glyph, Piece, pieces_of, stacked

_LONGEST_HEADING = 60  # characters


@dataclass(frozen=True, slots=True)
class Line:
    """A typeset line. `indent`, in em, from its column's edge; `apart`: more room above it than lines have."""

    text: str
    y: float
    size: float
    indent: float = 0.0
    apart: bool = False


def lines(glyphs: Sequence[Glyph]) -> list[Line]:
    """Give the lines of a page in reading order; text set downwards comes last, a line for each of its columns."""
    pieces, upright = stacked(pieces_of(glyphs))
    em = median(piece.size for piece in pieces) if pieces else 0.0
    found: list[Line] = []
    for column in follow_on(columns_of(pieces, apart=True, depth=0)):
        found.extend(_headings_joined(_lines(column), em))
    upright.sort(key=lambda p: (-round(p.x0 / p.size), -p.y))
    return found + [Line(piece.text, piece.y, piece.size, apart=True) for piece in upright]


def _lines(column: Column) -> list[Line]:
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
            and line.size >= LARGE * em and abs(line.size - last.size) < 0.03 * line.size
            and 0 < last.y - line.y < 2 * line.size
            and last.text[-1] not in TERMINALS + "：" and len(found[-1].text) + len(line.text) <= _LONGEST_HEADING
        ):  # fmt: skip
            space = " " * (found[-1].text[-1].isascii() and line.text[0].isascii())
            found[-1] = replace(found[-1], text=found[-1].text + space + line.text)
        else:
            found.append(line)
        last = line
    return found
