"""Meeting characters counted in the corpus → the table behind `classifier.tagging.cohesion`."""

from collections.abc import Sequence

import numpy as np

from classifier.records import Example, Kind
from classifier.tagging.cohesion import Cohesion, fold

_SENTENCE_WEIGHT = 0.25  # paragraphs are too few to know how one may begin; a sentence's beginning tells part of it
_MIN_CHAR, _MIN_PAIR = 5, 2
_LATER = tuple("jkquvwxyz")  # documents written after the costs of reflow were chosen with it: no better with them


def count(examples: Sequence[Example]) -> Cohesion:
    """Give the cohesion table of the examples' body paragraphs."""
    bodies = [e for e in examples if e.kind is Kind.BODY and not e.document.startswith(_LATER)]
    texts = ["".join(example.text.split()) for example in bodies]
    codes = fold(np.frombuffer("\n".join(["", *texts]).encode("utf-32-le"), dtype=np.uint32))
    chars, index, frequency = np.unique(codes, return_inverse=True, return_counts=True)
    keep = (frequency >= _MIN_CHAR) & (chars != ord("\n"))
    after_newline, after_stop = codes[:-1] == ord("\n"), codes[:-1] == ord("。")
    begins = np.bincount(index[1:], weights=after_newline + _SENTENCE_WEIGHT * after_stop, minlength=len(chars))

    number = np.cumsum(keep) - 1
    inside = keep[index[1:]] & keep[index[:-1]]
    pairs, seen = np.unique(number[index[:-1][inside]] * keep.sum() + number[index[1:][inside]], return_counts=True)
    often = seen >= _MIN_PAIR
    return Cohesion(
        chars=chars[keep].astype(np.uint32),
        frequency=frequency[keep].astype(np.uint32),
        begins=begins[keep].astype(np.float32),
        pairs=pairs[often].astype(np.uint32),
        seen=np.minimum(seen[often], 65535).astype(np.uint16),
    )


if __name__ == "__main__":
    from pathlib import Path

    from classifier import taxonomy
    from classifier.learning.examples import load, merge
    from classifier.tagging import cohesion

    root = Path(__file__).parents[2]
    labels = taxonomy.load(root / "labels/taxonomy.toml")
    count(merge(load(root / "labels/corpus", labels))).save(Path(cohesion.__file__).with_name("cohesion.npz"))
