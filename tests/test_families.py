"""Families of supports: all pairs against brute force, all sets of columns against enumeration."""

from __future__ import annotations

import itertools
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import oracles
import pytest

import dmfverify as dv
from dmfverify.certificate import Claim, Nothing
from dmfverify.check import Rejected, Session
from dmfverify.check.elimination import Matrix, eliminate, positive, scaled
from dmfverify.check.elimination import slot as checkers_slot
from dmfverify.check.elimination import steps as checkers_steps
from dmfverify.check.growth import require_growth
from dmfverify.check.strict import Work
from dmfverify.identify import column_subsets, shift_families, support_search, support_tree
from dmfverify.identify.column_growth import TooMany, grow, swaps
from dmfverify.identify.support_orbits import Symmetry, symmetries
from dmfverify.lifting import Lifting
from dmfverify.method import Budget

NEAR = 1 + 1e-9


def accepted(case: Any, method: Any, budget: float = 60) -> dict[str, Any]:
    """What the checker proves from the claims of one method; every claim has to be accepted."""
    lifting = Lifting(case.statement)
    assert not method.accepts(lifting, {})
    session = Session(case.statement.to_bytes())
    for claim in claims(method.search(lifting, {}, Budget(budget))):
        session.accept(json.loads(json.dumps(claim.to_json())))
    return session.proved()


def claims(outcome: Any) -> list[Claim]:
    """The claims of an outcome, in parts or not."""
    assert not isinstance(outcome, Nothing), outcome
    return [c for part in outcome for c in part] if isinstance(outcome, Iterator) else list(outcome)


def family(seed: int, listed: bool = True) -> tuple[list[np.ndarray], Any, list[Any], bool]:
    """A random small family: basis, model, its supports, and whether parameters are non-negative."""
    rng = np.random.default_rng(seed)
    K = int(rng.integers(1, 4))
    sizes = rng.integers(1, 5 if K < 3 else 4, K).tolist()
    dims = rng.integers(1, 4, K + 1).tolist()
    basis = [rng.integers(-2, 3, (s, a, b)) for s, a, b in zip(sizes, dims, dims[1:], strict=False)]
    if rng.random() < 0.3:
        basis[0][-1] = basis[0][0]
    kind = rng.integers(3 if listed else 2)
    sign = bool(rng.random() < 0.2)
    if kind == 0:
        counts = [int(rng.integers(1, min(s, 2) + 1)) for s in sizes]
        return basis, dv.Sparse(counts, nonnegative=sign), oracles.sparse_models(sizes, counts), sign
    if kind == 1:
        groups = [_groups(rng, s) for s in sizes]
        return basis, dv.GroupSparse(groups, [1] * K, nonnegative=sign), oracles.group_models(groups, [1] * K), sign
    models = [
        [sorted(rng.choice(s, int(rng.integers(1, s + 1)), replace=False).tolist()) for s in sizes]
        for _ in range(int(rng.integers(1, 5)))
    ]
    return basis, dv.Supports(models, nonnegative=sign), models, sign


def _groups(rng: np.random.Generator, size: int) -> list[list[int]]:
    order = rng.permutation(size).tolist()
    cuts = sorted({*rng.integers(1, size + 1, 2).tolist(), size})
    return [sorted(order[a:b]) for a, b in itertools.pairwise([0, *cuts])]


def against_brute_force(seed: int, listed: bool, names: tuple[str, ...]) -> bool:
    """Every constant of a random family; whether some pair was deficient."""
    basis, model, models, sign = family(seed, listed)
    case = dv.Case(dv.Architecture([dv.Basis(b) for b in basis]), model=model)
    lifting = Lifting(case.statement)
    if support_tree.accepts(lifting, {}) or isinstance(support_tree.search(lifting, {}, Budget()), Nothing):
        return False  # nothing but zero columns
    proved = accepted(case, support_tree)
    truth = oracles.sparse_dnsp([b.tolist() for b in basis], models, nonnegative=sign, starts=2)
    assert proved["sparse_dnsp.deficient_pairs"] == truth["deficient_pairs"]
    assert proved["sparse_dnsp.pairs"] == truth["pairs"]
    assert all(dv.Bracket.read(proved["sparse_dnsp." + name]).ratio < NEAR for name in names)
    for name in ("lower_rip", "lower_rip_union"):
        bracket = dv.Bracket.read(proved["sparse_dnsp." + name])
        assert bracket.lo <= truth[name] * NEAR and truth[name] <= bracket.hi * NEAR
    for name in ("gamma", "gamma_union"):
        bracket = dv.Bracket.read(proved["sparse_dnsp." + name])
        assert bracket.lo <= truth[name][1] * NEAR and truth[name][0] <= bracket.hi * NEAR
    if proved.get("identifiability.uniform.verdict") == "yes":
        assert truth["gamma"][0] < math.inf
    return bool(truth["deficient_pairs"])


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_random_families(start: int) -> None:
    deficient = [against_brute_force(seed, True, ("lower_rip", "lower_rip_union")) for seed in range(start, start + 10)]
    assert any(deficient)


