"""PDF with a text layer → its text in reading order, one line a typeset line, and where each page begins.

Running heads, feet and page numbers are left out: lines that stand at the same height on three pages and more, and
bare numbers in the margin. Nothing else is.
"""

import ctypes
import math
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from classifier.tagging import pdf_layout
from classifier.tagging.decoding import Undecodable, plausible
from classifier.tagging.pdf_layout import Line
from classifier.tagging.pdf_pieces import Glyph

_PASSWORD, _SECURITY = 4, 5  # PDFium's error codes
_MARGIN = 0.12  # of the page's height, where running heads and page numbers stand
_COPIES = 3  # pages that a running line is on
_WHITE = 1.9  # em from line to line: more than text has
_PAGE_NUMBER = re.compile(
    r"[-–—―·•\s]*(?:\d{1,4}|[ivxlc]{1,6}|第\s*\d{1,4}\s*页(?:\s*[/，,]?\s*共\s*\d{1,4}\s*页)?|\d{1,4}\s*/\s*\d{1,4})[-–—―·•\s]*"
)
_DIGITS = re.compile(r"\d+")
_OCR = "run OCR first, for example `ocrmypdf -l chi_sim in.pdf out.pdf`, then tag its result"
# Forms of radicals that fonts without a proper character map give for the characters; Unicode itself maps the others.
_RADICALS = dict(
    zip(
        "⺟⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳",
        "母民虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟",
        strict=True,
    )
)


Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line, how high it stands, 0 at its page's foot and 1 at its head, and its size as a share of the page."""

    line: Line
    height: float
    em: float

    @property
    def in_margin(self) -> bool:
        """Whether it stands where running heads and page numbers do."""
        return not _MARGIN <= self.height <= 1 - _MARGIN


def read(data: bytes) -> tuple[str, tuple[int, ...]]:
    """Give the text of a PDF and the offset at which each page begins. Raises `Undecodable`."""
    pages, pictures = [], False
    for placed, pictured in _pages(data):
        pages.append(placed)
        pictures |= pictured
    if not any(pages):
        what = f"a PDF of pictures without text, such as a scan: {_OCR}" if pictures else "a PDF of blank pages"
        raise Undecodable(what)
    if not plausible("".join(placed.line.text for page in pages for placed in page)):
        raise Undecodable(f"a PDF whose text cannot be read: its fonts do not say which characters they show; {_OCR}")
    text, starts = [], []
    length = 0
    for page in _without_furniture(pages):
        starts.append(length)
        for line in page:
            laid = "\n" * (line.apart and length > 0) + "　　" * (line.indent >= 1.5) + line.text + "\n"
            text.append(laid)
            length += len(laid)
    return "".join(text), tuple(starts)


def _pages(data: bytes) -> Iterator[tuple[list[_Placed], bool]]:
    """Give each page's lines in reading order, and whether it has a picture."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    if b"%%EOF" not in data[-4096:]:
        raise Undecodable("a broken PDF: its end is missing; download or export it again")
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (_PASSWORD, _SECURITY):
            raise Undecodable("an encrypted PDF: save it without its password first") from error
        raise Undecodable("a broken PDF: no PDF reader can open it; download or export it again") from error
    with document:
        for number in range(len(document)):
            try:
                page = document[number]
                glyphs = _glyphs(page.get_textpage(), pdfium)
            except pypdfium2.PdfiumError as error:
                raise Undecodable(f"a broken PDF: page {number + 1} of {len(document)} cannot be read") from error
            yield list(_placed(glyphs, page.get_bbox())), pdfium.FPDFPage_CountObjects(page) > 0
            page.close()


def _glyphs(sheet: Any, pdfium: Any) -> dict[int, list[Glyph]]:  # noqa: ANN401  # pypdfium2 publishes no types
    """Give a page's characters by the direction they are set in, in degrees, each turned upright."""
    found: dict[int, list[Glyph]] = defaultdict(list)
    matrix, box = pdfium.FS_MATRIX(), pdfium.FS_RECTF()
    x, y, sides = ctypes.c_double(), ctypes.c_double(), [ctypes.c_double() for _ in range(4)]
    spaced = False
    handle = sheet.raw  # each call is one less when the handle itself is given; `sheet` keeps it open
    for n in range(sheet.count_chars()):
        char = _char(pdfium.FPDFText_GetUnicode(handle, n))
        if not char or char.isspace():
            # the file's own spaces; those that PDFium adds are guesses
            spaced = spaced or (bool(char) and pdfium.FPDFText_IsGenerated(handle, n) == 0)
            continue
        pdfium.FPDFText_GetMatrix(handle, n, matrix)
        pdfium.FPDFText_GetCharOrigin(handle, n, x, y)
        size = pdfium.FPDFText_GetFontSize(handle, n) * math.hypot(matrix.c, matrix.d)
        pdfium.FPDFText_GetLooseCharBox(handle, n, box)
        if not all(map(math.isfinite, (matrix.a, matrix.b, size, x.value, y.value, box.left, box.right))):
            found[0].append(Glyph(char, 0.0, 1.0, 0.0, 1.0, spaced))  # a damaged page: nobody knows where it stands
            continue
        angle = round(math.degrees(math.atan2(matrix.b, matrix.a))) % 360
        if angle == 0 and box.right > box.left and size > 0:
            found[0].append(Glyph(char, box.left, box.right, y.value, size, spaced))
        else:
            pdfium.FPDFText_GetCharBox(handle, n, *sides)
            left, right, bottom, top = (side.value for side in sides)
            across = [_turned(a, b, angle)[0] for a in (left, right) for b in (bottom, top)]
            level = _turned(x.value, y.value, angle)[1]
            size = size or max(across) - min(across) or 1.0
            found[angle].append(Glyph(char, min(across), max(max(across), min(across) + size / 4), level, size, spaced))
        spaced = False
    return found


