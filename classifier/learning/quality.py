"""Labels that are probably wrong, by models that have not seen them, with the closest examples for and against.

An example is suspect by how far, in log-odds, its out-of-fold probabilities lie on the wrong side of the thresholds,
added up over its labels; a person decides. (Confident learning, Northcutt et al. 2021, asks the same of thresholds.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.learning import similarity
from classifier.learning.evaluation import Decisions
from classifier.records import Example

Floats = npt.NDArray[np.floating]
_EDGE = 1e-4  # probabilities beyond are taken as no surer than this


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another example and its cosine."""

    example: Example
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A judgement that the model contradicts: `label` was `judged` there or not, and its probability says otherwise."""

    label: str
    judged: bool
    probability: float
    supporting: Neighbour | None  # the closest example with the same judgement
    contradicting: Neighbour | None  # the closest with the opposite one


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """An example with its doubtful judgements, the most doubtful first. `score` is in log-odds."""

    example: Example
    score: float
    doubts: tuple[Doubt, ...]


def against(decisions: Decisions) -> Floats:
    """Give the evidence against each judgement: log-odds beyond the threshold on the other side, 0 on its own."""
    gap = _logit(decisions.probability) - _logit(decisions.threshold)
    return np.asarray(np.maximum(np.where(decisions.true, -gap, gap), 0.0))


def suspects(decisions: Decisions, rows: Any, count: int | None = None) -> list[Suspect]:  # noqa: ANN401
    """Give the `count` most suspect examples (all that are suspect, without it), worst first.

    `rows`: the examples' texts by `similarity.rows`.
    """
    evidence = against(decisions)
    score = evidence.sum(axis=1)
    order = [int(i) for i in np.argsort(-score, kind="stable") if score[i] > 0][:count]
    found = []
    for first, cosine in similarity.cosines(rows[order], rows):
        for i, near in zip(order[first : first + len(cosine)], cosine, strict=True):
            near[i] = -1.0  # itself
            columns = [int(j) for j in np.argsort(-evidence[i], kind="stable") if evidence[i, j] > 0]
            doubts = tuple(_doubt(decisions, i, j, near) for j in columns)
            found.append(Suspect(example=decisions.examples[i], score=float(score[i]), doubts=doubts))
    return found


def table(found: Sequence[Suspect], names: Mapping[str, str], width: int = 50) -> str:
    """Give the suspects for the terminal: what was judged, what the model says, and the closest examples."""
    lines = []
    for suspect in found:
        lines.append(f"{suspect.example.id}  {suspect.score:.1f}  {suspect.example.text[:width]}")
        for doubt in suspect.doubts:
            judged = "given" if doubt.judged else "not given"
            lines.append(
                f"    {names.get(doubt.label, '')} {doubt.label}: {judged}, probability {doubt.probability:.2f}"
            )
            for side, neighbour in (("for", doubt.supporting), ("against", doubt.contradicting)):
                if neighbour:
                    text = neighbour.example.text[:width]
                    lines.append(f"        {side} {neighbour.similarity:.2f} {neighbour.example.id}  {text}")
    return "\n".join(lines)


def _doubt(decisions: Decisions, i: int, j: int, near: Floats) -> Doubt:
    same = decisions.true[:, j] == decisions.true[i, j]
    return Doubt(
        label=decisions.labels[j],
        judged=bool(decisions.true[i, j]),
        probability=float(decisions.probability[i, j]),
        supporting=_closest(decisions, np.where(same, near, -1.0)),
        contradicting=_closest(decisions, np.where(same, -1.0, near)),
    )


def _closest(decisions: Decisions, near: Floats) -> Neighbour | None:
    best = int(np.argmax(near))
    if near[best] <= 0:
        return None
    return Neighbour(example=decisions.examples[best], similarity=float(near[best]))


def _logit(p: Floats) -> Floats:
    inside = np.clip(p, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)))
