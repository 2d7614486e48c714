"""Model + what was measured of it → card.html: what it is good for, what it is not, and how anyone would know."""

from collections.abc import Mapping
from typing import Any

from classifier.errors import ModelError
from classifier.report import plots
from classifier.report.html import template
from classifier.tagging.bundle import Bundle

_CONFUSIONS = 20  # pairs of labels shown

Report = Mapping[str, Any]


def render(
    bundle: Bundle, details: Report, curve: Report | None = None, leak: Report | None = None, advice: str = ""
) -> str:
    """Give the card. Figures come from `bundle.report`, the rest as measured.

    `details` by `learning.diagnosis.diagnose`, `curve` and `advice` by `learning.learning_curve`, `leak` by
    `learning.diagnosis.leak`; a part that was not measured says so. Raises `ModelError` where the details are of other
    data than the model's, which would make a card of two models.
    """
    report = bundle.report["out_of_fold"]
    if details["micro_f1"] != report["micro_f1"]:
        raise ModelError(
            f"model {bundle.id} was not measured on these labels: micro F1 {report['micro_f1']} in its report, "
            f"{details['micro_f1']} here",
            "train it anew with scripts/retrain.py",
        )
    return template("card.html").render(
        model=bundle,
        report=report,
        details=details,
        confusions=details["confusions"][:_CONFUSIONS],
        curve=curve,
        leak=leak,
        advice=advice,
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
        learning=plots.learning_curve(curve["points"], curve["error"]) if curve else "",
    )
