"""Random small networks: verdicts, gamma and every singular value against brute force on the explicit A."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import Any

import numpy as np
import oracles
import pytest

import dmfverify as dv

SEEDS = range(60)
MANY = range(60, 600)


def random_network(seed: int) -> dict[str, Any]:
    """A layered network with one output: edges (name, from, to, taps), a length, supports, data."""
    rng = random.Random(seed)
    K, N = rng.randint(1, 4), rng.randint(2, 24)
    inner = [rng.randint(1, 2) for _ in range(K - 1)]
    levels = [
        ["y"],
        *([f"n{k}_{i}" for i in range(n)] for k, n in enumerate(inner, 1)),
        [f"x{i}" for i in range(rng.randint(1, 2))],
    ]
    edges = []
    for k in range(K):
        pairs = {(rng.choice(levels[k]), source) for source in levels[k + 1]}
        pairs |= {(to, rng.choice(levels[k + 1])) for to in levels[k]}
        for to, source in sorted(pairs):
            taps = sorted(rng.sample(range(min(N, 5)), rng.randint(1, min(2, min(N, 5)))))
            edges.append((f"e{len(edges)}", source, to, [rng.choice((1, 3)) * t % N for t in taps]))
    edges = [(name, a, b, list(dict.fromkeys(taps))) for name, a, b, taps in edges]
    leaves = len(levels[-1])
    data = None
    if rng.random() < 0.3 and N * leaves <= 12:
        width = rng.randint(1, N * leaves)
        data = [[rng.randint(-2, 2) for _ in range(width)] for _ in range(N * leaves)]
    return {"K": K, "N": N, "edges": edges, "data": data, "supports": rng.random() < 0.4, "rng": rng}


def case_of(net: dict[str, Any]) -> dv.Case:
    network = dv.Network([dv.Edge(*edge) for edge in net["edges"]], "y", length=net["N"])
    plain = dv.Case(network, data=net["data"])
    if not net["supports"]:
        return plain
    sizes = plain.statement.sizes
    rng = net["rng"]
    models = [[sorted(rng.sample(range(n), rng.randint(1, n))) for n in sizes] for _ in range(2)]
    return dv.Case(network, data=net["data"], model=dv.Supports(models), equivalence=plain.equivalence)


def explicit(case: dv.Case) -> tuple[list[np.ndarray], list[tuple[int, ...]] | None, Any]:
    """Dense basis matrices of each factor by the definition of a circular convolution, and the alive multi-indices."""
    statement = case.statement
    basis = []
    for form in statement.factors:
        (n,) = form.grid
        block = np.zeros((form.parameters, form.nodes[0] * n, form.nodes[1] * n), dtype=int)
        for i, (to, source, (shift,)) in enumerate(form.taps):
            for c in range(n):
                block[i, to * n + (c + shift) % n, source * n + c] = 1
        basis.append(block)
    alive = None
    if statement.equivalence == "path-scale":
        alive = oracles.path_alive([[(to, source, s) for to, source, (s,) in form.taps] for form in statement.factors])
    data = None if statement.data is None else np.array(case.data, dtype=int)
    return basis, alive, data


def agrees(seed: int) -> None:
    net = random_network(seed)
    case = case_of(net)
    basis, alive, data = explicit(case)
    result = dv.certify(case, time_budget=60).json
    truth = oracles.lifting(basis, alive, data)
    assert not [row for row in result["methods"] if "the method failed" in row["outcome"]]
    assert result["lifting"]["columns"] == truth.a.shape[1]
    if result["lifting"]["rank"] is not None:
        assert result["lifting"]["rank"] == truth.rank
    for name, value in (("sigma_min", truth.sigma_min), ("sigma_max", truth.sigma_max)):
        if truth.rank:
            brackets(result["lifting"][name], value)
    models = (
        None if case.statement.model.kind == "free" else [[list(s) for s in m] for m in case.statement.model.supports]
    )
    verdict = oracles.uniform(basis, alive, data, models, False)
    decided = result["identifiability"]["uniform"]["verdict"]
    assert verdict is None or decided in ("undecided", verdict)
    if data is None and models is None:
        assert decided == ("yes" if truth.kernel_dimension == 0 else "no")
    if decided == "yes" and truth.kernel_dimension == 0:
        assert result["dnsp"]["gamma"] == ["1", "1"]
    if decided == "yes" and models is not None:
        sparse_agrees(result, basis, models, alive, data)


def sparse_agrees(result: dict[str, Any], basis: Any, models: Any, alive: Any, data: Any) -> None:
    truth = oracles.sparse_dnsp(basis, models, alive, data, False)
    ours = result["sparse_dnsp"]
    if ours["deficient_pairs"] is not None:
        assert ours["deficient_pairs"] == truth["deficient_pairs"]
    for name in ("lower_rip", "lower_rip_union"):
        if math.isfinite(truth[name]):
            brackets(ours[name], truth[name], tight=False)


def brackets(pair: list[str], value: float, tight: bool = True) -> None:
    lo = float(Fraction(pair[0]))
    hi = math.inf if pair[1] == "inf" else float(Fraction(pair[1]))
    assert lo <= value * (1 + 1e-9) and value * (1 - 1e-9) <= hi
    assert not tight or hi - lo <= 1e-9 * value


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_network_agrees_with_brute_force(seed: int) -> None:
    agrees(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_many_random_networks_agree_with_brute_force(seed: int) -> None:
    agrees(seed)
