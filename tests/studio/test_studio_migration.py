"""Labels renamed, merged and split in a project of a real Label Studio server, with annotations in use."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import COMMAND, SMALL
from studio_data import choose, chosen, stored
from studio_server import TOKEN, Server

from classifier import taxonomy as taxonomies
from classifier.learning import migration as local
from classifier.learning import relabelling
from classifier.learning.relabelling import Change
from classifier.studio import holdings, interface, migration, projects
from classifier.studio.client import Studio
from classifier.studio.errors import StudioError
from classifier.taxonomy import Taxonomy

TAXONOMY = taxonomies.load(SMALL / "taxonomy.toml")
WATER, TREES, ROADS = TAXONOMY.ids


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A folder of labels beside what `pulling` writes into tmp_path/corpus."""
    for name in ("taxonomy.toml", "cues.toml"):
        shutil.copy(SMALL / name, tmp_path)
    return tmp_path


@pytest.fixture
def used(server: Server, pushed: list[int], annotate: Callable[..., int], second: str) -> list[int]:
    """Six tasks: annotations of two people, a mark, a skip, an empty submission, a draft of the second person."""
    annotate(pushed[0], choose(WATER, TREES, origin="prediction-changed"), lead_time=7.5)
    number = annotate(pushed[0], choose(TREES), token=second)
    server.request("PATCH", f"/api/annotations/{number}/", json={"ground_truth": True})
    annotate(pushed[1], choose(ROADS), was_cancelled=True)
    annotate(pushed[2], [])
    annotate(pushed[3], choose(WATER), token=second)
    body = {"result": choose(TREES, ROADS), "lead_time": 1.0}
    server.request("POST", f"/api/tasks/{pushed[4]}/drafts", token=second, json=body)
    return pushed


def wanted(labels: Path, **options: list[str]) -> tuple[Change, Taxonomy]:
    change = relabelling.change(TAXONOMY, *(options.get(name, []) for name in ("rename", "merge", "split")))
    return change, local.plan(labels, labels / "taxonomy.toml", change).taxonomy


def state(server: Server, studio: Studio, project: int) -> tuple:
    """All that a project holds, without times, authors of changes and numbers of predictions."""
    kept = ("id", "completed_by", "was_cancelled", "ground_truth", "lead_time", "result", "task")
    annotations = [{k: a[k] for k in kept if k in a} for t in stored(server, project) for a in t["annotations"]]
    drafts = [(d["id"], d["user"], d["result"]) for d in holdings.drafts(studio, project)]
    made = [(p["task"], p["model_version"], p["score"], p["result"]) for p in holdings.predictions(studio, project)]
    return annotations, drafts, sorted(made, key=str), studio.project(project).config


def mapped(annotations: list[dict], to: dict[str, str]) -> list[dict]:
    """Annotations as they must be afterwards."""
    return [
        {
            **item,
            "result": [
                {**r, "value": {"choices": list(dict.fromkeys(to.get(c, c) for c in r["value"]["choices"]))}}
                for r in item["result"]
            ],
        }
        for item in annotations
    ]


def test_renamed_and_merged_labels_change_everywhere_and_nothing_else_does(
    server, studio, project, used, pulling, labels
) -> None:
    pulling()
    change, after = wanted(labels, rename=[f"{TREES}=forest"], merge=[f"{WATER}={ROADS}"])
    annotations, drafts, predictions, _ = state(server, studio, project)
    assert any(WATER in str(made) for made in predictions) and len(annotations) == 5
    held = migration.held(studio, project, change)
    assert (held.annotations, held.drafts, held.undecided) == (3, 1, 0)
    assert held.predictions == sum(WATER in str(made) or TREES in str(made) for made in predictions)

    migration.migrate(studio, project, TAXONOMY, after, change)
    to = {TREES: "forest", WATER: ROADS}
    now = state(server, studio, project)
    assert now[0] == mapped(annotations, to)
    assert [(n, who, chosen({"result": r})) for n, who, r in now[1]] == [
        (drafts[0][0], drafts[0][1], ["forest", ROADS])
    ]
    as_text = [str(made).replace(WATER, ROADS).replace(TREES, "forest") for made in predictions]
    assert sorted(map(str, now[2])) == sorted(as_text)
    assert interface.stored_labels(now[3]) == ("forest", ROADS)
    assert studio.project(project).model_version == predictions[0][1]

    ready = projects.init(studio, after, title="", project=project, annotators=2)
    assert (ready.gained, ready.lost, ready.edited) == ((), (), False)
    migration.migrate(studio, project, TAXONOMY, after, change)
    assert state(server, studio, project)[:3] == now[:3]

    local.carry_out(local.plan(labels, labels / "taxonomy.toml", change))
    here = (labels / "corpus" / f"studio-{project}.jsonl").read_bytes()
    pulled = pulling(taxonomies.load(labels / "taxonomy.toml"))
    assert pulled.harvest.held == []
    assert pulled.path.read_bytes() == here


