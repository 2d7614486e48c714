"""Inputs → chunks: everything once and in order, cut at the same places wherever one begins."""

import json
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.tagging import documents
from classifier.tagging.chunks import STREAMED, Position, chunks, groups, is_streamed, size
from classifier.tagging.sources import Source

LONG = "企业以专利权质押取得贷款。" * 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("inputs")
    (place / "few.jsonl").write_text('{"text": "甲"}\n{}\n', encoding="utf-8")
    lines = [json.dumps({"id": n, "text": LONG[: n % 500 + 1]}, ensure_ascii=False) for n in range(3000)]
    (place / "many.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (place / "rows.csv").write_text("text\n" + "贴息\n" * 1500, encoding="utf-8")
    (place / "page.txt").write_text(LONG, encoding="utf-8")
    (place / "large.txt").write_text("\n".join([LONG] * 1000), encoding="utf-8")
    (place / "empty.csv").touch()
    return place


def sources(folder: Path, names: list[str]) -> list[Source]:
    return [Source(f"{n}-{name}", folder / name) for n, name in enumerate(names)]


def items(found) -> list:
    return [part.name if isinstance(part, Source) else part for chunk in found for part in chunk.parts]


NAMES = st.lists(
    st.sampled_from(["few.jsonl", "many.jsonl", "rows.csv", "page.txt", "large.txt", "empty.csv", "gone.txt"]),
    max_size=9,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(NAMES)
def test_every_input_is_in_the_chunks_once_and_in_order(folder, names):
    given_ = sources(folder, names)
    wanted = []
    for source in given_:
        wanted += list(documents.read(source)) if is_streamed(source) else [source.name]
    assert items(chunks(given_)) == wanted


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(NAMES, st.data())
def test_after_the_end_of_any_chunk_the_same_chunks_follow(folder, names, data):
    given_ = sources(folder, names)
    whole = list(chunks(given_))
    behind = data.draw(st.integers(0, len(whole)))
    start = whole[behind - 1].end if behind else Position()
    assert list(chunks(given_, start)) == whole[behind:]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(NAMES)
def test_chunks_stand_for_all_bytes_of_the_inputs(folder, names):
    given_ = sources(folder, names)
    assert sum(chunk.read for chunk in chunks(given_)) == sum(map(size, given_))
    assert all(chunk.read >= 0 for chunk in chunks(given_))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(NAMES)
def test_the_last_chunk_ends_where_the_inputs_do(folder, names):
    given_ = sources(folder, names)
    assert [chunk.end for chunk in chunks(given_)][-1:] == ([Position(len(names))] if names else [])


def test_a_large_table_is_cut_by_rows(folder):
    found = list(chunks(sources(folder, ["many.jsonl"])))
    assert len(found) > 3
    assert max(len(part.lines) for chunk in found for part in chunk.parts) <= 256
    rows = [item for chunk in found for item in documents.items(chunk.parts)]
    assert [row.number for row in rows] == list(range(1, 3001))


def test_pages_are_a_few_to_a_chunk_and_a_table_stands_alone(folder):
    given_ = sources(folder, ["page.txt"] * 10 + ["few.jsonl"] + ["page.txt"])
    assert [(part.start, part.stop) for part in groups(given_)] == [(0, 8), (8, 10), (10, 11), (11, 12)]
    assert [len(chunk.parts) for chunk in chunks(given_)] == [8, 2, 1, 1]


def test_documents_are_left_to_whoever_works_on_them(folder):
    [chunk] = chunks(sources(folder, ["page.txt", "gone.txt"]))
    assert [type(part) for part in chunk.parts] == [Source, Source]


def test_a_table_is_read_only_as_chunks_are_taken(folder):
    opened: list[BinaryIO] = []

    def member() -> BinaryIO:
        opened.append((folder / "many.jsonl").open("rb"))
        return opened[-1]

    found = chunks([Source("many.jsonl", None, member)])
    next(found)
    assert 0 < opened[-1].tell() < (folder / "many.jsonl").stat().st_size / 2


def test_every_kind_of_table_is_streamed():
    by_tables = {
        suffix
        for suffix, reader in documents._READERS.items()
        if reader in (documents._csv, documents._jsonl, documents._parquet, documents._xlsx, documents._zip)
    }
    assert by_tables == STREAMED
