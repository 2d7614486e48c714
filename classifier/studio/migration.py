"""Labels renamed, merged and split in a Label Studio project: its page, annotations, drafts and pre-annotations.

While they are rewritten the page has the old labels and the new, so whoever annotates meanwhile loses nothing. What a
split label meant in an annotation or a draft only a person can say: it stays there, marked on the page and in a tab of
its own, and `pull` holds it back. A page loses an old label when nothing holds it any more.

Who is interrupted does it again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from classifier.learning.relabelling import Change
from classifier.studio import holdings, interface
from classifier.studio.client import Data, Studio
from classifier.studio.errors import StudioError
from classifier.studio.interface import CONTROL
from classifier.studio.projects import checked_labels
from classifier.taxonomy import Label, Taxonomy

_TAB = "待拆分"


@dataclass(slots=True, kw_only=True)
class Held:
    """How many hold a label that is renamed or merged, and how many annotations and drafts one that is split."""

    annotations: int = 0
    drafts: int = 0
    predictions: int = 0
    undecided: int = 0

    def __str__(self) -> str:
        """Give it for the terminal."""
        text = f"{self.annotations} annotations, {self.drafts} drafts and {self.predictions} pre-annotations"
        return f"{text} hold these labels; {self.undecided} annotations and drafts wait for a person to split them"


def held(studio: Studio, project: int, change: Change) -> Held:
    """Count what holds the labels of a change. Raises `StudioError` where the project is none of ours."""
    checked_labels(studio.project(project), ())
    found = Held()
    for items, name in (
        (holdings.annotations(studio, project), "annotations"), (holdings.drafts(studio, project), "drafts"),
        (holdings.predictions(studio, project), "predictions"),
    ):  # fmt: skip
        for item in items:
            labels = _labels(item)
            split = bool(labels & set(change.split))
            decided = bool(labels & set(change.becomes)) or (split and name == "predictions")
            setattr(found, name, getattr(found, name) + decided)
            found.undecided += split and name != "predictions"
    return found


def migrate(
    studio: Studio, project: int, before: Taxonomy, after: Taxonomy, change: Change,
    say: Callable[[str], None] = lambda _: None,
) -> None:  # fmt: skip
    """Bring a project to the labels after the change. Raises `StudioError`."""
    going = tuple(replace(label, hotkey="") for label in before.labels if label.id not in after.ids)
    _page(studio, project, after, going)
    for number, item in enumerate(list(_affected(holdings.annotations(studio, project), change)), 1):
        now = holdings.annotation(studio, project, item["id"])  # someone may have changed it since
        holdings.change_annotation(studio, project, item["id"], _rewritten(now, change))
        if number % 100 == 0:
            say(f"{number} annotations of project {project} rewritten")
    for item in list(_affected(holdings.drafts(studio, project), change)):
        holdings.change_draft(studio, project, item["id"], _rewritten(item, change))
    _predictions(studio, project, change)
    holdings.recount(studio, project)

    waiting: set[str] = set()
    for items in (holdings.annotations(studio, project), holdings.drafts(studio, project)):
        for item in items:
            waiting |= _labels(item) & set(change.split)
    marked = tuple(replace(label, name=f"{label.name}（待拆分）") for label in going if label.id in waiting)
    _page(studio, project, after, marked)
    for label in marked:
        studio.add_tab(project, f"{_TAB} {label.name}", "tasks:id", only=("annotations_results", f'"{label.id}"'))


def _page(studio: Studio, project: int, after: Taxonomy, more: tuple[Label, ...]) -> None:
    """Give the project the page of these labels, unless one in use would go."""
    page = interface.page(Taxonomy(version=after.version, labels=(*after.labels, *more)))
    studio.check_config(project, page)
    studio.update(project, label_config=page)


def _predictions(studio: Studio, project: int, change: Change) -> None:
    """Rewrite pre-annotations; a split label leaves them, for no model knows its parts yet."""
    everything = holdings.predictions(studio, project)
    tasks = {item["task"] for item in everything if _labels(item) & {*change.becomes, *change.split}}
    rows = [
        {
            "task": item["task"], "model_version": item["model_version"], "score": item["score"],
            "result": _rewritten(item, change, without=set(change.split)),
        }
        for item in everything
        if item["task"] in tasks
    ]  # fmt: skip
    taken = holdings.replace_predictions(studio, project, sorted(tasks), rows)
    if taken != len(rows):
        raise StudioError(
            f"the server took {taken} of {len(rows)} pre-annotations and did not say why",
            "look at its log; policytag studio push makes them anew",
        )


def _affected(items: Iterable[Data], change: Change) -> Iterable[Data]:
    return (item for item in items if _labels(item) & set(change.becomes))


def _labels(item: Data) -> set[str]:
    return {label for region in _ours(item) for label in region["value"]["choices"]}


def _ours(item: Data) -> list[Data]:
    """The regions that hold labels in the form that the server writes; others are left alone."""
    return [
        region
        for region in item.get("result") or ()
        if isinstance(region, Mapping)
        and region.get("from_name") == CONTROL
        and isinstance(region.get("value"), Mapping)
        and isinstance(region["value"].get("choices"), list)
    ]


def _rewritten(item: Data, change: Change, without: Iterable[str] = ()) -> list[Any]:
    """Give a result with the labels as they are afterwards; a region that loses all goes."""
    ours = _ours(item)
    result = []
    for region in item.get("result") or ():
        if region not in ours:
            result.append(region)
            continue
        labels = change.labels(label for label in region["value"]["choices"] if label not in without)
        if labels:
            result.append({**region, "value": {**region["value"], "choices": labels}})
    return result
