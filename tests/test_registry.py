"""A folder of models: what is in it, which one is current, and that no death of a writer harms it."""

import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.errors import ModelDamaged, ModelError, ModelNotFound, UsageError
from classifier.learning import model_tables, registry
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle

# writes two models in turn, promotes each, and prunes the other away, until it is killed
WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from classifier.learning import registry
from classifier.tagging import bundle
models = Path(sys.argv[1])
small = bundle.load(models)
while True:
    for name in ("one", "two"):
        with registry.locked(models):
            bundle.save(replace(small, id=name), models)
            registry.record(models, {"event": "promoted", "model": name, "over": registry.current_id(models)})
            registry.make_current(models, name)
        registry.prune(models, keep=0)
        print(name, flush=True)
"""
HOLDER = """
import sys
from pathlib import Path
from classifier.learning import registry
with registry.locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def start(code: str, models: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, models], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )


@pytest.fixture
def three(own_models: Path, small: Bundle) -> Path:
    """The small model, current, and two others beside it."""
    for name in ("abc1", "abd2"):
        bundle.save(replace(small, id=name), own_models)
    return own_models


# --- reading


def test_the_current_model_is_the_one_that_current_names(three: Path, small: Bundle) -> None:
    assert registry.current_id(three) == small.id
    assert registry.current(three).id == small.id


def test_a_folder_without_current_has_none(tmp_path: Path) -> None:
    assert registry.current(tmp_path) is None
    assert registry.current(tmp_path / "not there yet") is None


@pytest.mark.parametrize("content", ["gone", "", "..", "a/b", "\n"])
def test_a_current_that_names_no_model_here_is_named_with_the_next_step(content: str, three: Path) -> None:
    (three / "CURRENT").write_text(content, encoding="utf-8")
    with pytest.raises(ModelDamaged, match="CURRENT names the model") as caught:
        registry.current(three)
    assert "policytag model list" in caught.value.hint


def test_a_model_whose_folder_is_deleted_after_it_was_loaded_goes_on_working(three: Path, small: Bundle) -> None:
    loaded = registry.current(three)
    shutil.rmtree(three / small.id)
    assert loaded.vocabulary == small.vocabulary
    assert (loaded.weights.coef == small.weights.coef).all()
    with pytest.raises(ModelDamaged, match=f"'{small.id}', which is not there"):
        registry.current(three)


def test_a_model_is_found_only_if_it_is_whole(three: Path) -> None:
    assert registry.find(three, "abc1").id == "abc1"
    assert registry.find(three, "other") is None
    (three / "abc1" / "vocabulary.txt").write_text("x", encoding="utf-8")
    assert registry.find(three, "abc1") is None


def test_entries_begin_with_the_current_one_and_damaged_ones_say_why(three: Path, small: Bundle) -> None:
    (three / "abd2" / "arrays.npz").unlink()
    first, second, third = registry.entries(three)
    assert (first.id, first.current, second.id, second.current) == (small.id, True, "abc1", False)
    assert third.model is None
    assert "arrays.npz is missing" in third.problem
    table = model_tables.listing([first, second, third])
    assert [line.split()[0] for line in table.splitlines()[2:]] == ["*", "abc1", "abd2"]
    assert "arrays.npz is missing" in table


def test_an_empty_folder_has_no_entries_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no models in") as caught:
        registry.entries(tmp_path)
    assert "scripts/retrain.py" in caught.value.hint


def test_ids_may_be_shortened_while_they_are_unique(three: Path, small: Bundle) -> None:
    assert registry.resolve(three, "abc") == "abc1"
    assert registry.resolve(three, None) == small.id
    with pytest.raises(UsageError, match="abc1, abd2"):
        registry.resolve(three, "ab")
    for name in ("zzz", "", "../models", "."):
        with pytest.raises(ModelNotFound):
            registry.resolve(three, name)


# --- writing


def test_using_another_model_makes_it_current_and_is_recorded(three: Path, small: Bundle) -> None:
    assert registry.use(three, "abd") == "abd2"
    assert bundle.load(three).id == "abd2"
    [event] = registry.history(three)
    assert (event["event"], event["model"], event["over"]) == ("used", "abd2", small.id)


def test_a_damaged_model_is_not_used(three: Path, small: Bundle) -> None:
    (three / "abc1" / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelDamaged):
        registry.use(three, "abc1")
    assert registry.current_id(three) == small.id
    assert registry.history(three) == []


def test_current_is_one_line_readable_by_all_and_no_draft_stays(three: Path, small: Bundle) -> None:
    registry.make_current(three, small.id)
    assert (three / "CURRENT").read_bytes() == small.id.encode() + b"\n"
    assert (three / "CURRENT").stat().st_mode & 0o777 == 0o644
    assert [path.name for path in three.iterdir() if path.name.startswith(".")] == []


