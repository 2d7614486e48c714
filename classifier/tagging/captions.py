"""Captions over several lines: below a mark (▲, 图为) or above the credit of a photograph.

A caption stands wherever the picture was, between the lines of a paragraph too, and its first lines look like any
others. So captions are looked for before lines are joined.
"""

import numpy as np

from classifier.tagging import wording
from classifier.tagging.lines import Bools, Floats, Lines

_MOST = 5  # lines
_LONG, _SHORT = 90.0, 45.0  # characters; between these, what stands above a credit has to speak of what one sees
_EVEN, _LESS = 3.5, 2.5  # characters by which a line may be wider or less wide than the next one of its caption
_BREAK = -0.5  # nats: lines that read on so badly belong to different texts
_APART = 5.0  # characters by which a column is wider, for certain


def captions(lines: Lines, scores: Floats, flow: Floats) -> tuple[Floats, Bools]:
    """Give how strongly each line says furniture, captions told, and which lines go on with the caption above.

    `scores`: how strongly the lines say so by their own wording. `flow`: how well each line reads on in the next.
    """
    scores, goes_on = scores.copy(), np.zeros(len(lines), dtype=bool)
    credited = wording.holds_credit(lines)
    closed, aside = lines.ends | credited, scores > 0
    usual = np.median(lines.gap[1:]) if len(lines) > 1 else 0
    for i in np.flatnonzero(aside | credited).tolist():
        text = lines.string(i)
        if wording.opens_caption(text):
            first, last = i, _end(i, lines, closed, aside)
            listed = _is_listed(first, last, lines) and not (credited[last] or _shows(first, last, lines))
            if listed or _width(first, last, lines) > _LONG:
                scores[i] = 0.0
                continue
        elif credited[i]:
            first, last = min(_start(i, lines, closed | aside, flow), i), i
        elif i and scores[i - 1] == 0 and wording.is_credit(text.strip()):
            first, last = _start(i - 1, lines, closed | aside, flow), i - 1
            tight = last <= first + 1 and lines.ends[last] and lines.gap[i] <= usual
            if not (tight and _width(first, last, lines) <= _SHORT) and not _shows(first, last, lines):
                continue
        else:
            continue
        if first <= last and _width(first, last, lines) <= _LONG:
            scores[first : last + 1] = wording.CERTAIN
            goes_on[first + 1 : last + 1] = True
    return scores, goes_on


def _end(first: int, lines: Lines, closed: Bools, aside: Bools) -> int:
    """Give the last line of the caption that a mark begins: where its sentence ends, or what follows is not of it."""
    last = first
    while not closed[last] and last + 1 < min(len(lines), first + _MOST):
        if aside[last + 1] or lines.width[last + 1] > lines.width[last] + _EVEN:
            break
        last += 1
    return last


def _start(last: int, lines: Lines, closed: Bools, flow: Floats) -> int:
    """Give the first line of the caption that ends with line `last`; the line after it where there is none."""
    for first in range(last, max(last - _MOST, -1), -1):
        if first == 0 or closed[first - 1] or wording.opens_caption(lines.string(first)):
            return first
        wider = lines.width[first - 1] - lines.width[first]
        if wider < -_LESS or (wider > _EVEN and first < last) or flow[first - 1] < _BREAK:
            apart = wider > _APART and first < last
            return first if apart or _shows(first, last, lines) else last + 1
        if lines.inner[first - 1] and not wording.opens_caption(lines.string(first - 1)):
            break  # a caption is one sentence
    return last + 1


def _is_listed(first: int, last: int, lines: Lines) -> bool:
    """Whether a mark is one of several, as bullets are."""
    near = [*range(max(first - _MOST, 0), first), *range(last + 1, min(last + 2, len(lines)))]
    return bool(np.isin(lines.first[first], lines.first[near]))


def _shows(first: int, last: int, lines: Lines) -> bool:
    return first <= last and wording.describes_scene(lines.text[lines.start[first] : lines.end[last]])


def _width(first: int, last: int, lines: Lines) -> float:
    return float(lines.width[first : last + 1].sum())
