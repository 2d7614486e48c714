"""The gate: which candidate becomes the current model, and what speaks against one. All models here are trained."""

from dataclasses import replace
from pathlib import Path

import gatedata
import pytest

from classifier.errors import ModelDamaged, ModelError
from classifier.learning import comparison, floors, holdout, objections, promotion, registry, training
from classifier.learning.comparison import Change, Comparison
from classifier.learning.cues import Cue
from classifier.learning.floors import Floors
from classifier.learning.promotion import Wish
from classifier.records import Example
from classifier.tagging import bundle
from classifier.tagging.bundle import Bundle
from classifier.taxonomy import Taxonomy

AUTO = Wish()


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return gatedata.examples()


@pytest.fixture(scope="module")
def good(examples: list[Example]) -> Bundle:
    return gatedata.trained(examples)


@pytest.fixture(scope="module")
def announced(good: Bundle, examples: list[Example]) -> Floors:
    return floors.pinned(examples, gatedata.LABELS, good.report["holdout"])


@pytest.fixture(scope="module")
def spoilt(examples: list[Example]) -> list[Example]:
    """Half of what is not tested is labelled wrong; the test documents are as they were."""
    other = [e for e in examples if not holdout.is_test(e.document)]
    return gatedata.shuffled(examples, other[::2])


@pytest.fixture(scope="module")
def bad(spoilt: list[Example]) -> Bundle:
    return gatedata.trained(spoilt)


def relabelled(examples: list[Example], id_: str) -> list[Example]:
    return [replace(e, labels=e.labels ^ {"talent"}) if e.id == id_ else e for e in examples]


def a_test_paragraph(examples: list[Example]) -> str:
    return holdout.split(examples)[1][0].id


# --- which one


def test_the_first_model_is_promoted_and_its_test_set_announced(good: Bundle, examples: list[Example]) -> None:
    decision = promotion.decide(good, None, examples, None, AUTO)
    assert (decision.promote, decision.refused, decision.reason) == (True, False, "promoted: the first model")
    assert decision.floors is not None
    assert list(decision.floors.paragraphs) == list(good.report["holdout"]["paragraphs"])
    reached = good.report["holdout"]["figures"]["micro_f1"]
    assert decision.floors.figures["micro_f1"] == pytest.approx(reached - floors.SLACK, abs=1e-4)


@pytest.mark.parametrize("wish", ["auto", "never", "force"])
def test_the_same_model_again_is_nothing_new(
    wish: str, good: Bundle, examples: list[Example], announced: Floors
) -> None:
    decision = promotion.decide(good, good, examples, announced, Wish(promote=wish))
    assert (decision.promote, decision.refused, decision.floors) == (False, False, None)
    assert decision.reason.startswith("nothing new")


def test_an_equal_model_of_another_id_is_promoted(good: Bundle, examples: list[Example], announced: Floors) -> None:
    decision = promotion.decide(replace(good, id="other"), good, examples, announced, AUTO)
    assert decision.reason == f"promoted over {good.id}"
    assert decision.comparison is not None
    assert decision.comparison.figures["micro_f1"].interval == (0.0, 0.0)


def test_a_worse_model_is_refused_and_what_fell_is_named(
    bad: Bundle, good: Bundle, spoilt: list[Example], announced: Floors
) -> None:
    decision = promotion.decide(bad, good, spoilt, announced, AUTO)
    assert (decision.promote, decision.refused) == (False, True)
    for part in ("refused: micro_f1 0.", "is below its floor", "labels that fell: "):
        assert part in decision.reason
    assert any(f"{label} 0." in decision.reason.split("labels that fell")[1] for label in gatedata.LABELS)


def test_force_promotes_a_worse_model_says_so_and_keeps_the_floors(
    bad: Bundle, good: Bundle, spoilt: list[Example], announced: Floors
) -> None:
    decision = promotion.decide(bad, good, spoilt, announced, Wish(promote="force"))
    assert (decision.promote, decision.refused, decision.floors) == (True, False, None)
    assert decision.reason.startswith("promoted by force in spite of micro_f1 ")
    assert decision.in_spite_of


