"""The labelling page: what the taxonomy says, in the form that Label Studio itself reads."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import ROOT, SMALL
from hypothesis import given, settings
from hypothesis import strategies as st
from label_studio_sdk.label_interface import LabelInterface

from classifier import taxonomy as taxonomies
from classifier.errors import LabelsError
from classifier.records import Kind, Paragraph, Tagged
from classifier.studio import interface, tasks
from classifier.taxonomy import Label, Taxonomy

FULL = taxonomies.load(ROOT / "labels" / "taxonomy.toml")
XML_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="￾￿"), min_size=1)


def choices(page: str) -> list[dict[str, str]]:
    return [choice.attrib for choice in ElementTree.fromstring(page).iter("Choice")]


def test_the_committed_page_is_that_of_the_taxonomy() -> None:
    committed = (ROOT / "labels" / "interface.xml").read_text(encoding="utf-8")
    assert committed == interface.page(FULL), "write it anew: policytag studio page > labels/interface.xml"


@pytest.mark.parametrize("taxonomy", [FULL, taxonomies.load(SMALL / "taxonomy.toml")], ids=["full", "small"])
def test_label_studio_reads_the_ids_as_what_is_stored(taxonomy: Taxonomy) -> None:
    assert tuple(LabelInterface(interface.page(taxonomy)).get_control(interface.CONTROL).labels) == taxonomy.ids


EDITED = [
    interface.page(FULL),
    interface.page(FULL).replace('alias="talent"', ""),
    interface.page(FULL).replace("<Choice ", "<!-- <Choice value='x'/> --><Choice ", 1),
    '<View><Text name="text" value="$t"/>'
    '<Choices name="measure" toName="text"><Choice value="a > b"/></Choices></View>',
]


@pytest.mark.parametrize("page", EDITED, ids=["ours", "no alias", "comment", "other"])
def test_what_an_edited_page_stores_is_what_label_studio_says(page: str) -> None:
    assert interface.stored_labels(page) == tuple(LabelInterface(page).get_control("measure").labels)


@pytest.mark.parametrize(
    "page",
    ["", "<View>", "<View/>", "no page",
     '<View><Choices name="kind" toName="text"><Choice value="a"/></Choices></View>',
     '<View><Choices name="measure" toName="x"><Choice value="a"/></Choices></View>'],
)  # fmt: skip
def test_a_page_without_our_choices_stores_none_of_our_labels(page: str) -> None:
    assert interface.stored_labels(page) is None


def test_people_see_names_hotkeys_and_definitions() -> None:
    for choice, label in zip(choices(interface.page(FULL)), FULL.labels, strict=True):
        assert (choice["value"], choice["alias"], choice["hotkey"]) == (label.name, label.id, label.hotkey)
        assert label.definition in choice["hint"] and label.excludes in choice["hint"]


def test_groups_have_headers_and_a_taxonomy_without_groups_has_none() -> None:
    headers = [h.attrib["value"] for h in ElementTree.fromstring(interface.page(FULL)).iter("Header")]
    assert [h for h in headers if re.match("[A-F] ", h)] == list(dict.fromkeys(label.group for label in FULL.labels))
    small = taxonomies.load(SMALL / "taxonomy.toml")
    assert len(list(ElementTree.fromstring(interface.page(small)).iter("Header"))) == 2


def test_nothing_chosen_may_be_submitted_and_several_choices_may() -> None:
    control = ElementTree.fromstring(interface.page(FULL)).find(".//Choices")
    assert control is not None
    assert "required" not in control.attrib
    assert control.attrib["choice"] == "multiple"


def test_every_field_that_the_page_shows_is_in_a_task() -> None:
    shown = set(re.findall(r'value="\$(\w+)"', interface.page(FULL)))
    paragraph = Paragraph(id="a#1", document="a", number=1, kind=Kind.BODY, text="文", source=((0, 1),))
    tagged = Tagged(paragraph=paragraph, tags=(), review=False, model="m", scores={})
    made = tasks.data(tasks.Candidate(paragraph=paragraph, before="", after=""), tagged, blind=False)
    assert shown == {"text", "document", "heading", "before", "after", "evidence"}
    assert shown <= set(made)


@settings(max_examples=50)
@given(st.lists(st.tuples(XML_TEXT, XML_TEXT, XML_TEXT), min_size=2, max_size=5, unique_by=lambda t: t[0]))
def test_any_name_comes_back_from_the_page(rows: list[tuple[str, str, str]]) -> None:
    labels = tuple(Label(id=f"l{n}", name=name, group=g, definition=d) for n, (name, g, d) in enumerate(rows))
    read = choices(interface.page(Taxonomy(version="1", labels=labels)))
    assert [(c["alias"], c["value"], c["hint"]) for c in read] == [(v.id, v.name, v.definition) for v in labels]


def test_instructions_are_the_codebook_or_without_one_the_definitions(tmp_path: Path) -> None:
    assert "<table>" in interface.instructions(FULL) and "G5 符合几类标几类" in interface.instructions(FULL)
    labels = (Label(id="a", name="<甲>", definition="甲的定义"), Label(id="b", name="乙"))
    other = Taxonomy(version="1", labels=labels)
    assert "&lt;甲&gt;" in interface.instructions(other) and "甲的定义" in interface.instructions(other)
    (tmp_path / "book.md").write_text("# 另一本", encoding="utf-8")
    assert interface.instructions(other, tmp_path / "book.md") == "<h1>另一本</h1>\n"


def test_a_codebook_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="cannot be read"):
        interface.instructions(FULL, tmp_path / "no.md")
