"""Bytes → text: UTF-8, UTF-16 and UTF-32, GB18030, Big5. What fits none of them plausibly is refused.

UTF-8 and byte order marks show themselves. Between the others plausibility decides: the share of characters that a
Chinese text would have. On 40 characters a right decoding has over .8, a wrong one under .45, so that Big5 is never
read as GBK. charset-normalizer names what is refused.

A file with up to one broken character in a thousand is read, each broken one as U+FFFD.
"""

import codecs
from functools import cache

import numpy as np
import numpy.typing as npt

from classifier.tagging.cohesion import packaged

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_SIGNATURES = (
    b"%PDF",
    b"PK\x03\x04",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"\xd0\xcf\x11\xe0",
    b"Rar!",
    b"7z\xbc\xaf",
    b"PAR1",
)
_CANDIDATES = ("gb18030", "big5hkscs", "utf-16-le", "utf-16-be")
_SAMPLE = 1 << 16  # bytes that tell the encoding
_PLAUSIBLE = 0.6  # least readable share of a text's characters, ASCII aside
_PLAUSIBLE_WINDOW = 0.4  # the same of a stretch: a list of names has rare characters
_WINDOW = 200  # characters, ASCII aside, that are judged together when a whole text is looked through
_BROKEN = 1000  # characters to a broken one: fewer are refused
_NULS = 200  # bytes or characters to a NUL: fewer mean a binary file
_SPACE = b"\0\t\n\v\f\r"
_CONTROL = bytes(set(range(32)) - set(_SPACE) - {0x1A, 0x1B})


class Undecodable(ValueError):
    """The bytes are no text, or in no encoding that is known; the message says which."""


def decode(data: bytes) -> str:
    """Give the text of a file, NULs as spaces. Raises `Undecodable`."""
    name = encoding(data[:_SAMPLE])
    text = data.decode(name, "replace")
    broken = _broken_in(text, name, data)
    if broken and name == "utf-8" and data[:_SAMPLE].isascii():
        # the sample was plain; the first piece that is not may tell, and it begins with a whole character
        at = next(i for i in range(0, len(data), _SAMPLE) if not data[i : i + _SAMPLE].isascii())
        name = encoding(data[at : at + _SAMPLE])
        text = data.decode(name, "replace")
        broken = _broken_in(text, name, data)
    if broken * _BROKEN > len(text):
        raise Undecodable(_broken(name, data))
    if name in ("gb18030", "big5hkscs") and not _plausible_throughout(text):
        raise Undecodable("it mixes encodings or is damaged: a part of it is no readable text; save it as UTF-8")
    return without_nuls(text)


def without_nuls(text: str) -> str:
    """Give a text with its few NULs as spaces. Raises `Undecodable` when they are many."""
    if "\0" not in text:
        return text
    if text.count("\0") > max(3, len(text) // _NULS):
        raise Undecodable("a binary file, not text")
    return text.replace("\0", " ")


def encoding(sample: bytes) -> str:
    """Give the name of the encoding that the beginning of a file shows. Raises `Undecodable`."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if wide := _utf16_without_mark(sample):
        return wide
    if sample.startswith(_SIGNATURES):
        raise Undecodable("a binary file, not text")
    nuls, controls = sample.count(0), len(sample) - len(sample.translate(None, _CONTROL))
    if nuls > max(3, len(sample) // _NULS) or controls * 50 > len(sample):
        return _legacy(sample, binary=True)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # not final: the sample may end within a character
    except UnicodeDecodeError:
        return _legacy(sample)
    return "utf-8"


def plausible(text: str) -> bool:
    """Whether a decoding reads like Chinese or plain ASCII."""
    return _share(text) >= _PLAUSIBLE


def _utf16_without_mark(sample: bytes) -> str | None:
    """UTF-16 shows itself by line ends and ASCII: every other byte of these is 0."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) < max(4, len(sample) // 400) or min(even, odd) * 8 > max(even, odd):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    return name if plausible(sample[: len(sample) // 2 * 2].decode(name, "replace")) else None


def _legacy(sample: bytes, *, binary: bool = False) -> str:
    """Give the candidate that reads best; UTF-8 with few broken bytes is one. Raises `Undecodable` if none reads."""
    found = []
    for name in ("utf-16-le", "utf-16-be") if binary else ("utf-8", *_CANDIDATES):
        text = codecs.getincrementaldecoder(name)("replace").decode(sample)
        broken = text.count("\ufffd")
        if text and broken * _BROKEN <= len(text):
            found.append((_share(text) - broken / len(text), name))
    share, name = max(found, default=(0.0, ""))
    if share >= _PLAUSIBLE:
        return name
    if binary:
        raise Undecodable("a binary file, not text")
    raise Undecodable(_unknown(sample))


def _unknown(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    try:  # mostly UTF-8 that is damaged somewhere?
        text = sample.decode("utf-8", "replace")
        if text.count("\ufffd") * 20 < len(text) and plausible(text.replace("\ufffd", "")):
            return _broken("utf-8", sample)
        guess = from_bytes(sample[:4096]).best()
    except Exception:  # a guess for a message must not stop the run
        guess = None
    seems = f"; it may be {guess.encoding.upper()}" if guess and guess.encoding not in (*_CANDIDATES, "utf_8") else ""
    return f"in no encoding that could be told: not UTF-8, UTF-16, GB18030 or Big5{seems}; save it as UTF-8"


def _broken_in(text: str, name: str, data: bytes) -> int:
    """How many characters of a decoding stand for broken bytes; those that UTF-8 itself spells do not."""
    broken = text.count("\ufffd")
    return broken - data.count(b"\xef\xbf\xbd") if broken and name.startswith("utf-8") else broken


def _broken(name: str, data: bytes) -> str:
    try:
        data.decode(name)
        where = ""
    except UnicodeDecodeError as error:
        where = f" at byte {error.start:,}"
    shown = {"big5hkscs": "Big5", "utf-8-sig": "UTF-8"}.get(name, name.upper())
    return f"broken {shown}{where}: the file is damaged or mixes encodings; save it as UTF-8"


def _share(text: str) -> float:
    readable = _readable(text)
    return float(readable.mean()) if len(readable) else 1.0


def _plausible_throughout(text: str) -> bool:
    """Whether no stretch of a text is unreadable."""
    for start in range(0, len(text), 1 << 20):
        readable = _readable(text[start : start + (1 << 20)])
        whole = len(readable) // _WINDOW * _WINDOW
        if whole and readable[:whole].reshape(-1, _WINDOW).mean(axis=1).min() < _PLAUSIBLE_WINDOW:
            return False
    return True


def _readable(text: str) -> npt.NDArray[np.bool_]:
    """For every character that is not ASCII, whether a Chinese text would have it."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return np.asarray(_expected()[np.minimum(codes[codes >= 0x80], 0xFFFF)])


@cache
def _expected() -> npt.NDArray[np.bool_]:
    """The corpus's characters with the Traditional ones that become one of them; punctuation, ①, full-width forms."""
    from classifier.tagging.chinese import converted

    expected = np.zeros(0x10000, dtype=np.bool_)
    plain = np.frombuffer(converted("".join(map(chr, range(0x4E00, 0xA000)))).encode("utf-32-le"), dtype=np.uint32)
    expected[0x4E00:0xA000] = np.isin(plain, packaged().common())
    for start, end in ((0x2010, 0x2030), (0x2460, 0x2500), (0x3000, 0x3040), (0xFF00, 0xFFF0)):
        expected[start:end] = True
    return expected
