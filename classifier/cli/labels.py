"""policytag labels, labels migrate: the codebook read, and its labels renamed, merged and split."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.cli.console import Commands, command, say
from classifier.cli.server import add_address, connected
from classifier.errors import UsageError

if TYPE_CHECKING:
    from classifier.learning.migration import Plan
    from classifier.learning.relabelling import Change
    from classifier.studio.migration import Held


def add(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    labels = command(commands, "labels", _labels, "read the codebook", "policytag labels subsidies")
    labels.add_argument("label", nargs="?", metavar="LABEL", help="one label's id or name, in full")
    labels.add_argument("--taxonomy", type=Path, metavar="FILE", help="another taxonomy")

    migrate = command(
        commands, "labels migrate", _migrate, "rename, merge and split labels; shows what it would do",
        "policytag labels migrate --rename talent=people --apply",
    )  # fmt: skip
    for option, form, what in (
        ("--rename", "OLD=NEW", "give a label another id"),
        ("--merge", "OLD,OLD=LABEL", "let a label take others in"),
        ("--split", "OLD=NEW:NAME,NEW:NAME", "make several labels of one; what was judged so goes to review"),
    ):
        migrate.add_argument(option, action="append", default=[], metavar=form, help=what)
    migrate.add_argument(
        "--labels", type=Path, default=Path("labels"), metavar="DIR", help="folder with corpus/ (default: labels)"
    )
    migrate.add_argument("--taxonomy", type=Path, metavar="FILE", help="default: taxonomy.toml in the labels folder")
    add_address(migrate)
    migrate.add_argument(
        "--project", type=int, action="append", default=[], metavar="N",
        help="a Label Studio project that has these labels too; may be given again",
    )  # fmt: skip
    migrate.add_argument("--apply", action="store_true", help="do it; without, nothing is written")


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


def _migrate(options: argparse.Namespace) -> int:
    from classifier import taxonomy as taxonomies
    from classifier.learning import migration, relabelling
    from classifier.studio import interface
    from classifier.studio import migration as on_server

    if not (options.rename or options.merge or options.split):
        raise UsageError("nothing to migrate", "say what with --rename, --merge or --split")
    path = options.taxonomy or options.labels / "taxonomy.toml"
    before = taxonomies.load(path)
    change = relabelling.change(before, options.rename, options.merge, options.split)
    planned = migration.plan(options.labels, path, change)
    page = options.labels / "interface.xml"
    if page.exists():
        planned.files = {page: interface.page(planned.taxonomy), **planned.files}
    held: dict[int, Held] = {}
    if options.project:
        with connected(options) as studio:
            held = {number: on_server.held(studio, number, change) for number in options.project}
            for number in options.project if options.apply else ():
                on_server.migrate(studio, number, before, planned.taxonomy, change, say)
    if options.apply:
        migration.carry_out(planned)
    _show(planned, change, held, options)
    return 0


def _show(planned: "Plan", change: "Change", held: "dict[int, Held]", options: argparse.Namespace) -> None:
    """Say what was done, or would be, and what is left to do."""
    for old, new in change.becomes.items():
        print(f"{old} → {new}: {planned.judgements[old]} judgements")
    for old, parts in change.split.items():
        print(
            f"{old} → {' | '.join(part.id for part in parts)}: {planned.paragraphs[old]} paragraphs leave the corpus "
            f"for {options.labels / 'review' / f'{old}.jsonl'} until someone judges them anew"
        )
    for number, found in held.items():
        print(f"project {number}: {found}")
    for path in planned.files:
        print(f"{'written' if options.apply else 'to write'}: {path}")
    for line in planned.by_hand:
        print(f"by hand: {line}")
    known = {options.labels / "corpus" / f"studio-{number}.jsonl" for number in options.project}
    for path in set(planned.files) - known:
        if path.match("corpus/studio-*.jsonl"):
            source = path.stem.removeprefix("studio-")
            say(f"{path} comes from a project: add --project {source}, or its next pull holds these labels back")
    if not options.apply:
        say("nothing was written; --apply does it")
