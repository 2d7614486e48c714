"""init, push and pull against a real Label Studio server."""

import json
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from conftest import ROOT, SMALL
from studio_data import choose, rows, stored
from studio_server import TOKEN, Server, free_port

from classifier import taxonomy as taxonomies
from classifier.learning import examples as label_files
from classifier.studio import client, interface, projects
from classifier.studio.client import Studio
from classifier.studio.errors import StudioError
from classifier.studio.journal import Journal
from classifier.studio.pull import Pulled, pull
from classifier.studio.push import Pushed, push
from classifier.tagging import batch, documents
from classifier.tagging.tagger import Tagger
from classifier.taxonomy import Label, Taxonomy

SMALL_TAXONOMY = taxonomies.load(SMALL / "taxonomy.toml")
WATER, TREES, ROADS = SMALL_TAXONOMY.ids


def read(pulled: Pulled) -> list[dict]:
    return [json.loads(line) for line in pulled.path.read_text(encoding="utf-8").splitlines()]


def test_the_sdk_is_imported_in_one_module_and_in_its_functions_only() -> None:
    users = [path for path in (ROOT / "classifier").rglob("*.py") if "label_studio_sdk" in path.read_text("utf-8")]
    assert [path.name for path in users] == ["client.py"]
    code = "import sys, classifier.studio.client; sys.exit('label_studio_sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# init


def test_init_makes_a_project_that_takes_empty_submissions_and_shows_the_codebook(server, studio) -> None:
    ready = projects.init(studio, SMALL_TAXONOMY, title="fresh one", annotators=3)
    made = server.request("GET", f"/api/projects/{ready.project}").json()
    assert ready.created and ready.gained == SMALL_TAXONOMY.ids
    assert made["label_config"].strip() == interface.page(SMALL_TAXONOMY).strip()
    assert made["enable_empty_annotation"] and made["show_instruction"]
    assert (made["maximum_annotations"], made["sampling"]) == (3, "Uncertainty sampling")
    tabs = server.request("GET", f"/api/dm/views?project={ready.project}").json()
    assert [tab["data"]["ordering"] for tab in tabs] == [["tasks:predictions_score"]]


def test_init_twice_changes_nothing(server, studio) -> None:
    first = projects.init(studio, SMALL_TAXONOMY, title="twice")
    again = projects.init(studio, SMALL_TAXONOMY, title="twice")
    assert (again.project, again.created, again.gained, again.lost, again.edited) == (
        first.project,
        False,
        (),
        (),
        False,
    )
    assert len(server.request("GET", f"/api/dm/views?project={first.project}").json()) == 1


def test_init_with_two_projects_of_the_title_asks_which(studio) -> None:
    for _ in range(2):
        studio.create(title="the same", label_config=interface.page(SMALL_TAXONOMY))
    with pytest.raises(StudioError, match=r"several projects .* \d+, \d+"):
        projects.init(studio, SMALL_TAXONOMY, title="the same")


def without(label: str) -> Taxonomy:
    rest = tuple(known for known in SMALL_TAXONOMY.labels if known.id != label)
    return Taxonomy(version="2", labels=rest)


def test_init_adds_labels_and_drops_unused_ones(studio, project) -> None:
    more = Taxonomy(version="2", labels=(*without(ROADS).labels, Label(id="new", name="新的")))
    ready = projects.init(studio, more, title="", project=project)
    assert (ready.gained, ready.lost, ready.edited) == (("new",), (ROADS,), True)
    assert interface.stored_labels(studio.project(project).config) == more.ids


def test_init_refuses_to_drop_a_label_that_an_annotation_holds(studio, project, pushed, annotate) -> None:
    annotate(pushed[0], choose(ROADS))
    with pytest.raises(StudioError, match=f"{ROADS} .1 annotation"):
        projects.init(studio, without(ROADS), title="", project=project)
    assert interface.stored_labels(studio.project(project).config) == SMALL_TAXONOMY.ids


def test_init_refuses_to_drop_a_label_that_a_prediction_holds(server, studio, project, pushed) -> None:
    server.request("POST", "/api/predictions", json={"task": pushed[0], "result": choose(ROADS), "model_version": "x"})
    with pytest.raises(StudioError, match=f"label '{ROADS}' would go, and [1-6] tasks"):
        projects.init(studio, without(ROADS), title="", project=project)


