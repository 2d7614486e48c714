"""DOCX → a document of marked units: headings, paragraphs, list items, table rows; footnotes as furniture.

Headers, footers, comments, hidden text and what a tracked change deletes are left out. python-docx opens the package;
the text is taken from its XML, because `Paragraph.text` leaves out tracked insertions, content controls and text boxes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from classifier.tagging.archive import opened
from classifier.tagging.decoding import Undecodable
from classifier.tagging.sources import Item, Source
from classifier.tagging.units import CELLS, Units, numbered_level

if TYPE_CHECKING:
    from docx.document import Document

_TOTAL = 1 << 29  # bytes, unpacked: python-docx holds all parts in memory
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OUT = frozenset(  # subtrees without text of their own, deleted, or read elsewhere
    {_W + name for name in ("del", "moveFrom", "txbxContent", "rt", "instrText", "delText", "pPr", "sdtPr")}
    | {"{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
)
_SIGNS = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "-"}
_TEXT = frozenset({_W + "t", "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"})
_LEVEL = re.compile(r"(?:heading|标题)\s*([1-9])$", re.IGNORECASE)
_TITLES = {"title": 0, "标题": 0, "subtitle": 1, "副标题": 1}
_ASIDE = re.compile(r"(?:toc|目录|caption|题注|header|footer|页眉|页脚|footnote|endnote|脚注|尾注)", re.IGNORECASE)
_STRONG_FONT = re.compile("黑体|楷体|小标宋|SimHei|KaiTi")
_DAMAGED = "a damaged .docx file; open it in a word processor and save it again"
_NOTES = ("footnotes", "endnotes")
Element = Any  # lxml publishes no types


@dataclass(frozen=True, slots=True)
class _Style:
    """What a paragraph style says: a heading's level, whether it is set apart from the text, whether it is strong."""

    level: int | None = None
    aside: bool = False
    strong: bool = False


def read(source: Source) -> Iterator[Item]:
    """Give the document. Raises `Undecodable` where it is none."""
    with source.seekable() as file:
        document = _opened(file)
        try:
            units = _read(document)
        except (KeyError, ValueError, AttributeError, IndexError, SyntaxError) as error:
            raise Undecodable(_DAMAGED) from error
    yield units.document(source.name)


def _opened(file: BinaryIO) -> "Document":
    from docx import Document

    with opened(file, ".docx", _TOTAL) as archive:
        if not any(name.lower().startswith("word/document") for name in archive.namelist()):
            raise Undecodable("no .docx file: word/document.xml is missing in it")
    file.seek(0)
    try:
        return Document(file)
    except Exception as error:  # python-docx lets through whatever its parsers raise
        raise Undecodable(_DAMAGED) from error


def _read(document: "Document") -> Units:
    styles = _styles(document.styles.element)
    body = document.element.body
    paragraphs = list(_blocks(body))
    plain = not any(_level(p, styles) for p in paragraphs if p.tag == _W + "p")  # a title alone gives no sections
    units = Units()
    for block in paragraphs:
        if block.tag == _W + "tbl":
            for row in _rows(block):
                units.body(row)
        else:
            _add(units, block, styles, numbered=plain)
    for note in _notes(document):
        units.furniture(note)
    return units


def _blocks(parent: Element) -> Iterator[Element]:
    """Give the paragraphs and tables under an element, in reading order; a table of one cell is a frame around text."""
    for child in parent.iterchildren():
        if child.tag == _W + "p":
            yield child
            for box in child.iter(_W + "txbxContent"):
                if not any(ancestor.tag in _OUT for ancestor in box.iterancestors()):
                    yield from _blocks(box)
        elif child.tag == _W + "tbl":
            cells = list(child.iter(_W + "tc"))
            if len(cells) == 1:
                yield from _blocks(cells[0])
            else:
                yield child
        elif child.tag not in _OUT and isinstance(child.tag, str):
            yield from _blocks(child)


def _add(units: Units, paragraph: Element, styles: dict[str, _Style], *, numbered: bool) -> None:
    text = _text(paragraph)
    level = _level(paragraph, styles)
    if level is None and numbered and _is_strong(paragraph, styles):
        level = numbered_level(text)
    if _style(paragraph, styles).aside:
        units.furniture(text)
    elif level is not None:
        units.heading(text, level)
    else:
        units.body(text)


