"""Several annotators' judgements → how well they agree: Cohen's κ per label, Krippendorff's α on label sets.

The adjudicator saw what the others judged, so is no independent annotator: measured is only whom the decisions
upheld.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.learning import metrics
from classifier.learning.examples import ADJUDICATOR
from classifier.records import Example

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Labels = frozenset[str]
Distance = Callable[[Labels, Labels], float]
Report = dict[str, Any]
Paragraphs = Mapping[str, Mapping[str, Example]]  # judgements by annotator, by paragraph
SHOWN = 20  # disagreements in the terminal


def jaccard(one: Labels, other: Labels) -> float:
    """Share of the labels of either that is not of both; 0 for two empty sets."""
    either = one | other
    return 1 - len(one & other) / len(either) if either else 0.0


def masi(one: Labels, other: Labels) -> float:
    """Passonneau's measure of agreement on set-valued items (LREC 2006): milder where one set holds the other."""
    if one == other:
        return 0.0
    kind = 2 / 3 if one < other or other < one else 1 / 3 if one & other else 0.0
    return 1 - (1 - jaccard(one, other)) * kind


def kappa(one: Bools, other: Bools) -> float | None:
    """Cohen's κ of two annotators' decisions; None where both always decided alike the same way."""
    by_chance = one.mean() * other.mean() + (1 - one.mean()) * (1 - other.mean()) if len(one) else 1.0
    return None if by_chance == 1 else float(((one == other).mean() - by_chance) / (1 - by_chance))


def alpha(units: Sequence[Sequence[Labels]], distance: Distance) -> Callable[[npt.NDArray[np.int64]], float | None]:
    """Give a function from numbers of units to Krippendorff's α of those units (Content Analysis, chapter 12).

    A unit holds the label sets that its annotators gave. None where all sets are the same.
    """
    kinds = sorted({labels for unit in units for labels in unit}, key=sorted)
    number = {labels: i for i, labels in enumerate(kinds)}
    apart = np.array([[distance(one, other) for other in kinds] for one in kinds])
    counts = np.zeros((len(units), len(kinds)))
    for i, unit in enumerate(units):
        if len(unit) > 1:  # a single judgement agrees with nobody
            np.add.at(counts[i], [number[labels] for labels in unit], 1.0)
    sizes = counts.sum(axis=1)
    observed = ((counts @ apart) * counts).sum(axis=1) / np.maximum(sizes - 1, 1)

    def figure(rows: npt.NDArray[np.int64]) -> float | None:
        total, n = counts[rows].sum(axis=0), sizes[rows].sum()
        expected = float(total @ apart @ total) / (n - 1) if n > 1 else 0.0
        return 1 - float(observed[rows].sum()) / expected if expected else None

    return figure


def measure(judgements: Iterable[Example], labels: Sequence[str], rounds: int = 1000) -> Report:
    """Give all figures; intervals are 95 %, by bootstrap over documents."""
    paragraphs: dict[str, dict[str, Example]] = defaultdict(dict)
    counts: dict[str, int] = defaultdict(int)
    for judgement in judgements:
        paragraphs[judgement.id][judgement.annotator] = judgement
        counts[judgement.annotator] += 1
    independent = {i: _without_adjudicator(by) for i, by in paragraphs.items()}
    shared = {i: by for i, by in independent.items() if len(by) > 1}
    annotators = sorted(counts.keys() - {ADJUDICATOR})
    pairs = [
        _pair(one, other, both, labels, rounds)
        for one, other in combinations(annotators, 2)
        if (both := [(by[one], by[other]) for by in shared.values() if one in by and other in by])
    ]
    return {
        "annotators": {
            name: {"judgements": count, "alpha_with_others": _alpha_with_others(name, shared.values())}
            for name, count in sorted(counts.items())
        },
        "paragraphs": len(shared),
        **_alphas(list(shared.values()), rounds),
        "pairs": pairs,
        "upheld": _upheld(paragraphs, labels),
        "disagreements": _disagreements(paragraphs, shared),
    }


