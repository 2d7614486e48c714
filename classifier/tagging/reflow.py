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
_INDENTS = (2.0, 0.0)  # characters by which first lines are shorter; an article keeps to one
_CHANGE = 4.0  # from one indent to another


def blocks(lines: Lines) -> list[Block]:
    """Give the blocks of a page in the order of its lines; every line is in exactly one."""
    return _collect(_search(costs(lines)), lines) if len(lines) else []


def _search(table: Costs) -> list[Role]:
    """Give the roles of lowest total cost.

    What a line costs depends on the one before only by whether a paragraph is still open after that, and by the
    article's indent: four states, and in each a line either begins something or goes on.
    """
    modes = [_steps(table, indent) for indent in _INDENTS]
    kinds = [kind for kind, _ in modes]
    opened, closed = [NEVER] * len(modes), [0.0] * len(modes)
    choices: list[list[tuple[bool, bool, int]]] = []  # per line and state: goes on, from an open state, of which mode
    for steps in zip(*(steps for _, steps in modes), strict=True):
        # the best way to begin something in each mode, before the price of a change
        begins = [
            (opened[m] + _CUT, True, m) if opened[m] + _CUT < closed[m] else (closed[m], False, m)
            for m in range(len(modes))
        ]
        cheapest = min(begins)
        chosen: list[tuple[bool, bool, int]] = []
        for m, (begin_open, begin_closed, on_open, on_closed) in enumerate(steps):
            changed = cheapest[0] + _CHANGE < begins[m][0]
            begin, was_open, mode = (cheapest[0] + _CHANGE, *cheapest[1:]) if changed else begins[m]
            torn = closed[m] + _FRAGMENT < opened[m]
            on = closed[m] + _FRAGMENT if torn else opened[m]
            stays, ends = on + on_open < begin + begin_open, on + on_closed < begin + begin_closed
            chosen.append((True, not torn, m) if stays else (False, was_open, mode))
            chosen.append((True, not torn, m) if ends else (False, was_open, mode))
            opened[m] = on + on_open if stays else begin + begin_open
            closed[m] = on + on_closed if ends else begin + begin_closed
        choices.append(chosen)
    _, is_open, mode = min(
        [(o + _CUT, True, m) for m, o in enumerate(opened)] + [(c, False, m) for m, c in enumerate(closed)]
    )
    roles = []
    for line in range(len(choices) - 1, -1, -1):
        goes_on, was_open, before = choices[line][2 * mode + (not is_open)]
        if is_open:
            roles.append(Role.MIDDLE if goes_on else Role.FIRST)
        else:
            roles.append(Role.LAST if goes_on else Role(Role.WHOLE + kinds[mode][line]))
        is_open, mode = was_open, before
    return roles[::-1]


def _steps(table: Costs, indent: float) -> tuple[list[int], list[tuple[float, ...]]]:
    """Give, for each line, which block of one line is cheapest, and what it costs to begin and to go on.

    The costs are those of beginning and being left open, beginning and being complete, going on, and ending.
    """
    first, whole = table.of_indent(indent)
    single = np.stack([whole, table.heading, table.furniture])
    steps = np.stack(
        [
            table.part + first,
            table.part + single.min(axis=0),
            table.to_middle + table.middle,
            table.to_last + table.last,
        ]
    )
    return single.argmin(axis=0).tolist(), list(zip(*steps.tolist(), strict=True))


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