@pytest.mark.parametrize("tree", [False, True])
def test_random_families_by_orbits(tree: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support_tree, "MANY_BOXES", -1)
    if tree:
        monkeypatch.setattr(support_tree, "MAX_SUPPORTS", 0)
    found = watched(monkeypatch)
    for seed in range(12):
        against_brute_force(seed, not tree, ("lower_rip",))
    assert any(found)


def watched(monkeypatch: pytest.MonkeyPatch) -> list[list[Symmetry]]:
    """The symmetries of each search from now on."""
    found: list[list[Symmetry]] = []

    def watch(*arguments: Any) -> list[Symmetry]:
        found.append(symmetries(*arguments))
        return found[-1]

    monkeypatch.setattr(support_tree, "symmetries", watch)
    return found


SYMMETRIC = {
    "two circulants": dv.Case(dv.Architecture([dv.Circulant(5, taps=range(5))] * 2), model=dv.Sparse([1, 1])),
    "a circulant": dv.Case(dv.Architecture([dv.Circulant(7, taps=range(7))]), model=dv.Sparse([2])),
    "opposite columns": dv.Case(
        dv.Architecture([dv.Basis(np.array([[[1], [0]], [[-1], [0]], [[0], [2]], [[0], [2]]]))]), model=dv.Sparse([1])
    ),
}


@pytest.mark.parametrize("by", ["canonaut", "networkx"])
@pytest.mark.parametrize(("name", "tree"), [*((name, False) for name in SYMMETRIC), ("two circulants", True)])
def test_orbits_change_no_constant(name: str, tree: bool, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if by == "canonaut":
        pytest.importorskip("canonaut")
    else:
        monkeypatch.setitem(sys.modules, "canonaut", None)
    monkeypatch.setattr(support_tree, "MANY_BOXES", -1)
    if tree:
        monkeypatch.setattr(support_tree, "MAX_SUPPORTS", 0)
    found = watched(monkeypatch)
    by_orbits = accepted(SYMMETRIC[name], support_tree)
    assert any(found)
    monkeypatch.setattr(support_tree, "symmetries", lambda *arguments: [])
    plain = accepted(SYMMETRIC[name], support_tree)
    assert by_orbits.keys() == plain.keys()
    for path, value in plain.items():
        if path.startswith("sparse_dnsp.lower_rip"):
            one, other = dv.Bracket.read(value), dv.Bracket.read(by_orbits[path])
            assert one.lo <= other.hi
            assert other.lo <= one.hi
        else:
            assert by_orbits[path] == value, path


@pytest.mark.slow
def test_two_hundred_random_families() -> None:
    deficient = [against_brute_force(seed, True, ("lower_rip", "lower_rip_union")) for seed in range(1000, 1200)]
    assert sum(deficient) > 50


def test_random_families_by_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support_tree, "MAX_SUPPORTS", -1)
    deficient = [against_brute_force(seed, False, ("lower_rip", "lower_rip_union")) for seed in range(49)]
    assert any(deficient) and not all(deficient)


def three_factors(size: int) -> tuple[Any, np.ndarray]:
    rng = np.random.default_rng(0)
    basis = [rng.integers(-2, 3, (size, 6, 6)) for _ in range(3)]
    case = dv.Case(dv.Architecture([dv.Basis(b) for b in basis]), model=dv.Sparse([1, 1, 2]))
    columns = np.einsum("iab,jbc,kcd->ijkad", *basis).reshape(size**3, 36).astype(float)
    return case, (columns @ columns.T).reshape((size,) * 6)


def test_tree_of_three_factors(monkeypatch: pytest.MonkeyPatch) -> None:
    """500 boxes of 2 x 2 x 4 columns."""
    monkeypatch.setattr(support_tree, "MAX_SUPPORTS", -1)
    case, G = three_factors(5)
    proved = accepted(case, support_tree)
    boxes = itertools.product(*(list(itertools.combinations(range(5), n)) for n in (2, 2, 4)))
    least = min(np.linalg.eigvalsh(G[np.ix_(*box, *box)].reshape(16, 16))[0] for box in boxes)
    bracket = dv.Bracket.read(proved["sparse_dnsp.lower_rip"])
    assert proved["sparse_dnsp.deficient_pairs"] == 0 and proved["identifiability.uniform.verdict"] == "yes"
    assert abs(float(bracket.lo) ** 2 - least) < 1e-8 * least and bracket.ratio < NEAR
    assert dv.Bracket.read(proved["dnsp.kappa"]).lo == bracket.lo


