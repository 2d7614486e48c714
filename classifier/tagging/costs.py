"""What each role costs each line, and what it costs to join or part two neighbours. In the order of nats, set by hand.

A typesetter's habits are the evidence: full lines are as wide as their column, first lines two characters shorter, a
last line may be short and ends a sentence; brackets close, words go on, headings carry no full stop.
"""

from dataclasses import dataclass

import numpy as np

from classifier.tagging import wording
from classifier.tagging.captions import captions
from classifier.tagging.cohesion import packaged
from classifier.tagging.lines import Bools, Floats, Lines, one_of

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
    finishes: Bools  # no costs: lines that end something, and lines that go on with the caption above
    captioned: Bools
    missing: tuple[Floats, Floats]  # characters fewer than a full line of the column below, and above; NaN for none

    def of_indent(self, indent: float) -> tuple[Floats, Floats]:
        """Give the costs of first and of whole lines where first lines are `indent` characters shorter."""
        below, above = self.missing
        amiss = np.fmin(np.abs(below - indent), np.abs(above - indent))
        first = np.where(np.isnan(amiss), NEVER, self.first + 1.5 * np.maximum(amiss - 0.8, 0.0))
        return first, self.whole + np.fmax(indent - 1.0 - np.fmax(below, above), 0.0)


def costs(lines: Lines) -> Costs:
    """Give all costs of a page's lines."""
    flow = packaged().ratio(lines.last[:-1], lines.first[1:])
    junk, captioned = captions(lines, wording.scores(lines), flow)
    item, numbered = wording.starts_item(lines)
    ends = wording.finishes(lines, item)
    ended, begun = column_width(lines, junk, item)
    wrapped = ~(np.isnan(ended) & np.isnan(begun))
    short_end = np.where(np.isnan(ended), begun, ended) - lines.width  # characters missing to a full line
    short_begin = np.where(np.isnan(begun), ended, begun) - lines.width
    amiss = np.fmin(np.abs(short_end), np.abs(short_begin))
    odd = 4.0 * one_of(lines.first, "，、。；：！？）》”’】,.;:!?)")
    quoted = ends & one_of(lines.last, "”’」』")

    first = 0.4 * ends + odd
    middle = np.where(wrapped, 1.2 * np.maximum(amiss - 1.0, 0.0) + 0.7 * ends + 5.0 * item, NEVER)
    last = np.where(wrapped, 5.5 * ~ends + (short_end < 1.0) * (0.6 + 0.8 * quoted) + 5.0 * item, NEVER)
    whole = odd + 3.0 * ~ends + wrapped * (lines.width <= 8)

    heading = np.where(wrapped, 1.0, 1.5) + odd - 1.5 * numbered + 1.0 * (amiss <= 1.0)
    heading += 5.0 * (lines.inner > 0) + 3.5 * ends + 3.5 * lines.pauses
    heading += np.where(lines.commas > 1, 1.5, 0.8) * np.maximum(lines.commas - ~wrapped, 0) + 2.0 * (item & ~numbered)
    heading += 0.15 * np.maximum(lines.width - 35.0, 0.0)
    heading -= np.where(lines.width <= 14, 4.0, 2.0) * (one_of(lines.last, "？！?!") & (lines.inner == 0))
    heading += 3.0 * (
        one_of(lines.last, "的和与及在为将对从把被向于") & (lines.width >= 20)
    )  # no long heading ends there
    heading += 2.0 * lines.opened + 1.5 * ((lines.commas > 0) & (np.abs(short_begin - 1.5) <= 1.5))
    heading -= 2.5 * (one_of(lines.last, "：:") & (lines.width <= 12))
    heading -= 1.0 * (one_of(lines.first, "“") & one_of(lines.last, "”") & ~lines.opened)

    flow = np.where(lines.ends[:-1], 0.3 * flow, flow + 2.0 * wording.pauses_at_once(lines)[1:])
    report = wording.starts_report(lines)
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
        finishes=ends,
        captioned=captioned,
        missing=(begun - lines.width, ended - lines.width),
    )


def column_width(lines: Lines, junk: Floats, item: Bools) -> tuple[Floats, Floats]:
    """Give each line the full width of the column it would end, and of the one it would begin; NaN for none.

    Two lines of like width, close to one another and stopping in mid-sentence, show the column; lines that `junk`
    scores as furniture do not, nor do those where an `item` begins. The nearest such pair above counts for a line that
    ends something, the nearest below for one that begins.
    """
    n, width = len(lines), lines.width
    running = (lines.commas > 0) & (width >= 24)  # text: even a first line and the one below it show the width
    text = (junk == 0) & ~item
    shows = np.zeros(n, dtype=bool)
    highest = width
    for step in range(1, min(_NEAR, n - 1) + 1):
        one, other = width[:-step], width[step:]
        highest = np.maximum(highest[:-1], other)  # from one to the other
        alike = np.abs(one - other) <= np.where((step == 1) & running[:-step], 2.5, 1.5)
        between = (np.minimum(one, other) >= 6) & (highest <= np.minimum(one + 2.5, _WIDEST_COLUMN))
        stops = ~lines.ends[:-step] & ((step == 1) | ~lines.ends[step:])
        shows[:-step] |= alike & between & stops & (junk == 0)[:-step] & text[step:]
    at = np.flatnonzero(shows)
    # the second widest of the few lines around the pair that are about as wide: three at least, or running text
    widest: Floats = np.zeros(len(at))
    second: Floats = np.zeros(len(at))
    alike = np.zeros(len(at), dtype=np.int64)
    for step in range(-4, 6):
        near = width[np.clip(at + step, 0, n - 1)]
        like = np.abs(near - width[at]) <= 2.5
        near = np.where(like, near, 0.0)
        second = np.maximum(second, np.minimum(widest, near))
        widest = np.maximum(widest, near)
        alike += like
    full = np.full(n, np.nan)
    full[at] = np.where(alike >= 3, second, np.where(running[at], widest, np.nan))
    number = np.arange(n)
    known = ~np.isnan(full)
    up = np.maximum.accumulate(np.where(known, number, -n))
    down = np.minimum.accumulate(np.where(known, number, 2 * n)[::-1])[::-1]
    ended = np.where(number - up <= _WINDOW, full[up], np.nan)
    begun = np.where(down - number <= _WINDOW, full[np.minimum(down, n - 1)], np.nan)
    return np.where(width <= ended + 3.0, ended, np.nan), np.where(width <= begun + 3.0, begun, np.nan)


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
    part -= 0.5 * (one_of(lines.first[1:], "“《（") & lines.ends[:-1])
    return np.append(0.0, join), np.append(0.0, part)
