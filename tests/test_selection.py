"""What is chosen to be labelled next."""

from dataclasses import replace

import numpy as np
import pytest

from classifier.learning import selection, similarity
from classifier.records import Example, Kind, Paragraph
from classifier.tagging.bundle import Bundle

PLAIN = "他每天早上打太极拳，下午看报纸。"
TEXTS = [
    "乡里给果园装滴灌，又在路旁补植杨树一千棵。",
    "水库边的护林员每月巡查一次，记录水位和树木长势。",
    "施工队把乡道的边沟重新挖深，雨水不再漫上路面。",
    PLAIN,
]


def paragraph(text: str, number: int = 1, kind: Kind = Kind.BODY) -> Paragraph:
    return Paragraph(id=f"x#{number}", document="x", number=number, kind=kind, text=text, source=())


def texts_of(examples: list[Example]) -> list[str]:
    return [example.text for example in examples]


def choose(texts: list[str], bundle: Bundle, examples: list[Example], count: int = 100) -> list[str]:
    paragraphs = [paragraph(text, i) for i, text in enumerate(texts)]
    return [choice.paragraph.text for choice in selection.choose(paragraphs, bundle, texts_of(examples), count)]


def test_the_worthiest_come_first_and_no_more_than_asked_for(small: Bundle, small_examples: list[Example]) -> None:
    paragraphs = [paragraph(text, i) for i, text in enumerate(TEXTS)]
    choices = selection.choose(paragraphs, small, texts_of(small_examples))
    assert [c.worth for c in choices] == sorted((c.worth for c in choices), reverse=True)
    assert len(choices) > 2
    assert selection.choose(paragraphs, small, texts_of(small_examples), count=2) == choices[:2]


def test_what_is_labelled_already_is_not_chosen(small: Bundle, small_examples: list[Example]) -> None:
    known = [example.text for example in small_examples[:5]]
    assert set(choose([*known, *TEXTS], small, small_examples)) <= set(TEXTS) - {PLAIN}


def test_of_near_copies_one_is_chosen(small: Bundle, small_examples: list[Example]) -> None:
    chosen = choose([TEXTS[0], TEXTS[0] + "今年也是。", TEXTS[0], TEXTS[2]], small, small_examples)
    assert sum(text.startswith(TEXTS[0]) for text in chosen) == 1
    assert TEXTS[2] in chosen


def test_chosen_paragraphs_are_unlike_one_another(small: Bundle, small_examples: list[Example]) -> None:
    chosen = choose([*TEXTS, *(text[:-4] for text in TEXTS)], small, small_examples)
    rows = similarity.rows(chosen, small)
    cosine = (rows @ rows.T).toarray()
    assert (cosine[~np.eye(len(chosen), dtype=bool)] < 0.5).all()


def test_furniture_repeats_and_empty_paragraphs_are_not_chosen(small: Bundle, small_examples: list[Example]) -> None:
    left = [
        paragraph(TEXTS[0], 1, Kind.FURNITURE),
        paragraph(TEXTS[1], 2)._replace(duplicate_of="x#9"),
        paragraph("  ", 3),
    ]
    assert selection.choose(left, small, []) == []


def test_rare_and_weak_labels_need_more(small: Bundle) -> None:
    def needs(f1: list[float], positives: list[int]) -> np.ndarray:
        rows = zip(small.labels, f1, positives, strict=True)
        measured = {label: {"f1": f, "positives": n} for label, f, n in rows}
        return selection.needs(replace(small, report={"out_of_fold": {"labels": measured}}))

    assert needs([0.2, 0.8, 0.8], [40, 40, 40]).argmax() == 0
    assert needs([0.5, 0.5, 0.5], [40, 40, 10]).argmax() == 2
    assert needs([0.5, 0.5, 0.5], [40, 40, 10]).mean() == pytest.approx(1)


def test_the_table_names_labels_and_paragraphs(small: Bundle, small_examples: list[Example]) -> None:
    choices = selection.choose([paragraph(text, i) for i, text in enumerate(TEXTS)], small, texts_of(small_examples))
    shown = selection.table(choices, small.labels)
    assert all(choice.paragraph.id in shown for choice in choices)
    doubtful = {label for choice in choices for label in choice.doubtful}
    assert doubtful
    assert all(small.labels[label] in shown for label in doubtful)
