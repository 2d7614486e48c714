"""The service behind Label Studio, and for other clients: paragraphs in, tags out. Needs the extra `server`."""

import logging
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as AnyHTTPException

from classifier.records import Kind, Paragraph
from classifier.studio import interface, tasks
from classifier.studio.errors import StudioError
from classifier.studio.guard import Guard, Limits, LogLine
from classifier.studio.jobs import Jobs
from classifier.studio.serving import Serving
from classifier.tagging.outputs import record

_log = logging.getLogger("policytag")
_CONCURRENT = 64  # requests under way; more are answered 503
_GRACE = 20  # seconds that requests under way get when the service is stopped


class LabelStudioTask(BaseModel):
    """A task as Label Studio sends it; only its data are read."""

    data: dict[str, Any]


class PredictRequest(BaseModel):
    """What Label Studio sends to /predict."""

    tasks: list[LabelStudioTask]
    label_config: str = Field(default="", description="the project's labelling page; empty: any label may be given")


class TagRequest(BaseModel):
    """Paragraphs to be tagged, each as it stands."""

    texts: list[str]
    evidence: bool = Field(default=False, description="add the words that carried each tag")
    all_scores: bool = Field(default=False, description="add the probability of every label")


class Event(BaseModel):
    """What Label Studio sends to /webhook; only its kind is read."""

    action: str


def app(serving: Serving, jobs: Jobs, limits: Limits) -> FastAPI:
    """Give the service as an ASGI application."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        jobs.stop()
        _log.info("stopped")

    api = FastAPI(title="policytag", docs_url=None, redoc_url=None, lifespan=lifespan)
    api.add_middleware(Guard, limits=limits)
    api.exception_handler(RequestValidationError)(_malformed)
    api.exception_handler(AnyHTTPException)(_refused)

    @api.get("/health")
    def health() -> dict[str, str]:
        """Say that the service is up, and which model it uses."""
        return {"status": "UP", "model_version": serving.tagger().bundle.id}

    @api.post("/setup")
    def setup() -> dict[str, str]:
        """Tell Label Studio the model version; nothing of what it sends is kept."""
        return {"model_version": serving.tagger().bundle.id}

    @api.post("/predict")
    def predict(request: PredictRequest) -> dict[str, Any]:
        """Give one item a task, in order: a prediction, or an empty list.

        The list is empty for a task without text, and where the project's page does not have a label: Label Studio
        would show no tick, and save the label all the same.
        """
        tagger = serving.tagger()
        texts = [_clean(task.data.get("text")) for task in request.tasks]
        _bounded(len(texts), limits)
        labels = (interface.stored_labels(request.label_config) or ()) if request.label_config else None
        made = iter(tagger.tag(_paragraphs([text for text in texts if text])))
        results: list[Any] = []
        for task, text in zip(request.tasks, texts, strict=True):
            found = tasks.prediction(next(made), blind=bool(task.data.get("blind"))) if text else None
            results.append([] if found is None or _foreign(found, labels) else found)
        if refused := sum(bool(text) for text in texts) - sum(map(bool, results)):
            _log.warning("the project's page lacks labels of the model", extra={"paragraphs": refused})
        return {"results": results, "model_version": tagger.bundle.id}

    @api.post("/webhook")
    async def webhook(event: Event) -> dict[str, str]:
        """Take note of an event, at once. START_TRAINING queues a training."""
        job = jobs.ask() if event.action == "START_TRAINING" else ""
        _log.info("webhook", extra={"action": event.action, "job": job})
        return {"status": "ok", "job": job} if job else {"status": "ok"}

    @api.post("/tag")
    def tag(request: TagRequest) -> dict[str, Any]:
        """Give each text's tags, as `policytag tag` does."""
        _bounded(len(request.texts), limits)
        tagger = replace(serving.tagger(), evidence=request.evidence, all_scores=request.all_scores)
        tagged = tagger.tag(_paragraphs([_clean(text) for text in request.texts]))
        rows = [record(item) for item in tagged]
        return {"results": [{key: row[key] for key in row if key in _KEYS} for row in rows], "model": tagger.bundle.id}

    return api


_KEYS = ("text", "tags", "review", "scores", "evidence")


def _foreign(made: Mapping[str, Any], labels: Sequence[str] | None) -> bool:
    """Whether a prediction holds what a page with these labels does not know."""
    return labels is not None and bool(tasks.problems(made, labels))


def _clean(text: object) -> str:
    """Give a text without what no encoding holds; empty where there is none."""
    return text.encode("utf-8", "replace").decode().strip() if isinstance(text, str) else ""


def _paragraphs(texts: Sequence[str]) -> list[Paragraph]:
    return [
        Paragraph(id=str(n), document="", number=n, kind=Kind.BODY, text=text, source=((0, len(text)),))
        for n, text in enumerate(texts, 1)
    ]


def _bounded(paragraphs: int, limits: Limits) -> None:
    if paragraphs > limits.paragraphs:
        raise HTTPException(413, f"{paragraphs:,} paragraphs: send at most {limits.paragraphs:,} at once")


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    """Name what is wrong and where, without repeating what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  # for the type checker
    found = [f"{_place(item)}: {item['msg']}" for item in error.errors()[:5]]
    return JSONResponse({"error": "; ".join(found)}, 422)


def _place(item: Mapping[str, Any]) -> str:
    """Where in a body something is wrong, like tasks.3.data."""
    inside = item["loc"][1:] if item["type"] != "json_invalid" else ()
    return ".".join(map(str, inside)) or "body"


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AnyHTTPException)  # noqa: S101  # for the type checker
    return JSONResponse({"error": error.detail}, error.status_code)


def serve(serving: Serving, jobs: Jobs, limits: Limits, *, host: str, port: int) -> None:
    """Serve until stopped by SIGINT or SIGTERM. Raises `StudioError` where it may not, or cannot, listen there."""
    if not (limits.token or limits.password) and not _is_local(host):
        raise StudioError(
            f"{host} can be reached from elsewhere, and neither token nor password is set",
            "set POLICYTAG_TOKEN or POLICYTAG_PASSWORD, or serve on 127.0.0.1",
        )
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise StudioError(f"cannot listen on {host}:{port}: {error.strerror}", "choose another --port") from error
    # connections inherit it; asyncio sets it for its own sockets only, and without, each answer waits 40 ms for an ACK
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLine())
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    where = f"{host}:{listening.getsockname()[1]}"
    _log.info("serving", extra={"path": where, "model": serving.tagger().bundle.id})
    config = uvicorn.Config(
        app(serving, jobs, limits), log_config=None, access_log=False, limit_concurrency=_CONCURRENT,
        timeout_graceful_shutdown=_GRACE,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listening])


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
