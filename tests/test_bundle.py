"""A model directory is read back as it was written, or refused with the name of what is wrong."""

import hashlib
import io
import json
import shutil
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import ModelDamaged, ModelError, ModelNotFound, ModelTooNew
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle

FILES = ("manifest.json", "vocabulary.txt", "arrays.npz", "report.json")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def forge(place: Path, change: dict[str, object] | None = None) -> None:
    """Make the manifest's digests right again, as someone would who wants a changed model to be loaded."""
    path = place / "manifest.json"
    manifest = json.loads(path.read_bytes())
    del manifest["digest"]
    manifest["files"] = {name: digest((place / name).read_bytes()) for name in FILES[1:]}
    manifest |= change or {}
    manifest["digest"] = digest(
        json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    )
    path.write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


@pytest.fixture
def place(own_models: Path) -> Path:
    """The directory of a model that a test may spoil."""
    return bundle.locate(own_models)


def test_a_model_is_read_back_as_it_was_written(small: Bundle, small_models: Path) -> None:
    read = bundle.load(small_models)
    for field in fields(Bundle):
        one, other = getattr(small, field.name), getattr(read, field.name)
        if field.name in ("trie", "cues", "weights"):
            for part in fields(one):
                mine, its = np.asarray(getattr(one, part.name)), np.asarray(getattr(other, part.name))
                assert np.array_equal(mine, its), part.name
                assert mine.dtype == its.dtype, part.name
        elif field.name == "report":
            assert json.loads(json.dumps(one)) == other  # a pair comes back as a list
        else:
            assert one == other, field.name
    assert list(read.labels) == list(small.labels)


def test_saving_twice_gives_the_same_bytes(small: Bundle, tmp_path: Path) -> None:
    one, other = bundle.save(small, tmp_path / "one"), bundle.save(small, tmp_path / "other")
    assert sorted(path.name for path in one.iterdir()) == sorted(FILES)
    for name in FILES:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_a_loaded_model_is_saved_to_the_same_bytes(small_models: Path, tmp_path: Path) -> None:
    first = bundle.locate(small_models)
    again = bundle.save(bundle.load(first), tmp_path)
    for name in FILES:
        assert (first / name).read_bytes() == (again / name).read_bytes(), name


