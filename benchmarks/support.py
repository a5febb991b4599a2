"""Which method answers which question for which model: evidence for docs/support.md, method by method.

    python -m benchmarks.support_page                # the page again, from docs/support/evidence.csv
    python -m benchmarks.support_page --store FILE   # measures first; goes on where the store ends; an hour

Each method of the registry runs alone, on the problems of `support_problems`, and what the checker proves from its
claims is recorded; nothing is taken from what a method says of itself.  Where no method answers a question alone, all
run together, and those whose claims are needed are named.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import csv
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from dmfverify import check, search
from dmfverify.certificate import Claim
from dmfverify.library import shipped
from dmfverify.lifting import Lifting
from dmfverify.method import Budget, Method
from dmfverify.problem.forms import Statement
from dmfverify.search import Found

from . import common
from . import support_problems as problems
from .support_problems import MODELS, SETTINGS, Problem

FOLDER = common.ROOT / "docs" / "support"
EVIDENCE, CASES = FOLDER / "evidence.csv", FOLDER / "cases.json"
SECONDS = 8.0
"""For a method on a problem."""
TOGETHER = 30.0
"""For all methods on a problem."""
RANDOM = 24
"""Random problems of a setting and a model."""
PATIENCE = 6
"""A method that answered nothing new on so many problems of a setting and a model is left alone there."""
JOINT = 3
"""Methods that may be named together."""

Proved = Mapping[str, Any]


# ------------------------------------------------------------------------------------------------------- questions


def _is(path: str, value: str) -> Callable[[Proved], bool]:
    return lambda proved: proved.get(path) == value


def _known(path: str) -> Callable[[Proved], bool]:
    return lambda proved: proved.get(path) not in (None, "0")


def _ends(proved: Proved, path: str) -> tuple[str, str]:
    low, high = proved.get(path, ("0", "inf"))
    return low, high


def _above(path: str) -> Callable[[Proved], bool]:
    """Finite; infinite from below as well, for a constant that is infinite."""
    return lambda proved: path in proved and (_ends(proved, path)[1] != "inf" or _ends(proved, path)[0] == "inf")


def _below(path: str, trivial: str = "0") -> Callable[[Proved], bool]:
    return lambda proved: _ends(proved, path)[0] not in (trivial, "inf") or _ends(proved, path) == (trivial, trivial)


def _finite(path: str) -> Callable[[Proved], bool]:
    return lambda proved: _ends(proved, path)[1] != "inf"


def _gamma_infinite(proved: Proved) -> bool:
    return _ends(proved, "dnsp.gamma")[0] == "inf" and proved.get(UNIFORM) != "no"


def _kappa_above(proved: Proved) -> bool:
    return _ends(proved, "dnsp.kappa")[1] not in ("0", "inf")


def _bracket(proved: Proved) -> bool:
    return _below("lifting.sigma_min")(proved) and _finite("lifting.sigma_min")(proved)


UNIFORM, OVER_C = "identifiability.uniform.verdict", "identifiability.uniform.over_C"
GENERIC, LOCAL = "identifiability.generic", "identifiability.local.verdict"
QUESTIONS: dict[tuple[str, str], Callable[[Proved], bool]] = {
    ("uniform", "yes"): _is(UNIFORM, "yes"),
    ("uniform", "no"): _is(UNIFORM, "no"),
    ("over_C", "yes"): _is(OVER_C, "yes"),
    ("over_C", "no"): _is(OVER_C, "no"),
    ("generic", "yes"): _is(f"{GENERIC}.verdict", "yes"),
    ("generic", "no"): _is(f"{GENERIC}.verdict", "no"),
    ("generic", "classes over R"): _known(f"{GENERIC}.fibre_real"),
    ("generic", "classes over C"): _known(f"{GENERIC}.fibre_C"),
    ("local", "yes"): _is(LOCAL, "yes"),
    ("local", "no"): _is(LOCAL, "no"),
    ("at a point", "yes"): _is("at.verdict", "yes"),
    ("at a point", "no"): _is("at.verdict", "no"),
    ("at a point", "local yes"): _is("at.local", "yes"),
    ("at a point", "local no"): _is("at.local", "no"),
    ("at a point", "stiffness, radius"): _known("at.radius"),
    ("gamma", "from above"): _finite("dnsp.gamma"),
    ("gamma", "from below"): _below("dnsp.gamma", "1"),
    ("gamma", "infinite"): _gamma_infinite,
    ("kappa", "from below"): lambda proved: _ends(proved, "dnsp.kappa")[0] != "0",
    ("kappa", "from above"): _kappa_above,
    ("A", "rank"): lambda proved: proved.get("lifting.rank") is not None,
    ("A", "sigma_min"): _bracket,
    ("sparse gamma", "from above"): _finite("sparse_dnsp.gamma"),
    ("sparse gamma", "from below"): _below("sparse_dnsp.gamma", "1"),
    ("sparse gamma", "on unions, from above"): _finite("sparse_dnsp.gamma_union"),
    ("lower RIP", "from below"): _below("sparse_dnsp.lower_rip"),
    ("lower RIP", "from above"): _finite("sparse_dnsp.lower_rip"),
    ("lower RIP", "on unions, from below"): _below("sparse_dnsp.lower_rip_union"),
    ("lower RIP", "on unions, from above"): _finite("sparse_dnsp.lower_rip_union"),
    ("lower RIP", "deficient pairs"): lambda proved: proved.get("sparse_dnsp.deficient_pairs") is not None,
    ("sensing", "spark from below"): _below("compressed_sensing.spark", "1"),
    ("sensing", "spark from above"): _above("compressed_sensing.spark"),
    ("sensing", "coherence"): _finite("compressed_sensing.coherence"),
    ("sensing", "alpha from above"): lambda proved: Fraction(_ends(proved, "compressed_sensing.alpha")[1]) < 1,
    ("sensing", "alpha from below"): _below("compressed_sensing.alpha"),
}
"""Questions with their answers, and when what is proved answers them."""


def asked(setting: str, model: str, question: str) -> bool:
    """Whether the question has a meaning: sparse constants need supports, compressed sensing one sparse factor."""
    if question in ("sparse gamma", "lower RIP"):
        return not model.startswith("free")
    return question != "sensing" or (setting == "one" and model.startswith("sparse"))


def answers(setting: str, model: str, proved: Proved) -> list[tuple[str, str]]:
    """The answers that what is proved gives."""
    return [key for key, holds in QUESTIONS.items() if asked(setting, model, key[0]) and holds(proved)]


# ------------------------------------------------------------------------------------------------------- one method


def session(statement: Statement, at: Any) -> tuple[check.Session, Found]:
    """A new checker, which has been told the given parameters if it takes any."""
    new = check.Session(statement.to_bytes())
    if at is None:
        return new, Found()
    claim = Claim("point", {"h": [[Fraction(x) for x in h] for h in at]})
    try:
        new.accept(json.loads(json.dumps(claim.to_json())))
    except check.Rejected:
        return check.Session(statement.to_bytes()), Found()
    return new, Found([claim], claim_methods=["given parameters"])


def alone(problem: Problem, methods: Sequence[Method], seconds: float = SECONDS) -> tuple[Found, Proved, float]:
    """What these methods find, what the checker proves from their claims and nothing else, and the CPU seconds."""
    statement = problems.read(problem.text)
    judge, given = session(statement, problem.at)
    point = [[Fraction(x) for x in h] for h in problem.at] if given.claims else None
    before, only = time.process_time(), {method.name: method.closes for method in methods}
    found = search.explore(statement, judge, Budget(seconds), point=point, found=given, only=only)
    return found, judge.proved(), time.process_time() - before + found.cpu_seconds


def registered(statement: Statement, at: Any) -> tuple[Method, ...]:
    """The methods that may run on a statement."""
    return search.registry(statement, at is not None)


def able(problem: Problem) -> list[Method]:
    """The methods that accept the problem when nothing is known of it."""
    statement = problems.read(problem.text)
    judge, given = session(statement, problem.at)
    if judge.ledger.statement.refusal:
        return []
    point = [[Fraction(x) for x in h] for h in problem.at or []] if given.claims else None
    lifting, proved = Lifting(statement, point), judge.proved()
    return [m for m in registered(statement, problem.at if given.claims else None) if not _refusal(m, lifting, proved)]


def _refusal(method: Method, lifting: Lifting, proved: Proved) -> str:
    try:
        return method.accepts(lifting, proved)
    except Exception as error:
        return str(error) or "too large"


# ------------------------------------------------------------------------------------------------------- evidence


@dataclass(frozen=True)
class Run:
    """What some methods proved of a problem, on their own."""

    setting: str
    model: str
    case: str
    methods: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    cpu: float


def measure(store: Path, settings: Iterable[str] = tuple(SETTINGS)) -> None:
    """All runs that the store does not hold yet."""
    done = list(runs(store))
    with store.open("a") as file:
        for where in settings:
            for kind in MODELS:
                for run in _measured(where, kind, [run for run in done if (run.setting, run.model) == (where, kind)]):
                    file.write(json.dumps(run.__dict__) + "\n")
                    file.flush()


def runs(store: Path) -> Iterator[Run]:
    """What a store holds."""
    for line in store.read_text().splitlines() if store.exists() else []:
        row = json.loads(line)
        row["answers"] = tuple(map(tuple, row["answers"]))
        yield Run(**{**row, "methods": tuple(row["methods"])})


def _measured(where: str, kind: str, done: list[Run]) -> Iterator[Run]:
    """Each method alone, until it says nothing new; then all together, for what is open."""
    known = {(run.case, run.methods) for run in done}
    seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
    idle: dict[str, int] = defaultdict(int)
    chosen = list(problems.pool(where, kind, RANDOM))
    for problem in chosen:
        for method in able(problem):
            if idle[method.name] >= PATIENCE or (problem.name, (method.name,)) in known:
                continue
            _, proved, cpu = alone(problem, [method])
            said = answers(where, kind, proved)
            idle[method.name] = 0 if set(said) - seen[method.name] else idle[method.name] + 1
            seen[method.name] |= set(said)
            yield Run(where, kind, problem.name, (method.name,), tuple(said), round(cpu, 2))
    answered = {answer for run in done for answer in run.answers}.union(*seen.values())
    for problem in chosen[:8]:
        for run in _joint(where, kind, problem, answered):
            answered |= set(run.answers)
            yield run


def _joint(where: str, kind: str, problem: Problem, answered: set[tuple[str, str]]) -> Iterator[Run]:
    """The methods that are needed for answers that none gives alone."""
    statement = problems.read(problem.text)
    if check.Session(statement.to_bytes()).ledger.statement.refusal:
        return
    every = registered(statement, problem.at)
    found, proved, _ = alone(problem, every, TOGETHER)
    for answer in set(answers(where, kind, proved)) - answered:
        needed = set() if answer in answered else _needed(statement, problem.at, found, QUESTIONS[answer])
        if 1 <= len(needed) <= JOINT:
            own = [method for method in every if method.name in needed]
            _, again, cpu = alone(problem, own, TOGETHER)
            said = answers(where, kind, again)
            if answer in said:
                answered = answered.union(said)
                yield Run(where, kind, problem.name, tuple(m.name for m in own), tuple(said), round(cpu, 2))


def _needed(statement: Statement, at: Any, found: Found, holds: Callable[[Proved], bool]) -> set[str]:
    """The methods of a least set of claims that still prove the answer: one claim after the other is left out."""
    pairs = [pair for pair in zip(found.claims, found.claim_methods, strict=True) if pair[0].kind != "point"]
    for pair in list(reversed(pairs)):
        rest = [other for other in pairs if other is not pair]
        judge, _ = session(statement, at)
        for claim, _ in rest:
            judge.accept(json.loads(json.dumps(claim.to_json())))
        if holds(judge.proved()):
            pairs = rest
    return {name for _, name in pairs}


# ------------------------------------------------------------------------------------------------------- chosen


@dataclass(frozen=True)
class Cell:
    """A filled cell: these methods give this answer for this case, and so the checker says."""

    setting: str
    model: str
    question: str
    answer: str
    methods: str
    case: str
    cpu: float


def chosen(found: Sequence[Run]) -> list[Cell]:
    """One case for each cell and method: few cases for a setting and a model, quick ones."""
    cells = []
    for where in SETTINGS:
        for kind in MODELS:
            own = [run for run in found if (run.setting, run.model) == (where, kind)]
            cells += _cells(own, _covering(own))
    return cells


def _covering(found: Sequence[Run]) -> list[str]:
    """Cases that together show all that was seen, greedily; methods together count where none answers alone."""
    shown: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
    for run in _useful(found):
        shown[run.case] |= {(run.methods, answer) for answer in run.answers}
    left, cases = set().union(*shown.values()), []
    while left:
        best = max(shown, key=lambda case: (len(shown[case] & left), -sum(r.cpu for r in found if r.case == case)))
        left -= shown[best]
        cases.append(best)
    return cases


def _useful(found: Sequence[Run]) -> list[Run]:
    single = {answer for run in found if len(run.methods) == 1 for answer in run.answers}
    return [run for run in found if len(run.methods) == 1 or set(run.answers) - single]


def _cells(found: Sequence[Run], cases: Sequence[str]) -> list[Cell]:
    single = {answer for run in found if len(run.methods) == 1 for answer in run.answers}
    best: dict[tuple[Any, ...], Run] = {}
    for run in sorted((run for run in _useful(found) if run.case in cases), key=lambda run: run.cpu):
        for answer in run.answers:
            if len(run.methods) == 1 or answer not in single:
                best.setdefault((list(QUESTIONS).index(answer), run.methods), run)
    return [
        Cell(run.setting, run.model, *list(QUESTIONS)[number], " + ".join(methods), run.case, run.cpu)
        for (number, methods), run in sorted(best.items(), key=lambda item: item[0])
    ]


def write(cells: Sequence[Cell]) -> None:
    """The evidence and its cases."""
    FOLDER.mkdir(exist_ok=True)
    with EVIDENCE.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(Cell.__annotations__)
        rows.writerows(cell.__dict__.values() for cell in cells)
    used = {}
    for where in SETTINGS:
        for kind in MODELS:
            names = {cell.case for cell in cells if (cell.setting, cell.model) == (where, kind)}
            pool = [problem for problem in problems.pool(where, kind, RANDOM) if problem.name in names]
            used |= {problem.name: {"case": problem.text.splitlines(), "at": problem.at} for problem in pool}
    for name in set(used) & set(shipped()):
        used[name]["case"] = None
    body = ",\n".join(f"{json.dumps(name)}: {json.dumps(used[name])}" for name in sorted(used))
    CASES.write_text("{\n" + body + "\n}\n")


def evidence() -> list[Cell]:
    """What is committed."""
    with EVIDENCE.open(newline="") as file:
        return [Cell(**{**row, "cpu": float(row["cpu"])}) for row in csv.DictReader(file)]  # type: ignore[arg-type]


def cases() -> dict[str, Problem]:
    """The problems of the evidence."""
    found = {}
    for name, body in json.loads(CASES.read_text()).items():
        text = shipped()[name].read_text() if body["case"] is None else "\n".join(body["case"]) + "\n"
        found[name] = Problem(name, text, body["at"])
    return found
