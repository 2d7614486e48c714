"""Paragraphs → tasks and predictions, which of them first; annotations → examples. No server is needed for these."""

from typing import Any

import pytest
from conftest import ROOT, SMALL
from hypothesis import given
from hypothesis import strategies as st
from label_studio_sdk.label_interface import LabelInterface

from classifier import taxonomy as taxonomies
from classifier.records import Evidence, Kind, Note, Paragraph, Skipped, Tag, Tagged
from classifier.studio import interface, tasks
from classifier.studio.client import StoredTask
from classifier.studio.judgements import Harvest, harvest
from classifier.studio.tasks import Candidate
from classifier.tagging import batch, documents, outputs
from classifier.tagging.bundle import Bundle
from classifier.tagging.tagger import Tagger

TAXONOMY = taxonomies.load(SMALL / "taxonomy.toml")
WATER, TREES, ROADS = TAXONOMY.ids
USERS = {1: "first@example.org", 2: "second@example.org"}
LABEL = st.sampled_from([*TAXONOMY.ids, "节水", "no_such", ""])


def paragraph(text: str = "改滴灌，省水。", n: int = 1, document: str = "page.txt", **more: Any) -> Paragraph:
    fields = {"id": f"{document}#{n}", "document": document, "number": n, "kind": Kind.BODY, "text": text}
    return Paragraph(**{**fields, "source": ((0, len(text)),), **more})


def tagged(paragraph: Paragraph, **scores: float) -> Tagged:
    """What a model with a threshold of one half says."""
    given = tuple(Tag(label=k, name=k, confidence=p) for k, p in scores.items() if p >= 0.5)
    return Tagged(paragraph=paragraph, tags=given, review=False, model="m1", scores=scores)


def said(text: str, n: int = 1, **scores: float) -> Tagged:
    return tagged(paragraph(text, n), **scores)


# tasks


def test_the_score_is_the_certainty_of_the_least_certain_decision() -> None:
    unsure = tagged(paragraph(), water_saving=0.9, tree_planting=0.3, road_repair=0.01)
    assert tasks.prediction(unsure, blind=False)["score"] == pytest.approx(0.7)
    assert tasks.prediction(unsure, blind=True)["score"] == pytest.approx(0.7)


def test_a_prediction_holds_ids_and_a_blind_one_no_choices() -> None:
    both = tagged(paragraph(), water_saving=0.9, tree_planting=0.8)
    (region,) = tasks.prediction(both, blind=False)["result"]
    assert region["value"]["choices"] == ["water_saving", "tree_planting"]
    assert tasks.prediction(both, blind=True)["result"] == []
    assert tasks.prediction(tagged(paragraph(), water_saving=0.1), blind=False)["result"] == []


@given(st.lists(LABEL, max_size=4), st.sampled_from(["measure", "other"]), st.sampled_from(["text", "x"]))
def test_what_label_studio_would_refuse_is_a_problem(labels: list[str], control: str, target: str) -> None:
    region = {"from_name": control, "to_name": target, "type": "choices", "value": {"choices": labels}}
    made = {"result": [region], "score": 0.5, "model_version": "m"}
    oracle = LabelInterface(interface.page(TAXONOMY)).validate_prediction(made, return_errors=True)
    if oracle:
        assert tasks.problems(made, TAXONOMY.ids) != []
    if (
        set(labels) <= set(TAXONOMY.ids)
        and len(set(labels)) == len(labels)
        and (control, target) == ("measure", "text")
    ):
        assert tasks.problems(made, TAXONOMY.ids) == []


@pytest.mark.parametrize("wrong", [{"score": 1.5}, {"score": float("nan")}, {"model_version": ""}])
def test_a_score_or_version_that_cannot_be_is_a_problem(wrong: dict[str, Any]) -> None:
    made = {**tasks.prediction(tagged(paragraph(), water_saving=0.9), blind=False), **wrong}
    assert len(tasks.problems(made, TAXONOMY.ids)) == 1


