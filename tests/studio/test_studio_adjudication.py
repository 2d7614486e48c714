"""Disagreements become tasks of a real Label Studio server, and the decisions come back as the adjudicator's."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import COMMAND, SMALL
from studio_data import choose, rows, stored
from studio_server import TOKEN

from classifier import taxonomy as taxonomies
from classifier.learning import agreement
from classifier.learning import examples as label_files
from classifier.studio import adjudication
from classifier.studio.push import push

TAXONOMY = taxonomies.load(SMALL / "taxonomy.toml")
WATER, TREES, ROADS = TAXONOMY.ids


@pytest.fixture
def disputed(server, studio, pushed, annotate, second, pulling, project) -> list[int]:
    """Six tasks, judged by two who differ on the first two, and most on the second."""
    for task in pushed:
        annotate(task, choose(WATER))
    for task, labels in zip(pushed, [(WATER, TREES), (ROADS,), *[(WATER,)] * 4], strict=True):
        annotate(task, choose(*labels), token=second)
    return pushed


def test_what_two_annotators_differ_on_is_decided_by_a_third(
    server, studio, project, disputed, annotate, pulling, tagger, texts
) -> None:
    judgements = list(label_files.read(pulling().path, TAXONOMY.ids))
    report = agreement.measure(judgements, TAXONOMY.ids, rounds=20)
    assert [item["id"] for item in report["disagreements"]] == ["own-2", "own-1"]

    assert adjudication.push(studio, project, report["disagreements"], judgements, TAXONOMY) == 2
    assert adjudication.push(studio, project, report["disagreements"], judgements, TAXONOMY) == 0
    worst, other = [task for task in stored(server, project) if task["data"].get("adjudication")]
    assert (worst["data"]["id"], worst["data"]["text"]) == ("own-2", texts[1])
    assert worst["data"]["evidence"] == "first@example.org：节水　second@example.org：道路养护"

    (tab,) = [
        t for t in server.request("GET", f"/api/dm/views?project={project}").json() if "裁决" in t["data"]["title"]
    ]
    shown = server.request("GET", f"/api/tasks?view={tab['id']}").json()["tasks"]
    assert [task["id"] for task in shown] == [worst["id"], other["id"]]

    again = push(studio, project, rows(texts[:6]), tagger)
    assert (again.new, again.known) == (0, 6)
    listed = server.request("GET", f"/api/tasks?project={project}&fields=all").json()["tasks"]
    assert [p["result"] for t in listed if t["id"] in (worst["id"], other["id"]) for p in t["predictions"]] == [[], []]

    annotate(worst["id"], choose(TREES))
    pulled = pulling()
    assert pulled.harvest.held == []
    decided = {example.id: example for example in label_files.merge(label_files.read(pulled.path, TAXONOMY.ids))}
    assert decided["own-2"].labels == {TREES}
    assert decided["own-1"].labels == {WATER}  # of the first in the file, until it is decided
    report = agreement.measure(label_files.read(pulled.path, TAXONOMY.ids), TAXONOMY.ids, rounds=20)
    assert [item["decided"] for item in report["disagreements"]] == [[TREES], None]


def test_the_command_measures_and_pushes(server, project, disputed, pulling, small_models: Path) -> None:
    pulled = pulling()
    run = subprocess.run(
        [COMMAND, "studio", "agreement", pulled.path, "--taxonomy", SMALL / "taxonomy.toml", "--model", small_models,
         "--json", "--adjudicate", str(project), "--url", server.url],
        env={**os.environ, "LABEL_STUDIO_API_KEY": TOKEN}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stderr.startswith(f"2 disagreements pushed to project {project};")
    report = json.loads(run.stdout)
    assert report["disagreements"][0]["judgements"] == {"first@example.org": [WATER], "second@example.org": [ROADS]}
    assert report["proposals"]["prefilled"]["judgements"] == 12
    assert sum(bool(task["data"].get("adjudication")) for task in stored(server, project)) == 2
