"""Factors and models by law: M(h) of the plain form is what the definition says, for every registered operator."""

# ruff: noqa: E501

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from dmfverify.errors import BadInput
from dmfverify.problem import (
    OPERATORS,
    Architecture,
    Basis,
    Case,
    Circulant,
    Circulant2D,
    Dense,
    Diagonal,
    Edge,
    Fixed,
    Free,
    GroupSparse,
    Network,
    NonNegative,
    Pattern,
    Sparse,
    Supports,
    Symbolic,
    Terms,
    Toeplitz,
)
from dmfverify.problem.model import MODELS

small = st.integers(1, 4)
rationals = st.fractions(-3, 3, max_denominator=5)


def matrix_of(form, h) -> list[list[Fraction]]:
    """M(h) from a plain form."""
    M = zeros(*form.shape)
    for i, value in enumerate(h):
        for row, col, entry in form.basis(i):
            M[row][col] += value * entry
    for row, col, entry in form.known() if hasattr(form, "known") else []:
        M[row][col] += entry
    return M


def zeros(rows: int, cols: int) -> list[list[Fraction]]:
    return [[Fraction(0)] * cols for _ in range(rows)]


# -- definitions: arguments, and M(h) in plain loops --------------------------------------------------


@st.composite
def basis(draw):
    a, b, S = draw(small), draw(small), draw(small)
    B = draw(
        st.lists(st.lists(st.lists(rationals, min_size=b, max_size=b), min_size=a, max_size=a), min_size=S, max_size=S)
    )
    return {"basis": B}, S, lambda h: [[sum(h[i] * B[i][r][c] for i in range(S)) for c in range(b)] for r in range(a)]


@st.composite
def terms(draw):
    a, b, S = draw(small), draw(small), draw(small)
    term = st.tuples(st.integers(0, S - 1), st.integers(0, a - 1), st.integers(0, b - 1), rationals)
    T = draw(st.lists(term, max_size=12))

    def M(h):
        X = zeros(a, b)
        for i, r, c, v in T:
            X[r][c] += h[i] * v
        return X

    return {"shape": [a, b], "parameters": S, "terms": T}, S, M


@st.composite
def pattern(draw):
    a, b = draw(small), draw(small)
    E = draw(st.lists(st.sampled_from(list(itertools.product(range(a), range(b)))), min_size=1, unique=True))

    def M(h):
        return [[h[E.index((r, c))] if (r, c) in E else 0 for c in range(b)] for r in range(a)]

    return {"shape": [a, b], "entries": E}, len(E), M


@st.composite
def dense(draw):
    a, b = draw(small), draw(small)
    return {"shape": [a, b]}, a * b, lambda h: [[h[r * b + c] for c in range(b)] for r in range(a)]


@st.composite
def diagonal(draw):
    n = draw(small)
    return {"size": n}, n, lambda h: [[h[r] if r == c else 0 for c in range(n)] for r in range(n)]


@st.composite
def circulant(draw):
    N, stride = draw(st.integers(1, 7)), draw(small)
    taps = draw(st.lists(st.integers(-20, 20), min_size=1, max_size=N, unique_by=lambda t: t % N))

    def M(h):
        full = [[sum(h[i] for i, t in enumerate(taps) if (r - c - t) % N == 0) for c in range(N)] for r in range(N)]
        return full[::stride]

    return {"length": N, "taps": taps, "stride": stride}, len(taps), M


@st.composite
def toeplitz(draw):
    n, stride = draw(st.integers(1, 6)), draw(small)
    taps = draw(st.lists(st.integers(0, 5), min_size=1, unique=True))

    def M(h):
        rows = range(n + max(taps))
        return [[sum(h[i] for i, t in enumerate(taps) if r - c == t) for c in range(n)] for r in rows][::stride]

    return {"length": n, "taps": taps, "stride": stride}, len(taps), M


@st.composite
def circulant2d(draw):
    H, W = draw(small), draw(small)
    pair = st.tuples(st.integers(-9, 9), st.integers(-9, 9))
    taps = draw(st.lists(pair, min_size=1, max_size=H * W, unique_by=lambda t: (t[0] % H, t[1] % W)))

    def M(h):
        X = zeros(H * W, H * W)
        for y, x, (i, (u, v)) in itertools.product(range(H), range(W), enumerate(taps)):
            X[(y + u) % H * W + (x + v) % W][y * W + x] += h[i]
        return X

    return {"shape": [H, W], "taps": taps}, len(taps), M


@st.composite
def fixed(draw):
    a, b = draw(small), draw(small)
    X = draw(st.lists(st.lists(rationals, min_size=b, max_size=b), min_size=a, max_size=a))
    return {"matrix": X}, 0, lambda h: X


