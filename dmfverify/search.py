"""The chooser: runs the methods that accept, cheapest first, and checks each claim as it comes.

The search runs in a process of its own, because compiled code cannot be interrupted otherwise.
It streams the claims that its own checker accepted; when the budget is spent or the user
interrupts, that process is ended and what has come so far is the answer.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from .certificate import Certificate, Claim, Nothing
from .check import Rejected, Session
from .lifting import Lifting, TooLarge
from .method import Budget, Method, closed
from .problem.forms import Statement

Event = tuple[str, Any]


@dataclass
class Found:
    """What a search leaves: accepted claims, a row for each method, and why it stopped."""

    claims: list[Claim] = field(default_factory=list)
    methods: list[dict[str, Any]] = field(default_factory=list)
    claim_methods: list[str] = field(default_factory=list)
    proved_by: dict[str, int] = field(default_factory=dict)
    """For each path of the result the claim that last improved it."""
    stopped: str = ""
    interrupted: bool = False


def registry() -> tuple[Method, ...]:
    """All methods that decide or bound, cheapest first."""
    from . import identify, stability

    return tuple(sorted((*identify.METHODS, *stability.METHODS), key=lambda method: method.cost))


def explore(statement: Statement, budget: Budget, progress: Callable[[str], None] = lambda text: None) -> Found:
    """Run the methods on a statement until the questions are closed or the budget is spent."""
    context = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    ours, theirs = context.Pipe(duplex=False)
    worker = context.Process(target=_work, args=(statement, budget, theirs), daemon=False)
    worker.start()
    theirs.close()
    found = Found()
    try:
        _listen(ours, worker, budget, found, progress)
    except KeyboardInterrupt:
        found.stopped, found.interrupted = "interrupted", True
    finally:
        _end(worker)
    return found


def _listen(ours: Connection, worker: Any, budget: Budget, found: Found, progress: Callable[[str], None]) -> None:
    running, since = "", time.monotonic()
    while True:
        left = budget.left
        if left <= 0 or not ours.poll(None if left == float("inf") else left):
            found.stopped = f"time budget of {budget.seconds:g} s spent"
            if running:
                outcome = f"nothing: stopped by the {found.stopped}"
                found.methods.append(
                    {"name": running, "seconds": round(time.monotonic() - since, 3), "outcome": outcome}
                )
            return
        try:
            kind, body = ours.recv()
        except EOFError:
            worker.join(5)
            found.stopped = (
                f"the search process ended early (status {worker.exitcode})" if running or worker.exitcode else ""
            )
            if running:
                found.methods.append(
                    {
                        "name": running,
                        "seconds": round(time.monotonic() - since, 3),
                        "outcome": f"nothing: {found.stopped}",
                    }
                )
            return
        if kind == "running":
            running, since = body, time.monotonic()
            progress(body)
        elif kind == "claim":
            claim, paths = body
            found.proved_by |= dict.fromkeys(paths, len(found.claims))
            found.claims.append(claim)
            found.claim_methods.append(running)
        elif kind == "method":
            found.methods.append(body)
            running = ""
        else:
            return


def _end(worker: Any) -> None:
    """End the worker and whatever it started."""
    if worker.is_alive():
        try:
            os.killpg(worker.pid, signal.SIGKILL)
        except (OSError, AttributeError):
            worker.kill()
    worker.join()


def _work(statement: Statement, budget: Budget, channel: Connection) -> None:
    """The search process: its own group, deaf to Ctrl-C, which the parent handles."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for event in events(statement, budget):
        channel.send(event)
    channel.send(("done", None))
    channel.close()


def events(statement: Statement, budget: Budget) -> Iterator[Event]:
    """Running methods, accepted claims and outcomes, in order: the chooser itself."""
    session, lifting = Session(statement.to_bytes()), Lifting(statement)
    proved = session.proved()
    for method in registry():
        if all(closed(path, proved) for path in method.closes):
            continue
        yield "running", method.name
        start = time.monotonic()
        outcome = _attempt(method, lifting, proved, budget)
        if isinstance(outcome, Nothing):
            text = f"nothing: {outcome.reason}"
        else:
            before, refusals = proved, []
            for claim in outcome:
                try:
                    session.accept(json.loads(json.dumps(claim.to_json())))
                except Rejected as refusal:
                    refusals.append(f"a claim was refused by the checker ({refusal})")
                    continue
                earlier, proved = proved, session.proved()
                yield "claim", (claim, [path for path in proved if proved[path] != earlier.get(path)])
            text = "; ".join([*_gains(before, proved), *refusals]) or "nothing: no more than was known"
        yield "method", {"name": method.name, "seconds": round(time.monotonic() - start, 3), "outcome": text}


def _attempt(method: Method, lifting: Lifting, proved: dict[str, Any], budget: Budget) -> list[Claim] | Nothing:
    try:
        refusal = method.accepts(lifting, proved)
        outcome = Nothing(refusal) if refusal else method.search(lifting, proved, budget)
    except (TooLarge, MemoryError, RecursionError) as error:
        return Nothing(str(error) or "too large for this machine")
    return outcome if isinstance(outcome, Nothing) else list(outcome)


def _gains(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What became known, in a few words."""
    short = {"verdict": "", "identifiability": "", "lifting": "", "dnsp": ""}
    gains = []
    for path in after:
        if after[path] != before.get(path) and path.rpartition(".")[2] not in ("rho", "columns", "p"):
            name = " ".join(part for part in path.split(".") if part not in short).strip() or path
            value = after[path]
            gains.append(
                f"{name} in [{_brief(value[0])}, {_brief(value[1])}]"
                if isinstance(value, list)
                else f"{name} = {value}"
            )
    return [f"proved {', '.join(gains)}"] if gains else []


def _brief(value: Any) -> str:
    from .exact import parse

    text = str(value)
    return text if len(text) <= 12 else f"{float(parse(text)):.6g}"


def certificate(statement: Statement, found: Found) -> Certificate:
    """The certificate with the claims found, and the p of the recovery bound."""
    return Certificate(statement.sha256, (*found.claims, Claim("recovery-bound", {"p": 2})))
