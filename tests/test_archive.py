"""ZIP archives → their members; what could do harm is skipped by name and the others go on."""

import io
import os
import stat
import struct
import zipfile
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import openpyxl
import pyarrow
import pytest
from docx import Document as Word
from pyarrow import parquet

from classifier.records import Document, Paragraph, Skipped
from classifier.tagging import archive, documents
from classifier.tagging.documents import Source

TEXT = "园区对知识产权质押贷款给予贴息。\n"


def zipped(*members):
    """The bytes of an archive; a member is a name or ZipInfo, and its content."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return out.getvalue()


def items(tmp_path, data, name="a.zip"):
    path = tmp_path / name
    path.write_bytes(data)
    return list(documents.items([Source(path.name, path)]))


def told(tmp_path, data):
    """For every item its name, and its reason where it was skipped."""
    return [(item.name, item.reason if isinstance(item, Skipped) else "") for item in items(tmp_path, data)]


def test_members_are_documents_named_by_archive_and_path(tmp_path):
    assert items(tmp_path, zipped(("b.txt", TEXT), ("甲/乙/c.txt", TEXT), ("空/", ""))) == [
        Document(name="a.zip/b.txt", text=TEXT),
        Document(name="a.zip/甲/乙/c.txt", text=TEXT),
    ]


def saved(save):
    out = io.BytesIO()
    save(out)
    return out.getvalue()


def test_every_format_is_read_in_an_archive(tmp_path):
    word, book = Word(), openpyxl.Workbook()
    word.add_paragraph("文档里的话。")
    for row in (["text"], ["表格里的话。"]):
        book.active.append(row)
    data = zipped(
        ("a.docx", saved(word.save)),
        ("b.xlsx", saved(book.save)),
        ("c.parquet", saved(lambda out: parquet.write_table(pyarrow.table({"text": ["列里的话。"]}), out))),
        ("d.csv", "text\n行里的话。\n"),
        ("e.jsonl", '{"text": "对象里的话。"}\n'),
        ("f.html", "<html><body><p>网页里的话。</p></body></html>"),
        ("g.md", "# 标题\n\n段落。\n"),
        ("h.txt", TEXT.encode("gb18030")),
    )
    found = items(tmp_path, data)
    assert [item.text.splitlines()[0] for item in found] == [
        "文档里的话。", "表格里的话。", "列里的话。", "行里的话。", "对象里的话。", "网页里的话。", "# 标题",
        TEXT.strip(),
    ]  # fmt: skip
    rows = [item.id for item in found if isinstance(item, Paragraph)]
    assert rows == [f"a.zip/{name}#1" for name in ("b.xlsx", "c.parquet", "d.csv", "e.jsonl")]


def test_hidden_members_are_ignored(tmp_path):
    data = zipped(*[(name, TEXT) for name in (".DS_Store", "__MACOSX/._a.txt", "x/.git/config", "~$a.txt", "a.txt")])
    assert told(tmp_path, data) == [("a.zip/a.txt", "")]


def test_an_unknown_member_is_named_and_the_others_go_on(tmp_path):
    found = told(tmp_path, zipped(("a.png", b"\x89PNG" + bytes(100)), ("b.txt", TEXT)))
    assert "binary" in found[0][1] and found[1] == ("a.zip/b.txt", "")


def with_raw_name(raw):
    """An archive made without the mark of UTF-8, as Chinese Windows makes it: zipfile writes none for ASCII names."""
    stand_in = b"x" * len(raw)
    return zipped((stand_in.decode(), TEXT)).replace(stand_in, raw)


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "big5"])
def test_names_of_old_archives_are_decoded(tmp_path, encoding):
    name = "專利轉化辦法/第一章總則.txt" if encoding == "big5" else "专利转化办法/第一章总则.txt"
    assert told(tmp_path, with_raw_name(name.encode(encoding))) == [(f"a.zip/{name}", "")]


@pytest.mark.parametrize(
    "name", ["../a.txt", "x/../../a.txt", "/etc/a.txt", "C:/a.txt", "..\\a.txt", "C:\\a.txt", "\\\\h\\a.txt"]
)
def test_a_path_that_leaves_the_archive_is_skipped_and_the_others_go_on(tmp_path, name):
    found = told(tmp_path, zipped((name, TEXT), ("b.txt", TEXT)))
    assert [reason for _, reason in found] == ["its path leaves the archive", ""]


def test_nothing_is_written_to_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    items(tmp_path, zipped(("x/a.txt", TEXT), ("../b.txt", TEXT), ("c.zip", zipped(("d.txt", TEXT)))))
    assert [path.name for path in tmp_path.rglob("*")] == ["a.zip"] and not (tmp_path.parent / "b.txt").exists()


def test_a_link_is_skipped(tmp_path):
    link = ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert told(tmp_path, zipped((link, "/etc/passwd"), ("b.txt", TEXT))) == [
        ("a.zip/link.txt", "a link, no file"),
        ("a.zip/b.txt", ""),
    ]


def test_an_encrypted_member_is_skipped_and_the_others_go_on(tmp_path):
    data = bytearray(zipped(("a.txt", TEXT), ("b.txt", TEXT)))
    data[6] |= 1  # the flag in the header of the first member, and in the table of contents
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert told(tmp_path, bytes(data)) == [("a.zip/a.txt", "protected by a password"), ("a.zip/b.txt", "")]


def test_an_archive_in_an_archive_is_read(tmp_path):
    data = zipped(("in.zip", zipped(("a.txt", TEXT))), ("b.txt", TEXT))
    assert told(tmp_path, data) == [("a.zip/in.zip/a.txt", ""), ("a.zip/b.txt", "")]


def test_an_archive_two_deep_is_skipped_and_the_others_go_on(tmp_path):
    deep = zipped(("in.zip", zipped(("deeper.zip", zipped(("a.txt", TEXT))), ("c.txt", TEXT))), ("b.txt", TEXT))
    assert [(name, reason[:10]) for name, reason in told(tmp_path, deep)] == [
        ("a.zip/in.zip/deeper.zip", "an archive"),
        ("a.zip/in.zip/c.txt", ""),
        ("a.zip/b.txt", ""),
    ]


def test_a_bomb_is_skipped_and_the_others_go_on(tmp_path):
    found = told(tmp_path, zipped(("bomb.txt", b"0" * (60 << 20)), ("b.txt", TEXT)))
    assert "ZIP bomb" in found[0][1] and found[1] == ("a.zip/b.txt", "")


def test_a_small_member_may_be_as_repetitive_as_it_likes(tmp_path):
    assert told(tmp_path, zipped(("a.txt", "专利 " * 1_000_000))) == [("a.zip/a.txt", "")]


def claiming(data, size, packed):
    """The archive with other sizes in its table of contents."""
    at = 0
    data = bytearray(data)
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 20 : at + 28] = struct.pack("<II", packed, size)
        at += 4
    return bytes(data)


def test_members_that_together_are_too_large_are_skipped(tmp_path):
    data = claiming(zipped(("a.txt", TEXT)), archive.TOTAL + 1, archive.TOTAL // 10)
    assert told(tmp_path, data)[0][1] == "with it the archive would unpack to more than 2 GiB"


def test_archives_in_an_archive_share_the_limit():
    budget = archive._Budget(bytes=len(inner := zipped(("a.txt", "专利" * 10), ("b.txt", "专利" * 10))) + 70)
    outer = zipped(("in.zip", inner))
    found = list(archive._members("a.zip", io.BytesIO(outer), budget, nested=False))
    assert [type(item) for item in found] == [Document, Skipped]


def test_an_archive_of_too_many_members_is_refused(tmp_path):
    found = told(tmp_path, zipped(*[(f"{n}.txt", "") for n in range(archive.MEMBERS + 1)]))
    assert found == [("a.zip", "more than 10,000 members")]


def test_a_member_that_lies_about_its_size_is_skipped_and_the_others_go_on(tmp_path):
    data = bytearray(zipped(("a.txt", TEXT * 100), ("b.txt", TEXT)))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    found = told(tmp_path, bytes(data))
    assert found[0][1] and found[1] == ("a.zip/b.txt", "")


def test_a_damaged_member_is_skipped_and_the_others_go_on(tmp_path):
    data = bytearray(zipped(("a.txt", os.urandom(200).hex()), ("b.txt", TEXT)))
    data[60:80] = bytes(20)
    found = told(tmp_path, bytes(data))
    assert "damaged" in found[0][1] and found[1] == ("a.zip/b.txt", "")


@pytest.mark.parametrize("content", [b"", "文字".encode(), b"PK\x03\x04" + bytes(100)])
def test_what_is_no_archive_is_named(tmp_path, content):
    ((name, reason),) = told(tmp_path, content)
    assert name == "a.zip" and "no ZIP archive" in reason


def test_an_empty_archive_is_named(tmp_path):
    assert told(tmp_path, zipped()) == [("a.zip", "empty")]


def test_a_cut_archive_is_named(tmp_path):
    data = zipped(("a.txt", TEXT), ("b.txt", TEXT))
    assert "damaged" in told(tmp_path, data[:-30])[0][1]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_way_of_packing_is_read(tmp_path, method):
    out = io.BytesIO()
    with ZipFile(out, "w", method) as file:
        file.writestr("a.txt", TEXT)
    assert told(tmp_path, out.getvalue()) == [("a.zip/a.txt", "")]
