"""A function over many tasks on several processes: results in the order of the tasks, few of either in memory.

The processes are joblib's (loky). Its `Parallel` is not used: behind one slow task it lets results pile up without end.
"""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from queue import Empty
from typing import TypeVar

from classifier.errors import PolicytagError

Task = TypeVar("Task")
Result = TypeVar("Result")

_AHEAD = 3  # tasks to a worker that are given out before the first result is awaited
_LOOK = 0.5  # seconds between a worker's looks for the run that it works for


def ordered(work: Callable[[Task], Result], tasks: Iterable[Task], jobs: int) -> Generator[Result, None, None]:
    """Give `work(task)` for each task. One job runs here, more run in processes of their own.

    What `work` raises is raised here. Raises `PolicytagError` when a process is lost.
    """
    if jobs == 1:
        yield from map(work, tasks)
        return
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.process_executor import BrokenProcessPool

    pool = ProcessPoolExecutor(
        jobs, initializer=_stay_with_the_run, initargs=(os.getpid(),), env=dict.fromkeys(_THREADS, "1")
    )
    try:
        waiting: deque[Callable[[], Result]] = deque()
        for task in tasks:
            waiting.append(pool.submit(work, task).result)
            if len(waiting) >= _AHEAD * jobs:
                yield waiting.popleft()()
        while waiting:
            yield waiting.popleft()()
    except BrokenProcessPool as error:
        raise PolicytagError(
            "a worker process was killed, perhaps for want of memory", "run it again with --resume and fewer --jobs"
        ) from error
    finally:
        with suppress(Empty):  # loky, told to stop, looks for tasks it has already given up: leave it none
            while True:
                pool._work_ids.get_nowait()
        pool.shutdown(kill_workers=True)


_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # the processes are the parallelism


def _stay_with_the_run(run: int) -> None:
    """Leave interrupts to the run, and go where it is gone: one that is killed tells nobody, and reads no result."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def look() -> None:
        while os.getppid() == run:
            time.sleep(_LOOK)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, daemon=True).start()
