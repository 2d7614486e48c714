"""Ablations: one row per ingredient, the whole model first."""

import subprocess
import sys

import pytest
from conftest import ROOT, SMALL

from classifier.learning import ablation
from classifier.learning.ablation import VARIANTS, Row
from classifier.learning.cues import Cue
from classifier.learning.training import Config
from classifier.records import Example
from classifier.tagging.bundle import Bundle
from classifier.taxonomy import Taxonomy


@pytest.fixture(scope="module")
def rows(small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]) -> dict[str, Row]:
    gold = {"gold": small_examples[:30]}
    return {row.name: row for row in ablation.run(small_examples, small_taxonomy, small_cues, gold)}


def test_every_ingredient_has_its_row(rows: dict[str, Row]) -> None:
    after = ["thresholds of 0.5", "Platt's sigmoid alone", "no composed text", "no headings", "no restated text"]
    assert list(rows) == [*(variant.name for variant in VARIANTS), *after]


def test_the_first_row_is_the_model_as_trained(rows: dict[str, Row], small: Bundle) -> None:
    figures = small.report["out_of_fold"]
    assert rows["everything"].corpus == (figures["micro_f1"], figures["mean_average_precision"])
    assert rows["everything"].terms == len(small.vocabulary)


def test_each_variant_changes_settings_that_there_are() -> None:
    for variant in VARIANTS:
        assert Config(**variant.changes) != Config() or not variant.cues or variant.name == "everything"


def test_switching_ingredients_off_changes_the_model(rows: dict[str, Row]) -> None:
    whole = rows["everything"]
    assert rows["no 2-grams"].terms < whole.terms < rows["3-grams too"].terms
    assert rows["terms of two paragraphs too"].terms >= whole.terms
    assert rows["no cues"].terms < whole.terms
    for name in ("no cues", "no composed text", "no restated text"):
        assert rows[name].corpus != whole.corpus


def test_thresholds_and_curves_leave_the_order_of_decisions_alone(rows: dict[str, Row]) -> None:
    assert rows["thresholds of 0.5"].corpus[1] == pytest.approx(rows["everything"].corpus[1])
    assert rows["one threshold for all"].corpus[1] == pytest.approx(rows["everything"].corpus[1])
    assert rows["thresholds of 0.5"].gold["gold"][1] == pytest.approx(rows["everything"].gold["gold"][1])


def test_the_table_shows_what_each_row_changes(rows: dict[str, Row]) -> None:
    lines = ablation.table(list(rows.values())).splitlines()
    assert len(lines) == len(rows) + 2
    assert f"{rows['everything'].corpus[0]:.3f}" in lines[2]
    cues = next(line for line in lines if line.strip().startswith("no cues"))
    assert f"{rows['no cues'].corpus[0] - rows['everything'].corpus[0]:+.3f}" in cues
    assert "gold F1" in lines[0]


def test_an_unknown_labels_folder_is_answered_without_a_traceback() -> None:
    command = [sys.executable, "-m", "classifier.learning.ablation", "--labels", "nowhere"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert run.returncode == 3
    assert "nowhere" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_command_prints_the_table() -> None:
    command = [sys.executable, "-m", "classifier.learning.ablation", "--labels", SMALL]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert "everything" in run.stdout
    assert "no words of jieba" in run.stdout
