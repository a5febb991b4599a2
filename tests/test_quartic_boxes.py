"""Brackets on the boxes of two supports, in liftings that are small enough to compare and in one of 8^20 columns."""

from __future__ import annotations

import json
import time
from fractions import Fraction

import numpy as np
import oracles
import pytest
from test_quartic import TWO_BOXES

from dmfverify.check import Session
from dmfverify.lifting import Lifting
from dmfverify.method import Budget
from dmfverify.problem.forms import Model, Statement, Terms
from dmfverify.stability import quartic_boxes


def deep(K: int, side: int, S: int, supports: tuple, seed: int = 1) -> Statement:
    """Random integer factors, all of one shape."""
    rng = np.random.default_rng(seed)
    factors = []
    for _ in range(K):
        B = rng.integers(-2, 3, (S, side, side))
        terms = tuple((*map(int, at), Fraction(int(x))) for at, x in np.ndenumerate(B) if x)
        factors.append(Terms((side, side), S, tuple((i, r, c, x) for i, r, c, x in terms)))
    return Statement("scale", tuple(factors), Model("supports", supports=supports))


def support(K: int, S: int, seed: int) -> tuple:
    """Two elements in three factors, one in the others."""
    rng = np.random.default_rng(seed)
    wide = set(rng.choice(K, 3, replace=False).tolist())
    return tuple(tuple(sorted(rng.choice(S, 2 if k in wide else 1, replace=False).tolist())) for k in range(K))


def bracket(statement: Statement, target: str) -> tuple[float, float, float]:
    """Both ends as the checker proves them, and its seconds of processor time."""
    lifting, session = Lifting(statement), Session(statement.to_bytes())
    claims = quartic_boxes.search_for(target, lifting, {}, Budget())
    assert isinstance(claims, list), claims
    begun = time.process_time()
    for claim in claims:
        session.accept(json.loads(json.dumps(claim.to_json())))
    proved = session.proved()
    assert proved["identifiability.uniform.verdict"] == "yes"
    low, high = (float(Fraction(x)) for x in proved[f"dnsp.{target}"])
    return low, high, time.process_time() - begun


def test_two_boxes_in_closed_form():
    low, high, _ = bracket(TWO_BOXES, "gamma")
    assert low <= 2**0.5 <= high <= low * 1.001


@pytest.mark.parametrize("seed", [1, 2])
def test_a_lifting_that_the_oracle_can_list(seed):
    """Four factors of three parameters: kernel, differences and ratios by the oracle's own routes."""
    pair = (((0, 1), (0,), (1, 2), (0,)), ((1, 2), (1,), (0, 1), (0,)))
    statement = deep(4, 4, 3, pair, seed)
    basis = []
    for form in statement.factors:
        B = np.zeros((3, 4, 4), dtype=object)
        for i, r, c, x in form.terms:
            B[i, r, c] = Fraction(x)
        basis.append(B)
    space = oracles.lifting(basis)
    for target, direction in (("gamma", 1), ("kappa", -1)):
        low, high, _ = bracket(statement, target)
        assert high / low <= 1.01
        seen = [oracles.search(space, s, t, False, target, 24)[0] for s, t in oracles.pairs(list(pair))]
        value = 1 / min(seen) if direction == 1 else min(seen)
        assert low * (1 - 1e-6) <= value <= high * (1 + 1e-6) if direction == -1 else value <= high * (1 + 1e-9)
        assert value == pytest.approx(low if direction == 1 else high, rel=5e-3)


@pytest.mark.parametrize("target", ["gamma", "kappa"])
def test_five_factors(target):
    low, high, _ = bracket(deep(5, 6, 4, (support(5, 4, 1), support(5, 4, 2))), target)
    assert high / low <= 1.01


@pytest.mark.slow
@pytest.mark.parametrize("target", ["gamma", "kappa"])
def test_twenty_factors_sixteen_by_sixteen(target):
    """8^20 columns, of which sixteen are used."""
    statement = deep(20, 16, 8, (support(20, 8, 1), support(20, 8, 2)))
    assert quartic_boxes.accepts_for(target, Lifting(statement), {}) == ""
    low, high, seconds = bracket(statement, target)
    assert high / low <= 1.05
    assert seconds < 60


@pytest.mark.parametrize("target", ["gamma", "kappa"])
def test_supports_of_one_coordinate(target):
    """Differences of two columns: everything is linear."""
    pair = (((0,), (1,), (0,)), ((0,), (2,), (1,)))
    low, high, _ = bracket(deep(3, 4, 3, pair), target)
    assert high / low <= 1.001


def test_other_models_are_refused_in_words():
    free = Statement("scale", deep(5, 6, 4, (support(5, 4, 1),)).factors)
    assert "pairs of supports" in quartic_boxes.accepts_for("gamma", Lifting(free), {})
    assert "coordinates" in quartic_boxes.accepts_for("gamma", Lifting(TWO_BOXES), {})