def _text(element: Element) -> str:
    """Give the text of a paragraph as a reader sees it."""
    if element.tag in _TEXT:
        return element.text or ""
    if element.tag in _SIGNS:
        return _SIGNS[element.tag]
    if element.tag in _OUT or (element.tag == _W + "r" and element.find(f"{_W}rPr/{_W}vanish") is not None):
        return ""
    return "".join(_text(child) for child in element.iterchildren() if isinstance(child.tag, str))


def _rows(table: Element) -> Iterator[str]:
    """Give each row's cells in one line; a cell merged downwards stands in its first row, tables in cells after it."""
    for row in table.iterchildren(_W + "tr", _W + "sdt", _W + "ins"):
        if row.find(f"{_W}trPr/{_W}del") is not None:
            continue
        cells = [cell for cell in row.iter(_W + "tc") if next(cell.iterancestors(_W + "tbl")) is table]
        texts = ["\n".join(filter(None, (_text(p).strip() for p in cell.iter(_W + "p")))) for cell in cells]
        yield CELLS.join(filter(None, texts))


def _style(paragraph: Element, styles: dict[str, _Style]) -> _Style:
    name = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return styles.get(name.get(_W + "val", "") if name is not None else "", _Style())


def _level(paragraph: Element, styles: dict[str, _Style]) -> int | None:
    return _outline(paragraph) or _style(paragraph, styles).level


def _outline(owner: Element) -> int | None:
    """Give the outline level of a paragraph or style, from 1; nothing for running text."""
    outline = owner.find(f"{_W}pPr/{_W}outlineLvl")
    level = int(outline.get(_W + "val", "9")) if outline is not None else 9
    return level + 1 if level < 9 else None


def _is_strong(paragraph: Element, styles: dict[str, _Style]) -> bool:
    """Whether all of a paragraph is bold, or in a typeface that official documents set headings in."""
    runs = [run for run in paragraph.iter(_W + "r") if _text(run).strip()]
    by_style = _style(paragraph, styles).strong
    return bool(runs) and all(_strong(run.find(_W + "rPr"), otherwise=by_style) for run in runs)


def _strong(properties: Element, *, otherwise: bool) -> bool:
    if properties is None:
        return otherwise
    bold, fonts = properties.find(_W + "b"), properties.find(_W + "rFonts")
    if fonts is not None and _STRONG_FONT.search(fonts.get(_W + "eastAsia") or ""):
        return True
    return otherwise if bold is None else bold.get(_W + "val", "1") not in ("0", "false", "off")


def _styles(element: Element) -> dict[str, _Style]:
    """Give every paragraph style by its id, with what it takes from the style that it is based on."""
    own = {style.get(_W + "styleId", ""): style for style in element.iterchildren(_W + "style")}
    found: dict[str, _Style] = {}
    for name in own:
        level, aside, strong = None, False, False
        chain: list[str] = []
        at = name
        while at in own and at not in chain:
            chain.append(at)
            style = own[at]
            shown = style.find(_W + "name")
            called = shown.get(_W + "val", "") if shown is not None else at
            named = _LEVEL.match(called)
            if level is None:
                level = int(named[1]) if named else _TITLES.get(called.lower(), _outline(style))
            aside = aside or bool(_ASIDE.match(called))
            strong = strong or _strong(style.find(_W + "rPr"), otherwise=False)
            base = style.find(_W + "basedOn")
            at = base.get(_W + "val", "") if base is not None else ""
        found[name] = _Style(level, aside, strong)
    return found


def _notes(document: "Document") -> Iterator[str]:
    """Give the footnotes and endnotes, without the lines that part them from the text."""
    from docx.oxml.parser import parse_xml

    for relation in document.part.rels.values():
        if relation.is_external or relation.reltype.rpartition("/")[2] not in _NOTES:
            continue
        for note in parse_xml(relation.target_part.blob).iterchildren():
            if note.get(_W + "type") is None:
                yield "\n".join(_text(paragraph) for paragraph in note.iter(_W + "p"))
