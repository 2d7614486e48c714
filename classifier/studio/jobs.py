"""Training beside a running service: one job at a time, in processes of its own, never inside a request."""

import logging
import subprocess
from collections.abc import Sequence
from itertools import count
from threading import Condition, Thread

_log = logging.getLogger("policytag")


class Jobs:
    """A queue of one place. Who asks while a job waits gets that job: it will see the same labels."""

    def __init__(self, commands: Sequence[Sequence[str]]) -> None:
        """`commands` are what a job runs, one after another, as long as each ends with 0."""
        self._commands = commands
        self._changed = Condition()
        self._numbers = count(1)
        self._waiting = ""
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False
        self._thread = Thread(target=self._work, name="training", daemon=True)
        self._thread.start()

    def ask(self) -> str:
        """Queue a job and give its name; without commands there is none, and no name."""
        if not self._commands:
            return ""
        with self._changed:
            if not self._waiting:
                self._waiting = f"training-{next(self._numbers)}"
                self._changed.notify()
            return self._waiting

    def stop(self) -> None:
        """End the running job and take no more."""
        with self._changed:
            self._stopped = True
            if self._process:
                self._process.terminate()
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopped)
                if self._stopped:
                    return
                job, self._waiting = self._waiting, ""
            _log.info("training begins", extra={"job": job})
            code, last = 0, ""
            for command in self._commands:
                code, last = self._run(command)
                if code:
                    break
            _log.info("training ends", extra={"job": job, "exit": code, "said": last})

    def _run(self, command: Sequence[str]) -> tuple[int, str]:
        """Run one command; give its exit code and the last line that it said."""
        with self._changed:
            if self._stopped:
                return -1, "stopped"
            try:
                self._process = subprocess.Popen(  # noqa: S603  # the operator's own command, not a request's
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                    encoding="utf-8", errors="replace",
                )  # fmt: skip
            except OSError as error:
                return 3, f"{command[0]} cannot be started: {error.strerror}"
        output, _ = self._process.communicate()
        with self._changed:
            code, self._process = self._process.returncode, None
        return code, (output.strip().splitlines() or [""])[-1]
