"""What each ingredient of a model is worth: trained again with one switched off at a time.

python -m classifier.learning.ablation [--labels DIR] [--taxonomy FILE] [--gold FILE …] [--models DIR]
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from classifier.errors import PolicytagError
from classifier.learning import (
    calibration,
    crossfit,
    evaluation,
    explanation,
    material,
    metrics,
    promotion,
    registry,
    training,
)
from classifier.learning import examples as label_files
from classifier.learning.cues import Cue
from classifier.learning.evaluation import Decisions
from classifier.learning.training import Config
from classifier.records import Example, Kind
from classifier.tagging.bundle import Bundle
from classifier.tagging.tagger import Tagger
from classifier.taxonomy import Taxonomy, data_file

Gold = Mapping[str, Sequence[Example]]

_EVERYTHING = "everything"
_SPEED_TEXTS = 1000  # tagged to measure the speed


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A model that is trained with other settings, or without cues."""

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    cues: bool = True


VARIANTS = (
    Variant(name=_EVERYTHING),
    Variant(name="no words of jieba", changes={"words": False}),
    Variant(name="no 2-grams", changes={"ngram": 1}),
    Variant(name="3-grams too", changes={"ngram": 3}),
    Variant(name="terms of two paragraphs too", changes={"least": 0.0}),
    Variant(name="the commonest characters too", changes={"most": 1.0}),
    Variant(name="no cue columns", changes={"strong_cue": 0.0, "weak_cue": 0.0}),
    Variant(name="no cue examples", changes={"cue_example": 0.0}),
    Variant(name="no cues", cues=False),
    Variant(name="plain tf-idf", changes={"power": 1.0, "idf_power": 1.0}),
    # every paragraph is clipped to weight 2, which half the cost undoes
    Variant(name="no length weights", changes={"full_length": 1e-9, "cost": 0.5, "cue_example": 0.6}),
    Variant(name="one threshold for all", changes={"shrink": 1e12}),
    Variant(name="thresholds as out of fold", changes={"ease": 1.0}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a variant reached: micro F1 and mean average precision out of fold and on each gold file.

    `terms`: size of the vocabulary; `speed`: characters tagged a second.
    """

    name: str
    corpus: tuple[float | None, float | None]
    gold: Mapping[str, tuple[float | None, float | None]]
    terms: int
    speed: float


def run(
    examples: Sequence[Example], taxonomy: Taxonomy, cues: Sequence[Cue], gold: Gold | None = None,
    variants: Sequence[Variant] = VARIANTS, config: Config | None = None,
) -> Iterator[Row]:  # fmt: skip
    """Give a row for the whole model, for each variant, and for what is switched off after or before training."""
    gold, config = gold or {}, config or Config()
    for variant in variants:
        settings = replace(config, **variant.changes)
        model = training.train(examples, taxonomy, cues if variant.cues else (), settings)
        figures = model.report["out_of_fold"]
        yield _row(variant.name, model, (figures["micro_f1"], figures["mean_average_precision"]), gold, examples)
        if variant.name == _EVERYTHING:
            whole = model
    trial = crossfit.prepare(examples, taxonomy, cues, config)
    usual, plain = trial.decisions(), trial.decide(trial.margin, curve=False)
    half = replace(usual, threshold=np.full(len(trial.labels), 0.5))
    yield _row("thresholds of 0.5", _with(whole, half), _figures(half), gold, examples)
    without = _with(whole, plain, knots=calibration.SIGMOID[0], values=calibration.SIGMOID[1])
    yield _row("Platt's sigmoid alone", without, _figures(plain), gold, examples)
    parts = {f"no {origin} text": [e.origin != origin for e in examples] for origin in {e.origin for e in examples}}
    parts["no headings"] = [e.kind is not Kind.HEADING for e in examples]
    for name, kept in sorted(parts.items()):
        learn = np.array(kept)
        if learn.any() and not learn.all() and trial.true[learn].any(axis=0).all():
            model = training.train(list(compress(examples, kept)), taxonomy, cues, config)
            yield _row(name, model, _figures(trial.decisions(learn=learn)), gold, examples)


def table(rows: Sequence[Row]) -> str:
    """Give the rows for the terminal: the first as it is, of the others what they change."""
    from tabulate import tabulate

    def cells(pair: tuple[float | None, float | None], base: tuple[float | None, float | None]) -> list[str]:
        if pair is base:
            return ["–" if value is None else f"{value:.3f}" for value in pair]
        return ["–" if None in (v, b) else f"{v - b:+.3f}" for v, b in zip(pair, base, strict=True)]  # type: ignore[operator]

    base = rows[0]
    lines = [
        [
            row.name,
            *cells(row.corpus, base.corpus),
            *(cell for name in base.gold for cell in cells(row.gold[name], base.gold[name])),
            f"{row.terms:,}",
            f"{row.speed / 1e6:.2f}",
        ]
        for row in rows
    ]
    head = ["", "corpus F1", "AP", *(cell for name in base.gold for cell in (f"{name} F1", "AP"))]
    return str(tabulate(lines, headers=[*head, "terms", "M char/s"], disable_numparse=True, stralign="right"))


def _row(
    name: str, model: Bundle, corpus: tuple[float | None, float | None], gold: Gold, examples: Sequence[Example]
) -> Row:
    reports = {part: evaluation.evaluate(model, rows) for part, rows in gold.items()}
    texts = [example.text for example in examples[:_SPEED_TEXTS]]
    begun = time.perf_counter()
    Tagger(bundle=model).probabilities(texts)
    speed = sum(map(len, texts)) / (time.perf_counter() - begun)
    return Row(
        name=name, corpus=corpus, terms=len(model.vocabulary), speed=speed,
        gold={part: (report["micro_f1"], report["mean_average_precision"]) for part, report in reports.items()},
    )  # fmt: skip


def _figures(found: Decisions) -> tuple[float | None, float | None]:
    parts = (metrics.average_precision(found.probability[:, j], found.true[:, j]) for j in range(len(found.labels)))
    return metrics.f1(found.given, found.true), metrics.mean(parts)


def _with(model: Bundle, found: Decisions, **curve: Any) -> Bundle:  # noqa: ANN401
    """Give the model with the thresholds of `found`, and another curve."""
    numbers = {"threshold": found.threshold, **curve}
    new: dict[str, Any] = {name: np.asarray(value, dtype=np.float32) for name, value in numbers.items()}
    return replace(model, weights=replace(model.weights, **new))


def main(say: Callable[[str], object] = sys.stderr.write, show: Callable[[str], object] = sys.stdout.write) -> None:
    """Run from the command line."""
    root = data_file()
    parser = argparse.ArgumentParser(description="Train with one ingredient switched off at a time.")
    parser.add_argument("--labels", type=Path, default=root / "labels", help="folder with corpus/ and cues.toml")
    parser.add_argument("--taxonomy", type=Path, help="default: taxonomy.toml in the labels folder")
    parser.add_argument("--gold", type=Path, action="append", default=[], help="labelled real text; may be repeated")
    parser.add_argument("--models", type=Path, default=root / "models", help="whose card takes the table")
    options = parser.parse_args()
    try:
        given = material.load(options.labels, options.taxonomy)
        gold = {path.stem: list(label_files.read(path, given.taxonomy.ids, bare=True)) for path in options.gold}
        rows = []
        for row in run(given.examples, given.taxonomy, given.cues, gold):
            rows.append(row)
            say(f"{row.name}: {row.corpus} {dict(row.gold)}\n")
        show(table(rows) + "\n")
        id_ = promotion.identity(given.examples, given.taxonomy, given.cues)
        if registry.find(options.models, id_):
            explanation.save(options.models / id_, {"ablation": [asdict(row) for row in rows]})
            say(f"kept for the card of model {id_}: scripts/retrain.py writes it anew\n")
    except PolicytagError as error:
        parser.exit(error.exit_code, f"ablation: {error}\n")


if __name__ == "__main__":
    main()
