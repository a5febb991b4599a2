"""Several classes with a generic product: counts against Groebner bases and roots, pairs, exchanges."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import oracles as o
import pytest
import sympy
from test_identify_yes import general, problem, supports, with_kernel

import dmfverify as dv
from dmfverify.certificate import Claim, Nothing
from dmfverify.check import Session
from dmfverify.identify import several
from dmfverify.library import shipped
from dmfverify.lifting import Lifting
from dmfverify.method import Budget
from dmfverify.problem.forms import Model, Statement, Taps

GENERIC, FIBRE = "identifiability.generic.verdict", "identifiability.generic.fibre_C"
REAL, RANK, LOCAL = "identifiability.generic.fibre_real", "lifting.rank", "identifiability.local.verdict"


def proved(statement: Statement, claims: Any) -> dict[str, Any]:
    """What the checker proves from these claims; nothing where there are none."""
    session = Session(statement.to_bytes())
    for claim in [] if isinstance(claims, Nothing) else claims:
        session.accept(json.loads(json.dumps(claim.to_json())))
    return session.proved()


def cone(sizes: Sequence[int]) -> int:
    return sum(sizes) - len(sizes) + 1


def square(sizes: Sequence[int], seed: int) -> Statement:
    """A general lifting of the rank of the cone of rank-one tensors."""
    return general(sizes, math.prod(sizes) - cone(sizes), seed)


def degree(statement: Statement) -> list[Claim] | Nothing:
    lifting = Lifting(statement)
    assert several.accepts_degree(lifting, {RANK: cone(lifting.sizes)}) == ""
    return several.search_degree(lifting, {}, Budget())


def matrix(statement: Statement) -> np.ndarray:
    return np.array(Lifting(statement).columns.dense(), dtype=object)


# -- the degree ---------------------------------------------------------------------------------------


def classes(statement: Statement, seed: int) -> int:
    """Classes with the product of random parameters, by a Groebner basis modulo a prime: the last factor is solved."""
    sizes, rng = Lifting(statement).sizes, np.random.default_rng(seed)
    A = matrix(statement).reshape(-1, *sizes)
    b = A
    for n in sizes:
        b = np.tensordot(b, np.array([int(x) for x in rng.integers(1, 50, n)], dtype=object), axes=(1, 0))
    parts = [[sympy.Symbol(f"x{k}_{i}") for i in range(n)] for k, n in enumerate(sizes)]
    for part in parts[:-1]:
        part[0] = sympy.Integer(1)
    unknown = [x for part in parts for x in part if x.is_Symbol]
    indices = list(itertools.product(*map(range, sizes)))
    equations = [
        sum(A[(row, *i)] * sympy.prod([parts[k][n] for k, n in enumerate(i)]) for i in indices) - b[row]
        for row in range(len(A))
    ]
    basis = sympy.groebner(equations, *unknown, modulus=32003, order="grevlex")
    leads = [sympy.Poly(p, *unknown).monoms(order="grevlex")[0] for p in basis.exprs]
    count, layer = 0, {(0,) * len(unknown)}
    while layer:
        layer = {m for m in layer if not any(all(a >= b for a, b in zip(m, lead, strict=True)) for lead in leads)}
        count += len(layer)
        layer = {tuple(x + (i == k) for i, x in enumerate(m)) for m in layer for k in range(len(m))}
    return count


@pytest.mark.parametrize(("sizes", "N"), [((2, 2), 2), ((2, 3), 3), ((3, 2), 3), ((2, 2, 2), 6), ((1, 2, 3), 3)])
def test_the_count_is_that_of_a_groebner_basis(sizes: tuple[int, ...], N: int) -> None:
    for seed in (1, 2, 3):
        statement = square(sizes, seed)
        assert proved(statement, degree(statement))[FIBRE] == N == classes(statement, seed)


@pytest.mark.parametrize(("sizes", "N"), [((3, 3), 6), ((4, 4), 20), ((2, 5), 5), ((3, 5), 15)])
def test_larger_degrees_and_their_parity(sizes: tuple[int, ...], N: int) -> None:
    statement = square(sizes, 1)
    found = proved(statement, degree(statement))
    assert found[FIBRE] == N and found.get(GENERIC) == (None if N % 2 else "no")
    assert found[LOCAL] == "yes" and REAL not in found


def test_two_by_two_has_two_real_classes_at_every_point() -> None:
    rng = np.random.default_rng(2)
    for seed in range(5):
        statement = square((2, 2), seed)
        found = proved(statement, degree(statement))
        assert (found[REAL], found[GENERIC]) == ([2, 2], "no")
        A = matrix(statement).astype(float).reshape(3, 2, 2)
        for _ in range(20):
            h = rng.normal(size=(2, 2))
            b = np.einsum("mij,i,j->m", A, *h)
            at = [np.linalg.det(np.column_stack([A[:, 0] + t * A[:, 1], b])) for t in (-1, 0, 1)]
            roots = np.roots([(at[0] + at[2]) / 2 - at[1], (at[2] - at[0]) / 2, at[1]])
            assert np.isreal(roots).all() and abs(roots - h[0, 1] / h[0, 0]).min() < 1e-6


def test_a_tensor_of_rank_one_in_the_kernel_is_never_overlooked() -> None:
    rng = np.random.default_rng(3)
    for sizes in ((2, 2), (2, 3), (3, 3), (2, 2, 2)):
        planted = np.ones(1, dtype=int)
        for n in sizes:
            planted = np.multiply.outer(planted, rng.integers(1, 4, n))
        r = math.prod(sizes) - cone(sizes)
        vectors = [planted[0], *(rng.integers(-3, 4, sizes) for _ in range(r - 1))]
        statement = with_kernel(sizes, vectors)
        assert isinstance(several.search_degree(Lifting(statement), {}, Budget()), Nothing)


def test_a_complex_tensor_of_rank_one_in_the_kernel_is_never_overlooked() -> None:
    # the product of complex numbers: real kernel elements are invertible, complex ones are not
    rotation = [np.array([[0, 1], [-1, 0]]), np.eye(2, dtype=int)]
    statement = problem((2, 2), [[0, 1, 1, 0], [1, 0, 0, -1]])
    assert isinstance(several.search_degree(Lifting(statement), {}, Budget()), Nothing)
    assert proved(with_kernel((2, 2), rotation[:1]), degree(with_kernel((2, 2), rotation[:1])))[FIBRE] == 2


# -- a pair of open images ----------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(2, 3), (3, 2), (2, 5), (1, 2, 3)])
def test_odd_numbers_of_classes_are_decided_by_a_pair(sizes: tuple[int, ...]) -> None:
    statement = square(sizes, 4)
    claims = degree(statement)
    assert isinstance(claims, list)
    known = {RANK: cone(sizes), LOCAL: "yes"}
    assert several.accepts_pair(Lifting(statement), known) == ""
    more = several.search_pair(Lifting(statement), known, Budget())
    assert not isinstance(more, Nothing) and proved(statement, [*claims, *more])[GENERIC] == "no"
    assert proved(statement, several.search_pair(Lifting(statement), {}, Budget()))[GENERIC] == "no"
    A, rng = matrix(statement).reshape(-1, *sizes), np.random.default_rng(0)
    assert o.other_classes(A.reshape(len(A), -1), sizes, [[range(n) for n in sizes]], 61, rng, 30) > 0.2


def test_reasons_to_leave_a_pair_alone() -> None:
    lifting, known = Lifting(square((2, 3), 1)), {RANK: 4, LOCAL: "yes"}
    assert "answered" in several.accepts_pair(lifting, {**known, GENERIC: "no"})
    assert "dimension" in several.accepts_pair(lifting, {**known, RANK: 5})
    assert "Jacobian" in several.accepts_pair(lifting, {RANK: 4, LOCAL: "no"})
    assert several.accepts_pair(lifting, {}) == ""
    assert "two factors" in several.accepts_pair(Lifting(square((3, 3), 1)), {**known, RANK: 5})
    positive = general((2, 3), 2, 1, Model(nonnegative=True))
    assert "real" in several.accepts_pair(Lifting(positive), known)


def test_reasons_to_leave_a_degree_alone() -> None:
    lifting = Lifting(square((2, 3), 1))
    assert "counted" in several.accepts_degree(lifting, {FIBRE: 3})
    assert "trivial" in several.accepts_degree(lifting, {"lifting.kernel_dimension": 0})
    found = several.search_degree(Lifting(square((5, 5), 1)), {}, Budget())
    assert isinstance(found, Nothing) and "degree 5" in found.reason


# -- exchanges ----------------------------------------------------------------------------------------


def filters(N: int, *taps: Sequence[int], model: Model | None = None) -> Statement:
    layers = tuple(Taps((N,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in each)) for each in taps)
    return Statement("scale", layers, model or Model())


def exchanged(statement: Statement) -> str | None:
    return proved(statement, several.search_exchange(Lifting(statement), {}, Budget())).get(GENERIC)


def test_filters_that_wrap_around_change_places() -> None:
    assert exchanged(filters(5, (0, 1, 3), (0, 1, 3))) == "no"
    assert exchanged(filters(7, (0, 1, 3), (2, 4, 6), (1, 2, 4))) == "no", "the third one is the first one moved"
    assert exchanged(filters(7, (0, 1, 3), (0, 1, 4))) is None
    assert exchanged(filters(7, (0, 1, 3), (0, 2, 3))) is None
    assert exchanged(filters(5, (0,), (0,), (0, 1, 3))) is None, "scales are no classes"


def test_reversed_filters_change_places() -> None:
    assert exchanged(filters(7, (0, 1, 3), (3, 1, 0))) == "no"


def test_an_exchange_has_to_stay_in_the_model() -> None:
    one = (((0, 1), (0, 1, 2)),)
    assert exchanged(filters(5, (0, 1, 3), (0, 1, 3), model=supports(*one))) is None
    both = (((0, 1), (0, 1, 2)), ((0, 1, 2), (0, 1)))
    assert exchanged(filters(5, (0, 1, 3), (0, 1, 3), model=supports(*both))) == "no"
    assert exchanged(filters(5, (0, 1, 3), (0, 1, 3), model=Model(nonnegative=True))) == "no"


def test_an_exchange_of_symmetric_measurements_only() -> None:
    rng = np.random.default_rng(0)
    half = rng.integers(-3, 4, (7, 3, 3))
    both = (half + half.transpose(0, 2, 1)).reshape(7, 9)
    assert exchanged(problem((3, 3), both)) == "no"
    both[0, 1] += 1
    assert exchanged(problem((3, 3), both)) is None


def test_reasons_to_leave_an_exchange_alone() -> None:
    lifting = Lifting(filters(5, (0, 1), (0, 1)))
    assert several.accepts_exchange(lifting, {}) == ""
    assert "answered" in several.accepts_exchange(lifting, {GENERIC: "no"})
    assert "as many" in several.accepts_exchange(Lifting(filters(5, (0, 1), (0, 1, 2))), {})
    many = filters(9, range(7), range(7), model=Model("sparse", sparsity=(2, 2)))
    assert "supports" in several.accepts_exchange(Lifting(many), {})
    assert "columns" in several.accepts_exchange(Lifting(filters(200, range(150), range(150))), {})
    spent = several.search_exchange(lifting, {}, Budget(0.0))
    assert isinstance(spent, Nothing) and "time" in spent.reason


# -- all together -------------------------------------------------------------------------------------


def test_a_shipped_case_says_how_many_classes_there_are() -> None:
    generic = dv.certify(shipped()["bilinear_s3_m5"], time_budget=60).generic
    assert (generic.verdict, generic.fibre_C, generic.fibre_real) == ("no", 6, None)
