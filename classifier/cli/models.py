"""policytag model: list, show, diff, use, verify, prune."""

import argparse
from pathlib import Path

from classifier.cli.console import Commands, command


def add(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    model = commands.add_parser(
        "model", help="look after models", description="Look after models.", epilog="example: policytag model verify"
    )
    actions = model.add_subparsers(title="actions", metavar="ACTION", required=True)
    verify = command(actions, "verify", _verify, "check every byte of a model", "policytag model verify models/")
    verify.add_argument("model", nargs="?", type=Path, metavar="DIR", help="default: the packaged model")
    listing = command(actions, "list", _model_list, "list the models of a folder", "policytag model list")
    show = command(actions, "show", _model_show, "show a model: figures, settings, history", "policytag model show")
    show.add_argument("id", nargs="?", metavar="ID", help="its id, or the beginning of it (default: the current one)")
    diff = command(
        actions, "diff", _model_diff, "show what differs between two models", "policytag model diff 43e1 9b07"
    )
    diff.add_argument("old", metavar="A")
    diff.add_argument("new", metavar="B")
    use = command(actions, "use", _model_use, "make a model the current one", "policytag model use 43e1")
    use.add_argument("id", metavar="ID", help="its id, or the beginning of it")
    prune = command(actions, "prune", _model_prune, "remove models that are not used", "policytag model prune --keep 1")
    prune.add_argument(
        "--keep", type=int, default=2, metavar="N", help="keep the N that were current last (default: 2)"
    )
    for action in (listing, show, diff, use, prune):
        action.add_argument("--models", type=Path, metavar="DIR", help="folder of models (default: the packaged one)")


def _verify(options: argparse.Namespace) -> int:
    from classifier.report import card
    from classifier.tagging import bundle

    place = bundle.locate(options.model)
    model = bundle.load(place)
    print(f"{place}: whole; model {model.id}, {len(model.labels)} labels, {len(model.vocabulary):,} terms")
    if doubt := card.doubt(place):
        print(f"  {doubt}")
    return 0


def _models(options: argparse.Namespace) -> Path:
    from classifier.taxonomy import data_file

    return options.models or data_file("models")


def _model_list(options: argparse.Namespace) -> int:
    from classifier.learning import model_tables, registry

    print(model_tables.listing(registry.entries(_models(options))))
    return 0


def _model_show(options: argparse.Namespace) -> int:
    from classifier.learning import explanation, model_tables, registry
    from classifier.report import card
    from classifier.tagging import bundle

    models = _models(options)
    place = models / registry.resolve(models, options.id)
    model = bundle.load(place)
    print(model_tables.full(model, registry.history(models)))
    print(f"\nmore labels: {explanation.advice(place, model.labels)}\ncard: {card.doubt(place) or place / card.FILE}")
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
