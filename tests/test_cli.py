"""The installed command, by subprocess: whole messages, exit codes, and never a traceback."""

import argparse
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT, Run

from classifier import cli, taxonomy
from classifier.tagging import bundle, outputs
from classifier.tagging.bundle import Bundle

ROAD = "养护队修补路面坑槽二百处，农村公路由站里养护。"
PLEDGE = "全县办理专利权质押登记四十六件，企业凭此取得贷款二亿三千万元。"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.txt").write_text(PLEDGE + "\n", encoding="utf-8")
    return tmp_path


def rows(output: str) -> list[dict]:
    return [json.loads(line) for line in output.splitlines()]


def commands(parser: argparse.ArgumentParser | None = None, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command and subcommand, as the words one types."""
    found = [path] if path else []
    for action in (parser or cli._parser())._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                found += commands(below, (*path, name))
    return found


# exit codes


def test_a_document_is_tagged_and_the_exit_code_is_0(folder: Path, policytag: Run) -> None:
    run = policytag("tag", "good.txt", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    [row] = rows(run.stdout)
    assert list(row) == ["id", "document", "paragraph", "kind", "text", "source", "tags", "review", "model"]
    assert (row["id"], row["document"], row["paragraph"], row["kind"]) == ("good.txt#1", "good.txt", 1, "body")
    assert row["text"] == PLEDGE
    assert row["source"] == [[0, len(PLEDGE)]]
    assert row["tags"][0]["label"] == "pledge_financing"
    assert row["tags"][0]["name"] == "质押融资"
    assert 0.5 < row["tags"][0]["confidence"] <= 1
    assert row["model"] == (ROOT / "models" / "CURRENT").read_text(encoding="utf-8").strip()


def test_a_missing_file_is_named_the_good_one_tagged_and_the_exit_code_is_1(folder: Path, policytag: Run) -> None:
    run = policytag("tag", "gone.txt", "good.txt", cwd=folder)
    assert run.returncode == 1
    assert [row["document"] for row in rows(run.stdout)] == ["good.txt"]
    assert run.stderr == "skipped gone.txt: no such file\n1 of 2 inputs done, 1 skipped\n"


def test_every_bad_input_is_named_with_its_reason_and_the_counts_add_up(folder: Path, policytag: Run) -> None:
    (folder / "empty.txt").touch()
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (folder / "rows.jsonl").write_text('{"text": "植树"}\n{\n{"words": 1}\n', encoding="utf-8")
    run = policytag("tag", ".", "gone.txt", cwd=folder)
    assert run.returncode == 1
    said = run.stderr.splitlines()
    assert [re.match(r"skipped (\S+): .", line)[1] for line in said[:-1]] == [
        "binary.txt", "empty.txt", "rows.jsonl#2", "rows.jsonl#3", "gone.txt"
    ]  # fmt: skip
    assert said[-1] == "2 of 7 inputs done, 5 skipped"
    assert {row["document"] for row in rows(run.stdout)} == {"good.txt", "rows.jsonl"}


def test_nothing_but_bad_inputs_is_exit_code_1_too(tmp_path: Path, policytag: Run) -> None:
    run = policytag("tag", "gone.txt", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "skipped gone.txt: no such file\n0 of 1 inputs done, 1 skipped\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["tag"], "the following arguments are required: INPUT"),
        (["paragraphs"], "the following arguments are required: INPUT"),
        (["evaluate"], "the following arguments are required: LABELLED.jsonl"),
        (["model"], "the following arguments are required: ACTION"),
        (["tag", "good.txt", "--colour"], "unrecognized arguments: --colour"),
        (["tag", "good.txt", "--format", "pdf"], "argument --format: invalid choice: 'pdf'"),
        (["frobnicate"], "argument COMMAND: invalid choice: 'frobnicate'"),
        (["tag", "good.txt", "--model"], "argument --model: expected one argument"),
    ],
)
def test_a_call_that_makes_no_sense_is_exit_code_2_with_the_usage(
    arguments: list[str], message: str, folder: Path, policytag: Run
) -> None:
    run = policytag(*arguments, cwd=folder)
    assert (run.returncode, run.stdout) == (2, "")
    assert message in run.stderr
    assert "usage: policytag" in run.stderr


def test_an_unknown_option_shows_the_usage_of_its_own_command(folder: Path, policytag: Run) -> None:
    assert "usage: policytag tag" in policytag("tag", "good.txt", "--colour", cwd=folder).stderr


def test_a_file_name_that_tells_no_format_is_exit_code_2_with_the_next_step(folder: Path, policytag: Run) -> None:
    run = policytag("tag", "good.txt", "-o", "out.pdf", cwd=folder)
    assert (run.returncode, run.stdout) == (2, "")
    expected = f"policytag: cannot tell the format from 'out.pdf'\n  add --format {'|'.join(outputs.FORMATS)}\n"
    assert run.stderr == expected
    assert not (folder / "out.pdf").exists()


# inputs


def test_text_comes_from_standard_input(tmp_path: Path, policytag: Run) -> None:
    run = policytag("tag", "-", cwd=tmp_path, stdin=PLEDGE)
    assert run.returncode == 0
    [row] = rows(run.stdout)
    assert (row["id"], row["text"]) == ("stdin#1", PLEDGE)


def test_empty_standard_input_is_skipped(tmp_path: Path, policytag: Run) -> None:
    run = policytag("tag", "-", cwd=tmp_path, stdin="")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "skipped stdin: empty\n0 of 1 inputs done, 1 skipped\n"


def test_results_come_in_the_order_of_the_inputs(folder: Path, policytag: Run) -> None:
    for name in ("b.txt", "a.txt"):
        shutil.copy(folder / "good.txt", folder / name)
    run = policytag("tag", "good.txt", "b.txt", "a.txt", cwd=folder)
    assert [row["document"] for row in rows(run.stdout)] == ["good.txt", "b.txt", "a.txt"]


def test_rows_of_a_table_are_paragraphs_and_keep_their_columns(folder: Path, policytag: Run) -> None:
    (folder / "rows.csv").write_text(f"id,text,year\nx,{PLEDGE},2024\n,{ROAD},2023\n", encoding="utf-8")
    run = policytag("tag", "rows.csv", cwd=folder)
    assert run.returncode == 0
    one, other = rows(run.stdout)
    assert (one["id"], other["id"]) == ("x", "rows.csv#2")
    assert (one["input"], other["input"]) == ({"year": "2024"}, {"year": "2023"})


def test_a_file_whose_name_is_not_utf8_is_tagged_or_skipped_but_no_traceback(folder: Path) -> None:
    name = "通知.txt".encode("gb18030")
    shutil.copy(folder / "good.txt", os.fsencode(folder) + b"/" + name)
    command = [os.fsencode(Path(sys.executable).parent / "policytag"), b"tag", name, b"good.txt"]
    run = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert b"Traceback" not in run.stderr
    assert run.returncode in (0, 1)
    assert b'"document":"good.txt"' in run.stdout


# outputs


def test_a_result_goes_to_the_file_named(folder: Path, policytag: Run) -> None:
    run = policytag("tag", "good.txt", "-o", "out.jsonl", cwd=folder)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert [row["text"] for row in rows((folder / "out.jsonl").read_text(encoding="utf-8"))] == [PLEDGE]
    assert sorted(path.name for path in folder.iterdir()) == ["good.txt", "out.jsonl"]


def test_standard_output_and_a_file_hold_the_same(folder: Path, policytag: Run) -> None:
    policytag("tag", "good.txt", "-o", "out.jsonl", cwd=folder)
    assert policytag("tag", "good.txt", cwd=folder).stdout == (folder / "out.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [["-o", "out.csv"], ["-o", "out", "--format", "csv"]])
def test_csv_has_a_byte_order_mark_and_joined_tags(arguments: list[str], folder: Path, policytag: Run) -> None:
    assert policytag("tag", "good.txt", *arguments, cwd=folder).returncode == 0
    content = (folder / arguments[1]).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert row["text"] == PLEDGE
    assert row["tags"].split(";")[0] == "pledge_financing"
    assert row["names"].split(";")[0] == "质押融资"
    assert len(row["confidence"].split(";")) == len(row["tags"].split(";"))
    assert row["review"] in ("True", "False")


def test_a_table_shows_text_tags_and_confidence(folder: Path, policytag: Run) -> None:
    run = policytag("tag", "good.txt", "--format", "table", cwd=folder)
    assert run.returncode == 0
    head, _, row, *_ = run.stdout.splitlines()
    assert head.split() == ["id", "kind", "text", "tags", "review"]
    assert row.startswith("good.txt#1  body")
    assert re.search(r"质押融资 [01]\.\d\d", row)


def test_a_folder_that_is_not_there_takes_no_result(folder: Path, policytag: Run) -> None:
    run = policytag("tag", "good.txt", "-o", "gone/out.jsonl", cwd=folder)
    assert (run.returncode, run.stdout) == (3, "")
    assert run.stderr.startswith("policytag: cannot write to gone: No such file or directory\n  choose a folder")


def test_a_folder_in_place_of_the_output_is_refused(folder: Path, policytag: Run) -> None:
    (folder / "out.jsonl").mkdir()
    run = policytag("tag", "good.txt", "-o", "out.jsonl", cwd=folder)
    assert run.returncode == 3
    assert run.stderr.startswith("policytag: cannot write")
    assert sorted(path.name for path in folder.iterdir()) == ["good.txt", "out.jsonl"]


def test_a_failed_run_leaves_an_old_result_as_it_was(folder: Path, policytag: Run) -> None:
    (folder / "out.jsonl").write_text("old", encoding="utf-8")
    run = policytag("tag", "good.txt", "-o", "out.jsonl", "--model", "gone", cwd=folder)
    assert run.returncode == 3
    assert (folder / "out.jsonl").read_text(encoding="utf-8") == "old"


def test_a_reader_that_goes_away_causes_no_traceback(folder: Path) -> None:
    line = json.dumps({"text": PLEDGE}, ensure_ascii=False) + "\n"
    (folder / "many.jsonl").write_text(line * 3000, encoding="utf-8")
    command = [Path(sys.executable).parent / "policytag", "tag", "many.jsonl"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("arguments", [["labels"], ["tag", "good.txt", "--format", "table"], ["tag", "good.txt"]])
def test_a_terminal_that_is_not_utf8_causes_no_traceback(arguments: list[str], folder: Path) -> None:
    command = [Path(sys.executable).parent / "policytag", *arguments]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    assert b"Traceback" not in run.stderr
    assert run.returncode == 0


# options


def test_evidence_lies_in_the_text(folder: Path, policytag: Run) -> None:
    [row] = rows(policytag("tag", "good.txt", "--evidence", cwd=folder).stdout)
    assert {item["label"] for item in row["evidence"]} == {tag["label"] for tag in row["tags"]}
    for item in row["evidence"]:
        assert list(item) == ["label", "term", "start", "end", "weight"]
        assert row["text"][item["start"] : item["end"]] == item["term"]


def test_all_scores_are_a_probability_for_every_label(folder: Path, policytag: Run) -> None:
    [row] = rows(policytag("tag", "good.txt", "--all-scores", cwd=folder).stdout)
    assert list(row["scores"]) == list(taxonomy.load().ids)
    assert all(0 <= score <= 1 for score in row["scores"].values())


def test_headings_are_tagged_on_request(folder: Path, policytag: Run) -> None:
    (folder / "page.md").write_text(f"# 专利权质押贷款突破十亿元\n\n{PLEDGE}\n", encoding="utf-8")
    plain, asked = (rows(policytag("tag", "page.md", *more, cwd=folder).stdout) for more in ([], ["--headings"]))
    assert [row["kind"] for row in plain] == ["heading", "body"]
    assert plain[0]["tags"] == []
    assert [tag["label"] for tag in asked[0]["tags"]] == ["pledge_financing"]
    assert plain[1] == asked[1]


def test_paragraphs_come_without_tags(folder: Path, policytag: Run) -> None:
    run = policytag("paragraphs", "good.txt", cwd=folder)
    assert run.returncode == 0
    [row] = rows(run.stdout)
    assert list(row) == ["id", "document", "paragraph", "kind", "text", "source"]


def test_paragraphs_need_no_model_and_have_no_model_option(folder: Path, policytag: Run) -> None:
    assert policytag("paragraphs", "good.txt", "--model", "x", cwd=folder).returncode == 2


def test_another_model_gives_its_own_labels(folder: Path, small_models: Path, small: Bundle, policytag: Run) -> None:
    (folder / "road.txt").write_text(ROAD, encoding="utf-8")
    for place in (small_models, small_models / small.id):
        [row] = rows(policytag("tag", "road.txt", "--model", place, cwd=folder).stdout)
        assert [tag["label"] for tag in row["tags"]] == ["road_repair"]
        assert row["model"] == small.id


def test_the_version_is_that_of_the_project(policytag: Run) -> None:
    run = policytag("--version")
    assert (run.returncode, run.stderr) == (0, "")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert run.stdout == f"policytag {project['version']}\n"


def test_python_m_classifier_is_the_same_command(folder: Path, policytag: Run) -> None:
    command = [sys.executable, "-m", "classifier", "tag", "good.txt"]
    run = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert run.stdout == policytag("tag", "good.txt", cwd=folder).stdout


# models that cannot be used


def test_no_model_is_exit_code_3_with_the_next_step(folder: Path, policytag: Run) -> None:
    run = policytag("tag", "good.txt", "--model", "gone", cwd=folder)
    assert (run.returncode, run.stdout) == (3, "")
    expected = "policytag: no model at gone\n  name a model directory, or make one with scripts/retrain.py\n"
    assert run.stderr == expected


@pytest.mark.parametrize("command", [["tag", "good.txt", "--model"], ["model", "verify"]])
@pytest.mark.parametrize("name", ["manifest.json", "vocabulary.txt", "arrays.npz", "report.json"])
def test_a_damaged_model_is_exit_code_3_and_the_file_is_named(
    command: list[str], name: str, folder: Path, own_models: Path, policytag: Run
) -> None:
    path = bundle.locate(own_models) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    run = policytag(*command, own_models, cwd=folder)
    assert (run.returncode, run.stdout) == (3, "")
    message, hint = run.stderr.splitlines()
    assert message.startswith(f"policytag: {path} ")
    assert hint == "  restore the directory from a backup, or train anew with scripts/retrain.py"


def test_a_newer_model_is_exit_code_3_and_says_how_to_upgrade(folder: Path, own_models: Path, policytag: Run) -> None:
    path = bundle.locate(own_models) / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"format": 1', '"format": 9'), encoding="utf-8")
    run = policytag("tag", "good.txt", "--model", own_models, cwd=folder)
    assert run.returncode == 3
    assert run.stderr == (
        f"policytag: {path.parent} has model format 9; this policytag knows formats up to 1\n"
        "  upgrade with: pip install --upgrade policytag\n"
    )


def test_a_whole_model_is_verified(small_models: Path, small: Bundle, policytag: Run) -> None:
    run = policytag("model", "verify", small_models)
    assert (run.returncode, run.stderr) == (0, "")
    terms = f"{len(small.vocabulary):,}"
    whole = f"{small_models / small.id}: whole; model {small.id}, 3 labels, {terms} terms"
    assert run.stdout.splitlines() == [whole, "  no card.html: scripts/retrain.py writes it"]


def test_the_packaged_model_is_verified_without_an_argument(committed: Bundle, policytag: Run, tmp_path: Path) -> None:
    run = policytag("model", "verify", cwd=tmp_path)
    assert run.returncode == 0
    assert f"model {committed.id}, 18 labels" in run.stdout


# documentation


@pytest.mark.parametrize("command", [(), *commands()], ids=" ".join)
def test_every_help_ends_in_an_example(command: tuple[str, ...], policytag: Run) -> None:
    run = policytag(*command, "--help")
    assert (run.returncode, run.stderr) == (0, "")
    assert re.search(rf"\nexample: policytag {' '.join(command)}.*\n\Z", run.stdout)


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_the_readme_mentions_every_command(command: tuple[str, ...]) -> None:
    assert f"policytag {' '.join(command)}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_no_option_that_does_not_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "policytag " in line]
    known = {"--help", "--version"}
    for command in commands():
        parser = cli._parser()
        for word in command:
            actions = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
            parser = actions[0].choices[word]
        known |= {option for action in parser._actions for option in action.option_strings}
    assert {option for line in lines for option in re.findall(r"(?<![\w-])--[a-z-]+", line)} - known == set()