def test_a_page_edited_by_hand_is_named_by_push_and_pull_and_mended_by_init(
    server, studio, project, tagger, texts, pulling
) -> None:
    page = interface.page(SMALL_TAXONOMY)
    by_hand = page.replace('name="measure"', 'name="kind"')
    server.request("PATCH", f"/api/projects/{project}", json={"label_config": by_hand})
    with pytest.raises(StudioError, match="no choices 'measure'"):
        push(studio, project, rows(texts[:1]), tagger)
    with pytest.raises(StudioError, match="edited by hand"):
        pulling()
    assert projects.init(studio, SMALL_TAXONOMY, title="", project=project).edited
    server.request("PATCH", f"/api/projects/{project}", json={"label_config": interface.page(without(WATER))})
    with pytest.raises(StudioError, match=f"does not have {WATER}"):
        push(studio, project, rows(texts[:1]), tagger)
    assert stored(server, project) == []


# push


def test_push_sends_each_paragraph_once_with_the_model_as_version(server, studio, project, tagger, texts) -> None:
    done = push(studio, project, rows(texts[:5]), tagger)
    again = push(studio, project, rows(texts[:7]), tagger)
    assert (done.new, done.known, again.new, again.known, again.refreshed) == (5, 0, 2, 5, 0)
    tasks = stored(server, project)
    assert [task["data"]["text"] for task in tasks] == texts[:7]
    listed = server.request("GET", f"/api/tasks?project={project}&fields=all").json()["tasks"]
    assert {p["model_version"] for task in listed for p in task["predictions"]} == {tagger.bundle.id}
    assert all(len(task["predictions"]) == 1 for task in listed)


def test_the_choices_and_the_score_are_those_of_the_model(server, studio, project, tagger, texts) -> None:
    push(studio, project, rows(texts), tagger)
    listed = server.request("GET", f"/api/tasks?project={project}&fields=all&page_size=500").json()["tasks"]
    by_text = {task["data"]["text"]: task["predictions"][0] for task in listed}
    for tagged in tagger.tag(rows(texts)):
        made = by_text[tagged.paragraph.text]
        chosen = [label for region in made["result"] for label in region["value"]["choices"]]
        assert chosen == [tag.label for tag in tagged.tags]
        given = {tag.label for tag in tagged.tags}
        sure = min(p if label in given else 1 - p for label, p in tagged.scores.items())
        assert made["score"] == pytest.approx(sure, abs=1e-6)


def test_the_projects_model_version_is_the_models(studio, project, tagger, texts) -> None:
    push(studio, project, rows(texts[:2]), tagger)
    assert studio.project(project).model_version == tagger.bundle.id


def test_a_new_model_gives_all_tasks_its_predictions_and_blind_ones_no_choices(
    server, studio, project, tagger, texts
) -> None:
    push(studio, project, rows(texts[:40]), tagger, blind=0.3)
    other = replace(tagger, bundle=replace(tagger.bundle, id="another"))
    done = push(studio, project, [], other)
    assert (done.refreshed, done.new) == (len(texts[:40]), 0)
    for task in server.request("GET", f"/api/tasks?project={project}&fields=all&page_size=500").json()["tasks"]:
        assert {p["model_version"] for p in task["predictions"]} == {tagger.bundle.id, "another"}
        if task["data"]["blind"]:
            assert [p["result"] for p in task["predictions"]] == [[], []]
    assert studio.project(project).model_version == "another"


def test_a_push_that_broke_off_is_finished_by_the_next(server, studio, project, tagger, texts) -> None:
    push(studio, project, rows(texts[:6]), tagger)
    first, *others = [task["id"] for task in stored(server, project)]
    other = replace(tagger, bundle=replace(tagger.bundle, id=f"{tagger.bundle.id[:-1]}x"))
    studio.import_predictions(project, [{"task": first, "model_version": other.bundle.id, "score": 0.5, "result": []}])
    assert [task.id for page in studio.tasks(project, lacking=other.bundle.id) for task in page] == others
    assert push(studio, project, [], other).refreshed == 5


def test_the_blind_share_shows_nothing_of_the_model_and_is_the_same_each_time(
    server, studio, project, tagger, texts
) -> None:
    done = push(studio, project, rows(texts), tagger, blind=0.3)
    blind = [task for task in stored(server, project) if task["data"]["blind"]]
    assert 0 < len(blind) == done.blind < len(texts)
    assert {task["data"]["evidence"] for task in blind} == {""}
    listed = server.request("GET", f"/api/tasks?project={project}&fields=all&page_size=500").json()["tasks"]
    assert all(p["result"] == [] for t in listed if t["data"]["blind"] for p in t["predictions"])
    assert any(p["result"] for t in listed if not t["data"]["blind"] for p in t["predictions"])