def table(report: Report, names: Mapping[str, str]) -> str:
    """Give the figures for the terminal, and of the disagreements that nobody decided those furthest apart."""
    from tabulate import tabulate

    def show(value: float | None, interval: Sequence[float] | None = None) -> str:
        text = "–" if value is None else f"{value:.3f}"
        return f"{text}  [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else text

    rows = [
        [name, f"{part['judgements']} judgements, α with the others {show(part['alpha_with_others'])}"]
        for name, part in report["annotators"].items()
    ]
    rows += [["judged by two or more", f"{report['paragraphs']} paragraphs"]]
    rows += [[name, show(report[name], report[f"{name}_interval"])] for name in ("alpha_masi", "alpha_jaccard")]
    rows += [
        [f"{name} upheld", f"{show(part['share'])} of {part['disputed']} decisions"]
        for name, part in report["upheld"].items()
    ]
    undecided = [item for item in report["disagreements"] if item["decided"] is None]
    rows += [["disagreements", f"{len(report['disagreements'])}, of them undecided {len(undecided)}"]]
    parts = [tabulate(rows, tablefmt="plain", disable_numparse=True)]
    for pair in report["pairs"]:
        one, other = pair["annotators"]
        head = f"{one} and {other}: {pair['paragraphs']} paragraphs, micro F1 "
        head += f"{show(pair['micro_f1'], pair['micro_f1_interval'])}, α {show(pair['alpha_masi'])}"
        lines = [
            [names.get(label, ""), label, part["both"], *part["only"], show(part["kappa"], part["interval"])]
            for label, part in pair["labels"].items()
        ]
        columns = ["", "label", "both", f"only {one}", f"only {other}", "κ"]
        parts.append(f"{head}\n\n{tabulate(lines, headers=columns, disable_numparse=True)}")
    if shown := undecided[:SHOWN]:
        lines = [
            [item["id"], item["text"], "\n".join(f"{who}: {_named(said, names)}" for who, said in judged.items())]
            for item in shown
            for judged in [item["judgements"]]
        ]
        heads = [f"undecided, the {len(shown)} furthest apart", "text", "who said what"]
        parts.append(tabulate(lines, headers=heads, maxcolwidths=[None, 50, None]))
    return "\n\n".join(parts)


def _named(labels: Iterable[str], names: Mapping[str, str]) -> str:
    return "、".join(names.get(label, label) for label in labels) or "–"


def _alpha_with_others(annotator: str, shared: Iterable[Mapping[str, Example]]) -> float | None:
    """Give α (MASI) of an annotator and each other one: near 0 for answers given without reading."""
    units = [
        (by[annotator].labels, judged.labels)
        for by in shared
        if annotator in by
        for name, judged in by.items()
        if name != annotator
    ]
    return alpha(units, masi)(np.arange(len(units)))


def _without_adjudicator(judgements: Mapping[str, Example]) -> dict[str, Example]:
    return {annotator: judged for annotator, judged in judgements.items() if annotator != ADJUDICATOR}


def _alphas(shared: Sequence[Mapping[str, Example]], rounds: int) -> Report:
    units = [[judged.labels for judged in by.values()] for by in shared]
    documents = [next(iter(by.values())).document for by in shared]
    report: Report = {}
    for name, distance in (("alpha_masi", masi), ("alpha_jaccard", jaccard)):
        figure = alpha(units, distance)
        report[name] = figure(np.arange(len(units)))
        report[f"{name}_interval"] = metrics.bootstrap(documents, figure, rounds) if units else None
    return report


def _pair(one: str, other: str, both: Sequence[tuple[Example, Example]], labels: Sequence[str], rounds: int) -> Report:
    first, second = (np.array([[j in pair[side].labels for j in labels] for pair in both]) for side in (0, 1))
    documents = [judged.document for judged, _ in both]

    def of_label(a: Bools, b: Bools) -> Report:
        return {
            "kappa": kappa(a, b),
            "interval": metrics.bootstrap(documents, lambda rows: kappa(a[rows], b[rows]), rounds),
            "both": int((a & b).sum()),
            "only": [int((a & ~b).sum()), int((b & ~a).sum())],
        }

    return {
        "annotators": [one, other],
        "paragraphs": len(both),
        "micro_f1": metrics.f1(first, second),
        "micro_f1_interval": metrics.bootstrap(documents, lambda rows: metrics.f1(first[rows], second[rows]), rounds),
        "exact_match": float((first == second).all(axis=1).mean()),
        "alpha_masi": alpha([(a.labels, b.labels) for a, b in both], masi)(np.arange(len(both))),
        "labels": {label: of_label(first[:, j], second[:, j]) for j, label in enumerate(labels)},
    }


def _upheld(paragraphs: Paragraphs, labels: Sequence[str]) -> Report:
    """Give for each annotator the share of disputed decisions in which the adjudicator sided with them."""
    disputed: dict[str, int] = defaultdict(int)
    upheld: dict[str, int] = defaultdict(int)
    for by in paragraphs.values():
        others = _without_adjudicator(by)
        if ADJUDICATOR not in by or len(others) < 2:
            continue
        for label in labels:
            if len({label in judged.labels for judged in others.values()}) == 2:
                for annotator, judged in others.items():
                    disputed[annotator] += 1
                    upheld[annotator] += (label in judged.labels) == (label in by[ADJUDICATOR].labels)
    return {name: {"disputed": n, "share": upheld[name] / n} for name, n in sorted(disputed.items())}


def _disagreements(paragraphs: Paragraphs, shared: Paragraphs) -> list[Report]:
    """Give the paragraphs that were judged differently, the furthest apart first."""
    found = []
    for key, by in shared.items():
        distance = max(masi(a.labels, b.labels) for a, b in combinations(by.values(), 2))
        if distance:
            decided = paragraphs[key].get(ADJUDICATOR)
            found.append(
                {
                    "id": key,
                    "document": next(iter(by.values())).document,
                    "text": next(iter(by.values())).text,
                    "distance": distance,
                    "judgements": {name: sorted(judged.labels) for name, judged in by.items()},
                    "decided": sorted(decided.labels) if decided else None,
                }
            )
    return sorted(found, key=lambda item: -item["distance"])
