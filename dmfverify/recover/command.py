"""What ``dmfverify recover`` does: files, lines for the terminal, exit status.

The certified constants come from the caller, who knows how to certify.
"""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadInput, quoted
from ..problem import Case
from .data import read_data, recover, report
from .trials import NOISE, Bound, Trials, files, run

CERTIFY_SECONDS = 60.0
Told = Callable[[str], object]
Certified = Callable[[Case, float, int, Told], Any]
"""(case, seconds, seed, progress) -> Result"""


@dataclass(frozen=True)
class Done:
    """What a command leaves.

    Attributes
    ----------
    files
        recovery.json and recovery.csv.
    lines
        For the terminal.
    status
        130 after an interruption, 1 when a bound was violated, otherwise 0.
    """

    files: dict[str, bytes]
    lines: list[str]
    status: int

    @property
    def told(self) -> tuple[dict[str, Any], list[dict[str, str]]]:
        """The object of recovery.json and the rows of recovery.csv."""
        rows = csv.DictReader(io.StringIO(self.files["recovery.csv"].decode()))
        return json.loads(self.files["recovery.json"]), list(rows)


def levels(text: str | None) -> list[float]:
    """Relative noise norms from ``0,1e-3,...``; nothing when not given.

    >>> levels("0,1e-3")
    [0.0, 0.001]
    >>> levels("0,-1")
    Traceback (most recent call last):
    dmfverify.errors.BadInput: --noise: got '-1', expected numbers >= 0 with commas between them
    """
    found = []
    for part in text.split(",") if text is not None else []:
        try:
            value = float(part)
        except ValueError:
            value = math.nan
        if not 0 <= value < math.inf:
            raise BadInput(f"got {quoted(part)}, expected numbers >= 0 with commas between them", where="--noise")
        found.append(value)
    return found


def planted(
    case: Case, certified: Certified, trials: int, noise: str | None, seed: int, seconds: float | None, told: Told
) -> Done:
    """Trials against the certified bound; half the time at most goes into certifying."""
    chosen = levels(noise) or NOISE
    begun = time.monotonic()
    result = certified(case, _share(seconds), seed, told)
    left = None if seconds is None else max(0.0, seconds - (time.monotonic() - begun))
    done = run(case, Bound.read(result.json), trials=trials, noise=chosen, seed=seed, time_budget=left, progress=told)
    if result.interrupted:
        done.ended = "interrupted"
    body = {**done.to_json(), "uniform": result.uniform.verdict, "statement_sha256": case.statement.sha256}
    status = 130 if done.ended == "interrupted" else int(done.violations > 0)
    return Done(files(body, done.to_csv()), told_of(done, trials), status)


def recovered(
    case: Case, certified: Certified, data: Path, noise: str | None, seed: int, seconds: float | None, told: Told
) -> Done:
    """Parameters from the user's matrix, with the certified error for it."""
    chosen = levels(noise)
    X = read_data(data, case)
    begun = time.monotonic()
    result = certified(case, _share(seconds), seed, told)
    left = None if seconds is None else max(0.0, seconds - (time.monotonic() - begun))
    found = recover(
        case, X, result=result, seed=seed, time_budget=left,
        callback=lambda row: told(f"start {row['start']}, residual {row['residual']:.3g}") and False,
    )  # fmt: skip
    body, rows = report(found, X, chosen, case.title, seed)
    body |= {"uniform": result.uniform.verdict, "statement_sha256": case.statement.sha256}
    lines = [f"residual {found.residual:.6g}, relative {found.relative_residual:.3g}, {found.starts} starts"]
    lines += [_certified_line(row, body["p"], case) for row in body["data"]["certified"]]
    return Done(files(body, rows), lines, 130 if result.interrupted else 0)


def _share(seconds: float | None) -> float:
    return CERTIFY_SECONDS if seconds is None else seconds / 2


def _certified_line(row: dict[str, Any], p: float, case: Case) -> str:
    noise = f"noise at most {row['delta']:.3g} ({row['noise']:.3g} relative)"
    if row["error_bound"] is None:
        return f"{noise}: no certified bound"
    distance = {
        "scale": f"d_{p:g}",
        "path-scale": f"Delta_{p:g} (kernels of the truth no smaller than these)",
        "neuron-scale": "path products",
    }[str(case.equivalence)]
    return f"{noise}: the truth is within {row['error_bound']:.4g}, {distance}"


def told_of(done: Trials, asked: int) -> list[str]:
    """A few lines about finished trials."""
    count = f"{len(done.rows)} trials" + (f" of {asked}: {done.ended}" if len(done.rows) < asked else "")
    rate = "none without noise" if done.success_rate is None else f"{done.success_rate:.0%}"
    lines = [count, f"violations of the certified bound: {done.violations}", f"recovered to 1e-8 without noise: {rate}"]
    for name, column in (("distance / bound", "tightness"), ("path products / bound", "lifted_tightness")):
        found = done.tightness(column)
        lines.append(f"{name}: {_quantiles(found)}")
    return lines


def _quantiles(found: dict[str, float] | Sequence[float] | None) -> str:
    if not isinstance(found, dict):
        return "no certified bound"
    return f"median {found['median']:.3f}, largest {found['max']:.3f}"
