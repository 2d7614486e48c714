"""The linter of the committed labels: what labels/ must be for training on it to mean something."""

import json
import re
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from classifier import taxonomy as taxonomies
from classifier.learning import cohesion as counting
from classifier.learning import examples as label_files
from classifier.records import Example, Kind
from classifier.tagging import cohesion
from classifier.tagging.bundle import Bundle
from classifier.tagging.text import normalise

LABELS = ROOT / "labels"
TAXONOMY = taxonomies.load(LABELS / "taxonomy.toml")
ANNOTATORS = {"first", "second", "adjudicator"}
ORIGINS = {"composed", "restated"}
GENRES = {"bulletin", "case", "interview", "news", "plan", "regulation", "report"}
FIELDS = ["id", "document", "paragraph", "genre", "kind", "text", "labels", "annotator", "origin"]


@pytest.fixture(scope="module")
def judgements() -> dict[Path, list[Example]]:
    """Judgements by file."""
    return {path: list(label_files.read(path, TAXONOMY.ids)) for path in sorted((LABELS / "corpus").glob("*.jsonl"))}


@pytest.fixture(scope="module")
def corpus(judgements: dict[Path, list[Example]]) -> list[Example]:
    return [example for found in judgements.values() for example in found]


@pytest.fixture(scope="module")
def first(corpus: list[Example]) -> list[Example]:
    return [example for example in corpus if example.annotator == "first"]


def test_every_line_is_an_example_with_exactly_its_fields() -> None:
    for path in (LABELS / "corpus").glob("*.jsonl"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            assert list(json.loads(line)) == FIELDS, f"{path.name}, line {number}"


def test_the_whole_corpus_loads(corpus: list[Example]) -> None:
    assert label_files.load(LABELS / "corpus", TAXONOMY) == corpus


def test_an_annotator_judges_a_paragraph_once(corpus: list[Example]) -> None:
    times = Counter((example.id, example.annotator) for example in corpus)
    assert [key for key, n in times.items() if n > 1] == []


def test_labels_are_known_and_none_is_given_twice() -> None:
    for path in (LABELS / "corpus").glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            labels = json.loads(line)["labels"]
            assert set(labels) <= set(TAXONOMY.ids)
            assert len(labels) == len(set(labels)), line


def test_kinds_origins_genres_and_annotators_are_known(corpus: list[Example]) -> None:
    assert {example.kind for example in corpus} <= {Kind.BODY, Kind.HEADING}
    assert {example.origin for example in corpus} == ORIGINS
    assert {example.genre for example in corpus} <= GENRES
    assert {example.annotator for example in corpus} <= ANNOTATORS


def test_no_text_occurs_twice(first: list[Example]) -> None:
    by_text = defaultdict(list)
    for example in first:
        by_text[re.sub(r"[\W_]", "", example.text)].append(example.id)
    assert [ids for ids in by_text.values() if len(ids) > 1] == []
    assert "" not in by_text


def test_no_document_is_in_two_files(judgements: dict[Path, list[Example]]) -> None:
    files = defaultdict(set)
    for path, found in judgements.items():
        for example in found:
            files[example.document].add(path.name)
    assert {document: names for document, names in files.items() if len(names) > 1} == {}


def test_an_id_is_the_document_and_the_number_of_the_paragraph(corpus: list[Example]) -> None:
    assert [e.id for e in corpus if e.id != f"{e.document}/{e.paragraph}"] == []


def test_every_further_judgement_is_of_the_same_paragraph_as_the_first(
    corpus: list[Example], first: list[Example]
) -> None:
    by_id = {example.id: example for example in first}
    further = [example for example in corpus if example.annotator != "first"]
    assert further
    for example in further:
        other = by_id[example.id]
        assert (example.text, example.kind, example.document) == (other.text, other.kind, other.document), example.id


def test_texts_hold_no_edge_white_space_line_break_or_broken_character(corpus: list[Example]) -> None:
    broken = [
        e.id for e in corpus if e.text != e.text.strip() or re.search(r"[\n\r\t\x00-\x1f\ufffd\ud800-\udfff]", e.text)
    ]
    assert broken == []


def test_every_label_has_a_hundred_positives(first: list[Example]) -> None:
    positives = Counter(label for example in first for label in example.labels)
    assert {label: positives[label] for label in TAXONOMY.ids if positives[label] < 100} == {}


def test_paragraphs_without_a_measure_are_among_the_examples(first: list[Example]) -> None:
    assert sum(not example.labels for example in first) >= len(first) / 10


def test_the_taxonomy_is_that_of_the_promoted_model(committed: Bundle) -> None:
    assert sorted([*committed.labels, *committed.left_out]) == sorted(TAXONOMY.ids)
    assert committed.labels == {label: TAXONOMY.names[label] for label in committed.labels}
    assert committed.taxonomy_version == TAXONOMY.version


def test_every_label_of_the_taxonomy_is_described() -> None:
    for label in TAXONOMY.labels:
        assert all((label.group, label.instrument, label.definition, label.counts, label.excludes)), label.id


def test_every_excludes_that_names_a_label_names_a_known_one() -> None:
    for label in TAXONOMY.labels:
        assert set(re.findall(r"[a-z]+_[a-z_]+|talent|subsidies", label.excludes)) <= set(TAXONOMY.ids), label.id


def test_hotkeys_differ() -> None:
    keys = [label.hotkey for label in TAXONOMY.labels if label.hotkey]
    assert len(keys) == len(set(keys))


def test_the_readme_describes_every_label() -> None:
    text = (LABELS / "README.md").read_text(encoding="utf-8")
    for label in TAXONOMY.labels:
        assert f"`{label.id}`" in text
        assert label.name in text


def test_cues_are_of_known_labels_and_each_term_stands_once_for_a_label() -> None:
    content = tomllib.loads((LABELS / "cues.toml").read_text(encoding="utf-8"))
    assert set(content) <= set(TAXONOMY.ids)
    for label, lists in content.items():
        assert set(lists) <= {"strong", "weak", "decoy"}, label
        terms = Counter(normalise(term) for found in lists.values() for term in found)
        assert {term: n for term, n in terms.items() if n > 1 or not term} == {}, label


def test_the_cohesion_table_is_counted_from_this_corpus(corpus: list[Example]) -> None:
    counted, packaged = counting.count(label_files.merge(corpus)), cohesion.packaged()
    for name in cohesion.Cohesion.__slots__:
        assert np.array_equal(getattr(counted, name), getattr(packaged, name)), name
