"""Cases from supports and from kernels."""

from __future__ import annotations

import re

import numpy as np
import pytest
import scipy.sparse

import dmfverify as dv

BUTTERFLY = [np.kron(np.eye(2), np.ones((2, 2))), np.kron(np.ones((2, 2)), np.eye(2))]


def product(case, h):
    """M_1(h_1) ... M_K(h_K) from the plain forms."""
    X = np.eye(case.statement.forms[0].shape[0])
    for form, values in zip(case.statement.forms, h, strict=True):
        M = np.zeros(form.shape)
        for i, x in enumerate(values):
            for r, c, v in form.basis(i):
                M[r, c] += float(x * v)
        X = X @ M
    return X


def planted(matrix):
    """Values on a support, and the matrix that holds them row by row."""
    rng = np.random.default_rng(0)
    dense = np.asarray(matrix.todense() if hasattr(matrix, "todense") else matrix) != 0
    full = np.zeros(dense.shape)
    full[dense] = values = rng.integers(1, 9, dense.sum())
    return values.tolist(), full


@pytest.mark.parametrize("kind", [np.array, scipy.sparse.csr_matrix, scipy.sparse.csc_array, scipy.sparse.coo_matrix])
@pytest.mark.parametrize("dtype", [bool, int, float])
def test_the_product_of_supports(kind, dtype):
    supports = [np.array([[1, 0, 1], [0, 1, 0]]), np.array([[0, 1], [1, 1], [1, 0]])]
    given = [kind(s.astype(dtype)) for s in supports]
    case = dv.from_supports(given)
    h, matrices = zip(*(planted(m) for m in given), strict=True)
    np.testing.assert_array_equal(product(case, h), matrices[0] @ matrices[1])
    assert case.equivalence == "neuron-scale" and case.statement.sizes == (3, 4)


def test_stored_zeros_are_refused_and_those_inside_blocks_do_not_count():
    stored = scipy.sparse.csr_matrix(([1.0, 0.0], ([0, 1], [1, 0])), shape=(2, 2))
    with pytest.raises(dv.BadInput, match=re.escape("matrices[0]: got a zero that is stored, at [1, 0]; expected")):
        dv.from_supports([stored])
    stored.eliminate_zeros()
    assert dv.from_supports([stored]).statement.forms[0].entries == ((0, 1),)
    outer = scipy.sparse.kron(np.ones((2, 2)), scipy.sparse.eye(2))
    assert outer.format == "bsr" and outer.nnz == 16
    assert dv.from_supports([outer]).statement.sizes == (8,)


def test_a_butterfly_is_certified():
    result = dv.certify(dv.from_supports(BUTTERFLY, title="butterfly of 4"))
    assert result.uniform.verdict == "yes" and result.json["case"]["title"] == "butterfly of 4"
    assert dv.from_supports(BUTTERFLY, "scale", model=dv.Sparse([2, 2])).equivalence == "scale"


@pytest.mark.parametrize("boundary", ["circular", "zero"])
def test_the_product_of_kernels(boundary):
    kernels = [np.array([1.0, 0, 3]), np.array([2, -1]), np.array([0, 0, 1, 1])]
    case = dv.from_kernels(kernels, length=9, boundary=boundary)
    whole = np.convolve(np.convolve(kernels[0], kernels[1]), kernels[2])
    expected = whole if boundary == "zero" else np.bincount(np.arange(len(whole)) % 9, whole, 9)
    response = product(case, [k.tolist() for k in kernels])[:, 0]
    np.testing.assert_allclose(response[: len(expected)], expected)
    assert case.equivalence == "scale" and case.statement.sizes == (3, 2, 4)
    sparse = dv.from_kernels(kernels, length=9, boundary=boundary, support="nonzero")
    assert sparse.statement.sizes == (2, 2, 2)
    np.testing.assert_allclose(product(sparse, [[1, 3], [2, -1], [1, 1]])[:, 0][: len(expected)], expected)


def test_kernels_on_a_grid():
    a, b = np.array([[1, 2], [3, 4]]), np.array([[0, 1]])
    case = dv.from_kernels([a, b], shape=[4, 5], support="nonzero")
    assert [[t[2] for t in f.taps] for f in case.statement.forms] == [[(0, 0), (0, 1), (1, 0), (1, 1)], [(0, 1)]]
    expected = np.zeros((4, 5))
    expected[:2, 1:3] = a
    np.testing.assert_allclose(product(case, [[1, 2, 3, 4], [1]])[:, 0].reshape(4, 5), expected)
    assert case.names == (("h1[0]", "h1[1]", "h1[2]", "h1[3]"), ("h2[0]",))


def test_a_chain_is_certified():
    kernels = [[1, 1], [1, 0, 1], [1, 0, 0, 0, 1]]
    assert dv.certify(dv.from_kernels(kernels, length=16, support="nonzero")).uniform.verdict == "yes"
    assert dv.certify(dv.from_kernels(kernels, length=16)).uniform.verdict == "no"


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: dv.from_supports([]), "factors: got an empty list, expected at least one factor"),
        (lambda: dv.from_supports("ab"), "got 'ab', expected a list of supports"),
        (lambda: dv.from_supports([np.eye(2), np.zeros((2, 2))]), "matrices[1].entries: got an empty list, expected"),
        (lambda: dv.from_supports([np.ones(3)]), "matrices[0]: got an array of shape 3, expected a matrix"),
        (lambda: dv.from_supports([np.eye(2), np.eye(3)]), "factors: factors[0] is 2 x 2 and factors[1] is 3 x 3"),
        (lambda: dv.from_supports([np.eye(2) * 1j]), "matrices[0]: got an array of complex128: complex numbers"),
        (lambda: dv.from_supports([np.eye(2)], "path-scale"), "equivalence: got 'path-scale', which needs a network"),
        (lambda: dv.from_kernels([], length=4), "kernels: got an empty list, expected at least one kernel"),
        (lambda: dv.from_kernels([[1, 2]]), "got neither of length and shape"),
        (lambda: dv.from_kernels([[1], [[1]]], length=4),
         "kernels[1]: got an array of shape 1 x 1, expected a 1-D array, for length = N"),
        (lambda: dv.from_kernels([[1]], shape=[2, 2]),
         "kernels[0]: got an array of shape 1, expected a 2-D array, for shape = [H, W]"),
        (lambda: dv.from_kernels([[0, 0]], length=4, support="nonzero"),
         "kernels[0]: got a kernel of zeros, expected a value that is not zero: its support is empty"),
        (lambda: dv.from_kernels([[1]], length=4, support="some"), "support: got 'some', expected all or nonzero"),
        (lambda: dv.from_kernels([[1, np.nan]], length=4), "kernels[0]: got nan at [1], expected finite numbers"),
        (lambda: dv.from_kernels([[1, 2, 3]], length=2), "edges[0].taps[2]: got 2, the same tap modulo 2 as"),
    ],
)  # fmt: skip
def test_wrong_arrays_are_refused_in_one_line(make, line):
    with pytest.raises(dv.BadInput, match=f"^{re.escape(line)}"):
        make()
