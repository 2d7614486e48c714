"""A function over many tasks on several processes: results in the order of the tasks, few of either in memory.

The processes are joblib's (loky). Its `Parallel` is not used: behind one slow task it lets results pile up without end.
"""

import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from queue import Empty
from typing import TypeVar

from classifier.errors import PolicytagError

Task = TypeVar("Task")
Result = TypeVar("Result")

_AHEAD = 3  # tasks to a worker that are given out before the first result is awaited
_IDLE = 5  # seconds after which a worker without a task leaves: also where the run was killed


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
        jobs, timeout=_IDLE, initializer=_leave_interrupts_to_the_parent, env=dict.fromkeys(_THREADS, "1")
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


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
