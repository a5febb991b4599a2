"""Coverings of the kernel's sphere: no rule excludes a difference, and what is undecidable by ranks is decided."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction
from typing import Any

import numpy as np
import oracles
import pytest

import dmfverify as dv
from dmfverify.certificate import Nothing
from dmfverify.check import Session
from dmfverify.identify import kernel_cover
from dmfverify.identify.kernel_cover import GAMMA, METHOD, Rules
from dmfverify.identify.restricted_minors import Pair
from dmfverify.lifting import Lifting
from dmfverify.method import Budget

UNIFORM = "identifiability.uniform.verdict"
SIZES = [(2, 2), (2, 3), (3, 3), (2, 2, 2), (3, 2, 2), (2, 2, 2, 2)]


def with_kernel(sizes: tuple[int, ...], vectors: list[Any], model: Any = None) -> Lifting:
    basis = oracles.basis_with_kernel(sizes, [np.array(v) for v in vectors])
    return Lifting(dv.Case([dv.Basis(b.tolist()) for b in basis], model=model or dv.NonNegative()).statement)


def proved(lifting: Lifting) -> str | None:
    """The verdict that the checker accepts from the search, if any."""
    session = Session(lifting.statement.to_bytes())
    claims = METHOD.search(lifting, {}, Budget(20))
    for claim in [] if isinstance(claims, Nothing) else claims:
        session.accept(json.loads(json.dumps(claim.to_json())))
    return session.proved().get(UNIFORM)


def drawn(rng: np.random.Generator, sizes: tuple[int, ...], support: Any, low: int) -> np.ndarray:
    """P(h) for a small random h on a support."""
    parts = [
        np.where(np.isin(np.arange(n), s), rng.integers(low, 4, n), 0) for n, s in zip(sizes, support, strict=True)
    ]
    out = np.array(1)
    for part in parts:
        out = np.multiply.outer(out, part)
    return out.reshape(-1)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("nonnegative", [True, False])
@pytest.mark.parametrize("apart", [True, False])
def test_no_rule_excludes_a_difference(sizes, nonnegative, apart):
    rng = np.random.default_rng([len(sizes), *sizes, nonnegative, apart])
    every = tuple(tuple(range(n)) for n in sizes)
    left = tuple(s[:-1] for s in every[:1]) + every[1:] if apart else every
    right = every[:-1] + tuple(s[1:] for s in every[-1:]) if apart else every
    lifting = with_kernel(sizes, [[1] * len(list(itertools.product(*every)))])
    rules = Rules(Pair(lifting, left, right), nonnegative)
    for _ in range(150):
        low = 0 if nonnegative else -3
        T = (drawn(rng, sizes, left, low) - drawn(rng, sizes, right, low))[rules.pair.where].astype(float)
        assert not T.any() or rules.excluding((T, T)) is rules.excluding((-T, -T)) is None, T


@pytest.mark.parametrize("seed", range(24))
def test_matrices_in_a_kernel_of_dimension_one_as_the_oracle_says(seed):
    rng = np.random.default_rng(seed)
    shape = [(2, 2), (2, 3), (3, 3)][seed % 3]
    a, b = rng.integers(-3, 4, (2, shape[0])), rng.integers(-3, 4, (2, shape[1]))
    w = a.T @ b
    if not w.any():
        return
    answer = any(oracles.nonnegative_difference(sign * w) is not None for sign in (1, -1))
    found = proved(with_kernel(shape, [w.reshape(-1)]))
    assert found is None if answer else found == "yes"


@pytest.mark.parametrize("seed", range(12))
def test_cubes_of_rank_two_by_the_signs_of_their_terms(seed):
    # h and g are the only terms of w, up to order: Kruskal
    rng = np.random.default_rng(seed)
    h, g = rng.integers(1, 4, (3, 2)), rng.integers(1, 4, (3, 2)) * [[1, -1] if seed % 2 else [1, 1]] * 3
    if any(np.linalg.det(np.array([x, y])) == 0 for x, y in zip(h, g, strict=True)):
        return
    w = np.einsum("a,b,c", *h) - np.einsum("a,b,c", *g)
    assert proved(with_kernel((2, 2, 2), [w.reshape(-1)])) == ("yes" if seed % 2 else None)


@pytest.mark.parametrize("seed", range(8))
def test_a_planted_difference_is_never_covered(seed):
    rng = np.random.default_rng(100 + seed)
    sizes = [(2, 2, 2), (3, 3), (3, 2, 2), (2, 3)][seed % 4]
    every = tuple(tuple(range(n)) for n in sizes)
    T = drawn(rng, sizes, every, 0) - drawn(rng, sizes, every, 0)
    other = rng.integers(-3, 4, len(T))
    if T.any() and np.linalg.matrix_rank(np.array([T, other])) == 2:
        assert proved(with_kernel(sizes, [T, other])) is None


def test_real_cubes_are_decided_over_the_real_numbers_alone():
    # Re z (e_0 + i e_1)^3: theory, section 8, with all z
    real, imaginary = [1, 0, 0, -1, 0, -1, -1, 0], [0, 1, 1, 0, 1, 0, 0, -1]
    lifting = with_kernel((2, 2, 2), [real, imaginary], dv.Free())
    assert proved(lifting) == "yes"
    assert oracles.complex_subspace_verdict([np.array(real).reshape(2, 2, 2)]) == "no"


def test_a_tangent_is_never_covered():
    # W = e_001 + e_010 + e_100 is a limit of differences: theory, section 3
    assert proved(with_kernel((2, 2, 2), [[0, 1, 1, 0, 1, 0, 0, 0]], dv.Free())) is None


def test_supports_that_share_no_row():
    supports = dv.Supports([[[0], [0, 1]], [[1], [0, 1]]], nonnegative=True)
    assert proved(with_kernel((2, 2), [[1, 0, 1, 0]], supports)) == "yes"
    assert proved(with_kernel((2, 2), [[1, 0, -1, 0]], supports)) is None


@pytest.mark.parametrize(
    ("sizes", "kernel", "model", "reason"),
    [
        ((3, 3), [[1, 0, 0, 0, 1, 0, 0, 0, 1]], dv.Free(), ""),
        ((101,), [[1] * 101], dv.Free(), "more than 100 coordinates"),
        ((8, 8), [[1] * 64], dv.Sparse([4, 4]), "more than 300 supports"),
    ],
)
def test_what_it_accepts(sizes, kernel, model, reason):
    assert METHOD.accepts(with_kernel(sizes, kernel, model), {}) == reason


def test_where_it_stays_away():
    lifting = with_kernel((2, 2), [[0, 1, 1, 0]])
    assert METHOD.accepts(lifting, {UNIFORM: "no"}) == "the question is answered"
    neurons = dv.Case([dv.Dense((2, 1)), dv.Dense((1, 2))], equivalence="neuron-scale").statement
    assert METHOD.accepts(Lifting(neurons), {}) == "the equivalence is not scale"
    wide = with_kernel((3, 3), np.eye(9, dtype=int)[:5].tolist())
    assert METHOD.search(wide, {}, Budget(5)) == Nothing("a kernel of dimension 5")


def test_a_covering_that_needs_many_cells_ends(monkeypatch):
    monkeypatch.setattr(kernel_cover, "MAX_CELLS", 1)
    lifting = with_kernel((2, 2, 2), [[1, 0, 0, -1, 0, -1, -1, 0], [0, 1, 1, 0, 1, 0, 0, -1]], dv.Free())
    assert METHOD.search(lifting, {}, Budget(5)) == Nothing("2 cells were not enough")


# ------------------------------------------------------------------ at a distance


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("nonnegative", [True, False])
def test_no_rule_excludes_what_is_close_to_a_difference(sizes, nonnegative):
    rng = np.random.default_rng([len(sizes), *sizes, nonnegative, 7])
    every = tuple(tuple(range(n)) for n in sizes)
    rules = Rules(Pair(with_kernel(sizes, [[1] * len(list(itertools.product(*every)))]), every, every), nonnegative)
    excluded = 0
    for _ in range(200):
        low = 0 if nonnegative else -3
        T = (drawn(rng, sizes, every, low) - drawn(rng, sizes, every, low))[rules.pair.where].astype(float)
        w = T + rng.uniform(0, 2) * rng.standard_normal(len(T))
        distance = np.linalg.norm(w - T)
        margin = distance / np.linalg.norm(w)
        assert rules.excluding((w, w), margin) is None, (T, w)
        excluded += rules.excluding((w, w)) is not None
    assert excluded or sizes == (2, 3) or (sizes == (2, 2) and not nonnegative)


def bracket(lifting: Lifting, low: str) -> tuple[str, str]:
    """What the checker proves of gamma from the search, `low` being known."""
    session = Session(lifting.statement.to_bytes())
    claims = GAMMA.search(lifting, {"dnsp.gamma": [low, "inf"]}, Budget(20))
    assert not isinstance(claims, Nothing), claims
    for claim in claims:
        session.accept(json.loads(json.dumps(claim.to_json())))
    assert session.proved()[UNIFORM] == "yes"
    return session.proved()["dnsp.gamma"]


def test_a_matrix_of_rank_one_with_the_signs_of_no_difference():
    # the nearest difference is -e_00 + e_01 + e_10 without its last entry: gamma = 2
    high = Fraction(bracket(with_kernel((2, 2), [[-1, 1, 1, -1]]), "2")[1])
    assert 2 < high < 2.03


def test_a_kernel_of_dimension_two_that_every_free_bound_misses():
    kernel = np.random.default_rng([5, 2, 3, 3]).integers(-3, 4, (2, 9))
    lifting = with_kernel((3, 3), list(kernel))
    assert 7.96 < Fraction(bracket(lifting, "796/100")[1]) < 12  # local search: 7.966


CLOSE = "the ends of dnsp.gamma differ by a factor of less than 11/10"
OTHER = "signs are known of non-negative models, and supports leave the kernel larger than their boxes"


@pytest.mark.parametrize(
    ("model", "known", "reason"),
    [
        (dv.NonNegative(), {}, ""),
        (dv.NonNegative(), {"dnsp.gamma": ["2", "21/10"]}, CLOSE),
        (dv.NonNegative(), {"dnsp.gamma": ["inf", "inf"]}, CLOSE),
        (dv.NonNegative(), {UNIFORM: "no"}, "not identifiable"),
        (dv.Free(), {}, OTHER),
    ],
)
def test_which_gamma_it_bounds(model, known, reason):
    assert GAMMA.accepts(with_kernel((2, 2), [[-1, 1, 1, -1]], model), known) == reason


def test_what_comes_as_close_as_one_likes_has_no_covering_at_a_distance():
    # e_01 + e_10 is identifiable, and a limit of non-negative differences
    found = GAMMA.search(with_kernel((2, 2), [[0, 1, 1, 0]]), {}, Budget(5))
    assert isinstance(found, Nothing) and "keeps off" in found.reason
