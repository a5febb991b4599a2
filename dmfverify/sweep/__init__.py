"""Many cases: local processes, an append-only store, one table at the end.

| what | where |
|---|---|
| `Store` | JSON lines, each with its own checksum: nothing lost that was acknowledged, nothing computed twice |
| `sweep` | runs what the store does not hold yet, in local processes or on a Dask cluster |
| `pair_tasks` | the pairs of supports of one family as tasks; `family_of` what they say together |
| `write_tables` | table.csv and table.html from the store, the same however often the sweep was resumed |
"""

from .pairs import PairTask, family_bytes, family_lines, family_of, pair_tasks
from .run import CaseTask, Stopped, Task, sweep, tasks_of
from .store import Store
from .table import write_tables

__all__ = [
    "CaseTask",
    "PairTask",
    "Stopped",
    "Store",
    "Task",
    "family_bytes",
    "family_lines",
    "family_of",
    "pair_tasks",
    "sweep",
    "tasks_of",
    "write_tables",
]
