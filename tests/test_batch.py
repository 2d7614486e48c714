"""Many inputs → paragraphs, with counts that add up."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.errors import PolicytagError
from classifier.tagging.batch import Counts, Done, Job, Tally, run, split, work
from classifier.tagging.chunks import Position, chunks
from classifier.tagging.documents import Source, discover
from classifier.tagging.tagger import Tagger

CONTENTS = {
    "page.txt": "园区贴息一半。\n企业敢贷了。\n",
    "notes.md": "# 办法\n\n贴息。\n",
    "rows.csv": "id,text\n1,甲\n2,\n3,乙\n",
    "rows.jsonl": '{"text": "甲"}\n{\n{"text": "乙"}\n',
    "empty.txt": "",
    "binary.bin": "\0" * 999,
    "wrong.csv": "a,b\n1,2\n",
}


def read_all(sources):
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
    found, _, _ = read_all(discover([str(folder / name) for name in ("rows.jsonl", "page.txt", "rows.csv")]))
    assert [p.document for p in found] == ["rows.jsonl"] * 2 + ["page.txt"] * 2 + ["rows.csv"] * 2


def test_every_input_is_done_or_skipped(folder):
    found, tally, told = read_all(discover([str(folder), str(folder / "gone.txt")]))
    assert (tally.given, tally.done, len(tally.skipped)) == (12, 6, 6)
    assert tally.adds_up
    assert tally.paragraphs == len(found) == 8
    assert tally.skipped == told


def test_what_is_skipped_is_named_with_its_reason(folder):
    _, _, told = read_all(discover([str(folder / name) for name in ("empty.txt", "gone.txt", "rows.csv", "wrong.csv")]))
    assert [(skipped.name, skipped.reason.split(" (")[0]) for skipped in told] == [
        ("empty.txt", "empty"),
        ("gone.txt", "no such file"),
        ("rows.csv#2", "its text is empty"),
        ("wrong.csv", "no column named 'text'"),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*CONTENTS, "gone.txt", "."]), max_size=8))
def test_the_counts_add_up_for_any_mixture(folder, names):
    found, tally, told = read_all([Source(name, folder / name) for name in names])
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
    found, _, _ = read_all(discover([str(folder)]))
    assert len({(p.document, p.number) for p in found}) == len(found)


def test_nothing_given_is_nothing_done():
    found, tally, told = read_all([])
    assert (found, tally, told) == ([], Tally(), [])


# counts of a whole run


@pytest.mark.parametrize(
    "counts",
    [
        Counts(given=2, done=1),
        Counts(given=1, done=1, skipped=1),
        Counts(given=1, done=1, paragraphs=2, written=1),
        Counts(given=1, done=1, paragraphs=1, written=2),
    ],
)
def test_counts_that_do_not_add_up_stop_the_run(counts):
    with pytest.raises(PolicytagError, match="do not add up") as caught:
        counts.check()
    assert caught.value.exit_code == 3


@given(st.lists(st.tuples(*[st.integers(0, 9)] * 6), max_size=5))
def test_counts_add_up_number_by_number(rows):
    total = sum((Counts(*row) for row in rows), Counts())
    assert total == Counts(*map(sum, zip(*rows, strict=True))) if rows else total == Counts()


# runs


class Kept:
    """A sink that keeps what it takes."""

    def __init__(self, start=Position()):  # noqa: B008
        self.start, self.counts, self.taken = start, Counts(), []

    def take(self, done):
        self.taken.append(done)
        self.counts += done.counts


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_a_run_gives_every_result_and_counts_it(folder, form):
    sink, seen = Kept(), []
    counts = run(discover([str(folder)]), Job(form=form), sink, 1, seen.append)
    assert (counts.given, counts.done, counts.skipped, counts.paragraphs, counts.written) == (11, 6, 5, 8, 8)
    assert counts.read == sum((folder / name).stat().st_size for name in CONTENTS)
    assert seen == sink.taken
    assert all(isinstance(done.rows, list if form == "parquet" else bytes) for done in sink.taken)


def test_a_run_names_what_is_skipped_in_order(folder):
    sink = Kept()
    run(discover([str(folder)]), Job(form="jsonl"), sink, 1, lambda _: None)
    _, _, told = read_all(discover([str(folder)]))
    assert [skipped for done in sink.taken for skipped in done.skipped] == told


def test_a_run_begins_where_its_sink_stands(folder):
    sources = discover([str(folder)])
    whole = Kept()
    run(sources, Job(form="jsonl"), whole, 1, lambda _: None)
    for n, done in enumerate(whole.taken):
        rest = Kept(start=done.end)
        run(sources, Job(form="jsonl"), rest, 1, lambda _: None)
        assert rest.taken == whole.taken[n + 1 :]


def test_a_chunk_is_tagged_when_there_is_a_tagger(folder, small):
    [chunk] = chunks(discover([str(folder / "page.txt")]))
    plain = work(None, "parquet", chunk).rows
    tagged = work(Tagger(bundle=small), "parquet", chunk).rows
    assert [row["text"] for row in plain] == [row["text"] for row in tagged]
    assert all("tags" in row for row in tagged) and not any("tags" in row for row in plain)


def test_a_paragraph_lost_in_tagging_does_not_add_up(folder):
    class Loses:
        def tag(self, paragraphs):
            yield from list(paragraphs)[1:]

    [chunk] = chunks(discover([str(folder / "page.txt")]))
    done = work(Loses(), "jsonl", chunk)
    assert isinstance(done, Done)
    with pytest.raises(PolicytagError, match="do not add up"):
        done.counts.check()
