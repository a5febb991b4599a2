"""The brute-force oracles against closed forms (theory.md, section 8) and the shipped cases' [expected] tables.

No package code: cases are read by the few lines of `read_case`."""

from __future__ import annotations

import itertools
import math
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import oracles as o
import pytest
import scipy.io

CASES = Path(__file__).resolve().parent.parent / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.toml"))


def read_case(name: str) -> dict[str, Any]:
    """A case file as plain data: basis, alive, data, models, nonnegative, layers, patterns, table (the whole file)."""
    table = tomllib.loads((CASES / f"{name}.toml").read_text(), parse_float=Fraction)
    case: dict[str, Any] = {"table": table, "alive": None, "layers": None, "expected": table["expected"]}
    if "network" in table:
        network = table["network"]
        case["layers"] = o.layers_of_edges(network["edges"], network["output"])
        case["sizes"] = [len(layer) for layer in case["layers"]]
        if table["equivalence"] == "path-scale":
            case["alive"] = o.path_alive(case["layers"])
        if network["length"] <= 64 and len(case["layers"]) < 5:
            leaves = o.leaves_of_edges(network["edges"])
            case["basis"] = o.network_basis(case["layers"], network["length"], leaves)
    else:
        table["factors"] = [from_disk(f) for f in table["factors"]]
        case["basis"] = o.absorb_fixed([factor(f) for f in table["factors"]])
        case["sizes"] = [len(b) for b in case["basis"]]
        case["patterns"] = [f.get("entries") for f in table["factors"]]
        if table["equivalence"] == "neuron-scale":
            case["alive"] = o.neuron_alive(case["patterns"])
    model = table.get("model", {"kind": "free"})
    case["models"] = {
        "supports": lambda: model["supports"],
        "sparse": lambda: o.sparse_models(case["sizes"], model["sparsity"]),
        "group-sparse": lambda: o.group_models(model["groups"], model["active"]),
    }.get(model["kind"], lambda: None)()
    case["nonnegative"] = model["kind"] == "nonnegative" or model.get("nonnegative", False)
    case["data"] = table.get("data", {}).get("inputs")
    return case


def from_disk(f: dict[str, Any]) -> dict[str, Any]:
    """A factor with the positions of its MatrixMarket file in place of its name."""
    if not isinstance(f.get("entries"), str):
        return f
    matrix = scipy.io.mmread(CASES / f["entries"]).tocoo()
    positions = sorted(zip(matrix.row.tolist(), matrix.col.tolist(), strict=True))
    return {**f, "shape": list(matrix.shape), "entries": positions}


def factor(f: dict[str, Any]) -> Any:
    """One [[factors]] table (interface.md, section 1) as a basis array, or as a matrix when it is fixed."""
    return {
        "basis": lambda: o.exact(f["basis"]),
        "pattern": lambda: o.pattern_basis(f["shape"], f["entries"]),
        "dense": lambda: o.dense_basis(f["shape"]),
        "diagonal": lambda: o.diagonal_basis(f["size"]),
        "circulant": lambda: o.circulant_basis(f["length"], f["taps"], f.get("stride", 1)),
        "toeplitz": lambda: o.toeplitz_basis(f["length"], f["taps"], f.get("stride", 1)),
        "circulant2d": lambda: o.circulant2d_basis(f["shape"], f["taps"]),
        "fixed": lambda: o.exact(f["matrix"]),
    }[f["operator"]]()


def arguments(case: dict[str, Any]) -> dict[str, Any]:
    return {key: case[key] for key in ("basis", "alive", "data", "models", "nonnegative")}


def unit(shape: tuple[int, ...], entries: dict[tuple[int, ...], int]) -> np.ndarray:
    w = np.zeros(shape, dtype=int)
    for index, value in entries.items():
        w[index] = value
    return w


QUATERNIONS = [
    np.eye(4, dtype=int),
    np.array([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 1, 0]]),
    np.array([[0, 0, -1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, -1, 0, 0]]),
    np.array([[0, 0, 0, -1], [0, 0, -1, 0], [0, 1, 0, 0], [1, 0, 0, 0]]),
]
W_STATE = unit((2, 2, 2), {(0, 0, 1): 1, (0, 1, 0): 1, (1, 0, 0): 1})
RE_CUBE = unit((2, 2, 2), {(0, 0, 0): 1, (0, 1, 1): -1, (1, 0, 1): -1, (1, 1, 0): -1})


# ------------------------------------------------------------------------------------------------------ shipped cases

BIG_CHAINS = ("chain_k10_collide", "chain_k10_distinct", "chain_k20_distinct")
HUGE = ("k20_s4_m9",)


def test_every_case_is_used() -> None:
    assert len(NAMES) >= 25
    assert {*BIG_CHAINS, *HUGE} <= set(NAMES)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in (*BIG_CHAINS, *HUGE)])
