"""The chooser: runs the methods that accept, cheapest first, and checks each claim as it comes.

The search runs in a process of its own, because compiled code cannot be interrupted otherwise (`fork_server`).
Its claims are checked on this side as they come; when the budget is spent or the user interrupts,
that process is ended and what has been accepted so far is the answer.
"""

from __future__ import annotations

import json
import logging
import time
from bisect import insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from .certificate import Claim, Nothing
from .check import Rejected, Session
from .errors import one_line
from .exact import parse
from .fork_server import Child
from .lifting import Lifting, TooLarge
from .method import Budget, Method, closed
from .problem.forms import Statement

LOG = logging.getLogger("dmfverify.search")
"""Each method that starts (debug) and what came of it (info)."""


Only = Mapping[str, tuple[str, ...]]
"""Names of methods, with the paths of result.json for which each is to run."""


@dataclass
class Found:
    """What a search leaves: accepted claims, a row for each method, and why it stopped."""

    claims: list[Claim] = field(default_factory=list)
    methods: list[dict[str, Any]] = field(default_factory=list)
    claim_methods: list[str] = field(default_factory=list)
    proved_by: dict[str, int] = field(default_factory=dict)
    """For each path of the result the claim that last improved it."""
    estimates: dict[str, Any] = field(default_factory=dict)
    """What is only estimated: in floating point, for the pictures, or modulo a prime."""
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    """Of the search process, as it last told; without what the checker uses, which runs here."""
    stopped: str = ""
    interrupted: bool = False


def registry(statement: Statement, at: bool = False) -> tuple[Method, ...]:
    """The methods that decide or bound such statements, cheapest first; `at`: those for given parameters among them.

    Free and known taps in one layer are left to methods of their own: the others take products as multilinear.
    """
    from . import identify, stability
    from .identify import skips

    given = identify.POINT_METHODS if at else ()
    own = skips.is_skipped(statement)
    methods = [m for m in (*identify.METHODS, *stability.METHODS, *given) if (m in skips.METHODS) == own]
    return tuple(sorted(methods, key=lambda method: method.cost))


def explore(
    statement: Statement,
    session: Session,
    budget: Budget,
    progress: Callable[[str], None] = lambda text: None,
    point: list[list[Fraction]] | None = None,
    found: Found | None = None,
    only: Only | None = None,
) -> Found:
    """Run the methods on a statement until the questions are closed or the budget is spent.

    `session` is the checker's: it accepts or refuses each claim here, as it stands in the certificate.  `point` holds
    given parameters to ask about, `found` what has been accepted before, `only` the methods that may run.
    """
    found = found or Found()
    try:
        with Child(_work, statement, point, session.proved(), budget, only) as worker:
            _Run(worker.channel, session, found, progress).listen(budget)
    except KeyboardInterrupt:
        found.stopped, found.interrupted = "interrupted by the user", True
    return found


@dataclass
class _Run:
    """This side of the pipe: checks what comes, answers with what is proved, keeps the account."""

    channel: Connection
    session: Session
    found: Found
    progress: Callable[[str], None]
    running: str = ""
    since: float = 0.0
    told: list[str] = field(default_factory=list)

    def listen(self, budget: Budget) -> None:
        """Until the search is done, the budget spent, or the user interrupts: that is told on, after the last row."""
        try:
            self.rows(budget)
        except KeyboardInterrupt:
            self.close("interrupted by the user")
            raise

    def rows(self, budget: Budget) -> None:
        while True:
            left = budget.left
            if left <= 0 or not self.channel.poll(None if left == float("inf") else left):
                return self.close(f"time budget of {budget.seconds:g} s spent")
            try:
                kind, body, (self.found.cpu_seconds, self.found.peak_mb) = self.channel.recv()
                if kind == "done":
                    return None
                self.handle(kind, body)
            except (EOFError, ConnectionError):
                return self.close("the search process ended early, perhaps for want of memory")

    def handle(self, kind: str, body: Any) -> None:
        if kind == "running":
            self.running, self.since, self.told = body, time.monotonic(), []
            LOG.debug("%s runs", body)
            self.progress(body)
        elif kind == "estimates":
            self.found.estimates |= body
        elif kind == "part":
            self.told.append(self.judged(body))
            self.channel.send(self.session.proved())
        else:
            text = f"nothing: {body.reason}" if isinstance(body, Nothing) else self.judged(body)
            self.row("; ".join(self.told) or text, not isinstance(body, Nothing) or body.accepted)
            self.channel.send(self.session.proved())

    def judged(self, claims: list[Claim]) -> str:
        """Let the checker judge the claims of a method; the outcome in words."""
        before, refusals = self.session.proved(), []
        for claim in claims:
            earlier = self.session.proved()
            try:
                self.session.accept(json.loads(json.dumps(claim.to_json())))
            except Rejected as refusal:
                refusals.append(f"a claim was refused by the checker ({refusal})")
                continue
            self.found.claim_methods.append(self.running)
            self.found.claims.append(claim)  # at once: whatever interrupts, the certificate holds what was accepted
            later = self.session.proved()
            self.found.proved_by |= dict.fromkeys(
                (path for path in later if later[path] != earlier.get(path)), len(self.found.claims) - 1
            )
        return "; ".join([*_gains(before, self.session.proved()), *refusals]) or "nothing: no more than was known"

    def row(self, outcome: str, accepted: bool = True) -> None:
        seconds = round(time.monotonic() - self.since, 3)
        gamma = [_rough(end) for end in self.session.proved().get("dnsp.gamma", ("1", "inf"))]
        LOG.info("%s, %.2f s: %s", self.running, seconds, outcome)
        row = {"name": self.running, "seconds": seconds, "outcome": outcome, "accepted": accepted}
        self.found.methods.append({**row, "gamma_estimate": gamma})
        self.running = ""

    def close(self, why: str) -> None:
        self.found.stopped = why
        if self.running:
            self.row("; ".join([*self.told, why]) if self.told else f"nothing: {why}")


