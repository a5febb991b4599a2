"""Sparse patterns: supports multiplied out, and fibres counted one by one over a small field."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

import dmfverify as dv
from dmfverify.identify.patterns import kronecker, peel
from dmfverify.problem import forms


def kronecker_entries(a: int, b: int, c: int, d: int) -> np.ndarray:
    """I_a (x) 1_{b x c} (x) I_d as a 0/1 matrix, by numpy."""
    return np.kron(np.kron(np.eye(a, dtype=int), np.ones((b, c), dtype=int)), np.eye(d, dtype=int))


def pattern(matrix: np.ndarray) -> dv.Pattern:
    return dv.Pattern(matrix.shape, [(int(r), int(c)) for r, c in np.argwhere(matrix)])


def certified(*matrices: np.ndarray, equivalence: str = "neuron-scale") -> dv.Result:
    return dv.certify(dv.Case(dv.Architecture([pattern(m) for m in matrices]), equivalence=equivalence), time_budget=60)


def test_the_four_numbers_are_read_off() -> None:
    for numbers in itertools.product((1, 2, 3), (1, 2), (1, 3), (1, 2)):
        matrix = kronecker_entries(*numbers)
        found = kronecker(forms.Pattern(matrix.shape, tuple(map(tuple, np.argwhere(matrix).tolist()))))
        assert found is not None and (kronecker_entries(*found) == matrix).all()
    assert kronecker(forms.Pattern((2, 2), ((0, 0), (1, 0)))) is None


CHAINS = [
    [(1, 2, 2, 4), (2, 2, 2, 2), (4, 2, 2, 1)],
    [(1, 3, 2, 2), (2, 2, 3, 1)],
    [(2, 1, 2, 3), (4, 3, 1, 1)],
    [(1, 2, 4, 2), (2, 4, 2, 1)],
    [(1, 2, 2, 1), (1, 2, 2, 1)],
]


@pytest.mark.parametrize("chain", CHAINS)
def test_a_chain_is_identifiable_iff_its_supports_multiply_to_zeros_and_ones(chain: list) -> None:
    matrices = [kronecker_entries(*numbers) for numbers in chain]
    if any(a.shape[1] != b.shape[0] for a, b in itertools.pairwise(matrices)):
        pytest.fail("the chain of the test does not fit")
    product = np.linalg.multi_dot(matrices) if len(matrices) > 2 else matrices[0] @ matrices[1]
    result = certified(*matrices)
    assert result.uniform.verdict == ("yes" if product.max() == 1 else "no")
    if product.max() == 1:
        assert result.uniform.method == "kronecker-sparse chain" and result.lifting.sigma_min.hi == 1


@pytest.mark.parametrize("order", [16, 256])
def test_butterflies(order: int) -> None:
    steps = order.bit_length() - 1
    chain = [kronecker_entries(2**k, 2, 2, order >> (k + 1)) for k in range(steps)]
    result = certified(*chain)
    assert (result.uniform.verdict, result.generic.verdict, result.local.verdict) == ("yes", "yes", "yes")
    result = certified(*chain, equivalence="scale")
    assert result.uniform.verdict == "no" and result.json["witness"] is not None
    assert result.local.rank == 2 * order * steps - order * (steps - 1)


def fibre(left: list, right: list, p: int, seed: int) -> int:
    """How many parameters over GF(p) have the product of one without zeros: all of them, tried."""
    rng = np.random.default_rng(seed)
    size, shape = len(left) + len(right), (3, 3)

    def products(h: np.ndarray) -> np.ndarray:
        out = np.zeros((len(h), *shape), dtype=np.int64)
        for a, (r, j) in enumerate(left):
            for b, (m, c) in enumerate(right):
                if j == m:
                    out[:, r, c] += h[:, a] * h[:, len(left) + b]
        return out % p

    target = products(rng.integers(1, p, (1, size)))
    everything = np.array(list(itertools.product(range(p), repeat=size)), dtype=np.int64)
    return int((products(everything) == target).all(axis=(1, 2)).sum())


def test_what_peels_has_one_class_over_a_small_field() -> None:
    """The theorem holds over any field: over GF(3) the class of h has 2^neurons members."""
    draw, peeled, seen = random.Random(0), 0, 0
    while peeled < 12 and seen < 400:
        seen += 1
        cells = list(itertools.product(range(3), range(2)))
        left = sorted(draw.sample(cells, draw.randint(3, 5)))
        right = sorted((j, c) for c, j in draw.sample(cells, draw.randint(3, 5)))
        if {j for _, j in left} != {0, 1} or {j for j, _ in right} != {0, 1}:
            continue
        if peel(set(left), set(right)) is not None:
            peeled += 1
            assert all(fibre(left, right, 3, seed) == 4 for seed in range(2)), (left, right)
    assert peeled == 12


def test_an_arrow_of_three_factors_peels_split_by_split() -> None:
    left = np.array([[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    result = certified(left, np.eye(3, dtype=int), left.T)
    assert result.uniform.verdict == "no" and result.generic.verdict == "yes" and result.generic.fibre_C == 1
    assert result.generic.method == "peeling"


def test_peeling_is_sufficient_only() -> None:
    """Blocks {1,2} x {1,2} and {1,2} x {2,3} share rows: one column each is seen alone, the other only summed."""
    assert peel({(0, 0), (1, 0), (0, 1), (1, 1)}, {(0, 0), (0, 1), (1, 1), (1, 2)}) is None
