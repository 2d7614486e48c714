"""Many inputs → paragraphs, with counts that add up."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.tagging.batch import Tally, split
from classifier.tagging.documents import Source, discover

CONTENTS = {
    "page.txt": "园区贴息一半。\n企业敢贷了。\n",
    "notes.md": "# 办法\n\n贴息。\n",
    "rows.csv": "id,text\n1,甲\n2,\n3,乙\n",
    "rows.jsonl": '{"text": "甲"}\n{\n{"text": "乙"}\n',
    "empty.txt": "",
    "binary.bin": "\0" * 999,
    "wrong.csv": "a,b\n1,2\n",
}


def run(sources):
    """Give paragraphs, tally and what was told as skipped."""
    tally, told = Tally(), []
    found = list(split(sources, tally, told.append))
    return found, tally, told


@pytest.fixture
def folder(tmp_path):
    for name, content in CONTENTS.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_paragraphs_come_in_the_order_of_the_inputs(folder):
    found, _, _ = run(discover([str(folder / name) for name in ("rows.jsonl", "page.txt", "rows.csv")]))
    assert [p.document for p in found] == ["rows.jsonl"] * 2 + ["page.txt"] * 2 + ["rows.csv"] * 2


def test_every_input_is_done_or_skipped(folder):
    found, tally, told = run(discover([str(folder), str(folder / "gone.txt")]))
    assert (tally.given, tally.done, len(tally.skipped)) == (12, 6, 6)
    assert tally.adds_up
    assert tally.paragraphs == len(found) == 8
    assert tally.skipped == told


def test_what_is_skipped_is_named_with_its_reason(folder):
    _, _, told = run(discover([str(folder / name) for name in ("empty.txt", "gone.txt", "rows.csv", "wrong.csv")]))
    assert [(skipped.name, skipped.reason.split(" (")[0]) for skipped in told] == [
        ("empty.txt", "empty"),
        ("gone.txt", "no such file"),
        ("rows.csv#2", "its text is empty"),
        ("wrong.csv", "no column named 'text'"),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*CONTENTS, "gone.txt", "."]), max_size=8))
def test_the_counts_add_up_for_any_mixture(folder, names):
    found, tally, told = run([Source(name, folder / name) for name in names])
    assert tally.adds_up
    assert tally.paragraphs == len(found)
    assert tally.skipped == told
    assert tally.given >= len(names)


def test_reading_goes_on_only_as_paragraphs_are_taken(folder):
    tally = Tally()
    stream = split(discover([str(folder / "rows.csv"), str(folder / "page.txt")]), tally, [].append)
    next(stream)
    assert (tally.given, tally.done) == (1, 1)


def test_a_document_that_was_begun_and_lost_does_not_add_up():
    assert not Tally(given=2, done=1).adds_up


def test_ids_of_all_paragraphs_differ(folder):
    found, _, _ = run(discover([str(folder)]))
    assert len({(p.document, p.number) for p in found}) == len(found)


def test_nothing_given_is_nothing_done():
    found, tally, told = run([])
    assert (found, tally, told) == ([], Tally(), [])
