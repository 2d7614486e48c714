"""The model card: every part there, plots whole, text escaped, and known to be out of date when it is."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree, html

from classifier.errors import ModelError
from classifier.learning import ablation, crossfit, explanation
from classifier.learning.cues import Cue
from classifier.records import Example
from classifier.report import card
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle
from classifier.taxonomy import Taxonomy

HOSTILE = "<script>alert('错')</script>"
ABLATION = [
    {"name": "everything", "corpus": [0.8, 0.9], "gold": {"news": [0.7, 0.75]}, "terms": 5000, "speed": 1e6},
    {"name": "no cues", "corpus": [0.75, 0.92], "gold": {"news": [None, 0.7]}, "terms": 4000, "speed": 1e6},
]


@pytest.fixture(scope="module")
def measured(small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]) -> card.Report:
    """What is measured for the card of the small model, as it comes back from its file."""
    return json.loads(json.dumps(explanation.measure(crossfit.prepare(small_examples, small_taxonomy, small_cues))))


@pytest.fixture(scope="module")
def text(small: Bundle, measured: card.Report) -> str:
    return card.render(small, measured)


@pytest.fixture(scope="module")
def tree(text: str) -> html.HtmlElement:
    return html.document_fromstring(text)


def test_every_section_is_there_in_both_languages_and_linked(tree: html.HtmlElement) -> None:
    for name in card.SECTIONS:
        [head] = tree.xpath(f"//h2[@id='{name}']")
        assert re.search("[\u4e00-\u9fff]", head.text)
        assert head.xpath("span[@lang='en']")
    assert tree.xpath("//h2/@id") == list(card.SECTIONS) == [link[1:] for link in tree.xpath("//nav/a/@href")]


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
        for share in re.findall(r"(?:left|width):([\d.-]+)%", html.tostring(rows[label], encoding="unicode")):
            assert 0 <= float(share) <= 100


def test_worst_errors_stand_with_their_text_and_both_sides(tree: html.HtmlElement, measured: card.Report) -> None:
    blocks = tree.xpath("//div[@class='error']")
    assert blocks
    for block, error in zip(blocks, measured["details"]["worst"], strict=True):
        assert block.xpath("p")[0].text == error["text"]
        kinds = {
            "chip both": set(error["true"]) & set(error["given"]),
            "chip missed": set(error["true"]) - set(error["given"]),
            "chip wrong": set(error["given"]) - set(error["true"]),
        }
        for kind, labels in kinds.items():
            assert len(block.xpath(f"div/span[@class='{kind}']")) == len(labels)


def test_sources_are_counted(tree: html.HtmlElement, small_examples: list[Example]) -> None:
    shown = {row.xpath("th")[0].text: row.xpath("td")[0].text for row in tree.xpath("//table[@class='bars']//tr")}
    for origin in {example.origin for example in small_examples}:
        assert shown[origin] == str(sum(example.origin == origin for example in small_examples))


def test_the_learning_curve_says_whether_labelling_pays_and_for_which_labels(
    small: Bundle, measured: card.Report
) -> None:
    labels = list(small.labels)
    gains = {label: {"gain": gain} for label, gain in zip(labels, (0.01, 0.03, None), strict=True)}

    def shown(error: list[float] | None) -> str:
        curve = {**measured["curve"], "error": error, "labels": gains}
        return html.document_fromstring(card.render(small, {**measured, "curve": curve})).text_content()

    assert "再标注值得" in shown([2.0, -0.5])
    assert "labelling pays" in shown([2.0, -0.5])
    assert "再标注同类段落已不值得" in shown([0.2, 0.0])
    assert "请继续标注" in shown(None)
    assert shown(None).index(f"{small.labels[labels[1]]}+0.030") < shown(None).index(f"{small.labels[labels[0]]}+0.010")


def test_the_same_figures_give_the_same_bytes(text: str, small: Bundle, measured: card.Report) -> None:
    assert card.render(small, measured) == text


def test_it_needs_no_network_and_runs_nothing(tree: html.HtmlElement, text: str) -> None:
    assert tree.xpath("//script | //link | //iframe | //img | //@src") == []
    assert all(reference.startswith("#") for reference in re.findall(r'href="([^"]*)"', text))


def test_hostile_text_is_text(small: Bundle, measured: card.Report) -> None:
    details = measured["details"]
    worst = {**details["worst"][0], "text": HOSTILE, "id": HOSTILE}
    data = {**details["data"], "genre": {HOSTILE: 1, "": 2}}
    named = replace(small, labels={**small.labels, "tree_planting": HOSTILE})
    hostile = {**measured, "details": {**details, "worst": [worst], "data": data}}
    tree = html.document_fromstring(card.render(named, hostile))
    assert tree.xpath("//script") == []
    assert tree.xpath("//p[@class='text']")[0].text == HOSTILE


def test_ablations_are_shown_as_changes_and_where_there_are_none_the_card_says_how_to_get_them(
    tree: html.HtmlElement, small: Bundle, measured: card.Report
) -> None:
    assert "python -m classifier.learning.ablation" in tree.text_content()
    with_table = html.document_fromstring(card.render(small, {**measured, "ablation": ABLATION}))
    rows = with_table.xpath("//h2[@id='ablation']/following-sibling::div[1]//tr")
    assert [[cell.text for cell in row.xpath("td")] for row in rows[1:]] == [
        ["0.800", "0.900", "0.700", "0.750", "5,000"],
        ["-0.050", "+0.020", "–", "-0.050", "4,000"],
    ]
    assert [row.xpath("td/@class") for row in rows[2:]] == [["n down", "n up", "n ", "n down", "n"]]
    assert "完全不用线索词" in rows[2].text_content()


def test_every_ablation_has_its_chinese_name() -> None:
    assert {variant.name for variant in ablation.VARIANTS} <= card.CHINESE.keys()


def test_a_model_of_an_older_report_has_a_card_too(small: Bundle, measured: card.Report) -> None:
    report = small.report["out_of_fold"]
    old = {k: {n: v for n, v in part.items() if n != "f1_interval"} for k, part in report["labels"].items()}
    older = replace(small, report={"out_of_fold": {**report, "labels": old}})
    assert "植树造林" in card.render(older, measured)


def test_what_was_measured_of_another_model_makes_no_card(small: Bundle, measured: card.Report) -> None:
    with pytest.raises(ModelError, match="was measured of model other"):
        card.render(small, {**measured, "model": "other"})


def test_a_card_is_written_once_and_again_when_what_it_shows_changed(
    small: Bundle, measured: card.Report, tmp_path: Path
) -> None:
    place = bundle.save(small, tmp_path)
    explanation.save(place, measured)
    assert "no card.html" in card.doubt(place)
    assert card.write(place) == f"card: {place / 'card.html'}"
    assert card.doubt(place) == ""
    first = (place / "card.html").stat()
    card.write(place)
    assert (place / "card.html").stat() == first
    explanation.save(place, {"ablation": ABLATION})
    assert "older than what it shows" in card.doubt(place)
    card.write(place)
    assert "完全不用线索词" in (place / "card.html").read_text(encoding="utf-8")
    assert explanation.load(place).keys() == {"model", "details", "leak", "curve", "ablation"}
    assert bundle.load(place).id == small.id  # a card is no part of the model


def test_a_damaged_file_of_what_was_measured_is_named(small: Bundle, tmp_path: Path) -> None:
    place = bundle.save(small, tmp_path)
    (place / "card.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"card\.json cannot be read"):
        card.write(place)
