"""What the commands share: how one is added, and how it speaks on standard error."""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.records import Skipped

Commands = argparse._SubParsersAction  # argparse has no public name for it
INPUT = "file, folder, glob, or - for text on standard input"


def command(
    commands: "Commands[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    help_: str,
    example: str,
) -> argparse.ArgumentParser:
    """Add a command whose help ends in an example."""
    parser = commands.add_parser(
        name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.", epilog=f"example: {example}"
    )
    parser.set_defaults(run=run, parser=parser)
    return parser


def name_skipped(skipped: "Skipped") -> None:
    """Name an input that could not be read, with its reason."""
    say(f"skipped {skipped.name}: {skipped.reason}")


def say(line: str) -> None:
    """Write a line for the user, beside the results."""
    print(line, file=sys.stderr, flush=True)
