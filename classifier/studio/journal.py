"""What `pull` has seen of a project, kept beside its result: appended to as answers come, so that nothing is lost.

A file of JSON lines. The first says which project of which server; then come tasks (a later line of a task replaces an
earlier one) and marks of how far a pull came. A line that an interruption tore is ignored.
"""

import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from classifier.studio.client import TIME, StoredTask
from classifier.tagging.outputs import opened


class Journal:
    """The annotated tasks of a project. `since`: all changes up to then are known.

    `goal` and `after`: a pull of the changes up to `goal` is under way, and done up to the task `after`.
    """

    def __init__(self, path: Path, owner: dict[str, Any]) -> None:
        self._path, self._owner = path, owner
        self.tasks: dict[int, StoredTask] = {}
        self.since, self.goal, self.after = "", "", 0
        self._read()

    def _read(self) -> None:
        try:
            *lines, torn = self._path.read_text(encoding="utf-8").split("\n")
            owner, *entries = map(json.loads, lines)
            if owner != self._owner:
                raise ValueError("of another project")
            for entry in entries:
                if "task" in entry:
                    self._take(StoredTask(**{**entry["task"], "annotations": tuple(entry["task"]["annotations"])}))
                else:
                    self.since, self.goal, self.after = entry["since"], entry["goal"], entry["after"]
        except (OSError, ValueError, KeyError, TypeError):  # none, or none of ours: what the server has is asked anew
            self.forget()
            return
        if torn:  # what is appended must begin a line
            self._write([owner, *entries])

    def _take(self, task: StoredTask) -> None:
        if task.annotations:
            self.tasks[task.id] = task
        else:
            self.tasks.pop(task.id, None)

    def begin(self, goal: str) -> None:
        """Note that the changes up to `goal` are being fetched."""
        self.goal, self.after = goal, 0
        self._append([self._mark()])

    def add(self, page: Iterable[StoredTask]) -> None:
        """Take in a page of tasks, by rising id; those without annotations are noted only if they had some."""
        entries = []
        for task in page:
            if task.annotations or task.id in self.tasks:
                entries.append({"task": asdict(task)})
            self._take(task)
            self.after = task.id
        self._append([*entries, self._mark()])

    def finish(self) -> None:
        """Note that all changes up to the goal are known, and write the file anew without what is outdated."""
        self.since, self.goal, self.after = _a_minute_before(self.goal), "", 0
        self._write([self._owner, *({"task": asdict(task)} for _, task in sorted(self.tasks.items())), self._mark()])

    def forget(self) -> None:
        """Begin anew."""
        self.tasks.clear()
        self.since, self.goal, self.after = "", "", 0
        self._write([self._owner])

    def _mark(self) -> dict[str, Any]:
        return {"since": self.since, "goal": self.goal, "after": self.after}

    def _append(self, entries: list[dict[str, Any]]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_lines(entries))

    def _write(self, entries: list[dict[str, Any]]) -> None:
        with opened(str(self._path), io.BytesIO()) as file:
            file.write(_lines(entries).encode())


def _lines(entries: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


def _a_minute_before(time: str) -> str:
    """A change may become visible a little after its time, when others of later times have been seen."""
    if not time:
        return ""
    return (datetime.strptime(time, TIME) - timedelta(minutes=1)).strftime(TIME)
