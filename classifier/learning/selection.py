"""What to label next: the unlabelled paragraphs that would teach a model most.

A paragraph is worth its expected wrong decisions, those of rare and weak labels counting more, and more where no
labelled example is like it. Taken are the worthiest that are no near copies of one another or of examples (the order
of uncertainty, thinned by similarity: Settles 2012, sections 2.2 and 5.1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.learning import similarity
from classifier.records import Kind, Paragraph
from classifier.tagging.bundle import Bundle
from classifier.tagging.chinese import all_simplified
from classifier.tagging.tagger import Tagger

Floats = npt.NDArray[np.floating]

_COPY = 0.9  # cosine with an example from which on a paragraph is labelled already
_ALIKE = 0.5  # cosine with a chosen one from which on a paragraph would teach the same again
_LEAST = 0.05  # probability of a wrong decision from which on a label is named as doubtful


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A paragraph worth labelling. `doubtful` labels come with the probability that their decision is wrong."""

    paragraph: Paragraph
    worth: float
    doubtful: Mapping[str, float]
    nearest: float  # cosine with the most similar example


def choose(paragraphs: Sequence[Paragraph], bundle: Bundle, known: Sequence[str], count: int = 100) -> list[Choice]:
    """Give up to `count` paragraphs to label, worthiest first. `known`: the texts that are labelled, or sent to be."""
    useful = [p for p in paragraphs if p.kind is not Kind.FURNITURE and not p.duplicate_of and p.text.strip()]
    if not useful:
        return []
    texts = all_simplified([p.text for p in useful])
    probability = Tagger(bundle=bundle).probabilities(texts)
    wrong = np.where(probability >= bundle.weights.threshold, 1.0 - probability, probability)
    rows = similarity.rows(texts, bundle)
    nearest = _nearest(rows, similarity.rows(all_simplified(known), bundle))
    worth = (wrong @ needs(bundle)) * (2.0 - nearest)
    taken: list[int] = []
    for i in np.argsort(-worth, kind="stable").tolist():
        if len(taken) == count:
            break
        if nearest[i] < _COPY and not (taken and (rows[i] @ rows[taken].T).max() >= _ALIKE):
            taken.append(i)
    return [_choice(useful[i], float(worth[i]), wrong[i], float(nearest[i]), bundle) for i in taken]


def needs(bundle: Bundle) -> Floats:
    """Give how much each label needs examples, 1 on average: more where the model had few, or is measured weak."""
    measured = [bundle.report["out_of_fold"]["labels"].get(label, {}) for label in bundle.labels]
    positives = np.array([label.get("positives", 0) for label in measured])
    weak = np.array([1.0 - (label.get("f1") or 0.0) for label in measured])
    need = np.sqrt(weak / (1.0 + positives))
    return np.asarray(need / need.mean() if need.any() else np.ones(len(need)))


def table(choices: Sequence[Choice], names: Mapping[str, str], width: int = 60) -> str:
    """Give the choices for the terminal, with what makes each worth labelling."""
    from tabulate import tabulate

    rows = [
        [
            choice.paragraph.id,
            f"{choice.worth:.2f}",
            f"{choice.nearest:.2f}",
            "\n".join(f"{names.get(label, label)} {p:.2f}" for label, p in choice.doubtful.items()),
            choice.paragraph.text[:width],
        ]
        for choice in choices
    ]
    return str(tabulate(rows, headers=["id", "worth", "nearest", "doubtful", "text"], disable_numparse=True))


def _nearest(rows: object, examples: object) -> Floats:
    parts = [cosine.max(axis=1, initial=0.0) for _, cosine in similarity.cosines(rows, examples)]
    return np.concatenate(parts)


def _choice(paragraph: Paragraph, worth: float, wrong: Floats, nearest: float, bundle: Bundle) -> Choice:
    order = sorted(zip(bundle.labels, wrong.tolist(), strict=True), key=lambda item: -item[1])
    doubtful = {label: p for label, p in order if p >= _LEAST}
    return Choice(paragraph=paragraph, worth=worth, doubtful=doubtful, nearest=nearest)
