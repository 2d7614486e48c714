"""ZIP archives → their members, each read as the input it is; nothing is written to disk.

A member is named archive.zip/member. What could do harm is skipped by name and the others go on: a path that leaves
the archive, an encrypted member, a link, a member that unpacks out of proportion, an archive more than one deep.
"""

import io
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import PurePosixPath, PureWindowsPath
from typing import IO, BinaryIO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from classifier.records import Skipped
from classifier.tagging import documents
from classifier.tagging.decoding import Undecodable, plausible
from classifier.tagging.sources import Item, Lines, Source

MEMBERS = 10_000
TOTAL = 2 << 30  # bytes, unpacked, of an archive with the archives in it
RATIO = 200  # bytes unpacked to one packed, for members over
LARGE = 10 << 20
_UTF8_NAME, _ENCRYPTED = 0x800, 0x1
# what zipfile and its decompressors raise; RuntimeError holds that of a compression which this Python has not
_DAMAGED = (BadZipFile, zlib.error, LZMAError, EOFError, RuntimeError, OSError)


@dataclass(slots=True)
class _Budget:
    """How much may still be unpacked; archives within an archive share it."""

    bytes: int = TOTAL
    members: int = MEMBERS


def read(source: Source) -> Iterator[Item | Lines]:
    """Give the items of all members of a ZIP archive. Raises `Undecodable` where it is none or has too many."""
    with source.seekable() as file:
        yield from _members(source.name, file, _Budget(), nested=False)


def opened(file: BinaryIO, what: str, total: int = TOTAL) -> ZipFile:
    """Open a document that is a ZIP archive inside, unless it would unpack out of proportion.

    `what` is the kind that it should be. Raises `Undecodable` with the reason where it is none.
    """
    head = file.read(8)
    file.seek(0)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        locked = "EncryptedPackage".encode("utf-16-le") in file.read(1 << 22)
        how = "protected by a password: save it without one" if locked else f"in an old format: save it as {what}"
        raise Undecodable(how)
    if not head.startswith(b"PK"):
        raise Undecodable(f"no {what} file: not a ZIP archive inside" if head else "empty")
    try:
        archive = ZipFile(file)
    except _DAMAGED as error:
        raise Undecodable(f"a damaged {what} file: {error}") from error
    members = archive.infolist()
    if len(members) > MEMBERS or sum(info.file_size for info in members) > total or any(map(_is_bomb, members)):
        raise Undecodable("it unpacks out of all proportion (a ZIP bomb?)")
    if any(info.flag_bits & _ENCRYPTED for info in members):
        raise Undecodable("protected by a password: save it without one")
    return archive


def _members(name: str, file: BinaryIO, budget: _Budget, *, nested: bool) -> Iterator[Item | Lines]:
    try:
        archive = ZipFile(file)
    except _DAMAGED as error:
        raise Undecodable(f"no ZIP archive, or damaged: {error}") from error
    with archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        budget.members -= len(members)
        if budget.members < 0:
            raise Undecodable(f"more than {MEMBERS:,} members")
        found = False
        for info in members:
            path = _name(info)
            if _hidden(path):
                continue
            found = True
            place = f"{name}/{path}"
            if reason := _refusal(info, path, budget):
                yield Skipped(name=place, reason=reason)
                continue
            budget.bytes -= info.file_size
            yield from _member(archive, info, place, budget, nested=nested)
        if not found:
            yield Skipped(name=name, reason="empty")


def _member(archive: ZipFile, info: ZipInfo, place: str, budget: _Budget, *, nested: bool) -> Iterator[Item | Lines]:
    """Read one member, whatever it holds."""
    source = Source(place, None, lambda: _buffered(archive.open(info)))
    try:
        if source.suffix != ".zip":
            yield from documents.read(source)
        elif nested:
            yield Skipped(name=place, reason="an archive in an archive in an archive: unpack it first")
        else:
            yield from _members(place, source.seekable(), budget, nested=True)
    except Undecodable as error:
        yield Skipped(name=place, reason=str(error))
    except _DAMAGED as error:
        yield Skipped(name=place, reason=f"damaged in its archive: {error}")


def _buffered(file: IO[bytes]) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", file)))


def _refusal(info: ZipInfo, path: str, budget: _Budget) -> str:
    """Why a member is not to be unpacked; nothing where it is."""
    if (
        ".." in PurePosixPath(path.replace("\\", "/")).parts
        or path.startswith(("/", "\\"))
        or PureWindowsPath(path).drive
    ):
        return "its path leaves the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a link, no file"
    if info.flag_bits & _ENCRYPTED:
        return "protected by a password"
    if _is_bomb(info):
        return f"it unpacks to more than {RATIO} times its size (a ZIP bomb?)"
    if info.file_size > budget.bytes:
        return f"with it the archive would unpack to more than {TOTAL >> 30} GiB"
    return ""


def _is_bomb(info: ZipInfo) -> bool:
    return info.file_size > LARGE and info.file_size > RATIO * max(info.compress_size, 1)


def _name(info: ZipInfo) -> str:
    """Give a member's name; without the mark of UTF-8, zipfile takes names for those of old DOS, and ours are not."""
    if info.flag_bits & _UTF8_NAME or info.filename.isascii():
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030", "big5hkscs"):
        try:
            name = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or plausible(name):
            return name
    return raw.decode("gb18030", "replace")


def _hidden(path: str) -> bool:
    parts = [part for part in PurePosixPath(path.replace("\\", "/")).parts if part not in ("..", "/")]
    return any(part.startswith((".", "~$", "__MACOSX")) for part in parts)
