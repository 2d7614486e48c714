"""A project's annotations → labels/corpus/studio-<project>.jsonl, changes only, the same bytes for the same state."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from classifier.errors import OutputError
from classifier.records import Example
from classifier.studio.client import Project, Studio
from classifier.studio.journal import Journal
from classifier.studio.judgements import Harvest, harvest
from classifier.studio.projects import checked_labels
from classifier.tagging.outputs import opened
from classifier.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull gave, out of how many tasks that changed; `whole`: all were read, not the changed ones only."""

    path: Path
    harvest: Harvest
    changed: int
    whole: bool

    def told(self) -> Iterator[str]:
        """Say it in lines: what was held back and why, counts, and how often proposals were accepted."""
        crop = self.harvest
        for held in crop.held:
            yield f"held back: task {held.task}, annotation {held.annotation}: {held.reason}"
        negatives = sum(not example.labels for example in crop.examples)
        yield (
            f"{self.path}: {len(crop.examples)} judgements ({negatives} without a measure), {crop.skips} skips, "
            f"{len(crop.held)} held back; {self.changed} tasks read"
        )
        if prefilled := crop.accepted + crop.changed:
            yield f"{crop.accepted / prefilled:.0%} of {prefilled} prefilled choices were submitted untouched"


def pull(studio: Studio, project: int, taxonomy: Taxonomy, folder: Path) -> Pulled:
    """Bring the file of a project in `folder` to what its annotations are now.

    Interrupted, it goes on where it was. Deleted annotations and tasks leave the file. Raises `StudioError`, and
    `OutputError` where the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror}", "choose another folder") from error
    found = studio.project(project)
    checked_labels(found, ())  # a page without our choices gives no judgements of ours
    path = folder / f"studio-{project}.jsonl"
    owner = {"url": studio.url, "project": project, "created": found.created}
    journal = Journal(path.with_suffix(".journal"), owner)
    whole = not journal.since
    changed = _fetch(studio, project, journal)
    if not _agrees(journal, studio.project(project)):  # something was deleted, which no change tells
        journal.forget()
        whole, changed = True, _fetch(studio, project, journal)
    crop = harvest(journal.tasks.values(), studio.users(), taxonomy, project)
    with opened(str(path), io.BytesIO()) as file:
        for example in crop.examples:
            file.write(orjson.dumps(_record(example, taxonomy), option=orjson.OPT_APPEND_NEWLINE))
    return Pulled(path=path, harvest=crop, changed=changed, whole=whole)


def _fetch(studio: Studio, project: int, journal: Journal) -> int:
    """Fetch the tasks that changed into the journal; give their number."""
    if not journal.goal:
        journal.begin(studio.latest(project))  # what changes from now on is left to the next pull
    changed = 0
    for page in studio.tasks(project, since=journal.since, after=journal.after, annotations=True):
        journal.add(page)
        changed += len(page)
    journal.finish()
    return changed


def _agrees(journal: Journal, project: Project) -> bool:
    """Tell whether the journal holds as many annotations as the server."""
    annotations = [annotation for task in journal.tasks.values() for annotation in task.annotations]
    skips = sum(bool(annotation.get("was_cancelled")) for annotation in annotations)
    return (len(annotations) - skips, skips) == (project.annotations, project.skips)


def _record(example: Example, taxonomy: Taxonomy) -> dict[str, Any]:
    return {
        "id": example.id, "document": example.document, "paragraph": example.paragraph, "genre": example.genre,
        "kind": example.kind.value, "text": example.text,
        "labels": [label for label in taxonomy.ids if label in example.labels],
        "annotator": example.annotator, "origin": example.origin,
    }  # fmt: skip
