"""Paragraphs and tags → JSON lines, CSV, a table; files appear whole or not at all."""

import csv
import io
import json
import stat
from pathlib import Path

import pytest
from conftest import written
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import OutputError, UsageError
from classifier.records import Evidence, Kind, Note, Paragraph, Tag, Tagged
from classifier.tagging.outputs import PIECEMEAL, file_at, format_of, opened, record

PLAIN = Paragraph(
    id="page.txt#3",
    document="page.txt",
    number=3,
    kind=Kind.BODY,
    text="园区贴息一半，“盘活”专利。",
    source=((0, 6), (9, 17)),
)
TAGGED = Tagged(
    paragraph=PLAIN,
    tags=(
        Tag(label="pledge_financing", name="质押融资", confidence=0.97),
        Tag(label="subsidy", name="资助奖补", confidence=0.5),
    ),
    review=False,
    model="abc",
)


def jsonl(*results):
    return [json.loads(line) for line in written("jsonl", *map(record, results)).splitlines()]


def table(*results):
    """Read CSV as a spreadsheet does."""
    return list(csv.DictReader(io.StringIO(written("csv", *map(record, results)).decode("utf-8-sig"), newline="")))


# records


def test_a_record_says_what_the_paragraph_says():
    assert record(PLAIN) == {
        "id": "page.txt#3",
        "document": "page.txt",
        "paragraph": 3,
        "kind": "body",
        "text": "园区贴息一半，“盘活”专利。",
        "source": ((0, 6), (9, 17)),
    }


def test_a_record_of_a_tagged_paragraph_says_what_was_found():
    found = record(TAGGED)
    assert found["tags"][0] == {"label": "pledge_financing", "name": "质押融资", "confidence": 0.97}
    assert (found["review"], found["model"]) == (False, "abc")
    assert "scores" not in found and "evidence" not in found


def test_a_record_carries_what_was_asked_for():
    evidence = (Evidence(label="subsidy", term="贴息", start=2, end=4, weight=0.123456),)
    found = record(TAGGED._replace(scores={"subsidy": 0.12345678}, evidence=evidence))
    assert found["scores"] == {"subsidy": 0.123457}
    assert found["evidence"] == [{"label": "subsidy", "term": "贴息", "start": 2, "end": 4, "weight": 0.1235}]


def test_no_scores_and_no_evidence_are_told_from_none_asked():
    found = record(TAGGED._replace(scores={}, evidence=()))
    assert (found["scores"], found["evidence"]) == ({}, [])


def test_marks_are_there_where_they_say_something():
    found = record(PLAIN._replace(duplicate_of="page.txt#1", note=Note.CUT, page=2, heading=("办法", "一、目标")))
    assert (found["duplicate_of"], found["note"], found["page"]) == ("page.txt#1", "cut", 2)
    assert list(found["heading"]) == ["办法", "一、目标"]


def test_other_columns_come_back_under_input():
    assert record(PLAIN._replace(columns={"year": "2024"}))["input"] == {"year": "2024"}
    assert "input" not in record(PLAIN._replace(columns={}))


# JSON lines


def test_chinese_is_readable_in_jsonl():
    assert "园区贴息一半，“盘活”专利。".encode() in written("jsonl", record(PLAIN))


