"""Paths and stdin → documents, rows, and what could not be read."""

import errno
import io
import json
import os
import sys

import pytest
from conftest import row

from classifier.errors import UsageError
from classifier.records import Document, Paragraph, Skipped
from classifier.tagging import documents
from classifier.tagging.documents import Source, discover, read

TEXT = "园区对知识产权质押贷款给予贴息。\n每家企业每年最高五十万元。\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, content=TEXT):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def items(path):
    return list(documents.items([Source(path.name, path)]))


def reason(path):
    (skipped,) = items(path)
    assert isinstance(skipped, Skipped)
    assert skipped.name == path.name
    return skipped.reason


def names(*inputs):
    return [source.name for source in discover(inputs)]


# which files


def test_files_are_named_by_their_name_and_keep_their_order(folder):
    write(folder / "b.txt"), write(folder / "sub/a.txt")
    assert names("b.txt", "sub/a.txt") == ["b.txt", "a.txt"]


def test_a_file_given_twice_is_read_once(folder):
    write(folder / "a.txt")
    assert names("a.txt", "a.txt", "*.txt", ".") == ["a.txt"]


def test_a_folder_gives_its_files_in_order_with_their_paths_in_it(folder):
    for name in ("in/b.txt", "in/a/c.txt", "in/a/b.md"):
        write(folder / name)
    assert names("in") == ["a/b.md", "a/c.txt", "b.txt"]


@pytest.mark.parametrize("hidden", [".DS_Store", "~$report.txt", ".git/config", "sub/.cache/x.txt"])
def test_a_folder_does_not_give_hidden_files(folder, hidden):
    write(folder / "in/a.txt"), write(folder / "in" / hidden)
    assert names("in") == ["a.txt"]


def test_a_folder_whose_own_name_is_hidden_is_read(folder):
    write(folder / ".private/a.txt")
    assert names(".private") == ["a.txt"]


def test_a_hidden_file_is_read_when_it_is_named(folder):
    write(folder / ".a.txt")
    assert names(".a.txt") == [".a.txt"]


def test_an_empty_folder_is_named(folder):
    (folder / "in").mkdir()
    assert names("in") == ["in/"]
    assert reason(folder / "in").startswith("a folder without files")


def test_an_input_without_a_name_is_a_wrong_call(folder):
    with pytest.raises(UsageError, match="without a name"):
        discover([""])


def test_a_file_name_that_is_not_utf_8_is_shown_readably(folder):
    (folder / os.fsdecode(b"bad\xff\x1b.txt")).write_text("甲", encoding="utf-8")
    assert names(".") == ["bad\ufffd\ufffd.txt"]


def test_a_glob_gives_its_matches_in_order(folder):
    write(folder / "b.txt"), write(folder / "a.txt"), write(folder / "c.md")
    assert names("*.txt") == ["a.txt", "b.txt"]


def test_a_glob_reaches_into_folders(folder):
    write(folder / "x/y/a.txt"), write(folder / "b.txt")
    assert sorted(names("**/*.txt")) == ["a.txt", "b.txt"]


def test_a_file_whose_name_looks_like_a_glob_is_itself(folder):
    write(folder / "a[1].txt"), write(folder / "a1.txt")
    assert [source.path.name for source in discover(["a[1].txt"])] == ["a[1].txt"]


def test_files_of_one_name_are_told_apart_by_their_paths(folder):
    write(folder / "x/a.txt"), write(folder / "y/a.txt"), write(folder / "b.txt")
    assert names("x/a.txt", "y/a.txt", "b.txt") == ["x/a.txt", "y/a.txt", "b.txt"]


@pytest.mark.parametrize("given", ["gone.txt", "gone*.txt"])
def test_what_is_not_there_is_kept_to_be_named(folder, given):
    (source,) = discover([given])
    assert [item.reason for item in read(source)] == ["no such file"]


def test_a_dash_is_standard_input_once(folder):
    assert discover(["-", "-"]) == [Source("stdin", None)]


def test_no_inputs_give_no_sources():
    assert discover([]) == []


