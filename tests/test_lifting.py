"""Columns, kernels, products and Gram matrices of the lifting against their definitions.

The oracle multiplies dense numpy basis matrices over all multi-indices; nothing of the package's route is in it.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dmfverify.lifting import Lifting, TooLarge, linalg, row_gram, trains
from dmfverify.lifting.stages import chain
from dmfverify.problem.forms import Form, Known, Pattern, Statement, Taps, Terms

# ---------------------------------------------------------------- oracle


def dense(triples: list, shape: tuple[int, int]) -> np.ndarray:
    out = np.full(shape, Fraction(0), dtype=object)
    for r, c, v in triples:
        out[r, c] += v
    return out


def matrices(form: Form) -> list[np.ndarray]:
    """Basis matrices of a form (one matrix when it is known), straight from the definition of the form."""
    if isinstance(form, Taps):
        return taps_matrices(form)
    if isinstance(form, Known):
        return [dense(list(form.entries), form.shape)]
    return [dense(form.basis(i), form.shape) for i in range(form.parameters)]


def taps_matrices(layer: Taps) -> list[np.ndarray]:
    cells = list(itertools.product(*(range(n) for n in layer.grid)))
    full = layer.full_grid
    out = [c for c in itertools.product(*(range(n) for n in full)) if all(x % layer.stride == 0 for x in c)]
    found = []
    for to, source, shift, value in [(*t, Fraction(1)) for t in layer.taps] or list(layer.fixed):
        m = np.full((layer.nodes[0] * len(out), layer.nodes[1] * len(cells)), Fraction(0), dtype=object)
        for (r, y), (c, x) in itertools.product(enumerate(out), enumerate(cells)):
            difference = [a - b - s for a, b, s in zip(y, x, shift, strict=True)]
            if all(
                d % n == 0 if layer.boundary == "circular" else d == 0 for d, n in zip(difference, full, strict=True)
            ):
                m[to * len(out) + r, source * len(cells) + c] = value
        found.append(m)
    return found if layer.taps else [sum(found)]


def follows(statement: Statement, index: tuple[int, ...]) -> bool:
    """Whether a multi-index is alive, by walking along it."""
    if statement.equivalence == "scale":
        return True
    labels, k = None, 0
    for form in statement.forms:
        if isinstance(form, Pattern):
            left, right = form.entries[index[k]]
        elif form.parameters:
            left, right = form.taps[index[k]][:2]
        else:
            labels = labels if labels is None else {f[1] for f in form.fixed if f[0] in labels}
            continue
        if labels is not None and left not in labels:
            return False
        labels, k = {right}, k + 1
    return True


def alive_indices(statement: Statement) -> list[tuple[int, ...]]:
    """Alive multi-indices, by trying all of them."""
    every = itertools.product(*(range(n) for n in statement.sizes))
    return [index for index in every if follows(statement, index)]


def oracle(statement: Statement) -> np.ndarray:
    """The matrix of all columns, exact (all rows of the product, row-major)."""
    forms = [*statement.forms, *([statement.data] if statement.data else [])]
    bases, unit = [], Fraction(1)
    for form in forms:
        exact = matrices(form)
        d = math.lcm(*(v.denominator for m in exact for v in m.ravel()))
        unit, small = unit / d, [m * d for m in exact]
        big = max(abs(v) for m in small for v in m.ravel()) > 1000
        bases.append([m.astype(object if big else np.int64) for m in small])
    columns = []
    for index in alive_indices(statement):
        chosen = iter(index)
        product = None
        for form, basis in zip(forms, bases, strict=True):
            m = basis[next(chosen) if form.parameters else 0]
            product = m if product is None else product.dot(m)
        columns.append(product.ravel())
    rows = statement.product_shape[0] * statement.product_shape[1]
    whole = np.array(columns, dtype=object).reshape(len(columns), rows).T
    return np.array([int(v) for v in whole.ravel()], dtype=object).reshape(whole.shape) * unit


# ---------------------------------------------------------------- random statements

SMALL = st.fractions(min_value=-3, max_value=3, max_denominator=4)


@st.composite
def shaped(draw: st.DrawFn, kind: str, shape: tuple[int, int]) -> Form:
    cells = list(itertools.product(range(shape[0]), range(shape[1])))
    some = st.lists(st.sampled_from(cells), min_size=1, max_size=min(5, len(cells)), unique=True)
    if kind == "pattern":
        return Pattern(shape, tuple(draw(some)))
    if kind == "known":
        return Known(shape, tuple((r, c, draw(SMALL.filter(bool))) for r, c in draw(some)))
    S = draw(st.integers(1, 3))
    terms = [(draw(st.integers(0, S - 1)), r, c, draw(SMALL)) for r, c in draw(some) + draw(some)]
    return Terms(shape, S, tuple(terms))


@st.composite
def matrix_statements(draw: st.DrawFn) -> Statement:
    """Terms, patterns and known matrices, with or without data, scale or neuron-scale."""
    neuron = draw(st.booleans())
    K = draw(st.integers(1, 3))
    sides = [draw(st.integers(1, 4)) for _ in range(K + 1)]
    kinds = ["pattern"] * K if neuron else [draw(st.sampled_from(["pattern", "terms", "known"])) for _ in range(K)]
    if "known" in kinds and len(set(kinds)) == 1:
        kinds[0] = "terms"
    forms = tuple(draw(shaped(kind, (a, b))) for kind, a, b in zip(kinds, sides, sides[1:], strict=False))
    data = draw(shaped("known", (sides[-1], 3))) if draw(st.booleans()) else None
    return Statement("neuron-scale" if neuron else "scale", forms, data=data)


@st.composite
def taps_statements(draw: st.DrawFn) -> Statement:
    """Layers of taps: several nodes, 1-D or 2-D, strides, both boundaries, fixed layers, data."""
    boundary = draw(st.sampled_from(["circular", "zero"]))
    grid = draw(st.sampled_from([(4,), (5,), (2, 2)]))
    K = draw(st.integers(1, 3))
    nodes = [1, *(draw(st.integers(1, 2)) for _ in range(K))]
    strides = draw(st.booleans())
    layers: list[Taps] = []
    for k in range(K, 0, -1):  # from the inputs to the output
        fixed = 0 < len(layers) < K and draw(st.integers(0, 3)) == 0
        layer = draw(
            tap_layers(grid, boundary, (nodes[k - 1], nodes[k]), draw(st.integers(1, 2)) if strides else 1, fixed)
        )
        layers.insert(0, layer)
        grid = layer.out_grid
    several = draw(st.booleans())
    shape = (layers[-1].shape[1], 2)
    data = draw(shaped("known", shape)) if draw(st.integers(0, 3)) == 0 else None
    return Statement("path-scale" if several else "scale", tuple(layers), data=data)


@st.composite
def tap_layers(
    draw: st.DrawFn, grid: tuple[int, ...], boundary: str, nodes: tuple[int, int], stride: int, fixed: bool
) -> Taps:
    most = [n - 1 if boundary == "circular" else 1 + (len(grid) == 1) for n in grid]
    tap = st.tuples(
        st.integers(0, nodes[0] - 1), st.integers(0, nodes[1] - 1), st.tuples(*(st.integers(0, s) for s in most))
    )
    chosen = draw(st.lists(tap, min_size=1, max_size=3, unique=True))
    if fixed:
        known = tuple((*t, draw(SMALL.filter(bool))) for t in chosen)
        return Taps(grid, boundary, stride, nodes, (), known)
    return Taps(grid, boundary, stride, nodes, tuple(chosen))


statements = st.one_of(matrix_statements(), taps_statements())
quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def parameters(statement: Statement, seed: int) -> list[list[Fraction]]:
    rng = np.random.default_rng(seed)
    return [[Fraction(int(rng.integers(-4, 5)), int(rng.integers(1, 4))) for _ in range(n)] for n in statement.sizes]


def true_gram(lifting: Lifting) -> np.ndarray:
    c = lifting.columns
    return c.gram() * Fraction(c.weight, c.denominator**2)


# ---------------------------------------------------------------- laws


@quick
@given(statements)
def test_coordinates_are_the_alive_multi_indices_in_order(statement: Statement) -> None:
    lifting = Lifting(statement)
    indices = alive_indices(statement)
    assert lifting.coordinates == indices
    assert lifting.count == len(indices)
    assert [lifting.position(i) for i in indices] == list(range(len(indices)))
    assert [lifting.alive.at(p) for p in range(len(indices))] == indices
    assert lifting.all_alive == (len(indices) == math.prod(statement.sizes))


@quick
@given(statements)
def test_columns_have_the_gram_matrix_of_the_definition(statement: Statement) -> None:
    lifting = Lifting(statement)
    A = oracle(statement)
    if lifting.columns.n:
        assert (true_gram(lifting) == A.T.dot(A)).all()
        d, integer = lifting.columns.true_gram()
        assert (integer == A.T.dot(A) * d * d).all()


@quick
@given(statements)
def test_product_rows_are_the_columns_themselves(statement: Statement) -> None:
    from dmfverify.lifting.columns import assemble

    lifting = Lifting(statement)
    columns = assemble(chain(statement, "product"), lifting.alive)
    A = oracle(statement)
    width = statement.product_shape[1]
    kept = [r for r in range(A.shape[0]) if any(A[r])]
    assert [a * width + c for a, c in columns.rows] == kept
    if columns.n:
        assert (columns.dense() * Fraction(1, columns.denominator) == A[kept]).all()


@quick
@given(statements)
def test_kernel_is_a_basis(statement: Statement) -> None:
    lifting = Lifting(statement)
    A = oracle(statement)
    rank = fraction_rank(A)
    assert lifting.rank == rank
    assert lifting.kernel_dimension == len(lifting.kernel) == lifting.count - rank
    assert lifting.trivial_kernel == (rank == lifting.count)
    for vector in lifting.kernel:
        assert math.gcd(*vector) == 1
        assert not any(A.dot(np.array(vector, dtype=object)))
    basis = np.array(lifting.kernel, dtype=object).reshape(lifting.kernel_dimension, lifting.count)
    assert fraction_rank(basis) == lifting.kernel_dimension


def fraction_rank(matrix: np.ndarray) -> int:
    """Rank by plain elimination over the rationals."""
    rows, rank = [[Fraction(x) for x in row] for row in matrix], 0
    for j in range(matrix.shape[1] if matrix.size else 0):
        pivot = next((r for r in range(rank, len(rows)) if rows[r][j]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for r in range(rank + 1, len(rows)):
            factor = rows[r][j] / rows[rank][j]
            if factor:
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[rank], strict=True)]
        rank += 1
    return rank


@quick
@given(statements, st.integers(0, 100))
def test_products_inner_products_and_gradients(statement: Statement, seed: int) -> None:
    lifting = Lifting(statement)
    h, g = parameters(statement, seed), parameters(statement, seed + 1)
    P, Q = lifting.P(h), lifting.P(g)
    if not lifting.count:
        return
    assert lifting.inner(h, g) == P.dot(Q)
    assert [lifting.P_at(h, i) for i in lifting.coordinates] == list(P)
    expected = lifting.columns.apply(P)
    found = lifting.product(h)
    assert set(found) <= set(lifting.rows) and lifting.rows == lifting.columns.rows
    assert [found.get(r, Fraction(0)) * lifting.columns.denominator for r in lifting.rows] == expected
    floats = [np.array(x, dtype=float) for x in h]
    value = lifting.floats.product(floats)
    assert np.allclose(value, lifting.columns.floats() @ P.astype(float), atol=1e-9)
    y = np.arange(1.0, len(value) + 1)
    J = lifting.floats.jacobian(floats)
    assert np.allclose(np.concatenate(lifting.floats.gradient(floats, y)), y @ J, atol=1e-7)
    for k, v in enumerate(floats):  # Euler: each block of the Jacobian times h_k is the product
        at = sum(statement.sizes[:k])
        assert np.allclose(J[:, at : at + len(v)] @ v, value, atol=1e-7)


@quick
@given(statements)
def test_contraction_is_the_gram_matrix_of_the_columns(statement: Statement) -> None:
    lifting = Lifting(statement)
    W = lifting.columns.row_gram()
    exact = row_gram(statement)
    assert exact.rows == lifting.columns.rows
    assert (exact.matrix == W).all()
    assert (row_gram(statement, 1009).matrix == W % 1009).all()
    assert (row_gram(statement, 2**61 - 1).matrix == W % (2**61 - 1)).all()
    floats = row_gram(statement, "float")
    scale = exact.weight / exact.denominator**2
    assert np.allclose(np.ldexp(floats.matrix, floats.exponent), W.astype(float) * scale, rtol=1e-9, atol=1e-9)
    assert exact.rank == lifting.rank
    for y in exact.left_kernel:
        assert not any(lifting.columns.apply_transposed(y))
    assert len(exact.left_kernel) == exact.m - exact.rank


@quick
@given(statements, st.data())
def test_boxes_and_unions_of_boxes(statement: Statement, data: st.DataObject) -> None:
    lifting = Lifting(statement)
    boxes = []
    for _ in range(data.draw(st.integers(1, 3))):
        sets = [data.draw(st.sets(st.integers(0, n - 1), min_size=1)) for n in statement.sizes]
        boxes.append(tuple(tuple(sorted(s)) for s in sets))
    inside = [[all(i in b for i, b in zip(index, box, strict=True)) for index in lifting.coordinates] for box in boxes]
    for box, flags in zip(boxes, inside, strict=True):
        assert lifting.box(box) == [j for j, flag in enumerate(flags) if flag]
    union = [j for j in range(lifting.count) if any(flags[j] for flags in inside)]
    part = lifting.restricted(union)
    alive_rows = sorted(set(part.row.tolist()))
    W = part.row_gram()[np.ix_(alive_rows, alive_rows)]
    found = row_gram(statement, "exact", boxes)
    assert found.rows == tuple(part.rows[r] for r in alive_rows)
    assert (found.matrix == W).all()
    assert (row_gram(statement, 1009, boxes).matrix == W % 1009).all()
    floats = row_gram(statement, "float", boxes)
    scale = found.weight / found.denominator**2
    assert np.allclose(np.ldexp(floats.matrix, floats.exponent), W.astype(float) * scale, rtol=1e-9, atol=1e-9)


@quick
@given(statements)
def test_singular_values(statement: Statement) -> None:
    lifting = Lifting(statement)
    if not lifting.rank:
        return
    A = oracle(statement)
    values = np.linalg.svd(A.astype(float), compute_uv=False)
    expected = (values[lifting.rank - 1], values[0])
    assert lifting.singular_values == pytest.approx(expected, rel=1e-7)
    assert row_gram(statement).singular_values() == pytest.approx(expected, rel=1e-7)


@quick
@given(statements, st.integers(0, 100))
def test_measured_differences(statement: Statement, seed: int) -> None:
    lifting = Lifting(statement)
    h, g = parameters(statement, seed), parameters(statement, seed + 7)
    found = lifting.measure([(1, h), (-1, g)])
    if not lifting.count:
        return
    T = lifting.P(h) - lifting.P(g)
    A = oracle(statement)
    assert found.norm2 == T.dot(T)
    assert found.image2 == sum(x * x for x in A.dot(T))
    floats = A.astype(float)
    projected = np.linalg.pinv(floats) @ (floats @ T.astype(float))
    assert float(found.projected2) == pytest.approx(float(projected @ projected), rel=1e-6, abs=1e-9)
    assert found.projected2_estimate == pytest.approx(float(found.projected2), rel=1e-6, abs=1e-9)


@quick
@given(matrix_statements(), st.integers(0, 100))
def test_tensor_trains(statement: Statement, seed: int) -> None:
    lifting = Lifting(statement)
    rng = np.random.default_rng(seed)
    h = [rng.standard_normal(n) for n in statement.sizes]
    g = [rng.standard_normal(n) for n in statement.sizes]
    T = trains.added(trains.rank_one(h), trains.rank_one(g))
    shape = statement.product_shape
    expected = np.zeros(shape)
    value = lifting.floats.product(h) + lifting.floats.product(g)
    for (a, c), v in zip(lifting.rows, value, strict=True):
        expected[a, c] = v
    assert np.allclose(trains.apply(lifting.chain, T), expected, atol=1e-9)
    y = rng.standard_normal(shape)
    back = trains.adjoint(lifting.chain, y)
    assert trains.inner(back, T) == pytest.approx(float((y * expected).sum()), rel=1e-9, abs=1e-9)
    scaled = (
        sum(y[a, c] * lifting.columns.floats()[r] for r, (a, c) in enumerate(lifting.rows)) if lifting.rows else None
    )
    for j, index in enumerate(lifting.coordinates):
        assert trains.entry(back, index) == pytest.approx(0 if scaled is None else scaled[j], abs=1e-9)


# ---------------------------------------------------------------- known values and sizes


def shifts(N: int, *taps: int) -> Taps:
    return Taps((N,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps))


def random_factors(K: int, S: int, m: int, seed: int = 0) -> Statement:
    rng = np.random.default_rng(seed)
    cells = list(itertools.product(range(S), range(m), range(m)))
    forms = []
    for _ in range(K):
        terms = tuple((i, r, c, Fraction(int(rng.integers(-9, 10)))) for i, r, c in cells)
        forms.append(Terms((m, m), S, terms))
    return Statement("scale", tuple(forms))


def test_chain_of_shifts_that_collide() -> None:
    """Taps {0,1,2} and {0,2}, N = 12: 2 sqrt 6 once, 2 sqrt 3 four times, 0 once (theory.md, section 8)."""
    lifting = Lifting(Statement("scale", (shifts(12, 0, 1, 2), shifts(12, 0, 2))))
    assert lifting.rank == 5
    assert lifting.singular_values == pytest.approx((2 * math.sqrt(3), 2 * math.sqrt(6)))
    assert lifting.kernel == [[0, 1, 0, 0, -1, 0]]


@pytest.mark.parametrize("K", [10, 20])
def test_long_chain_of_distinct_shifts(K: int) -> None:
    lifting = Lifting(Statement("scale", tuple(shifts(2**K + 5, 0, 2**k) for k in range(K))))
    assert lifting.count == 2**K
    if K == 10:
        assert lifting.rank == lifting.count == lifting.columns.n
        assert lifting.singular_values == pytest.approx((math.sqrt(2**K + 5),) * 2)
    assert lifting.position((1,) * K) == 2**K - 1


def test_twenty_random_factors() -> None:
    """8^20 columns: exact Gram, rank, singular values; residues agree mod an unrelated prime."""
    statement = random_factors(20, 8, 16)
    lifting = Lifting(statement)
    assert lifting.count == 8**20 and lifting.side == "rows"
    exact = lifting.row_gram()
    p = 1_000_003
    assert (exact.matrix % p == row_gram(statement, p).matrix).all()
    assert lifting.rank == 256 and lifting.kernel_dimension == 8**20 - 256
    floats = row_gram(statement, "float")
    least, top = np.sqrt(np.linalg.eigvalsh(floats.matrix)[[0, -1]]) * 2.0 ** (floats.exponent / 2)
    assert lifting.singular_values == pytest.approx((least, top), rel=1e-6)
    with pytest.raises(TooLarge, match="assembling the columns"):
        _ = lifting.columns


def test_gram_at_a_random_point_of_the_network() -> None:
    """x = A^T y has |x|^2 = y^T W y: the norm of a train against the contraction, K = 20."""
    statement = random_factors(20, 4, 6, seed=3)
    exact = row_gram(statement)
    y = np.random.default_rng(1).standard_normal((6, 6))
    back = trains.adjoint(chain(statement), y)
    W = np.array([[float(x) for x in row] for row in exact.matrix])
    assert trains.inner(back, back) == pytest.approx(float(y.ravel() @ W @ y.ravel()), rel=1e-9)


def test_contraction_from_either_end() -> None:
    rng = np.random.default_rng(5)
    for sides in ([3, 4, 5, 2], [2, 5, 4, 3]):
        forms = []
        for a, b in itertools.pairwise(sides):
            cells = itertools.product(range(3), range(a), range(b))
            forms.append(
                Terms((a, b), 3, tuple((i, r, c, Fraction(int(rng.integers(-9, 10)), 7)) for i, r, c in cells))
            )
        lifting = Lifting(Statement("scale", tuple(forms)))
        assert (lifting.row_gram().matrix == lifting.columns.row_gram()).all()


def test_every_dense_route_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from dmfverify.lifting import gram

    statement = random_factors(4, 3, 4, seed=2)
    expected = Lifting(statement).columns.row_gram()
    links, keys = chain(statement), list(range(16))
    pairs = 10
    for kind in ("pair", "csr", "two"):
        plans = [gram._Plan(kind, s, 0.0, 64) for s in links.stages]
        for mode in ("exact", 1009):
            (row, column, value), _ = gram._dense(links, keys, mode, plans)
            out = np.zeros((16, 16), dtype=object)
            out[row, column] = value
            assert (out == (expected if mode == "exact" else expected % 1009)).all()
    assert len(gram._start(plans)) == pairs


def test_huge_integers_stay_exact() -> None:
    big = Fraction(10**40 + 1, 10**25)
    cells = ((0, 0, 0, big), (1, 0, 1, Fraction(1, 3)), (1, 1, 0, big), (0, 1, 1, Fraction(-7)))
    statement = Statement("scale", (Terms((2, 2), 2, cells),) * 3)
    lifting = Lifting(statement)
    A = oracle(statement)
    assert (true_gram(lifting) == A.T.dot(A)).all()
    assert (row_gram(statement).matrix == lifting.columns.row_gram()).all()


def test_small_singular_values_are_accurate() -> None:
    """diag(1, eps) repeated: the least singular value is far below sqrt(machine precision)."""
    eps = Fraction(1, 10**14)
    form = Terms((2, 2), 2, ((0, 0, 0, Fraction(1)), (1, 0, 0, Fraction(1)), (1, 1, 1, eps)))
    lifting = Lifting(Statement("scale", (form,)))
    assert lifting.singular_values[0] == pytest.approx(1e-14 / math.sqrt(2), rel=1e-9)


def test_kernel_of_dense_random_matrices() -> None:
    rng = np.random.default_rng(0)
    A = rng.integers(-9, 10, (30, 40))
    basis = linalg.nullspace(A)
    assert len(basis) == 10
    assert not (A.astype(object) @ np.array(basis, dtype=object).T).any()


def test_a_kernel_that_one_prime_gets_wrong() -> None:
    """2^61 is 1 mod the first prime: the lifted vector (-1, 1) must be refused."""
    assert linalg.nullspace([[1, 2**61]]) == [[-(2**61), 1]]


def test_small_singular_value_beside_a_kernel() -> None:
    q = 10**28
    gram = np.array([[q, q, 0, 0], [q, q, 0, 0], [0, 0, 3, 3], [0, 0, 3, 3]], dtype=object)
    expected = (math.sqrt(6) / 1e14, math.sqrt(2))
    assert linalg.extreme_singular_values(gram, Fraction(1, q), 2) == pytest.approx(expected, rel=1e-12)


def test_the_least_denominator_of_the_gram_matrix() -> None:
    """One half: 4 A^T A = 1. Four halves: A^T A = 1 although A has denominator 2."""
    for rows, expected in ((1, 2), (4, 1)):
        form = Terms((rows, 1), 1, tuple((0, r, 0, Fraction(1, 2)) for r in range(rows)))
        d, gram = Lifting(Statement("scale", (form,))).columns.true_gram()
        assert (d, gram.tolist()) == (expected, [[1]])


def test_too_large_is_said_before_starting() -> None:
    with pytest.raises(TooLarge, match="would take"):
        _ = Lifting(random_factors(9, 8, 2)).coordinates
