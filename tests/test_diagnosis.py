"""What the model card shows beyond the figures, read off decisions."""

import json
from dataclasses import replace

import numpy as np
import pytest

from classifier.learning import crossfit, diagnosis, evaluation, metrics, training
from classifier.learning.crossfit import CrossFit
from classifier.learning.cues import Cue
from classifier.learning.evaluation import Decisions
from classifier.records import Example
from classifier.tagging.bundle import Bundle
from classifier.taxonomy import Taxonomy


@pytest.fixture(scope="module")
def trial(small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]) -> CrossFit:
    return crossfit.prepare(small_examples, small_taxonomy, small_cues)


@pytest.fixture(scope="module")
def decisions(trial: CrossFit) -> Decisions:
    return trial.decisions()


def test_decisions_are_those_that_training_measured(decisions: Decisions, small: Bundle) -> None:
    report = evaluation.figures(
        decisions.probability, decisions.given, decisions.true, decisions.labels, decisions.examples
    )
    measured = json.loads(json.dumps(small.report["out_of_fold"]))
    assert json.loads(json.dumps(report)) == measured
    assert decisions.threshold == pytest.approx(small.weights.threshold)


def test_they_are_measured_by_what_was_judged_before_adjudication(
    small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]
) -> None:
    # an adjudicator moved labels: models learn the new ones, figures and confidence rest on the old ones
    blind = [replace(e, blind=frozenset({"road_repair"}) ^ e.labels) if i % 9 == 0 else e
             for i, e in enumerate(small_examples)]  # fmt: skip
    model = training.train(blind, small_taxonomy, small_cues)
    trial = crossfit.prepare(blind, small_taxonomy, small_cues)
    found = trial.decisions()
    assert (trial.true != trial.blind).sum() == len(range(0, len(blind), 9))
    assert (found.true == trial.blind).all()
    assert metrics.f1(found.given, found.true) == model.report["out_of_fold"]["micro_f1"]
    assert found.threshold == pytest.approx(model.weights.threshold)


def test_everything_is_json(decisions: Decisions) -> None:
    json.dumps(diagnosis.diagnose(decisions), allow_nan=False)


def test_precision_and_recall_have_the_area_of_average_precision(decisions: Decisions) -> None:
    for j, label in enumerate(decisions.labels):
        points = diagnosis.precision_recall(decisions.probability[:, j], decisions.true[:, j])
        recall, precision = np.array(points).T
        assert (np.diff(recall) >= 0).all(), label
        area = (np.diff(recall, prepend=0) * precision).sum()
        expected = metrics.average_precision(decisions.probability[:, j], decisions.true[:, j])
        assert area == pytest.approx(expected, abs=0.01)
    assert diagnosis.precision_recall(np.array([0.5]), np.array([False])) == []


def test_reliability_counts_every_decision_and_is_diagonal_for_right_probabilities() -> None:
    random = np.random.default_rng(0)
    p = random.random((5000, 4))
    bins = diagnosis.reliability(p, random.random(p.shape) < p)
    assert sum(b["decisions"] for b in bins) == p.size
    assert all(abs(b["probability"] - b["true"]) < 0.05 for b in bins)


def test_confusions_are_labels_missed_where_another_was_given() -> None:
    true = np.array([[1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]], dtype=bool)
    given = np.array([[0, 1, 0], [0, 1, 0], [1, 0, 1], [0, 0, 0]], dtype=bool)
    assert diagnosis.confusions(given, true, ["a", "b", "c"]) == [{"missed": "a", "given": "b", "paragraphs": 2}]


def test_the_worst_error_comes_first_with_its_text(decisions: Decisions) -> None:
    probability = decisions.probability.copy()
    probability[7] = np.where(decisions.true[7], 0.001, 0.999)
    found = diagnosis.worst(replace(decisions, probability=probability))
    assert found[0]["id"] == decisions.examples[7].id
    assert found[0]["text"] == decisions.examples[7].text
    assert set(found[0]["true"]) == set(decisions.examples[7].labels)
    assert not set(found[0]["true"]) & set(found[0]["given"])


def test_no_threshold_is_better_than_the_best(decisions: Decisions) -> None:
    for part in diagnosis.diagnose(decisions)["thresholds"].values():
        assert part["best_f1"] >= max(part["f1"], part["f1_at_half"]) - 1e-12


def test_a_leak_is_seen_where_documents_repeat_themselves(
    trial: CrossFit, small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]
) -> None:
    # every paragraph twice in its document: a random split knows the answer, the split by documents does not
    twice = [replace(e, id=f"{e.id}-{k}") for e in trial.examples for k in (1, 2)]
    doubled = crossfit.prepare(twice, small_taxonomy, small_cues)
    leak = diagnosis.leak(doubled)
    assert leak["delta"] > 0.05
    assert leak["random"] - leak["by_document"] == pytest.approx(leak["delta"])


def test_intervals_of_labels_are_those_of_a_plain_bootstrap(decisions: Decisions) -> None:
    quick = evaluation.f1_intervals(decisions.documents, decisions.given, decisions.true, rounds=4000)
    for j, interval in enumerate(quick):
        given, true = decisions.given[:, j], decisions.true[:, j]
        plain = metrics.bootstrap(
            decisions.documents, lambda rows, g=given, t=true: metrics.f1(g[rows], t[rows]), rounds=4000
        )
        assert interval == pytest.approx(plain, abs=0.02)
        low, high = interval
        assert low <= metrics.f1(given, true) <= high


def test_a_label_that_never_occurs_has_no_interval(decisions: Decisions) -> None:
    nothing = np.zeros_like(decisions.true)
    assert evaluation.f1_intervals(decisions.documents, nothing, nothing) == [None, None, None]


def test_the_table_shows_intervals_of_labels_and_figures_by_genre(small: Bundle, small_examples: list[Example]) -> None:
    report = evaluation.evaluate(small, small_examples)
    shown = evaluation.table(report, small.labels).splitlines()
    for label, part in report["labels"].items():
        low, high = part["f1_interval"]
        row = next(line for line in shown if label in line)
        assert f"{part['f1']:.3f}  [{low:.3f}, {high:.3f}]" in row
    for part in ("genre", "origin"):
        for value, figures in report[part].items():
            assert any(
                line.split() == [value, str(figures["paragraphs"]), f"{figures['micro_f1']:.3f}"] for line in shown
            )


def test_lines_without_genre_have_no_table_of_genres(small: Bundle, small_examples: list[Example]) -> None:
    bare = [replace(example, genre="", origin="") for example in small_examples]
    shown = evaluation.table(evaluation.evaluate(small, bare), small.labels)
    assert "genre" not in shown
    assert "origin" not in shown
