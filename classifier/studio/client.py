"""Label Studio over HTTP: the only user of its SDK, which is imported when a server is talked to (it takes seconds).

Every trouble that a server, a token or a project can make becomes a `StudioError` that says what to do.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from classifier.errors import MissingExtra
from classifier.studio.errors import StudioError, refusal, stranger

if TYPE_CHECKING:
    from pydantic import BaseModel

TIME = "%Y-%m-%dT%H:%M:%S.%fZ"  # as the server writes it
_PATIENCE = 300  # seconds for an answer: a busy server takes its time for a thousand tasks
_PAGE = 500  # tasks a request: the server needs about a millisecond for each
_ANNOTATION = "result,completed_by,was_cancelled,ground_truth,parent_prediction"
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project as the server has it. `skips` are annotations too, cancelled ones; `annotations` leaves them out."""

    id: int
    title: str
    config: str
    model_version: str
    created: str
    tasks: int
    annotations: int
    skips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTask:
    """A task as the server has it; `annotations` only where they were asked for."""

    id: int
    data: Data
    updated: str
    annotations: tuple[Data, ...] = ()


@dataclass(frozen=True, slots=True)
class Studio:
    """A server that let us in. As a context manager it closes its connections."""

    url: str
    sdk: Any
    http: Any

    def __enter__(self) -> Self:
        """Nothing is left to do: `connect` made sure that the server answers."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.http.close()

    def find(self, title: str) -> list[int]:
        """Give the ids of the projects of exactly this title."""
        with named(self.url):
            return [int(p.id) for p in self.sdk.projects.list(title=title) if p.title == title]

    def project(self, project: int) -> Project:
        """Read a project. Raises `StudioError` where there is none."""
        with named(self.url, project):
            found = self.sdk.projects.get(id=project)
        return Project(
            id=found.id, title=found.title or "", config=found.label_config or "",
            model_version=found.model_version or "", created=_time(found.created_at), tasks=found.task_number or 0,
            annotations=found.total_annotations_number or 0, skips=found.skipped_annotations_number or 0,
        )  # fmt: skip

    def create(self, **settings: object) -> int:
        """Create a project and give its id."""
        with named(self.url):
            return int(self.sdk.projects.create(**settings).id)

    def update(self, project: int, **settings: object) -> None:
        """Change settings of a project."""
        with named(self.url, project):
            self.sdk.projects.update(id=project, **settings)

    def check_config(self, project: int, config: str) -> None:
        """Raise `StudioError` where this labelling page would lose annotations or drafts: an update would not."""
        with named(self.url, project):
            self.sdk.projects.validate_label_config(id=project, label_config=config)

    def tasks(
        self, project: int, *, since: str = "", after: int = 0, lacking: str = "", holding: str = "",
        drafts: bool = False, annotations: bool = False,
    ) -> Iterator[list[StoredTask]]:  # fmt: skip
        """Give tasks by rising id, a list a request, none twice and none missed whatever happens meanwhile.

        `since`: only those changed later · `after`: only those of greater ids · `lacking`: only those without a
        prediction of this model · `holding`: only those with this text in a prediction · `drafts`: only those with
        a draft.
        """
        conditions = []
        if since:
            conditions.append(_condition("updated_at", "greater", "Datetime", since))
        if lacking:
            # a list: of a text the server would take every character for a version
            conditions.append(_condition("predictions_model_versions", "not_contains", "List", [lacking]))
        if holding:
            conditions.append(_condition("predictions_results", "contains", "String", holding))
        if drafts:
            conditions.append(_condition("draft_exists", "equal", "Boolean", True))
        fields = f"id,data,updated_at,annotations,{_ANNOTATION}" if annotations else "id,data,updated_at"
        while True:
            wanted = [*conditions, _condition("id", "greater", "Number", after)]
            query = {"filters": {"conjunction": "and", "items": wanted}, "ordering": ["tasks:id"]}
            found = self._tasks(project, query, _PAGE, fields)
            if found:
                yield found
            if len(found) < _PAGE:
                return
            after = found[-1].id

    def latest(self, project: int) -> str:
        """Give the time of the last change of any task, by the server's clock; empty where there is no task."""
        found = self._tasks(project, {"ordering": ["-tasks:updated_at"]}, 1, "id,data,updated_at")
        return found[0].updated if found else ""

    def _tasks(self, project: int, query: Data, size: int, fields: str) -> list[StoredTask]:
        with named(self.url, project):
            page = self.sdk.tasks.list(
                project=project, query=json.dumps(query), page=1, page_size=size, fields="all", include=fields
            )
        return [
            StoredTask(
                id=task.id, data=dict(task.data or {}), updated=_time(task.updated_at),
                annotations=tuple(plain(item) for item in getattr(task, "annotations", None) or ()),
            )
            for task in page.items or ()
        ]  # fmt: skip

    def import_tasks(self, project: int, rows: Sequence[Data]) -> tuple[int, int]:
        """Send tasks with their predictions; give how many of both the server says it took."""
        with named(self.url, project):
            answer = self.sdk.projects.import_tasks(id=project, request=list(rows), return_task_ids=True)
        return answer.task_count or 0, getattr(answer, "prediction_count", None) or 0

    def import_predictions(self, project: int, rows: Sequence[Data]) -> int:
        """Send predictions of tasks that are there; give how many the server says it took."""
        with named(self.url, project):
            return int(self.sdk.projects.import_predictions(id=project, request=list(rows)).created or 0)

    def ask(self, project: int, method: str, path: str, body: Data | None = None, action: str = "") -> Any:  # noqa: ANN401
        """Ask what the SDK has no call for; give the answer's JSON."""
        from label_studio_sdk.core.api_error import ApiError

        parameters = {"id": action, "project": project} if action else {}
        with named(self.url, project):
            answer = self.sdk._client_wrapper.httpx_client.request(path, method=method, json=body, params=parameters)
            if answer.is_error:
                raise ApiError(status_code=answer.status_code, body=answer.text)
        return answer.json() if answer.content else None

    def users(self) -> dict[int, str]:
        """Give the e-mail address of each user."""
        with named(self.url):
            return {int(user.id): str(user.email) for user in self.sdk.users.list()}

    def add_tab(self, project: int, title: str, ordering: str, only: tuple[str, str] | None = None) -> None:
        """Give annotators a tab of the tasks in this order, unless one of that title is there.

        `only`: of the tasks whose column, the first, contains the second.
        """
        items = [_condition(only[0], "contains", "String", only[1])] if only else []
        filters = {"filters": {"conjunction": "and", "items": items}} if items else {}
        with named(self.url, project):
            if title not in [plain(view.data or {}).get("title") for view in self.sdk.views.list(project=project)]:
                self.sdk.views.create(project=project, data={"title": title, "ordering": [ordering], **filters})

    def connect_backend(self, project: int, address: str, user: str = "", password: str = "") -> str:
        """Connect the backend at `address`, once; give the model version that it serves.

        The server then shows the backend's name for the project's model version and hides all scores: the true one
        is set here.
        """
        login = {"auth_method": "BASIC_AUTH", "basic_auth_user": user, "basic_auth_pass": password} if user else {}
        with named(self.url, project):
            known = [backend for backend in self.sdk.ml.list(project=project) if backend.url == address]
            if not known:
                known = [self.sdk.ml.create(project=project, url=address, title="policytag", **login)]
            version = str(self.sdk.ml.get(id=known[0].id).model_version or "")
            self.sdk.projects.update(id=project, model_version=version)
        return version


