"""Paragraphs and what a model says of them → Label Studio tasks and predictions, checked before they leave."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classifier.records import Kind, Paragraph, Skipped, Tagged
from classifier.studio.interface import CONTROL, TEXT

LONGEST = 20_000  # characters: nobody judges a longer paragraph in one sitting, and the page would stall
_CONTEXT = 200  # characters of the paragraphs before and after
_SPANS = 4  # words shown per label


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A paragraph that may become a task, and the paragraphs around it."""

    paragraph: Paragraph
    before: str
    after: str


def restored(paragraph: Paragraph) -> Paragraph:
    """Give the paragraph that a row of `tag`'s own JSON lines was; any other paragraph as it is."""
    row = paragraph.columns or {}
    document, number, kind = row.get("document"), row.get("paragraph"), row.get("kind")
    if not isinstance(document, str) or not isinstance(number, int) or kind not in list(Kind):
        return paragraph
    heading, page, copy = row.get("heading"), row.get("page"), row.get("duplicate_of")
    return paragraph._replace(
        document=document, number=number, kind=Kind(str(kind)), columns=None,
        heading=tuple(map(str, heading)) if isinstance(heading, list) else (),
        page=page if isinstance(page, int) else None, duplicate_of=copy if isinstance(copy, str) else None,
    )  # fmt: skip


def candidates(paragraphs: Iterable[Paragraph], *, headings: bool) -> Iterator[Candidate | Skipped]:
    """Give what a person can judge, with its context, in order; what cannot be judged with the reason."""
    shown = [paragraph for paragraph in paragraphs if paragraph.kind is not Kind.FURNITURE]
    for before, this, after in zip([None, *shown], shown, [*shown[1:], None], strict=False):
        if this.duplicate_of or (this.kind is Kind.HEADING and not headings):
            continue
        if len(this.text) > LONGEST:
            reason = f"{len(this.text):,} characters: nobody can judge more than {LONGEST:,} in one task"
            yield Skipped(name=this.id, reason=reason)
        else:
            yield Candidate(paragraph=this, before=_beside(before, this), after=_beside(after, this))


def _beside(other: Paragraph | None, this: Paragraph) -> str:
    """The text of a neighbour in the same document, cut on the far side."""
    if other is None or other.document != this.document or this.columns is not None:
        return ""
    if len(other.text) <= _CONTEXT:
        return other.text
    return f"…{other.text[-_CONTEXT:]}" if other.number < this.number else f"{other.text[:_CONTEXT]}…"


def identity(paragraph: Paragraph) -> str:
    """Give the id that a paragraph has in every project and in the corpus.

    A row keeps the id that it brought. A paragraph's place in a file is no lasting name, other files have places too:
    its text is part of its id.
    """
    if paragraph.id != f"{paragraph.document}#{paragraph.number}":
        return paragraph.id
    return f"{paragraph.id}@{hashlib.sha256(paragraph.text.encode()).hexdigest()[:8]}"


def is_blind(name: str, share: float) -> bool:
    """Tell whether a task belongs to the share without pre-annotation: the same answer on every push."""
    return int.from_bytes(hashlib.sha256(f"blind {name}".encode()).digest()[:8]) < share * 2**64


def data(candidate: Candidate, tagged: Tagged, *, blind: bool) -> dict[str, Any]:
    """Give a task's data: the text, and what helps to judge it. A blind task shows nothing of the model."""
    paragraph = candidate.paragraph
    page = f"　第 {paragraph.page} 页" if paragraph.page else ""
    return {
        "id": identity(paragraph), "text": paragraph.text, "document": f"{paragraph.document}{page}",
        "heading": " / ".join(paragraph.heading), "before": candidate.before, "after": candidate.after,
        "evidence": "" if blind else _evidence(tagged), "blind": blind, "source": paragraph.document,
        "paragraph": paragraph.number, "kind": paragraph.kind.value,
    }  # fmt: skip


def _evidence(tagged: Tagged) -> str:
    """One line: each tag with its confidence and the words that carried it."""
    lines = []
    for tag in tagged.tags:
        words = [item.term for item in tagged.evidence or () if item.label == tag.label]
        lines.append(f"{tag.name} {tag.confidence:.2f}：{'、'.join(dict.fromkeys(words[:_SPANS]))}")
    return f"模型 {tagged.model}　{'　'.join(lines) or '没有措施'}"


def certainty(tagged: Tagged) -> float:
    """Give the probability that the least certain of all decisions on a paragraph is right."""
    given = {tag.label for tag in tagged.tags}
    return min((p if label in given else 1 - p for label, p in (tagged.scores or {}).items()), default=0.0)


def prediction(tagged: Tagged, *, blind: bool) -> dict[str, Any]:
    """Give the pre-annotation with its score. A blind task's has no choices: only its place in the queue."""
    chosen = [] if blind else [tag.label for tag in tagged.tags]
    result = [{"from_name": CONTROL, "to_name": TEXT, "type": "choices", "value": {"choices": chosen}}]
    return {
        "result": result if chosen else [],
        "score": round(min(max(certainty(tagged), 0.0), 1.0), 6),
        "model_version": tagged.model,
    }


def problems(prediction: Mapping[str, Any], labels: Sequence[str]) -> list[str]:
    """Say what is wrong with a prediction for a page with these labels; nothing where all is right.

    The server takes an unknown choice, shows no tick, and saves it into the annotation when someone submits.
    """
    found = []
    for region in prediction["result"]:
        if (region["from_name"], region["to_name"], region["type"]) != (CONTROL, TEXT, "choices"):
            found.append(f"a result for '{region['from_name']}' that the page does not have")
        chosen = region["value"]["choices"]
        found += [f"label '{label}' that the page does not have" for label in chosen if label not in labels]
        if len(set(chosen)) != len(chosen):
            found.append("a label given twice")
    if not 0 <= prediction["score"] <= 1:
        found.append(f"score {prediction['score']}")
    if not prediction["model_version"]:
        found.append("no model version")
    return found
