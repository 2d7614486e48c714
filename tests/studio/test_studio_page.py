"""A person at the labelling page: a real browser on a real Label Studio server. Screenshots stay in pytest's folder."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import browser
import pytest
from conftest import SMALL
from playwright.sync_api import Locator, Page, expect, sync_playwright
from studio_server import EMAIL, PASSWORD, TOKEN, Server

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
    chromium = browser.found()
    assert chromium, "this test drives a browser: make test installs one"
    with sync_playwright() as driver:
        window = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"], env=browser.with_chinese(tmp_path)
        )
        page = window.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(120_000)
        expect.set_options(timeout=120_000)
        page.goto(f"{server.url}/user/login")
        page.fill("input[name=email]", EMAIL)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)
        yield page
        window.close()


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

        _open(page, server, project, accepted)
        expect(_box(page, WATER.name)).to_be_checked()
        expect(_proposal(page)).to_be_visible()
        page.screenshot(path=tmp_path / "proposal.png")
        _submit(page)

        _open(page, server, project, corrected)
        expect(_box(page, WATER.name)).to_be_checked()
        page.keyboard.press(TREES.hotkey)
        expect(_box(page, TREES.name)).to_be_checked()
        page.screenshot(path=tmp_path / "corrected.png")
        _submit(page)

        _open(page, server, project, blind)
        expect(page.locator("input[type=checkbox]:checked")).to_have_count(0)
        expect(_proposal(page)).to_have_count(0)
        page.screenshot(path=tmp_path / "blind.png")
        _submit(page)

        pulled = pull(studio, project, HOTKEYS, tmp_path / "corpus")
    assert [(e.id, set(e.labels), e.origin) for e in pulled.harvest.examples] == [
        ("p0", {WATER.id}, "studio-accepted"),
        ("p1", {WATER.id, TREES.id}, "studio-changed"),
        ("p2", set(), "studio-blind"),
    ]
    assert (pulled.harvest.accepted, pulled.harvest.changed) == (1, 1)
    assert pulled.harvest.held == []


def _open(page: Page, server: Server, project: int, task: int) -> None:
    page.goto(f"{server.url}/projects/{project}/data?task={task}")
    expect(page.get_by_role("button", name="Submit")).to_be_enabled()


def _proposal(page: Page) -> Locator:
    return page.locator(".lsf-richtext__line", has_text="模型 ")


def _box(page: Page, name: str) -> Locator:
    return page.locator("label", has_text=name).locator("input[type=checkbox]")


def _submit(page: Page) -> None:
    with page.expect_response(lambda answer: "/annotations" in answer.url and answer.request.method == "POST") as done:
        page.get_by_role("button", name="Submit").click()
    assert done.value.ok
