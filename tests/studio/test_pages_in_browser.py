"""The model card and the report as a person sees them: in a real browser, wide and narrow."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT
from playwright.sync_api import Browser, Page, sync_playwright

from classifier import taxonomy as taxonomies
from classifier.learning import crossfit, explanation
from classifier.learning.cues import Cue
from classifier.records import Example
from classifier.report import card, page
from classifier.tagging import batch, bundle, documents
from classifier.tagging.bundle import Bundle
from classifier.tagging.tagger import Tagger
from classifier.taxonomy import Taxonomy

WIDTHS = [1280, 390]  # a desk's screen and a telephone's
# Whether each character of a text is drawn unlike one that no font has
DRAWN = """
text => {
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", {willReadFrequently: true});
  canvas.width = canvas.height = 40;
  const picture = character => {
    pen.clearRect(0, 0, 40, 40);
    pen.font = `24px ${getComputedStyle(document.body).fontFamily}`;
    pen.fillText(character, 4, 30);
    return pen.getImageData(0, 0, 40, 40).data.join();
  };
  const missing = picture("\\u{10FFFD}"), blank = picture(" ");
  return [...new Set(text)].filter(c => c.trim() && [missing, blank].includes(picture(c)));
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert chromium, "this test drives a browser: install Debian's packages chromium and fonts-wqy-zenhei"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def card_file(
    small: Bundle, small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:  # fmt: skip
    place = bundle.save(small, tmp_path_factory.mktemp("models"))
    explanation.save(place, explanation.measure(crossfit.prepare(small_examples, small_taxonomy, small_cues)))
    card.write(place)
    return place / "card.html"


@pytest.fixture(scope="module")
def report_file(committed: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = documents.discover([str(ROOT / "tests/cases/pages/sample.txt")])
    paragraphs = batch.split(sources, batch.Tally(), lambda skipped: None)
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(
        page.render(Tagger(bundle=committed, evidence=True).tag(paragraphs), taxonomies.load()), encoding="utf-8"
    )
    return path


@pytest.fixture(params=WIDTHS)
def opened(browser: Browser, request: pytest.FixtureRequest) -> Iterator[tuple[Page, list[str]]]:
    """A page of a width, and what it asks for or complains about."""
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    page, noise = context.new_page(), []
    page.on("request", lambda asked: noise.append(asked.url))
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    yield page, noise
    context.close()


def test_the_card_shows_every_plot_and_reads_without_scrolling_sideways(
    opened: tuple[Page, list[str]], card_file: Path, small: Bundle, tmp_path: Path
) -> None:
    page, noise = opened
    page.goto(card_file.as_uri())
    page.screenshot(path=tmp_path / "card.png", full_page=True)
    assert noise == [card_file.as_uri()]
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    plots = page.locator("svg").all()
    assert len(plots) == 3 + len(small.labels)
    for plot in plots:
        box = plot.bounding_box()
        assert box is not None
        assert box["width"] > 100 and box["height"] > 80
        assert box["x"] >= 0 and box["x"] + box["width"] <= width + 1
        drawn = plot.evaluate("""svg => [...svg.querySelectorAll('[id^=line2d] path')].some(
            path => path.getTotalLength() > 0 && getComputedStyle(path).stroke !== 'none')""")
        assert drawn


def test_a_click_in_the_list_of_sections_leads_to_the_section(opened: tuple[Page, list[str]], card_file: Path) -> None:
    page, _ = opened
    page.goto(card_file.as_uri())
    page.locator("nav a", has_text="最大的错误").click()
    assert page.locator("#worst").bounding_box()["y"] < 900


def test_no_character_of_card_and_report_is_missing_and_plots_hold_numbers_only(
    browser: Browser, card_file: Path, report_file: Path
) -> None:
    context = browser.new_context()
    page = context.new_page()
    for path in (card_file, report_file):
        page.goto(path.as_uri())
        text = page.locator("body").inner_text()
        assert re.search("[\u4e00-\u9fff]{4}", text)
        assert page.evaluate(DRAWN, "\U0010fffc") == ["\U0010fffc"]  # a missing one would be seen
        assert page.evaluate(DRAWN, text) == []
        font = page.evaluate("getComputedStyle(document.body).fontFamily")
        assert "Noto Sans SC" in font
        assert "Microsoft YaHei" in font
    page.goto(card_file.as_uri())
    for label in page.locator("svg text").all_text_contents():
        assert re.fullmatch(r"[\d.−]+", label.strip())
    context.close()


def test_the_card_of_many_labels_stays_small(small: Bundle, card_file: Path) -> None:
    measured = explanation.load(card_file.parent)
    out, details = small.report["out_of_fold"], measured["details"]
    one = next(iter(small.labels))
    names = {f"label_{n}": f"标签{n}" for n in range(40)}
    wide = replace(
        small, labels=names, report={"out_of_fold": {**out, "labels": dict.fromkeys(names, out["labels"][one])}},
        suggest_only=frozenset(names),
    )  # fmt: skip
    parts = {part: dict.fromkeys(names, details[part][one]) for part in ("thresholds", "precision_recall")}
    many = {**measured, "details": {**details, **parts, "confusions": [], "worst": []}}
    many["curve"] = {**measured["curve"], "labels": {}}
    assert len(card.render(wide, many).encode()) < 2_000_000


def test_the_report_filters_and_reads_without_scrolling_sideways(
    opened: tuple[Page, list[str]], report_file: Path, tmp_path: Path
) -> None:
    page, noise = opened
    page.goto(report_file.as_uri())
    page.screenshot(path=tmp_path / "report.png", full_page=True)
    assert noise == [report_file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    everything = page.locator(".p:visible").count()
    page.check("#review")
    marked = page.locator(".p:visible")
    assert 0 < marked.count() < everything
    assert all("review" in name.split() for name in marked.evaluate_all("all => all.map(p => p.className)"))
    page.uncheck("#review")
    page.select_option("#label", label=page.locator("#label option").nth(1).inner_text())
    chosen = page.locator("#label").input_value()
    shown = page.locator(".p:visible").evaluate_all("all => all.map(p => p.dataset.labels)")
    assert shown
    assert all(f" {chosen} " in labels for labels in shown)
