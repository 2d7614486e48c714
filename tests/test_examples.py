"""Label files are read strictly, errors name the place, judgements are merged by majority."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.errors import LabelsError
from classifier.learning import examples
from classifier.records import Example, Kind
from classifier.taxonomy import Taxonomy

ROW = {
    "id": "d/1", "document": "d", "paragraph": 1, "genre": "news", "kind": "body", "text": "村里植树",
    "labels": ["tree_planting"], "annotator": "first", "origin": "composed",
}  # fmt: skip
LABELS = ["water_saving", "tree_planting", "road_repair"]


def write(folder: Path, *rows: object, name: str = "file.jsonl") -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def judged(annotator: str, *labels: str) -> Example:
    [example] = [
        Example(**{**ROW, "kind": Kind.BODY, "annotator": annotator, "labels": frozenset(labels)})
    ]  # fmt: skip
    return example


def test_a_line_is_an_example(tmp_path: Path) -> None:
    [example] = examples.read(write(tmp_path, ROW), LABELS)
    assert example == judged("first", "tree_planting")


def test_no_labels_is_a_judgement(tmp_path: Path) -> None:
    [example] = examples.read(write(tmp_path, {**ROW, "labels": []}), LABELS)
    assert example.labels == frozenset()


def test_an_unknown_label_is_named_with_file_line_and_the_nearest_known_one(tmp_path: Path) -> None:
    path = write(tmp_path, ROW, "", {**ROW, "id": "d/2", "labels": ["tree_plantng"]})
    with pytest.raises(LabelsError) as caught:
        list(examples.read(path, LABELS))
    assert str(caught.value) == f"{path}, line 3: unknown label 'tree_plantng'\n  did you mean 'tree_planting'?"


@pytest.mark.parametrize("label", ["", 3, None, ["water_saving"], {"a": 1}, "植树"])
def test_anything_that_is_no_known_label_is_refused(label: object, tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"line 1: unknown label"):
        list(examples.read(write(tmp_path, {**ROW, "labels": [label]}), LABELS))


@pytest.mark.parametrize("field", sorted(ROW))
def test_a_missing_field_is_named(field: str, tmp_path: Path) -> None:
    path = write(tmp_path, {key: value for key, value in ROW.items() if key != field})
    with pytest.raises(LabelsError, match=rf"{path}, line 1: '{field}' is missing"):
        list(examples.read(path, LABELS))


@pytest.mark.parametrize(
    ("field", "value"),
    [("text", 3), ("text", None), ("labels", "tree_planting"), ("labels", None), ("paragraph", "1"), ("id", 7)],
)
def test_a_field_of_another_type_is_named(field: str, value: object, tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=rf"line 1: '{field}' is missing or no"):
        list(examples.read(write(tmp_path, {**ROW, field: value}), LABELS))


@pytest.mark.parametrize("line", ["{", "not json", "{'id': 1}", '{"id": "d/1"'])
def test_a_line_that_is_not_json_is_named(line: str, tmp_path: Path) -> None:
    path = write(tmp_path, ROW, line)
    with pytest.raises(LabelsError, match=rf"{path}, line 2: not JSON"):
        list(examples.read(path, LABELS))


@pytest.mark.parametrize("line", ["[]", "3", '"text"', "null"])
def test_a_line_that_is_no_object_is_named(line: str, tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="line 1: not a JSON object"):
        list(examples.read(write(tmp_path, line), LABELS))


def test_an_unknown_kind_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"line 1: unknown kind 'title'\n  one of body, heading, furniture"):
        list(examples.read(write(tmp_path, {**ROW, "kind": "title"}), LABELS))


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(bytes(range(256)) * 8)
    with pytest.raises(LabelsError, match=rf"{path}: .*\n  label files are UTF-8"):
        list(examples.read(path, LABELS))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"gone\.jsonl cannot be read: No such file"):
        list(examples.read(tmp_path / "gone.jsonl", LABELS))


def test_line_separators_inside_a_text_end_no_line(tmp_path: Path) -> None:
    text = "村里\u2028植\u0085树\x0c"
    [example] = examples.read(write(tmp_path, {**ROW, "text": text}), LABELS)
    assert example.text == text


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(ROW).encode() + b"\r\n\r\n" + json.dumps(ROW).encode() + b"\r\n")
    assert len(list(examples.read(path, LABELS))) == 2


def test_bare_lines_need_text_and_labels_only(tmp_path: Path) -> None:
    path = write(tmp_path, {"text": "植树", "labels": []}, {"text": "养护", "labels": [], "id": "x", "document": "y"})
    one, other = examples.read(path, LABELS, bare=True)
    assert (one.id, one.document, one.kind) == ("file.jsonl#1", "file.jsonl#1", Kind.BODY)
    assert (other.id, other.document) == ("x", "y")


def test_bare_lines_without_a_document_are_documents_of_their_own(tmp_path: Path) -> None:
    rows = [{"text": "植树", "labels": []}] * 3
    found = list(examples.read(write(tmp_path, *rows), LABELS, bare=True))
    assert len({example.document for example in found}) == 3


@pytest.mark.parametrize("lost", ["text", "labels"])
def test_even_a_bare_line_needs_its_text_and_its_labels(lost: str, tmp_path: Path) -> None:
    row = {key: value for key, value in {"text": "植树", "labels": []}.items() if key != lost}
    with pytest.raises(LabelsError, match=rf"line 1: '{lost}' is missing"):
        list(examples.read(write(tmp_path, row), LABELS, bare=True))


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path, small_taxonomy: Taxonomy) -> None:
    write(tmp_path, {**ROW, "id": "later"}, name="b.jsonl")
    write(tmp_path, {**ROW, "id": "sooner"}, name="a.jsonl")
    assert [example.id for example in examples.load(tmp_path, small_taxonomy)] == ["sooner", "later"]


def test_a_folder_without_examples_is_refused(tmp_path: Path, small_taxonomy: Taxonomy) -> None:
    with pytest.raises(LabelsError, match=rf"no examples: {tmp_path}"):
        examples.load(tmp_path, small_taxonomy)


def test_one_annotator_judging_a_paragraph_twice_is_refused(tmp_path: Path, small_taxonomy: Taxonomy) -> None:
    write(tmp_path, ROW, name="a.jsonl")
    write(tmp_path, {**ROW, "labels": []}, name="b.jsonl")
    with pytest.raises(LabelsError, match="d/1 is judged twice by first"):
        examples.load(tmp_path, small_taxonomy)


def test_two_annotators_may_judge_the_same_paragraph(tmp_path: Path, small_taxonomy: Taxonomy) -> None:
    write(tmp_path, ROW, {**ROW, "annotator": "second"})
    assert len(examples.load(tmp_path, small_taxonomy)) == 2


def test_a_label_stands_when_more_than_half_of_three_gave_it() -> None:
    [merged] = examples.merge([judged("a", "x", "y"), judged("b", "x", "z"), judged("c", "x", "y")])
    assert merged.labels == {"x", "y"}


def test_half_of_four_is_no_majority() -> None:
    group = [judged("a", "x"), judged("b", "x"), judged("c"), judged("d")]
    assert examples.merge(group)[0].labels == frozenset()


def test_three_who_agree_on_nothing_say_no_label() -> None:
    assert examples.merge([judged("a", "x"), judged("b", "y"), judged("c", "z")])[0].labels == frozenset()


def test_of_two_the_first_decides() -> None:
    assert examples.merge([judged("a", "x"), judged("b", "y")])[0].labels == {"x"}


def test_merging_keeps_every_paragraph_once_and_in_order() -> None:
    first = [replace(judged("a", "x"), id=f"d/{i}") for i in (3, 1, 2)]
    second = [replace(example, annotator="b") for example in reversed(first)]
    assert examples.merge([*first, *second]) == first
