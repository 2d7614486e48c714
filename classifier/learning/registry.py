"""A folder of models: `<id>/` never changes, CURRENT names the promoted one, history.jsonl says how it came so.

Whoever writes holds the folder's lock, which the system gives back when a process dies; what is written appears in one
step, by renaming. So whenever a process ends, CURRENT names a whole model.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from classifier.errors import ModelDamaged, ModelError, ModelNotFound, UsageError
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle

_DRAFTS = (".writing-", ".draft-", ".pruned-")  # what a writer that was killed leaves behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model of a folder; `model` is None where it cannot be loaded, and `problem` says why."""

    id: str
    current: bool
    model: Bundle | None
    problem: str = ""


@contextmanager
def locked(models: Path) -> Iterator[None]:
    """Hold a folder of models, made if need be, alone; others wait. Drafts of dead writers are swept."""
    import fcntl

    try:
        models.mkdir(parents=True, exist_ok=True)
        folder = os.open(models, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ModelError(f"cannot write to {models}: {error.strerror}", "choose another folder of models") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        for draft in [*models.iterdir(), *models.glob("*/.draft-*")]:
            if draft.name.startswith(_DRAFTS):
                _remove(draft)
        yield
    finally:
        os.close(folder)


def current_id(models: Path) -> str | None:
    """Give the id that CURRENT names, None where there is no CURRENT."""
    try:
        return (models / "CURRENT").read_text(encoding="utf-8", errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ModelError(f"{models / 'CURRENT'} cannot be read: {error.strerror}", "mend its permissions") from error


def current(models: Path) -> Bundle | None:
    """Give the current model, None where none was ever promoted. Raises `ModelError` where it cannot be loaded."""
    name = current_id(models)
    if name is None:
        return None
    if not _is_plain(name) or not (models / name).is_dir():
        raise ModelDamaged(
            f"{models / 'CURRENT'} names the model '{name}', which is not there",
            f"restore it from a backup, or choose another: policytag model list --models {models}",
        )
    return bundle.load(models / name)


def find(models: Path, id_: str) -> Bundle | None:
    """Give a model of the folder if it is there and whole."""
    try:
        return bundle.load(models / id_)
    except ModelError:
        return None


def entries(models: Path) -> list[Entry]:
    """Give every model of a folder, the current one first, then by id. Raises `ModelNotFound` where there is none."""
    now = current_id(models)
    places = sorted(place for place in models.glob("*") if place.is_dir() and not place.name.startswith("."))
    if not places:
        raise ModelNotFound(f"no models in {models}", "make one with scripts/retrain.py")
    return sorted((_entry(place, now) for place in places), key=lambda entry: (not entry.current, entry.id))


def _entry(place: Path, now: str | None) -> Entry:
    try:
        return Entry(id=place.name, current=place.name == now, model=bundle.load(place))
    except ModelError as error:
        return Entry(id=place.name, current=place.name == now, model=None, problem=str(error.args[0]))


def resolve(models: Path, name: str | None) -> str:
    """Give the id that `name` begins, the current one without a name. Raises where none or several do."""
    if name is None:
        if found := current_id(models):
            return found
        raise ModelNotFound(f"{models} has no current model", "name one, or make one with scripts/retrain.py")
    ids = [place.name for place in models.glob("*") if place.is_dir() and not place.name.startswith(".")]
    matching = [name] if name in ids else sorted(id_ for id_ in ids if name and id_.startswith(name))
    if len(matching) > 1:
        raise UsageError(f"'{name}' begins several ids: {', '.join(matching)}", "write more of it")
    if not matching:
        raise ModelNotFound(f"no model '{name}' in {models}", f"see: policytag model list --models {models}")
    return matching[0]


def use(models: Path, name: str) -> str:
    """Make a model the current one, if it is whole; give its id."""
    with locked(models):
        id_ = resolve(models, name)
        bundle.load(models / id_)
        record(models, {"event": "used", "model": id_, "over": current_id(models)})
        make_current(models, id_)
    return id_


def make_current(models: Path, id_: str) -> None:
    """Let CURRENT name a model, in one step. The caller holds the lock."""
    write(models / "CURRENT", id_ + "\n")


def record(models: Path, event: Mapping[str, Any]) -> None:
    """Add a line to history.jsonl, with the time. The caller holds the lock."""
    lines = [*history(models), {"time": datetime.now(UTC).isoformat(timespec="seconds"), **event}]
    write(models / "history.jsonl", "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def history(models: Path) -> list[dict[str, Any]]:
    """Give what happened in a folder of models, oldest first."""
    path = models / "history.jsonl"
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}", "restore it from version control, or delete it") from error


def prune(models: Path, keep: int = 2) -> list[str]:
    """Remove every model but the current one and the `keep` that were current last; give the removed names.

    Damaged models that were put aside go too. A model vanishes in one step.
    """
    if keep < 0:
        raise UsageError(f"cannot keep {keep} models", "0 keeps the current one only")
    with locked(models):
        now = current_id(models)
        if now is None or find(models, now) is None:
            raise ModelError(f"{models} has no whole current model", "choose one first: policytag model use ID")
        before = [event.get("over") for event in reversed(history(models))]
        kept = [now, *dict.fromkeys(id_ for id_ in before if id_ not in (None, now))][: keep + 1]
        gone = [
            place
            for place in sorted(models.iterdir())
            if place.name not in kept and ((place / "manifest.json").exists() or place.name.startswith(".damaged-"))
        ]
        for place in gone:
            aside = Path(tempfile.mkdtemp(prefix=".pruned-", dir=models))
            place.replace(aside)
            _remove(aside)
    return [place.name for place in gone]


def write(path: Path, content: str) -> None:
    """Replace a file in one step. Raises `ModelError`, and leaves the old one, where it cannot be written."""
    draft = None
    try:
        handle, name = tempfile.mkstemp(prefix=".draft-", dir=path.parent)
        draft = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        draft.replace(path)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise ModelError(f"cannot write {path}: {error.strerror}", "free space, or mend its permissions") from error


def _is_plain(name: str) -> bool:
    return name not in ("", ".", "..") and Path(name).name == name


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
