"""Many cases: local processes, an append-only store, one table at the end.

| what | where |
|---|---|
| `Store` | JSON lines, each with its own checksum: nothing lost that was acknowledged, nothing computed twice |
| `sweep` | runs what the store does not hold yet, in local processes or on a Dask cluster |
| `write_tables` | table.csv and table.html from the store, the same however often the sweep was resumed |
"""

from .run import Task, sweep, tasks_of
from .store import Store
from .table import write_tables

__all__ = ["Store", "Task", "sweep", "tasks_of", "write_tables"]
