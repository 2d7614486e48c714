"""PDF: reading order from places on the page, furniture left out, refusals in words. The PDFs are set by Typst."""

from random import Random

import pytest
from layouts import BODIES, BYLINES, HEADINGS
from typeset import centred, encrypted, frame, paragraphs, pdf, scan, setting, sheet, turned

from classifier.records import Document, Kind, Paragraph
from classifier.tagging.decoding import Undecodable
from classifier.tagging.paragraphs import paragraphs as restored
from classifier.tagging.pdf import read

A4 = "#set page(width: 595pt, height: 842pt, margin: 80pt)\n"
TITLE = "桐江市人民政府办公室关于印发《桐江市促进专利转化运用若干措施》的通知"
NOTICE = (
    "各区人民政府，市政府各部门、各直属机构：",
    "《桐江市促进专利转化运用若干措施》已经市政府同意，现印发给你们，请结合实际认真组织实施。",
    "一、支持质押融资",
    "（一）企业以专利质押取得银行贷款并按期还本付息的，按实际支付利息的百分之五十给予贴息，单个企业每年最高二十万元。",
    "（二）银行发放的专利质押贷款形成不良的，由风险补偿资金池按本金损失的百分之四十给予补偿，补偿款在三十个工作日内拨付。",
    "二、支持专利导航",
    "（一）对围绕重点产业链开展的专利导航项目，验收合格后给予不超过五十万元的资助，成果向全体企业公开。",
)


def document(data: bytes) -> list[Paragraph]:
    text, pages = read(data)
    return restored(Document(name="a.pdf", text=text, pages=pages))


def lines(data: bytes) -> list[str]:
    """The lines in the order they are read, without white space."""
    return ["".join(line.split()) for line in read(data)[0].splitlines() if line.strip()]


def of(kind: Kind, found: list[Paragraph]) -> list[str]:
    return ["".join(paragraph.text.split()) for paragraph in found if paragraph.kind is kind]


def three_columns(texts: tuple[str, ...] | list[str], height: float) -> str:
    return f"#block(height: {height}pt, columns(3, gutter: 12pt)[{paragraphs(texts)}])\n"


@pytest.fixture(scope="module")
def notice() -> bytes:
    """A government document of three pages, with a running head and page numbers; one paragraph goes on overleaf."""
    head = "#set page(header: [桐江市人民政府公报], footer: context align(center)[— #counter(page).display() —])\n"
    title = centred(TITLE, 22) + centred("桐政办发〔2024〕17号", 16)
    return pdf(A4 + head + setting(em=14.5, leading=0.75) + title + paragraphs([*NOTICE, *BODIES[:18]]))


def test_a_government_document_comes_back_paragraph_by_paragraph(notice: bytes) -> None:
    found = document(notice)
    assert of(Kind.BODY, found) == [text for text in (*NOTICE, *BODIES[:18]) if text[1] != "、"]
    assert of(Kind.HEADING, found) == [TITLE, "桐政办发〔2024〕17号", "一、支持质押融资", "二、支持专利导航"]


def test_running_heads_and_page_numbers_are_left_out(notice: bytes) -> None:
    text, pages = read(notice)
    assert len(pages) == 3
    assert "公报" not in text
    assert not any(line[0] == "—" for line in text.split())


def test_a_paragraph_has_the_page_it_begins_on(notice: bytes) -> None:
    text, pages = read(notice)
    found = document(notice)
    assert pages[0] == 0
    assert [p.page for p in found] == sorted(sum(p.source[0][0] >= page for page in pages) for p in found)
    assert {p.page for p in found} == {1, 2, 3}
    over = [p for p in found if any(p.source[0][0] < page < p.source[-1][1] for page in pages[1:])]
    assert len(over) == 1
    assert all("".join(p.text.split()) in (*NOTICE, *BODIES) for p in over)
    assert all(text[page - 1] == "\n" for page in pages[1:])


def test_a_number_alone_in_the_margin_of_a_single_page_is_a_page_number() -> None:
    foot = "#set page(footer: align(center)[12])\n"
    assert lines(pdf(A4 + foot + setting() + paragraphs(["其中一项的金额为", "35", "万元。"]))) == [
        "其中一项的金额为",
        "35",
        "万元。",
    ]


def test_what_stands_at_the_same_height_on_two_pages_only_is_kept() -> None:
    found = lines(pdf(A4 + "#set page(header: [附表])\n" + setting() + "甲\n#pagebreak()\n乙"))
    assert found == ["附表", "甲", "附表", "乙"]


