"""A project made ready for annotators: the labelling page, the codebook, the queue."""

from dataclasses import dataclass
from pathlib import Path

from classifier.studio import interface
from classifier.studio.client import Project, Studio
from classifier.studio.errors import StudioError
from classifier.taxonomy import Taxonomy

_TAB = "最没把握的在前"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What `init` did: the project, whether it is new, the labels that its page gained and lost."""

    project: int
    created: bool
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    edited: bool = False  # the page was not the one that this taxonomy makes, and is now


def init(
    studio: Studio,
    taxonomy: Taxonomy,
    *,
    title: str,
    project: int | None = None,
    annotators: int = 1,
    codebook: Path | None = None,
) -> Ready:
    """Create the project, or update the one given or found by its title. Doing it twice changes nothing.

    Raises `StudioError` where labels would go that annotations, drafts or pre-annotations hold.
    """
    page = interface.page(taxonomy)
    settings = {
        "label_config": page, "expert_instruction": interface.instructions(taxonomy, codebook),
        "show_instruction": True, "enable_empty_annotation": True, "sampling": "Uncertainty sampling",
        "maximum_annotations": annotators, "show_collab_predictions": True,
    }  # fmt: skip
    known = project if project is not None else _found(studio, title)
    if known is None:
        if len(title) < 3:
            raise StudioError(f"'{title}' is too short for a project's title", "give three characters or more: --title")
        number = studio.create(title=title, **settings)
        ready = Ready(project=number, created=True, gained=taxonomy.ids)
    else:
        ready = _change(studio, studio.project(known), page, taxonomy)
        studio.update(known, **settings)
    studio.add_tab(ready.project, _TAB, "tasks:predictions_score")
    return ready


def _found(studio: Studio, title: str) -> int | None:
    projects = studio.find(title)
    if len(projects) > 1:
        numbers = ", ".join(map(str, projects))
        raise StudioError(f"several projects have the title '{title}': {numbers}", "say which with --project")
    return projects[0] if projects else None


def _change(studio: Studio, found: Project, page: str, taxonomy: Taxonomy) -> Ready:
    """Say what the new page changes, after making sure that nothing in use goes."""
    before = interface.stored_labels(found.config) or ()  # edited beyond reading: the server tells what is in use
    studio.check_config(found.id, page)
    lost = tuple(label for label in before if label not in taxonomy.ids)
    for label in lost:
        held = sum(map(len, studio.tasks(found.id, holding=f'"{label}"')))
        if held:  # its page would show no tick, and save it all the same
            raise StudioError(
                f"label '{label}' would go, and {held} tasks of project {found.id} hold it in pre-annotations",
                "keep the label, or delete these predictions on the project's page first",
            )
    return Ready(
        project=found.id, created=False, gained=tuple(label for label in taxonomy.ids if label not in before),
        lost=lost, edited=found.config.strip() != page.strip(),
    )  # fmt: skip


def checked_labels(project: Project, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Give the labels of a project's page. Raises `StudioError` where one of those wanted is not there."""
    labels = interface.stored_labels(project.config)
    mend = f"policytag studio init --project {project.id} makes it that of the taxonomy, unless labels in use would go"
    if labels is None:
        raise StudioError(
            f"the page of project {project.id} has no choices '{interface.CONTROL}': it was edited by hand", mend
        )
    if missing := [label for label in wanted if label not in labels]:
        raise StudioError(
            f"the page of project {project.id} does not have {', '.join(missing)}: "
            "it was edited by hand, or is of another taxonomy",
            mend,
        )
    return labels
