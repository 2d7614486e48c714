"""Stretches of a source → the texts they stand for, many at once.

Lines are joined as Chinese is, without a space; letter-spacing is closed; other white space within a line becomes one
space. Between two Latin letters a space stays in any case.
"""

from collections.abc import Sequence

import numpy as np

from classifier.tagging.lines import BREAKS, SPACES, Bools, Codes, Ints, one_of


def texts(stretches: Sequence[str]) -> list[str]:
    """Give each stretch with its lines joined and its white space evened."""
    flat = "\n".join(["", *stretches, ""])
    codes = np.frombuffer(flat.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).copy()
    edges = np.cumsum([0, *[len(stretch) + 1 for stretch in stretches]])
    white = np.flatnonzero(one_of(codes, SPACES))
    apart = np.diff(white) > 1
    heads = np.flatnonzero(np.append(True, apart))
    first, last = white[heads], white[np.append(apart, True)]  # of each run of white space
    broken = np.logical_or.reduceat(one_of(codes[white], BREAKS), heads)

    spaced = ~broken
    spaced[:-1] &= ~_letter_spaced(first[1:] - last[:-1] - 1, np.flatnonzero(broken))
    spaced[1:-1] |= _latin(codes[first[1:-1] - 1]) & _latin(codes[last[1:-1] + 1])
    spaced[np.searchsorted(first, edges, side="right") - 1] = False

    kept = np.ones(len(codes), dtype=bool)
    kept[white] = False
    for places, char in ((first[spaced], " "), (edges, "\n")):
        kept[places] = True
        codes[places] = ord(char)
    whole: str = codes[kept].tobytes().decode("utf-32-le", "surrogatepass")
    return whole.split("\n")[1:-1]


def _letter_spaced(letters: Ints, begins: Ints) -> Bools:
    """Whether each word is in a line with white space after nearly every character; lines begin with words `begins`."""
    words = np.diff(begins)
    spaced = (words > 1) & (words - 1 >= 0.4 * np.add.reduceat(letters, begins[:-1]))
    return np.repeat(spaced, words)


def _latin(codes: Codes) -> Bools:
    return ((codes | 0x20) >= ord("a")) & ((codes | 0x20) <= ord("z"))