def test_numbered_tables_are_not_taken_for_running_heads() -> None:
    tables = "#pagebreak()\n".join(f"#place(top, dy: -40pt)[附表{n}]\n正文{n}\n" for n in (3, 1, 7, 2))
    assert [line for line in lines(pdf(A4 + setting() + tables)) if line.startswith("附表")] == [
        "附表3",
        "附表1",
        "附表7",
        "附表2",
    ]


def test_a_heading_over_three_columns_comes_before_them() -> None:
    page = A4 + setting(em=9) + centred(HEADINGS[0], 20) + centred(BYLINES[0], 9) + three_columns(BODIES[:8], 300)
    found = document(pdf(page))
    assert [p.kind for p in found] == [Kind.HEADING, Kind.FURNITURE] + [Kind.BODY] * 8
    assert of(Kind.BODY, found) == BODIES[:8]


def test_a_paragraph_broken_over_a_column_end_is_one_paragraph() -> None:
    text = "".join(BODIES[3:6]).replace("。", "，").removesuffix("，") + "。"
    data = pdf(A4 + setting(em=9) + three_columns([BODIES[0], text], 190))
    assert of(Kind.BODY, document(data)) == [BODIES[0], text]
    assert read(data)[0].count("　　") == 2


def test_a_newspaper_page_of_several_articles_and_a_box_is_read_article_by_article() -> None:
    def article(x: float, y: float, width: float, number: int, columns: str) -> str:
        return frame(x, y, width, centred(HEADINGS[number], 20) + centred(BYLINES[number], 9) + columns)

    box = f"#rect(inset: 6pt)[{centred(HEADINGS[3], 14)}{paragraphs(BODIES[20:23])}]"
    page = (  # in the reverse of their reading order
        frame(470, 30, 170, box)
        + article(250, 320, 200, 2, paragraphs(BODIES[16:19]))
        + article(0, 320, 230, 1, paragraphs(BODIES[9:13]))
        + article(0, 30, 450, 0, three_columns(BODIES[:8], 230))
        + frame(0, 0, 640, "#grid(columns: (1fr, 1fr), [2024年8月12日 星期一], align(right)[第3版])")
    )
    found = document(pdf("#set page(width: 700pt, height: 700pt, margin: 30pt)\n" + setting(em=9) + page))
    assert of(Kind.HEADING, found) == ["".join(HEADINGS[n].split()) for n in range(4)]
    assert of(Kind.BODY, found) == [*BODIES[:8], *BODIES[9:13], *BODIES[16:19], *BODIES[20:23]]
    assert of(Kind.FURNITURE, found)[0] == "2024年8月12日星期一第3版"


@pytest.mark.parametrize("seed", range(24))
def test_only_places_decide_the_order_of_lines(seed: int) -> None:
    page = sheet(Random(seed))
    assert lines(page.data) == ["".join(line.split()) for line in page.lines]


def test_a_caption_across_columns_does_not_break_the_sentences_that_run_past_it() -> None:
    columns = "#set page(columns: 2)\n"
    hole = '#place(auto, float: true, scope: "parent", block(height: 90pt)[#v(60pt) 图为新建的检测车间。 林叙白 摄])\n'
    found = document(pdf(A4 + columns + setting(em=9.5) + paragraphs(BODIES[:4]) + hole + paragraphs(BODIES[4:20])))
    assert of(Kind.BODY, found) == BODIES[:20]


def test_a_paragraph_goes_on_below_a_caption_that_spans_its_column_and_the_next() -> None:
    text = "一二三四五六七八九十" * 2
    upper, lower = (
        f"甲{text[1:]}#linebreak()乙{text[1:]}#linebreak()丙{text[1:]}",
        f"丁{text[1:]}#linebreak()戊{text[1:]}#linebreak()己{text[1:]}",
    )
    page = "#set par(first-line-indent: 0em)\n" + "".join(
        frame(x, 0, 200, upper) + frame(x, 120, 200, lower) for x in (0, 225)
    )
    caption = frame(60, 80, 300, "图为横跨两栏的说明文字，位于两栏正中")
    found = lines(pdf(A4 + setting(em=10) + page + caption))
    assert [line[0] for line in found] == list("甲乙丙丁戊己甲乙丙丁戊己图")


