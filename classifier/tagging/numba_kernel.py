"""The loop that `numba_engine` compiles, written for Numba: plain indices, no Python objects.

It does what `text`, `features` and `scores.margins` do. What most characters need has no branches, so that many reads
of memory are under way at once.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.tagging.features import DECOY
from classifier.tagging.text import DIVISION, NUMERAL

Array = npt.NDArray[Any]
_LAST = 0xFFFE  # what comes after the basic plane is as good as its last
_ZERO, _POINT, _COMMA, _ORDINAL = map(ord, "0.,第")


def margins(
    codes: Array, first: Array, normal: Array, kind: Array, letters: Array, bases: Array, states: Array, terms: Array,
    order: Array, powers: Array, cue_first: Array, cue_label: Array, cue_strength: Array, cue_weight: Array,
    cue_coef: Array, intercept: Array, power: float, total: Array,
) -> None:  # fmt: skip
    """Fill `total`, a row a text and a column a label, from the texts' code points and the tables of the model.

    Text i is `codes[first[i] : first[i + 1]]`; letter 0 must end every walk.
    """
    rows, labels = total.shape
    width = 0
    for row in range(rows):
        width = max(width, first[row + 1] - first[row])
    plain = np.empty(width + 1, np.uint16)  # the row's normalised characters
    letter = np.zeros(width + 1, np.uint32)
    hits = np.empty(2 * width + 1, np.uint32)  # states that one and two characters of the row lead to
    begins = np.empty(2 * width + 1, np.int64)
    count = np.zeros(len(terms), np.uint32)  # of each term in the row, zeroed again after it
    found = np.empty(len(terms) + 1, np.uint32)  # the row's terms
    cued: Array = np.empty((64, 3), np.int64)  # begin, end and term of what has cues
    cues = np.empty(2 * labels, np.int32)
    furthest = np.empty(labels, np.int64)  # end of each label's cues and decoys so far
    margin = np.empty(terms.shape[1], np.float64)  # adds up the ten thousand terms of a long text without loss
    root = bases[0]
    for row in range(rows):
        length = 0
        for i in range(first[row], first[row + 1]):  # as `text.encode` does it
            char = normal[min(codes[i], _LAST)]
            if char == 0:
                continue
            if char == _ZERO and length > 0:  # of 3,600.5 one digit stays
                if plain[length - 1] == _ZERO:
                    continue
                if length > 1 and plain[length - 2] == _ZERO and plain[length - 1] in (_POINT, _COMMA):
                    length -= 1
                    continue
            elif kind[char] == DIVISION:  # of 第十二条 the number goes
                number = length
                while number > 0 and kind[plain[number - 1]] == NUMERAL:
                    number -= 1
                if number > 0 and plain[number - 1] == _ORDINAL:
                    length = number
            plain[length] = char
            length += 1
        for i in range(length):
            letter[i] = letters[plain[i]]
        letter[length] = 0  # ends every walk
        some = 0
        for at in range(length):
            one = root + letter[at]
            two = bases[one] + letter[at + 1]
            known = states[one, 0] == 0
            hits[some], begins[some] = one, at
            some += known
            hits[some], begins[some] = two, at
            some += known & (states[two, 0] == one)
        distinct = 0
        special = 0
        for i in range(some):
            ended = states[hits[i], 1]
            term = ended >> np.uint32(2)
            found[distinct] = term
            distinct += count[term] == 0
            count[term] += np.uint32(1)
            hits[special], begins[special] = hits[i], begins[i]
            special += (ended & np.uint32(3)) != 0
        with_cues = 0
        for i in range(special):
            state = hits[i]
            at = begins[i] + 1 + (states[state, 0] != 0)
            while True:
                ended = states[state, 1]
                if ended & np.uint32(1):
                    if with_cues == len(cued):
                        cued = np.append(cued, cued, axis=0)
                    cued[with_cues, 0], cued[with_cues, 1], cued[with_cues, 2] = begins[i], at, ended >> np.uint32(2)
                    with_cues += 1
                to = bases[state] + letter[at]
                if not ended & np.uint32(2) or states[to, 0] != state:
                    break
                state, at = to, at + 1
                term = states[state, 1] >> np.uint32(2)
                found[distinct] = term
                distinct += count[term] == 0
                count[term] += np.uint32(1)
        cues[:] = 0
        furthest[:] = 0
        begin = 0
        while begin < with_cues:
            end = begin
            while end < with_cues and cued[end, 0] == cued[begin, 0]:
                end += 1
            for i in range(end - 1, begin - 1, -1):  # the longest first: it may contain the others
                term = order[cued[i, 2]]
                for entry in range(cue_first[term], cue_first[term + 1]):
                    label = cue_label[entry]
                    if cued[i, 1] > furthest[label]:
                        furthest[label] = cued[i, 1]
                        if cue_strength[entry] != DECOY:
                            cues[label + labels * cue_strength[entry]] += 1
            begin = end
        margin[:] = 0
        squares = 0.0
        for i in range(distinct):
            term = found[i]
            times = count[term]
            count[term] = 0
            value = powers[times] if times < len(powers) else np.float32(times**power)
            square = value * terms[term, labels]
            squares += square * square
            for label in range(len(margin)):
                margin[label] += value * terms[term, label]
        scale = 1 / np.sqrt(squares) if squares > 0 else 1.0
        for label in range(labels):
            total[row, label] = margin[label] * scale + intercept[label]
        for column in range(2 * labels):
            if cues[column] > 0:
                value = np.float32(np.log1p(cues[column])) * cue_weight[column]
                for label in range(labels):
                    total[row, label] += value * cue_coef[column, label]
