"""Distances between classes: against every sign pattern, and against their definitions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import oracles
import pytest

from dmfverify import Basis, Case, Diagonal, Edge, Network, Pattern, load
from dmfverify.lifting import Lifting, TooLarge
from dmfverify.recover.metric import class_distance, common_norm, diagonal, distance, path_distance, product_distance
from dmfverify.recover.permutations import permuted_distance

POWERS = (1, 2, math.inf)


@pytest.mark.parametrize("p", POWERS)
@pytest.mark.parametrize("K", [1, 2, 3, 6])
def test_the_distance_is_the_least_over_all_sign_patterns(K, p):
    rng = np.random.default_rng(K)
    for _ in range(60):
        h = [rng.integers(-3, 4, size=rng.integers(1, 4)) + 0.5 for _ in range(K)]
        g = [rng.choice([-1, 1]) * x + rng.normal(size=len(x)) * rng.choice([0.1, 2]) for x in h]
        assert class_distance(h, g, p) == pytest.approx(oracles.class_distance(h, g, p), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("p", POWERS)
def test_an_odd_number_of_cheap_flips_is_repaired_where_it_costs_least(p):
    h = [np.array([1.0, 0.9]), np.array([1.0, 0.2]), np.array([1.0, -0.6])]
    g = [-h[0], h[1], h[2]]
    assert class_distance(h, g, p) == pytest.approx(oracles.class_distance(h, g, p))
    assert class_distance(h, g, p) > 0


def test_members_of_one_class_have_distance_zero():
    rng = np.random.default_rng(0)
    h = [rng.normal(size=5) for _ in range(20)]
    c = rng.uniform(0.1, 10, size=20) * rng.choice([-1, 1], size=20)
    c[-1] = 1 / np.prod(c[:-1])
    assert class_distance(h, [a * x for a, x in zip(c, h, strict=True)]) < 1e-12


def test_the_distance_satisfies_the_triangle_inequality():
    rng = np.random.default_rng(1)
    for _ in range(200):
        a, b, c = ([rng.normal(size=2) for _ in range(3)] for _ in range(3))
        assert class_distance(a, c) <= class_distance(a, b) + class_distance(b, c) + 1e-12


def test_a_zero_factor_makes_the_class_zero():
    h, zero = [np.array([4.0, 2.0]), np.array([1.0])], [np.array([7.0, 7.0]), np.zeros(1)]
    assert class_distance(h, zero, math.inf) == 2 == common_norm(h)
    assert class_distance(zero, zero) == 0 == common_norm(zero)
    assert [x.tolist() for x in diagonal(zero)] == [[0, 0], [0]]


def test_many_factors_do_not_overflow():
    h = [np.array([1e150, 1.0]) for _ in range(20)]
    assert common_norm(h) == pytest.approx(1e150)


def test_the_theorem_holds_with_two_and_is_attained():
    h, g = [np.array([1, 1]), np.array([1, 0])], [np.array([1, -1]), np.array([0, 1])]
    rng = np.random.default_rng(2)
    assert class_distance(h, g, math.inf) == 2 * np.abs(np.outer(*h) - np.outer(*g)).max()
    for _ in range(300):
        h, g = ([rng.normal(size=3), rng.normal(size=2)] for _ in range(2))
        e = np.abs(np.outer(*h) - np.outer(*g)).max()
        largest = max(np.abs(np.outer(*x)).max() for x in (h, g))
        assert class_distance(h, g, math.inf) <= 2 * largest**-0.5 * e + 1e-12


@pytest.fixture
def diamond():
    edges = [Edge("a", "x", "u", [0, 1]), Edge("b", "x", "v", [0, 1])]
    edges += [Edge("c", "u", "y", [0, 2]), Edge("d", "v", "y", [4, 6])]
    return Lifting(Case(Network(edges, "y", length=8)).statement)


@pytest.mark.parametrize("p", POWERS)
def test_the_distance_of_networks_goes_over_the_paths(diamond, p):
    rng = np.random.default_rng(3)
    for _ in range(20):
        h, g = ([rng.normal(size=4), rng.normal(size=4)] for _ in range(2))
        edges = [[x[k][:2], x[k][2:]] for x in (h, g) for k in (0, 1)]
        (c, d), (a, b), (c1, d1), (a1, b1) = edges
        each = [oracles.class_distance(*pair, p) for pair in (([c, a], [c1, a1]), ([d, b], [d1, b1]))]
        assert path_distance(diamond, h, g, p) == pytest.approx(np.linalg.norm(each, p))
        assert distance(diamond, h, g, p) == path_distance(diamond, h, g, p)


def test_rescaling_an_inner_node_is_no_distance(diamond):
    h = [np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0, 7.0, 8.0])]
    g = [h[0] * [2, 2, -1, -1], h[1] * [0.5, 0.5, -1, -1]]
    assert path_distance(diamond, h, g) < 1e-12


def test_path_products_are_compared_exactly(case_paths, monkeypatch):
    lifting = Lifting(load(case_paths["butterfly8_neuron"]).statement)
    rng = np.random.default_rng(4)
    h = [rng.normal(size=s) for s in lifting.sizes]
    g = [x * (1 + 1e-9 * rng.normal(size=len(x))) for x in h]
    listed = product_distance(lifting, h, g)
    monkeypatch.setattr("dmfverify.recover.metric.LISTED", 1)
    assert product_distance(lifting, h, g) == pytest.approx(listed, rel=1e-6)
    assert Lifting(Case([Diagonal(2)]).statement).count == 2


def layers(*patterns):
    return Lifting(Case([Pattern(shape, entries) for shape, entries in patterns], equivalence="neuron-scale").statement)


FULL = ((3, 3), [(i, j) for i in range(3) for j in range(3)])


@pytest.mark.parametrize(
    "patterns",
    [
        [FULL, FULL],
        [((2, 4), [(0, 0), (0, 1), (1, 2), (0, 3)]), ((4, 2), [(0, 1), (1, 1), (2, 0), (3, 1)])],
        [((2, 2), [(0, 0), (1, 0), (0, 1)]), ((2, 2), [(0, 0), (1, 1)])],
        [((1, 3), [(0, 0), (0, 1), (0, 2)]), ((3, 2), [(0, 0), (1, 0), (2, 1), (1, 1)]), ((2, 1), [(0, 0), (1, 0)])],
        [((1, 2), [(0, 0), (0, 1)]), ((2, 2), [(0, 0), (1, 1)]), ((2, 1), [(0, 0), (1, 0)])],
    ],
)
def test_neurons_are_matched_over_all_permutations(patterns):
    """Against every permutation of every inner level, with dense matrices of its own."""
    lifting, rng = layers(*patterns), np.random.default_rng(5)

    def dense(h):
        found = []
        for (shape, entries), x in zip(patterns, h, strict=True):
            M = np.zeros(shape)
            for (i, j), value in zip(entries, x, strict=True):
                M[i, j] = value
            found.append(M)
        return found

    def products(Ms):
        return np.multiply.outer(Ms[0], Ms[1]) if len(Ms) == 2 else np.einsum("ab,bc,cd->abcd", *Ms)

    def paths(Ms):
        return np.einsum("abbd->abd", products(Ms)) if len(Ms) == 2 else products(Ms)

    inner = [shape[1] for shape, _ in patterns[:-1]]
    support = [M != 0 for M in dense([np.ones(len(e)) for _, e in patterns])]
    for _ in range(4):
        h, g = ([rng.normal(size=len(e)) for _, e in patterns] for _ in range(2))
        target, G, best = paths(dense(h)), dense(g), math.inf
        for perms in itertools.product(*(itertools.permutations(range(n)) for n in inner)):
            moved = []
            for k, M in enumerate(G):
                rows = perms[k - 1] if k else range(M.shape[0])
                columns = perms[k] if k < len(inner) else range(M.shape[1])
                moved.append(M[np.ix_(list(rows), list(columns))])
            if all(np.array_equal(M != 0, S) for M, S in zip(moved, support, strict=True)):
                best = min(best, float(np.linalg.norm(paths(moved) - target)))
        assert permuted_distance(lifting, h, g) == pytest.approx(best, rel=1e-12, abs=1e-12)


def test_too_many_permutations_are_refused(monkeypatch):
    monkeypatch.setattr("dmfverify.recover.permutations.MOST", 50)
    wide = [
        ((1, 8), [(0, j) for j in range(8)]),
        ((8, 8), [(j, j) for j in range(8)]),
        ((8, 1), [(j, 0) for j in range(8)]),
    ]
    lifting = layers(*wide)
    with pytest.raises(TooLarge, match="matching the neurons"):
        permuted_distance(lifting, [np.ones(8)] * 3, [np.ones(8)] * 3)
    with pytest.raises(TypeError, match="factors that are patterns"):
        permuted_distance(Lifting(Case([Basis([[[1]]])]).statement), [np.ones(1)], [np.ones(1)])


def test_path_products_of_patterns_are_the_entries_of_every_path():
    lifting = layers(((2, 3), [(0, 0), (0, 1), (1, 1), (1, 2)]), ((3, 2), [(0, 0), (1, 0), (1, 1), (2, 1)]))
    rng = np.random.default_rng(6)
    h, g = ([rng.normal(size=4), rng.normal(size=4)] for _ in range(2))
    ways = [(0, 0), (1, 1), (1, 2), (2, 1), (2, 2), (3, 3)]
    expected = math.sqrt(sum((h[0][a] * h[1][b] - g[0][a] * g[1][b]) ** 2 for a, b in ways))
    assert product_distance(lifting, h, g) == pytest.approx(expected)
