"""One number for given parameters and noise, and the converse: against the theory's formulas and planted pairs."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import oracles
import pytest

import dmfverify as dv

CHAIN = dv.Case([dv.Circulant(8, taps=[0, 1]), dv.Circulant(8, taps=[0, 2]), dv.Circulant(8, taps=[0, 4])])
SPARSE = dv.Case([dv.Circulant(12, taps=[0, 1, 3]), dv.Circulant(12, taps=[0, 4, 8])], model=dv.Sparse([1, 1]))


@pytest.fixture(scope="module")
def chain():
    return dv.certify(CHAIN)


@pytest.mark.parametrize("p", [1, 2, "inf"])
def test_the_formulas_of_the_theory(chain, p):
    """kappa = sqrt(8), gamma = 1, sigma = sqrt(8); K = 3, S = 2."""
    h, noise = [[1, -2], [3, Fraction(1, 2)], [0, 5]], Fraction(1, 10)
    found = dv.error_bound(chain, h, noise / 2, eta=noise / 2, p=p)
    power = math.inf if p == "inf" else p
    shrink = 30 ** (1 / 3 - 1)
    ours = oracles.recovery_constant("scale", [2, 2, 2], math.sqrt(8), power) * shrink * float(noise)
    paper = oracles.recovery_paper([2, 2, 2], 1, math.sqrt(8), power) * shrink * float(noise)
    assert float(found.ours) == pytest.approx(ours, rel=1e-12)
    assert float(found.paper) == pytest.approx(paper, rel=1e-12)
    assert found.value == found.ours <= found.paper
    assert found.of == f"d_{p}"


def test_the_printed_condition_is_checked_exactly(chain):
    h = [[1, 2], [1, 1], [1, 1]]
    limit = dv.error_bound(chain, h, 0).paper_noise_limit
    assert float(limit) == pytest.approx(math.sqrt(8), rel=1e-12)
    assert dv.error_bound(chain, h, limit).paper < math.inf
    beyond = dv.error_bound(chain, h, limit + Fraction(1, 10**30))
    assert beyond.paper == math.inf and beyond.value == beyond.ours < math.inf


@pytest.mark.parametrize("p", [1, 2, "inf"])
def test_no_pair_is_farther_than_the_bound(chain, p):
    rng = np.random.default_rng(5)
    for size in (1e-3, 1.0, 10.0):
        h = [rng.integers(-4, 5, 2) + 0.5 for _ in range(3)]
        g = [x + size * rng.standard_normal(2) for x in h]
        lifting = oracles.lifting([oracles.circulant_basis(8, [0, t]) for t in (1, 2, 4)])
        image = [lifting.floats @ oracles.segre(x, lifting.columns).astype(float) for x in (h, g)]
        delta = float(np.linalg.norm(image[0] - image[1])) * (1 + 1e-9)
        distance = oracles.class_distance(h, g, math.inf if p == "inf" else p)
        assert distance <= float(dv.error_bound(chain, h, delta, p=p).value) * (1 + 1e-9)


def test_the_converse_lies_below_what_is_attained(chain):
    low, high = (float(Fraction(x)) for x in chain.json["recovery_bound"]["converse"])
    assert low == pytest.approx(1 / math.sqrt(8 * 3 * 4), rel=1e-9)
    assert high == pytest.approx(2 * math.sqrt(6) / math.sqrt(8), rel=1e-9)
    h, g = [[1, 0], [1, 0], [1, 0]], [[1, 1e-4], [1, 0], [1, 0]]
    needed = oracles.class_distance(h, g, 2) / (math.sqrt(8) * 1e-4)  # A is sqrt(8) times an isometry
    assert low <= needed <= high


def test_sparse_models_take_the_printed_constants_of_boxes():
    result = dv.certify(SPARSE)
    found = dv.error_bound(result, [[0, 1, 0], [0, 0, 2]], "1/100")
    sparse = result.json["sparse_dnsp"]
    ratio = Fraction(sparse["gamma"][1]) / Fraction(sparse["lower_rip"][0])
    assert found.paper_noise_limit == 1 / ratio
    assert found.ours < math.inf


@pytest.mark.parametrize("p", [1, 2, "inf"])
def test_p_is_fixed_by_the_claim(p):
    result = dv.certify(CHAIN, p=p)
    power = math.inf if p == "inf" else p
    assert result.json["recovery_bound"]["p"] == p
    expected = oracles.recovery_constant("scale", [2, 2, 2], math.sqrt(8), power)
    low, high = (float(Fraction(x)) for x in result.json["recovery_bound"]["constant"])
    assert low <= expected * (1 + 1e-12) and expected <= high * (1 + 1e-12) and high / low < 1 + 1e-9


def network():
    edges = [("a", "x", "u", [0, 1]), ("b", "u", "y", [0, 2]), ("c", "z", "v", [0, 1]), ("d", "v", "y", [0, 2])]
    return dv.Case(dv.Network([dv.Edge(*edge) for edge in edges], output="y", length=8))


def test_networks_take_the_least_kernel_and_the_norm_of_the_result():
    result = dv.certify(network(), p=1)
    assert result.json["equivalence"] == "path-scale"
    h = [[1, 2, 3, 4], [Fraction(1, 2), Fraction(1, 4), 1, 1]]
    found = dv.error_bound(result, h, 1)
    constant = oracles.recovery_constant("path-scale", [4, 4], math.sqrt(8), 1, paths=2)
    assert float(found.ours) == pytest.approx(2 * constant, rel=1e-9)  # eps = 1/2
    with pytest.raises(dv.BadInput, match=r"p: got 2, expected the result's 1"):
        dv.error_bound(result, h, 1, p=2)


def test_without_a_finite_constant_there_is_no_number():
    collide = dv.Case([dv.Circulant(8, taps=[0, 1]), dv.Circulant(8, taps=[0, 1])])
    found = dv.error_bound(dv.certify(collide), [[1, 1], [1, 1]], 0)
    assert (found.ours, found.paper, found.value) == (math.inf,) * 3


@pytest.mark.parametrize(
    ("h", "delta", "options", "words"),
    [
        ([[1, 2], [1, 1]], 1, {}, r"h: got vectors of lengths \[2, 2\], expected \[2, 2, 2\]"),
        ([[1, 2], [1, 1], [1, math.nan]], 1, {}, "h: got an entry that is not a finite real number"),
        ([[1, 2], [1, 1], [1, 1]], -1, {}, "delta: got '-1', expected a number >= 0"),
        ([[1, 2], [1, 1], [1, 1]], 1, {"eta": "x"}, "eta: got 'x', expected a number >= 0"),
        ([[1, 2], [1, 1], [1, 1]], 1, {"p": 3}, "p: got '?3'?, expected 1, 2 or inf"),
    ],
)
def test_bad_input_is_one_line(chain, h, delta, options, words):
    with pytest.raises(dv.BadInput, match=words):
        dv.error_bound(chain, h, delta, **options)
    with pytest.raises(dv.BadInput, match="p: got '?0'?, expected 1, 2 or inf"):
        dv.certify(CHAIN, p=0)
