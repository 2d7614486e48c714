"""The Numba engine gives what the NumPy engine gives, is taken when it pays, and is not even imported otherwise."""

import json
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, SMALL
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import MissingExtra, ModelDamaged
from classifier.learning import vocabulary
from classifier.learning.cues import Cue
from classifier.records import Kind, Paragraph
from classifier.tagging import scores, tagger
from classifier.tagging.bundle import Bundle
from classifier.tagging.features import DECOY, STRONG, WEAK
from classifier.tagging.numba_engine import Margins
from classifier.tagging.scores import Weights
from classifier.tagging.tagger import Tagger
from classifier.tagging.trie import build

LABELS = ["one", "two", "three"]
ODD = [
    "",
    "。",
    "a",
    "Ж" * 50,
    "质" * 3000,
    "第" + "一" * 500 + "条",
    "\x00\ufffe\uffff\ud800𠮷质押",
    "３,６００．５万元",
]


def corpus_texts(step: int) -> list[str]:
    files = sorted((ROOT / "labels" / "corpus").glob("*.jsonl"))
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line)["text"] for line in lines[::step]]


def both(texts: Sequence[str], bundle: Bundle) -> tuple[np.ndarray, np.ndarray]:
    model = bundle.trie, bundle.cues, bundle.weights
    return scores.of_texts(texts, *model), Margins(*model)(texts)


def test_margins_of_the_committed_model_equal_the_numpy_engines_on_the_corpus(committed: Bundle) -> None:
    texts = corpus_texts(7)
    assert len(texts) >= 1000
    numpy, numba = both(texts, committed)
    assert np.abs(numpy - numba).max() <= 1e-5


def test_both_engines_give_the_same_tags(committed: Bundle) -> None:
    paragraphs = [
        Paragraph(id=str(i), document="d", number=i, kind=Kind.BODY, text=text, source=())
        for i, text in enumerate(corpus_texts(5))
    ]
    numpy, numba = (list(Tagger(bundle=committed, engine=engine).tag(paragraphs)) for engine in ("numpy", "numba"))
    assert sum(len(tagged.tags) for tagged in numpy) > 500
    for a, b in zip(numpy, numba, strict=True):
        assert {tag.label for tag in a.tags} == {tag.label for tag in b.tags}
        assert a.review == b.review
        given = {tag.label: tag.confidence for tag in b.tags}
        assert all(abs(tag.confidence - given[tag.label]) <= 1e-5 for tag in a.tags)


@pytest.mark.parametrize("texts", [[], ODD, ODD[::-1], ["", "", ""]], ids=["none", "odd", "odd reversed", "empty"])
def test_odd_texts_get_the_same_margins(texts: list[str], committed: Bundle, small: Bundle) -> None:
    for bundle in (committed, small):
        numpy, numba = both(texts, bundle)
        assert numba.shape == (len(texts), len(bundle.labels))
        assert np.abs(numpy - numba).max(initial=0) <= 1e-5


def test_a_text_with_more_distinct_terms_than_most_gets_the_same_margins(committed: Bundle) -> None:
    numpy, numba = both(["".join(corpus_texts(40))], committed)
    assert np.abs(numpy - numba).max() <= 1e-5


@given(st.lists(st.text("第三十条章,.、0123９①专利（） \u200b\uffff𠮷", max_size=30), max_size=5))
def test_numbers_and_articles_are_normalised_the_same(texts: list[str]) -> None:
    terms = sorted(
        {"第", "条", "第条", "三", "十", "三十", "0", ".", ",", "0.", ".0", "0,", "专", "专利", "利0", "条专利"}
    )
    model = build(terms), vocabulary.cue_table(terms, [], LABELS), some_weights(len(terms))
    assert np.abs(scores.of_texts(texts, *model) - Margins(*model)(texts)).max(initial=0) <= 1e-5


@given(
    st.lists(st.text("质押贷款", max_size=25), min_size=1, max_size=4),
    st.lists(
        st.builds(
            Cue, st.text("质押贷", min_size=1, max_size=4), st.sampled_from(LABELS),
            st.sampled_from([STRONG, WEAK, DECOY]),
        ),
        min_size=1, max_size=12, unique_by=lambda cue: (cue.term, cue.label),
    ),
)  # fmt: skip
def test_cues_within_cues_and_decoys_count_the_same(texts: list[str], cues: list[Cue]) -> None:
    terms = sorted({cue.term for cue in cues} | {"款"})
    model = build(terms), vocabulary.cue_table(terms, cues, LABELS), some_weights(len(terms))
    assert np.abs(scores.of_texts(texts, *model) - Margins(*model)(texts)).max() <= 1e-5