def test_every_prediction_of_the_committed_model_satisfies_label_studio(committed: Bundle) -> None:
    page = LabelInterface(interface.page(taxonomies.load(ROOT / "labels" / "taxonomy.toml")))
    sources = documents.discover([str(ROOT / "tests" / "cases" / "pages" / "sample.txt")])
    results = list(Tagger(bundle=committed, all_scores=True).tag(batch.split(sources, batch.Tally(), print)))
    made = [tasks.prediction(item, blind=False) for item in results]
    assert sum(bool(item["result"]) for item in made) > 3
    assert [page.validate_prediction(item, return_errors=True) for item in made] == [[]] * len(made)
    assert [tasks.problems(item, list(committed.labels)) for item in made] == [[]] * len(made)


def test_the_evidence_line_names_tags_confidences_and_words_and_is_empty_for_blind_tasks() -> None:
    spans = (Evidence(label="water_saving", term="滴灌", start=1, end=3, weight=2.0),)
    shown = tagged(paragraph(), water_saving=0.9)._replace(evidence=spans)
    place = Candidate(paragraph=shown.paragraph, before="前", after="后")
    assert tasks.data(place, shown, blind=False)["evidence"] == "模型 m1　water_saving 0.90：滴灌"
    assert tasks.data(place, shown, blind=True)["evidence"] == ""
    assert "没有措施" in tasks.data(place, tagged(paragraph(), water_saving=0.1), blind=False)["evidence"]


def test_what_nobody_needs_to_judge_is_passed_by() -> None:
    page = [
        paragraph("标题", 1, kind=Kind.HEADING),
        paragraph("本报记者", 2, kind=Kind.FURNITURE),
        paragraph("正文。", 3),
        paragraph("正文。", 4, duplicate_of="page.txt#3"),
    ]
    for headings, expected in ((False, [3]), (True, [1, 3])):
        found = list(tasks.candidates(page, headings=headings))
        assert [item.paragraph.number for item in found if isinstance(item, Candidate)] == expected


def test_the_context_is_that_of_the_document_without_furniture() -> None:
    page = [
        paragraph("甲" * 300, 1),
        paragraph("摄影", 2, kind=Kind.FURNITURE),
        paragraph("乙", 3),
        paragraph("丙", 1, document="other.txt"),
    ]
    found = [c for c in tasks.candidates(page, headings=False) if isinstance(c, Candidate)]
    assert [(c.before, c.after) for c in found] == [("", "乙"), ("…" + "甲" * 200, ""), ("", "")]


def test_a_text_too_long_is_skipped_with_its_reason() -> None:
    (item,) = tasks.candidates([paragraph("文" * 100_000)], headings=False)
    assert isinstance(item, Skipped)
    assert item.reason == "100,000 characters: nobody can judge more than 20,000 in one task"


def test_a_place_in_a_file_is_no_lasting_name_but_a_rows_own_id_is() -> None:
    first, other = paragraph("甲"), paragraph("乙")
    assert first.id == other.id and tasks.identity(first) != tasks.identity(other)
    assert tasks.identity(first) == tasks.identity(paragraph("甲"))
    assert tasks.identity(paragraph("甲", id="news-001/1")) == "news-001/1"


@given(st.sampled_from(list(Kind)), st.lists(st.text(), max_size=2), st.integers(1, 9), st.sampled_from(Note))
def test_a_line_that_tag_wrote_gives_the_paragraph_back(kind: Kind, heading: list[str], page: int, note: Note) -> None:
    was = paragraph("文", 7, kind=kind, heading=tuple(heading), page=page, note=note, duplicate_of="page.txt#2")
    row = {key: value for key, value in outputs.record(tagged(was)).items() if key not in ("id", "text")}
    row = {**row, "kind": str(kind), "heading": heading}  # as JSON gives them
    read = Paragraph(id=was.id, document="lines.jsonl", number=1, kind=Kind.BODY, text="文", source=(), columns=row)
    again = tasks.restored(read)
    for field in ("id", "document", "number", "kind", "text", "heading", "page", "duplicate_of"):
        assert getattr(again, field) == getattr(was, field)