def test_the_rows_of_a_table_stay_rows() -> None:
    rows = [("序号", "企业名称", "项目", "金额"), ("1", "桐江光电有限公司", "专利质押", "12万元")]
    rows += [
        (str(n), "青岚阀门股份公司" if n % 2 else "瑞桐生物", "专利导航项目", f"{n * 37}万元") for n in range(2, 9)
    ]
    cells = ", ".join(f"[{cell}]" for row in rows for cell in row)
    assert lines(pdf(A4 + setting() + f"#table(columns: 4, {cells})")) == ["".join(row) for row in rows]


def test_first_lines_keep_their_indent_and_spaced_paragraphs_their_space() -> None:
    indented, _ = read(pdf(A4 + setting() + paragraphs(BODIES[:2])))
    assert [line[:2] for line in indented.splitlines()].count("　　") == 2
    assert "\n\n" not in indented
    spaced, _ = read(pdf(A4 + setting(indent=0, spacing=1.6) + paragraphs(BODIES[:3])))
    assert "　" not in spaced
    assert spaced.count("\n\n") == 2


def test_no_space_comes_between_chinese_and_figures_and_one_stays_between_latin_words() -> None:
    text = "企业提交PCT申请12件，参加World IP Day活动。"
    assert read(pdf(A4 + setting(indent=0) + paragraphs([text])))[0] == text + "\n"


def test_double_letters_are_kept_whether_they_share_a_glyph_or_not() -> None:
    text = "The village office will offer 11 waffles in Illinois."
    assert read(pdf(A4 + setting(indent=0) + paragraphs([text])))[0] == text + "\n"


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_reads_like_one_that_is_not(degrees: int) -> None:
    source = paragraphs(BODIES[:3])
    assert read(turned(pdf(A4 + setting() + source), degrees)) == read(pdf(A4 + setting() + source))
    sideways = f"#rotate({degrees}deg, reflow: true)[#block(width: 400pt)[{source}]]"
    assert of(Kind.BODY, document(pdf(A4 + setting() + sideways))) == BODIES[:3]


def test_characters_set_below_one_another_are_a_line() -> None:
    stack = ", ".join(f"[{char}]" for char in "专利转化结硕果")
    page = (
        f"#place(top + right, stack(dir: ttb, spacing: 3pt, {stack}))\n#block(width: 380pt)[{paragraphs(BODIES[:2])}]"
    )
    found = lines(pdf(A4 + setting() + page))
    assert found[-1] == "专利转化结硕果"
    assert "".join(found[:-1]) == "".join(BODIES[:2])


def test_text_printed_twice_to_look_bold_is_read_once() -> None:
    twice = "".join(frame(x, 0, 200, "促进专利转化") for x in (0, 0.3)) + frame(0, 40, 200, "促进专利转化")
    assert lines(pdf(A4 + setting(indent=0) + twice)) == ["促进专利转化", "促进专利转化"]


def test_a_document_of_sixty_pages_loses_nothing_but_its_furniture() -> None:
    head = (
        "#set page(header: [桐江市知识产权年报], footer: context align(center)[第#counter(page).display()页 共60页])\n"
    )
    pages = "#pagebreak()\n".join(paragraphs(BODIES[n % 9 : n % 9 + 20]) for n in range(60))
    text, starts = read(pdf(A4 + head + setting(em=9.5) + pages))
    assert len(starts) == 60
    assert "".join(text.split()) == "".join("".join(BODIES[n % 9 : n % 9 + 20]) for n in range(60))


def refusal(data: bytes) -> str:
    with pytest.raises(Undecodable) as caught:
        read(data)
    return str(caught.value)


def test_an_encrypted_pdf_is_refused_by_name() -> None:
    assert "encrypted" in refusal(encrypted(pdf("甲"), "密码"))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_pdf_is_refused(share: float) -> None:
    data = pdf(A4 + setting() + paragraphs(BODIES[:9]))
    assert "broken PDF" in refusal(data[: int(len(data) * share)])


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7\n%%EOF", b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF", b"text"]
)
def test_what_is_no_pdf_is_refused(data: bytes) -> None:
    assert "broken PDF" in refusal(data)


def test_a_scan_is_refused_and_told_what_to_do() -> None:
    assert "ocrmypdf" in refusal(scan(A4 + setting() + paragraphs(BODIES[:2])))


def test_blank_pages_are_refused() -> None:
    assert "blank" in refusal(pdf(A4 + "#pagebreak()\n"))
