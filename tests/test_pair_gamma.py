"""Gamma of the pairs of a family: closed forms, brute force, and what the whole, boxes and unions say of each other."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import oracles
import pytest
from test_families import family

import dmfverify as dv
from dmfverify import library
from dmfverify.certificate import Nothing
from dmfverify.check import Session
from dmfverify.lifting import Lifting
from dmfverify.method import Budget
from dmfverify.stability import pair_gamma, projected_pairs, quartic

FINITE = [70, pytest.param(119, marks=pytest.mark.slow), 146, 209, 218]
"""Random families, identifiable, with deficient pairs of finite gamma; 70 and 218 non-negative."""


def with_kernel(*kernel: np.ndarray) -> dv.Architecture:
    """Two factors whose lifting has the kernel spanned by these matrices."""
    return dv.Architecture([dv.Basis(b) for b in oracles.basis_with_kernel(kernel[0].shape, kernel)])


def proved(case: Any, method: Any = pair_gamma) -> dict[str, Any]:
    """What the checker proves from the claims of the method, all of which it accepts."""
    lifting = Lifting(case.statement)
    assert not method.accepts(lifting, {})
    session = Session(case.statement.to_bytes())
    found = method.search(lifting, {}, Budget(120))
    assert not isinstance(found, Nothing), found.reason
    for claim in itertools.chain.from_iterable(found) if isinstance(found, Iterator) else found:
        session.accept(json.loads(json.dumps(claim.to_json())))
    return session.proved()


@pytest.mark.parametrize(("diagonal", "square"), [((1, 1, 1), 3), ((3, 2, 1), 14)])
def test_the_kernel_on_the_box_alone_counts(diagonal: tuple[int, ...], square: int) -> None:
    """Of a kernel of two tensors one lies in the box of the support: gamma^-2 = (share of the third singular value)."""
    one = np.diag([*diagonal, 0])
    other = np.diag([1, 0, 0, 0]) + np.outer([0, 1, 0, 1], [1, 1, 0, 1])
    case = dv.Case(with_kernel(one, other), model=dv.Supports([[[0, 1, 2], [0, 1, 2]]]))
    found = proved(case)
    for path in ("sparse_dnsp.gamma", "sparse_dnsp.gamma_union"):
        bracket = dv.Bracket.read(found[path])
        assert bracket.lo**2 <= square * (1 + 1e-9) and square <= bracket.hi**2 and bracket.ratio < 1.0005


@pytest.mark.parametrize("seed", FINITE)
def test_random_families_with_deficient_pairs(seed: int) -> None:
    basis, model, models, sign = family(seed)
    case = dv.Case(dv.Architecture([dv.Basis(b) for b in basis]), model=model)
    truth = oracles.sparse_dnsp([b.tolist() for b in basis], models, nonnegative=sign, starts=4)
    found = proved(case)
    assert truth["deficient_pairs"] and truth["gamma"][0] < math.inf
    for name in ("gamma", "gamma_union"):
        bracket = dv.Bracket.read(found["sparse_dnsp." + name])
        assert bracket.lo <= truth[name][1] * (1 + 1e-9) and truth[name][0] <= bracket.hi * (1 + 1e-9)
        assert bracket.ratio < 1.0005


def test_certify_says_both_ends() -> None:
    """And where the answer is no, gamma of the pairs is infinite."""
    basis, model, _, _ = family(146)
    result = dv.certify(dv.Case(dv.Architecture([dv.Basis(b) for b in basis]), model=model)).json
    lo, hi = (dv.Bracket.read(result["sparse_dnsp"]["gamma"]).lo, dv.Bracket.read(result["sparse_dnsp"]["gamma"]).hi)
    assert 1.7267 < lo <= hi < 1.7268
    collide = dv.Architecture([dv.Basis([[[1, 0]], [[0, 1]]]), dv.Basis([[[1], [0]], [[1], [0]]])])
    result = dv.certify(dv.Case(collide, model=dv.Sparse([1, 1]))).json
    assert result["identifiability"]["uniform"]["verdict"] == "no"
    assert result["sparse_dnsp"]["gamma"] == result["sparse_dnsp"]["gamma_union"] == ["inf", "inf"]


def listed_unions(A: np.ndarray, size: int) -> float:
    """K = 1, by definition: 1/sqrt of the least eigenvalue of the projection on the row space, over sets of columns."""
    Q = np.linalg.pinv(A) @ A
    sets = itertools.combinations(range(A.shape[1]), size)
    return min(np.linalg.eigvalsh(Q[np.ix_(U, U)])[0] for U in sets) ** -0.5


@pytest.mark.parametrize("seed", range(5))
def test_one_factor_has_gamma_from_the_projection(seed: int) -> None:
    A = np.random.default_rng(seed).integers(-3, 4, (6, 9))
    case = dv.Case(dv.Architecture([dv.Basis(A.T[:, :, None])]), model=dv.Sparse([1 + seed % 2]))
    bracket = dv.Bracket.read(proved(case, projected_pairs)["dnsp.gamma"])
    truth = listed_unions(A, 2 * (1 + seed % 2))
    assert bracket.lo <= truth * (1 + 1e-12) and truth <= bracket.hi * (1 + 1e-12) and bracket.ratio < 1 + 1e-7


@pytest.mark.parametrize("seed", [70, 146, 209])
def test_the_projection_bounds_several_factors(seed: int) -> None:
    basis, model, models, sign = family(seed)
    case = dv.Case(dv.Architecture([dv.Basis(b) for b in basis]), model=model)
    low, _ = oracles.dnsp_gamma([b.tolist() for b in basis], models=models, nonnegative=sign, starts=4)
    assert low <= dv.Bracket.read(proved(case, projected_pairs)["dnsp.gamma"]).hi * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_pairs_that_need_no_program(seed: int) -> None:
    """Supports of one index in each of two factors: differences fill the union of each of the 210 pairs."""
    A = np.random.default_rng(seed).integers(-3, 4, (14, 20))
    case = dv.Case(dv.Architecture([dv.Basis(b) for b in oracles.basis_of(A, (4, 5))]), model=dv.Sparse([1, 1]))
    bracket = dv.Bracket.read(proved(case, quartic.METHOD)["dnsp.gamma"])
    truth = listed_unions(A, 2)
    assert truth <= bracket.hi * (1 + 1e-12) and bracket.hi <= truth * (1 + 1e-4)


@pytest.mark.slow
def test_a_family_of_many_pairs_is_tight() -> None:
    """1,275 pairs, of which a few need a program; both ends are told."""
    result = dv.certify(dv.load(library.find("sparse_k2")), time_budget=120)
    assert result.dnsp.gamma.ratio < 1.0005
    told = json.loads(result.certificate)["claims"]
    (claim,) = [c for c in told if c["kind"] == "quartic" and c["target"] == "gamma"]
    assert claim["eased"] and 0 < len(claim["items"]) < 30


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (dv.Case(dv.Architecture([dv.Dense((2, 2))] * 2)), "the model is free, or there is a single factor"),
        (
            dv.Case(dv.Architecture([dv.Basis(np.eye(50)[:, :, None]), dv.Basis(np.ones((2, 1, 1)))]),
                    model=dv.Sparse([2, 1])),
            "more than 60 supports or 300 coordinates",
        ),
    ],
)  # fmt: skip
def test_what_it_is_not_for(case: Any, why: str) -> None:
    assert pair_gamma.accepts(Lifting(case.statement), {}) == why


def test_too_many_pairs_are_left_alone() -> None:
    same = dv.Architecture([dv.Basis(np.ones((10, 1, 1))), dv.Basis([[[1]]])])
    case = dv.Case(same, model=dv.Sparse([1, 1]))
    outcome = pair_gamma.search(Lifting(case.statement), {}, Budget())
    assert isinstance(outcome, Nothing) and outcome.reason == "45 pairs with dependent columns, of at most 40"
