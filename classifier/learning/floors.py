"""models/floors.json: the test paragraphs as they were announced, and the figures below which no model is promoted."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.errors import ModelError
from classifier.learning import metrics
from classifier.learning.comparison import decisions, judged_in, truth
from classifier.learning.holdout import Record, is_test, judgement, text_digest
from classifier.records import Example

SLACK = 0.01  # floors lie this far below what was measured: a better model may lose a little to chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """`paragraphs` maps ids to what was announced of them: digest of the text, then the labels among `labels`."""

    figures: Mapping[str, float]
    labels: tuple[str, ...]
    paragraphs: Mapping[str, str]

    def changed(self, examples: Sequence[Example]) -> list[str]:
        """Give the ids of announced paragraphs that are gone or have another text or other labels.

        Labels that did not exist then do not count.
        """
        now = {example.id: _announced(example, self.labels) for example in examples}
        return [id_ for id_, announced in self.paragraphs.items() if now.get(id_) != announced]

    def unchanged(self, examples: Sequence[Example]) -> list[Example]:
        """Give the examples that are as they were announced."""
        return [e for e in examples if self.paragraphs.get(e.id) == _announced(e, self.labels)]

    def new(self, examples: Sequence[Example]) -> list[str]:
        """Give the ids of test paragraphs that were never announced."""
        return [e.id for e in examples if is_test(e.document) and e.id not in self.paragraphs]


def pinned(examples: Sequence[Example], labels: Sequence[str], record: Record) -> Floors:
    """Announce the test paragraphs among the examples, with floors by what a model reached on them."""
    test = [example for example in examples if is_test(example.document)]
    return Floors(
        figures={name: _floor(value) for name, value in reached(record, test, labels).items()},
        labels=tuple(labels),
        paragraphs={example.id: _announced(example, labels) for example in test},
    )


def reached(record: Record, examples: Sequence[Example], labels: Sequence[str]) -> dict[str, float]:
    """Give the figures that have floors, of a record on examples it holds."""
    held = judged_in(record, examples)
    given, true = decisions(record, held, labels)[1], truth(held, labels)
    return {"micro_f1": metrics.f1(given, true) or 0.0, "macro_f1": metrics.macro_f1(given, true) or 0.0}


def moved(floors: Floors, values: Mapping[str, float], *, lower: bool) -> Floors:
    """Give the floors after a promotion: raised where more was reached, and lowered only with `lower`."""
    figures = {
        name: _floor(values[name]) if lower and values[name] < floor else max(floor, _floor(values[name]))
        for name, floor in floors.figures.items()
    }
    return Floors(figures=figures, labels=floors.labels, paragraphs=floors.paragraphs)


def load(models: Path) -> Floors | None:
    """Read a folder's floors, None where nothing was announced yet. Raises `ModelError`."""
    path = models / "floors.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        floors = Floors(
            figures={name: float(content["floors"][name]) for name in ("micro_f1", "macro_f1")},
            labels=tuple(content["labels"]),
            paragraphs=dict(content["paragraphs"]),
        )
        digest = content["digest"]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} cannot be read ({error!r})", _RESTORE) from error
    if digest != _digest(floors):
        raise ModelError(f"{path}: the test paragraphs do not match their digest", _RESTORE)
    return floors


_RESTORE = "restore it from version control; without it the next promotion announces the test set anew"


def text(floors: Floors) -> str:
    """Give the content of floors.json."""
    content = {
        "floors": dict(floors.figures),
        "labels": list(floors.labels),
        "digest": _digest(floors),
        "paragraphs": dict(floors.paragraphs),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _announced(example: Example, labels: Sequence[str]) -> str:
    return " ".join([text_digest(example.text), *sorted(judgement(example) & set(labels))])


def _digest(floors: Floors) -> str:
    content = json.dumps([list(floors.labels), dict(floors.paragraphs)], ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _floor(value: float) -> float:
    return round(value - SLACK, 4)
