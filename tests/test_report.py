"""The page of tagged documents: whole, escaped, readable without a network."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from classifier import taxonomy as taxonomies
from classifier.errors import PolicytagError
from classifier.records import Evidence, Kind, Paragraph, Tag, Tagged
from classifier.report import page
from classifier.tagging import documents, outputs, results
from classifier.tagging.bundle import Bundle
from classifier.tagging.tagger import Tagger
from classifier.taxonomy import Taxonomy

HOSTILE = "<script>alert('补植')</script> & \"引号\" <img src=x onerror=alert(1)>"


def tagged(text: str, tags: Sequence[Tag] = (), evidence: Sequence[Evidence] = (), **more: object) -> Tagged:
    values = {"id": "a#1", "document": "a", "number": 1, "kind": Kind.BODY, "source": ((0, len(text)),), **more}
    paragraph = Paragraph(text=text, **values)  # type: ignore[arg-type]
    return Tagged(paragraph=paragraph, tags=tuple(tags), review=False, model="m", evidence=tuple(evidence))


def tag(label: str = "tree_planting", confidence: float = 0.93) -> Tag:
    return Tag(label=label, name={"tree_planting": "植树造林", "road_repair": "道路养护"}[label], confidence=confidence)


def span(start: int, end: int, label: str = "tree_planting", weight: float = 1.0) -> Evidence:
    return Evidence(label=label, term="", start=start, end=end, weight=weight)


@pytest.fixture(scope="module")
def sample(committed: Bundle) -> list[Tagged]:
    """The sample page of the repository, tagged with evidence."""
    from classifier.tagging import batch

    tally = batch.Tally()
    sources = documents.discover([str(ROOT / "tests/cases/pages/sample.txt")])
    return list(Tagger(bundle=committed, evidence=True).tag(batch.split(sources, tally, lambda skipped: None)))


def parsed(text: str) -> html.HtmlElement:
    return html.document_fromstring(text)


def test_every_paragraph_stands_in_order_with_its_text_unchanged(sample: list[Tagged]) -> None:
    tree = parsed(page.render(sample, taxonomies.load()))
    found = [p.text_content() for p in tree.xpath("//div[contains(@class,'p ')]/p")]
    assert found == [result.paragraph.text for result in sample]


def test_tags_stand_as_chips_with_their_confidence(sample: list[Tagged]) -> None:
    tree = parsed(page.render(sample, taxonomies.load()))
    for block, result in zip(tree.xpath("//div[contains(@class,'p ')]"), sample, strict=True):
        chips = [chip.text_content() for chip in block.xpath(".//span[starts-with(@class,'chip c')]")]
        assert chips == [f"{t.name} {t.confidence:.2f}" for t in result.tags]
        assert bool(block.xpath(".//span[@class='chip mark']")) == result.review == (block.get("data-review") == "1")


def test_evidence_is_marked_where_it_stands(sample: list[Tagged]) -> None:
    tree = parsed(page.render(sample, taxonomies.load()))
    for block, result in zip(tree.xpath("//div[contains(@class,'p ')]"), sample, strict=True):
        marked = "".join(mark.text_content() for mark in block.xpath(".//mark"))
        inside = {i for item in result.evidence or () for i in range(item.start, item.end)}
        assert marked == "".join(result.paragraph.text[i] for i in sorted(inside))


def test_a_page_without_evidence_has_no_marks(sample: list[Tagged]) -> None:
    bare = [Tagged(paragraph=r.paragraph, tags=r.tags, review=r.review, model=r.model) for r in sample]
    assert parsed(page.render(bare, taxonomies.load())).xpath("//mark") == []


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(-2, 33), st.integers(-2, 33), st.sampled_from("ab"), st.floats(0, 1)), max_size=6),
)
def test_pieces_make_up_the_text_whatever_the_spans(text: str, spans: list[tuple[int, int, str, float]]) -> None:
    evidence = [span(start, end, label, weight) for start, end, label, weight in spans]
    found = page.pieces(text, evidence)
    assert "".join(piece.text for piece in found) == text
    at = 0
    for piece in found:
        for i in range(at, at + len(piece.text)):
            over = {e.label for e in evidence if 0 <= e.start <= i < e.end <= len(text)}
            assert set(piece.labels) == over
        at += len(piece.text)


def test_the_strongest_label_colours_where_spans_overlap() -> None:
    weak, strong = span(0, 4, "road_repair", 0.2), span(2, 6, "tree_planting", 0.9)
    found = [(piece.text, piece.labels) for piece in page.pieces("一二三四五六七", [weak, strong])]
    assert found == [
        ("一二", ("road_repair",)),
        ("三四", ("tree_planting", "road_repair")),
        ("五六", ("tree_planting",)),
        ("七", ()),
    ]


def test_hostile_text_is_text(small_taxonomy: Taxonomy) -> None:
    hostile = Tag(label="<b>", name=HOSTILE, confidence=0.5)
    rendered = page.render(
        [tagged(HOSTILE, [hostile], [span(0, 8, "<b>")], document=HOSTILE, id=HOSTILE)], small_taxonomy
    )
    tree = parsed(rendered)
    assert len(tree.xpath("//script")) == 1  # the page's own
    assert tree.xpath("//img | //@onerror | //b[text()='']") == []
    assert tree.xpath("//div[contains(@class,'p ')]/p")[0].text_content() == HOSTILE
    assert tree.xpath("//section/h3")[0].text_content() == HOSTILE
    assert "<script>alert" not in rendered


def test_it_needs_no_network(sample: list[Tagged]) -> None:
    tree = parsed(page.render(sample, taxonomies.load()))
    assert tree.xpath("//@src | //link | //iframe | //@href") == []
    assert "default-src 'none'" in tree.xpath("//meta[@http-equiv]/@content")[0]
    assert not re.search(r"url\(|@import|https?://", html.tostring(tree, encoding="unicode"))


def test_the_overview_counts(small_taxonomy: Taxonomy) -> None:
    rows = [
        tagged("一", [tag(confidence=0.93), tag("road_repair", 0.55)]),
        tagged("二", [tag(confidence=1.0)], id="a#2"),
        tagged("三", id="b#1", document="b"),
        tagged("题", id="b#2", document="b", kind=Kind.HEADING),
    ]
    rows[2] = Tagged(paragraph=rows[2].paragraph, tags=(), review=True, model="m")
    tree = parsed(page.render(rows, small_taxonomy))
    numbers = [item.text_content() for item in tree.xpath("//ul[@class='numbers']/li/b")]
    assert numbers == ["2", "3", "2", "3", "1"]
    bars = {
        row.xpath("th")[0].text_content(): row.xpath("td")[0].text_content()
        for row in tree.xpath("//table[@class='bars']//tr")
    }
    assert (bars["植树造林"], bars["道路养护"], bars["节水"]) == ("2", "1", "0")
    assert (bars["0.9–1.0"], bars["0.5–0.6"], bars["0.0–0.1"]) == ("2", "1", "0")
    assert "33 %" in tree.xpath("//ul[@class='numbers']")[0].text_content()


def test_two_tags_of_a_group_count_once_in_it() -> None:
    taxonomy = taxonomies.load()
    one, other = [label for label in taxonomy.labels if label.group == taxonomy.labels[0].group][:2]
    tags = [Tag(label=label.id, name=label.name, confidence=0.9) for label in (one, other)]
    tree = parsed(page.render([tagged("一", tags)], taxonomy))
    [row] = [row for row in tree.xpath("//table[@class='bars']//tr") if row.xpath("th")[0].text == one.group]
    assert row.xpath("td")[0].text_content() == "1"


def test_every_label_that_occurs_can_be_filtered_for(sample: list[Tagged]) -> None:
    tree = parsed(page.render(sample, taxonomies.load()))
    numbers = {option.get("value") for option in tree.xpath("//select[@id='label']/option")} - {""}
    used = {number for block in tree.xpath("//@data-labels") for number in block.split()}
    assert numbers == used
    assert tree.xpath("//input[@id='review'][@type='checkbox']")


def test_an_empty_file_gives_an_empty_page(small_taxonomy: Taxonomy) -> None:
    tree = parsed(page.render([], small_taxonomy))
    assert tree.xpath("//ul[@class='numbers']/li/b")[0].text == "0"


def test_results_are_read_as_they_were_written(sample: list[Tagged], tmp_path: Path) -> None:
    path = tmp_path / "tagged.jsonl"
    lines = [json.dumps(outputs.record(result), ensure_ascii=False) for result in sample]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert [outputs.record(result) for result in results.read(path)] == [
        json.loads(line) | {"source": tuple(map(tuple, json.loads(line)["source"]))} for line in lines
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not json\n", "line 1: not JSON"),
        (b'{"id": "a"}\n', "line 1: not a tagged paragraph"),
        (b"[1]\n", "line 1: not a tagged paragraph"),
        (b"\xff\xfe\n", "is not UTF-8"),
    ],
)
def test_another_file_is_refused_with_its_line(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_bytes(content)
    with pytest.raises(PolicytagError, match=said):
        list(results.read(path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicytagError, match=r"none\.jsonl cannot be read"):
        list(results.read(tmp_path / "none.jsonl"))
