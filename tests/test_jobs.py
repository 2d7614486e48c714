"""Several processes: the same bytes in the same order, a lost one named, and no more in memory than needed."""

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import time
from functools import partial
from pathlib import Path

import pytest
from conftest import COMMAND, NEWS, Run

from classifier.errors import PolicytagError
from classifier.tagging.workers import ordered


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("jobs")
    texts = [json.loads(line)["text"] for line in NEWS.read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps({"text": texts[n % len(texts)], "n": n}, ensure_ascii=False) for n in range(6000)]
    (place / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (place / "rows.csv").write_text("id,text\n" + "".join(f'{n},"第{n}\n行"\n' for n in range(2500)), encoding="utf-8")
    (place / "page.md").write_text("# 办法\n\n企业以专利权质押取得贷款。\n", encoding="utf-8")
    (place / "broken.jsonl").write_text('{"text": "x"}\n{', encoding="utf-8")
    return place


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_two_jobs_give_the_bytes_of_one(form: str, folder: Path, tmp_path: Path, policytag: Run) -> None:
    runs = [
        policytag("tag", folder, "--evidence", "-o", tmp_path / f"{jobs}.{form}", "--jobs", jobs) for jobs in ("1", "2")
    ]
    assert [run.returncode for run in runs] == [1, 1]
    assert runs[0].stderr == runs[1].stderr
    assert (tmp_path / f"1.{form}").read_bytes() == (tmp_path / f"2.{form}").read_bytes()


def test_two_jobs_give_the_paragraphs_of_one(folder: Path, policytag: Run) -> None:
    runs = [policytag("paragraphs", folder, "--jobs", jobs) for jobs in ("1", "2")]
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout.splitlines()) == 8503


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_a_number_of_jobs_that_is_none_is_a_usage_error(jobs: str, folder: Path, policytag: Run) -> None:
    run = policytag("tag", folder, f"--jobs={jobs}")
    assert run.returncode == 2
    assert "is no number of processes: give 1 or more" in run.stderr


def children(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, encoding="utf-8", check=False
    )
    return [int(line.split()[0]) for line in found.stdout.splitlines() if "LokyProcess" in line]


def test_a_killed_worker_is_named_and_what_is_done_is_kept(folder: Path, tmp_path: Path, policytag: Run) -> None:
    big = tmp_path / "big.jsonl"
    big.write_text((folder / "rows.jsonl").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    big.write_bytes(big.read_bytes() * 8)
    out = tmp_path / "out.jsonl"
    with subprocess.Popen(
        [COMMAND, "tag", big, "-o", out, "--jobs", "2"], stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        while not (part := tmp_path / "out.jsonl.part").exists() or not part.stat().st_size:
            assert process.poll() is None
            time.sleep(0.005)
        os.kill(children(process.pid)[0], signal.SIGKILL)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 3
    assert "policytag: a worker process was killed" in said and "--resume and fewer --jobs" in said
    assert "Traceback" not in said
    assert not out.exists()
    assert policytag("tag", big, "-o", out, "--resume").returncode == 0
    assert len(out.read_bytes().splitlines()) == 48_000


def test_workers_do_not_outlive_a_killed_run(folder: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.jsonl"
    big.write_bytes((folder / "rows.jsonl").read_bytes() + b"\n")
    big.write_bytes(big.read_bytes() * 8)
    with subprocess.Popen([COMMAND, "tag", big, "-o", tmp_path / "out.jsonl", "--jobs", "2"]) as process:
        while not (found := children(process.pid)):
            time.sleep(0.01)
        process.kill()
    until = time.monotonic() + 60
    while [pid for pid in found if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_progress_is_shown_where_someone_looks_on(folder: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.jsonl"
    big.write_bytes((folder / "rows.jsonl").read_bytes() + b"\n")
    big.write_bytes(big.read_bytes() * 8)
    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    with subprocess.Popen([COMMAND, "tag", big, "-o", tmp_path / "out.jsonl"], stderr=its) as process:
        os.close(its)
        said = b""
        try:
            while piece := os.read(mine, 4096):
                said += piece
        except OSError:  # the other side is closed
            pass
    assert process.returncode == 0
    assert b" paragraphs" in said and b"B/s" in said and b"%|" in said


# the pool


def double(n: int) -> int:
    return 2 * n


def slow_first(place: Path, n: int) -> int:
    if n == 0:
        time.sleep(1.5)
    (place / str(n)).touch()
    return n


def fail(n: int) -> int:
    if n == 3:
        raise PolicytagError("three", "try four")
    return n


def pid(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_tasks(jobs: int) -> None:
    assert list(ordered(double, range(40), jobs)) == list(range(0, 80, 2))


def test_behind_a_slow_task_results_do_not_pile_up(tmp_path: Path) -> None:
    results = ordered(partial(slow_first, tmp_path), range(50), 2)
    assert next(results) == 0
    assert len(list(tmp_path.iterdir())) <= 6
    assert list(results) == list(range(1, 50))


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_task_raises_is_raised(jobs: int) -> None:
    results = ordered(fail, range(9), jobs)
    with pytest.raises(PolicytagError, match="three\n  try four"):
        list(results)


def test_one_job_runs_here_and_two_run_elsewhere() -> None:
    assert set(ordered(pid, range(3), 1)) == {os.getpid()}
    elsewhere = set(ordered(pid, range(30), 2))
    assert os.getpid() not in elsewhere and len(elsewhere) <= 2
