"""Agreement of annotators, against NLTK and scikit-learn, and on the committed judgements."""

import re
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import taxonomy as taxonomies
from classifier.learning import agreement
from classifier.learning import examples as label_files
from classifier.learning.agreement import alpha, jaccard, kappa, masi
from classifier.records import Example
from classifier.taxonomy import Taxonomy

LABELS = ("water_saving", "tree_planting", "road_repair")
SETS = st.frozensets(st.sampled_from(LABELS))


def judged_by(annotator: str, examples: list[Example]) -> list[Example]:
    return [replace(example, annotator=annotator) for example in examples]


def at_random(examples: list[Example], seed: int = 0) -> list[Example]:
    """The same paragraphs with labels drawn without reading."""
    random = np.random.default_rng(seed)
    return [replace(e, labels=frozenset(label for label in LABELS if random.random() < 0.4)) for e in examples]


@given(SETS, SETS)
def test_distances_are_symmetric_and_zero_for_equal_sets_only(one: frozenset[str], other: frozenset[str]) -> None:
    for distance in (jaccard, masi):
        assert distance(one, other) == distance(other, one)
        assert (distance(one, other) == 0) == (one == other)
        assert 0 <= distance(one, other) <= 1


def test_alpha_is_that_of_its_authors_examples() -> None:
    """Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), parts A and C: nominal data, gaps in them."""
    for rows, expected in (
        (["0100000010", "1110010000"], 0.095),
        (["123321412   ", "1233224125 3", " 3332342251 ", "12332441251 "], 0.743),
    ):  # fmt: skip
        units = [[frozenset({value}) for value in unit if value != " "] for unit in zip(*rows, strict=True)]
        for distance in (jaccard, masi):
            assert alpha(units, distance)(np.arange(len(units))) == pytest.approx(expected, abs=5e-4)


def test_kappa_is_that_of_a_published_example() -> None:
    """Cohen 1960 for two answers: of 50 proposals both took 20 and refused 15, and differed in 5 and 10."""
    both = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    one, other = np.array(both).T
    assert kappa(one, other) == pytest.approx(0.4)


@settings(max_examples=50)
@given(st.lists(st.tuples(SETS, SETS, SETS), min_size=2, max_size=12))
def test_alpha_is_that_of_nltk(units: list[tuple[frozenset[str], ...]]) -> None:
    from nltk.metrics import AnnotationTask, jaccard_distance

    if len({labels for unit in units for labels in unit}) == 1:
        return
    empty = frozenset({"none"})  # NLTK divides by the size of both sets together
    rows = [(str(j), str(i), labels or empty) for i, unit in enumerate(units) for j, labels in enumerate(unit)]
    expected = AnnotationTask(data=rows, distance=jaccard_distance).alpha()
    assert alpha(units, jaccard)(np.arange(len(units))) == pytest.approx(expected)


def test_masi_is_that_of_its_author() -> None:
    a, b, c, d = "abcd"
    assert masi(frozenset({a, b}), frozenset({a, b})) == 0
    assert masi(frozenset({a}), frozenset({a, b})) == pytest.approx(1 - 1 / 2 * 2 / 3)
    assert masi(frozenset({a, b}), frozenset({b, c})) == pytest.approx(1 - 1 / 3 * 1 / 3)
    assert masi(frozenset({a}), frozenset({d})) == 1
    assert masi(frozenset(), frozenset({d})) == 1


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_kappa_is_that_of_scikit_learn(decisions: list[tuple[bool, bool]]) -> None:
    from sklearn.metrics import cohen_kappa_score

    one, other = np.array(decisions).T
    found = kappa(one, other)
    if found is None:
        assert len({*one.tolist(), *other.tolist()}) == 1
    else:
        assert found == pytest.approx(cohen_kappa_score(one, other))


