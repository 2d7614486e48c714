"""Table rows in (JSON lines, CSV, XLSX, Parquet) and XLSX and Parquet out; `test_documents` has the rest of CSV."""

import io
import subprocess
import sys
import tracemalloc
import zipfile

import openpyxl
import pyarrow
import pytest
from conftest import row, written
from pyarrow import parquet

from classifier.records import Paragraph, Skipped
from classifier.tagging import documents
from classifier.tagging.documents import Source, read


def items(path):
    return list(documents.items([Source(path.name, path)]))


def reason(path):
    (skipped,) = items(path)
    assert isinstance(skipped, Skipped)
    return skipped.reason


def put(path, content):
    path.write_bytes(content)
    return path


def saved(path, *sheets, change=None):
    """An XLSX of sheets, each a list of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for n, sheet in enumerate(sheets, 1):
        page = book.create_sheet(f"表{n}")
        for cells in sheet:
            page.append(cells)
    if change:
        change(book)
    book.save(path)
    return path


# CSV and JSON lines


def test_big5_rows_are_read(tmp_path):
    table = "id,text\r\n1,對購買專利保險的企業給予保費補貼，最高百分之六十。\r\n"
    (row,) = items(put(tmp_path / "rows.csv", table.encode("big5")))
    assert row.text == "對購買專利保險的企業給予保費補貼，最高百分之六十。"


@pytest.mark.parametrize("name", ["utf-16", "gb18030"])
def test_json_lines_in_another_encoding_are_read(tmp_path, name):
    lines = '{"text": "园区对质押贷款给予贴息。", "id": 1}\n{"text": "银行参与。", "id": 2}\n'
    assert [row.id for row in items(put(tmp_path / "rows.jsonl", lines.encode(name)))] == ["1", "2"]


def test_a_row_of_broken_bytes_is_skipped_and_the_rows_after_it_go_on(tmp_path):
    table = "id,text\n1,园区贴息一半\n".encode() + b"2,\xff\xff\xff\n" + "3,银行参与\n".encode()
    found = items(put(tmp_path / "rows.csv", table))
    assert [type(item) for item in found] == [Paragraph, Skipped, Paragraph]
    assert found[1].name == "rows.csv#2" and "broken bytes" in found[1].reason


def test_a_broken_character_in_a_long_text_is_marked(tmp_path):
    table = b"id,text\n1," + ("园区贴息" * 500).encode() + b"\xff" + ("园区贴息" * 500).encode() + b"\n"
    (row,) = items(put(tmp_path / "rows.csv", table))
    assert row.text.count("\ufffd") == 1


# XLSX in


def test_a_sheet_s_rows_are_rows_with_their_other_columns(tmp_path):
    path = saved(
        tmp_path / "表.xlsx", [["id", "text", "年份"], ["a", "园区贴息一半。", 2024], [None, "银行参与。", 2025]]
    )
    assert items(path) == [
        row("表.xlsx", 1, "a", "园区贴息一半。", {"年份": 2024}),
        row("表.xlsx", 2, "表.xlsx#2", "银行参与。", {"年份": 2025}),
    ]


def test_a_title_may_stand_above_the_header(tmp_path):
    path = saved(tmp_path / "a.xlsx", [["专利措施汇总"], [], ["text", "年份"], ["园区贴息一半。", 2024]])
    assert [(row.text, row.columns) for row in items(path)] == [("园区贴息一半。", {"年份": 2024})]


def test_every_sheet_with_a_text_column_is_read_under_its_name(tmp_path):
    path = saved(tmp_path / "a.xlsx", [["text"], ["甲"]], [["text"], ["乙"]], [["说明"], ["丙"]], [])
    found = items(path)
    assert [(item.document, item.id) for item in found if isinstance(item, Paragraph)] == [
        ("a.xlsx/表1", "a.xlsx/表1#1"),
        ("a.xlsx/表2", "a.xlsx/表2#1"),
    ]
    assert [(item.name, item.reason) for item in found if isinstance(item, Skipped)] == [
        ("a.xlsx/表3", "no column named 'text' (there are: 说明); name the column with the paragraphs so"),
    ]


def test_empty_rows_are_no_rows(tmp_path):
    path = saved(tmp_path / "a.xlsx", [["text"], ["甲"], [], [None], ["乙"]])
    assert [row.text for row in items(path)] == ["甲", "乙"]


def test_a_cell_merged_over_rows_counts_for_each_of_them(tmp_path):
    def change(book):
        book.active.merge_cells("A2:A3")

    path = saved(
        tmp_path / "a.xlsx", [["部门", "text"], ["财政局", "甲"], [None, "乙"], ["科技局", "丙"]], change=change
    )
    assert [(row.text, row.columns["部门"]) for row in items(path)] == [
        ("甲", "财政局"),
        ("乙", "财政局"),
        ("丙", "科技局"),
    ]


def test_a_text_merged_over_rows_counts_once(tmp_path):
    def change(book):
        book.active.merge_cells("A2:A3")

    path = saved(tmp_path / "a.xlsx", [["text", "年份"], ["甲", 2023], [None, 2024], ["乙", 2025]], change=change)
    assert [row.text for row in items(path)] == ["甲", "乙"]


def test_a_formula_without_its_value_is_named_and_the_others_go_on(tmp_path):
    found = items(saved(tmp_path / "a.xlsx", [["text", "年份"], ['=CONCAT("甲","乙")', 1], ["丙", "=1+1"]]))
    assert [type(item) for item in found] == [Skipped, Paragraph]
    assert "formula" in found[0].reason and found[1].columns == {"年份": None}


def rezipped(path, change):
    """Change the members of a ZIP file in place."""
    with zipfile.ZipFile(path) as source:
        members = {name: change(name, source.read(name)) for name in source.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members.items():
            if data is not None:
                target.writestr(name, data)
    return path


def test_a_formula_counts_as_the_value_stored_with_it(tmp_path):
    path = saved(tmp_path / "a.xlsx", [["text"], ["=A9"]])

    def change(name, data):
        cell = b'<c r="A2" t="str"><f>A9</f><v>' + "园区贴息".encode() + b"</v></c>"
        return data.replace(b'<c r="A2"><f>A9</f><v /></c>', cell).replace(b'<c r="A2"><f>A9</f><v></v></c>', cell)

    assert [row.text for row in items(rezipped(path, change))] == ["园区贴息"]


def test_an_error_value_counts_as_nothing(tmp_path):
    (item,) = items(saved(tmp_path / "a.xlsx", [["text", "年份"], ["#REF!", 1]]))
    assert isinstance(item, Skipped)


def test_a_workbook_without_text_column_is_named_with_the_columns_it_has(tmp_path):
    assert (
        reason(saved(tmp_path / "a.xlsx", [["id", "内容"], [1, "甲"]]))
        == "no column named 'text' (there are: id, 内容); name the column with the paragraphs so"
    )


def test_an_empty_workbook_is_named(tmp_path):
    assert reason(saved(tmp_path / "a.xlsx", [], [])) == "empty"


def test_a_header_alone_is_named(tmp_path):
    assert reason(saved(tmp_path / "a.xlsx", [["id", "text"]])) == "empty"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        ("只是文字".encode(), "not a ZIP"),
        (b"PK\x03\x04" + bytes(100), "damaged"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "save it as .xlsx"),
    ],
)
def test_what_is_no_xlsx_is_named(tmp_path, content, said):
    assert said in reason(put(tmp_path / "a.xlsx", content))


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("content", [b"", b"<a", None])
def test_a_broken_workbook_is_named(tmp_path, part, content):
    path = saved(tmp_path / "a.xlsx", [["text"], ["甲"]])
    found = items(rezipped(path, lambda name, data: content if name == part else data))
    assert [type(item) for item in found] == [Skipped]


def test_a_sheet_that_unpacks_out_of_proportion_is_named(tmp_path):
    path = saved(tmp_path / "a.xlsx", [["text"], ["甲"]])
    change = lambda name, data: data + b" " * (30 << 20) if name.endswith("sheet1.xml") else data  # noqa: E731
    assert "ZIP bomb" in reason(rezipped(path, change))


# Parquet in


def test_a_parquet_row_is_a_row_with_its_other_columns(tmp_path):
    table = pyarrow.table({"id": ["a", None], "text": ["园区贴息一半。", "银行参与。"], "年份": [2024, 2025]})
    parquet.write_table(table, tmp_path / "a.parquet")
    assert items(tmp_path / "a.parquet") == [
        row("a.parquet", 1, "a", "园区贴息一半。", {"年份": 2024}),
        row("a.parquet", 2, "a.parquet#2", "银行参与。", {"年份": 2025}),
    ]


def test_a_parquet_row_without_text_is_named_and_the_others_go_on(tmp_path):
    parquet.write_table(pyarrow.table({"text": ["甲", None, " ", "乙"]}), tmp_path / "a.parquet")
    assert [type(item) for item in items(tmp_path / "a.parquet")] == [Paragraph, Skipped, Skipped, Paragraph]


def test_a_parquet_file_without_text_column_is_named(tmp_path):
    parquet.write_table(pyarrow.table({"内容": ["甲"]}), tmp_path / "a.parquet")
    assert (
        reason(tmp_path / "a.parquet")
        == "no column named 'text' (there are: 内容); name the column with the paragraphs so"
    )


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1", "文字".encode()])
def test_what_is_no_parquet_is_named(tmp_path, content):
    assert "no Parquet" in reason(put(tmp_path / "a.parquet", content))


def test_a_large_parquet_file_is_read_in_batches(tmp_path):
    with parquet.ParquetWriter(tmp_path / "a.parquet", pyarrow.schema([("text", pyarrow.string())])) as writer:
        for n in range(40):
            writer.write_table(pyarrow.table({"text": [f"{n}号园区贴息一半。" * 50] * 1000}))
    tracemalloc.start()
    count = sum(1 for _ in read(Source("a.parquet", tmp_path / "a.parquet")))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 40_000 and peak < 8 << 20  # the texts are 64 MB


def test_without_pyarrow_the_command_that_installs_it_is_named(tmp_path):
    code = """