def some_weights(terms: int) -> Weights:
    random = np.random.default_rng(terms)

    def numbers(*shape: int) -> Any:
        return random.uniform(0.5, 1, shape).astype(np.float32)

    return Weights(
        idf=numbers(terms), cue=numbers(6), coef=numbers(terms, 3), cue_coef=numbers(6, 3), intercept=numbers(3),
        slope=numbers(3), offset=numbers(3), knots=numbers(2), values=numbers(2), threshold=numbers(3),
        limit=numbers(1), power=0.75,
    )  # fmt: skip


def test_an_engine_works_the_same_after_it_travelled_to_another_process(small: Bundle) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((SMALL / "corpus").glob("*.jsonl"))]
    engine = Margins(small.trie, small.cues, small.weights)
    assert np.array_equal(pickle.loads(pickle.dumps(engine))(texts), engine(texts))


def spoilt(bundle: Bundle) -> dict[str, tuple[Any, Any, Any]]:
    trie, cues, weights = bundle.trie, bundle.cues, bundle.weights
    return {
        "a state beyond the table": (replace(trie, base=trie.base + len(trie.base)), cues, weights),
        "a state before it": (replace(trie, base=trie.base - 1), cues, weights),
        "a term that has no weight": (replace(trie, term=trie.term + 1), cues, weights),
        "a label that is none": (trie, replace(cues, label=cues.label + 3), weights),
        "entries that are none": (trie, replace(cues, first=cues.first + 1), weights),
        "a table cut short": (replace(trie, check=trie.check[:-1]), cues, weights),
        "coefficients of other labels": (trie, cues, replace(weights, cue_coef=weights.cue_coef[:-1])),
    }


@pytest.mark.parametrize("what", [
    "a state beyond the table", "a state before it", "a term that has no weight", "a label that is none",
    "entries that are none", "a table cut short", "coefficients of other labels",
])  # fmt: skip
def test_tables_that_point_outside_one_another_are_refused(what: str, small: Bundle) -> None:
    Margins(small.trie, small.cues, small.weights)
    with pytest.raises(ModelDamaged):
        Margins(*spoilt(small)[what])


def test_auto_takes_numba_for_many_paragraphs_only(small: Bundle) -> None:
    assert not isinstance(Tagger(bundle=small)._margins, Margins)
    assert not isinstance(Tagger(bundle=small, expected=1000)._margins, Margins)
    assert isinstance(Tagger(bundle=small, expected=10_000_000)._margins, Margins)
    assert not isinstance(Tagger(bundle=small, expected=10_000_000, engine="numpy")._margins, Margins)


def test_without_numba_auto_does_without_and_asking_for_it_says_what_to_install(
    small: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tagger, "find_spec", lambda name: None)
    assert not isinstance(Tagger(bundle=small, expected=10_000_000)._margins, Margins)
    with pytest.raises(MissingExtra, match=r"policytag\[fast\]"):
        Tagger(bundle=small, engine="numba")


def test_few_paragraphs_do_not_import_numba(small_models: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from classifier.tagging import bundle
from classifier.tagging.tagger import Tagger
Tagger(bundle=bundle.load(Path({str(small_models)!r})), expected=99).probabilities(["专利质押"])
print("numba" in sys.modules)
Tagger(bundle=bundle.load(Path({str(small_models)!r})), expected=10**9).probabilities(["专利质押"])
print("numba" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.split() == ["False", "True"]


def test_a_cache_folder_that_cannot_be_written_to_is_done_without(small_models: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code = f"""
from pathlib import Path
from classifier.tagging import bundle, numba_engine
numba_engine.user_cache_dir = lambda *_: {str(tmp_path / "file" / "cache")!r}
model = bundle.load(Path({str(small_models)!r}))
print(numba_engine.Margins(model.trie, model.cues, model.weights)(["专利质押"]).shape)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.strip() == "(1, 3)"
