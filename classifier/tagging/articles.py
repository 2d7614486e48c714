"""Articles of regulations: a lead and its items （一）（二） stay together while they are short.

One 款 is one paragraph, as the text numbers and breaks them. A list of items stays with the lead that ends in a colon
when all of it is shorter than `_LONG` characters; else each item is a paragraph of its own, with the lead as the last
of its headings.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from classifier.records import Kind, Note, Unit

Noted = tuple[Unit, Note | None]

_LONG = 400
_ITEM = re.compile(r"\s*(?:[（(](?:[一二三四五六七八九十]{1,3}|\d{1,2})[）)]|\d{1,2}[.．、](?!\d))")


def regroup(units: Iterable[Noted], text: str) -> Iterator[Noted]:
    """Give the units with lists of items joined to their lead, or placed under it."""
    rest = list(units)
    i = 0
    while i < len(rest):
        lead, note = rest[i]
        items = _items_after(rest, i, text) if _is_lead(lead, text) else []
        if len(items) < 2:
            yield lead, note
            i += 1
            continue
        if sum(_length(unit) for unit in [lead, *items]) < _LONG:
            spans = tuple(span for unit in [lead, *items] for span in unit.source)
            yield replace(lead, source=spans), rest[i + len(items)][1]
        else:
            yield lead, note
            name = "".join(text[start:end] for start, end in lead.source)
            name = "".join(name.split()).rstrip("：:")
            for unit, own in rest[i + 1 : i + 1 + len(items)]:
                yield replace(unit, heading=(*unit.heading, name)), own
        i += 1 + len(items)


def _is_lead(unit: Unit, text: str) -> bool:
    return unit.kind is Kind.BODY and text[unit.source[-1][1] - 1] in "：:"


def _items_after(rest: list[Noted], i: int, text: str) -> list[Unit]:
    found = []
    for unit, _ in rest[i + 1 :]:
        start, end = unit.source[0]
        if unit.kind is not Kind.BODY or not _ITEM.match(text[start : min(end, start + 8)]):
            break
        found.append(unit)
    return found


def _length(unit: Unit) -> int:
    return sum(end - start for start, end in unit.source)
