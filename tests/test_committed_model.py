"""The promoted model is the one that the committed labels make, to the byte."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from classifier import taxonomy as taxonomies
from classifier.learning import cues as cue_files
from classifier.learning import examples as label_files
from classifier.learning import training
from classifier.learning.training import Config
from classifier.report import card
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle

LABELS = ROOT / "labels"


@pytest.fixture(scope="module")
def retrained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder of models with what scripts/retrain.py makes of the committed labels, and what it printed."""
    models = tmp_path_factory.mktemp("retrained")
    command = [sys.executable, ROOT / "scripts" / "retrain.py", "--models", models]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    return models, run.stdout


def test_it_was_made_from_the_committed_labels(committed: Bundle) -> None:
    taxonomy = taxonomies.load(LABELS / "taxonomy.toml")
    cues = cue_files.load(LABELS / "cues.toml", taxonomy)
    examples = label_files.merge(label_files.load(LABELS / "corpus", taxonomy))
    assert committed.data["digest"] == training.data_digest(examples, cues)
    assert committed.data["examples"] == len(examples)


def test_it_has_a_card_that_is_up_to_date_and_light() -> None:
    place = bundle.locate(ROOT / "models")
    assert card.doubt(place) == ""
    assert (place / card.FILE).stat().st_size < 2_000_000


def test_it_was_made_with_the_configuration_that_is_the_default(committed: Bundle) -> None:
    assert training.Config(**committed.config) == Config()


def test_retraining_gives_its_id(retrained: tuple[Path, str]) -> None:
    assert (retrained[0] / "CURRENT").read_bytes() == (ROOT / "models" / "CURRENT").read_bytes()


@pytest.mark.parametrize("name", ["arrays.npz", "vocabulary.txt", "manifest.json", "report.json"])
def test_retraining_gives_its_bytes(name: str, retrained: tuple[Path, str], committed: Bundle) -> None:
    one, other = (models / committed.id / name for models in (ROOT / "models", retrained[0]))
    assert one.read_bytes() == other.read_bytes()


def test_the_figures_that_retraining_prints_stand_in_its_report(retrained: tuple[Path, str], committed: Bundle) -> None:
    figures = committed.report["out_of_fold"]
    printed = {line.split()[0]: line.split() for line in retrained[1].splitlines() if line.split()}
    for name in ("micro_f1", "macro_f1", "mean_average_precision", "exact_match", "calibration_error"):
        assert printed[name][1] == f"{figures[name]:.3f}"
    for label, part in figures["labels"].items():
        assert printed[label][2:4] == [str(part["positives"]), f"{part['f1']:.3f}"]


def test_its_probabilities_are_calibrated(committed: Bundle) -> None:
    assert committed.report["out_of_fold"]["calibration_error"] <= 0.03


def test_no_threshold_of_it_is_beyond_what_is_believed(committed: Bundle) -> None:
    assert ((committed.weights.threshold >= 0.15) & (committed.weights.threshold <= 0.7)).all()


def test_models_hold_the_promoted_one_and_no_draft() -> None:
    assert [path.name for path in (ROOT / "models").iterdir() if path.name.startswith(".")] == []