def test_case(name: str) -> None:
    case = read_case(name)
    expected = case["expected"]
    known = {
        "uniform", "uniform_over_C", "generic", "local", "gamma", "gamma_squared", "gamma_float", "sigma_min_squared",
        "rho", "sparse_gamma", "sparse_gamma_squared", "sparse_gamma_union", "lower_rip_float",
        "lower_rip_union_float", "deficient_pairs",
    }  # fmt: skip
    assert set(expected) <= known
    space = o.lifting(case["basis"], case["alive"], case["data"])
    if "uniform" in expected:
        assert o.uniform(**arguments(case)) == expected["uniform"]
    if "uniform_over_C" in expected:
        assert o.uniform_over_complex(case["basis"], case["data"]) == expected["uniform_over_C"]
    if "sigma_min_squared" in expected:
        assert space.sigma_min**2 == pytest.approx(expected["sigma_min_squared"], rel=1e-12)
    if {"gamma", "gamma_squared", "gamma_float"} & set(expected):
        lo, hi = o.dnsp_gamma(**arguments(case), starts=8 if len(case["basis"]) < 3 else 60)
        if "gamma" in expected:
            target = float(expected["gamma"][0])
        elif "gamma_squared" in expected:
            target = math.sqrt(float(expected["gamma_squared"][0]))
        else:
            target = float(expected["gamma_float"])
        assert lo == pytest.approx(target, rel=1e-6)
        assert hi >= target * (1 - 1e-9)
        if space.kernel_dimension <= 3:
            assert hi == pytest.approx(target, rel=2e-6)
    if {"sparse_gamma", "lower_rip_float"} & set(expected):
        sparse = o.sparse_dnsp(case["basis"], case["models"], case["alive"], case["data"], case["nonnegative"])
        assert sparse["lower_rip"] == pytest.approx(float(expected["lower_rip_float"]), rel=1e-12)
        if "lower_rip_union_float" in expected:
            assert sparse["lower_rip_union"] == pytest.approx(float(expected["lower_rip_union_float"]), rel=1e-12)
        assert sparse["deficient_pairs"] == expected.get("deficient_pairs", 0)
        if "sparse_gamma" in expected:
            assert sparse["gamma"] == pytest.approx((float(expected["sparse_gamma"][0]),) * 2)
        if "sparse_gamma_squared" in expected:
            assert sparse["gamma"] == pytest.approx((math.sqrt(float(expected["sparse_gamma_squared"][0])),) * 2)
        assert sparse["gamma_union"] == (1, 1)
    if "local" in expected:
        rank = o.local_rank(case["basis"], case["data"])
        neurons = case["table"]["equivalence"] == "neuron-scale"
        full = o.expected_neuron(case["patterns"]) if neurons else o.expected_scale(case["sizes"])
        assert o.local_verdict(rank, full) == expected["local"]
    if case["layers"] is not None and case["data"] is None and "uniform" in expected:
        assert o.dichotomy(case["layers"], case["table"]["network"]["length"], case["models"]) == expected["uniform"]


@pytest.mark.parametrize("name", BIG_CHAINS)
def test_big_chain(name: str) -> None:
    case = read_case(name)
    taps = [[shift for _, _, shift in layer] for layer in case["layers"]]
    n = case["table"]["network"]["length"]
    counts = o.chain_shift_counts(taps, n)
    assert sum(counts.values()) == 2 ** len(taps)
    assert ("yes" if max(counts.values()) == 1 else "no") == case["expected"]["uniform"]
    if "sigma_min_squared" in case["expected"]:
        assert n * min(counts.values()) == case["expected"]["sigma_min_squared"]
    if len(taps) == 10:
        assert o.dichotomy(case["layers"], n) == case["expected"]["uniform"]


def test_k20_local() -> None:
    case = read_case("k20_s4_m9")
    assert o.expected_scale(case["sizes"]) == 61
    rank = o.local_rank(case["basis"])
    assert o.local_verdict(rank, 61) == case["expected"]["local"]
    assert {k: v for k, v in case["expected"].items() if k != "local"}.get("rank", rank) == rank


def test_butterfly() -> None:
    case = read_case("butterfly8_neuron")
    space = o.lifting(case["basis"], case["alive"])
    assert (len(space.columns), space.rank) == (64, 64)  # the product of the supports is all ones
    assert space.sigma_min == pytest.approx(1) and space.sigma_max == pytest.approx(1)
    assert o.uniform(case["basis"], case["alive"]) == "yes"
    assert o.expected_neuron(case["patterns"]) == 48 - 16
    assert o.local_rank(case["basis"]) == 32
    assert o.expected_scale(case["sizes"]) == 46


def test_dense_gauge() -> None:
    basis = [o.dense_basis((3, 2)), o.dense_basis((2, 3))]
    assert o.local_rank(basis) == 12 - 4
    cells = [list(itertools.product(range(3), range(2))), list(itertools.product(range(2), range(3)))]
    assert o.expected_neuron(cells) == 12 - 2
    h, g = o.find_witness(o.lifting(basis))
    products = [sum(x * b for x, b in zip(v[0], basis[0], strict=True)) @ sum(
        x * b for x, b in zip(v[1], basis[1], strict=True)) for v in (h, g)]  # fmt: skip
    assert (products[0] == products[1]).all()
    columns = list(itertools.product(range(6), range(6)))
    assert (o.segre(h, columns) != o.segre(g, columns)).any()
    assert o.uniform([o.dense_basis((3, 1)), o.dense_basis((1, 3))]) == "yes"  # inner dimension 1


# -------------------------------------------------------------------------------------- theory.md, section 8, in order


@pytest.mark.parametrize("k", [1, 2, 3])
def test_binary_taps(k: int) -> None:
    taps = [[0, 2**j] for j in range(k)]
    basis = [o.circulant_basis(2**k, t) for t in taps]
    space = o.lifting(basis)
    assert o.uniform(basis) == "yes" and o.dnsp_gamma(basis) == (1, 1)
    assert space.sigma_min == pytest.approx(math.sqrt(2**k)) == pytest.approx(space.sigma_max)


@pytest.mark.parametrize("k", [2, 3])
def test_neighbouring_taps(k: int) -> None:
    basis = [o.circulant_basis(k + 1, [0, 1]) for _ in range(k)]
    assert o.uniform(basis) == "no" and o.dnsp_gamma(basis) == (math.inf, math.inf)
    space = o.lifting(basis)
    assert o.find_witness(space, limit=10000) is not None
    e = [(1, 0), (0, 1)]
    first, second = [e[1], *[e[0]] * (k - 1)], [e[0], e[1], *[e[0]] * (k - 2)]
    assert (space.a.dot(o.segre(first, space.columns)) == space.a.dot(o.segre(second, space.columns))).all()