def test_a_record_is_a_line():
    assert [row["id"] for row in jsonl(PLAIN, TAGGED)] == ["page.txt#3", "page.txt#3"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_from_jsonl(text):
    (row,) = jsonl(PLAIN._replace(text=text))
    assert row["text"] == text


def test_no_records_make_no_lines():
    assert written("jsonl") == b""


def test_columns_of_any_type_are_written():
    (row,) = jsonl(PLAIN._replace(columns={"path": Path("a"), "n": 1, "list": [1, None]}))
    assert row["input"] == {"path": "a", "n": 1, "list": [1, None]}


# CSV


def test_csv_begins_with_the_mark_that_excel_needs():
    assert written("csv", record(PLAIN)).startswith(b"\xef\xbb\xbfid,document,")
    assert written("csv", record(PLAIN), record(PLAIN)).count(b"\xef\xbb\xbf") == 1


def test_csv_without_rows_has_its_header():
    assert written("csv").decode("utf-8-sig").splitlines() == [",".join(csv_columns())]


def csv_columns():
    return list(table(PLAIN)[0])


def test_every_key_of_a_record_has_a_column():
    full = TAGGED._replace(
        paragraph=PLAIN._replace(duplicate_of="x", note=Note.CUT, page=1, heading=("甲",), columns={"a": "b"}),
        scores={"subsidy": 1.0},
        evidence=(),
    )
    assert set(record(full)) <= set(csv_columns())
    assert len(table(full)) == 1


def test_tags_are_joined_in_csv():
    (row,) = table(TAGGED)
    assert (row["tags"], row["names"]) == ("pledge_financing;subsidy", "质押融资;资助奖补")
    assert row["confidence"] == "0.97;0.5"


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@SUM(A1)", " =1+1", "\t=1", '=HYPERLINK("http://x")', "\n=1"])
def test_what_a_spreadsheet_would_take_for_a_formula_is_escaped(text):
    (row,) = table(PLAIN._replace(text=text))
    assert row["text"] == "'" + text


def test_formulas_are_escaped_in_every_column():
    (row,) = table(PLAIN._replace(id="=A1", document="@x", duplicate_of="+1"))
    assert (row["id"], row["document"], row["duplicate_of"]) == ("'=A1", "'@x", "'+1")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(",;\"'\n\t")))
def test_any_text_comes_back_from_csv_behind_its_apostrophe(text):
    (row,) = table(PLAIN._replace(text=text))
    assert row["text"] in (text, "'" + text)
    assert row["text"].lstrip()[:1] not in ("=", "+", "-", "@")


def test_other_columns_are_readable_in_csv():
    (row,) = table(PLAIN._replace(columns={"年份": "2024"}))
    assert json.loads(row["input"]) == {"年份": "2024"}
    assert "年份" in row["input"]


# the table


def test_the_table_shows_names_and_confidence():
    shown = written("table", record(TAGGED)).decode()
    assert "质押融资 0.97" in shown and "page.txt#3" in shown


def test_the_table_shortens_long_texts_and_asks_for_review():
    shown = written("table", record(TAGGED._replace(paragraph=PLAIN._replace(text="专" * 80), review=True))).decode()
    assert "专" * 43 + "…" in shown and "专" * 44 not in shown
    assert "复核" in shown


def test_a_table_without_rows_is_a_header():
    assert b"kind" in written("table")


# which format


@pytest.mark.parametrize(
    ("path", "wanted", "form"),
    [
        ("-", None, "jsonl"),
        ("out.jsonl", None, "jsonl"),
        ("out.ndjson", None, "jsonl"),
        ("out.CSV", None, "csv"),
        ("out", None, "jsonl"),
        ("out.csv", "jsonl", "jsonl"),
        ("-", "table", "table"),
    ],
)
def test_the_format_is_the_one_wanted_or_the_file_s(path, wanted, form):
    assert format_of(path, wanted) == form


def test_a_file_name_that_says_no_format_is_a_usage_error():
    with pytest.raises(UsageError, match=r"'out\.doc'\n  add --format jsonl\|csv"):
        format_of("out.doc", None)


# files


def test_a_file_takes_its_name_when_all_is_written(tmp_path):
    target = tmp_path / "out.jsonl"
    with opened(str(target), io.BytesIO()) as file:
        file.write("专利".encode())
        assert not target.exists()
    assert target.read_text(encoding="utf-8") == "专利"
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, OutputError, BrokenPipeError])
def test_after_a_failure_nothing_is_left(tmp_path, failure):
    with pytest.raises((failure, OutputError)), opened(str(tmp_path / "out.jsonl"), io.BytesIO()) as file:
        file.write(b"half")
        raise failure("stopped")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_that_is_there_is_written_anew_only_when_asked(tmp_path, overwrite):
    target = tmp_path / "out.xlsx"
    target.write_text("old")
    if overwrite:
        with opened(str(target), io.BytesIO(), overwrite=True) as file:
            file.write(b"new")
    else:
        with (
            pytest.raises(OutputError, match=r"exists\n  --overwrite"),
            opened(str(target), io.BytesIO(), overwrite=False),
        ):
            raise AssertionError("not reached")
    assert target.read_text() == ("new" if overwrite else "old")


