"""Blind judgements beside those with the model's proposal in view."""

from dataclasses import replace

import numpy as np

from classifier.learning.examples import ADJUDICATOR
from classifier.records import Example, Kind
from classifier.studio import anchoring
from classifier.studio.judgements import ACCEPTED, BLIND, CHANGED, ORIGIN

LABELS = ("water_saving", "tree_planting", "road_repair")
Sets = dict[str, frozenset[str]]


def drawn(seed: int, count: int = 400) -> Sets:
    random = np.random.default_rng(seed)
    return {f"p{n}": frozenset(label for label in LABELS if random.random() < 0.4) for n in range(count)}


def judgement(name: str, labels: frozenset[str], origin: str, annotator: str = "first") -> Example:
    return Example(
        id=name, document=name, paragraph=1, genre="studio", kind=Kind.BODY, text="文", labels=labels,
        annotator=annotator, origin=origin,
    )  # fmt: skip


def judgements(truth: Sets, proposals: Sets, follows: float) -> list[Example]:
    """A quarter blind; where a proposal is in view it is taken as it is in a share of `follows` of the cases."""
    random = np.random.default_rng(1)
    made = []
    for n, (name, true) in enumerate(truth.items()):
        if n % 4 == 0:
            made.append(judgement(name, true, BLIND))
        else:
            labels = proposals[name] if random.random() < follows else true
            made.append(judgement(name, labels, ACCEPTED if labels == proposals[name] else CHANGED))
    return made


def test_annotators_who_follow_the_proposals_are_seen() -> None:
    truth, proposals = drawn(1), drawn(2)
    report = anchoring.measure(judgements(truth, proposals, 0.6), proposals, LABELS, rounds=200)
    assert report["blind"]["judgements"] == 100
    assert report["f1_with_model_difference"] > 0.2
    assert report["f1_with_model_interval"][0] > 0
    assert "+0." in anchoring.table(report)


def test_annotators_who_read_for_themselves_differ_by_chance_only() -> None:
    truth, proposals = drawn(1), drawn(2)
    report = anchoring.measure(judgements(truth, proposals, 0.0), proposals, LABELS, rounds=200)
    low, high = report["f1_with_model_interval"]
    assert low < 0 < high


def test_the_figures_are_those_of_each_side() -> None:
    proposals = {"a": frozenset({LABELS[0]}), "b": frozenset({LABELS[0]}), "c": frozenset({LABELS[1]})}
    made = [
        judgement("a", frozenset({LABELS[0]}), ACCEPTED),
        judgement("a", frozenset({LABELS[0]}), ORIGIN, "second"),
        judgement("b", frozenset({LABELS[1], LABELS[2]}), CHANGED),
        judgement("c", frozenset(), BLIND),
    ]
    report = anchoring.measure(made, proposals, LABELS, rounds=10)
    assert report["blind"] == {"judgements": 1, "f1_with_model": 0.0, "labels_a_paragraph": 0.0, "alpha_masi": None}
    assert report["prefilled"]["f1_with_model"] == 4 / 7
    assert report["prefilled"]["labels_a_paragraph"] == 4 / 3
    assert report["untouched"] == {"first": {"prefilled": 2, "share": 0.5}}


def test_one_side_alone_is_no_comparison() -> None:
    proposals = {"a": frozenset({LABELS[0]})}
    report = anchoring.measure([judgement("a", frozenset(), BLIND)], proposals, LABELS, rounds=10)
    assert report["f1_with_model_difference"] is None and report["labels_a_paragraph_interval"] is None
    assert "–" in anchoring.table(report)


def test_only_what_annotators_made_in_label_studio_is_compared() -> None:
    one = judgement("a", frozenset(), BLIND)
    others = [replace(one, annotator=ADJUDICATOR), replace(one, origin="composed")]
    assert anchoring.judged([one, *others]) == [one]
