"""Physical lines of a text as columns of numbers: where they stand, how wide they are, how they begin and end.

Everything that reflow decides is decided from these columns, so they are computed for the whole text at once.
Widths count a full-width character as 1 and a half-width one as ½, as a typesetter would.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TERMINALS = "。！？!?…"
PAUSES = "，、；：,;:"
OPENERS = "“‘（《〈【「『〔([{"
CLOSERS = "”’）》〉】」』〕)]}"
BULLETS = "●○◆◇■□▲△★☆※►▶◀◎•·"
BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


@dataclass(frozen=True, slots=True)
class Lines:
    """Columns of equal length, one entry a line that is not blank."""

    text: str
    codes: npt.NDArray[np.uint32]  # code points of the text
    start: Ints  # offset of the first visible character
    end: Ints  # offset after the last visible one
    gap: Ints  # blank lines before this line
    indent: Floats  # width of the white space before the first character
    width: Floats
    spaced: Bools  # letter-spaced: white space after nearly every character
    first: Ints  # code points
    last: Ints
    ends: Bools  # the last character, closing quotes aside, ends a sentence
    pauses: Bools  # the last character is a comma, a colon or the like
    inner: Ints  # number of sentence ends before the last character
    commas: Ints
    opened: Bools  # a bracket or quote is still open at the end of the line
    closed: Bools  # a bracket or quote is closed that was opened on an earlier line

    def __len__(self) -> int:
        return len(self.start)

    def string(self, i: int) -> str:
        """Give line `i` as it stands, outer white space aside."""
        return self.text[self.start[i] : self.end[i]]

    def holding(self, chars: str) -> Bools:
        """Give which lines hold any of `chars` (of the basic plane)."""
        wanted = np.zeros(0x10000, dtype=np.int64)
        wanted[[ord(char) for char in chars]] = 1
        total = np.concatenate(([0], np.cumsum(wanted[np.minimum(self.codes, 0xFFFF)])))
        return np.asarray(total[self.end] > total[self.start])

    def at(self, offset: int) -> Ints:
        """Give the code point `offset` characters after each line's first; 0 beyond the line's end."""
        place = self.start + offset
        return np.where(place < self.end, self.codes[np.minimum(place, len(self.codes) - 1)], 0).astype(np.int64)


_SPACE, _WIDE, _TERMINAL, _PAUSE, _OPENER, _CLOSER, _BREAK, _NOTHING = (1 << n for n in range(8))


@cache
def _classes() -> npt.NDArray[np.uint8]:
    """Bit flags for every code point of the basic plane; others count as wide."""
    table = np.zeros(0x10000, dtype=np.uint8)
    table[0x3400:0xD800] = _WIDE  # Han and Hangul; the loop need not see them
    for code in (*range(0x3400), *range(0xE000, 0x10000)):
        char = chr(code)
        # Latin curly quotes and dashes are "ambiguous": Chinese typesetting sets them full-width
        table[code] = (_SPACE if char.isspace() else 0) | (_WIDE if unicodedata.east_asian_width(char) in "WFA" else 0)
    for flag, chars in (
        (_TERMINAL, TERMINALS),
        (_PAUSE, PAUSES),
        (_OPENER, OPENERS),
        (_CLOSER, CLOSERS),
        (_BREAK, BREAKS),
    ):
        for char in chars:
            table[ord(char)] |= flag
    for code in (0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF):  # zero-width characters: neither ink nor gap
        table[code] = _SPACE | _NOTHING
    return table


def measure(text: str) -> Lines:
    """Give the lines of `text` that are not blank, with their measures."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    flags = _classes()[np.minimum(codes, 0xFFFF)]
    breaks = np.flatnonzero(flags & _BREAK)
    visible = np.flatnonzero((flags & _SPACE) == 0)
    left, right = np.append(0, breaks + 1), np.append(breaks, len(codes))
    low, high = np.searchsorted(visible, left), np.searchsorted(visible, right)
    full = low < high
    left, low, high = left[full], low[full], high[full]
    start, end = visible[low], visible[high - 1] + 1

    crlf = np.flatnonzero((codes[:-1] == 0x0D) & (codes[1:] == 0x0A))  # two characters, one line end
    newlines = np.searchsorted(breaks, start) - np.searchsorted(crlf, start)
    gap = np.maximum(np.diff(newlines, prepend=0) - 1, 0)

    units = np.where(flags & _WIDE, 1.0, 0.5)
    seen = units * ((flags & _SPACE) == 0)
    spaces = (flags & (_SPACE | _NOTHING)) == _SPACE
    runs = spaces & ~np.concatenate(([False], spaces[:-1])) if len(spaces) else spaces
    total, total_runs = np.concatenate(([0.0], np.cumsum(seen))), np.concatenate(([0], np.cumsum(runs)))
    inked, gaps_within = total[end] - total[start], total_runs[end] - total_runs[start]
    letters = high - low
    spaced = (letters >= 3) & (gaps_within >= 0.4 * letters)
    ends, inner = _sentence_ends(flags, codes, start, end)
    opened, closed = _open_brackets(codes, flags, start, end)
    commas = np.concatenate(([0], np.cumsum((codes == ord("，")) | (codes == ord(",")))))
    wide = np.concatenate(([0.0], np.cumsum(units)))
    return Lines(
        text=text,
        codes=codes,
        start=start,
        end=end,
        gap=gap,
        indent=wide[start] - wide[left],
        width=inked + np.where(spaced, 0.0, 0.5 * gaps_within),
        spaced=spaced,
        first=codes[start].astype(np.int64),
        last=codes[end - 1].astype(np.int64),
        ends=ends,
        pauses=(flags[end - 1] & _PAUSE) != 0,
        inner=inner,
        commas=commas[end] - commas[start],
        opened=opened,
        closed=closed,
    )


def _sentence_ends(
    flags: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32], start: Ints, end: Ints
) -> tuple[Bools, Ints]:
    """Whether each line ends a sentence (closing quotes and spaces stepped over), and how many it holds before that."""
    at = end - 1
    for _ in range(3):
        over = ((flags[at] & (_CLOSER | _SPACE)) != 0) & (at > start)
        at = np.where(over, at - 1, at)
    ends = (flags[at] & _TERMINAL) != 0
    full_stops = np.concatenate(([0], np.cumsum(codes == ord("。"))))
    return ends, full_stops[at] - full_stops[start]


def _open_brackets(
    codes: npt.NDArray[np.uint32], flags: npt.NDArray[np.uint8], start: Ints, end: Ints
) -> tuple[Bools, Bools]:
    """Lines that leave a bracket open, and lines that close one they did not open."""
    opened, closed = np.zeros(len(start), dtype=bool), np.zeros(len(start), dtype=bool)
    marks = np.flatnonzero(flags & (_OPENER | _CLOSER))
    line = np.searchsorted(end, marks, side="right")
    inside = (line < len(start)) & (marks >= start[np.minimum(line, len(start) - 1)]) if len(start) else marks < 0
    marks, line = marks[inside], line[inside]
    if not len(marks):
        return opened, closed
    step = np.where(flags[marks] & _OPENER, 1, -1)
    depth = np.cumsum(step)
    heads = np.flatnonzero(np.diff(line, prepend=-1))
    base = np.repeat(depth[heads] - step[heads], np.diff(np.append(heads, len(line))))
    depth = depth - base
    lowest = np.minimum.reduceat(depth, heads)
    tails = np.append(heads[1:], len(line)) - 1
    closed[line[heads]] = lowest < 0
    opened[line[heads]] = depth[tails] > np.minimum(lowest, 0)
    return opened, closed
