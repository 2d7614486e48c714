"""DOCX → marked units: headings with their paths, lists, tables; what cannot be read is named."""

import io
import zipfile

import pytest
from docx import Document as Word
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from classifier.records import Document, Kind, Skipped
from classifier.tagging.documents import Source, read
from classifier.tagging.paragraphs import paragraphs

W = nsdecls("w")


def items(tmp_path, content, name="办法.docx"):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content.save(str(path))
    return list(read(Source(path.name, path)))


def units(tmp_path, word):
    """Kind, text and heading path of every unit."""
    (document,) = items(tmp_path, word)
    assert isinstance(document, Document)
    found = [(u.kind, document.text[slice(*u.source[0])], u.heading) for u in document.units]
    assert document.text == "\n".join(text for _, text, _ in found)
    return found


def texts(tmp_path, word, kind=Kind.BODY):
    return [text for its, text, _ in units(tmp_path, word) if its is kind]


def reason(tmp_path, content):
    (skipped,) = items(tmp_path, content)
    assert isinstance(skipped, Skipped)
    return skipped.reason


def bold(word, text):
    word.add_paragraph().add_run(text).bold = True


def append(word, xml):
    word.element.body.insert(len(word.element.body) - 1, parse_xml(xml))


def test_headings_by_style_give_the_path_of_what_stands_under_them(tmp_path):
    word = Word()
    word.add_heading("云溪市专利转化办法", 0)
    word.add_heading("一、资金", 1)
    word.add_heading("（一）补助", 2)
    word.add_paragraph("首次转化的企业，补助二十万元。")
    word.add_heading("二、服务", 1)
    word.add_paragraph("窗口免费提供检索。")
    assert units(tmp_path, word) == [
        (Kind.HEADING, "云溪市专利转化办法", ()),
        (Kind.HEADING, "一、资金", ("云溪市专利转化办法",)),
        (Kind.HEADING, "（一）补助", ("云溪市专利转化办法", "一、资金")),
        (Kind.BODY, "首次转化的企业，补助二十万元。", ("云溪市专利转化办法", "一、资金", "（一）补助")),
        (Kind.HEADING, "二、服务", ("云溪市专利转化办法",)),
        (Kind.BODY, "窗口免费提供检索。", ("云溪市专利转化办法", "二、服务")),
    ]


def test_paths_reach_the_paragraphs(tmp_path):
    word = Word()
    word.add_heading("一、资金", 1)
    word.add_paragraph("补助二十万元。")
    (document,) = items(tmp_path, word)
    assert [(p.text, p.heading, p.kind) for p in paragraphs(document)] == [
        ("一、资金", (), Kind.HEADING),
        ("补助二十万元。", ("一、资金",), Kind.BODY),
    ]


@pytest.mark.parametrize("name", ["标题 2", "标题2", "heading 2"])
def test_a_chinese_style_name_makes_a_heading(tmp_path, name):
    word = Word()
    style = word.styles["Normal"] if name == "heading 2" else word.styles.add_style(name, 1)
    if name == "heading 2":
        style = word.styles["Heading 2"]
    word.add_paragraph("推进转化", style=style)
    assert texts(tmp_path, word, Kind.HEADING) == ["推进转化"]


def test_a_style_based_on_a_heading_is_a_heading(tmp_path):
    word = Word()
    word.styles.add_style("红头一级", 1).base_style = word.styles["Heading 1"]
    word.add_paragraph("推进转化", style="红头一级")
    assert texts(tmp_path, word, Kind.HEADING) == ["推进转化"]


def test_an_outline_level_makes_a_heading(tmp_path):
    word = Word()
    append(word, f'<w:p {W}><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>总体要求</w:t></w:r></w:p>')
    assert texts(tmp_path, word, Kind.HEADING) == ["总体要求"]


def test_bold_chinese_numbers_make_headings_where_no_style_does(tmp_path):
    word = Word()
    bold(word, "一、资金支持")
    bold(word, "（一）补助")
    word.add_paragraph("首次转化补助二十万元。")
    bold(word, "二、服务")
    word.add_paragraph("窗口免费。")
    assert [(text, path) for kind, text, path in units(tmp_path, word) if kind is Kind.BODY] == [
        ("首次转化补助二十万元。", ("一、资金支持", "（一）补助")),
        ("窗口免费。", ("二、服务",)),
    ]


