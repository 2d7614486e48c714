"""What each role costs each line, and what it costs to join or part two neighbours. In the order of nats, set by hand.

A typesetter's habits are the evidence: full lines are as wide as their column, first lines two characters shorter, a
last line may be short and ends a sentence; brackets close, words go on, headings carry no full stop.
"""

from dataclasses import dataclass

import numpy as np

from classifier.tagging import wording
from classifier.tagging.cohesion import packaged
from classifier.tagging.lines import Bools, Floats, Ints, Lines

NEVER = 1e6
_WINDOW = 12  # lines to either side that may tell the width of a line's column
_NEAR = 4  # lines apart that two full lines of a column may be, where paragraphs are short
_WIDEST_COLUMN = 80.0  # full-width characters; longer lines are paragraphs, not lines of a column
_MUCH = 3.5  # characters by which widths in a paragraph may differ: the indent, and punctuation moved up


@dataclass(frozen=True, slots=True)
class Costs:
    """One value a line; `join` and `part` for each line and the one before, 0 for the first."""

    first: Floats  # of a paragraph, its indent aside
    middle: Floats
    last: Floats
    whole: Floats  # a paragraph of one line, its indent aside
    heading: Floats
    furniture: Floats
    to_middle: Floats  # going on with a line that is not the last
    to_last: Floats
    part: Floats
    missing: tuple[Floats, Floats]  # characters fewer than a full line of the column below, and above; NaN for none

    def of_indent(self, indent: float) -> tuple[Floats, Floats]:
        """Give the costs of first and of whole lines where first lines are `indent` characters shorter."""
        below, above = self.missing
        amiss = np.fmin(np.abs(below - indent), np.abs(above - indent))
        first = 1.5 * np.maximum(amiss - 0.8, 0.0)
        whole = np.maximum(indent - 1.0 - np.fmax(below, above), 0.0)
        return np.nan_to_num(self.first + first, nan=NEVER), self.whole + np.nan_to_num(whole)


def costs(lines: Lines) -> Costs:
    """Give all costs of a page's lines."""
    junk = wording.scores(lines)
    ended, begun = column_width(lines, junk)
    wrapped = ~(np.isnan(ended) & np.isnan(begun))
    short_end = np.where(np.isnan(ended), begun, ended) - lines.width  # characters missing to a full line
    short_begin = np.where(np.isnan(begun), ended, begun) - lines.width
    amiss = np.fmin(np.abs(short_end), np.abs(short_begin))
    item, numbered = wording.starts_item(lines)
    ends = wording.finishes(lines)
    odd = 4.0 * _one_of(lines.first, "，、。；：！？）》”’】,.;:!?)")
    quoted = ends & _one_of(lines.last, "”’」』")

    first = 0.4 * ends + odd
    middle = np.where(wrapped, 1.2 * np.maximum(amiss - 1.0, 0.0) + 0.7 * ends + 5.0 * item, NEVER)
    last = np.where(wrapped, 5.5 * ~ends + (short_end < 1.0) * (0.6 + 0.8 * quoted) + 5.0 * item, NEVER)
    whole = odd + 3.0 * ~ends + wrapped * (lines.width <= 8)

    heading = np.where(wrapped, 1.0, 1.5) + odd - 1.5 * numbered + 1.0 * (amiss <= 1.0)
    heading += 5.0 * (lines.inner > 0) + 3.5 * ends + 3.5 * lines.pauses
    heading += np.where(lines.commas > 1, 1.5, 0.8) * np.maximum(lines.commas - ~wrapped, 0) + 2.0 * (item & ~numbered)
    heading += 0.15 * np.maximum(lines.width - 35.0, 0.0)
    heading -= np.where(lines.width <= 14, 4.0, 2.0) * (_one_of(lines.last, "？！?!") & (lines.inner == 0))
    heading += 3.0 * (
        _one_of(lines.last, "的和与及在为将对从把被向于") & (lines.width >= 20)
    )  # no long heading ends there
    heading -= 2.5 * (_one_of(lines.last, "：:") & (lines.width <= 12))
    heading -= 1.0 * (_one_of(lines.first, "“") & _one_of(lines.last, "”") & ~lines.opened)

    flow, report = _flow(lines)
    # where lines are paragraphs, one that stops short is more likely a heading the less the next one continues it
    alone = ~(wrapped[:-1] & wrapped[1:]) & ~ends[:-1]
    goes_on = np.append(np.where(alone, np.clip(flow - 6.0 * report, -2.0, 4.0), 0.0), 0.0)
    goes_on = np.where(numbered, np.minimum(goes_on, 1.0), goes_on)  # a number says heading louder
    join, part = _neighbours(lines, flow, report)
    widening = np.diff(lines.width, prepend=lines.width[:1])
    return Costs(
        first=first,
        middle=middle,
        last=last,
        whole=whole - 0.8 * goes_on,
        heading=heading + 0.4 * goes_on,
        furniture=6.0 - junk,
        to_middle=join + 0.6 * np.maximum(np.abs(widening) - _MUCH, 0.0),
        to_last=join + 0.6 * np.maximum(widening - _MUCH, 0.0),
        part=part,
        missing=(begun - lines.width, ended - lines.width),
    )


