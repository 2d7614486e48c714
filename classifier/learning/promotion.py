"""Candidate × incumbent → Decision; moves models/CURRENT."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from classifier.errors import ModelNotFound
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle

_MARGIN = 0.01  # of out-of-fold micro or macro F1 that a candidate may lose: a new corpus changes what is measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a candidate becomes the current model, and why. `refused`: it was meant to and may not."""

    promote: bool
    refused: bool
    reason: str
    against: Bundle | None


def incumbent(models: Path) -> Bundle | None:
    """Give the current model of a folder, None where there is none yet. A damaged one raises, as it should."""
    try:
        return bundle.load(models)
    except ModelNotFound:
        return None


def decide(candidate: Bundle, current: Bundle | None, wish: str) -> Decision:
    """Decide by the out-of-fold figures of both. `wish` is auto, never or force."""
    if current and current.id == candidate.id:
        return Decision(promote=False, refused=False, reason="nothing new: it is the current model", against=current)
    if wish == "never":
        return Decision(promote=False, refused=False, reason="written, not promoted (--promote never)", against=current)
    if current is None:
        return Decision(promote=True, refused=False, reason="promoted: the first model", against=None)
    lost = [
        f"{name} {_shown(old[name])} → {_shown(new[name])}"
        for name in ("micro_f1", "macro_f1")
        for old, new in [(current.report["out_of_fold"], candidate.report["out_of_fold"])]
        if old[name] is not None and (new[name] is None or new[name] < old[name] - _MARGIN)
    ]
    if lost and wish == "auto":
        return Decision(promote=False, refused=True, reason=f"refused: {', '.join(lost)}", against=current)
    reason = f"promoted by force in spite of {', '.join(lost)}" if lost else f"promoted over {current.id}"
    return Decision(promote=True, refused=False, reason=reason, against=current)


def _shown(figure: float | None) -> str:
    return "undefined" if figure is None else f"{figure:.3f}"


def promote(model: str, models: Path) -> None:
    """Make `model` the current one of a folder, in one step."""
    handle, draft = tempfile.mkstemp(prefix=".current-", dir=models)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(model + "\n")
    Path(draft).chmod(0o644)
    Path(draft).replace(models / "CURRENT")


def summary(candidate: Bundle, decision: Decision) -> str:
    """Give a table of the candidate's out-of-fold figures beside the incumbent's."""
    from tabulate import tabulate

    new = candidate.report["out_of_fold"]
    old = decision.against.report["out_of_fold"] if decision.against else {"labels": {}}
    names = (
        "micro_f1",
        "macro_f1",
        "mean_average_precision",
        "exact_match",
        "calibration_error",
        "calibration_error_from_0.2",
    )
    rows = [[name, None, new[name], old.get(name)] for name in names]
    rows += [
        [f"{label} {candidate.labels[label]}", part["positives"], part["f1"], old["labels"].get(label, {}).get("f1")]
        for label, part in new["labels"].items()
    ]
    return str(tabulate(rows, headers=["out of fold", "n", f"new {candidate.id}", "current"], floatfmt=".3f"))
