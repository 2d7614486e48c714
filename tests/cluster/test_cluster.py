"""The same job on Ray: equal to a local run, whole after a worker is lost, and continued after all is lost."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest
from conftest import COMMAND, NEWS, ROOT, Run
from pyarrow import parquet

from classifier.errors import OutputError, UsageError
from classifier.tagging import remote
from classifier.tagging.cluster import _parts
from classifier.tagging.remote import Folder


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("inputs")
    texts = [json.loads(line)["text"] for line in NEWS.read_text(encoding="utf-8").splitlines()]
    for part in range(6):
        rows = [
            {"id": f"{part}-{n}", "text": texts[(part * 500 + n) % len(texts)], "year": 2000 + n % 9}
            for n in range(500)
        ]
        parquet.write_table(pa.Table.from_pylist(rows), place / f"{part}.parquet")
    lines = [json.dumps({"text": texts[n % len(texts)]}, ensure_ascii=False) for n in range(900)]
    (place / "rows.jsonl").write_text("\n".join([*lines, "{broken"]), encoding="utf-8")
    for n in range(20):
        shutil.copy(ROOT / "tests/cases/pages/sample.txt", place / f"page{n:02}.txt")
    return place


def together(folder: Path) -> pa.Table:
    return pa.concat_tables([parquet.read_table(path) for path in sorted(folder.glob("part-*.parquet"))])


@pytest.fixture(scope="module")
def local(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    out = tmp_path_factory.mktemp("local") / "out.parquet"
    subprocess.run([COMMAND, "tag", inputs, "-o", out], stderr=subprocess.DEVNULL, check=False)
    return parquet.read_table(out)


def workers(pid: int) -> list[int]:
    """The processes below `pid` that hold a model."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, encoding="utf-8", check=True)
    rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    above = {int(row[0]): int(row[1]) for row in rows}

    def below(one: int) -> bool:
        while one and one != pid:
            one = above.get(one, 0)
        return one == pid

    return [int(row[0]) for row in rows if len(row) == 3 and row[2].startswith("ray::MapWorker") and below(int(row[0]))]


def test_a_cluster_gives_what_a_local_run_gives_though_a_worker_is_killed(
    inputs: Path, local: pa.Table, tmp_path: Path, policytag: Run
) -> None:
    command = [COMMAND, "tag", inputs, "-o", tmp_path / "out", "--ray"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") as process:
        while not list((tmp_path / "out").glob("part-*")):
            assert process.poll() is None
            time.sleep(0.01)
        for one in workers(process.pid)[:1]:
            os.kill(one, signal.SIGKILL)
        said = process.communicate(timeout=120)[1]
    assert process.returncode == 1
    assert said.count("skipped rows.jsonl#901: not JSON") == 1
    assert said.endswith("3920 of 3921 inputs done, 1 skipped\n")
    assert "Traceback" not in said
    assert together(tmp_path / "out").equals(local)
    assert not list((tmp_path / "out").rglob("*.tmp"))

    # a run that lost some parts does these alone
    kept = tmp_path / "out" / "part-000001.parquet"
    when = kept.stat().st_mtime_ns
    (tmp_path / "out" / "part-000003.parquet").unlink()
    again = policytag("tag", inputs, "-o", tmp_path / "out", "--ray", "--resume")
    assert again.returncode == 1
    assert together(tmp_path / "out").equals(local)
    assert kept.stat().st_mtime_ns == when

    # and nothing is done on top of it
    refused = policytag("tag", inputs, "-o", tmp_path / "out", "--ray")
    assert refused.returncode == 3
    assert "has results\n  --overwrite writes them anew, --resume goes on" in refused.stderr
    other = policytag("tag", inputs, "-o", tmp_path / "out", "--ray", "--resume", "--evidence")
    assert other.returncode == 3
    assert "is of another run: evidence: False then, True now" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-o", "-"], 2, "a cluster writes a folder\n  name one with -o"),
        (["-o", "out", "--format", "xlsx"], 2, "a cluster writes no xlsx\n  add --format parquet|jsonl|csv"),
        (["-o", "nosuch://bucket/out"], 2, "cannot read or write nosuch://bucket/out"),
        (["-o", "file/out"], 3, "cannot write to "),
    ],
)
def test_what_a_cluster_cannot_do_is_named(
    arguments: list[str], code: int, said: str, tmp_path: Path, policytag: Run
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "page.txt").write_text("贴息。", encoding="utf-8")
    run = policytag("tag", "page.txt", *arguments, "--ray", cwd=tmp_path)
    assert (run.returncode, "Traceback" in run.stderr) == (code, False)
    assert said in run.stderr


def test_standard_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not read standard input"):
        remote.discover(["-", str(tmp_path)])


# files at addresses


@pytest.fixture
def bucket():
    files = fsspec.filesystem("memory")
    for name in ("a.txt", "b/a.txt", "b/_SUCCESS", "b/.hidden.txt", "c.jsonl"):
        files.pipe_file(f"/bucket/{name}", f'{{"text": "{name}"}}'.encode())
    yield "memory://bucket"
    files.rm("/bucket", recursive=True)


def test_folders_globs_and_files_at_an_address_are_found(bucket: str) -> None:
    assert [one.name for one in remote.discover([bucket])] == ["a.txt", "b/a.txt", "c.jsonl"]
    assert [one.name for one in remote.discover([f"{bucket}/*.jsonl"])] == ["c.jsonl"]
    assert [one.name for one in remote.discover([f"{bucket}/c.jsonl", f"{bucket}/*"])] == ["c.jsonl", "a.txt"]


def test_inputs_at_addresses_are_read_and_those_of_one_name_told_apart(bucket: str, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("贴息。", encoding="utf-8")
    found = remote.discover([f"{bucket}/a.txt", str(tmp_path / "page.txt"), f"{bucket}/b/a.txt"])
    assert [one.name for one in found] == ["memory:///bucket/a.txt", "page.txt", "memory:///bucket/b/a.txt"]
    assert found[0].bytes() == b'{"text": "a.txt"}'
    assert [one.bytes() for one in found] == [
        remote.source(one.name, remote.address(one)).bytes() for one in found
    ]  # as a worker gets them


def test_a_folder_at_an_address_takes_parts_whole(bucket: str) -> None:
    folder = Folder.at(f"{bucket}/out/", "jsonl")
    folder.clear()
    with folder.replaced(folder.part(3)) as file:
        file.write(b"x")
        assert folder.results() == []
    assert [path.rsplit("/", 1)[1] for path in folder.results()] == ["part-000003.jsonl"]
    with pytest.raises(OutputError), folder.replaced(folder.part(4)) as file:
        raise OutputError("stopped")
    folder.tidy()
    assert not folder.files.glob(folder.log("*.tmp"))
    folder.clear()
    assert folder.results() == []


def test_tables_are_parts_of_their_own_and_pages_stand_together(inputs: Path) -> None:
    found = list(_parts(remote.discover([str(inputs)])))
    assert [part["number"] for part in found] == list(range(8))
    assert [len(part["names"]) for part in found] == [1] * 6 + [20, 1]
    assert [name for part in found for name in part["names"]] == [one.name for one in remote.discover([str(inputs)])]
