"""How a script that trains speaks on standard error, and how it ends."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import NoReturn

from classifier.errors import PolicytagError

_BEGUN = time.monotonic()


def say(*lines: str) -> None:
    """Tell of progress."""
    print(*(f"[{time.monotonic() - _BEGUN:5.1f} s] {line}" for line in lines), sep="\n", file=sys.stderr, flush=True)


def run(name: str, work: Callable[[], int]) -> int:
    """Do the work and give the exit code: its own, that of what it raised, or 130 when it is interrupted."""

    def stop(*_: object) -> NoReturn:
        # at once, as a sudden death would: libraries swallow KeyboardInterrupt now and then, and the work went on
        for worker in multiprocessing.active_children():
            worker.terminate()
        os.write(2, f"{name}: interrupted; every model is whole, run it again to go on\n".encode())
        os._exit(130)

    signal.signal(signal.SIGINT, stop)
    try:
        return work()
    except PolicytagError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:  # a full disk under a library's feet
        print(f"{name}: {error}\n  every model is whole; mend that and run it again", file=sys.stderr)
        return 3
