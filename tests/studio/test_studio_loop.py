"""The whole loop by its commands: 500 tasks, three annotators, agreement, a new model, its predictions."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import person
import pytest
from conftest import COMMAND, ROOT, SMALL
from playwright.sync_api import expect
from studio_data import choose
from studio_server import TOKEN, Server, free_port, wait_until_up

from classifier import taxonomy as taxonomies
from classifier.learning import examples as label_files
from classifier.records import Example
from classifier.studio.client import Studio
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle

TAXONOMY = taxonomies.load(SMALL / "taxonomy.toml")
WATER, TREES, ROADS = TAXONOMY.ids
RETRAIN = f"""
import os, sys
script = {str(ROOT / "scripts" / "retrain.py")!r}
os.execv(sys.executable, [sys.executable, script, *sys.argv[1:], "--promote", "force"])
"""
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "labels"))


@pytest.fixture
def command(server: Server) -> Command:
    """Run `policytag studio …` as someone who has the server's address and a token."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [COMMAND, "studio", *map(str, arguments)], env=environment(server), capture_output=True,
            encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done

    return run


def environment(server: Server) -> dict[str, str]:
    secrets = {"POLICYTAG_USER": "ls", "POLICYTAG_PASSWORD": "pw"}
    return {**os.environ, "LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": TOKEN, **secrets}


@pytest.fixture
def backend(server: Server, labels: Path, own_models: Path, tmp_path: Path) -> Iterator[Callable[[int], tuple]]:
    """Serve the models, and retrain from the labels when the page asks for it; give the address and the log."""
    started: list[subprocess.Popen] = []

    def serve(project: int) -> tuple[str, Path]:
        retrain, log, port = tmp_path / "retrain.py", tmp_path / "service.log", free_port()
        retrain.write_text(RETRAIN, encoding="utf-8")
        arguments = ["serve", "--port", port, "--models", own_models, "--retrain", retrain, "--labels", labels,
                     "--project", project]  # fmt: skip
        with log.open("wb") as file:
            process = subprocess.Popen(
                [COMMAND, "studio", *map(str, arguments)], env=environment(server), stdout=file, stderr=file
            )
        started.append(process)
        wait_until_up(f"http://127.0.0.1:{port}/health", process, log)
        return f"http://127.0.0.1:{port}", log

    yield serve
    for process in started:
        process.send_signal(signal.SIGTERM)
        process.wait()


def wait_for(event: str, log: Path) -> dict:
    for _ in range(1200):
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        if found := [line for line in lines if line["event"] == event]:
            return found[-1]
        time.sleep(0.25)
    raise AssertionError(f"no '{event}' in {log.read_text(encoding='utf-8')[-2000:]}")


