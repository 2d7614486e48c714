"""Train a model from labels/, judge it, and promote it if it is no worse than the current one."""

import argparse
import sys
import time
from pathlib import Path

from classifier import taxonomy as taxonomies
from classifier.errors import PolicytagError
from classifier.learning import cues as cue_files
from classifier.learning import examples as label_files
from classifier.learning import floors, holdout, lint, promotion, registry, training
from classifier.tagging import bundle

ROOT = Path(__file__).parents[1]
BEGUN = time.monotonic()


def main() -> int:
    """Run from the command line; exit 0 promoted or nothing new, 1 refused, 2 usage, 3 failed, 130 interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=Path, default=ROOT / "labels", help="folder with corpus/ and cues.toml")
    parser.add_argument("--taxonomy", type=Path, help="default: taxonomy.toml in the labels folder")
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="folder of models with CURRENT")
    parser.add_argument("--promote", choices=["auto", "never", "force"], default="auto", help="force is recorded")
    parser.add_argument("--accept-test-set", action="store_true", help="announce that test documents changed")
    parser.add_argument("--allow-regression", metavar="REASON", help="let figures fall; the reason is recorded")
    options = parser.parse_args()
    if options.allow_regression is not None and not options.allow_regression.strip():
        parser.error("--allow-regression needs a reason")
    try:
        return retrain(options)
    except PolicytagError as error:
        print(f"retrain: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:  # a full disk under a library's feet
        print(f"retrain: {error}\n  the current model is as it was; mend that and run it again", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("retrain: interrupted; the current model is as it was", file=sys.stderr)
        return 130


def retrain(options: argparse.Namespace) -> int:
    """Labels → examples → candidate → decision; give the exit code."""
    wish = promotion.Wish(
        promote=options.promote,
        accept_test_set=options.accept_test_set,
        allow_regression=options.allow_regression or "",
    )
    taxonomy = taxonomies.load(options.taxonomy or options.labels / "taxonomy.toml")
    cues = cue_files.load(options.labels / "cues.toml", taxonomy)
    corpus = options.labels / "corpus"
    judgements = label_files.load(corpus if corpus.is_dir() else options.labels, taxonomy)
    examples = label_files.merge(judgements)
    say(f"{len(examples)} examples, {len(judgements)} judgements, {len(taxonomy.ids)} labels")
    for doubt in lint.doubts(judgements, examples):
        say(doubt)
    promotion.incumbent(options.models, wish)  # one that cannot be loaded is told before the long work
    candidate = registry.find(options.models, promotion.identity(examples, taxonomy, cues))
    if candidate is None:
        candidate = training.train(examples, taxonomy, cues, say=say)
        candidate = holdout.judged(candidate, examples, taxonomy, cues, say=say)
    with registry.locked(options.models):
        place = bundle.save(candidate, options.models)
        incumbent, announced = promotion.incumbent(options.models, wish), floors.load(options.models)
        decision = promotion.decide(candidate, incumbent, examples, announced, wish)
        promotion.carry_out(decision, candidate, options.models, wish)
    print(promotion.summary(candidate, decision))
    print(f"{place}: {decision.reason}")
    return 1 if decision.refused else 0


def say(line: str) -> None:
    """Tell of progress."""
    print(f"[{time.monotonic() - BEGUN:5.1f} s] {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