def test_large_boxes_are_left_alone() -> None:
    """A chain of ten layers is decided by its shifts; boxes of 1,024 columns are no business of this method."""
    case = dv.Case(dv.Architecture([dv.Circulant(2048, taps=[0, 1])] * 10), model=dv.Sparse([1] * 10))
    assert support_tree.accepts(Lifting(case.statement), {}) == "boxes of two supports with up to 1024 columns"
    pairs = dv.Case(dv.Architecture([dv.Basis(np.eye(256)[:, :, None])]), model=dv.Sparse([255]))
    assert support_tree.accepts(Lifting(pairs.statement), {}) == "32896 pairs with up to 256 columns each"


def test_a_branch_left_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support_tree, "MAX_SUPPORTS", -1)
    case, _ = three_factors(4)
    claim = claims(support_tree.search(Lifting(case.statement), {}, Budget()))[-1].to_json()
    claim["tree"] = claim["tree"][:-1]
    with pytest.raises(Rejected, match="ends too early"):
        Session(case.statement.to_bytes()).accept(claim)


def test_smaller_boxes_beside_one_with_a_kernel() -> None:
    """The least non-zero singular value is not monotone: (1, 1/10) has 1.005 on both columns and 1/10 on one."""
    case = dv.Case(dv.Architecture([dv.Basis([[[1]], [["1/10"]]])]), model=dv.Sparse([1]))
    bracket = dv.Bracket.read(accepted(case, support_tree)["sparse_dnsp.lower_rip"])
    assert bracket.ratio < NEAR and abs(float(bracket.hi) - 0.1) < 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_shifts_of_a_pair(seed: int) -> None:
    """Chains whose shifts may collide, against singular values of all boxes and unions."""
    rng = np.random.default_rng(seed)
    taps = [sorted(rng.choice(6, int(rng.integers(2, 4)), replace=False).tolist()) for _ in range(2)]
    counts = [int(rng.integers(1, len(t) + 1)) for t in taps]
    case = dv.Case(dv.Architecture([dv.Circulant(6, taps=t) for t in taps]), model=dv.Sparse(counts))
    basis = [[np.roll(np.eye(6, dtype=int), t, axis=0).tolist() for t in own] for own in taps]
    truth = oracles.sparse_dnsp(basis, oracles.sparse_models([len(t) for t in taps], counts), starts=1)
    lifting = Lifting(case.statement)
    assert not shift_families.accepts_pair(lifting, {})
    session = Session(case.statement.to_bytes())
    for claim in claims(shift_families.search_pair(lifting, {}, Budget())):
        session.accept(json.loads(json.dumps(claim.to_json())))
    for name in ("lower_rip", "lower_rip_union"):
        bracket = dv.Bracket.read(session.proved()["sparse_dnsp." + name])
        assert bracket.lo <= truth[name] * NEAR and truth[name] <= bracket.hi * NEAR


def test_a_long_chain_that_collides() -> None:
    """1,024 columns on 4,096 cells: no, and the least singular value is that of one shift."""
    case = dv.Case(dv.Architecture([dv.Circulant(4096, taps=[0, 1])] * 10), model=dv.Sparse([1] * 10))
    result = dv.certify(case).json
    assert result["identifiability"]["uniform"]["verdict"] == "no"
    assert result["sparse_dnsp"]["lower_rip"] == result["sparse_dnsp"]["lower_rip_union"] == ["64", "64"]


# -- sets of columns --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_sets_of_columns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(3, 7)), int(rng.integers(3, 9))
    A = rng.standard_normal((m, n)) if seed % 3 else rng.integers(-2, 3, (m, n)).astype(float)
    k = int(rng.integers(1, min(m, n, 5) + 1))
    values = [np.linalg.svd(A[:, T], compute_uv=False) for T in itertools.combinations(range(n), k)]
    least, greatest = min(v[-1] for v in values), max(v[0] for v in values)
    low, high = dv.lower_rip(A, k), dv.upper_rip(A, k)
    assert low.lo <= least + 1e-9 and least - 1e-9 <= low.hi and (low.ratio < NEAR or low.hi < 1e-9)
    assert high.lo <= greatest * NEAR and greatest <= high.hi * NEAR and high.ratio < NEAR


