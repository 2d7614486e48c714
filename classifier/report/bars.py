"""Rows of a bar chart, which bars.html draws."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: its name, its figure as it is shown, and the length of its bar, 1 for the longest."""

    label: str
    name: str
    value: float
    text: str
    share: float


def bars(rows: Sequence[tuple[str, str, float]], form: str = "{:,}") -> list[Bar]:
    """Give the rows of (label, name, value); a value below zero has no bar."""
    longest = max((value for _, _, value in rows), default=0) or 1
    return [Bar(label, name, value, form.format(value), max(value / longest, 0.0)) for label, name, value in rows]
