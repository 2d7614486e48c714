"""labels/cues.toml is read strictly."""

from pathlib import Path

import pytest

from classifier.errors import LabelsError
from classifier.learning import cues
from classifier.learning.cues import Cue
from classifier.tagging.features import DECOY, STRONG, WEAK
from classifier.taxonomy import Taxonomy


def load(folder: Path, text: str, taxonomy: Taxonomy) -> tuple[Cue, ...]:
    (folder / "cues.toml").write_text(text, encoding="utf-8")
    return cues.load(folder / "cues.toml", taxonomy)


def test_terms_come_with_label_and_strength(tmp_path: Path, small_taxonomy: Taxonomy) -> None:
    text = '[water_saving]\nstrong = ["节水"]\nweak = ["水价"]\ndecoy = ["节水中学"]\n[road_repair]\nweak = ["节水"]\n'
    assert load(tmp_path, text, small_taxonomy) == (
        Cue("节水", "water_saving", STRONG),
        Cue("水价", "water_saving", WEAK),
        Cue("节水中学", "water_saving", DECOY),
        Cue("节水", "road_repair", WEAK),
    )


def test_a_taxonomy_may_come_without_cues(tmp_path: Path, small_taxonomy: Taxonomy) -> None:
    assert cues.load(tmp_path / "cues.toml", small_taxonomy) == ()
    assert load(tmp_path, "", small_taxonomy) == ()
    assert load(tmp_path, "[road_repair]\n", small_taxonomy) == ()


def test_terms_are_normalised_as_texts_are(tmp_path: Path, small_taxonomy: Taxonomy) -> None:
    found = load(tmp_path, '[water_saving]\nstrong = ["ＡＢ 水１２３", "“节水”"]\n', small_taxonomy)
    assert [cue.term for cue in found] == ["ab水0", "节水"]


def test_terms_of_which_nothing_is_left_fall_away(tmp_path: Path, small_taxonomy: Taxonomy) -> None:
    assert load(tmp_path, '[water_saving]\nstrong = ["", " ", "“”"]\n', small_taxonomy) == ()


def test_an_unknown_label_is_named_with_the_nearest(tmp_path: Path, small_taxonomy: Taxonomy) -> None:
    with pytest.raises(LabelsError) as caught:
        load(tmp_path, '[water_savin]\nstrong = ["节水"]\n', small_taxonomy)
    expected = f"{tmp_path / 'cues.toml'}: unknown label 'water_savin'\n  did you mean 'water_saving'?"
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    "text",
    [
        '[water_saving]\nmedium = ["节水"]\n',
        'water_saving = ["节水"]\n',
        "water_saving = 3\n",
        '[water_saving]\nstrong = "节水"\n',  # a text, of which each character would become a cue
        "[water_saving]\nstrong = 3\n",
        "[water_saving]\nstrong = [3]\n",
        "[water_saving\n",
    ],
)
def test_what_is_no_list_of_terms_is_refused_and_the_file_named(
    text: str, tmp_path: Path, small_taxonomy: Taxonomy
) -> None:
    with pytest.raises(LabelsError, match=str(tmp_path / "cues.toml")):
        load(tmp_path, text, small_taxonomy)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path, small_taxonomy: Taxonomy) -> None:
    (tmp_path / "cues.toml").write_bytes('[water_saving]\nstrong = ["节水"]'.encode("gb18030"))
    with pytest.raises(LabelsError, match="cues"):
        cues.load(tmp_path / "cues.toml", small_taxonomy)