def test_current_is_replaced_not_rewritten(three: Path, small: Bundle) -> None:
    with (three / "CURRENT").open(encoding="utf-8") as reader:
        registry.make_current(three, "something longer than an id")
        assert reader.read() == small.id + "\n"


def test_pruning_keeps_the_current_one_and_those_before_it(three: Path, small: Bundle) -> None:
    registry.use(three, "abc1")
    registry.use(three, "abd2")
    bundle.save(replace(small, id="refused"), three)
    (three / ".damaged-x").mkdir()
    (three / "notes").mkdir()
    assert registry.prune(three, keep=1) == [".damaged-x", small.id, "refused"]
    assert sorted(path.name for path in three.iterdir()) == ["CURRENT", "abc1", "abd2", "history.jsonl", "notes"]
    assert registry.prune(three, keep=0) == ["abc1"]
    assert registry.current(three).id == "abd2"


def test_pruning_never_takes_the_current_one(three: Path, small: Bundle) -> None:
    with pytest.raises(UsageError, match="-1"):
        registry.prune(three, keep=-1)
    registry.prune(three, keep=0)
    assert registry.current(three).id == small.id


def test_pruning_without_a_whole_current_model_removes_nothing(three: Path, small: Bundle) -> None:
    (three / small.id / "arrays.npz").write_bytes(b"")
    with pytest.raises(ModelError, match="no whole current model"):
        registry.prune(three)
    assert len([path for path in three.iterdir() if path.is_dir()]) == 3


def test_a_history_that_cannot_be_read_is_named_and_not_overwritten(three: Path) -> None:
    (three / "history.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"history\.jsonl cannot be read"):
        registry.use(three, "abc1")
    assert (three / "history.jsonl").read_text(encoding="utf-8") == "{"


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    registry.write(tmp_path / "file", "old")
    code = (
        "import resource, signal, sys; from pathlib import Path; from classifier.learning import registry;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); registry.write(Path(sys.argv[1]), 'x' * 5000)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "file"], capture_output=True, encoding="utf-8")
    assert "ModelError: cannot write" in done.stderr
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {"file": "old"}


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for place in (tmp_path / "file", tmp_path / "file" / "models"):
        with pytest.raises(ModelError, match="cannot write to"), registry.locked(place):
            pass


# --- several writers, and their deaths


def test_one_writer_waits_for_another_and_a_dead_one_holds_nothing(three: Path) -> None:
    first = start(HOLDER, three)
    assert first.stdout.readline() == "held\n"
    (three / ".writing-by-the-first").mkdir()
    second = start(HOLDER, three)
    second.stdin.close()
    with pytest.raises(subprocess.TimeoutExpired):  # it cannot get on, however long one waits
        second.wait(timeout=2)
    assert (three / ".writing-by-the-first").is_dir()
    first.kill()
    assert second.wait() == 0
    assert second.stdout.read() == "held\n"
    assert not (three / ".writing-by-the-first").exists()  # what the dead one left is swept
    first.communicate()
    second.stdout.close()


def test_current_loads_whenever_a_writer_is_killed(own_models: Path) -> None:
    moments = random.Random(20)
    for _ in range(10):
        writer = start(WRITER, own_models)
        writer.stdout.readline()  # it is at work
        time.sleep(moments.uniform(0, 0.3))
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        assert registry.current(own_models).id in ("one", "two")
        assert registry.history(own_models)[-1]["model"] in ("one", "two")
    with registry.locked(own_models):
        assert [path.name for path in own_models.iterdir() if path.name.startswith(".")] == []


def test_two_writers_at_once_leave_a_whole_current_model(own_models: Path) -> None:
    writers = [start(WRITER, own_models) for _ in range(2)]
    for _ in range(5):
        for writer in writers:
            assert writer.stdout.readline().strip() in ("one", "two")
    for writer in writers:
        assert writer.poll() is None  # neither fell over the other
        writer.kill()
        writer.communicate()
    assert registry.current(own_models).id in ("one", "two")


# --- told


def test_a_model_in_full_shows_its_figures_and_its_history(three: Path, small: Bundle) -> None:
    registry.use(three, "abc1")
    text = model_tables.full(small, registry.history(three))
    assert f"model {small.id}: taxonomy 0.1, 3 labels" in text
    assert f"{small.report['out_of_fold']['micro_f1']:.3f}" in text
    assert f"used abc1 over {small.id}" in text.splitlines()[-1]


def test_a_difference_names_what_differs_and_nothing_else(small: Bundle) -> None:
    other = replace(small, id="other", config={**small.config, "cost": 2.0}, taxonomy_version="0.2")
    lines = model_tables.difference(small, other).splitlines()
    changed = [line.split()[:-2] for line in lines[2 : lines.index("")]]
    assert changed == [["taxonomy"], ["setting", "cost"]]
    same = model_tables.difference(small, replace(small, id="same"))
    assert "taxonomy" not in same
    assert {line.split()[-1] for line in same.splitlines()[2:]} == {"+0.000"}
