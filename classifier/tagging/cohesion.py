"""How likely two pieces of text continue each other, judged by the two characters that would meet.

The value is a log likelihood ratio, in nats: the chance that the second character follows the first inside a
running text, against the chance that it begins a paragraph. 促|进 scores high, 业|近 low, and a pair too rare to
tell about near 0. The counts behind it come from the committed corpus (`classifier.learning.cohesion` makes the
file); they carry no sentence of it.
"""

from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import numpy.typing as npt

_PLANE = 0x10000
LIMIT = 6.0  # nats: no single pair of characters may decide more than this
_PAIR_PRIOR, _BEGIN_PRIOR = 0.3, 1.0  # pseudo-counts drawing observed ÷ expected towards 1


@dataclass(frozen=True, slots=True)
class Cohesion:
    """Counts. `chars` are sorted code points; `pairs` sorted keys, index of first × len(chars) + index of second."""

    chars: npt.NDArray[np.uint32]
    frequency: npt.NDArray[np.uint32]
    begins: npt.NDArray[np.float32]
    pairs: npt.NDArray[np.uint32]
    seen: npt.NDArray[np.uint16]
    place: npt.NDArray[np.int64] = field(init=False, repr=False)  # of each code point of the basic plane in `chars`

    def __post_init__(self) -> None:
        place = np.full(_PLANE, -1)
        known = self.chars < _PLANE - 1  # the last one stands for those beyond the plane
        place[self.chars[known]] = np.flatnonzero(known)
        object.__setattr__(self, "place", place[fold(np.arange(_PLANE, dtype=np.uint32))])

    def ratio(self, left: npt.ArrayLike, right: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give the log likelihood ratio for arrays of code points that would meet; unknown characters give 0."""
        a, b = (self.place.take(np.asarray(codes, dtype=np.uint32), mode="clip") for codes in (left, right))
        known = (a >= 0) & (b >= 0)
        key = (a * len(self.chars) + b).astype(np.uint32)
        at = np.minimum(np.searchsorted(self.pairs, key), len(self.pairs) - 1)
        seen = np.where(self.pairs[at] == key, self.seen[at], 0)
        share = self.frequency[b] / self.frequency.sum()
        follows = np.log((seen + _PAIR_PRIOR) / (self.frequency[a] * share + _PAIR_PRIOR))
        begins = np.log((self.begins[b] + _BEGIN_PRIOR) / (self.begins.sum() * share + _BEGIN_PRIOR))
        return np.where(known, np.clip(follows - begins, -LIMIT, LIMIT), 0.0)

    def common(self, share: float = 0.99) -> npt.NDArray[np.uint32]:
        """Give the most frequent characters, which together make up `share` of all text."""
        order = np.argsort(-self.frequency.astype(np.int64), kind="stable")
        reached = np.cumsum(self.frequency[order]) / self.frequency.sum()
        return np.sort(self.chars[order[: int(np.searchsorted(reached, share)) + 1]])

    def save(self, path: Path) -> None:
        """Write the table."""
        np.savez_compressed(path, **{name.name: getattr(self, name.name) for name in fields(self) if name.init})


def fold(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Give code points with digits as 0 and Latin letters as a: which one it is says nothing about continuity."""
    digit = ((codes >= ord("0")) & (codes <= ord("9"))) | ((codes >= 0xFF10) & (codes <= 0xFF19))
    latin = ((codes | 0x20) >= ord("a")) & ((codes | 0x20) <= ord("z")) & (codes < 0x80)
    return np.where(digit, np.uint32(ord("0")), np.where(latin, np.uint32(ord("a")), codes)).astype(np.uint32)


def load(path: Path) -> Cohesion:
    """Read a table from `path`."""
    with np.load(path, allow_pickle=False) as arrays:
        return Cohesion(**{name: arrays[name] for name in arrays.files})


@cache
def packaged() -> Cohesion:
    """Give the table that comes with the program."""
    with as_file(files("classifier.tagging") / "cohesion.npz") as path:
        return load(path)
