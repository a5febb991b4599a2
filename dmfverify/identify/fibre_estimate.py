"""How many classes over C one random product has: an estimate, by the program Singular where it is installed.

The classes with the same product as h are the zeros of A P(x) = A P(h), one random linear equation a factor (but the
last) instead of its scale.  Their number, with multiplicity, is the dimension of the quotient ring.  It is computed
modulo one prime at one random h: nothing is proved, and the result calls it ``fibre_C_estimate``.
"""

from __future__ import annotations

import random
import re
import resource
import shutil
import subprocess
from math import prod

from ..lifting import Lifting, TooLarge
from ..lifting.limits import require
from ..method import Budget, Proved, closed

PROGRAM = "Singular"
PRIME = 2_147_483_647
UNKNOWNS = 12
"""Parameters at most."""
TERMS = 5_000
"""Non-zero entries of A at most."""
SECONDS, MEMORY = 5.0, 2**31
"""Wall time and address space of the program at most."""

Terms = list[tuple[tuple[int, ...], int]]
"""A polynomial modulo the prime: unknowns of a monomial in increasing order, and a coefficient."""


def fibre_estimate(lifting: Lifting, proved: Proved, budget: Budget) -> int | None:
    """The count, or None.

    None where it is known or not small, where parameters are not free and finitely many to one product, and where the
    program is missing or does not end.
    """
    program, seconds = shutil.which(PROGRAM), min(SECONDS, budget.left - 1)
    if program is None or seconds <= 0 or not asked(lifting, proved):
        return None
    try:
        text = written(equations(lifting, random.Random(budget.seed)), sum(lifting.sizes))
    except TooLarge:
        return None
    return run(program, text, seconds)


def asked(lifting: Lifting, proved: Proved) -> bool:
    """Whether the question is open, well posed and small."""
    statement, at = lifting.statement, "identifiability."
    free = statement.model.kind == "free" and not statement.model.nonnegative and statement.equivalence == "scale"
    still_open = not closed(f"{at}generic.verdict", proved) and f"{at}generic.fibre_C" not in proved
    small = sum(lifting.sizes) <= UNKNOWNS and lifting.count <= TERMS
    return free and still_open and proved.get(f"{at}local.verdict") == "yes" and small


def equations(lifting: Lifting, rng: random.Random) -> list[Terms]:
    """A P(x) - A P(h) row by row, then c_k x_k - c_k h_k for all k but the last, with random h and c."""
    h = [[rng.randrange(1, PRIME) for _ in range(S)] for S in lifting.sizes]
    starts = [sum(lifting.sizes[:k]) for k in range(lifting.K)]
    columns, coordinates = lifting.columns, lifting.coordinates
    require("a system of equations", len(columns.value), TERMS)
    rows: list[Terms] = [[] for _ in range(columns.m)]
    for j, r, value in zip(columns.column, columns.row, columns.value, strict=True):
        index = coordinates[j]
        rows[r].append((tuple(starts[k] + i for k, i in enumerate(index)), int(value)))
    values = [x for factor in h for x in factor]
    for start, S in zip(starts[:-1], lifting.sizes[:-1], strict=True):
        rows.append([((start + i,), rng.randrange(1, PRIME)) for i in range(S)])
    return [[*row, ((), -sum(c * prod(values[i] for i in m) for m, c in row))] for row in rows]


def written(forms: list[Terms], unknowns: int) -> str:
    """The program's input."""
    names = ",".join(f"x{i}" for i in range(unknowns))
    ideal = ",\n".join(
        "+".join("*".join([str(value % PRIME), *(f"x{i}" for i in m)]) for m, value in form) for form in forms
    )
    return f'ring r={PRIME},({names}),dp;\nideal i={ideal};\nideal g=slimgb(i);\nprint("classes "+string(vdim(g)));\n'


def run(program: str, text: str, seconds: float) -> int | None:
    """What the program counts within its limits; -1, its word for infinitely many, is no count."""
    try:
        done = subprocess.run(
            [program, "-q", "--no-rc"], input=text + "quit;\n", capture_output=True, text=True, timeout=seconds,
            preexec_fn=lambda: _limit(seconds),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"^classes (\d+)$", done.stdout, re.MULTILINE)
    return int(found.group(1)) if found and done.returncode == 0 else None


def _limit(seconds: float) -> None:
    """The program ends soon even where the search that asked is killed."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
