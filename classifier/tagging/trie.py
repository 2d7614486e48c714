"""A vocabulary as a double-array trie, walked for all positions of a text at once.

State s goes on with character c to t = base[s] + c where check[t] == s (Aoe, "An efficient digital search algorithm
by using a double-array structure", 1989). All terms that begin at a position are found, overlapping ones too, so the
counts are those of scikit-learn's `CountVectorizer(analyzer="char")` with the same vocabulary.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
_TRIES = 128  # places tried at once for a node


@dataclass(frozen=True, slots=True)
class Trie:
    """`letters` maps a character to its number, 0 for those in no term; `term` gives the term that a state ends."""

    letters: npt.NDArray[np.uint16]  # by code point, 65,536 entries
    base: Ints
    check: Ints
    term: Ints  # -1 where none ends

    def find(self, codes: npt.NDArray[np.uint16]) -> tuple[npt.NDArray[np.int64], Ints, Ints]:
        """Give position, term and length of every occurrence of every term, shorter terms first."""
        letter = self.letters[codes].astype(np.int32)
        at = np.flatnonzero(letter)
        state = self._step(np.zeros(len(at), dtype=np.int32), letter[at])
        alive = state > 0
        at, state = at[alive], state[alive]
        places, terms, lengths = [], [], []
        length = 1
        letter = np.append(letter, np.int32(0))
        while len(at):
            term = self.term[state]
            ends = term >= 0
            places.append(at[ends])
            terms.append(term[ends])
            lengths.append(np.full(int(ends.sum()), length, dtype=np.int32))
            state = self._step(state, letter[np.minimum(at + length, len(letter) - 1)])
            alive = state > 0
            at, state = at[alive], state[alive]
            length += 1
        none = np.zeros(0, dtype=np.int32)
        return (
            np.concatenate([np.zeros(0, dtype=np.int64), *places]),
            np.concatenate([none, *terms]),
            np.concatenate([none, *lengths]),
        )

    def _step(self, state: Ints, letter: Ints) -> Ints:
        """Go on from each state with its letter; 0 where no term does."""
        to = self.base[state] + letter
        return np.where((letter > 0) & (self.check[to] == state), to, 0)


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
    size = 3 * len(children) + 2 * width + 2 * _TRIES
    base, check, term = np.zeros(size, np.int32), np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    free = np.ones(size, dtype=bool)
    free[0] = False  # the root's own cell
    bases = [0] * len(children)
    searched: dict[int, int] = {}
    crowded = sorted((n for n in range(len(children)) if len(children[n]) > 1), key=lambda n: (-len(children[n]), n))
    for node in crowded:
        wanted = np.fromiter(children[node], dtype=np.int64)
        start = searched.get(len(wanted), 1)
        while True:
            tries = np.arange(start, start + _TRIES)
            fits = free[tries[:, None] + wanted].all(axis=1)
            if fits.any():
                break
            start += _TRIES
        bases[node] = searched[len(wanted)] = int(tries[fits.argmax()])
        free[bases[node] + wanted] = False
    holes = iter(np.flatnonzero(free[: size - width]).tolist())
    for node in sorted((n for n in range(len(children)) if len(children[n]) == 1), key=lambda n: max(children[n])):
        letter = next(iter(children[node]))
        bases[node] = next(hole for hole in holes if hole > letter) - letter
    cell = [0] * len(children)
    for node in range(len(children)):  # parents have lower numbers than their children
        base[cell[node]] = bases[node]
        for letter, child in children[node].items():
            cell[child] = bases[node] + letter
            check[cell[child]], term[cell[child]] = cell[node], ends[child]
    used = max(cell) + width + 2
    return base[:used], check[:used], term[:used]
