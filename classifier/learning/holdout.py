"""A frozen test split of the labels, and what a model that has not seen it says about it.

A document is a test document when a keyed hash of its name falls into a fixed share: whatever is added, removed or
found to share text with it later, it stays where it is. To judge a candidate, a second model is trained by the same
recipe without the test documents and without every document that shares text with one. The candidate itself is fitted
on everything; its out-of-fold decisions would be free, but the folds are dealt anew with every added document, and
that noise is larger than what a few hundred labels change.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from classifier.errors import LabelsError
from classifier.learning import folds, training
from classifier.learning.cues import Cue
from classifier.learning.evaluation import figures
from classifier.records import Example
from classifier.tagging import features, scores
from classifier.tagging.bundle import Bundle
from classifier.taxonomy import Taxonomy

SHARE = 0.15
MIN_DOCUMENTS = 20  # with fewer test documents, intervals by document mean nothing
LOWEST = 0.05  # probabilities kept: no threshold is as low
_KEY = b"policytag test split 1"

Record = dict[str, Any]


def is_test(document: str) -> bool:
    """Tell whether a document belongs to the test split."""
    code = hashlib.blake2b(document.encode("utf-8", "surrogatepass"), key=_KEY, digest_size=8).digest()
    return int.from_bytes(code, "big") < SHARE * 2**64


def text_digest(text: str) -> str:
    """Give eight hexadecimal digits that tell texts apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def judgement(example: Example) -> frozenset[str]:
    """Give the labels that decisions are measured by: those given before an adjudicator saw what a model doubted."""
    return example.labels if example.blind is None else example.blind


def split(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Give the examples that a judged model learns from, and those of the test documents.

    Documents that share text with a test document are in neither.
    """
    groups = folds.families(examples)
    kept_out = {group for group, example in zip(groups, examples, strict=True) if is_test(example.document)}
    learnt = [example for group, example in zip(groups, examples, strict=True) if group not in kept_out]
    return learnt, [example for example in examples if is_test(example.document)]


def judged(
    candidate: Bundle, examples: Sequence[Example], taxonomy: Taxonomy, cues: Sequence[Cue] = (),
    say: Callable[[str], None] = lambda _: None,
) -> Bundle:  # fmt: skip
    """Give the candidate with `holdout` in its report: decisions on the test documents by a model without them.

    Where there are too few test documents, or too little else to learn from, its report stays as it is, and `say` is
    told.
    """
    learnt, test = split(examples)
    documents = len({example.document for example in test})
    if documents < MIN_DOCUMENTS:
        say(f"{documents} test documents, {MIN_DOCUMENTS} are needed: out-of-fold figures decide")
        return candidate
    say(f"judging on {len(test)} paragraphs of {documents} test documents: training without them")
    config = training.Config(**candidate.config)
    try:
        model = training.train(learnt, taxonomy, cues, config, say=lambda line: say(f"judging: {line}"))
    except LabelsError as error:
        say(f"too little is left without the test documents ({error.args[0]}): out-of-fold figures decide")
        return candidate
    record = _decisions(model, test, taxonomy.ids)
    record["learnt"] = {"examples": len(learnt), "documents": len({example.document for example in learnt})}
    record["known"] = " ".join(sorted({text_digest(example.text) for example in examples}))
    return replace(candidate, report={**candidate.report, "holdout": record})


def _decisions(model: Bundle, test: Sequence[Example], labels: Sequence[str]) -> Record:
    """Give figures, thresholds, and for each paragraph its text's digest and the probabilities worth keeping."""
    counts = features.count([example.text for example in test], model.trie, model.cues, len(model.labels))
    probability = np.zeros((len(test), len(labels)))
    threshold = np.full(len(labels), np.inf)
    columns = [labels.index(label) for label in model.labels]
    # rounded as they are written, so that a model read again decides the same
    probability[:, columns] = np.round(
        scores.probabilities(scores.margins(counts, model.weights), model.weights).astype(np.float64), 4
    )
    threshold[columns] = np.round(model.weights.threshold.astype(np.float64), 4)
    true = np.array([[label in judgement(example) for label in labels] for example in test])
    return {
        "figures": figures(probability, probability >= threshold, true, labels, test),
        "thresholds": {label: float(threshold[labels.index(label)]) for label in model.labels},
        "paragraphs": {
            example.id: {
                "text": text_digest(example.text),
                "scores": {label: float(p) for label, p in zip(labels, row, strict=True) if p >= LOWEST},
            }
            for example, row in zip(test, probability, strict=True)
        },
    }
