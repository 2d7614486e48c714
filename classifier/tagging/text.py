"""Texts → normalised characters, the alphabet that vocabulary and paragraphs share.

Full-width and half-width forms and upper and lower case become one; a number becomes a single 0, and that of an
article goes; white space, invisible characters, quotes and brackets go. Every character maps to one character or to
none, so a position in the normalised text has one in the original.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

_QUOTES = frozenset("“”‘’\"'「」『』《》〈〉()（）[]【】〔〕［］")
_NUMERALS = frozenset(map(ord, "0.,一二三四五六七八九十百零〇"))
_DIVISIONS = frozenset(map(ord, "条章款项节编"))
SEPARATOR = 0xFFFF  # a non-character: stands between paragraphs, in no vocabulary
Codes = npt.NDArray[np.uint16]


@cache
def _table() -> Codes:
    """Normalised form of every code point of the basic plane; 0 for characters that go."""
    table = np.arange(0x10000, dtype=np.uint16)
    for code in (*range(0x3400), *range(0xF900, 0x10000)):  # between them are Han, Hangul and surrogates: unchanged
        char = chr(code)
        plain = unicodedata.normalize("NFKC", char)
        plain = plain.lower() if len(plain) == 1 else char.lower()
        if char.isspace() or unicodedata.category(char) in ("Cc", "Cf") or plain in _QUOTES:
            table[code] = 0
        elif len(plain) == 1 and ord(plain) < 0x10000:
            table[code] = ord("0") if plain.isdecimal() else ord(plain)
    table[SEPARATOR] = SEPARATOR
    return table


def encode(texts: Sequence[str]) -> tuple[Codes, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give the normalised characters of all texts in one array, a separator after each.

    With them: for each character its offset in its own text, and for each text where its characters begin (one more
    entry than texts).
    """
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    codes = np.frombuffer("\uffff".join([*texts, ""]).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    plain = _table()[np.minimum(codes, 0xFFFE)]
    ends = np.cumsum(lengths + 1)
    plain[ends - 1] = SEPARATOR
    kept = np.flatnonzero(plain)
    kept = kept[_tells(plain[kept])]
    begins = np.concatenate(([0], ends)).astype(np.int64)
    first = np.searchsorted(kept, begins)
    offset = kept - np.repeat(begins[:-1], np.diff(first))
    return plain[kept], offset, first


def _tells(plain: Codes) -> npt.NDArray[np.bool_]:
    """Mark what is left when of 3,600.5 one digit stays, and of 第十二条 the number goes."""
    digit = plain == ord("0")
    point = (plain == ord(".")) | (plain == ord(","))
    numeral = digit.copy()
    numeral[1:-1] |= point[1:-1] & digit[:-2] & digit[2:]
    kept = np.ones(len(plain), dtype=bool)
    kept[1:] = ~(numeral[1:] & numeral[:-1])
    for at in np.flatnonzero(plain == ord("第")).tolist():
        end = at + 1
        while end < len(plain) and plain[end] in _NUMERALS:
            end += 1
        if end < len(plain) and plain[end] in _DIVISIONS:
            kept[at + 1 : end] = False
    return kept


def normalise(text: str) -> str:
    """Give the normalised form of one text."""
    codes, _, _ = encode([text])
    return codes[:-1].astype("<u2").tobytes().decode("utf-16-le", "surrogatepass")
