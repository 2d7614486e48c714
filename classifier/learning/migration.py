"""Labels renamed, merged and split: what becomes of taxonomy, cues, codebook and corpus.

A rename and a merge are decided by what is there. A split is not: which part a judgement means only a person can say.
So all judgements of a paragraph that anyone gave a split label leave the corpus for labels/review/, where nothing
trains on them, until they are judged anew.

Files are replaced one by one, each whole, the taxonomy last. Who is interrupted does it again: what is done already
has no old label left.
"""

import io
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier import taxonomy as taxonomies
from classifier.errors import LabelsError
from classifier.learning import examples, rewriting
from classifier.learning.relabelling import Change
from classifier.tagging.outputs import opened
from classifier.taxonomy import Taxonomy


@dataclass(slots=True, kw_only=True)
class Plan:
    """What a change would write: files in this order, and what it comes to."""

    taxonomy: Taxonomy
    files: dict[Path, str] = field(default_factory=dict)
    judgements: Counter[str] = field(default_factory=Counter)  # that hold an old label
    paragraphs: Counter[str] = field(default_factory=Counter)  # that leave the corpus, by split label
    by_hand: list[str] = field(default_factory=list)


def plan(folder: Path, path: Path, change: Change) -> Plan:
    """Work out what the change makes of the labels in `folder` with the taxonomy at `path`; nothing is written.

    Raises `LabelsError` where they cannot be read.
    """
    before = taxonomies.load(path)
    text = rewriting.taxonomy(_read(path), change, before)
    planned = Plan(taxonomy=taxonomies.parse(tomllib.loads(text), str(path)))
    corpus = folder / "corpus" if (folder / "corpus").is_dir() else folder
    examples.gather(corpus.glob("*.jsonl"), [*before.ids, *planned.taxonomy.ids])  # what is wrong is told now
    _corpus(corpus, folder / "review", change, planned)
    cues, codebook = folder / "cues.toml", folder / "README.md"
    if cues.exists():
        planned.files[cues] = rewriting.cues(_read(cues), change, str(cues))
    if codebook.exists():
        planned.files[codebook] = rewriting.renamed(_read(codebook), change.renamed)
    planned.files[path] = text
    planned.files = {place: text for place, text in planned.files.items() if not place.exists() or text != _read(place)}
    _tell(planned, change, [path, *([codebook] if codebook.exists() else [])])
    return planned


def carry_out(planned: Plan) -> None:
    """Write the files, each whole or not at all. Raises `OutputError`."""
    for path, text in planned.files.items():
        path.parent.mkdir(exist_ok=True)
        with opened(str(path), io.BytesIO()) as file:
            file.write(text.encode())


def _corpus(corpus: Path, review: Path, change: Change, planned: Plan) -> None:
    """Plan the files of judgements; those of paragraphs with a split label go to `review`, added to what is there."""
    files = {path: _read(path).split("\n") for path in sorted(corpus.glob("*.jsonl"))}
    held = {path: _read(path).split("\n") for path in sorted(review.glob("*.jsonl"))}
    undecided: dict[str, str] = {}  # paragraph → the split label for which it goes to review
    for label in change.split:
        for row in _rows(held, review / f"{label}.jsonl"):  # an interrupted migration got so far
            undecided[row["id"]] = label
    for row in (row for path in files for row in _rows(files, path)):
        planned.judgements.update(label for label in row["labels"] if label in change.becomes or label in change.split)
        for label in row["labels"]:
            if label in change.split:
                undecided.setdefault(row["id"], label)
    planned.paragraphs.update(undecided.values())
    held = {path: [_line(line, change, planned.taxonomy) for line in lines] for path, lines in held.items()}
    kept: dict[Path, list[str]] = {}
    for path, lines in files.items():
        kept[path] = []
        for line in lines:
            after = _line(line, change, planned.taxonomy)
            split = undecided.get(json.loads(line)["id"], "") if line.strip() else ""
            if not split:
                kept[path].append(after)
            elif after not in (there := held.setdefault(review / f"{split}.jsonl", [""])):
                there.insert(len(there) - 1, after)
    for path, lines in (held | kept).items():  # first where they go, then without them
        planned.files[path] = "\n".join(lines)


def _rows(files: Mapping[Path, Sequence[str]], path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in files.get(path, ()) if line.strip()]
    except ValueError as error:
        raise LabelsError(f"{path}: not JSON ({error})", "mend or delete the line") from error


def _line(line: str, change: Change, taxonomy: Taxonomy) -> str:
    """Give a judgement as it is afterwards; one that the change does not touch byte for byte as it was."""
    row = json.loads(line) if line.strip() else {"labels": []}
    labels = change.labels(row["labels"])
    if labels == row["labels"]:
        return line
    loose = json.dumps(row, ensure_ascii=False) == line.strip()
    order = {label: number for number, label in enumerate(taxonomy.ids)}
    row["labels"] = sorted(labels, key=lambda label: order.get(label, len(order)))
    return json.dumps(row, ensure_ascii=False, separators=None if loose else (",", ":"))


def _tell(planned: Plan, change: Change, texts: Iterable[Path]) -> None:
    """Say what is left to a person; `texts` may name labels that go."""
    parts = [label for labels in change.split.values() for label in labels]
    if parts:
        planned.by_hand.append(
            f"write definition, counts and excludes of {', '.join(label.id for label in parts)} in the taxonomy, "
            "and share out the cues, which each of them got all"
        )
    if change.merged:
        planned.by_hand.append(f"widen the definition of {', '.join(sorted(set(change.merged.values())))}")
    for old in [*change.merged, *change.split]:
        for path in texts:
            text = planned.files[path] if path in planned.files else _read(path)
            named = [str(n) for n, line in enumerate(text.split("\n"), 1) if re.search(rewriting.word(old), line)]
            if named:
                planned.by_hand.append(f"{path} still names {old}, in lines {', '.join(named)}")
    planned.by_hand.append("python scripts/retrain.py --accept-test-set trains a model of these labels")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelsError(f"{path} is not UTF-8", "save it as UTF-8") from error
