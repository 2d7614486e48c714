"""The command line: the only place that prints or exits."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from classifier.errors import LabelsError, PolicytagError, UsageError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    from classifier.records import Paragraph, Skipped, Tagged
    from classifier.tagging.batch import Tally
    from classifier.tagging.documents import Source

_FORMATS = ("jsonl", "csv", "xlsx", "parquet", "table")
_INPUT = "file, folder, glob, or - for text on standard input"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit: 0 done, 1 some inputs skipped, 2 usage, 3 could not run, 130 interrupted."""
    try:
        code = _run_command(arguments)
        if sys.stdout:
            sys.stdout.flush()
    except PolicytagError as error:
        _say(f"policytag: {error}")
        code = error.exit_code
    except BrokenPipeError:  # the reader of our output had enough
        code = 0
        _silence()
    except OSError as error:
        _say(f"policytag: cannot go on: {error.strerror or error}\n  free space, or name another output with -o")
        code = 3
        _silence()
    except KeyboardInterrupt:
        _say("policytag: interrupted")
        code = 130
    sys.exit(code)


def _run_command(arguments: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that has no Chinese is no reason to fail
    options, unknown = _parser().parse_known_args(arguments)
    if unknown:
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if sys.stdout is None or sys.stdin is None:
        raise PolicytagError("standard input or output is closed", "leave it open, or send it to /dev/null")
    return int(options.run(options))


def _silence() -> None:
    """Let nothing more be written, or the interpreter would complain of it at its end."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


class _Version(argparse.Action):
    """Looks the version up only when asked: that alone would take a fifth of the time to start."""

    def __call__(self, *_: object) -> None:
        from importlib.metadata import version

        print(f"policytag {version('policytag')}")
        sys.exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="policytag",
        description="Find the policy measures that Chinese documents take, paragraph by paragraph.",
        epilog="example: policytag tag page.txt --format table",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    tag = _command(commands, "tag", _tag, "tag the paragraphs of documents", "policytag tag pages/ -o tagged.csv")
    _inputs_and_output(tag)
    tag.add_argument(
        "--model", type=Path, metavar="DIR", help="model directory, or a folder of models (default: the packaged model)"
    )
    tag.add_argument("--evidence", action="store_true", help="add the words that carried each tag")
    tag.add_argument("--all-scores", action="store_true", help="add the probability of every label")
    tag.add_argument("--headings", action="store_true", help="tag headings too")

    paragraphs = _command(
        commands,
        "paragraphs",
        _paragraphs,
        "restore the paragraphs of documents, no tags",
        "policytag paragraphs page.txt",
    )
    _inputs_and_output(paragraphs)

    labels = _command(commands, "labels", _labels, "read the codebook", "policytag labels subsidies")
    labels.add_argument("label", nargs="?", metavar="LABEL", help="one label's id or name, in full")
    labels.add_argument("--taxonomy", type=Path, metavar="FILE", help="another taxonomy")

    evaluate = _command(
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

    model = commands.add_parser(
        "model", help="look after models", description="Look after models.", epilog="example: policytag model verify"
    )
    actions = model.add_subparsers(title="actions", metavar="ACTION", required=True)
    verify = _command(actions, "verify", _verify, "check every byte of a model", "policytag model verify models/")
    verify.add_argument("model", nargs="?", type=Path, metavar="DIR", help="default: the packaged model")
    return parser


def _command(
    commands: "Commands", name: str, run: "Callable[[argparse.Namespace], int]", help_: str, example: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.", epilog=f"example: {example}"
    )
    parser.set_defaults(run=run, parser=parser)
    return parser


def _inputs_and_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help=_INPUT)
    parser.add_argument(
        "-o", "--output", default="-", metavar="FILE", help="where the result goes (default: standard output)"
    )
    parser.add_argument("--format", choices=_FORMATS, help="default: as the output's name says, else jsonl")


def _tag(options: argparse.Namespace) -> int:
    from classifier.tagging import bundle
    from classifier.tagging.tagger import Tagger

    tagger = Tagger(
        bundle=bundle.load(options.model), headings=options.headings, all_scores=options.all_scores,
        evidence=options.evidence,
    )  # fmt: skip
    return _run(options, tagger.tag)


def _paragraphs(options: argparse.Namespace) -> int:
    return _run(options, lambda paragraphs: paragraphs)


def _run(options: argparse.Namespace, work: "Callable[[Iterable[Paragraph]], Iterable[Paragraph | Tagged]]") -> int:
    """Read the inputs, do `work` on their paragraphs, write the results, tell what was skipped."""
    from classifier.tagging import batch, documents, outputs

    writer_type = outputs.FORMATS[outputs.format_of(options.output, options.format)]
    tally = batch.Tally()
    sources = documents.discover(options.inputs)
    with outputs.opened(options.output, sys.stdout.buffer) as file:
        writer = writer_type(file)
        for result in work(batch.split(_progress(sources), tally, _report)):
            writer.write(outputs.record(result))
        writer.finish()
    return _close(tally)


def _progress(sources: "Sequence[Source]") -> "Iterable[Source]":
    """Show progress where someone looks on."""
    if len(sources) < 2 or not sys.stderr.isatty():
        return sources
    from tqdm import tqdm

    bar: Iterable[Source] = tqdm(sources, unit=" inputs", file=sys.stderr, leave=False)
    return bar


def _report(skipped: "Skipped") -> None:
    _say(f"skipped {skipped.name}: {skipped.reason}")


def _close(tally: "Tally") -> int:
    if not tally.adds_up:
        raise PolicytagError("the counts do not add up: a fault of policytag", "please report it with the command")
    if tally.skipped:
        _say(f"{tally.done} of {tally.given} inputs done, {len(tally.skipped)} skipped")
    return 1 if tally.skipped else 0


def _labels(options: argparse.Namespace) -> int:
    from tabulate import tabulate

    from classifier import taxonomy

    loaded = taxonomy.load(options.taxonomy)
    if options.label is None:
        rows = [[label.group, label.name, label.id, label.definition] for label in loaded.labels]
        print(tabulate(rows, headers=["组", "名称", "id", "定义"], maxcolwidths=[None, None, None, 60]))
        return 0
    chosen = [label for label in loaded.labels if options.label in (label.id, label.name)]
    if not chosen:
        from difflib import get_close_matches

        near = get_close_matches(options.label.casefold(), [*loaded.ids, *loaded.names.values()], n=1, cutoff=0)[0]
        raise UsageError(f"no label '{options.label}'", f"did you mean '{near}'? All of them: policytag labels")
    label = chosen[0]
    lines = [
        ("名称", label.name), ("id", label.id), ("组", label.group), ("政策工具", label.instrument),
        ("定义", label.definition), ("计入", label.counts), ("不计入", label.excludes), ("快捷键", label.hotkey),
    ]  # fmt: skip
    print(tabulate([line for line in lines if line[1]], tablefmt="plain", maxcolwidths=[None, 80]))
    return 0


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


def _verify(options: argparse.Namespace) -> int:
    from classifier.tagging import bundle

    place = bundle.locate(options.model)
    model = bundle.load(place)
    print(f"{place}: whole; model {model.id}, {len(model.labels)} labels, {len(model.vocabulary):,} terms")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
