"""Cases from arrays: supports of sparse factors, kernels of a chain of convolutions.

Main definitions
    `from_supports`  scipy.sparse matrices or numpy arrays: one parameter an entry of each support
    `from_kernels`   numpy arrays: one tap a position of each kernel
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..errors import BadInput
from ..problem import Architecture, Case, Edge, Network, Pattern
from ..problem.reading import at, check_array, few, is_array, one_of, sequence, whole, wrong


def from_supports(
    matrices: Sequence[Any],
    equivalence: str | None = "neuron-scale",
    *,
    model: Any = None,
    title: str = "",
    data: Any = None,
) -> Case:
    """The case X = M_1(h_1) ... M_K(h_K) where M_k has a parameter at each place of a support, zeros elsewhere.

    Parameters
    ----------
    matrices
        One support a factor, in product order (the first is the leftmost, next to the output): scipy.sparse matrices
        or numpy arrays, whose entries that are not zero (or not False) count.  Only the places matter.  The parameters
        of a factor go row by row.
    equivalence
        ``neuron-scale`` (default) divides out one scalar a hidden neuron, ``scale`` one a factor.
    model, title, data
        As in `Case`.

    Raises
    ------
    BadInput
        Among others for a sparse matrix that stores a zero: it might or might not belong to the support.  (The blocks
        of scipy's bsr format are full of them, and they do not count there.)

    Examples
    --------
    >>> import numpy as np
    >>> case = from_supports([np.array([[1, 0, 1], [0, 1, 1]]), np.eye(3)])
    >>> case.statement.sizes, case.statement.product_shape, case.equivalence
    ((4, 3), (2, 3), 'neuron-scale')
    """
    given = list(matrices) if isinstance(matrices, (list, tuple)) else sequence(matrices, "a list of supports")
    factors = []
    for k, matrix in enumerate(given):
        with at(f"matrices[{k}]"):
            factors.append(_pattern(matrix))
    return _case(Architecture(factors), equivalence, model, title, data)


def _pattern(matrix: Any) -> Pattern:
    import numpy as np

    if hasattr(matrix, "tocoo"):
        matrix = _without_zeros(matrix)
    else:
        matrix = np.asarray(matrix)
        matrix = matrix if matrix.dtype.kind == "b" else check_array(matrix) != 0
    if len(matrix.shape) != 2 or 0 in matrix.shape:
        raise wrong(matrix, "a matrix")
    return Pattern((int(matrix.shape[0]), int(matrix.shape[1])), matrix)


def _without_zeros(matrix: Any) -> Any:
    import scipy.sparse

    coo = matrix.tocoo()
    zeros = (coo.data == 0).nonzero()[0]
    if not len(zeros):
        return coo
    if matrix.format != "bsr":
        place = [int(coo.row[zeros[0]]), int(coo.col[zeros[0]])]
        why = f"got a zero that is stored, at {place}; expected none, as it might or might not belong to the support"
        raise BadInput(why, hint="call eliminate_zeros(), or store ones")
    kept = coo.data != 0
    return scipy.sparse.coo_matrix((coo.data[kept], (coo.row[kept], coo.col[kept])), shape=coo.shape)


def from_kernels(
    kernels: Sequence[Any],
    *,
    length: int | None = None,
    shape: Sequence[int] | None = None,
    boundary: str = "circular",
    support: str = "all",
    equivalence: str | None = None,
    model: Any = None,
    title: str = "",
    data: Any = None,
) -> Case:
    """The case of a chain of convolutions, one kernel a layer.

    Parameters
    ----------
    kernels
        One array a layer, in product order: the first is the layer next to the output.  1-D arrays with `length`,
        2-D arrays with `shape`.  Entry t of a kernel is the tap that moves a signal by t cells (a convolution,
        ``numpy.convolve``'s sense; `from_torch` turns torch's cross-correlations round).
    length, shape
        One of them: N cells, or [H, W].
    boundary
        ``circular``; or ``zero``: each layer's output is longer by the kernel's size less one.
    support
        ``all``: each position of a kernel is a parameter; ``nonzero``: those only where the array is not zero.
    equivalence, model, title, data
        As in `Case`.

    Examples
    --------
    >>> import numpy as np
    >>> case = from_kernels([np.array([1, 0, 1]), np.ones(2)], length=16, support="nonzero")
    >>> [form.taps for form in case.statement.forms]
    [((0, 0, (0,)), (0, 0, (2,))), ((0, 0, (0,)), (0, 0, (1,)))]
    """
    one_of(support, ("all", "nonzero"), "support")
    given = kernels if isinstance(kernels, (list, tuple)) else sequence(kernels, "a list of kernels", "kernels")
    if not given:
        raise wrong(given, "at least one kernel", "kernels")
    nodes = ["y", *(f"u{k}" for k in range(1, len(given))), "x"]
    edges = [
        Edge(f"h{k + 1}", nodes[k + 1], nodes[k], _taps(kernel, shape is not None, support, f"kernels[{k}]"))
        for k, kernel in enumerate(given)
    ]
    return _case(Network(edges, "y", length, shape, boundary), equivalence, model, title, data)


def _taps(kernel: Any, two: bool, support: str, where: str) -> list[Any]:
    import numpy as np

    array = check_array(kernel if is_array(kernel) else np.asarray(kernel), where)
    if array.ndim != 1 + two or 0 in array.shape:
        raise wrong(array, "a 2-D array, for shape = [H, W]" if two else "a 1-D array, for length = N", where)
    few(math.prod(array.shape), where)
    found = np.argwhere(array != 0) if support == "nonzero" else np.argwhere(np.ones(array.shape, dtype=bool))
    if not len(found):
        raise BadInput("got a kernel of zeros, expected a value that is not zero: its support is empty", where=where)
    return [tuple(map(int, t)) if two else whole(t[0]) for t in found]


def _case(architecture: Any, equivalence: str | None, model: Any, title: str, data: Any) -> Case:
    given = {} if model is None else {"model": model}
    return Case(architecture, equivalence=equivalence, title=title, data=data, **given)
