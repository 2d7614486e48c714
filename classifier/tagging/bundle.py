"""Model directory ⇄ Bundle. The only reader and writer of models; reading one never runs code.

A model directory holds `manifest.json` (what it is, and a digest of every file), `vocabulary.txt` (one term a line),
`arrays.npz` (numbers, mapped into memory, so that all processes share them) and `report.json` (what was measured).

FORMAT rises when an older program could not use the files rightly; then add the old form to `_read`, or say in the
error how to train anew, and keep a small model of the old format under tests/cases/models.
"""

import hashlib
import io
import json
import mmap
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from classifier.errors import ModelDamaged, ModelError, ModelNotFound, ModelTooNew
from classifier.tagging.features import Cues
from classifier.tagging.scores import Weights
from classifier.tagging.trie import Trie
from classifier.taxonomy import data_file

FORMAT = 1
Arrays = dict[str, npt.NDArray[Any]]
_FILES = ("vocabulary.txt", "arrays.npz", "report.json")
_GROUPS: dict[str, tuple[type, tuple[str, ...]]] = {
    group: (kind, tuple(field.name for field in fields(kind) if field.name != "power"))
    for group, kind in (("trie", Trie), ("cues", Cues), ("weights", Weights))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A model. `labels` maps ids to names in column order; `report` is what training measured."""

    id: str
    labels: Mapping[str, str]
    taxonomy_version: str
    left_out: tuple[str, ...]  # labels without a positive example: never given
    suggest_only: frozenset[str]  # labels whose tags a person should always look at
    config: Mapping[str, Any]
    data: Mapping[str, Any]  # number of examples, digest
    vocabulary: tuple[str, ...]
    trie: Trie
    cues: Cues
    weights: Weights
    report: Mapping[str, Any]


def locate(path: Path | None = None) -> Path:
    """Give the directory of the model at `path`: itself, or the current one of a folder of models.

    Without `path` it is the packaged model. Raises `ModelNotFound`.
    """
    place = path or data_file("models")
    if (place / "manifest.json").is_file():
        return place
    try:
        name = (place / "CURRENT").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    if name in ("", ".", "..") or Path(name).name != name or not (place / name / "manifest.json").is_file():
        raise ModelNotFound(f"no model at {place}", "name a model directory, or make one with scripts/retrain.py")
    return place / name


def load(path: Path | None = None) -> Bundle:
    """Read a model, checking every byte against its manifest.

    Raises `ModelNotFound`, `ModelTooNew`, or `ModelDamaged` naming the file.
    """
    place = locate(path)
    manifest = _manifest(place)
    content = {name: _checked(place, name, manifest) for name in _FILES}
    try:
        return _read(manifest, content)
    except (KeyError, TypeError, ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelDamaged(f"{place} does not hold a whole model ({error})", _RESTORE) from error


_RESTORE = "restore the directory from a backup, or train anew with scripts/retrain.py"


def _manifest(place: Path) -> dict[str, Any]:
    path = place / "manifest.json"
    try:
        manifest = json.loads(path.read_bytes())
        written = manifest["format"]
        digest, _ = manifest.pop("digest"), dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelDamaged(f"{path} cannot be read", _RESTORE) from error
    if not isinstance(written, int) or written > FORMAT:
        raise ModelTooNew(
            f"{place} has model format {written}; this policytag knows formats up to {FORMAT}",
            "upgrade with: pip install --upgrade policytag",
        )
    if digest != _digest(_canonical(manifest)):
        raise ModelDamaged(f"{path} was changed after it was written", _RESTORE)
    return dict(manifest)


def _checked(place: Path, name: str, manifest: Mapping[str, Any]) -> mmap.mmap:
    path = place / name
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # an empty file cannot be mapped
        raise ModelDamaged(f"{path} is missing or cannot be read", _RESTORE) from error
    if _digest(content) != manifest["files"].get(name):
        raise ModelDamaged(f"{path} was changed after it was written", _RESTORE)
    return content


def _read(manifest: Mapping[str, Any], content: Mapping[str, mmap.mmap]) -> Bundle:
    arrays = _unpacked(content["arrays.npz"])
    columns: dict[str, dict[str, Any]] = {
        group: {name: arrays[f"{group}.{name}"] for name in names} for group, (_, names) in _GROUPS.items()
    }
    columns["weights"]["power"] = float(manifest["config"]["power"])
    return Bundle(
        id=manifest["id"],
        labels=manifest["labels"],
        taxonomy_version=manifest["taxonomy_version"],
        left_out=tuple(manifest["left_out"]),
        suggest_only=frozenset(manifest["suggest_only"]),
        config=manifest["config"],
        data=manifest["data"],
        vocabulary=tuple(content["vocabulary.txt"][:].decode("utf-8").split("\n")),
        report=json.loads(content["report.json"][:]),
        **{group: kind(**columns[group]) for group, (kind, _) in _GROUPS.items()},
    )


def _unpacked(content: mmap.mmap) -> Arrays:
    """Give the arrays of an uncompressed npz as they lie in it; those that lie askew as copies."""
    arrays: Arrays = {}
    with zipfile.ZipFile(content) as archive:  # type: ignore[call-overload]  # a map reads and seeks as a file does
        members = archive.infolist()
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{member.filename} is compressed")
        lengths = np.frombuffer(content, dtype="<u2", count=2, offset=member.header_offset + 26)  # of name and extra
        content.seek(member.header_offset + 30 + int(lengths.sum()))
        npy.read_magic(content)
        shape, by_columns, dtype = npy.read_array_header_1_0(content)
        numbers = np.frombuffer(content, dtype=dtype, count=int(np.prod(shape)), offset=content.tell())
        array = numbers.reshape(shape, order="F" if by_columns else "C")
        arrays[member.filename.removesuffix(".npy")] = np.require(array, requirements=["C", "A"])
    return arrays


def _packed(arrays: Arrays) -> bytes:
    """Give an npz like that of `np.savez`, but each array begins at a multiple of 64: it can be mapped."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            npy.write_array(content, array, allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy")
            begin = packed.tell() + 30 + len(member.filename) + 4  # the member's header, and that of the padding
            member.extra = b"\xff\xff" + (-begin % 64).to_bytes(2, "little") + bytes(-begin % 64)
            archive.writestr(member, content.getvalue())
    return packed.getvalue()