# documents


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_text_file_is_a_document(folder, name):
    assert items(write(folder / "page.txt", TEXT.encode(name))) == [Document(name="page.txt", text=TEXT)]


@pytest.mark.parametrize("name", ["page", "page.text", "page.log", "页面.TXT"])
def test_text_of_an_unknown_extension_is_a_document(folder, name):
    assert items(write(folder / name)) == [Document(name=name, text=TEXT)]


@pytest.mark.parametrize("name", ["notes.md", "notes.markdown", "NOTES.MD"])
def test_markdown_is_a_document_of_marked_units(folder, name):
    (document,) = items(write(folder / name, "# 办法\n\n贴息。\n"))
    assert [document.text[u.source[0][0] : u.source[0][1]] for u in document.units] == ["办法", "贴息。"]


def test_standard_input_is_a_document(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode("gb18030"))))
    assert list(read(Source("stdin", None))) == [Document(name="stdin", text=TEXT)]


@pytest.mark.parametrize("name", ["page.txt", "page.md", "rows.csv", "rows.tsv", "rows.jsonl", "page"])
@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"], ids=["nothing", "white space", "a mark alone"])
def test_an_empty_file_is_named(folder, name, content):
    assert reason(write(folder / name, content)) == "empty"


@pytest.mark.parametrize("name", ["page.txt", "page.md", "rows.csv", "page.bin"])
def test_a_binary_file_is_named(folder, name):
    assert "binary" in reason(write(folder / name, b"\x89PNG\r\n\x1a\n" + bytes(range(256))))


def test_an_unknown_binary_file_is_told_what_can_be_read(folder):
    found = reason(write(folder / "page.bin", bytes(2048)))
    assert ".txt" in found and ".csv" in found


def test_a_file_of_broken_bytes_is_named(folder):
    assert "UTF-8" in reason(write(folder / "page.txt", TEXT.encode() + b"\xff\xfe\xff" + TEXT.encode()))


@pytest.mark.parametrize("name", ["page.txt", "rows.csv", "rows.jsonl", "page"])
def test_a_missing_file_is_named(folder, name):
    assert reason(folder / name) == "no such file"


@pytest.mark.parametrize("name", ["page.txt", "rows.csv", "rows.jsonl", "page"])
def test_a_folder_in_a_file_s_place_is_named(folder, name):
    (folder / name).mkdir()
    assert reason(folder / name) == "a folder without files, or one that cannot be looked into"


def test_a_dangling_link_is_named(folder):
    (folder / "page.txt").symlink_to(folder / "gone.txt")
    assert reason(folder / "page.txt") == "no such file"


def test_a_link_to_itself_is_named(folder):
    (folder / "page.txt").symlink_to(folder / "page.txt")
    assert reason(folder / "page.txt").startswith("cannot be read: ")


def test_a_name_too_long_for_the_system_is_named(folder):
    (source,) = discover(["x" * 5000])
    assert [item.reason for item in read(source)] == [f"cannot be read: {os.strerror(errno.ENAMETOOLONG)}"]


# rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_csv_row_is_a_row_with_its_other_columns(folder, delimiter, name):
    lines = [["id", "text", "year"], ["a", "园区贴息一半，最高五十万元。", "2024"], ["b", "银行敢贷了。", "2025"]]
    table = "".join(delimiter.join(line) + "\r\n" for line in lines)
    path = write(folder / "rows.csv", table.encode(name))
    assert items(path) == [
        row("rows.csv", 1, "a", "园区贴息一半，最高五十万元。", {"year": "2024"}),
        row("rows.csv", 2, "b", "银行敢贷了。", {"year": "2025"}),
    ]


def test_a_row_without_an_id_is_named_by_file_and_number(folder):
    found = items(write(folder / "rows.csv", "text,id\n甲,\n乙,x\n"))
    assert [row.id for row in found] == ["rows.csv#1", "x"]


def test_a_cell_may_hold_line_ends_delimiters_and_quotes(folder):
    (row,) = items(write(folder / "rows.csv", 'text,year\n"第一行\n第二行,""盘活""",2024\n'))
    assert (row.text, row.columns) == ('第一行\n第二行,"盘活"', {"year": "2024"})