import sys
sys.modules["pyarrow"] = None
from pathlib import Path
from classifier.tagging.documents import Source, read
from classifier.tagging.outputs import FORMATS
from classifier.errors import MissingExtra
print(*[item.reason for item in read(Source("a.parquet", Path("a.parquet")))])
try:
    FORMATS["parquet"](sys.stdout.buffer)
except MissingExtra as error:
    print(error.hint)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.count('pip install "policytag[parquet]"') == 2


# XLSX and Parquet out

RECORD = {
    "id": "a#1", "document": "a", "paragraph": 1, "kind": "body", "text": "园区贴息一半。", "source": ((0, 7),),
    "tags": [{"label": "x", "name": "贴息", "confidence": 0.9}, {"label": "y", "name": "补助", "confidence": 0.8}],
    "review": True, "model": "m", "heading": ("一、资金",),
}  # fmt: skip


def out(form, *records):
    return io.BytesIO(written(form, *records))


def sheet(*records):
    """The rows of the XLSX made of records, by column."""
    rows = list(openpyxl.load_workbook(out("xlsx", *records)).active.values)
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_xlsx_carries_the_fields_with_tags_joined():
    (row,) = sheet(RECORD)
    assert (row["text"], row["tags"], row["names"], row["confidence"]) == (
        "园区贴息一半。",
        "x;y",
        "贴息;补助",
        "0.9;0.8",
    )
    assert (row["paragraph"], row["review"], row["source"], row["page"]) == (1, True, "[[0,7]]", None)
    assert row["heading"] == '["一、资金"]'


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://x")', "+86", "@x", "#N/A", "=", "2024-01-01", "007"])
def test_xlsx_stores_strings_as_text_whatever_they_look_like(text):
    cell = openpyxl.load_workbook(out("xlsx", {**RECORD, "text": text})).active["E2"]
    assert (cell.value, cell.data_type) == (text, "s")


