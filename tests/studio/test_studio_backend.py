"""The service over HTTP, as a process of its own, alone and behind a real Label Studio server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from conftest import SMALL
from studio_server import free_port, wait_until_up

from classifier import taxonomy as taxonomies
from classifier.records import Kind, Paragraph
from classifier.studio import interface
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle
from classifier.tagging.tagger import Tagger
from classifier.taxonomy import Taxonomy

TAXONOMY = taxonomies.load(SMALL / "taxonomy.toml")
TEXT = "引水渠边改滴灌，全村一年省水三成。"
SECRET = "a-long-secret"
PROCESS = """
import json, sys
from pathlib import Path
from classifier.errors import PolicytagError
from classifier.studio.backend import serve
from classifier.studio.guard import Limits
from classifier.studio.jobs import Jobs
from classifier.studio.serving import Serving
models, commands, limits, host, port = json.loads(sys.argv[1])
try:
    serve(Serving(Path(models)), Jobs(commands), Limits(**limits), host=host, port=port)
except PolicytagError as error:
    sys.exit(str(error))
"""


@dataclass
class Service:
    url: str
    process: subprocess.Popen
    log: Path

    def post(self, path: str, body: object, **options) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
        return httpx.post(f"{self.url}{path}", content=content, **{"headers": headers, "timeout": 60, **options})

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def wait_for(self, event: str, times: int = 1, **fields: object) -> dict:
        """Wait until the log tells of the event, with these fields, that often; give the last."""
        wanted = {"event": event, **fields}
        for _ in range(600):
            found = [line for line in self.lines() if wanted.items() <= line.items()]
            if len(found) >= times:
                return found[-1]
            time.sleep(0.1)
        raise AssertionError(f"no '{event}' in {self.log.read_text(encoding='utf-8')[-2000:]}")


def start(folder: Path, models: Path, commands: Sequence = (), host: str = "127.0.0.1", **limits) -> Service:
    port = free_port()
    log = folder / "service.log"
    call = json.dumps([str(models), list(commands), limits, host, port])
    with log.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-c", PROCESS, call], stdout=file, stderr=file)
    return Service(f"http://127.0.0.1:{port}", process, log)


@pytest.fixture
def launch(tmp_path: Path, own_models: Path) -> Iterator[Callable[..., Service]]:
    started: list[Service] = []

    def launch(commands: Sequence = (), models: Path = own_models, **limits) -> Service:
        service = start(tmp_path, models, commands, **{"token": SECRET, **limits})
        started.append(service)
        wait_until_up(f"{service.url}/health", service.process, service.log)
        return service

    yield launch
    for service in started:
        service.process.terminate()
        service.process.wait()


@pytest.fixture(scope="module")
def service(small_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that tests share."""
    limits = {"token": SECRET, "user": "studio", "password": "pass:word", "megabytes": 1, "paragraphs": 50}
    service = start(tmp_path_factory.mktemp("service"), small_models, **limits)
    wait_until_up(f"{service.url}/health", service.process, service.log)
    yield service
    service.process.terminate()
    service.process.wait()


def task(text: object = TEXT, **data: object) -> dict:
    return {"id": 1, "data": {"text": text, **data}}


# /predict, /tag


def test_predictions_are_those_of_the_tagger_in_order(service: Service, small: Bundle, small_examples) -> None:
    texts = [example.text for example in small_examples[:50]]
    answer = service.post("/predict", {"tasks": [task(text) for text in texts], "project": "1.2", "params": {}}).json()
    assert answer["model_version"] == small.id
    paragraphs = [
        Paragraph(id=str(n), document="", number=n, kind=Kind.BODY, text=text, source=((0, len(text)),))
        for n, text in enumerate(texts)
    ]
    for item, tagged in zip(answer["results"], Tagger(bundle=small).tag(paragraphs), strict=True):
        assert [c for r in item["result"] for c in r["value"]["choices"]] == [tag.label for tag in tagged.tags]
        assert item["model_version"] == small.id
        assert 0 <= item["score"] <= 1


def test_a_blind_task_gets_no_choices(service: Service) -> None:
    plain, blind = service.post("/predict", {"tasks": [task(), task(blind=True)]}).json()["results"]
    assert plain["result"] and not blind["result"]
    assert plain["score"] == blind["score"]


def test_a_task_without_text_gets_no_prediction_and_the_others_theirs(service: Service) -> None:
    tasks = [task(), {"data": {}}, task(" "), task(5), task(None), task()]
    results = service.post("/predict", {"tasks": tasks}).json()["results"]
    assert [bool(item) for item in results] == [True, False, False, False, False, True]


def test_a_page_that_lacks_a_label_never_gets_it(service: Service) -> None:
    without = Taxonomy(version="2", labels=TAXONOMY.labels[1:])
    for page, expected in (
        (interface.page(TAXONOMY), [True, True]), (interface.page(without), [False, True]), ("<View/>", [False, True]),
        ("no page", [False, True]),
    ):  # fmt: skip
        tasks = [task(), task(blind=True)]
        results = service.post("/predict", {"tasks": tasks, "label_config": page}).json()["results"]
        assert [bool(item) for item in results] == expected
    assert service.wait_for("the project's page lacks labels of the model")["paragraphs"] == 1