def test_the_loop(
    server: Server, studio: Studio, command: Command, backend: Callable[[int], tuple[str, Path]],
    annotate: Callable[..., int], labels: Path, own_models: Path, small: Bundle, small_examples: list[Example],
    tmp_path: Path,
) -> None:  # fmt: skip
    taxonomy = ("--taxonomy", labels / "taxonomy.toml")
    rows = [
        {"id": f"{e.id}-{n}", "text": f"{e.text}（之{n}）", "labels": sorted(e.labels)}
        for n in range(7)
        for e in small_examples
    ][:500]
    lines = tmp_path / "rows.jsonl"
    lines.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    truth = {row["id"]: row["labels"] for row in rows}

    project = int(command("init", "--title", "the loop", "--annotators", 3, *taxonomy).stdout)
    said = command("push", lines, "--project", project, "--model", own_models, "--blind", "20%").stderr
    assert "500 tasks new" in said
    found = {task.data["id"]: task for page in studio.tasks(project) for task in page}
    assert len(found) == 500 and studio.project(project).model_version == small.id

    # one judges two tasks in a browser
    judged = [found[name] for name in list(truth)[:30]]
    shown = [task for task in judged if WATER in truth[task.data["id"]] and not task.data["blind"]][:1]
    hidden = [task for task in judged if task.data["blind"]][:1]
    server.new_user("loop-third@example.org")
    with person.logged_in(server, "loop-third@example.org", tmp_path) as page:
        for task in shown + hidden:
            person.open_task(page, server, project, task.id)
            if task in hidden:
                expect(page.locator("input[type=checkbox]:checked")).to_have_count(0)
            person.box(page, "道路养护").check()
            person.keep(page, "loop-blind" if task in hidden else "loop-prefilled")
            person.submit(page)

    # two judge thirty tasks over the API, and differ on two of them
    second = server.new_user("loop-second@example.org")
    for task in judged:
        annotate(task.id, choose(*truth[task.data["id"]]) if truth[task.data["id"]] else [])
    for number, task in enumerate(judged):
        chosen = [ROADS, TREES] if number < 2 else truth[task.data["id"]]
        annotate(task.id, choose(*chosen) if chosen else [], token=second)

    said = command("pull", "--project", project, "--labels", labels, *taxonomy).stderr
    pulled = labels / "corpus" / f"studio-{project}.jsonl"
    content = pulled.read_bytes()
    assert "62 judgements" in said and "0 held back" in said
    command("pull", "--project", project, "--labels", labels, *taxonomy)
    assert pulled.read_bytes() == content
    judgements = list(label_files.read(pulled, TAXONOMY.ids))
    by_person = [e for e in judgements if e.annotator == "loop-third@example.org"]
    assert {(e.id, e.origin) for e in by_person} == {
        (shown[0].data["id"], "studio-changed"), (hidden[0].data["id"], "studio-blind")
    }  # fmt: skip
    assert all(ROADS in e.labels for e in by_person)
    assert all(sorted(e.labels) == truth[e.id] for e in judgements if e.annotator == "first@example.org")

    report = json.loads(command("agreement", pulled, *taxonomy, "--model", own_models, "--json").stdout)
    assert {name: part["judgements"] for name, part in report["annotators"].items()} == {
        "first@example.org": 30, "loop-second@example.org": 30, "loop-third@example.org": 2
    }  # fmt: skip
    differ = {judged[n].data["id"] for n in (0, 1)} | {task.data["id"] for task in shown + hidden}
    assert {item["id"] for item in report["disagreements"]} <= differ
    (pair,) = [pair for pair in report["pairs"] if pair["annotators"][1] == "loop-second@example.org"]
    assert pair["exact_match"] == pytest.approx(28 / 30)
    assert report["proposals"]["blind"]["judgements"] > 0

    url, log = backend(project)
    command("init", "--project", project, "--annotators", 3, "--backend", url, *taxonomy)
    assert studio.project(project).model_version == small.id  # not the backend's title, which would hide all scores
    (connected,) = server.request("GET", f"/api/ml?project={project}").json()
    server.request("POST", f"/api/ml/{connected['id']}/train", json={})
    ended = wait_for("training ends", log)
    assert ended["exit"] == 0, ended
    trained = bundle.load(own_models).id
    assert trained != small.id

    # the page's own way, for a few; the way that is quick, for all
    body = {"selectedItems": {"all": False, "included": [task.id for task in judged]}, "project": str(project)}
    server.request("POST", f"/api/dm/actions?id=retrieve_tasks_predictions&project={project}", json=body)
    assert sum(len(page) for page in studio.tasks(project, lacking=trained)) == 470
    assert "470 older ones pre-annotated anew" in command("push", "--project", project, "--model", own_models).stderr
    listed = server.request("GET", f"/api/tasks?project={project}&fields=all&page_size=1000").json()["tasks"]
    new = [made for task in listed for made in task["predictions"] if made["model_version"] == trained]
    assert len(new) == 500 and all(0 <= made["score"] <= 1 for made in new)
    assert studio.project(project).model_version == trained
