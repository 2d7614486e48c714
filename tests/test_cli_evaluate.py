"""`policytag evaluate`: a model against labelled paragraphs."""

import json
import re
from pathlib import Path

import pytest
from conftest import Run


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    found = [
        {"text": "养护队修补路面坑槽二百处，农村公路由站里养护。", "labels": ["road_repair"]},
        {"text": "午后，集市上人来人往。", "labels": []},
    ]
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found), encoding="utf-8")
    return path


def test_a_model_is_evaluated_as_a_table(gold: Path, small_models: Path, policytag: Run) -> None:
    run = policytag("evaluate", gold, "--model", small_models)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("2 paragraphs, 2 documents; 95 % intervals by document\n\nmicro_f1 ")
    assert re.search(r"道路养护 +road_repair +1 +1 +1\.000 +1\.000 +1\.000 .*1\.000", run.stdout)


def test_a_model_is_evaluated_as_json(gold: Path, small_models: Path, policytag: Run) -> None:
    run = policytag("evaluate", gold, "--model", small_models, "--json")
    assert (run.returncode, run.stderr) == (0, "")
    report = json.loads(run.stdout)
    assert report["paragraphs"] == 2
    assert report["micro_f1"] == 1
    assert report["labels"]["water_saving"]["f1"] is None


def test_an_unknown_label_is_named_with_file_line_and_the_nearest(
    gold: Path, small_models: Path, policytag: Run
) -> None:
    with gold.open("a", encoding="utf-8") as file:
        file.write('{"text": "x", "labels": ["road_repairs"]}\n')
    run = policytag("evaluate", gold, "--model", small_models)
    assert (run.returncode, run.stdout) == (3, "")
    expected = f"policytag: {gold}, line 3: unknown label 'road_repairs'\n  did you mean 'road_repair'?\n"
    assert run.stderr == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no labelled paragraph"),
        (b"\n\n", "holds no labelled paragraph"),
        (b"{", "line 1: not JSON"),
        (b"[1]\n", "line 1: not a JSON object"),
        (b'{"text": "x"}\n', "line 1: 'labels' is missing"),
        (bytes(range(256)) * 8, "label files are UTF-8"),
    ],
)
def test_what_cannot_be_evaluated_is_exit_code_3_with_the_reason(
    content: bytes, message: str, tmp_path: Path, policytag: Run
) -> None:
    (tmp_path / "gold.jsonl").write_bytes(content)
    run = policytag("evaluate", "gold.jsonl", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (3, "")
    assert message in run.stderr
    assert run.stderr.startswith("policytag: gold.jsonl")
    assert len(run.stderr.splitlines()) == 2  # the reason, and the next step


@pytest.mark.parametrize("name", ["gone.jsonl", "."])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path, policytag: Run) -> None:
    run = policytag("evaluate", name, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (3, "")
    assert run.stderr.startswith(f"policytag: {name} cannot be read: ")
