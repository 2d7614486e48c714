"""A run that can be continued after any interruption, without a lost or a doubled paragraph.

Rows go to FILE.part, and every second FILE.journal is told how far they are: which inputs are done, and how long the
part then is. A line of the journal is written when the rows it speaks of are on the disk, so its last whole line is
true whatever happened; what the part has beyond it is cut off and made again. The part takes the name of FILE when
all is done. The journal then goes, too; but after a run with --resume it stays, and the next one finds all done.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from io import BytesIO, FileIO
from pathlib import Path
from time import monotonic
from typing import Any

from classifier.errors import OutputError
from classifier.tagging.batch import Counts, Done
from classifier.tagging.chunks import Position
from classifier.tagging.durable import alone, sync_names, write
from classifier.tagging.outputs import PIECEMEAL, explained

_EVERY = 1.0  # seconds of work that a kill may cost
_GO_ON = "free space, then go on with --resume"
_ANEW = "or write the output anew with --overwrite"

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Saved:
    """How far a run is: `offset` bytes of output, made of all inputs before `end`."""

    offset: int = 0
    end: Position = field(default_factory=Position)
    counts: Counts = field(default_factory=Counts)


class Journalled:
    """The sink of a run that can be continued."""

    def __init__(self, file: FileIO, journal: Path, facts: Facts, saved: Saved) -> None:
        self._file, self._journal, self._facts = file, journal, facts
        self._saved = self._now = saved
        self._at = monotonic()
        file.truncate(saved.offset)
        file.seek(saved.offset)

    @property
    def start(self) -> Position:
        """Where the run goes on."""
        return self._now.end

    @property
    def counts(self) -> Counts:
        """What was done so far, before the interruption too."""
        return self._now.counts

    def take(self, done: Done) -> None:
        """Write the rows of a chunk."""
        if not isinstance(done.rows, bytes):
            raise TypeError("records cannot be put together as pieces of a file")
        self._now = self._after(done.rows, done.end, done.counts)
        if monotonic() - self._at >= _EVERY:
            self.save()

    def begin(self, head: bytes) -> None:
        """Write what comes before the rows."""
        self._saved = self._now = self._after(head, self._now.end, Counts())

    def save(self) -> bool:
        """Make what was taken outlast a crash; whether there was anything."""
        if self._now != self._saved:
            os.fsync(self._file.fileno())
            line = "\n" + json.dumps(asdict(self._now))  # a line of its own, whatever a crash left of the one before
            if not self._journal.exists():
                line = json.dumps(_named(self._facts), ensure_ascii=False) + line
            with self._journal.open("ab", buffering=0) as journal:
                write(journal, line.encode())
                os.fsync(journal.fileno())
            sync_names(self._journal.parent)
            self._saved = self._now
        self._at = monotonic()
        return self._now.end != Position()

    def _after(self, rows: bytes, end: Position, counts: Counts) -> Saved:
        write(self._file, rows)
        return Saved(self._now.offset + len(rows), end, self._now.counts + counts)


@contextmanager
def journalled(target: Path, form: str, facts: Facts, *, resume: bool, overwrite: bool) -> Iterator[Journalled]:
    """Give a sink for the file `target`, which appears when all is done.

    `facts` are what the output depends on, by name; a run is continued only where they are the same. Raises
    `OutputError` where the output is there already, cannot be written, or belongs to other facts.
    """
    part, journal = (target.with_name(target.name + end) for end in (".part", ".journal"))
    saved = _continued(target, part, journal, facts) if resume else None
    if not resume and not overwrite:
        _refuse_existing(target, part, journal)
    if resume and saved and not part.exists():  # all done, and the file has its name
        with explained(target, _GO_ON), target.open("r+b", buffering=0) as file:
            yield Journalled(file, journal, facts, saved)
        return
    with explained(target, _GO_ON):
        if not part.exists():  # nobody is at work: no journal must be there when the new part is
            journal.unlink(missing_ok=True)
        with alone(part, target) as file:
            if not saved:
                journal.unlink(missing_ok=True)
            sink = Journalled(file, journal, facts, saved or Saved())
            try:
                if not saved:
                    sink.begin(head(form))
                yield sink
                if resume or journal.exists():
                    sink.save()
            except BaseException as error:
                _keep(sink, part, error)
                raise
            os.fsync(file.fileno())
        part.replace(target)
        if not resume:
            journal.unlink(missing_ok=True)
        sync_names(target.parent)


def head(form: str) -> bytes:
    """Give what a file of a format has before its rows."""
    file = BytesIO()
    PIECEMEAL[form](file).finish()
    return file.getvalue()


def _keep(sink: Journalled, part: Path, error: BaseException) -> None:
    """Save what is done before an interruption goes on its way, or leave nothing where nothing is."""
    with suppress(OSError):  # a full disk: the journal's earlier lines hold
        if sink.save():
            error.add_note("what is done is kept: go on with --resume")
        else:
            part.unlink(missing_ok=True)


def _refuse_existing(target: Path, part: Path, journal: Path) -> None:
    if part.exists() and journal.exists():
        raise OutputError(
            f"{part} holds the beginning of an unfinished run",
            "--resume goes on with it, --overwrite begins anew",
        )
    if target.exists():
        raise OutputError(f"{target} exists", "--overwrite writes it anew, --resume goes on with an interrupted run")


def _continued(target: Path, part: Path, journal: Path, facts: Facts) -> Saved | None:
    """Give how far an earlier run was; nothing where it had saved nothing. Raises `OutputError` if not to be used."""
    lines = _lines(journal)
    if len(lines) < 2 or "policytag" not in lines[0] or not (part.exists() or target.exists()):
        if target.exists() and not part.exists():
            raise OutputError(f"{target} exists, and there is no unfinished run", "--overwrite writes it anew")
        return None
    if difference := _difference(lines[0], _named(facts)):
        raise OutputError(f"{journal} belongs to another run: {difference}", f"give what was given then, {_ANEW}")
    try:
        last = lines[-1]
        saved = Saved(last["offset"], Position(**last["end"]), Counts(**last["counts"]))
        whole = part if part.exists() else target
        length = whole.stat().st_size
    except (KeyError, TypeError, OSError) as error:
        raise OutputError(f"{journal} cannot be read: {error}", f"restore it, {_ANEW}") from error
    if length < saved.offset or (whole == target and length != saved.offset):
        raise OutputError(f"{whole} is not as long as {journal} says: it was changed", f"restore it, {_ANEW}")
    if whole == target and saved.end.source != facts["inputs"]:
        raise OutputError(f"{journal} is of an unfinished run whose {part.name} is gone", f"restore it, {_ANEW}")
    return saved


def _lines(journal: Path) -> list[dict[str, Any]]:
    """Give the journal's lines but those that a crash has cut."""
    try:
        content = journal.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OutputError(f"{journal} cannot be read: {error.strerror}", f"restore it, {_ANEW}") from error
    found = []
    for line in content.split(b"\n"):
        with suppress(ValueError):
            found.append(json.loads(line))
    return [line for line in found if isinstance(line, dict)]


def _named(facts: Facts) -> Facts:
    """Add which policytag it is: looked up only when needed, for that takes a third of the time to start."""
    from importlib.metadata import version

    return {"policytag": version("policytag"), **facts}


def _difference(then: Facts, now: Facts) -> str:
    """Say in which fact two runs differ; nothing where in none."""
    for name in now:
        if then.get(name) != now[name]:
            return f"{name}: {then.get(name)} then, {now[name]} now"
    return ""
