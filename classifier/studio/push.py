"""Paragraphs into a project: each once, with its pre-annotation, and all pre-annotations of one model."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from classifier.learning import selection
from classifier.records import Kind, Paragraph, Skipped, Tagged
from classifier.studio import tasks
from classifier.studio.client import StoredTask, Studio
from classifier.studio.errors import StudioError
from classifier.studio.projects import checked_labels
from classifier.studio.tasks import Candidate
from classifier.tagging.tagger import Tagger

_BATCH = 500  # tasks a request
_CHARACTERS = 2_000_000  # of text in a request


@dataclass(slots=True, kw_only=True)
class Pushed:
    """What became of the paragraphs given, and of the tasks that were there."""

    new: int = 0
    blind: int = 0  # of the new ones
    known: int = 0  # there already
    passed: int = 0  # furniture, repeats and, unless wanted, headings; with `next`, those less useful
    refreshed: int = 0  # tasks that got this model's pre-annotation in place of an older one's
    skipped: list[Skipped] = field(default_factory=list)


def push(
    studio: Studio, project: int, paragraphs: Iterable[Paragraph], tagger: Tagger, *, blind: float = 0.0,
    next_: int | None = None, say: Callable[[str], None] = lambda _: None,
) -> Pushed:  # fmt: skip
    """Push what is not there yet (of it the `next_` most useful), then bring all pre-annotations to this model.

    `tagger` must give all scores and evidence. Raises `StudioError` where the project cannot take the model's labels,
    or where the server took less than it was sent.
    """
    model = tagger.bundle
    found = studio.project(project)
    labels = checked_labels(found, tuple(model.labels))
    known = {str(task.data.get("id")): task.data.get("text") for page in studio.tasks(project) for task in page}
    done = Pushed()
    given = [tasks.restored(paragraph) for paragraph in paragraphs]
    fresh = _fresh(given, known, done, headings=tagger.headings)
    if next_ is not None:
        texts = [text for text in known.values() if isinstance(text, str)]
        chosen = selection.choose([candidate.paragraph for candidate in fresh.values()], model, texts, next_)
        done.passed += len(fresh) - len(chosen)
        fresh = {(name := tasks.identity(choice.paragraph)): fresh[name] for choice in chosen}
    for batch in _batches(fresh.values()):
        said = tagger.tag(candidate.paragraph for candidate in batch)
        rows = [_row(candidate, tagged, blind, labels) for candidate, tagged in zip(batch, said, strict=True)]
        _compare(studio.import_tasks(project, rows), (len(rows), len(rows)), "tasks and predictions")
        done.new += len(rows)
        done.blind += sum(row["data"]["blind"] for row in rows)
        say(f"{done.new} of {len(fresh)} tasks pushed")
    for page in studio.tasks(project, lacking=model.id):
        done.refreshed += _refresh(studio, project, page, replace(tagger, evidence=False), labels)
        say(f"{done.refreshed} older tasks pre-annotated anew")
    studio.update(project, model_version=model.id)  # else its scores and choices stay hidden
    return done


def _fresh(
    paragraphs: Sequence[Paragraph], known: Mapping[str, Any], done: Pushed, *, headings: bool
) -> dict[str, Candidate]:
    """Give the candidates that the project does not have, by their id in it; count the others."""
    fresh: dict[str, Candidate] = {}
    judgeable = list(tasks.candidates(paragraphs, headings=headings))
    done.passed += len(paragraphs) - len(judgeable)
    for item in judgeable:
        if isinstance(item, Skipped):
            done.skipped.append(item)
            continue
        name, text = tasks.identity(item.paragraph), item.paragraph.text
        there = fresh[name].paragraph.text if name in fresh else known.get(name)
        if there is None:
            fresh[name] = item
        elif there == text:
            done.known += 1
        else:
            done.skipped.append(Skipped(name=name, reason="its id belongs to another text in this project"))
    return fresh


def _batches(candidates: Iterable[Candidate]) -> Iterable[list[Candidate]]:
    batch: list[Candidate] = []
    size = 0
    for candidate in candidates:
        length = len(candidate.paragraph.text)
        if batch and (len(batch) == _BATCH or size + length > _CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(candidate)
        size += length
    if batch:
        yield batch


def _row(candidate: Candidate, tagged: Tagged, share: float, labels: Sequence[str]) -> dict[str, Any]:
    blind = tasks.is_blind(tasks.identity(candidate.paragraph), share)
    made = tasks.prediction(tagged, blind=blind)
    _check(made, labels, candidate.paragraph.id)
    return {"data": tasks.data(candidate, tagged, blind=blind), "predictions": [made]}


def _refresh(studio: Studio, project: int, page: Sequence[StoredTask], tagger: Tagger, labels: Sequence[str]) -> int:
    """Give tasks of the project this model's pre-annotation."""
    readable = [task for task in page if isinstance(task.data.get("text"), str) and task.data["text"].strip()]
    rows = []
    for task, tagged in zip(readable, tagger.tag(map(_paragraph, readable)), strict=True):
        made = tasks.prediction(tagged, blind=bool(task.data.get("blind")))
        _check(made, labels, f"task {task.id}")
        rows.append({"task": task.id, **made})
    if rows:
        _compare((studio.import_predictions(project, rows),), (len(rows),), "predictions")
    return len(rows)


def _paragraph(task: StoredTask) -> Paragraph:
    text = task.data["text"]
    return Paragraph(id=str(task.id), document="", number=task.id, kind=Kind.BODY, text=text, source=((0, len(text)),))


def _check(made: Mapping[str, Any], labels: Sequence[str], name: str) -> None:
    if wrong := tasks.problems(made, labels):
        raise StudioError(
            f"the pre-annotation of {name} has {'; '.join(wrong)}: nothing of its batch was sent",
            "policytag studio init brings the page to the taxonomy; scripts/retrain.py the model",
        )


def _compare(taken: tuple[int, ...], sent: tuple[int, ...], what: str) -> None:
    if taken != sent:
        raise StudioError(
            f"the server took {taken} of {sent} {what} and did not say why", "look at its log, then push again"
        )
