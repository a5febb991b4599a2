"""Sparse patterns under `neuron-scale`: the path-lifting test, Kronecker-sparse chains, peeling.

Theorem (path lifting).  If the product of the 0/1 supports has entries in {0, 1}, the product lists all path products:
A^T A is the identity, uniform identifiability and gamma = kappa = 1.  [theory.md, section 6]

Theorem (Kronecker-sparse chains).  Supports I_a (x) 1_{b x c} (x) I_d and I_a' (x) 1_{b' x c'} (x) I_d' with a c = a'
and b' d' = d multiply to the support of (a, b d/d', a' c'/a, d'), each entry reached by one path.  [Zheng, Riccietti,
Gribonval, arXiv 2110.01230]

Theorem (peeling).  Let X = L R = sum_j x_j y_j^T with known supports.  When in some order the entries of block j that
no later block covers join all its rows and columns, L and R are determined up to neuron scales wherever no entry of
them vanishes; applied to L and R in turn this gives one class, over C too, for almost every h.
Proof.  On entries that only block j covers x'_r y'_c = x_r y_c != 0, so x' = t x and y' = y/t along a connected
graph; subtract the block and go on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from ..certificate import Claim, Nothing
from ..lifting import Lifting
from ..method import Budget, Method, Proved, closed
from ..problem.forms import Pattern, Statement
from ..structure.graph import is_neural, layered

ENTRIES = 4_000_000
"""Entries of the product of the supports at most."""
CELLS = 2_000_000
"""Cells of all blocks of a split at most."""
SPLITS = 400
"""Splits that are tried at most."""

UNIFORM, GENERIC = "identifiability.uniform.verdict", "identifiability.generic.verdict"
Pairs = set[tuple[int, int]]


def _accepts(lifting: Lifting) -> str:
    statement = lifting.statement
    if statement.equivalence != "neuron-scale" or not is_neural(statement):
        return "the equivalence is not neuron-scale"
    return "the product is multiplied by data" if statement.data is not None else ""


# ------------------------------------------------------------------ supports whose product is 0/1


def accepts_chain(lifting: Lifting, proved: Proved) -> str:
    """Patterns under `neuron-scale`, and an open kernel."""
    if "lifting.kernel_dimension" in proved:
        return "the dimension of the kernel is known"
    return _accepts(lifting)


def search_kronecker(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The four numbers of every factor, when they chain with q = 1."""
    found: list[tuple[int, int, int, int]] = []
    for form in lifting.statement.factors:
        assert isinstance(form, Pattern)
        numbers = kronecker(form)
        if numbers is None:
            return Nothing(f"factor {len(found)} is not of the form I_a (x) 1 (x) I_d")
        found.append(numbers)
    whole = found[0]
    for k, two in enumerate(found[1:], start=1):
        (a, b, c, d), (a2, b2, c2, d2) = whole, two
        if a2 % a or d % d2 or a * c % a2 or (a * c // a2) * d != b2 * d2:
            return Nothing(f"factors {k - 1} and {k} do not chain")
        if a * c != a2:
            return Nothing(f"factors {k - 1} and {k} chain with q = {a * c // a2}, which leaves a gauge of GL(q)")
        whole = a, b * d // d2, a2 * c2 // a, d2
    text = ", ".join(map(str, found[:4])) + (", ..." if len(found) > 4 else "")
    return [Claim("kronecker-sparse", {"factors": found}, f"Kronecker-sparse factors (a, b, c, d) = {text}, q = 1")]


def kronecker(form: Pattern) -> tuple[int, int, int, int] | None:
    """(a, b, c, d) with support I_a (x) 1_{b x c} (x) I_d, None when there are none.

    Examples
    --------
    >>> kronecker(Pattern((4, 4), ((0, 0), (0, 2), (1, 1), (1, 3), (2, 0), (2, 2), (3, 1), (3, 3))))
    (1, 2, 2, 2)
    """
    (rows, cols), n = form.shape, len(form.entries)
    if n % rows or n % cols:
        return None
    c, b = n // rows, n // cols
    if rows % b or cols % c or rows // b != cols // c:
        return None
    side = rows // b
    for d in (d for d in range(1, side + 1) if side % d == 0):
        if all(r % d == s % d and r // d // b == s // d // c for r, s in form.entries):
            return side // d, b, c, d
    return None


def search_distinct(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The claim, when no two paths share both ends."""
    import numpy as np
    from scipy.sparse import csr_array, eye_array

    ways = eye_array(lifting.statement.product_shape[0], dtype=np.int64, format="csr")
    for form in lifting.statement.factors:
        assert isinstance(form, Pattern)
        ends = np.array(form.entries, dtype=np.int64).reshape(-1, 2).T
        ways = ways @ csr_array((np.ones(len(form.entries), dtype=np.int64), (ends[0], ends[1])), shape=form.shape)
        if ways.nnz > ENTRIES:
            return Nothing(f"the product of the supports has more than {ENTRIES} entries")
        if ways.nnz and ways.data.max() > lifting.statement.product_shape[0]:
            break
    if not ways.nnz or ways.data.max() > 1:
        row, col = (int(x[int(ways.tocoo().data.argmax())]) for x in (ways.tocoo().row, ways.tocoo().col))
        return Nothing(f"several paths join output {row} and input or neuron {col}")
    return [Claim("distinct-paths", {}, "no two paths share both ends: the product lists all path products")]


# ------------------------------------------------------------------ peeling


def accepts_peeling(lifting: Lifting, proved: Proved) -> str:
    """Patterns without a model, and an open generic verdict (or a point to ask about)."""
    known = closed(GENERIC, proved) and (lifting.point is None or closed("at.verdict", proved))
    if known or proved.get("identifiability.local.verdict") == "no":
        return "the generic verdict is known"
    if reason := _accepts(lifting):
        return reason
    return "" if lifting.statement.model.kind == "free" else "the model has supports"


def search_peeling(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """Splits at which all blocks peel, down to single factors."""
    found = _Splits(lifting.statement, budget).of(0, lifting.statement.K)
    if found is None:
        return Nothing("no order of splits and neurons was found in which all blocks peel")
    note = "the blocks of the inner neurons can be read off one after the other"
    return [Claim("peeling", {"splits": found}, note)]


class _Splits:
    """Peelable splits of intervals of factors; each interval is looked at once."""

    def __init__(self, statement: Statement, budget: Budget) -> None:
        self.supports = [set(edges) for edges in layered(statement).alive_edges]
        self.budget, self.tried = budget, 0
        self.known: dict[tuple[int, int], list[Any] | None] = {}

    def of(self, first: int, last: int) -> list[Any] | None:
        """The splits of an interval, in the order of the certificate; None when none was found."""
        if last - first == 1:
            return []
        if (first, last) not in self.known:
            self.known[first, last] = self._search(first, last)
        return self.known[first, last]

    def _search(self, first: int, last: int) -> list[Any] | None:
        middle = (first + last) / 2
        for cut in sorted(range(first + 1, last), key=lambda k: abs(k - middle)):
            self.tried += 1
            if self.tried > SPLITS or self.budget.spent:
                return None
            order = peel(self._product(first, cut), self._product(cut, last))
            if order is None:
                continue
            left, right = self.of(first, cut), self.of(cut, last)
            if left is not None and right is not None:
                return [[first, cut, last, order], *left, *right]
        return None

    def _product(self, first: int, last: int) -> Pairs:
        found = self.supports[first]
        for support in self.supports[first + 1 : last]:
            onward = defaultdict(list)
            for a, b in support:
                onward[a].append(b)
            found = {(r, c) for r, m in found for c in onward[m]}
        return found


def peel(left: Pairs, right: Pairs) -> list[int] | None:
    """An order in which all blocks peel; None when there is none (a block that peels now peels later, too).

    Examples
    --------
    >>> peel({(0, 0), (0, 1), (1, 0), (2, 1)}, {(0, 0), (0, 1), (1, 0), (1, 2)})
    [0, 1]
    >>> peel({(0, 0), (0, 1)}, {(0, 0), (1, 0)}) is None
    True
    """
    rows, cols = _lists((j, r) for r, j in left), _lists(right)
    if sum(len(rows[j]) * len(cols[j]) for j in rows) > CELLS:
        return None
    cover: dict[tuple[int, int], int] = defaultdict(int)
    for j in rows:
        for r in rows[j]:
            for c in cols[j]:
                cover[r, c] += 1
    order: list[int] = []
    waiting = sorted(rows)
    while waiting:
        done = []
        for j in waiting:
            if _determined(rows[j], cols[j], cover):
                done.append(j)
                for r in rows[j]:
                    for c in cols[j]:
                        cover[r, c] -= 1
        if not done:
            return None
        order += done
        waiting = [j for j in waiting if j not in set(done)]
    return order


def _lists(pairs: Any) -> dict[int, list[int]]:
    table: dict[int, list[int]] = defaultdict(list)
    for a, b in pairs:
        table[a].append(b)
    return table


def _determined(rows: Sequence[int], cols: Sequence[int], cover: dict[tuple[int, int], int]) -> bool:
    """Whether the entries covered once join all rows and columns."""
    left: set[int] = {rows[0]}
    right: set[int] = set()
    fresh = [("row", rows[0])]
    while fresh:
        side, x = fresh.pop()
        if side == "row":
            new = [("col", c) for c in cols if cover[x, c] == 1 and c not in right]
            right.update(c for _, c in new)
        else:
            new = [("row", r) for r in rows if cover[r, x] == 1 and r not in left]
            left.update(r for _, r in new)
        fresh += new
    return len(left) == len(rows) and len(right) == len(cols)


METHODS = (
    Method(
        name="kronecker-sparse chain",
        theorem="Kronecker-sparse supports that chain with q = 1 multiply to a 0/1 support",
        closes=(UNIFORM, "dnsp.gamma", "lifting.kernel_dimension"),
        cost=3,
        accepts=accepts_chain,
        search=search_kronecker,
    ),
    Method(
        name="path lifting",
        theorem="supports whose product is 0/1: the product lists all path products",
        closes=(UNIFORM, "dnsp.gamma", "lifting.kernel_dimension"),
        cost=4,
        accepts=accepts_chain,
        search=search_distinct,
    ),
    Method(
        name="peeling",
        theorem="blocks of rank one that can be read off one after the other are determined, over C too",
        closes=(GENERIC, "at.verdict"),
        cost=22,
        accepts=accepts_peeling,
        search=search_peeling,
    ),
)
