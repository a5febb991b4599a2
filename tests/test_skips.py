"""Networks with free and known taps in one layer: every statement against the dense product by its definition."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any

import pytest
import sympy

import dmfverify as dv
from dmfverify.check import Session


def random_skips(seed: int) -> dv.Network:
    """Layers of free and known edges between one or two nodes, at least one layer of both kinds."""
    rng = random.Random(seed)
    K, N = rng.randint(1, 3), rng.randint(3, 7)
    boundary = rng.choice(("circular", "circular", "zero"))
    stride = [rng.choice((1, 1, 2)) if N % 2 == 0 and K == 1 else 1 for _ in range(K)]
    levels = [
        ["y"],
        *([f"n{k}_{i}" for i in range(rng.randint(1, 2))] for k in range(1, K)),
        ["x0", "x1"][: rng.randint(1, 2)],
    ]
    edges: list[dv.Edge] = []
    for k in range(K):
        pairs = {(rng.choice(levels[k]), source) for source in levels[k + 1]}
        pairs |= {(to, rng.choice(levels[k + 1])) for to in levels[k]}
        kinds = [rng.choice((True, False)) for _ in pairs]
        for (to, source), free in zip(sorted(pairs), kinds, strict=True):
            edges.append(edge(rng, len(edges), source, to, N, not (free or k == 0)))
        to, source = rng.choice(sorted(pairs))
        if k == 0 or rng.random() < 0.7:
            edges.append(edge(rng, len(edges), source, to, N, True))
    return dv.Network(edges, "y", length=N, boundary=boundary, stride=stride)


def edge(rng: random.Random, number: int, source: str, to: str, N: int, known: bool) -> dv.Edge:
    taps = sorted(rng.sample(range(N), rng.randint(1, 2)))
    fixed = [rng.choice(("1", "-1", "2", "1/2")) for _ in taps] if known else None
    return dv.Edge(f"e{number}", source, to, taps, fixed)


class Oracle:
    """The product as polynomials, from the edges of the network and the definition of a convolution."""

    def __init__(self, network: dv.Network) -> None:
        self.layers = [[network.edges[n] for n in layer] for layer in network.layers]
        self.levels = network.levels
        self.factors = [k for k, layer in enumerate(self.layers) if any(e.fixed is None for e in layer)]
        self.symbols: dict[tuple[str, int], sympy.Symbol] = {}
        self.sizes = []
        for k in self.factors:
            own = [(e.name, t) for e in self.layers[k] if e.fixed is None for t in range(len(e.taps))]
            self.symbols |= {key: sympy.Symbol(f"{key[0]}_{key[1]}") for key in own}
            self.sizes.append(len(own))
        self.network = network

    def matrix(self) -> sympy.Matrix:
        strides = [network_layer.stride for network_layer in self.network.forms]
        length, total = self.network.length, None
        for k in range(len(self.layers) - 1, -1, -1):
            one, length = self.layer(k, length, strides[k])
            total = one if total is None else one * total
        return total

    def layer(self, k: int, n: int, stride: int) -> tuple[sympy.Matrix, int]:
        tops, bottoms = self.levels[k], self.levels[k + 1]
        full = n
        if self.network.boundary == "zero":
            full = n + max(t for e in self.layers[k] for (t,) in e.taps)
        kept = [r for r in range(full) if r % stride == 0]
        out = sympy.zeros(len(tops) * len(kept), len(bottoms) * n)
        for e in self.layers[k]:
            for t, (shift,) in enumerate(e.taps):
                value = self.symbols[e.name, t] if e.fixed is None else sympy.Rational(str(e.fixed[t]))
                for c in range(n):
                    r = (c + shift) % n if self.network.boundary == "circular" else c + shift
                    if r in kept:
                        out[tops.index(e.to) * len(kept) + kept.index(r), bottoms.index(e.source) * n + c] += value
        return out, len(kept)

    def paths(self) -> list[tuple[dv.Edge, ...]]:
        """Edge by edge from the output."""
        found: list[tuple[dv.Edge, ...]] = [(e,) for e in self.layers[0]]
        for layer in self.layers[1:]:
            found = [(*path, e) for path in found for e in layer if e.to == path[-1].source]
        return found

    def monomials(self) -> list[sympy.Expr]:
        """The products of the free taps that some path takes, the empty one left out."""
        found = set()
        for path in self.paths():
            for taps in itertools.product(*(range(len(e.taps)) for e in path)):
                free = [self.symbols[e.name, t] for e, t in zip(path, taps, strict=True) if e.fixed is None]
                if free:
                    found.add(sympy.Mul(*free))
        return sorted(found, key=str)

    def columns(self) -> sympy.Matrix:
        """The coefficients of the monomials in the entries of the product."""
        X, monomials, every = self.matrix(), self.monomials(), list(self.symbols.values())
        entries = [sympy.Poly(x, *every) for x in X]
        return sympy.Matrix([[p.coeff_monomial(m) for m in monomials] for p in entries])

    def at(self, h: list[list[Any]]) -> dict[sympy.Symbol, sympy.Rational]:
        flat = [sympy.Rational(str(x)) for part in h for x in part]
        return dict(zip(self.symbols.values(), flat, strict=True))

    def jacobian_rank(self, expressions: list[sympy.Expr], seed: int) -> int:
        rng = random.Random(seed)
        point = {s: sympy.Integer(rng.randint(-(10**6), 10**6)) for s in self.symbols.values()}
        J = sympy.Matrix([[sympy.diff(x, s).subs(point) for s in self.symbols.values()] for x in expressions])
        return J.rank()

    def expected(self) -> int:
        """Taps less (free edges less the rank of their path-edge incidence)."""
        edges = sorted({(k, e.to, e.source) for k, layer in enumerate(self.layers) for e in layer if e.fixed is None})
        rows = [
            [sum((k, e.to, e.source) == w and e.fixed is None for k, e in enumerate(path)) for w in edges]
            for path in self.paths()
        ]
        return sum(self.sizes) - (len(edges) - sympy.Matrix(rows).rank())


def agrees(seed: int) -> str:
    network = random_skips(seed)
    case, oracle = dv.Case(network), Oracle(network)
    assert list(case.statement.sizes) == oracle.sizes
    result = dv.certify(case, time_budget=60)
    found = result.json
    assert not [row for row in found["methods"] if "the method failed" in row["outcome"] or "refused" in row["outcome"]]
    columns, monomials = oracle.columns(), oracle.monomials()
    injective = columns.rank() == len(monomials)
    verdict = found["identifiability"]["uniform"]["verdict"]
    assert (verdict == "yes") == injective
    if injective:
        assert found["lifting"]["rank"] == found["lifting"]["columns"] == len(monomials)
        assert found["dnsp"]["gamma"] == ["1", "1"]
    if verdict == "no":
        h, g = (oracle.at(found["witness"][name]) for name in "hg")
        assert (oracle.matrix().subs(h) - oracle.matrix().subs(g)).is_zero_matrix
        assert any(m.subs(h) != m.subs(g) for m in monomials)
    local = found["identifiability"]["local"]
    dimension = oracle.jacobian_rank(monomials, seed)
    paths = Session(case.statement.to_bytes()).ledger.statement.paths
    everything = [range(n) for n in case.statement.sizes]
    assert (paths.dimension(everything), paths.expected(everything)) == (dimension, oracle.expected())
    rank = oracle.jacobian_rank(list(oracle.matrix()), seed)
    assert local["verdict"] in ("undecided", "yes" if rank >= oracle.expected() else "no")
    if rank == dimension:
        assert (local["rank"], local["expected"]) == (rank, oracle.expected())
    return verdict


def skipped(network: dv.Network) -> bool:
    return dv.Case(network).equivalence == "path-scale" and any(f.taps and f.fixed for f in network.forms)


@pytest.mark.parametrize("seed", [s for s in range(16) if skipped(random_skips(s))])
def test_random_networks_with_skips_agree_with_the_definition(seed: int) -> None:
    agrees(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [s for s in range(16, 120) if skipped(random_skips(s))])
def test_many_random_networks_with_skips_agree_with_the_definition(seed: int) -> None:
    agrees(seed)


def residual(*kernels: list[int], length: int, **more: Any) -> dv.Case:
    """(1 + a_1) (1 + a_2) ...: blocks of one convolution and the identity beside it."""
    nodes = ["x", *(f"u{k}" for k in range(1, len(kernels))), "y"]
    edges = [dv.Edge(f"a{k}", nodes[k], nodes[k + 1], taps) for k, taps in enumerate(kernels)]
    edges += [dv.Edge(f"s{k}", nodes[k], nodes[k + 1], [0], fixed=[1]) for k in range(len(kernels))]
    return dv.Case(dv.Network(edges, "y", length=length), **more)


def test_residual_blocks_with_different_shifts_are_identifiable_at_twenty_layers() -> None:
    result = dv.certify(residual(*([2**k] for k in range(20)), length=2**20))
    assert (result.uniform.verdict, result.json["identifiability"]["uniform"]["over_C"]) == ("yes", "yes")
    assert result.json["dnsp"] == {**result.json["dnsp"], "gamma": ["1", "1"], "kappa": ["0", "inf"]}
    assert result.json["recovery_bound"] is None


def test_equal_residual_blocks_can_be_exchanged() -> None:
    result = dv.certify(residual([1, 2], [1, 2], length=12))
    assert result.uniform.verdict == "no"
    assert result.json["identifiability"]["local"]["verdict"] == "yes"


def test_columns_that_coincide_do_not_say_no() -> None:
    """a_1 z + a_3 z^3 and b_2 z^2: z^3 is reached by a_3 and by a_1 b_2, but z and z^2 give a_1 and b_2 away."""
    result = dv.certify(residual([1, 3], [2], length=12))
    assert result.uniform.verdict == "undecided"
    assert result.json["identifiability"]["local"]["verdict"] == "yes"


def test_a_support_leaves_less() -> None:
    """The witness stays inside the support; what the support would tell apart is not looked for."""
    one = residual([1, 2], [2, 4], length=16, model=dv.Supports([[[0], [0]]]), equivalence="path-scale")
    assert dv.certify(one).uniform.verdict == "undecided"
    other = residual([1, 2], [1, 4], length=16, model=dv.Supports([[[0], [0]]]), equivalence="path-scale")
    result = dv.certify(other)
    assert (result.uniform.verdict, result.json["witness"]["h"][0][1]) == ("no", "0")


def test_skips_under_scale_are_refused_in_one_line() -> None:
    with pytest.raises(dv.errors.NotYet, match="is not linear"):
        dv.certify(residual([1], [1], length=5, equivalence="scale"))


def test_known_data_behind_skips() -> None:
    data = [[Fraction(int(r == c) + int(r == c + 1)) for c in range(5)] for r in range(5)]
    case = residual([1], [2], length=5, data=data)
    assert dv.certify(case).uniform.verdict == "yes"


def test_the_report_does_not_call_such_a_layer_linear() -> None:
    from dmfverify.report.hypotheses import hypotheses

    case = residual([1, 2], [3, 6], length=12)
    first, *_ = hypotheses(dv.certify(case).json, case.statement)
    assert first.holds == "no"
