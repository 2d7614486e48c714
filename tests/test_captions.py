"""Captions over several lines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import CAPTIONS, pages, wrap

from classifier.tagging import wording
from classifier.tagging.captions import captions
from classifier.tagging.cohesion import packaged
from classifier.tagging.lines import measure

ABOVE, BELOW = "去年，窗口共办理业务八千九百余件。", "会议开了三天，代表们讨论了今年的计划。"


def told(*texts):
    """Give which lines are of a caption, and which of these go on with one."""
    lines = measure("\n".join(texts))
    own = wording.scores(lines)
    scores, goes_on = captions(lines, own, packaged().ratio(lines.last[:-1], lines.first[1:]))
    return (scores >= wording.CERTAIN).tolist(), goes_on.tolist()


@pytest.mark.parametrize("width", [10, 14, 18])
@pytest.mark.parametrize("text", [text for text in CAPTIONS if wording.opens_caption(text)])
def test_a_mark_begins_a_caption_that_its_sentence_ends(text, width):
    wrapped = list(wrap(text.partition("。")[0] + "。", width))
    caption, goes_on = told(ABOVE, *wrapped, BELOW)
    assert caption == [False, *[True] * len(wrapped), False]
    assert goes_on == [False, False, *[True] * (len(wrapped) - 1), False]


@pytest.mark.parametrize("credit", ["新华社记者 白露摄", "（受访单位供图）", "（图片由主办单位提供）"])
def test_a_short_sentence_set_tight_on_a_credit_is_its_caption(credit):
    assert told(ABOVE, "外国客商在展台前了解新的光", "纤激光器。", credit, BELOW)[0] == [False, True, True, True, False]


def test_a_long_text_above_a_credit_is_no_caption():
    long = list(wrap("园区今年拿出八百万元支持专利导航项目，" * 6 + "成果公开。", 20))
    assert told(ABOVE, *long, "新华社记者 白露摄")[0] == [False, *[False] * len(long), True]


def test_a_mark_that_is_repeated_is_a_bullet():
    assert told("▲青岚市公布试点名单。", "▲云杉湾蜜柚获准注册。", "▲新法庭开张。")[0] == [False, False, False]


@given(pages.map(lambda made: made.text) | st.text("▲图为摄。，“（） \n甲乙新华社记者"))
def test_only_lines_of_captions_go_on_with_one(text):
    lines = measure(text)
    own = wording.scores(lines)
    scores, goes_on = captions(lines, own, packaged().ratio(lines.last[:-1], lines.first[1:]))
    assert np.all(scores[goes_on] == wording.CERTAIN)
    assert not goes_on[:1].any()
    assert np.all(scores[:-1][goes_on[1:]] == wording.CERTAIN)
