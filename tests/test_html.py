"""HTML → the main text as marked units, whatever its encoding."""

import pytest

from classifier.records import Document, Kind, Skipped
from classifier.tagging.documents import Source, read

OFFICE = """<!DOCTYPE html><html><head><meta charset="{charset}"><title>若干措施_云溪市人民政府</title>
<style>.a {{}}</style><script>var a = "脚本里的话";</script></head><body>
<div class="top"><a href="/">首页</a><a href="/a">政务公开</a><a href="/b">办事服务</a></div>
<div class="crumb">当前位置：<a href="/">首页</a> &gt; <a href="/x">政策文件</a> &gt; 正文</div>
<div class="main"><h1>云溪市关于支持专利转化的若干措施</h1>
<div class="info"><span>发布时间：2024-05-06 10:00</span><span>来源：市知识产权局</span></div>
<div id="content">
<p>　　为促进专利转化，现提出如下措施。</p>
<p>　　<strong>一、加大资金支持</strong></p>
<p>　　<strong>（一）设立专项资金。</strong>对首次转化的企业给予不超过二十万元的补助，由市财政逐年安排。</p>
<p>　　<span style="font-family: 黑体">二、完善服务体系</span></p>
<p>　　建设一站式服务窗口，提供检索、评估、登记等服务，全程免费。</p>
<table><tr><th>项目</th><th>标准</th></tr><tr><td>首次转化</td><td>二十万元</td></tr></table>
<ul><li>受理单位：市知识产权局。</li><li>受理时限：十个工作日。</li></ul>
</div><div class="share">分享到：<a>微信</a><a>微博</a></div></div>
<div class="footer"><p>主办单位：云溪市人民政府办公室</p><p>云ICP备00000000号 <a>网站地图</a></p></div></body></html>"""

NEWS = """<html><head><title>专利入园</title></head><body>
<div id=nav><ul><li><a href=1>新闻</a><li><a href=2>财经</a></ul></div>
<div class=article><h1>专利入园</h1>
<h2>园区里的新窗口</h2><p>桐江新区近日在园区设立知识产权服务窗口，为企业提供专利检索、质押登记等一站式服务。</p>
<h2>把钱用在刀刃上</h2><p>新区财政每年安排专项资金一千万元，对购买专利保险的企业给予保费补贴，最高百分之六十。</p>
<h3>细则待定</h3><p>具体办法将于下月公布，届时可在网上申报，审核时限为十个工作日。</p>
<p>（责任编辑：许清和）</p></div></body></html>"""
MEASURES = "云溪市关于支持专利转化的若干措施"


def items(tmp_path, page, encoding="utf-8", name="page.html"):
    path = tmp_path / name
    path.write_bytes(page if isinstance(page, bytes) else page.encode(encoding))
    return list(read(Source(path.name, path)))


def units(tmp_path, page, encoding="utf-8"):
    """Kind, text and heading path of every unit."""
    (document,) = items(tmp_path, page, encoding)
    assert isinstance(document, Document)
    found = [(u.kind, document.text[slice(*u.source[0])], u.heading) for u in document.units]
    assert document.text == "\n".join(text for _, text, _ in found)
    return found


def bodies(tmp_path, page):
    return [text for kind, text, _ in units(tmp_path, page) if kind is Kind.BODY]


def reason(tmp_path, page):
    (skipped,) = items(tmp_path, page)
    assert isinstance(skipped, Skipped)
    return skipped.reason


def test_a_government_page_gives_its_text_under_its_headings(tmp_path):
    assert units(tmp_path, OFFICE.format(charset="utf-8")) == [
        (Kind.HEADING, MEASURES, ()),
        (Kind.FURNITURE, "发布时间：2024-05-06 10:00来源：市知识产权局", (MEASURES,)),
        (Kind.BODY, "为促进专利转化，现提出如下措施。", (MEASURES,)),
        (Kind.HEADING, "一、加大资金支持", (MEASURES,)),
        (
            Kind.BODY,
            "（一）设立专项资金。对首次转化的企业给予不超过二十万元的补助，由市财政逐年安排。",
            (MEASURES, "一、加大资金支持"),
        ),
        (Kind.HEADING, "二、完善服务体系", (MEASURES,)),
        (
            Kind.BODY,
            "建设一站式服务窗口，提供检索、评估、登记等服务，全程免费。",
            (MEASURES, "二、完善服务体系"),
        ),
        (Kind.BODY, "项目；标准", (MEASURES, "二、完善服务体系")),
        (Kind.BODY, "首次转化；二十万元", (MEASURES, "二、完善服务体系")),
        (Kind.BODY, "受理单位：市知识产权局。", (MEASURES, "二、完善服务体系")),
        (Kind.BODY, "受理时限：十个工作日。", (MEASURES, "二、完善服务体系")),
    ]


