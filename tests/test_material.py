"""A labels folder, and where its label files are."""

import shutil
from pathlib import Path

import pytest
from conftest import SMALL

from classifier.errors import LabelsError
from classifier.learning import material


def test_a_folder_gives_taxonomy_cues_judgements_and_examples() -> None:
    given = material.load(SMALL)
    assert given.taxonomy.ids == ("water_saving", "tree_planting", "road_repair")
    assert given.cues
    assert given.counted() == "76 examples, 76 judgements, 3 labels"
    assert given.learnt == (given.examples, given.taxonomy, given.cues)


def test_label_files_are_in_corpus_or_where_there_is_none_in_the_folder_itself(tmp_path: Path) -> None:
    assert material.corpus(tmp_path) == tmp_path / "corpus"  # where the first ones go
    (tmp_path / "a.jsonl").write_text("", encoding="utf-8")
    assert material.corpus(tmp_path) == tmp_path
    (tmp_path / "corpus").mkdir()
    assert material.corpus(tmp_path) == tmp_path / "corpus"


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    shutil.copy(SMALL / "taxonomy.toml", tmp_path)
    with pytest.raises(LabelsError, match=r"no examples: .*corpus holds no \.jsonl file"):
        material.load(tmp_path)