def _char(code: int) -> str:
    """Give the character of a code: none for what is no text, the plain one for a form of a radical."""
    if 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        return "\ufffd"
    if code < 0x20 or code in (0xFFFE, 0xFFFF, 0xAD):
        return "-" if code == 2 else " " if code == 9 else ""  # 2: PDFium's hyphen at a line's end
    char = chr(code)
    if 0x2E80 <= code < 0x2FE0 or 0xF900 <= code < 0xFB00:
        return _RADICALS.get(char) or unicodedata.normalize("NFKC", char)
    return char


def _placed(glyphs: dict[int, list[Glyph]], box: Box) -> Iterator[_Placed]:
    """Give the lines of a page, those in the direction that most of it is set in first, with their places on it."""
    for angle, group in sorted(glyphs.items(), key=lambda item: -len(item[1])):
        heights = [_turned(x, y, angle)[1] for x in (box[0], box[2]) for y in (box[1], box[3])]
        low, high = min(heights), max(heights)
        for line in pdf_layout.lines(group):
            yield _Placed(line, (line.y - low) / max(high - low, 1.0), line.size / max(high - low, 1.0))


def _turned(x: float, y: float, angle: int) -> tuple[float, float]:
    """Give where a point comes to lie when what is set at `angle` degrees is turned upright."""
    turn = math.radians(-angle)
    return x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)


def _without_furniture(pages: list[list[_Placed]]) -> Iterator[list[Line]]:
    """Give each page's lines but for running heads, feet and page numbers."""
    heights: dict[str, list[float]] = defaultdict(list)
    for number, page in enumerate(pages):
        for placed in page:
            if placed.in_margin:
                for form in _forms(placed.line.text, number):
                    heights[form].append(placed.height)
    for found in heights.values():
        found.sort()
    for number, page in enumerate(pages):
        kept: list[Line] = []
        for placed in page:
            copies = max(_copies(heights[form], placed.height) for form in _forms(placed.line.text, number))
            if not (placed.in_margin and _is_furniture(placed, page, copies)):
                # a page goes on where the one before ended, unless it has a head that only few pages have
                apart = placed.line.apart if kept else placed.in_margin and _has_white_around(placed, page)
                kept.append(replace(placed.line, apart=apart))
        yield kept


def _forms(text: str, page: int) -> set[str]:
    """Give what a line may have in common with its like on other pages: all, or all but numbers that count pages."""
    text = "".join(text.split())
    numbers = list(_DIGITS.finditer(text))
    forms = {text}
    for some in (numbers, numbers[:1], numbers[-1:]):
        form = text
        for match in reversed(some):
            form = f"{form[: match.start()]}<{int(match.group()) - page}>{form[match.end() :]}"
        forms.add(form)
    return forms


def _copies(heights: list[float], height: float) -> int:
    """Give how many of the sorted `heights` are this one."""
    return bisect_right(heights, height + 0.005) - bisect_left(heights, height - 0.005)


def _is_furniture(placed: _Placed, page: list[_Placed], copies: int) -> bool:
    """Whether a line in the margin is no part of the text.

    Lines on three pages are, if they do not read like sentences; what does, and what is on fewer, needs white around.
    """
    text = placed.line.text
    if copies >= _COPIES and not any(mark in text for mark in "，。；"):
        return True
    return (copies >= _COPIES or bool(_PAGE_NUMBER.fullmatch(text))) and _has_white_around(placed, page)


def _has_white_around(placed: _Placed, page: list[_Placed]) -> bool:
    return all(abs(other.height - placed.height) > _WHITE * placed.em for other in page if other is not placed)
