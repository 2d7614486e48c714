"""Files at addresses, wherever fsspec reaches (s3://, gs://, hdfs://, plain paths): inputs, and a folder of results."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from classifier.errors import MissingExtra, UsageError
from classifier.tagging import documents
from classifier.tagging.sources import Source

_LOG = "_journal"  # readers of data sets pass over names that begin so

FileSystem = Any  # fsspec publishes no types


def discover(inputs: Sequence[str]) -> list[Source]:
    """Give the files that paths and addresses mean; folders and globs of an address as those of a path."""
    paths = [given for given in inputs if "://" not in given]
    if "-" in paths:
        raise UsageError("a cluster does not read standard input", "name files, folders, globs or addresses")
    names_of = {one.path: one.name for one in documents.discover(paths)}
    found: list[Source] = []
    for given in inputs:
        if "://" in given:
            found += _at(given)
        else:
            local = documents.discover([given])
            found += [source(names_of[one.path], str(one.path.absolute())) for one in local if one.path]
    once = {address(one): one for one in found}
    names = Counter(one.name for one in once.values())
    return [source(url, url) if names[one.name] > 1 else one for url, one in once.items()]


def source(name: str, url: str) -> Source:
    """Give the input at an address or an absolute path."""
    return Source(name, None, partial(_open, url)) if "://" in url else Source(name, Path(url))


def address(one: Source) -> str:
    """Give the address or path that `source` made an input of."""
    return str(one.path) if one.path else str(cast("partial[BinaryIO]", one.member).args[0])


def files_at(url: str) -> FileSystem:
    """Give the file system of an address. Raises `UsageError` where none is known."""
    try:
        import fsspec
    except ImportError as error:
        raise MissingExtra("fsspec", "cluster") from error
    try:
        return fsspec.core.url_to_fs(url)[0]
    except (ImportError, ValueError) as error:
        raise UsageError(f"cannot read or write {url}: {error}", "install what fsspec needs for it") from error


def _at(url: str) -> list[Source]:
    files = files_at(url)
    place = files._strip_protocol(url)
    root: PurePosixPath | None = None
    if any(char in place for char in "*?["):
        paths = sorted(path for path, what in files.glob(place, detail=True).items() if what["type"] == "file")
    elif files.isdir(place):
        paths, root = sorted(files.find(place)), PurePosixPath(place)
    else:
        paths = [place]
    found = []
    for path in map(PurePosixPath, paths):
        name = path.relative_to(root) if root else PurePosixPath(path.name)
        if not any(part.startswith((".", "_", "~$")) for part in name.parts):
            found.append(source(str(name), files.unstrip_protocol(str(path))))
    return found


def _open(url: str) -> BinaryIO:
    return cast("BinaryIO", files_at(url).open(url, "rb"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of results: its parts, and in `_journal` what became of each, the run's facts and its model."""

    url: str
    form: str

    @classmethod
    def at(cls, output: str, form: str) -> "Folder":
        """Give the folder at a path or an address."""
        return cls(url=output.rstrip("/") if "://" in output else str(Path(output).absolute()), form=form)

    @property
    def files(self) -> FileSystem:
        """The file system it lies in."""
        return files_at(self.url)

    def part(self, number: int) -> str:
        """Give the name of a part."""
        return f"{self.url}/part-{number:06}.{self.form}"

    def log(self, name: str = "") -> str:
        """Give the name of a file of the journal."""
        return f"{self.url}/{_LOG}/{name}".rstrip("/")

    @contextmanager
    def replaced(self, name: str) -> Iterator[BinaryIO]:
        """Write a file that takes its name when it is whole: of two who write it, one wins."""
        draft = self.log(f"{uuid.uuid4().hex}.tmp")
        with self.files.open(draft, "wb") as file:
            yield file
        self.files.mv(draft, name)

    def results(self) -> list[str]:
        """Give its parts."""
        return [str(path) for path in self.files.glob(f"{self.url}/part-*")]

    def clear(self) -> None:
        """Remove parts and journal, and make it where it is not."""
        if self.files.exists(self.url):
            for path in self.results():
                self.files.rm_file(path)
            if self.files.exists(self.log()):
                self.files.rm(self.log(), recursive=True)
        self.files.makedirs(self.log("model"), exist_ok=True)

    def tidy(self) -> None:
        """Remove what lost workers left unfinished."""
        for path in self.files.glob(self.log("*.tmp")):
            self.files.rm_file(path)
