"""K = 1 as compressed sensing knows it, for a matrix: l1 null space constant, spark, mutual coherence.

Each function makes a statement of the matrix, runs the methods that bound the one constant, and returns a bracket
that the checker accepted, with the certificate.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .certificate import Certificate, Claim, Nothing
from .check import Session
from .errors import BadInput, quoted
from .identify import spark as spark_method
from .identify import trivial_kernel
from .lifting import Lifting
from .method import Budget, Method
from .output import write_files
from .problem import Basis, Case, Sparse
from .stability import coherence, l1_linear, l1_semidefinite, l1_tree
from .verdict import Bracket

SECTION = "compressed_sensing"


@dataclass(frozen=True)
class CertifiedBracket(Bracket):
    """A bracket with what proves it.

    Attributes
    ----------
    statement, certificate
        The bytes of statement.json and certificate.json.
    """

    statement: bytes = field(repr=False, default=b"", compare=False)
    certificate: bytes = field(repr=False, default=b"", compare=False)

    def save(self, folder: str | Path) -> Path:
        """Write statement.json and certificate.json into `folder`, for ``dmfverify check``."""
        return write_files(Path(folder), {"statement.json": self.statement, "certificate.json": self.certificate})


def l1_null_space_constant(
    A: Any, k: int, *, time_budget: float = 60, bound: str = "exact", seed: int = 0
) -> CertifiedBracket:
    """alpha_k, the greatest share of an l1 norm that a kernel vector of A can have on k entries.

    Every k-sparse x is the only minimiser of the l1 norm among the solutions of A z = A x iff alpha_k < 1/2.

    Parameters
    ----------
    A
        m x n matrix; rows are measurements.  Floats mean the binary fractions that they hold.
    k
        Number of entries, at least 1.
    time_budget
        Seconds for the search; the bracket that was reached by then is the answer.
    bound
        Where the upper end comes from: ``exact`` (a tree over signed supports, after the linear program),
        ``linear`` (Juditsky and Nemirovski), ``semidefinite`` (d'Aspremont and El Ghaoui), or ``pick-l`` for a number
        l < k: k/l times the exact alpha_l.
    seed
        Fixes every random choice.

    Returns
    -------
    CertifiedBracket
        lo <= alpha_k <= hi, with the certificate; 0 when the kernel is trivial.

    Raises
    ------
    BadInput
        One line, for what is no matrix, no number of entries, no bound.

    Notes
    -----
    M. Cho, K. Mishra, W. Xu, Computable performance guarantees for compressed sensing matrices, 2018; theorems and
    proofs in docs/theory/l1.md.

    Examples
    --------
    >>> import numpy as np
    >>> alpha = l1_null_space_constant(np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]), 1)
    >>> round(float(alpha.lo), 9), round(float(alpha.hi), 9)
    (0.333333333, 0.333333333)
    """
    if isinstance(k, bool) or not hasattr(k, "__index__") or k.__index__() < 1:
        raise BadInput(f"got {quoted(str(k))}, expected a whole number, at least 1", where="k")
    case = _case(A, k.__index__())
    return _proved("alpha", case, _of_alpha(bound, k.__index__()), Budget(time_budget, seed))


def spark(A: Any, *, time_budget: float = 60, seed: int = 0) -> CertifiedBracket:
    """The least number of columns of A that are linearly dependent; infinite when all are independent.

    Parameters
    ----------
    A, time_budget, seed
        As in `l1_null_space_constant`.

    Returns
    -------
    CertifiedBracket
        The upper end is the support of an exact kernel vector; below the lower end every set was shown independent.

    Examples
    --------
    >>> import numpy as np
    >>> found = spark(np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 0]]))
    >>> int(found.lo), int(found.hi)
    (3, 3)
    """
    methods = (trivial_kernel.METHOD, coherence.METHOD, l1_linear.METHOD, spark_method.METHOD)
    return _proved("spark", _case(A, 1), methods, Budget(time_budget, seed))


def mutual_coherence(A: Any) -> CertifiedBracket:
    """The greatest |<a, b>| / (|a| |b|) over two different columns of A; zero columns are left out.

    Parameters
    ----------
    A
        As in `l1_null_space_constant`.

    Returns
    -------
    CertifiedBracket
        Exact where the square root is rational, otherwise to fifteen digits.

    Examples
    --------
    >>> import numpy as np
    >>> mutual_coherence(np.array([[1, 0, 3], [0, 1, 4]]))
    CertifiedBracket(lo=Fraction(4, 5), hi=Fraction(4, 5))
    """
    return _proved("coherence", _case(A, 1), (coherence.METHOD,), Budget())


def _case(A: Any, sparsity: int) -> Case:
    """The matrix as one factor, a column for each parameter."""
    import numpy as np

    matrix = np.asarray(A)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise BadInput(f"got an array of shape {matrix.shape}, expected a matrix", where="A")
    return Case([Basis(matrix.T[:, :, None])], model=Sparse([sparsity]))


def _of_alpha(bound: str, k: int) -> tuple[Method, ...]:
    if bound == "exact":
        return (trivial_kernel.METHOD, l1_linear.METHOD, l1_tree.METHOD, l1_semidefinite.METHOD)
    if bound == "linear":
        return (trivial_kernel.METHOD, l1_linear.METHOD)
    if bound == "semidefinite":
        return (trivial_kernel.METHOD, l1_semidefinite.METHOD)
    name, _, size = bound.partition("-")
    if name == "pick" and size.isdecimal() and 1 <= int(size) < k:
        return (trivial_kernel.METHOD, replace(l1_tree.METHOD, search=l1_tree.up_to(int(size))))
    raise BadInput(
        f"got {quoted(bound)}, expected exact, linear, semidefinite, or pick-l with 1 <= l < k", where="bound"
    )


def _proved(name: str, case: Case, methods: tuple[Method, ...], budget: Budget) -> CertifiedBracket:
    """What the checker accepts of the claims of these methods."""
    if not Lifting(case.statement).columns.m:
        methods = (ZERO,)
    lifting, session, accepted = Lifting(case.statement), Session(case.statement.to_bytes()), []
    try:
        for method in methods:
            for claim in _claims(method, lifting, session, budget):
                session.accept(json.loads(json.dumps(claim.to_json())))
                accepted.append(claim)
    except KeyboardInterrupt:
        pass  # what has been accepted is the answer
    certificate = Certificate(case.statement.sha256, tuple(accepted)).to_bytes()
    pair = Bracket.read(session.proved()[f"{SECTION}.{name}"])
    return CertifiedBracket(pair.lo, pair.hi, case.statement.to_bytes(), certificate)


ZERO = Method(
    name="zero matrix",
    theorem="every vector lies in the kernel",
    closes=(),
    cost=0,
    accepts=lambda lifting, proved: "",
    search=lambda lifting, proved, budget: [
        Claim("null-space-vector", {"vector": [1] + [0] * (lifting.count - 1)}),
        Claim("mutual-coherence", {}),
    ],
)


def _claims(method: Method, lifting: Lifting, session: Session, budget: Budget) -> Iterator[Claim]:
    proved = session.proved()
    if budget.spent or method.accepts(lifting, proved):
        return
    outcome = method.search(lifting, proved, budget)
    if not isinstance(outcome, Nothing):
        for part in outcome if isinstance(outcome, Iterator) else (outcome,):
            yield from part
