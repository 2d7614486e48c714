"""Do proposals sway the annotators? Judgements of blind tasks beside those with the model's proposal in view.

Which tasks are blind is drawn by lot (`policytag studio push --blind`), so what differs beyond chance is the
proposal's doing: annotators who follow it agree with the model more where they see it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from tabulate import tabulate

from classifier.learning import metrics
from classifier.learning.agreement import alpha, masi
from classifier.learning.examples import ADJUDICATOR
from classifier.records import Example
from classifier.studio.judgements import ACCEPTED, BLIND, CHANGED, ORIGIN

Report = dict[str, Any]
Ints = npt.NDArray[np.int64]


def judged(judgements: Iterable[Example]) -> list[Example]:
    """Give those that annotators made in Label Studio, each for themselves."""
    return [e for e in judgements if e.annotator != ADJUDICATOR and e.origin in (BLIND, ACCEPTED, CHANGED, ORIGIN)]


def measure(
    judgements: Sequence[Example], proposals: Mapping[str, frozenset[str]], labels: Sequence[str], rounds: int = 1000
) -> Report:
    """Compare blind with prefilled judgements; `proposals`: what the model says, by paragraph.

    Intervals are 95 %, by bootstrap over documents. Differences are prefilled less blind, None where either is missing.
    """
    blind = np.array([e.origin == BLIND for e in judgements], dtype=bool)
    given = _matrix([e.labels for e in judgements], labels)
    said = _matrix([proposals[e.id] for e in judgements], labels)

    def with_model(rows: Ints, side: bool) -> float | None:
        of_side = rows[blind[rows] == side]
        return metrics.f1(given[of_side], said[of_side])

    def choices(rows: Ints, side: bool) -> float | None:
        of_side = rows[blind[rows] == side]
        return float(given[of_side].sum() / len(of_side)) if len(of_side) else None

    everything = np.arange(len(judgements))
    documents = [e.document for e in judgements]
    report: Report = {}
    for name, side in (("blind", True), ("prefilled", False)):
        of_side = [e for e in judgements if (e.origin == BLIND) == side]
        report[name] = {
            "judgements": len(of_side),
            "f1_with_model": with_model(everything, side),
            "labels_a_paragraph": choices(everything, side),
            "alpha_masi": _alpha(of_side),
        }
    for name, figure in (("f1_with_model", with_model), ("labels_a_paragraph", choices)):

        def difference(rows: Ints, figure: Any = figure) -> float | None:  # noqa: ANN401
            shown, hidden = figure(rows, False), figure(rows, True)
            return None if shown is None or hidden is None else shown - hidden

        value = difference(everything)
        interval = None if value is None else metrics.bootstrap(documents, difference, rounds)
        report[f"{name}_difference"], report[f"{name}_interval"] = value, interval
    report["untouched"] = _untouched(judgements)
    return report


def table(report: Report) -> str:
    """Give the comparison for the terminal."""
    names = {
        "judgements": "judgements", "f1_with_model": "F1 with the model",
        "labels_a_paragraph": "labels a paragraph", "alpha_masi": "α (MASI) of the annotators",
    }  # fmt: skip
    rows = []
    for key, name in names.items():
        change, interval = report.get(f"{key}_difference"), report.get(f"{key}_interval")
        text = "" if change is None else f"{change:+.3f}"
        text += f"  [{interval[0]:+.3f}, {interval[1]:+.3f}]" if interval else ""
        rows.append([name, *(_shown(report[side][key]) for side in ("blind", "prefilled")), text])
    parts = [tabulate(rows, headers=["proposals", "blind", "in view", "difference"], disable_numparse=True)]
    if untouched := report["untouched"]:
        lines = [[name, part["prefilled"], f"{part['share']:.0%}"] for name, part in untouched.items()]
        parts.append(tabulate(lines, headers=["annotator", "prefilled choices", "submitted untouched"]))
    return "\n\n".join(parts)


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else f"{value:,}"


def _matrix(sets: Sequence[frozenset[str]], labels: Sequence[str]) -> npt.NDArray[np.bool_]:
    found = [[label in given for label in labels] for given in sets]
    return np.array(found, dtype=bool).reshape(len(sets), len(labels))


def _alpha(judgements: Iterable[Example]) -> float | None:
    units: dict[str, list[frozenset[str]]] = defaultdict(list)
    for example in judgements:
        units[example.id].append(example.labels)
    shared = [unit for unit in units.values() if len(unit) > 1]
    return alpha(shared, masi)(np.arange(len(shared)))


def _untouched(judgements: Iterable[Example]) -> Report:
    """Give for each annotator how many prefilled choices they met, and the share they submitted as it was."""
    met: dict[str, list[bool]] = defaultdict(list)
    for example in judgements:
        if example.origin in (ACCEPTED, CHANGED):
            met[example.annotator].append(example.origin == ACCEPTED)
    return {name: {"prefilled": len(all_), "share": sum(all_) / len(all_)} for name, all_ in sorted(met.items())}