def test_documents_and_their_own_json_lines_are_the_same_tasks(
    server, studio, project, tagger, tmp_path, policytag
) -> None:
    page = tmp_path / "page.txt"
    page.write_text("引水渠边改滴灌，全村一年省水三成。\n\n春天在荒坡上种下两千棵松树。\n", encoding="utf-8")
    lines = tmp_path / "page.jsonl"
    assert policytag("tag", page, "-o", lines, "--format", "jsonl").returncode == 0

    def given(path: Path) -> Pushed:
        return push(studio, project, batch.split(documents.discover([str(path)]), batch.Tally(), print), tagger)

    assert given(page).new == 2
    again = given(lines)
    assert (again.new, again.known) == (0, 2)
    first, other = stored(server, project)
    assert first["data"]["after"] == other["data"]["text"] and other["data"]["before"] == first["data"]["text"]


def test_a_paragraph_of_a_hundred_thousand_characters_is_named_and_the_others_go(
    studio, project, tagger, texts
) -> None:
    done = push(studio, project, rows([texts[0] * (100_000 // len(texts[0]) + 1), texts[1]]), tagger)
    assert done.new == 1
    assert [(s.name, "nobody can judge more than 20,000" in s.reason) for s in done.skipped] == [("own-1", True)]


def test_an_id_of_another_text_is_named_and_nothing_is_overwritten(server, studio, project, tagger, texts) -> None:
    push(studio, project, rows(texts[:1]), tagger)
    done = push(studio, project, rows(texts[1:2]), tagger)
    assert (done.new, done.skipped[0].name) == (0, "own-1")
    assert "another text" in done.skipped[0].reason
    assert [task["data"]["text"] for task in stored(server, project)] == texts[:1]


def test_next_pushes_the_least_certain_first_and_no_near_copies(server, studio, project, tagger, texts) -> None:
    copies = [text.replace("。", "！") for text in texts]
    done = push(studio, project, rows([*texts, *copies]), tagger, next_=8)
    assert (done.new, done.passed) == (8, 2 * len(texts) - 8)
    chosen = [task["data"]["text"].replace("！", "。") for task in stored(server, project)]
    assert len(set(chosen)) == 8
    assert push(studio, project, rows(copies, 1000), tagger, next_=len(copies)).new <= len(texts) - 8


def test_a_prediction_that_the_page_has_no_label_for_never_leaves(server, studio, project, tagger, texts) -> None:
    wrong = replace(tagger.bundle, labels={WATER: "节水", TREES: "植树", "道路养护": "名称而非编号"})
    with pytest.raises(StudioError, match="does not have 道路养护"):
        push(studio, project, rows(texts), replace(tagger, bundle=wrong))
    assert stored(server, project) == []


# pull


def test_pull_gives_all_choices_negatives_and_each_annotator(project, pushed, annotate, second, pulling, texts) -> None:
    annotate(pushed[0], choose(TREES, WATER))
    annotate(pushed[0], choose(TREES), token=second)
    annotate(pushed[1], [])
    annotate(pushed[2], [], was_cancelled=True)
    pulled = pulling()
    assert [(r["id"], r["annotator"], r["labels"]) for r in read(pulled)] == [
        ("own-1", "first@example.org", [WATER, TREES]),
        ("own-1", "second@example.org", [TREES]),
        ("own-2", "first@example.org", []),
    ]
    assert read(pulled)[2] == {
        "id": "own-2", "document": "table", "paragraph": 2, "genre": "studio", "kind": "body", "text": texts[1],
        "labels": [], "annotator": "first@example.org", "origin": "studio",
    }  # fmt: skip
    assert (pulled.harvest.skips, pulled.harvest.held) == (1, [])
    assert len(label_files.load(pulled.path.parent, SMALL_TAXONOMY)) == 3


def test_pull_twice_gives_the_same_bytes_and_reads_the_changes_only(pushed, annotate, pulling, studio, project) -> None:
    for task in pushed:
        annotate(task, choose(WATER))
    first = pulling()
    content = first.path.read_bytes()
    again = pulling()
    assert again.path.read_bytes() == content
    assert (first.whole, again.whole) == (True, False)
    first.path.unlink()
    shutil.rmtree(first.path.parent)
    assert pulling().path.read_bytes() == content


def test_a_changed_annotation_changes_its_line(server, pushed, annotate, pulling) -> None:
    number = annotate(pushed[0], choose(WATER))
    pulling()
    server.request("PATCH", f"/api/annotations/{number}/", json={"result": choose(TREES)})
    pulled = pulling()
    assert ([row["labels"] for row in read(pulled)], pulled.whole) == ([[TREES]], False)


def test_ground_truth_decides_as_an_adjudicator_would(server, pushed, annotate, second, pulling) -> None:
    annotate(pushed[0], choose(WATER))
    number = annotate(pushed[0], choose(TREES), token=second)
    pulling()
    server.request("PATCH", f"/api/annotations/{number}/", json={"ground_truth": True})
    pulled = pulling()
    assert [row["annotator"] for row in read(pulled)] == ["adjudicator", "first@example.org", "second@example.org"]
    merged = label_files.merge(label_files.load(pulled.path.parent, SMALL_TAXONOMY))
    assert [example.labels for example in merged] == [{TREES}]


def test_deleted_annotations_and_tasks_leave_the_file(server, pushed, annotate, pulling) -> None:
    numbers = [annotate(task, choose(WATER)) for task in pushed[:3]]
    assert len(read(pulling())) == 3
    server.request("DELETE", f"/api/annotations/{numbers[0]}/")
    assert [row["id"] for row in read(pulling())] == ["own-2", "own-3"]
    server.request("DELETE", f"/api/tasks/{pushed[1]}/")
    pulled = pulling()
    assert ([row["id"] for row in read(pulled)], pulled.whole) == (["own-3"], True)


def test_a_task_deleted_and_another_judged_meanwhile_is_seen_too(server, pushed, annotate, pulling) -> None:
    annotate(pushed[0], choose(WATER))
    pulling()
    server.request("DELETE", f"/api/tasks/{pushed[0]}/")
    annotate(pushed[1], choose(TREES))
    assert [row["id"] for row in read(pulling())] == ["own-2"]


def test_drafts_are_no_judgements(server, pushed, pulling) -> None:
    server.request("POST", f"/api/tasks/{pushed[0]}/drafts", json={"result": choose(WATER), "lead_time": 1.0})
    assert read(pulling()) == []


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (choose("no_such_label"), "unknown label 'no_such_label'"),
        (choose("节水"), "unknown label '节水'"),
        ([*choose(WATER), *choose(TREES)], "2 results of choices where one is right"),
    ],
    ids=["unknown", "name instead of id", "two results"],
)
def test_what_cannot_be_read_surely_is_held_back_with_its_reason(
    pushed, annotate, pulling, result: list, reason: str
) -> None:
    number = annotate(pushed[0], result)
    annotate(pushed[1], choose(WATER))
    pulled = pulling()
    assert [row["id"] for row in read(pulled)] == ["own-2"]
    ((task, annotation, why),) = [(held.task, held.annotation, held.reason) for held in pulled.harvest.held]
    assert (task, annotation) == (pushed[0], number)
    assert why.startswith(reason)


def test_who_judged_twice_is_taken_at_the_last_word(pushed, annotate, pulling) -> None:
    annotate(pushed[0], choose(WATER))
    annotate(pushed[0], choose(TREES))
    pulled = pulling()
    assert [row["labels"] for row in read(pulled)] == [[TREES]]
    assert "replaced by a later annotation" in pulled.harvest.held[0].reason


def test_a_task_without_text_is_held_back(server, pushed, annotate, pulling) -> None:
    annotate(pushed[0], choose(WATER))
    data = dict.fromkeys(("text", "document", "heading", "before", "after", "evidence"), "")
    server.request("PATCH", f"/api/tasks/{pushed[0]}/", json={"data": data})
    pulled = pulling()
    assert read(pulled) == []
    assert [held.reason for held in pulled.harvest.held] == ["its task has no text"]


def test_what_was_accepted_and_what_changed_comes_from_the_origin_of_each_region(pushed, annotate, pulling) -> None:
    annotate(pushed[0], choose(WATER, origin="prediction"))
    annotate(pushed[1], choose(WATER, origin="prediction"))
    annotate(pushed[2], choose(TREES, origin="prediction-changed"))
    annotate(pushed[3], choose(TREES, origin="manual"))
    assert (crop := pulling().harvest) and (crop.accepted, crop.changed) == (2, 1)


def test_an_interrupted_pull_goes_on_where_it_was(studio, project, pushed, annotate, pulling, monkeypatch) -> None:
    for task in pushed:
        annotate(task, choose(WATER))
    monkeypatch.setattr(client, "_PAGE", 2)
    asked = []
    one = Studio._tasks

    def failing(self: Studio, number: int, query: dict, size: int, fields: str) -> list:
        asked.append(query)
        if len(asked) == 4:  # the newest change, two pages, then this
            raise StudioError("the network went away", "")
        return one(self, number, query, size, fields)

    monkeypatch.setattr(Studio, "_tasks", failing)
    with pytest.raises(StudioError, match="went away"):
        pulling()
    pulled = pulling()
    assert len(read(pulled)) == 6
    after = [item["value"] for item in asked[4]["filters"]["items"] if item["filter"] == "filter:tasks:id"]
    assert after == [pushed[3]]


def test_pulls_in_the_middle_of_annotating_miss_nothing(
    server, studio, project, tagger, texts, annotate, pulling, tmp_path
) -> None:
    push(studio, project, rows(texts[:30]), tagger)
    numbers = [task["id"] for task in stored(server, project)]

    def judge() -> None:
        for number in numbers:
            annotate(number, choose(WATER))

    someone = threading.Thread(target=judge)
    someone.start()
    seen = []
    while someone.is_alive():
        seen.append(len(read(pulling())))
    someone.join()
    content = pulling().path.read_bytes()
    assert seen == sorted(seen)
    assert content == pull(studio, project, SMALL_TAXONOMY, tmp_path / "fresh").path.read_bytes()
    assert content.count(b"\n") == len(numbers)


def test_a_journal_torn_or_of_another_project_does_no_harm(pushed, annotate, pulling, studio, project) -> None:
    for task in pushed[:3]:
        annotate(task, choose(WATER))
    pulled = pulling()
    content, path = pulled.path.read_bytes(), pulled.path.with_suffix(".journal")
    with path.open("a", encoding="utf-8") as file:
        file.write('{"task": {"id": 1, "da')
    assert pulling().path.read_bytes() == content
    annotate(pushed[3], choose(WATER))
    assert len(read(pulling())) == 4
    path.write_text(path.read_text(encoding="utf-8").replace('"project":', '"other":'), encoding="utf-8")
    again = pulling()
    assert (again.whole, len(read(again))) == (True, 4)
    assert len(Journal(path, {"another": "owner"}).tasks) == 0


# troubles with the server


def test_a_server_that_is_down_is_named() -> None:
    with pytest.raises(StudioError, match="no Label Studio answers at http"):
        client.connect(f"http://127.0.0.1:{free_port()}", TOKEN)


@pytest.mark.parametrize("address", ["nonsense", "localhost:8080", "http://", ""])
def test_an_address_that_is_none_is_named(address: str) -> None:
    with pytest.raises(StudioError, match=r"no address of a server|answers"):
        client.connect(address, TOKEN)


@pytest.mark.parametrize("token", ["2" * 40, "x", "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln", "令牌", "a b\nc"])
def test_a_wrong_token_is_named(server: Server, token: str) -> None:
    with pytest.raises(StudioError, match="token"):
        client.connect(server.url, token)


def test_no_token_is_named(server: Server) -> None:
    with pytest.raises(StudioError, match="no token"):
        client.connect(server.url, "")


@pytest.mark.filterwarnings("ignore:The `parse_obj` method:DeprecationWarning")  # the SDK's, when it renews the token
def test_a_personal_access_token_works(server: Server) -> None:
    server.request("POST", "/api/jwt/settings", json={"api_tokens_enabled": True, "legacy_api_tokens_enabled": True})
    made = server.request("POST", "/api/token/", json={}).json()["token"]
    with client.connect(server.url, made) as studio:
        assert studio.users()


def test_another_server_at_the_address_is_named() -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>router login</html>")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        with pytest.raises(StudioError, match="is no Label Studio"):
            client.connect(f"http://127.0.0.1:{other.server_port}", TOKEN)
        other.shutdown()


def test_a_project_that_is_not_there_is_named(studio: Studio, tagger: Tagger, tmp_path: Path) -> None:
    for action in (
        lambda: push(studio, 9999, rows(["文"]), tagger),
        lambda: pull(studio, 9999, SMALL_TAXONOMY, tmp_path),
        lambda: projects.init(studio, SMALL_TAXONOMY, title="", project=9999),
    ):
        with pytest.raises(StudioError, match="there is no project 9999"):
            action()


def test_a_project_without_tasks_gives_an_empty_file(pulling) -> None:
    assert pulling().path.read_bytes() == b""
    assert pulling().path.read_bytes() == b""