def test_a_split_label_waits_for_a_person_and_goes_when_nothing_holds_it(
    server, studio, project, used, pulling, labels
) -> None:
    change, after = wanted(labels, split=[f"{WATER}=drip:滴灌,reuse:中水回用"])
    annotations, drafts, _, _ = state(server, studio, project)
    migration.migrate(studio, project, TAXONOMY, after, change)
    now = state(server, studio, project)
    assert (now[0], now[1]) == (annotations, drafts)
    assert not any(WATER in str(made) for made in now[2])
    assert interface.stored_labels(now[3]) == (*after.ids, WATER)
    assert "节水（待拆分）" in now[3]
    assert str(migration.held(studio, project, change)).endswith(
        "2 annotations and drafts wait for a person to split them"
    )

    tabs = server.request("GET", f"/api/dm/views?project={project}").json()
    (tab,) = [tab for tab in tabs if tab["data"]["title"].startswith("待拆分")]
    shown = server.request("GET", f"/api/tasks?view={tab['id']}").json()["tasks"]
    assert [task["id"] for task in shown] == [used[0], used[3]]

    pulled = pulling(after)
    assert {(h.task, h.reason.split(":")[0]) for h in pulled.harvest.held} == {
        (used[0], f"unknown label '{WATER}'"), (used[3], f"unknown label '{WATER}'")
    }  # fmt: skip
    with pytest.raises(StudioError, match=WATER):
        projects.init(studio, after, title="", project=project)

    for item in annotations:
        if WATER in str(item["result"]):
            labels_now = ["drip" if label == WATER else label for label in chosen(item)]
            server.request("PATCH", f"/api/annotations/{item['id']}/", json={"result": choose(*labels_now)})
    assert projects.init(studio, after, title="", project=project).lost == (WATER,)
    pulled = pulling(after)
    assert pulled.harvest.held == []
    assert {e.labels for e in pulled.harvest.examples if "drip" in e.labels} == {
        frozenset({"drip", TREES}), frozenset({"drip"})
    }  # fmt: skip


def test_an_interrupted_migration_loses_nothing_and_is_finished_by_doing_it_again(
    server, studio, project, used, labels, monkeypatch
) -> None:
    change, after = wanted(labels, rename=[f"{TREES}=forest"], merge=[f"{WATER}={ROADS}"])
    before = state(server, studio, project)[0]
    change_one, done = holdings.change_annotation, []

    def failing(*arguments: object) -> None:
        if done:
            raise StudioError("the network went away", "")
        done.append(arguments)
        change_one(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(holdings, "change_annotation", failing)
        with pytest.raises(StudioError, match="went away"):
            migration.migrate(studio, project, TAXONOMY, after, change)
    assert set(interface.stored_labels(studio.project(project).config)) == {*TAXONOMY.ids, "forest"}
    migration.migrate(studio, project, TAXONOMY, after, change)
    assert state(server, studio, project)[0] == mapped(before, {TREES: "forest", WATER: ROADS})


def test_a_label_that_only_the_page_has_and_someone_used_is_not_lost(server, studio, project, used, labels) -> None:
    page = interface.page(TAXONOMY).replace("</Choices>", '<Choice value="手加的" alias="own"/></Choices>')
    server.request("PATCH", f"/api/projects/{project}", json={"label_config": page})
    server.request("POST", f"/api/tasks/{used[5]}/annotations/", json={"result": choose("own")})
    change, after = wanted(labels, rename=[f"{TREES}=forest"])
    before = state(server, studio, project)
    with pytest.raises(StudioError, match=r"own .1 annotation"):
        migration.migrate(studio, project, TAXONOMY, after, change)
    assert state(server, studio, project) == before


def test_the_command_shows_first_and_does_it_when_told(server, studio, project, used, pulling, labels) -> None:
    pulling()
    before = state(server, studio, project)

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, "labels", "migrate", "--labels", labels, "--rename", f"{TREES}=forest", "--url", server.url,
             "--project", str(project), *more],
            env={**os.environ, "LABEL_STUDIO_API_KEY": TOKEN}, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip

    shown = run()
    assert shown.returncode == 0, shown.stderr
    assert f"project {project}: 2 annotations, 1 drafts and " in shown.stdout
    assert "next pull" not in shown.stderr
    assert state(server, studio, project) == before
    assert run("--apply").returncode == 0
    taxonomy = taxonomies.load(labels / "taxonomy.toml")
    assert interface.stored_labels(studio.project(project).config) == taxonomy.ids
    content = (labels / "corpus" / f"studio-{project}.jsonl").read_bytes()
    assert pulling(taxonomy).path.read_bytes() == content
