"""A vocabulary as a double-array trie, walked for all positions of a text at once.

State s goes on with character c to t = base[s] + c where check[t] == s (Aoe, "An efficient digital search algorithm
by using a double-array structure", 1989). All terms that begin at a position are found, overlapping ones too, so the
counts are those of scikit-learn's `CountVectorizer(analyzer="char")` with the same vocabulary.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
_TRIES = 128  # places tried at once for a node


class Occurrences(NamedTuple):
    """Every occurrence of every term, shorter terms first: where it begins, and which term it is."""

    at: npt.NDArray[np.int64]
    term: Ints
    until: npt.NDArray[np.int64]  # terms of n + 1 characters come before `until[n]`

    def length(self, which: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Give how many characters the occurrences of these numbers have."""
        return self.until.searchsorted(which, side="right") + 1


@dataclass(frozen=True)
class Trie:
    """`letters` maps a character to its number, 0 for those in no term; `term` gives the term that a state ends."""

    letters: npt.NDArray[np.uint16]  # by code point, 65,536 entries
    base: Ints
    check: Ints
    term: Ints  # -1 where none ends

    @cached_property
    def _first(self) -> tuple[npt.NDArray[np.int64], Ints]:
        """By letter: the base of the state that it leads to as a first character, and the term that it is.

        The letters that begin no term have a base from which no letter goes on.
        """
        letters = int(self.letters.max()) + 1
        state = np.arange(self.base[0], self.base[0] + letters)
        begins = self.check.take(state) == 0
        begins[0] = False
        nowhere = len(self.base) - letters  # `build` leaves as many free cells at the end
        return np.where(begins, self.base.take(state), nowhere), np.where(begins, self.term.take(state), -1)

    def find(self, codes: npt.NDArray[np.uint16]) -> Occurrences:
        """Find every occurrence of every term.

        `codes` must end in a character of no term, as `text.encode` gives them.
        """
        base, term = self._first
        letter = self.letters.take(codes).astype(np.int64)
        # nearly every character begins a term, so first and second characters are looked up everywhere
        two = base.take(letter)
        two[:-1] += letter[1:]
        at = (self.check.take(two) == letter + self.base[0]).nonzero()[0]
        state = two.take(at)
        places, states = [np.arange(len(codes)), at], [state]
        inner = self.base.take(state).nonzero()[0]  # most bigrams are ends that nothing prolongs
        at, state = at.take(inner), state.take(inner)
        while len(at):
            to = self.base.take(state) + letter.take(at + len(places), mode="clip")  # 0 at the end: no term goes on
            alive = (self.check.take(to) == state).nonzero()[0]
            at, state = at.take(alive), to.take(alive)
            places.append(at)
            states.append(state)
        found = np.concatenate([term.take(letter), self.term.take(np.concatenate(states))])
        ends = (found >= 0).nonzero()[0]
        until = ends.searchsorted([*accumulate(map(len, places))])
        return Occurrences(np.concatenate(places).take(ends), found.take(ends), until)


def build(terms: Sequence[str]) -> Trie:
    """Build the trie of distinct, non-empty terms of basic-plane characters; term i ends where `term` is i."""
    frequency = Counter(char for term in terms for char in term)
    alphabet = sorted(frequency, key=lambda char: (-frequency[char], char))
    number = {char: i for i, char in enumerate(alphabet, 1)}
    letters = np.zeros(0x10000, dtype=np.uint16)
    for char, i in number.items():
        letters[ord(char)] = i

    children: list[dict[int, int]] = [{}]
    ends: list[int] = [-1]
    for i, term in enumerate(terms):
        node = 0
        for char in term:
            step = children[node]
            letter = number[char]
            if letter not in step:
                step[letter] = len(children)
                children.append({})
                ends.append(-1)
            node = step[letter]
        ends[node] = i
    return Trie(letters, *_place(children, ends, len(alphabet)))


def _place(children: list[dict[int, int]], ends: list[int], width: int) -> tuple[Ints, Ints, Ints]:
    """Lay the nodes out so that no two states want the same cell.

    The fullest nodes go first, each at the first fit after the last node of its size; single children fill the holes.
    """
    free: npt.NDArray[np.bool_] = np.ones(3 * len(children) + 2 * width + 2 * _TRIES, dtype=bool)
    free[0] = False  # the root's own cell
    bases = [0] * len(children)
    searched: dict[int, int] = {}
    crowded = sorted((n for n in range(len(children)) if len(children[n]) > 1), key=lambda n: (-len(children[n]), n))
    for node in crowded:
        wanted = np.fromiter(children[node], dtype=np.int64)
        start = searched.get(len(wanted), 1)
        while True:
            if start + _TRIES + width >= len(free):
                free = np.append(free, np.ones_like(free))
            tries = np.arange(start, start + _TRIES)
            fits = free[tries[:, None] + wanted].all(axis=1)
            if fits.any():
                break
            start += _TRIES
        bases[node] = searched[len(wanted)] = int(tries[fits.argmax()])
        free[bases[node] + wanted] = False
    free = np.append(free, np.ones(len(children) + width, dtype=bool))  # a hole for each, wherever the rest may lie
    holes = iter(np.flatnonzero(free).tolist())
    for node in sorted((n for n in range(len(children)) if len(children[n]) == 1), key=lambda n: max(children[n])):
        letter = next(iter(children[node]))
        bases[node] = next(hole for hole in holes if hole > letter) - letter
    cell = [0] * len(children)
    for node in range(len(children)):  # parents have lower numbers than their children
        for letter, child in children[node].items():
            cell[child] = bases[node] + letter
    size = max(cell) + width + 2
    base, check, term = np.zeros(size, np.int32), np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    for node in range(len(children)):
        base[cell[node]] = bases[node]
        for child in children[node].values():
            check[cell[child]], term[cell[child]] = cell[node], ends[child]
    return base, check, term
