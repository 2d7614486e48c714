"""Real judgements cut down to four labels and some 200 documents: enough for the gate, quick to train."""

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from conftest import ROOT

from classifier import taxonomy as taxonomies
from classifier.learning import examples as label_files
from classifier.learning import holdout, training
from classifier.records import Example
from classifier.tagging.bundle import Bundle
from classifier.taxonomy import Taxonomy

LABELS = ("pledge_financing", "subsidies", "university_transfer", "talent")
FILES = ("rnew.jsonl", "tplan.jsonl", "tcon.jsonl")


@cache
def taxonomy(labels: Sequence[str] = LABELS) -> Taxonomy:
    whole = taxonomies.load(ROOT / "labels" / "taxonomy.toml")
    return replace(whole, labels=tuple(label for label in whole.labels if label.id in labels))


@cache
def examples(labels: Sequence[str] = LABELS) -> list[Example]:
    whole = taxonomies.load(ROOT / "labels" / "taxonomy.toml")
    judgements = [e for name in FILES for e in label_files.read(ROOT / "labels" / "corpus" / name, whole.ids)]
    merged = label_files.merge(judgements)
    return [replace(e, labels=e.labels & set(labels), blind=None) for e in merged]


def trained(given: Sequence[Example], labels: Sequence[str] = LABELS) -> Bundle:
    """A candidate as scripts/retrain.py makes one: fitted on all, judged without the test documents."""
    return holdout.judged(training.train(given, taxonomy(labels)), given, taxonomy(labels))


def shuffled(given: Sequence[Example], which: Sequence[Example], seed: int = 1) -> list[Example]:
    """The examples, those of `which` with each other's labels."""
    labels = [example.labels for example in which]
    random.Random(seed).shuffle(labels)
    wrong = {example.id: label for example, label in zip(which, labels, strict=True)}
    return [replace(example, labels=wrong.get(example.id, example.labels)) for example in given]
