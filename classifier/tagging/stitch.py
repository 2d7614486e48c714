"""Blocks that stop in mid-sentence → joined to their continuation, where it is certain which one that is.

A column ends where the paper ends, so half a paragraph may stand next to its other half, beyond a caption or a
heading, or at the other end of the page beside another article. Two halves that read well together are no proof:
a join needs the characters to cohere and no better claimant, judged by the words that the two texts share.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from classifier.records import Kind
from classifier.tagging.cohesion import packaged
from classifier.tagging.lines import Lines
from classifier.tagging.reflow import Block
from classifier.tagging.wording import opens_paragraph, opens_report

_SURE = 1.0  # nats by which a join must beat standing alone
_AHEAD = 0.5  # nats by which it must beat the next best claimant
_STEP = 0.3  # nats a block between head and tail costs; beyond `_FAR` blocks no more is added
_FAR = 8
_NEIGHBOUR = 2.5  # nats for standing directly after one another
_BACKWARDS = 1.5  # nats against a tail that stands before its head


@dataclass(frozen=True, slots=True)
class Chain:
    """A paragraph of one or more blocks, in reading order. `cut`, `fragment`: what is still missing."""

    blocks: tuple[Block, ...]
    cut: bool = False
    fragment: bool = False

    @property
    def kind(self) -> Kind:
        """The kind of its blocks."""
        return self.blocks[0].kind


def stitch(blocks: Sequence[Block], lines: Lines) -> list[Chain]:
    """Give the paragraphs of a page, each at the place of its first block."""
    heads = [i for i, block in enumerate(blocks) if block.cut]
    tails = [i for i, block in enumerate(blocks) if _may_continue(i, blocks, lines)]
    texts = ["".join(lines.string(n) for n in range(b.first, b.last + 1)) for b in blocks]
    likeness = _Likeness(texts)
    claims = sorted(
        (
            (_claim(h, t, blocks, lines, texts, likeness), h, t)
            for h in heads
            for t in tails
            if h != t and abs(h - t) < 400
        ),
        reverse=True,
    )
    following: dict[int, int] = {}
    taken: set[int] = set()
    for value, head, tail in claims:
        if value < _SURE:
            break
        rivals = [v for v, h, t in claims if t == tail and h != head and h not in following]
        if head in following or tail in taken or (rivals and max(rivals) > value - _AHEAD):
            continue
        if not _closes_ring(head, tail, following):
            following[head] = tail
            taken.add(tail)
    return _chains(blocks, following, taken)


def _may_continue(i: int, blocks: Sequence[Block], lines: Lines) -> bool:
    """Whether block `i` may be the rest of a paragraph: body text that something else than its own kind precedes."""
    block = blocks[i]
    if block.kind is not Kind.BODY:
        return False
    return block.fragment or i == 0 or blocks[i - 1].kind is not Kind.BODY or blocks[i - 1].cut


def _claim(
    head: int, tail: int, blocks: Sequence[Block], lines: Lines, texts: Sequence[str], likeness: "_Likeness"
) -> float:
    """Give the log odds that block `tail` continues block `head`."""
    last, first = blocks[head].last, blocks[tail].first
    value = float(packaged().ratio(lines.last[last], lines.first[first]))
    start = texts[tail][:3]
    if any(c in "，。；、”’）》" for c in start[:1]):
        value += 4.0
    elif len(start) > 1 and any(c in "，。；、" for c in start[1:]):
        value += 1.5
    if start[:1] in "“‘（《【●■▲◆" or opens_paragraph(texts[tail]):
        value -= 3.0
    if opens_report(texts[tail]):
        value -= 6.0
    if lines.opened[last] and lines.closed[first]:
        value += 1.5
    between = tail - head - 1
    if between == 0:
        value += _NEIGHBOUR
    elif between > 0:
        value += 1.0 - _STEP * min(between, _FAR)
    else:
        value -= _BACKWARDS + _STEP * min(-between, _FAR) / 2
    if blocks[tail].fragment:
        value += 1.5
    return value + 4.0 * (likeness(head, tail) - 0.25)


class _Likeness:
    """How much of a block's vocabulary another block shares, rare pairs of characters counting more."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._pairs = [{t[i : i + 2] for i in range(len(t) - 1)} for t in texts]
        spread = Counter(pair for pairs in self._pairs for pair in pairs)
        self._weight = {pair: math.log(1 + len(texts) / n) for pair, n in spread.items()}

    def __call__(self, one: int, other: int) -> float:
        """Give the weighted share of the smaller block's pairs that the other has too, from 0 to 1."""
        a, b = self._pairs[one], self._pairs[other]
        small = a if len(a) <= len(b) else b
        total = sum(self._weight[p] for p in small)
        return sum(self._weight[p] for p in a & b) / total if total else 0.0


def _closes_ring(head: int, tail: int, following: dict[int, int]) -> bool:
    at: int | None = tail
    while at is not None:
        if at == head:
            return True
        at = following.get(at)
    return False


def _chains(blocks: Sequence[Block], following: dict[int, int], taken: set[int]) -> list[Chain]:
    chains = []
    for i in range(len(blocks)):
        if i in taken:
            continue
        members = [i]
        while members[-1] in following:
            members.append(following[members[-1]])
        parts = tuple(blocks[m] for m in members)
        chains.append(Chain(parts, cut=parts[-1].cut, fragment=parts[0].fragment))
    return chains
