"""The lifting for people to read: monomials, product, matrix A, rank and kernel, with SymPy's printing.

Main definition
    `lift`   text, LaTeX, or a Python program that rebuilds A and asserts its rank

All linear algebra is done by flint on the exact columns (SymPy's Matrix.rank did not finish on 40 x 60).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..errors import BadInput, one_line, quoted
from .alive import MultiIndex
from .columns import RowLabel
from .limits import TooLarge
from .model import Lifting

if TYPE_CHECKING:
    import sympy

FORMATS = ("text", "latex", "python")
READABLE = 64
"""Columns or rows beyond which only the first ones are printed."""
FIRST = 8
"""How many are printed then."""
REBUILT = 4096
"""Columns beyond which the Python program does not rebuild A."""


def lift(case: Any, names: Sequence[Sequence[str]] | None = None, format: str = "text") -> str:
    """The symbolic lifting of a case, a statement or a lifting.

    Parameters
    ----------
    case
        `Case`, `Statement` or `Lifting`.
    names
        For each factor the names of its parameters; by default the edge and the tap's place for a network
        (``a[0]``), otherwise ``h1[0]``, ``h1[1]``, ... (factors counted from one, parameters from zero).
    format
        ``text``, ``latex`` (a fragment for amsmath) or ``python``.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern, Statement
    >>> outer = Statement("scale", (Pattern((2, 1), ((0, 0), (1, 0))), Pattern((1, 1), ((0, 0),))))
    >>> print(lift(outer))
    lifting: K = 2 factors with 2, 1 parameters; 2 columns, 2 rows, rank 2, kernel dimension 0
    columns (monomials)
      P[0] = h1[0]*h2[0]
      P[1] = h1[1]*h2[0]
    product, entry by entry
      X[0, 0] = h1[0]*h2[0]
      X[1, 0] = h1[1]*h2[0]
    A
      [1 0]
      [0 1]
    kernel: trivial
    """
    if format not in FORMATS:
        raise BadInput(f"got {quoted(format)}, expected one of {', '.join(FORMATS)}", where="format")
    lifting = case if isinstance(case, Lifting) else Lifting(getattr(case, "statement", case))
    view = View(lifting, _checked(names or _edge_names(case) or _indexed(lifting.sizes), lifting.sizes))
    return {"text": _text, "latex": _latex, "python": _python}[format](view)


def _indexed(sizes: Sequence[int]) -> list[list[str]]:
    return [[f"h{k}[{i}]" for i in range(n)] for k, n in enumerate(sizes, 1)]


def _edge_names(case: Any) -> list[list[str]] | None:
    """The names that a case gives its parameters: by edge and tap for a network."""
    names = getattr(case, "names", None)
    return None if names is None else [list(layer) for layer in names]


def _checked(names: Sequence[Sequence[str]], sizes: Sequence[int]) -> list[list[str]]:
    if [len(layer) for layer in names] != list(sizes):
        raise BadInput(f"got {[len(layer) for layer in names]} names, expected {list(sizes)}", where="names")
    return [[one_line(str(name), 80) for name in layer] for layer in names]


@dataclass(frozen=True)
class View:
    """What is printed: the lifting, or its beginning when it is too large to read."""

    lifting: Lifting
    names: list[list[str]]

    @cached_property
    def known_columns(self) -> bool:
        """Whether the columns are written down at all."""
        return self.lifting.columns_fit

    @cached_property
    def whole(self) -> bool:
        """Whether everything fits on a page."""
        return self.lifting.count <= READABLE and self.known_columns and self.lifting.columns.m <= READABLE

    @cached_property
    def indices(self) -> list[MultiIndex]:
        """The multi-indices that are printed."""
        shown = self.lifting.count if self.whole else min(FIRST, self.lifting.count)
        return [self.lifting.alive.at(place) for place in range(shown)]

    @cached_property
    def rows(self) -> list[int]:
        """The rows that are printed."""
        if not self.known_columns:
            return []
        return list(range(self.lifting.columns.m if self.whole else min(FIRST, self.lifting.columns.m)))

    @cached_property
    def entries(self) -> dict[int, list[tuple[int, Fraction]]]:
        """For each printed row the coordinates and values of A there."""
        found: dict[int, list[tuple[int, Fraction]]] = {r: [] for r in self.rows}
        if self.known_columns:
            c = self.lifting.columns
            for j, r, v in zip(c.column.tolist(), c.row.tolist(), c.value.tolist(), strict=True):
                if r in found:
                    found[r].append((j, Fraction(v, c.denominator)))
        return found

    def matrix(self) -> sympy.Matrix:
        """A on the printed rows and columns."""
        import sympy

        out = sympy.zeros(len(self.rows), len(self.indices))
        for r in self.rows:
            for j, value in self.entries[r]:
                if j < len(self.indices):
                    out[r, j] = sympy.Rational(value.numerator, value.denominator)
        return out

    def kernel(self) -> list[dict[int, int]]:
        """Kernel vectors that are printed."""
        if not self.known_columns or self.lifting.kernel_dimension == 0:
            return []
        if self.whole:
            return [{j: v for j, v in enumerate(w) if v} for w in self.lifting.kernel]
        return list(islice((w for w in self.lifting.sparse_kernel if len(w) <= READABLE), FIRST))

    def rank(self) -> str:
        """Rank and kernel dimension, or why they are not known."""
        try:
            return f"rank {self.lifting.rank}, kernel dimension {self.lifting.kernel_dimension}"
        except TooLarge as error:
            return f"rank not computed ({error.reason})"

    def headline(self) -> str:
        """One line of sizes."""
        sizes = ", ".join(str(n) for n in self.lifting.sizes)
        kind = "rows" if self.lifting.chain.kind == "product" else "responses"
        line = (
            f"K = {self.lifting.K} factors with {_shortened(sizes)} parameters; {_count(self.lifting.count)} columns, "
        )
        return line + f"{len(self.lifting.row_keys)} {kind}, {self.rank()}"

    def notes(self) -> list[str]:
        """Remarks: what is left out, what a row means, which multi-indices are dead."""
        found = []
        if not self.whole:
            what = f"the first {len(self.indices)} columns"
            what += f" and {len(self.rows)} rows" if self.rows else "; the columns are too many to write down"
            found.append(f"too large to read: only {what}")
        if self.lifting.chain.kind == "response":
            cells = self.lifting.chain.weight
            found.append(f"rows are responses (leaf, shift): each stands for {cells} equal entries of the product")
        if not self.lifting.all_alive:
            found.append(f"only the {_count(self.lifting.count)} multi-indices that follow a path are coordinates")
        return found

    def label(self, row: int) -> RowLabel:
        """The label of a printed row."""
        return self.lifting.columns.rows[row]


def _count(n: int) -> str:
    return str(n) if n < 10**9 else f"about {float(n) if n < 10**300 else math.inf:.3g} (= {_shortened(str(n))})"


def _shortened(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _written(row: RowLabel, kind: str) -> str:
    where = row[1] if kind == "product" else ",".join(str(s) for s in row[1])
    return f"X[{row[0]}, {where}]" if kind == "product" else f"leaf {row[0]}, shift {where}"


# ---------------------------------------------------------------- text


def _monomial(view: View, index: MultiIndex) -> str:
    return "*".join(view.names[k][i] for k, i in enumerate(index))


def _first(terms: Sequence[Any]) -> Sequence[Any]:
    return terms if len(terms) <= READABLE else terms[:FIRST]


def _combination(view: View, terms: Sequence[tuple[int, Fraction | int]]) -> str:
    """c_1*monomial + c_2*monomial, in order of the coordinates."""
    if not terms:
        return "0"
    parts: list[str] = []
    for j, value in _first(terms):
        size = "" if abs(value) == 1 else f"{abs(value)}*"
        sign = ("-" if value < 0 else "") if not parts else (" - " if value < 0 else " + ")
        parts.append(sign + size + _monomial(view, view.lifting.alive.at(j)))
    return "".join(parts) if len(parts) == len(terms) else "".join(parts) + f" + ... ({len(terms)} terms)"


def _text(view: View) -> str:
    kind = view.lifting.chain.kind
    lines = [f"lifting: {view.headline()}", *view.notes(), "columns (monomials)"]
    lines += [f"  P[{j}] = {_monomial(view, index)}" for j, index in enumerate(view.indices)]
    if view.rows:
        lines.append("product, entry by entry")
        lines += [f"  {_written(view.label(r), kind)} = {_combination(view, view.entries[r])}" for r in view.rows]
        lines += ["A", *("  " + line for line in _matrix_text(view).splitlines())]
    lines += _kernel_text(view)
    return "\n".join(lines)


def _matrix_text(view: View) -> str:
    """A with aligned columns."""
    table = [[str(x) for x in row] for row in view.matrix().tolist()]
    widths = [max(len(row[j]) for row in table) for j in range(len(view.indices))]
    return "\n".join("[" + " ".join(x.rjust(w) for x, w in zip(row, widths, strict=True)) + "]" for row in table)


def _kernel_text(view: View) -> list[str]:
    vectors = view.kernel()
    if not vectors:
        known = view.known_columns and view.lifting.kernel_dimension == 0
        return ["kernel: trivial"] if known else []
    lines = ["kernel, a basis" if view.whole else "kernel, some members"]
    return lines + [f"  {_combination(view, sorted(w.items()))}" for w in vectors]


# ---------------------------------------------------------------- LaTeX

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
}  # fmt: skip


def tex_escape(text: str) -> str:
    r"""Text that may stand in LaTeX.

    >>> print(tex_escape(r"a_1 \input{x}"))
    a\_1 \textbackslash{}input\{x\}
    """
    return "".join(SPECIAL.get(c, c if c.isascii() and c.isprintable() else "?") for c in text)


def tex_name(name: str) -> str:
    r"""A parameter's name in mathematics: h1[0] as h_{1,0}, everything else upright and escaped.

    >>> print(tex_name("h2[3]"), tex_name("a[0]"), tex_name("kernel one"))
    h_{2,3} a_{0} \mathrm{kernel\ one}
    """
    if match := re.fullmatch(r"h(\d+)\[(\d+)\]", name, re.ASCII):
        return f"h_{{{match[1]},{match[2]}}}"
    if match := re.fullmatch(r"([A-Za-z])\[(\d+)\]", name, re.ASCII):
        return f"{match[1]}_{{{match[2]}}}"
    return r"\mathrm{" + tex_escape(name).replace(" ", r"\ ") + "}"


def _latex(view: View) -> str:
    lines = [tex_escape(view.headline() + "."), *(tex_escape(note + ".") for note in view.notes())]
    lines += _aligned([f"P_{{{j}}} &= {_tex(view, [(j, 1)])}" for j in range(len(view.indices))])
    if view.rows:
        lines += _aligned([f"{_tex_label(view, r)} &= {_tex(view, view.entries[r])}" for r in view.rows])
        lines += [r"\[A = " + _tex_matrix(view) + r"\]"]
    vectors = view.kernel()
    if vectors:
        lines += [r"The kernel is spanned by" if view.whole else "The kernel contains"]
        lines += _aligned(["& " + _tex(view, sorted(w.items())) for w in vectors])
    elif view.known_columns and view.lifting.kernel_dimension == 0:
        lines.append("The kernel is trivial.")
    return "\n".join(lines)


def _aligned(lines: list[str]) -> list[str]:
    return [r"\begin{align*}", " \\\\\n".join(lines), r"\end{align*}"] if lines else []


def _tex_label(view: View, row: int) -> str:
    first, second = view.label(row)
    if view.lifting.chain.kind == "product":
        return f"X_{{{first},{second}}}"
    return f"X^{{({first})}}_{{{','.join(str(s) for s in second)}}}"


def _tex(view: View, terms: Sequence[tuple[int, Fraction | int]]) -> str:
    """A combination of monomials, in order of the coordinates."""
    import sympy

    if not terms:
        return "0"
    printed: list[str] = []
    for j, value in _first(terms):
        index = view.lifting.alive.at(j)
        term = sympy.Rational(Fraction(value).numerator, Fraction(value).denominator)
        monomial = r" \, ".join(tex_name(view.names[k][i]) for k, i in enumerate(index))
        sign = "-" if term < 0 else "+" if printed else ""
        size = "" if abs(term) == 1 else sympy.latex(abs(term)) + r" \, "
        printed.append(f"{sign} {size}{monomial}".strip())
    return " ".join(printed) + (r" + \cdots" if len(terms) > READABLE else "")


def _tex_matrix(view: View) -> str:
    import sympy

    matrix = view.matrix()
    body = " \\\\ ".join(" & ".join(sympy.latex(x) for x in matrix.row(r)) for r in range(matrix.rows))
    columns = "r" * max(1, matrix.cols)
    return r"\left(\begin{array}{" + columns + "}" + body + r"\end{array}\right)"


# ---------------------------------------------------------------- Python

PROGRAM = '''"""The lifting A of a deep structured matrix factorization, rebuilt: A P(h) = M_1(h_1) ... M_K(h_K).

