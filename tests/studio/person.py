"""A person at the labelling page of a Label Studio server, in a real browser."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import browser
import manimgx_fonts_cjk
from conftest import ROOT
from playwright.sync_api import Locator, Page, expect, sync_playwright
from studio_server import PASSWORD, Server

SCREENSHOTS = ROOT / "build" / "screenshots"
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


@contextmanager
def logged_in(server: Server, email: str, folder: Path) -> Iterator[Page]:
    """Give a page on which the user has logged in; it shows Chinese characters, whatever fonts the machine has."""
    path = browser.found()
    assert path, "make test installs a browser"
    config = folder / "fonts.conf"
    fonts = Path(manimgx_fonts_cjk.__file__).parent
    config.write_text(_FONTS.format(fonts=fonts, cache=folder / "fonts"), encoding="utf-8")
    environment = {**os.environ, "FONTCONFIG_FILE": str(config)}
    with sync_playwright() as driver:
        window = driver.chromium.launch(executable_path=path, args=["--no-sandbox"], env=environment)
        page = window.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(120_000)
        expect.set_options(timeout=120_000)
        page.goto(f"{server.url}/user/login")
        page.fill("input[name=email]", email)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)
        yield page
        window.close()


def open_task(page: Page, server: Server, project: int, task: int) -> None:
    page.goto(f"{server.url}/projects/{project}/data?task={task}")
    expect(page.get_by_role("button", name="Submit")).to_be_enabled()


def proposal(page: Page) -> Locator:
    """The line in which the model says what it found."""
    return page.locator(".lsf-richtext__line", has_text="模型 ")


def box(page: Page, name: str) -> Locator:
    """The box before a label."""
    return page.locator("label", has_text=name).locator("input[type=checkbox]")


def submit(page: Page) -> None:
    with page.expect_response(lambda answer: "/annotations" in answer.url and answer.request.method == "POST") as done:
        page.get_by_role("button", name="Submit").click()
    assert done.value.ok


def keep(page: Page, name: str) -> None:
    """Leave a screenshot for people to look at, in build/screenshots."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