def test_a_heading_typeface_counts_as_bold(tmp_path):
    word = Word()
    append(word, f'<w:p {W}><w:r><w:rPr><w:rFonts w:eastAsia="黑体"/></w:rPr><w:t>一、资金支持</w:t></w:r></w:p>')
    assert texts(tmp_path, word, Kind.HEADING) == ["一、资金支持"]


def test_a_number_that_is_not_bold_makes_no_heading(tmp_path):
    word = Word()
    word.add_paragraph("一、资金支持")
    assert texts(tmp_path, word) == ["一、资金支持"]


def test_a_bold_beginning_of_a_paragraph_makes_no_heading(tmp_path):
    word = Word()
    paragraph = word.add_paragraph()
    paragraph.add_run("（一）设立资金。").bold = True
    paragraph.add_run("每年一千万元。")
    assert texts(tmp_path, word) == ["（一）设立资金。每年一千万元。"]


def test_a_bold_sentence_makes_no_heading(tmp_path):
    word = Word()
    bold(word, "一、企业首次转化专利的，补助二十万元。")
    assert texts(tmp_path, word) == ["一、企业首次转化专利的，补助二十万元。"]


def test_bold_numbers_stay_text_where_styles_make_the_headings(tmp_path):
    word = Word()
    word.add_heading("总则", 1)
    bold(word, "一、资金支持")
    assert texts(tmp_path, word) == ["一、资金支持"]


def test_list_items_are_paragraphs(tmp_path):
    word = Word()
    word.add_paragraph("补助二十万元；", style="List Bullet")
    word.add_paragraph("贴息一半。", style="List Number")
    assert texts(tmp_path, word) == ["补助二十万元；", "贴息一半。"]


def test_a_table_is_read_row_by_row_where_it_stands(tmp_path):
    word = Word()
    word.add_paragraph("标准如下")
    table = word.add_table(2, 2)
    for cell, text in zip(
        [c for row in table.rows for c in row.cells], ["项目", "标准", "转化", "二十万元"], strict=True
    ):
        cell.text = text
    word.add_paragraph("表后的话")
    assert texts(tmp_path, word) == ["标准如下", "项目；标准", "转化；二十万元", "表后的话"]


def test_a_merged_cell_counts_once(tmp_path):
    word = Word()
    table = word.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "通栏"
    table.cell(1, 0).text, table.cell(1, 1).text = "左", "右"
    assert texts(tmp_path, word) == ["通栏", "左；右"]


def test_a_table_in_a_table_belongs_to_its_cell(tmp_path):
    word = Word()
    table = word.add_table(1, 2)
    table.cell(0, 0).text = "外"
    inner = table.cell(0, 1).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "内甲", "内乙"
    (row,) = texts(tmp_path, word)
    assert row.replace("\n", "") == "外；内甲内乙"


def test_a_table_of_one_cell_is_a_frame_around_paragraphs(tmp_path):
    word = Word()
    cell = word.add_table(1, 1).cell(0, 0)
    cell.text = "第一段。"
    cell.add_paragraph("第二段。")
    assert texts(tmp_path, word) == ["第一段。", "第二段。"]


def test_headers_and_footers_are_left_out(tmp_path):
    word = Word()
    word.sections[0].header.paragraphs[0].text = "内部资料"
    word.sections[0].footer.paragraphs[0].text = "第 1 页"
    word.add_paragraph("正文在此。")
    assert [text for _, text, _ in units(tmp_path, word)] == ["正文在此。"]


def test_tracked_insertions_are_read_and_deletions_are_not(tmp_path):
    word = Word()
    append(
        word,
        f"<w:p {W}><w:r><w:t>补助</w:t></w:r>"
        '<w:del w:id="1" w:author="a"><w:r><w:delText>十</w:delText></w:r></w:del>'
        '<w:ins w:id="2" w:author="a"><w:r><w:t>二十</w:t></w:r></w:ins><w:r><w:t>万元。</w:t></w:r></w:p>',
    )
    assert texts(tmp_path, word) == ["补助二十万元。"]


def test_hidden_text_and_field_codes_are_left_out(tmp_path):
    word = Word()
    append(
        word,
        f"<w:p {W}><w:r><w:instrText>PAGEREF x</w:instrText></w:r><w:r><w:t>看得见</w:t></w:r>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>看不见</w:t></w:r></w:p>",
    )
    assert texts(tmp_path, word) == ["看得见"]


