"""Articles of regulations: a lead and its items （一）（二） stay together while they are short.

One 款 is one paragraph, as the text numbers and breaks them. A list of items stays with the lead that ends in a colon
when all of it is shorter than `_LONG` characters; else each item is a paragraph of its own, with the lead as the last
of its headings.
"""

import re
from collections.abc import Iterable, Iterator

from classifier.records import Kind, Unit

_LONG = 400
_ITEM = re.compile(r"\s*(?:[（(](?:[一二三四五六七八九十]{1,3}|\d{1,2})[）)]|\d{1,2}[.．、](?!\d))")


def regroup(units: Iterable[Unit], text: str) -> Iterator[Unit]:
    """Give the units with lists of items joined to their lead, or placed under it."""
    listed: list[Unit] = []  # a lead and its items
    for unit in units:
        if listed and _is_item(unit, text):
            listed.append(unit)
            continue
        if listed:
            yield from _settled(listed, text)
            listed = []
        if _is_lead(unit, text):
            listed = [unit]
        else:
            yield unit
    yield from _settled(listed, text)


def _settled(listed: list[Unit], text: str) -> Iterable[Unit]:
    if len(listed) < 3:
        return listed
    lead, *items = listed
    spans = tuple(span for unit in listed for span in unit.source)
    if sum(end - start for start, end in spans) < _LONG:
        return [lead._replace(source=spans, note=items[-1].note)]
    name = "".join(text[start:end] for start, end in lead.source)
    name = "".join(name.split()).rstrip("：:")
    return [lead, *(unit._replace(heading=(*unit.heading, name)) for unit in items)]


def _is_lead(unit: Unit, text: str) -> bool:
    return text[unit.source[-1][1] - 1] in "：:" and unit.kind is Kind.BODY


def _is_item(unit: Unit, text: str) -> bool:
    start, end = unit.source[0]
    return unit.kind is Kind.BODY and bool(_ITEM.match(text, start, min(end, start + 8)))
