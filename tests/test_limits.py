"""Identifiable with infinite gamma: closed forms, the definition along the curves, and what must not be claimed."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction

import numpy as np
import oracles
import pytest
from test_quartic import CLOSED, REAL_CUBE, W, outer, with_kernel

from dmfverify.certificate import Nothing
from dmfverify.check import Session
from dmfverify.identify import line_outside
from dmfverify.lifting import Lifting
from dmfverify.method import Budget
from dmfverify.problem.forms import Model, Statement
from dmfverify.stability import limits

SUSPECT = {"dnsp.gamma": ["1000", "inf"]}
ACROSS = [0, 1, -1, 1, 0, 0, -1, 0, 0]
PAIR = (((0, 1), (0, 1)), ((0, 2), (0, 2)))
TURNED = np.einsum(
    "abc,ia,jb,kc->ijk",
    np.array(W).reshape(2, 2, 2),
    *(np.array(m) for m in ([[2, 1], [1, 3], [1, -1]], [[1, 2], [3, -1]], [[1, 1], [2, 5], [0, 3]])),
).ravel()
INFINITE = {
    "W": with_kernel((2, 2, 2), [W]),
    "W in other bases": with_kernel((3, 2, 3), [TURNED]),
    "supports": with_kernel((3, 3), [ACROSS], Model("supports", supports=PAIR)),
    "non-negative": with_kernel((2, 2), [[0, 1, 1, 0]], Model(nonnegative=True)),
}


def claims_of(found: list | Nothing) -> list[dict]:
    assert not isinstance(found, Nothing), found.reason
    return [json.loads(json.dumps(claim.to_json())) for claim in found]


@pytest.mark.parametrize("name", INFINITE)
def test_identifiable_with_infinite_gamma_is_a_verdict_of_its_own(name):
    statement = INFINITE[name]
    session = Session(statement.to_bytes())
    for method in (line_outside, limits):
        for claim in claims_of(method.search(Lifting(statement), SUSPECT, Budget())):
            session.accept(claim)
    proved = session.proved()
    assert proved["identifiability.uniform.verdict"] == "yes"
    assert (proved["dnsp.gamma"], proved["dnsp.kappa"]) == (["inf", "inf"], ["0", "0"])
    if statement.model.kind == "supports":
        assert proved["sparse_dnsp.gamma"] == proved["sparse_dnsp.gamma_union"] == ["inf", "inf"]


def at(curves: list, t: Fraction) -> list[np.ndarray]:
    return [np.array([float(sum(Fraction(c) * t**j for j, c in enumerate(x))) for x in part]) for part in curves]


@pytest.mark.parametrize("name", INFINITE)
def test_along_the_curves_the_ratio_of_the_definition_falls_like_t(name):
    statement = INFINITE[name]
    (claim,) = claims_of(limits.search(Lifting(statement), SUSPECT, Budget()))
    A = Lifting(statement).columns.floats()
    ratios = []
    for t in (Fraction(1, 10**4), Fraction(1, 10**5)):
        h, g = at(claim["h"], t), at(claim["g"], t)
        T = outer(*h) - outer(*g)
        ratios.append(np.linalg.norm(A @ T) / np.linalg.norm(T))
        if statement.model.nonnegative:
            assert min(x.min() for x in (*h, *g)) >= 0
    assert ratios[0] < 2 and 5 < ratios[0] / ratios[1] < 20


@pytest.mark.parametrize("name", CLOSED)
def test_nothing_is_claimed_where_gamma_is_finite(name):
    assert isinstance(limits.search(Lifting(CLOSED[name][0]), SUSPECT, Budget(5)), Nothing)


def test_a_kernel_vector_of_rank_two_is_not_called_outside():
    for w in (outer([1, 2], [1, 1], [0, 1]) + outer([1, -1], [2, 1], [1, 1]), outer([1, 2], [1, 1], [3, 1])):
        statement = with_kernel((2, 2, 2), [w.astype(int)])
        assert isinstance(line_outside.search(Lifting(statement), {}, Budget()), Nothing)
        assert isinstance(limits.accepts(Lifting(statement), {}), str)


def test_small_tensors_against_the_orbits_of_the_oracle():
    """2 x 2 x 2 with entries -1, 0, 1: rank three means outside, a tangent means infinite gamma."""
    rng, seen = np.random.default_rng(3), set()
    for _ in range(60):
        w = rng.integers(-1, 2, 8)
        if not w.any():
            continue
        kind = oracles.rank_two_type(w.reshape(2, 2, 2))
        lifting = Lifting(with_kernel((2, 2, 2), [w]))
        outside = not isinstance(line_outside.search(lifting, {}, Budget()), Nothing)
        assert outside == (kind in ("tangent", "complex", "more")), (w, kind)
        if kind == "tangent":
            assert not isinstance(limits.search(lifting, SUSPECT, Budget()), Nothing), w
        elif kind in ("complex", "more"):
            assert isinstance(limits.search(lifting, SUSPECT, Budget()), Nothing), w
        seen.add(kind)
    assert "tangent" in seen and len(seen) >= 3


@pytest.mark.parametrize(("supports", "identifiable"), [
    ((((0, 1), (0, 1)), ((0, 2), (0, 2))), True),
    ((((0, 1), (0, 1, 2)), ((0, 1, 2), (0, 2))), False),
    ((((0, 1), (0, 1)), ((0, 1, 2), (0, 2))), True),
    ((((0, 1, 2), (0, 1, 2)),), False),
])  # fmt: skip
def test_a_kernel_vector_between_supports(supports, identifiable):
    """e_01 + e_10 - e_02 - e_20 = e_0 (e_1 - e_2)^T + (e_1 - e_2) e_0^T, and no other way with these supports."""
    statement = with_kernel((3, 3), [ACROSS], Model("supports", supports=supports))
    found = line_outside.search(Lifting(statement), {}, Budget())
    assert isinstance(found, list) == identifiable


def test_signs_of_small_matrices_against_all_small_non_negative_differences():
    """Where the signs exclude a matrix, no difference with entries 0, 1, 2, 3 is a multiple of it."""
    parts = [np.array(x) for x in itertools.product(range(4), repeat=2)]
    rank_one = {(a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]) for a in parts for b in parts}
    differences = {tuple(np.subtract(p, q) // (np.gcd.reduce(np.subtract(p, q)) or 1))
                   for p in rank_one for q in rank_one}  # fmt: skip
    excluded = 0
    for w in itertools.product((-1, 0, 1, 2), repeat=4):
        if any(w) and np.gcd.reduce(w) == 1:
            statement = with_kernel((2, 2), [w], Model(nonnegative=True))
            if not isinstance(line_outside.search(Lifting(statement), {}, Budget()), Nothing):
                assert w not in differences and tuple(-x for x in w) not in differences
                excluded += 1
    assert excluded >= 8


def test_real_cube_is_outside_over_the_reals_only():
    session = Session(with_kernel((2, 2, 2), [REAL_CUBE]).to_bytes())
    statement: Statement = with_kernel((2, 2, 2), [REAL_CUBE])
    session.accept(claims_of(line_outside.search(Lifting(statement), {}, Budget()))[0])
    proved = session.proved()
    assert proved["identifiability.uniform.verdict"] == "yes"
    assert "identifiability.uniform.over_C" not in proved