@pytest.mark.parametrize("path", ["-", "/dev/full"])
def test_a_full_device_is_an_output_error_with_the_next_step(path):
    with (
        pytest.raises(OutputError, match=r"cannot write .*: No space left on device\n  \w"),
        Path("/dev/full").open("wb", buffering=0) as full,
        opened(path, full) as file,
    ):
        file.write(b"x")
        file.flush()


def test_a_reader_that_had_enough_is_no_output_error():
    with pytest.raises(BrokenPipeError), opened("-", io.BytesIO()):
        raise BrokenPipeError


def test_a_device_is_written_to_without_asking(tmp_path):
    with opened("/dev/null", io.BytesIO(), overwrite=False) as file:
        file.write(b"x")
    assert file_at("/dev/null") is None and file_at("-") is None


def test_a_link_stays_and_what_it_points_to_is_written(tmp_path):
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real.jsonl")
    assert file_at(str(tmp_path / "link.jsonl")) == tmp_path / "real.jsonl"
    with opened(str(tmp_path / "link.jsonl"), io.BytesIO()) as file:
        file.write(b"x")
    assert (tmp_path / "link.jsonl").is_symlink() and (tmp_path / "real.jsonl").read_bytes() == b"x"


@pytest.mark.parametrize("form", list(PIECEMEAL))
def test_a_file_is_its_head_and_then_pieces(form):
    head, pieces = io.BytesIO(), []
    PIECEMEAL[form](head).finish()
    for result in (PLAIN, TAGGED):
        piece = io.BytesIO()
        writer = PIECEMEAL[form](piece, head=False)
        writer.write(record(result))
        writer.finish()
        pieces.append(piece.getvalue())
    assert head.getvalue() + b"".join(pieces) == written(form, record(PLAIN), record(TAGGED))


def test_after_a_failure_the_older_file_stands(tmp_path):
    target = tmp_path / "out.jsonl"
    target.write_text("old")
    with pytest.raises(RuntimeError), opened(str(target), io.BytesIO()) as file:
        file.write(b"half")
        raise RuntimeError
    assert target.read_text() == "old"


def test_an_older_file_is_replaced(tmp_path):
    target = tmp_path / "out.jsonl"
    target.write_text("old and longer")
    with opened(str(target), io.BytesIO()) as file:
        file.write(b"new")
    assert target.read_text() == "new"


def test_a_file_has_the_rights_that_files_usually_get(tmp_path):
    (tmp_path / "usual").touch()
    with opened(str(tmp_path / "out.jsonl"), io.BytesIO()):
        pass
    rights = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "out.jsonl")]
    assert rights[0] == rights[1]


def test_a_folder_that_is_missing_is_an_output_error_with_the_next_step(tmp_path):
    with (
        pytest.raises(OutputError, match=r"cannot write to .*gone.*\n  choose a folder"),
        opened(str(tmp_path / "gone/out.jsonl"), io.BytesIO()),
    ):
        raise AssertionError("not reached")


def test_a_folder_in_the_file_s_place_is_an_output_error_and_leaves_nothing(tmp_path):
    (tmp_path / "out.jsonl").mkdir()
    with pytest.raises(OutputError, match="cannot write"), opened(str(tmp_path / "out.jsonl"), io.BytesIO()) as file:
        file.write(b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_file_in_the_folder_s_place_is_an_output_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write to"), opened(str(tmp_path / "file/out.jsonl"), io.BytesIO()):
        raise AssertionError("not reached")


def test_a_dash_is_standard_output():
    stdout = io.BytesIO()
    with opened("-", stdout) as file:
        file.write("专利".encode())
    assert stdout.getvalue() == "专利".encode()