def test_annotators_who_agree_have_alpha_one(small_examples: list[Example]) -> None:
    report = agreement.measure([*small_examples, *judged_by("second", small_examples)], LABELS, rounds=50)
    assert report["alpha_masi"] == report["alpha_jaccard"] == 1
    assert report["disagreements"] == []
    assert report["pairs"][0]["micro_f1"] == 1


def test_an_annotator_with_random_answers_is_seen(small_examples: list[Example]) -> None:
    judgements = [
        *small_examples,
        *judged_by("second", small_examples),
        *judged_by("third", at_random(small_examples)),
    ]
    report = agreement.measure(judgements, LABELS, rounds=50)
    found = {tuple(pair["annotators"]): pair["alpha_masi"] for pair in report["pairs"]}
    assert found["first", "second"] == 1
    assert abs(found["first", "third"]) < 0.2
    assert abs(found["second", "third"]) < 0.2
    with_others = {name: part["alpha_with_others"] for name, part in report["annotators"].items()}
    assert abs(with_others["third"]) < 0.2 < 0.4 < min(with_others["first"], with_others["second"])
    assert re.search(r"third +\d+ judgements, α with the others -?0\.[01]", agreement.table(report, {}))


def test_intervals_contain_their_figures_and_disagreements_are_listed_worst_first(
    small_examples: list[Example],
) -> None:
    report = agreement.measure([*small_examples, *judged_by("second", at_random(small_examples))], LABELS, rounds=200)
    low, high = report["alpha_masi_interval"]
    assert low < report["alpha_masi"] < high
    distances = [item["distance"] for item in report["disagreements"]]
    assert distances == sorted(distances, reverse=True)
    assert len(distances) == sum(
        e.labels != r.labels for e, r in zip(small_examples, at_random(small_examples), strict=True)
    )


def test_an_adjudicator_is_no_annotator_but_tells_who_was_upheld(small_examples: list[Example]) -> None:
    careless = judged_by("second", at_random(small_examples))
    judgements = [*small_examples, *careless, *judged_by(label_files.ADJUDICATOR, small_examples)]
    report = agreement.measure(judgements, LABELS, rounds=50)
    assert [pair["annotators"] for pair in report["pairs"]] == [["first", "second"]]
    assert report["upheld"]["first"]["share"] == 1
    assert report["upheld"]["second"]["share"] == 0
    assert all(item["decided"] == item["judgements"]["first"] for item in report["disagreements"])


def test_the_table_lists_what_nobody_decided_with_the_text_and_who_said_what(
    small_examples: list[Example], small_taxonomy: Taxonomy
) -> None:
    one, other = (replace(e, labels=frozenset({"water_saving"})) for e in small_examples[:2])
    second = [replace(e, annotator="second", labels=frozenset()) for e in (one, other)]
    decided = replace(other, annotator=label_files.ADJUDICATOR)
    report = agreement.measure([one, other, *second, decided], LABELS, rounds=10)
    shown = agreement.table(report, small_taxonomy.names)
    assert "disagreements          2, of them undecided 1" in shown
    assert re.search(rf"{re.escape(one.id)} .*first: 节水", shown) and "second: –" in shown
    assert other.text[:10] not in shown


def test_one_annotator_alone_has_no_agreement(small_examples: list[Example], small_taxonomy: Taxonomy) -> None:
    report = agreement.measure(small_examples, LABELS)
    assert report["alpha_masi"] is None
    assert report["pairs"] == []
    assert "–" in agreement.table(report, small_taxonomy.names)


def test_the_committed_judgements_agree_on_every_label() -> None:
    taxonomy = taxonomies.load(ROOT / "labels" / "taxonomy.toml")
    judgements = label_files.load(ROOT / "labels" / "corpus", taxonomy)
    report = agreement.measure(judgements, taxonomy.ids, rounds=100)
    assert report["alpha_masi"] > 0.8  # the customary bar (Krippendorff)
    [pair] = report["pairs"]
    assert min(part["kappa"] for part in pair["labels"].values()) > 0.6
    shown = agreement.table(report, taxonomy.names)
    assert all(name in shown for name in taxonomy.names.values())
