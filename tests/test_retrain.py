"""scripts/retrain.py as it is called: from labels to a promoted model, or a reason why not."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import SMALL
from retraining import SCRIPT, current, retrain

from classifier.learning import registry
from classifier.report import card
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle


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


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    """Begin a run in a process group of its own."""
    command = [sys.executable, SCRIPT, *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True
    )


def end(run: subprocess.Popen[str]) -> None:
    """End what a killed run left: its workers wait for work for some minutes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
    run.communicate()


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
    assert retrain("--labels", SMALL, "--models", own_models).returncode == 0  # a model without a card gets one
    before = sorted((path, path.stat().st_mtime_ns) for path in own_models.rglob("*") if path.is_file())
    assert own_models / small.id / "card.html" in dict(before)
    run = retrain("--labels", SMALL, "--models", own_models)
    assert run.returncode == 0
    assert run.stdout.splitlines()[-1].endswith(f"{small.id}: nothing new: it is the current model")
    assert sorted((path, path.stat().st_mtime_ns) for path in own_models.rglob("*") if path.is_file()) == before


def test_a_worse_candidate_is_refused_and_stays_beside(own_models: Path, labels: Path, small: Bundle) -> None:
    shuffle(labels)
    run = retrain("--labels", labels, "--models", own_models)
    assert run.returncode == 1
    reason = run.stdout.splitlines()[-1]
    assert ": refused: micro_f1 " in reason
    assert "--allow-regression REASON" in reason
    assert current(own_models) == small.id
    assert len([path for path in own_models.iterdir() if path.is_dir()]) == 2


def test_force_promotes_a_worse_candidate(own_models: Path, labels: Path, small: Bundle) -> None:
    shuffle(labels)
    run = retrain("--labels", labels, "--models", own_models, "--promote", "force")
    assert run.returncode == 0
    assert "promoted by force in spite of micro_f1 " in run.stdout.splitlines()[-1]
    assert current(own_models) != small.id
    [event] = registry.history(own_models)
    assert (event["model"], event["over"], event["forced"]) == (current(own_models), small.id, True)
    assert event["in_spite_of"]


def test_a_refused_candidate_is_not_trained_again(own_models: Path, labels: Path, small: Bundle) -> None:
    shuffle(labels)
    first = retrain("--labels", labels, "--models", own_models)
    again = retrain("--labels", labels, "--models", own_models)
    assert (again.returncode, again.stdout) == (1, first.stdout)
    assert "fold 1 of 6" in first.stderr
    assert "fold 1 of 6" not in again.stderr
    allowed = retrain("--labels", labels, "--models", own_models, "--allow-regression", "a test")
    assert allowed.returncode == 0
    assert "promoted as allowed in spite of micro_f1 " in allowed.stdout.splitlines()[-1]
    assert registry.history(own_models)[-1]["allowed"] == "a test"


def test_a_regression_is_not_allowed_without_a_reason(own_models: Path) -> None:
    run = retrain("--labels", SMALL, "--models", own_models, "--allow-regression", " ")
    assert run.returncode == 2
    assert "--allow-regression needs a reason" in run.stderr


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
        (lambda labels: [path.unlink() for path in (labels / "corpus").iterdir()], "no examples"),
        (lambda labels: [path.write_text("") for path in (labels / "corpus").iterdir()], "fewer than two labels"),
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
    assert "--promote force" in run.stderr
    assert "fold 1" not in run.stderr  # told before the long work


def test_a_current_model_that_was_deleted_stops_it_and_force_goes_on(
    own_models: Path, labels: Path, small: Bundle
) -> None:
    shutil.rmtree(own_models / small.id)
    (labels / "corpus" / "n.jsonl").unlink()
    run = retrain("--labels", labels, "--models", own_models)
    assert run.returncode == 3
    assert f"CURRENT names the model '{small.id}', which is not there" in run.stderr
    assert "--promote force" in run.stderr
    forced = retrain("--labels", labels, "--models", own_models, "--promote", "force")
    assert forced.returncode == 0
    assert f"by force in spite of {own_models / 'CURRENT'} names the model '{small.id}'" in forced.stdout
    assert current(own_models) != small.id


