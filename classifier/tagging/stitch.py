"""Blocks that stop in mid-sentence → joined to their continuation, where it is certain which one that is.

A column ends where the paper ends, so half a paragraph may stand next to its other half, beyond a caption or a
heading, or at the other end of the page beside another article. Two halves that read well together are no proof:
a join needs the characters to cohere and no better claimant, judged by the words that the two texts share.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.records import Kind
from classifier.tagging.cohesion import packaged
from classifier.tagging.lines import OPENERS, Lines
from classifier.tagging.reflow import Block
from classifier.tagging.wording import opens_paragraph, opens_report

_SURE = 1.0  # nats by which a join must beat standing alone
_AHEAD = 0.5  # nats by which it must beat the next best claimant
_RIVALS = 8  # claims of a head that are looked into
_REACH = 120  # blocks: halves of a paragraph are on one page
_NEIGHBOUR = 2.5  # nats for standing directly after one another
_STEP, _FAR = 0.3, 8  # nats a block between head and tail costs, and after how many blocks no more is added
_BACKWARDS = 1.5  # nats against a tail that stands before its head
_ALIKE, _USUAL = 4.0, 0.25  # nats for sharing all words rather than none; the share that halves usually have
_MOST = _ALIKE * (1 - _USUAL)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Chain(NamedTuple):
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
    if not blocks:
        return []
    heads, tails, values = _claims(blocks, lines)
    following: dict[int, int] = {}
    taken: set[int] = set()
    rivals: dict[int, list[tuple[float, int]]] = {}
    for head, tail, value in zip(heads, tails, values, strict=True):
        rivals.setdefault(tail, []).append((value, head))
    for i in sorted(range(len(values)), key=lambda n: (-values[n], heads[n], tails[n])):
        head, tail, value = heads[i], tails[i], values[i]
        if value < _SURE:
            break
        others = [v for v, h in rivals[tail] if h != head and h not in following]
        contested = bool(others) and max(others) > value - _AHEAD
        if head in following or tail in taken or contested or _closes_ring(head, tail, following):
            continue
        following[head] = tail
        taken.add(tail)
    return _chains(blocks, following, taken)


def _claims(blocks: Sequence[Block], lines: Lines) -> tuple[list[int], list[int], list[float]]:
    """Give every pair of a block that is cut and one that may continue it, with the log odds that it does."""
    heads = np.array([i for i, block in enumerate(blocks) if block.cut], dtype=np.int64)
    tails = np.array([i for i in range(len(blocks)) if _may_continue(i, blocks)], dtype=np.int64)
    low, high = np.searchsorted(tails, heads - _REACH), np.searchsorted(tails, heads + _REACH)
    h = np.repeat(heads, high - low)
    t = (
        tails[np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)]).astype(np.int64)]
        if len(h)
        else h
    )
    h, t = h[h != t], t[h != t]
    last = np.array([block.last for block in blocks])[h]
    first = np.array([block.first for block in blocks])[t]
    value = packaged().ratio(lines.last[last], lines.first[first])
    begins = {int(i): _beginning(lines.string(blocks[i].first), blocks[i].fragment) for i in np.unique(t)}
    value += np.array([begins[int(i)] for i in t])
    value += 1.5 * (lines.opened[last] & lines.closed[first])
    value += 1.0 * lines.pauses[last]
    place = np.cumsum([block.kind is not Kind.FURNITURE for block in blocks])  # furniture does not part anything
    between = place[t] - place[h] - 1
    value += np.where(between == 0, _NEIGHBOUR, 0.0)
    value += np.where(between > 0, 1.0 - _STEP * np.minimum(between, _FAR), 0.0)
    value -= np.where(between < 0, _BACKWARDS + _STEP * np.minimum(-between, _FAR) / 2, 0.0)
    hopeful = value + _MOST >= _SURE - _AHEAD  # the others cannot win, nor keep one from winning
    h, t, value = h[hopeful], t[hopeful], value[hopeful]
    h, t, value = _best_of_each(h, t, value)
    likeness = _Likeness(blocks, lines)
    alike = np.array([likeness(int(a), int(b)) for a, b in zip(h, t, strict=True)])
    value = value + _ALIKE * (alike - _USUAL)
    return h.tolist(), t.tolist(), value.tolist()


def _best_of_each(h: Ints, t: Ints, value: Floats) -> tuple[Ints, Ints, Floats]:
    """Keep the likeliest claims of each head: where nothing ends a sentence, all would claim all."""
    order = np.lexsort((-value, h))
    h, t, value = h[order], t[order], value[order]
    rank = np.arange(len(h)) - np.searchsorted(h, h)
    return h[rank < _RIVALS], t[rank < _RIVALS], value[rank < _RIVALS]


def _may_continue(i: int, blocks: Sequence[Block]) -> bool:
    """Whether block `i` may be the rest of a paragraph: body text with no whole body text before it."""
    block = blocks[i]
    if block.kind is not Kind.BODY:
        return False
    return block.fragment or i == 0 or blocks[i - 1].kind is not Kind.BODY or blocks[i - 1].cut


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


class _Likeness:
    """How much of a block's pairs of characters another block has too."""

    def __init__(self, blocks: Sequence[Block], lines: Lines) -> None:
        self._blocks, self._lines = blocks, lines
        self._pairs: dict[int, set[str]] = {}

    def __call__(self, one: int, other: int) -> float:
        """Give the share of the smaller block's pairs, from 0 to 1."""
        a, b = self._of(one), self._of(other)
        return len(a & b) / max(min(len(a), len(b)), 1)

    def _of(self, i: int) -> set[str]:
        if i not in self._pairs:
            block = self._blocks[i]
            text = "".join(self._lines.text[self._lines.start[block.first] : self._lines.end[block.last]].split())
            self._pairs[i] = {text[n : n + 2] for n in range(len(text) - 1)}
        return self._pairs[i]


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
