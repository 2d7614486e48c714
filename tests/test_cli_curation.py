"""`policytag studio next` and `suspects`, and what `policytag model` says of a model's card."""

import re
import shutil
from pathlib import Path

import pytest
from conftest import SMALL, Run

from classifier.learning import crossfit, explanation
from classifier.learning.cues import Cue
from classifier.records import Example
from classifier.report import card
from classifier.tagging.bundle import Bundle
from classifier.taxonomy import Taxonomy

TEXTS = ["乡里给果园装滴灌，又在路旁补植杨树一千棵。", "施工队把乡道的边沟重新挖深，雨水不再漫上路面。"]


@pytest.fixture(scope="module")
def explained(
    small: Bundle, small_models: Path, small_examples: list[Example], small_taxonomy: Taxonomy,
    small_cues: tuple[Cue, ...], tmp_path_factory: pytest.TempPathFactory,
) -> Path:  # fmt: skip
    """A folder of models whose current one has a card."""
    models = Path(shutil.copytree(small_models, tmp_path_factory.mktemp("explained") / "models"))
    trial = crossfit.prepare(small_examples, small_taxonomy, small_cues)
    explanation.save(models / small.id, explanation.measure(trial))
    card.write(models / small.id)
    return models


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir()
    for number, text in enumerate(TEXTS):
        (tmp_path / "pages" / f"{number}.txt").write_text(text + "\n", encoding="utf-8")
    return tmp_path / "pages"


def test_next_lists_paragraphs_with_their_doubtful_labels_and_says_whether_labelling_pays(
    explained: Path, pages: Path, policytag: Run
) -> None:
    run = policytag("studio", "next", pages, "--labels", SMALL, "--model", explained)
    assert (run.returncode, run.stderr) == (0, "")
    for text in TEXTS:
        assert text in run.stdout
    assert "植树造林" in run.stdout
    last = run.stdout.splitlines()[-1]
    assert last.startswith("2 of 2 paragraphs; 500 more paragraphs like these promise micro F1 +")
    assert "labelling pays" in last or "labelling no longer pays" in last


def test_next_lists_no_more_than_wanted_and_names_what_it_cannot_read(
    small_models: Path, pages: Path, policytag: Run
) -> None:
    (pages / "bad.docx").write_bytes(b"no document")
    run = policytag("studio", "next", pages, "--labels", SMALL, "--model", small_models, "--count", "1")
    assert run.returncode == 1
    assert "bad.docx: " in run.stderr
    last = run.stdout.splitlines()[-1]
    assert last == "1 of 2 paragraphs; no learning curve was measured of this model; scripts/retrain.py does"


@pytest.mark.parametrize("action", [("next", "x.txt"), ("suspects",)])
@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_a_count_that_is_none_is_exit_code_2(action: tuple[str, ...], count: str, policytag: Run) -> None:
    run = policytag("studio", *action, f"--count={count}")
    assert run.returncode == 2
    assert f"'{count}' is no number above 0" in run.stderr


@pytest.mark.parametrize("action", [("next", "x.txt"), ("suspects",)])
def test_a_folder_without_labels_is_named(action: tuple[str, ...], tmp_path: Path, policytag: Run) -> None:
    run = policytag("studio", *action, cwd=tmp_path)
    assert run.returncode == 3
    assert "labels/taxonomy.toml cannot be read" in run.stderr


def test_suspects_come_with_the_closest_examples_for_and_against(
    small_models: Path, tmp_path: Path, policytag: Run
) -> None:
    labels = Path(shutil.copytree(SMALL, tmp_path / "labels"))
    path = labels / "corpus" / "a.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert '"a/2"' in lines[1]
    lines[1] = lines[1].replace('["water_saving"]', '["road_repair"]')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    run = policytag("studio", "suspects", "--labels", labels, "--model", small_models, "--count", "5")
    assert run.returncode == 0, run.stderr
    assert "fold 1 of" in run.stderr
    [block] = [part for part in re.split(r"\n(?=\S)", run.stdout) if part.startswith("a/2 ")]
    for line in ("    道路养护 road_repair: given, probability 0.", "        for 0.", "        against 0."):
        assert line in block


def test_show_and_verify_speak_of_the_card(explained: Path, small: Bundle, policytag: Run) -> None:
    shown = policytag("model", "show", "--models", explained)
    assert shown.stdout.splitlines()[-1] == f"card: {explained / small.id / 'card.html'}"
    assert "more labels: 500 more paragraphs like these promise" in shown.stdout
    assert "card.html" not in policytag("model", "verify", explained).stdout


def test_verify_says_when_a_card_is_older_than_what_it_shows_and_the_model_is_whole_all_the_same(
    explained: Path, small: Bundle, tmp_path: Path, policytag: Run
) -> None:
    models = Path(shutil.copytree(explained, tmp_path / "models"))
    explanation.save(models / small.id, {"ablation": []})
    run = policytag("model", "verify", models)
    assert run.returncode == 0
    assert f"model {small.id}" in run.stdout
    assert "card.html is older than what it shows" in run.stdout
