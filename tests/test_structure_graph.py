"""Paths and expected ranks, against lists of all paths and Jacobians of path products."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
import sympy

from dmfverify.check.statement import Statement as Checked
from dmfverify.check.strict import read_json
from dmfverify.problem.forms import Known, Pattern, Statement, Taps
from dmfverify.structure.graph import expected_rank, layered, picture


def random_network(rng):
    K = rng.randint(1, 4)
    nodes = [1, *(rng.randint(1, 3) for _ in range(K))]
    forms = []
    for k in range(K):
        pairs = [(a, b) for a in range(nodes[k]) for b in range(nodes[k + 1])]
        taps = [
            (a, b, (s,)) for a, b in rng.sample(pairs, rng.randint(1, len(pairs))) for s in range(rng.randint(1, 2))
        ]
        forms.append(Taps((5,), "circular", 1, (nodes[k], nodes[k + 1]), tuple(taps)))
    return Statement("path-scale", tuple(forms))


def with_known_layer(statement, rng):
    """The same network with a layer of known taps somewhere inside."""
    at = rng.randint(1, len(statement.forms) - 1)
    n = statement.forms[at].nodes[0]
    pairs = [(a, b) for a in range(n) for b in range(n)]
    fixed = tuple(
        (a, b, (0,), Fraction(rng.choice([0, 1, -2]))) for a, b in rng.sample(pairs, rng.randint(1, len(pairs)))
    )
    known = Taps((5,), "circular", 1, (n, n), (), fixed)
    return Statement("path-scale", (*statement.forms[:at], known, *statement.forms[at:]))


def random_patterns(rng):
    K = rng.randint(1, 4)
    sizes = [rng.randint(1, 3) for _ in range(K + 1)]
    forms = []
    for k in range(K):
        cells = list(itertools.product(range(sizes[k]), range(sizes[k + 1])))
        forms.append(Pattern((sizes[k], sizes[k + 1]), tuple(sorted(rng.sample(cells, rng.randint(1, len(cells)))))))
    return Statement("neuron-scale", tuple(forms))


def random_support(statement, rng):
    return tuple(tuple(sorted(rng.sample(range(s), rng.randint(1, s)))) for s in statement.sizes)


def all_paths(statement, support):
    """Definition: sequences of edges that meet, through known layers where some chain of taps joins them."""
    reader = Checked(read_json(statement.to_bytes(), "statement"))
    paths = []
    for index in itertools.product(*support):
        if reader.paths.alive(index):
            ends = [reader.paths.ends(k, i) for k, i in enumerate(index)]
            paths.append((index, tuple(ends)))
    return paths


def rank_of_path_products(paths, statement, support):
    """Rank of the logarithmic Jacobian: rows are the exponent vectors of the path products."""
    place = {(k, i): n for n, (k, i) in enumerate((k, i) for k, s in enumerate(support) for i in s)}
    rows = [[0] * len(place) for _ in paths]
    for row, (index, _) in zip(rows, paths, strict=True):
        for k, i in enumerate(index):
            row[place[k, i]] = 1
    return int(np.linalg.matrix_rank(np.array(rows))) if rows else 0


def incidence_rank(paths, statement):
    edges = sorted({(k, e) for _, ends in paths for k, e in enumerate(ends)})
    rows = [[int((k, e) in set(enumerate(ends))) for k, e in edges] for _, ends in paths]
    return int(np.linalg.matrix_rank(np.array(rows))) if rows else 0


@pytest.mark.parametrize("seed", range(150))
def test_ranks_and_counts_are_those_of_all_paths(seed):
    rng = random.Random(seed)
    statement = random_network(rng) if seed % 3 else random_patterns(rng)
    if seed % 3 == 1 and len(statement.forms) > 1:
        statement = with_known_layer(statement, rng)
    support = random_support(statement, rng) if seed % 2 else tuple(tuple(range(s)) for s in statement.sizes)
    graph, paths = layered(statement, support), all_paths(statement, support)
    assert graph.paths_count == len({ends for _, ends in paths})
    assert set(graph.paths()) == {ends for _, ends in paths}
    assert graph.incidence_rank == incidence_rank(paths, statement)
    assert graph.alive_parameters - graph.inner == rank_of_path_products(paths, statement, support)
    reader = Checked(read_json(statement.to_bytes(), "statement"))
    assert expected_rank(statement, support) == reader.paths.expected(support)


@pytest.mark.parametrize("seed", range(60))
def test_expected_rank_as_the_interface_defines_it(seed):
    """path-scale: taps - (|E| - rank of incidence); neuron-scale: parameters - inner neurons on a path."""
    rng = random.Random(seed)
    statement = random_network(rng) if seed % 2 else random_patterns(rng)
    support = random_support(statement, rng)
    paths = all_paths(statement, support)
    total = sum(map(len, support))
    if statement.equivalence == "path-scale":
        edges = {(k, statement.factors[k].taps[i][:2]) for k, s in enumerate(support) for i in s}
        assert expected_rank(statement, support) == total - (len(edges) - incidence_rank(paths, statement))
    else:
        inner = {(k, e[1]) for _, ends in paths for k, e in enumerate(ends[:-1])}
        assert expected_rank(statement, support) == total - len(inner)
    scale = Statement("scale", statement.forms)
    assert expected_rank(scale, support) == total - (statement.K - 1)


def test_expected_is_the_generic_rank_of_the_path_products():
    """A symbolic Jacobian of a diamond: two paths that share no edge."""
    a, b, c, d = (sympy.symbols(f"{x}0:2") for x in "abcd")
    products = [x * y for x in a for y in b] + [x * y for x in c for y in d]
    jacobian = sympy.Matrix(products).jacobian([*a, *b, *c, *d])
    point = {v: n + 2 for n, v in enumerate([*a, *b, *c, *d])}
    layer = [(0, 0, (0,)), (0, 0, (1,)), (0, 1, (0,)), (0, 1, (1,))]
    other = [(0, 0, (0,)), (0, 0, (2,)), (1, 0, (0,)), (1, 0, (2,))]
    statement = Statement(
        "path-scale",
        (Taps((8,), "circular", 1, (1, 2), tuple(layer)), Taps((8,), "circular", 1, (2, 1), tuple(other))),
    )
    assert expected_rank(statement) == jacobian.subs(point).rank() == 6


def test_too_many_paths_are_counted_but_not_listed():
    full = Pattern((9, 9), tuple(itertools.product(range(9), range(9))))
    graph = layered(Statement("neuron-scale", (full,) * 40))
    assert graph.paths_count == 9**41
    with pytest.raises(ValueError, match="too many to list"):
        graph.paths()


def test_pictures():
    network = picture(random_network(random.Random(1)))
    assert network.graph["kind"] == "network" and nx.is_directed_acyclic_graph(network)
    neurons = picture(random_patterns(random.Random(1)))
    assert neurons.graph["kind"] == "neurons" and nx.is_directed_acyclic_graph(neurons)
    known = Known((2, 3), ((0, 0, Fraction(1)),))
    chain = picture(Statement("scale", (Pattern((2, 2), ((0, 0), (1, 1))), known), data=Known((3, 1), ())))
    assert [chain.nodes[n]["dimension"] for n in sorted(chain)] == [2, 2, 3, 1]
    assert {kind for *_, kind in chain.edges(data="kind")} == {"pattern", "known", "data"}


def test_factors_without_paths_are_refused():
    with pytest.raises(ValueError, match="all layers of taps, or all patterns"):
        layered(Statement("scale", (Pattern((2, 2), ((0, 0), (1, 1))), Known((2, 2), ()))))
