"""Training is reproducible, says what it left out, and refuses what cannot be learnt from."""

import os
import signal
import subprocess
import sys
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, SMALL, Run

from classifier import taxonomy as taxonomies
from classifier.errors import LabelsError, PolicytagError
from classifier.learning import calibration, problem, training, vocabulary
from classifier.learning.cues import Cue
from classifier.learning.problem import Problem
from classifier.learning.training import Config
from classifier.records import Example
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle
from classifier.tagging.features import STRONG
from classifier.tagging.tagger import Tagger
from classifier.tagging.text import normalise
from classifier.taxonomy import Label, Taxonomy


def arrays(model: Bundle) -> dict[str, bytes]:
    """The bytes of every array."""
    return {
        f"{group}.{field.name}": np.asarray(getattr(getattr(model, group), field.name)).tobytes()
        for group in ("trie", "cues", "weights")
        for field in fields(getattr(model, group))
    }


def test_training_again_gives_the_same_id_and_the_same_bytes(
    small: Bundle, small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]
) -> None:
    for _ in range(5):  # labels are fitted side by side: a race between them would not show every time
        again = training.train(small_examples, small_taxonomy, small_cues)
        assert again.id == small.id
        assert arrays(again) == arrays(small)
        assert again.vocabulary == small.vocabulary
        assert again.report == small.report


def test_another_process_gives_the_same_bytes(small_models: Path, tmp_path: Path) -> None:
    # another hash seed: nothing may depend on the order of a set
    command = [sys.executable, ROOT / "scripts" / "retrain.py", "--labels", SMALL, "--models", tmp_path]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": "7"})
    one, other = bundle.locate(small_models), bundle.locate(tmp_path)
    assert one.name == other.name
    for file in one.iterdir():
        assert file.read_bytes() == (other / file.name).read_bytes(), file.name


@pytest.mark.parametrize("change", ["text", "labels", "origin", "cue", "config", "name"])
def test_whatever_training_learns_from_changes_the_id(
    change: str, small: Bundle, small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]
) -> None:
    rows, taxonomy, cues, config = list(small_examples), small_taxonomy, small_cues, Config()
    match change:
        case "text":
            rows[0] = replace(rows[0], text=rows[0].text + "。")
        case "labels":
            rows[0] = replace(rows[0], labels=frozenset())
        case "origin":
            rows[0] = replace(rows[0], origin="other")
        case "cue":
            cues = (*cues, Cue("水表", "water_saving", STRONG))
        case "config":
            config = Config(cost=0.8)
        case "name":
            taxonomy = replace(taxonomy, labels=(replace(taxonomy.labels[0], name="省水"), *taxonomy.labels[1:]))
    assert training.train(rows, taxonomy, cues, config).id != small.id


def test_labels_in_another_order_are_another_model(
    small: Bundle, small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]
) -> None:
    # the columns of all arrays change places: under the same id the old directory would stay
    turned = replace(small_taxonomy, labels=small_taxonomy.labels[::-1])
    assert training.train(small_examples, turned, small_cues).id != small.id


def test_who_judged_changes_nothing(small: Bundle, small_examples: list[Example], small_cues: tuple[Cue, ...]) -> None:
    renamed = [replace(example, annotator="someone") for example in small_examples]
    assert training.data_digest(renamed, small_cues) == small.data["digest"]


def test_a_label_without_positives_is_left_out_and_listed(
    small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...], tmp_path: Path
) -> None:
    taxonomy = replace(small_taxonomy, labels=(*small_taxonomy.labels, Label(id="bees", name="养蜂")))
    said: list[str] = []
    cues = (*small_cues, Cue("蜂箱", "bees", STRONG))
    model = training.train(small_examples, taxonomy, cues, say=said.append)
    assert model.left_out == ("bees",)
    assert list(model.labels) == list(small_taxonomy.ids)
    assert any(line.startswith("bees: no positive example") for line in said)
    assert bundle.load(bundle.save(model, tmp_path)).left_out == ("bees",)
    [row] = Tagger(bundle=model).probabilities(["村里新添了蜂箱"])
    assert len(row) == 3


