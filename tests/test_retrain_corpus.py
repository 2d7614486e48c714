"""scripts/retrain.py with the labels of the project: minutes of training."""

import json
import random
import shutil
from pathlib import Path

import pytest
from conftest import ROOT
from retraining import current, retrain

from classifier.learning import holdout
from classifier.tagging import bundle


def rows() -> list[tuple[str, dict]]:
    """Every judgement of the project with the name of its file."""
    paths = sorted((ROOT / "labels" / "corpus").glob("*.jsonl"))
    return [(p.name, json.loads(line)) for p in paths for line in p.read_text(encoding="utf-8").splitlines()]


def put(place: Path, given: list[tuple[str, dict]]) -> Path:
    """Write judgements to a labels folder with the project's taxonomy and cues."""
    (place / "corpus").mkdir(parents=True)
    for name in ("taxonomy.toml", "cues.toml"):
        shutil.copy(ROOT / "labels" / name, place)
    for file, row in given:
        with (place / "corpus" / file).open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")
    return place


@pytest.fixture(scope="module")
def held_back() -> set[str]:
    """The ids of some 300 examples: whole documents, none of the test split."""
    by_document: dict[str, set[str]] = {}
    for _, row in rows():
        by_document.setdefault(row["document"], set()).add(row["id"])
    spare = sorted(document for document in by_document if not holdout.is_test(document))
    random.Random(11).shuffle(spare)
    chosen: set[str] = set()
    while len(chosen) < 300:
        chosen |= by_document[spare.pop()]
    return chosen


@pytest.fixture(scope="module")
def before(held_back: set[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with the one that was trained without the examples held back."""
    place = tmp_path_factory.mktemp("before")
    labels = put(place / "labels", [(file, row) for file, row in rows() if row["id"] not in held_back])
    run = retrain("--labels", labels, "--models", place / "models")
    assert run.returncode == 0, run.stderr
    return place


def test_the_same_real_labels_again_are_nothing_new_without_training(before: Path) -> None:
    run = retrain("--labels", before / "labels", "--models", before / "models")
    assert run.returncode == 0
    assert run.stdout.endswith("nothing new: it is the current model\n")
    assert "fold" not in run.stderr


def test_300_new_good_examples_are_promoted(before: Path, tmp_path: Path) -> None:
    models = Path(shutil.copytree(before / "models", tmp_path / "models"))
    run = retrain("--labels", put(tmp_path / "labels", rows()), "--models", models)
    assert run.returncode == 0, run.stdout
    assert run.stdout.splitlines()[-1].endswith(f"promoted over {current(before / 'models')}")
    assert current(models) != current(before / "models")


def test_300_new_examples_with_shuffled_labels_are_refused_and_the_labels_named(
    before: Path, held_back: set[str], tmp_path: Path
) -> None:
    models = Path(shutil.copytree(before / "models", tmp_path / "models"))
    decided = {row["id"]: row["labels"] for _, row in rows() if row["id"] in held_back}
    given = list(decided.values())
    random.Random(12).shuffle(given)
    wrong = dict(zip(decided, given, strict=True))
    labels = put(tmp_path / "labels", [(f, {**r, "labels": wrong.get(r["id"], r["labels"])}) for f, r in rows()])
    run = retrain("--labels", labels, "--models", models)
    assert run.returncode == 1
    reason = run.stdout.splitlines()[-1]
    assert f"the labels of {len(held_back)} added paragraphs contradict the current model" in reason
    assert sum(f"{label} 0." in reason for label in bundle.load(models).labels) >= 5
    assert current(models) == current(before / "models")