def save(bundle: Bundle, models: Path) -> Path:
    """Write a model to `models/<id>` in one step, so that no half model is ever seen; give its directory.

    A model of that id that is already there is whole and the same, and stays.
    """
    import shutil
    import tempfile

    target = models / bundle.id
    arrays = {
        f"{group}.{name}": np.asarray(getattr(getattr(bundle, group), name), order="C")
        for group, (_, names) in _GROUPS.items()
        for name in names
    }
    content = {
        "vocabulary.txt": "\n".join(bundle.vocabulary).encode(),
        "arrays.npz": _packed(arrays),
        "report.json": (json.dumps(bundle.report, ensure_ascii=False, indent=1) + "\n").encode(),
    }
    manifest: dict[str, Any] = {
        "format": FORMAT, "id": bundle.id, "taxonomy_version": bundle.taxonomy_version, "labels": dict(bundle.labels),
        "left_out": list(bundle.left_out), "suggest_only": sorted(bundle.suggest_only), "config": dict(bundle.config),
        "data": dict(bundle.data), "files": {name: _digest(data) for name, data in content.items()},
    }  # fmt: skip
    manifest["digest"] = _digest(_canonical(manifest))
    content["manifest.json"] = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
    if _is_whole(target):
        return target
    try:
        models.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".writing-", dir=models))
    except OSError as error:
        raise ModelError(
            f"cannot write to {models}: {error.strerror}", "choose another folder with --models"
        ) from error
    try:
        for name, data in content.items():
            (draft / name).write_bytes(data)
        draft.chmod(0o755)  # mkdtemp keeps others out; a model is for all who may read the folder
        if (target / "manifest.json").exists():  # a damaged one: out of the way, in case someone wants to see it
            target.replace(draft.with_name(f".damaged-{draft.name.removeprefix('.writing-')}"))
        draft.replace(target)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if _is_whole(target):  # another training wrote the same model meanwhile
            return target
        raise ModelError(
            f"cannot write the model to {target}: {error.strerror}", "free space or choose another folder with --models"
        ) from error
    return target


def _is_whole(place: Path) -> bool:
    try:
        load(place)
    except ModelError:
        return False
    return True


def identity(config: Mapping[str, Any], taxonomy: Mapping[str, Any], data_digest: str) -> str:
    """Give the id of the model that this configuration, taxonomy and data make."""
    return _digest(_canonical({"format": FORMAT, "config": config, "taxonomy": taxonomy, "data": data_digest}))[:12]


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _digest(content: bytes | mmap.mmap) -> str:
    return hashlib.sha256(content).hexdigest()
