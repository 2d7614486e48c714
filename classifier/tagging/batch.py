"""Many inputs → results, chunk after chunk in constant memory, on one process or several, with counts that add up."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, astuple, dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Protocol

from classifier.errors import PolicytagError
from classifier.records import Document, Paragraph, Skipped
from classifier.tagging import bundle, outputs, workers
from classifier.tagging.chunks import Chunk, Position, chunks
from classifier.tagging.documents import Item, Lines, Source, items
from classifier.tagging.paragraphs import paragraphs
from classifier.tagging.tagger import Engine, Tagger
from classifier.tagging.writers import Record


@dataclass(slots=True)
class Tally:
    """What became of the inputs. A document or a table row counts as one."""

    given: int = 0
    done: int = 0
    paragraphs: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def adds_up(self) -> bool:
        """Whether every input was either done or skipped."""
        return self.given == self.done + len(self.skipped)


@dataclass(frozen=True, slots=True)
class Counts:
    """The tally of a whole run, however long: numbers only. `written` counts results, `read` bytes of the inputs."""

    given: int = 0
    done: int = 0
    skipped: int = 0
    paragraphs: int = 0
    written: int = 0
    read: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    def check(self) -> None:
        """Raise `PolicytagError` unless every input was done or skipped, and every paragraph written once."""
        if self.given != self.done + self.skipped or self.paragraphs != self.written:
            raise PolicytagError(
                f"the counts do not add up: a fault of policytag ({self})", "please report it with the command"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be done with every paragraph. Without `model` it is not tagged."""

    form: str
    model: Path | None = None
    headings: bool = False
    all_scores: bool = False
    evidence: bool = False
    engine: Engine = "auto"
    expected: int = 0  # paragraphs: the whole run's, so that every process and every continuation takes one engine

    @property
    def options(self) -> dict[str, object]:
        """What the results depend on besides the model and the inputs."""
        return {key: value for key, value in asdict(self).items() if key not in ("model", "expected")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A chunk's results: bytes where the format is one that pieces can be put together of, records where not."""

    rows: bytes | list[Record]
    counts: Counts
    skipped: tuple[Skipped, ...]
    end: Position


class Sink(Protocol):
    """Takes the results in order; a run that is continued begins at `start` with `counts`."""

    @property
    def start(self) -> Position: ...  # noqa: D102
    @property
    def counts(self) -> Counts: ...  # noqa: D102
    def take(self, done: Done) -> None: ...  # noqa: D102


def split(
    parts: Iterable[Source | Item | Lines], tally: Tally, skip: Callable[[Skipped], None] = lambda _: None
) -> Iterator[Paragraph]:
    """Give the paragraphs of all inputs in order; `skip` is told of each that could not be read."""
    for item in items(parts):
        tally.given += 1
        match item:
            case Paragraph():
                tally.paragraphs += 1
                tally.done += 1
                yield item
            case Document():
                found = paragraphs(item)
                tally.paragraphs += len(found)
                tally.done += 1
                yield from found
            case Skipped():
                tally.skipped.append(item)
                skip(item)


@cache
def tagger(job: Job) -> Tagger:
    """Give the tagger that a job asks for; a process loads it once. Raises `ModelError`."""
    return Tagger(
        bundle=bundle.load(job.model), headings=job.headings, all_scores=job.all_scores, evidence=job.evidence,
        engine=job.engine, expected=job.expected,
    )  # fmt: skip


def work(tagger: Tagger | None, form: str, chunk: Chunk) -> Done:
    """Read, tag and write down one chunk; without a tagger its paragraphs as they are."""
    tally = Tally()
    found = split(chunk.parts, tally)
    records = map(outputs.record, tagger.tag(found) if tagger else found)
    rows: bytes | list[Record]
    if kind := outputs.PIECEMEAL.get(form):
        piece = io.BytesIO()
        writer = kind(piece, head=False)
        written = sum(1 for _ in map(writer.write, records))
        rows = piece.getvalue()
    else:
        rows = list(records)
        written = len(rows)
    counts = Counts(tally.given, tally.done, len(tally.skipped), tally.paragraphs, written, chunk.read)
    return Done(rows=rows, counts=counts, skipped=tuple(tally.skipped), end=chunk.end)


def _work(job: Job, chunk: Chunk) -> Done:
    return work(tagger(job) if job.model else None, job.form, chunk)


def run(sources: Sequence[Source], job: Job, sink: Sink, jobs: int, watch: Callable[[Done], None]) -> Counts:
    """Do a job on all inputs; `watch` is told of each chunk once the sink has it. Raises `PolicytagError`."""
    with closing(workers.ordered(partial(_work, job), chunks(sources, sink.start), jobs)) as results:
        for done in results:
            sink.take(done)
            watch(done)
    sink.counts.check()
    return sink.counts
