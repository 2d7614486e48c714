"""scripts/retrain.py --studio: judgements come from a real Label Studio server and end in a promoted model."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, SMALL
from studio_server import TOKEN, Server, free_port, running

from classifier import taxonomy as taxonomies
from classifier.learning import registry
from classifier.records import Example, Paragraph
from classifier.studio import client, projects
from classifier.studio.push import push
from classifier.tagging.bundle import Bundle
from classifier.tagging.tagger import Tagger

TAXONOMY = taxonomies.load(SMALL / "taxonomy.toml")
FILE = "n.jsonl"  # the document that is labelled on the server, not in the folder
Retrain = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def server() -> Server:
    return running()


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """The small labels without one document."""
    place = Path(shutil.copytree(SMALL, tmp_path / "labels"))
    (place / "corpus" / FILE).unlink()
    return place


@pytest.fixture
def project(server: Server, small: Bundle, small_examples: list[Example]) -> int:
    """A project in which that document is judged as its annotators did, one paragraph with an unknown label."""
    ids = {json.loads(line)["id"] for line in (SMALL / "corpus" / FILE).read_text(encoding="utf-8").splitlines()}
    judged = {example.id: example for example in small_examples if example.id in ids}
    paragraphs = [
        Paragraph(
            id=e.id, document=e.document, number=e.paragraph, kind=e.kind, text=e.text, source=((0, len(e.text)),)
        )
        for e in judged.values()
    ]
    with client.connect(server.url, TOKEN) as studio:
        project = projects.init(studio, TAXONOMY, title="labels for a model").project
        push(studio, project, paragraphs, Tagger(bundle=small, headings=True, all_scores=True, evidence=True))
        tasks = [task for page in studio.tasks(project) for task in page]
    assert len(tasks) == len(judged)
    for task in tasks:
        choices = sorted(judged[task.data["id"]].labels)
        region = {"from_name": "measure", "to_name": "text", "type": "choices", "value": {"choices": choices}}
        body = {"result": [region] if choices else []}
        server.request("POST", f"/api/tasks/{task.id}/annotations/", json=body)
    return project


@pytest.fixture
def retrain(labels: Path, tmp_path: Path) -> Retrain:
    def retrain(*arguments: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, ROOT / "scripts/retrain.py", "--labels", labels, "--models", tmp_path / "models"]
        environment = {**os.environ, "LABEL_STUDIO_API_KEY": token}
        return subprocess.run(
            [*command, *arguments], env=environment, capture_output=True, encoding="utf-8", check=False
        )

    return retrain


def test_what_was_judged_on_the_server_is_pulled_trained_and_promoted(
    server: Server, project: int, labels: Path, retrain: Retrain, small_examples: list[Example], tmp_path: Path
) -> None:
    first = retrain()
    assert first.returncode == 0, first.stderr
    before = registry.current_id(tmp_path / "models")
    run = retrain("--studio", server.url, "--project", str(project))
    assert run.returncode == 0, run.stderr
    pulled = labels / "corpus" / f"studio-{project}.jsonl"
    assert f"{pulled}: {len(pulled.read_text(encoding='utf-8').splitlines())} judgements" in run.stderr
    assert f"{len(small_examples)} examples" in run.stderr
    assert run.stdout.splitlines()[-1].endswith(f"promoted over {before}")
    model = registry.current(tmp_path / "models")
    assert model is not None
    assert model.data["examples"] == len(small_examples)
    assert (tmp_path / "models" / model.id / "card.html").exists()
    again = retrain("--studio", server.url, "--project", str(project))
    assert again.stdout.splitlines()[-1].endswith("nothing new: it is the current model")


def test_a_server_that_does_not_answer_or_does_not_know_the_token_stops_it_before_training(
    server: Server, retrain: Retrain, tmp_path: Path
) -> None:
    nowhere = retrain("--studio", f"http://127.0.0.1:{free_port()}", "--project", "1")
    unknown = retrain("--studio", server.url, "--project", "1", token="2" * 40)
    for run, said in ((nowhere, "no Label Studio answers at"), (unknown, "does not know the token")):
        assert (run.returncode, run.stdout) == (3, "")
        assert said in run.stderr
        assert "Traceback" not in run.stderr
    assert not (tmp_path / "models").exists()