def test_control_characters_are_marked_in_xlsx():
    assert sheet({**RECORD, "text": "甲\x01乙\x0b\ud800"})[0]["text"] == "甲\ufffd乙\ufffd?"


def test_a_text_longer_than_a_cell_is_cut_with_a_mark():
    text = sheet({**RECORD, "text": "专" * 40_000})[0]["text"]
    assert len(text) == 32_767 and text.endswith("专…")


def test_xlsx_without_rows_has_its_header():
    assert sheet() == [] and out("xlsx").getvalue()


def test_xlsx_that_was_written_is_read():
    assert sheet(RECORD, RECORD)[1]["text"] == "园区贴息一半。"


def test_parquet_carries_the_fields_with_tags_joined():
    (row,) = parquet.read_table(out("parquet", RECORD)).to_pylist()
    assert (row["text"], row["tags"], row["paragraph"], row["review"]) == ("园区贴息一半。", "x;y", 1, True)
    assert (row["heading"], row["page"]) == ('["一、资金"]', None)


def test_parquet_has_the_same_columns_whatever_the_rows_hold():
    bare = {key: RECORD[key] for key in ("id", "document", "paragraph", "kind", "text", "source")}
    schemas = [parquet.read_schema(out("parquet", *rows)) for rows in ([], [bare], [RECORD], [bare] * 3000)]
    assert all(schema == schemas[0] for schema in schemas)


def test_many_rows_come_back_from_parquet_in_order():
    records = [{**RECORD, "paragraph": n} for n in range(5000)]
    assert parquet.read_table(out("parquet", *records))["paragraph"].to_pylist() == list(range(5000))


@pytest.mark.parametrize("form", ["xlsx", "parquet"])
def test_a_pipe_takes_every_format(form):
    code = f"""
import sys
from classifier.tagging.outputs import FORMATS
writer = FORMATS[{form!r}](sys.stdout.buffer)
writer.write({RECORD!r})
writer.finish()
"""
    run = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert run.stdout[:4] in (b"PK\x03\x04", b"PAR1")
