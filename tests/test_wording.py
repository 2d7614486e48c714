"""What the wording of a line says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import BODIES, BYLINES, HEADINGS, letter_space, wrap

from classifier.tagging import wording
from classifier.tagging.lines import measure

BYLINE = [
    *BYLINES,
    "本报记者 方晴",
    "◎本报记者 方晴 通讯员 石楠",
    "记者：方晴",
    "本报评论员",
    "通讯员 石楠 方晴",
    "文/图 方晴",
    "责任编辑：方晴 版式：石楠",
    "科技先锋报记者 方晴",
]
CREDIT = ["新华社发（方晴 摄）", "方晴 摄", "视觉中国供图", "（受访单位供图）", "图片来源：青岚阀门公司", "据青岚日报"]
LABEL = ["A03", "5", "— 12 —", "第3页", "2024年6月18日 星期二", "星期五", "（下转第6版）", "上接第1版"]
CAPTION = ["图为恒锐光电的检测车间", "▲工人在装配车间", "图①：展会现场", "左图：恒锐光电展台"]
NOTE = ["（作者方晴，资料来源：青岚市知识产权局）", "（执笔：方晴 石楠）"]


def starts(words):
    return lambda text: bool(words(measure(text))[0])


@pytest.mark.parametrize("text", BYLINE + CREDIT + LABEL + CAPTION + NOTE)
def test_furniture_is_certain(text):
    assert wording.score(text) == 9


@pytest.mark.parametrize("text", ["签约现场", "设备示意图", "产业园外景"])
def test_a_short_line_that_names_a_view_is_likely_furniture(text):
    assert 0 < wording.score(text) < 9


@pytest.mark.parametrize("text", [*HEADINGS, *BODIES])
def test_headings_and_paragraphs_are_no_furniture(text):
    assert wording.score(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "记者从园区获悉，贴息资金已经到账",
        "记者在采访中了解到，一些企业反映门槛偏高",
        "本报记者，公司新设的知识产权部只有四个人，",
        "本报讯（记者方晴）记者昨天从园区获悉，",
        "新华社青岚电（记者方晴）一条试验线",
        "编辑部的人告诉他，稿子已经发出去了",
        "校对和排版由企业自己负责",
        "摄影爱好者在展会上拍照留念",
        "第三条 贴息资金由园区财政安排",
        "2024年园区贴息1000万元，惠及418家企业",
        "据青岚海关统计，出口增长两成",
    ],
)
def test_sentences_that_look_like_furniture_are_none(text):
    assert wording.score(text) == 0


@given(st.sampled_from(BODIES), st.integers(14, 30))
def test_wrapped_text_is_seldom_furniture(text, width):
    scores = wording.scores(measure("\n".join(wrap(text, width, 2))))
    assert np.count_nonzero(scores) <= 1


def test_scores_read_letter_spaced_lines_as_they_are_meant():
    lines = measure("\n".join(["质押融资办法", letter_space("本报记者方晴"), letter_space("质押融资办法")]))
    assert wording.scores(lines).tolist() == [0, 9, 0]


def test_a_long_line_is_no_furniture():
    assert wording.scores(measure("本报记者 方晴" + "，" + "专利" * 60)).tolist() == [0]


@pytest.mark.parametrize("text", BYLINE)
def test_bylines_name_the_writers(text):
    assert wording.is_byline(text)


@pytest.mark.parametrize("text", [*CREDIT, *CAPTION, *HEADINGS, "记者从园区获悉"])
def test_other_lines_do_not_name_the_writers(text):
    assert not wording.is_byline(text)


@pytest.mark.parametrize("text", CREDIT)
def test_credits_are_credits(text):
    assert wording.is_credit(text)


@pytest.mark.parametrize("text", [*HEADINGS, "本报记者 方晴 石楠", "记者摄影爱好者协会成立，会员过百"])
def test_other_lines_are_no_credits(text):
    assert not wording.is_credit(text)


def test_a_caption_may_end_in_its_own_credit():
    lines = measure("科研人员在查看实验数据。 方晴 摄\n科研人员在查看实验数据。数据将公开\n科研人员在查看实验数据。")
    assert wording.holds_credit(lines).tolist() == [True, False, False]


@pytest.mark.parametrize("text", CAPTION)
def test_captions_begin_with_a_mark(text):
    assert wording.opens_caption(text)


@pytest.mark.parametrize("text", [*HEADINGS, "图书馆为市民检索专利", "左手标准，右手专利"])
def test_other_lines_begin_no_caption(text):
    assert not wording.opens_caption(text)


@pytest.mark.parametrize("text", ["工人正在车间装配阀门", "图为检测车间", "在展台前，技术人员在展示样机", "航拍的园区"])
def test_a_scene_is_described(text):
    assert wording.describes_scene(text)


@pytest.mark.parametrize("text", ["园区贴息一半，每家最高五十万元。", "工人正在" + "车间" * 50])
def test_what_is_no_scene_is_not_described(text):
    assert not wording.describes_scene(text)


@pytest.mark.parametrize(
    "text", ["（一）总体要求", "(2)申报条件", "一、目标", "第三章 保障", "1.申报", "12、审核", "①申报", "第二节 奖励"]
)
def test_a_numbered_title_begins_an_item_as_headings_do(text):
    assert [bool(found[0]) for found in wording.starts_item(measure(text))] == [True, True]


@pytest.mark.parametrize("text", ["● 贴息一半", "■政策要点", "第三条 贴息资金由财政安排。"])
def test_bullets_and_articles_begin_items_but_no_headings(text):
    assert [bool(found[0]) for found in wording.starts_item(measure(text))] == [True, False]


@pytest.mark.parametrize(
    "text", ["3.5亿元的贷款", "2024年起", "一家企业", "（试行）办法", "第一批贷款", "1000万元", "十个工作日"]
)
def test_other_numbers_begin_no_items(text):
    assert not starts(lambda lines: wording.starts_item(lines)[0])(text)


@pytest.mark.parametrize("text", ["款，银行", "贷款。银行", "等、"])
def test_a_pause_among_the_first_three_characters_comes_at_once(text):
    assert starts(wording.pauses_at_once)(text)


@pytest.mark.parametrize("text", ["银行贷款，利息", "贷", "贷款"])
def test_a_later_pause_does_not_come_at_once(text):
    assert not starts(wording.pauses_at_once)(text)


@pytest.mark.parametrize(
    "speaker",
    [
        "恒锐光电董事长顾砚舟说，公司",
        "方晴介绍，今年",
        "一位教授坦言：难",
        "他告诉记者，贷款",
    ],
)
def test_who_spoke_may_stand_behind_a_quotation(speaker):
    assert starts(wording.names_speaker)(f"“资金到账很快。”\n{speaker}")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("“资金到账很快。”", "贷款余额增加三成。"),
        ("资金到账很快。", "方晴介绍，今年"),
        ("“资金到账很快", "方晴说，今年"),
    ],
)
def test_a_speaker_is_named_only_behind_a_whole_quotation(first, second):
    assert not starts(wording.names_speaker)(f"{first}\n{second}")


@pytest.mark.parametrize(
    "text", ["本报讯（记者方晴）", "新华社青岚电（", "本报青岚6月18日电 ", "中新网青岚6月18日电（"]
)
def test_a_dateline_opens_a_report(text):
    assert wording.opens_report(text + "记者获悉")
    assert starts(wording.starts_report)("上文。\n" + text + "记者获悉，园区贴息一半。")


@pytest.mark.parametrize("text", ["本报记者获悉，通讯公司", "电动工具企业", "新华社记者在青岚采访电池企业"])
def test_other_words_open_no_report(text):
    assert not wording.opens_report(text)


@pytest.mark.parametrize("text", ["近日，园区", "据介绍，园区", "与此同时，园区", "今年以来，园区"])
def test_some_words_like_to_open_paragraphs(text):
    assert wording.opens_paragraph(text)
    assert starts(wording.starts_paragraph)("上文。\n" + text)


@pytest.mark.parametrize("text", ["园区近日", "据此认定", "同时间"])
def test_other_words_open_paragraphs_as_they_come(text):
    assert not wording.opens_paragraph(text)


@given(st.text("本报记者讯电（）一、1.“”说，。\n 专", max_size=60))
def test_every_line_and_every_pair_of_neighbours_has_a_value(text):
    lines = measure(text)
    for values in (wording.scores(lines), *wording.starts_item(lines), wording.pauses_at_once(lines)):
        assert len(values) == len(lines)
    for values in (wording.names_speaker(lines), wording.starts_report(lines), wording.starts_paragraph(lines)):
        assert len(values) == max(len(lines) - 1, 0)