def test_a_damaged_current_model_is_made_anew_from_its_own_labels_with_force(own_models: Path, small: Bundle) -> None:
    (own_models / small.id / "arrays.npz").write_bytes(b"")
    assert retrain("--labels", SMALL, "--models", own_models, "--promote", "force").returncode == 0
    assert current(own_models) == small.id


def test_damaged_floors_stop_it(own_models: Path) -> None:
    (own_models / "floors.json").write_text("{", encoding="utf-8")
    run = retrain("--labels", SMALL, "--models", own_models)
    assert run.returncode == 3
    assert "floors.json cannot be read" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_label_without_positives_is_named_and_left_out(labels: Path, tmp_path: Path) -> None:
    with (labels / "taxonomy.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[label]]\nid = "bees"\nname = "养蜂"\n')
    run = retrain("--labels", labels, "--models", tmp_path / "models")
    assert run.returncode == 0, run.stderr
    assert "bees: no positive example; it is left out of tagging" in run.stderr
    assert bundle.load(tmp_path / "models").left_out == ("bees",)


def test_contradictory_duplicates_and_ties_are_listed(labels: Path, tmp_path: Path) -> None:
    path = labels / "corpus" / "a.jsonl"
    first = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    more = [
        {**first, "id": "a/90", "text": f" {first['text']}", "labels": ["road_repair"]},
        {**first, "annotator": "second", "labels": []},
    ]
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in more)
    run = retrain("--labels", labels, "--models", tmp_path / "models")
    assert run.returncode == 0, run.stderr
    assert "a/1 and a/90 have the same text, but differ in road_repair, water_saving" in run.stderr
    assert "a/1: first and second differ in water_saving; adjudicate" in run.stderr


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


def test_a_server_without_a_project_is_a_call_that_makes_no_sense(tmp_path: Path) -> None:
    for half in (("--studio", "http://localhost:8080"), ("--project", "3")):
        run = retrain("--labels", SMALL, "--models", tmp_path / "models", *half)
        assert run.returncode == 2
        assert "--studio and --project go together" in run.stderr


def test_the_card_is_told_of_and_the_decision_comes_last(tmp_path: Path, small: Bundle) -> None:
    run = retrain("--labels", SMALL, "--models", tmp_path)
    assert f"card: {tmp_path / small.id / 'card.html'}" in run.stderr.splitlines()[-1]
    assert "learning curve: 100% of the documents" in run.stderr
    told, last = run.stderr.splitlines(), run.stdout.splitlines()[-1]
    [decided] = [number for number, line in enumerate(told) if line.endswith(last)]
    assert "for the card" in told[decided + 1]  # it is known before, should the card fail
    assert card.doubt(tmp_path / small.id) == ""


def test_a_card_that_was_deleted_is_made_anew_and_the_model_is_nothing_new(tmp_path: Path, small: Bundle) -> None:
    retrain("--labels", SMALL, "--models", tmp_path)
    first = (tmp_path / small.id / "card.html").read_bytes()
    (tmp_path / small.id / "card.html").unlink()
    again = retrain("--labels", SMALL, "--models", tmp_path)
    assert again.stdout.splitlines()[-1].endswith("nothing new: it is the current model")
    assert "learning curve" not in again.stderr  # measured already
    (tmp_path / small.id / "card.json").unlink()
    assert "learning curve" in retrain("--labels", SMALL, "--models", tmp_path).stderr
    assert (tmp_path / small.id / "card.html").read_bytes() == first


def test_a_disk_that_is_full_when_the_card_comes_leaves_the_promoted_model(tmp_path: Path, small: Bundle) -> None:
    assert retrain("--labels", SMALL, "--models", tmp_path).returncode == 0
    size = max(path.stat().st_size for path in (tmp_path / small.id).iterdir() if path.name != "arrays.npz")
    (tmp_path / small.id / "card.html").unlink()
    limited = f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size // 2}, {size // 2}));"
    command = [sys.executable, "-c", f"{limited} os.execv(sys.argv[1], sys.argv[1:])", sys.executable, SCRIPT]
    run = subprocess.run(
        [*command, "--labels", SMALL, "--models", tmp_path], capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 3
    assert f"cannot write {tmp_path / small.id / 'card.html'}: File too large" in run.stderr
    assert current(tmp_path) == small.id
    assert [path.name for path in (tmp_path / small.id).iterdir() if path.name.startswith(".")] == []


def test_the_script_is_calls_only() -> None:
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) <= 80