DEFINITIONS = {
    "basis": basis, "terms": terms, "pattern": pattern, "dense": dense, "diagonal": diagonal, "circulant": circulant,
    "toeplitz": toeplitz, "circulant2d": circulant2d, "fixed": fixed,
}  # fmt: skip


def test_every_operator_has_a_definition_here():
    assert set(DEFINITIONS) == set(OPERATORS)


@pytest.mark.parametrize("name", OPERATORS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_law(name, data):
    arguments, S, M = data.draw(DEFINITIONS[name]())
    factor = OPERATORS[name](**arguments)
    h = data.draw(st.lists(rationals, min_size=S, max_size=S))
    X = M(h)
    assert matrix_of(factor.plain(), h) == X
    assert (factor.shape, factor.parameters) == ((len(X), len(X[0])), S)
    assert factor == OPERATORS[name](**arguments) and hash(factor) == hash(OPERATORS[name](**arguments))
    assert factor.size >= 0 and repr(factor).startswith(f"<{name}: {S} parameters, ")


@pytest.mark.parametrize("name", OPERATORS)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_statements_of_operators_are_canonical(name, data):
    """What the statement holds is JSON without floats, the same for the same factor."""
    import json

    arguments, S, _ = data.draw(DEFINITIONS[name]())
    factor = OPERATORS[name](**arguments)
    others = [] if S else [Diagonal(factor.shape[1])]
    one, other = (Case([factor, *others], title=title).statement for title in "ab")
    assert one.to_bytes() == other.to_bytes() and one.sha256 == other.sha256
    json.loads(one.to_bytes(), parse_float=lambda text: pytest.fail(f"a float: {text}"))


# -- arguments of other kinds ------------------------------------------------------------------------

B = [[[0, 1], [Fraction(1, 2), 0]], [[1, 0], [0, -3]]]
ARRAYS = {
    "array": np.array(B, float),
    "list of arrays": [np.array(b, float) for b in B],
    "float32": np.array(B, np.float32),
    "Fortran": np.asfortranarray(np.array(B, float)),
    "objects": np.array(B, object),
    "csr": [sparse.csr_matrix(np.array(b, float)) for b in B],
    "coo twice": [
        sparse.coo_matrix(([0.5, 0.5, 0.5], ([0, 0, 1], [1, 1, 0])), shape=(2, 2)),
        sparse.coo_array(np.array(B[1], float)),
    ],
    "sympy": [sympy.Matrix([[0, 1], [sympy.Rational(1, 2), 0]]), sympy.ImmutableMatrix([[1, 0], [0, -3]])],
    "strings": [[["0", "1"], ["1/2", "0.0"]], [["1e0", "0"], ["-0", "-3"]]],
    "decimals": [[[Decimal(0), 1], [Decimal("0.5"), 0]], [[1, 0], [0, Decimal("-3e0")]]],
    "tuples": tuple(tuple(tuple(row) for row in b) for b in B),
    "numpy scalars": [[[np.int8(0), np.uint64(1)], [np.float16(0.5), 0]], [[1, 0], [0, np.float64(-3)]]],
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_a_basis_in_any_form(kind):
    assert Basis(ARRAYS[kind]) == Basis(B)


def test_floats_mean_their_binary_fractions():
    assert Basis(np.array([[[0.1]]])).plain().terms[0][3] == Fraction(0.1) != Fraction(1, 10)
    assert Fixed([[0.1]]).plain().entries[0][2] == Fraction(0.1)


def test_later_changes_of_an_array_change_nothing():
    array = np.ones((1, 2, 2))
    factor = Basis(array)
    array[:] = 7
    assert factor == Basis(np.ones((1, 2, 2)))


def test_basis_from_rows():
    rows = sparse.csr_matrix(np.array(B, float).reshape(2, 4))
    assert Basis.from_rows(rows, (2, 2)) == Basis.from_rows(rows.toarray(), [2, 2]) == Basis(B)


def test_patterns_in_any_form():
    entries = ((0, 1), (1, 0), (1, 2))
    mask = np.zeros((2, 3), bool)
    for place in entries:
        mask[place] = True
    for other in (np.array(entries), mask, sparse.csr_matrix(mask.astype(float)), [list(e) for e in entries]):
        assert Pattern((2, 3), other) == Pattern((2, 3), entries)
    assert Pattern(np.array([2, 3]), entries).shape == (2, 3)


def test_taps_in_any_form():
    for taps in ((0, 3), range(0, 4, 3), np.array([0, 3]), [np.int64(0), np.uint8(3)]):
        assert Circulant(np.int64(64), taps=taps) == Circulant(64, [0, 3])
    assert Circulant2D((3, 4), np.array([[0, 0], [0, 1]])) == Circulant2D([3, 4], [(0, 0), (0, 1)])


def test_taps_are_reduced():
    assert Circulant(8, [-1, 8, 17]).taps == (7, 0, 1)
    assert Circulant2D((3, 4), [[-1, 5]]).taps == ((2, 1),)


def test_nothing_is_proportional_to_the_grid():
    case = Case([Circulant(2**40, range(1000)), Circulant(2**40, [0, 2**39])])
    assert case.statement.product_shape == (2**40, 2**40)
    assert len(case.statement.to_bytes()) < 20_000


def test_symbolic():
    a, b, c = sympy.symbols("a b c")
    factor = Symbolic(sympy.Matrix([[a - b / 3, 0], [2 * c, a]]), [a, b, c])
    h = [Fraction(1), Fraction(2), Fraction(-3)]
    assert matrix_of(factor.plain(), h) == [[Fraction(1, 3), 0], [-6, 1]]
    assert factor == Symbolic(sympy.Matrix([[a - b / 3, 0], [2 * c, a]]), [a, b, c]) and factor.parameters == 3


x, y = sympy.symbols("x y")
COMPLEX = "complex numbers are not supported, all of it is about real parameters"
LINEAR = "expected an entry linear in the symbols: M(h) has to be a linear map"
WRONG = {
    "affine": (lambda: Symbolic(sympy.Matrix([[x + 1]]), [x]), "matrix[0, 0]: got 'x + 1': affine factors are not supported, M(h) has to be linear in h; expected no constant term"),
    "constant": (lambda: Symbolic(sympy.Matrix([[x, 2]]), [x]), "matrix[0, 1]: got '2': affine factors are not supported, M(h) has to be linear in h; expected no constant term"),
    "square": (lambda: Symbolic(sympy.Matrix([[x**2]]), [x]), f"matrix[0, 0]: got 'x**2', {LINEAR}"),
    "product": (lambda: Symbolic(sympy.Matrix([[x * y]]), [x, y]), f"matrix[0, 0]: got 'x*y', {LINEAR}"),
    "sine": (lambda: Symbolic(sympy.Matrix([[sympy.sin(x)]]), [x]), f"matrix[0, 0]: got 'sin(x)', {LINEAR}"),
    "inverse": (lambda: Symbolic(sympy.Matrix([[1 / x]]), [x]), f"matrix[0, 0]: got '1/x', {LINEAR}"),
    "other symbol": (lambda: Symbolic(sympy.Matrix([[x * y]]), [x]), 'matrix[0, 0]: got y, expected a number: an integer, a decimal or a string such as "-3/7"'),
    "root": (lambda: Symbolic(sympy.Matrix([[sympy.sqrt(2) * x]]), [x]), 'matrix[0, 0]: got sqrt(2), expected a number: an integer, a decimal or a string such as "-3/7"'),
    "imaginary": (lambda: Symbolic(sympy.Matrix([[sympy.I * x]]), [x]), f"matrix[0, 0]: got I: {COMPLEX}"),
    "no symbols": (lambda: Symbolic(sympy.Matrix([[0]]), []), "symbols: got an empty list, expected at least one SymPy symbol, none twice"),
    "symbol twice": (lambda: Symbolic(sympy.Matrix([[x]]), [x, x]), "symbols: got a list of 2, expected at least one SymPy symbol, none twice"),
    "no sympy matrix": (lambda: Symbolic([[x]], [x]), "matrix: got a list of 1, expected a SymPy matrix"),
    "nan": (lambda: Basis(np.array([[[np.nan]]])), "basis: got nan at [0, 0, 0], expected finite numbers"),
    "nan in a list": (lambda: Basis([[[float("nan")]]]), 'basis[0][0][0]: got nan, expected a number: an integer, a decimal or a string such as "-3/7"'),
    "complex array": (lambda: Basis(np.ones((1, 1, 1), complex)), f"basis: got an array of complex128: {COMPLEX}"),
    "complex number": (lambda: Fixed([[1j]]), f"matrix[0][0]: got 1j: {COMPLEX}"),
    "complex sparse": (lambda: Fixed(sparse.csr_matrix(np.array([[1j]]))), f"matrix: got an array of complex128: {COMPLEX}"),
    "bool": (lambda: Fixed([[True]]), 'matrix[0][0]: got true, expected a number: an integer, a decimal or a string such as "-3/7"'),
    "bool array": (lambda: Fixed(np.array([[True]])), "matrix: got an array of bool, expected integers or floats of at most 64 bits"),
    "bool length": (lambda: Circulant(True, [0]), "length: got true, expected an integer of at least 1 and at most 2^40"),
    "none": (lambda: Circulant(8, None), "taps: got nothing, expected a list of taps"),
    "float taps": (lambda: Circulant(8, np.array([0.0])), "taps[0]: got 0.0, expected an integer"),
    "one matrix": (lambda: Basis(np.ones((2, 2))), "basis: got an array of shape 2 x 2, expected an array S x a x b"),
    "one sparse matrix": (lambda: Basis(sparse.eye(2)), "basis: got an array of shape 2 x 2, expected a list of matrices"),
    "one sympy matrix": (lambda: Basis(sympy.eye(2)), "basis: got an array of shape 2 x 2, expected a list of matrices"),
    "from rows": (lambda: Basis.from_rows(np.ones((2, 5)), (2, 2)), "rows: got 5 columns, expected 4 for matrices of shape 2 x 2"),
    "mask": (lambda: Pattern((2, 2), np.ones((2, 3), bool)), "entries: got a 2 x 3 matrix, expected 2 x 2 as shape says"),
    "sparse pattern": (lambda: Pattern((2, 2), sparse.eye(3)), "entries: got a 3 x 3 matrix, expected 2 x 2 as shape says"),
    "huge decimal": (lambda: Fixed([[Decimal("1e999999999")]]), "matrix[0][0]: got an exponent of 999999999, expected one between -1,000 and 1,000"),
    "tiny decimal": (lambda: Fixed([[Decimal("1e-999999999")]]), "matrix[0][0]: got an exponent of -999999999, expected one between -1,000 and 1,000"),
    "huge integer": (lambda: Fixed([[10**1000]]), "matrix[0][0]: got more than 1,000 digits, expected at most 1,000 in numerator and denominator"),
    "no factor": (lambda: Architecture([[[1]]]), "factors[0]: got a list of 1, expected a factor such as Dense((3, 2))"),
    "architecture of nothing": (lambda: Architecture([]), "factors: got an empty list, expected at least one factor"),
    "data": (lambda: Case([Diagonal(2)], data=np.ones((3, 3))), "data.inputs: factors[0] is 2 x 2 and inputs is 3 x 3, expected 2 rows in inputs"),
    "model": (lambda: Case([Diagonal(2)], model="sparse"), "model: got 'sparse', expected a model such as Free() or Sparse([2, 1])"),
    "flag": (lambda: Free(nonnegative=1), "nonnegative: got 1, expected true or false"),
    "title": (lambda: Case([Diagonal(2)], title=None), "title: got nothing, expected a string"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments(name):
    build, said = WRONG[name]
    with pytest.raises(BadInput) as caught:
        build()
    assert str(caught.value) == said


# -- models ------------------------------------------------------------------------------------------

ARCH = Architecture([Diagonal(3), Fixed(np.eye(3)), Dense((3, 2))])
BOTH = (((0, 2), (1,)), ((1,), (0, 5)))


def plain(model, architecture=ARCH):
    return Case(architecture, model=model).statement.model


def test_a_list_over_the_factors_may_leave_out_or_mark_those_without_parameters():
    assert plain(Sparse([2, 3])) == plain(Sparse([2, 0, 3])) == plain(Sparse(np.array([2, 3])))
    assert plain(Sparse([2, 3])).sparsity == (2, 3)
    assert plain(Supports([[[2, 0], [1]], [[1], [5, 0]]])).supports == BOTH
    assert plain(Supports([[[0, 2], [], [1]], [(1,), (), {0, 5}]])).supports == BOTH
    model = GroupSparse([[[1, 0], [2]], [], [[4, 3]]], [1, 0, 1])
    assert plain(model).groups == (((0, 1), (2,)), ((3, 4),)) and plain(model).active == (1, 1)


def test_nonnegative():
    assert plain(NonNegative()) == plain(Free(nonnegative=True))
    for model in (
        Sparse([1, 1], nonnegative=True),
        Supports([[[0], [0]]], True),
        GroupSparse([[[0]], [[0]]], [1, 1], True),
    ):
        assert plain(model).nonnegative and plain(model).to_json()["sign"] == "nonnegative"
    assert not plain(Free()).nonnegative


def test_every_model_is_registered():
    assert set(MODELS) == {"free", "supports", "sparse", "group-sparse", "nonnegative"}


def test_more_non_zeros_than_parameters_are_all_of_them():
    assert list(plain(Sparse([9, 9])).maximal((3, 6))) == list(plain(Free()).maximal((3, 6)))


NET = Network(
    [Edge("a", "x", "u", [0, 1]), Edge("b", "x", "v", [0, 1, 2]), Edge("s", "x", "u", [5], fixed=[1]),
     Edge("c", "u", "y", [0, 3]), Edge("d", "v", "y", [4, 6])],
    output="y", length=16,
)  # fmt: skip


def test_tables_by_edge_name():
    """Factor 1 is (c, d), factor 2 is (a, b); indices of d and b come after those of c and a."""
    table = {"a": [0], "b": [2, 0], "c": [], "d": [1]}
    assert plain(Supports([table]), NET).supports == (((3,), (0, 2, 4)),)
    groups = {"a": [[0, 1]], "b": [[0], [1, 2]], "c": [[1]], "d": [[0]]}
    model = plain(GroupSparse(groups, [1, 2]), NET)
    assert model.groups == (((1,), (2,)), ((0, 1), (2,), (3, 4))) and model.active == (1, 2)


def test_a_bound_for_each_edge():
    chain = Network([Edge("a", "x", "u", [0, 1]), Edge("b", "u", "y", [0, 1, 2])], output="y", length=8)
    assert plain(Sparse({"a": 1, "b": 2}), chain).sparsity == (2, 1)
    assert plain(GroupSparse({"a": [[0], [1]], "b": [[0, 1], [2]]}, {"a": 2, "b": 1}), chain).active == (1, 2)


def test_a_bound_for_each_edge_of_a_layer_lists_the_supports():
    model = plain(Sparse({"a": 1, "b": 2, "c": 2, "d": 1}), NET)
    assert model.kind == "supports"
    first = [(0, 1, 2), (0, 1, 3)]
    second = [(i, 2 + j, 2 + k) for i in (0, 1) for j, k in ((0, 1), (0, 2), (1, 2))]
    assert set(model.supports) == set(itertools.product(first, second)) and len(model.supports) == 12
    groups = {"a": [[0], [1]], "b": [[0], [1, 2]], "c": [[0, 1]], "d": [[0, 1]]}
    model = plain(GroupSparse(groups, {"a": 1, "b": 1, "c": 1, "d": 1}), NET)
    assert set(model.supports) == {((0, 1, 2, 3), (i, *rest)) for i in (0, 1) for rest in ((2,), (3, 4))}
    listed = [[[0], [1], [2], [3]], [[0], [1], [2], [3, 4]]]
    by_list = plain(GroupSparse(listed, {"a": 1, "b": 1, "c": 1, "d": 1}), NET)
    assert len(by_list.supports) == 2 * 2 * 2 * 2


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Sparse({"a": 1, "b": 1, "c": 1}), "model.sparsity: edge 'd' is missing, expected an entry for each edge with parameters"),
        (Sparse({"s": 1}), "model.sparsity: unknown edge 's', expected the name of an edge with parameters"),
        (GroupSparse([[[0, 2]], [[0]]], {"a": 1, "b": 1, "c": 1, "d": 1}), "model.groups: got a group that spans two edges, expected groups within an edge where active is by edge name"),
        (Supports([{"a": [], "b": [], "c": [0], "d": [0]}]), "model.supports[0].a: got an empty support, expected at least one index: a factor of zeros makes the product zero"),
    ],
)  # fmt: skip
def test_wrong_tables_by_edge_name(model, said):
    with pytest.raises(BadInput) as caught:
        Case(NET, model=model)
    assert str(caught.value) == said


# -- cases -------------------------------------------------------------------------------------------


def test_case_from_python():
    case = Case(ARCH, model=Sparse([1, 2]), data=np.eye(2), title="t")
    assert case.statement.product_shape == (3, 2) and case.equivalence == "scale"
    assert case.names == (("h1[0]", "h1[1]", "h1[2]"), tuple(f"h2[{i}]" for i in range(6)))
    assert case.node_names is None and case.sha256 == case.statement.sha256


def test_neuron_scale_needs_entries():
    factors = [Dense((2, 3)), Diagonal(3), Pattern((3, 2), [[0, 0], [2, 1]])]
    assert Case(factors, equivalence="neuron-scale").statement.equivalence == "neuron-scale"
    for other in (Fixed(np.eye(3)), Circulant(3, [0]), Toeplitz(3, [0]), Terms((3, 3), 1, [[0, 0, 0, 1]])):
        with pytest.raises(BadInput, match=r"got 'neuron-scale' for factors\[1\], a .* factor; it needs pattern"):
            Case([factors[0], other, factors[2]], equivalence="neuron-scale")
