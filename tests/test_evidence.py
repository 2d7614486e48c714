"""Evidence adds up to the margin and lies in the text."""

from itertools import pairwise

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from classifier import taxonomy
from classifier.learning import examples as label_files
from classifier.records import Example
from classifier.tagging import features, scores
from classifier.tagging.bundle import Bundle
from classifier.tagging.evidence import contributions, evidence

TEXT = st.text("节水滴灌造林植树养护坑槽路面皮肤12年 “”，。\n😀", max_size=60)


def check_sum(text: str, bundle: Bundle) -> None:
    counts = features.count([text], bundle.trie, bundle.cues, len(bundle.labels))
    terms = contributions(text, bundle)[2].sum(axis=0)
    cues = features.cue_values(counts, bundle.weights.cue)[0] @ bundle.weights.cue_coef
    margin = scores.margins(counts, bundle.weights)[0]
    assert terms + cues + bundle.weights.intercept == pytest.approx(margin, abs=1e-4)


def test_contributions_cues_and_intercept_add_up_to_the_margin(small: Bundle, small_examples: list[Example]) -> None:
    for example in small_examples:
        check_sum(example.text, small)


def test_they_add_up_in_the_committed_model(committed: Bundle) -> None:
    corpus = label_files.load(ROOT / "labels" / "corpus", taxonomy.load(ROOT / "labels" / "taxonomy.toml"))
    for example in corpus[::101]:
        check_sum(example.text, committed)


@given(TEXT)
def test_they_add_up_for_any_text(small: Bundle, text: str) -> None:
    check_sum(text, small)


@given(TEXT)
def test_a_contribution_covers_characters_of_the_text(small: Bundle, text: str) -> None:
    start, end, share = contributions(text, small)
    assert np.all((start >= 0) & (start < end) & (end <= len(text)))
    assert share.shape == (len(start), len(small.labels))


@given(TEXT)
def test_spans_are_stretches_of_the_text_that_speak_for_the_label(small: Bundle, text: str) -> None:
    found = evidence(text, list(small.labels), small)
    for item in found:
        assert 0 <= item.start < item.end <= len(text)
        assert item.term == text[item.start : item.end]
        assert item.weight > 1e-9
    for label in small.labels:
        own = [item for item in found if item.label == label]
        assert len(own) <= 5
        assert [item.weight for item in own] == sorted((item.weight for item in own), reverse=True)
        places = sorted((item.start, item.end) for item in own)
        assert all(end < begin for (_, end), (begin, _) in pairwise(places))


@given(TEXT)
def test_evidence_is_the_same_every_time(small: Bundle, text: str) -> None:
    assert evidence(text, list(small.labels), small) == evidence(text, list(small.labels), small)


def test_labels_come_in_the_order_asked_for(small: Bundle) -> None:
    labels = ["road_repair", "water_saving"]
    found = evidence("养护队修补路面坑槽，果园改用滴灌节水", labels, small)
    assert list(dict.fromkeys(item.label for item in found)) == labels


@pytest.mark.parametrize(
    ("text", "label", "word"),
    [
        ("午后，村里的果园改用滴灌。", "water_saving", "滴灌"),
        ("机关干部到城西植树。", "tree_planting", "植树"),
        ("雨后的公路由养护站修好。", "road_repair", "养护"),
    ],
)
def test_the_word_that_says_it_is_among_the_evidence(text: str, label: str, word: str, small: Bundle) -> None:
    at = text.index(word)
    assert any(item.start <= at and at + len(word) <= item.end for item in evidence(text, [label], small))


def test_offsets_hold_behind_characters_that_normalising_takes_away(small: Bundle) -> None:
    text = "“２０２４”年\u200b，（𠮷）村  改用 滴 灌"
    assert any("滴 灌" in item.term for item in evidence(text, ["water_saving"], small))


@pytest.mark.parametrize("text", ["", " ", "ЖЖ"])
def test_a_text_without_known_terms_has_no_evidence(text: str, small: Bundle) -> None:
    assert evidence(text, list(small.labels), small) == ()


def test_no_labels_no_evidence(small: Bundle) -> None:
    assert evidence("村里植树", [], small) == ()
