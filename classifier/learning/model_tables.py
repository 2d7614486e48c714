"""Models → text for the terminal: all of a folder, one in full, two side by side."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from classifier.learning import evaluation
from classifier.learning.comparison import shown
from classifier.learning.registry import Entry
from classifier.tagging.bundle import Bundle

_FIGURES = ("micro_f1", "macro_f1", "mean_average_precision", "calibration_error_from_0.2")


def listing(entries: Sequence[Entry]) -> str:
    """Give a line a model; one that cannot be loaded says why."""
    from tabulate import tabulate

    rows = [
        [
            "*" if entry.current else "", entry.id, entry.model.data["examples"], len(entry.model.labels),
            shown(entry.model.report["out_of_fold"]["micro_f1"]),
            shown(_test(entry.model).get("micro_f1")) if _test(entry.model) else "–", entry.model.taxonomy_version,
        ]
        if entry.model
        else ["*" if entry.current else "", entry.id, entry.problem]
        for entry in entries
    ]  # fmt: skip
    headers = ["", "model", "examples", "labels", "micro F1 out of fold", "on test", "taxonomy"]
    return str(tabulate(rows, headers=headers, disable_numparse=True))


def full(model: Bundle, history: Iterable[Mapping[str, Any]]) -> str:
    """Give what a model was made of, what was measured, and what happened to it."""
    settings = ", ".join(f"{name} {value}" for name, value in model.config.items())
    parts = [
        f"model {model.id}: taxonomy {model.taxonomy_version}, {len(model.labels)} labels, "
        f"{len(model.vocabulary):,} terms",
        f"learnt from {model.data['examples']:,} examples of {model.data['documents']:,} documents",
        f"settings: {settings}",
        *(f"never given, no positive example: {label}" for label in model.left_out),
        f"\nout of fold: {evaluation.table(model.report['out_of_fold'], model.labels)}",
    ]
    if figures := _test(model):
        parts.append(f"\ntest documents, by a model without them: {evaluation.table(figures, model.labels)}")
    events = [event for event in history if model.id in (event.get("model"), event.get("over"))]
    parts += [f"\n{event['time']}: {_told(event)}" for event in events]
    return "\n".join(parts)


def difference(old: Bundle, new: Bundle) -> str:
    """Give what differs between two models: data, settings, labels, figures, decisions on test paragraphs."""
    from tabulate import tabulate

    facts = [
        ["examples", old.data["examples"], new.data["examples"]],
        ["documents", old.data["documents"], new.data["documents"]],
        ["data", old.data["digest"][:12], new.data["digest"][:12]],
        ["taxonomy", old.taxonomy_version, new.taxonomy_version],
        ["terms", len(old.vocabulary), len(new.vocabulary)],
        *([f"setting {name}", old.config.get(name), new.config.get(name)] for name in {**old.config, **new.config}),
        *([f"label {label}", *_presence(label, old, new)] for label in {**old.labels, **new.labels}),
    ]
    different = [[name, str(one), str(other)] for name, one, other in facts if one != other]
    measured = [
        [f"{name} {part}", shown(one.get(name)), shown(other.get(name)),
         f"{(other.get(name) or 0) - (one.get(name) or 0):+.3f}"]
        for part, one, other in [
            ("out of fold", old.report["out_of_fold"], new.report["out_of_fold"]),
            ("on test", _test(old), _test(new)),
        ]
        if one and other
        for name in _FIGURES
    ] + [
        [f"{label} {new.labels[label]}", shown(one["f1"]), shown(other["f1"]),
         f"{(other['f1'] or 0) - (one['f1'] or 0):+.3f}"]
        for label, one, other in _common(old, new)
    ]  # fmt: skip
    tables = [
        str(tabulate(different, headers=["", old.id, new.id], disable_numparse=True)) if different else "",
        str(tabulate(measured, headers=["", old.id, new.id, "change"], disable_numparse=True)),
        _decided_otherwise(old, new),
    ]
    return "\n\n".join(table for table in tables if table)


def _test(model: Bundle) -> dict[str, Any]:
    return dict(model.report.get("holdout", {}).get("figures", {}))


def _presence(label: str, *models: Bundle) -> list[str]:
    return [model.labels.get(label, "–") for model in models]


def _common(old: Bundle, new: Bundle) -> list[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Give the labels of both with their figures, on the test documents where both have them."""
    both = [_test(model) for model in (old, new)]
    one, other = both if all(both) else [model.report["out_of_fold"] for model in (old, new)]
    common = [label for label in new.labels if label in one["labels"] and label in other["labels"]]
    return [(label, one["labels"][label], other["labels"][label]) for label in common]


def _decided_otherwise(old: Bundle, new: Bundle) -> str:
    """Name the test paragraphs on which the two decide otherwise."""
    records = [model.report.get("holdout") for model in (old, new)]
    if not (records[0] and records[1]):
        return ""
    one, other = (_given(record) for record in records if record)
    lines = [
        f"{id_}: {', '.join([f'+{label}' for label in gained] + [f'−{label}' for label in lost])}"
        for id_ in one
        if id_ in other
        for gained, lost in [(sorted(other[id_] - one[id_]), sorted(one[id_] - other[id_]))]
        if gained or lost
    ]
    return "\n".join([f"test paragraphs decided otherwise: {len(lines)} of {len(one.keys() & other.keys())}", *lines])


def _given(record: Mapping[str, Any]) -> dict[str, set[str]]:
    limits = record["thresholds"]
    return {
        id_: {label for label, p in paragraph["scores"].items() if p >= limits.get(label, 2.0)}
        for id_, paragraph in record["paragraphs"].items()
    }


def _told(event: Mapping[str, Any]) -> str:
    told = f"{event['event']} {event['model']}"
    if event.get("over"):
        told += f" over {event['over']}"
    if event.get("forced"):
        told += " by force"
    if reasons := event.get("in_spite_of"):
        told += f", in spite of {'; '.join(reasons)}"
    return f"{told}, allowed: {event['allowed']}" if event.get("allowed") else told