{headline}
"""
from collections import defaultdict

from sympy import QQ
from sympy.polys.matrices import DomainMatrix

names = {names}
# Each stage: (has parameters, [(parameter, from state, to state, shift, integer), ...]); the product of all
# integers is divided by `denominator`. {meaning}
stages = {stages}
denominator, grid, wraps, rows = {denominator}, {grid}, {wraps}, {rows}
coordinates = {coordinates}


def column(index):
    """The product of the basis matrices of a multi-index, as {{(cell, state): integer}}."""
    chosen = iter(index)
    current = {{((r,) if rows else (0,) * len(grid), r): 1 for r in range(rows or 1)}}
    for has_parameters, entries in stages:
        parameter = next(chosen) if has_parameters else 0
        onward = defaultdict(int)
        for (cell, state), value in current.items():
            for i, source, target, shift, factor in entries:
                if i == parameter and source == state:
                    moved = cell if rows else tuple(c + s for c, s in zip(cell, shift))
                    if wraps:
                        moved = tuple(c % n for c, n in zip(moved, grid))
                    onward[moved, target] += value * factor
        current = {{place: value for place, value in onward.items() if value}}
    return current


columns = [column(index) for index in coordinates]
labels = sorted({{place for c in columns for place in c}})
A = DomainMatrix([[QQ(c.get(place, 0), denominator) for c in columns] for place in labels], ({m}, {n}), QQ)
assert A.rank() == {rank}
print(f"A has {{len(labels)}} rows and {{len(columns)}} columns, rank {rank}")
'''

OUTLINE = '''"""{headline}

