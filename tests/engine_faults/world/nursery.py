"""A warm parent of workers: it has everything imported and no connection open, so that a worker is a fork and
costs milliseconds. Reads one job a line, answers with a pid:

    {"do": "work", "lane": "background", "database": "postgresql://…", "redis": "redis://…"}
    {"do": "advance", "lane": "background", "run": "…"}

A worker is a bare `advance` loop: what Celery's would do, asked by the clock instead of by hints. Ends, with
all its children, when its standard input does.
"""

import ctypes
import json
import os
import signal
import sys
from typing import Any, NoReturn

import django

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def main() -> None:
    django.setup()
    from tests.engine_faults.world import apps, jobs

    apps.add()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    parent = os.getpid()
    print("ready", flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            _be_a_worker(jobs, job, parent)
        print(child, flush=True)


def _be_a_worker(jobs: Any, job: dict[str, Any], parent: int) -> NoReturn:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        if os.getppid() == parent:
            jobs.do(job)
    finally:
        sys.stderr.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
