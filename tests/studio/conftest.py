"""What the tests with a Label Studio server share: the server, a project of the small taxonomy, tasks, annotations."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from conftest import SMALL
from studio_data import rows, stored
from studio_server import TOKEN, Server, running

from classifier import taxonomy as taxonomies
from classifier.records import Example, Kind
from classifier.studio import client, projects
from classifier.studio.client import Studio
from classifier.studio.pull import Pulled, pull
from classifier.studio.push import push
from classifier.tagging.bundle import Bundle
from classifier.tagging.tagger import Tagger
from classifier.taxonomy import Taxonomy

SMALL_TAXONOMY = taxonomies.load(SMALL / "taxonomy.toml")
NUMBERS = count(1)


@pytest.fixture(scope="session")
def server() -> Server:
    return running()


@pytest.fixture(scope="session")
def studio(server: Server) -> Iterator[Studio]:
    with client.connect(server.url, TOKEN) as studio:
        yield studio


@pytest.fixture(scope="session")
def second(server: Server) -> str:
    return server.new_user("second@example.org")


@pytest.fixture
def project(studio: Studio) -> int:
    return projects.init(studio, SMALL_TAXONOMY, title=f"project {next(NUMBERS)}", annotators=2).project


@pytest.fixture
def tagger(small: Bundle) -> Tagger:
    return Tagger(bundle=small, all_scores=True, evidence=True)


@pytest.fixture
def texts(small_examples: list[Example]) -> list[str]:
    """Texts of paragraphs on which the small model has something to say."""
    return [example.text for example in small_examples if example.kind is Kind.BODY]


@pytest.fixture
def annotate(server: Server) -> Callable[..., int]:
    def annotate(task: int, result: list, *, token: str = TOKEN, **more: object) -> int:
        body = {"result": result, **more}
        return int(server.request("POST", f"/api/tasks/{task}/annotations/", token=token, json=body).json()["id"])

    return annotate


@pytest.fixture
def pushed(server: Server, studio: Studio, project: int, tagger: Tagger, texts: list[str]) -> list[int]:
    """Six tasks in the project; their numbers."""
    push(studio, project, rows(texts[:6]), tagger)
    return [task["id"] for task in stored(server, project)]


@pytest.fixture
def pulling(studio: Studio, project: int, tmp_path: Path) -> Callable[[], Pulled]:
    def pulling(taxonomy: Taxonomy = SMALL_TAXONOMY) -> Pulled:
        return pull(studio, project, taxonomy, tmp_path / "corpus")

    return pulling
