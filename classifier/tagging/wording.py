"""What the wording of a line says: byline, credit, caption, page label, list item, the opening of a report.

Patterns run on lines that hold one of a few tell-tale characters only; most lines of a page do not.
"""

import re

import numpy as np

from classifier.tagging.lines import BULLETS, SPACES, Bools, Floats, Lines, one_of

CERTAIN, _LIKELY = 9.0, 5.5  # scores
_NUMERALS, _DIGITS = "一二三四五六七八九十百零〇", "0123456789０１２３４５６７８９"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"

_ROLE = (
    r"(?:特约|首席|实习|见习|特派|全媒体|融媒体|驻\w{2,4})*"
    r"(?:记者|通讯员|评论员|撰稿人?|撰文|作者|编译|责任编辑|责编|编辑|美编|版式|校对|制图|绘图|摄影|整理|文/图|图/文|执笔|统筹|策划)"
)
# what roles and credits begin with, and what comes next
_ROLE_BEGINS, _ROLE_GOES_ON = (
    "记通评撰作编责美版校制绘摄整文图执统策访供料" + _DIGITS,
    "者讯论稿文译辑编任式对图影理/笔筹划版）)" + SPACES,
)
_PAPER = r"(?:[\u4e00-\u9fff·—-]{1,14}(?:报|刊|社|网|电视台|新闻|客户端))?"
_NAMES = r"[：:/\s]*(?:[\u4e00-\u9fffA-Za-z·]{1,4}(?:[\s、，,/]+|$)){0,8}"
_BYLINE = re.compile(rf"^[{BULLETS}\s]*(?:{_PAPER}\s*{_ROLE}{_NAMES}){{1,5}}(?:摄影报道|报道|文/图|摄)?$")
_MARKED_BYLINE = re.compile(
    rf"^[{BULLETS}][^。，；]{{0,18}}{_ROLE}[^。，；]{{0,24}}$"
)  # letter-spaced: names run together
_CREDIT = re.compile(
    r"^[（(]?(?:(?:人民图片|视觉中国|CFP|IC\s?photo|东方IC|影像中国|图片来源|资料图片?|受访者|受访单位)[^。，；]{0,20}|"
    r"(?:新华社|中新社|中国新闻社)(?:记者|图片|照片)?(?:发|[^。，；]{0,8}摄)?(?:[（(][^。，；）)]{1,10})?|"
    r"[^。，；]{1,18}(?:摄|供图|提供图片)|图片?由[^。，；]{1,24}提供|据[^。，；]{2,16}(?:报|社|网|客户端)[^。，；]{0,6})[）)]?$"
)
_DATE = r"\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日"
_LABEL = re.compile(
    r"^(?:第?\s*[A-Z]?\d{1,3}\s*版\s*(?:要闻|综合|专题|专版|经济|产业|科技)?|[-—–·\s]*[A-Z]?\d{1,4}[-—–·\s]*|第\s*\d+\s*页.{0,12}|"
    rf"(?:{_DATE}\s*)?星期[一二三四五六日天][^。，；]{{0,16}}|{_DATE}(?:\s*第?\s*[A-Z]?\d{{1,3}}\s*版?)?|"
    r"[（(]?(?:下转|上接|紧接|转|接)第?\s*[A-Z]?\d{1,3}\s*版[^。]{0,10}[）)]?|[^。，；]{2,16}[①-⑳])$"
)
_SOURCE = re.compile(
    r"^[（(](?=[^（()）]{0,60}(?:资料来源|来源|作者|执笔|整理|研究所|记者|通讯员|供稿))[^。]{4,80}[）)]$"
)
_CAPTION = re.compile(r"^(?:[◀▶▲▼△▽◁▷►◄]|图为|图[①-⑳一二三四五六七八九\d][：:为，,\s]|[左右上下]图[：:为，])")
_ASIDE = re.compile("|".join(pattern.pattern for pattern in (_CREDIT, _LABEL, _SOURCE, _CAPTION)))
_SCENE = re.compile(r"(?:现场|资料图|示意图|效果图|合影|外景|一角|全景)$")
_ITEM = re.compile(
    r"^(?:[（(][一二三四五六七八九十百\d]{1,3}[）)]|[一二三四五六七八九十]{1,3}、|"
    r"第[一二三四五六七八九十百零〇\d]{1,5}([章节条编])|\d{1,2}[.．、](?!\d)|[①-⑳])"
)
_SPEAKS = re.compile(r"^[^“。]{0,40}(?:(?:说|表示|介绍|坦言|认为|指出|称|道|强调|透露|建议)|告诉\w{2,6})[。，：,:]")
_REPORT = re.compile(r"^(?:本报|[\u4e00-\u9fff]{2,8}[报网社])[^，。；]{0,16}(?:讯|电)(?:[（(\s]|$)")
_OPENINGS = (
    "近日", "日前", "近年", "目前", "据悉", "据了解", "据介绍", "此外", "与此同时", "同时，", "另外", "记者了解",
    "今年以来", "截至目前",
)  # fmt: skip
_OPENING = "".join(sorted({words[0] for words in _OPENINGS}))
_LOOKS_ON = re.compile(
    r"正在|图为|在[^，。]{0,12}?(?:核对|查看|查验|检查|调试|作业|忙碌|操作|展示|参观|装配|组装|加工|测试|生产)|"
    r"车间内|展台|俯瞰|航拍"
)


