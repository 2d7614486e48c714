"""Bytes → text: UTF-8 and UTF-16 with or without mark, GB18030. What fits none of them plausibly is refused."""

import codecs

import numpy as np

from classifier.tagging.cohesion import packaged

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAMPLE = 1 << 16  # bytes that tell the encoding
_PLAUSIBLE = 0.5  # share of a text's Han characters that must be among the corpus's: a wrong decoding has a fifth


class Undecodable(ValueError):
    """The bytes are no text, or in no encoding that is known; the message says which."""


def decode(data: bytes) -> str:
    """Give the text of a file. Raises `Undecodable`."""
    name = encoding(data[:_SAMPLE])
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        if name == "utf-8":  # the sample was plain, or cut nothing: the rest may tell otherwise
            return _other(data, error)
        raise Undecodable(_broken(name, error)) from error


def encoding(sample: bytes) -> str:
    """Give the name of the encoding that the beginning of a file shows. Raises `Undecodable`."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if wide := _utf16_without_mark(sample):
        return wide
    if sample.count(0) > len(sample) // 200 or sample.startswith((b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff")):
        raise Undecodable("a binary file, not text")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # not final: the sample may end within a character
    except UnicodeDecodeError:
        return _legacy(sample)
    return "utf-8"


def _utf16_without_mark(sample: bytes) -> str | None:
    """UTF-16 shows itself by line ends and ASCII: every other byte of these is 0."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) < max(4, len(sample) // 400) or min(even, odd) * 8 > max(even, odd):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    text = sample[: len(sample) // 2 * 2].decode(name, "replace")
    return name if plausible(text) else None


def _legacy(sample: bytes) -> str:
    text = codecs.getincrementaldecoder("gb18030")(errors="replace").decode(sample)
    if text.count("\ufffd") * 200 > len(text) or not plausible(text):
        raise Undecodable("in no encoding that could be told: not UTF-8, UTF-16 or GB18030; save it as UTF-8")
    return "gb18030"


def _other(data: bytes, error: UnicodeDecodeError) -> str:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        raise Undecodable(_broken("utf-8", error)) from error
    if not plausible(text):
        raise Undecodable(_broken("utf-8", error)) from error
    return text


def _broken(name: str, error: UnicodeDecodeError) -> str:
    return f"broken {name.upper()} at byte {error.start:,}: the file is damaged or mixes encodings; save it as UTF-8"


def plausible(text: str) -> bool:
    """Whether a decoding reads like Chinese or plain Latin: its Han characters are common ones, few signs are odd."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    han = codes[(codes >= 0x4E00) & (codes < 0xA000)]
    odd = int((((codes >= 0x80) & (codes < 0xA0)) | ((codes >= 0xE000) & (codes < 0xF900))).sum())
    control = int(((codes < 0x20) & ~np.isin(codes, [0, 9, 10, 11, 12, 13])).sum())
    if (odd + control) * 50 > len(codes):
        return False
    return not len(han) or bool(np.isin(han, packaged().chars).mean() >= _PLAUSIBLE)