@pytest.mark.parametrize("text", ["文" * 100_000, "\x00文", "\ud800文", "😀" * 1000, "​", "a" * 50_000])
def test_odd_texts_are_tagged(service: Service, text: str) -> None:
    assert service.post("/predict", {"tasks": [task(text), task()]}).json()["results"][1]["result"]
    assert service.post("/tag", {"texts": [text, TEXT]}).json()["results"][1]["tags"]


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 422, "body"),
        (b"{", 422, "body: JSON"),
        (b"\xff\xfe", 422, "body"),
        (b"[]", 422, "dictionary"),
        (b"{}", 422, "tasks: Field required"),
        ({"tasks": "x"}, 422, "tasks: Input should be a valid list"),
        ({"tasks": [1]}, 422, "tasks.0"),
        ({"tasks": [{"data": TEXT}]}, 422, "tasks.0.data: Input should be a valid dictionary"),
        (b"[" * 100_000, 400, ""),
        ({"tasks": [task()] * 51}, 413, "51 paragraphs: send at most 50 at once"),
        ({"tasks": [task("文" * 400_000)]}, 413, "more than 1 MB"),
    ],
    ids=["empty", "half", "bytes", "list", "no tasks", "text", "number", "data", "deep", "many", "large"],
)
def test_a_malformed_body_gets_a_named_answer(service: Service, body: object, status: int, reason: str) -> None:
    answer = service.post("/predict", body)
    assert answer.status_code == status
    assert reason in answer.json()["error"]
    assert TEXT not in answer.text
    assert service.post("/predict", {"tasks": []}).json()["results"] == []


def test_a_body_of_unknown_length_is_bounded_too(service: Service) -> None:
    def parts() -> Iterator[bytes]:
        yield b'{"tasks": [{"data": {"text": "'
        for _ in range(30):
            yield b"a" * 100_000
        yield b'"}}]}'

    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
    answer = httpx.post(f"{service.url}/predict", content=parts(), headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (413, "more than 1 MB: send fewer paragraphs at once")


def test_tag_gives_what_the_command_gives(service: Service, policytag, small_models: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"text": TEXT}) + "\n", encoding="utf-8")
    line = json.loads(policytag("tag", rows, "--model", small_models, "--evidence", "--all-scores").stdout)
    answer = service.post("/tag", {"texts": [TEXT], "evidence": True, "all_scores": True}).json()
    assert answer == {
        "model": line["model"],
        "results": [{key: line[key] for key in ("text", "tags", "review", "scores", "evidence")}],
    }


def test_openapi_describes_every_route(service: Service) -> None:
    answer = httpx.get(f"{service.url}/openapi.json", headers={"Authorization": f"Token {SECRET}"}).json()
    assert set(answer["paths"]) == {"/health", "/setup", "/predict", "/webhook", "/tag"}


# who may ask


@pytest.mark.parametrize("path", ["/predict", "/setup", "/webhook", "/tag", "/openapi.json", "/nothing"])
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": SECRET}, {"Authorization": "Basic x"},
     {"Authorization": "Basic c3R1ZGlvOndyb25n"}, {"Authorization": f"Digest {SECRET}"}],
)  # fmt: skip
def test_without_the_secret_nothing_is_answered(service: Service, path: str, headers: dict[str, str]) -> None:
    answer = httpx.post(f"{service.url}{path}", json={"tasks": []}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "send the token or the password")


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer"])
def test_the_token_lets_in(service: Service, scheme: str) -> None:
    answer = httpx.post(f"{service.url}/setup", json={}, headers={"Authorization": f"{scheme} {SECRET}"})
    assert answer.status_code == 200


def test_the_password_lets_in_and_health_needs_none(service: Service, small: Bundle) -> None:
    answer = httpx.post(f"{service.url}/setup", json={}, auth=("studio", "pass:word"))
    assert answer.json() == {"model_version": small.id}
    assert httpx.get(f"{service.url}/health").json() == {"status": "UP", "model_version": small.id}


def test_an_open_service_for_everyone_is_refused(tmp_path: Path, own_models: Path) -> None:
    service = start(tmp_path, own_models, host="0.0.0.0")
    assert service.process.wait() == 1
    assert "0.0.0.0 can be reached from elsewhere" in service.log.read_text(encoding="utf-8")


def test_a_port_that_is_taken_is_named(tmp_path: Path, own_models: Path, launch) -> None:
    taken = launch().url.rsplit(":", 1)[1]
    call = json.dumps([str(own_models), [], {}, "127.0.0.1", int(taken)])
    run = subprocess.run([sys.executable, "-c", PROCESS, call], capture_output=True, encoding="utf-8", check=False)
    assert f"cannot listen on 127.0.0.1:{taken}" in run.stderr and "Traceback" not in run.stderr


# models, training, webhooks, logs


def promote(models: Path, source: Bundle, name: str) -> None:
    bundle.save(replace(source, id=name), models)
    (models / "CURRENT").write_text(name + "\n", encoding="utf-8")


