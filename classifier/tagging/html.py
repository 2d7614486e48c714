"""HTML → a document of marked units: the main text without menus, scripts, links and footers.

trafilatura says which text is the page's main text. What is a heading, a table row or a paragraph is taken from the
page itself: where trafilatura does not know a site's containers it gives the paragraphs without their headings.
"""

import logging
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from classifier.tagging.decoding import Undecodable, decode
from classifier.tagging.sources import Item, Source
from classifier.tagging.units import CELLS, Units, numbered_level

_TAG = re.compile(r"<!--.*?-->|<[^>]*>|&\w+;", re.DOTALL)
_SHELL = re.compile(r"<html\b", re.IGNORECASE)
_STRONG = re.compile(r"font-weight:\s*(?:bold|[6-9]00)|黑体|楷体|小标宋|SimHei|KaiTi", re.IGNORECASE)
_HIDDEN = re.compile(r"display:\s*none|visibility:\s*hidden", re.IGNORECASE)
_NAMED = (
    r"(?:发布时间|发布日期|发文日期|时间|日期|来源|稿源|作者|编辑|责任编辑|字体|字号|浏览次数|点击数|分享到)\s*[：:]"
)
_ASIDE = re.compile(rf"[（(【\[]?(?:\d{{4}}[-年/.]\d{{1,2}}[-月/.]\d{{1,2}}日?[\s\d:：]*)?{_NAMED}[^。；]*$")
_PARTED = re.compile(r"\n\s*\n|\n(?=[ \t]*[\u3000\xa0]{2})")  # two line breaks, or one before an indent
_LEVELS = {f"h{level}": level for level in range(1, 7)}
_INLINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "ins", "kbd", "label", "mark", "q", "rb", "ruby", "s", "samp", "small", "span", "strike", "strong",
    "sub", "sup", "time", "tt", "u", "var", "wbr",
}  # fmt: skip
_OUT = {
    "head", "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "applet",
    "select", "option", "button", "textarea", "input", "nav", "rp", "rt", "title", "audio", "video", "canvas",
    "map", "frameset",
}  # fmt: skip
_LARGE = 3_000_000  # characters: libxml2 reads no element of more than 10 MB
_SHORT = 8  # characters: a shorter text counts as main text only between two that surely are
_BEGINNING = 20  # characters that tell a paragraph: trafilatura may leave out its end
Element = Any  # lxml publishes no types


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph, heading (with its level) or table row (of several cells) of a page."""

    cells: tuple[str, ...]
    level: int | None = None
    strong: bool = False


def read(source: Source) -> Iterator[Item]:
    """Give the document. Raises `Undecodable` where there is no text."""
    page = decode(source.bytes())
    if not page.strip():
        raise Undecodable("empty")
    blocks = _main_blocks(page)
    sections = any(block.level and block.level > 1 for block in blocks)  # a title alone gives none
    units = Units()
    for block in blocks:
        text = CELLS.join(block.cells)
        level = block.level or (numbered_level(text) if block.strong and not sections else None)
        if level is not None:
            units.heading(text, level)
        elif _ASIDE.match(text):
            units.furniture(text)
        else:
            units.body(text)
    yield units.document(source.name)


def _main_blocks(page: str) -> list[_Block]:
    """Give the blocks of the main text, with the headings among them and the title before them."""
    from lxml.etree import LxmlError
    from lxml.html import HTMLParser, document_fromstring
    from trafilatura import bare_extraction
    from trafilatura.settings import use_config

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it finds missing is told by the answer
    if len(page) > _LARGE and max(map(len, page.replace(">", "<").split("<"))) > _LARGE:
        raise Undecodable("its HTML cannot be taken apart: an element of more than 10 MB")
    whole = page if _SHELL.search(page) else f"<html><body>{page}</body></html>"
    try:
        tree = document_fromstring(whole.encode("utf-8", "replace"), HTMLParser(encoding="utf-8", huge_tree=True))
    except LxmlError:  # nothing in it
        return []
    if sum(map(len, tree.itertext())) < 0.9 * len(_TAG.sub("", whole)):
        raise Undecodable("its HTML is nested too deeply to be read whole; print it to PDF, or copy its text")
    options = use_config()
    options.set("DEFAULT", "min_output_size", "10")
    try:
        blocks = [block for block in _blocks(tree) if any(block.cells)]
        found = bare_extraction(tree, include_comments=False, favor_recall=True, with_metadata=False, config=options)
    except (LxmlError, ValueError, RecursionError) as error:
        raise Undecodable(f"its HTML cannot be taken apart: {error}") from error
    body = getattr(found, "body", None)
    main = "" if body is None else _bare("".join(body.itertext()))
    surely = [n for n, block in enumerate(blocks) if not block.level and _is_in(block, main, least=_SHORT)]
    if not surely:
        return blocks if len(main) < _SHORT else [block for block in blocks if _is_in(block, main)]
    first, last = surely[0], surely[-1]
    kept = [b for b in blocks[first : last + 1] if b.level or _is_in(b, main)]
    above = blocks[:first]
    title = max((n for n, block in enumerate(above) if block.level == 1), default=None)
    if title is None:  # headings right above the text
        title = next((n + 1 for n in range(len(above) - 1, -1, -1) if not above[n].level), 0)
    return [b for b in above[title:] if b.level or _is_in(b, main) or _ASIDE.match(CELLS.join(b.cells))] + kept


def _is_in(block: _Block, main: str, least: int = 1) -> bool:
    """Whether a block belongs to the main text."""
    cells = [_bare(cell) for cell in block.cells]
    return sum(map(len, cells)) >= least and all(cell in main or cell[:_BEGINNING] in main for cell in cells)


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFC", "".join(text.split()))
    return "".join(char for char in plain if unicodedata.category(char) != "Cf") if not plain.isprintable() else plain


def _blocks(tree: Element) -> Iterator[_Block]:
    """Give the blocks of a page in reading order."""
    from lxml.etree import iterwalk

    run: list[tuple[str, bool]] = []  # pieces of text, and whether each is set in bold
    level: int | None = None
    bold = 0
    walk = iterwalk(tree, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = element.tag if event in ("start", "end") else ""
        block = isinstance(tag, str) and bool(tag) and tag not in _INLINE
        if event == "start":
            out = tag in _OUT or _HIDDEN.search(element.get("style") or "")
            cells = _cells(element) if tag == "tr" and not out else None
            if block:
                yield from _paragraphs(run, level)
                run = []
            if cells is not None:
                yield _Block(cells)
            if out or cells is not None:
                walk.skip_subtree()
                continue
            level = _LEVELS.get(tag, level)
            bold += _is_bold(element)
            run.append(("\n" if tag == "br" else _even(element.text), bold > 0))
            continue
        if event == "end":
            bold -= _is_bold(element) if not (tag in _OUT or _HIDDEN.search(element.get("style") or "")) else 0
            if block:
                yield from _paragraphs(run, level)
                run = []
            if tag in _LEVELS:
                level = None
        run.append((_even(element.tail), bold > 0))


def _paragraphs(run: list[tuple[str, bool]], level: int | None) -> Iterator[_Block]:
    text = "".join(piece for piece, _ in run)
    strong = all(bold for piece, bold in run if piece.strip())
    for part in [text] if level else _PARTED.split(text):
        if part.strip():
            yield _Block((part.strip(),), level, strong)


def _cells(row: Element) -> tuple[str, ...] | None:
    """Give the cells of a table's row; nothing where the table is there for the layout of whole paragraphs."""
    cells = list(row.iterchildren("td", "th"))
    if len(cells) < 2:
        return None
    for cell in cells:
        inner = [inside.tag for inside in cell.iter("h1", "h2", "h3", "h4", "h5", "h6", "p", "table")]
        if inner.count("p") > 1 or set(inner) - {"p"}:
            return None
    texts = (" ".join(" ".join(cell.itertext()).split()) for cell in cells)
    return tuple(text for text in texts if text)


def _is_bold(element: Element) -> bool:
    return element.tag in ("b", "strong") or bool(_STRONG.search(element.get("style") or ""))


def _even(text: str | None) -> str:
    """White space as a browser shows it; only <br> breaks lines."""
    return re.sub(r"[\r\n\t ]+", " ", text or "")