Too many columns to rebuild A in a program for reading.
"""
sizes = {sizes}
rank = {rank}
'''


def _python(view: View) -> str:
    lifting = view.lifting
    headline = "Sizes: " + view.headline().replace("\\", "/").replace('"""', "'''")
    if not view.known_columns or lifting.count > REBUILT:
        return OUTLINE.format(headline=headline, sizes=list(lifting.sizes), rank=repr(view.rank()))
    links = lifting.chain
    product = links.kind == "product"
    meaning = "A state is a row or column." if product else "A state is a node of the network; shifts add up."
    return PROGRAM.format(
        headline=headline, names=ascii(view.names), meaning=meaning, stages=_stages(lifting),
        denominator=links.denominator, grid=links.grid, wraps=links.wraps, rows=links.grid[0] if product else 0,
        coordinates=lifting.coordinates, m=lifting.columns.m, n=lifting.columns.n, rank=lifting.rank,
    )  # fmt: skip


def _stages(lifting: Lifting) -> str:
    shown = []
    for stage in lifting.chain.stages:
        arrays = (stage.parameter, stage.source, stage.target, stage.shift, stage.value)
        entries = [(i, b, c, tuple(s), v) for i, b, c, s, v in zip(*(x.tolist() for x in arrays), strict=True)]
        shown.append(f"    ({stage.size > 0}, {entries}),")
    return "[\n" + "\n".join(shown) + "\n]"
