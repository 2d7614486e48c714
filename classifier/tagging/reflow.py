"""Lines of a page → blocks: which lines belong together, and what each block is.

Every line takes one of six roles; a Viterbi search finds the sequence of roles with the lowest total of
`classifier.tagging.costs`. In stretches where lines are as long as paragraphs each line is a block of its own, and
blocks that stop in mid-sentence are joined to their continuation by `classifier.tagging.stitch`.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from classifier.records import Kind
from classifier.tagging.costs import NEVER, Costs, costs
from classifier.tagging.lines import Lines
from classifier.tagging.wording import finishes


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


_CUT, _FRAGMENT = 3.0, 3.0  # a paragraph that breaks off, or has no beginning: rare, so it must pay
_INDENTS = (2.0, 0.0)  # characters by which first lines are shorter; a page keeps to one


def blocks(lines: Lines) -> list[Block]:
    """Give the blocks of a page in the order of its lines; every line is in exactly one."""
    if not len(lines):
        return []
    table = costs(lines)
    _, roles = min((_search(table, indent) for indent in _INDENTS), key=lambda found: found[0])
    return _collect(roles, lines)


def _search(table: Costs, indent: float) -> tuple[float, list[Role]]:
    """Give the lowest total cost and its roles.

    What a line costs depends on the one before only by whether a paragraph is still open after that, so there are two
    states, and in each step four costs: a line begins something or goes on, and leaves it open or closed.
    """
    first, whole = table.of_indent(indent)
    single = np.stack([whole, table.heading, table.furniture])
    kind = single.argmin(axis=0)
    steps = np.stack(
        [
            table.part + first,
            table.part + single.min(axis=0),
            table.to_middle + table.middle,
            table.to_last + table.last,
        ]
    )
    opened, closed = NEVER, 0.0
    choices = []  # per line, if it is left open and if closed: whether it goes on, and whether the line before was open
    for begin_open, begin_closed, on_open, on_closed in zip(*steps.tolist(), strict=True):
        cut, torn = opened + _CUT < closed, closed + _FRAGMENT < opened
        begin = opened + _CUT if cut else closed
        on = closed + _FRAGMENT if torn else opened
        stays, ends = on + on_open < begin + begin_open, on + on_closed < begin + begin_closed
        choices.append(((stays, not torn if stays else cut), (ends, not torn if ends else cut)))
        opened = on + on_open if stays else begin + begin_open
        closed = on + on_closed if ends else begin + begin_closed
    is_open = opened + _CUT < closed
    roles = []
    for line in range(len(choices) - 1, -1, -1):
        goes_on, was_open = choices[line][0 if is_open else 1]
        if is_open:
            roles.append(Role.MIDDLE if goes_on else Role.FIRST)
        else:
            roles.append(Role.LAST if goes_on else Role(Role.WHOLE + int(kind[line])))
        is_open = was_open
    return min(opened + _CUT, closed), roles[::-1]


def _collect(roles: list[Role], lines: Lines) -> list[Block]:
    """Turn roles into blocks."""
    ends = finishes(lines).tolist()
    kinds = {Role.HEADING: Kind.HEADING, Role.FURNITURE: Kind.FURNITURE}
    found: list[Block] = []
    first = 0
    for i, role in enumerate(roles):
        if role <= Role.MIDDLE and i + 1 < len(roles) and roles[i + 1] in (Role.MIDDLE, Role.LAST):
            continue
        kind = kinds.get(role, Kind.BODY)
        torn = kind is Kind.BODY and roles[first] not in (Role.FIRST, Role.WHOLE)
        found.append(Block(kind, first, i, cut=kind is Kind.BODY and not ends[i], fragment=torn))
        first = i + 1
    return found
