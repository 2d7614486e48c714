"""Candidate × incumbent × floors → Decision: whether a candidate becomes the current model, and why not.

Both are judged on the same test paragraphs, by decisions of models that have seen none of them
(`classifier.learning.holdout`). Where either was not judged so, out-of-fold figures decide.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifier.errors import ModelError, UsageError
from classifier.learning import floors, holdout, objections, registry, training
from classifier.learning.comparison import Change, Comparison, compare, judged_in
from classifier.learning.cues import Cue
from classifier.learning.floors import Floors
from classifier.records import Example
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle
from classifier.taxonomy import Taxonomy

_OVERRULE = " (to promote it all the same, give a reason: --allow-regression REASON)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the caller asked for: `promote` is auto, never or force; `allow_regression` a reason, where it is.

    Raises `UsageError` for a reason that says nothing.
    """

    promote: str = "auto"
    accept_test_set: bool = False
    allow_regression: str | None = None

    def __post_init__(self) -> None:
        if self.allow_regression is not None and not self.allow_regression.strip():
            raise UsageError("--allow-regression needs a reason", "say why the figures may fall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether a candidate becomes the current model, and why. `refused`: it was meant to and may not.

    `floors`: those to be written, None where they stay; `in_spite_of`: objections that were overruled.
    """

    promote: bool
    refused: bool
    reason: str
    against: Bundle | None = None
    comparison: Comparison | None = None
    floors: Floors | None = None
    in_spite_of: tuple[str, ...] = ()


def identity(examples: Sequence[Example], taxonomy: Taxonomy, cues: Sequence[Cue]) -> str:
    """Give the id of the model that training would make of this, without training it."""
    named = {"version": taxonomy.version, "labels": list(taxonomy.names.items())}
    return bundle.identity(asdict(training.Config()), named, training.data_digest(examples, cues))


def incumbent(models: Path, wish: Wish) -> Bundle | str | None:
    """Give the current model of a folder, None where there is none yet.

    One that cannot be loaded raises, as it should; with force, what is wrong with it is given instead.
    """
    try:
        return registry.current(models)
    except ModelError as error:
        if wish.promote == "force":
            return str(error.args[0])
        raise type(error)(str(error.args[0]), f"{error.hint}; or do without it: --promote force") from error


def settle(candidate: Bundle, examples: Sequence[Example], models: Path, wish: Wish) -> tuple[Path, Decision]:
    """Write a candidate, decide about it and carry that out, while nobody else writes; give its directory too."""
    with registry.locked(models):
        place = bundle.save(candidate, models)
        decision = decide(candidate, incumbent(models, wish), examples, floors.load(models), wish)
        carry_out(decision, candidate, models, wish)
    return place, decision


def decide(
    candidate: Bundle, incumbent: Bundle | str | None, examples: Sequence[Example], announced: Floors | None, wish: Wish
) -> Decision:
    """Decide by what both models say about the test paragraphs among `examples`, which are the candidate's own."""
    current, damage = (None, [incumbent]) if isinstance(incumbent, str) else (incumbent, [])
    changed = announced.changed(examples) if announced and not wish.accept_test_set else []
    after = None if changed else _floors_after(candidate, examples, announced, wish)
    if current and current.id == candidate.id:
        keep = after if wish.accept_test_set or announced is None else None
        reason = "nothing new: it is the current model"
        return Decision(promote=False, refused=False, reason=reason, against=current, floors=keep)
    comparison = _compared(candidate, current, examples, announced)
    if wish.promote == "never":
        reason = "written, not promoted (--promote never)"
        return Decision(promote=False, refused=False, reason=reason, against=current, comparison=comparison)
    unannounced = [objections.unannounced(changed)] if changed else []
    lost = list(damage)
    if announced and not announced.changed(examples):
        lost += objections.below_floors(candidate, examples, announced)
    if current:
        lost += objections.losses(comparison) if comparison else []
        if not comparison or objections.same_texts(current, examples):
            lost += objections.losses_out_of_fold(current, candidate)
        lost += objections.disagreement(current, examples)
    standing = unannounced + ([] if wish.allow_regression else lost)
    if standing and wish.promote != "force":
        reason = f"refused: {'; '.join(standing)}{_OVERRULE if lost else ''}"
        return Decision(promote=False, refused=True, reason=reason, against=current, comparison=comparison)
    overruled = tuple(unannounced + lost)
    if overruled:
        reason = f"promoted {'by force' if standing else 'as allowed'} in spite of {'; '.join(overruled)}"
    else:
        reason = f"promoted over {current.id}" if current else "promoted: the first model"
    return Decision(
        promote=True, refused=False, reason=reason, against=current, comparison=comparison, floors=after,
        in_spite_of=overruled,
    )  # fmt: skip


def carry_out(decision: Decision, candidate: Bundle, models: Path, wish: Wish) -> None:
    """Write what was decided: history, floors, then CURRENT, which is what counts. The caller holds the lock."""
    if decision.promote or decision.floors:
        event: dict[str, Any] = {"event": "promoted" if decision.promote else "announced", "model": candidate.id}
        if decision.promote:
            event["over"] = registry.current_id(models)
            event["forced"] = wish.promote == "force"
        if decision.in_spite_of:
            event["in_spite_of"] = list(decision.in_spite_of)
        if wish.allow_regression:
            event["allowed"] = wish.allow_regression
        if wish.accept_test_set:
            event["test_set"] = "announced anew"
        registry.record(models, event)
    if decision.floors:
        registry.write(models / "floors.json", floors.text(decision.floors))
    if decision.promote:
        registry.make_current(models, candidate.id)


def _floors_after(
    candidate: Bundle, examples: Sequence[Example], announced: Floors | None, wish: Wish
) -> Floors | None:
    """Give the floors once the candidate is promoted; None where it was not judged, or nothing moves."""
    record = candidate.report.get("holdout")
    if record is None:
        return None
    labels = (*candidate.labels, *candidate.left_out)
    if announced is None or (wish.accept_test_set and (announced.changed(examples) or announced.new(examples))):
        return floors.pinned(examples, labels, record)
    values = floors.reached(record, announced.unchanged(examples), announced.labels)
    after = floors.moved(announced, values, lower=bool(wish.allow_regression))
    return None if after == announced else after


def _compared(
    candidate: Bundle, current: Bundle | None, examples: Sequence[Example], announced: Floors | None
) -> Comparison | None:
    """Compare on the announced test paragraphs that both were judged on, and the labels that both know."""
    old, new = (model.report.get("holdout") if model else None for model in (current, candidate))
    if not (current and old and new):
        return None
    test = judged_in(old, judged_in(new, announced.unchanged(examples) if announced else examples))
    if len({example.document for example in test}) < holdout.MIN_DOCUMENTS:
        return None
    known = {*candidate.labels, *candidate.left_out}
    return compare(old, new, test, [label for label in (*current.labels, *current.left_out) if label in known])


def summary(candidate: Bundle, decision: Decision) -> str:
    """Give a table of the candidate's figures beside the incumbent's, where there is one."""
    from tabulate import tabulate

    new = candidate.report["out_of_fold"]
    old = decision.against.report["out_of_fold"] if decision.against else {"labels": {}}
    test = decision.comparison
    names = [
        "micro_f1", "macro_f1", "mean_average_precision", "exact_match", "calibration_error",
        "calibration_error_from_0.2",
    ]  # fmt: skip
    rows = [
        [name, None, new[name], _interval(new.get(f"{name}_interval")), old.get(name),
         *_cells(test.figures.get(name) if test else None)]
        for name in names
    ] + [
        [f"{label} {candidate.labels[label]}", part["positives"], part["f1"], None,
         old["labels"].get(label, {}).get("f1"), *_cells(test.labels.get(label) if test else None)]
        for label, part in new["labels"].items()
    ]  # fmt: skip
    headers = ["out of fold", "true", f"new {candidate.id}", "95 %", "current", "test n", "new", "current", "change"]
    width = len(headers) if test else 5 if decision.against else 4
    table = tabulate([row[:width] for row in rows], headers=headers[:width], floatfmt=".3f")
    parts = ["intervals are 95 %, by bootstrap over documents"]
    if test:
        parts.append(f"test: {test.paragraphs} paragraphs of {test.documents} documents that neither model has seen")
    return f"{table}\n{'; '.join(parts)}"


def _cells(change: Change | None) -> list[object]:
    if change is None:
        return []
    return [change.n, change.new, change.old, f"{change.rise:+.3f} {_interval(change.interval)}".rstrip()]


def _interval(interval: Sequence[float] | None) -> str:
    return f"[{interval[0]:.3f}, {interval[1]:.3f}]" if interval else ""