def connect(url: str, token: str) -> Studio:
    """Give the server at `url`. Raises `StudioError` where nothing answers or the token is not taken."""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise StudioError(
            "this is no token for Label Studio" if token else "no token for Label Studio",
            "set LABEL_STUDIO_API_KEY to a token from its page Account & Settings",
        )
    try:
        from label_studio_sdk.client import LabelStudio
    except ImportError as error:
        raise MissingExtra("label-studio-sdk", "studio") from error
    import httpx

    http = httpx.Client(timeout=httpx.Timeout(_PATIENCE, connect=10), follow_redirects=True)
    try:
        with named(url):
            sdk = LabelStudio(base_url=url.rstrip("/"), api_key=token, httpx_client=http)
            if not hasattr(sdk.users.whoami(), "email"):
                raise stranger(url)
    except BaseException:
        http.close()
        raise
    return Studio(url.rstrip("/"), sdk, http)


@contextmanager
def named(url: str, project: int | None = None) -> Iterator[None]:
    """Turn what the SDK raises into errors with a next step."""
    import httpx
    from label_studio_sdk.core.api_error import ApiError

    try:
        yield
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise StudioError(f"'{url}' is no address of a server", "write it like http://localhost:8080") from error
    except httpx.TimeoutException as error:
        raise StudioError(f"Label Studio at {url} took too long to answer", "try again when it is less busy") from error
    except httpx.HTTPError as error:
        raise StudioError(
            f"no Label Studio answers at {url} ({error})", "start it, or name the right address with --url"
        ) from error
    except ApiError as error:
        raise refusal(error.status_code, error.body, url, project) from error


def _condition(column: str, operator: str, kind: str, value: object) -> Data:
    return {"filter": f"filter:tasks:{column}", "operator": operator, "type": kind, "value": value}


def plain(value: "Data | BaseModel") -> dict[str, Any]:
    """Give a record as a dict: the SDK gives dicts or objects, as it likes."""
    return dict(value) if isinstance(value, Mapping) else value.model_dump()


def _time(value: object) -> str:
    """Give a time as the server writes it: the SDK gives times or texts, as it likes."""
    return value.strftime(TIME) if isinstance(value, datetime) else str(value or "")