def test_saving_leaves_no_draft_behind(small: Bundle, tmp_path: Path) -> None:
    bundle.save(small, tmp_path)
    bundle.save(small, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [small.id]


def test_a_model_that_cannot_be_written_is_an_error_that_names_the_place(small: Bundle, tmp_path: Path) -> None:
    (tmp_path / small.id).mkdir()
    (tmp_path / small.id / "in the way").touch()
    with pytest.raises(ModelError, match=small.id):
        bundle.save(small, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [small.id]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("where", [0, 0.5, -1])
def test_a_changed_byte_is_refused_and_the_file_named(name: str, where: float, place: Path) -> None:
    content = bytearray((place / name).read_bytes())
    content[int(where * len(content)) if where > 0 else int(where)] ^= 1
    (place / name).write_bytes(content)
    with pytest.raises(ModelError, match=name) as caught:
        bundle.load(place)
    assert caught.value.hint


# one byte a file would be a small sample: these are the characters of a manifest that mean something
@pytest.mark.parametrize(
    ("old", "new"),
    [('"water_saving": "节水"', '"water_saving": "节电"'), ('"power": 0.75', '"power": 0.5'), ("0.1", "0.2")],
)
def test_an_edited_manifest_is_refused(old: str, new: str, place: Path) -> None:
    path = place / "manifest.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ModelDamaged, match=r"manifest\.json"):
        bundle.load(place)


@pytest.mark.parametrize("name", FILES[1:])
def test_a_missing_file_is_refused_and_named(name: str, place: Path) -> None:
    (place / name).unlink()
    with pytest.raises(ModelDamaged, match=name):
        bundle.load(place)


@pytest.mark.parametrize("name", FILES[1:])
def test_a_folder_in_place_of_a_file_is_refused_and_named(name: str, place: Path) -> None:
    (place / name).unlink()
    (place / name).mkdir()
    with pytest.raises(ModelDamaged, match=name):
        bundle.load(place)


def test_a_directory_without_a_manifest_is_no_model(place: Path) -> None:
    (place / "manifest.json").unlink()
    with pytest.raises(ModelNotFound, match=str(place)):
        bundle.load(place)


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", "1", "not json", '{"format": 1}', "\ufeff{}"])
def test_a_manifest_that_is_none_is_refused_and_named(content: str, place: Path) -> None:
    (place / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelDamaged, match=r"manifest\.json"):
        bundle.load(place)


@pytest.mark.parametrize("number", [2, 99, "2"])
def test_a_newer_format_is_refused_and_both_numbers_are_named(number: object, place: Path) -> None:
    forge(place, {"format": number})
    with pytest.raises(ModelTooNew, match=rf"format {number}\D.*up to {bundle.FORMAT}") as caught:
        bundle.load(place)
    assert "upgrade" in caught.value.hint


def test_a_newer_format_is_told_before_a_missing_file_is(place: Path) -> None:
    forge(place, {"format": 2})
    (place / "arrays.npz").unlink()
    with pytest.raises(ModelTooNew):
        bundle.load(place)


@pytest.mark.parametrize("length", [0, 1, 100, 0.5, 0.99, -1])
def test_cut_off_arrays_are_refused_even_with_a_right_digest(length: float, place: Path) -> None:
    path = place / "arrays.npz"
    content = path.read_bytes()
    path.write_bytes(content[: int(length * len(content)) if 0 < length < 1 else int(length)])
    forge(place)
    with pytest.raises(ModelDamaged):
        bundle.load(place)


def test_a_missing_array_is_refused_even_with_a_right_digest(place: Path) -> None:
    path = place / "arrays.npz"
    with np.load(path) as arrays:
        kept = {name: arrays[name] for name in arrays.files if name != "weights.coef"}
    np.savez(path, **kept)
    forge(place)
    with pytest.raises(ModelDamaged, match=r"weights\.coef"):
        bundle.load(place)


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


def test_a_pickle_among_the_arrays_is_refused_and_not_run(place: Path, tmp_path: Path) -> None:
    path, sprung = place / "arrays.npz", tmp_path / "sprung"
    with np.load(path) as arrays:
        content = {name: arrays[name] for name in arrays.files}
    content["weights.idf"] = np.array([Trap(sprung)], dtype=object)
    np.savez(path, **content)
    forge(place)
    with pytest.raises(ModelDamaged):
        bundle.load(place)
    assert not sprung.exists()
    with np.load(path, allow_pickle=True) as arrays:  # the trap works: it was refused, not broken
        arrays["weights.idf"]
    assert sprung.exists()


def test_a_pickle_in_place_of_the_arrays_is_refused_and_not_run(place: Path, tmp_path: Path) -> None:
    path, sprung = place / "arrays.npz", tmp_path / "sprung"
    packed = io.BytesIO()
    np.save(packed, np.array([Trap(sprung)], dtype=object))
    path.write_bytes(packed.getvalue())
    forge(place)
    with pytest.raises(ModelDamaged):
        bundle.load(place)
    assert not sprung.exists()


def test_arrays_hold_no_pickle(small_models: Path) -> None:
    with zipfile.ZipFile(bundle.locate(small_models) / "arrays.npz") as packed:
        for name in packed.namelist():
            with packed.open(name) as file:
                assert b"'descr': '|O'" not in file.read(200), name


@pytest.mark.parametrize("lost", ["files", "labels", "config", "left_out"])
def test_a_manifest_without_one_of_its_keys_is_refused_even_with_a_right_digest(lost: str, place: Path) -> None:
    path = place / "manifest.json"
    manifest = json.loads(path.read_bytes())
    del manifest[lost], manifest["digest"]
    manifest["digest"] = digest(
        json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    )
    path.write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(ModelDamaged):
        bundle.load(place)


def test_a_folder_of_models_means_its_current_one(small: Bundle, small_models: Path) -> None:
    assert bundle.locate(small_models) == small_models / small.id


def test_a_model_is_found_without_a_current_one_by_its_own_directory(own_models: Path, small: Bundle) -> None:
    (own_models / "CURRENT").unlink()
    assert bundle.load(own_models / small.id).id == small.id
    with pytest.raises(ModelNotFound, match=str(own_models)):
        bundle.load(own_models)


@pytest.mark.parametrize("current", ["", "\n", "gone", ".", "..", "../other", "a/../..", "\\\\host\\model", "\0"])
def test_a_current_that_points_outside_or_to_nothing_is_refused(current: str, own_models: Path) -> None:
    # a whole model lies outside, one level up, where only a wrong CURRENT leads
    shutil.copytree(bundle.locate(own_models), own_models.parent / "other")
    for file in (own_models.parent / "other").iterdir():
        shutil.copy(file, own_models.parent)
    (own_models / "CURRENT").write_text(current, encoding="utf-8")
    with pytest.raises(ModelNotFound, match=str(own_models)) as caught:
        bundle.load(own_models)
    assert caught.value.hint


def test_a_current_with_an_absolute_path_is_refused(own_models: Path) -> None:
    (own_models / "CURRENT").write_text(str(bundle.locate(own_models)), encoding="utf-8")
    with pytest.raises(ModelNotFound):
        bundle.load(own_models)


def test_a_current_that_is_no_text_is_refused(own_models: Path) -> None:
    (own_models / "CURRENT").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelNotFound):
        bundle.load(own_models)


def test_a_path_that_is_not_there_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="nowhere"):
        bundle.load(tmp_path / "nowhere")


def test_an_id_depends_on_configuration_taxonomy_and_data() -> None:
    base = ({"cost": 1}, {"labels": {"a": "b"}}, "0")
    ids = {
        bundle.identity(*base), bundle.identity({"cost": 2}, *base[1:]),
        bundle.identity(base[0], {"labels": {"a": "c"}}, "0"), bundle.identity(*base[:2], "1"),
    }  # fmt: skip
    assert len(ids) == 4
    assert bundle.identity(*base) in ids
    assert all(len(id_) == 12 for id_ in ids)


def test_a_label_with_any_name_survives(small: Bundle, tmp_path: Path) -> None:
    names = {"water_saving": '“节”; ,"\n水', "tree_planting": "😀", "road_repair": " "}
    bundle.save(replace(small, labels=names), tmp_path)
    assert bundle.load(tmp_path / small.id).labels == names
