"""`policytag labels`: the codebook on the terminal."""

import re
from pathlib import Path

import pytest
from conftest import SMALL, Run

from classifier import taxonomy


def test_the_codebook_lists_every_label(policytag: Run) -> None:
    run = policytag("labels")
    assert (run.returncode, run.stderr) == (0, "")
    for label in taxonomy.load().labels:
        assert re.search(rf"{re.escape(label.name)} +{label.id} ", run.stdout)


@pytest.mark.parametrize("wanted", ["subsidies", "资助奖补"])
def test_a_label_is_read_in_full_by_id_or_name(wanted: str, policytag: Run) -> None:
    run = policytag("labels", wanted)
    assert run.returncode == 0
    label = next(label for label in taxonomy.load().labels if label.id == "subsidies")
    shown = re.sub(r"\s", "", run.stdout)
    for text in (label.id, label.name, label.group, label.definition, label.counts, label.excludes):
        assert re.sub(r"\s", "", text) in shown


def test_an_unknown_label_is_exit_code_2_with_the_nearest(policytag: Run) -> None:
    run = policytag("labels", "subsidy")
    assert (run.returncode, run.stdout) == (2, "")
    expected = "policytag: no label 'subsidy'\n  did you mean 'subsidies'? All of them: policytag labels\n"
    assert run.stderr == expected


def test_another_codebook_can_be_read(policytag: Run) -> None:
    run = policytag("labels", "--taxonomy", SMALL / "taxonomy.toml")
    assert run.returncode == 0
    assert "植树造林" in run.stdout
    assert "subsidies" not in run.stdout


def test_a_codebook_that_is_not_there_is_exit_code_3(policytag: Run, tmp_path: Path) -> None:
    run = policytag("labels", "--taxonomy", "gone.toml", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (3, "")
    expected = "policytag: gone.toml cannot be read: No such file or directory\n  name a taxonomy file that exists\n"
    assert run.stderr == expected