def _rough(end: str) -> float | None:
    """An end of a bracket to six digits, for pictures; None for infinity."""
    value = parse(end)
    return None if value > 1e300 else float(f"{float(value):.6g}")


def _work(
    statement: Statement,
    point: list[list[Fraction]] | None,
    proved: dict[str, Any],
    budget: Budget,
    only: Only | None,
    channel: Connection,
) -> None:
    """The search process."""
    import scipy.linalg  # noqa: F401 - brings its own threads, which are limited below as well
    from threadpoolctl import threadpool_limits

    threadpool_limits(budget.jobs)  # small matrices: threads that wait for each other cost more than they gain

    def ask(kind: str, body: Any) -> dict[str, Any]:
        channel.send((kind, body, _used()))
        return channel.recv() if kind in ("part", "outcome") else {}

    run_methods(Lifting(statement, point), proved, budget, ask, only)
    channel.send(("done", None, _used()))
    channel.close()


def _used() -> tuple[float, float]:
    """CPU seconds and peak memory in MB of this process; 0 MB where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    peak = next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
    return time.process_time(), peak


def run_methods(
    lifting: Lifting,
    proved: dict[str, Any],
    budget: Budget,
    ask: Callable[[str, Any], dict[str, Any]],
    only: Only | None = None,
) -> None:
    """The chooser itself: `ask` is told what runs, and answers an outcome with what is proved by then."""
    methods = registry(lifting.statement, lifting.point is not None)
    if only is not None:
        methods = tuple(replace(method, closes=only[method.name]) for method in methods if method.name in only)
    waiting = list(methods)
    while waiting:
        method = waiting.pop(0)
        if all(closed(path, proved) for path in method.closes):
            continue
        if (rank := _rank(method, lifting)) > method.cost:
            insort(waiting, replace(method, cost=rank, later=None), key=lambda other: other.cost)
            continue
        ask("running", method.name)
        proved = ask("outcome", _attempt(method, lifting, proved, budget, ask))
    ask("estimates", _estimates(lifting))
    if only is None:
        ask("estimates", _counted(lifting, proved, budget))


def _counted(lifting: Lifting, proved: dict[str, Any], budget: Budget) -> dict[str, Any]:
    """The classes of one random product, where a program counts them."""
    from .identify.fibre_estimate import fibre_estimate

    count = fibre_estimate(lifting, proved, budget)
    return {} if count is None else {"fibre_C": count}


def _rank(method: Method, lifting: Lifting) -> int:
    """The place of a method in the order of attempts for this problem."""
    try:
        return method.later(lifting) if method.later else method.cost
    except TooLarge:
        return method.cost


def _estimates(lifting: Lifting) -> dict[str, Any]:
    """What pictures are drawn from; no picture is worth a failure."""
    from .stability.estimates import estimates

    try:
        return estimates(lifting)
    except Exception:
        return {}


def _attempt(
    method: Method,
    lifting: Lifting,
    proved: dict[str, Any],
    budget: Budget,
    ask: Callable[[str, Any], dict[str, Any]],
) -> list[Claim] | Nothing:
    """The outcome of a method; where it answers in parts, each is told as it comes, and the outcome is empty."""
    try:
        refusal = method.accepts(lifting, proved)
        outcome = Nothing(refusal, accepted=False) if refusal else method.search(lifting, proved, budget)
        if isinstance(outcome, Iterator):
            for part in outcome:
                ask("part", list(part))
            return []
    except (TooLarge, MemoryError, RecursionError) as error:
        return Nothing(str(error) or "too large for this machine")
    except Exception as error:  # a method may be wrong; the others are tried all the same
        return Nothing(f"the method failed ({type(error).__name__}: {one_line(str(error), 120)})")
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
