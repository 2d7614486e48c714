"""What speaks against a candidate: each objection a sentence that names what fell, from what to what."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from classifier.learning import evaluation, floors, holdout, metrics
from classifier.learning.comparison import Change, Comparison, shown
from classifier.learning.floors import Floors
from classifier.records import Example
from classifier.tagging.bundle import Bundle

MARGIN = 0.01  # of micro or macro F1 that chance may take; less is refused too where the interval excludes chance
NOISE = 0.005  # but not so little: two trainings on nearly the same examples differ by it, which no interval knows
LABEL_MARGIN, LABEL_POSITIVES = 0.05, 15  # of a label's F1; with fewer positives it is too noisy to be judged
CALIBRATION_MARGIN = 0.02  # where the interval excludes chance
NAMED = 0.01  # labels that lost more are named in a refusal
SAME = 0.01  # share of other paragraphs up to which two sets of labels are about the same
AGREEMENT, ADDED_POSITIVES = 0.5, 30  # share of its usual F1 that the incumbent must reach on added paragraphs


def unannounced(changed: Sequence[str]) -> str:
    """Say that announced test paragraphs changed."""
    more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
    return f"the test set changed unannounced: {', '.join(changed[:3])}{more} (announce it with --accept-test-set)"


def below_floors(candidate: Bundle, examples: Sequence[Example], announced: Floors) -> list[str]:
    """Name the figures that do not reach their floors on the announced test paragraphs."""
    record = candidate.report.get("holdout")
    if record is None:
        return ["the candidate was not judged on the announced test set"]
    values = floors.reached(record, announced.unchanged(examples), announced.labels)
    return [
        f"{name} {shown(values[name])} is below its floor {shown(floor)}"
        for name, floor in announced.figures.items()
        if values[name] < floor
    ]


def losses(comparison: Comparison) -> list[str]:
    """Name what the candidate is worse at on the test paragraphs."""
    found = []
    for name in ("micro_f1", "macro_f1"):
        change = comparison.figures[name]
        surely = change.interval is not None and change.interval[1] < 0 and change.rise < -NOISE
        if surely or change.rise < -MARGIN:
            found.append(f"{name} {change}")
    error = comparison.figures["calibration_error_from_0.2"]
    if error.rise > CALIBRATION_MARGIN and (error.interval is None or error.interval[0] > 0):
        found.append(f"calibration_error_from_0.2 {error}")
    found += [
        f"{label} {change} of {change.n} positives"
        for label, change in comparison.labels.items()
        if change.n >= LABEL_POSITIVES and change.rise < -LABEL_MARGIN
    ]
    return [*found, *_fallen(comparison.labels)] if found else []


def losses_out_of_fold(current: Bundle, candidate: Bundle) -> list[str]:
    """Name what the candidate is worse at by the out-of-fold figures, each model's own documents, labels of both."""
    old, new = (model.report["out_of_fold"]["labels"] for model in (current, candidate))
    common = [label for label in old if label in new]
    labels = {label: Change(n=new[label]["positives"], old=old[label]["f1"], new=new[label]["f1"]) for label in common}
    micro, macro = (
        Change(n=0, old=figure([old[label] for label in common]), new=figure([new[label] for label in common]))
        for figure in (_micro_f1, lambda parts: metrics.mean(part["f1"] for part in parts))
    )
    found = [
        f"{name} {change} out of fold"
        for name, change in (("micro_f1", micro), ("macro_f1", macro))
        if change.old is not None and (change.new is None or change.rise < -MARGIN)
    ]
    return [*found, *(f"{sentence} out of fold" for sentence in _fallen(labels))] if found else []


def _micro_f1(parts: Sequence[Mapping[str, Any]]) -> float | None:
    """Give micro F1 from the labels' own figures."""
    total = sum(part["positives"] + part["given"] for part in parts)
    return 2 * sum((part["recall"] or 0.0) * part["positives"] for part in parts) / total if total else None


def disagreement(current: Bundle, examples: Sequence[Example]) -> list[str]:
    """Name added labels that the incumbent agrees with hardly better than by chance.

    A few hundred wrong labels among ten thousand move the test figures less than chance does; on the added paragraphs
    themselves, which the incumbent has not seen, they are plain. Text of a new kind costs it less than half.
    """
    if not (record := current.report.get("holdout")):
        return []
    known = set(record["known"].split(" "))
    added = [
        replace(example, labels=holdout.judgement(example) & set(current.labels))
        for example in examples
        if holdout.text_digest(example.text) not in known
    ]
    if sum(len(example.labels) for example in added) < ADDED_POSITIVES:
        return []
    found, usual = evaluation.evaluate(current, added), record["figures"]
    if not _contradicts(found["micro_f1"], usual["micro_f1"]):
        return []
    labels = [
        f"{label} {shown(part['f1'])} ({shown(usual['labels'][label]['f1'])})"
        for label, part in found["labels"].items()
        if part["positives"] and _contradicts(part["f1"], usual["labels"][label]["f1"])
    ]
    figures = f"{shown(found['micro_f1'])} where it usually has {shown(usual['micro_f1'])}"
    return [f"the labels of {len(added)} added paragraphs contradict the current model: micro_f1 {figures}, "
            f"{', '.join(labels)}"]  # fmt: skip


def same_texts(current: Bundle, examples: Sequence[Example]) -> bool:
    """Tell whether the candidate learnt from the incumbent's paragraphs, but for one in a hundred.

    Then out-of-fold figures of both are about the same paragraphs, and a fall says that their labels became worse.
    """
    if not (record := current.report.get("holdout")):
        return False
    known = set(record["known"].split(" "))
    now = {holdout.text_digest(example.text) for example in examples}
    return len(known ^ now) <= SAME * len(known)


def _contradicts(f1: float | None, usual: float | None) -> bool:
    return f1 is not None and usual is not None and f1 < AGREEMENT * usual


def _fallen(labels: Mapping[str, Change]) -> list[str]:
    """Name the labels that lost most, worst first."""
    worst = sorted((change.rise, label) for label, change in labels.items() if change.rise < -NAMED)
    return [f"labels that fell: {', '.join(f'{label} {labels[label]}' for _, label in worst)}"] if worst else []
