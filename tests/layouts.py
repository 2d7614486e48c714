"""Newspaper pages laid out from known paragraphs, with the troubles that setting and extraction bring.

Text is set as Chinese papers set it: columns of equal width, no line that begins with a closing mark or ends with an
opening one, Latin words and numbers in one piece. What a page was made of comes along, so a test can ask for it back.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hypothesis import strategies as st

POOL = (Path(__file__).parent / "cases/pages/pool.txt").read_text(encoding="utf-8").splitlines()
HEADINGS = [line[2:] for line in POOL if line.startswith("# ")]
BYLINES = [line[2:] for line in POOL if line.startswith("@ ")]
CAPTIONS = [line[2:] for line in POOL if line.startswith("& ")]
BODIES = [line for line in POOL if line[0] not in "#@&"]

_TOKEN = re.compile(r"[A-Za-z0-9.%]+|.")
_CLOSING, _OPENING = "，。、；：？！”’）》—,:;)?!", "“‘（《("
_HALF = str.maketrans("，：；（）？！", ",:;()?!")


@dataclass(frozen=True)
class Style:
    """How an article is set and extracted."""

    width: int  # full-width characters a line
    indent: str  # of first lines: "stripped" by the extractor, "kept", or "none", then with space between paragraphs
    half_width: bool  # commas, colons and brackets as in English
    thin_spaces: bool  # a space on either side of a number
    spaced: float  # share of lines that are letter-spaced


@dataclass(frozen=True)
class Page:
    """A page's text, and the kind and text (without white space) of what it was made of."""

    text: str
    expected: tuple[tuple[str, str], ...]
    styles: tuple[Style, ...]

    def bodies(self) -> list[str]:
        """Give the texts of the body paragraphs."""
        return [text for kind, text in self.expected if kind == "body"]


def size(text: str) -> float:
    """Give the width in full-width characters."""
    return sum(0.5 if char.isascii() else 1.0 for char in text)


def wrap(text: str, width: int, indent: int = 0) -> Iterator[str]:
    """Set `text` in lines of `width`, the first one shorter by `indent`; closing marks hang."""
    line, room = "", width - indent
    for token in _TOKEN.findall(text):
        if size(line + token) > room and token not in _CLOSING:
            kept = line.rstrip(_OPENING)
            yield kept
            line, room = line[len(kept) :], width
        line += token
    yield line


def letter_space(line: str) -> str:
    """Give a line as justified type comes out of a PDF: a space after every character."""
    return " ".join(line)


def style(random: Random) -> Style:
    """Choose a style."""
    return Style(
        width=random.randint(14, 36),
        indent=random.choice(["stripped", "stripped", "kept", "none"]),
        half_width=random.random() < 0.2,
        thin_spaces=random.random() < 0.3,
        spaced=random.choice([0.0, 0.0, 0.05]),
    )


def page(random: Random) -> Page:
    """Lay out a page of one to three articles."""
    bodies, headings, bylines, captions = (
        random.sample(pool, len(pool)) for pool in (BODIES, HEADINGS, BYLINES, CAPTIONS)
    )
    blank_after_every_line, newline = random.random() < 0.4, random.choice(["\n", "\n", "\r\n"])
    styles, expected, lines = [], [], []
    for _ in range(random.randint(1, 3)):
        chosen = style(random)
        styles.append(chosen)
        article = [("heading", headings.pop()), ("furniture", bylines.pop())]
        for _ in range(random.randint(3, 6)):
            if random.random() < 0.15:
                article.append(("heading", headings.pop()))
            article.append(("body", bodies.pop()))
        for kind, text in article:
            text = text.translate(_HALF) if chosen.half_width and kind == "body" else text
            expected.append((kind, "".join(text.split())))
            block = list(_set(text, chosen, random)) if kind == "body" else [text]
            if kind == "body" and captions and random.random() < 0.08:
                caption = captions.pop()
                expected.append(("furniture", "".join(caption.split())))
                place = random.randint(0, len(block))
                block[place:place] = _caption(caption, random.randint(8, chosen.width))
            lines.extend(block)
            lines.extend([""] if chosen.indent == "none" else [])
    return Page((newline * (1 + blank_after_every_line)).join(lines), tuple(expected), tuple(styles))


def _caption(text: str, width: int) -> list[str]:
    """Set a caption in lines of `width`, or wider ones where that would break its credit."""
    lines, credit = list(wrap(text, width)), "。" + text.rpartition("。")[2]
    return lines if lines[-1].endswith(credit) else _caption(text, width + 1)


def _set(text: str, chosen: Style, random: Random) -> Iterator[str]:
    for number, line in enumerate(wrap(text, chosen.width, 0 if chosen.indent == "none" else 2)):
        if chosen.thin_spaces:
            line = re.sub(r"(?<=[一-鿿])(?=\d)|(?<=\d)(?=[一-鿿])", " ", line)
        if random.random() < chosen.spaced:
            line = letter_space(line)
        yield "　　" + line if number == 0 and chosen.indent == "kept" else line


pages = st.randoms(use_true_random=False).map(page)  # for Hypothesis; `page(Random(seed))` for a fixed one
