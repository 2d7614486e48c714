"""Label Studio annotations → Examples. What cannot be read surely is held back with its reason, never guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from classifier.learning.examples import ADJUDICATOR
from classifier.records import Example, Kind
from classifier.studio.client import StoredTask
from classifier.studio.interface import CONTROL
from classifier.taxonomy import Taxonomy

# where a judgement comes from: made without the model's proposal in view, by submitting it as it was, by changing it,
# or without any choice proposed
BLIND, ACCEPTED, CHANGED, ORIGIN = "studio-blind", "studio-accepted", "studio-changed", "studio"
Annotation = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An annotation that is no example, and why."""

    task: int
    annotation: int
    reason: str


@dataclass(slots=True, kw_only=True)
class Harvest:
    """What annotations came to."""

    examples: list[Example] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    skips: int = 0

    @property
    def accepted(self) -> int:
        """How many prefilled choices were submitted untouched."""
        return self._of(ACCEPTED)

    @property
    def changed(self) -> int:
        """How many prefilled choices were changed."""
        return self._of(CHANGED)

    def _of(self, origin: str) -> int:
        return sum(e.origin == origin for e in self.examples if e.annotator != ADJUDICATOR)


def harvest(tasks: Iterable[StoredTask], users: Mapping[int, str], taxonomy: Taxonomy, project: int) -> Harvest:
    """Give the examples in all annotations, by task and annotator, the last one of each annotator."""
    crop = Harvest()
    seen: set[tuple[str, str]] = set()
    for task in sorted(tasks, key=lambda task: task.id):
        for example, annotation in sorted(_read(task, users, taxonomy, project, crop), key=lambda e: e[0].annotator):
            if (key := (example.id, example.annotator)) in seen:
                reason = f"another task has the id '{example.id}' too: delete one of them"
                crop.held.append(Held(task=task.id, annotation=annotation, reason=reason))
                continue
            seen.add(key)
            crop.examples.append(example)
    return crop


def _read(
    task: StoredTask, users: Mapping[int, str], taxonomy: Taxonomy, project: int, crop: Harvest
) -> list[tuple[Example, int]]:
    found: list[tuple[Example, int]] = []
    truths: list[tuple[Example, int]] = []
    last: dict[int, int] = {}  # annotator → the annotation that counts: the server lets one judge twice
    in_order = sorted(task.annotations, key=lambda annotation: (str(annotation.get("updated_at")), annotation["id"]))
    for annotation in in_order:
        last[_annotator(annotation)] = annotation["id"]
    for annotation in in_order:
        number = annotation["id"]
        if last[_annotator(annotation)] != number:
            reason = "replaced by a later annotation of the same annotator"
            crop.held.append(Held(task=task.id, annotation=number, reason=reason))
        elif annotation.get("was_cancelled"):
            crop.skips += 1
        elif reason := _text_trouble(task.data) or _trouble(annotation, taxonomy):
            crop.held.append(Held(task=task.id, annotation=number, reason=reason))
        else:
            example = _example(task, annotation, users, project)
            decides = bool(task.data.get("adjudication"))
            if not decides:
                found.append((example, number))
            if decides or annotation.get("ground_truth"):
                truths.append((replace(example, annotator=ADJUDICATOR), number))
    if len({example.labels for example, _ in truths}) > 1:
        reason = "several annotations are adjudications or marked as ground truth and differ: leave one"
        crop.held += [Held(task=task.id, annotation=number, reason=reason) for _, number in truths]
        truths = []
    return found + truths[:1]


def _annotator(annotation: Annotation) -> int:
    by = annotation.get("completed_by")
    return int(by["id"] if isinstance(by, Mapping) else by or 0)


def _text_trouble(data: Mapping[str, Any]) -> str:
    text = data.get("text")
    return "" if isinstance(text, str) and text.strip() else "its task has no text"


def _regions(annotation: Annotation) -> list[Any]:
    """The results that hold choices; notes that people add to their page are none of ours."""
    regions = annotation.get("result") or []
    return [region for region in regions if not isinstance(region, Mapping) or region.get("type") == "choices"]


def _trouble(annotation: Annotation, taxonomy: Taxonomy) -> str:
    """Why an annotation's labels cannot be told; nothing where they can."""
    regions = _regions(annotation)
    for region in regions:
        value = region.get("value") if isinstance(region, Mapping) else None
        chosen = value.get("choices") if isinstance(value, Mapping) else None
        if not isinstance(chosen, list) or not all(isinstance(label, str) for label in chosen):
            return "its result is not of the form that Label Studio writes"
        if region.get("from_name") != CONTROL:
            return f"its choices are those of '{region.get('from_name')}', not of '{CONTROL}': was the page edited?"
        for label in chosen:
            if label not in taxonomy.ids:
                near = get_close_matches(label, [*taxonomy.ids, *taxonomy.names.values()], n=1, cutoff=0)
                return f"unknown label '{label}': not in the taxonomy (near: '{near[0]}')"
    return f"{len(regions)} results of choices where one is right" if len(regions) > 1 else ""


def _example(task: StoredTask, annotation: Annotation, users: Mapping[int, str], project: int) -> Example:
    data, by = task.data, _annotator(annotation)
    name = str(data.get("id") or f"studio-{project}/{task.id}")
    number, kind = data.get("paragraph"), data.get("kind")
    return Example(
        id=name,
        document=str(data.get("source") or data.get("document") or name),
        paragraph=number if isinstance(number, int) else task.id,
        genre=str(data.get("genre") or ORIGIN),
        kind=Kind(kind) if kind in list(Kind) else Kind.BODY,
        text=data["text"],
        labels=frozenset(label for region in _regions(annotation) for label in region["value"]["choices"]),
        annotator=users.get(by, f"user-{by}"),
        origin=BLIND if data.get("blind") else _origin(annotation),
    )


def _origin(annotation: Annotation) -> str:
    """The page says of each region whether it was prefilled, and whether it was touched since."""
    said = {"prediction": ACCEPTED, "prediction-changed": CHANGED}
    return next((said[r["origin"]] for r in _regions(annotation) if r.get("origin") in said), ORIGIN)
