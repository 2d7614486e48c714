"""Two files of tagged paragraphs → what changed between them, and whether it could be chance.

Tests shuffle whole documents between the two files, since paragraphs of one document are alike; where a file has too
few documents (a table is one), paragraphs are shuffled instead, and the report says so.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.errors import MissingExtra, PolicytagError
from classifier.records import Kind, Tagged
from classifier.tagging.text import normalise

Floats = npt.NDArray[np.float64]
Report = dict[str, Any]

_ROUNDS = 2000
_DOCUMENTS = 10  # in each file, from which on documents are shuffled
_BINS = 10  # of confidences
_PERIODS = (
    "month",
    "date",
    "year",
    "月份",
    "日期",
    "年份",
    "source",
    "来源",
)  # columns to go by, the first that is there


def measure(
    old: Sequence[Tagged], new: Sequence[Tagged], vocabulary: Collection[str], by: str | None = None, seed: int = 0
) -> Report:
    """Compare two sets of results.

    `vocabulary`: the terms that the model knows; `by`: an input column whose values to compare. A p-value is the share
    of shuffles with as great a change; `q` is corrected for the number of labels (Benjamini and Hochberg).
    """
    sides = [[result for result in side if result.paragraph.kind is Kind.BODY] for side in (old, new)]
    if not all(sides):
        raise PolicytagError("a file holds no body paragraph", "give two files that `policytag tag` wrote")
    results = [*sides[0], *sides[1]]
    labels = list(dict.fromkeys(tag.label for result in results for tag in result.tags))
    unit, groups = _units(sides)
    is_new = np.array([group < 0 for group in groups])
    counts = _sums(groups, np.array([[label in {t.label for t in r.tags} for label in labels] for r in results]))
    review = _sums(groups, np.array([[result.review] for result in results]))
    bins = _sums(groups, np.array([_histogram(result) for result in results]))
    sizes = _sums(groups, np.ones((len(results), 1)))
    side = _sums(groups, is_new[:, None])[:, 0] > 0
    random = np.random.default_rng(seed)
    shuffles = np.array([side, *(random.permutation(side) for _ in range(_ROUNDS))])
    rates = _rates(np.hstack([counts, review]), sizes, shuffles)
    p = _p_values(np.abs(rates[1] - rates[0]))
    far = _distances(bins, shuffles)
    return {
        "paragraphs": [len(part) for part in sides],
        "documents": [len({r.paragraph.document for r in part}) for part in sides],
        "models": [sorted({r.model for r in part}) for part in sides],
        "unit": unit,
        "labels": _labels(labels, rates[:, 0, :-1], p[:-1], _names(results)),
        "review": {"rates": rates[:, 0, -1].tolist(), "p": float(p[-1])},
        "confidence": {
            "histograms": [bins[~side].sum(axis=0).tolist(), bins[side].sum(axis=0).tolist()],
            "distance": float(far[0]),
            "p": float(_p_values(far[:, None])[0]),
        },
        "unknown": [unknown_share([r.paragraph.text for r in part], vocabulary) for part in sides],
        "by": _breakdown(results, labels, by),
    }


def unknown_share(texts: Sequence[str], vocabulary: Collection[str]) -> float | None:
    """Give the share of the two-character terms of `texts` that the vocabulary lacks; None where there are none."""
    known = frozenset(vocabulary)
    plain = [normalise(text) for text in texts]
    found = [text[i : i + 2] in known for text in plain for i in range(len(text) - 1)]
    return 1 - sum(found) / len(found) if found else None


def table(report: Report) -> str:
    """Give the report for the terminal; a star stands where a change is no chance (q < 0.05)."""
    from tabulate import tabulate

    def show(value: float | None) -> str:
        return "–" if value is None else f"{value:.3f}"

    far = report["confidence"]
    rows = [
        ["paragraphs", *report["paragraphs"], ""],
        ["documents", *report["documents"], ""],
        ["share to review", *map(show, report["review"]["rates"]), f"p {report['review']['p']:.4f}"],
        ["unknown terms", *map(show, report["unknown"]), ""],
        ["distance of confidences", "", show(far["distance"]), f"p {far['p']:.4f}"],
    ]
    labels = [
        [part["name"], label, *map(show, part["rates"]), f"{part['p']:.4f}", f"{part['q']:.4f}",
         "*" if part["q"] < 0.05 else ""]
        for label, part in report["labels"].items()
    ]  # fmt: skip
    head = ["", "label", "old", "new", "p", "q", ""]
    parts = [
        tabulate(rows, headers=["", "old", "new", ""], disable_numparse=True),
        tabulate(labels, headers=head, disable_numparse=True),
        f"shares of body paragraphs; chance measured by shuffling {report['unit']}s",
    ]
    if report["models"][0] != report["models"][1]:
        parts.append("the files were tagged by different models: tag both with one before you believe a change")
    if by := report["by"]:
        lines = [
            [value, part["paragraphs"], *(show(part["rates"][label]) for label in report["labels"])]
            for value, part in by["values"].items()
        ]
        names = [part["name"] for part in report["labels"].values()]
        parts.append(tabulate(lines, headers=[by["column"], "n", *names], disable_numparse=True))
    return "\n\n".join(parts)


def _units(sides: Sequence[Sequence[Tagged]]) -> tuple[str, list[int]]:
    """Give what is shuffled, and a number for each result: its document or itself, negative for the new file's."""
    documents = [[result.paragraph.document for result in side] for side in sides]
    if min(len(set(names)) for names in documents) < _DOCUMENTS:
        return "paragraph", [*range(len(sides[0])), *(-1 - i for i in range(len(sides[1])))]
    number: list[dict[str, int]] = [{}, {}]
    old = [number[0].setdefault(name, len(number[0])) for name in documents[0]]
    new = [-1 - number[1].setdefault(name, len(number[1])) for name in documents[1]]
    return "document", [*old, *new]