def test_quaternions() -> None:
    basis = o.basis_with_kernel((4, 4), QUATERNIONS)
    assert o.lifting(basis).kernel_dimension == 4
    assert o.uniform(basis) == "yes" and o.uniform_over_complex(basis) == "no"
    full = ((0, 1, 2, 3),) * 2
    assert o.search(o.lifting(basis), full, full, starts=4)[0] ** -2 == pytest.approx(2, abs=1e-8)
    assert o.gamma_from_kernel(QUATERNIONS[:3]) ** 2 == pytest.approx(2, abs=1e-9)


@pytest.mark.parametrize(
    ("k", "weights", "squared"),
    [(2, (1, 1, 1), 3), (2, (3, 2, 1), 14), (3, (3, 2, 1), 14), (2, (4, 3, 2, 1), 6), (3, (2, 1), math.inf)],
)
def test_diagonal_kernels(k: int, weights: tuple[int, ...], squared: float) -> None:
    s = len(weights)
    w = unit((s,) * k, {(i,) * k: x for i, x in enumerate(weights)})
    basis = o.basis_with_kernel((s,) * k, [w])
    lo, hi = o.dnsp_gamma(basis)
    assert (lo**2, hi**2) == (pytest.approx(squared, rel=1e-6), pytest.approx(squared, rel=1e-6))
    assert o.uniform(basis) == ("yes" if squared < math.inf else "no")
    if k == 2:
        assert o.gamma_from_kernel([w]) ** 2 == pytest.approx(squared, rel=1e-9)
        ratio, t = o.search(o.lifting(basis), *[tuple(tuple(range(s)) for _ in range(k))] * 2)
        assert ratio**-2 == pytest.approx(squared, rel=1e-6)
        assert np.linalg.matrix_rank(t.reshape(s, s), tol=1e-6 * np.linalg.norm(t)) <= 2


def test_cubic_pencils() -> None:
    rng = np.random.default_rng(5)
    for _ in range(5):
        basis = o.basis_of(rng.integers(-3, 4, (7, 9)), (3, 3))
        assert o.uniform(basis) == "no" == o.uniform_over_complex(basis)


def test_w_state() -> None:
    basis = o.basis_with_kernel((2, 2, 2), [W_STATE])
    assert o.rank_two_type(W_STATE) == "tangent" and o.hyperdeterminant(W_STATE) == 0
    assert o.uniform(basis) == "yes" == o.uniform_over_complex(basis)
    assert o.dnsp_gamma(basis) == (math.inf, math.inf)
    full = ((0, 1),) * 3
    assert o.search(o.lifting(basis), full, full, starts=4)[0] < 1e-7  # the tangent is found


def test_complex_pair() -> None:
    basis = o.basis_with_kernel((2, 2, 2), [RE_CUBE])
    assert o.rank_two_type(RE_CUBE) == "complex" and o.hyperdeterminant(RE_CUBE) < 0
    assert o.uniform(basis) == "yes" and o.uniform_over_complex(basis) == "no"
    lo, hi = o.dnsp_gamma(basis)
    assert lo == pytest.approx(2, abs=1e-6) and hi == math.inf
    limit = unit((2, 2, 2), {(0, 1, 1): 1, (1, 0, 1): 1, (1, 1, 0): 1}).reshape(-1)
    w = RE_CUBE.reshape(-1)
    assert 1 - Fraction(int(w @ limit) ** 2, int(w @ w) * int(limit @ limit)) == Fraction(1, 4)


def test_chain_of_three_and_two_taps() -> None:
    basis = [o.circulant_basis(12, [0, 1, 2]), o.circulant_basis(12, [0, 2])]
    space = o.lifting(basis)
    squares = [24, 12, 12, 12, 12, 0]
    assert space.singular_values**2 == pytest.approx(squares, abs=1e-9)
    assert o.chain_singular_values_squared([[0, 1, 2], [0, 2]], 12) == squares
    assert o.uniform(basis) == "no"
    assert o.generic_fibre([[0, 1, 2], [0, 2]], samples=20) == ([1, 1], 1)


def test_two_boxes_minor() -> None:
    basis = o.basis_with_kernel((4, 4), [unit((4, 4), {(0, 0): 1, (1, 1): 1})])
    space = o.lifting(basis)
    s, t = ((0, 1), (0, 1)), ((2, 3), (2, 3))
    lo, hi = o.pair_gamma(space, s, t)
    assert lo**2 <= 4 and lo <= hi
    assert lo**2 == pytest.approx(2, rel=1e-6) == pytest.approx(hi**2, rel=1e-5)  # rank one on {0,1}^2: half is missed
    assert o.uniform(basis, models=[s, t]) == "no"  # s with itself: every 2x2 matrix is a difference


def test_inputs_do_not_scale_by_their_least_singular_value() -> None:
    basis = [o.circulant_basis(4, [0, 1]), o.circulant_basis(4, [0, 1])]
    taps = [o.circulant_basis(4, [0]), o.circulant_basis(4, [0, 1, 2])]
    space = o.lifting(taps, data=np.diag([1, 2, 3, 4]))
    assert space.singular_values == pytest.approx([math.sqrt(30)] * 3)
    assert o.lifting(basis, data=np.diag([1, 2, 3, 4])).sigma_min == pytest.approx(math.sqrt(30))


