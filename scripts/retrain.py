"""Train a model from labels/, judge it, and promote it if it is no worse than the current one; write its card."""

import argparse
import os
import sys
from pathlib import Path

from console import run, say

from classifier import taxonomy as taxonomies
from classifier.learning import crossfit, explanation, holdout, lint, material, promotion, registry, training
from classifier.report import card
from classifier.studio import client, pull

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run from the command line; exit 0 promoted or nothing new, 1 refused, 2 usage, 3 failed, 130 interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=Path, default=ROOT / "labels", help="folder with corpus/ and cues.toml")
    parser.add_argument("--taxonomy", type=Path, help="default: taxonomy.toml in the labels folder")
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="folder of models with CURRENT")
    parser.add_argument("--studio", metavar="URL", help="first pull from this server; token: LABEL_STUDIO_API_KEY")
    parser.add_argument("--project", type=int, metavar="N", help="the project to pull")
    parser.add_argument("--promote", choices=["auto", "never", "force"], default="auto", help="force is recorded")
    parser.add_argument("--accept-test-set", action="store_true", help="announce that test documents changed")
    parser.add_argument("--allow-regression", metavar="REASON", help="let figures fall; the reason is recorded")
    options = parser.parse_args()
    if (options.studio is None) != (options.project is None):
        parser.error("--studio and --project go together")
    return run("retrain", lambda: retrain(options))


def retrain(options: argparse.Namespace) -> int:
    """Labels → examples → candidate → decision → card; give the exit code."""
    wish = promotion.Wish(
        promote=options.promote, accept_test_set=options.accept_test_set, allow_regression=options.allow_regression
    )
    if options.studio:
        known = taxonomies.load(options.taxonomy or options.labels / "taxonomy.toml")
        with client.connect(options.studio, os.environ.get("LABEL_STUDIO_API_KEY", "")) as server:
            say(*pull.pull(server, options.project, known, material.corpus(options.labels)).told())
    given = material.load(options.labels, options.taxonomy)
    say(given.counted(), *lint.doubts(given.judgements, given.examples))
    promotion.incumbent(options.models, wish)  # one that cannot be loaded is told before the long work
    trial, candidate = None, registry.find(options.models, promotion.identity(*given.learnt))
    if candidate is None:
        trial = crossfit.prepare(*given.learnt, say=say)
        candidate = holdout.judged(training.fitted(trial, given.taxonomy, given.cues, say), *given.learnt, say=say)
    place, decision = promotion.settle(candidate, given.examples, options.models, wish)
    say(f"{place}: {decision.reason}")
    if "details" not in explanation.load(place):
        explanation.save(place, explanation.measure(trial or crossfit.prepare(*given.learnt, say=say), say))
    say(card.write(place))
    print(promotion.summary(candidate, decision))
    print(f"{place}: {decision.reason}")
    return 1 if decision.refused else 0


if __name__ == "__main__":
    sys.exit(main())
