"""Physical lines of a text as columns of numbers: where they stand, how wide they are, how they begin and end.

Everything that reflow decides is decided from these columns, so they are computed for the whole text at once.
Widths count a full-width character as 1 and a half-width one as ½, as a typesetter would.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.uint16]
Codes = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TERMINALS = "。！？!?…"
PAUSES = "，、；：,;:"
OPENERS = "“‘（《〈【「『〔([{"
CLOSERS = "”’）》〉】」』〕)]}"
BULLETS = "●○◆◇■□▲△★☆※►▶◀◎•·"
SPACES = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


@dataclass(frozen=True, slots=True)
class Lines:
    """Columns of equal length, one entry a line that is not blank."""

    text: str
    codes: Codes  # code points of the text
    start: Ints  # offset of the first visible character
    end: Ints  # offset after the last visible one
    gap: Counts  # blank lines before this line
    indent: Floats  # width of the white space before the first character
    width: Floats
    gaps: Counts  # stretches of white space within the line
    spaced: Bools  # letter-spaced: white space after nearly every character
    first: Codes  # code points
    second: Codes  # 0 in a line of one character
    third: Codes  # 0 in a line of two
    last: Codes
    ends: Bools  # the last character, closing quotes aside, ends a sentence
    pauses: Bools  # the last character is a comma, a colon or the like
    inner: Counts  # number of sentence ends before the last character
    commas: Counts
    opened: Bools  # a bracket or quote is still open at the end of the line
    closed: Bools  # a bracket or quote is closed that was opened on an earlier line

    def __len__(self) -> int:
        return len(self.start)

    def string(self, i: int) -> str:
        """Give line `i` as it stands, outer white space aside."""
        return self.text[self.start[i] : self.end[i]]

    def strings(self, chosen: Bools, reach: int = 0) -> Iterator[tuple[int, str]]:
        """Give the number of each chosen line and the line; or, with `reach`, so many characters from its first on."""
        number = np.flatnonzero(chosen)
        start = self.start[number]
        end = start + reach if reach else self.end[number]
        for i, first, last in zip(number.tolist(), start.tolist(), end.tolist(), strict=True):
            yield i, self.text[first:last]

    def holding(self, chars: str, then: str = "") -> Bools:
        """Give which lines hold any of `chars`, none of them white space, with any of `then` after it."""
        at = np.flatnonzero(one_of(self.codes, chars))
        if then:
            at = at[one_of(self.codes[np.minimum(at + 1, len(self.codes) - 1)], then)]
        found = np.zeros(len(self), dtype=bool)
        found[np.searchsorted(self.end, at, side="right")] = True
        return found


_SPACE, _NARROW, _TERMINAL, _PAUSE, _OPENER, _CLOSER, _BREAK, _NOTHING, _STOP, _QUOTE = (1 << n for n in range(10))


@cache
def _classes() -> Flags:
    """Bit flags for every code point of the basic plane, the last also for those beyond; 0 for Han and the like."""
    table = np.zeros(0x10000, dtype=np.uint16)
    for code in (*range(0x3400), *range(0xD800, 0xFFFF)):  # Han and Hangul between: the loop need not see them
        char = chr(code)
        # Latin curly quotes and dashes are "ambiguous": Chinese typesetting sets them full-width
        wide = unicodedata.east_asian_width(char) in "WFA"
        table[code] = (_SPACE if char.isspace() else 0) | (0 if wide else _NARROW)
    for flag, chars in (
        (_TERMINAL, TERMINALS),
        (_PAUSE, PAUSES),
        (_OPENER, OPENERS),
        (_CLOSER, CLOSERS),
        (_BREAK, BREAKS),
        (_STOP, "。"),
        (_QUOTE, '"'),
    ):
        for char in chars:
            table[ord(char)] |= flag
    for code in (0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF):  # zero-width characters: neither ink nor gap
        table[code] = _NARROW | _SPACE | _NOTHING
    return table


@cache
def _among(chars: str) -> Bools:
    table = np.zeros(0x10000, dtype=bool)
    table[[ord(char) for char in chars]] = True
    return table


def one_of(codes: Codes, chars: str) -> Bools:
    """Give which code points are of `chars`, which are of the basic plane."""
    return _among(chars).take(codes, mode="clip")


def measure(text: str) -> Lines:
    """Give the lines of `text` that are not blank, with their measures.

    Few characters tell more than that they are there: white space, punctuation, narrow ones. All is counted on these
    marks, a line break put before and after the text. Runs of white space with a break in them part the lines.
    """
    codes = np.frombuffer(f"\n{text}\n".encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    flags = _classes().take(codes, mode="clip")
    marks = np.flatnonzero(flags != 0)
    code = codes[marks]
    points = marks[code == ord(".")]  # after a full-width character it is a full stop
    flags[points[(flags[points - 1] & (_NARROW | _SPACE)) == 0]] |= _TERMINAL | _STOP
    flag = flags[marks]
    codes, flags, marks = codes[1:-1], flags[1:-1], marks - 1

    space, broken = (flag & _SPACE) != 0, (flag & _BREAK) != 0
    goes_on = space[:-1] & space[1:] & (np.diff(marks) == 1)
    opens = np.flatnonzero(space & ~np.append(False, goes_on))  # the first and the last mark of each run
    closes = np.flatnonzero(space & ~np.append(goes_on, False))
    breaks = _running(broken)
    parting = breaks[closes + 1] > breaks[opens]
    opens, closes = opens[parting], closes[parting]
    low, high = closes[:-1] + 1, opens[1:]  # the marks within each line
    start, end = marks[low - 1] + 1, marks[high]

    def held(chosen: Bools) -> Counts:
        total = _running(chosen)
        return total[high] - total[low]

    narrow = (flag & _NARROW) != 0
    letters = end - start - held(space)
    blank = (flag & (_SPACE | _NOTHING)) == _SPACE
    gaps = held(blank & ~np.append(False, goes_on & blank[:-1]))
    spaced = (letters >= 3) & (gaps >= 0.4 * letters)
    newline = broken & ~np.append(True, goes_on & (code[:-1] == 0x0D) & (code[1:] == 0x0A))
    newlines, narrows = _running(newline), _running(narrow)
    latest = np.flatnonzero(broken)[breaks[low] - 1]  # the line break before each line
    ends, at = _sentence_ends(flags, start, end)
    opened, closed = _open_brackets(flag, high)
    return Lines(
        text=text,
        codes=codes,
        start=start,
        end=end,
        gap=np.maximum(newlines[low] - newlines[opens[:-1]] - 1, 0),
        indent=start - marks[latest] - 1 - 0.5 * (narrows[low] - narrows[latest + 1]),
        width=letters - 0.5 * held(narrow & ~space) + np.where(spaced, 0.0, 0.5 * gaps),
        gaps=gaps,
        spaced=spaced,
        first=codes[start],
        second=codes[np.minimum(start + 1, end - 1)] * (start + 1 < end),
        third=codes[np.minimum(start + 2, end - 1)] * (start + 2 < end),
        last=codes[end - 1],
        ends=ends,
        pauses=(flags[end - 1] & _PAUSE) != 0,
        inner=held((flag & _STOP) != 0) - ((flags[at] & _STOP) != 0),
        commas=held(one_of(code, "，,")),
        opened=opened,
        closed=closed,
    )


def _running(chosen: Bools) -> Counts:
    """Give how many are chosen before each place, and in all."""
    total = np.zeros(len(chosen) + 1, dtype=np.int32)
    np.cumsum(chosen, dtype=np.int32, out=total[1:])  # three times as fast as with the default type
    return total


def _sentence_ends(flags: Flags, start: Ints, end: Ints) -> tuple[Bools, Ints]:
    """Whether each line ends a sentence, and the place that tells: the last one, closing quotes and spaces aside."""
    at = end - 1
    for _ in range(3):
        at = at - (((flags[at] & (_CLOSER | _QUOTE | _SPACE)) != 0) & (at > start))
    return (flags[at] & _TERMINAL) != 0, at


def _open_brackets(flag: Flags, high: Ints) -> tuple[Bools, Bools]:
    """Lines that leave a bracket open, and lines that close one they did not open; `high`: the mark after each."""
    opened, closed = np.zeros(len(high), dtype=bool), np.zeros(len(high), dtype=bool)
    brackets = np.flatnonzero(flag & (_OPENER | _CLOSER))
    if not len(brackets):
        return opened, closed
    line = np.searchsorted(high, brackets, side="right")
    step = np.where(flag[brackets] & _OPENER, 1, -1)
    depth = np.cumsum(step)
    heads = np.flatnonzero(np.diff(line, prepend=-1))
    tails = np.append(heads[1:], len(line)) - 1
    depth -= np.repeat(depth[heads] - step[heads], tails - heads + 1)
    lowest = np.minimum.reduceat(depth, heads)
    closed[line[heads]] = lowest < 0
    opened[line[heads]] = depth[tails] > np.minimum(lowest, 0)
    return opened, closed
