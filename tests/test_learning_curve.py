"""The learning curve: measured on parts of the examples, and what it promises."""

import json

import numpy as np
import pytest

from classifier.learning import crossfit, learning_curve
from classifier.learning.crossfit import CrossFit
from classifier.learning.cues import Cue
from classifier.records import Example
from classifier.taxonomy import Taxonomy


@pytest.fixture(scope="module")
def trial(small_examples: list[Example], small_taxonomy: Taxonomy, small_cues: tuple[Cue, ...]) -> CrossFit:
    return crossfit.prepare(small_examples, small_taxonomy, small_cues)


@pytest.fixture(scope="module")
def curve(trial: CrossFit) -> learning_curve.Report:
    return learning_curve.measure(trial)


def made(errors: list[float], labels: dict[str, list[float]] | None = None) -> learning_curve.Report:
    """A curve with these errors at 100, 200, 300 … paragraphs."""
    points = [{"paragraphs": 100 * (i + 1), "micro_f1": 1 - error} for i, error in enumerate(errors)]
    law = learning_curve._power_law([(p["paragraphs"], 1 - p["micro_f1"]) for p in points])
    return {"points": points, "error": law, "labels": {k: {"gain": v[0]} for k, v in (labels or {}).items()}}


def test_more_is_learnt_from_more_documents(curve: learning_curve.Report) -> None:
    learnt = [point["paragraphs"] for point in curve["points"]]
    assert learnt == sorted(set(learnt))
    assert curve["points"][-1]["micro_f1"] > curve["points"][0]["micro_f1"]


def test_its_last_point_is_the_whole_model(trial: CrossFit, curve: learning_curve.Report) -> None:
    whole = trial.decisions()
    last = curve["points"][-1]
    assert last["paragraphs"] == round(len(trial.examples) * (1 - 1 / trial.config.folds))
    hits = (whole.given & whole.true).sum()
    assert last["micro_f1"] == pytest.approx(2 * hits / (whole.given.sum() + whole.true.sum()))


def test_it_is_json(curve: learning_curve.Report) -> None:
    json.dumps(curve, allow_nan=False)


def test_a_power_law_is_found_again() -> None:
    points = [(n, 2.0 * n**-0.3) for n in (100.0, 200.0, 400.0, 800.0)]
    assert learning_curve._power_law(points) == pytest.approx((2.0, -0.3))
    curve = made([2.0 * n**-0.3 for n in (100, 200, 300, 400)])
    assert learning_curve.outlook(curve, 100).gain == pytest.approx(2.0 * 400**-0.3 - 2.0 * 500**-0.3)


def test_errors_that_rise_promise_nothing_and_two_points_tell_nothing() -> None:
    assert learning_curve.outlook(made([0.2, 0.3, 0.4])).gain == 0
    unknown = learning_curve.outlook(made([0.4, 0.3]))
    assert unknown.gain is None
    assert unknown.pays
    assert "too few examples to tell" in learning_curve.advice(unknown, {})


def test_advice_is_to_stop_where_nothing_is_gained_and_to_go_on_where_much_is() -> None:
    flat = learning_curve.outlook(made([0.2, 0.2, 0.2, 0.2]))
    assert not flat.pays
    assert "labelling no longer pays" in learning_curve.advice(flat, {})
    falling = made([n**-0.5 for n in (100, 200, 300, 400)], {"a": [0.01], "b": [0.05], "c": [0.0]})
    promised = learning_curve.outlook(falling)
    assert promised.pays
    assert list(promised.labels) == ["b", "a"]
    shown = learning_curve.advice(promised, {"b": "植树造林"})
    assert "labelling pays" in shown
    assert shown.index("植树造林 (+0.050 AP)") < shown.index("a (+0.010 AP)")
    assert "c (" not in shown


def test_decisions_on_a_part_are_made_without_the_rest(trial: CrossFit) -> None:
    # a model that may learn from one document only knows nothing of its own fold, so is worse than the whole
    documents = np.array([example.document for example in trial.examples])
    found = trial.decisions(learn=documents == "a")
    assert (found.given == found.true).mean() < (trial.decisions().given == trial.true).mean()
