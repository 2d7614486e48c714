"""From paragraphs to tags: who is tagged, in what order, and that thresholds and the limit of doubt are kept."""

from dataclasses import replace

import numpy as np
import pytest

from classifier.records import Example, Kind, Paragraph
from classifier.tagging import tags
from classifier.tagging.bundle import Bundle
from classifier.tagging.tagger import BATCH, Tagger

SAYS_ROAD = "养护队修补路面坑槽二百处，农村公路由站里养护。"


def paragraph(text: str, number: int = 1, kind: Kind = Kind.BODY) -> Paragraph:
    return Paragraph(id=f"p#{number}", document="p", number=number, kind=kind, text=text, source=((0, len(text)),))


def changed(bundle: Bundle, **arrays: list[float] | float) -> Bundle:
    """The model with another threshold or limit."""
    weights = replace(bundle.weights, **{name: np.array(value, np.float32) for name, value in arrays.items()})
    return replace(bundle, weights=weights)


def test_paragraphs_come_back_in_order_and_each_once(small: Bundle, small_examples: list[Example]) -> None:
    given = [paragraph(e.text, i, e.kind) for i, e in enumerate(small_examples * 8)]
    assert len(given) > 2 * BATCH
    assert [result.paragraph for result in Tagger(bundle=small).tag(given)] == given


def test_a_result_does_not_depend_on_the_paragraphs_around_it(small: Bundle, small_examples: list[Example]) -> None:
    texts = ["2024年节水12万方，村里改用滴灌。", "3月植树", *(e.text for e in small_examples)]
    tagger = Tagger(bundle=small, all_scores=True, evidence=True)
    together = list(tagger.tag([paragraph(text, i) for i, text in enumerate(texts)]))
    alone = [next(tagger.tag([paragraph(text, i)])) for i, text in enumerate(texts)]
    for one, other in zip(together, alone, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-6)
        assert [tag.label for tag in one.tags] == [tag.label for tag in other.tags]
        assert one.evidence == other.evidence


def test_paragraphs_are_taken_as_they_come(small: Bundle) -> None:
    taken = []

    def stream():
        for i in range(10_000):
            taken.append(i)
            yield paragraph(SAYS_ROAD, i)

    next(Tagger(bundle=small).tag(stream()))
    assert len(taken) < 2000


def test_no_paragraphs_give_no_results(small: Bundle) -> None:
    assert list(Tagger(bundle=small).tag([])) == []


def test_a_clear_paragraph_gets_its_tag_with_its_name(small: Bundle) -> None:
    [result] = Tagger(bundle=small).tag([paragraph(SAYS_ROAD)])
    assert [(tag.label, tag.name) for tag in result.tags] == [("road_repair", "道路养护")]
    assert 0.5 < result.tags[0].confidence <= 1
    assert result.model == small.id


@pytest.mark.parametrize("text", ["", " ", "ЖЖ", "😀"])
def test_a_paragraph_that_says_nothing_gets_no_tag(text: str, small: Bundle) -> None:
    [result] = Tagger(bundle=small).tag([paragraph(text)])
    assert result.tags == ()


@pytest.mark.parametrize(
    ("kind", "headings", "tagged"),
    [
        (Kind.BODY, False, True),
        (Kind.HEADING, False, False),
        (Kind.HEADING, True, True),
        (Kind.FURNITURE, False, False),
        (Kind.FURNITURE, True, False),
    ],
)
def test_headings_are_tagged_on_request_and_furniture_never(
    kind: Kind, headings: bool, tagged: bool, small: Bundle
) -> None:
    tagger = Tagger(bundle=small, headings=headings, all_scores=True, evidence=True)
    [result] = tagger.tag([paragraph(SAYS_ROAD, kind=kind)])
    assert bool(result.tags) is tagged
    assert (result.scores is not None) is tagged
    assert (result.evidence is not None) is tagged


