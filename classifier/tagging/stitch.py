"""Blocks that stop in mid-sentence → joined to their continuation, where it is certain which one that is.

A column ends where the paper ends, so half a paragraph may stand next to its other half, beyond a caption or a
heading, or at the other end of the page beside another article. Two halves that read well together are no proof:
a join needs the characters to cohere and no better claimant, judged by the words that the two texts share.
"""

from typing import NamedTuple

import numpy as np

from classifier.records import Kind
from classifier.tagging.cohesion import packaged
from classifier.tagging.lines import OPENERS, Bools, Floats, Ints, Lines, one_of
from classifier.tagging.reflow import KINDS, Blocks
from classifier.tagging.wording import opens_paragraph, opens_report

_SURE = 1.0  # nats by which a join must beat standing alone
_AHEAD = 0.5  # nats by which it must beat the next best claimant
_RIVALS = 8  # claims of a head that are looked into
_REACH = 120  # blocks: halves of a paragraph are on one page
_NEIGHBOUR = 3.0  # nats for standing directly after one another
_STEP, _FAR = 0.3, 8  # nats a block between head and tail costs, and after how many blocks no more is added
_BACKWARDS = 1.5  # nats against a tail that stands before its head
_ALIKE, _USUAL = 4.0, 0.25  # nats for sharing all words rather than none; the share that halves usually have
_MOST = 0.5  # the largest share that counts: more is a few characters, or a copy


class Chains(NamedTuple):
    """Paragraphs: the blocks that they begin with, and by the place of some, stretches of lines that continue them."""

    blocks: Blocks
    more: dict[int, list[tuple[int, int]]]


def stitch(blocks: Blocks, lines: Lines) -> Chains:
    """Give the paragraphs of a page, each at the place of its first block."""
    claims = _claims(blocks, lines)
    following: dict[int, int] = {}
    taken: set[int] = set()
    rivals: dict[int, list[tuple[float, int]]] = {}
    for value, head, tail in claims:
        rivals.setdefault(tail, []).append((value, head))
    for value, head, tail in sorted((c for c in claims if c[0] >= _SURE), key=lambda c: (-c[0], c[1], c[2])):
        others = [v for v, h in rivals[tail] if h != head and h not in following]
        contested = bool(others) and max(others) > value - _AHEAD
        if head in following or tail in taken or contested or _closes_ring(head, tail, following):
            continue
        following[head] = tail
        taken.add(tail)
    return _joined(blocks, following)


def _claims(blocks: Blocks, lines: Lines) -> list[tuple[float, int, int]]:
    """Give every pair of a block that is cut and one that may continue it, with the log odds that it does, first."""
    heads = np.flatnonzero(blocks.cut)
    whole = (blocks.kind == 0) & ~blocks.cut
    # the rest of a paragraph: body text with no whole body text before it
    tails = np.flatnonzero((blocks.kind == 0) & (blocks.fragment | ~np.append(False, whole[:-1])))
    low, high = np.searchsorted(tails, heads - _REACH), np.searchsorted(tails, heads + _REACH)
    h = np.repeat(heads, high - low)
    t = tails[np.arange(len(h)) - np.repeat(np.cumsum(high - low) - high, high - low)]
    h, t = h[h != t], t[h != t]
    end, begin = blocks.last[h], blocks.first[t]
    value = packaged().ratio(lines.last[end], lines.first[begin])
    begins = np.zeros(len(whole))
    for i in np.unique(t).tolist():
        begins[i] = _beginning(lines.string(blocks.first[i]), blocks.fragment[i])
    value += begins[t]
    value += 1.5 * (lines.opened[end] & lines.closed[begin])
    value += 1.5 * one_of(lines.last[end], "，、；,;")  # what stops at a comma goes on somewhere
    place = np.cumsum(KINDS.index(Kind.FURNITURE) != blocks.kind)  # furniture does not part anything
    between = place[t] - place[h] - 1
    value += np.where(between == 0, _NEIGHBOUR, 0.0)
    value += np.where(between > 0, 1.0 - _STEP * np.minimum(between, _FAR), 0.0)
    value -= np.where(between < 0, _BACKWARDS + _STEP * np.minimum(-between, _FAR) / 2, 0.0)
    hopeful = value + _ALIKE * (_MOST - _USUAL) >= _SURE - _AHEAD  # the others cannot win, nor keep one from winning
    h, t, value = _best_of_each(h[hopeful], t[hopeful], value[hopeful])
    start, end = lines.start[blocks.first], lines.end[blocks.last]
    pairs = {i: _pairs(lines.text[start[i] : end[i]]) for i in {*h.tolist(), *t.tolist()}}
    return [
        (v + _ALIKE * (_likeness(pairs[head], pairs[tail]) - _USUAL), head, tail)
        for v, head, tail in zip(value.tolist(), h.tolist(), t.tolist(), strict=True)
    ]


def _best_of_each(h: Ints, t: Ints, value: Floats) -> tuple[Ints, Ints, Floats]:
    """Keep the likeliest claims of each head: where nothing ends a sentence, all would claim all."""
    order = np.lexsort((-value, h))
    h, t, value = h[order], t[order], value[order]
    rank = np.arange(len(h)) - np.searchsorted(h, h)
    return h[rank < _RIVALS], t[rank < _RIVALS], value[rank < _RIVALS]


def _beginning(text: str, fragment: bool) -> float:
    """Give the nats by which a text's first words say that it is a continuation."""
    if opens_report(text):
        return -6.0
    value = 1.5 if fragment else 0.0
    if text[0] in "，。；、”’）》":
        return value + 4.0
    if any(char in "，。；、" for char in text[1:3]):
        value += 1.5
    return value - 3.0 if text[0] in OPENERS or opens_paragraph(text) else value


def _pairs(text: str) -> set[int]:
    """Give all pairs of neighbouring characters, white space aside."""
    codes = np.frombuffer("".join(text.split()).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    return set((codes[:-1] << 32 | codes[1:]).tolist())


def _likeness(one: set[int], other: set[int]) -> float:
    """Give the share of the smaller text's pairs that the other has too."""
    return min(len(one & other) / max(min(len(one), len(other)), 1), _MOST)


def _closes_ring(head: int, tail: int, following: dict[int, int]) -> bool:
    at: int | None = tail
    while at is not None:
        if at == head:
            return True
        at = following.get(at)
    return False


def _joined(blocks: Blocks, following: dict[int, int]) -> Chains:
    """Put behind each block what follows it, and leave that out at its own place; the end tells whether it is cut."""
    stays: Bools = np.ones(len(blocks.kind), dtype=bool)
    stays[list(following.values())] = False
    place = np.cumsum(stays) - 1
    cut = blocks.cut.copy()
    more = {}
    for head in sorted(following):
        if stays[head]:
            stretches, at = [], head
            while at in following:
                at = following[at]
                stretches.append((int(blocks.first[at]), int(blocks.last[at])))
            more[int(place[head])] = stretches
            cut[head] = blocks.cut[at]
    return Chains(blocks._replace(cut=cut).those(stays), more)
