"""Running a sweep: what the store does not hold yet, in local processes or on a cluster.

Each case is certified in a worker, which writes its four files beside and renames them; then the
row is appended to the store; only then is the case acknowledged.  Whatever kills the sweep in
between costs the cases that were running, and no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import BadInput, DmfverifyError, quoted
from .store import Store

if TYPE_CHECKING:
    from ..problem import Case
    from ..result import Result

Row = dict[str, Any]


class Task(Protocol):
    """One line of a sweep: a name in the table, what is asked, and the settings of the run."""

    @property
    def name(self) -> str:
        """The name of its row and of its folder."""

    @property
    def time_budget(self) -> float | None:
        """Seconds, or no limit."""

    @property
    def seed(self) -> int:
        """Fixes every random choice."""

    @property
    def key(self) -> str:
        """What makes two runs the same."""

    def load(self) -> Case:
        """What is asked; BadInput when it cannot be read."""


class Stopped(KeyboardInterrupt):
    """Ctrl-C in the middle of a sweep: `rows` has those of the tasks that are done."""

    def __init__(self, rows: list[Row]) -> None:
        super().__init__("interrupted")
        self.rows = rows


@dataclass(frozen=True)
class CaseTask:
    """One case of a sweep: its name in the table, its file, and the settings of the run."""

    name: str
    path: str
    time_budget: float | None = None
    seed: int = 0

    @property
    def key(self) -> str:
        """What makes two runs the same: name, the file's bytes and the settings."""
        try:
            content = hashlib.sha256(Path(self.path).read_bytes()).hexdigest()
        except OSError as error:
            raise BadInput(f"cannot read it ({error.strerror})", where=quoted(self.path, 200)) from None
        return key_of(self, content)

    def load(self) -> Case:
        """The case in the file."""
        from ..problem import load

        return load(self.path)


def key_of(task: Task, content: str) -> str:
    """The key of a task that asks what `content` is the digest of."""
    settings = json.dumps([task.name, content, task.time_budget, task.seed])
    return hashlib.sha256(settings.encode()).hexdigest()[:32]


def tasks_of(cases: Sequence[str], time_budget: float | None = None, seed: int = 0) -> list[CaseTask]:
    """The tasks that CASE arguments name: files, folders of case files, or shipped cases.

    Raises
    ------
    BadInput
        When nothing is there, or when two cases would share a name.
    """
    tasks = [CaseTask(name, str(path), time_budget, seed) for case in cases for name, path in _named(case)]
    names = [task.name for task in tasks]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"two cases are called {quoted(name)}", where="sweep", hint="rename one of the files")
    if not tasks:
        raise BadInput("no case was given", where="sweep", hint="name case files, folders or shipped cases")
    return tasks


def _named(case: str) -> Iterator[tuple[str, Path]]:
    from ..library import find, shipped

    path = Path(case)
    files = sorted(path.glob("*.toml")) if path.is_dir() else []
    if files:
        yield from ((file.stem, file) for file in files)
    elif path.is_dir() and case in shipped():  # holds what an earlier run wrote
        yield case, find(case)
    elif path.exists() or path.suffix:
        yield path.stem, path
    else:
        yield case, find(case)


def sweep(
    tasks: Iterable[Task],
    folder: Path,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    acknowledged: Callable[[str, Row], None] = lambda name, row: None,
) -> list[Row]:
    """Certify every task that the store in `folder` does not hold; the rows of all, in order.

    Parameters
    ----------
    jobs
        Local worker processes.
    scheduler
        Address of a Dask scheduler, whose workers are used instead.  Trusted code: see `cluster`.
    acknowledged
        Called with name and row once a row is on disk.

    Raises
    ------
    BadInput
        When the folder or the store cannot be used, no scheduler answers, or workers are lost.
    Stopped
        After Ctrl-C, with the rows of what is done.
    """
    tasks = list(tasks)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot write there ({error.strerror})", where=quoted(str(folder), 200)) from None
    with Store(folder / "store.jsonl") as store:
        keys = {task.key: task for task in tasks}
        missing = {key: task for key, task in keys.items() if key not in store.rows}
        try:
            if missing:
                _run(missing, folder, store, _pool(jobs, scheduler), acknowledged)
        except KeyboardInterrupt:
            raise Stopped([store.rows[key] for key in keys if key in store.rows]) from None
        return [store.rows[key] for key in keys]