def test_a_rare_label_takes_the_global_threshold_and_that_is_said(
    small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]
) -> None:
    left, rows = calibration.MIN_POSITIVES - 1, []
    for example in small_examples:
        keep = "water_saving" not in example.labels or left > 0
        left -= "water_saving" in example.labels
        rows.append(example if keep else replace(example, labels=example.labels - {"water_saving"}))
    said: list[str] = []
    training.train(rows, small_taxonomy, small_cues, say=said.append)
    assert [line for line in said if "positive examples" in line] == [
        "water_saving: only 9 positive examples; it takes the global threshold"
    ]


def test_one_document_is_too_little(small_examples: list[Example], small_taxonomy: Taxonomy) -> None:
    rows = [replace(example, document="the only one") for example in small_examples]
    with pytest.raises(LabelsError, match="all 76 examples come from one document") as caught:
        training.train(rows, small_taxonomy)
    assert "add examples of other documents" in caught.value.hint


def test_copies_of_one_document_are_too_little(small_examples: list[Example], small_taxonomy: Taxonomy) -> None:
    one = [replace(example, document="one") for example in small_examples]
    other = [replace(example, document="other", id=f"{example.id} again") for example in small_examples]
    with pytest.raises(LabelsError, match="share their text"):
        training.train([*one, *other], small_taxonomy)


def test_one_label_with_positives_is_too_little(small_examples: list[Example], small_taxonomy: Taxonomy) -> None:
    rows = [replace(example, labels=example.labels & {"tree_planting"}) for example in small_examples]
    with pytest.raises(LabelsError, match="fewer than two labels have positive examples"):
        training.train(rows, small_taxonomy)


def test_no_examples_are_too_little(small_taxonomy: Taxonomy) -> None:
    with pytest.raises(LabelsError):
        training.train([], small_taxonomy)


def test_two_documents_are_enough(small_examples: list[Example], small_taxonomy: Taxonomy) -> None:
    rows = [replace(example, document="ab"[example.document > "g"]) for example in small_examples]
    model = training.train(rows, small_taxonomy)
    assert model.data["documents"] == 2


def test_a_label_whose_positives_are_all_in_one_document_trains(
    small_examples: list[Example], small_taxonomy: Taxonomy
) -> None:
    rows = [
        replace(example, labels=example.labels - (set() if example.document == "a" else {"water_saving"}))
        for example in small_examples
    ]
    model = training.train(rows, small_taxonomy)
    assert np.all(np.isfinite(model.weights.coef))
    assert np.all(np.isfinite(model.weights.slope))


@pytest.mark.parametrize("odd", ["", " ", "ЖЖЖ", "😀😀", "\ud800\ud800", "\uffff\ufffe", "2024"])
def test_odd_texts_among_the_examples_do_no_harm(
    odd: str, small_examples: list[Example], small_taxonomy: Taxonomy, tmp_path: Path
) -> None:
    rows = [replace(e, text=odd) if i in (3, 40) else e for i, e in enumerate(small_examples)]
    model = training.train(rows, small_taxonomy)
    assert arrays(bundle.load(bundle.save(model, tmp_path))) == arrays(model)


def test_out_of_fold_figures_are_honest(small: Bundle, small_examples: list[Example]) -> None:
    # measured on documents that were not learnt from, so worse than on the examples themselves
    report = small.report["out_of_fold"]
    assert report["paragraphs"] == len(small_examples)
    assert 0.6 < report["micro_f1"] < 1
    probability = Tagger(bundle=small).probabilities([e.text for e in small_examples])
    true = np.array([[label in e.labels for label in small.labels] for e in small_examples])
    assert report["brier"] > ((probability - true) ** 2).mean()


def test_the_model_says_how_it_was_made(small: Bundle, small_examples: list[Example]) -> None:
    assert dict(small.config) == asdict(Config())
    assert small.data["examples"] == len(small_examples)
    assert small.data["documents"] == 14
    assert small.taxonomy_version == "0.1"


def test_labels_measured_below_the_wanted_f1_only_suggest(small: Bundle) -> None:
    figures = small.report["out_of_fold"]["labels"]
    assert small.suggest_only == {label for label, part in figures.items() if part["f1"] < Config().suggest_f1}


