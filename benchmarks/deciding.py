"""The uniform question alone: the methods that may answer it, and the seconds that search and checker take."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from dmfverify import check, search
from dmfverify.method import Budget
from dmfverify.problem import Basis, Case
from dmfverify.problem.forms import Statement

UNIFORM, OVER_C = "identifiability.uniform.verdict", "identifiability.uniform.over_C"
BOUNDING = ("degree four, gamma",)
"""Methods for a bound that would prove "yes" beside it."""


def decide(statement: Statement, seconds: float, seed: int = 0) -> dict[str, Any]:
    """What `certify` says of the uniform question, with the claim that decided: an exact witness before an enclosure.

    ``find`` are the CPU seconds of the search process, ``check`` those of a new checker that reads the claims.
    """
    session = check.Session(statement.to_bytes())
    if session.ledger.statement.refusal:
        return {"verdict": "refused", "over_C": "refused", "method": None, "claim": None, "find": 0.0, "check": 0.0}
    able = [m.name for m in search.registry(statement) if UNIFORM in m.closes or m.name in BOUNDING]
    found = search.explore(statement, session, Budget(seconds, seed), only=dict.fromkeys(able, (UNIFORM,)))
    proved, at = session.proved(), found.proved_by.get(UNIFORM)
    if proved.get(UNIFORM) == "no":
        at = next((k for k, claim in enumerate(found.claims) if claim.kind == "witness"), at)
    return {
        "verdict": proved.get(UNIFORM, "undecided"),
        "over_C": proved.get(OVER_C, "undecided"),
        "method": None if at is None else found.claim_methods[at],
        "claim": None if at is None else found.claims[at].to_json(),
        "find": found.cpu_seconds,
        "check": checked(statement, [claim.to_json() for claim in found.claims]),
    }


def checked(statement: Statement, claims: list[dict[str, Any]]) -> float:
    text = json.dumps(claims)
    start = time.process_time()
    session = check.Session(statement.to_bytes())
    for claim in json.loads(text):
        session.accept(claim)
    return time.process_time() - start


def general(sizes: Sequence[int], kernel: int, seed: int) -> Case:
    """Factors whose lifting is a random integer matrix with entries -2 ... 2 and n - `kernel` rows.

    X = M_1(h_1) ... M_K(h_K) with M_1(h) = h^T, M_k(h) = I ⊗ h^T and (I ⊗ h^T) A^T last.
    """
    n = int(np.prod(sizes))
    rng, rows = np.random.default_rng([seed, n, kernel]), n - kernel
    A = rng.integers(-2, 3, (rows, n))
    while np.linalg.matrix_rank(A) < rows:
        A = rng.integers(-2, 3, (rows, n))
    factors, seen = [], 1
    for k, S in enumerate(sizes):
        basis = np.array([np.kron(np.eye(seen, dtype=int), row[None]) for row in np.eye(S, dtype=int)])
        factors.append(basis if k < len(sizes) - 1 else basis @ A.T)
        seen *= S
    return Case([Basis(basis.tolist()) for basis in factors])