# --- interrupted, killed, out of space, two at once


def test_a_full_disk_is_told_and_the_current_model_stays(own_models: Path, labels: Path, small: Bundle) -> None:
    (labels / "corpus" / "n.jsonl").unlink()
    limited = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
    command = [sys.executable, "-c", f"{limited} os.execv(sys.argv[1], sys.argv[1:])", sys.executable, SCRIPT]
    run = subprocess.run(
        [*command, "--labels", labels, "--models", own_models], capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 3
    assert f"retrain: cannot write the model to {own_models}" in run.stderr
    assert "File too large\n  free space" in run.stderr
    assert current(own_models) == small.id
    assert sorted(path.name for path in own_models.iterdir()) == sorted(["CURRENT", small.id])


def test_an_interruption_is_told_and_the_current_model_stays(own_models: Path, labels: Path, small: Bundle) -> None:
    (labels / "corpus" / "n.jsonl").unlink()
    run = start("--labels", labels, "--models", own_models)
    while "fold 1" not in run.stderr.readline():
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    _, told = run.communicate()
    assert run.returncode == 130
    assert told.splitlines()[-1] == "retrain: interrupted; every model is whole, run it again to go on"
    assert current(own_models) == small.id


def test_a_current_model_that_is_deleted_meanwhile_stops_it_and_what_was_learnt_stays(
    own_models: Path, labels: Path, small: Bundle
) -> None:
    (labels / "corpus" / "n.jsonl").unlink()
    run = start("--labels", labels, "--models", own_models)
    while "fold 1" not in run.stderr.readline():
        assert run.poll() is None
    shutil.rmtree(own_models / small.id)
    shown, told = run.communicate()
    assert (run.returncode, shown) == (3, "")
    assert f"names the model '{small.id}', which is not there" in told
    again = retrain("--labels", labels, "--models", own_models, "--promote", "force")
    assert again.returncode == 0
    assert "fold 1 of 6" not in again.stderr.split(": promoted by force")[0]  # it was trained already
    assert current(own_models) != small.id


def test_current_loads_whenever_training_is_killed(own_models: Path, labels: Path) -> None:
    (labels / "corpus" / "n.jsonl").unlink()
    choices = [("--labels", place, "--models", own_models, "--promote", "force") for place in (labels, SMALL)]
    begun = time.monotonic()
    assert retrain(*choices[0]).returncode == 0
    whole = time.monotonic() - begun
    moments = random.Random(3)
    for number in range(10):
        for model in list(own_models.iterdir()):  # the next one has to train again
            if model.is_dir() and model.name != current(own_models):
                shutil.rmtree(model)
        run = start(*choices[(number + 1) % 2])
        time.sleep(moments.uniform(0, whole))
        run.kill()
        run.wait()
        assert current(own_models)
        end(run)
    for choice in choices:
        assert retrain(*choice).returncode == 0
    assert [path.name for path in own_models.iterdir() if path.name.startswith(".")] == []


def test_two_at_once_with_the_same_labels_promote_once(tmp_path: Path, small: Bundle) -> None:
    runs = [start("--labels", SMALL, "--models", tmp_path / "models") for _ in range(2)]
    reasons = sorted(run.communicate()[0].splitlines()[-1].split(": ", 1)[1] for run in runs)
    assert reasons == ["nothing new: it is the current model", "promoted: the first model"]
    assert [run.returncode for run in runs] == [0, 0]
    assert current(tmp_path / "models") == small.id
    assert len(registry.history(tmp_path / "models")) == 1


def test_two_at_once_with_different_labels_are_compared_with_each_other(labels: Path, tmp_path: Path) -> None:
    (labels / "corpus" / "n.jsonl").unlink()
    runs = [start("--labels", place, "--models", tmp_path / "models") for place in (labels, SMALL)]
    reasons = [run.communicate()[0].splitlines()[-1] for run in runs]
    assert sum("the first model" in reason for reason in reasons) == 1
    assert all(run.returncode in (0, 1) for run in runs)
    assert current(tmp_path / "models")
