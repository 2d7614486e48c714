"""Texts → normalised characters, the alphabet that vocabulary and paragraphs share.

Full-width and half-width forms and upper and lower case become one; a number becomes a single 0, and that of an
article goes; white space, invisible characters, quotes and brackets go. Every character maps to one character or to
none, so a position in the normalised text has one in the original.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt

_QUOTES = frozenset("“”‘’\"'「」『』《》〈〉()（）[]【】〔〕［］")
NUMERAL, DIVISION = 1, 2
SEPARATOR = 0xFFFF  # a non-character: stands between paragraphs, in no vocabulary
Codes = npt.NDArray[np.uint16]


@cache
def normal_forms() -> Codes:
    """Give the normalised form of every code point of the basic plane; 0 for characters that go."""
    table = np.arange(0x10000, dtype=np.uint16)
    for code in (*range(0x3400), *range(0xF900, 0x10000)):  # between them are Han, Hangul and surrogates: unchanged
        char = chr(code)
        plain = unicodedata.normalize("NFKC", char)
        plain = plain.lower() if len(plain) == 1 else char.lower()
        if char.isspace() or unicodedata.category(char) in ("Cc", "Cf") or plain in _QUOTES:
            table[code] = 0
        elif len(plain) == 1 and ord(plain) < 0x10000:
            table[code] = ord("0") if plain.isdecimal() else ord(plain)
    return table


@cache
def kinds() -> npt.NDArray[np.uint8]:
    """Give which code points number, and are numbered: the two sides of 十二条."""
    found = np.zeros(0x10000, dtype=np.uint8)
    found[list(map(ord, "0.,一二三四五六七八九十百零〇"))] = NUMERAL
    found[list(map(ord, "条章款项节编"))] = DIVISION
    return found


def encode(texts: Sequence[str]) -> tuple[Codes, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give the normalised characters of all texts in one array, a separator after each.

    With them: where each stands in the texts put together, a separator after each, and for each text where its
    characters begin (one more entry than texts).
    """
    ends = np.fromiter(accumulate(map(len, texts)), dtype=np.int64, count=len(texts)) + np.arange(len(texts))
    codes = np.frombuffer("\uffff".join([*texts, ""]).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    plain = normal_forms()[:SEPARATOR].take(
        codes, mode="clip"
    )  # what comes after the basic plane is as good as its last
    plain[ends] = SEPARATOR
    place = plain.nonzero()[0]
    plain = plain.take(place)
    silent = _silent(plain)
    if len(silent):
        stays = np.ones(len(plain), dtype=np.bool_)
        stays[silent] = False
        place, plain = place[stays], plain[stays]
    first = np.zeros(len(texts) + 1, dtype=np.int64)
    np.add(place.searchsorted(ends), 1, out=first[1:])
    return plain, place, first


def _silent(plain: Codes) -> npt.NDArray[np.int64]:
    """Give the places to drop so that of 3,600.5 one digit stays, and of 第十二条 the number goes."""
    places = [np.zeros(0, dtype=np.int64)]
    digit = (plain == ord("0")).nonzero()[0]
    if len(digit) > 1:
        before, after = digit[:-1], digit[1:]
        between, apart = plain.take(before + 1), after - before
        pointed = (apart == 2) & ((between == ord(".")) | (between == ord(",")))
        places += [before[pointed] + 1, after[pointed | (apart == 1)]]
    ordinal = (plain == ord("第")).nonzero()[0]
    if len(ordinal):
        kind = kinds().take(plain)
        other = (kind != NUMERAL).nonzero()[0]  # every text ends with a separator, so one always follows
        end = other.take(other.searchsorted(ordinal + 1))
        numbers = kind.take(end) == DIVISION
        begin, width = ordinal[numbers] + 1, (end - ordinal)[numbers] - 1
        places.append((begin + width - width.cumsum()).repeat(width) + np.arange(width.sum()))
    return np.concatenate(places)


def normalise(text: str) -> str:
    """Give the normalised form of one text."""
    codes, _, _ = encode([text])
    return codes[:-1].astype("<u2").tobytes().decode("utf-16-le", "surrogatepass")
