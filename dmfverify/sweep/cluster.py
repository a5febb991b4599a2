"""The cases of a sweep on a Dask cluster: cases go there, results come back, files are written here.

Whoever can reach a scheduler can run code on its workers and on its clients: an address is trusted code.

A worker runs each case in a fresh Python: searches start processes of their own, which a thread of a Dask worker must
not. Nothing needs a file system that the machines share.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any

from ..errors import BadInput, DmfverifyError, quoted
from ..problem import Case
from .run import Row, Task, finished

if TYPE_CHECKING:
    from ..result import Result

PATIENCE = 10.0
"""Seconds within which a scheduler has to answer."""
LOST = 5
"""Workers that may be lost while a case runs, before the case is given up."""


class Dask:
    """A pool of workers behind a scheduler's address."""

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError:
            raise BadInput("Dask is not installed", where="--scheduler", hint="pip install 'dmfverify[dask]'") from None
        try:
            self.client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TypeError, ImportError) as error:
            kind = type(error).__name__
            raise BadInput(f"no scheduler answers at {quoted(address, 200)} ({kind})", where="--scheduler") from None
        self.executor = self.client.get_executor(pure=False, retries=LOST)

    def submit(self, task: Task, folder: str) -> Future[Any]:
        """Send a case; one that is bad input is answered at once."""
        try:
            case = task.load()
        except DmfverifyError as error:
            answered: Future[Any] = Future()
            answered.set_result(str(error))
            return answered
        found: Future[Any] = self.executor.submit(certified, case, task.time_budget, task.seed, _version())
        return found

    def row(self, future: Future[Any], task: Task, folder: str) -> Row:
        """Write the files of a case that is done, here."""
        from distributed import KilledWorker

        try:
            answer = future.result()
        except (KilledWorker, CancelledError, OSError) as error:
            raise BadInput(
                f"the cluster lost it ({type(error).__name__})",
                where=task.name,
                hint="run the same command again: finished cases are kept",
            ) from None
        found = answer if isinstance(answer, str) else pickle.loads(answer)
        if isinstance(found, str):
            return {"case": task.name, "status": found}
        return finished(found, task, folder)

    def close(self) -> None:
        """Give up what still runs."""
        self.executor.shutdown(wait=False)
        self.client.close(timeout=PATIENCE)


def certified(case: Case, time_budget: float | None, seed: int, version: str) -> bytes | str:
    """On a worker: the pickled result of a case, or in words why there is none."""
    if version != _version():
        return f"the worker has dmfverify {_version()}, the sweep {version}"
    asked = pickle.dumps((case, time_budget, seed))
    done = subprocess.run([sys.executable, "-m", __name__], input=asked, stdout=subprocess.PIPE, check=True)
    return done.stdout


def _version() -> str:
    from .. import __version__

    return __version__


def answer() -> None:
    """In the fresh Python: a case from standard input, its result to standard output; ends with its worker."""
    import os
    import threading

    from ..fork_server import follow
    from ..pipeline import certify

    threading.Thread(target=follow, args=(os.getppid(),), daemon=True).start()
    case, time_budget, seed = pickle.load(sys.stdin.buffer)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints
    found: Result | str
    try:
        found = certify(case, time_budget=time_budget, seed=seed)
    except DmfverifyError as error:
        found = str(error)
    with out:
        pickle.dump(found, out)


if __name__ == "__main__":
    answer()
