"""Claim: at K = 20 factors, with 8^20 columns (S = 8, 16 x 16), rank and a bracket of sigma_min of relative width 1e-6
are found and checked in under 30 s on two cores and under 1 GB; at S = 4, 6 x 6 in under 30 s, exactly over Q.

The peer is all of `certify`, which goes on to the questions of identifiability after, or before, it has these.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

import dmfverify as dv

from . import common

SIZES = ((20, 4, 6), (20, 8, 16))
METHODS = ("rank by rows", "Gram matrix")
"""The methods that prove the rank and the bracket."""
BUDGET = 150.0


def lifting_only(K: int, S: int, m: int) -> dict[str, Any]:
    """The two methods, each claim accepted by the checker, in one process."""
    from dmfverify.check import Session
    from dmfverify.lifting import Lifting
    from dmfverify.method import Budget
    from dmfverify.search import registry

    statement = common.statement(K, S, m)
    session, lifting = Session(statement.to_bytes()), Lifting(statement)
    for method in (method for name in METHODS for method in registry(statement) if method.name == name):
        claims = method.search(lifting, session.proved(), Budget())
        assert isinstance(claims, (list, tuple)), claims
        for claim in claims:
            session.accept(json.loads(json.dumps(claim.to_json())))
    proved = session.proved()
    return _facts(proved["lifting.rank"], proved["lifting.sigma_min"])


def certify(K: int, S: int, m: int, budget: float = BUDGET) -> dict[str, Any]:
    """All methods."""
    result = dv.certify(common.case(K, S, m), time_budget=budget).json
    seconds = {row["name"]: row["seconds"] for row in result["methods"]}
    longest = sorted(seconds, key=lambda name: -seconds[name])[:4]
    found = _facts(result["lifting"]["rank"], result["lifting"]["sigma_min"])
    return {**found, "longest": {name: seconds[name] for name in longest}, "search": result["search"]}


def _facts(rank: int, sigma_min: list[str]) -> dict[str, Any]:
    lo, hi = map(Fraction, sigma_min)
    return {"rank": rank, "sigma_min": float(lo), "width": float((hi - lo) / lo)}


def measure(K: int, S: int, m: int) -> list[dict[str, Any]]:
    """Both, each in a fresh process: wall and CPU seconds, memory, what was proved."""
    return [
        {"K": K, "S": S, "m": m, "what": name, **common.fresh("bench_deep", name, K, S, m)}
        for name in ("lifting_only", "certify")
    ]


@pytest.mark.parametrize(("K", "S", "m"), SIZES)
def test_rank_and_bracket(benchmark: Any, K: int, S: int, m: int) -> None:
    found = benchmark.pedantic(lifting_only, args=(K, S, m), rounds=1)
    assert 0 < found["rank"] <= m * m and found["width"] < 1e-6
