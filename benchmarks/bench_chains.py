"""Claim: a convolutional network is decided without a column of A: taps {0, 3^k, 2 3^k}, k < 12, on a circle of 3^12
points in under 5 s; 10^5 taps on one edge of three in under 10 s; N = 10^8 with K = 20 in under a minute and 2 GB.

The peer is the explicit lifting, in the same run: listing the columns as responses, before any question is asked of
them, or the refusal where they would not fit.
"""

from __future__ import annotations

from typing import Any

import pytest

import dmfverify as dv
from dmfverify.lifting import Lifting, TooLarge

from . import common

CASES = {
    "taps {0, 3^k, 2·3^k}, k < 12, N = 3^12": ("ternary", 12, 5.0),
    "10^5 taps on one edge of three, N = 10^6": ("wide", 100_000, 10.0),
    "K = 20, taps {0, 2^k}, N = 10^8": ("long", 100_000_000, 60.0),
    "K = 20, taps {0, 2^k, 3·2^k} (they collide), N = 10^8": ("colliding", 100_000_000, 60.0),
}
"""Name -> kind, size, seconds of the claim."""


def network(kind: str, size: int) -> dv.Network:
    """A chain of one of the kinds of `CASES`; the first edge is next to the input."""
    if kind == "ternary":
        return _chain([[0, 3**k, 2 * 3**k] for k in range(size)], 3**size)
    if kind == "wide":
        return _chain([list(range(size)), [0, size], [0, 2 * size]], 10 * size)
    if kind == "long":
        return _chain([[0, 2**k] for k in range(_depth(size))], size)
    return _chain([[0, 2**k, 3 * 2**k] for k in range(_depth(size))], size)


def _depth(N: int) -> int:
    return min(20, N.bit_length() - 2)


def _chain(taps: list[list[int]], N: int) -> dv.Network:
    return dv.Network([dv.Edge(f"e{k}", f"u{k}", f"u{k + 1}", t) for k, t in enumerate(taps)], f"u{len(taps)}", N)


def certify(kind: str, size: int) -> dict[str, Any]:
    """Everything that `certify` says about it, within two minutes."""
    result = dv.certify(dv.Case(network(kind, size)), time_budget=120).json
    uniform = result["identifiability"]["uniform"]
    said = {"verdict": uniform["verdict"], "method": uniform["method"]}
    return {"columns": result["lifting"]["columns"], **said, "search": result["search"]}


def columns(kind: str, size: int) -> dict[str, Any]:
    """The explicit lifting and its rank, or why not."""
    lifting = Lifting(dv.Case(network(kind, size)).statement)
    try:
        return {"said": f"{lifting.columns.n} columns of {lifting.columns.m} rows"}
    except TooLarge as refusal:
        return {"said": f"refused: {refusal}"}


def measure(name: str) -> dict[str, Any]:
    """Each in a fresh process: wall and CPU seconds, memory, the verdict; and what the columns do."""
    kind, size, target = CASES[name]
    ours, peer = (common.fresh("bench_chains", route, kind, size) for route in ("certify", "columns"))
    return {"name": name, "target": target, **ours, "peer": peer}


@pytest.mark.parametrize("name", CASES)
def test_certify(benchmark: Any, name: str) -> None:
    kind, size, _ = CASES[name]
    found = benchmark.pedantic(certify, args=(kind, size), rounds=1)
    assert found["verdict"] == ("no" if kind == "colliding" else "yes")
