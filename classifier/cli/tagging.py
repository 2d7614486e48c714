"""policytag tag, policytag paragraphs."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.cli.console import INPUT, Commands, command, name_skipped, say
from classifier.errors import UsageError

if TYPE_CHECKING:
    from classifier.tagging.batch import Counts, Done, Job
    from classifier.tagging.documents import Source

_FORMATS = ("jsonl", "csv", "xlsx", "parquet", "table")


def add(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    tag = command(commands, "tag", _tag, "tag the paragraphs of documents", "policytag tag pages/ -o tagged.csv")
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

    tag.add_argument(
        "--ray", nargs="?", const="local", metavar="ADDRESS",
        help="work on a Ray cluster, write a folder of parts (no ADDRESS: start Ray on this machine)",
    )  # fmt: skip

    paragraphs = command(
        commands,
        "paragraphs",
        _paragraphs,
        "restore the paragraphs of documents, no tags",
        "policytag paragraphs page.txt",
    )
    _inputs_and_output(paragraphs)


def _inputs_and_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help=INPUT)
    parser.add_argument(
        "-o", "--output", default="-", metavar="FILE", help="where the result goes (default: standard output)"
    )
    parser.add_argument("--format", choices=_FORMATS, help="default: as the output's name says, else jsonl")
    parser.add_argument("--overwrite", action="store_true", help="write an output that exists anew")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run (jsonl, csv)")
    parser.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="processes that share the work (default: 1)")


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of processes: give 1 or more")
    return int(text)


def _tag(options: argparse.Namespace) -> int:
    from classifier.tagging import batch, bundle, chunks, outputs

    sources = _discover(options)
    form = options.format or "parquet" if options.ray else outputs.format_of(options.output, options.format)
    job = batch.Job(
        form=form, model=bundle.locate(options.model), headings=options.headings, all_scores=options.all_scores,
        evidence=options.evidence, engine=options.engine, expected=chunks.expected(sources),
    )  # fmt: skip
    batch.tagger(job)  # a model that cannot be used is known before anything is written
    return _run_on_cluster(options, sources, job) if options.ray else _run(options, sources, job)


def _discover(options: argparse.Namespace) -> "list[Source]":
    if options.ray:
        from classifier.tagging import remote

        return remote.discover(options.inputs)
    from classifier.tagging import documents

    return documents.discover(options.inputs)


def _paragraphs(options: argparse.Namespace) -> int:
    from classifier.tagging import batch, documents, outputs

    form = outputs.format_of(options.output, options.format)
    return _run(options, documents.discover(options.inputs), batch.Job(form=form))


def _run(options: argparse.Namespace, sources: "Sequence[Source]", job: "Job") -> int:
    """Do the job on all inputs, show how far it is, tell what was skipped."""
    from classifier.tagging import batch, sinks

    output = sinks.opened(
        options.output, sys.stdout.buffer, sources, job, resume=options.resume, overwrite=options.overwrite
    )
    with output as sink:
        counts = batch.run(sources, job, sink, options.jobs, _watch(sources, sink.counts))
    return _close(counts)


def _run_on_cluster(options: argparse.Namespace, sources: "Sequence[Source]", job: "Job") -> int:
    from classifier.tagging import batch, cluster

    if options.output == "-":
        raise UsageError("a cluster writes a folder", "name one with -o FOLDER")
    watch = _watch(sources, batch.Counts())
    counts = cluster.run(
        sources, options.output, job, options.ray, resume=options.resume, overwrite=options.overwrite, watch=watch
    )
    return _close(counts)


def _watch(sources: "Sequence[Source]", before: "Counts") -> "Callable[[Done], None]":
    """Name what is skipped, and show progress where someone looks on."""
    bar = None
    if sys.stderr.isatty():
        from tqdm import tqdm

        from classifier.tagging.chunks import size

        bar = tqdm(
            total=sum(map(size, sources)), initial=before.read, unit="B", unit_scale=True, delay=0.5, leave=False,
            file=sys.stderr,
        )  # fmt: skip
    counts = before

    def watch(done: "Done") -> None:
        nonlocal counts
        counts += done.counts
        for skipped in done.skipped:
            if bar is not None:
                bar.clear()
            name_skipped(skipped)
        if bar is not None:
            bar.set_postfix_str(f"{counts.paragraphs:,} paragraphs", refresh=False)
            bar.update(done.counts.read)

    return watch


def _close(counts: "Counts") -> int:
    if counts.skipped:
        say(f"{counts.done} of {counts.given} inputs done, {counts.skipped} skipped")
    return 1 if counts.skipped else 0
