"""policytag evaluate, report, drift: what is read rather than tagged."""

import argparse
import sys
from pathlib import Path

from classifier.cli.console import Commands, command
from classifier.errors import LabelsError


def add(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    evaluate = command(
        commands,
        "evaluate",
        _evaluate,
        "measure a model on labelled paragraphs",
        "policytag evaluate labelled.jsonl --json",
    )
    evaluate.add_argument(
        "labelled", type=Path, metavar="LABELLED.jsonl", help="lines with text and labels; id and document where known"
    )
    evaluate.add_argument("--model", type=Path, metavar="DIR", help="default: the packaged model")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object instead of tables")

    report = command(
        commands,
        "report",
        _report_page,
        "make a page to read in a browser",
        "policytag report tagged.jsonl -o report.html",
    )
    report.add_argument(
        "tagged", type=Path, metavar="TAGGED.jsonl", help="what policytag tag wrote, best with --evidence"
    )
    report.add_argument(
        "-o", "--output", default="-", metavar="FILE", help="where the page goes (default: standard output)"
    )
    report.add_argument("--taxonomy", type=Path, metavar="FILE", help="another taxonomy")

    drift = command(commands, "drift", _drift, "compare two files of results", "policytag drift old.jsonl new.jsonl")
    drift.add_argument("old", type=Path, metavar="OLD.jsonl", help="what policytag tag wrote earlier")
    drift.add_argument("new", type=Path, metavar="NEW.jsonl", help="what it wrote now")
    drift.add_argument("--by", metavar="COLUMN", help="an input column to compare by, such as month or source")
    drift.add_argument("--model", type=Path, metavar="DIR", help="default: the packaged model")
    drift.add_argument("--json", action="store_true", help="print one JSON object instead of tables")


def _evaluate(options: argparse.Namespace) -> int:
    import json

    from classifier.learning import evaluation, examples
    from classifier.tagging import bundle

    model = bundle.load(options.model)
    gold = list(examples.read(options.labelled, [*model.labels, *model.left_out], bare=True))
    if not gold:
        raise LabelsError(f"{options.labelled} holds no labelled paragraph", "one JSON object a line: text and labels")
    report = evaluation.evaluate(model, gold)
    print(json.dumps(report, ensure_ascii=False, indent=1) if options.json else evaluation.table(report, model.labels))
    return 0


def _report_page(options: argparse.Namespace) -> int:
    from classifier import taxonomy
    from classifier.report import page
    from classifier.tagging import outputs, results

    html = page.render(results.read(options.tagged), taxonomy.load(options.taxonomy))
    with outputs.opened(options.output, sys.stdout.buffer) as file:
        file.write(html.encode("utf-8", "replace"))
    return 0


def _drift(options: argparse.Namespace) -> int:
    import json

    from classifier.learning import drift
    from classifier.tagging import bundle, results

    old, new = (list(results.read(path)) for path in (options.old, options.new))
    report = drift.measure(old, new, bundle.load(options.model).vocabulary, options.by)
    print(json.dumps(report, ensure_ascii=False, indent=1) if options.json else drift.table(report))
    return 0