def column_width(lines: Lines, junk: Floats) -> tuple[Floats, Floats]:
    """Give each line the full width of the column it would end, and of the one it would begin; NaN for none.

    Two lines of like width, close to one another and stopping in mid-sentence, show the column; lines that `junk`
    scores as furniture do not. The nearest such pair above counts for a line that ends something, the nearest below
    for one that begins.
    """
    n, width = len(lines), lines.width
    running = (lines.commas > 0) & (width >= 24)  # text: even a first line and the one below it show the width
    text = (junk == 0) & ~wording.starts_item(lines)[0]
    shows = np.zeros(n, dtype=bool)
    for step in range(1, min(_NEAR, n - 1) + 1):
        one, other = width[:-step], width[step:]
        highest = np.lib.stride_tricks.sliding_window_view(width, step + 1).max(axis=1)
        alike = np.abs(one - other) <= np.where((step == 1) & running[:-step], 2.5, 1.5)
        between = (np.minimum(one, other) >= 6) & (highest <= np.minimum(one + 2.5, _WIDEST_COLUMN))
        stops = ~lines.ends[:-step] & ((step == 1) | ~lines.ends[step:])
        shows[:-step] |= alike & between & stops & (junk == 0)[:-step] & text[step:]
    none, at = np.full(n, np.nan), np.flatnonzero(shows)
    # the second widest of the few lines around the pair that are about as wide: three at least, or running text
    near = width[np.clip(at[:, None] + np.arange(-4, 6), 0, n - 1)]
    like = np.abs(near - width[at, None]) <= 2.5
    column = (like.sum(axis=1) >= 3) | running[at]
    at, near, like = at[column], near[column], like[column]
    if not len(at):
        return none, none
    widest = np.sort(np.where(like, near, 0.0), axis=1)
    full = np.where(like.sum(axis=1) >= 3, widest[:, -2], widest[:, -1])
    number = np.arange(n)
    below, above = np.searchsorted(at, number), np.searchsorted(at, number, side="right") - 1
    down, up = np.minimum(below, len(at) - 1), np.maximum(above, 0)
    begun = np.where((below < len(at)) & (at[down] - number <= _WINDOW), full[down], np.nan)
    ended = np.where((above >= 0) & (number - at[up] <= _WINDOW), full[up], np.nan)
    return np.where(width <= ended + 3.0, ended, np.nan), np.where(width <= begun + 3.0, begun, np.nan)


def _flow(lines: Lines) -> tuple[Floats, Bools]:
    """Give how well each line reads on in the next, in nats, and whether the next opens a report."""
    flow = packaged().ratio(lines.last[:-1], lines.first[1:])
    flow = np.where(lines.ends[:-1], 0.3 * flow, flow + 2.0 * wording.pauses_at_once(lines)[1:])
    return flow, wording.starts_report(lines)


def _neighbours(lines: Lines, flow: Floats, report: Bools) -> tuple[Floats, Floats]:
    """Give the costs of joining and of parting each line and the one before."""
    if len(lines) < 2:
        return np.zeros(len(lines)), np.zeros(len(lines))
    usual = float(np.median(lines.gap[1:]))
    wider = np.clip(lines.gap[1:] - usual, 0.0, 2.0)
    indented = lines.indent[1:] >= 1.5
    telling = 2.0 if 0.02 < indented.mean() < 0.9 else 0.0  # an indent that all or none have tells nothing
    join = wider + telling * indented - 0.25 * flow
    part = 2.0 * lines.opened[:-1] + 2.0 * lines.closed[1:] + 0.25 * flow
    part += telling * np.where(indented, -0.5, 0.5)
    part += 1.2 * wording.names_speaker(lines) - 4.0 * report - 1.5 * wording.starts_paragraph(lines)
    part -= 0.5 * (_one_of(lines.first[1:], "“《（") & lines.ends[:-1])
    return np.append(0.0, join), np.append(0.0, part)


def _one_of(codes: Ints, chars: str) -> Bools:
    return np.isin(codes, [ord(char) for char in chars])
