"""What of a project holds labels besides its page: annotations, drafts, predictions, read whole and rewritten."""

from collections.abc import Iterator, Sequence

from classifier.studio.client import Data, Studio, named, plain

_BATCH = 500  # predictions a request


def annotations(studio: Studio, project: int) -> Iterator[Data]:
    """Give all annotations, skips too."""
    for page in studio.tasks(project, annotations=True):
        for task in page:
            yield from task.annotations


def drafts(studio: Studio, project: int) -> Iterator[Data]:
    """Give the drafts of all annotators."""
    for page in studio.tasks(project, drafts=True):
        for task in page:
            yield from studio.ask(project, "GET", f"api/tasks/{task.id}/drafts")


def predictions(studio: Studio, project: int) -> list[Data]:
    """Give all predictions."""
    with named(studio.url, project):
        return [plain(item) for item in studio.sdk.predictions.list(project=project)]


def annotation(studio: Studio, project: int, number: int) -> Data:
    """Give an annotation as it is now."""
    with named(studio.url, project):
        return plain(studio.sdk.annotations.get(id=number))


def change_annotation(studio: Studio, project: int, number: int, result: Sequence[Data]) -> None:
    """Give an annotation another result; who made it, and its marks, stay."""
    with named(studio.url, project):
        studio.sdk.annotations.update(id=number, result=list(result))


def change_draft(studio: Studio, project: int, number: int, result: Sequence[Data]) -> None:
    """Give a draft another result."""
    studio.ask(project, "PATCH", f"api/drafts/{number}/", {"result": list(result)})


def replace_predictions(studio: Studio, project: int, tasks: Sequence[int], rows: Sequence[Data]) -> int:
    """Put these predictions in the place of all that the tasks have; give how many the server says it took.

    One by one they would take a quarter of a second each.
    """
    taken = 0
    for first in range(0, len(tasks), _BATCH):
        some = set(tasks[first : first + _BATCH])
        body = {"selectedItems": {"all": False, "included": sorted(some)}}
        studio.ask(project, "POST", "api/dm/actions", body, action="delete_tasks_predictions")
        taken += studio.import_predictions(project, [row for row in rows if row["task"] in some])
    return taken


def recount(studio: Studio, project: int) -> None:
    """Let the server count anew which labels are in use: it does not see that a draft lost one."""
    studio.ask(project, "POST", f"api/projects/{project}/summary/reset/", {})
