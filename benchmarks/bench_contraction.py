"""Claim: W = A A^T by contraction is exact and costs a little more for each factor, where every route over columns
costs S times as much; so it goes where neither the explicit columns nor SymPy go.

Peers, in the same run and with equal results: `Columns.row_gram` (the explicit lifting), SymPy's product of symbolic
matrices over a polynomial ring (its fastest expansion), and SymPy's product of expressions followed by `expand`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from dmfverify.lifting import Lifting, TooLarge, row_gram

from . import common

SIZES = ((4, 6), (8, 16))
"""(S, m): parameters and side of each factor."""
ALONE = (20, 40)
"""K of the contraction alone."""
LIMIT = 15.0
"""Seconds beyond which a peer is not taken further."""


def contraction(K: int, S: int, m: int) -> np.ndarray:
    """W over the non-zero rows, Python integers."""
    return row_gram(common.statement(K, S, m)).matrix


def columns(K: int, S: int, m: int) -> np.ndarray:
    """The same from all S^K columns."""
    return Lifting(common.statement(K, S, m)).columns.row_gram()


def ring(K: int, S: int, m: int) -> np.ndarray:
    """The same from SymPy's polynomials: DomainMatrix over ZZ[h]."""
    from sympy import ZZ, symbols
    from sympy.polys.matrices import DomainMatrix

    names = [symbols(f"h{k}_:{S}") for k in range(K)]
    polynomials = ZZ[tuple(x for group in names for x in group)]
    product: Any = None
    for basis, group in zip(common.factors(K, S, m).tolist(), names, strict=True):
        h = [polynomials.from_sympy(x) for x in group]
        rows = [[_sum(h, [b[r][c] for b in basis], polynomials.zero) for c in range(m)] for r in range(m)]
        factor = DomainMatrix(rows, (m, m), polynomials)
        product = factor if product is None else product * factor
    return _gram([dict(entry.terms()) for row in product.to_list() for entry in row])


def expand(K: int, S: int, m: int) -> np.ndarray:
    """The same from SymPy's expressions: Matrix, expand, collect."""
    from sympy import Matrix, symbols
    from sympy import expand as expanded

    product: Any = None
    for k, basis in enumerate(common.factors(K, S, m).tolist()):
        h = symbols(f"h{k}_:{S}")
        factor = Matrix([[_sum(h, [b[r][c] for b in basis], 0) for c in range(m)] for r in range(m)])
        product = factor if product is None else product * factor
    return _gram([expanded(entry).as_coefficients_dict() for entry in product])


def _sum(h: Sequence[Any], coefficients: list[int], zero: Any) -> Any:
    return sum((x * v for x, v in zip(h, coefficients, strict=True)), zero)


def _gram(entries: list[dict[Any, Any]]) -> np.ndarray:
    """A A^T from {monomial: coefficient} of each entry of the product; zero rows left out."""
    entries = [{monomial: v for monomial, v in entry.items() if v} for entry in entries]
    place = {monomial: n for n, monomial in enumerate({monomial for entry in entries for monomial in entry})}
    A = np.zeros((len(entries), len(place)))
    for r, entry in enumerate(entries):
        for monomial, v in entry.items():
            A[r, place[monomial]] = int(v)
    W = A @ A.T  # integers far below 2^53 at the sizes that SymPy can do
    assert np.abs(W).max() < 2**53
    kept = np.flatnonzero(W.diagonal())
    return W[np.ix_(kept, kept)].astype(np.int64).astype(object)


PEERS: dict[str, Callable[[int, int, int], np.ndarray]] = {"columns": columns, "ring": ring, "expand": expand}


def measure(S: int, m: int, limit: float = LIMIT, last: int = 12, alone: tuple[int, ...] = ALONE) -> dict[str, Any]:
    """CPU seconds for K = 2, 3, ... while a peer is left; then the contraction alone.

    Returns
    -------
    rows
        {"K", "contraction", and each peer that ran}.
    stopped
        Why each peer went no further.
    """
    for run in (contraction, *PEERS.values()):
        run(1, 2, 2)  # imports
    rows, stopped = [], {}
    seconds: dict[str, list[float]] = {name: [] for name in PEERS}
    for K in range(2, last + 1):
        row, W = _contracted(K, S, m)
        for name, run in PEERS.items():
            if name in stopped:
                continue
            next_one = _expected(seconds[name], S)
            if next_one > limit:
                stopped[name] = f"K = {K} would take about {next_one:.0f} s"
                continue
            try:
                row[name], found = common.cpu(lambda run=run, K=K: run(K, S, m))  # type: ignore[misc]
            except TooLarge as refusal:
                stopped[name] = f"K = {K} is refused: {refusal}"
                continue
            assert (found == W).all(), f"{name} disagrees at K = {K}"
            seconds[name].append(row[name])
        if len(row) > 2:
            rows.append(row)
        if len(stopped) == len(PEERS):
            break
    return {"S": S, "m": m, "rows": rows + [_contracted(K, S, m)[0] for K in alone], "stopped": stopped}


def _contracted(K: int, S: int, m: int) -> tuple[dict[str, Any], np.ndarray]:
    took, W = common.cpu(lambda: contraction(K, S, m))
    return {"K": K, "contraction": took}, W


def _expected(seconds: list[float], S: int) -> float:
    """The next one: there are S times as many columns, or it grows as it did last."""
    growth = max(S, seconds[-1] / seconds[-2]) if len(seconds) > 1 else S
    return seconds[-1] * growth if seconds else 0.0


@pytest.mark.parametrize(("S", "m"), SIZES)
@pytest.mark.parametrize("K", [3, 20])
def test_contraction(benchmark: Any, K: int, S: int, m: int) -> None:
    benchmark.pedantic(contraction, args=(K, S, m), rounds=3)


@pytest.mark.parametrize("name", PEERS)
def test_peer(benchmark: Any, name: str, K: int = 3, S: int = 4, m: int = 6) -> None:
    assert (benchmark.pedantic(PEERS[name], args=(K, S, m), rounds=1) == contraction(K, S, m)).all()