def test_an_allowed_regression_lowers_the_floors(
    bad: Bundle, good: Bundle, spoilt: list[Example], announced: Floors
) -> None:
    decision = promotion.decide(bad, good, spoilt, announced, Wish(allow_regression="labels were too generous"))
    assert decision.promote
    assert decision.reason.startswith("promoted as allowed in spite of ")
    assert decision.floors is not None
    assert decision.floors.figures["micro_f1"] < announced.figures["micro_f1"] - 0.02
    assert decision.floors.paragraphs == announced.paragraphs


def test_floors_rise_and_fall_only_when_that_is_allowed(bad: Bundle, examples: list[Example]) -> None:
    low = floors.pinned(examples, gatedata.LABELS, bad.report["holdout"])
    higher = {name: floor + 0.1 for name, floor in low.figures.items()}
    risen = floors.moved(low, higher, lower=False)
    assert all(low.figures[name] < risen.figures[name] < higher[name] for name in higher)
    assert floors.moved(risen, low.figures, lower=False) == risen
    assert all(floors.moved(risen, low.figures, lower=True).figures[name] < low.figures[name] for name in higher)


def test_a_model_that_ties_with_its_incumbent_below_the_floor_is_refused(
    bad: Bundle, spoilt: list[Example], announced: Floors
) -> None:
    # after a forced promotion the floors remember what was reached before
    decision = promotion.decide(replace(bad, id="other"), bad, spoilt, announced, AUTO)
    assert decision.refused
    assert "is below its floor" in decision.reason


@pytest.mark.parametrize("which", ["good", "bad"])
def test_never_promotes_nothing_and_refuses_nothing(
    which: str, good: Bundle, bad: Bundle, examples: list[Example], announced: Floors
) -> None:
    candidate = replace({"good": good, "bad": bad}[which], id="other")
    decision = promotion.decide(candidate, good, examples, announced, Wish(promote="never"))
    assert (decision.promote, decision.refused, decision.floors) == (False, False, None)


# --- the test set


def test_a_changed_label_of_a_test_paragraph_is_refused_by_its_name(
    good: Bundle, examples: list[Example], announced: Floors
) -> None:
    id_ = a_test_paragraph(examples)
    decision = promotion.decide(replace(good, id="x"), good, relabelled(examples, id_), announced, AUTO)
    assert decision.reason == f"refused: the test set changed unannounced: {id_} (announce it with --accept-test-set)"


def test_a_changed_text_and_a_removed_paragraph_are_changes_too(examples: list[Example], announced: Floors) -> None:
    id_ = a_test_paragraph(examples)
    other = [replace(e, text=e.text + "！") if e.id == id_ else e for e in examples]
    assert announced.changed(other) == [id_]
    assert announced.changed([e for e in examples if e.id != id_]) == [id_]
    assert announced.changed(list(reversed(examples))) == []


def test_an_adjudication_after_the_fact_is_no_change_of_the_test_set(
    examples: list[Example], announced: Floors
) -> None:
    id_ = a_test_paragraph(examples)
    other = [replace(e, labels=e.labels ^ {"talent"}, blind=e.labels) if e.id == id_ else e for e in examples]
    assert announced.changed(other) == []


def test_changes_elsewhere_and_new_documents_are_none(examples: list[Example], announced: Floors) -> None:
    spare = next(e for e in examples if not holdout.is_test(e.document))
    new = [replace(spare, id=f"n{i}", document=f"n{i}", text=f"新文{i}") for i in range(50)]
    assert announced.changed([*relabelled(examples, spare.id), *new]) == []
    assert announced.new([*examples, *new]) == [e.id for e in new if holdout.is_test(e.document)] != []


def test_an_announced_change_is_written_and_then_no_change(
    good: Bundle, examples: list[Example], announced: Floors
) -> None:
    other = relabelled(examples, a_test_paragraph(examples))
    decision = promotion.decide(replace(good, id="x"), good, other, announced, Wish(accept_test_set=True))
    assert decision.promote
    assert decision.floors is not None
    assert decision.floors.changed(other) == []
    assert len(decision.floors.changed(examples)) == 1


