"""HTML → a document of marked units: the main text that trafilatura finds, without menus, scripts and links."""

import re
from collections.abc import Iterator
from typing import Any

from classifier.tagging.decoding import Undecodable, decode
from classifier.tagging.sources import Item, Source
from classifier.tagging.units import CELLS, Units, numbered_level

_SHELL = re.compile(r"<(?:html|body|frameset)\b", re.IGNORECASE)
_STRONG = re.compile(r"font-weight:\s*(?:bold|[6-9]00)|黑体|楷体|小标宋|SimHei|KaiTi", re.IGNORECASE)
_NAMED = (
    r"(?:发布时间|发布日期|发文日期|时间|日期|来源|稿源|作者|编辑|责任编辑|字体|字号|浏览次数|点击数|分享到)\s*[：:]"
)
_ASIDE = re.compile(rf"(?:\d{{4}}[-年/.]\d{{1,2}}[-月/.]\d{{1,2}}日?[\s\d:：]*)?{_NAMED}[^。；]*$")
_BLOCKS = {"p", "head", "list", "item", "table", "row", "cell", "quote", "div", "code"}
_NONE = "no text in it"
Element = Any  # lxml publishes no types


def read(source: Source) -> Iterator[Item]:
    """Give the document. Raises `Undecodable` where there is no text."""
    page = decode(source.bytes())
    if not page.strip():
        raise Undecodable("empty")
    main = _main(page)
    if main is None:
        raise Undecodable(_NONE)
    units = Units()
    levels = [_level(head) for head in main.iter("head")]
    _walk(main, units, numbered=all(level == 1 for level in levels))  # a title alone gives no sections
    yield units.document(source.name)


def _main(page: str) -> Element:
    """Give the main text as the tree that trafilatura makes of it."""
    from lxml.etree import LxmlError
    from trafilatura import bare_extraction, load_html

    tree = load_html(page if _SHELL.search(page) else f"<html><body>{page}</body></html>")
    if tree is None:
        return None
    for span in tree.iter("span"):  # trafilatura keeps <b>, but not what a style makes bold
        if _STRONG.search(span.get("style") or ""):
            span.tag = "b"
    try:
        found = bare_extraction(
            tree, include_comments=False, include_formatting=True, favor_recall=True, with_metadata=False
        )
    except (LxmlError, ValueError, RecursionError) as error:
        raise Undecodable(f"its HTML cannot be taken apart: {error}") from error
    return None if found is None else found.body


def _walk(parent: Element, units: Units, *, numbered: bool) -> None:
    """Add the blocks under an element in reading order."""
    for block in _runs(parent):
        if isinstance(block, list):
            _add("".join(_inline(piece) for piece in block), block, units, numbered=numbered)
        elif block.tag == "head":
            units.heading(_inline(block), _level(block))
        elif block.tag == "row":
            _row(block, units, numbered=numbered)
        else:
            _walk(block, units, numbered=numbered)


def _runs(parent: Element) -> Iterator[Any]:
    """Give the children that are blocks, and between them the runs of text and inline elements, as lists."""
    run: list[Any] = [parent.text or ""]
    for child in parent.iterchildren():
        if child.tag in _BLOCKS:
            yield run
            yield child
            run = []
        else:
            run.append(child)
        run.append(child.tail or "")
    yield run


def _row(row: Element, units: Units, *, numbered: bool) -> None:
    """A row is a paragraph, its cells joined; where cells hold headings or several paragraphs, the table is layout."""
    cells = list(row.iterchildren("cell"))
    if len(cells) == 1 or any(cell.find(".//head") is not None or len(cell.findall("p")) > 1 for cell in cells):
        for cell in cells:
            _walk(cell, units, numbered=numbered)
    else:
        texts = (" ".join(" ".join(cell.itertext()).split()) for cell in cells)
        units.body(CELLS.join(filter(None, texts)))


def _add(text: str, run: list[Any], units: Units, *, numbered: bool) -> None:
    """Add running text; two line breaks, or one before an indent, part paragraphs."""
    strong = all(not isinstance(piece, str) and piece.tag == "hi" for piece in run if _inline(piece).strip())
    for part in re.split(r"\n[ \t]*\n|\n(?=[ \t]*[\u3000\xa0]{2})", text):
        level = numbered_level(part) if numbered and strong else None
        if level is not None:
            units.heading(part, level)
        elif _ASIDE.match(part.strip()):
            units.furniture(part)
        else:
            units.body(part)


def _inline(piece: Any) -> str:
    """Give the text of an inline element or heading; its line breaks alone are line breaks."""
    if isinstance(piece, str):
        return re.sub(r"[\r\n\t ]+", " ", piece)
    own = "\n" if piece.tag == "lb" else _inline(piece.text or "")
    return own + "".join(_inline(child) + _inline(child.tail or "") for child in piece.iterchildren())


def _level(head: Element) -> int:
    rend = head.get("rend") or ""
    return int(rend[1]) if rend[:1] == "h" and rend[1:2].isdigit() else 3
