"""Texts → normalised characters, the alphabet that vocabulary and paragraphs share.

Full-width and half-width forms and upper and lower case become one; a number becomes a single 0, and that of an
article goes; white space, invisible characters, quotes and brackets go. Every character maps to one character or to
none, so a position in the normalised text has one in the original.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

_ARTICLE = re.compile(r"第([0-9０-９一二三四五六七八九十百零〇]+)[条章款项节编]")  # which article it is says nothing
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
        if char.isspace() or unicodedata.category(char) in ("Cc", "Cf"):
            table[code] = 0
        elif len(plain) == 1 and ord(plain) < 0x10000:
            table[code] = ord("0") if plain.isdecimal() else ord(plain)
    for char in "“”‘’\"'「」『』《》〈〉()（）[]【】〔〕［］":
        table[ord(char)] = 0
    table[SEPARATOR] = SEPARATOR
    return table


def encode(texts: Sequence[str]) -> tuple[Codes, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give the normalised characters of all texts in one array, a separator after each.

    With them: for each character its offset in its own text, and for each text where its characters begin (one more
    entry than texts).
    """
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    joined = "\uffff".join([*texts, ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    plain = _table()[np.minimum(codes, 0xFFFE)]
    ends = np.cumsum(lengths + 1)
    plain[ends - 1] = SEPARATOR
    for number in _ARTICLE.finditer(joined):
        plain[number.start(1) : number.end(1)] = 0
    kept = np.flatnonzero((plain != 0) & ~_further_digits(plain))
    begins = np.concatenate(([0], ends)).astype(np.int64)
    first = np.searchsorted(kept, begins)
    offset = kept - np.repeat(begins[:-1], np.diff(first))
    return plain[kept], offset, first


def _further_digits(plain: Codes) -> npt.NDArray[np.bool_]:
    """Mark all of a number but its first digit: 3,600.5 → 3."""
    digit = plain == ord("0")
    point = (plain == ord(".")) | (plain == ord(","))
    inner = np.zeros(len(plain), dtype=bool)
    inner[1:-1] = point[1:-1] & digit[:-2] & digit[2:]
    numeral = digit | inner
    further = np.zeros(len(plain), dtype=bool)
    further[1:] = numeral[1:] & numeral[:-1]
    return further


def normalise(text: str) -> str:
    """Give the normalised form of one text."""
    codes, _, _ = encode([text])
    return codes[:-1].astype("<u2").tobytes().decode("utf-16-le", "surrogatepass")
