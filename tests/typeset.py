"""PDFs set by Typst in Noto Sans CJK, both installed from PyPI: real fonts, real line breaks, real columns.

Files come out in the order in which things are said; `frames` puts text where a page has it, in whatever order.
"""

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import manimgx_fonts_cjk
import pypdf
import typst
from layouts import BODIES, HEADINGS, size, wrap

_SIZE, _SHEET = 9.5, 620.0  # points: of the text of newspaper pages, and their width

_SETTING = """
#set text(font: "Noto Sans CJK SC", lang: "zh", region: "cn", size: {size}pt)
#set par(justify: true, first-line-indent: (amount: {indent}em, all: true), leading: {leading}em, spacing: {spacing}em)
"""


@cache
def _fonts() -> typst.Fonts:
    folder = Path(manimgx_fonts_cjk.__file__).parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def setting(*, em: float = 10.5, indent: float = 2, leading: float = 0.65, spacing: float | None = None) -> str:
    """Give the rules that Chinese text is set by: full lines, first lines two characters shorter."""
    return _SETTING.format(size=em, indent=indent, leading=leading, spacing=leading if spacing is None else spacing)


def quoted(text: str) -> str:
    """Give a text as Typst writes strings, so that no character of it is markup."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'#"{escaped}"'


def paragraphs(texts: Iterable[str]) -> str:
    """Give texts as paragraphs."""
    return "\n\n".join(map(quoted, texts)) + "\n"


def centred(text: str, em: float) -> str:
    """Give a heading in the middle."""
    return f"#align(center)[#set par(first-line-indent: 0em); #text(size: {em}pt)[{quoted(text)}]]\n"


def frame(x: float, y: float, width: float, content: str) -> str:
    """Give content set in a frame whose upper left corner lies `x`, `y` points from the page's."""
    return f"#place(top + left, dx: {x}pt, dy: {y}pt, block(width: {width}pt)[{content}])\n"


def pdf(source: str) -> bytes:
    """Set a document."""
    return bytes(typst.compile(source.encode(), font_paths=_fonts(), ignore_system_fonts=True, format="pdf"))


def scan(source: str) -> bytes:
    """Give a PDF that shows a picture of a one-page document, as a scanner makes it."""
    png = typst.compile(source.encode(), font_paths=_fonts(), ignore_system_fonts=True, format="png", ppi=36)
    return pdf(f"#image(bytes(({','.join(map(str, png))})))")


@dataclass(frozen=True)
class Sheet:
    """A newspaper page: the PDF, the lines on it in reading order, and the paragraphs they were broken from."""

    data: bytes
    lines: tuple[str, ...]
    paragraphs: tuple[str, ...]


def sheet(random: Random) -> Sheet:
    """Set a page of one to three articles, each of one to five columns below a heading over all of them.

    Every line is set on its own and in an order of chance, so that only its place tells where it belongs.
    """
    bodies, headings = random.sample(BODIES, len(BODIES)), random.sample(HEADINGS, len(HEADINGS))
    pitch, gutter = _SIZE * random.choice([1.35, 1.5, 1.7]), _SIZE * random.choice([0.9, 1.2, 2.0])
    offset = random.choice([0.0, 0.0, 3.0])  # of every other column, so that lines do not stand on one grid
    y, placed, texts = 0.0, [], []
    for _ in range(random.randint(1, 3)):
        heading, count = headings.pop(), random.randint(1, 5)
        width = (_SHEET - (count - 1) * gutter) / count
        placed.append(((_SHEET - 22 * size(heading)) / 2, y, 22.0, heading))
        y += 22 * 1.6
        chosen = [bodies.pop() for _ in range(random.randint(4, 6))]
        texts += chosen
        lines = [
            (2 * _SIZE * (number == 0), line)
            for text in chosen
            for number, line in enumerate(wrap(text, int(width / _SIZE) - 1, 2))
        ]
        depth = max(3, math.ceil(len(lines) / count))
        for number, (indent, line) in enumerate(lines):
            column, row = divmod(number, depth)
            placed.append((column * (width + gutter) + indent, y + row * pitch + column % 2 * offset, _SIZE, line))
        y += depth * pitch + _SIZE * random.choice([1.2, 2.5])
    frames = [
        frame(left, top, 1000, f"#set text(size: {em}pt, cjk-latin-spacing: none)\n{quoted(text)}")
        for left, top, em, text in random.sample(placed, len(placed))
    ]
    source = f"#set page(width: 700pt, height: {y + 80}pt, margin: 40pt)\n{setting(indent=0)}{''.join(frames)}"
    return Sheet(pdf(source), tuple(line for *_, line in placed), tuple(texts))


def encrypted(data: bytes, password: str) -> bytes:
    """Give a PDF that opens with a password only."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt(password, algorithm="RC4-128")
    return _written(writer)


def turned(data: bytes, degrees: int) -> bytes:
    """Give a PDF whose pages are shown turned clockwise."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    for page in writer.pages:
        page.rotate(degrees)
    return _written(writer)


def _written(writer: pypdf.PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