def test_more_columns_than_rows_are_dependent() -> None:
    bracket = dv.lower_rip(np.random.default_rng(0).standard_normal((3, 6)), 4)
    assert (bracket.lo, bracket.hi) == (0, 0)


def test_dependent_columns_are_a_witness() -> None:
    A = np.random.default_rng(1).integers(-3, 4, (6, 10))
    A[:, 9] = A[:, 2] - 2 * A[:, 5] + A[:, 7]
    case = dv.Case(dv.Architecture([dv.Basis(A.T[:, :, None])]), model=dv.Sparse([2]))
    proved = accepted(case, column_subsets)
    assert proved["identifiability.uniform.verdict"] == "no"


def test_no_time() -> None:
    A = np.random.default_rng(2).standard_normal((20, 40))
    bracket = dv.lower_rip(A, 5, time_budget=0)
    assert bracket.lo == 0 and 0 < bracket.hi < 3


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has been accepted before Ctrl-C is the answer."""

    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(column_subsets.Side, "_settled", interrupted)
    bracket = dv.lower_rip(np.random.default_rng(2).standard_normal((20, 40)), 3)
    assert bracket.lo == 0 and 0 < bracket.hi < 3


@pytest.mark.parametrize(
    ("A", "order", "message"),
    [
        ([[1.0, 2.0]], 1, "A: got .*, expected a numpy matrix"),
        (np.eye(3), 4, "order: got 4, expected a number of columns from 1 to 3"),
        (np.eye(3), True, "order: got True"),
        (np.ones((1, 1001)), 2, "expected at most 1000"),
    ],
)
def test_bad_input(A: Any, order: Any, message: str) -> None:
    with pytest.raises(dv.BadInput, match=message):
        dv.lower_rip(A, order)


@pytest.mark.slow
@pytest.mark.parametrize(("m", "n", "order"), [(64, 128, 4), (128, 256, 4), (64, 128, 6)])
def test_sizes_of_compressed_sensing(m: int, n: int, order: int) -> None:
    A = np.random.default_rng(1).standard_normal((m, n)) / math.sqrt(m)
    assert dv.lower_rip(A, order, time_budget=300).ratio < NEAR


def test_growth_finds_every_bad_set() -> None:
    """Against all sets, in double precision."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        A = rng.standard_normal((8, 9))
        G, k = A.T @ A, 4
        least = {T: np.linalg.eigvalsh(G[np.ix_(T, T)])[0] for T in itertools.combinations(range(9), k)}
        tau = sorted(least.values())[5] + 1e-6
        if tau >= np.diag(G).min():
            continue
        found = grow(G - tau * np.eye(9), k, 32, math.inf, lambda: 1.0)
        assert {tuple(T) for T in found.tolist()} == {T for T, value in least.items() if value < tau}
        assert swaps(G, k, rng, lambda: 1.0)[0] <= np.median(list(least.values()))


def test_growth_stops() -> None:
    with pytest.raises(TooMany):
        grow(np.eye(9) + 0.9 * (np.ones((9, 9)) - np.eye(9)), 4, 32, 100, lambda: 1.0)


