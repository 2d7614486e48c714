"""What is measured of a model beyond its report, for people: kept as card.json beside it, and shown by its card.

It is no part of the model: it may be deleted and measured again, and a model works without it.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from classifier.errors import ModelError
from classifier.learning import diagnosis, learning_curve, registry
from classifier.learning.crossfit import CrossFit

Report = dict[str, Any]
FILE = "card.json"


def measure(trial: CrossFit, say: Callable[[str], None] = lambda _: None) -> Report:
    """Give details of the decisions, the leak delta and the learning curve: some five cross-fits' worth of time."""
    say("for the card: decisions in detail")
    details = diagnosis.diagnose(trial.decisions())
    say("for the card: what a split by paragraphs would pretend")
    leak = diagnosis.leak(trial)
    return {"details": details, "leak": leak, "curve": learning_curve.measure(trial, say=say)}


def load(place: Path) -> Report:
    """Give what was measured of the model at `place`, nothing where it was not. Raises `ModelError`."""
    try:
        found = json.loads((place / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelError(f"{place / FILE} cannot be read: {error}", "delete it: scripts/retrain.py makes it") from error
    return dict(found)


def advice(place: Path, names: Mapping[str, str]) -> str:
    """Say whether labelling more pays, by the learning curve of the model at `place`."""
    if curve := load(place).get("curve"):
        return learning_curve.advice(learning_curve.outlook(curve), names)
    return "no learning curve was measured of this model; scripts/retrain.py does"


def save(place: Path, measured: Report) -> None:
    """Write what was measured of the model at `place`, beside what is known of it already, in one step."""
    known = {**load(place), **measured, "model": place.name}
    registry.write(place / FILE, json.dumps(known, ensure_ascii=False, indent=1) + "\n")