def test_a_cell_longer_than_the_library_s_limit_is_read(folder):
    (row,) = items(write(folder / "rows.csv", "text\n" + "专" * 200_000 + "\n"))
    assert len(row.text) == 200_000


def test_a_formula_cell_is_read_as_the_text_it_is(folder):
    (row,) = items(write(folder / "rows.csv", "text,note\n=1+1,@x\n"))
    assert (row.text, row.columns) == ("=1+1", {"note": "@x"})


def test_a_table_without_a_text_column_is_named_with_the_columns_it_has(folder):
    assert reason(write(folder / "rows.csv", "id,content\n1,甲\n")) == (
        "no column named 'text' (there are: id, content); name the column with the paragraphs so"
    )


def test_a_row_with_an_empty_text_is_named_and_the_others_go_on(folder):
    found = items(write(folder / "rows.csv", "id,text\n1,甲\n2, \n3,乙\n4\n"))
    assert [item.text if isinstance(item, Paragraph) else (item.name, item.reason) for item in found] == [
        "甲",
        ("rows.csv#2", "its text is empty"),
        "乙",
        ("rows.csv#4", "its text is empty"),
    ]


def test_a_table_with_a_header_alone_is_empty(folder):
    assert reason(write(folder / "rows.csv", "id,text\n")) == "empty"


def test_more_cells_than_columns_are_kept(folder):
    (row,) = items(write(folder / "rows.csv", "id,text\n1,甲,多,余\n"))
    assert "多" in json.dumps(dict(row.columns), ensure_ascii=False)


def test_a_broken_byte_in_a_table_is_named_after_the_rows_before_it(folder):
    good = "".join(f"{n},园区贴息一半\n" for n in range(9000))
    found = items(write(folder / "rows.csv", f"id,text\n{good}".encode() + b"9001,\xff\xff\n"))
    assert [type(item) for item in found[:8000]] == [Paragraph] * 8000
    assert isinstance(found[-1], Skipped) and "broken byte" in found[-1].reason


def test_a_zero_byte_in_a_table_is_no_crash(folder):
    found = items(write(folder / "rows.csv", "id,text\n1,甲" + "乙" * 400 + "\0\n2,丙\n"))
    assert all(isinstance(item, (Paragraph, Skipped)) for item in found) and found


def test_a_jsonl_line_is_a_row(folder):
    (found,) = items(write(folder / "rows.jsonl", '{"text": "甲", "id": 7, "year": 2024, "tags": ["x"]}\n'))
    assert found == row("rows.jsonl", 1, "7", "甲", {"year": 2024, "tags": ["x"]})


def test_bad_jsonl_lines_are_named_and_the_others_go_on(folder):
    lines = ['{"text": "甲"}', "{", "[1]", '{"content": "乙"}', '{"text": 5}', '{"text": ""}', "", '{"text": "丙"}']
    found = items(write(folder / "rows.jsonl", "\n".join(lines)))
    assert [item.text for item in found if isinstance(item, Paragraph)] == ["甲", "丙"]
    assert [(item.name, item.reason.split(":")[0]) for item in found if isinstance(item, Skipped)] == [
        ("rows.jsonl#2", "not JSON"),
        ("rows.jsonl#3", "not a JSON object"),
        ("rows.jsonl#4", "no 'text' (there are"),
        ("rows.jsonl#5", "its text is no string"),
        ("rows.jsonl#6", "its text is empty"),
    ]


def test_a_jsonl_file_may_begin_with_a_mark(folder):
    (row,) = items(write(folder / "rows.jsonl", b"\xef\xbb\xbf" + '{"text": "甲"}'.encode()))
    assert row.text == "甲"


def test_a_jsonl_line_of_broken_bytes_is_named(folder):
    found = items(write(folder / "rows.jsonl", '{"text": "甲"}\n'.encode() + b'{"text": "\xff"}\n'))
    assert [type(item) for item in found] == [Paragraph, Skipped]