def scores(lines: Lines) -> Floats:
    """Give how strongly each line's wording says furniture, from 0 (not at all) to 9 (certainly)."""
    found = np.zeros(len(lines))
    telling = lines.holding(_ROLE_BEGINS, _ROLE_GOES_ON)
    telling &= one_of(lines.first, BULLETS) | (lines.width <= 30)
    telling |= one_of(lines.first, "（(据星下上左右图视CFIP-—–·◀▶▲▼△▽◁▷►◄")
    telling |= one_of(lines.first, _DIGITS) & (lines.commas == 0)
    telling |= one_of(lines.first, "新中人") & one_of(lines.second, "华新国民")
    telling |= (lines.first == ord("第")) & (lines.second < 0x3001)  # with a number in digits
    telling |= one_of(lines.last, "摄" + _CIRCLED) | (one_of(lines.last, "场图影景角") & (lines.width <= 14))
    telling &= (lines.width <= 60) & (lines.inner == 0)
    for i, text in lines.strings(telling & (lines.gaps == 0)):
        found[i] = score(text)
    for i, text in lines.strings(telling & (lines.gaps > 0)):
        found[i] = score(("" if lines.spaced[i] else " ").join(text.split()))
    return found


def score(text: str) -> float:
    """Give how strongly the wording of one line says furniture."""
    if _ASIDE.match(text) or is_byline(text):
        return CERTAIN
    return _LIKELY if len(text) <= 14 and _SCENE.search(text) else 0.0


def is_byline(text: str) -> bool:
    """Whether a line names the writers and does nothing else."""
    return len(text) <= 60 and bool(_BYLINE.match(text) or _MARKED_BYLINE.match(text))


def is_credit(text: str) -> bool:
    """Whether a line credits a photograph."""
    return bool(_CREDIT.match(text))


def opens_caption(text: str) -> bool:
    """Whether a line begins as captions do: ▲, 图为, 左图：."""
    return bool(_CAPTION.match(text))


def holds_credit(lines: Lines) -> Bools:
    """Lines that end a caption with its credit behind: 科研人员在实验。 秦望 摄."""
    found = np.zeros(len(lines), dtype=bool)
    for i, text in lines.strings((lines.inner > 0) & ~lines.ends & one_of(lines.last, "摄图片报社网端道）)")):
        head, _, tail = text.rpartition("。")
        found[i] = len(head) <= 80 and is_credit(tail.strip())
    return found


def describes_scene(text: str) -> bool:
    """Whether a text speaks of what a photograph shows."""
    return len(text) <= 90 and bool(_LOOKS_ON.search(text))


def starts_item(lines: Lines) -> tuple[Bools, Bools]:
    """Lines that begin an item: a bullet, an article, a number; and of these, the numbers that headings have too."""
    item, numbered = one_of(lines.first, BULLETS), np.zeros(len(lines), dtype=bool)
    telling = one_of(lines.first, "（(第" + _NUMERALS + _DIGITS) & one_of(lines.second, "、.．" + _NUMERALS + _DIGITS)
    telling |= one_of(lines.first, _CIRCLED)
    for i, text in lines.strings(telling, reach=8):
        found = _ITEM.match(text)
        if found and found[1] == "条" and i and not (lines.ends[i - 1] or lines.width[i - 1] < 12):
            continue  # an article that the sentence above refers to
        if found:
            item[i], numbered[i] = True, found[1] != "条"
    return item, numbered


def finishes(lines: Lines, item: Bools) -> Bools:
    """Lines that end something: a sentence, the lead of a list (：), an item (；), or a bullet's text among bullets.

    `item`: the lines that begin one.
    """
    before, follows = np.append(False, item[:-1]), np.append(item[1:], False)
    listed = one_of(lines.first, BULLETS) & (before | follows) & ~lines.pauses
    return np.asarray(lines.ends | listed | (follows & one_of(lines.last, "；;：:") & (lines.width > 6)))


def pauses_at_once(lines: Lines) -> Bools:
    """Lines whose first or second character is followed by a pause: paragraphs seldom begin so."""
    return one_of(lines.second, "，。；、") | one_of(lines.third, "，。；、")


def names_speaker(lines: Lines) -> Bools:
    """Line ends with a quotation's end where the next line goes on to say who spoke; one value a neighbouring pair."""
    found = np.zeros(len(lines), dtype=bool)
    for i, text in lines.strings(np.append(False, lines.ends & one_of(lines.last, "”」"))[:-1], reach=60):
        found[i] = bool(_SPEAKS.match("".join(text.split())))
    return found[1:]


def starts_report(lines: Lines) -> Bools:
    """Whether the second line of each neighbouring pair opens a report."""
    found = np.zeros(len(lines), dtype=bool)
    for i, text in lines.strings(lines.holding("讯电", "（(" + SPACES)):
        found[i] = opens_report(text)
    return found[1:]


def opens_report(text: str) -> bool:
    """Whether a text opens a report: 本报讯, 新华社北京电."""
    return bool(_REPORT.match(text[:28]))


def starts_paragraph(lines: Lines) -> Bools:
    """Whether the second line of each neighbouring pair begins with words that paragraphs like to begin with."""
    found = np.zeros(len(lines), dtype=bool)
    for i, text in lines.strings(one_of(lines.first, _OPENING), reach=4):
        found[i] = opens_paragraph(text)
    return found[1:]


def opens_paragraph(text: str) -> bool:
    """Whether a text begins with words that paragraphs like to begin with."""
    return text.startswith(_OPENINGS)
