"""scripts/retrain.py as it is called: from labels to a promoted model, or a reason why not."""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, SMALL

from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle

SCRIPT = ROOT / "scripts" / "retrain.py"


def retrain(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A copy of the small labels that a test may spoil."""
    return Path(shutil.copytree(SMALL, tmp_path / "labels"))


def shuffle(labels: Path) -> None:
    """Give every paragraph the labels of another one: nothing can be learnt from that."""
    rows = [
        (path, json.loads(line))
        for path in sorted((labels / "corpus").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    given = [row["labels"] for _, row in rows]
    random.Random(1).shuffle(given)
    for path in (labels / "corpus").glob("*.jsonl"):
        path.unlink()
    for (path, row), other in zip(rows, given, strict=True):
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**row, "labels": other}, ensure_ascii=False) + "\n")


def current(models: Path) -> str:
    """CURRENT, which must be the id of a model that is there and whole."""
    name = (models / "CURRENT").read_text(encoding="utf-8").strip()
    assert bundle.load(models / name).id == name
    return name


def test_the_first_model_is_promoted(tmp_path: Path, small: Bundle) -> None:
    run = retrain("--labels", SMALL, "--models", tmp_path / "models")
    assert run.returncode == 0
    assert run.stdout.splitlines()[-1] == f"{tmp_path / 'models' / small.id}: promoted: the first model"
    assert current(tmp_path / "models") == small.id


def test_the_printed_figures_are_those_of_the_report(tmp_path: Path, small: Bundle) -> None:
    run = retrain("--labels", SMALL, "--models", tmp_path)
    report = json.loads((tmp_path / small.id / "report.json").read_text(encoding="utf-8"))["out_of_fold"]
    for figure in ("micro_f1", "macro_f1", "mean_average_precision"):
        row = next(line for line in run.stdout.splitlines() if line.startswith(figure))
        assert row.split()[1] == f"{report[figure]:.3f}"


def test_progress_goes_to_stderr_and_results_to_stdout(tmp_path: Path) -> None:
    run = retrain("--labels", SMALL, "--models", tmp_path)
    assert "76 examples, 76 judgements, 3 labels" in run.stderr
    assert "fold 1 of 6" in run.stderr
    assert "fold" not in run.stdout.replace("out of fold", "")


def test_the_same_labels_twice_are_nothing_new(own_models: Path, small: Bundle) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in own_models.rglob("*") if path.is_file())
    run = retrain("--labels", SMALL, "--models", own_models)
    assert run.returncode == 0
    assert run.stdout.splitlines()[-1].endswith(f"{small.id}: nothing new: it is the current model")
    assert sorted((path, path.stat().st_mtime_ns) for path in own_models.rglob("*") if path.is_file()) == before


def test_a_worse_candidate_is_refused_and_stays_beside(own_models: Path, labels: Path, small: Bundle) -> None:
    shuffle(labels)
    run = retrain("--labels", labels, "--models", own_models)
    assert run.returncode == 1
    assert ": refused: micro_f1 " in run.stdout.splitlines()[-1]
    assert current(own_models) == small.id
    assert len([path for path in own_models.iterdir() if path.is_dir()]) == 2


def test_force_promotes_a_worse_candidate(own_models: Path, labels: Path, small: Bundle) -> None:
    shuffle(labels)
    run = retrain("--labels", labels, "--models", own_models, "--promote", "force")
    assert run.returncode == 0
    assert "promoted by force in spite of" in run.stdout.splitlines()[-1]
    assert current(own_models) != small.id


def test_never_writes_and_does_not_promote(own_models: Path, labels: Path, small: Bundle) -> None:
    shuffle(labels)
    run = retrain("--labels", labels, "--models", own_models, "--promote", "never")
    assert run.returncode == 0
    assert run.stdout.splitlines()[-1].endswith("written, not promoted (--promote never)")
    assert current(own_models) == small.id


def test_label_files_may_lie_in_the_folder_itself(tmp_path: Path, small: Bundle) -> None:
    shutil.copytree(SMALL / "corpus", tmp_path / "flat")
    shutil.copy(SMALL / "taxonomy.toml", tmp_path / "flat")
    shutil.copy(SMALL / "cues.toml", tmp_path / "flat")
    run = retrain("--labels", "flat", "--models", "models", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert current(tmp_path / "models") == small.id


def test_labels_without_cues_train(labels: Path, tmp_path: Path) -> None:
    (labels / "cues.toml").unlink()
    run = retrain("--labels", labels, "--models", tmp_path / "models")
    assert run.returncode == 0, run.stderr


def test_an_unknown_label_stops_it_with_file_line_label_and_the_nearest(labels: Path, tmp_path: Path) -> None:
    path = labels / "corpus" / "c.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("tree_planting", "tree_plant", 1), encoding="utf-8")
    run = retrain("--labels", labels, "--models", tmp_path / "models")
    assert run.returncode == 3
    assert run.stdout == ""
    expected = f"retrain: {path}, line 1: unknown label 'tree_plant'\n  did you mean 'tree_planting'?\n"
    assert run.stderr == expected
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda labels: (labels / "taxonomy.toml").unlink(), "taxonomy.toml cannot be read"),
        (lambda labels: (labels / "taxonomy.toml").write_text("[["), "is no TOML"),
        (lambda labels: (labels / "cues.toml").write_text("[bees]\nstrong = []\n"), "unknown label 'bees'"),
        (lambda labels: shutil.rmtree(labels / "corpus"), "no examples"),
        (lambda labels: (labels / "corpus" / "a.jsonl").write_text("{"), "line 1: not JSON"),
        (
            lambda labels: [path.unlink() for path in (labels / "corpus").glob("[b-n].jsonl")],
            "come from one document",
        ),
    ],
)
def test_labels_that_cannot_be_used_stop_it_with_the_reason(spoil, message: str, labels: Path, tmp_path: Path) -> None:
    spoil(labels)
    run = retrain("--labels", labels, "--models", tmp_path / "models")
    assert run.returncode == 3
    assert run.stdout == ""
    assert message in run.stderr
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "models").exists()


def test_a_damaged_current_model_stops_it(own_models: Path, labels: Path) -> None:
    (bundle.locate(own_models) / "vocabulary.txt").write_text("other", encoding="utf-8")
    run = retrain("--labels", labels, "--models", own_models)
    assert run.returncode == 3
    assert "vocabulary.txt was changed after it was written" in run.stderr


def test_a_damaged_model_of_the_same_id_is_never_promoted(own_models: Path, labels: Path, small: Bundle) -> None:
    # it lies there without being current: what is promoted must be what was trained
    (own_models / "CURRENT").unlink()
    (own_models / small.id / "arrays.npz").write_bytes(b"broken")
    run = retrain("--labels", labels, "--models", own_models)
    if run.returncode == 0:
        assert current(own_models) == small.id
    else:
        assert not (own_models / "CURRENT").exists()
        assert "Traceback" not in run.stderr


def test_a_models_folder_that_is_a_file_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file", encoding="utf-8")
    run = retrain("--labels", SMALL, "--models", tmp_path / "models")
    assert run.returncode == 3
    assert str(tmp_path / "models") in run.stderr
    assert "Traceback" not in run.stderr


def test_the_script_is_calls_only() -> None:
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) <= 80
