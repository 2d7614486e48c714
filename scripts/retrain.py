"""Train a model from labels/, measure it, and promote it if it is no worse than the current one."""

import argparse
import sys
import time
from pathlib import Path

from classifier import taxonomy as taxonomies
from classifier.errors import PolicytagError
from classifier.learning import cues as cue_files
from classifier.learning import examples as label_files
from classifier.learning import promotion, training
from classifier.tagging import bundle

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run from the command line; exit 0 promoted or nothing new, 1 refused, 3 failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=Path, default=ROOT / "labels", help="folder with corpus/ and cues.toml")
    parser.add_argument("--taxonomy", type=Path, help="default: taxonomy.toml in the labels folder")
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="folder of models with CURRENT")
    parser.add_argument("--promote", choices=["auto", "never", "force"], default="auto")
    options = parser.parse_args()
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - begun:5.1f} s] {line}", file=sys.stderr, flush=True)

    try:
        taxonomy = taxonomies.load(options.taxonomy or options.labels / "taxonomy.toml")
        cues = cue_files.load(options.labels / "cues.toml", taxonomy)
        corpus = options.labels / "corpus"
        judgements = label_files.load(corpus if corpus.is_dir() else options.labels, taxonomy)
        examples = label_files.merge(judgements)
        say(f"{len(examples)} examples, {len(judgements)} judgements, {len(taxonomy.ids)} labels")
        candidate = training.train(examples, taxonomy, cues, say=say)
        decision = promotion.decide(candidate, promotion.incumbent(options.models), options.promote)
        place = bundle.save(candidate, options.models)
        if decision.promote:
            promotion.promote(candidate.id, options.models)
    except PolicytagError as error:
        print(f"retrain: {error}", file=sys.stderr)
        return error.exit_code
    print(promotion.summary(candidate, decision))
    print(f"{place}: {decision.reason}")
    return 1 if decision.refused else 0


if __name__ == "__main__":
    sys.exit(main())
