"""The command line: the only place that prints or exits."""

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from classifier.cli import labels, models, results, studio, tagging
from classifier.cli.console import say
from classifier.errors import PolicytagError

_RECORDS = 50_000  # objects between two searches for cycles: records come and go by the thousand and hold none


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit: 0 done, 1 some inputs skipped, 2 usage, 3 could not run, 130 interrupted."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads cost more to start than they save
    gc.set_threshold(_RECORDS)
    try:
        code = _run_command(arguments)
        if sys.stdout:
            sys.stdout.flush()
    except PolicytagError as error:
        say(f"policytag: {error}")
        code = error.exit_code
    except BrokenPipeError:  # the reader of our output had enough
        code = 0
        _silence()
    except OSError as error:
        say(f"policytag: cannot go on: {error.strerror or error}\n  free space, or name another output with -o")
        code = 3
        _silence()
    except KeyboardInterrupt as error:
        say("\n  ".join(["policytag: interrupted", *getattr(error, "__notes__", ())]))
        code = 130
    sys.exit(code)


def _run_command(arguments: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that has no Chinese is no reason to fail
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:2] == ["labels", "migrate"]:  # `labels` takes a label where others have actions
        given[:2] = ["labels migrate"]
    options, unknown = _parser().parse_known_args(given)
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

    for group in (tagging, labels, results, models, studio):
        group.add(commands)
    return parser