# -- the checker's arithmetic -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_fixed_point_never_calls_an_indefinite_matrix_positive(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, bits = int(rng.integers(1, 9)), int(rng.integers(8, 60))
    B = rng.integers(-9, 10, (n, n + 2))
    M = 10**6 * (B @ B.T)
    low = int(np.floor(np.linalg.eigvalsh(M.astype(float))[0]))
    for shift in (0, low // 2, low - 10, low + 10, 2 * low + 100):
        shifted = [[int(x) - (shift if i == j else 0) for j, x in enumerate(row)] for i, row in enumerate(M)]
        if positive(shifted, bits, Work()):
            assert shift < low + 2
    assert positive([[int(x) for x in row] for row in M + 10**5 * np.eye(n, dtype=int)], 60, Work())


@pytest.mark.parametrize("seed", range(40))
def test_fixed_point_refuses_singular_matrices(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, bits = int(rng.integers(2, 13)), int(rng.integers(8, 34))
    B = rng.integers(-9, 10, (n, n - 1))
    assert not positive((B @ B.T).astype(object).tolist(), bits, Work())


@pytest.mark.parametrize("bits", [8, 16, 26, 27, 60])
def test_fixed_point_needs_little_room(bits: int) -> None:
    n = 12
    rotation = np.linalg.qr(np.random.default_rng(bits).normal(size=(n, n)))[0]
    for least in (4 * n * 2.0**-bits, 1e-12 - 4 * n * 2.0**-bits):
        M = rotation @ np.diag([least, *np.linspace(0.1, 1, n - 1)]) @ rotation.T
        rows = [[round(x * 2.0**80) for x in row] for row in (M + M.T).tolist()]
        assert positive(rows, bits, Work()) == (least > 0)


@pytest.mark.parametrize("bits", [26, 40])
def test_a_small_pivot_does_not_run_over(bits: int) -> None:
    """Its row would be so long that its square is a multiple of what a slot holds."""
    top, loss = 4**bits, 2 * (2 ** (bits - 1) + 1)
    for beside in (0, 1, 2, 5):
        assert not positive([[top, top - beside], [top - beside, loss + 1]], bits, Work())
    assert positive([[top, 0], [0, loss + 1]], bits, Work())


def entries_of(matrix: Matrix, i: int, columns: list[int]) -> list[int]:
    """Entries of a row, read from its slots one by one."""
    found, row = {}, matrix.rows[i]
    for j in matrix.slots:
        digit = row & (1 << 8 * matrix.size) - 1
        found[j] = digit - (digit >> 8 * matrix.size - 1 << 8 * matrix.size)
        row = row - found[j] >> 8 * matrix.size
    return [found[j] for j in columns]


def test_elimination_in_parts_is_that_of_the_whole() -> None:
    """Columns go one after the other, in any order; what is left is the Schur complement, from below."""
    rng, bits, n = np.random.default_rng(3), 40, 9
    B = rng.integers(-9, 10, (n, n + 3))
    entries = scaled((B @ B.T).astype(object).tolist(), bits)
    for _ in range(10):
        order = rng.permutation(n).tolist()
        at = Matrix.of(entries, range(n), bits)
        parts = np.split(np.array(order), sorted(rng.choice(range(1, n), 3, replace=False)))
        for k, part in enumerate(parts[:-1]):
            at = eliminate(at, part.tolist(), np.concatenate(parts[k + 1 :]).tolist(), Work())
            assert at is not None
        gone, left = order[: n - len(parts[-1])], sorted(parts[-1].tolist())
        N = np.array(entries, dtype=float)
        rest = N[np.ix_(left, left)] - N[np.ix_(left, gone)] @ np.linalg.solve(
            N[np.ix_(gone, gone)], N[np.ix_(gone, left)]
        )
        found = [entries_of(at, i, left) for i in left]
        assert np.allclose(np.array(found, dtype=float), rest, rtol=0, atol=n * 2.0**bits)


def test_columns_that_make_it_indefinite_may_go_unused() -> None:
    """A column that is too long for a pivot is given up; the others go on."""
    bits = 26
    top, loss = 4**bits, 3 * (2 ** (bits - 1) + 1)
    entries = scaled([[top, top, 0], [top, loss + 1, 0], [0, 0, top]], bits)
    left = eliminate(Matrix.of(entries, range(3), bits), [1], [0, 2], Work())
    assert left is not None
    assert list(left.rows) == [2]
    assert eliminate(left, [0], [2], Work()) is None
    assert eliminate(left, [2], [], Work()) is not None


def test_a_column_given_up_leaves_the_others_alone() -> None:
    bits = 26
    top, loss = 4**bits, 4 * (2 ** (bits - 1) + 1)
    rows = [[top, 0, 0, 0], [0, top, 0, top], [0, 0, top, 2**20], [0, top, 2**20, loss + 1]]
    matrix = Matrix.of(scaled(rows, bits), range(4), bits)
    found = [eliminate(matrix, [3], rest, Work()) for rest in ([0, 1, 2], [0, 2])]
    assert found[0] is not None
    assert found[1] is not None
    assert [list(left.rows) for left in found] == [[0, 2], [0, 2]]
    assert [entries_of(found[0], i, [0, 2]) for i in (0, 2)] == [entries_of(found[1], i, [0, 2]) for i in (0, 2)]


def test_the_search_counts_the_steps_of_the_checker() -> None:
    for n, bits in itertools.product((1, 7, 64, 1728), (20, 26, 60, 256)):
        size = support_search.slot(n, bits)
        assert size == checkers_slot(n, bits)
        for gone in (0, 1, n // 2, n):
            assert support_search.steps(gone, n - gone, bits, size) == checkers_steps(gone, n - gone, bits, size)


def test_growth_is_refused_by_a_hair() -> None:
    H = [[100, 0, -60], [0, 100, -80], [-60, -80, 100]]  # singular
    with pytest.raises(Rejected, match="not shown"):
        require_growth(H, 3, 30, Work(), "x")
    require_growth([[x + (i == j) for j, x in enumerate(row)] for i, row in enumerate(H)], 3, 30, Work(), "x")
