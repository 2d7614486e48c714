"""The model card: every part there, plots whole, text escaped."""

import re
from dataclasses import replace

import pytest
from lxml import etree, html

from classifier.errors import ModelError
from classifier.learning import crossfit, diagnosis, learning_curve
from classifier.learning.cues import Cue
from classifier.records import Example
from classifier.report import card
from classifier.tagging.bundle import Bundle
from classifier.taxonomy import Taxonomy

SECTIONS = ["figures", "data", "labels", "reliability", "curves", "learning", "leak", "confusions", "worst", "limits"]
HOSTILE = "<script>alert('错')</script>"


@pytest.fixture(scope="module")
def parts(
    small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]
) -> tuple[card.Report, card.Report, card.Report]:
    trial = crossfit.prepare(small_examples, small_taxonomy, small_cues)
    decisions = trial.decisions()
    curve = learning_curve.measure(trial, decisions)
    return diagnosis.diagnose(decisions), curve, diagnosis.leak(trial, decisions)


@pytest.fixture(scope="module")
def text(small: Bundle, parts: tuple[card.Report, card.Report, card.Report]) -> str:
    return card.render(small, *parts, advice="label on")


@pytest.fixture(scope="module")
def tree(text: str) -> html.HtmlElement:
    return html.document_fromstring(text)


def test_every_section_is_there_in_both_languages(tree: html.HtmlElement) -> None:
    for name in SECTIONS:
        [head] = tree.xpath(f"//h2[@id='{name}']")
        assert re.search("[\u4e00-\u9fff]", head.text)
        assert head.xpath("span[@lang='en']")


def test_every_plot_is_well_formed_svg_with_something_drawn(text: str, small: Bundle) -> None:
    plots = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(plots) == 3 + len(small.labels)
    for plot in plots:
        root = etree.fromstring(plot.encode())
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.xpath("//*[starts-with(@id,'line2d')]")
        assert root.xpath("//*[local-name()='text']")  # text stays text


def test_plots_do_not_share_their_ids(tree: html.HtmlElement) -> None:
    # clip paths are referred to by id: one that stands twice in a page must be the same one
    paths: dict[str, set[str]] = {}
    for clip in tree.xpath("//*[local-name()='clippath']"):
        paths.setdefault(clip.get("id"), set()).add(etree.tostring(clip, with_tail=False).decode())
    assert paths
    assert all(len(shapes) == 1 for shapes in paths.values())


def test_every_label_stands_with_its_figures(tree: html.HtmlElement, small: Bundle) -> None:
    rows = {row.xpath("th/small")[0].text: row for row in tree.xpath("//tr[th/small]")}
    for label, name in small.labels.items():
        part = small.report["out_of_fold"]["labels"][label]
        shown = rows[label].text_content()
        low, high = part["f1_interval"]
        for piece in (name, f"{part['f1']:.3f}", f"[{low:.3f}, {high:.3f}]", f"{part['average_precision']:.3f}"):
            assert piece in shown


def test_worst_errors_stand_with_their_text(
    tree: html.HtmlElement, parts: tuple[card.Report, card.Report, card.Report]
) -> None:
    shown = [cell.text for cell in tree.xpath("//td[@class='text']")]
    assert shown == [error["text"] for error in parts[0]["worst"]]
    assert shown


def test_the_same_figures_give_the_same_bytes(
    text: str, small: Bundle, parts: tuple[card.Report, card.Report, card.Report]
) -> None:
    assert card.render(small, *parts, advice="label on") == text


def test_it_needs_no_network_and_runs_nothing(tree: html.HtmlElement, text: str) -> None:
    assert tree.xpath("//script | //link | //iframe | //img | //@src") == []
    assert all(reference.startswith("#") for reference in re.findall(r'href="([^"]*)"', text))


def test_hostile_text_is_text(small: Bundle, parts: tuple[card.Report, card.Report, card.Report]) -> None:
    details = {**parts[0], "worst": [{**parts[0]["worst"][0], "text": HOSTILE, "id": HOSTILE}]}
    named = replace(small, labels={**small.labels, "tree_planting": HOSTILE})
    tree = html.document_fromstring(card.render(named, details, advice=HOSTILE))
    assert tree.xpath("//script") == []
    assert tree.xpath("//td[@class='text']")[0].text == HOSTILE


def test_what_was_not_measured_says_so(small: Bundle, parts: tuple[card.Report, card.Report, card.Report]) -> None:
    tree = html.document_fromstring(card.render(small, parts[0]))
    assert [tree.xpath(f"//h2[@id='{name}']/following-sibling::p[1]")[0].text for name in ("learning", "leak")] == [
        "未测 ",
        "未测 ",
    ]


def test_a_model_of_an_older_report_has_a_card_too(
    small: Bundle, parts: tuple[card.Report, card.Report, card.Report]
) -> None:
    report = small.report["out_of_fold"]
    old = {k: {n: v for n, v in part.items() if n != "f1_interval"} for k, part in report["labels"].items()}
    older = replace(small, report={"out_of_fold": {**report, "labels": old}})
    assert "植树造林" in card.render(older, *parts)


def test_details_of_another_model_make_no_card(
    small: Bundle, parts: tuple[card.Report, card.Report, card.Report]
) -> None:
    with pytest.raises(ModelError, match="was not measured on these labels"):
        card.render(small, {**parts[0], "micro_f1": 0.5})