def test_force_promotes_over_a_changed_test_set_but_does_not_announce_it(
    good: Bundle, examples: list[Example], announced: Floors
) -> None:
    other = relabelled(examples, a_test_paragraph(examples))
    decision = promotion.decide(replace(good, id="x"), good, other, announced, Wish(promote="force"))
    assert decision.promote
    assert decision.floors is None


def test_a_regression_that_is_allowed_does_not_announce_a_test_set(
    good: Bundle, examples: list[Example], announced: Floors
) -> None:
    other = relabelled(examples, a_test_paragraph(examples))
    assert promotion.decide(replace(good, id="x"), good, other, announced, Wish(allow_regression="why")).refused


def test_a_new_label_is_no_regression_of_the_old_ones(good: Bundle, announced: Floors) -> None:
    five = (*gatedata.LABELS, "tech_finance")
    examples = gatedata.examples(five)
    candidate = gatedata.trained(examples, five)
    assert announced.changed(examples) == []
    assert promotion.decide(candidate, good, examples, announced, AUTO).reason == f"promoted over {good.id}"


# --- what was added


def test_added_labels_at_random_are_refused_and_named_added_good_ones_are_not(
    good: Bundle, examples: list[Example]
) -> None:
    order = sorted({e.document for e in examples if not holdout.is_test(e.document)})[::4]
    held = [e for e in examples if e.document in order]
    known = " ".join(sorted({holdout.text_digest(e.text) for e in examples if e.document not in order}))
    # the model without them, so that they are news to it
    base = training.train([e for e in examples if e.document not in order], gatedata.taxonomy())
    base = replace(base, report={"holdout": {**good.report["holdout"], "known": known}})
    assert objections.disagreement(base, examples) == []
    [objection] = objections.disagreement(base, gatedata.shuffled(examples, held))
    assert f"the labels of {len(held)} added paragraphs contradict the current model: micro_f1 0." in objection
    assert sum(f"{label} 0." in objection for label in gatedata.LABELS) >= 2


