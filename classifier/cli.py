"""The command line: the only place that prints or exits."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from classifier.errors import LabelsError, MissingExtra, PolicytagError, UsageError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    from classifier.records import Skipped
    from classifier.studio.client import Studio
    from classifier.tagging.batch import Counts, Done, Job
    from classifier.tagging.documents import Source

_FORMATS = ("jsonl", "csv", "xlsx", "parquet", "table")
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
    except KeyboardInterrupt as error:
        _say("\n  ".join(["policytag: interrupted", *getattr(error, "__notes__", ())]))
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

    tag.add_argument(
        "--ray", nargs="?", const="local", metavar="ADDRESS",
        help="work on a Ray cluster, write a folder of parts (no ADDRESS: start Ray on this machine)",
    )  # fmt: skip

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
    _studio(commands)
    return parser


def _studio(commands: "Commands") -> None:
    """Add the commands that work with a Label Studio server."""
    studio = commands.add_parser(
        "studio", help="annotate with Label Studio", description="Work with a Label Studio server.",
        epilog="The token comes from LABEL_STUDIO_API_KEY. example: policytag studio init --title 政策措施",
    )  # fmt: skip
    actions = studio.add_subparsers(title="actions", metavar="ACTION", required=True)

    page = _command(actions, "page", _page, "print the labelling page", "policytag studio page > labels/interface.xml")
    init = _command(actions, "init", _init, "create or update a project", "policytag studio init --title 政策措施")
    push = _command(
        actions, "push", _push, "send paragraphs as tasks with pre-annotations",
        "policytag studio push pages/ --project 3 --blind 10% --next 200",
    )  # fmt: skip
    pull = _command(actions, "pull", _pull, "bring the annotations home", "policytag studio pull --project 3")
    serve = _command(actions, "serve", _serve, "serve the model to Label Studio", "policytag studio serve --port 9090")

    for action in (init, push, pull):
        action.add_argument("--url", default=os.environ.get("LABEL_STUDIO_URL", "http://localhost:8080"), metavar="URL",
                            help="the server (default: LABEL_STUDIO_URL, else http://localhost:8080)")  # fmt: skip
        action.add_argument(
            "--project", type=int, required=action is not init, metavar="N", help="the project's number"
        )
    for action in (page, init, pull):
        action.add_argument("--taxonomy", type=Path, metavar="FILE", help="another taxonomy")
    init.add_argument("--title", default="policytag", help="title of the project to make or find (default: policytag)")
    init.add_argument("--annotators", type=int, default=1, metavar="N", help="who judge each paragraph (default: 1)")
    init.add_argument(
        "--codebook", type=Path, metavar="FILE", help="instructions, Markdown (default: labels/README.md)"
    )
    init.add_argument("--backend", metavar="URL", help="connect `policytag studio serve` at this address")
    push.add_argument("inputs", nargs="*", metavar="INPUT", help=f"{_INPUT}; none: pre-annotate anew what is there")
    push.add_argument("--model", type=Path, metavar="DIR", help="default: the packaged model")
    push.add_argument("--headings", action="store_true", help="headings too")
    push.add_argument("--blind", type=_share, default=0.0, metavar="10%", help="share without pre-annotation")
    push.add_argument("--next", type=int, metavar="N", help="only the N most useful: least certain, no near-copies")
    pull.add_argument(
        "--labels", type=Path, default=Path("labels"), metavar="DIR", help="folder with corpus/ (default: labels)"
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, default=9090, help="default: 9090")
    serve.add_argument("--models", type=Path, metavar="DIR", help="default: the packaged models")
    serve.add_argument("--retrain", type=Path, metavar="SCRIPT", help="scripts/retrain.py, for START_TRAINING")
    serve.add_argument("--labels", type=Path, default=Path("labels"), metavar="DIR", help="what it trains from")
    serve.add_argument("--project", type=int, metavar="N", help="pull this project before training")
    serve.epilog = (
        "Who may ask: POLICYTAG_TOKEN, or POLICYTAG_USER and POLICYTAG_PASSWORD. example: policytag studio serve"
    )


def _share(text: str) -> float:
    """Read a share: 10% or 0.1."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no share: write 10% or 0.1")
    return value


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
    parser.add_argument("--overwrite", action="store_true", help="write an output that exists anew")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run (jsonl, csv)")
    parser.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="processes that share the work (default: 1)")


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of processes: give 1 or more")
    return int(text)


def _tag(options: argparse.Namespace) -> int:
    from classifier.tagging import batch, bundle, chunks, documents, outputs, remote

    sources = remote.discover(options.inputs) if options.ray else documents.discover(options.inputs)
    form = options.format or "parquet" if options.ray else outputs.format_of(options.output, options.format)
    job = batch.Job(
        form=form, model=bundle.locate(options.model), headings=options.headings, all_scores=options.all_scores,
        evidence=options.evidence, engine=options.engine, expected=chunks.expected(sources),
    )  # fmt: skip
    batch.tagger(job)  # a model that cannot be used is known before anything is written
    return _run_on_cluster(options, sources, job) if options.ray else _run(options, sources, job)


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
            _skipped(skipped)
        if bar is not None:
            bar.set_postfix_str(f"{counts.paragraphs:,} paragraphs", refresh=False)
            bar.update(done.counts.read)

    return watch


