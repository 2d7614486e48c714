"""Runs that are continued: the same bytes after any interruption, and never on top of another run's."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from zipfile import ZipFile

import pytest
from conftest import NEWS, ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.errors import OutputError
from classifier.tagging.batch import Counts, Done
from classifier.tagging.chunks import Position
from classifier.tagging.journal import head, journalled

FACTS = {"model": "abc", "evidence": False, "inputs": 3}


def done(n: int, rows: bytes) -> Done:
    """The n-th chunk of a run over three inputs, two chunks each."""
    end = Position(n // 2 + 1, 0) if n % 2 else Position(n // 2, 5)
    return Done(rows=rows, counts=Counts(given=1, done=1, paragraphs=1, written=1), skipped=(), end=end)


def chunk_number(start: Position) -> int:
    return start.source * 2 + (1 if start.parts else 0)


class Crash(BaseException):
    """Stands for kill -9: what the process would do afterwards is undone by restoring the files."""


def run_to(place: Path, pieces: list[bytes], stop: int | None, *, resume: bool, form: str = "jsonl") -> None:
    """Write pieces; `stop` chunks before the end leave the files as a killed process would."""
    part, journal = place / "out.part", place / "out.journal"
    try:
        with journalled(place / "out", form, FACTS, resume=resume, overwrite=False) as sink:
            for n in range(chunk_number(sink.start), len(pieces)):
                if n == stop:
                    kept = [(path, path.read_bytes()) for path in (part, journal) if path.exists()]
                    raise Crash
                sink.take(done(n, pieces[n]))
                sink.save()
    except Crash:
        for path in (part, journal):
            path.unlink(missing_ok=True)
        for path, content in kept:
            path.write_bytes(content)


PIECES = st.lists(st.binary(max_size=50), min_size=6, max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(PIECES, st.lists(st.integers(0, 6), max_size=5), st.data())
def test_whatever_a_crash_leaves_the_output_is_that_of_an_uninterrupted_run(tmp_path, pieces, stops, data):
    place = tmp_path / "run"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    form = data.draw(st.sampled_from(["jsonl", "csv"]))
    for n, stop in enumerate(stops):
        run_to(place, pieces, stop, resume=n > 0, form=form)
        if (place / "out").exists():
            break
        if (place / "out.part").exists():  # the rows may be ahead of the journal, and its last line cut
            with (place / "out.part").open("ab") as file:
                file.write(data.draw(st.binary(max_size=20)))
        if (place / "out.journal").exists():
            content = (place / "out.journal").read_bytes()
            last = content.rstrip(b"\n").rfind(b"\n") + 1
            (place / "out.journal").write_bytes(content[: data.draw(st.integers(last, len(content)))])
    else:
        run_to(place, pieces, None, resume=True, form=form)
    assert (place / "out").read_bytes() == head(form) + b"".join(pieces)
    assert not (place / "out.part").exists()


def test_a_cut_line_of_the_journal_does_not_hide_those_that_follow(tmp_path):
    run_to(tmp_path, [b"x"] * 6, 2, resume=False)
    content = (tmp_path / "out.journal").read_bytes()
    (tmp_path / "out.journal").write_bytes(content[:-5])
    run_to(tmp_path, [b"x"] * 6, 4, resume=True)
    with journalled(tmp_path / "out", "jsonl", FACTS, resume=True, overwrite=False) as sink:
        assert chunk_number(sink.start) == 4
        for n in (4, 5):
            sink.take(done(n, b"x"))
    assert (tmp_path / "out").read_bytes() == b"x" * 6


def test_counts_go_on_where_they_were(tmp_path):
    run_to(tmp_path, [b"x"] * 6, 4, resume=False)
    with journalled(tmp_path / "out", "jsonl", FACTS, resume=True, overwrite=False) as sink:
        assert (sink.start, sink.counts.given) == (Position(2, 0), 4)
        for n in (4, 5):
            sink.take(done(n, b"x"))
        assert sink.counts.given == 6


def test_nothing_is_left_beside_the_output_of_a_whole_run(tmp_path):
    run_to(tmp_path, [b"x"] * 6, None, resume=False)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_finished_run_that_is_resumed_has_nothing_to_do(tmp_path):
    run_to(tmp_path, [b"x"] * 6, 3, resume=False)
    run_to(tmp_path, [b"x"] * 6, None, resume=True)
    with journalled(tmp_path / "out", "jsonl", FACTS, resume=True, overwrite=False) as sink:
        assert (sink.start, sink.counts.given) == (Position(3, 0), 6)
    assert (tmp_path / "out").read_bytes() == b"x" * 6


def test_a_failure_keeps_what_is_done(tmp_path):
    with pytest.raises(RuntimeError), journalled(tmp_path / "out", "jsonl", FACTS, resume=False, overwrite=False) as s:
        s.take(done(0, b"x"))
        raise RuntimeError
    with journalled(tmp_path / "out", "jsonl", FACTS, resume=True, overwrite=False) as sink:
        assert sink.start == Position(0, 5)


def test_a_failure_before_the_first_chunk_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), journalled(tmp_path / "out", "csv", FACTS, resume=False, overwrite=False):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


# refusals


@pytest.mark.parametrize(
    ("fact", "value"), [("model", "xyz"), ("evidence", True), ("inputs", 4), ("policytag", "0.0.0")]
)
def test_a_journal_of_another_run_is_refused_with_what_differs(tmp_path, fact, value):
    run_to(tmp_path, [b"x"] * 6, 3, resume=False)
    before = (tmp_path / "out.part").read_bytes()
    if fact == "policytag":
        lines = (tmp_path / "out.journal").read_text(encoding="utf-8").splitlines(keepends=True)
        first = json.dumps(json.loads(lines[0]) | {fact: value}) + "\n"
        (tmp_path / "out.journal").write_text(first + "".join(lines[1:]), encoding="utf-8")
    facts = FACTS if fact == "policytag" else FACTS | {fact: value}
    with (
        pytest.raises(OutputError, match=rf"out\.journal belongs to another run: {fact}: .* then, .* now\n  .*--overw"),
        journalled(tmp_path / "out", "jsonl", facts, resume=True, overwrite=False),
    ):
        raise AssertionError("not reached")
    assert (tmp_path / "out.part").read_bytes() == before


@pytest.mark.parametrize("there", ["out", "out.part"])
def test_what_is_there_needs_overwrite_or_resume(tmp_path, there):
    run_to(tmp_path, [b"x"] * 6, 3, resume=False)
    if there == "out":
        (tmp_path / "out").write_bytes(b"old")
        (tmp_path / "out.part").unlink()
    with (
        pytest.raises(OutputError, match=rf"{there} [\s\S]*--overwrite|--resume"),
        journalled(tmp_path / "out", "jsonl", FACTS, resume=False, overwrite=False),
    ):
        raise AssertionError("not reached")


def test_overwriting_begins_anew(tmp_path):
    run_to(tmp_path, [b"x"] * 6, 3, resume=False)
    with journalled(tmp_path / "out", "jsonl", FACTS, resume=False, overwrite=True) as sink:
        assert sink.start == Position()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("out", b"")]


def test_an_output_without_a_journal_is_not_taken_for_finished(tmp_path):
    (tmp_path / "out").write_bytes(b"of whatever origin")
    with (
        pytest.raises(OutputError, match="there is no unfinished run\n  --overwrite"),
        journalled(tmp_path / "out", "jsonl", FACTS, resume=True, overwrite=False),
    ):
        raise AssertionError("not reached")


def test_a_part_that_lost_its_end_is_refused(tmp_path):
    run_to(tmp_path, [b"xyz"] * 6, 3, resume=False)
    os.truncate(tmp_path / "out.part", 4)
    with (
        pytest.raises(OutputError, match="it was changed"),
        journalled(tmp_path / "out", "jsonl", FACTS, resume=True, overwrite=False),
    ):
        raise AssertionError("not reached")


def test_two_runs_do_not_write_one_output(tmp_path):
    with journalled(tmp_path / "out", "jsonl", FACTS, resume=False, overwrite=False) as sink:
        sink.take(done(0, b"x"))
        with (
            pytest.raises(OutputError, match="another run is writing"),
            journalled(tmp_path / "out", "jsonl", FACTS, resume=False, overwrite=True),
        ):
            raise AssertionError("not reached")
        for n in range(1, 6):
            sink.take(done(n, b"x"))
    assert (tmp_path / "out").read_bytes() == b"x" * 6


# real processes

# saves after every chunk, so that there is much to go wrong
EVERY_CHUNK = """
import sys
from classifier.tagging import journal
journal._EVERY = 0
from classifier.cli import main
main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of several chunks, pages, an archive, and what will be skipped."""
    place = tmp_path_factory.mktemp("inputs")
    texts = [json.loads(line)["text"] for line in NEWS.read_text(encoding="utf-8").splitlines()]
    with (place / "rows.jsonl").open("w", encoding="utf-8") as file:
        for n in range(12_000):
            file.write(json.dumps({"id": f"r{n}", "text": texts[n % len(texts)]}, ensure_ascii=False) + "\n")
            if n % 900 == 7:
                file.write("{broken\n")
    (place / "pages").mkdir()
    for n in range(12):
        shutil.copy(ROOT / "tests/cases/pages/sample.txt", place / "pages" / f"{n:02}.txt")
    (place / "pages" / "07.txt").write_bytes(b"")
    with ZipFile(place / "pages.zip", "w") as archive:
        for n in range(12):
            archive.write(place / "pages" / "01.txt", f"{n}.txt")
    return place


def command(inputs: Path, *more: str) -> list[str]:
    names = ("rows.jsonl", "pages", "gone.txt", "pages.zip")
    return [sys.executable, "-c", EVERY_CHUNK, "tag", *(str(inputs / name) for name in names), *more]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_after_kills_at_random_moments_the_output_is_byte_for_byte_the_same(form, inputs, tmp_path):
    whole = subprocess.run(command(inputs, "-o", f"whole.{form}"), cwd=tmp_path, capture_output=True, check=False)
    assert whole.returncode == 1
    wanted = (tmp_path / f"whole.{form}").read_bytes()
    chance = random.Random(5)
    part = tmp_path / f"out.{form}.part"
    killed = resumed = 0
    for reached in sorted(chance.uniform(0, 0.97) for _ in range(10)):
        resumed += (tmp_path / f"out.{form}.journal").exists()
        more = ["-o", f"out.{form}", "--jobs", chance.choice("12"), *(["--resume"] if killed else [])]
        with subprocess.Popen(command(inputs, *more), cwd=tmp_path, stderr=subprocess.PIPE) as process:
            while process.poll() is None:
                if part.exists() and part.stat().st_size >= reached * len(wanted):
                    time.sleep(chance.uniform(0, 0.03))
                    process.kill()
                    break
                time.sleep(0.001)
        if process.returncode == -signal.SIGKILL:
            killed += 1
        if (tmp_path / f"out.{form}").exists():
            break
    assert killed >= 5
    assert resumed >= 3
    last = subprocess.run(
        command(inputs, "-o", f"out.{form}", "--resume"),
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (last.returncode, last.stderr.splitlines()[-1]) == (1, whole.stderr.decode().splitlines()[-1])
    assert (tmp_path / f"out.{form}").read_bytes() == wanted
    assert not part.exists()


def test_a_full_disk_is_named_and_the_run_goes_on_when_there_is_room(inputs, tmp_path):
    subprocess.run(command(inputs, "-o", "whole.jsonl"), cwd=tmp_path, capture_output=True, check=False)
    wanted = (tmp_path / "whole.jsonl").read_bytes()
    full = subprocess.run(
        command(inputs, "-o", "out.jsonl"), cwd=tmp_path, capture_output=True, encoding="utf-8", check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (len(wanted) // 2,) * 2),
    )  # fmt: skip
    assert full.returncode == 3
    assert "policytag: cannot write out.jsonl: File too large\n  free space, then go on with --resume\n" in full.stderr
    assert "Traceback" not in full.stderr
    assert not (tmp_path / "out.jsonl").exists()
    again = subprocess.run(
        command(inputs, "-o", "out.jsonl", "--resume"), cwd=tmp_path, capture_output=True, check=False
    )
    assert again.returncode == 1
    assert (tmp_path / "out.jsonl").read_bytes() == wanted


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_run_says_how_to_go_on_and_does(jobs, inputs, tmp_path):
    subprocess.run(command(inputs, "-o", "whole.jsonl"), cwd=tmp_path, capture_output=True, check=False)
    with subprocess.Popen(
        command(inputs, "-o", "out.jsonl", "--jobs", jobs), cwd=tmp_path, stderr=subprocess.PIPE, encoding="utf-8",
        start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip  # in the background of a shell, tests would pass on that interrupts are ignored
        while not (tmp_path / "out.jsonl.journal").exists():
            assert process.poll() is None
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: workers get it too
        said = process.communicate()[1]
    assert process.returncode == 130
    assert said.endswith("policytag: interrupted\n  what is done is kept: go on with --resume\n")
    assert "Traceback" not in said
    assert not (tmp_path / "out.jsonl").exists()
    again = subprocess.run(
        command(inputs, "-o", "out.jsonl", "--resume"), cwd=tmp_path, capture_output=True, check=False
    )
    assert again.returncode == 1
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_changed_inputs_are_refused(inputs, tmp_path):
    own = Path(shutil.copytree(inputs, tmp_path / "inputs"))
    with subprocess.Popen(command(own, "-o", "out.jsonl"), cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        while not (tmp_path / "out.jsonl.journal").exists():
            time.sleep(0.001)
        process.kill()
    (own / "pages" / "03.txt").write_text("换了内容。", encoding="utf-8")
    run = subprocess.run(
        command(own, "-o", "out.jsonl", "--resume"), cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 3
    assert "belongs to another run: bytes of the inputs: " in run.stderr