# -------------------------------------------------------------------------------------- sparse DNSP and theory.md, 3, 4


def test_least_singular_value_trap() -> None:
    basis = [np.array([[[1]], [[0.1]]])]
    whole = o.sparse_dnsp(basis, [[[0, 1]]])
    assert whole["lower_rip"] == pytest.approx(math.sqrt(1 + 0.1**2))
    single = o.sparse_dnsp(basis, [[[0]], [[1]]])
    assert single["pairs"] == 3 and single["deficient_pairs"] == 1
    assert single["lower_rip"] == pytest.approx(0.1)
    assert o.lower_rip(np.array([[1, 0.1]]), 1) == pytest.approx(0.1) and o.lower_rip(np.array([[1, 0.1]]), 2) == 0


def test_two_supports() -> None:
    case = read_case("sparse_two_supports")
    sparse = o.sparse_dnsp(case["basis"], case["models"])
    assert sparse["pairs"] == 3 and sparse["deficient_pairs"] == 1 and sparse["deficient_unions"] == 0
    assert sparse["lower_rip"] == pytest.approx(math.sqrt(8)) == pytest.approx(sparse["lower_rip_union"])
    # On the box the kernel is e_01 - e_10; T = c e_00 - d e_11 is orthogonal to it: gamma = 1, although deficient.
    assert sparse["gamma"] == pytest.approx((1, 1)) and sparse["gamma_union"] == (1, 1)
    assert o.uniform(case["basis"], models=case["models"]) == "yes"
    assert o.uniform(case["basis"]) == "no"


def test_sparse_gamma_where_the_union_has_a_kernel() -> None:
    """Section 4's example: kernel span(e_00 + e_11 + e_22 + eps e_30); box {0,1,2}^2, and where T' may lie differs."""
    w = unit((4, 4), {(0, 0): 4, (1, 1): 4, (2, 2): 4, (3, 0): 1})
    basis = o.basis_with_kernel((4, 4), [w])
    box = [[[0, 1, 2], [0, 1, 2]]]
    sparse = o.sparse_dnsp(basis, box)
    assert sparse["deficient_pairs"] == 0 and sparse["gamma"] == (1, 1)
    lo, hi = o.dnsp_gamma(basis, models=box)
    assert lo**2 == pytest.approx(1 / (1 - 32 / 49), rel=1e-8) == pytest.approx(hi**2, rel=1e-8)
    full = o.dnsp_gamma(basis)
    assert full[0] >= lo * (1 - 1e-9)


def test_different_supports_tangent() -> None:
    """Section 3: supports {0,1}^2 and {0,2}^2, kernel span(e_01 + e_10 - e_02 - e_20): uniform yes, gamma = inf."""
    w = unit((3, 3), {(0, 1): 1, (1, 0): 1, (0, 2): -1, (2, 0): -1})
    basis = o.basis_with_kernel((3, 3), [w])
    models = [[[0, 1], [0, 1]], [[0, 2], [0, 2]]]
    space = o.lifting(basis)
    pair = tuple(tuple(tuple(part) for part in m) for m in models)
    assert o.search(space, *pair, starts=6)[0] < 1e-7
    assert o.find_witness(space, models) is None
    assert o.uniform(basis, models=models) != "no"
    assert o.dnsp_gamma(basis, models=models)[0] > 1e6


def test_nonnegative() -> None:
    basis = o.basis_with_kernel((2, 2), [np.array([[0, 1], [1, 0]])])
    assert o.uniform(basis) == "no"
    assert o.uniform(basis, nonnegative=True) == "yes"
    assert o.dnsp_gamma(basis, nonnegative=True, starts=8)[0] > 1e4  # gamma = inf, in the limit
    assert o.find_witness(o.lifting(basis), nonnegative=True) is None
    assert o.find_witness(o.lifting(basis)) is not None
    plus = o.basis_with_kernel((2, 2), [np.array([[1, 1], [1, -1]])])
    assert o.uniform(plus, nonnegative=True) == "no"
    assert o.find_witness(o.lifting(plus), nonnegative=True) is not None
    identity = o.basis_with_kernel((3, 3), [np.eye(3, dtype=int)])
    assert o.dnsp_gamma(identity, nonnegative=True, starts=4)[0] <= math.sqrt(3) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("w", "answer"),
    [
        ([[1, 0], [0, -1]], True),
        ([[1, 0], [0, 1]], False),
        ([[0, 1], [1, 0]], False),
        ([[1, 1], [1, -1]], True),
        ([[1, -1], [-1, 1]], False),
        ([[1, -1], [2, -2]], True),
        ([[3, 1], [1, 2]], True),  # (3, 1) (1, 2)^T - 5 e_0 e_1^T
        ([[1, 2], [2, 1]], True),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], False),
        ([[1, 1, 0], [1, 1, 0], [0, 0, -1]], True),
        ([[1, 1, 0], [1, 1, 0], [0, 0, 1]], False),
    ],
)
def test_nonnegative_differences(w: list[list[int]], answer: bool) -> None:
    m = np.array(w)
    for version in (m, m.T, m[::-1, ::-1]):  # transposing and permuting keep the answer
        found = o.nonnegative_difference(version)
        assert (found is not None) == answer
        if found is not None:
            a, b, c, d = found
            assert min(map(min, found)) >= 0 and (np.multiply.outer(a, b) - np.multiply.outer(c, d) == version).all()


