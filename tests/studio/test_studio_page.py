"""A person at the labelling page: a real browser on a real Label Studio server. Screenshots: build/screenshots."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import person
import pytest
from conftest import SMALL
from playwright.sync_api import Page, expect
from studio_server import EMAIL, TOKEN, Server

from classifier import taxonomy as taxonomies
from classifier.records import Kind, Paragraph
from classifier.studio import client, projects
from classifier.studio.pull import pull
from classifier.studio.push import push
from classifier.tagging.bundle import Bundle
from classifier.tagging.tagger import Tagger

SMALL_TAXONOMY = taxonomies.load(SMALL / "taxonomy.toml")
HOTKEYS = replace(
    SMALL_TAXONOMY, labels=tuple(replace(label, hotkey=str(n)) for n, label in enumerate(SMALL_TAXONOMY.labels, 1))
)
WATER, TREES, _ = HOTKEYS.labels


@pytest.fixture
def page(server: Server, tmp_path: Path) -> Iterator[Page]:
    """A browser in which the first user has logged in."""
    with person.logged_in(server, EMAIL, tmp_path) as page:
        yield page


def test_what_a_person_sees_and_submits_is_what_comes_back(
    server: Server, page: Page, small: Bundle, tmp_path: Path
) -> None:
    texts = [f"村里把大水漫灌改成滴灌，一亩果园一季少用八十方水，这是第{n}年。" for n in range(3)]
    rows = [
        Paragraph(id=f"p{n}", document="村报", number=n, kind=Kind.BODY, text=text, source=((0, len(text)),))
        for n, text in enumerate(texts)
    ]
    with client.connect(server.url, TOKEN) as studio:
        project = projects.init(studio, HOTKEYS, title="seen by a person").project
        tagger = Tagger(bundle=small, all_scores=True, evidence=True)
        push(studio, project, rows[:2], tagger)
        push(studio, project, rows[2:], tagger, blind=1.0)
        accepted, corrected, blind = (task.id for found in studio.tasks(project) for task in found)

        person.open_task(page, server, project, accepted)
        expect(person.box(page, WATER.name)).to_be_checked()
        expect(person.proposal(page)).to_be_visible()
        person.keep(page, "proposal")
        person.submit(page)

        person.open_task(page, server, project, corrected)
        expect(person.box(page, WATER.name)).to_be_checked()
        page.keyboard.press(TREES.hotkey)
        expect(person.box(page, TREES.name)).to_be_checked()
        person.keep(page, "corrected")
        person.submit(page)

        person.open_task(page, server, project, blind)
        expect(page.locator("input[type=checkbox]:checked")).to_have_count(0)
        expect(person.proposal(page)).to_have_count(0)
        person.keep(page, "blind")
        person.submit(page)

        pulled = pull(studio, project, HOTKEYS, tmp_path / "corpus")
    assert [(e.id, set(e.labels), e.origin) for e in pulled.harvest.examples] == [
        ("p0", {WATER.id}, "studio-accepted"),
        ("p1", {WATER.id, TREES.id}, "studio-changed"),
        ("p2", set(), "studio-blind"),
    ]
    assert (pulled.harvest.accepted, pulled.harvest.changed) == (1, 1)
    assert pulled.harvest.held == []