@pytest.mark.parametrize("said", ["gb2312", "utf-8", "big5"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_the_encoding_is_told_whatever_the_page_says_of_it(tmp_path, said, encoding):
    assert units(tmp_path, OFFICE.format(charset=said), encoding)[0][1] == MEASURES


def test_a_traditional_page_in_big5_is_read(tmp_path):
    page = "<html><head><meta charset=big5></head><body><h1>推動專利運用</h1><p>對購買專利保險的企業給予保費補貼。</p>"
    assert [text for _, text, _ in units(tmp_path, page, "big5")] == [
        "推動專利運用",
        "對購買專利保險的企業給予保費補貼。",
    ]


def test_menus_scripts_and_footers_are_left_out(tmp_path):
    everything = "".join(text for _, text, _ in units(tmp_path, OFFICE.format(charset="utf-8")))
    assert not [word for word in ("脚本", "首页", "当前位置", "微信", "ICP", "主办单位") if word in everything]


def test_headings_of_a_news_page_give_paths(tmp_path):
    found = units(tmp_path, NEWS)
    assert [path for kind, _, path in found if kind is Kind.BODY] == [
        ("专利入园", "园区里的新窗口"),
        ("专利入园", "把钱用在刀刃上"),
        ("专利入园", "把钱用在刀刃上", "细则待定"),
    ]


def test_an_editor_s_line_is_furniture(tmp_path):
    assert [text for kind, text, _ in units(tmp_path, NEWS) if kind is Kind.FURNITURE] == ["（责任编辑：许清和）"]


def test_bold_numbers_stay_text_where_headings_are_marked(tmp_path):
    page = NEWS.replace("<p>具体", "<p><b>一、目标</b></p><p>具体")
    assert "一、目标" in bodies(tmp_path, page)


def test_two_line_breaks_part_paragraphs_and_one_does_not(tmp_path):
    page = "<html><body><div>县里办理质押贷款，<br>银行参与。<br><br>对企业给予贴息。</div></body></html>"
    assert [text.replace("\n", "") for text in bodies(tmp_path, page)] == [
        "县里办理质押贷款，银行参与。",
        "对企业给予贴息。",
    ]


def test_a_line_break_in_the_source_is_no_line_break(tmp_path):
    assert bodies(tmp_path, "<html><body><p>Patent\n pledge\n financing</p></body></html>") == [
        "Patent pledge financing"
    ]


def test_a_table_that_lays_out_the_page_is_read_as_paragraphs(tmp_path):
    page = (
        "<html><body><table><tr><td><h2>一、总则</h2><p>县里办理专利权质押贷款，银行给予优惠利率，财政贴息一半。</p>"
        "<p>第二段讲的是专利导航与运营平台建设，由园区承担。</p></td></tr></table></body></html>"
    )
    assert [path for _, _, path in units(tmp_path, page)] == [(), ("一、总则",), ("一、总则",)]


@pytest.mark.parametrize(
    "page",
    [
        "<p>没有外壳的段落，只有一句话。</p>",
        "<html><body><p>没有外壳的段落，只有一句话。</p>",
        "<body>没有外壳的段落，只有一句话。",
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body>'
        "<p>没有外壳的段落，只有一句话。</p></body></html>",
        "没有外壳的段落，只有一句话。",
    ],
)
def test_broken_and_strict_markup_is_read(tmp_path, page):
    assert bodies(tmp_path, page) == ["没有外壳的段落，只有一句话。"]


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><title>无正文</title></head></html>",
        "<html><body></body></html>",
        "<html><body><script>var a = 1;</script><style>p {}</style></body></html>",
        "<html><frameset><frame src=a.html></frameset></html>",
        "<html><body><p>\u200b &nbsp; </p></body></html>",
        "<!-- 只有注释 -->",
    ],
)
def test_a_page_without_text_is_named(tmp_path, page):
    assert reason(tmp_path, page) == "no text in it"


def test_an_empty_file_is_named(tmp_path):
    assert reason(tmp_path, b" \n") == "empty"


def test_a_binary_file_is_named(tmp_path):
    assert "binary" in reason(tmp_path, b"\x89PNG\r\n" + bytes(500))


def test_markup_nested_very_deep_is_no_crash(tmp_path):
    deep = (
        "<html><body>"
        + "<div>" * 20_000
        + "深处的话，写得长一些，好让它算作正文。"
        + "</div>" * 20_000
        + "</body></html>"
    )
    assert len(items(tmp_path, deep)) == 1


def test_zero_width_and_rtl_characters_stay_in_the_text(tmp_path):
    page = "<html><body><p>专\u200b利\u202e质押贷款\u202c，银行给予优惠利率。</p></body></html>"
    assert bodies(tmp_path, page) == ["专\u200b利\u202e质押贷款\u202c，银行给予优惠利率。"]