def _sums(groups: Sequence[int], values: npt.NDArray[Any]) -> Floats:
    """Add up the rows of each unit."""
    distinct, number = np.unique(np.array(groups), return_inverse=True)
    total = np.zeros((len(distinct), values.shape[1]))
    np.add.at(total, number, values)
    return total


def _rates(counts: Floats, sizes: Floats, shuffles: npt.NDArray[np.bool_]) -> Floats:
    """Give rates of the old and the new side (first axis) for every shuffle (second) and column."""
    return np.array([(part @ counts) / np.maximum(part @ sizes, 1) for part in (~shuffles * 1.0, shuffles * 1.0)])


def _distances(bins: Floats, shuffles: npt.NDArray[np.bool_]) -> Floats:
    """Give the Jensen-Shannon distance (0 to 1) of both sides' histograms for every shuffle; 0 without tags."""
    try:
        from scipy.spatial.distance import jensenshannon
    except ImportError as error:
        raise MissingExtra("scikit-learn", "learn") from error
    old, new = (part @ bins for part in (~shuffles * 1.0, shuffles * 1.0))
    filled = old.any(axis=1) & new.any(axis=1)
    far = np.zeros(len(shuffles))
    far[filled] = jensenshannon(old[filled], new[filled], base=2, axis=1)
    return far


def _p_values(change: Floats) -> Floats:
    """Give for each column the share of rows with a change as great as that of the first, itself included."""
    return np.asarray((change >= change[0] - 1e-12).mean(axis=0))


def _labels(labels: Sequence[str], rates: Floats, p: Floats, names: Mapping[str, str]) -> Report:
    from scipy.stats import false_discovery_control

    q = false_discovery_control(p) if len(p) else p
    return {
        label: {"name": names[label], "rates": rates[:, j].tolist(), "p": float(p[j]), "q": float(q[j])}
        for j, label in enumerate(labels)
    }


def _names(results: Sequence[Tagged]) -> dict[str, str]:
    return {tag.label: tag.name for result in results for tag in result.tags}


def _histogram(result: Tagged) -> Floats:
    counts, _ = np.histogram([tag.confidence for tag in result.tags], bins=_BINS, range=(0.0, 1.0))
    return counts.astype(np.float64)


def _breakdown(results: Sequence[Tagged], labels: Sequence[str], by: str | None) -> Report | None:
    """Give each label's rate for every value of an input column; dates go by month."""
    columns = {name for result in results for name in result.paragraph.columns or ()}
    if by and by not in columns:
        raise PolicytagError(f"no column '{by}' in the files", f"there are: {', '.join(sorted(columns)) or 'none'}")
    column = by or next((name for name in _PERIODS if name in columns), None)
    if column is None:
        return None
    parts: dict[str, list[Tagged]] = defaultdict(list)
    for result in results:
        value = (result.paragraph.columns or {}).get(column)
        parts["" if value is None else _month(str(value))].append(result)
    return {
        "column": column,
        "values": {
            value: {
                "paragraphs": len(part),
                "rates": {label: sum(label in {t.label for t in r.tags} for r in part) / len(part) for label in labels},
            }
            for value, part in sorted(parts.items())
        },
    }


def _month(value: str) -> str:
    """2024-03-05 → 2024-03; everything else as it is."""
    try:
        return date.fromisoformat(value[:10]).isoformat()[:7]
    except ValueError:
        return value