def test_content_controls_and_links_are_read(tmp_path):
    word = Word()
    append(word, f"<w:sdt {W}><w:sdtContent><w:p><w:r><w:t>控件里的话。</w:t></w:r></w:p></w:sdtContent></w:sdt>")
    append(word, f"<w:p {W}><w:r><w:t>见</w:t></w:r><w:hyperlink><w:r><w:t>附件</w:t></w:r></w:hyperlink></w:p>")
    assert texts(tmp_path, word) == ["控件里的话。", "见附件"]


def test_a_text_box_is_read_once(tmp_path):
    word = Word()
    box = "<w:txbxContent><w:p><w:r><w:t>框里的话。</w:t></w:r></w:p></w:txbxContent>"
    append(
        word,
        f'<w:p {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r><w:t>框外。</w:t>'
        f'<mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>{box}</w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>",
    )
    assert texts(tmp_path, word) == ["框外。", "框里的话。"]


def test_captions_are_furniture(tmp_path):
    word = Word()
    word.add_paragraph("图1 转化流程", style="Caption")
    word.add_paragraph("正文在此。")
    assert texts(tmp_path, word, Kind.FURNITURE) == ["图1 转化流程"]


def with_footnote(word, text):
    """Add a part with a footnote, as Word writes it: python-docx has no call for it."""
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    xml = (
        f'<w:footnotes {W}><w:footnote w:type="separator" w:id="0"><w:p><w:r><w:t>——</w:t></w:r></w:p></w:footnote>'
        f'<w:footnote w:id="1"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    part = Part(PackURI("/word/footnotes.xml"), kind, xml.encode(), word.part.package)
    word.part.relate_to(part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes")


def test_footnotes_are_furniture_at_the_end(tmp_path):
    word = Word()
    word.add_paragraph("正文在此。")
    with_footnote(word, "注：试行一年。")
    assert [(kind, text) for kind, text, _ in units(tmp_path, word)] == [
        (Kind.BODY, "正文在此。"),
        (Kind.FURNITURE, "注：试行一年。"),
    ]


def test_a_document_without_text_is_named(tmp_path):
    assert reason(tmp_path, Word()) == "no text in it"


def test_what_is_no_zip_is_named(tmp_path):
    assert "not a ZIP" in reason(tmp_path, "只是文字".encode())
    assert reason(tmp_path, b"") == "empty"


def test_a_document_under_a_password_is_named(tmp_path):
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    assert "password" in reason(tmp_path, data)


def test_an_old_word_file_is_named_with_what_to_do(tmp_path):
    assert "save it as .docx" in reason(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))


def rezipped(word, change):
    """The file with its members as `change` gives them; nothing leaves one out."""
    whole, out = io.BytesIO(), io.BytesIO()
    word.save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if (data := change(name, source.read(name))) is not None:
                target.writestr(name, data)
    return out.getvalue()


def test_a_missing_main_part_is_named(tmp_path):
    data = rezipped(Word(), lambda name, data: None if name == "word/document.xml" else data)
    assert "word/document.xml is missing" in reason(tmp_path, data)


@pytest.mark.parametrize("name", ["word/document.xml", "[Content_Types].xml", "word/styles.xml"])
@pytest.mark.parametrize("content", [b"", b"<w:document", b"\xff\xfe\xff", b"<a/>"])
def test_a_broken_part_is_named(tmp_path, name, content):
    found = items(tmp_path, rezipped(Word(), lambda n, data: content if n == name else data))
    assert [type(item) for item in found] == [Skipped]


def test_a_cut_file_is_named(tmp_path):
    data = rezipped(Word(), lambda name, data: data)
    assert "damaged" in reason(tmp_path, data[: len(data) // 2])


def test_a_bomb_is_named(tmp_path):
    data = rezipped(Word(), lambda name, data: b"0" * (60 << 20) if name == "word/document.xml" else data)
    assert "ZIP bomb" in reason(tmp_path, data)


def test_entities_are_not_expanded(tmp_path):
    lol = b'<!DOCTYPE x [<!ENTITY a "' + b"A" * 1000 + b'">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 50) for n in range(6)
    ) + b"]>"  # fmt: skip

    def change(name, data):
        if name != "word/document.xml":
            return data
        head, _, rest = data.partition(b"?>")
        return head + b"?>" + lol + rest.replace(b"<w:body>", b"<w:body><w:p><w:r><w:t>&g;</w:t></w:r></w:p>")

    word = Word()
    word.add_paragraph("正文在此。")
    found = items(tmp_path, rezipped(word, change))
    assert all(len(getattr(item, "text", "")) < 1000 for item in found) and len(found) == 1
