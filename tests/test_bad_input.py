"""Inputs that are hostile or broken: a named answer, within bounds, and the others go on."""

import subprocess
import sys

import pytest

from classifier.records import Document, Skipped
from classifier.tagging import sources
from classifier.tagging.batch import Tally, split
from classifier.tagging.documents import Source, discover, read
from classifier.tagging.paragraphs import paragraphs

SENTENCE = "园区对知识产权质押贷款给予贴息，每家企业每年最高五十万元。"


def item(tmp_path, content, name="page.txt"):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (found,) = read(Source(name, tmp_path / name))
    return found


def test_a_line_of_a_whole_file_is_named(tmp_path):
    found = item(tmp_path, SENTENCE * 400_000)
    assert isinstance(found, Skipped) and "a line of more than" in found.reason


def test_an_element_of_a_whole_page_is_named(tmp_path):
    found = item(tmp_path, f"<html><body><p>{SENTENCE * 120_000}</p></body></html>", "page.html")
    assert isinstance(found, Skipped) and "cannot be taken apart" in found.reason


def test_a_column_is_handed_back_however_deep_or_its_row_is_named(tmp_path, policytag):
    depths = [1, 100, *range(245, 265), 900]
    lines = [f'{{"id": {depth}, "text": "{SENTENCE}", "deep": {"[" * depth + "]" * depth}}}' for depth in depths]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    run = policytag("tag", tmp_path / "rows.jsonl")
    assert run.returncode == 1
    skipped = run.stderr.splitlines()[:-1]
    assert all(line.endswith("it is nested too deeply") for line in skipped)
    assert len(run.stdout.splitlines()) + len(skipped) == len(depths) and len(skipped) < 20


def test_a_long_line_is_read(tmp_path):
    found = item(tmp_path, SENTENCE * 10_000)
    assert len(paragraphs(found)) == 1


def test_a_file_larger_than_memory_should_hold_is_named(tmp_path):
    with (tmp_path / "page.txt").open("wb") as file:
        file.truncate(sources.MOST + 1)
    (found,) = read(Source("page.txt", tmp_path / "page.txt"))
    assert "256 MiB" in found.reason


def test_a_hundred_thousand_empty_lines_part_two_paragraphs(tmp_path):
    found = item(tmp_path, SENTENCE + "\n" * 100_000 + SENTENCE)
    assert [p.source for p in paragraphs(found)] == [((0, 29),), ((100_029, 100_058),)]


@pytest.mark.parametrize("content", ["\n" * 100_000, "\u200b\ufeff\u200e\n\u3000", " \0 \n"])
def test_a_text_without_visible_characters_is_empty(tmp_path, content):
    assert item(tmp_path, content).reason == "empty"


def test_zero_width_and_rtl_characters_stay_where_they_are(tmp_path):
    text = "专\u200b利\u202e质押\u202c贷款\ufeff。\n"
    assert item(tmp_path, text) == Document(name="page.txt", text=text)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.doc", b"\xd0\xcf\x11\xe0" + bytes(100), "save it as .docx"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(100), "save it as .xlsx"),
        ("a.rar", b"Rar!\x1a\x07\x00" + bytes(100), "make it a .zip"),
        ("a.mp4", bytes(5000), "policytag reads .csv"),
    ],
)
def test_a_kind_that_is_not_read_is_named_with_what_to_do(tmp_path, name, content, said):
    assert said in item(tmp_path, content, name).reason


def test_a_bad_file_leaves_the_others_as_they_are(tmp_path):
    for name in ("a.txt", "z.txt"):
        (tmp_path / name).write_text(SENTENCE, encoding="utf-8")
    kinds = ("docx", "xlsx", "xlsm", "zip", "html", "parquet", "pdf", "csv", "jsonl", "md", "txt", "bin")
    for kind in kinds:
        (tmp_path / f"bad.{kind}").write_bytes(b"\x00\xff\xfe\x01" * 200)
    tally, skipped = Tally(), []
    found = [p.document for p in split(discover([str(tmp_path)]), tally, skipped.append)]
    assert found == ["a.txt", "z.txt"]
    assert {one.name for one in skipped} == {f"bad.{kind}" for kind in kinds} and tally.adds_up


def test_a_folder_that_links_to_itself_is_walked_once(tmp_path):
    (tmp_path / "a.txt").write_text(SENTENCE, encoding="utf-8")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    assert [source.name for source in discover([str(tmp_path)])] == ["a.txt"]


def test_a_large_table_is_read_in_constant_memory(tmp_path):
    (tmp_path / "rows.csv").write_text("text\n" + f"{SENTENCE}\n" * 300_000, encoding="utf-8")
    code = """
import resource
from pathlib import Path
from classifier.tagging.documents import Source, read
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert sum(1 for _ in read(Source("rows.csv", Path("rows.csv")))) == 300_000
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) * 1024)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    assert int(run.stdout) < 20 << 20  # the file has 26 MB
