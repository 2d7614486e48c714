"""Lines of a page → blocks: which lines belong together, and what each block is.

Every line takes one of six roles; a Viterbi search finds the sequence of roles with the lowest total of
`classifier.tagging.costs`. In stretches where lines are as long as paragraphs each line is a block of its own, and
blocks that stop in mid-sentence are joined to their continuation by `classifier.tagging.stitch`.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from classifier.records import Kind
from classifier.tagging.costs import NEVER, Costs, costs
from classifier.tagging.lines import Bools, Floats, Ints, Lines
from classifier.tagging.viterbi import cheapest_path


class Role(IntEnum):
    """What a line is in its block."""

    FIRST = 0
    MIDDLE = 1
    LAST = 2
    WHOLE = 3  # a paragraph of one line
    HEADING = 4
    FURNITURE = 5


class Blocks(NamedTuple):
    """Columns of equal length, one entry for lines `first` to `last` (inclusive) that belong together."""

    kind: Ints  # its place in `KINDS`
    first: Ints
    last: Ints
    cut: Bools  # it stops in mid-sentence
    fragment: Bools  # it begins in mid-sentence

    def those(self, chosen: Bools) -> "Blocks":
        """Give the chosen ones."""
        return Blocks(*(column[chosen] for column in self))  # type: ignore[arg-type]  # each column keeps its type


KINDS = (Kind.BODY, Kind.HEADING, Kind.FURNITURE)
_CUT, _FRAGMENT = 3.0, 3.0  # a paragraph that breaks off, or has no beginning: rare, so it must pay
_INDENTS = (2.0, 0.0)  # characters by which first lines are shorter; an article keeps to one
_CHANGE = 4.0  # from one indent to another
_GRAIN = 2.0**-20  # costs are multiples of it: so sums are exact, and equal ones equal wherever they stand in a text


def blocks(lines: Lines) -> Blocks:
    """Give the blocks of a page in the order of its lines; every line is in exactly one."""
    if not len(lines):
        return Blocks(*np.zeros((5, 0), dtype=np.int64))
    table = costs(lines)
    return _collect(_search(table), table.finishes, table.captioned)


def _search(table: Costs) -> Ints:
    """Give the roles of lowest total cost.

    What a line costs depends on the one before only by whether a paragraph is still open after that, and by the
    article's indent. So there are two states for each indent, open and closed, and in each a line either begins
    something or goes on with it. Of equal paths the one that stays open wins.
    """
    of_indent = [table.of_indent(indent) for indent in _INDENTS]
    alone = np.stack([np.stack([whole, table.heading, table.furniture]) for _, whole in of_indent])
    single = alone.min(axis=1)
    begin = _grained([cost for mode, (first, _) in enumerate(of_indent) for cost in (first, single[mode])] + table.part)
    go_on = _grained(np.stack([table.to_middle + table.middle, table.to_last + table.last]))
    go_on = np.tile(go_on, (len(_INDENTS), 1))

    mode, is_closed = np.divmod(np.arange(2 * len(_INDENTS)), 2)
    is_open = 1 - is_closed
    changes = mode[:, None] != mode
    to_begin = _CUT * is_open[:, None] + _CHANGE * changes
    to_go_on = _FRAGMENT * is_closed[:, None] + NEVER * changes
    before, after = cheapest_path(
        np.minimum(to_begin[:, :, None] + begin, to_go_on[:, :, None] + go_on),
        start=np.where(is_open, NEVER, 0.0),
        end=np.where(is_open, _CUT, 0.0),
    )
    line = np.arange(len(after))
    goes_on = to_go_on[before, after] + go_on[after, line] < to_begin[before, after] + begin[after, line]
    single_role = Role.WHOLE + alone.argmin(axis=1)[mode[after], line]
    ends, begins = np.where(goes_on, Role.LAST, single_role), np.where(goes_on, Role.MIDDLE, Role.FIRST)
    return np.asarray(np.where(is_open[after], begins, ends))


def _grained(costs: Floats) -> Floats:
    return np.rint(costs / _GRAIN) * _GRAIN


def _collect(roles: Ints, finishes: Bools, captioned: Bools) -> Blocks:
    """Turn roles into blocks."""
    continues = (roles == Role.MIDDLE) | (roles == Role.LAST)
    parts = ~(continues[1:] & (roles[:-1] <= Role.MIDDLE))
    parts &= ~(captioned[1:] & (roles[1:] == Role.FURNITURE) & (roles[:-1] == Role.FURNITURE))
    first, last = np.flatnonzero(np.append(True, parts)), np.flatnonzero(np.append(parts, True))
    kind = np.maximum(roles[last] - Role.WHOLE, 0)
    return Blocks(kind, first, last, cut=(kind == 0) & ~finishes[last], fragment=continues[first])
