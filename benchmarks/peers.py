"""What the pages that put dmfverify beside peers share: a peer's process with its limits, how it ended, the lists."""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

MEMORY = 8 * 2**30


def asked(python: str, script: str, tool: str, problem: dict[str, Any], cpu_seconds: int) -> list[dict[str, Any]]:
    """The rows of a peer: one a line that it wrote after its versions, or one that says why there is none.

    `script` is a file of this folder.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("problem.json", "out", "err")]
        files[0].write_text(json.dumps(problem))
        with files[1].open("w") as out, files[2].open("w") as err:
            command = [python, str(Path(__file__).with_name(script)), tool, str(files[0])]
            start = partial(_limits, cpu_seconds)
            process = subprocess.Popen(command, env=environment, cwd=folder, stdout=out, stderr=err, preexec_fn=start)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        lines = [json.loads(line) for line in files[1].read_text().splitlines()]
        outcome = ending(process.returncode, files[2].read_text())
    versions = {"versions": lines[0]["versions"] if lines else ""}
    spent = {"seconds": round(usage.ru_utime + usage.ru_stime, 2), "MB": round(usage.ru_maxrss / 1024)}
    rows = [{**line, **versions} for line in lines[1:]]
    return [*rows, {**versions, **spent, "outcome": outcome}] if outcome or not rows else rows


def _limits(cpu_seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def ending(code: int, errors: str) -> str:
    """Why a peer stopped: nothing if it finished, *time*, *memory*, or the last line of what it said.

    >>> ending(0, ""), ending(-24, ""), ending(1, "Traceback\\nMemoryError"), ending(1, "...\\nValueError: no")
    ('', 'time', 'memory', 'ValueError: no')
    """
    if code in (-24, -9):
        return "time"
    if code and re.search("MemoryError|memory allocation|bad_alloc", errors):
        return "memory"
    return (errors.strip().splitlines() or [f"exit {code}"])[-1][:80] if code else ""


def listed(title: str, items: Sequence[str]) -> str:
    """A title and a list in Markdown; *nowhere* for an empty one."""
    return "\n".join([f"{title}:", "", *(f"- {item}" for item in items or ["nowhere"])])


def machines(rows: Sequence[dict[str, str]], name: Callable[[str], str] = str) -> str:
    """Machines, load averages, and the versions of each program, called by `name` of its tool: lines of a page."""
    loads = [float(row["load"]) for row in rows]
    said: dict[str, dict[str, None]] = {}
    for row in rows:
        said.setdefault(name(row["tool"]), {})[row["versions"].replace("dmfverify at ", "")] = None
    return "\n".join([
        f"- {', '.join(sorted({row['machine'] for row in rows}))}; load averages {min(loads)} to {max(loads)}",
        *(f"- {tool}: {'; '.join(versions)}" for tool, versions in said.items()),
    ])  # fmt: skip


def asked_for(about: str | None, tools: Sequence[str], parts: Sequence[str]) -> argparse.Namespace:
    """The options of a program that measures: whether to, with which tools, which parts."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--run", action="store_true")
    parser.add_argument("--tools", nargs="*", default=list(tools), choices=tools)
    parser.add_argument("--parts", nargs="*", default=list(parts), choices=parts)
    return parser.parse_args()
