"""Which candidate becomes the current model."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.errors import ModelDamaged
from classifier.learning import promotion
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle


def measured(model: Bundle, id_: str, micro: float, macro: float) -> Bundle:
    """The model under another id with other figures."""
    figures = {**model.report["out_of_fold"], "micro_f1": micro, "macro_f1": macro}
    return replace(model, id=id_, report={"out_of_fold": figures})


@pytest.fixture
def current(small: Bundle) -> Bundle:
    return measured(small, "current", 0.8, 0.7)


def test_the_first_model_is_promoted(small: Bundle) -> None:
    decision = promotion.decide(small, None, "auto")
    assert (decision.promote, decision.refused, decision.reason) == (True, False, "promoted: the first model")


@pytest.mark.parametrize("wish", ["auto", "never", "force"])
def test_the_same_model_again_is_nothing_new(wish: str, current: Bundle) -> None:
    decision = promotion.decide(current, current, wish)
    assert (decision.promote, decision.refused) == (False, False)
    assert decision.reason.startswith("nothing new")


@pytest.mark.parametrize(
    ("micro", "macro", "promoted"),
    [
        (0.9, 0.9, True),
        (0.8, 0.7, True),
        (0.791, 0.691, True),  # within what a new corpus may cost
        (0.789, 0.9, False),
        (0.9, 0.689, False),
        (0.1, 0.1, False),
    ],
)
def test_a_candidate_may_lose_neither_micro_nor_macro_f1(
    micro: float, macro: float, promoted: bool, small: Bundle, current: Bundle
) -> None:
    decision = promotion.decide(measured(small, "new", micro, macro), current, "auto")
    assert (decision.promote, decision.refused) == (promoted, not promoted)


def test_a_refusal_names_what_was_lost(small: Bundle, current: Bundle) -> None:
    decision = promotion.decide(measured(small, "new", 0.5, 0.4), current, "auto")
    assert decision.reason == "refused: micro_f1 0.800 → 0.500, macro_f1 0.700 → 0.400"


def test_force_promotes_a_worse_candidate_and_says_so(small: Bundle, current: Bundle) -> None:
    decision = promotion.decide(measured(small, "new", 0.5, 0.7), current, "force")
    assert (decision.promote, decision.refused) == (True, False)
    assert decision.reason == "promoted by force in spite of micro_f1 0.800 → 0.500"


@pytest.mark.parametrize("micro", [0.1, 0.99])
def test_never_promotes_nothing_and_refuses_nothing(micro: float, small: Bundle, current: Bundle) -> None:
    decision = promotion.decide(measured(small, "new", micro, micro), current, "never")
    assert (decision.promote, decision.refused) == (False, False)


def test_a_candidate_without_a_figure_is_refused(small: Bundle, current: Bundle) -> None:
    decision = promotion.decide(measured(small, "new", 0.9, None), current, "auto")
    assert decision.refused


def test_promoting_makes_the_model_the_current_one(own_models: Path, small: Bundle) -> None:
    bundle.save(replace(small, id="newer"), own_models)
    promotion.promote("newer", own_models)
    assert bundle.load(own_models).id == "newer"
    assert promotion.incumbent(own_models).id == "newer"


def test_current_is_one_line_readable_by_all_and_no_draft_stays(own_models: Path, small: Bundle) -> None:
    promotion.promote(small.id, own_models)
    assert (own_models / "CURRENT").read_bytes() == small.id.encode() + b"\n"
    assert (own_models / "CURRENT").stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in own_models.iterdir()) == sorted(["CURRENT", small.id])


def test_current_is_replaced_not_rewritten(own_models: Path, small: Bundle) -> None:
    # a reader that has the old file open goes on reading the old name whole
    with (own_models / "CURRENT").open(encoding="utf-8") as reader:
        promotion.promote("something longer than an id", own_models)
        assert reader.read() == small.id + "\n"
        assert os.fstat(reader.fileno()).st_ino != (own_models / "CURRENT").stat().st_ino


def test_an_empty_folder_has_no_incumbent(tmp_path: Path) -> None:
    assert promotion.incumbent(tmp_path) is None
    assert promotion.incumbent(tmp_path / "not there yet") is None


def test_a_damaged_incumbent_is_an_error(own_models: Path) -> None:
    (bundle.locate(own_models) / "arrays.npz").write_bytes(b"")
    with pytest.raises(ModelDamaged):
        promotion.incumbent(own_models)


def test_the_summary_shows_both_models(small: Bundle, current: Bundle) -> None:
    new = measured(small, "new", 0.812, 0.834)
    text = promotion.summary(new, promotion.decide(new, current, "auto"))
    row = next(line for line in text.splitlines() if line.startswith("micro_f1"))
    assert row.split() == ["micro_f1", "0.812", "0.800"]
    for label, name in small.labels.items():
        assert f"{label} {name}" in text


def test_the_summary_of_a_first_model_and_of_another_taxonomy_has_gaps(small: Bundle, current: Bundle) -> None:
    first = promotion.summary(small, promotion.decide(small, None, "auto"))
    assert "micro_f1" in first
    figures = {**current.report["out_of_fold"], "labels": {}}
    other = replace(current, report={"out_of_fold": figures})
    assert "road_repair" in promotion.summary(small, promotion.decide(small, other, "auto"))