def _close(counts: "Counts") -> int:
    if counts.skipped:
        _say(f"{counts.done} of {counts.given} inputs done, {counts.skipped} skipped")
    return 1 if counts.skipped else 0


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


def _page(options: argparse.Namespace) -> int:
    from classifier import taxonomy
    from classifier.studio import interface

    print(interface.page(taxonomy.load(options.taxonomy)), end="")
    return 0


def _connect(options: argparse.Namespace) -> "Studio":
    from classifier.studio import client

    return client.connect(options.url, os.environ.get("LABEL_STUDIO_API_KEY", ""))


def _init(options: argparse.Namespace) -> int:
    from classifier import taxonomy
    from classifier.studio import projects

    loaded = taxonomy.load(options.taxonomy)
    with _connect(options) as studio:
        ready = projects.init(
            studio, loaded, title=options.title, project=options.project, annotators=options.annotators,
            codebook=options.codebook,
        )  # fmt: skip
        if options.backend:
            user, password = (os.environ.get(f"POLICYTAG_{name}", "") for name in ("USER", "PASSWORD"))
            model = studio.connect_backend(ready.project, options.backend, user, password)
            _say(f"connected to {options.backend}, which serves model {model}")
    what = "created" if ready.created else "page updated" if ready.edited else "as it was"
    _say(f"project {ready.project} {what}: {options.url}/projects/{ready.project}")
    for word, labels in (("gained", ready.gained), ("lost", ready.lost)):
        if labels and not ready.created:
            _say(f"  labels {word}: {', '.join(labels)}")
    print(ready.project)
    return 0


def _push(options: argparse.Namespace) -> int:
    from classifier.studio.push import push
    from classifier.tagging import batch, bundle, documents
    from classifier.tagging.tagger import Tagger

    tagger = Tagger(bundle=bundle.load(options.model), headings=options.headings, all_scores=True, evidence=True)
    tally = batch.Tally()
    paragraphs = batch.split(documents.discover(options.inputs), tally, _skipped)
    with _connect(options) as studio:
        done = push(
            studio, options.project, paragraphs, tagger, blind=options.blind, next_=options.next, say=_say
        )  # fmt: skip
    for skipped in done.skipped:
        _skipped(skipped)
    _say(
        f"{done.new} tasks new ({done.blind} blind), {done.known} there already, {done.passed} passed by, "
        f"{len(done.skipped)} skipped; {done.refreshed} older ones pre-annotated anew"
    )
    return 1 if tally.skipped or done.skipped else 0


def _pull(options: argparse.Namespace) -> int:
    from classifier import taxonomy
    from classifier.studio.pull import pull

    loaded = taxonomy.load(options.taxonomy)
    with _connect(options) as studio:
        pulled = pull(studio, options.project, loaded, options.labels / "corpus")
    crop = pulled.harvest
    for held in crop.held:
        _say(f"held back: task {held.task}, annotation {held.annotation}: {held.reason}")
    negatives = sum(not example.labels for example in crop.examples)
    _say(
        f"{pulled.path}: {len(crop.examples)} judgements ({negatives} without a measure), {crop.skips} skips, "
        f"{len(crop.held)} held back; {pulled.changed} tasks read"
    )
    if crop.accept_rate is not None:
        _say(f"{crop.accept_rate:.0%} of {crop.accepted + crop.changed} prefilled choices were submitted untouched")
    return 1 if crop.held else 0


def _serve(options: argparse.Namespace) -> int:
    try:
        from classifier.studio.backend import serve
    except ImportError as error:
        raise MissingExtra("fastapi", "server") from error
    from classifier.studio.guard import Limits
    from classifier.studio.jobs import Jobs
    from classifier.studio.serving import Serving

    python, commands = [sys.executable, "-m", "classifier"], []
    if options.retrain and options.project:
        commands.append([*python, "studio", "pull", "--project", str(options.project), "--labels", str(options.labels)])
    if options.retrain:
        models = ["--models", str(options.models)] if options.models else []
        commands.append([sys.executable, str(options.retrain), "--labels", str(options.labels), *models])
    token, user, password = (os.environ.get(f"POLICYTAG_{name}", "") for name in ("TOKEN", "USER", "PASSWORD"))
    limits = Limits(token=token, user=user, password=password)
    serve(Serving(options.models), Jobs(commands), limits, host=options.host, port=options.port)
    return 0


def _skipped(skipped: "Skipped") -> None:
    _say(f"skipped {skipped.name}: {skipped.reason}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
