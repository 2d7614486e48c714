"""Where results go: a file that a later run may continue, or a stream."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from classifier.errors import OutputError, UsageError
from classifier.tagging import batch, journal, outputs
from classifier.tagging.batch import Counts, Done, Job, Sink
from classifier.tagging.chunks import Position, size
from classifier.tagging.sources import Source


class Stream:
    """A sink that is written through once, from the beginning."""

    start = Position()

    def __init__(self, file: BinaryIO, form: str) -> None:
        self._file, self._writer = file, outputs.FORMATS[form](file)
        self._piecemeal = form in outputs.PIECEMEAL
        if self._piecemeal:
            self._writer.finish()  # the head; rows come as pieces
        self.counts = Counts()

    def take(self, done: Done) -> None:
        """Write a chunk's rows."""
        if isinstance(done.rows, bytes):
            self._file.write(done.rows)
        else:
            for row in done.rows:
                self._writer.write(row)
        self.counts += done.counts

    def finish(self) -> None:
        """Write what was held back."""
        if not self._piecemeal:
            self._writer.finish()


@contextmanager
def opened(
    path: str, stdout: BinaryIO, sources: Sequence[Source], job: Job, *, resume: bool, overwrite: bool
) -> Iterator[Sink]:
    """Give the sink for an output path: `-` is standard output, and a file appears whole or not at all.

    Raises `UsageError` where a run of this kind cannot be resumed, and `OutputError`.
    """
    target = outputs.file_at(path)
    reason = _not_resumable(path, sources, job)
    if resume and reason:
        raise reason
    if target and not reason:
        with journal.journalled(target, job.form, facts(sources, job), resume=resume, overwrite=overwrite) as sink:
            yield sink
    else:
        with outputs.opened(path, stdout, overwrite=overwrite) as file:
            stream = Stream(file, job.form)
            yield stream
            stream.finish()


def _not_resumable(path: str, sources: Sequence[Source], job: Job) -> UsageError | OutputError | None:
    if outputs.file_at(path) is None:
        return UsageError("only a file can be resumed", "name one with -o FILE")
    if any(source.path is None and source.member is None for source in sources):
        return UsageError("standard input cannot be read a second time, so it cannot be resumed", "put it into a file")
    if job.form not in outputs.PIECEMEAL:
        return OutputError(
            f"{job.form} cannot be resumed: its parts are no file of their own",
            "write it anew with --overwrite, or write jsonl or csv",
        )
    return None


def facts(sources: Sequence[Source], job: Job) -> dict[str, object]:
    """Give what the output depends on, as a journal keeps it."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(f"{source.name}\0{size(source)}\0{_changed(source)}\n".encode("utf-8", "surrogateescape"))
    return {
        "model": batch.tagger(job).bundle.id if job.model else None,
        **job.options,
        "inputs": len(sources),
        "bytes of the inputs": sum(map(size, sources)),
        "names, sizes and times of the inputs": digest.hexdigest()[:12],
    }


def _changed(source: Source) -> int:
    """When a file was last changed, in nanoseconds."""
    try:
        return source.path.stat().st_mtime_ns if source.path else 0
    except OSError:
        return 0
