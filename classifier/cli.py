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
_PARAGRAPH = 260  # bytes, about: what tells how many are to come
_INPUT = "file, folder, glob, or - for text on standard input"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit: 0 done, 1 some inputs skipped, 2 usage, 3 could not run, 130 interrupted."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads cost more to start than they save
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
    tag.add_argument(
        "--engine", choices=["auto", "numpy", "numba"], default="auto", help="auto takes numba for large inputs"
    )
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

    report = _command(
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

    drift = _command(commands, "drift", _drift, "compare two files of results", "policytag drift old.jsonl new.jsonl")
    drift.add_argument("old", type=Path, metavar="OLD.jsonl", help="what policytag tag wrote earlier")
    drift.add_argument("new", type=Path, metavar="NEW.jsonl", help="what it wrote now")
    drift.add_argument("--by", metavar="COLUMN", help="an input column to compare by, such as month or source")
    drift.add_argument("--model", type=Path, metavar="DIR", help="default: the packaged model")
    drift.add_argument("--json", action="store_true", help="print one JSON object instead of tables")

    model = commands.add_parser(
        "model", help="look after models", description="Look after models.", epilog="example: policytag model verify"
    )
    actions = model.add_subparsers(title="actions", metavar="ACTION", required=True)
    verify = _command(actions, "verify", _verify, "check every byte of a model", "policytag model verify models/")
    verify.add_argument("model", nargs="?", type=Path, metavar="DIR", help="default: the packaged model")
    listing = _command(actions, "list", _model_list, "list the models of a folder", "policytag model list")
    show = _command(actions, "show", _model_show, "show a model: figures, settings, history", "policytag model show")
    show.add_argument("id", nargs="?", metavar="ID", help="its id, or the beginning of it (default: the current one)")
    diff = _command(
        actions, "diff", _model_diff, "show what differs between two models", "policytag model diff 43e1 9b07"
    )
    diff.add_argument("old", metavar="A")
    diff.add_argument("new", metavar="B")
    use = _command(actions, "use", _model_use, "make a model the current one", "policytag model use 43e1")
    use.add_argument("id", metavar="ID", help="its id, or the beginning of it")
    prune = _command(
        actions, "prune", _model_prune, "remove models that are not used", "policytag model prune --keep 1"
    )
    prune.add_argument(
        "--keep", type=int, default=2, metavar="N", help="keep the N that were current last (default: 2)"
    )
    for action in (listing, show, diff, use, prune):
        action.add_argument("--models", type=Path, metavar="DIR", help="folder of models (default: the packaged one)")
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
        bundle=bundle.load(options.model),
        headings=options.headings,
        all_scores=options.all_scores,
        evidence=options.evidence,
        engine=options.engine,
        expected=_bytes_of(options.inputs) // _PARAGRAPH,
    )
    return _run(options, tagger.tag)


def _bytes_of(inputs: Sequence[str]) -> int:
    """Give the size of the inputs as far as it is known beforehand."""
    from classifier.tagging.documents import discover

    return sum(s.path.stat().st_size for s in discover(inputs) if s.path and s.path.is_file())


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


def _verify(options: argparse.Namespace) -> int:
    from classifier.tagging import bundle

    place = bundle.locate(options.model)
    model = bundle.load(place)
    print(f"{place}: whole; model {model.id}, {len(model.labels)} labels, {len(model.vocabulary):,} terms")
    return 0


def _models(options: argparse.Namespace) -> Path:
    from classifier.taxonomy import data_file

    return options.models or data_file("models")


def _model_list(options: argparse.Namespace) -> int:
    from classifier.learning import model_tables, registry

    print(model_tables.listing(registry.entries(_models(options))))
    return 0


def _model_show(options: argparse.Namespace) -> int:
    from classifier.learning import model_tables, registry
    from classifier.tagging import bundle

    models = _models(options)
    print(model_tables.full(bundle.load(models / registry.resolve(models, options.id)), registry.history(models)))
    return 0


def _model_diff(options: argparse.Namespace) -> int:
    from classifier.learning import model_tables, registry
    from classifier.tagging import bundle

    models = _models(options)
    old, new = (bundle.load(models / registry.resolve(models, name)) for name in (options.old, options.new))
    print(model_tables.difference(old, new))
    return 0


def _model_use(options: argparse.Namespace) -> int:
    from classifier.learning import registry

    print(f"current model: {registry.use(_models(options), options.id)}")
    return 0


def _model_prune(options: argparse.Namespace) -> int:
    from classifier.learning import registry

    removed = registry.prune(_models(options), options.keep)
    print(f"removed {len(removed)}: {', '.join(removed)}" if removed else "nothing to remove")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
