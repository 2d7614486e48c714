"""Figures → SVG to stand in a page. Plots hold numbers only: words are HTML beside them, so that any font will do."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from classifier.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STYLE: Any = {  # Matplotlib types every key by name
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "policytag",  # the same figures give the same bytes
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e9ec",
    "axes.axisbelow": True,
}
_BLUE, _GREY, _RED = "#2f6db5", "#9aa4ae", "#c2472f"


def reliability(bins: Sequence[Mapping[str, float]]) -> str:
    """Probability against truth; a point on the diagonal is right, a larger one stands for more decisions."""
    with _Plot(3.4, 3.4) as plot:
        plot.axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", linewidth=1)
        plot.axes.plot([b["probability"] for b in bins], [b["true"] for b in bins], color=_BLUE)
        most = max((b["decisions"] for b in bins), default=1)
        sizes = [15 + 85 * math.log1p(b["decisions"]) / math.log1p(most) for b in bins]
        plot.axes.scatter([b["probability"] for b in bins], [b["true"] for b in bins], s=sizes, color=_BLUE)
        _unit_square(plot.axes)
    return plot.svg


def precision_recall(points: Sequence[Sequence[float]], chosen: tuple[float | None, float | None]) -> str:
    """One label's curve, with the point (recall, precision) that its threshold chose."""
    with _Plot(1.9, 1.7) as plot:
        if points:
            plot.axes.plot([r for r, _ in points], [p for _, p in points], color=_BLUE, linewidth=1.3)
        recall, precision = chosen
        if recall is not None and precision is not None:
            plot.axes.plot([recall], [precision], color=_RED, marker="o", markersize=5)
        _unit_square(plot.axes)
    return plot.svg


def threshold(points: Sequence[tuple[float, float | None]], chosen: Sequence[float]) -> str:
    """Micro F1 at one threshold for all labels; the labels' own thresholds are ticks at the foot."""
    with _Plot(4.6, 3.2) as plot:
        defined = [(t, f1) for t, f1 in points if f1 is not None]
        plot.axes.plot([t for t, _ in defined], [f1 for _, f1 in defined], color=_BLUE, marker=".")
        plot.axes.plot(chosen, [0.02] * len(chosen), "|", color=_RED, markersize=10)
        _unit_square(plot.axes)
    return plot.svg


def learning_curve(points: Sequence[Mapping[str, Any]], law: Sequence[float] | None) -> str:
    """Micro and macro F1 by the number of paragraphs learnt from, and the curve that extrapolates micro F1."""
    with _Plot(4.6, 3.2) as plot:
        for name, colour in (("micro_f1", _BLUE), ("macro_f1", _GREY)):
            plot.axes.plot([p["paragraphs"] for p in points], [p[name] for p in points], color=colour, marker="o")
        if law and points:
            most = points[-1]["paragraphs"]
            ahead = [most * (1 + k / 20) for k in range(21)]
            plot.axes.plot(ahead, [1 - law[0] * n ** law[1] for n in ahead], color=_BLUE, linestyle="--", linewidth=1)
        plot.axes.set_xlim(left=0)
    return plot.svg


class _Plot:
    """A figure of its own size in inches, without the state of pyplot; `svg` is there when it is done."""

    svg: str
    axes: Axes
    _figure: Figure

    def __init__(self, width: float, height: float) -> None:
        try:
            from matplotlib import rc_context
            from matplotlib.figure import Figure
        except ImportError as error:
            raise MissingExtra("matplotlib", "learn") from error
        self._context = rc_context(_STYLE)
        self._size, self._make = (width, height), Figure

    def __enter__(self) -> _Plot:
        self._context.__enter__()
        self._figure = self._make(figsize=self._size, layout="constrained")
        self.axes = self._figure.add_subplot()
        return self

    def __exit__(self, *failure: object) -> None:
        try:
            if failure[0] is None:
                buffer = io.StringIO()
                self._figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
                whole = buffer.getvalue()
                self.svg = whole[whole.index("<svg") :]  # an XML declaration has no place inside a page
        finally:
            self._context.__exit__(None, None, None)


def _unit_square(axes: Axes) -> None:
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