def test_the_vocabulary_is_sorted_distinct_and_holds_every_cue(small: Bundle, small_cues: tuple[Cue, ...]) -> None:
    assert list(small.vocabulary) == sorted(set(small.vocabulary))
    assert {cue.term for cue in small_cues} <= set(small.vocabulary)
    assert "" not in small.vocabulary


def test_terms_occur_in_as_many_texts_as_asked() -> None:
    texts = ["植树造林三百亩", "植树造林五百亩", "节水"]
    found = vocabulary.terms(texts, [], ngram=2, min_df=2, max_df=9, words=False)
    assert set(found) == {"植", "树", "造", "林", "百", "亩", "植树", "树造", "造林", "百亩"}


def test_single_characters_that_most_texts_have_are_no_terms_but_their_pairs_are() -> None:
    texts = ["植树造林三百亩", "植树造林五百亩", "植树", "节水"]
    found = vocabulary.terms(texts, [], ngram=2, min_df=2, max_df=2, words=False)
    assert set(found) == {"造", "林", "百", "亩", "植树", "树造", "造林", "百亩"}
    assert "植" in vocabulary.terms(texts, [Cue("植", "x", STRONG)], ngram=2, min_df=2, max_df=2, words=False)


def test_the_more_paragraphs_the_more_a_term_must_occur_in(
    small_examples: list[Example], small_taxonomy: Taxonomy
) -> None:
    def terms(least: float) -> set[str]:
        true = np.zeros((len(small_examples), 1), dtype=bool)
        found = Problem(small_examples, true, small_taxonomy.ids[:1], [], Config(least=least, words=False))
        return set(found.vocabulary)

    plain = [normalise(example.text) for example in small_examples]
    spread = {term: sum(term in text for text in plain) for term in terms(0.0)}
    assert min(spread.values()) == 2
    assert terms(0.1) == {term for term, number in spread.items() if number >= round(0.1 * len(plain))}


def test_words_longer_than_the_n_grams_are_terms_too() -> None:
    texts = ["实行义务教育阶段免费", "落实义务教育阶段免费"]
    without = vocabulary.terms(texts, [], ngram=2, min_df=2, max_df=9, words=False)
    found = vocabulary.terms(texts, [], ngram=2, min_df=2, max_df=9, words=True)
    assert "义务教育" in set(found) - set(without)


def test_a_cue_is_a_word_to_the_segmenter() -> None:
    texts = ["推行林长巡护制", "落实林长巡护制"]
    assert "林长巡护制" in vocabulary.terms(
        texts, [Cue("林长巡护制", "x", STRONG)], ngram=2, min_df=2, max_df=9, words=True
    )


def test_a_trainer_that_is_killed_is_named(
    small_examples: list[Example], small_taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problem, "_fit_label", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(PolicytagError, match="was killed") as raised:
        training.train(small_examples, small_taxonomy)
    assert (raised.value.exit_code, raised.value.hint) == (3, "free memory and train again")


def test_another_taxonomy_trains_and_tags_without_a_code_change(tmp_path: Path, policytag: Run) -> None:
    text = '[[label]]\nid = "water_saving"\nname = "WATER"\n[[label]]\nid = "tree_planting"\nname = "TREES"\n'
    text += '[[label]]\nid = "road_repair"\nname = "ROADS"\n'
    (tmp_path / "three.toml").write_text(text, encoding="utf-8")
    assert taxonomies.load(tmp_path / "three.toml").ids == ("water_saving", "tree_planting", "road_repair")
    command = [
        sys.executable, ROOT / "scripts" / "retrain.py", "--labels", SMALL, "--taxonomy", tmp_path / "three.toml",
        "--models", tmp_path / "models",
    ]  # fmt: skip
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert run.returncode == 0, run.stderr
    (tmp_path / "page.txt").write_text("机关干部到城西荒坡义务植树，每人五棵，谁栽谁管。\n", encoding="utf-8")
    tagged = policytag("tag", "page.txt", "--model", "models", "--format", "csv", cwd=tmp_path)
    assert tagged.returncode == 0, tagged.stderr
    assert ",tree_planting,TREES," in tagged.stdout
