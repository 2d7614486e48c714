"""Drift between two files of results: what changed is seen, what did not is not."""

import numpy as np
import pytest

from classifier.errors import PolicytagError
from classifier.learning import drift
from classifier.records import Kind, Paragraph, Tag, Tagged

NAMES = {"water_saving": "节水", "tree_planting": "植树造林", "road_repair": "道路养护"}


def results(
    rates: dict[str, float], seed: int, documents: int = 40, paragraphs: int = 6, model: str = "m", **columns: object
) -> list[Tagged]:
    """Documents whose paragraphs have tags at random, each label at its rate."""
    random = np.random.default_rng(seed)
    found = []
    for i in range(documents * paragraphs):
        document = f"{seed}-{i // paragraphs}"
        tags = tuple(
            Tag(label=label, name=NAMES[label], confidence=float(random.uniform(0.5, 1)))
            for label, rate in rates.items()
            if random.random() < rate
        )
        paragraph = Paragraph(
            id=f"{document}#{i}", document=document, number=i, kind=Kind.BODY, text="乡里修补路面。", source=(),
            columns=columns or None,
        )  # fmt: skip
        found.append(Tagged(paragraph=paragraph, tags=tags, review=bool(random.random() < 0.2), model=model))
    return found


USUAL = {"water_saving": 0.3, "tree_planting": 0.2, "road_repair": 0.1}


def test_a_rate_that_changed_is_significant_and_the_others_are_not() -> None:
    report = drift.measure(results(USUAL, 1), results({**USUAL, "road_repair": 0.5}, 2), ())
    assert report["unit"] == "document"
    assert report["labels"]["road_repair"]["q"] < 0.01
    assert report["labels"]["water_saving"]["q"] > 0.05
    assert report["labels"]["tree_planting"]["q"] > 0.05
    old, new = report["labels"]["road_repair"]["rates"]
    assert old < 0.2 < 0.4 < new


def test_rates_are_shares_of_body_paragraphs() -> None:
    old = results(USUAL, 1)
    heading = old[0]._replace(paragraph=old[0].paragraph._replace(kind=Kind.HEADING))
    report = drift.measure([*old, *[heading] * 50], results(USUAL, 2), ())
    assert report["paragraphs"] == [240, 240]
    assert report["labels"]["water_saving"]["rates"][0] == pytest.approx(
        np.mean(["water_saving" in {tag.label for tag in result.tags} for result in old])
    )


def test_chance_is_called_significant_about_as_rarely_as_it_says() -> None:
    p = [
        drift.measure(results(USUAL, 2 * k, 15), results(USUAL, 2 * k + 1, 15), ())["labels"]["water_saving"]["p"]
        for k in range(40)
    ]
    assert np.mean(np.array(p) < 0.05) < 0.2
    assert np.mean(np.array(p) < 0.5) > 0.2


def test_paragraphs_that_repeat_within_documents_are_no_evidence() -> None:
    # one document in twelve is all about roads, in the new file two more: not so with paragraphs as units
    def one_topic(seed: int, about_roads: int) -> list[Tagged]:
        found = results({}, seed, documents=12, paragraphs=20)
        road = (Tag(label="road_repair", name="道路养护", confidence=0.9),)
        return [r._replace(tags=road) if i < about_roads * 20 else r for i, r in enumerate(found)]

    by_document = drift.measure(one_topic(1, 1), one_topic(2, 3), ())
    assert by_document["labels"]["road_repair"]["p"] > 0.1
    apart = [r._replace(paragraph=r.paragraph._replace(document="table.csv")) for r in one_topic(2, 3)]
    by_paragraph = drift.measure(one_topic(1, 1), apart, ())
    assert by_paragraph["unit"] == "paragraph"
    assert by_paragraph["labels"]["road_repair"]["p"] < 0.01
    assert "shuffling paragraphs" in drift.table(by_paragraph)


def test_confidences_that_fell_are_seen() -> None:
    old = results(USUAL, 1)
    unsure = [r._replace(tags=tuple(t._replace(confidence=0.4) for t in r.tags)) for r in results(USUAL, 2)]
    fell, same = drift.measure(old, unsure, ())["confidence"], drift.measure(old, results(USUAL, 2), ())["confidence"]
    assert fell["distance"] > 0.9
    assert fell["p"] < 0.01
    assert same["distance"] < 0.3
    assert same["p"] > 0.05


def test_a_file_compared_with_itself_shows_no_change() -> None:
    old = results(USUAL, 1)
    report = drift.measure(old, old, ())
    assert report["confidence"]["distance"] == 0
    assert report["confidence"]["p"] == 1
    assert all(part["p"] == 1 and part["q"] == 1 for part in report["labels"].values())


def test_unknown_terms_are_pairs_of_characters_that_the_vocabulary_lacks() -> None:
    assert drift.unknown_share(["修补路面"], ["修补", "补路", "路面"]) == 0
    assert drift.unknown_share(["修补路面"], ["修补"]) == pytest.approx(2 / 3)
    assert drift.unknown_share(["", "。"], ["修补"]) is None


def test_dates_are_gone_by_month_and_other_columns_by_value() -> None:
    march = results({"water_saving": 1.0}, 1, 10, date="2024-03-05", source="甲报")
    april = results({"water_saving": 0.0}, 2, 10, date="2024-04-30", source="乙报")
    report = drift.measure(march, april, ())
    assert report["by"]["column"] == "date"
    assert {month: part["rates"]["water_saving"] for month, part in report["by"]["values"].items()} == {
        "2024-03": 1.0,
        "2024-04": 0.0,
    }
    assert set(drift.measure(march, april, (), by="source")["by"]["values"]) == {"甲报", "乙报"}
    assert "2024-03" in drift.table(report)


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    old = results(USUAL, 1, source="甲报")
    with pytest.raises(PolicytagError, match=r"no column 'month' in the files\n  there are: source"):
        drift.measure(old, old, (), by="month")


def test_a_file_without_paragraphs_is_refused() -> None:
    with pytest.raises(PolicytagError, match="holds no body paragraph"):
        drift.measure([], results(USUAL, 1), ())


def test_results_without_any_tag_can_be_compared() -> None:
    report = drift.measure(results({}, 1), results({}, 2), ())
    assert report["labels"] == {}
    assert report["confidence"]["distance"] == 0
    assert "paragraphs" in drift.table(report)


def test_files_of_different_models_are_told_apart() -> None:
    shown = drift.table(drift.measure(results(USUAL, 1), results(USUAL, 2, model="other"), ()))
    assert "different models" in shown
    assert "different models" not in drift.table(drift.measure(results(USUAL, 1), results(USUAL, 2), ()))
    assert all(name in shown for name in NAMES.values())
