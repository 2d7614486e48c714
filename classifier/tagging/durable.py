"""Files whose content outlasts a crash, written by one run at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from classifier.errors import OutputError
from classifier.tagging.outputs import PLACE


@contextmanager
def alone(part: Path, target: Path) -> Iterator[FileIO]:
    """Open the file that becomes `target`, unless another run has it."""
    try:
        file = FileIO(os.open(part, os.O_RDWR | os.O_CREAT, 0o666), "r+")
    except OSError as error:
        raise OutputError(f"cannot write to {target.parent}: {error.strerror}", PLACE) from error
    with file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # Windows keeps the others out by itself
            pass
        except BlockingIOError as error:
            raise OutputError(f"another run is writing {target}", "wait for its end, or name another file") from error
        yield file


def write(file: FileIO, data: bytes) -> None:
    """Write all of it: a nearly full disk takes only a part."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) or 0 :]


def sync_names(folder: Path) -> None:
    """Make the names in a folder outlast a crash, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