@pytest.mark.parametrize("columns", [{}, {"kind": "body"}, {"document": 1, "paragraph": "x", "kind": "body"}])
def test_another_row_stays_as_it_is(columns: dict[str, Any]) -> None:
    row = paragraph(id="own", columns=columns)
    assert tasks.restored(row) == row


def test_blindness_is_a_share_and_the_same_each_time() -> None:
    names = [f"p{n}" for n in range(2000)]
    blind = [name for name in names if tasks.is_blind(name, 0.1)]
    assert 120 < len(blind) < 280
    assert blind == [name for name in names if tasks.is_blind(name, 0.1)]
    assert set(blind) <= {name for name in names if tasks.is_blind(name, 0.2)}
    assert not any(tasks.is_blind(name, 0.0) for name in names)
    assert all(tasks.is_blind(name, 1.0) for name in names)


# annotations


def choose(*labels: str, **more: Any) -> dict[str, Any]:
    region = {"from_name": "measure", "to_name": "text", "type": "choices", "value": {"choices": list(labels)}}
    return {**region, **more}


def annotation(*regions: object, id: int = 1, by: int = 1, **more: Any) -> dict[str, Any]:  # noqa: A002
    fields = {"id": id, "completed_by": by, "result": list(regions), "updated_at": f"2026-01-01T00:00:{id:02}Z"}
    return {**fields, "was_cancelled": False, "ground_truth": False, **more}


def crop(*annotations: dict[str, Any], number: int = 5, **data: Any) -> Harvest:
    stored = {"id": "p1", "text": "文", "source": "page.txt", "paragraph": 3, "kind": "heading", **data}
    task = StoredTask(id=number, data=stored, updated="", annotations=annotations)
    return harvest([task], USERS, TAXONOMY, 9)


def test_an_example_has_all_that_the_task_says() -> None:
    (example,) = crop(annotation(choose(ROADS, WATER)), blind=True).examples
    assert (example.id, example.document, example.paragraph, example.kind) == ("p1", "page.txt", 3, Kind.HEADING)
    assert (example.labels, example.annotator, example.origin) == ({ROADS, WATER}, USERS[1], "studio-blind")


def test_a_task_that_others_imported_is_read_too() -> None:
    task = StoredTask(id=5, data={"text": "文"}, updated="", annotations=(annotation(choose(WATER), by=7),))
    (example,) = harvest([task], USERS, TAXONOMY, 9).examples
    assert (example.id, example.document, example.paragraph) == ("studio-9/5", "studio-9/5", 5)
    assert (example.kind, example.annotator) == (Kind.BODY, "user-7")


@pytest.mark.parametrize(
    ("regions", "reason"),
    [
        ([choose("no_such")], "unknown label 'no_such'"),
        ([choose("植树造林")], "unknown label '植树造林': not in the taxonomy (near: '植树造林')"),
        ([choose(WATER), choose(WATER)], "2 results of choices where one is right"),
        ([choose(WATER, from_name="other")], "its choices are those of 'other', not of 'measure'"),
        ([choose(WATER, value={"choices": "water_saving"})], "its result is not of the form"),
        ([choose(WATER, value={"choices": [1]})], "its result is not of the form"),
        ([choose(WATER, value=None)], "its result is not of the form"),
        (["text"], "its result is not of the form"),
    ],
)
def test_what_cannot_be_read_is_held_back(regions: list[Any], reason: str) -> None:
    found = crop(annotation(*regions))
    assert found.examples == []
    assert found.held[0].reason.startswith(reason)


