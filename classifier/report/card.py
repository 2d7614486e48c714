"""Model + what was measured of it → card.html: what it is good for, what it is not, and how anyone would know.

The card is derived, so it is no part of the model: the manifest does not count it, and it may be deleted. It bears a
digest of what it was made from, so that one that is out of date is known.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.errors import ModelError
from classifier.learning import explanation, learning_curve, registry
from classifier.report import plots
from classifier.report.bars import bars
from classifier.report.html import template
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle

FILE = "card.html"
SECTIONS = {
    "figures": "总体", "data": "数据", "labels": "各标签", "reliability": "校准与阈值", "curves": "精确率与召回率",
    "learning": "学习曲线", "leak": "切分", "confusions": "混淆", "worst": "最大的错误", "ablation": "各成分",
    "limits": "限度", "settings": "设置",
}  # fmt: skip
CHINESE = {  # of the ablations
    "everything": "完整模型", "no words of jieba": "不用 jieba 词", "no 2-grams": "不用二字组",
    "3-grams too": "加三字组", "terms of two paragraphs too": "见于两段的词项也算",
    "the commonest characters too": "最常用的单字也算", "no cue columns": "不用线索词列",
    "no cue examples": "不以线索词为例", "no cues": "完全不用线索词",
    "plain tf-idf": "普通 tf-idf", "no length weights": "不按段长加权", "one threshold for all": "统一阈值",
    "thresholds as out of fold": "阈值不放宽", "thresholds of 0.5": "阈值一律 0.5",
    "Platt's sigmoid alone": "只用 Platt 曲线", "no composed text": "不学自拟文本", "no restated text": "不学改写文本",
}  # fmt: skip
_DATA = {
    "genre": ("体裁", "genre"), "origin": ("来源", "origin"), "annotator": ("判断者", "decided by"),
    "kind": ("位置", "kind"), "labels_per_paragraph": ("每段标签数", "labels a paragraph"),
}  # fmt: skip
_OWN = ("composed", "restated")  # origins of text that was made for a corpus
_CONFUSIONS = 20  # pairs of labels shown

Report = Mapping[str, Any]


def write(place: Path) -> str:
    """Bring the card of the model at `place` up to date, and say where it is.

    Raises `ModelError` where the model, or what was measured of it, cannot be read.
    """
    if doubt(place):
        model = bundle.load(place)
        registry.write(place / FILE, render(model, explanation.load(place), _digest(place)))
    return f"card: {place / FILE}"


def doubt(place: Path) -> str:
    """Say what is wrong with the card of the model at `place`: empty where it is there and up to date."""
    try:
        card = (place / FILE).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return f"no {FILE}: scripts/retrain.py writes it"
    return "" if _digest(place) in card else f"{FILE} is older than what it shows: scripts/retrain.py writes it anew"


def _digest(place: Path) -> str:
    """Give a digest of all that a card shows."""
    parts = [place / "manifest.json", place / explanation.FILE]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in parts if path.exists())).hexdigest()


def render(model: Bundle, measured: Report, digest: str = "") -> str:
    """Give the card: figures from `model.report`, the rest as `learning.explanation` measured it.

    Ablations and figures of test documents are there where they were measured, and the card says where not. Raises
    `ModelError` where what was measured is of another model, which would make a card of two.
    """
    if (other := measured.get("model", model.id)) != model.id:
        raise ModelError(
            f"the {explanation.FILE} of model {model.id} was measured of model {other}",
            f"delete {explanation.FILE}: scripts/retrain.py measures anew",
        )
    report, details, curve = model.report["out_of_fold"], measured["details"], measured["curve"]
    outlook = learning_curve.outlook(curve)
    lows = [part["f1_interval"][0] for part in report["labels"].values() if part.get("f1_interval")]
    lowest = min(math.floor(10 * min(lows, default=0.0)) / 10, 0.9)  # where the scale of the intervals begins
    return template("card.html").render(
        model=model,
        digest=digest,
        sections=list(SECTIONS.items()),
        report=report,
        lowest=lowest,
        along=lambda f1: 98 * (f1 - lowest) / (1 - lowest),
        test=model.report.get("holdout", {}).get("figures"),
        details=details,
        data=[
            (*_DATA[part], bars([(value, value or "–", n) for value, n in counts.items()]))
            for part, counts in _counts(details).items()
        ],
        own=sum(details["data"]["origin"].get(origin, 0) for origin in _OWN) / report["paragraphs"],
        confusions=bars(
            [
                ("", f"{model.labels[pair['missed']]} → {model.labels[pair['given']]}", pair["paragraphs"])
                for pair in details["confusions"][:_CONFUSIONS]
            ]
        ),
        outlook=outlook,
        advice=learning_curve.advice(outlook, model.labels),
        gains=bars([(label, model.labels[label], gain) for label, gain in outlook.labels.items()], "{:+.3f}"),
        leak=measured["leak"],
        ablation=_against_the_first(measured.get("ablation", [])),
        gold=[name for row in measured.get("ablation", [])[:1] for name in row["gold"]],
        chinese=CHINESE,
        reliability=plots.reliability(details["reliability"]),
        thresholds=plots.threshold(
            details["threshold_curve"], [part["threshold"] for part in details["thresholds"].values()]
        ),
        curves={
            label: plots.precision_recall(
                points, (report["labels"][label]["recall"], report["labels"][label]["precision"])
            )
            for label, points in details["precision_recall"].items()
        },
        learning=plots.learning_curve(curve["points"], curve["error"]),
    )


def _against_the_first(rows: Sequence[Report]) -> list[Report]:
    """Give each row's figures as pairs of value and change from the first row, which has none."""

    def values(row: Report) -> list[float | None]:
        return [value for pair in (row["corpus"], *row["gold"].values()) for value in pair]

    return [
        {
            "name": row["name"],
            "terms": row["terms"],
            "figures": [
                (value, None if row is rows[0] or value is None or base is None else value - base)
                for value, base in zip(values(row), values(rows[0]), strict=True)
            ],
        }
        for row in rows
    ]


def _counts(details: Report) -> dict[str, dict[str, int]]:
    """Give the counts of paragraphs that say something: more than one value each."""
    counts = {**details["data"], "labels_per_paragraph": details["labels_per_paragraph"]}
    return {part: counts[part] for part in _DATA if len(counts[part]) > 1 or part == "origin"}
