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
from classifier.tagging.lines import Ints, Lines
from classifier.tagging.viterbi import cheapest_path
from classifier.tagging.wording import finishes


class Role(IntEnum):
    """What a line is in its block."""

    FIRST = 0
    MIDDLE = 1
    LAST = 2
    WHOLE = 3  # a paragraph of one line
    HEADING = 4
    FURNITURE = 5


class Block(NamedTuple):
    """Lines `first` to `last` (inclusive) that belong together. `cut`: it stops in mid-sentence."""

    kind: Kind
    first: int
    last: int
    cut: bool = False
    fragment: bool = False  # it begins in mid-sentence


_CUT, _FRAGMENT = 3.0, 3.0  # a paragraph that breaks off, or has no beginning: rare, so it must pay
_INDENTS = (2.0, 0.0)  # characters by which first lines are shorter; an article keeps to one
_CHANGE = 4.0  # from one indent to another


def blocks(lines: Lines) -> list[Block]:
    """Give the blocks of a page in the order of its lines; every line is in exactly one."""
    return _collect(_search(costs(lines)), lines) if len(lines) else []


def _search(table: Costs) -> Ints:
    """Give the roles of lowest total cost.

    What a line costs depends on the one before only by whether a paragraph is still open after that, and by the
    article's indent. So there are two states for each indent, closed and open, and in each a line either begins
    something or goes on with it.
    """
    modes = range(len(_INDENTS))
    of_indent = [table.of_indent(indent) for indent in _INDENTS]
    single = np.stack([np.stack([whole, table.heading, table.furniture]) for _, whole in of_indent])
    begin = np.stack([part for m in modes for part in (single[m].min(axis=0), of_indent[m][0])], axis=1)
    begin += table.part[:, None]
    go_on = np.tile(np.stack([table.to_last + table.last, table.to_middle + table.middle], axis=1), len(_INDENTS))

    mode, is_open = np.divmod(np.arange(2 * len(_INDENTS)), 2)
    changes = mode[:, None] != mode
    to_begin = (_CUT * is_open)[:, None] + _CHANGE * changes
    to_go_on = (_FRAGMENT * (1 - is_open))[:, None] + NEVER * changes
    beginning, going_on = to_begin + begin[:, None, :], to_go_on + go_on[:, None, :]
    before, after = cheapest_path(
        np.minimum(beginning, going_on), start=np.where(is_open, NEVER, 0.0), end=np.where(is_open, _CUT, 0.0)
    )
    line = np.arange(len(after))
    goes_on = going_on[line, before, after] < beginning[line, before, after]
    alone = Role.WHOLE + single.argmin(axis=1)[mode[after], line]
    ends, begins = np.where(goes_on, Role.LAST, alone), np.where(goes_on, Role.MIDDLE, Role.FIRST)
    return np.asarray(np.where(is_open[after], begins, ends))


def _collect(roles: Ints, lines: Lines) -> list[Block]:
    """Turn roles into blocks."""
    goes_on = np.append((roles[:-1] <= Role.MIDDLE) & np.isin(roles[1:], (Role.MIDDLE, Role.LAST)), False)
    last = np.flatnonzero(~goes_on)
    first = np.append(0, last[:-1] + 1)
    heading, furniture = roles[last] == Role.HEADING, roles[last] == Role.FURNITURE
    body = ~(heading | furniture)
    cut = body & ~finishes(lines)[last]
    fragment = body & ~np.isin(roles[first], (Role.FIRST, Role.WHOLE))
    kinds = [Kind.HEADING if h else Kind.FURNITURE if f else Kind.BODY for h, f in zip(heading, furniture, strict=True)]
    return list(map(Block, kinds, first.tolist(), last.tolist(), cut.tolist(), fragment.tolist()))
