"""Disagreements → tasks for an adjudicator: who said what in view, and the answer decides when it is pulled."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from classifier.records import Example
from classifier.studio.client import Studio
from classifier.studio.errors import StudioError
from classifier.studio.projects import checked_labels
from classifier.taxonomy import Taxonomy

_TAB = "待裁决"
_BATCH = 500  # tasks a request


def push(
    studio: Studio, project: int, disagreements: Iterable[Mapping[str, Any]], judgements: Iterable[Example],
    taxonomy: Taxonomy,
) -> int:  # fmt: skip
    """Push those that nobody decided and that are no task for an adjudicator yet, in order; give their number.

    `disagreements` are those of `agreement.measure` of the judgements. Raises `StudioError`.
    """
    checked_labels(studio.project(project), taxonomy.ids)
    there = {
        str(task.data.get("id")) for page in studio.tasks(project) for task in page if task.data.get("adjudication")
    }
    examples = {example.id: example for example in judgements}
    open_ = [item for item in disagreements if item["decided"] is None and item["id"] not in there]
    rows = [{"data": _data(item, examples[item["id"]], taxonomy.names)} for item in open_]
    for first in range(0, len(rows), _BATCH):
        batch = rows[first : first + _BATCH]
        taken, _ = studio.import_tasks(project, batch)
        if taken != len(batch):
            raise StudioError(
                f"the server took {taken} of {len(batch)} tasks and did not say why", "look at its log, then try again"
            )
    studio.add_tab(project, _TAB, "tasks:id", only=("data.adjudication", "yes"))
    return len(rows)


def _data(item: Mapping[str, Any], example: Example, names: Mapping[str, str]) -> dict[str, Any]:
    """Give a task that has the same fields as those of annotators; blind, for a model has no say in it."""
    said = [f"{who}：{_named(labels, names)}" for who, labels in item["judgements"].items()]
    return {
        "id": example.id, "text": example.text, "document": example.document, "heading": "", "before": "", "after": "",
        "evidence": "　".join(said), "blind": True, "adjudication": "yes", "source": example.document,
        "paragraph": example.paragraph, "kind": example.kind.value, "genre": example.genre,
    }  # fmt: skip


def _named(labels: Sequence[str], names: Mapping[str, str]) -> str:
    return "、".join(names[label] for label in labels) or "没有措施"