def test_nonnegative_differences_exhaustively() -> None:
    """All 2x2 matrices with entries -2..2: a "yes" carries its decomposition, a "no" survives an exhaustive search."""
    refused = 0
    vectors = list(itertools.product(range(4), repeat=2))
    x = np.array([np.outer(a, b) for a in vectors for b in vectors])
    for entries in itertools.product(range(-2, 3), repeat=4):
        m = np.array(entries).reshape(2, 2)
        if not m.any():
            continue
        decomposition = o.nonnegative_difference(m)
        rest = x - m
        found = ((rest >= 0).all((1, 2)) & (rest[:, 0, 0] * rest[:, 1, 1] == rest[:, 0, 1] * rest[:, 1, 0])).any()
        if decomposition is None:
            refused += 1
            assert not found
        else:
            a, b, c, d = decomposition
            assert min(map(min, decomposition)) >= 0
            assert (np.multiply.outer(a, b) - np.multiply.outer(c, d) == m).all()
    assert refused > 50


def test_compressed_sensing_by_columns() -> None:
    case = read_case("compressed_sensing_8x14_s2")
    matrix = np.array([b.reshape(-1) for b in case["basis"][0]]).T.astype(float)
    assert matrix.shape == (8, 14)
    assert o.lower_rip(matrix, 4) == pytest.approx(0.77415908, abs=5e-9)
    sparse = o.sparse_dnsp(case["basis"], case["models"])
    assert sparse["pairs"] == 91 * 92 // 2 and sparse["lower_rip"] == pytest.approx(0.77415908, abs=5e-9)
    assert o.lower_rip(matrix[:, [1, 2, 8, 10]], 4) == pytest.approx(0.77415908, abs=5e-9)
    lo, hi = o.dnsp_kappa(case["basis"], models=case["models"])
    assert lo == hi == pytest.approx(0.77415908, abs=5e-9)  # theory 4: sigma_M, and 1/sigma_M = 1/kappa


def test_sparse_cases_by_number() -> None:
    for name, value in (("sparse_k2", 3.36046185), ("group_sparse_k1", 0.35102298)):
        case = read_case(name)
        assert o.sparse_dnsp(case["basis"], case["models"])["lower_rip"] == pytest.approx(value, abs=5e-9)


def test_l1_constant() -> None:
    """Kernel span(1, ..., 1): alpha_k = k/n; kernel span(3, 1, 1): alpha_1 = 3/5."""
    assert o.l1_null_space_constant(np.array([[1, -1, 0], [0, 1, -1]]), 1) == pytest.approx(1 / 3)
    assert o.l1_null_space_constant(np.array([[1, -1, 0], [0, 1, -1]]), 2) == pytest.approx(2 / 3)
    assert o.l1_null_space_constant(np.array([[1, -3, 0], [0, 1, -1]]), 1) == pytest.approx(3 / 5)
    assert o.l1_null_space_constant(np.eye(3), 1) == 0


