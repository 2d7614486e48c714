"""What is doubtful in a set of judgements, as sentences: training goes on, people should look."""

from collections import defaultdict
from collections.abc import Sequence

from classifier.learning.examples import ADJUDICATOR
from classifier.records import Example

_SHOWN = 10


def doubts(judgements: Sequence[Example], examples: Sequence[Example]) -> list[str]:
    """Give a line for each doubt: equal texts with different labels, and two annotators who differ undecided."""
    return [*_listed(_contradictions(examples), "contradictory duplicates"), *_listed(_ties(judgements), "ties")]


def _contradictions(examples: Sequence[Example]) -> list[str]:
    copies: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        copies["".join(example.text.split())].append(example)
    return [
        f"{same[0].id} and {other.id} have the same text, but differ in {_names(same[0].labels ^ other.labels)}"
        for same in copies.values()
        for other in same[1:]
        if same[0].labels != other.labels
    ]


def _ties(judgements: Sequence[Example]) -> list[str]:
    groups: dict[str, list[Example]] = defaultdict(list)
    for judgement in judgements:
        groups[judgement.id].append(judgement)
    return [
        f"{id_}: {' and '.join(judgement.annotator for judgement in group)} differ in "
        f"{_names(group[0].labels ^ group[1].labels)}; adjudicate"
        for id_, group in groups.items()
        if len(group) == 2 and group[0].labels != group[1].labels and ADJUDICATOR not in {j.annotator for j in group}
    ]


def _listed(lines: Sequence[str], name: str) -> list[str]:
    more = [f"and {len(lines) - _SHOWN} more {name}"] if len(lines) > _SHOWN else []
    return [*lines[:_SHOWN], *more]


def _names(labels: frozenset[str]) -> str:
    return ", ".join(sorted(labels))