def test_what_is_not_tagged_is_not_for_review(small: Bundle) -> None:
    everything = changed(small, limit=-1.0)
    results = Tagger(bundle=everything).tag([paragraph(SAYS_ROAD, kind=Kind.FURNITURE), paragraph(SAYS_ROAD)])
    assert [result.review for result in results] == [False, True]


def test_scores_and_evidence_come_on_request_only(small: Bundle) -> None:
    [plain] = Tagger(bundle=small).tag([paragraph(SAYS_ROAD)])
    assert plain.scores is None
    assert plain.evidence is None
    [full] = Tagger(bundle=small, all_scores=True, evidence=True).tag([paragraph(SAYS_ROAD)])
    assert list(full.scores) == list(small.labels)
    assert {item.label for item in full.evidence} == {"road_repair"}


def test_tags_are_the_scores_from_the_threshold_on_surest_first(small: Bundle, small_examples: list[Example]) -> None:
    threshold = dict(zip(small.labels, small.weights.threshold.tolist(), strict=True))
    results = list(Tagger(bundle=small, all_scores=True).tag([paragraph(e.text) for e in small_examples]))
    assert any(len(result.tags) > 1 for result in results)
    for result in results:
        expected = {label: score for label, score in result.scores.items() if score >= threshold[label]}
        assert {tag.label: tag.confidence for tag in result.tags} == expected
        confidence = [tag.confidence for tag in result.tags]
        assert confidence == sorted(confidence, reverse=True)


def test_a_probability_at_the_threshold_gives_the_tag_and_one_below_does_not(small: Bundle) -> None:
    model = changed(small, threshold=[0.5, 0.5, 0.5])
    found = tags.tags(np.array([[0.5, 0.49, 0.51]], np.float32), model)
    assert [tag.label for tag in found[0]] == ["road_repair", "water_saving"]


def test_review_is_asked_for_above_the_limit_of_doubt(small: Bundle) -> None:
    model = changed(small, threshold=[0.5] * 3, limit=0.5)
    # wrong: 0.1 + 0.1 + 0.1, 0.1 + 0.5 + 0.1, 0.25 + 0.25 + 0, 0.3 + 0.3 + 0; right: 0.9, 0.5 + 0.9, 0.75, 0
    rows = np.array([[0.1, 0.9, 0.1], [0.1, 0.5, 0.9], [0.25, 0.75, 0], [0.3, 0.3, 0]], np.float32)
    assert tags.review(rows, model) == [False, False, False, True]
    assert tags.review(rows, changed(model, limit=0.05)) == [False, True, True, True]
    assert tags.review(rows, changed(model, limit=-np.inf)) == [True] * 4


def test_what_is_left_without_review_has_the_highest_f1_that_so_many_rows_can_have() -> None:
    random = np.random.default_rng(3)
    probability = random.beta(0.2, 0.6, (400, 4))  # rights and wrongs as expected, not as drawn: no luck
    given = probability >= 0.4
    right, wrong = (
        np.where(given, probability, 0).sum(axis=1),
        np.where(given, 1 - probability, probability).sum(axis=1),
    )
    order = np.argsort(tags.doubt(probability, given))

    def f1(rows: np.ndarray) -> float:
        return float(2 * right[rows].sum() / (2 * right[rows].sum() + wrong[rows].sum()))

    number = next(n for n in range(399, 0, -1) if f1(order[:n]) >= 0.82)
    assert 0 < number < 400
    assert f1(order[:number]) > f1(np.argsort(wrong)[:number])
    for leaves, comes in random.integers(0, [number, 400 - number], (500, 2)):
        swapped = np.append(np.delete(order[:number], leaves), order[number + comes])
        assert f1(swapped) <= f1(order[:number]) + 1e-4


def test_probabilities_of_all_labels_are_between_0_and_1(small: Bundle, small_examples: list[Example]) -> None:
    probability = Tagger(bundle=small).probabilities([e.text for e in small_examples])
    assert probability.shape == (len(small_examples), 3)
    assert np.all((probability >= 0) & (probability <= 1))