def test_kappa() -> None:
    """sigma_min / gamma <= kappa <= sigma_max / gamma, with equality for a tight frame of rows."""
    basis = o.basis_with_kernel((3, 3), [np.eye(3, dtype=int)])
    space, gamma = o.lifting(basis), o.dnsp_gamma(basis)[0]
    lo, hi = o.dnsp_kappa(basis)
    assert space.sigma_min / gamma * (1 - 1e-9) <= lo <= hi <= space.sigma_max / gamma * (1 + 1e-9)
    q = np.array([[3, 4], [-4, 3]])
    lo, hi = o.dnsp_kappa(o.basis_of(np.kron(q, q), (2, 2)))  # 25 times an orthogonal matrix
    assert lo == pytest.approx(25) == pytest.approx(hi)
    unit_rows = np.array([[1, -1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    lo, hi = o.dnsp_kappa(o.basis_of(unit_rows, (2, 2)))
    assert lo == pytest.approx(1) == pytest.approx(hi)  # K = 2, S = 2: every matrix is a difference


def test_pencils_and_their_gamma() -> None:
    """Kernel of dimension two: the exact real-root test, the scan and the search must agree with each other."""
    rng = np.random.default_rng(11)
    verdicts = set()
    for _ in range(6):
        u, v = rng.integers(-1, 2, (2, 4, 3))
        if o.rank(np.array([u.reshape(-1), v.reshape(-1)])) < 2:
            continue
        basis = o.basis_with_kernel((4, 3), [u, v])
        verdict = o.uniform(basis)
        gamma = o.gamma_from_kernel([u, v])
        verdicts.add(verdict)
        assert (gamma < math.inf) == (verdict == "yes")
        full = (tuple(range(4)), tuple(range(3)))
        ratio, _ = o.search(o.lifting(basis), full, full, starts=6)
        if gamma < math.inf:
            assert 1 / ratio <= gamma * (1 + 1e-7) and 1 / ratio == pytest.approx(gamma, rel=1e-5)
        else:
            assert ratio < 1e-6
    assert verdicts == {"yes", "no"}


def test_minors_need_degree_five() -> None:
    """4x4, kernel of dimension four: the 3x3 minors meet a general one at 0 only, seen at degree five (certificates.md
    section 3); they meet the quaternions, and any kernel that holds a matrix of rank two, elsewhere."""
    rng = np.random.default_rng(1)
    general = list(rng.integers(-3, 4, (4, 4, 4)))
    assert o.minors_vanish_only_at_zero(general) is True
    assert o.minors_vanish_only_at_zero(general, cap=34) is None  # 35 quartics, 56 quintics
    assert o.minors_vanish_only_at_zero(QUATERNIONS) is False
    assert o.minors_vanish_only_at_zero([*general[:3], np.diag([1, 1, 0, 0])]) is False
    low, seen = o.sphere_minimum(lambda x: np.sqrt((x[:, 1:] ** 2).sum(1) + 0.25 * x[:, 0] ** 2), np.eye(3))
    assert seen == pytest.approx(0.5) and 0.499 < low <= 0.5
    spike = np.array([0.6, 0.48, 0.64])
    low, seen = o.sphere_minimum(lambda x: np.minimum(0.003, np.abs(x - spike).max(1)) + 0.01, np.eye(3), 300)
    assert seen == pytest.approx(0.013) and low <= 0.01  # a hole too narrow to be seen is not ruled out


def test_maximal_models() -> None:
    assert o.maximal_models([[[0], [0, 1]], [[0], [1]], [[0], [1, 0]], [[1], [0]]], [2, 2]) == [
        ((0,), (0, 1)),
        ((1,), (0,)),
    ]
    assert o.maximal_models(None, [2, 1]) == [((0, 1), (0,))]
    assert len(o.sparse_models([5, 5], [1, 2])) == 50 and o.sparse_models([2], [7]) == [((0, 1),)]
    assert o.group_models([[[0, 1], [1, 2], [3]]], [2]) == [((0, 1, 2),), ((0, 1, 3),), ((1, 2, 3),)]


def test_rank_two_types() -> None:
    e, f = np.array([1, 2, 0]), np.array([0, 1, -1])

    def power(*vectors: Any) -> Any:
        out = np.array(1)
        for v in vectors:
            out = np.multiply.outer(out, v)
        return out

    assert o.rank_two_type(power(e, e, e)) == "real"
    assert o.rank_two_type(power(e, e, e) - 3 * power(f, f, f)) == "real"
    assert o.rank_two_type(power(e, e, e, e) - 3 * power(f, f, f, e)) == "real"
    assert o.rank_two_type(power(e, e, f) + power(e, f, e) + power(f, e, e)) == "tangent"
    assert o.rank_two_type(power(e, e, e, f) + power(e, e, f, e) + power(e, f, e, e) + power(f, e, e, e)) == "tangent"
    assert o.rank_two_type(power(e, e, e) - power(e, f, f) - power(f, e, f) - power(f, f, e)) == "complex"
    two = sum(power(*(f if k in c else e for k in range(4))) for c in itertools.combinations(range(4), 2))
    assert o.rank_two_type(power(e, e, e, e) - two + power(f, f, f, f)) == "complex"  # Re (e + i f)^4
    assert o.rank_two_type(power(e, e, e) + power(f, f, f) + power(e, f, [0, 0, 1])) == "more"
    assert o.rank_two_type(np.eye(3, dtype=int)) == "more"


# ------------------------------------------------------------------------------------- networks, local, generic, metric


def test_alive_indices() -> None:
    layers = [[("y", "u", 0), ("y", "u", 8)], [("u", "x1", 0), ("u", "x1", 1), ("u", "x2", 0), ("u", "x2", 3)]]
    assert len(o.path_alive(layers)) == 8
    diamond = [[("y", "u", 0), ("y", "u", 2), ("y", "v", 4)], [("u", "x", 0), ("v", "x", 0), ("v", "x", 1)]]
    assert o.path_alive(diamond) == [(0, 0), (1, 0), (2, 1), (2, 2)]
    assert o.neuron_alive([[(0, 0), (1, 1)], [(0, 0), (0, 1)]]) == [(0, 0), (0, 1)]
    edges = read_case("diamond_disjoint")["table"]["network"]["edges"]
    assert len(o.edge_paths(edges, "y")) == 2
    assert o.expected_path(edges, "y") == 8 - 2
    basis = o.network_basis(o.layers_of_edges(edges, "y"), 16)
    assert o.local_rank(basis) == 6
    tree = read_case("tree_two_leaves")["table"]["network"]["edges"]
    assert o.expected_path(tree, "y") == 6 - 1 == o.local_rank(o.network_basis(o.layers_of_edges(tree, "y"), 32))


def test_hidden_zero_kernel_example() -> None:
    """theory 5: x1 -a{0,1}-> u, x2 -b{0,2}-> u, u -c{0,1}-> y, N = 8 collides at x1."""
    layers = [[("y", "u", 0), ("y", "u", 1)], [("u", "x1", 0), ("u", "x1", 1), ("u", "x2", 0), ("u", "x2", 2)]]
    basis, alive = o.network_basis(layers, 8, ["x1", "x2"]), o.path_alive(layers)
    assert o.dichotomy(layers, 8) == "no" == o.uniform(basis, alive)
    space = o.lifting(basis, alive)
    assert space.kernel_dimension == 1
    with_c_shifted = [[("y", "u", 0), ("y", "u", 4)], layers[1]]
    assert o.dichotomy(with_c_shifted, 8) == "yes"
    assert o.uniform(o.network_basis(with_c_shifted, 8, ["x1", "x2"]), alive) == "yes"


def test_dead_entries_and_neurons() -> None:
    """interface 4: only inner neurons on a path count; a dead entry keeps the rank below the expected one."""
    patterns = [[(0, 0), (0, 1)], [(0, 0), (2, 0)]]  # neuron 1 has no way in, neuron 2 no way out
    assert o.expected_neuron(patterns) == 4 - 1
    basis = [o.pattern_basis((1, 3), patterns[0]), o.pattern_basis((3, 1), patterns[1])]
    assert o.local_rank(basis) == 1
    assert o.uniform(basis, o.neuron_alive(patterns)) == "yes"


def test_local_rank() -> None:
    assert o.local_rank([o.circulant_basis(6, [0, 1, 2]), o.circulant_basis(6, [0, 1])]) == 4
    assert o.local_rank([o.circulant_basis(6, [0, 1]), o.circulant_basis(6, [0, 1])]) == 3
    assert o.local_rank([o.circulant_basis(2, [0, 1]), o.circulant_basis(2, [0, 1])]) == 2 < o.expected_scale([2, 2])
    assert o.local_rank([o.dense_basis((3, 2)), o.dense_basis((2, 3))], support=((0, 2), (0, 1))) == 3
    assert o.local_rank([o.circulant_basis(4, [0, 1])], data=[[1], [1], [1], [1]]) == 1
    assert o.local_rank([o.circulant_basis(4, [0, 1])], data=[["1/2"], [0], [0], [0.25]]) == 2


@pytest.mark.parametrize(
    ("degrees", "real", "complex_"),
    [((1, 1), [2, 2], 2), ((2, 1), [1, 3], 3), ((2, 2), [2, 6], 6), ((1, 1, 1), [6, 6], 6), ((3, 2), [1, 10], 10)],
)
def test_generic_fibres(degrees: tuple[int, ...], real: list[int], complex_: int) -> None:
    if degrees == (3, 2):
        real = o.generic_fibre_full_runs(degrees)[0]
        assert real[1] == 10
    assert o.generic_fibre_full_runs(degrees) == (real, complex_)
    assert o.generic_fibre([list(range(d + 1)) for d in degrees], samples=80) == (real, complex_)


def test_generic_fibres_of_strides() -> None:
    assert o.generic_fibre([[0, 3], [0, 3, 6]], samples=30) == ([1, 3], 3)
    assert o.generic_fibre([[0, 1], [0, 2]], samples=20) == ([1, 1], 1)
    assert o.generic_fibre([[1, 2], [4, 5]], samples=20) == ([2, 2], 2)


def test_class_distance() -> None:
    h, g = [(1, 1), (1, 0)], [(1, -1), (0, 1)]
    assert o.class_distance(h, g, math.inf) == 2  # theory 1: the constant 2 is attained, e = 1
    assert np.abs(o.segre(h, list(itertools.product(range(2), repeat=2))) - o.segre(g, list(
        itertools.product(range(2), repeat=2)))).max() == 1  # fmt: skip
    assert o.class_distance([(2, 0), (1, 3)], [(-1, 0), (-2, -6)], 2) == pytest.approx(0)
    assert o.class_distance([(2, 0), (1, 3)], [(1, 0), (-2, -6)], 2) == pytest.approx(2 * math.sqrt(6))
    assert o.class_distance([(1,), (1,), (1,)], [(1,), (-1,), (-1,)], 1) == 0
    assert o.class_distance([(1,), (1,)], [(1,), (-1,)], 1) == pytest.approx(2)
    with pytest.raises(ValueError):
        o.class_distance([(0, 0)], [(1, 0)], 2)


@pytest.mark.parametrize("p", [1, 2, 3, math.inf])
def test_segre_inequalities(p: float) -> None:
    """theory 1, both directions: d_p <= 2 (sum S_k)^{1/p} min(...) |P(h) - P(g)|_q, and the Lipschitz bound."""
    rng = np.random.default_rng(3)
    for _ in range(60):
        sizes = rng.integers(1, 4, rng.integers(1, 4)).tolist()
        columns = list(itertools.product(*map(range, sizes)))
        h = [rng.integers(-3, 4, s) + 0.5 for s in sizes]
        g = [x + rng.integers(-1, 2, len(x)) * rng.choice([0.1, 1]) for x in h]
        if min(np.abs(x).max() for x in g) == 0:
            continue
        ph, pg = (o.segre(v, columns).astype(float) for v in (h, g))
        k, s = len(sizes), max(sizes)
        d, e = o.class_distance(h, g, p), np.abs(ph - pg).max()
        a, b = np.abs(ph).max(), np.abs(pg).max()
        inverse = 0 if p == math.inf else 1 / p
        assert d <= 2 * sum(sizes) ** inverse * max(a, b) ** (1 / k - 1) * e * (1 + 1e-9) + 1e-12
        bound = s ** ((k - 1) * inverse) * k ** (1 - inverse) * max(a, b) ** (1 - 1 / k) * d
        assert np.linalg.norm(ph - pg, p) <= bound * (1 + 1e-9) + 1e-12


def test_path_distance() -> None:
    """theory 5, erratum (1): N = 8, kernels (1, 1/2), the first changed to (1, 3/5): Delta_1 = 0.1 for one path."""
    half = (1, Fraction(1, 2))
    assert o.path_distance([[0, 1]], [half, half], [(1, Fraction(3, 5)), half], 1) == pytest.approx(0.1)
    paths = [[0, 1], [0, 2]]
    h, g = [(1, 0), (1, 1), (2, 1)], [(1, 0), (1, 1), (2, 2)]
    one = o.class_distance([h[0], h[2]], [g[0], g[2]], 2)
    assert o.path_distance(paths, h, g, 2) == pytest.approx(one) and one > 0
    two = o.path_distance(paths, h, [(1, 1), (1, 1), (2, 2)], 1)
    assert two == pytest.approx(
        o.class_distance(h[:2], [(1, 1), (1, 1)], 1) + o.class_distance(h[::2], [(1, 1), (2, 2)], 1)
    )


def test_recovery_constants() -> None:
    assert o.recovery_constant("scale", [4, 3], 0.5, 2) == pytest.approx(4 * math.sqrt(7))
    assert o.recovery_constant("scale", [4, 3], 0.5, math.inf) == 4
    assert o.recovery_constant("path-scale", [4, 3], 0.5, 1, paths=9) == pytest.approx(4 * 8 * 3)
    assert o.recovery_constant("path-scale", [4, 3], 0.5, 2, paths=9) == pytest.approx(4 * math.sqrt(8))
    assert o.recovery_constant("neuron-scale", [4, 3], 0.5, 2) == 2
    assert o.recovery_paper([4, 3], 3, 1.5, 2) == pytest.approx(14 * math.sqrt(8))
    assert o.recovery_constant("scale", [4, 3], 0, 2) == math.inf


def test_lifting_is_the_product() -> None:
    """A P(h) = M_1(h_1)...M_K(h_K) X on random rational points, and basis_of has the lifting that was asked for."""
    rng = np.random.default_rng(2)
    basis = [rng.integers(-2, 3, (2, 2, 3)), rng.integers(-2, 3, (3, 3, 2)), rng.integers(-2, 3, (2, 2, 2))]
    data = rng.integers(-2, 3, (2, 3))
    space = o.lifting(basis, data=data)
    assert space.columns == sorted(space.columns) and len(space.columns) == 12
    h = [[Fraction(int(x), 7) for x in rng.integers(-9, 10, len(b))] for b in basis]
    product = np.eye(2, dtype=int).astype(object)
    for x, b in zip(h, basis, strict=True):
        product = product.dot(sum(v * m.astype(object) for v, m in zip(x, b, strict=True)))
    assert (space.a.dot(o.segre(h, space.columns)) == product.dot(data.astype(object)).reshape(-1)).all()
    a = rng.integers(-2, 3, (5, 12))
    assert (o.lifting(o.basis_of(a, (2, 3, 2))).a == a).all()
    assert (space.a.dot(space.kernel) == 0).all()
    assert space.rank + space.kernel.shape[1] == 12


def test_operators_by_hand() -> None:
    """interface 1, entry by entry: M[r, c] = h_i where r - c = taps[i] mod N."""
    assert o.circulant_basis(3, [1]).tolist() == [[[0, 0, 1], [1, 0, 0], [0, 1, 0]]]
    assert o.circulant_basis(4, [1], stride=2).tolist() == [[[0, 0, 0, 1], [0, 1, 0, 0]]]
    assert o.toeplitz_basis(2, [0, 1]).tolist() == [[[1, 0], [0, 1], [0, 0]], [[0, 0], [1, 0], [0, 1]]]
    assert o.circulant2d_basis((1, 3), [(0, 1)]).tolist() == [[[0, 0, 1], [1, 0, 0], [0, 1, 0]]]
    assert o.circulant2d_basis((3, 1), [(2, 0)]).tolist() == [[[0, 1, 0], [0, 0, 1], [1, 0, 0]]]
    assert o.dense_basis((1, 2)).tolist() == [[[1, 0]], [[0, 1]]]
    network = o.network_basis([[("y", "u", 1)], [("u", "x2", 0), ("u", "x1", 2)]], 3, ["x1", "x2"])
    assert network[0].tolist() == [o.shift_matrix(3, 1).tolist()]
    assert network[1][1][:, :3].tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]] and not network[1][1][:, 3:].any()
    assert network[1][0][:, 3:].tolist() == np.eye(3).tolist() and not network[1][0][:, :3].any()
    left = o.absorb_fixed([np.array([[2]]), o.dense_basis((1, 1)), np.array([[1, 3]])])
    assert len(left) == 1 and left[0].tolist() == [[[2, 6]]]


# ---------------------------------------------------------------------------------------------------- random problems


@pytest.mark.parametrize("seed", range(24))
def test_random_problems_are_consistent(seed: int) -> None:
    """Relations that hold between the oracles whatever the problem; the TOML text reads back as the same problem."""
    problem = o.random_problem(seed)
    again = o.random_problem(seed)
    assert o.problem_toml(problem) == o.problem_toml(again)
    table = tomllib.loads(o.problem_toml(problem))
    assert table["equivalence"] == problem["equivalence"]
    inputs = {key: problem[key] for key in ("basis", "alive", "data", "models", "nonnegative")}
    space = o.lifting(problem["basis"], problem["alive"], problem["data"])
    assert space.rank == np.linalg.matrix_rank(space.floats, tol=1e-9)
    verdict = o.uniform(**inputs, limit=3000)
    lo, hi = o.dnsp_gamma(**inputs, starts=3)
    assert 1 <= lo <= hi * (1 + 1e-9)
    if hi < math.inf:
        assert verdict == "yes"
    if verdict == "no":
        assert hi == math.inf
    klo, khi = o.dnsp_kappa(**inputs, starts=3)
    assert 0 <= klo <= khi * (1 + 1e-9)
    if klo == math.inf:  # no alive coordinate in any model: D = {0}
        return
    if hi < math.inf and space.rank:
        assert space.sigma_min / hi * (1 - 1e-6) <= khi
        assert klo <= space.sigma_max / lo * (1 + 1e-6)
    if problem["models"] is not None:
        sparse = o.sparse_dnsp(problem["basis"], problem["models"], problem["alive"], problem["data"], starts=3)
        assert sparse["gamma_union"][0] <= sparse["gamma"][1] * (1 + 1e-6)
        if sparse["deficient_pairs"] == 0:
            assert verdict == "yes" and sparse["lower_rip_union"] >= sparse["lower_rip"] * (1 - 1e-9)


def test_random_problems_cover_everything() -> None:
    problems = [o.random_problem(seed) for seed in range(120)]
    assert {p["kind"] for p in problems} == {"basis", "kernel", "pattern", "network"}
    assert {p["equivalence"] for p in problems} == {"scale", "neuron-scale", "path-scale"}
    assert {p["model"]["kind"] for p in problems} == {"free", "supports", "sparse", "group-sparse", "nonnegative"}
    assert any(p["data"] is not None for p in problems) and any(p["nonnegative"] and p["models"] for p in problems)
