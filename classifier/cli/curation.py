"""policytag studio next and suspects: which paragraphs to label, and which labels to look at again."""

import argparse
from pathlib import Path

from classifier.cli.console import INPUT, Commands, command, name_skipped, say


def add(actions: "Commands[argparse.ArgumentParser]") -> None:
    """Add the actions."""
    chosen = command(
        actions, "next", _next, "list what to label next, and whether it pays", "policytag studio next pages/"
    )
    chosen.add_argument("inputs", nargs="+", metavar="INPUT", help=INPUT)
    chosen.description = (
        "List what to label next, and whether it pays. worth: expected wrong decisions, those of rare and weak labels "
        "counting more; nearest: cosine with the most similar labelled paragraph."
    )
    suspects = command(
        actions, "suspects", _suspects, "list labels that are probably wrong", "policytag studio suspects --count 50"
    )
    suspects.description = (
        "List labels that are probably wrong, by models that have not seen them, with the closest examples judged the "
        "same (for) and otherwise (against)."
    )
    for action in (chosen, suspects):
        action.add_argument(
            "--labels", type=Path, default=Path("labels"), metavar="DIR", help="what is labelled (default: labels)"
        )
        action.add_argument("--count", type=_count, default=20, metavar="N", help="how many to list (default: 20)")
        action.add_argument("--taxonomy", type=Path, metavar="FILE", help="default: taxonomy.toml in the labels folder")
        action.add_argument("--model", type=Path, metavar="DIR", help="default: the packaged model")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return int(text)


def _next(options: argparse.Namespace) -> int:
    from classifier.learning import explanation, material, selection
    from classifier.tagging import batch, bundle, documents

    place = bundle.locate(options.model)
    model, given = bundle.load(place), material.load(options.labels, options.taxonomy)
    tally = batch.Tally()
    paragraphs = list(batch.split(documents.discover(options.inputs), tally, name_skipped))
    known = [example.text for example in given.examples]
    choices = selection.choose(paragraphs, model, known, options.count)
    print(selection.table(choices, model.labels))
    print(f"\n{len(choices)} of {len(paragraphs)} paragraphs; {explanation.advice(place, model.labels)}")
    return 1 if tally.skipped else 0


def _suspects(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from classifier.learning import crossfit, material, quality, similarity
    from classifier.tagging import bundle

    given, model = material.load(options.labels, options.taxonomy), bundle.load(options.model)
    trial = crossfit.prepare(*given.learnt, say=say)
    decisions = replace(trial.decisions(), true=trial.true)  # the judgements as they are now
    rows = similarity.rows([example.text for example in given.examples], model)
    print(quality.table(quality.suspects(decisions, rows, options.count), given.taxonomy.names))
    return 0