def test_labels_shuffled_in_place_are_refused_though_the_test_documents_stay_the_same(
    good: Bundle, bad: Bundle, examples: list[Example], spoilt: list[Example]
) -> None:
    assert objections.same_texts(good, spoilt)
    reasons = objections.losses_out_of_fold(good, bad)
    assert reasons[0].startswith("micro_f1 0.")
    assert reasons[-1].startswith("labels that fell: ")
    assert not objections.same_texts(good, examples[: len(examples) * 9 // 10])
    assert not objections.same_texts(replace(good, report={}), examples)


def test_a_few_added_labels_are_too_few_to_be_judged(good: Bundle, examples: list[Example]) -> None:
    wrong = [
        replace(examples[0], id=f"w{i}", text=f"与此无关的一段话{i}", labels=frozenset(["talent"])) for i in range(29)
    ]
    assert objections.disagreement(good, [*examples, *wrong]) == []
    one_more = replace(wrong[0], id="w", text="再来一段", labels=frozenset(["talent"]))
    assert "talent 0." in objections.disagreement(good, [*examples, *wrong, one_more])[0]


# --- single rules


def compared(
    micro: float = 0.0, label: float = 0.0, n: int = 15, calibration: float = 0.0, *, sure: bool = False,
    chance: bool = False,
) -> Comparison:  # fmt: skip
    """A comparison that found the given changes; `sure`, `chance`: what the interval says of F1 and calibration."""
    interval = (micro - 0.01, -0.0001 if sure else 0.0001)
    same = Change(n=100, old=0.7, new=0.7, interval=(-0.01, 0.01))
    return Comparison(
        paragraphs=100, documents=30,
        figures={
            "micro_f1": Change(n=100, old=0.8, new=0.8 + micro, interval=interval), "macro_f1": same,
            "calibration_error_from_0.2": Change(
                n=100, old=0.03, new=0.03 + calibration, interval=(-0.001 if chance else 0.001, 0.1)
            ),
        },
        labels={"talent": Change(n=n, old=0.8, new=0.8 + label), "subsidies": Change(n=n, old=0.8, new=0.9)},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (compared(), False),
        (compared(micro=-0.009), False),
        (compared(micro=-0.011), True),
        (compared(micro=-0.006, sure=True), True),  # little, but more than chance
        (compared(micro=-0.004, sure=True), False),  # what another training may take
        (compared(label=-0.049), False),
        (compared(label=-0.051), True),
        (compared(label=-0.5, n=14), False),  # too few positives to be judged
        (compared(calibration=0.019), False),
        (compared(calibration=0.021), True),
        (compared(calibration=0.05, chance=True), False),  # the error of few decisions is large by chance
    ],
)
def test_margins_are_what_they_are_stated_to_be(change: Comparison, refused: bool) -> None:
    assert bool(objections.losses(change)) is refused


def test_only_labels_that_fell_are_named() -> None:
    assert objections.losses(compared(micro=-0.02, label=-0.03))[-1] == "labels that fell: talent 0.800 → 0.770"


def test_the_interval_of_the_difference_holds_the_difference(
    good: Bundle, bad: Bundle, examples: list[Example]
) -> None:
    test = holdout.split(examples)[1]
    found = comparison.compare(good.report["holdout"], bad.report["holdout"], test, gatedata.LABELS)
    for change in (*found.figures.values(), *found.labels.values()):
        if change.interval:
            assert change.interval[0] <= change.rise <= change.interval[1]
    assert found.figures["micro_f1"].interval[1] < 0
    assert found.documents == len({e.document for e in test})
    assert sum(change.n for change in found.labels.values()) == sum(len(e.labels) for e in test)


# --- out-of-fold figures, where there are too few test documents


def measured(model: Bundle, id_: str, micro: float, macro: float | None) -> Bundle:
    """The model under another id with other out-of-fold figures, alike for all labels."""
    figures = model.report["out_of_fold"]
    labels = {label: {**part, "given": part["positives"], "recall": micro, "f1": macro}
              for label, part in figures["labels"].items()}  # fmt: skip
    return replace(model, id=id_, report={"out_of_fold": {**figures, "labels": labels}})


def test_out_of_fold_figures_from_the_labels_are_those_of_the_report(good: Bundle) -> None:
    figures = good.report["out_of_fold"]
    [micro, macro, *_] = objections.losses_out_of_fold(good, measured(good, "x", 0.0, 0.0))
    assert micro == f"micro_f1 {figures['micro_f1']:.3f} → 0.000 out of fold"
    assert macro == f"macro_f1 {figures['macro_f1']:.3f} → 0.000 out of fold"


@pytest.mark.parametrize(
    ("micro", "macro", "promoted"),
    [
        (0.9, 0.9, True),
        (0.8, 0.7, True),
        (0.791, 0.691, True),
        (0.789, 0.9, False),
        (0.9, 0.689, False),
        (0.9, None, False),
    ],
)
def test_few_documents_are_judged_out_of_fold(
    micro: float, macro: float | None, promoted: bool, small: Bundle, small_examples: list[Example]
) -> None:
    current = measured(small, "current", 0.8, 0.7)
    decision = promotion.decide(measured(small, "new", micro, macro), current, small_examples, None, AUTO)
    assert (decision.promote, decision.refused) == (promoted, not promoted)
    assert promoted or "out of fold" in decision.reason


def test_a_candidate_that_was_not_judged_on_the_announced_test_set_is_refused(
    good: Bundle, examples: list[Example], announced: Floors
) -> None:
    unjudged = replace(good, id="x", report={"out_of_fold": good.report["out_of_fold"]})
    assert "was not judged" in promotion.decide(unjudged, good, examples, announced, AUTO).reason


# --- files


def test_floors_come_back_as_they_were_written(announced: Floors, tmp_path: Path) -> None:
    registry.write(tmp_path / "floors.json", floors.text(announced))
    assert floors.load(tmp_path) == announced
    assert floors.load(tmp_path / "none") is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "{",
        lambda text: "[]",
        lambda text: text.replace('"micro_f1": 0.', '"micro_f1": "x'),
        lambda text: text.replace(" talent", "", 1),  # a label of a test paragraph, by hand
    ],
)
def test_floors_that_were_damaged_or_edited_are_named(spoil, announced: Floors, tmp_path: Path) -> None:
    (tmp_path / "floors.json").write_text(spoil(floors.text(announced)), encoding="utf-8")
    with pytest.raises(ModelError, match=r"floors\.json"):
        floors.load(tmp_path)


