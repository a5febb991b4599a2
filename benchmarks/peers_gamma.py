"""What the peers of `gamma_peers` do, in a Python of their own (see there): lower bounds on gamma^-2 for one problem.

python peers_gamma.py PEER PROBLEM.json      # {"sizes": [...], "kernel": [[...], ...]}; one JSON line a bound

gamma^-2 is the least ‖Π T‖² / ‖T‖² over T of rank at most two, Π = identity minus the projector on the kernel.  All
that the peers know of the rank are the 3 x 3 minors of the flattenings, which vanish.  Everything here is floating
point: a bound is an estimate.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib import metadata
from math import factorial, prod
from pathlib import Path
from typing import Any

import numpy as np

Form = dict[tuple[int, ...], float]
"""A form in the entries of T: coefficients by sorted tuples of indices."""


def projector(kernel: Sequence[Sequence[int]]) -> np.ndarray:
    """Π, shape (n, n)."""
    basis = np.linalg.qr(np.array(kernel, dtype=float).T)[0]
    return np.asarray(np.eye(len(basis)) - basis @ basis.T)


def minors(sizes: Sequence[int]) -> list[Form]:
    """The 3 x 3 minors of all flattenings of a tensor, each once."""
    modes = range(len(sizes))
    index = np.arange(prod(sizes)).reshape(sizes)
    found: dict[frozenset[tuple[tuple[int, ...], float]], Form] = {}
    for count in range(1, len(sizes)):
        for rows in (chosen for chosen in itertools.combinations(modes, count) if 0 in chosen):
            order = (*rows, *(k for k in modes if k not in rows))
            flat = index.transpose(order).reshape(prod(sizes[k] for k in rows), -1)
            for r in itertools.combinations(range(flat.shape[0]), 3):
                for c in itertools.combinations(range(flat.shape[1]), 3):
                    form = _determinant(flat[np.ix_(r, c)])
                    found.setdefault(frozenset(form.items()), form)
    return list(found.values())


def _determinant(block: np.ndarray) -> Form:
    signs = {(0, 1, 2): 1, (1, 2, 0): 1, (2, 0, 1): 1, (0, 2, 1): -1, (2, 1, 0): -1, (1, 0, 2): -1}
    return {tuple(sorted(int(block[i, p[i]]) for i in range(3))): float(sign) for p, sign in signs.items()}


def product(*forms: Form) -> Form:
    """The product of forms."""
    found: Form = {(): 1.0}
    for form in forms:
        longer: Form = defaultdict(float)
        for (a, x), (b, y) in itertools.product(found.items(), form.items()):
            longer[tuple(sorted(a + b))] += x * y
        found = dict(longer)
    return found


def quadratic(Q: np.ndarray) -> Form:
    """TᵀQT."""
    found: Form = defaultdict(float)
    for (i, j), value in np.ndenumerate(Q):
        found[(min(i, j), max(i, j))] += float(value)
    return dict(found)


# --------------------------------------------------------------------------------------------------- spectral hierarchy


DENSE = 1000
"""Sizes up to which all eigenvalues are computed."""


def spectral(sizes: Sequence[int], kernel: Sequence[Sequence[int]]) -> Iterator[dict[str, Any]]:
    """Levels 3, 4, ... of the hierarchy of Johnston, Lovitz and Vijayaraghavan: T^d lies in the symmetric power and is
    orthogonal to the degree-d part of the ideal of the minors, so the least eigenvalue of Π ⊗ I ⊗ ... ⊗ I compressed
    to that space is at most gamma^-2."""
    Q, vanishing = projector(kernel), minors(sizes)
    for d in itertools.count(3):
        yield {"bound": level(Q, vanishing, d), "note": f"level {d}"}


def level(Q: np.ndarray, vanishing: Sequence[Form], d: int) -> float:
    """Least eigenvalue of the compression at level d; orthonormal basis of the symmetric power: weighted monomials.

    Two minus the greatest of the mirror image: the iteration stops by the size of an eigenvalue, which may be zero, and
    misses one among many equal ones unless it keeps several.
    """
    import scipy.sparse.linalg

    n = len(Q)
    lower = _down(n, d)
    ideal = _ideal(n, vanishing, d)
    size = lower.shape[1]

    def mirrored(x: np.ndarray) -> np.ndarray:
        x = x.ravel()
        y = x - ideal @ (ideal.T @ x)
        z = lower.T @ (Q @ (lower @ y).reshape(n, -1)).ravel()
        return np.asarray(2 * y - z + ideal @ (ideal.T @ z))

    operator = scipy.sparse.linalg.LinearOperator((size, size), matvec=mirrored, dtype=float)
    if size <= DENSE:
        return 2 - float(np.linalg.eigvalsh(operator @ np.eye(size))[-1])
    start = np.random.default_rng(0).standard_normal(size)
    found = scipy.sparse.linalg.eigsh(operator, 4, which="LA", v0=start, ncv=64, tol=1e-9, return_eigenvectors=False)
    return 2 - float(max(found))


def _down(n: int, d: int) -> Any:
    """The isometry of Sym^d into R^n ⊗ Sym^(d-1), rows (i, monomial of degree d - 1), sparse."""
    import scipy.sparse

    low = {m: k for k, m in enumerate(itertools.combinations_with_replacement(range(n), d - 1))}
    entries = [
        (i * len(low) + low[m[:at] + m[at + 1 :]], k, (m.count(i) / d) ** 0.5)
        for k, m in enumerate(itertools.combinations_with_replacement(range(n), d))
        for at, i in enumerate(m)
        if at == 0 or m[at - 1] != i
    ]
    rows, columns, values = zip(*entries, strict=True)
    return scipy.sparse.csr_matrix((values, (rows, columns)), shape=(n * len(low), columns[-1] + 1))


def _ideal(n: int, vanishing: Sequence[Form], d: int) -> Any:
    """Orthonormal columns that span the degree-d part of the ideal, sparse: block by block of what meets."""
    import scipy.sparse

    at = {m: k for k, m in enumerate(itertools.combinations_with_replacement(range(n), d))}
    rows, columns, values, count = [], [], [], 0
    for form, factor in itertools.product(vanishing, itertools.combinations_with_replacement(range(n), d - 3)):
        for m, value in product(form, {factor: 1.0}).items():
            multinomial = factorial(d) / prod(factorial(m.count(i)) for i in set(m))
            rows.append(at[m])
            columns.append(count)
            values.append(value / multinomial**0.5)
        count += 1
    span = scipy.sparse.csc_matrix((values, (rows, columns)), shape=(len(at), count))
    return _orthonormal(span)


def _orthonormal(span: Any) -> Any:
    """Orthonormal columns with the same span; columns that share no row, even through others, stay apart."""
    import scipy.sparse
    from scipy.sparse.csgraph import connected_components

    labels = connected_components(abs(span).T @ abs(span), directed=False)[1]
    order = np.argsort(labels, kind="stable")
    blocks = []
    for columns in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(order) else []:
        block = span[:, columns].tocoo()
        alive, where = np.unique(block.row, return_inverse=True)
        dense = np.zeros((len(alive), len(columns)))
        dense[where, block.col] = block.data
        left, singular, _ = np.linalg.svd(dense, full_matrices=False)
        left = left[:, singular > 1e-9 * singular[0]]
        local = scipy.sparse.coo_matrix(left)
        shape = (span.shape[0], local.shape[1])
        blocks.append(scipy.sparse.coo_matrix((local.data, (alive[local.row], local.col)), shape))
    return scipy.sparse.hstack(blocks, format="csr") if blocks else scipy.sparse.csr_matrix((span.shape[0], 0))


# ------------------------------------------------------------------------- the plain relaxation of degree four, by tool


def sumofsquares(sizes: Sequence[int], kernel: Sequence[Sequence[int]]) -> Iterator[dict[str, Any]]:
    """Greatest λ with ‖ΠT‖²‖T‖² - λ‖T‖⁴ = sum of squares + Σ (linear form) (minor), solved by CVXOPT."""
    import sympy as sp
    from SumOfSquares import SOSProblem

    n, Q = prod(sizes), projector(kernel)
    t, lam = [sp.Symbol(f"t{i:02d}") for i in range(n)], sp.Symbol("lam")
    norm = quadratic(np.eye(n))
    terms: dict[tuple[int, ...], list[Any]] = defaultdict(list)
    for form, factor in ((product(quadratic(Q), norm), sp.Integer(1)), (product(norm, norm), -lam)):
        for m, value in form.items():
            terms[m].append(value * factor)
    for k, form in enumerate(minors(sizes)):
        for i in range(n):
            for m, value in product(form, {(i,): 1.0}).items():
                terms[m].append(int(value) * sp.Symbol(f"c{k}_{i}"))
    whole = {tuple(m.count(i) for i in range(n)): sp.Add(*parts) for m, parts in terms.items()}
    problem = SOSProblem()
    problem.add_sos_constraint(sp.Poly.from_dict(whole, *t), t)
    problem.set_objective("max", problem.sym_to_var(lam))
    solved = problem.solve(solver="cvxopt", primals=None)
    yield {"bound": float(problem.sym_to_var(lam).value), "note": f"cvxopt: {solved.claimedStatus}"}


def triples(sizes: Sequence[int], kernel: Sequence[Sequence[int]]) -> Iterator[dict[str, Any]]:
    """The same, solved by Clarabel."""
    import sympy as sp
    from triples import SOSPoly

    t, lam, Q = _symbols(prod(sizes)), sp.Symbol("lam"), _exact(kernel)
    norm = sp.Poly(sum(x**2 for x in t), *t)
    goal = sp.Poly((sp.Matrix([t]) * Q * sp.Matrix(t))[0], *t) * norm - sp.Poly(lam, *t) * norm**2
    problem = SOSPoly(goal, t, [1], [_expression(form, t) for form in minors(sizes)])
    problem.solve_obj(-lam, solver="clarabel")
    yield {"bound": float(problem.as_params()[lam]), "note": "clarabel"}


def irene(sizes: Sequence[int], kernel: Sequence[Sequence[int]]) -> Iterator[dict[str, Any]]:
    """Moments of order two for ‖ΠT‖² modulo the Gröbner basis of the minors and ‖T‖² - 1, solved by Clarabel."""
    import sympy as sp
    from Irene import SDPRelaxations

    t, Q = _symbols(prod(sizes)), _exact(kernel)
    SDPRelaxations.MonomialOrder, SDPRelaxations.Parallel = "grevlex", False
    relations = [sum(x**2 for x in t) - 1, *(_expression(form, t) for form in minors(sizes))]
    problem = SDPRelaxations(t, relations)
    problem.SetSDPSolver("CLARABEL")
    problem.SetObjective(sp.expand((sp.Matrix([t]) * Q * sp.Matrix(t))[0]))
    problem.MomentsOrd(2)
    problem.InitSDP()
    yield {"bound": float(problem.Minimize()), "note": f"clarabel: {problem.Info.get('status', '')}"}


def _symbols(n: int) -> list[Any]:
    import sympy as sp

    return [sp.Symbol(f"t{i:02d}") for i in range(n)]


def _expression(form: Form, t: Sequence[Any]) -> Any:
    return sum(int(value) * prod(t[i] for i in m) for m, value in form.items())


def _exact(kernel: Sequence[Sequence[int]]) -> Any:
    """Π with rational entries."""
    import sympy as sp

    B = sp.Matrix(kernel)
    return sp.eye(B.shape[1]) - B.T * (B * B.T).inv() * B


PEERS = {
    "spectral hierarchy": (spectral, ("numpy", "scipy")),
    "SumOfSquares.py": (sumofsquares, ("SumOfSquares", "picos", "cvxopt", "sympy")),
    "triples": (triples, ("triples", "clarabel", "sympy")),
    "irene": (irene, ("Irene", "cvxpy", "clarabel", "sympy", "symengine")),
}


def main(peer: str, file: str) -> None:
    problem = json.loads(Path(file).read_text())
    run, packages = PEERS[peer]
    print(json.dumps({"versions": ", ".join(f"{name} {metadata.version(name)}" for name in packages)}), flush=True)
    bounds = run(problem["sizes"], problem["kernel"])
    while True:
        with contextlib.redirect_stdout(io.StringIO()):
            found = next(bounds, None)
        if found is None:
            return
        print(json.dumps({**found, **used()}), flush=True)


def used() -> dict[str, float]:
    """CPU seconds of this process and its children so far, and its greatest resident size."""
    times = os.times()
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return {"seconds": round(sum(times[:4]), 2), "MB": round(int(peak.split()[1]) / 1024)}


if __name__ == "__main__":
    main(*sys.argv[1:])
