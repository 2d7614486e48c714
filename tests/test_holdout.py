"""The frozen test split, and the decisions of a model that has not seen it."""

from dataclasses import replace

import gatedata
import numpy as np
import pytest

from classifier.learning import holdout, metrics
from classifier.learning.comparison import decisions, judged_in, truth
from classifier.records import Example
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle
from classifier.taxonomy import Taxonomy


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return gatedata.examples()


@pytest.fixture(scope="module")
def candidate(examples: list[Example]) -> Bundle:
    return gatedata.trained(examples)


def test_about_the_stated_share_of_names_is_test() -> None:
    share = np.mean([holdout.is_test(f"document-{i}") for i in range(10_000)])
    assert abs(share - holdout.SHARE) < 0.012  # more than three standard deviations


def test_any_text_has_a_digest_and_any_name_a_side() -> None:
    assert len(holdout.text_digest("\ud800 知识产权")) == 8
    assert holdout.is_test("\ud800") in (True, False)
    assert holdout.text_digest("专利") != holdout.text_digest("专 利")


def test_the_two_sides_share_no_document(examples: list[Example]) -> None:
    learnt, test = holdout.split(examples)
    assert learnt
    assert {e.document for e in test} == {e.document for e in examples if holdout.is_test(e.document)}
    assert not {e.document for e in learnt} & {e.document for e in test}


def test_added_documents_move_no_old_one_even_when_they_tie_two_together(examples: list[Example]) -> None:
    learnt, test = holdout.split(examples)
    one, other = test[0].document, learnt[0].document
    # a document with the text of both: they are a family now, and its name comes first
    tie = [replace(e, id=f"0/{e.id}", document="0") for e in examples if e.document in (one, other)]
    more_learnt, more_test = holdout.split([*tie, *examples])
    assert [e.id for e in more_test if e.document != "0"] == [e.id for e in test]
    assert not {e.document for e in more_learnt} & {"0", one, other}


def test_a_document_that_shares_text_with_a_test_document_is_not_learnt_from(examples: list[Example]) -> None:
    _, test = holdout.split(examples)
    copies = [replace(e, id=f"copy/{e.id}", document=f"copy {e.document}") for e in test]
    learnt, _ = holdout.split([*examples, *copies])
    assert [e.id for e in learnt if e.id.startswith("copy/")] == []


def test_learning_the_test_documents_by_heart_under_other_names_gains_nothing(
    examples: list[Example], candidate: Bundle
) -> None:
    _, test = holdout.split(examples)
    copies = [replace(e, id=f"copy/{e.id}", document=f"c{e.document}") for e in test]
    copies = [e for e in copies if not holdout.is_test(e.document)]
    assert len(copies) > len(test) / 2
    cheat = holdout.judged(candidate, [*examples, *copies], gatedata.taxonomy())
    assert cheat.report["holdout"]["paragraphs"] == candidate.report["holdout"]["paragraphs"]


def test_the_record_holds_a_decision_on_every_test_paragraph(examples: list[Example], candidate: Bundle) -> None:
    record = candidate.report["holdout"]
    learnt, test = holdout.split(examples)
    assert list(record["paragraphs"]) == [e.id for e in test]
    assert judged_in(record, examples) == test
    assert record["learnt"]["examples"] == len(learnt)
    assert set(record["known"].split(" ")) == {holdout.text_digest(e.text) for e in examples}


def test_a_model_that_was_written_and_read_decides_as_its_figures_say(
    examples: list[Example], candidate: Bundle, tmp_path
) -> None:
    record = bundle.load(bundle.save(candidate, tmp_path)).report["holdout"]
    test = judged_in(record, examples)
    given, true = decisions(record, test, gatedata.LABELS)[1], truth(test, gatedata.LABELS)
    assert metrics.f1(given, true) == record["figures"]["micro_f1"]
    assert metrics.macro_f1(given, true) == pytest.approx(record["figures"]["macro_f1"])
    assert record["figures"]["micro_f1"] > 0.4  # far above chance: it has learnt something


def test_an_example_with_another_text_is_not_the_one_that_was_judged(
    examples: list[Example], candidate: Bundle
) -> None:
    _, test = holdout.split(examples)
    other = replace(test[0], text=test[0].text + "。")
    assert judged_in(candidate.report["holdout"], [other, test[1]]) == [test[1]]
    assert judged_in(None, test) == []


def test_with_few_test_documents_the_report_stays_and_that_is_told(
    small: Bundle, small_examples: list[Example], small_taxonomy: Taxonomy
) -> None:
    told: list[str] = []
    assert holdout.judged(small, small_examples, small_taxonomy, say=told.append) is small
    assert "out-of-fold figures decide" in told[0]


def test_with_nothing_left_to_learn_from_the_report_stays_and_that_is_told(
    examples: list[Example], candidate: Bundle
) -> None:
    _, test = holdout.split(examples)
    told: list[str] = []
    assert holdout.judged(candidate, test, gatedata.taxonomy(), say=told.append) is candidate
    assert "too little is left" in told[-1]
