"""`policytag studio agreement` on files of judgements; pushing to a server is tested with one."""

import json
import re
from pathlib import Path

import pytest
from conftest import ROOT, SMALL, Run

TAXONOMY = ("--taxonomy", SMALL / "taxonomy.toml")


def line(name: str, annotator: str, *labels: str, origin: str = "studio") -> str:
    row = {
        "id": name, "document": name, "paragraph": 1, "genre": "news", "kind": "body", "text": f"引水渠边改滴灌{name}",
        "labels": labels, "annotator": annotator, "origin": origin,
    }  # fmt: skip
    return json.dumps(row, ensure_ascii=False)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with a file of each annotator; they differ on one of three paragraphs."""
    place = tmp_path / "corpus"
    place.mkdir()
    for who, last in (("甲", "water_saving"), ("乙", "road_repair")):
        lines = [line("a", who, "water_saving"), line("b", who), line("c", who, last, origin="studio-blind")]
        (place / f"{who}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return place


def test_several_files_are_one_table_with_the_disagreements(corpus: Path, policytag: Run, small_models: Path) -> None:
    files = sorted(corpus.iterdir())
    run = policytag("studio", "agreement", *files, *TAXONOMY, "--model", small_models)
    assert (run.returncode, run.stderr) == (0, "")
    for said in (
        "乙: 道路养护",
        "甲: 节水",
        "引水渠边改滴灌c",
        "alpha_masi",
        "F1 with the model",
        "of them undecided 1",
    ):
        assert said in run.stdout
    assert policytag("studio", "agreement", corpus, *TAXONOMY, "--model", small_models).stdout == run.stdout


def test_json_holds_the_same(corpus: Path, policytag: Run, small_models: Path) -> None:
    run = policytag("studio", "agreement", corpus, *TAXONOMY, "--model", small_models, "--json")
    report = json.loads(run.stdout)
    assert report["paragraphs"] == 3
    (item,) = report["disagreements"]
    assert item["judgements"] == {"甲": ["water_saving"], "乙": ["road_repair"]}
    assert (report["proposals"]["blind"]["judgements"], report["proposals"]["prefilled"]["judgements"]) == (2, 4)
    assert "甲" in run.stdout


def test_the_committed_judgements_need_no_model_and_no_server(policytag: Run) -> None:
    run = policytag("studio", "agreement", cwd=ROOT)
    assert run.returncode == 0
    assert re.search(r"first and second: \d+ paragraphs", run.stdout)
    assert "F1 with the model" not in run.stdout


@pytest.mark.parametrize(
    ("place", "said"),
    [("gone", "no examples: "), ("empty", "no examples: "), ("twice", "a is judged twice by 甲"), ("bad", "not JSON")],
)
def test_what_cannot_be_read_is_exit_code_3(place: str, said: str, corpus: Path, policytag: Run) -> None:
    (corpus / "empty").mkdir()
    (corpus / "bad").write_text("{", encoding="utf-8")
    (corpus / "twice").write_text(line("a", "甲") + "\n" + line("a", "甲"), encoding="utf-8")
    run = policytag("studio", "agreement", corpus / place, *TAXONOMY)
    assert (run.returncode, run.stdout) == (3, "")
    assert said in run.stderr and "Traceback" not in run.stderr
