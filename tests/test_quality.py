"""Suspect labels: wrong ones that were planted come first."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from conftest import ROOT

from classifier import taxonomy as taxonomies
from classifier.learning import crossfit, quality, similarity
from classifier.learning import cues as cue_files
from classifier.learning import examples as label_files
from classifier.learning.cues import Cue
from classifier.learning.evaluation import Decisions
from classifier.records import Example
from classifier.tagging.bundle import Bundle
from classifier.taxonomy import Taxonomy


def plant(examples: Sequence[Example], labels: Sequence[str], share: float = 0.05) -> tuple[list[Example], set[int]]:
    """Spoil a share of the examples: a label exchanged for another, added or dropped, in equal parts."""
    random = np.random.default_rng(0)
    spoilt = list(examples)
    rows = random.choice(len(examples), size=int(share * len(examples)), replace=False).tolist()
    for i in rows:
        labels_now = set(examples[i].labels)
        kind = random.choice(["exchanged", "added", "dropped"]) if labels_now else "added"
        others = [label for label in labels if label not in labels_now]
        if kind != "added":
            labels_now.remove(random.choice(sorted(labels_now)))
        if kind != "dropped":
            labels_now.add(str(random.choice(others)))
        spoilt[i] = replace(examples[i], labels=frozenset(labels_now))
    return spoilt, set(rows)


@pytest.fixture(scope="module")
def decisions(small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]) -> Decisions:
    return crossfit.prepare(small_examples, small_taxonomy, small_cues).decisions()


@pytest.fixture(scope="module")
def spoilt() -> tuple[Decisions, set[int]]:
    """Out-of-fold decisions on every fifth document of the committed corpus, spoilt, and which rows were."""
    taxonomy = taxonomies.load(ROOT / "labels" / "taxonomy.toml")
    cues = cue_files.load(ROOT / "labels" / "cues.toml", taxonomy)
    examples = label_files.merge(label_files.load(ROOT / "labels" / "corpus", taxonomy))
    chosen = set(sorted({example.document for example in examples})[::5])
    rows, planted = plant([example for example in examples if example.document in chosen], taxonomy.ids)
    trial = crossfit.prepare([replace(row, blind=None) for row in rows], taxonomy, cues)
    return replace(trial.decisions(), true=trial.true), planted


def found(score: npt.NDArray[np.floating], planted: set[int]) -> float:
    """The share of the planted errors in the first tenth of the list."""
    first = np.argsort(-score, kind="stable")[: len(score) // 10]
    return len(planted & set(first.tolist())) / len(planted)


def test_of_5_percent_planted_errors_most_are_in_the_first_tenth(spoilt: tuple[Decisions, set[int]]) -> None:
    decisions, planted = spoilt
    assert len(planted) == len(decisions.examples) // 20
    assert found(quality.against(decisions).sum(axis=1), planted) >= 0.6


def test_no_fewer_are_found_than_by_cleanlab(spoilt: tuple[Decisions, set[int]]) -> None:
    from cleanlab.multilabel_classification import get_label_quality_scores

    decisions, planted = spoilt
    judged = [np.flatnonzero(row).tolist() for row in decisions.true]
    theirs = -get_label_quality_scores(judged, decisions.probability)
    assert found(theirs, planted) > 0.3  # else the comparison would say nothing
    assert found(quality.against(decisions).sum(axis=1), planted) >= found(theirs, planted)


def test_suspects_are_listed_worst_first(spoilt: tuple[Decisions, set[int]], committed: Bundle) -> None:
    decisions, _ = spoilt
    rows = similarity.rows([example.text for example in decisions.examples], committed)
    scores = [suspect.score for suspect in quality.suspects(decisions, rows, count=20)]
    assert len(scores) == 20
    assert scores == sorted(scores, reverse=True)


def test_a_judgement_that_the_model_shares_is_no_suspect(decisions: Decisions) -> None:
    right = (decisions.given == decisions.true).all(axis=1)
    assert (quality.against(decisions)[right].sum(axis=1) == 0).all()
    assert (quality.against(decisions)[~right].sum(axis=1) > 0).all()


def test_a_copy_judged_otherwise_is_the_closest_contradiction(small: Bundle, small_examples: list[Example]) -> None:
    twin = replace(small_examples[1], id="twin", labels=frozenset({"road_repair"}))
    examples = [*small_examples, twin]
    labels = tuple(small.labels)
    true = np.array([[label in example.labels for label in labels] for example in examples])
    honest = np.where(true, 0.9, 0.1)
    honest[-1] = honest[1]  # the model says of the twin what it says of its original
    made = Decisions(examples=tuple(examples), labels=labels, true=true, probability=honest, threshold=np.full(3, 0.5))
    [suspect] = quality.suspects(made, similarity.rows([example.text for example in examples], small))
    assert suspect.example is twin
    assert {doubt.label: doubt.judged for doubt in suspect.doubts} == {"road_repair": True, "water_saving": False}
    for doubt in suspect.doubts:
        assert doubt.contradicting is not None
        assert doubt.contradicting.example is small_examples[1]
        assert doubt.contradicting.similarity == pytest.approx(1)
        if doubt.supporting:
            assert (doubt.label in doubt.supporting.example.labels) == doubt.judged
    shown = quality.table([suspect], small.labels)
    assert "twin" in shown
    assert small_examples[1].id in shown


def test_nothing_is_suspect_where_all_judgements_are_shared(small: Bundle, small_examples: list[Example]) -> None:
    labels = tuple(small.labels)
    true = np.array([[label in example.labels for label in labels] for example in small_examples])
    made = Decisions(
        examples=tuple(small_examples), labels=labels, true=true, probability=np.where(true, 0.9, 0.1),
        threshold=np.full(3, 0.5),
    )  # fmt: skip
    assert quality.suspects(made, similarity.rows([e.text for e in small_examples], small)) == []
