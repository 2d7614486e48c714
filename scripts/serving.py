"""The parts of scripts/benchmark.py that time policytag as a service and beside Label Studio, a section each.

Unlike the other sections these are times by the clock: who waits for an answer waits for the machine too.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median, quantiles

import httpx
from measures import command, table

from classifier import taxonomy as taxonomies
from classifier.records import Kind, Paragraph
from classifier.studio import client, projects
from classifier.studio.pull import pull
from classifier.studio.push import push
from classifier.tagging import bundle
from classifier.tagging.tagger import Tagger

BATCH = 100  # tasks a request
TASKS, CHANGED = 5000, 50  # in a project of Label Studio


def over_http(texts: Sequence[str], rounds: int) -> str:
    """Measure /predict with 100 tasks a request and with one, on one connection."""
    tasks = [{"id": n, "data": {"text": text}} for n, text in enumerate(texts)]
    batches = [{"tasks": tasks[i : i + BATCH]} for i in range(0, len(tasks), BATCH)]
    with service() as predict:
        for batch in batches[:3]:
            predict(batch)
        whole = median(timed(lambda: [predict(batch) for batch in batches]) for _ in range(rounds))
        alone = [timed(lambda task=task: predict({"tasks": [task]})) for task in tasks[:1000]]  # type: ignore[misc]
    cuts = quantiles(alone, n=100)
    rows = [
        [f"{BATCH} tasks a request, paragraphs a second", f"{len(tasks) / whole:,.0f}"],
        ["one task a request, median, ms", f"{cuts[49] * 1000:.1f}"],
        ["one task a request, 99th percentile, ms", f"{cuts[98] * 1000:.1f}"],
    ]
    return f"## Served over HTTP\n\n/predict, one connection, {len(tasks):,} paragraphs.\n\n{table(['', ''], rows)}"


def label_studio(texts: Sequence[str], url: str, token: str) -> str:
    """Measure push and pull of a project of 5,000 tasks, which is made on the server and deleted again."""
    model, taxonomy = bundle.load(), taxonomies.load()
    tagger = Tagger(bundle=model, all_scores=True, evidence=True)
    paragraphs = [
        Paragraph(id=f"p{n}", document="d", number=n, kind=Kind.BODY, text=text, source=((0, len(text)),))
        for n, text in enumerate(texts[:TASKS], 1)
    ]
    with client.connect(url, token) as studio, tempfile.TemporaryDirectory() as folder:
        project = studio.create(title="policytag benchmark")
        try:
            projects.init(studio, taxonomy, title="", project=project)
            pushed = timed(lambda: push(studio, project, paragraphs, tagger))
            numbers = [task.id for page in studio.tasks(project) for task in page]
            time.sleep(61)  # a pull asks again for what changed in the minute before the last change
            for number in numbers[:: len(numbers) // CHANGED]:
                studio.ask(project, "POST", f"api/tasks/{number}/annotations/", {"result": []})
            first = timed(lambda: pull(studio, project, taxonomy, Path(folder)))
            for number in numbers[1 :: len(numbers) // CHANGED]:
                studio.ask(project, "POST", f"api/tasks/{number}/annotations/", {"result": []})
            again = timed(lambda: pull(studio, project, taxonomy, Path(folder)))
        finally:
            studio.ask(project, "DELETE", f"api/projects/{project}/")
    rows = [
        [f"{len(paragraphs):,} tasks with predictions pushed", f"{pushed:.1f}"],
        ["first pull", f"{first:.1f}"],
        [f"pull of {CHANGED} changed tasks", f"{again:.1f}"],
    ]
    return f"## Beside Label Studio\n\nA server on the same machine, SQLite.\n\n{table(['', 's'], rows)}"


@contextmanager
def service() -> Iterator[Callable[[object], httpx.Response]]:
    """Run the service; give a function that asks it for predictions."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    process = subprocess.Popen(  # noqa: S603  # our own command
        command("studio", "serve", "--port", str(port)), stderr=subprocess.DEVNULL,
        env={**os.environ, "POLICYTAG_TOKEN": "", "POLICYTAG_PASSWORD": ""},
    )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            while process.poll() is None:
                with suppress(httpx.HTTPError):
                    http.get("/health")
                    break
                time.sleep(0.1)
            yield lambda body: http.post("/predict", json=body).raise_for_status()
    finally:
        process.terminate()
        if process.wait() not in (0, -15):
            sys.exit("the service failed")


def timed(run: Callable[[], object]) -> float:
    """Give the seconds of a call by the clock."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun
