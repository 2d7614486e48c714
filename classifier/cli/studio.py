"""policytag studio: annotate with Label Studio."""

import argparse
import os
import sys
from pathlib import Path

from classifier.cli import agreement, curation
from classifier.cli.console import INPUT, Commands, command, name_skipped, say
from classifier.cli.server import add_address, connected
from classifier.errors import MissingExtra


def add(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the commands that work with a Label Studio server."""
    studio = commands.add_parser(
        "studio", help="annotate with Label Studio",
        description="Work with a Label Studio server; its token comes from LABEL_STUDIO_API_KEY.",
        epilog="example: policytag studio init",
    )  # fmt: skip
    actions = studio.add_subparsers(title="actions", metavar="ACTION", required=True)

    page = command(actions, "page", _page, "print the labelling page", "policytag studio page > labels/interface.xml")
    init = command(actions, "init", _init, "create or update a project", "policytag studio init --title 政策措施")
    push = command(
        actions, "push", _push, "send paragraphs as tasks with pre-annotations",
        "policytag studio push pages/ --project 3 --blind 10% --next 200",
    )  # fmt: skip
    pull = command(actions, "pull", _pull, "bring the annotations home", "policytag studio pull --project 3")
    agreement.add(actions)
    serve = command(actions, "serve", _serve, "serve the model to Label Studio", "policytag studio serve --port 9090")

    curation.add(actions)
    for action in (init, push, pull):
        add_address(action)
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
    push.add_argument("inputs", nargs="*", metavar="INPUT", help=f"{INPUT}; none: pre-annotate anew what is there")
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
    serve.description = (
        "Serve the model to Label Studio. Who may ask: POLICYTAG_TOKEN, or POLICYTAG_USER and _PASSWORD."
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


def _page(options: argparse.Namespace) -> int:
    from classifier import taxonomy
    from classifier.studio import interface

    print(interface.page(taxonomy.load(options.taxonomy)), end="")
    return 0


def _init(options: argparse.Namespace) -> int:
    from classifier import taxonomy
    from classifier.studio import projects

    loaded = taxonomy.load(options.taxonomy)
    with connected(options) as studio:
        ready = projects.init(
            studio, loaded, title=options.title, project=options.project, annotators=options.annotators,
            codebook=options.codebook,
        )  # fmt: skip
        if options.backend:
            user, password = (os.environ.get(f"POLICYTAG_{name}", "") for name in ("USER", "PASSWORD"))
            model = studio.connect_backend(ready.project, options.backend, user, password)
            say(f"connected to {options.backend}, which serves model {model}")
    what = "created" if ready.created else "page updated" if ready.edited else "as it was"
    say(f"project {ready.project} {what}: {options.url}/projects/{ready.project}")
    for word, labels in (("gained", ready.gained), ("lost", ready.lost)):
        if labels and not ready.created:
            say(f"  labels {word}: {', '.join(labels)}")
    print(ready.project)
    return 0


def _push(options: argparse.Namespace) -> int:
    from classifier.studio.push import push
    from classifier.tagging import batch, bundle, documents
    from classifier.tagging.tagger import Tagger

    tagger = Tagger(bundle=bundle.load(options.model), headings=options.headings, all_scores=True, evidence=True)
    tally = batch.Tally()
    paragraphs = batch.split(documents.discover(options.inputs), tally, name_skipped)
    with connected(options) as studio:
        done = push(
            studio, options.project, paragraphs, tagger, blind=options.blind, next_=options.next, say=say
        )  # fmt: skip
    for skipped in done.skipped:
        name_skipped(skipped)
    say(
        f"{done.new} tasks new ({done.blind} blind), {done.known} there already, {done.passed} passed by, "
        f"{len(done.skipped)} skipped; {done.refreshed} older ones pre-annotated anew"
    )
    return 1 if tally.skipped or done.skipped else 0


def _pull(options: argparse.Namespace) -> int:
    from classifier import taxonomy
    from classifier.learning import material
    from classifier.studio.pull import pull

    loaded = taxonomy.load(options.taxonomy)
    with connected(options) as studio:
        pulled = pull(studio, options.project, loaded, material.corpus(options.labels))
    for line in pulled.told():
        say(line)
    return 1 if pulled.harvest.held else 0


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
        own = options.labels / "taxonomy.toml"  # as the script takes it
        taxonomy = ["--taxonomy", str(own)] if own.exists() else []
        pull = ["--project", str(options.project), "--labels", str(options.labels), *taxonomy]
        commands.append([*python, "studio", "pull", *pull])
    if options.retrain:
        models = ["--models", str(options.models)] if options.models else []
        commands.append([sys.executable, str(options.retrain), "--labels", str(options.labels), *models])
    token, user, password = (os.environ.get(f"POLICYTAG_{name}", "") for name in ("TOKEN", "USER", "PASSWORD"))
    limits = Limits(token=token, user=user, password=password)
    serve(Serving(options.models), Jobs(commands), limits, host=options.host, port=options.port)
    return 0