def test_what_was_decided_is_carried_out_and_recorded(
    good: Bundle, bad: Bundle, examples: list[Example], spoilt: list[Example], tmp_path: Path
) -> None:
    for candidate, given, wish in [
        (good, examples, AUTO),
        (bad, spoilt, AUTO),
        (bad, spoilt, Wish(promote="force")),
        (good, examples, Wish(allow_regression="back again")),
    ]:
        bundle.save(candidate, tmp_path)
        decision = promotion.decide(candidate, registry.current(tmp_path), given, floors.load(tmp_path), wish)
        promotion.carry_out(decision, candidate, tmp_path, wish)
    first, forced, back = registry.history(tmp_path)
    assert (first["model"], first["over"], first["forced"]) == (good.id, None, False)
    assert (forced["model"], forced["over"], forced["forced"]) == (bad.id, good.id, True)
    assert forced["in_spite_of"][0].startswith(("micro_f1", "macro_f1"))
    assert (back["model"], back["allowed"]) == (good.id, "back again")
    assert registry.current(tmp_path).id == good.id


def test_a_damaged_incumbent_stops_it_and_counts_as_none_with_force_only(
    own_models: Path, small: Bundle, small_examples: list[Example]
) -> None:
    (bundle.locate(own_models) / "arrays.npz").write_bytes(b"")
    for wish in ("auto", "never"):
        with pytest.raises(ModelDamaged, match=r"arrays\.npz") as caught:
            promotion.incumbent(own_models, Wish(promote=wish))
        assert "--promote force" in caught.value.hint
    force = Wish(promote="force")
    problem = promotion.incumbent(own_models, force)
    decision = promotion.decide(replace(small, id="new"), problem, small_examples, None, force)
    assert decision.promote
    assert "by force in spite of" in decision.reason
    assert "arrays.npz" in decision.reason


def test_the_id_is_known_before_training(
    small: Bundle, small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]
) -> None:
    assert promotion.identity(small_examples, small_taxonomy, small_cues) == small.id
    assert promotion.identity(small_examples[1:], small_taxonomy, small_cues) != small.id


# --- the table


def test_the_summary_shows_both_models_with_intervals(
    good: Bundle, bad: Bundle, spoilt: list[Example], announced: Floors
) -> None:
    decision = promotion.decide(bad, good, spoilt, announced, AUTO)
    lines = promotion.summary(bad, decision).splitlines()
    row = next(line for line in lines if line.startswith("micro_f1")).split()
    assert row[1] == f"{bad.report['out_of_fold']['micro_f1']:.3f}"
    assert row[4] == f"{good.report['out_of_fold']['micro_f1']:.3f}"
    assert row[6:8] == [f"{model.report['holdout']['figures']['micro_f1']:.3f}" for model in (bad, good)]
    assert row[8].startswith("-0.")
    for label in gatedata.LABELS:
        assert any(line.startswith(f"{label} ") for line in lines)
    assert "that neither model has seen" in lines[-1]


def test_the_summary_of_a_first_model_and_of_another_taxonomy_has_gaps(
    small: Bundle, small_examples: list[Example]
) -> None:
    first = promotion.summary(small, promotion.decide(small, None, small_examples, None, AUTO))
    assert "micro_f1" in first
    assert "current" not in first
    other = replace(small, id="o", report={"out_of_fold": {**small.report["out_of_fold"], "labels": {}}})
    assert "road_repair" in promotion.summary(small, promotion.decide(small, other, small_examples, None, AUTO))
