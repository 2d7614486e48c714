"""Any taxonomy of two labels or more does; what is wrong with one is named."""

from pathlib import Path

import pytest

from classifier import taxonomy
from classifier.errors import LabelsError

TWO = '[[label]]\nid = "a"\nname = "甲"\n[[label]]\nid = "b"\nname = "乙"\n'


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "taxonomy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_two_labels_with_id_and_name_are_enough(tmp_path: Path) -> None:
    loaded = taxonomy.load(write(tmp_path, TWO))
    assert loaded.ids == ("a", "b")
    assert loaded.names == {"a": "甲", "b": "乙"}
    assert loaded.version == ""
    assert loaded.labels[0].definition == ""


def test_the_order_of_the_file_is_kept(tmp_path: Path) -> None:
    ids = ["z", "a", "m", "b"]
    text = "".join(f'[[label]]\nid = "{id_}"\nname = "{id_}"\n' for id_ in ids)
    assert list(taxonomy.load(write(tmp_path, text)).ids) == ids


def test_unknown_keys_are_ignored(tmp_path: Path) -> None:
    text = f'version = 3\ntitle = "x"\n{TWO}colour = "red"\nweight = 7\n[other]\nkey = 1\n'
    loaded = taxonomy.load(write(tmp_path, text))
    assert loaded.version == "3"
    assert loaded.ids == ("a", "b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "fewer than two"),
        ('version = "1"', "fewer than two"),
        ('[[label]]\nid = "a"\nname = "甲"', "fewer than two"),
        ('label = "a"', "fewer than two"),
        ("label = [1, 2]", "label 1: not a table"),
        (f'{TWO}[[label]]\nid = "a"\nname = "丙"', "label id given twice: a"),
        (f'{TWO}[[label]]\nname = "丙"', "label 3: 'id' is missing"),
        (f'{TWO}[[label]]\nid = "c"', "label 3: 'name' is missing"),
        (f'{TWO}[[label]]\nid = " "\nname = "丙"', "label 3: 'id' is missing"),
        (f'{TWO}[[label]]\nid = 3\nname = "丙"', "label 3: 'id' is not a text"),
        (f"{TWO}hotkey = 2", "label 2: 'hotkey' is not a text"),
        ("[[label", "is no TOML"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_next_step(text: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(LabelsError) as caught:
        taxonomy.load(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.hint


def test_a_file_that_is_not_utf8_is_refused_and_named(tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.toml"
    path.write_bytes(TWO.encode("gb18030"))
    with pytest.raises(LabelsError, match=str(path)):
        taxonomy.load(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"gone\.toml cannot be read: No such file"):
        taxonomy.load(tmp_path / "gone.toml")


def test_a_folder_is_no_taxonomy(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=str(tmp_path)):
        taxonomy.load(tmp_path)


def test_the_packaged_taxonomy_is_that_of_the_source_tree() -> None:
    assert taxonomy.load() == taxonomy.load(Path(__file__).parents[1] / "labels" / "taxonomy.toml")
    assert len(taxonomy.load().ids) == 18


def test_data_files_that_the_wheel_carries_are_found() -> None:
    assert taxonomy.data_file("labels", "taxonomy.toml").is_file()
    assert taxonomy.data_file("models", "CURRENT").is_file()