class Pool(Protocol):
    """Where cases run."""

    def submit(self, task: Task, folder: str) -> Future[Any]:
        """Start a case whose files belong into `folder`."""

    def row(self, future: Future[Any], task: Task, folder: str) -> Row:
        """The row of a case that is done, its files on disk; BadInput when its worker was lost."""

    def close(self) -> None:
        """Give up what still runs."""


def _pool(jobs: int, scheduler: str | None) -> Pool:
    if scheduler is None:
        return Processes(jobs)
    from .cluster import Dask

    return Dask(scheduler)


class Processes:
    """Local worker processes."""

    def __init__(self, jobs: int) -> None:
        self.executor = ProcessPoolExecutor(max_workers=jobs)

    def submit(self, task: Task, folder: str) -> Future[Any]:
        """Start a case; the worker writes its files."""
        return self.executor.submit(certify_task, task, folder)

    def row(self, future: Future[Any], task: Task, folder: str) -> Row:
        """The row of a case that is done."""
        try:
            row: Row = future.result()
            return row
        except BrokenProcessPool:
            raise BadInput(
                "a worker process was killed",
                where=task.name,
                hint="run the same command again: finished cases are kept",
            ) from None

    def close(self) -> None:
        """Give up what still runs."""
        self.executor.shutdown(wait=False, cancel_futures=True)


def _run(
    missing: dict[str, Task],
    folder: Path,
    store: Store,
    pool: Pool,
    acknowledged: Callable[[str, Row], None],
) -> None:
    try:
        running = {pool.submit(task, str(folder / task.name)): key for key, task in missing.items()}
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                key = running.pop(future)
                task = missing[key]
                row = pool.row(future, task, str(folder / task.name))
                store.append(key, row)
                acknowledged(task.name, row)
    finally:
        pool.close()


def certify_task(task: Task, folder: str) -> Row:
    """Certify one case into its folder; the row of the table.  A case that is bad input gets a row that says so."""
    from ..pipeline import certify

    try:
        result = certify(task.load(), time_budget=task.time_budget, seed=task.seed)
    except DmfverifyError as error:
        return {"case": task.name, "status": str(error)}
    if result.interrupted:
        raise KeyboardInterrupt  # what it knew by then is no row
    return finished(result, task, folder)


def finished(result: Result, task: Task, folder: str) -> Row:
    """The row of a result whose files are on disk."""
    result.save(folder)
    return {"case": task.name, "status": "done", **row_of(result.json)}


def row_of(result: dict[str, Any]) -> Row:
    """What the table says of a result: verdicts and brackets, as they stand in result.json."""
    at = result["identifiability"]
    sparse = result["sparse_dnsp"] or {}
    return {
        "title": result["case"]["title"],
        "K": result["case"]["K"],
        "columns": str(result["lifting"]["columns"]),
        "rank": str(result["lifting"]["rank"]),
        "uniform": at["uniform"]["verdict"],
        "over_C": at["uniform"]["over_C"],
        "generic": at["generic"]["verdict"],
        "local": at["local"]["verdict"],
        "gamma": result["dnsp"]["gamma"],
        "kappa": result["dnsp"]["kappa"],
        "sigma_min": result["lifting"]["sigma_min"],
        "sparse_gamma": sparse.get("gamma"),
        "lower_rip": sparse.get("lower_rip"),
        "gamma_union": sparse.get("gamma_union"),
        "lower_rip_union": sparse.get("lower_rip_union"),
        "deficient_pairs": sparse.get("deficient_pairs"),
        "method": at["uniform"]["method"],
        "statement_sha256": result["statement_sha256"],
    }
