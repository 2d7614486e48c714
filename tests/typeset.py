"""PDFs set by Typst in Noto Sans CJK, both installed from PyPI: real fonts, real line breaks, real columns.

Files come out in the order in which things are said; `frames` puts text where a page has it, in whatever order.
"""

import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import manimgx_fonts_cjk
import pypdf
import typst

_SETTING = """
#set text(font: "Noto Sans CJK SC", lang: "zh", region: "cn", size: {size}pt)
#set par(justify: true, first-line-indent: (amount: {indent}em, all: true), leading: {leading}em, spacing: {spacing}em)
"""


@cache
def _fonts() -> typst.Fonts:
    folder = Path(manimgx_fonts_cjk.__file__).parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def setting(*, size: float = 10.5, indent: float = 2, leading: float = 0.65, spacing: float | None = None) -> str:
    """Give the rules that Chinese text is set by: full lines, first lines two characters shorter."""
    return _SETTING.format(size=size, indent=indent, leading=leading, spacing=leading if spacing is None else spacing)


def quoted(text: str) -> str:
    """Give a text as Typst writes strings, so that no character of it is markup."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'#"{escaped}"'


def paragraphs(texts: Iterable[str]) -> str:
    """Give texts as paragraphs."""
    return "\n\n".join(map(quoted, texts)) + "\n"


def centred(text: str, size: float) -> str:
    """Give a heading in the middle."""
    return f"#align(center)[#set par(first-line-indent: 0em); #text(size: {size}pt)[{quoted(text)}]]\n"


def frame(x: float, y: float, width: float, content: str) -> str:
    """Give content set in a frame whose upper left corner lies `x`, `y` points from the page's."""
    return f"#place(top + left, dx: {x}pt, dy: {y}pt, block(width: {width}pt)[{content}])\n"


def pdf(source: str, **files: bytes) -> bytes:
    """Set a document. `files`: PNG pictures that it uses, by name."""
    inputs = {"main": source.encode(), **{f"{name}.png": data for name, data in files.items()}}
    return bytes(typst.compile(inputs, font_paths=_fonts(), ignore_system_fonts=True, format="pdf"))


def picture(source: str) -> bytes:
    """Give the one page of a document as a PNG picture, as a scanner would."""
    return bytes(typst.compile(source.encode(), font_paths=_fonts(), ignore_system_fonts=True, format="png", ppi=72))


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
