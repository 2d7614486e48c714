"""Label files → Examples: read, checked, several annotators' judgements merged."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from classifier.errors import LabelsError
from classifier.records import Example, Kind
from classifier.tagging.decoding import Undecodable, decode
from classifier.taxonomy import Taxonomy

ADJUDICATOR = "adjudicator"  # who decides where others may differ
_FIELDS = {
    "id": str, "document": str, "paragraph": int, "genre": str, "kind": str, "text": str, "labels": list,
    "annotator": str, "origin": str,
}  # fmt: skip


def load(folder: Path, taxonomy: Taxonomy) -> list[Example]:
    """Give every judgement under `folder` (`*.jsonl`), in file order.

    Raises `LabelsError` naming file, line and, for an unknown label, the nearest known one.
    """
    return gather([folder], taxonomy.ids)


def gather(places: Iterable[Path], labels: Sequence[str]) -> list[Example]:
    """Give every judgement of several files, or folders of `*.jsonl`; nobody may have judged a paragraph twice."""
    examples: dict[tuple[str, str], Example] = {}
    for place in places:
        paths = sorted(place.glob("*.jsonl")) if place.is_dir() else [place]
        if not paths or not place.exists():
            raise LabelsError(f"no examples: {place} holds no .jsonl file", "see labels/README.md for the form of one")
        for path in paths:
            for example in read(path, labels):
                if examples.setdefault((example.id, example.annotator), example) is not example:
                    raise LabelsError(
                        f"{place}: {example.id} is judged twice by {example.annotator}", "keep one of the two"
                    )
    return list(examples.values())


def read(path: Path, labels: Sequence[str], *, bare: bool = False) -> Iterator[Example]:
    """Give the judgements of one file, each checked; `labels` are those that may occur.

    With `bare`, text and labels are enough: a paragraph without a document counts as a document of its own.
    """
    try:
        lines = decode(path.read_bytes()).split("\n")  # not splitlines: a text may hold U+2028
    except OSError as error:
        raise LabelsError(f"{path} cannot be read: {error.strerror}", "name a file that exists") from error
    except Undecodable as error:
        raise LabelsError(f"{path}: {error}", "label files are UTF-8, one JSON object a line") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            own = f"{path.name}#{number}"
            defaults = {"id": own, "paragraph": number, "genre": "", "kind": "body", "annotator": "", "origin": ""}
            yield _example(line, f"{path}, line {number}", labels, defaults if bare else {})


def _example(line: str, where: str, labels: Sequence[str], defaults: dict[str, Any]) -> Example:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LabelsError(f"{where}: not JSON ({error})", "mend or delete the line") from error
    if not isinstance(row, dict):
        raise LabelsError(f"{where}: not a JSON object", "mend or delete the line")
    row = {**defaults, **row}
    if defaults:
        row.setdefault("document", row["id"])
    for field, kind in _FIELDS.items():
        if not isinstance(row.get(field), kind):
            raise LabelsError(f"{where}: '{field}' is missing or no {kind.__name__}", "see labels/README.md")
    if not row["text"].strip():
        raise LabelsError(f"{where}: its text is empty", "delete the line")
    for label in row["labels"]:
        if label not in labels:
            near = get_close_matches(str(label), labels, n=1, cutoff=0)
            raise LabelsError(f"{where}: unknown label '{label}'", f"did you mean '{near[0]}'?")
    if row["kind"] not in list(Kind):
        raise LabelsError(f"{where}: unknown kind '{row['kind']}'", f"one of {', '.join(Kind)}")
    known = {field: row[field] for field in _FIELDS}
    return Example(**{**known, "kind": Kind(row["kind"]), "labels": frozenset(row["labels"])})


def merge(judgements: Iterable[Example]) -> list[Example]:
    """Give one Example a paragraph.

    A judgement by `ADJUDICATOR` decides. Else a label stands when more than half of its annotators gave it; where two
    differ there is no majority, and the first in file order decides until someone adjudicates.
    """
    by_id: dict[str, list[Example]] = defaultdict(list)
    for judgement in judgements:
        by_id[judgement.id].append(judgement)
    return [_decided(group) for group in by_id.values()]


def _decided(group: Sequence[Example]) -> Example:
    before = [judgement for judgement in group if judgement.annotator != ADJUDICATOR]
    if len(before) < len(group):
        decided = next(judgement for judgement in group if judgement.annotator == ADJUDICATOR)
        return replace(decided, blind=_decided(before).labels) if before else decided
    if len(group) < 3:
        return group[0]
    given = [label for judgement in group for label in judgement.labels]
    return replace(group[0], labels=frozenset(label for label in given if 2 * given.count(label) > len(group)))
