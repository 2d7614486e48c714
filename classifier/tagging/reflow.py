"""Lines of a page → blocks: which lines belong together, and what each block is.

Every line takes one of six roles. A Viterbi search finds the sequence of roles with the lowest cost, from what a
typesetter's habits say about each line (a column's full width, the two characters of a first line's indent, a short
last line that ends a sentence) and about each pair of neighbours (open brackets, characters that cohere, wider gaps).
Costs are in the order of nats and were set by hand on pages made for the tests; none of them is decisive alone.

In stretches where lines are as long as paragraphs, width says nothing: each line is a block of its own there, and
blocks that stop in mid-sentence are joined to their continuation by `classifier.tagging.stitch`.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from classifier.records import Kind
from classifier.tagging import wording
from classifier.tagging.cohesion import packaged
from classifier.tagging.lines import Floats, Lines


class Role(IntEnum):
    """What a line is in its block."""

    FIRST = 0
    MIDDLE = 1
    LAST = 2
    WHOLE = 3  # a paragraph of one line
    HEADING = 4
    FURNITURE = 5


@dataclass(frozen=True, slots=True)
class Block:
    """Lines `first` to `last` (inclusive) that belong together. `cut`: it stops in mid-sentence."""

    kind: Kind
    first: int
    last: int
    cut: bool = False
    fragment: bool = False  # it begins in mid-sentence


_NEVER = 1e6
_CUT, _FRAGMENT = 3.0, 3.0  # a paragraph that breaks off, or has no beginning: rare, so it must pay
_WINDOW = 12  # lines to either side that may tell the width of a line's column
_WIDEST_COLUMN = 60.0  # full-width characters; lines beyond are paragraphs, not lines of a column


def blocks(lines: Lines) -> list[Block]:
    """Give the blocks of a page in the order of its lines; every line is in exactly one."""
    if not len(lines):
        return []
    best = min((_search(lines, indent) for indent in (2.0, 0.0)), key=lambda found: found[0])
    return _collect(best[1], lines)


def column_width(lines: Lines) -> tuple[Floats, Floats]:
    """Give each line the full width of the column it would end, and of the one it would begin; NaN where there is none.

    Full lines of a column come in runs, so two neighbours of like width, the first stopping in mid-sentence, show the
    column; the nearest such pair above (from above, for a line that ends something) or below counts.
    """
    n, width = len(lines), lines.width
    pair = np.zeros(n, dtype=bool)
    alike = np.minimum(width[:-1], width[1:])
    pair[:-1] = (np.abs(np.diff(width)) <= 1.5) & (alike >= 6) & (alike <= _WIDEST_COLUMN) & ~lines.ends[:-1]
    pair[:-1] &= ~wording.starts_item(lines)[0][1:]
    at = np.flatnonzero(pair)
    if not len(at):
        return np.full(n, np.nan), np.full(n, np.nan)
    # the widest of the few lines around the pair that are about as wide; three at least, or it is no column
    near = width[np.clip(at[:, None] + np.arange(-4, 6), 0, n - 1)]
    like = np.abs(near - width[at, None]) <= 2.5
    full = np.sort(np.where(like, near, 0.0), axis=1)[:, -2]
    at, full = at[like.sum(axis=1) >= 3], full[like.sum(axis=1) >= 3]
    if not len(at):
        return np.full(n, np.nan), np.full(n, np.nan)
    number = np.arange(n)
    below = np.searchsorted(at, number)
    above = np.maximum(np.searchsorted(at, number, side="right") - 1, 0)
    down, up = np.minimum(below, len(at) - 1), above
    begins = np.where((below < len(at)) & (at[down] - number <= _WINDOW), full[down], np.nan)
    ends = np.where((at[up] <= number) & (number - at[up] <= _WINDOW), full[up], np.nan)
    begins = np.where(width <= begins + 3.0, begins, np.nan)
    ends = np.where(width <= ends + 3.0, ends, np.nan)
    return ends, begins


def _search(lines: Lines, indent: float) -> tuple[float, list[Role]]:
    """Find the cheapest roles by Viterbi, first lines being `indent` characters shorter than full ones."""
    emit, join, part = _costs(lines, indent)
    n, roles = emit.shape
    begins = np.array([True, False, False, True, True, True])  # roles that begin a block
    open_ended = np.array([True, True, False, False, False, False])  # roles that want another line
    move = np.zeros((roles, roles))
    move[np.ix_(open_ended, begins)] = _CUT
    move[np.ix_(~open_ended, ~begins)] = _FRAGMENT
    joined = np.ix_(open_ended, ~begins)
    is_join = np.zeros((roles, roles), dtype=bool)
    is_join[joined] = True
    total = emit[0] + np.where(begins, 0.0, _FRAGMENT)
    back = np.zeros((n, roles), dtype=np.int8)
    for i in range(1, n):
        step = total[:, None] + move + np.where(is_join, join[i - 1], part[i - 1])
        back[i] = step.argmin(axis=0)
        total = step[back[i], np.arange(roles)] + emit[i]
    total = total + np.where(open_ended, _CUT, 0.0)
    role = int(total.argmin())
    path = [role]
    for i in range(n - 1, 0, -1):
        role = int(back[i, role])
        path.append(role)
    return float(total.min()), [Role(r) for r in reversed(path)]


def _costs(lines: Lines, indent: float) -> tuple[Floats, Floats, Floats]:
    """Give the cost of each role for each line, and of joining or parting each line and the next."""
    n = len(lines)
    ended, begun = column_width(lines)
    wrapped = ~(np.isnan(ended) & np.isnan(begun))
    short_end = np.where(np.isnan(ended), begun, ended) - lines.width  # characters missing to a full line
    short_begin = np.where(np.isnan(begun), ended, begun) - lines.width
    amiss = np.fmin(np.abs(short_end), np.abs(short_begin))
    item, numbered = wording.starts_item(lines)
    odd_start = np.isin(lines.first, [ord(c) for c in "，、。；：！？）》”’】,.;:!?)"])
    quoted = lines.ends & np.isin(lines.last, [ord(c) for c in "”’」』"])

    emit = np.zeros((n, len(Role)))
    emit[:, Role.FIRST] = 1.5 * np.maximum(np.abs(short_begin - indent) - 0.8, 0.0) + 0.4 * lines.ends + 4.0 * odd_start
    emit[:, Role.MIDDLE] = 1.2 * np.maximum(amiss - 1.0, 0.0) + 0.7 * lines.ends + 5.0 * item
    emit[:, Role.LAST] = 4.5 * ~lines.ends + (short_end < 1.0) * (0.6 + 0.8 * quoted) + 5.0 * item
    emit[:, Role.WHOLE] = np.maximum(indent - 1.0 - short_begin, 0.0) + 1.0 * (lines.width <= 8)
    emit[~wrapped, :3] = _NEVER
    emit[:, Role.WHOLE] = np.where(wrapped, emit[:, Role.WHOLE], 0.0) + 4.0 * odd_start + 3.0 * ~lines.ends
    emit[:, Role.HEADING] = (
        np.where(wrapped, 1.0, 1.5) + 4.0 * odd_start - 1.5 * numbered + 5.0 * (lines.inner > 0) + 3.5 * lines.ends
    )
    emit[:, Role.HEADING] += 3.5 * lines.pauses + 0.8 * np.maximum(lines.commas - ~wrapped, 0) + 1.0 * (amiss <= 1.0)
    emit[:, Role.HEADING] += 0.15 * np.maximum(lines.width - 35.0, 0.0)
    emit[:, Role.HEADING] -= 2.0 * (lines.ends & np.isin(lines.last, [ord(c) for c in "？！?!"]) & (lines.inner == 0))
    emit[:, Role.HEADING] -= 2.5 * (np.isin(lines.last, [ord("："), ord(":")]) & (lines.width <= 12))
    emit[:, Role.HEADING] -= 1.0 * (np.isin(lines.first, [ord("“")]) & np.isin(lines.last, [ord("”")]) & ~lines.opened)
    emit[:, Role.FURNITURE] = 6.0 - wording.scores(lines)

    flow = packaged().ratio(lines.last[:-1], lines.first[1:])
    early_pause = wording.pause_at_once(lines)[1:]
    flow = np.where(lines.ends[:-1], 0.3 * flow, flow + 2.0 * early_pause)
    usual = float(np.median(lines.gap[1:])) if n > 1 else 0.0
    wider = np.minimum(np.maximum(lines.gap[1:] - usual, 0.0), 2.0)
    indented = (lines.indent[1:] >= 1.5).astype(float)
    regular_indent = 2.0 if 0.02 < float(indented.mean() if n > 1 else 0.0) < 0.9 else 0.0
    join = 1.0 * wider + regular_indent * indented - 0.25 * flow
    part = 2.0 * lines.opened[:-1] + 2.0 * lines.closed[1:] + 0.25 * flow - 0.5 * regular_indent * indented
    report = wording.starts_report(lines)
    part += 1.2 * wording.names_speaker(lines) - 4.0 * report - 1.5 * wording.starts_paragraph(lines)
    opener = np.isin(lines.first[1:], [ord(c) for c in "“《（"]) & lines.ends[:-1]
    part = part - 0.5 * opener
    # where lines are paragraphs, one that stops short is more likely a heading the less the next one continues it
    stops = np.append(
        np.where(~(wrapped[:-1] & wrapped[1:]) & ~lines.ends[:-1], np.clip(flow - 6.0 * report, -2.0, 4.0), 0.0), 0.0
    )
    emit[:, Role.WHOLE] -= 0.8 * stops
    emit[:, Role.HEADING] += 0.4 * stops
    return emit, join, part


def _collect(roles: list[Role], lines: Lines) -> list[Block]:
    """Turn roles into blocks."""
    found: list[Block] = []
    first = 0
    for i, role in enumerate(roles):
        goes_on = i + 1 < len(roles) and role <= Role.MIDDLE and roles[i + 1] in (Role.MIDDLE, Role.LAST)
        if goes_on:
            continue
        kind = {Role.HEADING: Kind.HEADING, Role.FURNITURE: Kind.FURNITURE}.get(role, Kind.BODY)
        body = kind is Kind.BODY
        begins = roles[first] in (Role.FIRST, Role.WHOLE)
        found.append(Block(kind, first, i, cut=body and not bool(lines.ends[i]), fragment=body and not begins))
        first = i + 1
    return found