def test_a_promoted_model_serves_from_the_next_request_on(launch, own_models: Path, small: Bundle) -> None:
    service = launch()
    promote(own_models, small, "another")
    assert service.post("/setup", {}).json() == {"model_version": "another"}
    assert service.post("/predict", {"tasks": [task()]}).json()["results"][0]["model_version"] == "another"


def test_a_damaged_model_does_not_serve_and_the_one_before_goes_on(launch, own_models: Path, small: Bundle) -> None:
    service = launch()
    promote(own_models, small, "broken")
    (own_models / "broken" / "arrays.npz").write_bytes(b"")
    (own_models / "CURRENT").write_text("broken\n", encoding="utf-8")
    for _ in range(3):
        assert service.post("/setup", {}).json() == {"model_version": small.id}
    assert [line["level"] for line in service.lines() if line["event"] == "model refused"] == ["error"]
    promote(own_models, small, "mended")
    assert service.post("/setup", {}).json() == {"model_version": "mended"}


def test_start_training_runs_one_job_at_a_time_and_answers_at_once(launch, tmp_path: Path) -> None:
    door = tmp_path / "door"
    os.mkfifo(door)
    job = f"print('begun', flush=True); open({str(door)!r}).read(); print('the end')"
    service = launch([[sys.executable, "-c", job]])
    start = {"action": "START_TRAINING", "project": {"id": 1}}
    first = service.post("/webhook", start).json()["job"]
    service.wait_for("training begins")
    second, third = (service.post("/webhook", start).json()["job"] for _ in range(2))
    assert (first, second, third) == ("training-1", "training-2", "training-2")
    assert service.post("/predict", {"tasks": [task()]}).status_code == 200
    for times in (1, 2):
        door.write_text("", encoding="utf-8")
        ended = service.wait_for("training ends", times)
        assert (ended["job"], ended["exit"], ended["said"]) == (f"training-{times}", 0, "the end")
    assert len([line for line in service.lines() if line["event"] == "training begins"]) == 2


def test_a_flood_of_webhooks_gets_an_answer_each_and_one_job_waits(launch, tmp_path: Path) -> None:
    door = tmp_path / "door"
    os.mkfifo(door)
    service = launch([[sys.executable, "-c", f"open({str(door)!r}).read()"]])
    start = {"action": "START_TRAINING", "project": {"id": 1}}
    service.post("/webhook", start)
    service.wait_for("training begins")
    with ThreadPoolExecutor(40) as crowd:
        answers = list(crowd.map(lambda _: service.post("/webhook", start), range(400)))
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert {answer.json()["job"] for answer in answers if answer.status_code == 200} == {"training-2"}
    assert service.post("/predict", {"tasks": [task()]}).status_code == 200


def test_a_job_that_fails_ends_there_and_the_service_goes_on(launch) -> None:
    fail = [sys.executable, "-c", "import sys; sys.exit('no labels')"]
    service = launch([fail, ["never-run"]])
    service.post("/webhook", {"action": "START_TRAINING"})
    ended = service.wait_for("training ends")
    assert (ended["exit"], ended["said"]) == (1, "no labels")


def test_a_command_that_is_not_there_is_named(launch) -> None:
    service = launch([["no-such-command"]])
    service.post("/webhook", {"action": "START_TRAINING"})
    assert "cannot be started" in service.wait_for("training ends")["said"]


@pytest.mark.parametrize(
    "action",
    ["ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_DELETED", "TASKS_DELETED", "PROJECT_UPDATED", "NEW_KIND"],
)
def test_other_events_are_taken_note_of(service: Service, action: str) -> None:
    event = {"action": action, "annotation": {"result": [], "was_cancelled": True}, "project": {"id": 1}}
    assert service.post("/webhook", event).json() == {"status": "ok"}
    assert service.wait_for("webhook")["action"] == action


def test_without_a_command_training_is_not_promised(service: Service) -> None:
    assert service.post("/webhook", {"action": "START_TRAINING"}).json() == {"status": "ok"}


def test_the_log_tells_of_requests_and_never_of_texts_or_secrets(service: Service) -> None:
    service.post("/predict", {"tasks": [task()]})
    service.post("/tag", {"texts": [TEXT], "no": SECRET})
    service.post("/predict", {"tasks": [{"data": TEXT}]})
    line = service.wait_for("request", path="/predict", status=422)
    assert {"time", "level", "method", "path", "status", "ms", "bytes"} <= set(line)
    content = service.log.read_text(encoding="utf-8")
    assert TEXT not in content and json.dumps(TEXT) not in content and SECRET not in content


def test_it_stops_when_told_and_ends_a_running_job(launch, tmp_path: Path) -> None:
    door = tmp_path / "door"
    os.mkfifo(door)
    service = launch([[sys.executable, "-c", f"open({str(door)!r}).read()"]])
    service.post("/webhook", {"action": "START_TRAINING"})
    service.wait_for("training begins")
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(60) in (0, -signal.SIGTERM)
    assert service.lines()[-1]["event"] == "stopped"
