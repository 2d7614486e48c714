"""The report of a model on labelled paragraphs."""

import json
from dataclasses import replace

import numpy as np
import pytest

from classifier.learning import evaluation, metrics
from classifier.records import Example
from classifier.tagging.bundle import Bundle
from classifier.tagging.tagger import Tagger


@pytest.fixture(scope="module")
def report(small: Bundle, small_examples: list[Example]) -> evaluation.Report:
    return evaluation.evaluate(small, small_examples)


def test_figures_are_those_of_the_tags_that_the_tagger_gives(
    report: evaluation.Report, small: Bundle, small_examples: list[Example]
) -> None:
    probability = Tagger(bundle=small).probabilities([e.text for e in small_examples])
    found = probability >= small.weights.threshold
    true = np.array([[label in e.labels for label in small.labels] for e in small_examples])
    assert report["micro_f1"] == pytest.approx(metrics.f1(found, true))
    assert report["macro_f1"] == pytest.approx(metrics.macro_f1(found, true))
    assert report["brier"] == pytest.approx(metrics.brier(probability, true))
    for j, label in enumerate(small.labels):
        assert report["labels"][label]["positives"] == true[:, j].sum()
        assert report["labels"][label]["given"] == found[:, j].sum()


def test_a_model_does_well_on_what_it_has_learnt(report: evaluation.Report) -> None:
    assert report["micro_f1"] > 0.9


def test_paragraphs_and_documents_are_counted(report: evaluation.Report, small_examples: list[Example]) -> None:
    assert report["paragraphs"] == len(small_examples)
    assert report["documents"] == len({e.document for e in small_examples})
    assert sum(part["paragraphs"] for part in report["origin"].values()) == len(small_examples)


def test_a_label_that_the_model_lacks_counts_as_missed(small: Bundle, small_examples: list[Example]) -> None:
    rows = [replace(e, labels=e.labels | {"new_label"}) for e in small_examples]
    report = evaluation.evaluate(small, rows)
    assert report["labels"]["new_label"]["recall"] == 0
    assert report["labels"]["new_label"]["given"] == 0
    assert report["micro_recall"] < evaluation.evaluate(small, small_examples)["micro_recall"]


def test_a_wrong_tag_on_every_paragraph_is_seen(small: Bundle, small_examples: list[Example]) -> None:
    # classes come from the model, not from the truth: where nothing is true every tag is an error
    always = replace(small, weights=replace(small.weights, threshold=np.zeros(3, np.float32)))
    report = evaluation.evaluate(always, [replace(e, labels=frozenset()) for e in small_examples])
    assert report["micro_f1"] == 0
    assert report["micro_precision"] == 0
    assert report["empty_tagged"] == 1


def test_paragraphs_without_labels_that_get_none_have_no_f1(small: Bundle, small_examples: list[Example]) -> None:
    never = replace(small, weights=replace(small.weights, threshold=np.full(3, 2, np.float32)))
    report = evaluation.evaluate(never, [replace(e, labels=frozenset()) for e in small_examples])
    assert report["micro_f1"] is None
    assert report["macro_f1"] is None
    assert report["exact_match"] == 1
    json.dumps(report, allow_nan=False)
    assert "–" in evaluation.table(report, small.labels)


def test_intervals_contain_their_figures(report: evaluation.Report) -> None:
    for name in ("micro_f1", "macro_f1"):
        low, high = report[f"{name}_interval"]
        assert low <= report[name] <= high


def test_outside_review_only_sure_decisions_count(small: Bundle, small_examples: list[Example]) -> None:
    everything = replace(small.weights, limit=np.array(-1, np.float32))
    report = evaluation.evaluate(replace(small, weights=everything), small_examples)
    assert report["outside_review"] == {"share": 0.0, "micro_f1": None}


def test_a_single_paragraph_can_be_evaluated(small: Bundle, small_examples: list[Example]) -> None:
    report = evaluation.evaluate(small, small_examples[:1])
    assert report["paragraphs"] == 1
    json.dumps(report, allow_nan=False)


def test_a_report_is_json_and_survives_it(report: evaluation.Report, small: Bundle) -> None:
    again = json.loads(json.dumps(report, ensure_ascii=False, allow_nan=False))
    assert evaluation.table(again, small.labels) == evaluation.table(report, small.labels)


def test_the_table_shows_every_label_and_the_interval_beside_its_figure(
    report: evaluation.Report, small: Bundle
) -> None:
    lines = evaluation.table(report, small.labels).splitlines()
    assert lines[0] == "76 paragraphs, 14 documents; 95 % intervals by document"
    low, high = report["micro_f1_interval"]
    expected = ["micro_f1", f"{report['micro_f1']:.3f}", f"[{low:.3f},", f"{high:.3f}]"]
    assert next(line for line in lines if line.startswith("micro_f1")).split() == expected
    for label, name in small.labels.items():
        row = next(line for line in lines if label in line)
        assert row.split()[:3] == [name, label, str(report["labels"][label]["positives"])]