@pytest.mark.parametrize("text", [None, "", "  ", 5])
def test_a_task_without_text_gives_no_example(text: object) -> None:
    found = crop(annotation(choose(WATER)), text=text)
    assert (found.examples, [held.reason for held in found.held]) == ([], ["its task has no text"])


def test_notes_of_other_controls_do_not_matter() -> None:
    note = {"from_name": "note", "to_name": "text", "type": "textarea", "value": {"text": ["?"]}}
    assert crop(annotation(note)).examples[0].labels == set()
    assert crop(annotation(choose(WATER), note)).examples[0].labels == {WATER}


def test_the_last_word_of_an_annotator_counts_also_when_it_is_a_skip() -> None:
    found = crop(annotation(choose(WATER), id=1), annotation(id=2, was_cancelled=True), annotation(id=3, by=2))
    assert [(e.annotator, e.labels) for e in found.examples] == [(USERS[2], frozenset())]
    assert (found.skips, len(found.held)) == (1, 1)


def test_two_ground_truths_that_differ_decide_nothing() -> None:
    truths = [annotation(choose(v), id=n, by=n, ground_truth=True) for n, v in ((1, WATER), (2, TREES))]
    found = crop(*truths)
    assert [e.annotator for e in found.examples] == [USERS[1], USERS[2]]
    assert {held.reason for held in found.held} == {
        "several annotations are adjudications or marked as ground truth and differ: leave one"
    }


def test_an_adjudication_is_the_adjudicators_whoever_made_it() -> None:
    one = annotation(choose(WATER), id=1, by=2)
    (example,) = crop(one, adjudication="yes", blind=True).examples
    assert (example.annotator, example.labels) == ("adjudicator", {WATER})
    found = crop(one, annotation(choose(TREES), id=2, by=1), adjudication="yes")
    assert (found.examples, len(found.held)) == ([], 2)
    judged = StoredTask(id=4, data={"id": "p1", "text": "文"}, updated="", annotations=(annotation(choose(TREES)),))
    decided = StoredTask(id=5, data={**judged.data, "adjudication": "yes"}, updated="", annotations=(one,))
    both = harvest([judged, decided], USERS, TAXONOMY, 9)
    assert ([e.annotator for e in both.examples], both.held) == ([USERS[1], "adjudicator"], [])


def test_where_a_judgement_comes_from_is_told_by_what_the_page_says_of_its_choices() -> None:
    for said, origin in (("prediction", "accepted"), ("prediction-changed", "changed")):
        assert crop(annotation(choose(WATER, origin=said))).examples[0].origin == f"studio-{origin}"
        assert crop(annotation(choose(WATER, origin=said)), blind=True).examples[0].origin == "studio-blind"
    assert crop(annotation(choose(WATER, origin="manual"))).examples[0].origin == "studio"
    assert crop(annotation()).examples[0].origin == "studio"


def test_the_same_id_in_two_tasks_is_one_judgement_and_the_other_is_named() -> None:
    one = StoredTask(id=1, data={"id": "p", "text": "甲"}, updated="", annotations=(annotation(id=1),))
    two = StoredTask(id=2, data={"id": "p", "text": "甲"}, updated="", annotations=(annotation(id=2),))
    found = harvest([two, one], USERS, TAXONOMY, 9)
    assert len(found.examples) == 1
    assert [(held.task, held.reason.split(":")[0]) for held in found.held] == [(2, "another task has the id 'p' too")]


@given(st.lists(st.tuples(st.integers(1, 3), st.lists(LABEL, max_size=2), st.booleans()), max_size=6))
def test_every_annotation_is_an_example_or_a_skip_or_held_back(given_: list[tuple[int, list[str], bool]]) -> None:
    made = [
        annotation(choose(*labels), id=n, by=by, was_cancelled=skip) for n, (by, labels, skip) in enumerate(given_, 1)
    ]
    found = crop(*made)
    assert len(found.examples) + found.skips + len(found.held) == len(made)
    assert all(example.labels <= set(TAXONOMY.ids) for example in found.examples)
